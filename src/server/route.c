#include "server/route.h"
#include "schema/iglu.h"

/* Like iglu_is_vendor(), but a dot may stand in front: that is a schema nobody has, not a path nobody knows. */
static bool is_vendor(struct slice text)
{
        for (size_t i = 0; i < text.size; i++)
                if (text.data[i] != '.' && !iglu_is_name((struct slice){ text.data + i, 1 }))
                        return false;
        return text.size > 0 && text.size <= IGLU_PART_MAX;
}

bool route_find(struct slice path, struct route *ret_route)
{
        static const struct slice EVENTS = SLICE_INIT("/v1/events");
        if (!slice_starts_with(path, EVENTS))
                return false;
        struct slice rest = { path.data + EVENTS.size, path.size - EVENTS.size };
        if (rest.size == 0) {
                *ret_route = (struct route){ .input = &input_json };
                return true;
        }
        uint32_t    numbers[3];
        const char *end = slice_end(rest), *vendor = rest.data + 1;
        const char *name = *rest.data == '/' ? memchr(vendor, '/', rest.size - 1) : NULL;
        const char *version = name ? memchr(name + 1, '/', (size_t)(end - name - 1)) : NULL;
        if (!version || !is_vendor(slice_between(vendor, name)) || !iglu_is_name(slice_between(name + 1, version)) ||
            !iglu_parse_version(slice_between(version + 1, end), numbers))
                return false;
        *ret_route = (struct route){ .input = &input_payload, .key = slice_between(vendor, end) };
        return true;
}

bool route_find_again(struct route_memory *memory, struct slice path, struct route *ret_route)
{
        if (LIKELY(path.size == memory->size && memcmp(path.data, memory->path, path.size) == 0)) {
                ret_route->input = memory->input;
                ret_route->key = (struct slice){ memory->key_size ? path.data + memory->key_start : NULL, memory->key_size };
                return true;
        }
        if (!route_find(path, ret_route))
                return false;
        if (path.size <= sizeof(memory->path)) {
                memcpy(memory->path, path.data, path.size);
                memory->size = path.size;
                memory->input = ret_route->input;
                memory->key_size = ret_route->key.size;
                memory->key_start = ret_route->key.data ? (size_t)(ret_route->key.data - path.data) : 0;
        }
        return true;
}
