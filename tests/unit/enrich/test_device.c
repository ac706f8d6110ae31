/* What the event says of its device, beside what its agent says. */
#include "unit.h"
#include "bench.h"

static const struct {
        const char *name, *agent, *manufacturer, *model, *width, *density, *want;
} CASES[] = {
        { "nothing", NULL, NULL, NULL, NULL, NULL, "" },
        { "the event's words, no agent", NULL, "\"Kilt\"", "\"KX \\\"9\\\"\"", NULL, NULL,
          ",\"device\":{\"manufacturer\":\"Kilt\",\"model\":{\"name\":\"KX \\\"9\\\"\"}}" },
        { "the agent's words come first", "; KX-9 Build", "\"Other\"", "\"Z\"", NULL, NULL,
          ",\"device\":{\"class\":\"unknown\",\"manufacturer\":\"Kilt\",\"model\":{\"name\":\"KX-9\"}}" },
        { "an app's agent tells nothing", "okhttp/4", "\"Kilt\"", "\"KX-9\"", NULL, NULL,
          ",\"device\":{\"class\":\"app\",\"manufacturer\":\"Kilt\",\"model\":{\"name\":\"KX-9\"}}" },
        { "null and empty are nothing", "okhttp/4", "null", "\"\"", "null", "null", ",\"device\":{\"class\":\"app\"}" },
        { "names and numbers", NULL, "\"Kilt\"", NULL, "360", "3.5",
          ",\"device\":{\"manufacturer\":\"Kilt\",\"screen\":{\"width\":360,\"pixel_ratio\":3.5}}" },
        { "the least and the most", NULL, NULL, NULL, "1", "32", ",\"device\":{\"screen\":{\"width\":1,\"pixel_ratio\":32}}" },
        { "too little", NULL, NULL, NULL, "0.99", "0.099", "" },
        { "too much", NULL, NULL, NULL, "65536.001", "32.001", "" },
        { "a tenth", NULL, NULL, NULL, "65536", "0.1", ",\"device\":{\"screen\":{\"width\":65536,\"pixel_ratio\":0.1}}" },
        { "digits without end", NULL, NULL, NULL, "18446744073709551617", "1.00000000000000000000000001", "" },
        { "a long fraction", NULL, NULL, NULL, "411.42857142857144", "2.625",
          ",\"device\":{\"screen\":{\"width\":411.42857142857144,"
          "\"pixel_ratio\":2.625}}" },
        { "exponents and signs", NULL, NULL, NULL, "1E3", "-2", "" },
};

static void every_case_renders(void **state)
{
        (void)state;
        struct bench bench;
        bench_open(&bench, "user_agent, device", "64");
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct slice *facts = bench.facts.fact;
                bench.client.header[HEADER_user_agent] = slice_of(CASES[i].agent);
                facts[FACT_device_manufacturer] = slice_of(CASES[i].manufacturer);
                facts[FACT_device_model] = slice_of(CASES[i].model);
                facts[FACT_screen_width] = slice_of(CASES[i].width);
                facts[FACT_screen_density] = slice_of(CASES[i].density);
                UNIT_ROW(CASES[i].name);
                const char *text = bench_run(&bench),
                           *device = strstr(text, ",\"device\":{\"class") ? strstr(text, ",\"device\":{\"class") : text;
                assert_string_equal(device, CASES[i].want);
        }
        bench_close(&bench);
}

static void names_that_nobody_has_are_left_out(void **state)
{
        (void)state;
        static char text[100000];
        struct bench bench;
        bench_open(&bench, "user_agent, device", "64");
        memset(text, 'x', sizeof(text));
        text[0] = text[sizeof(text) - 1] = '"';
        bench.facts.fact[FACT_device_manufacturer] = (struct slice){ text, sizeof(text) };
        bench.facts.fact[FACT_device_model] = (struct slice){ text + sizeof(text) - 1, 1 };
        assert_string_equal(bench_run(&bench), "");
        text[255] = '"';
        bench.facts.fact[FACT_device_manufacturer].size = 256;
        bench.facts.fact[FACT_device_model] = bench.facts.fact[FACT_device_manufacturer];
        assert_int_equal(strlen(bench_run(&bench)), strlen(",\"device\":{\"manufacturer\":,\"model\":{\"name\":}}") + 2 * 256);
        bench_close(&bench);
}

/* A full arena: the event goes on without. */
static void no_memory_is_no_finding(void **state)
{
        (void)state;
        struct bench bench;
        bench_open(&bench, "user_agent, device", "64");
        arena_done(&bench.arena);
        arena_init(&bench.arena, &bench.pool, 0);
        bench.facts.fact[FACT_screen_width] = SLICE("360");
        bench.facts.fact[FACT_user_agent] = SLICE("\"a\\n\"");
        assert_string_equal(bench_run(&bench), "");
        bench_close(&bench);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_case_renders),
                cmocka_unit_test(names_that_nobody_has_are_left_out),
                cmocka_unit_test(no_memory_is_no_finding),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
