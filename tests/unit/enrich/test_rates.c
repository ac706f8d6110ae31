/* Files of exchange rates in the layouts in which they are published. */
#include "unit.h"
#include "base/file.h"
#include "enrich/rates.h"

#define JSON "{\"base\":\"EUR\",\"date\":\"2026-11-20\",\"rates\":{\"USD\":1.0534,\"JPY\":163.06}}"
#define XML                                                                                                              \
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gesmes:Envelope>\n<Cube>\n<Cube time='2026-11-20'>\n"              \
        "<Cube currency='USD' rate='1.0534'/>\n<Cube rate = \"163.06\"  currency=\"JPY\" />\n</Cube>\n"                  \
        "<Cube time='2026-11-19'>\n<Cube currency='USD' rate='9'/>\n</Cube></Cube>\n</gesmes:Envelope>\n"

static const struct { const char *name, *text;
} LAYOUTS[] = {
        { "JSON", JSON },
        { "JSON with a byte order mark", "\xEF\xBB\xBF" JSON },
        { "JSON with seconds",
          "{\"timestamp\":1795219199,\"base\":\"eur\",\"rates\":{\"USD\":\"1.0534\",\"JPY\":163.06,\"BTC\":1e-5}}" },
        { "JSON with other words", " {\"result\":\"success\",\"time_last_update_unix\":1795132801,\"base_code\":\"EUR\",\n"
                                   "\"conversion_rates\":{\"EUR\":1,\"USD\":1.0534,\"JPY\":163.06}}" },
        { "JSON with one unit",
          "{\"amount\":1.0,\"base\":\"EUR\",\"date\":\"2026-11-20T16:00:00Z\",\"rates\":{\"USD\":1.0534,\"JPY\":163.06}}" },
        { "CSV", "currency,rate\ndate,2026-11-20\nbase,EUR\nUSD,1.0534\nJPY,163.06\nXTS,5\n" },
        { "CSV, carriage returns and spaces", "base, EUR\r\n\r\n USD , 1.0534\r\nJPY,163.06\r\nDate, 2026-11-20\r\n" },
        { "the ECB's CSV", "Date, USD, JPY, BGN, \n20 November 2026, 1.0534, 163.06, N/A, \n" },
        { "the ECB's CSV of many days", "Date,USD,JPY,CYP,\n2026-11-20,1.0534,163.06,N/A,\n2026-11-19,9,9,9,\n" },
        { "the ECB's XML", XML },
};

static struct rates *rates_of(const char *text, struct errors *errors)
{
        char *copy = slice_copy(slice_of(text));
        struct rates *rates = rates_read("rates", copy, strlen(text), errors);
        free(copy);
        return rates;
}

static bool converted(const struct rates *rates, const char *amount, const char *from, const char *to,
                      char shown[DECIMAL_TEXT + 1])
{
        struct decimal value, result;
        struct currency a, b;
        assert_true(decimal_parse(slice_of(amount), &value) && currency_find(slice_of(from), &a) &&
                    currency_find(slice_of(to), &b));
        if (!rates_convert(rates, &value, &a, &b, ROUND_HALF_EVEN, &result))
                return false;
        shown[decimal_format(&result, shown)] = '\0';
        return true;
}

static void layouts_are_read(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(LAYOUTS); i++) {
                struct errors errors = { 0 };
                char shown[DECIMAL_TEXT + 1];
                UNIT_ROW(LAYOUTS[i].name);
                struct rates *rates = rates_of(LAYOUTS[i].text, &errors);
                errors_print(&errors, stderr);
                assert_non_null(rates);
                assert_memory_equal(rates->date, "2026-11-20", RATES_DATE);
                assert_int_equal(rates->day, INT64_C(1795132800000));
                assert_int_equal(rates->count, 3);
                assert_true(converted(rates, "10", "EUR", "USD", shown));
                assert_string_equal(shown, "10.53");
                assert_true(converted(rates, "10.534", "USD", "EUR", shown));
                assert_string_equal(shown, "10");
                assert_true(converted(rates, "19.99", "USD", "JPY", shown));
                assert_string_equal(shown, "3094");
                assert_true(converted(rates, "19.995", "USD", "USD", shown));
                assert_string_equal(shown, "20");
                assert_false(converted(rates, "1", "USD", "CHF", shown));
                assert_false(converted(rates, "1", "CHF", "USD", shown));
                free(rates);
        }
}

