/* The calendar. suite.calendar holds it against Python's. */
#include "unit.h"
#include "base/clock.h"
#include "enrich/local_time.h"

static const struct {
        const char *name, *utc;
        int32_t     offset;
        const char *text;
        unsigned    day_of_year, week, weekday;
        int64_t     week_year;
} CASES[] = {
        { "in Berlin", "2026-11-21T08:13:00.123Z", 3600, "2026-11-21T09:13:00.123+01:00", 325, 47, 6, 2026 },
        { "the day before", "2026-11-21T02:00:00Z", -12600, "2026-11-20T22:30:00.000-03:30", 324, 47, 5, 2026 },
        { "the next year", "2026-12-31T23:00:00Z", 7200, "2027-01-01T01:00:00.000+02:00", 1, 53, 5, 2026 },
        { "a Sunday of week 53", "2027-01-03T12:00:00Z", 0, "2027-01-03T12:00:00.000+00:00", 3, 53, 7, 2026 },
        { "the first week", "2027-01-04T12:00:00Z", 0, "2027-01-04T12:00:00.000+00:00", 4, 1, 1, 2027 },
        { "December in the next year's week", "2024-12-30T12:00:00Z", 0, "2024-12-30T12:00:00.000+00:00", 365, 1, 1, 2025 },
        { "a leap day", "2024-02-29T12:00:00Z", 0, "2024-02-29T12:00:00.000+00:00", 60, 9, 4, 2024 },
        { "the last day of a leap year", "2020-12-31T12:00:00Z", 0, "2020-12-31T12:00:00.000+00:00", 366, 53, 4, 2020 },
        { "before 1970", "1969-12-31T23:59:59.999Z", 0, "1969-12-31T23:59:59.999+00:00", 365, 1, 3, 1970 },
        { "local mean time: seconds are cut", "1880-01-01T00:00:00Z", 3208, "1880-01-01T00:53:00.000+00:53", 1, 1, 4, 1880 },
        { "and of the west", "1880-01-01T00:00:00Z", -17762, "1879-12-31T19:04:00.000-04:56", 365, 1, 3, 1880 },
        { "the year 0", "0000-01-01T00:00:00Z", 0, "0000-01-01T00:00:00.000+00:00", 1, 52, 6, -1 },
        { "the last second", "9999-12-31T23:59:59.999Z", 0, "9999-12-31T23:59:59.999+00:00", 365, 52, 5, 9999 },
        { "before the year 0", "0000-01-01T00:00:00Z", -60, NULL, 0, 0, 0, 0 },
        { "after the last second", "9999-12-31T23:59:59.999Z", 60, NULL, 0, 0, 0, 0 },
};

static void every_instant_has_its_date(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct local_time local;
                int64_t ms;
                char    text[LOCAL_TIME_TEXT];
                UNIT_ROW(CASES[i].name);
                assert_true(clock_parse(slice_of(CASES[i].utc), &ms));
                assert_int_equal(local_time_init(&local, ms, CASES[i].offset), CASES[i].text != NULL);
                if (!CASES[i].text)
                        continue;
                local_time_format(&local, text);
                assert_memory_equal(text, CASES[i].text, LOCAL_TIME_TEXT);
                assert_int_equal(local.day_of_year, CASES[i].day_of_year);
                assert_int_equal(local.week, CASES[i].week);
                assert_int_equal(local.week_year, CASES[i].week_year);
                assert_int_equal(local.weekday, CASES[i].weekday);
        }
}

/* Day after day for four centuries: a week has seven days, weeks follow each other, and what is written is read again. */
static void days_follow_each_other(void **state)
{
        (void)state;
        struct local_time before, local;
        int64_t first = clock_days(1800, 1, 1), back;
        char    text[LOCAL_TIME_TEXT];
        assert_true(local_time_init(&before, (first - 1) * 86400000, 0));
        for (int64_t day = first; day < first + 146097; day++, before = local) {
                int32_t offset = (int32_t)(day % 1439) * 60;
                assert_true(local_time_init(&local, day * 86400000, 0));
                assert_int_equal(local.weekday, before.weekday % 7 + 1);
                assert_true(local.weekday == 1 ? local.week == before.week + 1 || (local.week == 1 && before.week >= 52)
                                               : local.week == before.week && local.week_year == before.week_year);
                assert_true(local.week_year - local.year <= 1 && local.year - local.week_year <= 1);
                assert_true(local.day_of_year == before.day_of_year + 1 || (local.day_of_year == 1 && before.day_of_year >= 365));
                struct local_time there;
                assert_true(local_time_init(&there, day * 86400000 + 12345678, offset));
                local_time_format(&there, text);
                assert_true(clock_parse((struct slice){ text, LOCAL_TIME_TEXT }, &back));
                assert_int_equal(back, day * 86400000 + 12345678);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_instant_has_its_date),
                cmocka_unit_test(days_follow_each_other),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
