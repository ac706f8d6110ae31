#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/clock.h"

static const struct { const char *name, *text; bool good; int64_t ms; } PARSED[] = {
        { "epoch",                    "1970-01-01T00:00:00Z",              true,  0 },
        { "milliseconds",             "2026-11-21T08:13:00.123Z",          true,  1795248780123 },
        { "one digit of a second",    "2026-11-21T08:13:00.1Z",            true,  1795248780100 },
        { "nanoseconds are cut",      "2026-11-21T08:13:00.123999999Z",    true,  1795248780123 },
        { "zone ahead",               "2026-11-21T09:13:00.123+01:00",     true,  1795248780123 },
        { "zone behind",              "2026-11-21T02:43:00.123-05:30",     true,  1795248780123 },
        { "lower-case letters",       "2026-11-21t08:13:00z",              true,  1795248780000 },
        { "space for T",              "2026-11-21 08:13:00Z",              true,  1795248780000 },
        { "leap day",                 "2024-02-29T00:00:00Z",              true,  1709164800000 },
        { "leap day of a century",    "2000-02-29T00:00:00Z",              true,  951782400000 },
        { "leap second",              "2016-12-31T23:59:60Z",              true,  1483228800000 },
        { "before the epoch",         "1969-12-31T23:59:59.999Z",          true,  -1 },
        { "year 0",                   "0000-01-01T00:00:00Z",              true,  -62167219200000 },
        { "no leap day",              "2023-02-29T00:00:00Z",              false, 0 },
        { "no leap day in 1900",      "1900-02-29T00:00:00Z",              false, 0 },
        { "month 13",                 "2026-13-01T00:00:00Z",              false, 0 },
        { "day 0",                    "2026-01-00T00:00:00Z",              false, 0 },
        { "hour 24",                  "2026-01-01T24:00:00Z",              false, 0 },
        { "no zone",                  "2026-11-21T08:13:00",               false, 0 },
        { "zone without colon",       "2026-11-21T08:13:00+0100",          false, 0 },
        { "a point without digits",   "2026-11-21T08:13:00.Z",             false, 0 },
        { "a date only",              "2026-11-21",                        false, 0 },
        { "text behind",              "2026-11-21T08:13:00Zx",             false, 0 },
        { "empty",                    "",                                  false, 0 },
};

static void test_parse(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(PARSED); i++) {
                int64_t ms = -2;
                bool good = clock_parse(slice_of(PARSED[i].text), &ms);
                if (good != PARSED[i].good || (good && ms != PARSED[i].ms))
                        fail_msg("%s: %s gave %d, %lld", PARSED[i].name, PARSED[i].text, good, (long long)ms);
        }
}

/* The usual form is read by words, others character by character: any byte anywhere means the same to both. */
static void test_both_ways_agree(void **state)
{
        (void)state;
        for (size_t place = 0; place < 23; place++)
                for (int c = 0; c < 256; c++) {
                        char usual[] = "2024-02-29T19:13:59.123Z", longer[] = "2024-02-29T19:13:59.1230Z";
                        int64_t ms = -2, longer_ms = -2;
                        usual[place] = longer[place] = (char)c;
                        bool good = clock_parse((struct slice){ usual, 24 }, &ms);
                        if (good != clock_parse((struct slice){ longer, 25 }, &longer_ms) || (good && ms != longer_ms))
                                fail_msg("byte %02X at %zu: %d, %lld and %lld", (unsigned)c, place, good, (long long)ms,
                                         (long long)longer_ms);
                }
}

static const struct { const char *name; int64_t ms; const char *text; } FORMATTED[] = {
        { "epoch",             0,                 "1970-01-01T00:00:00.000Z" },
        { "now",               1795248780123,     "2026-11-21T08:13:00.123Z" },
        { "before the epoch",  -1,                "1969-12-31T23:59:59.999Z" },
        { "leap day",          1709164800000,     "2024-02-29T00:00:00.000Z" },
        { "too early",         INT64_MIN,         "0000-01-01T00:00:00.000Z" },
        { "too late",          INT64_MAX,         "9999-12-31T23:59:59.999Z" },
};

static void test_format(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(FORMATTED); i++) {
                char text[CLOCK_TEXT + 1] = "";
                clock_format(FORMATTED[i].ms, text);
                assert_string_equal(text, FORMATTED[i].text);
        }
}

static void test_every_day_comes_back(void **state)
{
        (void)state;
        for (int64_t day = -719528; day < 2932896; day += 17) {
                int64_t  year;
                unsigned month, of_month;
                clock_date(day, &year, &month, &of_month);
                assert_int_equal(clock_days(year, month, of_month), day);
        }
}

static void test_http_date(void **state)
{
        (void)state;
        char text[CLOCK_HTTP + 1] = "";
        clock_format_http(784111777000, text);
        assert_string_equal(text, "Sun, 06 Nov 1994 08:49:37 GMT");
        clock_format_http(0, text);
        assert_string_equal(text, "Thu, 01 Jan 1970 00:00:00 GMT");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parse),
                cmocka_unit_test(test_both_ways_agree),
                cmocka_unit_test(test_format),
                cmocka_unit_test(test_every_day_comes_back),
                cmocka_unit_test(test_http_date),
        };
        return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
