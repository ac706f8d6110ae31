/* The way through a URL: the standard's states, each a function that takes its part off the front. What most URLs are, plain
 * lower-case text, is found in one pass and not copied. */
#include "url_parts.h"

/* What is still to be read. */
struct rest { const char *at, *end; };

static const struct { struct slice name; uint16_t port; } SPECIAL[] = {
        { SLICE_INIT("https"), 443 }, { SLICE_INIT("http"), 80 }, { SLICE_INIT("file"), 0 },
        { SLICE_INIT("ftp"), 21 },    { SLICE_INIT("ws"), 80 },   { SLICE_INIT("wss"), 443 },
};

bool url_is_file(const struct url *url) { return url->special && *url->scheme.data == 'f' && url->scheme.data[1] == 'i'; }
static bool is_slash(const struct url *url, char c) { return c == '/' || (c == '\\' && url->special); }
static struct slice slice_to(const struct rest *rest, const char *end) { return slice_between(rest->at, end); }

static struct slice text_trim(struct slice text)
{
        while (text.size && (unsigned char)*text.data <= ' ')
                text.data++, text.size--;
        while (text.size && (unsigned char)text.data[text.size - 1] <= ' ')
                text.size--;
        return text;
}

/* Tabs and line ends are taken out, wherever they stand. */
static bool lines_join(struct slice *text, struct arena *arena)
{
        if (!memchr(text->data, '\n', text->size) && !memchr(text->data, '\t', text->size) &&
            !memchr(text->data, '\r', text->size))
                return true;
        char *copy = arena_take(arena, text->size), *out = copy;
        if (!copy)
                return false;
        for (size_t i = 0; i < text->size; i++)
                if (text->data[i] != '\n' && text->data[i] != '\t' && text->data[i] != '\r')
                        *out++ = text->data[i];
        *text = slice_between(copy, out);
        arena_trim(arena, copy, out);
        return true;
}

static bool scheme_lower(struct url *url, struct arena *arena)
{
        bool upper = false;
        for (size_t i = 0; i < url->scheme.size; i++)
                upper |= url->scheme.data[i] >= 'A' && url->scheme.data[i] <= 'Z';
        if (!upper)
                return true;
        char *copy = arena_take(arena, url->scheme.size);
        if (!copy)
                return false;
        for (size_t i = 0; i < url->scheme.size; i++)
                copy[i] = char_lower(url->scheme.data[i]);
        url->scheme.data = copy;
        return true;
}

/* Up to the colon, which is taken, too. */
static bool scheme_read(struct url *url, struct rest *rest, struct arena *arena)
{
        const char *at = rest->at;
        if (at == rest->end || (*at | 0x20) < 'a' || (*at | 0x20) > 'z')
                return false;
        while (at < rest->end && url_in(*at, URL_SCHEME))
                at++;
        if (at == rest->end || *at != ':')
                return false;
        url->scheme = slice_to(rest, at);
        rest->at = at + 1;
        if (!scheme_lower(url, arena))
                return false;
        for (size_t i = 0; i < COUNT_OF(SPECIAL); i++)
                if (slice_equal(url->scheme, SPECIAL[i].name)) {
                        url->special = true;
                        url->web = i < 2;
                        url->port_number = SPECIAL[i].port;
                }
        return true;
}

static bool port_read(struct url *url, struct slice text)
{
        uint32_t number = 0;
        size_t   zeros = 0;
        if (text.size == 0)
                return true;
        for (size_t i = 0; i < text.size; i++) {
                if (text.data[i] < '0' || text.data[i] > '9')
                        return false;
                number = number * 10 + (uint32_t)(text.data[i] - '0');
                if (number > 65535)
                        return false;
        }
        while (zeros + 1 < text.size && text.data[zeros] == '0')
                zeros++;
        if (!url->special || url->port_number != number)
                url->port = (struct slice){ text.data + zeros, text.size - zeros };
        url->port_number = (uint16_t)number;
        return true;
}

/* The colon before the port; those inside brackets belong to an IPv6 address. */
static const char *port_find(struct slice text)
{
        bool inside = false;
        for (size_t i = 0; i < text.size; i++) {
                if (text.data[i] == ':' && !inside)
                        return text.data + i;
                inside = text.data[i] == '[' || (inside && text.data[i] != ']');
        }
        return NULL;
}

static bool authority_read(struct url *url, struct rest *rest, struct arena *arena)
{
        const char *at = rest->at;
        while (at < rest->end && *at != '?' && *at != '#' && !is_slash(url, *at))
                at++;
        struct slice host = slice_to(rest, at);
        rest->at = at;
        const char *sign = memrchr(host.data, '@', host.size);
        if (sign) {
                url->user_info = slice_between(host.data, sign);
                host = slice_between(sign + 1, at);
                if (host.size == 0)
                        return false;
        }
        const char *colon = port_find(host);
        if (colon) {
                if (!port_read(url, slice_between(colon + 1, at)) || colon == host.data)
                        return false;
                host.size = (size_t)(colon - host.data);
        }
        if (host.size == 0 && url->special)
                return false;
        return url_host(host, arena, url);
}

/* What stands behind "https://" nearly always: a name that needs nothing done, then a slash. */
static bool authority_plain(struct url *url, struct rest *rest)
{
        const char *at = rest->at;
        while (at < rest->end && url_in(*at, URL_HOST_PLAIN))
                at++;
        if (at == rest->at || (at < rest->end && *at != '/' && *at != '?' && *at != '#') || url_host_odd(slice_to(rest, at)))
                return false;
        url->host = slice_to(rest, at);
        url->host_kind = URL_HOST_NAME;
        rest->at = at;
        return true;
}

