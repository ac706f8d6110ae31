/* Decimal numbers; tests/suite/decimal compares many more with Python's decimal module. */
#include "unit.h"
#include "enrich/decimal.h"

static const struct { const char *name, *text, *want; } TEXTS[] = {
        { "zero", "0", "0" },
        { "minus zero", "-0.00", "0" },
        { "zero with a large exponent", "0e999999999999999999999", "0" },
        { "an integer", "42", "42" },
        { "a price", "19.99", "19.99" },
        { "zeros at the end", "1.500", "1.5" },
        { "zeros in front", "0007.5", "7.5" },
        { "below one", "-0.05", "-0.05" },
        { "no digit before the point", ".5", "0.5" },
        { "no digit behind the point", "5.", "5" },
        { "a plus sign", "+3", "3" },
        { "exponent", "1.25e3", "1250" },
        { "capital exponent with sign", "125E-2", "1.25" },
        { "exponent that cancels", "1000e-3", "1" },
        { "a double's digits", "0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827" },
        { "more than 64 bits", "184467440737095516170.25", "184467440737095516170.25" },
        { "36 digits", "123456789012345678901234567890123456", "123456789012345678901234567890123456" },
        { "37 digits", "1234567890123456789012345678901234567", NULL },
        { "10^35", "1e35", "100000000000000000000000000000000000" },
        { "10^36", "1e36", NULL },
        { "36 zeros in the text do not count", "1000000000000000000000000000000000000e-36", "1" },
        { "10^-36", "1e-36", "0.000000000000000000000000000000000001" },
        { "10^-37", "1e-37", NULL },
        { "37 places, the last a zero", "0.1000000000000000000000000000000000000", "0.1" },
        { "an exponent without end", "1e99999999999999999999999999999999", NULL },
        { "a small exponent without end", "1e-99999999999999999999999999999999", NULL },
        { "empty", "", NULL },
        { "a sign", "-", NULL },
        { "a point", ".", NULL },
        { "an exponent alone", "e5", NULL },
        { "an exponent without digits", "1e", NULL },
        { "an exponent with a sign only", "1e+", NULL },
        { "two points", "1.2.3", NULL },
        { "two signs", "--1", NULL },
        { "thousands", "1,234.50", NULL },
        { "space", " 1", NULL },
        { "currency", "5 EUR", NULL },
        { "hexadecimal", "0x10", NULL },
        { "not a number", "NaN", NULL },
        { "infinity", "Infinity", NULL },
};

static struct decimal read(const char *text)
{
        struct decimal value;
        assert_true(decimal_parse(slice_of(text), &value));
        return value;
}

static const char *print(const struct decimal *value)
{
        static char text[DECIMAL_TEXT + 1];
        size_t size = decimal_format(value, text);
        assert_true(size <= DECIMAL_TEXT);
        text[size] = '\0';
        return text;
}

static void texts_are_read_and_written(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
                struct decimal value;
                UNIT_ROW(TEXTS[i].name);
                bool read = decimal_parse(slice_of(TEXTS[i].text), &value);
                assert_int_equal(read, TEXTS[i].want != NULL);
                if (read)
                        assert_string_equal(print(&value), TEXTS[i].want);
        }
}

