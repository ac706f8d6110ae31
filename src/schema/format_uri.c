/* URIs, IRIs and URI templates. One table says which byte may stand where; percent-encodings and characters above 7F are
 * looked at where the table stops. */
#include "schema/format_checks.h"
#include "base/utf8.h"

enum {
        SCHEME   = 1 << 0,        /* after its first letter */
        USERINFO = 1 << 1,        /* also ':' */
        NAME     = 1 << 2,        /* of a host: unreserved and sub-delims */
        SEGMENT  = 1 << 3,        /* pchar without ':' */
        PATH     = 1 << 4,        /* pchar and '/' */
        QUERY    = 1 << 5,        /* pchar, '/' and '?' */
        FRAGMENT = 1 << 6,        /* the same, but in IRIs without private characters */
        LITERAL  = 1 << 7,        /* of a URI template */
        VARIABLE = 1 << 8,        /* varchar of a URI template */
};
#define UNRESERVED (USERINFO | NAME | SEGMENT | PATH | QUERY | FRAGMENT | LITERAL)
static const uint16_t BYTES[256] = {
        ['a' ... 'z'] = UNRESERVED | SCHEME | VARIABLE,
        ['A' ... 'Z'] = UNRESERVED | SCHEME | VARIABLE,
        ['0' ... '9'] = UNRESERVED | SCHEME | VARIABLE,
        ['-'] = UNRESERVED | SCHEME, ['.'] = UNRESERVED | SCHEME, ['_'] = UNRESERVED | VARIABLE, ['~'] = UNRESERVED,
        ['!'] = UNRESERVED, ['$'] = UNRESERVED, ['&'] = UNRESERVED, ['('] = UNRESERVED, [')'] = UNRESERVED, ['*'] = UNRESERVED,
        ['+'] = UNRESERVED | SCHEME, [','] = UNRESERVED, [';'] = UNRESERVED, ['='] = UNRESERVED,
        ['\''] = UNRESERVED,      /* in templates by erratum 6937 of RFC 6570 */
        [':'] = USERINFO | PATH | QUERY | FRAGMENT | LITERAL, ['@'] = SEGMENT | PATH | QUERY | FRAGMENT | LITERAL,
        ['/'] = PATH | QUERY | FRAGMENT | LITERAL, ['?'] = QUERY | FRAGMENT | LITERAL,
        ['#'] = LITERAL, ['['] = LITERAL, [']'] = LITERAL,
};

/* ucschar of RFC 3987 (with `private`: or iprivate, which a query may have). */
static bool is_ucschar(uint32_t c, bool private)
{
        if (c >= 0x10000)
                return c >= 0xF0000 ? private && (c & 0xFFFF) <= 0xFFFD : (c & 0xFFFF) <= 0xFFFD && (c < 0xE0000 || c >= 0xE1000);
        if (c >= 0xE000 && c <= 0xF8FF)
                return private;
        return (c >= 0xA0 && c <= 0xD7FF) || (c >= 0xF900 && c <= 0xFDCF) || (c >= 0xFDF0 && c <= 0xFFEF);
}

static inline unsigned bytes_of(char a, char b)
{
        return BYTES[(uint8_t)a] & BYTES[(uint8_t)b];
}

/* The first byte that the table does not allow here. */
static inline const char *skip_bytes(const char *at, const char *end, unsigned where)
{
        while (end - at >= 4 && bytes_of(at[0], at[1]) & bytes_of(at[2], at[3]) & where)
                at += 4;
        while (at < end && BYTES[(uint8_t)*at] & where)
                at++;
        return at;
}

/* The first byte that may not stand here; behind it if everything may. */
static const char *skip(const char *at, const char *end, unsigned where, bool international)
{
        while (true) {
                at = skip_bytes(at, end, where);
                if (at == end)
                        return at;
                if (*at == '%') {
                        if (end - at < 3 || !is_hex(at[1]) || !is_hex(at[2]))
                                return at;
                        at += 3;
                        continue;
                }
                size_t size = international && (uint8_t)*at >= 0x80 ? utf8_length(at, end) : 0;
                if (size == 0 || !is_ucschar(utf8_decode(at, size), where == QUERY || where == LITERAL))
                        return at;
                at += size;
        }
}

