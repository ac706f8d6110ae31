/* The rules at the ends of zone files. Instants checked with GNU date. */
#include "unit.h"
#include "enrich/zone_rule.h"

static const struct {
        const char *name, *text;
        int64_t     seconds, from, until;
        int32_t     offset;
        bool        dst;
        const char *abbreviation;
} CASES[] = {
        { "no change", "UTC0", 1767225600, INT64_MIN, INT64_MAX, 0, false, "UTC" },
        { "west is plus", "EST5", 0, INT64_MIN, INT64_MAX, -18000, false, "EST" },
        { "a quoted abbreviation", "<+0545>-5:45", 0, INT64_MIN, INT64_MAX, 20700, false, "+0545" },
        { "winter", "CET-1CEST,M3.5.0,M10.5.0/3", 1767225600, 1761440400, 1774746000, 3600, false, "CET" },
        { "the second before summer", "CET-1CEST,M3.5.0,M10.5.0/3", 1774745999, 1761440400, 1774746000, 3600, false, "CET" },
        { "the first of summer", "CET-1CEST,M3.5.0,M10.5.0/3", 1774746000, 1774746000, 1792890000, 7200, true, "CEST" },
        { "the first of winter", "CET-1CEST,M3.5.0,M10.5.0/3", 1792890000, 1792890000, 1806195600, 3600, false, "CET" },
        { "the south", "AEST-10AEDT,M10.1.0,M4.1.0/3", 1767225600, 1759593600, 1775318400, 39600, true, "AEDT" },
        { "winter is the change (Ireland)", "IST-1GMT0,M10.5.0,M3.5.0/1", 1767225600, 1761440400, 1774746000, 0, true, "GMT" },
        { "half an hour (Lord Howe)", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 1767225600, 1759591800, 1775314800, 39600, true,
          "+11" },
        { "before the day (Nuuk)", "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1774745999, 1761440400, 1774746000, -7200, false, "-02" },
        { "on the next day but one (Israel)", "IST-2IDT,M3.4.4/26,M10.5.0", 1774569600, 1774569600, 1792882800, 10800, true,
          "IDT" },
        { "Julian days", "AAA0BBB,J60/0,J300/0", 1709251200, 1709251200, 1729983600, 3600, true, "BBB" },
        { "days with 29 February", "AAA0BBB,59/0,300/0", 1709164800, 1709164800, 1729983600, 3600, true, "BBB" },
        { "daylight time all year", "EST5EDT,0/0,J365/25", 1767225600, 1735707600, 1767243600, -14400, true, "EDT" },
        { "daylight time all year, the next", "EST5EDT,0/0,J365/25", 1767243600, 1767243600, 1798779600, -14400, true, "EDT" },
        { "an own offset", "AAA-1:30:15BBB-2:30:30,J1/0,J2/0", 1767225600, 1767220185, 1767302970, 9030, true, "BBB" },
        { "400 years later", "CET-1CEST,M3.5.0,M10.5.0/3", 1774746000 + 12622780800, 1774746000 + 12622780800,
          1792890000 + 12622780800, 7200, true, "CEST" },
        { "long before", "CET-1CEST,M3.5.0,M10.5.0/3", 1774746000 - 5 * 12622780800, 1774746000 - 5 * 12622780800,
          1792890000 - 5 * 12622780800, 7200, true, "CEST" },
};

static void every_case_is_found(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct zone_rule rule;
                struct zone_span span;
                UNIT_ROW(CASES[i].name);
                assert_true(zone_rule_parse(slice_of(CASES[i].text), &rule));
                zone_rule_find(&rule, CASES[i].seconds, &span);
                assert_int_equal(span.offset, CASES[i].offset);
                assert_int_equal(span.dst, CASES[i].dst);
                assert_true(slice_equal(span.abbreviation, slice_of(CASES[i].abbreviation)));
                assert_int_equal(span.from, CASES[i].from);
                assert_int_equal(span.until, CASES[i].until);
        }
}

static void no_instant_is_too_far(void **state)
{
        (void)state;
        static const int64_t FAR[] = { INT64_MIN, INT64_MIN + 1, -1, 0, INT64_MAX - 1, INT64_MAX };
        struct zone_rule rule;
        struct zone_span span;
        assert_true(zone_rule_parse(SLICE("CET-1CEST,M3.5.0,M10.5.0/3"), &rule));
        for (size_t i = 0; i < COUNT_OF(FAR); i++) {
                zone_rule_find(&rule, FAR[i], &span);
                assert_true(span.from <= FAR[i] && (span.until > FAR[i] || span.until == INT64_MAX));
        }
}

static const char *const BAD[] = { "", "CET", "C1", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M3.5.0,", "CET25", "CET-1:60",
                                   "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M0.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
                                   "CET-1CEST,M3.0.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J1", "CET-1CEST,J366,J1",
                                   "CET-1CEST,366,1", "CET-1CEST,M3.5.0/168,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0 ", "<CET-1",
                                   "<C!T>-1", "ABCDEFGHIJKLMNOP1", "CET99999999999999999999", "CET-", ":Europe/Berlin" };

static void what_is_no_rule_is_refused(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(BAD); i++) {
                struct zone_rule rule;
                UNIT_ROW(BAD[i]);
                assert_false(zone_rule_parse(slice_of(BAD[i]), &rule));
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_case_is_found),
                cmocka_unit_test(no_instant_is_too_far),
                cmocka_unit_test(what_is_no_rule_is_refused),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