static const struct { const char *name, *a, *b, *sum, *product; int order; } PAIRS[] = {
        { "integers", "2", "3", "5", "6", -1 },
        { "what doubles get wrong", "0.1", "0.2", "0.3", "0.02", -1 },
        { "different scales", "1.5", "0.25", "1.75", "0.375", 1 },
        { "equal, written otherwise", "1.10", "1.1", "2.2", "1.21", 0 },
        { "to nothing", "1.5", "-1.5", "0", "-2.25", 1 },
        { "signs", "-2", "-0.5", "-2.5", "1", -1 },
        { "the smaller one wins no sign", "1", "-3", "-2", "-3", 1 },
        { "with zero", "0", "-7.5", "-7.5", "0", 1 },
        { "the most", "999999999999999999999999999999999999", "1", NULL, "999999999999999999999999999999999999", 1 },
        { "below the most", "999999999999999999999999999999999998", "1", "999999999999999999999999999999999999",
          "999999999999999999999999999999999998", 1 },
        { "far apart", "1e35", "1e-36", NULL, "0.1", 1 },
        { "negative and far apart", "-1e35", "1e-36", NULL, "-0.1", -1 },
        { "products of many digits", "123456789012345678901", "123456789012345678901", "246913578024691357802", NULL, 0 },
        { "places that multiply", "1e-20", "1e-20", "0.00000000000000000002", NULL, 0 },
        { "zeros that make room", "1.00000000000000000001e20", "1e15", "100001000000000000001",
          "100000000000000000001000000000000000", 1 },
};

static void pairs_are_added_multiplied_compared(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(PAIRS); i++) {
                struct decimal a = read(PAIRS[i].a), b = read(PAIRS[i].b), result;
                UNIT_ROW(PAIRS[i].name);
                for (int turn = 0; turn < 2; turn++) {
                        const struct decimal *x = turn ? &b : &a, *y = turn ? &a : &b;
                        assert_int_equal(decimal_add(x, y, &result), PAIRS[i].sum != NULL);
                        if (PAIRS[i].sum)
                                assert_string_equal(print(&result), PAIRS[i].sum);
                        assert_int_equal(decimal_multiply(x, y, &result), PAIRS[i].product != NULL);
                        if (PAIRS[i].product)
                                assert_string_equal(print(&result), PAIRS[i].product);
                        int order = decimal_compare(x, y);
                        assert_int_equal((order > 0) - (order < 0), turn ? -PAIRS[i].order : PAIRS[i].order);
                }
        }
}

static const struct { const char *name, *value; unsigned digits; int64_t even, up; bool good; } MINORS[] = {
        { "exact", "19.99", 2, 1999, 1999, true },
        { "no minor unit", "500", 0, 500, 500, true },
        { "three digits", "1.5", 3, 1500, 1500, true },
        { "half to even, down", "0.125", 2, 12, 13, true },
        { "half to even, up", "0.135", 2, 14, 14, true },
        { "more than half", "0.12500000000000000001", 2, 13, 13, true },
        { "less than half", "0.1249999", 2, 12, 12, true },
        { "negative half", "-0.125", 2, -12, -13, true },
        { "nothing left", "0.004", 2, 0, 0, true },
        { "a half of nothing", "-0.005", 2, 0, -1, true },
        { "the most", "92233720368547758.07", 2, INT64_MAX, INT64_MAX, true },
        { "one more", "92233720368547758.08", 2, 0, 0, false },
        { "far more", "1e35", 18, 0, 0, false },
};

static void minor_units_are_rounded(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(MINORS); i++) {
                struct decimal value = read(MINORS[i].value);
                int64_t minor;
                UNIT_ROW(MINORS[i].name);
                struct precision even = { MINORS[i].digits, ROUND_HALF_EVEN }, up = { MINORS[i].digits, ROUND_HALF_UP };
                assert_int_equal(decimal_minor(&value, even, &minor), MINORS[i].good);
                if (!MINORS[i].good)
                        continue;
                assert_int_equal(minor, MINORS[i].even);
                assert_true(decimal_minor(&value, up, &minor));
                assert_int_equal(minor, MINORS[i].up);
        }
}

