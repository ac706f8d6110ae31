#include "json/number.h"
#include "base/hash.h"

#define EXPONENT_MAX 100000000000000000      /* 10^17: far from overflow when digits are added */
#define CHUNK_DIGITS 18                       /* as many digits as a limb holds */
#define CHUNK_BASE 1000000000000000000u       /* 10^18 */
#define LIMBS (NUMBER_DIVISOR_DIGITS / CHUNK_DIGITS + 1)

static bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}

static int64_t exponent_read(const char *at, const char *end)
{
        bool negative = at < end && *at == '-';
        int64_t exponent = 0;
        if (at < end && (*at == '-' || *at == '+'))
                at++;
        for (; at < end && exponent < EXPONENT_MAX; at++)
                exponent = exponent * 10 + (*at - '0');
        if (exponent > EXPONENT_MAX)
                exponent = EXPONENT_MAX;
        return negative ? -exponent : exponent;
}

/* The next digit, stepping over the point. */
static unsigned digit_next(const char **at)
{
        if (**at == '.')
                (*at)++;
        return (unsigned)(*(*at)++ - '0');
}

/* Finds out whether it is a whole number of 64 bits. */
static void number_shrink(struct number *number)
{
        uint64_t value = 0;
        const char *at = number->digits;
        if (number->count == 0) {
                *number = (struct number){ .small = true };
                return;
        }
        if (number->point < (int64_t)number->count || number->point > 19)
                return;
        for (int64_t i = 0; i < number->point; i++)      /* at most 19 digits: no overflow */
                value = value * 10 + (i < (int64_t)number->count ? digit_next(&at) : 0);
        if (value > (uint64_t)INT64_MAX + number->negative)
                return;
        *number = (struct number){ .small = true, .negative = number->negative,
                                   .integer = (int64_t)(number->negative ? 0 - value : value) };
}

void number_read(struct slice raw, struct number *ret_number)
{
        const char *at = raw.data, *end = slice_end(raw);
        bool negative = *at == '-';
        at += negative;
        if (LIKELY(end - at <= 18)) {
                int64_t integer = 0;
                const char *digit = at;
                while (digit < end && is_digit(*digit))
                        integer = integer * 10 + (*digit++ - '0');
                if (LIKELY(digit == end)) {
                        *ret_number = (struct number){ .small = true, .negative = negative && integer,
                                                       .integer = negative ? -integer : integer };
                        return;
                }
        }
        struct number number = { .negative = negative };
        int64_t exponent = 0, seen = 0, before_point = -1, first = 0, last = 0;
        for (; at < end; at++) {
                if (*at == '.') {
                        before_point = seen;
                } else if (!is_digit(*at)) {
                        exponent = exponent_read(at + 1, end);
                        break;
                } else {
                        if (*at != '0') {
                                if (!number.digits) {
                                        number.digits = at;
                                        first = seen;
                                }
                                last = seen;
                        }
                        seen++;
                }
        }
        if (before_point < 0)
                before_point = seen;
        number.count = number.digits ? (size_t)(last - first + 1) : 0;
        number.point = before_point - first + exponent;
        number_shrink(&number);
        *ret_number = number;
}

/* Gives a small number its digits, too; they lie in `text`. */
static struct number number_expand(const struct number *number, char text[24])
{
        struct number result = *number;
        if (!number->small)
                return result;
        uint64_t value = number->integer < 0 ? 0 - (uint64_t)number->integer : (uint64_t)number->integer;
        char *at = text + 24;
        for (; value; value /= 10)
                *--at = (char)('0' + value % 10);
        result.digits = at;
        result.point = text + 24 - at;
        result.count = (size_t)result.point;
        while (result.count && at[result.count - 1] == '0')
                result.count--;
        return result;
}

/* -1, 0 or 1 as the first is smaller, equal, greater; signs left aside. Neither is zero. */
static int magnitude_compare(const struct number *a, const struct number *b)
{
        if (a->point != b->point)
                return a->point < b->point ? -1 : 1;
        const char *x = a->digits, *y = b->digits;
        size_t common = a->count < b->count ? a->count : b->count;
        for (size_t i = 0; i < common; i++) {
                unsigned p = digit_next(&x), q = digit_next(&y);
                if (p != q)
                        return p < q ? -1 : 1;
        }
        return a->count < b->count ? -1 : a->count > b->count;
}

static int number_sign(const struct number *number)
{
        return number->negative ? -1 : !number->small || number->integer != 0;
}

int number_compare(const struct number *a, const struct number *b)
{
        if (LIKELY(a->small && b->small))
                return a->integer < b->integer ? -1 : a->integer > b->integer;
        int sign_a = number_sign(a), sign_b = number_sign(b);
        if (sign_a != sign_b)
                return sign_a < sign_b ? -1 : 1;
        char text_a[24], text_b[24];
        struct number x = number_expand(a, text_a), y = number_expand(b, text_b);
        return sign_a * magnitude_compare(&x, &y);
}

