/* Hosts: names in ASCII, IPv4 in any notation that browsers take, IPv6, and those of schemes without names. */
#include "base/address.h"
#include "base/utf8.h"
#include "url_parts.h"
#include <idn2.h>
#include <strings.h>

#define NAME_MOST 253              /* bytes of a name in the DNS */

/* ---- IPv4 (section 3.5 of the standard) ---- */
#define NUMBER_MOST ((uint64_t)1 << 32)            /* what is larger is no address, however much larger */

/* Decimal, octal behind 0, hexadecimal behind 0x; "0x" alone is nought. */
static bool number_read(struct slice text, uint64_t *ret_number)
{
        unsigned base = 10;
        uint64_t number = 0;
        if (text.size == 0)
                return false;
        if (text.size > 1 && text.data[0] == '0') {
                base = text.data[1] == 'x' ? 16 : 8;
                size_t prefix = base == 16 ? 2 : 1;
                text = (struct slice){ text.data + prefix, text.size - prefix };
        }
        for (size_t i = 0; i < text.size; i++) {
                if (!url_hex(text.data[i]) || url_hex_value(text.data[i]) >= base)
                        return false;
                number = number * base + url_hex_value(text.data[i]);
                if (number > NUMBER_MOST)
                        number = NUMBER_MOST;
        }
        *ret_number = number;
        return true;
}

/* The last label, a dot at the end left out. */
static struct slice label_last(struct slice host)
{
        if (host.size > 1 && host.data[host.size - 1] == '.')
                host.size--;
        const char *dot = memrchr(host.data, '.', host.size);
        return dot ? slice_between(dot + 1, host.data + host.size) : host;
}

/* Then the host is an IPv4 address or nothing. */
static bool ends_in_number(struct slice host)
{
        struct slice last = label_last(host);
        uint64_t number;
        size_t digits = 0;
        while (digits < last.size && last.data[digits] >= '0' && last.data[digits] <= '9')
                digits++;
        return last.size && (digits == last.size || number_read(last, &number));
}

static bool ipv4_read(struct slice host, uint32_t *ret_address)
{
        uint64_t part[4], address = 0;
        size_t count = 0;
        if (host.data[host.size - 1] == '.')
                host.size--;
        for (const char *at = host.data, *end = at + host.size; at <= end; count++) {
                const char *dot = memchr(at, '.', (size_t)(end - at));
                dot = dot ? dot : end;
                if (count == 4 || !number_read(slice_between(at, dot), &part[count]))
                        return false;
                at = dot + 1;
        }
        for (size_t i = 0; i + 1 < count; i++) {
                if (part[i] > 255)
                        return false;
                address |= part[i] << (24 - 8 * i);
        }
        if (count == 0 || part[count - 1] >= (uint64_t)1 << 8 * (5 - count))
                return false;
        *ret_address = (uint32_t)(address | part[count - 1]);
        return true;
}

