/* What is done with strings and texts that are known to be JSON: escapes undone, pointers followed, places named. */
#include "escape.h"
#include "json/scan.h"
#include "json/scan_inline.h"

size_t scan_unescape(struct slice raw, char *out)
{
        const char *at = raw.data + 1, *end = raw.data + raw.size - 1;
        char *start = out;
        while (at < end) {
                const char *backslash = memchr(at, '\\', (size_t)(end - at));
                size_t plain = (size_t)((backslash ? backslash : end) - at);
                memcpy(out, at, plain);
                out += plain;
                at += plain;
                while (at < end && *at == '\\')
                        at = escape_undo(at, &out);
        }
        return (size_t)(out - start);
}

/* Compares the raw key with a pointer's reference token, both with their escapes undone (RFC 6901, section 4). */
static bool token_is(struct slice token, struct slice raw)
{
        const char *at = raw.data + 1, *end = raw.data + raw.size - 1;
        size_t t = 0;
        while (at < end) {
                char bytes[4], *out = bytes;
                if (*at == '\\')
                        at = escape_undo(at, &out);
                else
                        *out++ = *at++;
                for (const char *byte = bytes; byte < out; byte++) {
                        if (t == token.size)
                                return false;
                        char c = token.data[t++];
                        if (c == '~' && t < token.size)
                                c = token.data[t++] == '0' ? '~' : '/';
                        if (c != *byte)
                                return false;
                }
        }
        return t == token.size;
}

/* The index that a token names; false: it names none. */
static bool token_index(struct slice token, size_t *ret_index)
{
        size_t index = 0;
        if (token.size == 0 || token.size > 18 || (token.size > 1 && token.data[0] == '0'))
                return false;
        for (size_t i = 0; i < token.size; i++) {
                if (token.data[i] < '0' || token.data[i] > '9')
                        return false;
                index = index * 10 + (size_t)(token.data[i] - '0');
        }
        *ret_index = index;
        return true;
}

/* The child that the token names, in the array or object at `at`; NULL: none. */
static const char *child_find(const char *at, const char *end, struct slice token)
{
        struct scan_error err;
        bool object = *at == '{', escaped;
        size_t index = 0;
        if ((!object && *at != '[') || (!object && !token_index(token, &index)))
                return NULL;
        at = scan_space_inline(at + 1, end);
        if (at >= end || *at == '}' || *at == ']')
                return NULL;
        for (;;) {
                bool found = !object && index-- == 0;
                if (object) {
                        const char *key = at;
                        at = scan_string_inline(at, end, &SCAN_UNLIMITED, &escaped, &err);
                        if (!at)
                                return NULL;
                        found = token_is(token, slice_between(key, at));
                        at = scan_space_inline(scan_space_inline(at, end) + 1, end);
                }
                if (found)
                        return at;
                at = scan_value(at, end, &SCAN_UNLIMITED, &err);
                if (!at)
                        return NULL;
                at = scan_space_inline(at, end);
                if (at >= end || *at != ',')
                        return NULL;
                at = scan_space_inline(at + 1, end);
        }
}

const char *scan_pointer_start(struct slice json, struct slice pointer)
{
        const char *end = slice_end(json), *at = scan_space(json.data, end);
        const char *token = pointer.data, *last = slice_end(pointer);
        while (token < last) {
                if (*token != '/' || at >= end)
                        return NULL;
                const char *behind = memchr(token + 1, '/', (size_t)(last - token - 1));
                if (!behind)
                        behind = last;
                at = child_find(at, end, slice_between(token + 1, behind));
                if (!at)
                        return NULL;
                token = behind;
        }
        return at;
}

struct slice scan_pointer(struct slice json, struct slice pointer)
{
        const char *end = slice_end(json), *at = scan_pointer_start(json, pointer);
        struct scan_error err;
        const char *behind = at ? scan_value(at, end, &SCAN_UNLIMITED, &err) : NULL;
        return behind ? slice_between(at, behind) : (struct slice){ 0 };
}

struct slice scan_plain(struct slice raw, struct arena *arena)
{
        if (!memchr(raw.data, '\\', raw.size))
                return (struct slice){ raw.data + 1, raw.size - 2 };
        char *text = arena_take(arena, raw.size);
        return (struct slice){ text, text ? scan_unescape(raw, text) : 0 };
}

void scan_position(struct slice text, const char *where, size_t *ret_line, size_t *ret_column)
{
        size_t line = 1, column = 1;
        const char *start = text.data, *end = slice_end(text);
        if (where < end)
                end = where;
        for (const char *feed; start < end && (feed = memchr(start, '\n', (size_t)(end - start))); start = feed + 1)
                line++;
        for (; start < end; start++)
                column += ((unsigned char)*start & 0xC0) != 0x80;
        *ret_line = line;
        *ret_column = column;
}
