/* IP addresses, host names and mailboxes. */
#include "schema/format_checks.h"
#include "base/utf8.h"

bool is_ipv4(struct slice text)
{
        const char *at = text.data, *end = slice_end(text);
        if (text.size < 7 || text.size > 15)
                return false;
        for (unsigned part = 0; part < 4; part++) {
                unsigned number = 0, digits = 0;
                if (part > 0 && (at == end || *at++ != '.'))
                        return false;
                for (; at < end && is_digit(*at) && digits < 3; at++, digits++) {
                        if (digits > 0 && number == 0)
                                return false;        /* a leading zero: some read it as octal */
                        number = number * 10 + (unsigned)(*at - '0');
                }
                if (digits == 0 || number > 255)
                        return false;
        }
        return at == end;
}

/* No zone, no prefix length. */
bool is_ipv6(struct slice text)
{
        const char *at = text.data, *end = slice_end(text);
        unsigned groups = 0;
        bool gap = false;
        if (text.size < 2 || text.size > 45)
                return false;
        if (at[0] == ':') {
                if (at[1] != ':')
                        return false;
                gap = true;
                at += 2;
        }
        while (at < end) {
                const char *group = at;
                while (at < end && is_hex(*at))
                        at++;
                if (at < end && *at == '.')
                        return is_ipv4(slice_between(group, end)) && (gap ? groups <= 5 : groups == 6);
                if (at == group || at - group > 4 || ++groups > 8)
                        return false;
                if (at == end)
                        break;
                if (*at++ != ':' || at == end)
                        return false;
                if (*at != ':')
                        continue;
                if (gap)
                        return false;
                gap = true;
                at++;
        }
        return gap ? groups <= 7 : groups == 8;
}

enum {
        LDH  = 1,        /* letters, digits, hyphens: of a host name */
        ATOM = 2,        /* RFC 5322, atext: of a mailbox */
};
static const uint8_t BYTES[256] = {
        ['a' ... 'z'] = LDH | ATOM, ['A' ... 'Z'] = LDH | ATOM, ['0' ... '9'] = LDH | ATOM, ['-'] = LDH | ATOM,
        ['!'] = ATOM, ['#'] = ATOM, ['$'] = ATOM, ['%'] = ATOM, ['&'] = ATOM, ['\''] = ATOM, ['*'] = ATOM, ['+'] = ATOM,
        ['/'] = ATOM, ['='] = ATOM, ['?'] = ATOM, ['^'] = ATOM, ['_'] = ATOM, ['`'] = ATOM, ['{'] = ATOM, ['|'] = ATOM,
        ['}'] = ATOM, ['~'] = ATOM,
};

#define LABEL_MAX    63
#define HOSTNAME_MAX 253

/* `punycode`: labels that claim to be A-labels are checked. */
static bool hostname_check(struct slice text, bool punycode)
{
        const char *at = text.data, *end = slice_end(text);
        if (text.size == 0 || text.size > HOSTNAME_MAX)
                return false;
        while (true) {
                const char *label = at;
                while (at < end && BYTES[(uint8_t)*at] & LDH)
                        at++;
                if (at == label || at - label > LABEL_MAX || *label == '-' || at[-1] == '-')
                        return false;
                if (punycode && at - label >= 4 && label[2] == '-' && label[3] == '-' && (label[0] | 0x20) == 'x' &&
                    (label[1] | 0x20) == 'n' && !is_punycode_label(slice_between(label, at)))
                        return false;
                if (at == end)
                        return true;
                if (*at++ != '.')
                        return false;
        }
}

bool is_hostname(struct slice text)
{
        return hostname_check(text, false);
}

bool is_hostname_or_punycode(struct slice text)
{
        return hostname_check(text, true);
}

/* ---- mailboxes ---- */

#define LOCAL_MAX 64       /* bytes; RFC 5321, section 4.5.3.1.1 */

/* Where a Local-part ends: at its '@'; NULL when it is none. */
static const char *local_end(struct slice text, bool international)
{
        const char *at = text.data, *end = slice_end(text);
        if (at < end && *at == '"') {
                for (at++; at < end && *at != '"'; at++) {
                        if (*at == '\\' && ++at == end)
                                return NULL;
                        if ((unsigned char)*at < 0x20 || *at == 0x7F || ((unsigned char)*at >= 0x80 && !international))
                                return NULL;
                }
                if (at++ == end)
                        return NULL;
        } else {
                while (true) {
                        const char *atom = at;
                        while (at < end && (BYTES[(uint8_t)*at] & ATOM || (international && (uint8_t)*at >= 0x80)))
                                at++;
                        if (at == atom)
                                return NULL;
                        if (at == end || *at != '.')
                                break;
                        at++;
                }
        }
        return at < end && *at == '@' && at - text.data <= LOCAL_MAX ? at : NULL;
}

/* "[192.0.2.1]", "[IPv6:2001:db8::1]" or "[tag:content]" without its brackets. */
static bool is_address_literal(struct slice text)
{
        struct slice v6 = SLICE("IPv6:");
        if (text.size > v6.size && slice_equal_nocase((struct slice){ text.data, v6.size }, v6))
                return is_ipv6((struct slice){ text.data + v6.size, text.size - v6.size });
        if (is_ipv4(text))
                return true;
        size_t tag = 0;
        while (tag < text.size && BYTES[(uint8_t)text.data[tag]] & LDH)
                tag++;
        if (tag == 0 || text.data[tag - 1] == '-' || tag + 1 >= text.size || text.data[tag] != ':')
                return false;
        for (size_t i = tag + 1; i < text.size; i++)
                if (text.data[i] < 0x21 || text.data[i] > 0x7E || (text.data[i] >= '[' && text.data[i] <= ']'))
                        return false;
        return true;
}

static bool email_check(struct slice text, bool international)
{
        const char *at = local_end(text, international), *end = slice_end(text);
        if (!at)
                return false;
        struct slice domain = slice_between(at + 1, end);
        if (domain.size >= 2 && domain.data[0] == '[' && end[-1] == ']')
                return is_address_literal(slice_between(domain.data + 1, end - 1));
        return international ? is_idn_hostname(domain) : is_hostname(domain);
}

bool is_email(struct slice text)
{
        return email_check(text, false);
}

bool is_idn_email(struct slice text)
{
        return email_check(text, true);
}
