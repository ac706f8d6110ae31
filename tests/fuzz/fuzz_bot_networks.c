/* Any bytes as a file of networks: networks or mistakes, never both; and what a line names alone is found in the whole. */
#include "enrich/bot_networks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct errors errors = { 0 };
        struct slice  text = { (const char *)data, size };
        struct bot_networks *networks = bot_networks_read("fuzz", text, &errors);
        BUG_IF((networks == NULL) != (errors_total(&errors) > 0));
        errors_done(&errors);
        if (!networks)
                return 0;
        BUG_IF(bot_networks_has_number(networks, 0));
        for (const char *at = text.data, *end = at + size; at < end;) {
                const char *stop = memchr(at, '\n', (size_t)(end - at));
                stop = stop ? stop : end;
                struct network network;
                if (network_parse(slice_between(at, stop), &network)) {
                        struct address address = { .known = true };
                        memcpy(address.bytes, network.bytes, sizeof(address.bytes));
                        BUG_IF(!bot_networks_has_address(networks, &address));
                }
                at = stop + 1;
        }
        bot_networks_free(networks);
        return 0;
}
