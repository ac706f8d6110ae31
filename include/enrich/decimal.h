/* Exact decimal numbers, for money: nothing goes through a double. A value is a whole number of at most DECIMAL_DIGITS digits
 * over a power of ten; what does not fit is refused, never rounded in silence. No memory, no locale. */
#ifndef ENRICH_DECIMAL_H
#define ENRICH_DECIMAL_H
#include "base/base.h"

#define DECIMAL_DIGITS 36                          /* significant digits, and digits behind the point */
#define DECIMAL_TEXT   (DECIMAL_DIGITS + 4)        /* the longest text: sign, zero, point, digits; no terminator */

/* magnitude / 10^scale, smaller than 10^36. Zero is not negative. All-zero is zero. */
struct decimal {
        unsigned __int128 magnitude;
        uint8_t           scale;           /* 0 to DECIMAL_DIGITS */
        bool              negative;
};
/* How a half is rounded, while anything else goes to the nearest; or all of it. */
enum rounding {
        ROUND_HALF_EVEN,                   /* to the even neighbour: no bias over many amounts (IEEE 754) */
        ROUND_HALF_UP,                     /* away from zero, as shops and tax offices do */
        ROUND_FLOOR,                       /* not only halves: towards minus infinity */
        ROUND_CEILING,                     /* towards plus infinity */
};
/* Where a value is cut: digits behind the point, at most 18. */
struct precision {
        unsigned      digits;
        enum rounding rounding;
};

static inline struct decimal decimal_of(int64_t number)
{
        uint64_t magnitude = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
        return (struct decimal){ .magnitude = magnitude, .negative = number < 0 };
}
/* Reads "12", "-0.50", "1e3", ".5", "5.": digits with or without sign, point and exponent, and nothing around them, as Python's
 * Decimal() takes them. False: not a number, or more digits than fit; zeros at either end do not count. Linear. */
bool decimal_parse(struct slice text, struct decimal *ret_value);
/* False: the result does not fit, or (of a product) the digits on the way are more than 128 bits. */
bool decimal_add(const struct decimal *a, const struct decimal *b, struct decimal *ret_sum);
bool decimal_multiply(const struct decimal *a, const struct decimal *b, struct decimal *ret_product);
/* value * times / over, rounded once. False: over is 0, or something on the way is larger than 128 bits. */
bool decimal_scale(const struct decimal *value, const struct decimal *times, const struct decimal *over,
                   struct precision precision, struct decimal *ret_result);
static inline bool decimal_divide(const struct decimal *a, const struct decimal *b, struct precision precision,
                                  struct decimal *ret_quotient)
{
        return decimal_scale(a, &(struct decimal){ .magnitude = 1 }, b, precision, ret_quotient);
}
/* To fewer digits behind the point; a value that has no more stays as it is. */
struct decimal decimal_round(const struct decimal *value, struct precision precision);
static inline struct decimal decimal_negate(const struct decimal *value)
{
        return (struct decimal){ value->magnitude, value->scale, value->magnitude && !value->negative };
}
/* value * 10^digits as a whole number, rounded: cents of euros for 2. False: it does not fit. */
bool decimal_minor(const struct decimal *value, struct precision precision, int64_t *ret_minor);
/* < 0, 0, > 0 as a is less than, equal to, greater than b. */
int  decimal_compare(const struct decimal *a, const struct decimal *b);
/* As a JSON number without exponent and without zeros at its end: "1234.5". Returns its bytes; no terminator. */
size_t decimal_format(const struct decimal *value, char text[DECIMAL_TEXT]);
#endif
