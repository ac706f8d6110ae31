/* Any bytes as PROXY protocol header: nothing crashes or is read past its end; a header that is whole stays the same with more
 * behind it; no start of it is bad; and Forwarded and X-Forwarded-For read the bytes as values. */
#include "server/forwarded.h"
#include "server/proxy_protocol.h"

static void forwarded(const char *data, size_t size)
{
        struct config config;
        struct error err;
        config_init(&config);
        BUG_IF(!config_set(&config, "http.trusted_proxies", "10.0.0.0/8, ::/1", &err));
        for (size_t i = 0; i < 2; i++) {
                static const char *const NAMES[] = { "forwarded", "x-forwarded-for" };
                struct address peer;
                struct client client = { 0 };
                struct http_header header = { slice_of(NAMES[i]), { data, size } };
                struct http_request request = { .headers = &header, .header_count = 1 };
                BUG_IF(!config_set(&config, "http.forwarded_header", NAMES[i], &err) || !address_parse(SLICE("10.0.0.1"), &peer));
                struct trust *trust = trust_new(&config, &err);
                BUG_IF(!trust);
                trust_client(trust, &peer, &request, &client);
                trust_free(trust);
        }
        config_done(&config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char *exact = malloc(size ? size : 1);
        struct address client, other;
        size_t used, again;
        memcpy(exact, data, size);
        if (proxy_header_read((struct slice){ exact, size }, &used, &client) == HTTP_DONE) {
                BUG_IF(used == 0 || used > size || used > PROXY_HEADER_LIMIT);
                BUG_IF(proxy_header_read((struct slice){ exact, used }, &again, &other) != HTTP_DONE || again != used);
                BUG_IF(client.known != other.known ||
                       (client.known && memcmp(client.bytes, other.bytes, sizeof(client.bytes)) != 0));
                for (size_t part = 0; part < used; part++)
                        BUG_IF(proxy_header_read((struct slice){ exact, part }, &again, &other) != HTTP_MORE);
        }
        forwarded(exact, size);
        free(exact);
        return 0;
}
