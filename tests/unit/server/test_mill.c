#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "../enrich/unit.h"
#include "milling.h"

#define GOOD "\"type\":\"sale\",\"data\":{\"n\":1}"

/* What becomes of one event. route NULL: it names its schema. schema, pointer NULL: none. */
static const struct { const char *name, *route, *body; enum reason verdict; const char *schema, *pointer; } VERDICTS[] = {
        { "the newest version", NULL, "{" GOOD "}", REASON_published, "com.acme/sale/2-0-0", NULL },
        { "a type with its vendor", NULL, "{\"type\":\"com.acme/sale\",\"data\":{\"n\":1}}", REASON_published,
          "com.acme/sale/2-0-0", NULL },
        { "a version", NULL, "{\"dataschema\":\"com.acme/sale/1-0-0\",\"data\":{\"n\":1}}", REASON_published,
          "com.acme/sale/1-0-0", NULL },
        { "a version behind the data", NULL, "{\"data\":{\"n\":1},\"dataschema\":\"iglu:com.acme/sale/jsonschema/1-0-1\"}",
          REASON_published, "com.acme/sale/1-0-1", NULL },
        { "dataschema beats type", NULL, "{\"type\":\"visit\",\"dataschema\":\"com.acme/sale/1-0-0\",\"data\":{\"n\":1}}",
          REASON_published, "com.acme/sale/1-0-0", NULL },
        { "a payload", "com.acme/sale/1-0-0", "{\"n\":1}", REASON_published, "com.acme/sale/1-0-0", NULL },
        { "a payload's schema as a URI", "iglu:com.acme/sale/jsonschema/1-0-0", "{\"n\":1}", REASON_published,
          "com.acme/sale/1-0-0", NULL },
        { "a payload that is wrong", "com.acme/sale/1-0-0", "{\"n\":\"1\"}", REASON_schema_invalid, "com.acme/sale/1-0-0", "/n" },
        { "a payload of nothing", "com.acme/none/1-0-0", "{\"n\":1}", REASON_schema_unknown, "com.acme/none/1-0-0", "" },
        { "wrong data", NULL, "{\"type\":\"sale\",\"data\":{\"n\":1.5}}", REASON_schema_invalid, "com.acme/sale/2-0-0", "/n" },
        { "missing data", NULL, "{\"type\":\"sale\",\"data\":{}}", REASON_schema_invalid, "com.acme/sale/2-0-0", "" },
        { "no schema", NULL, "{\"data\":{\"n\":1}}", REASON_schema_missing, NULL, "" },
        { "an unknown version", NULL, "{\"dataschema\":\"com.acme/sale/9-0-0\",\"data\":{}}", REASON_schema_unknown,
          "com.acme/sale/9-0-0", "" },
        { "an unknown type", NULL, "{\"type\":\"dance\",\"data\":{}}", REASON_schema_unknown, NULL, "/type" },
        { "a malformed name", NULL, "{\"dataschema\":\"sale\",\"data\":{}}", REASON_envelope_invalid, NULL, "/dataschema" },
        { "unknown and not JSON", "com.acme/none/1-0-0", "{\"n\":}", REASON_json_malformed, "com.acme/none/1-0-0", "" },
        { "a key twice in unjudged data", NULL, "{\"data\":{\"n\":1,\"n\":2}}", REASON_json_duplicate_key, NULL, "/n" },
};

static void test_verdicts(void **state)
{
        (void)state;
        struct milling milling;
        milling_start(&milling, NULL, 1000000);
        for (size_t i = 0; i < COUNT_OF(VERDICTS); i++) {
                const struct event *event = milling_run(&milling, VERDICTS[i].route, slice_of(VERDICTS[i].body));
                if (event->verdict != VERDICTS[i].verdict || !slice_equal(event->schema, slice_of(VERDICTS[i].schema)))
                        fail_msg("%s: %s, %.*s", VERDICTS[i].name, REASONS[event->verdict].name, SLICE_ARGS(event->schema));
                if ((event->complaint != NULL) != (VERDICTS[i].pointer != NULL))
                        fail_msg("%s: a complaint is missing, or too much", VERDICTS[i].name);
                if (event->complaint && !slice_equal(event->complaint->pointer, slice_of(VERDICTS[i].pointer)))
                        fail_msg("%s: at %.*s", VERDICTS[i].name, SLICE_ARGS(event->complaint->pointer));
        }
        milling_stop(&milling);
}

