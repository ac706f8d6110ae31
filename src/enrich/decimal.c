#include "enrich/decimal.h"

typedef unsigned __int128 wide;

#define PLACES_MOST   18           /* digits behind the point that may be asked for */
#define EXPONENT_MOST 100000       /* far beyond what fits, far from overflow */

/* 10^power, at most 10^38. */
static wide power_of_ten(unsigned power)
{
        static const uint64_t SMALL[] = {
                1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000,
                1000000000000, 10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000,
                1000000000000000000, 10000000000000000000u,
        };
        BUG_IF(power > 38);
        return power < COUNT_OF(SMALL) ? SMALL[power] : (wide)SMALL[19] * SMALL[power - 19];
}

static bool fits(wide magnitude) { return magnitude < power_of_ten(DECIMAL_DIGITS); }

/* magnitude * 10^power; false when that is more than 128 bits. */
static bool shift_up(wide *magnitude, unsigned power)
{
        if (*magnitude == 0)
                return true;
        return power <= 38 && !__builtin_mul_overflow(*magnitude, power_of_ten(power), magnitude);
}

/* The digits up to the exponent, in the order of the text. */
struct digits {
        wide     magnitude;
        unsigned count;                    /* significant digits in `magnitude` */
        int64_t  zeros, fraction;          /* zeros seen since the last other digit; digits behind the point */
        bool     any;
};

static bool digits_read(struct digits *digits, const char **text, const char *end)
{
        bool point = false;
        const char *at = *text;
        for (; at < end; at++) {
                if (*at == '.' && !point) {
                        point = true;
                        continue;
                }
                if (*at < '0' || *at > '9')
                        break;
                digits->any = true;
                digits->fraction += point;
                if (*at == '0') {
                        digits->zeros += digits->count > 0;
                        continue;
                }
                if (digits->zeros >= DECIMAL_DIGITS || digits->count + digits->zeros + 1 > DECIMAL_DIGITS)
                        return false;
                digits->count += (unsigned)digits->zeros + 1;
                digits->magnitude = digits->magnitude * power_of_ten((unsigned)digits->zeros + 1) + (unsigned)(*at - '0');
                digits->zeros = 0;
        }
        *text = at;
        return digits->any;
}

/* "e-3"; false: not an exponent up to the end. */
static bool exponent_read(const char *at, const char *end, int64_t *ret_exponent)
{
        bool    negative = false;
        int64_t exponent = 0;
        if (at == end) {
                *ret_exponent = 0;
                return true;
        }
        if (*at != 'e' && *at != 'E')
                return false;
        at++;
        if (at < end && (*at == '-' || *at == '+'))
                negative = *at++ == '-';
        if (at == end)
                return false;
        for (; at < end; at++) {
                if (*at < '0' || *at > '9')
                        return false;
                exponent = exponent < EXPONENT_MOST ? exponent * 10 + (*at - '0') : exponent;
        }
        *ret_exponent = negative ? -exponent : exponent;
        return true;
}

/* Digits with at most one point between them, as nearly all are written; false: look closely. */
static bool short_parse(struct slice text, struct decimal *ret_value)
{
        const char *at = text.data, *end = at + text.size, *point = NULL;
        uint64_t magnitude = 0;
        bool negative = *at == '-';
        for (at += negative; at < end; at++) {
                unsigned digit = (unsigned)(*at - '0');
                if (LIKELY(digit < 10))
                        magnitude = magnitude * 10 + digit;
                else if (*at == '.' && !point)
                        point = at + 1;
                else
                        return false;
        }
        unsigned scale = point ? (unsigned)(end - point) : 0;
        if (end[-1] == '-' || (end[-1] == '.' && text.size - negative == 1))
                return false;
        for (; scale && magnitude % 10 == 0; scale--)
                magnitude /= 10;
        *ret_value = (struct decimal){ .magnitude = magnitude, .scale = (uint8_t)scale, .negative = negative && magnitude };
        return true;
}

bool decimal_parse(struct slice text, struct decimal *ret_value)
{
        if (LIKELY(text.size && text.size < 20) && short_parse(text, ret_value))
                return true;
        const char *at = text.data, *end = slice_end(text);
        struct digits digits = { 0 };
        int64_t exponent;
        bool negative = at < end && *at == '-';
        at += at < end && (*at == '-' || *at == '+');
        if (!digits_read(&digits, &at, end) || !exponent_read(at, end, &exponent))
                return false;
        if (digits.count == 0) {
                *ret_value = (struct decimal){ 0 };
                return true;
        }
        /* value = magnitude * 10^exponent, and the magnitude does not end in zero */
        exponent += digits.zeros - digits.fraction;
        if (exponent < -DECIMAL_DIGITS || exponent + digits.count > DECIMAL_DIGITS)
                return false;
        struct decimal value = { .magnitude = digits.magnitude, .negative = negative };
        if (exponent < 0)
                value.scale = (uint8_t)-exponent;
        else
                value.magnitude *= power_of_ten((unsigned)exponent);
        *ret_value = value;
        return true;
}

