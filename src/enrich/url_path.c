/* Paths with their dots resolved, and percent-encoding. */
#include "base/utf8.h"
#include "url_parts.h"

static const struct slice REPLACEMENT = SLICE_INIT("%EF%BF%BD");  /* U+FFFD: what is not UTF-8 */

/* Bytes that need no encoding at the start of [at, end). */
static const char *plain_end(const char *at, const char *end, unsigned set)
{
        while (at < end && !url_in(*at, set))
                at++;
        return at;
}

static size_t encoded_size(struct slice part, unsigned set)
{
        const char *at = part.data, *end = at + part.size;
        size_t size = 0;
        while (at < end) {
                size_t length = utf8_length(at, end);
                size += length == 0 ? 9 : url_in(*at, set) ? 3 * length : length;
                at += length ? length : 1;
        }
        return size;
}

static char *encoded_write(char *out, struct slice part, unsigned set)
{
        static const char DIGITS[] = "0123456789ABCDEF";
        const char *at = part.data, *end = at + part.size;
        while (at < end) {
                const char *plain = plain_end(at, end, set);
                memcpy(out, at, (size_t)(plain - at));
                out += plain - at;
                at = plain;
                if (at == end)
                        break;
                size_t length = utf8_length(at, end);
                if (length == 0) {
                        memcpy(out, REPLACEMENT.data, REPLACEMENT.size);
                        out += REPLACEMENT.size;
                        at++;
                }
                for (; length; length--, at++) {
                        *out++ = '%';
                        *out++ = DIGITS[(unsigned char)*at >> 4];
                        *out++ = DIGITS[*at & 15];
                }
        }
        return out;
}

bool url_encode(struct slice part, unsigned set, struct arena *arena, struct slice *ret_part)
{
        if (plain_end(part.data, part.data + part.size, set) == part.data + part.size) {
                *ret_part = part;
                return true;
        }
        char *text = arena_take(arena, encoded_size(part, set));
        if (!text)
                return false;
        *ret_part = slice_between(text, encoded_write(text, part, set));
        return true;
}

/* Behind the dot at the start of [at, end), which may be encoded; NULL: there is none. */
static const char *dot_end(const char *at, const char *end)
{
        if (at < end && *at == '.')
                return at + 1;
        return end - at >= 3 && at[0] == '%' && at[1] == '2' && (at[2] | 0x20) == 'e' ? at + 3 : NULL;
}

/* 1 of ".", 2 of "..", else 0. */
static unsigned segment_dots(struct slice segment)
{
        const char *end = slice_end(segment), *first = dot_end(segment.data, end);
        if (!first)
                return 0;
        if (first == end)
                return 1;
        return dot_end(first, end) == end ? 2 : 0;
}

bool url_drive_letter(struct slice text)
{
        return text.size >= 2 && (text.data[0] | 0x20) >= 'a' && (text.data[0] | 0x20) <= 'z' &&
               (text.data[1] == ':' || text.data[1] == '|') &&
               (text.size == 2 || memchr("/\\?#", text.data[2], 4));
}

/* Takes the last segment off; the drive letter of a file stays. */
static char *path_shorten(const char *path, char *out, bool file)
{
        if (file && out - path == 3 && url_drive_letter((struct slice){ path + 1, 2 }) && path[2] == ':')
                return out;
        while (out > path && *--out != '/')
                ;
        return out;
}

bool url_path(struct slice text, const struct url *url, struct arena *arena, struct slice *ret_path)
{
        const char *at = text.data, *end = at + text.size;
        bool file = url_is_file(url);
        if (text.size == 0 && !url->special) {
                *ret_path = text;
                return true;
        }
        char *path = arena_take(arena, encoded_size(text, URL_PATH) + 2), *out = path;
        if (!path)
                return false;
        if (at < end && (*at == '/' || (*at == '\\' && url->special)))
                at++;
        for (bool last = false; !last; at++) {
                const char *stop = at;
                while (stop < end && *stop != '/' && !(*stop == '\\' && url->special))
                        stop++;
                struct slice segment = slice_between(at, stop);
                unsigned dots = segment_dots(segment);
                bool drive = file && out == path && segment.size == 2 && url_drive_letter(segment);
                last = stop == end;
                if (dots == 2)
                        out = path_shorten(path, out, file);
                if (dots == 0 || last)
                        *out++ = '/';
                if (dots == 0)
                        out = encoded_write(out, segment, URL_PATH);
                if (drive)
                        out[-1] = ':';
                at = stop;
        }
        *ret_path = slice_between(path, out);
        arena_trim(arena, path, out);
        return true;
}

bool url_path_opaque(struct slice text, bool more, struct arena *arena, struct slice *ret_path)
{
        if (!more || text.size == 0 || text.data[text.size - 1] != ' ')
                return url_encode(text, URL_C0, arena, ret_path);
        /* The last of several spaces, that it survives being trimmed. */
        text.size--;
        char *path = arena_take(arena, encoded_size(text, URL_C0) + 3);
        if (!path)
                return false;
        char *out = encoded_write(path, text, URL_C0);
        memcpy(out, "%20", 3);
        *ret_path = slice_between(path, out + 3);
        return true;
}
