/* Values by their names. */
#include "unit.h"
#include "bench.h"
#include "enrich/source.h"

#define DATA "{\"n\":1.50,\"s\":\"a\\u0041\",\"deep\":{\"a/b\":[true]},\"nothing\":null}"
#define CONTEXT "{\"traits\":{\"email\":\"a@b.example\"},\"odd~/\":1}"

static const struct { const char *name, *raw, *text; } CASES[] = {
        { "/n", "1.50", "1.50" },
        { "/s", "\"a\\u0041\"", "aA" },
        { "/deep/a~1b/0", "true", "true" },
        { "/deep", "{\"a/b\":[true]}", "{\"a/b\":[true]}" },
        { "/nothing", NULL, NULL },
        { "/missing", NULL, NULL },
        { "userId", "\"u-1\"", "u-1" },
        { "anonymousId", NULL, NULL },
        { "context.app.name", "\"shop\"", "shop" },
        { "context.traits.email", "\"a@b.example\"", "a@b.example" },
        { "context.odd~/", "1", "1" },
        { "schema", NULL, "com.acme/purchase/1-0-2" },
        { "vendor", NULL, "com.acme" },
        { "name", NULL, "purchase" },
        { "version", NULL, "1-0-2" },
        { "user_agent.os.name", "\"KaiOS\"", "KaiOS" },
        { "user_agent.device.name", NULL, NULL },
        { "device.screen.height", "480.5", "480.5" },
        { "event.ingested", NULL, NULL },
};

static const struct { const char *name, *want; } WRONG[] = {
        { "usrId", "there is no value 'usrId'; did you mean userId?" },
        { "context.", "there is no value 'context.'" },
        { "/a~2", "'/a~2' is no JSON pointer (RFC 6901): '~' must be followed by 0 or 1" },
        { "user_agent.os.nam", "there is no value 'user_agent.os.nam'; did you mean user_agent.os.name?" },
        { "", "there is no value ''; there are JSON pointers" },
};

static void values_are_found(void **state)
{
        (void)state;
        static const char data[sizeof(DATA) + READABLE_PADDING] = DATA, context[sizeof(CONTEXT) + READABLE_PADDING] = CONTEXT;
        for (int flat = 0; flat < 2; flat++) {
                struct bench bench;
                bench_open(&bench, "", "64");
                struct layout *layout = layout_new(flat);
                struct subject subject = { .facts = &bench.facts, .event = &bench.event, .findings = &bench.findings,
                                           .arena = &bench.arena };
                struct field_desk desk;
                bench.event.data = slice_of(data);
                bench.event.schema = SLICE("com.acme/purchase/1-0-2");
                bench.facts.fact[FACT_user_id] = SLICE("\"u-1\"");
                bench.facts.fact[FACT_app_name] = SLICE("\"shop\"");
                bench.facts.fact[FACT_context] = slice_of(context);
                bench.findings.layout = layout;
                subject.keys = layout_keys_between(layout, 0, layout->count);
                assert_true(desk_open(&desk, &subject, 100));
                writer_text(&desk.writer, FIELD_user_agent_name, SLICE("x,\"os\":{\"name\":\"no\"}"));
                writer_text(&desk.writer, FIELD_user_agent_os_name, SLICE("KaiOS"));
                writer_json(&desk.writer, FIELD_device_screen_height, SLICE("480.5"));
                desk_close(&desk, &subject);
                for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                        struct source source;
                        struct error  err;
                        UNIT_ROW(CASES[i].name);
                        assert_true(source_parse(&source, layout, CASES[i].name, &err));
                        struct slice raw = source_raw(&source, &subject), text = source_text(&source, &subject);
                        assert_true(slice_equal(raw, slice_of(CASES[i].raw)) && !raw.data == !CASES[i].raw);
                        assert_true(slice_equal(text, slice_of(CASES[i].text)) && !text.data == !CASES[i].text);
                        source_done(&source);
                }
                layout_free(layout);
                bench_close(&bench);
        }
}

static void wrong_names_are_told(void **state)
{
        (void)state;
        struct layout *layout = layout_new(false);
        for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
                struct source source;
                struct error  err;
                UNIT_ROW(WRONG[i].name);
                assert_false(source_parse(&source, layout, WRONG[i].name, &err));
                assert_memory_equal(err.text, WRONG[i].want, strlen(WRONG[i].want));
                source_done(&source);
        }
        layout_free(layout);
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(values_are_found), cmocka_unit_test(wrong_names_are_told) };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
