/* The checks behind the table in format.c. Private to src/schema/format*.c; every text is valid UTF-8. */
#ifndef SCHEMA_FORMAT_CHECKS_H
#define SCHEMA_FORMAT_CHECKS_H
#include "base/base.h"

/* format_time.c: RFC 3339 */
bool is_date_time(struct slice text);
bool is_date(struct slice text);
bool is_time(struct slice text);
bool is_duration(struct slice text);

/* format_address.c: RFC 1123, 2673, 4291, 5321, 6531 */
bool is_ipv4(struct slice text);
bool is_ipv6(struct slice text);
bool is_hostname(struct slice text);             /* letters, digits, hyphens */
bool is_hostname_or_punycode(struct slice text); /* the same, and every label "xn--" must be one of IDNA2008 */
bool is_email(struct slice text);
bool is_idn_email(struct slice text);

/* format_idn.c: RFC 5890 to 5893 */
bool is_idn_hostname(struct slice text);
bool is_punycode_label(struct slice label);      /* "xn--..." that is the encoding of a valid U-label */

/* format_uri.c: RFC 3986, 3987, 6570 */
bool is_uri(struct slice text);
bool is_uri_reference(struct slice text);
bool is_iri(struct slice text);
bool is_iri_reference(struct slice text);
bool is_uri_template(struct slice text);

static inline bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}
static inline bool is_hex(char c)
{
        return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}
static inline bool is_letter(char c)
{
        return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}
#endif
