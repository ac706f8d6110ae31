#include "server/request.h"

/* The first part of the query that is the name alone or the name with a value. */
static bool find_part(struct slice query, struct slice name, struct slice *ret_value)
{
        const char *at = query.data, *end = query.size ? at + query.size : at;
        while (at < end) {
                const char *stop = memchr(at, '&', (size_t)(end - at));
                stop = stop ? stop : end;
                struct slice pair = slice_between(at, stop);
                bool begins = slice_starts_with(pair, name);
                if (begins && pair.size == name.size) {
                        *ret_value = (struct slice){ 0 };
                        return true;
                }
                if (begins && pair.data[name.size] == '=') {
                        *ret_value = (struct slice){ pair.data + name.size + 1, pair.size - name.size - 1 };
                        return true;
                }
                at = stop + 1;
        }
        return false;
}

bool request_flag(struct slice query, struct slice name)
{
        struct slice value;
        return find_part(query, name, &value) &&
               (!value.data || (!slice_equal(value, SLICE("0")) && !slice_equal(value, SLICE("false"))));
}

struct slice request_parameter(struct slice query, struct slice name)
{
        struct slice value;
        return find_part(query, name, &value) ? value : (struct slice){ 0 };
}

bool request_prefers_representation(const struct http_request *http)
{
        static const struct slice WISH = SLICE_INIT("return=representation");
        for (size_t i = 0; i < http->header_count; i++) {
                struct slice value = http->headers[i].value;
                if (http->headers[i].name.size != 6 || !slice_equal_nocase(http->headers[i].name, SLICE("prefer")))
                        continue;
                for (size_t at = 0; at + WISH.size <= value.size; at++)
                        if (slice_equal_nocase((struct slice){ value.data + at, WISH.size }, WISH))
                                return true;
        }
        return false;
}

bool request_has_lines(struct slice type)
{
        static const struct slice LABELS[] = { SLICE_INIT("application/x-ndjson"), SLICE_INIT("application/ndjson"),
                                               SLICE_INIT("application/jsonl"),
                                               SLICE_INIT("application/json-seq"), SLICE_INIT("application/x-json-stream") };
        for (size_t i = 0; i < COUNT_OF(LABELS); i++)
                if (type.size >= LABELS[i].size && slice_equal_nocase((struct slice){ type.data, LABELS[i].size }, LABELS[i]))
                        return true;
        return false;
}
