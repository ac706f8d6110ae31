/* Fields of the configuration's own, and conditions of steps. */
#include "rig.h"

/* The instance `x` over one event of many kinds of values. */
static const char EVENT[] =
        "{\"userId\":\"u-1\",\"context\":{\"app\":{\"name\":\"shop\"},\"locale\":7,\"traits\":{\"age\":41}},"
        "\"data\":{\"price\":19.99,\"count\":3,\"text\":\"a\\\"b\\u00fc\",\"yes\":true,\"list\":[1],\"none\":null,"
        "\"big\":9223372036854775807,\"bigger\":9223372036854775808}}";
static const struct { const char *settings, *want; } VALUES[] = {
        { "value: /price * 2", ",\"labels\":{\"x\":39.98}" },
        { "value: /count\n      type: long", ",\"labels\":{\"x\":3}" },
        { "value: /price\n      type: long", "" },
        { "value: round(/price)\n      type: long", ",\"labels\":{\"x\":20}" },
        { "value: /count / 2 * 2\n      type: long", ",\"labels\":{\"x\":3}" },
        { "value: /big\n      type: long", ",\"labels\":{\"x\":9223372036854775807}" },
        { "value: /bigger\n      type: long", "" },
        { "value: -/big\n      type: long", ",\"labels\":{\"x\":-9223372036854775807}" },
        { "value: /bigger\n      type: float", ",\"labels\":{\"x\":9223372036854775808}" },
        { "value: /text", ",\"labels\":{\"x\":\"a\\\"b\xC3\xBC\"}" },
        { "value: /price", ",\"labels\":{\"x\":\"19.99\"}" },
        { "value: /price\n      type: float", ",\"labels\":{\"x\":19.99}" },
        { "value: /price\n      type: boolean", "" },
        { "value: /text\n      type: float", "" },
        { "value: /yes\n      type: boolean", ",\"labels\":{\"x\":true}" },
        { "value: /yes", ",\"labels\":{\"x\":\"true\"}" },
        { "value: /list", "" },
        { "value: /none", "" },
        { "value: /absent", "" },
        { "value: \"''\"", "" },
        { "value: userId == \"u-1\" and not bot", ",\"labels\":{\"x\":true}" },
        { "value: vendor & '|' & name & '|' & version & '|' & schema",
          ",\"labels\":{\"x\":\"com.acme|purchase|1-0-0|com.acme/purchase/1-0-0\"}" },
        { "value: context.app.name", ",\"labels\":{\"x\":\"shop\"}" },
        { "value: context.traits.age + 1", ",\"labels\":{\"x\":42}" },
        { "value: context.locale", "" },           /* a text by its row, but the client sent a number */
        { "value: present(context.locale)", ",\"labels\":{\"x\":false}" },
        { "value: /count\n      name: labels.a.b.c", ",\"labels\":{\"a\":{\"b\":{\"c\":\"3\"}}}" },
};

static void test_values(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(VALUES); i++) {
                struct bench bench;
                char yaml[400];
                (void)snprintf(yaml, sizeof(yaml), "enrich:\n  order: [x]\n  instances:\n    x:\n      kind: compute\n      %s\n",
                               VALUES[i].settings);
                UNIT_ROW(VALUES[i].settings);
                rig_open(&bench, yaml);
                assert_string_equal(rig_run(&bench, EVENT), VALUES[i].want);
                bench_close(&bench);
        }
}

/* Steps see what earlier ones wrote, their own fields included. */
static void test_steps_build_on_each_other(void **state)
{
        (void)state;
        struct bench bench;
        rig_open(&bench, "enrich:\n"
                         "  order: [size, reception, tier, late]\n"
                         "  instances:\n"
                         "    size: { kind: compute, value: 'bucket(/price, 10, 100)' }\n"
                         "    tier: { kind: compute, value: 'map(labels.size, \"10-100\": \"mid\", \"other\")' }\n"
                         "    late: { kind: compute, value: 'before(event.ingested, \"T\")', name: labels.day }\n");
        bench.facts.received_text = SLICE("2026-11-21T12:00:00.000Z");
        assert_string_equal(rig_run(&bench, EVENT), ",\"event\":{\"ingested\":\"2026-11-21T12:00:00.000Z\"},"
                                                    "\"labels\":{\"size\":\"10-100\",\"tier\":\"mid\",\"day\":\"2026-11-21\"}");
        arena_done(&bench.arena);
        arena_init(&bench.arena, &bench.pool, 0);  /* memory is out: nothing, and nothing breaks */
        assert_string_equal(rig_run(&bench, EVENT), "");
        bench_close(&bench);
}

static const struct { const char *condition; bool runs; } CONDITIONS[] = {
        { "'true'", true }, { "'false'", false }, { "/absent", false }, { "/none", false }, { "/text", false }, { "/yes", true },
        { "not /absent", true }, { "schema matches \"com.acme/*\"", true }, { "vendor == \"com.other\"", false },
        { "context.app.name in [\"shop\", \"till\"]", true }, { "not bot", true }, { "/price > 20", false },
};

static void test_conditions(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CONDITIONS); i++) {
                struct bench bench;
                char yaml[300];
                (void)snprintf(yaml, sizeof(yaml), "enrich:\n  order: [a, b]\n  when:\n    a: %s\n  instances:\n"
                                                   "    a: { kind: compute, value: 1 }\n    b: { kind: compute, value: 2 }\n",
                               CONDITIONS[i].condition);
                UNIT_ROW(CONDITIONS[i].condition);
                rig_open(&bench, yaml);
                assert_string_equal(rig_run(&bench, EVENT), CONDITIONS[i].runs ? ",\"labels\":{\"a\":1,\"b\":2}" :
                                                                                 ",\"labels\":{\"b\":2}");
                bench_close(&bench);
        }
}

