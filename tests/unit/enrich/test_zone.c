/* Files of the tz database, and offsets. suite.zones reads the real ones. */
#include "unit.h"
#include "tzif.h"
#include "enrich/zone.h"

#define TWO_TYPES .type = { { 3208, 0, 0 }, { 3600, 0, 4 }, { 7200, 1, 8 } }, .type_count = 3,                   \
                  .abbreviations = "LMT\0CET\0CEST", .abbreviation_bytes = 13
static const struct tzif PLAIN = { '2', { -1000, 0, 1000 }, { 1, 2, 1 }, 3, TWO_TYPES, .rule = "CET-1CEST,M3.5.0,M10.5.0/3" };

static struct zone *zone_made(const struct tzif *tzif, struct error *err)
{
        struct buffer file;
        buffer_init(&file, 10000);
        tzif_write(&file, tzif);
        struct zone *zone = zone_read(buffer_slice(&file), err);
        buffer_done(&file);
        return zone;
}

static const struct {
        const char *name;
        int64_t     seconds, from, until;
        int32_t     offset;
        const char *abbreviation;
} CASES[] = {
        { "before all", INT64_MIN, INT64_MIN, -1000, 3208, "LMT" },
        { "the last second before all", -1001, INT64_MIN, -1000, 3208, "LMT" },
        { "the first change", -1000, -1000, 0, 3600, "CET" },
        { "the second change", 0, 0, 1000, 7200, "CEST" },
        { "within", 999, 0, 1000, 7200, "CEST" },
        { "the rule, but not before the last change", 1000, 1000, 7520400, 3600, "CET" },
        { "the rule's summer", 1774746000, 1774746000, 1792890000, 7200, "CEST" },
};

static void every_instant_has_its_span(void **state)
{
        (void)state;
        struct error err;
        struct zone *zone = zone_made(&PLAIN, &err);
        assert_non_null(zone);
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct zone_span span;
                UNIT_ROW(CASES[i].name);
                zone_find(zone, CASES[i].seconds, &span);
                assert_int_equal(span.from, CASES[i].from);
                assert_int_equal(span.until, CASES[i].until);
                assert_int_equal(span.offset, CASES[i].offset);
                assert_true(slice_equal(span.abbreviation, slice_of(CASES[i].abbreviation)));
        }
        zone_free(zone);
}

static void the_last_type_stays_without_a_rule(void **state)
{
        (void)state;
        struct tzif      tzif = PLAIN;
        struct zone_span span;
        struct error     err;
        static const char VERSIONS[] = { 0, '2', '4' };
        tzif.rule = "";
        for (size_t i = 0; i < COUNT_OF(VERSIONS); i++) {
                tzif.version = VERSIONS[i];
                struct zone *zone = zone_made(&tzif, &err);
                assert_non_null(zone);
                zone_find(zone, INT64_MAX, &span);
                assert_int_equal(span.offset, 3600);
                assert_true(span.from == 1000 && span.until == INT64_MAX);
                zone_free(zone);
        }
        tzif.count = 0;
        struct zone *zone = zone_made(&tzif, &err);
        zone_find(zone, 0, &span);
        assert_int_equal(span.offset, 3208);
        assert_true(span.from == INT64_MIN && span.until == INT64_MAX);
        zone_free(zone);
}