static bool host_ipv4(struct slice host, struct arena *arena, struct url *url)
{
        uint32_t address;
        struct buffer out;
        char *text = arena_take(arena, 16);
        if (!text || !ipv4_read(host, &address))
                return false;
        buffer_wrap(&out, text, 16);
        buffer_format(&out, "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
        url->host = buffer_slice(&out);
        url->host_kind = URL_HOST_IPV4;
        return true;
}

/* ---- IPv6 ---- */
/* The longest run of zeros, the first of several; its size is 0 when there is none of two. */
static void zeros_find(const unsigned part[8], size_t *ret_start, size_t *ret_size)
{
        *ret_start = *ret_size = 0;
        for (size_t i = 0; i < 8; i++) {
                size_t size = 0;
                while (i + size < 8 && part[i + size] == 0)
                        size++;
                if (size > 1 && size > *ret_size)
                        *ret_start = i, *ret_size = size;
        }
}

/* The standard writes mapped addresses in hexadecimal, too, other than RFC 5952. */
static bool host_ipv6(struct slice text, struct arena *arena, struct url *url)
{
        struct address address;
        struct buffer out;
        unsigned part[8];
        size_t start, size;
        char *host = arena_take(arena, ADDRESS_TEXT);
        if (!host || text.data[text.size - 1] != ']' || !memchr(text.data, ':', text.size) || !address_parse(text, &address))
                return false;
        for (size_t i = 0; i < 8; i++)
                part[i] = (unsigned)address.bytes[2 * i] << 8 | address.bytes[2 * i + 1];
        zeros_find(part, &start, &size);
        buffer_wrap(&out, host, ADDRESS_TEXT);
        buffer_add_char(&out, '[');
        for (size_t i = 0; i < 8; i++) {
                if (size && i == start) {
                        buffer_add(&out, SLICE("::"));
                        i += size - 1;
                        continue;
                }
                buffer_format(&out, i && !(size && i == start + size) ? ":%x" : "%x", part[i]);
        }
        buffer_add_char(&out, ']');
        url->host = buffer_slice(&out);
        url->host_kind = URL_HOST_IPV6;
        return true;
}

/* ---- names: an ASCII one is taken as it is, what it says behind "xn--" included ---- */
bool url_host_odd(struct slice host)
{
        struct slice last = label_last(host);
        return last.size == 0 || (*last.data >= '0' && *last.data <= '9');
}

/* %XX undone, NUL-terminated. */
static char *host_unescape(struct slice text, struct arena *arena, struct slice *ret_host)
{
        char *host = arena_take(arena, text.size + 1), *out = host;
        if (!host)
                return NULL;
        for (const char *at = text.data, *end = at + text.size; at < end; at++)
                if (*at == '%' && end - at > 2 && url_hex(at[1]) && url_hex(at[2])) {
                        *out++ = (char)(url_hex_value(at[1]) << 4 | url_hex_value(at[2]));
                        at += 2;
                } else {
                        *out++ = *at;
                }
        *out = '\0';
        *ret_host = slice_between(host, out);
        arena_trim(arena, host, out + 1);
        return host;
}

/* What decides by which rules a label is encoded. */
struct label_traits { bool ascii, deviation, right_to_left; };

static struct label_traits label_look(struct slice label)
{
        struct label_traits traits = { .ascii = true };
        for (const char *at = label.data, *end = at + label.size; at < end;) {
                size_t   length = utf8_length(at, end);
                uint32_t c = length ? utf8_decode(at, length) : 0xFFFD;
                traits.ascii &= c < 0x80;
                /* Sharp s, final sigma, and the two joiners: older rules map what the newer ones keep. */
                traits.deviation |= c == 0xDF || c == 0x3C2 || c == 0x200C || c == 0x200D;
                traits.right_to_left |= (c >= 0x590 && c < 0x900) || (c >= 0xFB1D && c < 0xFE00) || (c >= 0xFE70 && c < 0xFEFF) ||
                                        (c >= 0x10800 && c < 0x11000) || (c >= 0x1E800 && c < 0x1F000);
                at += length ? length : 1;
        }
        return traits;
}

/* One label by UTS 46 without transition, as browsers do; NUL-terminated. libidn2 asks for IDNA2008 on top of that, which has no
 * emoji and is strict about hyphens. Its way of the transition does not ask, and gives the same where it maps none of the
 * four characters; it does not check directions either. */
static bool label_encode(const char *label, struct buffer *out)
{
        struct label_traits traits = label_look(slice_of(label));
        char *encoded = NULL;
        if (traits.ascii && strncasecmp(label, "xn--", 4) != 0) {
                for (; *label; label++)
                        buffer_add_char(out, char_lower(*label));
                return true;
        }
        int result = idn2_to_ascii_8z(label, &encoded, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
        bool again = result == IDN2_DISALLOWED || result == IDN2_2HYPHEN || result == IDN2_HYPHEN_STARTEND;
        if (again && !traits.deviation && !traits.right_to_left)
                result = idn2_to_ascii_8z(label, &encoded, IDN2_NFC_INPUT | IDN2_TRANSITIONAL);
        if (result != IDN2_OK)
                return false;
        buffer_add(out, slice_of(encoded));
        idn2_free(encoded);
        return true;
}

/* What separates labels, and a letter that is newly mapped to another: all have three bytes. */
static const struct { char from[4], to[4]; } MAPPED[] = {
        { "\u3002", "." }, { "\uFF0E", "." }, { "\uFF61", "." }, { "\u1E9E", "\u00DF" },
};

static void name_map(char *text)
{
        char *out = text;
        while (*text) {
                size_t i = (unsigned char)*text >= 0xE0 ? 0 : COUNT_OF(MAPPED);
                while (i < COUNT_OF(MAPPED) && strncmp(text, MAPPED[i].from, 3) != 0)
                        i++;
                if (i < COUNT_OF(MAPPED)) {
                        out = stpcpy(out, MAPPED[i].to);
                        text += 3;
                } else {
                        *out++ = *text++;
                }
        }
        *out = '\0';
}

/* A whole name; `text` is used up. */
static bool name_encode(char *text, struct arena *arena, struct slice *ret_host)
{
        struct buffer out;
        char *host = arena_take(arena, NAME_MOST), *dot;
        if (!host)
                return false;
        buffer_wrap(&out, host, NAME_MOST);
        name_map(text);
        while ((dot = strchr(text, '.')) && !out.full) {
                *dot = '\0';
                if (!label_encode(text, &out))
                        return false;
                buffer_add_char(&out, '.');
                text = dot + 1;
        }
        if (!label_encode(text, &out))
                return false;
        *ret_host = buffer_slice(&out);
        return !out.full && out.size;
}

static bool host_name(struct slice text, struct arena *arena, struct url *url)
{
        struct slice host;
        char *plain = host_unescape(text, arena, &host);
        if (!plain)
                return false;
        if (label_look(host).ascii) {
                for (size_t i = 0; i < host.size; i++)
                        plain[i] = char_lower(plain[i]);
        } else if (host.size > URL_HOST_MOST || memchr(plain, '\0', host.size) || !utf8_valid(host) ||
                   !name_encode(plain, arena, &host)) {
                return false;
        }
        for (size_t i = 0; i < host.size; i++)
                if (url_in(host.data[i], URL_DOMAIN_FORBIDDEN))
                        return false;
        if (ends_in_number(host))
                return host_ipv4(host, arena, url);
        url->host = host;
        url->host_kind = URL_HOST_NAME;
        return true;
}

bool url_host(struct slice text, struct arena *arena, struct url *url)
{
        if (text.size && *text.data == '[')
                return host_ipv6(text, arena, url);
        if (url->special)
                return host_name(text, arena, url);
        for (size_t i = 0; i < text.size; i++)
                if (url_in(text.data[i], URL_HOST_FORBIDDEN))
                        return false;
        url->host_kind = text.size ? URL_HOST_OPAQUE : URL_HOST_EMPTY;
        return url_encode(text, URL_C0, arena, &url->host);
}

/* A label that is written as xn--. */
static bool has_punycode(struct slice host)
{
        const char *at = memmem(host.data, host.size, "xn--", 4);
        return at && (at == host.data || at[-1] == '.' || has_punycode(slice_between(at + 1, host.data + host.size)));
}

struct slice url_unicode(struct slice host, struct arena *arena)
{
        char name[NAME_MOST + 1], *decoded = NULL;
        struct slice text = { NULL, 0 }, again;
        if (host.size > NAME_MOST || !has_punycode(host))
                return text;
        memcpy(name, host.data, host.size);
        name[host.size] = '\0';
        if (idn2_to_unicode_8z8z(name, &decoded, 0) != IDN2_OK)
                return text;
        text = arena_copy(arena, slice_of(decoded));
        /* Only what encodes to the same host again: everything else would show a name that it is not. */
        if (strlen(decoded) > URL_HOST_MOST || !name_encode(decoded, arena, &again) || !slice_equal(again, host))
                text.data = NULL;
        idn2_free(decoded);
        return text.data ? text : (struct slice){ NULL, 0 };
}