/* What becomes of an event whose key is for some schemas. Two rows of one name: one is of a schema that is there, the other of
 * none, and nothing may tell them apart but the names themselves. */
static const struct { const char *name, *scope, *route, *body; enum reason verdict; const char *schema; } SCOPES[] = {
        { "its own", "com.acme/sale", NULL, "{" GOOD "}", REASON_published, "com.acme/sale/2-0-0" },
        { "its own version of a type", "com.acme/sale/1-*", NULL, "{" GOOD "}", REASON_published, "com.acme/sale/1-0-1" },
        { "its own, which is not there", "com.acme/*", NULL, "{\"dataschema\":\"com.acme/gone/1-0-0\",\"data\":{}}",
          REASON_schema_unknown, "com.acme/gone/1-0-0" },
        { "another's", "com.acme/*", NULL, "{\"dataschema\":\"org.other/visit/1-0-0\",\"data\":{}}",
          REASON_schema_not_allowed, "org.other/visit/1-0-0" },
        { "another's", "com.acme/*", NULL, "{\"dataschema\":\"org.other/gone/1-0-0\",\"data\":{}}",
          REASON_schema_not_allowed, "org.other/gone/1-0-0" },
        { "another's as a URI", "com.acme/*", NULL, "{\"dataschema\":\"iglu:org.other\\/visit/jsonschema/1-0-0\",\"data\":{}}",
          REASON_schema_not_allowed, "org.other/visit/1-0-0" },
        { "another's by path", "com.acme/*", "org.other/visit/1-0-0", "{\"n\":1}", REASON_schema_not_allowed,
          "org.other/visit/1-0-0" },
        { "another's by path", "com.acme/*", "org.other/gone/1-0-0", "{\"n\":1}", REASON_schema_not_allowed,
          "org.other/gone/1-0-0" },
        { "another's type", "com.acme/sale", NULL, "{\"type\":\"visit\",\"data\":{}}", REASON_schema_not_allowed, NULL },
        { "another's type", "com.acme/sale", NULL, "{\"type\":\"gone\",\"data\":{}}", REASON_schema_not_allowed, NULL },
        { "a type that could be its own", "com.acme/*", NULL, "{\"type\":\"visit\",\"data\":{}}", REASON_schema_unknown, NULL },
        { "a type that could be its own", "com.acme/*", NULL, "{\"type\":\"gone\",\"data\":{}}", REASON_schema_unknown, NULL },
        { "a version that is not its own", "com.acme/sale/3-*", NULL, "{" GOOD "}", REASON_schema_unknown, NULL },
        { "nothing named", "com.acme/*", NULL, "{\"data\":{}}", REASON_schema_missing, NULL },
        { "a malformed name", "com.acme/*", NULL, "{\"dataschema\":\"sale\",\"data\":{}}", REASON_envelope_invalid, NULL },
        { "another's, and not JSON", "com.acme/*", "org.other/visit/1-0-0", "{\"n\":}", REASON_json_malformed,
          "org.other/visit/1-0-0" },
};

static void test_scopes(void **state)
{
        (void)state;
        struct milling milling;
        milling_start(&milling, NULL, 1000000);
        for (size_t i = 0; i < COUNT_OF(SCOPES); i++) {
                const char *pattern = SCOPES[i].scope;
                const struct key key = { .name = SLICE("web"), .schemas = { .items = &pattern, .count = 1 } };
                const struct event *event = milling_run_with(&milling, &key, SCOPES[i].route, slice_of(SCOPES[i].body));
                if (event->verdict != SCOPES[i].verdict || !slice_equal(event->schema, slice_of(SCOPES[i].schema)))
                        fail_msg("%s: %s, %.*s", SCOPES[i].name, REASONS[event->verdict].name, SLICE_ARGS(event->schema));
                assert_true(event->verdict == REASON_published || event->schema_slot == 0);
        }
        milling_stop(&milling);
}