#define X "    x: { kind: compute, value: "
static const struct { const char *name, *yaml, *want;
} MISTAKES[] = {
        { "a wrong word", "  order: [x]\n  instances:\n" X "'1 +' }\n",
          RIG_FILE ":4:32: enrich.instances.x.value: column 4: a value is wanted here, not the end" },
        { "an unknown value", "  order: [x]\n  instances:\n" X "'1 + usrId' }\n",
          RIG_FILE ":4:32: enrich.instances.x.value: column 5: there is no value 'usrId'; did you mean userId?" },
        { "no such type", "  order: [x]\n  instances:\n" X "1, type: text }\n",
          RIG_FILE ":4:41: enrich.instances.x.type: 'text' found, but wanted is keyword, long, float or boolean" },
        { "the wrong type", "  order: [x]\n  instances:\n" X "userId, type: long }\n",
          RIG_FILE ":4:46: enrich.instances.x.type: long is a number, but the expression gives a text" },
        { "the name of another field", "  order: [x]\n  instances:\n" X "userId, name: event.created }\n",
          RIG_FILE
          ":4:46: enrich.instances.x.name: there can be no field 'event.created': a name is \"labels.\" or another group "
          "of `millrace reference fields`, then small letters, digits, '_' and dots, and no other field has it" },
        { "no value", "  order: [x]\n  instances:\n    x: { kind: compute }\n",
          RIG_FILE
          ":4:16: enrich.instances.x.value: it must be given: The expression whose value is written." },
        { "a field of a later step", "  order: [x, reception]\n  instances:\n" X "event.ingested }\n",
          RIG_FILE ":4:32: enrich.instances.x.value: column 1: no step before 'x' in enrich.order gives event.ingested" },
        { "a field that is left out",
          "  order: [reception, x]\n  instances:\n" X "event.ingested }\noutput: { exclude: [event.*] }\n",
          RIG_FILE
          ":4:32: enrich.instances.x.value: column 1: event.ingested is left out by output.include or output.exclude, so "
          "that nobody knows it here" },
        { "a condition of nobody", "  order: [reception]\n  when: { recepton: not bot }\n",
          RIG_FILE ":3:21: enrich.when.recepton: enrich.order has no step of this name; did you mean reception?" },
        { "a condition that is none", "  order: [reception]\n  when: { reception: userId }\n",
          RIG_FILE ":3:22: enrich.when.reception: a condition is true or false; this is a text" },
        { "a wrong condition", "  order: [reception]\n  when: { reception: userId = 1 }\n",
          RIG_FILE ":3:22: enrich.when.reception: column 8: there is no '='; write '=='" },
        { "a list of conditions", "  order: [reception]\n  when: { reception: [bot, bot] }\n",
          RIG_FILE ":3:28: enrich.when.reception: a condition is one text" },
        { "a condition of what an agent says", "  order: [user_agent, device]\n  when: { device: not bot }\n",
          RIG_FILE
          ":3:19: enrich.when.device: what this step says of a user agent is written with the step user_agent: give that "
          "one the condition" },
};

static void test_mistakes(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(MISTAKES); i++) {
                char yaml[600], text[600];
                (void)snprintf(yaml, sizeof(yaml), "enrich:\n%s", MISTAKES[i].yaml);
                UNIT_ROW(MISTAKES[i].name);
                rig_complaint(yaml, text);
                assert_string_equal(text, MISTAKES[i].want);
        }
}

/* Every step's field is in the record, or the plan is refused: nothing is left out in silence. */
static void test_many_steps(void **state)
{
        (void)state;
        for (unsigned count = PIECES_MAX; count <= PIECES_MAX + 2; count++) {
                static char yaml[65536];
                size_t size = (size_t)snprintf(yaml, sizeof(yaml), "enrich:\n  order: [");
                for (unsigned i = 0; i < count; i++)
                        size += (size_t)snprintf(yaml + size, sizeof(yaml) - size, "%sx%u", i ? ", " : "", i);
                size += (size_t)snprintf(yaml + size, sizeof(yaml) - size, "]\n  instances:\n");
                for (unsigned i = 0; i < count; i++)
                        size += (size_t)snprintf(yaml + size, sizeof(yaml) - size, "    x%u: { kind: compute, value: 7 }\n", i);
                struct bench bench;
                char text[600];
                if (count > PIECES_MAX) {
                        rig_complaint(yaml, text);
                        assert_non_null(strstr(text, "enrich.order: with 'x192' there are more than 192 groups of fields"));
                        continue;
                }
                rig_open(&bench, yaml);
                const char *out = rig_run(&bench, EVENT);
                unsigned found = 0;
                for (; (out = strstr(out, ":7")); out++)
                        found++;
                assert_int_equal(found, count);
                bench_close(&bench);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_values),
                cmocka_unit_test(test_steps_build_on_each_other),
                cmocka_unit_test(test_conditions),
                cmocka_unit_test(test_mistakes),
                cmocka_unit_test(test_many_steps),
        };
        return cmocka_run_group_tests_name("compute", tests, NULL, NULL);
}
