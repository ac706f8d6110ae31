/* Exact decimals against 128-bit integers: two numbers of up to nine digits and an exponent between -9 and 9, each written in
 * one of several ways, are compared and divided; the oracle does the same in units of 10^-9. */
#include "json/number.h"
#include "json/scan.h"

#define MUST(condition) do { if (!(condition)) abort(); } while (0)

struct sample {
        char          text[64];
        struct number number;
        __int128      units;       /* of 10^-9 */
};

static uint64_t bits_take(const uint8_t **data, size_t *size, unsigned bytes)
{
        uint64_t bits = 0;
        for (; bytes > 0 && *size > 0; bytes--, (*data)++, (*size)--)
                bits = bits << 8 | **data;
        return bits;
}

/* DIGITS * 10^exponent: as an integer with an exponent, as a fraction with one, or written out; with zeros where they may be. */
static void sample_write(struct sample *sample, uint64_t digits, int exponent, bool negative, unsigned style)
{
        const char *sign = negative ? "-" : "", *plus = style & 8 && exponent >= 0 ? "+" : "", *e = style & 16 ? "E" : "e";
        char *text = sample->text;
        size_t size = sizeof(sample->text);
        unsigned long long whole = digits, scale = 1;
        switch (style % 3) {
        case 0:
                (void)snprintf(text, size, "%s%llu%s%s%s%d", sign, whole, style & 32 ? ".000" : "", e, plus, exponent);
                break;
        case 1:
                (void)snprintf(text, size, "%s%llu.%06llu%s%s%d", sign, whole / 1000000, whole % 1000000, e,
                               exponent + 6 < 0 ? "-0" : plus, abs(exponent + 6));
                break;
        default:
                for (int i = 0; i < abs(exponent); i++)
                        scale *= 10;
                if (exponent >= 0)         /* at most 9 digits and 9 zeros */
                        (void)snprintf(text, size, "%s%llu", sign, whole * scale);
                else
                        (void)snprintf(text, size, "%s%llu.%0*llu%s", sign, whole / scale, -exponent, whole % scale,
                                       style & 32 ? "00" : "");
        }
        sample->units = digits;
        for (int i = 0; i < exponent + 9; i++)
                sample->units *= 10;
        if (negative)
                sample->units = -sample->units;
}

static void sample_take(struct sample *sample, const uint8_t **data, size_t *size)
{
        uint64_t digits = bits_take(data, size, 4) % 1000000000, style = bits_take(data, size, 1),
                 small = bits_take(data, size, 1);
        int exponent = (int)(bits_take(data, size, 1) % 19) - 9;
        if (small & 1)
                digits %= 100;             /* so that something divides something */
        sample_write(sample, digits, exponent, small & 2, (unsigned)style);
        struct scan_error err;
        struct slice text = slice_of(sample->text);
        MUST(scan_text(text, &SCAN_UNLIMITED, &err));
        number_read(text, &sample->number);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct sample a, b;
        sample_take(&a, &data, &size);
        sample_take(&b, &data, &size);
        int order = number_compare(&a.number, &b.number);
        MUST((order > 0) - (order < 0) == (a.units > b.units) - (a.units < b.units));
        MUST(number_is_whole(&a.number) == (a.units % 1000000000 == 0));
        MUST((number_hash(&a.number, 7) == number_hash(&b.number, 7)) == (a.units == b.units));
        MUST(number_is_divisor(&b.number) == (b.units > 0));
        if (b.units > 0)
                MUST(number_is_multiple(&a.number, &b.number) == (a.units % b.units == 0));
        return 0;
}
