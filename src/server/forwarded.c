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

#define HOPS 64

/* Walks one header's elements from the right. True when the walk is over: an address that is not a proxy's, or none. The list
 * is then what stands to the left of it. */
static bool walk(const struct trust *trust, struct slice *rest, struct address *client, size_t *hops)
{
        struct slice list = *rest;
        const char *end = slice_end(list);
        for (;;) {
                const char *start = end;
                while (start > list.data && start[-1] != ',')
                        start--;
                struct slice element = trimmed(slice_between(start, end));
                if (element.size) {
                        *client = trust->forwarded ? element_read(element) : node_read(element);
                        rest->size = (size_t)(start - list.data);
                        if (!trust_has(trust, client) || ++*hops == HOPS)
                                return true;
                }
                if (start == list.data)
                        return false;
                end = start - 1;
        }
}

static size_t elements_count(struct slice list)
{
        size_t count = 0;
        for (const char *at = list.data, *end = at + list.size; at < end && count < HOPS;) {
                const char *comma = memchr(at, ',', (size_t)(end - at)), *stop = comma ? comma : end;
                count += trimmed(slice_between(at, stop)).size > 0;
                at = comma ? comma + 1 : end;
        }
        return count;
}

void trust_client(const struct trust *trust, const struct address *peer, const struct http_request *request,
                  struct client *ret_client)
{
        struct address client = *peer;
        size_t trusted = 0, claimed = 0;
        bool   found = false;
        struct slice name = trust->forwarded ? SLICE("forwarded") : SLICE("x-forwarded-for");
        for (size_t i = trust_has(trust, peer) ? request->header_count : 0; i-- > 0;) {
                struct slice list = request->headers[i].value;
                if (!slice_equal_nocase(request->headers[i].name, name))
                        continue;
                if (!found)
                        found = walk(trust, &list, &client, &trusted);
                if (found)
                        claimed += elements_count(list);
        }
        ret_client->address = client;
        /* The peer counts, unless it is the client itself; the last one that is trusted, too, when nobody stands behind it. */
        ret_client->hops = (uint8_t)(found ? trusted + 1 : trusted);
        ret_client->claimed = (uint8_t)(claimed < HOPS ? claimed : HOPS);
}