/* "[...]" without its brackets: an IPv6 address or "v1.something". */
static bool is_ip_literal(struct slice text)
{
        if (text.size == 0 || (text.data[0] | 0x20) != 'v')
                return is_ipv6(text);
        const char *at = text.data + 1, *end = slice_end(text);
        while (at < end && is_hex(*at))
                at++;
        if (at == text.data + 1 || at == end || *at++ != '.' || at == end)
                return false;
        while (at < end && BYTES[(uint8_t)*at] & USERINFO)
                at++;
        return at == end;
}

/* Behind "//": [userinfo "@"] host [":" port]. NULL, or where the path begins. */
static const char *authority_end(const char *at, const char *end, bool international)
{
        const char *name = skip(at, end, NAME, international);
        const char *userinfo = name < end && (*name == ':' || *name == '@') ? skip(name, end, USERINFO, international) : end;
        if (userinfo < end && *userinfo == '@') {
                at = userinfo + 1;
                name = skip(at, end, NAME, international);
        }
        if (at < end && *at == '[') {
                const char *close = memchr(at, ']', (size_t)(end - at));
                if (!close || !is_ip_literal(slice_between(at + 1, close)))
                        return NULL;
                name = close + 1;
        }
        at = name;
        if (at < end && *at == ':')
                for (at++; at < end && is_digit(*at);)
                        at++;
        return at == end || *at == '/' || *at == '?' || *at == '#' ? at : NULL;
}

/* The ':' behind a scheme, or NULL. */
static const char *scheme_end(const char *at, const char *end)
{
        if (at == end || !is_letter(*at))
                return NULL;
        while (at < end && BYTES[(uint8_t)*at] & SCHEME)
                at++;
        return at < end && *at == ':' ? at : NULL;
}

static bool reference_check(struct slice text, bool needs_scheme, bool international)
{
        const char *at = text.data ? text.data : "", *end = at + text.size;
        const char *colon = scheme_end(at, end);
        if (!colon && needs_scheme)
                return false;
        if (colon)
                at = colon + 1;
        if (end - at >= 2 && at[0] == '/' && at[1] == '/') {
                at = authority_end(at + 2, end, international);
                if (!at)
                        return false;
        } else if (!colon) {
                /* The first segment of a relative path has no ':', else it would be read as a scheme. */
                at = skip(at, end, SEGMENT, international);
                if (at < end && *at == ':')
                        return false;
        }
        at = skip(at, end, PATH, international);
        if (at < end && *at == '?')
                at = skip(at + 1, end, QUERY, international);
        if (at < end && *at == '#')
                at = skip(at + 1, end, FRAGMENT, international);
        return at == end;
}

bool is_uri(struct slice text)
{
        return reference_check(text, true, false);
}

bool is_uri_reference(struct slice text)
{
        return reference_check(text, false, false);
}

bool is_iri(struct slice text)
{
        return reference_check(text, true, true);
}

bool is_iri_reference(struct slice text)
{
        return reference_check(text, false, true);
}

/* varname [":" 1-9999 / "*"], the end of it or NULL. */
static const char *variable_end(const char *at, const char *end)
{
        while (true) {
                const char *name = at;
                at = skip(at, end, VARIABLE, false);
                if (at == name)
                        return NULL;
                if (at == end || *at != '.')
                        break;
                at++;
        }
        if (at < end && *at == '*')
                return at + 1;
        if (at < end && *at == ':') {
                const char *length = ++at;
                while (at < end && is_digit(*at))
                        at++;
                if (at == length || at - length > 4 || *length == '0')
                        return NULL;
        }
        return at;
}

bool is_uri_template(struct slice text)
{
        const char *at = text.data ? text.data : "", *end = at + text.size;
        while (true) {
                at = skip(at, end, LITERAL, true);
                if (at == end)
                        return true;
                if (*at++ != '{' || at == end)
                        return false;
                if (*at && strchr("+#./;?&=,!@|", *at))
                        at++;
                do {
                        at = variable_end(at, end);
                        if (!at || at == end)
                                return false;
                } while (*at++ == ',');
                if (at[-1] != '}')
                        return false;
        }
}