/* The record's key; NULL: none. */
static const struct { const char *name, *rule, *body, *key; } KEYS[] = {
        { "no rule", "", "{\"userId\":\"u\"," GOOD "}", NULL },
        { "userId", "userId", "{\"userId\":\"u1\"," GOOD "}", "u1" },
        { "userId absent", "userId", "{" GOOD "}", NULL },
        { "userId null", "userId", "{\"userId\":null," GOOD "}", NULL },
        { "escapes", "anonymousId", "{\"anonymousId\":\"\\u00e9\\\"\"," GOOD "}", "\xC3\xA9\"" },
        { "sessionId", "sessionId", "{\"sessionId\":\"s\"," GOOD "}", "s" },
        { "subject", "subject", "{\"subject\":\"x\"," GOOD "}", "x" },
        { "id", "id", "{\"id\":\"i\"," GOOD "}", "i" },
        { "a text in the data", "/cart/id", "{\"type\":\"sale\",\"data\":{\"n\":1,\"cart\":{\"id\":\"c\\/1\"}}}", "c/1" },
        { "a number in the data", "/n", "{" GOOD "}", "1" },
        { "an element", "/a/1", "{\"type\":\"sale\",\"data\":{\"n\":1,\"a\":[true,false]}}", "false" },
        { "a null in the data", "/a", "{\"type\":\"sale\",\"data\":{\"n\":1,\"a\":null}}", NULL },
        { "nothing in the data", "/b", "{" GOOD "}", NULL },
        { "an escaped pointer", "/a~1b", "{\"type\":\"sale\",\"data\":{\"n\":1,\"a/b\":\"k\"}}", "k" },
        { "none of a rejected event", "userId", "{\"userId\":\"u\",\"type\":\"sale\",\"data\":{}}", NULL },
};

static void test_keys(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(KEYS); i++) {
                const char *settings[] = { "kafka.key", KEYS[i].rule, NULL };
                struct milling milling;
                milling_start(&milling, settings, 1000000);
                const struct event *event = milling_run(&milling, NULL, slice_of(KEYS[i].body));
                if ((event->key.data != NULL) != (KEYS[i].key != NULL) || !slice_equal(event->key, slice_of(KEYS[i].key)))
                        fail_msg("%s: %.*s", KEYS[i].name, SLICE_ARGS(event->key));
                milling_stop(&milling);
        }
}

#define APP(namespace) "{\"context\":{\"app\":{" namespace "}}," GOOD "}"
#define A50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
static const struct { const char *name, *rule, *body, *topic; } TOPICS[] = {
        { "every part", "{vendor}_{name}_{model}_{bot}", "{" GOOD "}", "com.acme_sale_2_human" },
        { "the app's namespace", "app-{app_id}", APP("\"name\":\"n\",\"namespace\":\"com.acme.ios\""), "app-com.acme.ios" },
        { "the app's name", "app-{app_id}", APP("\"name\":\"My shop\""), "app-My_shop" },
        { "an app without a name", "app-{app_id}", APP("\"name\":\"\""), "app-unknown" },
        { "an app that is a number", "app-{app_id}", APP("\"name\":7"), "app-unknown" },
        { "no app", "{app_id}-x", "{" GOOD "}", "unknown-x" },
        { "characters that Kafka does not take", "{app_id}", APP("\"name\":\"a/b\\u00e9{\xC3\xA9\""), "a_b_u00e9___" },
        { "a name of one dot", "{app_id}", APP("\"name\":\".\""), "_" },
        { "a name of two dots", "{app_id}", APP("\"name\":\"..\""), "__" },
        { "a name of three dots", "{app_id}", APP("\"name\":\"...\""), "..." },
        { "a name too long", "{app_id}" A50 A50 A50 A50, APP("\"name\":\"" A50 "\""),
          A50 A50 A50 A50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
};

static void test_topics(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(TOPICS); i++) {
                const char *settings[] = { "kafka.topic", TOPICS[i].rule, NULL };
                struct milling milling;
                char topic[TOPIC_NAME_MAX + 1];
                milling_start(&milling, settings, 1000000);
                const struct event *event = milling_run(&milling, NULL, slice_of(TOPICS[i].body));
                assert_int_equal(event->verdict, REASON_published);
                size_t size = mill_topic(milling.mill, event, topic);
                if (size != strlen(topic) || strcmp(topic, TOPICS[i].topic) != 0)
                        fail_msg("%s: %s", TOPICS[i].name, topic);
                milling_stop(&milling);
        }
}

/* An identifier that is not ours: as JSON, and as plain text. NULL: one is made. */
static const struct { const char *name, *id, *raw, *plain; } IDS[] = {
        { "a text", "\"a-1\"", "a-1", "a-1" },
        { "escapes", "\"\\u0061\\\"\"", "\\u0061\\\"", "a\"" },
        { "null", "null", NULL, NULL },
        { "an empty text", "\"\"", NULL, NULL },
        { "a digit", "7", NULL, NULL },
        { "a number", "1234", NULL, NULL },
        { "an object", "{\"a\":1}", NULL, NULL },
        { "an array", "[\"x\"]", NULL, NULL },
        { "a word", "true", NULL, NULL },
};