/* file: has no user, no port, may lack its host, and a drive letter where the host would be is none. */
static bool file_read(struct url *url, struct rest *rest, struct arena *arena)
{
        const char *at = rest->at;
        url->host = (struct slice){ rest->at, 0 };
        url->host_kind = URL_HOST_EMPTY;
        if (rest->end - at < 2 || !is_slash(url, at[0]) || !is_slash(url, at[1]))
                return true;
        rest->at = at += 2;
        while (at < rest->end && *at != '?' && *at != '#' && !is_slash(url, *at))
                at++;
        struct slice host = slice_to(rest, at);
        if (host.size == 0 || (host.size == 2 && url_drive_letter(host)))
                return true;
        rest->at = at;
        if (!url_host(host, arena, url))
                return false;
        if (slice_equal(url->host, SLICE("localhost"))) {
                url->host.size = 0;
                url->host_kind = URL_HOST_EMPTY;
        }
        return true;
}

/* Everything between the scheme and the path. */
static bool host_read(struct url *url, struct rest *rest, struct arena *arena)
{
        if (url_is_file(url))
                return file_read(url, rest, arena);
        if (url->special) {
                while (rest->at < rest->end && is_slash(url, *rest->at))
                        rest->at++;
                return authority_plain(url, rest) || authority_read(url, rest, arena);
        }
        if (rest->end - rest->at >= 2 && rest->at[0] == '/' && rest->at[1] == '/') {
                rest->at += 2;
                return authority_read(url, rest, arena);
        }
        url->opaque = rest->at == rest->end || *rest->at != '/';
        return true;
}

static bool path_read(struct url *url, struct rest *rest, struct arena *arena)
{
        const char *at = rest->at;
        bool clean = at < rest->end && *at == '/' && !url_is_file(url);
        for (; at < rest->end; at++) {
                if (LIKELY(!url_in(*at, URL_PATH_STOP)))
                        continue;
                if (*at == '?' || *at == '#')
                        break;
                if (*at == '.' || *at == '%')
                        clean &= at[-1] != '/';    /* may be a segment "." or "%2e." ; at[-1] is the colon at worst */
                else
                        clean = false;
        }
        struct slice text = slice_to(rest, at);
        rest->at = at;
        if (clean) {
                url->path = text;
                return true;
        }
        if (url->opaque)
                return url_path_opaque(text, at < rest->end, arena, &url->path);
        return url_path(text, url, arena, &url->path);
}

/* Query and fragment, each behind its sign. */
static bool tail_read(struct url *url, struct rest *rest, struct arena *arena)
{
        if (rest->at < rest->end && *rest->at == '?') {
                rest->at++;
                const char *end = memchr(rest->at, '#', (size_t)(rest->end - rest->at));
                end = end ? end : rest->end;
                if (!url_encode(slice_to(rest, end), url->special ? URL_SPECIAL_QUERY : URL_QUERY, arena, &url->query))
                        return false;
                rest->at = end;
        }
        if (rest->at == rest->end)
                return true;
        rest->at++;
        return url_encode(slice_to(rest, rest->end), URL_FRAGMENT, arena, &url->fragment);
}

bool url_parse(struct slice text, struct arena *arena, struct url *ret_url)
{
        text = text_trim(text);
        struct url url = { .text = text };
        if (text.size == 0 || text.size > URL_MOST || !lines_join(&text, arena))
                return false;
        struct rest rest = { text.data, slice_end(text) };
        if (!scheme_read(&url, &rest, arena) || !host_read(&url, &rest, arena) || !path_read(&url, &rest, arena) ||
            !tail_read(&url, &rest, arena))
                return false;
        *ret_url = url;
        return true;
}

struct slice url_cut(struct slice text, size_t limit)
{
        if (text.size <= limit)
                return text;
        const char *sign = memchr(text.data, ':', limit), *at = text.data + limit;
        const char *host = sign ? sign + 3 : at;           /* behind "://" */
        bool tail = sign && (memchr(sign, '?', (size_t)(at - sign)) || memchr(sign, '#', (size_t)(at - sign)));
        while (at > host && !(tail ? *at == '&' || *at == '?' || *at == '#' : *at == '/'))
                at--;
        return (struct slice){ text.data, at > host ? (size_t)(at - text.data) : 0 };
}

/* A path that starts with two slashes would be read as a host: the standard puts "/." before it. */
static bool path_looks_like_host(const struct url *url)
{
        return url->host_kind == URL_HOST_NONE && !url->opaque && url->path.size > 1 && url->path.data[1] == '/';
}

size_t url_write_bound(const struct url *url)
{
        return url->scheme.size + url->host.size + url->port.size + url->path.size + url->query.size + url->fragment.size + 8;
}

void url_write(const struct url *url, struct buffer *out)
{
        buffer_add(out, url->scheme);
        buffer_add_char(out, ':');
        if (url->host_kind != URL_HOST_NONE)
                buffer_add(out, SLICE("//"));
        buffer_add(out, url->host);
        if (url->port.data) {
                buffer_add_char(out, ':');
                buffer_add(out, url->port);
        }
        if (path_looks_like_host(url))
                buffer_add(out, SLICE("/."));
        buffer_add(out, url->path);
        if (url->query.data) {
                buffer_add_char(out, '?');
                buffer_add(out, url->query);
        }
        if (url->fragment.data) {
                buffer_add_char(out, '#');
                buffer_add(out, url->fragment);
        }
}
