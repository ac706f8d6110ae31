/* Exact decimals over the text of JSON numbers, of any length: nothing is rounded. Work is bounded by the digits written, never
 * by an exponent. Exponents beyond +-10^17 count as that. */
#ifndef JSON_NUMBER_H
#define JSON_NUMBER_H
#include "base/base.h"

/* However it is written (1, 1.0, 10e-1), a number is read as the same; -0 is 0. A view into the text. */
struct number {
        bool        small;         /* a whole number that fits int64_t: `integer` holds it, the rest below is not set */
        bool        negative;      /* never of zero */
        int64_t     integer;
        const char *digits;        /* the first significant digit; a '.' may lie between the digits */
        size_t      count;         /* significant digits, without zeros at either end; at least 1 */
        int64_t     point;         /* value = 0.DIGITS * 10^point */
};
/* Reads the text of a number that scan_number() passed. */
void number_read(struct slice raw, struct number *ret_number);
/* < 0, 0, > 0 as a is less than, equal to, greater than b. */
int  number_compare(const struct number *a, const struct number *b);
/* No fraction: 1.0 and 1e2 are whole (JSON Schema from draft-06 on). */
static inline bool number_is_whole(const struct number *number)
{
        return number->small || number->point >= (int64_t)number->count;
}
/* Whether value / divisor is whole, exactly. The divisor is greater than 0 and has at most NUMBER_DIVISOR_DIGITS
 * significant digits (number_is_divisor(); a schema with more is refused when it is compiled). */
#define NUMBER_DIVISOR_DIGITS 288
bool number_is_multiple(const struct number *value, const struct number *divisor);
static inline bool number_is_divisor(const struct number *number)
{
        return !number->negative && (number->small ? number->integer > 0 : number->count <= NUMBER_DIVISOR_DIGITS);
}
/* Equal numbers have equal hashes. */
uint64_t number_hash(const struct number *number, uint64_t seed);
#endif
