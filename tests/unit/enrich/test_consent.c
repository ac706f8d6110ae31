/* What the user allowed, from headers and from the event; and rules that make use of it. */
#include "rig.h"

/* Purposes 1, 2 and 3; vendors 2, 6 and 8: the standard's own example. */
#define TCF                                                                                                                      \
        "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA."                                                                       \
        "IFoEUQQgAIQwgIwQABAEAAAAOIAACAIAAAAQAIAgEAACEAAAAAgAQBAAAAAAAGBAAgAAAAAAAFAAECAAAgAAQARAEQAAAAAJAAIAAgAAAYQEAAAQmAgBC3" \
        "ZAYzUw"
#define TCF_SAYS                                                                                                                \
        "\"tcf\":{\"cmp_id\":27,\"updated\":\"2020-02-20T23:57:39.300Z\",\"policy_version\":2,\"vendor_list_version\":15,"      \
        "\"purposes\":[1,2,3],\"legitimate_interests\":[],\"special_features\":[]"

static const struct { const char *name, *gpc, *dnt, *consent, *want; int broken;
} CASES[] = {
        { "nothing", NULL, NULL, NULL, "", 0 },
        { "the browser asks", "1", NULL, NULL, "\"gpc\":true", 0 },
        { "another value of the header", "yes", "", NULL, "", 0 },
        { "tracking is allowed", NULL, "0", NULL, "\"dnt\":false", 0 },
        { "both", "1", "1", NULL, "\"gpc\":true,\"dnt\":true", 0 },
        { "the event passes it on", NULL, NULL, "{\"gpc\":true,\"dnt\":\"1\"}", "\"gpc\":true,\"dnt\":true", 0 },
        { "the event says no, the browser yes", "1", NULL, "{\"gpc\":false}", "\"gpc\":true", 0 },
        { "the event says yes, the browser no", NULL, "0", "{\"dnt\":1}", "\"dnt\":true", 0 },
        { "anything else is nothing", NULL, NULL, "{\"gpc\":{\"a\":1},\"dnt\":\"maybe\"}", "", 0 },
        { "no object", NULL, NULL, "\"yes\"", "", 0 },
        { "categories", NULL, NULL,
          "{\"categoryPreferences\":{ \"Advertising\" : false , \"Analy\\\"tics\":true,\"Other\":null,\"B\":true}}",
          "\"granted\":[\"Analy\\\"tics\",\"B\"],\"denied\":[\"Advertising\"]", 0 },
        { "no categories", NULL, NULL, "{\"categoryPreferences\":{}}", "", 0 },
        { "categories that are none", NULL, NULL, "{\"categoryPreferences\":[true]}", "", 0 },
        { "a TCF string", NULL, NULL, "{\"tcString\":\"" TCF "\"}", TCF_SAYS ",\"vendor_consent\":true,\"vendor_interest\":true}",
          0 },
        { "under the other name", NULL, NULL, "{\"tcString\":\"\",\"tcf\":\"" TCF "\"}",
          TCF_SAYS ",\"vendor_consent\":true,\"vendor_interest\":true}", 0 },
        { "a broken one", NULL, NULL, "{\"tcf\":\"COvFyGBOvFyGBAbAAAENAPCAAOAAAA\"}", "", 1 },
        { "one of version 1", "1", NULL, "{\"tcf\":\"BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA\"}", "\"gpc\":true", 1 },
        { "not a text", NULL, NULL, "{\"tcf\":7}", "", 0 },
        { "consent mode", NULL, NULL, "{\"gcs\":\"G101\"}", "\"google\":{\"ad_storage\":false,\"analytics_storage\":true}", 0 },
        { "consent mode, not decided", NULL, NULL, "{\"gcs\":\"G1-1\"}", "\"google\":{\"analytics_storage\":true}", 0 },
        { "consent mode, nothing decided", NULL, NULL, "{\"gcs\":\"G1--\"}", "", 0 },
        { "no consent mode", NULL, NULL, "{\"gcs\":\"G1012\"}", "", 1 },
        { "no consent mode, neither", NULL, NULL, "{\"gcs\":\"G1x1\"}", "", 1 },
};

static void test_what_is_said(void **state)
{
        (void)state;
        struct bench bench;
        rig_open(&bench, "enrich:\n  order: [consent]\n  consent: { vendor: 8 }\n");
        int64_t broken = 0;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                char event[1000], want[1000];
                (void)snprintf(event, sizeof(event),
                               CASES[i].consent ? "{\"context\":{\"consent\":%s},\"data\":{}}" : "{\"data\":{}}",
                               CASES[i].consent);
                (void)snprintf(want, sizeof(want), *CASES[i].want ? ",\"consent\":{%s}" : "%s", CASES[i].want);
                bench.client.header[HEADER_sec_gpc] = slice_of(CASES[i].gpc);
                bench.client.header[HEADER_dnt] = slice_of(CASES[i].dnt);
                UNIT_ROW(CASES[i].name);
                assert_string_equal(rig_run(&bench, event), want);
                broken += CASES[i].broken;
                assert_int_equal(metrics_sum(bench.metrics, METRIC_consent_broken), broken);
        }
        bench_close(&bench);
}

