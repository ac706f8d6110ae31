#include "server/forwarded.h"

struct trust {
        bool           forwarded;          /* RFC 7239's header instead of X-Forwarded-For */
        size_t         count;
        struct network networks[];
};

struct trust *trust_new(const struct config *config, struct error *err)
{
        const option_list *list = &config->http_trusted_proxies;
        struct trust *trust = memory_get(sizeof(*trust) + list->count * sizeof(trust->networks[0]));
        trust->forwarded = config->http_forwarded_header != 0;
        for (size_t i = 0; i < list->count; i++)
                if (!network_parse(slice_of(list->items[i]), &trust->networks[trust->count++])) {
                        error_set(err, "http.trusted_proxies: '%s' is not a network (10.0.0.0/8) or an address", list->items[i]);
                        free(trust);
                        return NULL;
                }
        return trust;
}

void trust_free(struct trust *trust)
{
        free(trust);
}

bool trust_has(const struct trust *trust, const struct address *address)
{
        for (size_t i = 0; i < trust->count; i++)
                if (address->known && network_has(&trust->networks[i], address))
                        return true;
        return false;
}

static struct slice trimmed(struct slice text)
{
        while (text.size && (text.data[0] == ' ' || text.data[0] == '\t'))
                text.data++, text.size--;
        while (text.size && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
                text.size--;
        return text;
}

/* "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80"; anything else is not known. */
static struct address node_read(struct slice text)
{
        struct address address = { .known = false };
        if (address_parse(text, &address))
                return address;
        size_t colon = text.size;
        while (colon && text.data[colon - 1] != ':')
                colon--;
        bool bracket = text.size && text.data[0] == '[';
        if (!colon || (bracket && (colon < 2 || text.data[colon - 2] != ']')) ||
            (!bracket && memchr(text.data, ':', colon - 1)) || !address_parse((struct slice){ text.data, colon - 1 }, &address))
                address.known = false;
        return address;
}

/* for=192.0.2.60;proto=http or for="[2001:db8::1]:80" inside one element. */
static struct address element_read(struct slice element)
{
        const char *at = element.data, *end = at + element.size;
        while (at < end) {
                const char *semicolon = memchr(at, ';', (size_t)(end - at));
                struct slice pair = trimmed(slice_between(at, semicolon ? semicolon : end));
                if (pair.size > 4 && slice_equal_nocase((struct slice){ pair.data, 4 }, SLICE("for="))) {
                        struct slice node = { pair.data + 4, pair.size - 4 };
                        if (node.size >= 2 && node.data[0] == '"' && node.data[node.size - 1] == '"')
                                node.data++, node.size -= 2;
                        return node_read(node);
                }
                at = semicolon ? semicolon + 1 : end;
        }
        return (struct address){ .known = false };
}

/* Walks one header's elements from the right. True when the walk is over: an address that is not a proxy's, or none. */
static bool walk(const struct trust *trust, struct slice list, struct address *client, size_t *hops)
{
        enum { HOPS = 64 };
        const char *end = list.data + list.size;
        for (;;) {
                const char *start = end;
                while (start > list.data && start[-1] != ',')
                        start--;
                struct slice element = trimmed(slice_between(start, end));
                if (element.size) {
                        *client = trust->forwarded ? element_read(element) : node_read(element);
                        if (!trust_has(trust, client) || ++*hops == HOPS)
                                return true;
                }
                if (start == list.data)
                        return false;
                end = start - 1;
        }
}

struct address trust_client(const struct trust *trust, const struct address *peer, const struct http_request *request)
{
        struct address client = *peer;
        if (trust->count == 0 || !trust_has(trust, peer))
                return client;
        struct slice name = trust->forwarded ? SLICE("forwarded") : SLICE("x-forwarded-for");
        size_t hops = 0;
        for (size_t i = request->header_count; i-- > 0;)
                if (slice_equal_nocase(request->headers[i].name, name) && walk(trust, request->headers[i].value, &client, &hops))
                        break;
        return client;
}