static const struct { const char *name, *value, *times, *over; unsigned digits; const char *even, *up; } SCALES[] = {
        { "dollars of euros", "100", "1.08", "1", 2, "108", "108" },
        { "thirds", "10", "1", "3", 2, "3.33", "3.33" },
        { "two thirds", "10", "2", "3", 2, "6.67", "6.67" },
        { "a half", "0.5", "0.25", "1", 2, "0.12", "0.13" },
        { "rounded once, not twice", "0.4499", "1", "1", 0, "0", "0" },
        { "yen of dollars over euros", "19.99", "163.06", "1.0534", 0, "3094", "3094" },
        { "many places everywhere", "19.989999999999998", "0.92489999999999994", "1.0033333333333334", 2, "18.43", "18.43" },
        { "all signs", "-1", "-1", "-8", 2, "-0.12", "-0.13" },
        { "over nothing", "1", "1", "0", 2, NULL, NULL },
        { "zeros at the end take no room", "1e35", "1e35", "1e35", 2, "100000000000000000000000000000000000",
          "100000000000000000000000000000000000" },
        { "too large on the way", "99999999999999999999", "99999999999999999999", "99999999999999999999", 2, NULL, NULL },
        { "too many digits wanted", "1", "1", "1", 19, NULL, NULL },
};

static void conversions_are_rounded_once(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(SCALES); i++) {
                struct decimal value = read(SCALES[i].value), times = read(SCALES[i].times), over = read(SCALES[i].over), result;
                UNIT_ROW(SCALES[i].name);
                struct precision even = { SCALES[i].digits, ROUND_HALF_EVEN }, up = { SCALES[i].digits, ROUND_HALF_UP };
                bool good = decimal_scale(&value, &times, &over, even, &result);
                assert_int_equal(good, SCALES[i].even != NULL);
                if (!good)
                        continue;
                assert_string_equal(print(&result), SCALES[i].even);
                assert_true(decimal_scale(&value, &times, &over, up, &result));
                assert_string_equal(print(&result), SCALES[i].up);
        }
}

static const struct { const char *name, *value; unsigned digits; const char *even, *up, *floor, *ceiling; } ROUNDS[] = {
        { "nothing to round", "1.25", 2, "1.25", "1.25", "1.25", "1.25" },
        { "a half", "1.25", 1, "1.2", "1.3", "1.2", "1.3" },
        { "a negative half", "-1.25", 1, "-1.2", "-1.3", "-1.3", "-1.2" },
        { "a little", "1.0000000001", 0, "1", "1", "1", "2" },
        { "a little less", "-0.0000000001", 0, "0", "0", "-1", "0" },
        { "over the most digits", "99999999999999999999.9999999999999999", 0, "100000000000000000000", "100000000000000000000",
          "99999999999999999999", "100000000000000000000" },
};

static void all_ways_of_rounding(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(ROUNDS); i++) {
                const char *want[] = { [ROUND_HALF_EVEN] = ROUNDS[i].even, [ROUND_HALF_UP] = ROUNDS[i].up,
                                       [ROUND_FLOOR] = ROUNDS[i].floor, [ROUND_CEILING] = ROUNDS[i].ceiling };
                struct decimal value = read(ROUNDS[i].value), one = decimal_of(1), result;
                UNIT_ROW(ROUNDS[i].name);
                for (size_t way = 0; way < COUNT_OF(want); way++) {
                        struct precision precision = { ROUNDS[i].digits, (enum rounding)way };
                        result = decimal_round(&value, precision);
                        assert_string_equal(print(&result), want[way]);
                        assert_true(decimal_divide(&value, &one, precision, &result));
                        assert_string_equal(print(&result), want[way]);
                }
                result = decimal_negate(&value);
                assert_true(decimal_add(&value, &result, &result));
                assert_string_equal(print(&result), "0");
        }
}

static void whole_numbers_become_decimals(void **state)
{
        (void)state;
        struct decimal value = decimal_of(INT64_MIN);
        assert_string_equal(print(&value), "-9223372036854775808");
        value = decimal_of(0);
        assert_string_equal(print(&value), "0");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(texts_are_read_and_written),
                cmocka_unit_test(pairs_are_added_multiplied_compared),
                cmocka_unit_test(minor_units_are_rounded),
                cmocka_unit_test(conversions_are_rounded_once),
                cmocka_unit_test(all_ways_of_rounding),
                cmocka_unit_test(whole_numbers_become_decimals),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