/* Takes away zeros at the end of the fraction until the value is small enough, or all of them. */
static void trim(struct decimal *value, bool all)
{
        if (value->magnitude == 0) {
                *value = (struct decimal){ 0 };
                return;
        }
        if (value->magnitude <= UINT64_MAX) {
                uint64_t small = (uint64_t)value->magnitude;
                for (; all && value->scale && small % 10 == 0; value->scale--)
                        small /= 10;
                value->magnitude = small;
                return;
        }
        for (; (all || !fits(value->magnitude)) && value->scale && value->magnitude % 10 == 0; value->scale--)
                value->magnitude /= 10;
}

/* Both with the scale of the finer one; false when that does not fit. */
static bool align(struct decimal *a, struct decimal *b)
{
        struct decimal *coarse = a->scale < b->scale ? a : b, *fine = coarse == a ? b : a;
        if (!shift_up(&coarse->magnitude, (unsigned)fine->scale - coarse->scale))
                return false;
        coarse->scale = fine->scale;
        return true;
}

#define SMALL_MOST ((uint64_t)1 << 62)     /* two of them do not overflow 64 bits */

bool decimal_add(const struct decimal *a, const struct decimal *b, struct decimal *ret_sum)
{
        if (LIKELY(a->negative == b->negative && a->scale == b->scale && (a->magnitude | b->magnitude) < SMALL_MOST)) {
                *ret_sum = (struct decimal){ (uint64_t)a->magnitude + (uint64_t)b->magnitude, a->scale, a->negative };
                return true;
        }
        struct decimal x = *a, y = *b;
        if (!align(&x, &y)) {
                trim(&x, true);
                trim(&y, true);
                if (!align(&x, &y))
                        return false;
        }
        struct decimal sum = { .scale = x.scale, .negative = x.negative };
        if (x.negative == y.negative) {
                if (__builtin_add_overflow(x.magnitude, y.magnitude, &sum.magnitude))
                        return false;
        } else if (x.magnitude >= y.magnitude) {
                sum.magnitude = x.magnitude - y.magnitude;
        } else {
                sum.magnitude = y.magnitude - x.magnitude;
                sum.negative = y.negative;
        }
        if (!fits(sum.magnitude) || sum.magnitude == 0)
                trim(&sum, false);
        if (!fits(sum.magnitude))
                return false;
        *ret_sum = sum;
        return true;
}

/* The digits without zeros at their end; value = answer * 10^*ret_exponent. */
static wide strip(const struct decimal *value, int *ret_exponent)
{
        wide magnitude = value->magnitude;
        int  exponent = -(int)value->scale;
        for (; magnitude > UINT64_MAX && magnitude % 10 == 0; exponent++)
                magnitude /= 10;
        uint64_t small = (uint64_t)magnitude;
        if (magnitude <= UINT64_MAX) {
                for (; small && small % 10 == 0; exponent++)
                        small /= 10;
                magnitude = small;
        }
        *ret_exponent = magnitude ? exponent : 0;
        return magnitude;
}

bool decimal_multiply(const struct decimal *a, const struct decimal *b, struct decimal *ret_product)
{
        struct decimal product = { .scale = (uint8_t)(a->scale + b->scale), .negative = a->negative != b->negative };
        if (LIKELY((a->magnitude | b->magnitude) <= UINT32_MAX && product.scale <= DECIMAL_DIGITS)) {
                product.magnitude = (uint64_t)a->magnitude * (uint64_t)b->magnitude;
                product.negative = product.negative && product.magnitude != 0;
                *ret_product = product;
                return true;
        }
        if (__builtin_mul_overflow(a->magnitude, b->magnitude, &product.magnitude) || product.scale > DECIMAL_DIGITS ||
            !fits(product.magnitude)) {
                int exponent, other;
                wide x = strip(a, &exponent), y = strip(b, &other);
                if (__builtin_mul_overflow(x, y, &product.magnitude))
                        return false;
                for (exponent += other; exponent < 0 && product.magnitude && product.magnitude % 10 == 0; exponent++)
                        product.magnitude /= 10;
                if (exponent < -DECIMAL_DIGITS || (exponent > 0 && !shift_up(&product.magnitude, (unsigned)exponent)))
                        return false;
                product.scale = (uint8_t)(exponent < 0 ? -exponent : 0);
                if (!fits(product.magnitude))
                        return false;
        }
        product.negative = product.negative && product.magnitude != 0;
        *ret_product = product;
        return true;
}

