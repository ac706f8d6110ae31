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

/* Facts of one event, and what becomes of them. */
struct said { enum fact fact; const char *json; };
static const struct { const char *name, *agent; struct said said[6]; const char *want;
} EVENTS[] = {
        { "touch", NULL, { { FACT_device_touch, "true" } }, ",\"device\":{\"touch\":true}" },
        { "no touch", NULL, { { FACT_device_touch, "false" } }, ",\"device\":{\"touch\":false}" },
        { "fingers", NULL, { { FACT_device_touch_points, "10" } }, ",\"device\":{\"touch\":true,\"touch_points\":10}" },
        { "no fingers", NULL, { { FACT_device_touch_points, "0" } }, ",\"device\":{\"touch\":false,\"touch_points\":0}" },
        { "the word goes before the fingers",
          NULL,
          { { FACT_device_touch, "false" }, { FACT_device_touch_points, "5" } },
          ",\"device\":{\"touch\":false,\"touch_points\":5}" },
        { "half a finger", NULL, { { FACT_device_touch_points, "0.5" } }, "" },
        { "more than anybody's", NULL, { { FACT_device_touch_points, "257" } }, "" },
        { "colours", NULL, { { FACT_screen_color_depth, "24" } }, ",\"device\":{\"screen\":{\"color_depth\":24}}" },
        { "no colours", NULL, { { FACT_screen_color_depth, "0" } }, "" },
        { "too many colours", NULL, { { FACT_screen_color_depth, "129" } }, "" },
        { "portrait, as browsers say",
          NULL,
          { { FACT_screen_orientation, "\"portrait-secondary\"" } },
          ",\"device\":{\"screen\":{\"orientation\":\"portrait\"}}" },
        { "landscape, as libraries of apps say",
          NULL,
          { { FACT_device_orientation, "\"landscape\"" } },
          ",\"device\":{\"screen\":{\"orientation\":\"landscape\"}}" },
        { "another word", NULL, { { FACT_screen_orientation, "\"upside-down\"" } }, "" },
        { "the word goes before the sizes",
          NULL,
          { { FACT_device_orientation, "\"landscape\"" }, { FACT_screen_width, "390" }, { FACT_screen_height, "844" } },
          ",\"device\":{\"screen\":{\"width\":390,\"height\":844,\"orientation\":\"landscape\"}}" },
        { "a square is neither",
          NULL,
          { { FACT_screen_width, "700" }, { FACT_screen_height, "700" } },
          ",\"device\":{\"screen\":{\"width\":700,\"height\":700}}" },
        { "half of the sizes", NULL, { { FACT_screen_width, "700" } }, ",\"device\":{\"screen\":{\"width\":700}}" },
        { "the window, where there is no screen",
          NULL,
          { { FACT_viewport_width, "500" }, { FACT_viewport_height, "400" } },
          ",\"device\":{\"screen\":{\"orientation\":\"landscape\"},"
          "\"viewport\":{\"width\":500,\"height\":400,\"size_class\":\"compact\"}}" },
        { "a turned phone whose screen does not turn",
          "Android Mobile",
          { { FACT_screen_width, "390" },
            { FACT_screen_height, "844" },
            { FACT_viewport_width, "844" },
            { FACT_viewport_height, "300" } },
          ",\"device\":{\"class\":\"phone\",\"screen\":{\"width\":390,\"height\":844,\"orientation\":\"landscape\"},"
          "\"viewport\":{\"width\":844,\"height\":300,\"size_class\":\"expanded\"}}" },
        { "a narrow window on a desktop",
          "Windows",
          { { FACT_screen_width, "1920" },
            { FACT_screen_height, "1080" },
            { FACT_viewport_width, "600" },
            { FACT_viewport_height, "900" } },
          ",\"device\":{\"class\":\"desktop\",\"screen\":{\"width\":1920,\"height\":1080,\"orientation\":\"landscape\"},"
          "\"viewport\":{\"width\":600,\"height\":900,\"size_class\":\"medium\"}}" },
        { "just compact",
          NULL,
          { { FACT_viewport_width, "599.9" } },
          ",\"device\":{\"viewport\":{\"width\":599.9,\"size_class\":\"compact\"}}" },
        { "just medium",
          NULL,
          { { FACT_viewport_width, "839" } },
          ",\"device\":{\"viewport\":{\"width\":839,\"size_class\":\"medium\"}}" },
        { "just expanded",
          NULL,
          { { FACT_viewport_width, "840" } },
          ",\"device\":{\"viewport\":{\"width\":840,\"size_class\":\"expanded\"}}" },
        { "just large",
          NULL,
          { { FACT_viewport_width, "1200" } },
          ",\"device\":{\"viewport\":{\"width\":1200,\"size_class\":\"large\"}}" },
        { "larger",
          NULL,
          { { FACT_viewport_width, "1600" } },
          ",\"device\":{\"viewport\":{\"width\":1600,\"size_class\":\"extra_large\"}}" },
        { "a window that nobody has", NULL, { { FACT_viewport_width, "0" } }, "" },
};

static void every_event_renders(void **state)
{
        (void)state;
        struct bench bench;
        bench_open(&bench, "user_agent, device", "64");
        for (size_t i = 0; i < COUNT_OF(EVENTS); i++) {
                memset(&bench.facts, 0, sizeof(bench.facts));
                bench.client.header[HEADER_user_agent] = slice_of(EVENTS[i].agent);
                for (size_t j = 0; j < COUNT_OF(EVENTS[i].said) && EVENTS[i].said[j].json; j++)
                        bench.facts.fact[EVENTS[i].said[j].fact] = slice_of(EVENTS[i].said[j].json);
                UNIT_ROW(EVENTS[i].name);
                const char *text = bench_run(&bench), *device = strstr(text, ",\"device\":{");
                assert_string_equal(device ? device : text, EVENTS[i].want);
        }
        bench_close(&bench);
}

/* What the hints tell of the device alone. */
static void hints_tell_the_processor(void **state)
{
        (void)state;
        struct bench bench;
        bench_open(&bench, "user_agent, device", "64");
        bench.facts.fact[FACT_user_agent_data] =
                SLICE("{\"architecture\":\"arm\",\"bitness\":\"64\",\"formFactors\":[\"EInk\",\"Tablet\"]}");
        assert_string_equal(bench_run(&bench), ",\"device\":{\"class\":\"tablet\",\"form_factor\":\"EInk\",\"cpu\":{"
                                               "\"architecture\":\"arm\",\"bits\":64}}");
        bench.facts.fact[FACT_user_agent_data] = SLICE("{\"architecture\":\"\",\"bitness\":\"6e4\",\"formFactors\":[\"Ring\"]}");
        assert_string_equal(bench_run(&bench), ",\"device\":{\"class\":\"unknown\",\"form_factor\":\"Ring\"}");
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
                cmocka_unit_test(every_event_renders),
                cmocka_unit_test(hints_tell_the_processor),
                cmocka_unit_test(names_that_nobody_has_are_left_out),
                cmocka_unit_test(no_memory_is_no_finding),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