static const struct { const char *name, *text, *want; } BROKEN[] = {
        { "empty", "", "rates: it does not tell the base, the currency of which one unit costs these rates" },
        { "not JSON", "{\"base\":\"EUR\",\n\"rates\":", "rates: line 2: not JSON: the text ends where a value is missing" },
        { "no rates", "{\"base\":\"EUR\",\"date\":\"2026-11-20\"}", "rates: there is no object 'rates'" },
        { "rates that are none", "{\"base\":\"EUR\",\"date\":\"2026-11-20\",\"rates\":{}}", "rates: there are no rates" },
        { "no base", "{\"date\":\"2026-11-20\",\"rates\":{\"USD\":1}}", "rates: it does not tell the base" },
        { "no date", "base,EUR\nUSD,1\n", "rates: it does not tell the date of the rates" },
        { "a base that is none", "base,ABC\n", "rates: line 1: the base 'ABC' is no currency" },
        { "a date that is none", "{\"base\":\"EUR\",\n\"date\":\"2026-02-30\",\"rates\":{\"USD\":1}}",
          "rates: line 2: '2026-02-30' is no date (2026-11-20)" },
        { "a date in words that is none", "Date,USD\n31 November 2026,1\n", "rates: line 2: '31 November 2026' is no date" },
        { "a date of another kind", "date,20.11.2026\n", "rates: line 1: '20.11.2026' is no date" },
        { "seconds that are none", "{\"base\":\"EUR\",\"timestamp\":-1,\"rates\":{\"USD\":1}}",
          "rates: line 1: '-1' is no time in seconds since 1970" },
        { "many units", "{\"amount\":100,\"base\":\"EUR\",\"date\":\"2026-11-20\",\"rates\":{\"USD\":1}}",
          "rates: line 1: the rates must be those of 1 unit of the base, not of 100" },
        { "a rate of nothing", "base,EUR\ndate,2026-11-20\nUSD,0\n", "rates: line 3: '0' is no rate of USD" },
        { "a negative rate", "{\"base\":\"EUR\",\"date\":\"2026-11-20\",\"rates\":{\n\"JPY\":1,\n\"USD\":-1}}",
          "rates: line 3: '-1' is no rate of USD" },
        { "a rate in another notation", "base,EUR\nUSD,\"1,05\"\n", "rates: line 2: '1,05' is no rate of USD" },
        { "a rate twice", "base,EUR\nUSD,1\nusd,2\n", "rates: line 3: there is a second rate of USD" },
        { "three fields", "base,EUR\nUSD,1,2\n", "rates: line 2: 3 fields; two are expected: a currency and its rate" },
        { "XML without a rate", "<Cube time='2026-11-20'>\n<Cube currency='USD'/>", "rates: line 2: '' is no rate of USD" },
        { "XML of something else", "<html><body/></html>", "rates: it does not tell the date of the rates" },
        { "not UTF-8", "base,EUR\n\xFF,1\n", "rates: line 2: this is not UTF-8" },
};

static void mistakes_are_told(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(BROKEN); i++) {
                struct errors errors = { 0 };
                UNIT_ROW(BROKEN[i].name);
                assert_null(rates_of(BROKEN[i].text, &errors));
                assert_true(errors.count > 0);
                if (strncmp(errors.items[0].text, BROKEN[i].want, strlen(BROKEN[i].want)) != 0)
                        assert_string_equal(errors.items[0].text, BROKEN[i].want);
                errors_done(&errors);
        }
}

static void a_currency_without_minor_unit_keeps_its_digits(void **state)
{
        (void)state;
        struct errors errors = { 0 };
        char shown[DECIMAL_TEXT + 1];
        struct rates *rates = rates_of("base,EUR\ndate,2026-11-20\nXAU,0.0004\nDEM,1.95583\n", &errors);
        assert_non_null(rates);
        assert_true(converted(rates, "10000.0000", "EUR", "XAU", shown));
        assert_string_equal(shown, "4");
        assert_true(converted(rates, "1.2345", "EUR", "XAU", shown));
        assert_string_equal(shown, "0.0005");
        assert_true(converted(rates, "100", "DEM", "EUR", shown));         /* the fixed rate of 1999 */
        assert_string_equal(shown, "51.13");
        free(rates);
}

static void a_missing_file_is_told(void **state)
{
        (void)state;
        struct errors errors = { 0 };
        assert_null(rates_load("/nowhere/rates.json", &errors));
        assert_string_equal(errors.items[0].text, "/nowhere/rates.json: cannot be opened: No such file or directory");
        errors_done(&errors);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(layouts_are_read),
                cmocka_unit_test(mistakes_are_told),
                cmocka_unit_test(a_currency_without_minor_unit_keeps_its_digits),
                cmocka_unit_test(a_missing_file_is_told),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
