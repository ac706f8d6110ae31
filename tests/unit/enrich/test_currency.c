/* Codes of ISO 4217; tests/suite/currency holds the whole table against the published one. */
#include "unit.h"
#include "enrich/currency.h"

static const struct { const char *name, *code, *want; unsigned digits; bool minor, historic; } CODES[] = {
        { "hundredths", "EUR", "EUR", 2, true, false },
        { "no smaller unit", "JPY", "JPY", 0, true, false },
        { "thousandths", "KWD", "KWD", 3, true, false },
        { "four digits", "CLF", "CLF", 4, true, false },
        { "small letters", "usd", "USD", 2, true, false },
        { "the first row", "ADP", "ADP", 0, true, true },
        { "the last row", "ZWR", "ZWR", 2, true, true },
        { "withdrawn", "DEM", "DEM", 2, true, true },
        { "withdrawn, without smaller unit", "ITL", "ITL", 0, true, true },
        { "gold has no minor unit", "XAU", "XAU", 0, false, false },
        { "no currency", "XXX", NULL, 0, false, false },
        { "for tests", "XTS", NULL, 0, false, false },
        { "never was", "QQQ", NULL, 0, false, false },
        { "empty", "", NULL, 0, false, false },
        { "two letters", "EU", NULL, 0, false, false },
        { "four letters", "EURO", NULL, 0, false, false },
        { "a sign", "\xE2\x82\xAC", NULL, 0, false, false },        /* three bytes of UTF-8 */
        { "what a mask would make letters", "eU2", NULL, 0, false, false },
        { "control characters are no letters", "\x05\x15\x12", NULL, 0, false, false },
};

static void codes_are_found(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CODES); i++) {
                struct currency currency;
                UNIT_ROW(CODES[i].name);
                assert_int_equal(currency_find(slice_of(CODES[i].code), &currency), CODES[i].want != NULL);
                if (!CODES[i].want)
                        continue;
                assert_true(slice_equal(currency.code, slice_of(CODES[i].want)));
                assert_int_equal(currency.digits, CODES[i].digits);
                assert_int_equal(currency.minor, CODES[i].minor);
                assert_int_equal(currency.historic, CODES[i].historic);
        }
}

static void every_row_is_found_by_its_code(void **state)
{
        (void)state;
        struct currency row, found, before = { 0 };
        for (size_t i = 0; i < CURRENCIES; i++, before = row) {
                assert_true(currency_at(i, &row));
                assert_int_equal(row.number, i);
                assert_true(currency_find(row.code, &found));
                assert_int_equal(found.number, i);
                assert_true(i == 0 || memcmp(before.code.data, row.code.data, 3) < 0);
        }
        assert_false(currency_at(CURRENCIES, &row));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(codes_are_found),
                cmocka_unit_test(every_row_is_found_by_its_code),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