static const struct {
        const char *name;
        struct tzif tzif;
        const char *want;
} BAD[] = {
        { "no types", { '2', .abbreviations = "LMT", .abbreviation_bytes = 4, .rule = "" }, "no types" },
        { "a type that is not there", { '2', { 1 }, { 3 }, 1, TWO_TYPES, .rule = "" }, "a type that is not there" },
        { "not in order", { '2', { 1, 1 }, { 1, 2 }, 2, TWO_TYPES, .rule = "" }, "not in order" },
        { "too far", { '2', { INT64_MIN }, { 1 }, 1, TWO_TYPES, .rule = "" }, "not in order" },
        { "no end", { '2', { 1 }, { 1 }, 1, TWO_TYPES }, "end is missing" },
        { "a rule that is none", { '2', { 1 }, { 1 }, 1, TWO_TYPES, .rule = "CET-1CEST" }, "rule" },
        { "leap seconds", { '2', { 1 }, { 1 }, 1, TWO_TYPES, .rule = "", .leaps = 1 }, "leap seconds" },
        { "a count too few", { '2', { 1 }, { 1 }, 1, TWO_TYPES, .rule = "", .standard = 2 }, "contradict" },
        { "an offset of two days", { '2', .type = { { 172800, 0, 0 } }, .type_count = 1, .abbreviations = "LMT",
                                     .abbreviation_bytes = 4, .rule = "" }, "offset" },
        { "a flag of 2", { '2', .type = { { 0, 2, 0 } }, .type_count = 1, .abbreviations = "LMT", .abbreviation_bytes = 4,
                           .rule = "" }, "offset" },
        { "an abbreviation outside", { '2', .type = { { 0, 0, 4 } }, .type_count = 1, .abbreviations = "LMT",
                                       .abbreviation_bytes = 4, .rule = "" }, "abbreviation" },
        { "an abbreviation without an end", { '2', .type = { { 0, 0, 0 } }, .type_count = 1, .abbreviations = "LMT",
                                              .abbreviation_bytes = 3, .rule = "" }, "abbreviation" },
        { "an abbreviation to escape", { '2', .type = { { 0, 0, 0 } }, .type_count = 1, .abbreviations = "L\"T",
                                         .abbreviation_bytes = 4, .rule = "" }, "abbreviation" },
};

static void broken_files_are_refused(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(BAD); i++) {
                struct error err;
                UNIT_ROW(BAD[i].name);
                assert_null(zone_made(&BAD[i].tzif, &err));
                assert_non_null(strstr(err.text, BAD[i].want));
        }
}

/* Cut anywhere; on the heap, so that a read past the end is seen. */
static void cut_files_are_refused(void **state)
{
        (void)state;
        struct buffer file;
        buffer_init(&file, 10000);
        tzif_write(&file, &PLAIN);
        for (size_t size = 0; size < file.size; size++) {
                struct error err;
                char *copy = memory_get(size + 1);
                memcpy(copy, file.data, size);
                assert_null(zone_read((struct slice){ copy, size }, &err));
                free(copy);
        }
        buffer_done(&file);
}

static const struct { const char *text; int32_t seconds;
} OFFSETS[] = {
        { "Z", 0 },
        { "z", 0 },
        { "UTC", 0 },
        { "gmt", 0 },
        { "+02:00", 7200 },
        { "-03:30", -12600 },
        { "+0545", 20700 },
        { "-08", -28800 },
        { "+5", 18000 },
        { "UTC+2", 7200 },
        { "GMT-05:30", -19800 },
        { "utc+1400", 50400 },
        { "+23:59", 86340 },
        { "-00:00", 0 },
};
static const char *const NO_OFFSETS[] = { "",
                                          "+",
                                          "-",
                                          "UT",
                                          "UTC+",
                                          "2",
                                          "02:00",
                                          "+24:00",
                                          "+02:60",
                                          "+123",
                                          "+12345",
                                          "+2:0",
                                          "+02:000",
                                          "+02:0x",
                                          "+0200:00",
                                          "UTC 2",
                                          "Z+1",
                                          "+1:",
                                          "CET",
                                          "+-1",
                                          "\xe2\x88\x92"
                                          "02:00" };

static void offsets_are_read(void **state)
{
        (void)state;
        int32_t seconds;
        for (size_t i = 0; i < COUNT_OF(OFFSETS); i++) {
                UNIT_ROW(OFFSETS[i].text);
                assert_true(zone_offset_parse(slice_of(OFFSETS[i].text), &seconds));
                assert_int_equal(seconds, OFFSETS[i].seconds);
        }
        for (size_t i = 0; i < COUNT_OF(NO_OFFSETS); i++) {
                UNIT_ROW(NO_OFFSETS[i]);
                assert_false(zone_offset_parse(slice_of(NO_OFFSETS[i]), &seconds));
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_instant_has_its_span), cmocka_unit_test(the_last_type_stays_without_a_rule),
                cmocka_unit_test(broken_files_are_refused),   cmocka_unit_test(cut_files_are_refused),
                cmocka_unit_test(offsets_are_read),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
