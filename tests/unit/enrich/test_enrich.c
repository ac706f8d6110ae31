/* The whole stage: configuration in, JSON text out. */
#include "unit.h"
#include "bench.h"
#include "enrich/enrich.h"
#include "enrich/enrichment.h"

static const struct case_row { const char *name, *header, *fact, *width, *height, *density, *want;
} CASES[] = {
        { "no agent at all", NULL, NULL, NULL, NULL, NULL, "" },
        { "an agent that no rule knows", "Zzz", NULL, NULL, NULL, NULL,
          ",\"user_agent\":{\"original\":\"Zzz\"},\"device\":{\"class\":\"unknown\"}" },
        { "browser, system, device", "Thimble/12.3.4.5 (Loom OS 7_1; KX-9 Build; Android Mobile)", NULL, NULL, NULL, NULL,
          ",\"user_agent\":{\"original\":\"Thimble/12.3.4.5 (Loom OS 7_1; KX-9 Build; Android "
          "Mobile)\",\"name\":\"Thimble\",\"version\":\"12.3.4.5\","
          "\"os\":{\"name\":\"LoomOS\",\"version\":\"7.1\"},\"device\":{\"name\":\"Kilt KX-9\"}},"
          "\"device\":{\"class\":\"phone\",\"manufacturer\":\"Kilt\",\"model\":{\"name\":\"KX-9\"}}" },
        { "the event's agent comes before the header's", "Zzz", "\"Thimble/1.2\"", NULL, NULL, NULL,
          ",\"user_agent\":{\"original\":\"Thimble/"
          "1.2\",\"name\":\"Thimble\",\"version\":\"1.2\"},\"device\":{\"class\":\"unknown\"}" },
        { "escapes of the event's agent are undone", NULL, "\"\\u0054himble\\/1.2 \\\"q\\\"\"", NULL, NULL, NULL,
          ",\"user_agent\":{\"original\":\"Thimble/1.2 "
          "\\\"q\\\"\",\"name\":\"Thimble\",\"version\":\"1.2\"},\"device\":{\"class\":\"unknown\"}" },
        { "an empty agent in the event: the header's", "Zzz", "\"\"", NULL, NULL, NULL,
          ",\"user_agent\":{\"original\":\"Zzz\"},\"device\":{\"class\":\"unknown\"}" },
        { "a robot has neither brand nor model", "TestBot/2", NULL, NULL, NULL, NULL,
          ",\"user_agent\":{\"original\":\"TestBot/2\",\"name\":\"TestBot\",\"version\":\"2\",\"device\":{\"name\":\"Spider\"}},"
          "\"device\":{\"class\":\"bot\"}" },
        { "the K of a reduced agent is no model", "x (Linux; Android 10; K) Mobile", NULL, NULL, NULL, NULL,
          ",\"user_agent\":{\"original\":\"x (Linux; Android 10; K) Mobile\"},\"device\":{\"class\":\"phone\"}" },
        { "bytes that are not UTF-8", "a\xff\xc3(b", NULL, NULL, NULL, NULL,
          ",\"user_agent\":{\"original\":\"a\xef\xbf\xbd\xef\xbf\xbd(b\"},\"device\":{\"class\":\"unknown\"}" },
        { "screen without agent", NULL, NULL, "1920", "1080.5", "2",
          ",\"device\":{\"screen\":{\"width\":1920,\"height\":1080.5,\"pixel_ratio\":2,\"orientation\":\"landscape\"}}" },
        { "screen joins the cached piece", "Zzz", NULL, "1920", NULL, NULL,
          ",\"user_agent\":{\"original\":\"Zzz\"},\"device\":{\"class\":\"unknown\",\"screen\":{\"width\":1920}}" },
        { "sizes that no screen has", NULL, NULL, "0", "1e3", "-1", "" },
        { "too large, too long", NULL, NULL, "65537", "1.0000000000000000000000000000", "33", "" },
};

static void every_case_renders(void **state)
{
        (void)state;
        struct bench bench;
        bench_open(&bench, "user_agent, device", "64");
        for (size_t round = 0; round < 2; round++)         /* the second time from the cache */
                for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                        const struct case_row *row = &CASES[i];
                        bench.client.header[HEADER_user_agent] = slice_of(row->header);
                        bench.facts.fact[FACT_user_agent] = slice_of(row->fact);
                        bench.facts.fact[FACT_screen_width] = slice_of(row->width);
                        bench.facts.fact[FACT_screen_height] = slice_of(row->height);
                        bench.facts.fact[FACT_screen_density] = slice_of(row->density);
                        UNIT_ROW(row->name);
                        assert_string_equal(bench_run(&bench), row->want);
                }
        assert_int_equal(metrics_sum(bench.metrics, METRIC_agent_misses), 7);
        bench_close(&bench);
}

static void long_agents_are_cut_and_counted(void **state)
{
        (void)state;
        struct bench bench;
        static char text[65536];
        memset(text, 'a', sizeof(text));
        bench_open(&bench, "user_agent", "64");
        bench.client.header[HEADER_user_agent] = (struct slice){ text, sizeof(text) };
        char want[160];
        snprintf(want, sizeof(want), ",\"user_agent\":{\"original\":\"%.100s\"}", text);
        assert_string_equal(bench_run(&bench), want);
        assert_int_equal(metrics_sum(bench.metrics, METRIC_agent_truncated), 1);
        bench.client.header[HEADER_user_agent].size = 100;
        assert_string_equal(bench_run(&bench), want);
        assert_int_equal(metrics_sum(bench.metrics, METRIC_agent_truncated), 1);
        assert_int_equal(metrics_sum(bench.metrics, METRIC_agent_hits), 1);
        bench_close(&bench);
}

