/* The parameters of a query or a fragment. */
#include "base/utf8.h"
#include "url_parts.h"

bool url_parameters_next(struct url_parameters *it, struct slice *ret_name, struct slice *ret_value)
{
        while (it->at < it->end && *it->at == '&')
                it->at++;
        if (it->at == it->end)
                return false;
        const char *end = memchr(it->at, '&', (size_t)(it->end - it->at));
        end = end ? end : it->end;
        const char *sign = memchr(it->at, '=', (size_t)(end - it->at));
        *ret_name = slice_between(it->at, sign ? sign : end);
        *ret_value = sign ? slice_between(sign + 1, end) : (struct slice){ NULL, 0 };
        it->at = end;
        return true;
}

struct slice url_fragment_parameters(struct slice fragment)
{
        if (!fragment.data)
                return fragment;
        const char *end = slice_end(fragment), *mark = memchr(fragment.data, '?', fragment.size);
        if (mark)
                return slice_between(mark + 1, end);
        return memchr(fragment.data, '=', fragment.size) ? fragment : (struct slice){ NULL, 0 };
}

/* Plain bytes: as they are, or a byte of %XX or a space of "+". */
static char *unescape(struct slice raw, char *out)
{
        for (const char *at = raw.data, *end = at + raw.size; at < end; at++)
                if (*at == '%' && end - at > 2 && url_hex(at[1]) && url_hex(at[2])) {
                        *out++ = (char)(url_hex_value(at[1]) << 4 | url_hex_value(at[2]));
                        at += 2;
                } else {
                        *out++ = *at == '+' ? ' ' : *at;
                }
        return out;
}

/* The text with U+FFFD for every byte that belongs to no character. */
static struct slice repair(struct slice text, struct arena *arena)
{
        char *copy = arena_take(arena, 3 * text.size), *out = copy;
        if (!copy)
                return (struct slice){ NULL, 0 };
        for (const char *at = text.data, *end = at + text.size; at < end;) {
                size_t length = utf8_length(at, end);
                memcpy(out, length ? at : "\uFFFD", length ? length : 3);
                out += length ? length : 3;
                at += length ? length : 1;
        }
        arena_trim(arena, copy, out);
        return slice_between(copy, out);
}

struct slice url_decode(struct slice raw, struct arena *arena)
{
        struct slice text = raw;
        if (raw.size == 0)
                return raw;
        if (memchr(raw.data, '%', raw.size) || memchr(raw.data, '+', raw.size)) {
                char *copy = arena_take(arena, raw.size);
                if (!copy)
                        return (struct slice){ NULL, 0 };
                char *end = unescape(raw, copy);
                text = slice_between(copy, end);
                arena_trim(arena, copy, end);
        }
        return utf8_valid(text) ? text : repair(text, arena);
}