static void test_places_and_vendors_are_options(void **state)
{
        (void)state;
        struct bench bench;
        static const char EVENT[] = "{\"context\":{\"tc\":\"" TCF "\"},\"data\":{\"mode\":\"G110\"}}";
        rig_open(&bench, "enrich:\n  order: [consent]\n  consent: { tcf: [context.consent.x, context.tc], google: /mode }\n");
        assert_string_equal(rig_run(&bench, EVENT), ",\"consent\":{" TCF_SAYS "},"
                                                    "\"google\":{\"ad_storage\":true,\"analytics_storage\":false}}");
        arena_done(&bench.arena);
        arena_init(&bench.arena, &bench.pool, 0);
        assert_string_equal(rig_run(&bench, EVENT), "");
        bench_close(&bench);
        char text[600];
        rig_complaint("enrich:\n  order: [consent]\n  consent: { tcf: contxt.tc }\n", text);
        assert_non_null(strstr(text, RIG_FILE ":3:19: enrich.consent.tcf: there is no value 'contxt.tc'"));
        rig_complaint("enrich:\n  order: [consent]\n  consent: { tcf: "
                      "'context.a,context.b,context.c,context.d,context.e,context.f,context.g,"
                      "context.h,context.i' }\n",
                      text);
        assert_non_null(strstr(text, "at most 8 names"));
}

/* Sixty-five categories: the last is not listed, so that a rule that asks whether it is granted says no. */
static void test_categories_are_bounded(void **state)
{
        (void)state;
        struct bench  bench;
        struct buffer out;
        char room[4000];
        rig_open(&bench,
                 "enrich:\n  order: [consent, x]\n  instances:\n"
                 "    x: { kind: compute, value: 'has(consent.granted, \"c63\") and not has(consent.granted, \"c64\")' }\n");
        buffer_wrap(&out, room, sizeof(room));
        buffer_add(&out, SLICE("{\"context\":{\"consent\":{\"categoryPreferences\":{"));
        for (int i = 0; i < 65; i++)
                buffer_format(&out, "%s\"c%d\":true", i ? "," : "", i);
        buffer_add(&out, SLICE("}}},\"data\":{}}"));
        buffer_add_char(&out, '\0');
        const char *text = rig_run(&bench, room);
        assert_non_null(strstr(text, "\"c63\"],") ? text : strstr(text, "\"c63\"]"));
        assert_non_null(strstr(text, ",\"labels\":{\"x\":true}"));
        bench_close(&bench);
}

/* The recipes of the manual. */
static const struct { const char *name, *gpc, *event, *left;
} RULES_ROWS[] = {
        { "nobody asked", NULL, "{\"userId\":\"u\",\"context\":{\"ip\":\"1\"},\"data\":{}}",
          "{\"userId\":\"u\",\"context\":{\"ip\":\"1\"},\"data\":{}}" },
        { "the browser asked", "1", "{\"userId\":\"u\",\"context\":{\"ip\":\"1\"},\"data\":{}}",
          "{\"context\":{\"ip\":\"1\"},\"data\":{}}" },
        { "purpose 4 is not there", NULL, "{\"context\":{\"ip\":\"1\",\"consent\":{\"tcf\":\"" TCF "\"}},\"data\":{}}",
          "{\"context\":{\"consent\":{\"tcf\":\"" TCF "\"}},\"data\":{}}" },
        { "a string that nobody can read", NULL, "{\"context\":{\"ip\":\"1\",\"consent\":{\"tcf\":\"COvFy\"}},\"data\":{}}",
          "{\"context\":{\"consent\":{\"tcf\":\"COvFy\"}},\"data\":{}}" },
};

static void test_rules_make_use_of_it(void **state)
{
        (void)state;
        struct bench bench;
        rig_open(&bench, "enrich:\n  order: [consent, nobody, no_place]\n  when:\n"
                         "    nobody: consent.gpc or consent.dnt\n"
                         "    no_place: present(context.consent.tcf) and not has(consent.tcf.purposes, 4)\n  instances:\n"
                         "    nobody: { kind: pii, action: remove, fields: userId }\n"
                         "    no_place: { kind: pii, action: remove, fields: context.ip }\n");
        for (size_t i = 0; i < COUNT_OF(RULES_ROWS); i++) {
                bench.client.header[HEADER_sec_gpc] = slice_of(RULES_ROWS[i].gpc);
                UNIT_ROW(RULES_ROWS[i].name);
                (void)rig_run(&bench, RULES_ROWS[i].event);
                assert_string_equal(rig_left(&bench), RULES_ROWS[i].left);
        }
        bench_close(&bench);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_what_is_said),
                cmocka_unit_test(test_places_and_vendors_are_options),
                cmocka_unit_test(test_categories_are_bounded),
                cmocka_unit_test(test_rules_make_use_of_it),
        };
        return cmocka_run_group_tests_name("consent", tests, NULL, NULL);
}
