#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "milling.h"

/* What is wrong with an option; want NULL: nothing. */
static const struct { const char *name, *option, *value, *want; } CASES[] = {
        { "a plain topic",       "kafka.topic", "events.v1_x-Y", NULL },
        { "every place",         "kafka.topic", "{vendor}-{name}-{model}-{app_id}-{bot}", NULL },
        { "the longest topic",   "kafka.topic", "%249", NULL },
        { "a topic too long",    "kafka.topic", "%250", "the name of a topic has 1 to 249 characters, and is not '.' or '..'" },
        { "no room for a place", "kafka.topic", "%249{bot}",
          "its fixed text leaves no room in the 249 characters of a topic's name" },
        { "room for a letter",   "kafka.topic", "%248{bot}", NULL },
        { "an empty topic",      "kafka.topic", "", "the name of a topic has 1 to 249 characters, and is not '.' or '..'" },
        { "one dot",             "kafka.topic", ".", "the name of a topic has 1 to 249 characters, and is not '.' or '..'" },
        { "two dots",            "kafka.topic", "..", "the name of a topic has 1 to 249 characters, and is not '.' or '..'" },
        { "three dots",          "kafka.topic", "...", NULL },
        { "a space",             "kafka.topic", "my events",
          "' ' cannot be in the name of a topic; letters, digits, '.', '_' and '-' can" },
        { "a space behind a place", "kafka.topic", "{name} x",
          "' ' cannot be in the name of a topic; letters, digits, '.', '_' and '-' can" },
        { "no closing",          "kafka.topic", "a{name", "a '{' without its '}'" },
        { "no opening",          "kafka.topic", "a}b",
          "'}' cannot be in the name of a topic; letters, digits, '.', '_' and '-' can" },
        { "an unknown place",    "kafka.topic", "{nam}",
          "'{nam}' is not known; there are {vendor}, {name}, {model}, {app_id} and {bot}" },
        { "an empty place",      "kafka.topic", "{}",
          "'{}' is not known; there are {vendor}, {name}, {model}, {app_id} and {bot}" },
        { "too many parts",      "kafka.topic", "{bot}{bot}{bot}{bot}{bot}{bot}{bot}{bot}{bot}{bot}{bot}{bot}{bot}{bot}{bot}"
                                                "{bot}{bot}", "it has more than 16 parts" },

        { "the longest bad topic", "kafka.bad_topic", "%249", NULL },
        { "a bad topic too long", "kafka.bad_topic", "%250",
          "the name of a topic has 1 to 249 characters, and is not '.' or '..'" },
        { "an empty bad topic",  "kafka.bad_topic", "", "the name of a topic has 1 to 249 characters, and is not '.' or '..'" },
        { "a bad topic of dots", "kafka.bad_topic", "..",
          "the name of a topic has 1 to 249 characters, and is not '.' or '..'" },
        { "a place in the bad topic", "kafka.bad_topic", "bad-{name}",
          "'{' cannot be in the name of a topic; letters, digits, '.', '_' and '-' can" },

        { "all headers",         "kafka.headers", "schema, received_at, event_id, content-type", NULL },
        { "one header",          "kafka.headers", "schema", NULL },
        { "no headers",          "kafka.headers", "", NULL },
        { "an unknown header",   "kafka.headers", "schema, event-id",
          "'event-id' is no header of a record: content-type, event_id, received_at, schema; did you mean event_id?" },
        { "quite another header", "kafka.headers", "traceparent",
          "'traceparent' is no header of a record: content-type, event_id, received_at, schema" },

        { "no key",              "kafka.key", "", NULL },
        { "userId",              "kafka.key", "userId", NULL },
        { "anonymousId",         "kafka.key", "anonymousId", NULL },
        { "sessionId",           "kafka.key", "sessionId", NULL },
        { "subject",             "kafka.key", "subject", NULL },
        { "id",                  "kafka.key", "id", NULL },
        { "a pointer",           "kafka.key", "/cart/0/a~1b~0c", NULL },
        { "a pointer to the empty name", "kafka.key", "/", NULL },
        { "a pointer with a tilde", "kafka.key", "/a~2",
          "'/a~2' is no JSON pointer (RFC 6901): '~' must be followed by 0 or 1" },
        { "a tilde at the end",  "kafka.key", "/a~", "'/a~' is no JSON pointer (RFC 6901): '~' must be followed by 0 or 1" },
        { "another attribute",   "kafka.key", "source",
          "'source' is not known; there are userId, anonymousId, sessionId, subject, id, and JSON pointers "
          "into the data such as /cart/id" },
        { "another case",        "kafka.key", "userid",
          "'userid' is not known; there are userId, anonymousId, sessionId, subject, id, and JSON pointers "
          "into the data such as /cart/id" },
};

/* "%249x": 249 times the letter a, then x. */
static const char *value_of(const char *text, char room[512])
{
        if (*text != '%')
                return text;
        char *behind;
        size_t count = strtoul(text + 1, &behind, 10);
        memset(room, 'a', count);
        (void)snprintf(room + count, 512 - count, "%s", behind);
        return room;
}

static void test_rules_are_understood(void **state)
{
        struct folder *folder = *state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                char room[512], want[600];
                const char *settings[] = { CASES[i].option, value_of(CASES[i].value, room), NULL };
                struct errors errors = { 0 };
                struct plan *plan = milling_plan(folder, settings, &errors);
                (void)snprintf(want, sizeof(want), "%s: %s", CASES[i].option, CASES[i].want ? CASES[i].want : "");
                if ((plan != NULL) != (CASES[i].want == NULL) || errors_total(&errors) != (CASES[i].want != NULL))
                        fail_msg("%s: %zu mistakes, %s", CASES[i].name, errors_total(&errors),
                                 errors.count ? errors.items[0].text : "");
                if (errors.count && !strstr(errors.items[0].text, want))
                        fail_msg("%s: %s", CASES[i].name, errors.items[0].text);
                plan_unref(plan);
                errors_done(&errors);
        }
}

static void test_every_mistake_is_told_at_once(void **state)
{
        static const char *const SETTINGS[] = { "kafka.topic", "a b", "kafka.bad_topic", "", "kafka.key", "x", "schemas.path",
                                                "/nonexistent", "enrich.order", "reception, horoscope", NULL };
        struct errors errors = { 0 };
        assert_null(milling_plan(*state, SETTINGS, &errors));
        assert_int_equal(errors_total(&errors), 5);
        errors_done(&errors);
}

static void test_the_last_reference_frees(void **state)
{
        struct errors errors = { 0 };
        struct plan *plan = milling_plan(*state, NULL, &errors);
        assert_non_null(plan);
        assert_int_equal(registry_count(plan->registry), 4);
        assert_true(plan->topic.constant && plan->key.none);
        assert_ptr_equal(plan_ref(plan), plan);
        plan_unref(plan);
        assert_string_equal(plan->config.kafka_topic, "events");   /* still there */
        plan_want(plan, SLICE("com.acme/unknown/1-0-0"));          /* no remote registry: nothing to ask */
        plan_unref(plan);
        plan_unref(NULL);
}

static int setup(void **state)
{
        static struct folder folder;
        folder_init(&folder);
        *state = &folder;
        return 0;
}

static int teardown(void **state)
{
        folder_done(*state);
        return 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rules_are_understood),
                cmocka_unit_test(test_every_mistake_is_told_at_once),
                cmocka_unit_test(test_the_last_reference_frees),
        };
        return cmocka_run_group_tests_name("plan", tests, setup, teardown);
}
