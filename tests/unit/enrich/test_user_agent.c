/* Which hints belong to which event, and what the cache tells apart. What they mean is tested in test_agent_overlay.c. */
#include "unit.h"
#include "bench.h"

#define AGENT "Thimble/1.2 (Loom OS 7_1)"
#define MAC "Mozilla/5.0 (Macintosh; Thimble/1.2; Mac OS X)"
#define NAMED(name) ",\"user_agent\":{\"original\":\"" AGENT "\",\"name\":\"" name

/* want: how the answer begins */
static const struct { const char *name, *header, *own, *data, *brands, *want;
} CASES[] = {
        { "no hints", AGENT, NULL, NULL, NULL, NAMED("Thimble\",\"version\":\"1.2\"") },
        { "in the headers", AGENT, NULL, NULL, "\"Kilt\";v=\"9\"", NAMED("Kilt\",\"version\":\"9\"") },
        { "others in the headers", AGENT, NULL, NULL, "\"Kilt\";v=\"10\"", NAMED("Kilt\",\"version\":\"10\"") },
        { "in the event", AGENT, NULL, "{\"brands\":[{\"brand\":\"Tartan\",\"version\":\"3\"}]}", NULL,
          NAMED("Tartan\",\"version\":\"3\"") },
        { "the event's go first", AGENT, NULL, "{\"brands\":[{\"brand\":\"Tartan\",\"version\":\"4\"}]}", "\"Kilt\";v=\"9\"",
          NAMED("Tartan\",\"version\":\"4\"") },
        { "the event says null", AGENT, NULL, "null", "\"Kilt\";v=\"9\"", NAMED("Kilt\",\"version\":\"9\"") },
        { "the event's agent is the header's", AGENT, "\"" AGENT "\"", NULL, "\"Kilt\";v=\"9\"",
          NAMED("Kilt\",\"version\":\"9\"") },
        { "the event's agent is another", "relay/1.0", "\"" AGENT "\"", NULL, "\"Kilt\";v=\"9\"",
          NAMED("Thimble\",\"version\":\"1.2\"") },
        { "and so are its hints", "relay/1.0", "\"" AGENT "\"", "{\"brands\":[{\"brand\":\"Tartan\",\"version\":\"3\"}]}",
          "\"Kilt\";v=\"9\"", NAMED("Tartan\",\"version\":\"3\"") },
        { "an empty agent is none", AGENT, "\"\"", NULL, "\"Kilt\";v=\"9\"", NAMED("Kilt\",\"version\":\"9\"") },
        { "hints without any agent", NULL, NULL, NULL, "\"Kilt\";v=\"9\"",
          ",\"user_agent\":{\"name\":\"Kilt\",\"version\":\"9\"}" },
        { "broken ones", AGENT, NULL, NULL, "\"Kilt", NAMED("Thimble\",\"version\":\"1.2\"") },
};

static void case_set(struct bench *bench, size_t i)
{
        bench->client.header[HEADER_user_agent] = slice_of(CASES[i].header);
        bench->client.header[HEADER_sec_ch_ua] = slice_of(CASES[i].brands);
        bench->facts.fact[FACT_user_agent] = slice_of(CASES[i].own);
        bench->facts.fact[FACT_user_agent_data] = slice_of(CASES[i].data);
}

static void hints_belong_to_their_agent(void **state)
{
        (void)state;
        struct bench bench;
        bench_open(&bench, "user_agent", "64");
        for (size_t round = 0; round < 3; round++)         /* the second and third time from the cache */
                for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                        UNIT_ROW(CASES[i].name);
                        case_set(&bench, i);
                        const char *text = bench_run(&bench);
                        if (strncmp(text, CASES[i].want, strlen(CASES[i].want)) != 0)
                                assert_string_equal(text, CASES[i].want);
                }
        /* "null", "the header's" and "empty" are like "in the headers"; "another" is like "no hints", "and so" like "in the
         * event". */
        assert_int_equal(metrics_sum(bench.metrics, METRIC_agent_misses), COUNT_OF(CASES) - 5);
        assert_int_equal(metrics_sum(bench.metrics, METRIC_agent_hits), 2 * COUNT_OF(CASES) + 5);
        assert_int_equal(metrics_sum(bench.metrics, METRIC_hints_broken), 3);
        assert_int_equal(metrics_sum(bench.metrics, METRIC_hints_long), 0);
        bench_close(&bench);
}

/* Who could write another's key would write what other clients are taken for. */
static void an_agent_cannot_pass_for_one_with_hints(void **state)
{
        (void)state;
        struct bench bench;
        bench_open(&bench, "user_agent", "64");
        bench.facts.fact[FACT_user_agent] = SLICE("\"" AGENT "\\u0000A\\\"Kilt\\\";v=\\\"9\\\"\\u0000\"");
        assert_non_null(strstr(bench_run(&bench), NAMED("Thimble\"")));
        bench.facts.fact[FACT_user_agent] = (struct slice){ NULL, 0 };
        bench.client.header[HEADER_user_agent] = SLICE(AGENT);
        assert_non_null(strstr(bench_run(&bench), NAMED("Thimble\"")));
        assert_int_equal(metrics_sum(bench.metrics, METRIC_agent_misses), 1);      /* what stands behind the NUL is gone */
        bench.client.header[HEADER_sec_ch_ua] = SLICE("\"Kilt\";v=\"9\"");
        assert_non_null(strstr(bench_run(&bench), NAMED("Kilt\"")));
        bench_close(&bench);
}

