#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "config/option.h"

static void load(struct config *config, const char *yaml)
{
        struct errors errors = { 0 };
        config_init(config);
        if (!config_read(config, "f.yaml", slice_of(yaml), &errors))
                fail_msg("%s", errors.items[0].text);
}

static void test_defaults_hold_without_a_file(void **state)
{
        (void)state;
        struct config config;
        struct errors errors = { 0 };
        config_init(&config);
        assert_null(config.file);
        assert_int_equal(config.http_body_limit, 2 << 20);
        assert_int_equal(config.http_idle_time, 75000);
        assert_int_equal(config.http_listen.count, 1);
        assert_string_equal(config.kafka_topic, "events");
        assert_true(config_check(&config, &errors));
        assert_int_equal(errors_total(&errors), 0);
        config_done(&config);
        config_done(&config);      /* again, and all-zero, is fine */
}

/* A file, then what is set over it. */
static void test_the_last_word_wins(void **state)
{
        (void)state;
        struct config config;
        struct error err;
        load(&config, "http: {idle_time: 5s, listen: [a:1]}\nkafka: {client: {a: 1, b: 2}}\n");
        assert_int_equal(config.http_idle_time, 5000);
        assert_int_equal(config.http_body_limit, 2 << 20);
        assert_true(config_set(&config, "http.idle_time", "6s", &err));
        assert_true(config_set(&config, "http.listen", "b:1,c:2", &err));
        assert_true(config_set(&config, "kafka.client.b", "3", &err));
        assert_true(config_set(&config, "kafka.client.c", "4", &err));
        assert_int_equal(config.http_idle_time, 6000);
        assert_int_equal(config.http_listen.count, 2);
        assert_string_equal(config.http_listen.items[1], "c:2");
        assert_int_equal(config.kafka_client.count, 3);
        assert_string_equal(config.kafka_client.items[0].value, "1");
        assert_string_equal(config.kafka_client.items[1].value, "3");
        assert_string_equal(config.kafka_client.items[2].key, "c");
        assert_true(config_set(&config, "kafka.client", "", &err));
        assert_int_equal(config.kafka_client.count, 0);
        assert_false(config_set(&config, "http.idle_time", "x", &err));
        assert_int_equal(config.http_idle_time, 6000);
        config_done(&config);
}

static void test_mistakes_of_other_rooms_have_their_place(void **state)
{
        (void)state;
        struct config config;
        struct errors errors = { 0 };
        struct error err;
        load(&config, "kafka:\n  topic: a\n  client: {x: y}\n");
        assert_false(config_error(&config, &errors, "kafka.topic", "no %s", "good"));
        assert_false(config_error(&config, &errors, "kafka.client", "bad"));
        assert_false(config_error(&config, &errors, "kafka.key", "none"));
        assert_true(config_set(&config, "kafka.topic", "b", &err));
        assert_false(config_error(&config, &errors, "kafka.topic", "worse"));
        assert_string_equal(errors.items[0].text, "f.yaml:2:10: kafka.topic: no good");
        assert_string_equal(errors.items[1].text, "f.yaml:3:11: kafka.client: bad");
        assert_string_equal(errors.items[2].text, "f.yaml: kafka.key: none");
        assert_string_equal(errors.items[3].text, "kafka.topic: worse");
        errors_done(&errors);
        config_done(&config);
}

static const struct { const char *name, *old, *new, *paths; } RELOADS[] = {
        { "nothing",                   "", "", "" },
        { "the same, written twice",   "http: {listen: 'a:1, b:2'}", "http: {listen: [a:1, b:2]}", "" },
        { "only what may be reloaded", "http: {idle_time: 1s}\nkafka: {topic: a}", "kafka: {topic: b}", "" },
        { "a number",                  "worker: {threads: 2}", "worker: {threads: 3}", "worker.threads" },
        { "a duration",                "kafka: {linger: 1s}", "kafka: {linger: 1000ms}", "" },
        { "a boolean",                 "http: {proxy_protocol: true}", "", "http.proxy_protocol" },
        { "a word",                    "", "kafka: {compression: lz4}", "kafka.compression" },
        { "a longer list",             "http: {listen: [a:1]}", "http: {listen: [a:1, b:2]}", "http.listen" },
        { "another list",              "http: {listen: [a:1]}", "http: {listen: [b:1]}", "http.listen" },
        { "a map's value",             "kafka: {client: {a: 1}}", "kafka: {client: {a: 2}}", "kafka.client" },
        { "a map's key",               "kafka: {client: {a: 1}}", "kafka: {client: {b: 1}}", "kafka.client" },
        { "several",                   "kafka: {linger: 1s}\nsink: {path: /a}", "", "kafka.linger sink.path" },
};
static void test_what_needs_a_restart_is_named_and_kept(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(RELOADS); i++) {
                struct config old, new;
                struct errors paths = { 0 }, again = { 0 };
                struct buffer joined;
                buffer_init(&joined, 4096);
                load(&old, RELOADS[i].old);
                load(&new, RELOADS[i].new);
                bool differs = config_differs_needs_restart(&old, &new, &paths);
                for (size_t j = 0; j < paths.count; j++)
                        buffer_format(&joined, "%s%s", j ? " " : "", paths.items[j].text);
                if (!slice_equal(buffer_slice(&joined), slice_of(RELOADS[i].paths)) || differs != (paths.count > 0))
                        fail_msg("%s: %.*s", RELOADS[i].name, SLICE_ARGS(joined));
                buffer_done(&joined);
                config_keep_restart(&new, &old);
                config_done(&old);         /* what was kept must not point into it */
                load(&old, RELOADS[i].old);
                if (config_differs_needs_restart(&old, &new, &again))
                        fail_msg("%s: not kept", RELOADS[i].name);
                errors_done(&paths);
                errors_done(&again);
                config_done(&old);
                config_done(&new);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_defaults_hold_without_a_file),
                cmocka_unit_test(test_the_last_word_wins),
                cmocka_unit_test(test_mistakes_of_other_rooms_have_their_place),
                cmocka_unit_test(test_what_needs_a_restart_is_named_and_kept),
        };
        return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
