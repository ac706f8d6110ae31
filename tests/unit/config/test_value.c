#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "config/option.h"

/* By config_set(), as --set does. `want` NULL: refused with exactly `error`. */
static const struct { const char *name, *path, *text, *want, *error; } CASES[] = {
        { "whole number",        "worker.threads", "8", "8", NULL },
        { "number at its least", "worker.threads", "0", "0", NULL },
        { "number too large",    "worker.threads", "1025", NULL,
          "worker.threads: '1025' found, but wanted is a whole number from 0 to 1024; this is too large" },
        { "number too small",    "events.depth_limit", "-1", NULL,
          "events.depth_limit: '-1' found, but wanted is a whole number from 4 to 1000; this is too small" },
        { "no number",           "worker.threads", "many", NULL,
          "worker.threads: 'many' found, but wanted is a whole number from 0 to 1024" },
        { "empty number",        "worker.threads", "", NULL,
          "worker.threads: '' found, but wanted is a whole number from 0 to 1024" },
        { "number with a tail",  "worker.threads", "8x", NULL,
          "worker.threads: '8x' found, but wanted is a whole number from 0 to 1024" },
        { "largest number",      "debug.seed", "9223372036854775807", "9223372036854775807", NULL },
        { "number past 64 bits", "debug.seed", "9223372036854775808", NULL,
          "debug.seed: '9223372036854775808' found, but wanted is a whole number from 0 to 9223372036854775807" },

        { "plain bytes",         "http.body_limit", "2048", "2KiB", NULL },
        { "KiB",                 "http.body_limit", "2KiB", "2KiB", NULL },
        { "MiB",                 "http.body_limit", "3MiB", "3MiB", NULL },
        { "GiB",                 "http.inflated_limit", "1GiB", "1GiB", NULL },
        { "TiB",                 "kafka.queue", "1TiB", "1TiB", NULL },
        { "odd bytes",           "http.body_limit", "1025", "1025", NULL },
        { "size below least",    "http.body_limit", "1023", NULL,
          "http.body_limit: '1023' found, but wanted is a size from 1KiB to 256MiB; this is too small" },
        { "KB for KiB",          "http.body_limit", "2KB", NULL,
          "http.body_limit: '2KB' found, but wanted is a size from 1KiB to 256MiB; did you mean 2KiB?" },
        { "m for MiB",           "http.body_limit", "2m", NULL,
          "http.body_limit: '2m' found, but wanted is a size from 1KiB to 256MiB; did you mean 2MiB?" },
        { "space before unit",   "http.body_limit", "2 MiB", NULL,
          "http.body_limit: '2 MiB' found, but wanted is a size from 1KiB to 256MiB; did you mean 2MiB?" },
        { "B",                   "http.body_limit", "4096B", NULL,
          "http.body_limit: '4096B' found, but wanted is a size from 1KiB to 256MiB; did you mean 4096?" },
        { "unknown size unit",   "http.body_limit", "2x", NULL,
          "http.body_limit: '2x' found, but wanted is a size from 1KiB to 256MiB; the units are KiB, MiB, GiB and TiB" },
        { "size past 64 bits",   "kafka.queue", "9000000000GiB", NULL,
          "kafka.queue: '9000000000GiB' found, but wanted is a size from 1MiB to 1TiB; this is too large" },
        { "digits past 64 bits", "kafka.queue", "99999999999999999999GiB", NULL,
          "kafka.queue: '99999999999999999999GiB' found, but wanted is a size from 1MiB to 1TiB" },

        { "milliseconds",        "http.head_time", "500ms", "500ms", NULL },
        { "seconds",             "http.head_time", "5s", "5s", NULL },
        { "minutes",             "http.head_time", "2m", "2m", NULL },
        { "hours",               "worker.drain_time", "1h", "1h", NULL },
        { "days",                "http.idle_time", "1d", "1d", NULL },
        { "nothing at all",      "worker.drain_time", "0", "0ms", NULL },
        { "unit missing",        "http.head_time", "10", NULL,
          "http.head_time: '10' found, but wanted is a duration from 100ms to 10m; the unit is missing: ms, s, m, h and d" },
        { "min for m",           "http.head_time", "2min", NULL,
          "http.head_time: '2min' found, but wanted is a duration from 100ms to 10m; did you mean 2m?" },
        { "unknown time unit",   "http.head_time", "2y", NULL,
          "http.head_time: '2y' found, but wanted is a duration from 100ms to 10m; the units are ms, s, m, h and d" },
        { "a fraction",          "http.head_time", "1.5s", NULL,
          "http.head_time: '1.5s' found, but wanted is a duration from 100ms to 10m; the units are ms, s, m, h and d" },
        { "time past 64 bits",   "http.idle_time", "200000000000d", NULL,
          "http.idle_time: '200000000000d' found, but wanted is a duration from 100ms to 1d; this is too large" },

        { "true",                "kafka.cloudevents", "true", "true", NULL },
        { "false",               "kafka.cloudevents", "false", "false", NULL },
        { "yes",                 "kafka.cloudevents", "yes", NULL,
          "kafka.cloudevents: 'yes' found, but wanted is true or false; did you mean true?" },
        { "Off",                 "kafka.cloudevents", "Off", NULL,
          "kafka.cloudevents: 'Off' found, but wanted is true or false; did you mean false?" },
        { "no boolean",          "kafka.cloudevents", "maybe", NULL, "kafka.cloudevents: 'maybe' found, but wanted is true or "
                                                                     "false" },

        { "a word",              "kafka.compression", "zstd", "zstd", NULL },
        { "nearly a word",       "kafka.compression", "zsdt", NULL,
          "kafka.compression: 'zsdt' found, but wanted is none, lz4, zstd, snappy or gzip; did you mean zstd?" },
        { "a word in capitals",  "kafka.compression", "LZ4", NULL,
          "kafka.compression: 'LZ4' found, but wanted is none, lz4, zstd, snappy or gzip; did you mean lz4?" },
        { "no word at all",      "kafka.compression", "brotli", NULL,
          "kafka.compression: 'brotli' found, but wanted is none, lz4, zstd, snappy or gzip" },
        { "part of a word",      "log.level", "error|warning", NULL,
          "log.level: 'error|warning' found, but wanted is error, warning, info or debug" },

        { "text",                "kafka.topic", "events-{vendor}", "\"events-{vendor}\"", NULL },
        { "empty text",          "kafka.key", "", "\"\"", NULL },
        { "a dollar stays",      "kafka.key", "a${HOME}", "\"a$${HOME}\"", NULL },
        { "path as it is",       "schemas.path", "here", "here", NULL },
        { "list",                "http.listen", "a:1, b:2 ,,c:3", "[a:1, b:2, c:3]", NULL },
        { "list of one",         "http.listen", "[::1]:80", "[\"[::1]:80\"]", NULL },
        { "empty list",          "http.listen", "", "[]", NULL },
        { "key of a map",        "kafka.client.security.protocol", "SSL", "{ security.protocol: SSL }", NULL },
        { "secret key of a map", "kafka.client.sasl.password", "opensesame", "{ sasl.password: \"***\" }", NULL },
        { "a map as a whole",    "kafka.client", "a=b", NULL,
          "kafka.client: one value found, but wanted are keys with their values: kafka.client.KEY" },
        { "file of a map's key", "kafka.client.ssl.key.password_file", "/nowhere/at/all", NULL,
          "kafka.client.ssl.key.password_file: the file '/nowhere/at/all' cannot be read: No such file or directory" },

        { "secret",              "schemas.api_key", "opensesame", "\"***\"", NULL },
        { "empty secret",        "schemas.api_key", "", "\"\"", NULL },
        { "file of a secret",    "schemas.api_key_file", "/nowhere/at/all", NULL,
          "schemas.api_key_file: the file '/nowhere/at/all' cannot be read: No such file or directory" },
        { "file of no secret",   "kafka.topic_file", "/x", NULL,
          "there is no option 'kafka.topic_file'; did you mean kafka.topic?" },

        { "nearly an option",    "http.listne", "x", NULL, "there is no option 'http.listne'; did you mean http.listen?" },
        { "without its section", "body_limit", "x", NULL, "there is no option 'body_limit'; did you mean http.body_limit?" },
        { "no option at all",    "entirely.other", "x", NULL, "there is no option 'entirely.other'" },
        { "a section",           "http", "x", NULL, "there is no option 'http'" },
        { "no name",             "", "x", NULL, "there is no option ''" },
};