static void test_identifiers(void **state)
{
        (void)state;
        struct milling milling;
        milling_start(&milling, NULL, 1000000);
        for (size_t i = 0; i < COUNT_OF(IDS); i++) {
                char body[200];
                (void)snprintf(body, sizeof(body), "{\"id\":%s," GOOD "}", IDS[i].id);
                const struct event *event = milling_run(&milling, NULL, slice_of(body));
                bool good = IDS[i].raw ? slice_equal(event->id, slice_of(IDS[i].raw)) &&
                                                 slice_equal(event->id_text, slice_of(IDS[i].plain))
                                       : event->id.size == UUID_TEXT && slice_equal(event->id, event->id_text) &&
                                                 event->id.data[14] == '7';
                if (!good)
                        fail_msg("%s: %.*s, %.*s", IDS[i].name, SLICE_ARGS(event->id), SLICE_ARGS(event->id_text));
        }
        milling_stop(&milling);
}

static void test_what_the_broker_does_not_take(void **state)
{
        (void)state;
        static const char *const SETTINGS[] = { "kafka.key", "userId", NULL };
        struct milling milling;
        milling_start(&milling, SETTINGS, 1000000);
        static const char BODY[] = "{\"userId\":\"0123456789\"," GOOD "}";
        struct event *event = milling_run(&milling, NULL, slice_of(BODY));
        size_t size = event->value.size + event->key.size;
        milling.mill->largest = size;
        assert_int_equal(milling_run(&milling, NULL, slice_of(BODY))->verdict, REASON_published);
        milling.mill->largest = size - 1;
        event = milling_run(&milling, NULL, slice_of(BODY));
        assert_int_equal(event->verdict, REASON_event_too_large);
        assert_null(event->key.data);
        assert_true(event->complaint->message.size > 0);
        milling.mill->largest = 1000000;
        event = milling_run(&milling, NULL, slice_of(BODY));
        assert_true(mill_reject_late(milling.mill, event, REASON_event_too_large, "too much"));
        assert_true(slice_equal(event->complaint->message, SLICE("too much")));
        assert_true(slice_starts_with(event->value, SLICE("{\"reason\":\"event_too_large\",\"message\":\"too much\"")));
        milling_stop(&milling);
}

/* Until nothing of the client's bytes is left; the rest of the record stays what it was. */
static void test_a_bad_record_gets_shorter(void **state)
{
        static const struct { const char *name; char fill; const char *payload; bool shortens; } ROWS[] = {
                { "text",                    'x',    NULL,   true },
                { "bytes that are no text",  '\xff', NULL,   true },
                { "text that is escaped",    '\\',   NULL,   true },
                { "no payload in the record", 'x',   "none", false },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
                const char *const settings[] = { ROWS[i].payload ? "kafka.bad_payload" : NULL, ROWS[i].payload, NULL };
                static char body[100000 + READABLE_PADDING];
                struct milling milling;
                UNIT_ROW(ROWS[i].name);
                milling_start(&milling, settings, 1000000);
                memset(body, ROWS[i].fill, 100000);
                struct event *event = milling_run(&milling, NULL, (struct slice){ body, 100000 });
                uint8_t verdict = event->verdict;
                size_t  size = event->value.size, times = 0;
                assert_int_equal(REASONS[verdict].end, END_REJECTED);
                while (mill_shorten_bad(milling.mill, event)) {
                        assert_true(event->value.size <= size / 2 || size < 1000);
                        assert_int_equal(event->value.data[event->value.size - 1], '}');
                        assert_non_null(memmem(event->value.data, event->value.size, "\"truncated\":true", 16));
                        assert_non_null(memmem(event->value.data, event->value.size, "\"size\":100000", 13));
                        assert_int_equal(event->verdict, verdict);
                        size = event->value.size;
                        assert_true(++times < 20);
                }
                assert_int_equal(event->value.size, size);
                assert_int_equal(times > 4, ROWS[i].shortens);
                assert_true(size < 1000);
                milling_stop(&milling);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_verdicts),
                cmocka_unit_test(test_scopes),
                cmocka_unit_test(test_keys),
                cmocka_unit_test(test_topics),
                cmocka_unit_test(test_identifiers),
                cmocka_unit_test(test_what_the_broker_does_not_take),
                cmocka_unit_test(test_a_bad_record_gets_shorter),
        };
        return cmocka_run_group_tests_name("mill", tests, NULL, NULL);
}