static void it_runs_where_nobody_counts(void **state)
{
        (void)state;
        struct bench bench;
        bench_open(&bench, "reception, user_agent, device", "64");
        metrics_free(bench.metrics);
        bench.metrics = NULL;
        bench.client.header[HEADER_user_agent] =
                SLICE("Thimble/1.2 "
                      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
        for (size_t i = 0; i < 3; i++)
                assert_non_null(strstr(bench_run(&bench), "\"name\":\"Thimble\""));
        bench_close(&bench);
}

static void robots_are_told_to_the_pipeline(void **state)
{
        (void)state;
        struct bench bench;
        bench_open(&bench, "user_agent", "64");
        bench.client.header[HEADER_user_agent] = SLICE("TestBot/2");
        (void)bench_run(&bench);
        assert_true(enrich_bot(&bench.findings));
        bench.client.header[HEADER_user_agent] = SLICE("Thimble/2.0");
        (void)bench_run(&bench);
        assert_false(enrich_bot(&bench.findings));
        bench.client.header[HEADER_user_agent] = (struct slice){ NULL, 0 };
        (void)bench_run(&bench);
        assert_false(enrich_bot(&bench.findings));
        bench_close(&bench);
}

static void no_enrichment_adds_nothing(void **state)
{
        (void)state;
        struct bench bench;
        bench_open(&bench, "", "64");
        bench.client.header[HEADER_user_agent] = SLICE("Thimble/2.0");
        assert_string_equal(bench_run(&bench), "");
        bench_close(&bench);
}

static const struct { const char *name, *order, *rules, *want;
} MISTAKES[] = {
        { "a need that comes too late", "device, user_agent", RULES,
          "enrich.order: device needs user_agent, which is not before it in enrich.order" },
        { "a need that is not there", "device", RULES,
          "enrich.order: device needs user_agent, which is not before it in enrich.order" },
        { "nearly a name", "user_agnet", RULES, "enrich.order: there is no enrichment 'user_agnet'; did you mean 'user_agent'?" },
        { "no name at all", "weather", RULES,
          "enrich.order: there is no enrichment 'weather'; there are: reception, user_agent..." },
        { "twice", "user_agent, user_agent", RULES, "enrich.order: 'user_agent' stands there twice" },
        { "no rules", "user_agent", "/nowhere/rules.yaml",
          "enrich.user_agent.rules: cannot read '/nowhere/rules.yaml': No such file or directory" },
        { "a folder", "user_agent", "/", "enrich.user_agent.rules: cannot read '/': it is not a regular file" },
};

static void mistakes_are_said(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(MISTAKES); i++) {
                struct errors errors = { 0 };
                struct error  err;
                struct config config;
                config_init(&config);
                assert_true(config_set(&config, "enrich.order", MISTAKES[i].order, &err));
                assert_true(config_set(&config, "enrich.user_agent.rules", MISTAKES[i].rules, &err));
                UNIT_ROW(MISTAKES[i].name);
                assert_null(enrich_plan_new(&config, &errors));
                assert_int_equal(errors.count, 1);
                size_t size = strlen(MISTAKES[i].want);
                if (strcmp(MISTAKES[i].want + size - 3, "...") == 0)       /* and whatever else there is by now */
                        memcpy(errors.items[0].text + size - 3, "...", 4);
                assert_string_equal(errors.items[0].text, MISTAKES[i].want);
                errors_done(&errors);
                config_done(&config);
        }
}

static void every_field_is_given_once(void **state)
{
        (void)state;
        size_t given[FIELD_COUNT] = { 0 };
        for (const struct enrichment *const *kind = ENRICHMENTS; *kind; kind++)
                for (const enum field *field = (*kind)->gives; *field != FIELD_COUNT; field++)
                        given[*field]++;
        for (size_t i = 0; i < FIELD_COUNT; i++) {
                UNIT_ROW(FIELDS[i].name);
                assert_int_equal(given[i], 1);
        }
}

static void references_name_everything(void **state)
{
        (void)state;
        char  *text = NULL;
        size_t size = 0;
        FILE  *out = open_memstream(&text, &size);
        enrich_print_reference(out);
        fields_print_reference(out);
        fclose(out);
        for (size_t i = 0; i < FIELD_COUNT; i++) {
                char row[100];
                snprintf(row, sizeof(row), "\n| `%s` |", FIELDS[i].name);
                assert_non_null(strstr(text, row));
        }
        for (const struct enrichment *const *kind = ENRICHMENTS; *kind; kind++)
                assert_non_null(strstr(text, (*kind)->doc));
        free(text);
}

static void our_members_are_ours(void **state)
{
        (void)state;
        const struct layout nested = { .flat = false }, flat = { .flat = true };
        assert_true(enrich_owns(&nested, SLICE("user_agent")));
        assert_true(enrich_owns(&nested, SLICE("device")));
        assert_false(enrich_owns(&nested, SLICE("devices")));
        assert_false(enrich_owns(&nested, SLICE("device_class")));
        assert_true(enrich_owns(&flat, SLICE("device_class")));
        assert_false(enrich_owns(&flat, SLICE("devices_class")));
        assert_false(enrich_owns(&nested, SLICE("data")));
        assert_false(enrich_owns(&nested, SLICE("")));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_case_renders),
                cmocka_unit_test(long_agents_are_cut_and_counted),
                cmocka_unit_test(it_runs_where_nobody_counts),
                cmocka_unit_test(robots_are_told_to_the_pipeline),
                cmocka_unit_test(no_enrichment_adds_nothing),
                cmocka_unit_test(mistakes_are_said),
                cmocka_unit_test(every_field_is_given_once),
                cmocka_unit_test(references_name_everything),
                cmocka_unit_test(our_members_are_ours),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