/* The digits of a number, `zeros` more behind them, taken a chunk of at most CHUNK_DIGITS at a time. */
struct digits {
        const char *at;
        size_t      left, zeros;
};
static bool chunk_next(struct digits *digits, size_t most, uint64_t *ret_chunk, uint64_t *ret_scale)
{
        uint64_t chunk = 0, scale = 1;
        for (size_t i = 0; i < most && (digits->left || digits->zeros); i++) {
                unsigned digit = 0;
                if (digits->left) {
                        digit = digit_next(&digits->at);
                        digits->left--;
                } else {
                        digits->zeros--;
                }
                chunk = chunk * 10 + digit;
                scale *= 10;
        }
        *ret_chunk = chunk;
        *ret_scale = scale;
        return scale > 1;
}

static bool is_multiple_of_limb(struct digits *value, uint64_t divisor)
{
        uint64_t rest = 0, chunk, scale;
        while (chunk_next(value, CHUNK_DIGITS, &chunk, &scale))
                rest = (uint64_t)(((unsigned __int128)rest * scale + chunk) % divisor);
        return rest == 0;
}

/* Limbs of base 10^18, the least first. */
static bool limbs_reach(const uint64_t a[LIMBS], const uint64_t b[LIMBS])
{
        for (size_t i = LIMBS; i-- > 0;)
                if (a[i] != b[i])
                        return a[i] > b[i];
        return true;
}
static void limbs_subtract(uint64_t a[LIMBS], const uint64_t b[LIMBS])
{
        uint64_t borrow = 0;
        for (size_t i = 0; i < LIMBS; i++) {
                uint64_t take = b[i] + borrow;
                borrow = a[i] < take;
                a[i] = a[i] + (borrow ? CHUNK_BASE : 0) - take;
        }
}
static void limbs_push(uint64_t a[LIMBS], uint64_t digit)
{
        for (size_t i = 0; i < LIMBS; i++) {
                uint64_t limb = a[i] * 10 + digit;             /* below 10^19: fits */
                digit = limb / CHUNK_BASE;
                a[i] = limb % CHUNK_BASE;
        }
}

/* School division, a digit at a time: what is left is below the divisor, so ten times it is below ten divisors. */
static bool is_multiple_of_limbs(struct digits *value, const struct number *divisor)
{
        uint64_t limbs[LIMBS] = { 0 }, rest[LIMBS] = { 0 }, digit, scale;
        const char *at = divisor->digits;
        for (size_t i = 0; i < divisor->count; i++)
                limbs_push(limbs, digit_next(&at));
        while (chunk_next(value, 1, &digit, &scale)) {
                limbs_push(rest, digit);
                while (limbs_reach(rest, limbs))
                        limbs_subtract(rest, limbs);
        }
        for (size_t i = 0; i < LIMBS; i++)
                if (rest[i])
                        return false;
        return true;
}

bool number_is_multiple(const struct number *value, const struct number *divisor)
{
        if (LIKELY(value->small && divisor->small))
                return value->integer % divisor->integer == 0;
        if (value->small && value->integer == 0)
                return true;
        char text_value[24], text_divisor[24];
        struct number v = number_expand(value, text_value), d = number_expand(divisor, text_divisor);
        /* value / divisor = V * 10^shift / D with whole V and D that do not end in 0. */
        int64_t shift = (v.point - (int64_t)v.count) - (d.point - (int64_t)d.count);
        if (shift < 0)
                return false;
        /* D has less than 10/3 factors 2 (or 5) a digit; more tens than that change nothing any more. */
        if (shift > (int64_t)d.count * 4)
                shift = (int64_t)d.count * 4;
        struct digits digits = { .at = v.digits, .left = v.count, .zeros = (size_t)shift };
        if (d.count > CHUNK_DIGITS)
                return is_multiple_of_limbs(&digits, &d);
        struct digits divisor_digits = { .at = d.digits, .left = d.count };
        uint64_t limb, scale;
        (void)chunk_next(&divisor_digits, CHUNK_DIGITS, &limb, &scale);
        return is_multiple_of_limb(&digits, limb);
}

uint64_t number_hash(const struct number *number, uint64_t seed)
{
        if (number->small)
                return hash_bytes(&number->integer, sizeof(number->integer), seed);
        struct digits digits = { .at = number->digits, .left = number->count };
        uint64_t chunk, scale, hash = hash_bytes(&number->point, sizeof(number->point), seed ^ number->negative);
        while (chunk_next(&digits, CHUNK_DIGITS, &chunk, &scale))
                hash = hash_bytes(&chunk, sizeof(chunk), hash);
        return hash;
}
