#include "server/route.h"

#define NAME_MAX_SIZE 128

static bool is_name(struct slice text, bool dots)
{
        if (text.size == 0 || text.size > NAME_MAX_SIZE)
                return false;
        for (size_t i = 0; i < text.size; i++) {
                char c = text.data[i];
                if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
                      (dots && c == '.')))
                        return false;
        }
        return true;
}

/* MODEL-REVISION-ADDITION, the model from 1 on, no leading zeros. */
static bool is_version(struct slice text)
{
        size_t parts = 0, start = 0;
        for (size_t i = 0; i <= text.size; i++) {
                if (i < text.size && text.data[i] >= '0' && text.data[i] <= '9')
                        continue;
                if ((i < text.size && text.data[i] != '-') || i == start || i - start > 9)
                        return false;
                if (text.data[start] == '0' && (i - start > 1 || parts == 0))
                        return false;
                parts++;
                start = i + 1;
        }
        return parts == 3;
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
        const char *end = rest.data + rest.size, *vendor = rest.data + 1;
        const char *name = *rest.data == '/' ? memchr(vendor, '/', rest.size - 1) : NULL;
        const char *version = name ? memchr(name + 1, '/', (size_t)(end - name - 1)) : NULL;
        if (!version || !is_name(slice_between(vendor, name), true) || !is_name(slice_between(name + 1, version), false) ||
            !is_version(slice_between(version + 1, end)))
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
