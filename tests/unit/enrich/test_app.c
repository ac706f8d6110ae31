/* What an event tells of its app. The golden case app-of-the-context has all of it. */
#include "unit.h"
#include "bench.h"

struct told { enum fact fact; const char *raw; };
static const struct { const char *name; struct told told[4]; const char *want; } CASES[] = {
        { "nothing", { { 0 } }, "" },
        { "a name", { { FACT_app_name, "\"Shop \\\"X\\\"\"" } }, ",\"app\":{\"name\":\"Shop \\\"X\\\"\"}" },
        { "a version", { { FACT_app_version, "\"4.12\"" } },
          ",\"app\":{\"version\":\"4.12\",\"version_major\":4,\"version_minor\":12}" },
        { "a version that is a word", { { FACT_app_version, "\"canary\"" } }, ",\"app\":{\"version\":\"canary\"}" },
        { "the name of one is not the namespace of another", { { FACT_app_namespace, "\"Shop\"" } },
          ",\"app\":{\"namespace\":\"Shop\"}" },
        { "null and empty", { { FACT_app_name, "null" }, { FACT_app_version, "\"\"" }, { FACT_os_name, "null" } }, "" },
        { "a channel alone", { { FACT_channel, "\"server\"" } }, ",\"app\":{\"platform\":\"server\"}" },
        { "a channel that nobody knows", { { FACT_channel, "\"pigeon\"" } }, "" },
        { "library and system", { { FACT_library_name, "\"analytics-node\"" }, { FACT_os_name, "\"Linux\"" } },
          ",\"app\":{\"platform\":\"server\"},\"telemetry\":{\"sdk\":{\"name\":\"analytics-node\",\"language\":\"nodejs\"}},"
          "\"os\":{\"name\":\"Linux\"}" },
};

static void every_case_renders(void **state)
{
        (void)state;
        struct bench bench;
        bench_open(&bench, "app", "64");
        for (size_t round = 0; round < 2; round++)         /* the second time from the cache */
                for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                        UNIT_ROW(CASES[i].name);
                        memset(bench.facts.fact, 0, sizeof(bench.facts.fact));
                        for (size_t j = 0; j < COUNT_OF(CASES[i].told); j++)
                                if (CASES[i].told[j].raw)
                                        bench.facts.fact[CASES[i].told[j].fact] = slice_of(CASES[i].told[j].raw);
                        assert_string_equal(bench_run(&bench), CASES[i].want);
                }
        assert_int_equal(metrics_sum(bench.metrics, METRIC_app_hits), metrics_sum(bench.metrics, METRIC_app_misses));
        bench_close(&bench);
}

static void names_that_nobody_has_are_left_out(void **state)
{
        (void)state;
        static char  text[100000];
        struct bench bench;
        bench_open(&bench, "app", "64");
        memset(text, 'x', sizeof(text));
        text[0] = text[sizeof(text) - 1] = '"';
        bench.facts.fact[FACT_app_name] = (struct slice){ text, sizeof(text) };
        bench.facts.fact[FACT_os_version] = SLICE("\"1\"");
        assert_string_equal(bench_run(&bench), ",\"os\":{\"version\":\"1\"}");
        text[255] = '"';
        bench.facts.fact[FACT_app_name].size = 256;
        assert_int_equal(strlen(bench_run(&bench)), strlen(",\"app\":{\"name\":},\"os\":{\"version\":\"1\"}") + 256);
        bench_close(&bench);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_case_renders),
                cmocka_unit_test(names_that_nobody_has_are_left_out),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