/* Whether the rest of a division by `by` counts as one more. */
static bool rest_counts(wide rest, wide by, bool odd, bool negative, enum rounding rounding)
{
        wide other = by - rest;
        switch (rounding) {
        case ROUND_HALF_EVEN: return rest > other || (rest == other && odd);
        case ROUND_HALF_UP:   return rest >= other;
        case ROUND_FLOOR:     return rest && negative;
        default:              return rest && !negative;
        }
}

/* Whole part of a / b, rounded. */
static wide divide(wide a, wide b, bool negative, enum rounding rounding)
{
        wide whole, rest;
        if (a <= UINT64_MAX && b <= UINT64_MAX) {          /* many times faster than 128 bits */
                whole = (uint64_t)a / (uint64_t)b;
                rest = (uint64_t)a % (uint64_t)b;
        } else {
                whole = a / b;
                rest = a % b;
        }
        return whole + rest_counts(rest, b, whole & 1, negative, rounding);
}

bool decimal_scale(const struct decimal *value, const struct decimal *times, const struct decimal *over,
                   struct precision precision, struct decimal *ret_result)
{
        int  x, y, z;                      /* exponents */
        wide numerator = strip(value, &x), factor = strip(times, &y), denominator = strip(over, &z);
        if (denominator == 0 || precision.digits > PLACES_MOST || __builtin_mul_overflow(numerator, factor, &numerator))
                return false;
        int shift = (int)precision.digits + x + y - z;
        if (!shift_up(shift < 0 ? &denominator : &numerator, (unsigned)(shift < 0 ? -shift : shift)))
                return false;
        bool negative = (value->negative != times->negative) != over->negative;
        struct decimal result = { .magnitude = divide(numerator, denominator, negative, precision.rounding),
                                  .scale = (uint8_t)precision.digits };
        if (!fits(result.magnitude))
                trim(&result, false);
        if (!fits(result.magnitude))
                return false;
        result.negative = result.magnitude && negative;
        *ret_result = result;
        return true;
}

struct decimal decimal_round(const struct decimal *value, struct precision precision)
{
        if (value->scale <= precision.digits)
                return *value;
        wide over = power_of_ten(value->scale - precision.digits);
        struct decimal result = { .scale = (uint8_t)precision.digits };
        result.magnitude = divide(value->magnitude, over, value->negative, precision.rounding);
        result.negative = result.magnitude && value->negative;
        return result;
}

bool decimal_minor(const struct decimal *value, struct precision precision, int64_t *ret_minor)
{
        wide magnitude = value->magnitude;
        unsigned digits = precision.digits;
        if (digits > PLACES_MOST)
                return false;
        if (digits >= value->scale) {
                if (!shift_up(&magnitude, digits - value->scale))
                        return false;
        } else {
                magnitude = divide(magnitude, power_of_ten(value->scale - digits), value->negative, precision.rounding);
        }
        if (magnitude > INT64_MAX)
                return false;
        *ret_minor = value->negative ? -(int64_t)magnitude : (int64_t)magnitude;
        return true;
}

int decimal_compare(const struct decimal *a, const struct decimal *b)
{
        if (a->negative != b->negative)
                return a->negative ? -1 : 1;
        if (LIKELY(a->scale == b->scale))
                return ((a->magnitude > b->magnitude) - (a->magnitude < b->magnitude)) * (a->negative ? -1 : 1);
        struct decimal x = *a, y = *b;
        int order;
        if (align(&x, &y))
                order = (x.magnitude > y.magnitude) - (x.magnitude < y.magnitude);
        else               /* the coarse one left 128 bits: the fine one is smaller than 10^36 */
                order = a->scale < b->scale ? 1 : -1;
        return a->negative ? -order : order;
}

size_t decimal_format(const struct decimal *value, char text[DECIMAL_TEXT])
{
        char  digits[DECIMAL_DIGITS + 2], *end = digits + sizeof(digits), *at = end;
        struct decimal number = *value;
        trim(&number, true);
        wide rest = number.magnitude;
        for (; rest > UINT64_MAX; rest /= 10)
                *--at = (char)('0' + (unsigned)(rest % 10));
        for (uint64_t small = (uint64_t)rest; small; small /= 10)
                *--at = (char)('0' + small % 10);
        while (end - at < number.scale + 1)        /* a zero before the point at least */
                *--at = '0';
        char *out = text;
        if (number.negative)
                *out++ = '-';
        size_t whole = (size_t)(end - at) - number.scale;
        memcpy(out, at, whole);
        out += whole;
        if (number.scale) {
                *out++ = '.';
                memcpy(out, at + whole, number.scale);
                out += number.scale;
        }
        return (size_t)(out - text);
}
