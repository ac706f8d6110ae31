#include "uri.h"
#include <ctype.h>

/* The five parts; data NULL: absent. */
struct uri {
        struct slice scheme, authority, path, query, fragment;
};

static struct slice slice_until(struct slice *rest, const char *stops)
{
        size_t size = 0;
        while (size < rest->size && !strchr(stops, rest->data[size]))
                size++;
        struct slice part = { rest->data, size };
        rest->data += size;
        rest->size -= size;
        return part;
}

static void slice_skip(struct slice *rest, size_t count)
{
        rest->data += count;
        rest->size -= count;
}

static bool is_scheme(struct slice text)
{
        if (text.size == 0 || !isalpha((unsigned char)text.data[0]))
                return false;
        for (size_t i = 1; i < text.size; i++)
                if (!isalnum((unsigned char)text.data[i]) && !strchr("+-.", text.data[i]))
                        return false;
        return true;
}

static struct uri uri_split(struct slice text)
{
        struct uri uri = { 0 };
        struct slice rest = text, start = slice_until(&rest, ":/?#");
        if (rest.size && rest.data[0] == ':' && is_scheme(start)) {
                uri.scheme = start;
                slice_skip(&rest, 1);
        } else {
                rest = text;
        }
        if (slice_starts_with(rest, SLICE("//"))) {
                slice_skip(&rest, 2);
                uri.authority = slice_until(&rest, "/?#");
        }
        uri.path = slice_until(&rest, "?#");
        if (rest.size && rest.data[0] == '?') {
                slice_skip(&rest, 1);
                uri.query = slice_until(&rest, "#");
        }
        if (rest.size) {
                slice_skip(&rest, 1);
                uri.fragment = rest;
        }
        return uri;
}

/* Section 5.2.4, in place; returns the new size. */
static size_t path_tidy(char *path, size_t size)
{
        size_t out = 0, at = 0;
        while (at < size) {
                size_t next = at + 1;
                while (next < size && path[next] != '/')
                        next++;
                size_t length = next - at;
                bool slash = path[at] == '/', last = next == size;
                const char *name = path + at + slash;
                size_t name_size = length - slash;
                if (name_size == 1 && name[0] == '.') {
                        if (last && slash)
                                path[out++] = '/';
                } else if (name_size == 2 && name[0] == '.' && name[1] == '.') {
                        while (out > 0 && path[--out] != '/')
                                ;
                        if (last && slash)
                                path[out++] = '/';
                } else {
                        memmove(path + out, path + at, length);
                        out += length;
                }
                at = next;
        }
        return out;
}

/* Section 5.2.3. */
static char *path_merge(char *at, const struct uri *base, struct slice path)
{
        if (base->authority.data && base->path.size == 0) {
                *at++ = '/';
                return slice_put(at, path);
        }
        size_t keep = base->path.size;
        while (keep > 0 && base->path.data[keep - 1] != '/')
                keep--;
        return slice_put(slice_put(at, (struct slice){ base->path.data, keep }), path);
}

char *uri_resolve(struct arena *arena, const char *base_text, struct slice reference)
{
        char *text = arena_take(arena, strlen(base_text) + reference.size + 8);
        if (!text)
                return NULL;
        struct uri base = uri_split(slice_of(base_text)), it = uri_split(reference);
        bool tidy = true;
        struct slice scheme = it.scheme.data ? it.scheme : base.scheme;
        struct slice authority = it.scheme.data || it.authority.data ? it.authority : base.authority;
        char *at = text;
        if (scheme.data) {
                at = slice_put(at, scheme);
                *at++ = ':';
        }
        if (authority.data) {
                *at++ = '/';
                *at++ = '/';
                at = slice_put(at, authority);
        }
        char *path = at;
        if (it.scheme.data || it.authority.data || (it.path.size && it.path.data[0] == '/')) {
                at = slice_put(at, it.path);
        } else if (it.path.size == 0) {
                at = slice_put(at, base.path);
                tidy = false;
                if (!it.query.data)
                        it.query = base.query;
        } else {
                at = path_merge(at, &base, it.path);
        }
        if (tidy && (authority.data || (path < at && *path == '/')))
                at = path + path_tidy(path, (size_t)(at - path));
        if (it.query.data) {
                *at++ = '?';
                at = slice_put(at, it.query);
        }
        if (it.fragment.data) {
                *at++ = '#';
                at = slice_put(at, it.fragment);
        }
        *at = '\0';
        return text;
}

char *uri_cut_fragment(char *uri)
{
        char *hash = strchr(uri, '#');
        if (!hash)
                return NULL;
        *hash = '\0';
        return hash + 1;
}

void uri_decode(char *text)
{
        char *out = text;
        for (const char *at = text; *at; at++) {
                if (*at == '%' && char_hex(at[1]) >= 0 && char_hex(at[2]) >= 0) {
                        *out++ = (char)(char_hex(at[1]) * 16 + char_hex(at[2]));
                        at += 2;
                } else {
                        *out++ = *at;
                }
        }
        *out = '\0';
}
