/* Which language an event has: its own word, the header's, both. */
#include "unit.h"
#include "bench.h"

#define GERMAN "\"tag\":\"de-DE\",\"code\":\"de\",\"name\":\"German\",\"region\":\"DE\""

static const struct { const char *name, *locale, *header, *want;
} CASES[] = {
        { "nothing", NULL, NULL, "" },
        { "the locale", "\"de_DE.UTF-8\"", NULL, ",\"language\":{" GERMAN "}" },
        { "the header", NULL, "en;q=0.5, de-DE", ",\"language\":{" GERMAN ",\"preferred\":\"de-DE,en\",\"count\":2}" },
        { "both", "\"de-DE\"", "en,fr", ",\"language\":{" GERMAN ",\"preferred\":\"en,fr\",\"count\":2}" },
        { "a locale that says nothing", "\"C\"", "de-DE", ",\"language\":{" GERMAN ",\"preferred\":\"de-DE\",\"count\":1}" },
        { "escapes", "\"de\\u002dDE\"", NULL, ",\"language\":{" GERMAN "}" },
        { "a script", "\"zh-hant-tw\"", NULL,
          ",\"language\":{\"tag\":\"zh-Hant-TW\",\"code\":\"zh\",\"name\":\"Chinese\",\"script\":\"Hant\",\"region\":\"TW\"}" },
        { "a name with other letters", "\"nb\"", NULL,
          ",\"language\":{\"tag\":\"nb\",\"code\":\"nb\",\"name\":\"Norwegian Bokm\xc3\xa5l\"}" },
        { "unknown", "\"xx\"", "*", "" },
        { "null", "null", NULL, "" },
        { "empty", "\"\"", "", "" },
        { "the locale of the one is not the header of the other", NULL, "de-DE",
          ",\"language\":{" GERMAN ",\"preferred\":\"de-DE\",\"count\":1}" },
        { "NULs", "\"de-DE\\u0000en\"", NULL, ",\"language\":{" GERMAN "}" },
};

static void every_case_renders(void **state)
{
        (void)state;
        struct bench bench;
        bench_open(&bench, "language", "64");
        for (size_t round = 0; round < 2; round++)         /* the second time from the cache */
                for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                        UNIT_ROW(CASES[i].name);
                        bench.facts.fact[FACT_locale] = slice_of(CASES[i].locale);
                        bench.client.header[HEADER_accept_language] = slice_of(CASES[i].header);
                        assert_string_equal(bench_run(&bench), CASES[i].want);
                }
        assert_int_equal(metrics_sum(bench.metrics, METRIC_language_unknown), 2);
        assert_int_equal(metrics_sum(bench.metrics, METRIC_language_truncated), 0);
        assert_int_equal(metrics_sum(bench.metrics, METRIC_language_hits), metrics_sum(bench.metrics, METRIC_language_misses));
        bench_close(&bench);
}

static void long_texts_are_cut(void **state)
{
        (void)state;
        struct bench bench;
        static char  header[65536], locale[65536];
        bench_open(&bench, "language", "64");
        memset(header, ',', sizeof(header));
        memcpy(header, "en,", 3);
        memcpy(header + 252, "fr-CA", 5);                  /* only "fr-C" is within the limit */
        memset(locale, 'x', sizeof(locale));
        locale[0] = locale[sizeof(locale) - 1] = '"';
        bench.facts.fact[FACT_locale] = (struct slice){ locale, sizeof(locale) };
        bench.client.header[HEADER_accept_language] = (struct slice){ header, sizeof(header) };
        assert_string_equal(bench_run(&bench), ",\"language\":{\"tag\":\"en\",\"code\":\"en\",\"name\":\"English\",\"preferred\":"
                                               "\"en\",\"count\":1}");
        assert_int_equal(metrics_sum(bench.metrics, METRIC_language_truncated), 2);
        bench_close(&bench);
}

static void a_missing_folder_is_told(void **state)
{
        (void)state;
        struct config config;
        struct errors errors = { 0 };
        struct error  err;
        config_init(&config);
        assert_true(config_set(&config, "enrich.order", "language", &err));
        assert_true(config_set(&config, "enrich.language.codes", "/nowhere", &err));
        assert_null(enrich_plan_new(&config, &errors));
        assert_int_equal(errors.count, 1);
        assert_non_null(strstr(errors.items[0].text, "Debian package iso-codes"));
        errors_done(&errors);
        config_done(&config);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_case_renders),
                cmocka_unit_test(long_texts_are_cut),
                cmocka_unit_test(a_missing_folder_is_told),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
