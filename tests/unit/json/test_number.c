#include "json/number.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct number read(const char *text)
{
        struct number number;
        number_read(slice_of(text), &number);
        return number;
}

/* Ascending; those in one row are equal. Every pair is compared. */
static const char *const ORDER[][8] = {
        { "-1e400" },
        { "-18446744073709551616" },
        { "-9223372036854775809", "-9223372036854775809.0" },
        { "-9223372036854775808", "-9.223372036854775808e18", "-922337203685477580800e-2" },
        { "-9223372036854775807.5" },
        { "-9223372036854775807" },
        { "-100", "-1e2", "-100.000" },
        { "-99.99999999999999999999999999" },
        { "-1.5", "-15e-1" },
        { "-1", "-1.0", "-10e-1" },
        { "-0.1" },
        { "-1e-400" },
        { "0", "-0", "0.0", "-0.0e10", "0e99999999999999999999", "0.000" },
        { "1e-99999999999999999999" },
        { "1e-400", "0.1e-399" },
        { "1e-20", "0.00000000000000000001" },
        { "0.1", "1e-1", "0.10" },
        { "0.1000000000000000055511151231257827" },
        { "0.2" },
        { "0.3", "3e-1" },
        { "0.30000000000000004" },
        { "1", "1.0", "1e0", "100e-2", "0.01e2", "1.000000000000000000000000" },
        { "1.000000000000000000000001" },
        { "9" },
        { "10", "1e1", "1E+1" },
        { "100", "1e2" },
        { "123456789012345678", "123456789012345678.0" },
        { "123456789012345678.5" },
        { "1e18", "1000000000000000000" },
        { "9007199254740993000" },
        { "9223372036854775807", "9223372036854775807.0" },
        { "9223372036854775808", "9.223372036854775808e18" },
        { "9999999999999999999" },
        { "10000000000000000000", "1e19" },
        { "18446744073709551615" },
        { "18446744073709551616" },
        { "1e400", "10e399", "0.001e403" },
        { "1.1e400" },
        { "1e401" },
        { "1e99999999999999999999" },
};

static void compare_is_exact(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(ORDER); i++)
                for (size_t p = 0; p < 8 && ORDER[i][p]; p++)
                        for (size_t j = 0; j < COUNT_OF(ORDER); j++)
                                for (size_t q = 0; q < 8 && ORDER[j][q]; q++) {
                                        struct number a = read(ORDER[i][p]), b = read(ORDER[j][q]);
                                        int want = i < j ? -1 : i > j, got = number_compare(&a, &b);
                                        if ((got > 0) - (got < 0) != want)
                                                fail_msg("%s against %s: %d", ORDER[i][p], ORDER[j][q], got);
                                        if ((number_hash(&a, 1) == number_hash(&b, 1)) != (want == 0))
                                                fail_msg("hash of %s and %s", ORDER[i][p], ORDER[j][q]);
                                }
}

static void whole_is_told_from_fraction(void **state)
{
        static const struct { const char *text; bool whole, small;
        } CASES[] = {
                { "0", true, true },
                { "-0", true, true },
                { "0.0", true, true },
                { "1", true, true },
                { "1.0", true, true },
                { "1.5", false, false },
                { "1e2", true, true },
                { "1.5e1", true, true },
                { "1.55e1", false, false },
                { "100e-2", true, true },
                { "100e-3", false, false },
                { "1e400", true, false },
                { "1e-400", false, false },
                { "1.1e1", true, true },
                { "9223372036854775807", true, true },
                { "9223372036854775808", true, false },
                { "-9223372036854775808", true, true },
                { "-9223372036854775809", true, false },
                { "9223372036854775807.1", false, false },
                { "1e99999999999999999999999", true, false },
                { "12345678901234567890e-1", true, true },
                { "0e-99999999999999999999999", true, true },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct number number = read(CASES[i].text);
                if (number_is_whole(&number) != CASES[i].whole || number.small != CASES[i].small)
                        fail_msg("%s", CASES[i].text);
        }
}

static void multiple_is_exact(void **state)
{
        static const struct { const char *value, *divisor; bool want;
        } CASES[] = {
                { "10", "5", true },
                { "7", "2", false },
                { "0", "3", true },
                { "-9", "3", true },
                { "0.0", "0.3", true },
                { "0.3", "0.1", true },
                { "1.1", "0.1", true },
                { "19.99", "0.01", true },
                { "0.0075", "0.0001", true },
                { "0.00751", "0.0001", false },
                { "4.35", "0.01", true },
                { "1.13", "0.01", true },
                { "0.7", "0.1", true },
                { "1", "0.3", false },
                { "3", "1.5", true },
                { "35", "1.5", false },
                { "1e308", "0.123456789", false },
                { "1e308", "0.5", true },
                { "1e400", "3", false },
                { "3e400", "3", true },
                { "1e400", "1024", true },
                { "1e99999999999999999", "7", false },
                { "7e99999999999999999", "7", true },
                { "1e-400", "1", false },
                { "1e-400", "1e-401", true },
                { "1", "1e-99999999", true },
                { "1e9", "9223372036854775808", false },
                { "9223372036854775808", "2", true },
                { "9223372036854775809", "3", true },
                { "9223372036854775808", "3", false },
                { "12391239123", "1e-8", true },
                { "1.5", "9223372036854775807", false },
                { "18446744073709551614", "9223372036854775807", true },
                { "123456789012345678901234567890", "10", true },
                { "123456789012345678901234567891", "10", false },
                { "152415787532388367501905199875019052100", "12345678901234567890", true },
                { "152415787532388367501905199875019052101", "12345678901234567890", false },
                { "15241578753238836750190519987501905.2100", "1.2345678901234567890", true },
                { "1e50", "100000000000000000000000000000000000000001", false },
                { "1e99", "1267650600228229401496703205376", false },
                { "1e100", "1267650600228229401496703205376", true },
                { "3e5000", "1267650600228229401496703205376", true },
                { "-9223372036854775808", "1", true },
                { "2.5", "0.5", true },
                { "-0.25", "0.5", false },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct number value = read(CASES[i].value), divisor = read(CASES[i].divisor);
                assert_true(number_is_divisor(&divisor));
                if (number_is_multiple(&value, &divisor) != CASES[i].want)
                        fail_msg("%s by %s", CASES[i].value, CASES[i].divisor);
        }
}

static void divisor_is_bounded(void **state)
{
        (void)state;
        char text[NUMBER_DIVISOR_DIGITS + 2];
        memset(text, '7', sizeof(text));
        text[NUMBER_DIVISOR_DIGITS] = 0;
        struct number largest = read(text);
        assert_true(number_is_divisor(&largest));
        assert_true(number_is_multiple(&largest, &largest));
        struct number seven = read("7");
        assert_false(number_is_multiple(&seven, &largest));
        text[NUMBER_DIVISOR_DIGITS] = '7';
        text[NUMBER_DIVISOR_DIGITS + 1] = 0;
        struct number larger = read(text), zero = read("0.0"), negative = read("-1"), negative_fraction = read("-0.5");
        assert_false(number_is_divisor(&larger));
        assert_false(number_is_divisor(&zero));
        assert_false(number_is_divisor(&negative));
        assert_false(number_is_divisor(&negative_fraction));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(compare_is_exact), cmocka_unit_test(whole_is_told_from_fraction),
                cmocka_unit_test(multiple_is_exact), cmocka_unit_test(divisor_is_bounded),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