static void long_hints_are_left_out_and_counted(void **state)
{
        (void)state;
        struct bench bench;
        struct error err;
        static char text[1 << 20];
        const size_t room = 4096 - 2;
        bench_open(&bench, "user_agent", "64");
        bench.client.header[HEADER_user_agent] = SLICE(AGENT);
        memset(text, 'x', sizeof(text));
        memcpy(text, "\"Kilt\", ", 8);
        for (size_t size = room; size <= room + 1; size++) {
                memset(text + 8, ' ', size - 8);
                text[size - 1] = 'x';
                bench.client.header[HEADER_sec_ch_ua] = (struct slice){ text, size };
                const char *want = size == room ? NAMED("Kilt\"") : NAMED("Thimble\"");
                assert_non_null(strstr(bench_run(&bench), want));
        }
        assert_int_equal(metrics_sum(bench.metrics, METRIC_hints_long), 1);
        bench.client.header[HEADER_sec_ch_ua] = (struct slice){ NULL, 0 };
        memset(text, ' ', sizeof(text));
        memcpy(text, "{\"platform\":\"Loom\"", 18);
        text[sizeof(text) - 1] = '}';
        bench.facts.fact[FACT_user_agent_data] = (struct slice){ text, sizeof(text) };
        assert_non_null(strstr(bench_run(&bench), NAMED("Thimble\"")));
        assert_int_equal(metrics_sum(bench.metrics, METRIC_hints_long), 2);
        assert_int_equal(metrics_sum(bench.metrics, METRIC_hints_broken), 0);
        bench_close(&bench);

        config_init(&bench.config);
        assert_true(config_set(&bench.config, "enrich.user_agent.hints", "0", &err));
        assert_int_equal(bench.config.enrich_agent_hints, 0);
        config_done(&bench.config);
}

/* The largest key there is fits its room, and so does what it says. */
static void the_most_of_everything_fits(void **state)
{
        (void)state;
        struct bench bench;
        static char agent[1000], data[4000];
        bench_open(&bench, "user_agent, device", "64");
        memset(agent, '\x7f', sizeof(agent));
        memcpy(agent, MAC, sizeof(MAC) - 1);
        struct buffer json;
        buffer_wrap(&json, data, sizeof(data));
        static const char *const TEXTS[] = { "uaFullVersion", "platform", "platformVersion", "model",
                                             "architecture",  "bitness",  "formFactor" };
        for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
                buffer_format(&json, "%s\"%s\":\"", i ? "," : "{", TEXTS[i]);
                for (size_t j = 0; j < 21; j++)
                        buffer_add(&json, SLICE("\\u0001"));       /* six bytes of output each */
                buffer_add_char(&json, '"');
        }
        buffer_add(&json, SLICE(",\"brands\":[{\"brand\":\"\\u0001\",\"version\":\"1\"}]}"));
        assert_false(json.full);
        bench.client.header[HEADER_user_agent] = (struct slice){ agent, sizeof(agent) };
        bench.facts.fact[FACT_user_agent_data] = buffer_slice(&json);
        bench.facts.fact[FACT_device_touch_points] = SLICE("5");
        const char *text = bench_run(&bench);
        assert_non_null(strstr(text, "\\u0001\\u0001"));
        assert_non_null(strstr(text, "\"architecture\":\"\\u0001"));
        assert_int_equal(metrics_sum(bench.metrics, METRIC_agent_truncated), 1);
        bench_close(&bench);
}

static const struct { const char *name, *points, *touch; bool want; } TOUCHES[] = {
        { "nothing said", NULL, NULL, false }, { "none", "0", NULL, false },  { "one", "1", NULL, false },
        { "five", "5", NULL, true },           { "ten", "10", NULL, true },   { "less than none", "-5", NULL, false },
        { "half", "0.5", NULL, false },        { "touch", NULL, "true", true }, { "no touch", NULL, "false", false },
};

static void a_touched_mac_is_another_agent(void **state)
{
        (void)state;
        struct bench bench;
        bench_open(&bench, "user_agent, device", "64");
        for (size_t i = 0; i < COUNT_OF(TOUCHES); i++) {
                bench.client.header[HEADER_user_agent] = SLICE(MAC);
                bench.facts.fact[FACT_device_touch_points] = slice_of(TOUCHES[i].points);
                bench.facts.fact[FACT_device_touch] = slice_of(TOUCHES[i].touch);
                UNIT_ROW(TOUCHES[i].name);
                assert_int_equal(strstr(bench_run(&bench), "\"os\":{\"name\":\"iPadOS\"}") != NULL, TOUCHES[i].want);
                bench.client.header[HEADER_user_agent] = SLICE("Mozilla/5.0 (Windows) Macintosh");
                assert_null(strstr(bench_run(&bench), "iPadOS"));
        }
        assert_int_equal(metrics_sum(bench.metrics, METRIC_agent_misses), 3);
        bench_close(&bench);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(hints_belong_to_their_agent),
                cmocka_unit_test(an_agent_cannot_pass_for_one_with_hints),
                cmocka_unit_test(long_hints_are_left_out_and_counted),
                cmocka_unit_test(the_most_of_everything_fits),
                cmocka_unit_test(a_touched_mac_is_another_agent),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