static const struct option *option_of(const char *path)
{
        const struct option *option = option_find(slice_of(path));
        return option ? option : option_find(SLICE("kafka.client"));
}

static void test_values_are_parsed_and_printed(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct config config;
                struct error err = { "" };
                struct buffer out;
                config_init(&config);
                buffer_init(&out, 4096);
                bool fine = config_set(&config, CASES[i].path, CASES[i].text, &err);
                if (fine != (CASES[i].want != NULL))
                        fail_msg("%s: %s", CASES[i].name, fine ? "taken" : err.text);
                if (!fine) {
                        if (strcmp(err.text, CASES[i].error) != 0)
                                fail_msg("%s: \"%s\"", CASES[i].name, err.text);
                } else {
                        const struct option *option = option_of(CASES[i].path);
                        option->type->print(option, option_value_const(option, &config), &out);
                        if (!slice_equal(buffer_slice(&out), slice_of(CASES[i].want)))
                                fail_msg("%s: %.*s", CASES[i].name, SLICE_ARGS(out));
                }
                buffer_done(&out);
                config_done(&config);
        }
}

static const struct { const char *name, *text, *want; } SHOWN[] = {
        { "plain",            "abc",       "'abc'" },
        { "control",          "a\nb\x7f",  "'a b '" },
        { "cut",              "0123456789012345678901234567890123456789012345678901234567890123456789",
          "'0123456789012345678901234567890123456789012345678901234567890123...'" },
        { "not inside a character", "012345678901234567890123456789012345678901234567890123456789012\xC3\xA9xx",
          "'012345678901234567890123456789012345678901234567890123456789012...'" },
};
static void test_shown_texts_fit_a_line(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(SHOWN); i++) {
                char shown[SHOWN_SIZE];
                if (strcmp(text_show(slice_of(SHOWN[i].text), shown), SHOWN[i].want) != 0)
                        fail_msg("%s: %s", SHOWN[i].name, shown);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_values_are_parsed_and_printed),
                cmocka_unit_test(test_shown_texts_fit_a_line),
        };
        return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}
