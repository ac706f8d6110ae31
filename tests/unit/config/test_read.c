#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "config/option.h"
#include <unistd.h>

/* Every mistake of a text, joined with line ends. */
static char *mistakes(const struct errors *errors)
{
        struct buffer out;
        buffer_init(&out, 1 << 20);
        for (size_t i = 0; i < errors->count; i++)
                buffer_format(&out, "%s%s", i ? "\n" : "", errors->items[i].text);
        buffer_add_char(&out, '\0');
        return out.data;
}

static const struct { const char *name, *yaml, *errors; } CASES[] = {
        { "nothing", "", "" },
        { "only comments", "# a\n# b\n", "" },
        { "a byte order mark", "\xEF\xBB\xBFhttp:\n  idle_time: 1s\n", "" },
        { "an empty document", "---\n...\n", "" },
        { "a section without options", "http:\nkafka: ~\nlog: null\n", "" },
        { "options in two levels", "http:\n  idle_time: 1s\n  cors:\n    max_age: 1m\n", "" },
        { "flow style", "{http: {idle_time: 1s}, kafka: {linger: 5ms}}", "" },
        { "an empty map", "kafka:\n  client:\n", "" },

        { "unknown section", "htp:\n  listen: x\n", "f.yaml:1:1: htp: there is no option or section of this name; did you "
                                                    "mean http?" },
        { "unknown option", "http:\n  lisen: x\n",
          "f.yaml:2:3: http.lisen: there is no option or section of this name; did you mean listen?" },
        { "unknown option, unlike all", "http:\n  zebra: x\n", "f.yaml:2:3: http.zebra: there is no option 'http.zebra'" },
        { "option in the wrong section", "kafka:\n  body_limit: 1MiB\n",
          "f.yaml:2:3: kafka.body_limit: there is no option 'kafka.body_limit'; did you mean http.body_limit?" },
        { "unknown section, many levels", "x: [[[{a: [b]}]]]\nlog: {level: loud}\n",
          "f.yaml:1:1: x: there is no option 'x'\n"
          "f.yaml:2:14: log.level: 'loud' found, but wanted is error, warning, info or debug" },
        { "a dotted key", "http.listen: a:1\n",
          "f.yaml:1:1: http.listen: 'http.listen' is not taken as one key: write its parts below each other, indented" },
        { "a dotted key inside", "http:\n  cors.max_age: 1s\n",
          "f.yaml:2:3: http.cors.max_age: 'cors.max_age' is not taken as one key: write its parts below each other, indented" },
        { "an empty key", "\"\": 1\n", "f.yaml:1:1: there is no option ''" },
        { "a key with NUL", "\"http\\0\": {}\n", "f.yaml:1:1: http: there is no option or section of this name; did you mean "
                                                 "http?" },
        { "a list as key", "? [a]\n: b\nlog: {level: debug}\n", "f.yaml:1:3: a list found where a name is wanted" },

        { "option twice", "http:\n  idle_time: 1s\n  idle_time: 2s\n",
          "f.yaml:3:3: http.idle_time: 'idle_time' is given twice; first on line 2" },
        { "section twice", "http: {}\nlog: {}\nhttp: {}\n", "f.yaml:3:1: http: 'http' is given twice; first on line 1" },
        { "key of a map twice", "kafka: {client: {a: 1, a: 2}}\n", "f.yaml:1:24: kafka.client.a: 'a' is given twice; first on "
                                                                   "line 1" },
        { "a secret and its file", "schemas:\n  api_key: a\n  api_key_file: b\n",
          "f.yaml:3:3: schemas.api_key_file: 'api_key' is given twice; first on line 2" },
        { "file of what is no secret", "kafka: {topic_file: x}\n",
          "f.yaml:1:9: kafka.topic_file: there is no option 'kafka.topic_file'; did you mean kafka.topic?" },
        { "key of a map and its file", "kafka: {client: {a: 1, a_file: x}}\n",
          "f.yaml:1:24: kafka.client.a_file: 'a' is given twice; first on line 1" },

        { "a value for a section", "http: 8080\n",
          "f.yaml:1:7: http: one value found, but this is a section: its options are written below it, indented" },
        { "a list for a section", "http: [a]\n",
          "f.yaml:1:7: http: a list found, but this is a section: its options are written below it, indented" },
        { "no value", "http:\n  idle_time:\n",
          "f.yaml:2:13: http.idle_time: no value found, but wanted is a duration from 100ms to 1d; an empty text is written "
          "\"\"" },
        { "a list for a value", "http: {idle_time: [1s]}\n",
          "f.yaml:1:19: http.idle_time: a list found, but wanted is a duration from 100ms to 1d" },
        { "a section for a value", "http: {idle_time: {a: 1s}}\n",
          "f.yaml:1:19: http.idle_time: a section with keys found, but wanted is a duration from 100ms to 1d" },
        { "a list for a word", "log: {level: [info]}\n",
          "f.yaml:1:14: log.level: a list found, but wanted is error, warning, info or debug" },
        { "a section for a list", "http: {listen: {a: 1}}\n",
          "f.yaml:1:16: http.listen: a section with keys found, but wanted is a list of texts" },
        { "a list in a list", "http: {listen: [[a]]}\n", "f.yaml:1:17: http.listen: a list found, but wanted is a text" },
        { "an empty item", "http: {listen: [a:1, \"\"]}\n", "f.yaml:1:22: http.listen: an empty text found in the list" },
        { "nesting in a map", "kafka: {client: {security: {protocol: ssl}}}\n",
          "f.yaml:1:28: kafka.client.security: a section with keys found, but wanted is a text: keys are written with their "
          "dots" },
        { "a value for a map", "kafka: {client: ssl}\n",
          "f.yaml:1:17: kafka.client: one value found, but wanted are keys with their values: kafka.client.KEY" },
        { "a list as document", "- a\n", "f.yaml:1:1: a list found, but wanted are sections such as http: and kafka:" },
        { "a word as document", "hello\n", "f.yaml:1:1: one value found, but wanted are sections such as http: and kafka:" },

        { "an anchor", "log: &x {level: debug}\n", "f.yaml:1:6: an anchor (&name) is not taken here: no alias can refer to it" },
        { "an alias", "http: {idle_time: *x}\n",
          "f.yaml:1:19: an alias (*name) is not taken here: write the value again\n"
          "f.yaml:1:19: http.idle_time: an alias found, but wanted is a duration from 100ms to 1d" },
        { "a tag", "log: {level: !!str debug}\n", "f.yaml:1:14: a tag (!name) is not taken here: the option knows its type" },
        { "a second document", "log: {level: debug}\n---\nlog: {level: info}\n",
          "f.yaml:2:1: a second document starts here; only one is taken" },

        { "a quote left open", "http:\n  listen: \"a\n",
          "f.yaml:3:1: this is not YAML: found unexpected end of stream (while scanning a quoted scalar, from line 2 on)" },
        { "a tab", "http:\n\tlisten: a\n",
          "f.yaml:2:1: this is not YAML: found character that cannot start any token (while scanning for the next token, from "
          "line 2 on)" },
        { "not UTF-8", "log:\n  level: \xff\n", "f.yaml:2:10: this is not readable text: invalid leading UTF-8 octet" },
        { "a control character", "log:\n  level: a\x01\n", "f.yaml:2:11: this is not readable text: control characters are "
                                                           "not allowed" },
        { "mistakes before bad syntax", "htp: 1\nlog: {level: loud}\nx: [\n",
          "f.yaml:1:1: htp: there is no option or section of this name; did you mean http?\n"
          "f.yaml:2:14: log.level: 'loud' found, but wanted is error, warning, info or debug\n"
          "f.yaml:3:1: x: there is no option 'x'\n"
          "f.yaml:4:1: this is not YAML: did not find expected node content (while parsing a flow node, from line 4 on)" },
        { "a NUL in a value", "kafka: {topic: \"a\\0b\"}\n", "f.yaml:1:16: kafka.topic: a NUL character found in a text" },

        { "every mistake at once", "http:\n  body_limit: 2MB\n  idle_time: 5\nkafka:\n  linger: x\n",
          "f.yaml:2:15: http.body_limit: '2MB' found, but wanted is a size from 1KiB to 256MiB; did you mean 2MiB?\n"
          "f.yaml:3:14: http.idle_time: '5' found, but wanted is a duration from 100ms to 1d; the unit is missing: ms, s, m, "
          "h and d\n"
          "f.yaml:5:11: kafka.linger: 'x' found, but wanted is a duration from 0ms to 15m" },
        { "columns count characters", "kafka: {topic: \"\xC3\xA9\xC3\xA9\", linger: x}\n",
          "f.yaml:1:30: kafka.linger: 'x' found, but wanted is a duration from 0ms to 15m" },

        { "variable not set", "kafka: {topic: \"${MILLRACE_TEST_UNSET}\"}\n",
          "f.yaml:1:16: kafka.topic: the environment variable MILLRACE_TEST_UNSET is not set; ${MILLRACE_TEST_UNSET:-...} "
          "would give a value "
          "for that case" },
        { "variable of a bad form", "kafka: {topic: \"${a b}\"}\n",
          "f.yaml:1:16: kafka.topic: '${a' is not of the form ${NAME} or ${NAME:-otherwise}; a dollar sign is written $$" },
        { "variable left open", "kafka: {topic: \"${A:-b\"}\n", "f.yaml:1:16: kafka.topic: '${A' has no closing brace" },
        { "variable in a variable", "kafka: {topic: \"${A:-${B}}\"}\n",
          "f.yaml:1:16: kafka.topic: '${A' has a variable inside a variable" },
        { "variable with a bad value", "worker: {threads: \"${MILLRACE_TEST_WORD}\"}\n",
          "f.yaml:1:19: worker.threads: 'word' found, but wanted is a whole number from 0 to 1024" },
        { "file of a secret missing", "kafka:\n  client:\n    sasl.password_file: nothing/here\n",
          "f.yaml:3:25: kafka.client.sasl.password_file: the file 'nothing/here' cannot be read: No such file or directory" },
        { "folder for a secret", "kafka: {client: {sasl.password_file: /}}\n",
          "f.yaml:1:38: kafka.client.sasl.password_file: the file '/' cannot be taken: Is a directory" },
        { "empty file for a secret", "kafka: {client: {sasl.password_file: /dev/null}}\n",
          "f.yaml:1:38: kafka.client.sasl.password_file: the file '/dev/null' cannot be taken: it is empty" },
        { "endless file for a secret", "kafka: {client: {sasl.password_file: /dev/zero}}\n",
          "f.yaml:1:38: kafka.client.sasl.password_file: the file '/dev/zero' cannot be taken: it is larger than 64KiB" },
};

static void test_every_mistake_has_its_place(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct config config;
                struct errors errors = { 0 };
                config_init(&config);
                bool fine = config_read(&config, "f.yaml", slice_of(CASES[i].yaml), &errors);
                char *found = mistakes(&errors);
                if (strcmp(found, CASES[i].errors) != 0 || fine != !*CASES[i].errors)
                        fail_msg("%s (%d):\n%s", CASES[i].name, fine, found);
                free(found);
                errors_done(&errors);
                config_done(&config);
        }
}

/* What is read, as config_print_effective() would show the option. */
static const struct { const char *name, *yaml, *path, *want; } VALUES[] = {
        { "block list", "http:\n  listen:\n    - a:1\n    - \"b:2, c\"\n", "http.listen", "[a:1, \"b:2, c\"]" },
        { "flow list", "http: {listen: [a:1, 'b:2']}", "http.listen", "[a:1, b:2]" },
        { "one text for a list", "http:\n  listen: a:1, b:2\n", "http.listen", "[a:1, b:2]" },
        { "empty list", "http: {listen: []}", "http.listen", "[]" },
        { "quoted number", "worker: {threads: \"3\"}", "worker.threads", "3" },
        { "folded text", "kafka:\n  topic: >-\n    a\n    b\n", "kafka.topic", "\"a b\"" },
        { "quoted null", "kafka: {topic: \"null\"}", "kafka.topic", "\"null\"" },
        { "map in the order of the file", "kafka:\n  client:\n    z: 1\n    a: true\n", "kafka.client", "{ z: 1, a: \"true\" }" },
        { "map from the environment", "kafka: {client: {a: \"${MILLRACE_TEST_WORD}\"}}", "kafka.client", "{ a: word }" },
        { "secrets of a map", "kafka: {client: {sasl.password: x, b: v}}", "kafka.client", "{ sasl.password: \"***\", b: v }" },
        { "variable", "kafka: {topic: \"a-${MILLRACE_TEST_WORD}-b\"}", "kafka.topic", "a-word-b" },
        { "two variables", "kafka: {topic: \"${MILLRACE_TEST_WORD}${MILLRACE_TEST_WORD}\"}", "kafka.topic", "wordword" },
        { "variable that is set, otherwise unused", "kafka: {topic: \"${MILLRACE_TEST_WORD:-x}\"}", "kafka.topic", "word" },
        { "otherwise", "kafka: {topic: \"${MILLRACE_TEST_UNSET:-x-y}\"}", "kafka.topic", "x-y" },
        { "otherwise for an empty one", "kafka: {topic: \"${MILLRACE_TEST_EMPTY:-x}\"}", "kafka.topic", "x" },
        { "empty otherwise", "kafka: {key: \"${MILLRACE_TEST_UNSET:-}\"}", "kafka.key", "\"\"" },
        { "empty variable", "kafka: {key: \"${MILLRACE_TEST_EMPTY}\"}", "kafka.key", "\"\"" },
        { "doubled dollar", "kafka: {key: \"$${A}\"}", "kafka.key", "\"$${A}\"" },
        { "lone dollars", "kafka: {key: \"a$b$\"}", "kafka.key", "\"a$$b$$\"" },
        { "variable in a number", "worker: {threads: \"1${MILLRACE_TEST_EMPTY}\"}", "worker.threads", "1" },
        { "list from a variable", "http: {listen: \"${MILLRACE_TEST_LIST}\"}", "http.listen", "[a:1, b:2]" },
        { "relative path", "schemas: {path: plan}", "schemas.path", "etc/plan" },
        { "path upwards", "schemas: {path: ../plan}", "schemas.path", "etc/../plan" },
        { "absolute path", "schemas: {path: /plan}", "schemas.path", "/plan" },
        { "empty path", "schemas: {path: \"\"}", "schemas.path", "\"\"" },
};

static void test_values_are_read(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(VALUES); i++) {
                struct config config;
                struct errors errors = { 0 };
                struct buffer out;
                const struct option *option = option_find(slice_of(VALUES[i].path));
                config_init(&config);
                buffer_init(&out, 4096);
                if (!config_read(&config, "etc/f.yaml", slice_of(VALUES[i].yaml), &errors))
                        fail_msg("%s: %s", VALUES[i].name, errors.items[0].text);
                option->type->print(option, option_value_const(option, &config), &out);
                if (!slice_equal(buffer_slice(&out), slice_of(VALUES[i].want)))
                        fail_msg("%s: %.*s", VALUES[i].name, SLICE_ARGS(out));
                buffer_done(&out);
                errors_done(&errors);
                config_done(&config);
        }
}

static void test_a_secret_comes_from_a_file_beside_the_configuration(void **state)
{
        (void)state;
        static const struct { const char *name, *content, *want; } FILES[] = {
                { "as it is", "opensesame", "opensesame" },
                { "its last line end cut", "opensesame\n", "opensesame" },
                { "only the last one", "open\nsesame\r\n\r\n", "open\nsesame\r\n" },
                { "no variable inside", "${HOME}$$\n", "${HOME}$$" },
        };
        char folder[] = "/tmp/millrace-test-XXXXXX", secret[64], yaml[64];
        assert_non_null(mkdtemp(folder));
        (void)snprintf(secret, sizeof(secret), "%s/secret", folder);
        (void)snprintf(yaml, sizeof(yaml), "%s/f.yaml", folder);
        for (size_t i = 0; i < COUNT_OF(FILES); i++) {
                FILE *file = fopen(secret, "we");
                assert_non_null(file);
                assert_true(fputs(FILES[i].content, file) >= 0);
                assert_int_equal(fclose(file), 0);
                file = fopen(yaml, "we");
                assert_non_null(file);
                assert_true(fputs("kafka: {client: {sasl.password_file: secret}}\nschemas: {api_key_file: secret}", file) >= 0);
                assert_int_equal(fclose(file), 0);
                struct config config;
                struct errors errors = { 0 };
                config_init(&config);
                if (!config_load(&config, yaml, &errors))
                        fail_msg("%s: %s", FILES[i].name, errors.items[0].text);
                assert_int_equal(config.kafka_client.count, 1);
                assert_string_equal(config.kafka_client.items[0].key, "sasl.password");
                assert_string_equal(config.kafka_client.items[0].value, FILES[i].want);
                assert_true(config.kafka_client.items[0].secret);
                assert_string_equal(config.schemas_api_key, FILES[i].want);
                config_done(&config);
        }
        assert_int_equal(unlink(secret), 0);
        assert_int_equal(unlink(yaml), 0);
        assert_int_equal(rmdir(folder), 0);
}

static void test_files_are_bounded(void **state)
{
        (void)state;
        struct config config;
        struct errors errors = { 0 };
        size_t size = ((size_t)1 << 20) + 1;
        char *text = memory_get(size);
        memset(text, '#', size);
        config_init(&config);
        assert_true(config_read(&config, "f.yaml", (struct slice){ text, size - 1 }, &errors));
        assert_false(config_read(&config, "f.yaml", (struct slice){ text, size }, &errors));
        assert_string_equal(errors.items[0].text, "f.yaml: the file is larger than 1MiB");
        assert_false(config_load(&config, "/dev/zero", &errors));
        assert_string_equal(errors.items[1].text, "/dev/zero: the file is larger than 1MiB");
        assert_false(config_load(&config, "/nowhere/at/all", &errors));
        assert_string_equal(errors.items[2].text, "/nowhere/at/all: cannot be opened: No such file or directory");
        assert_false(config_load(&config, "/", &errors));
        assert_string_equal(errors.items[3].text, "/: cannot be read: Is a directory");
        free(text);
        errors_done(&errors);
        config_done(&config);
}

static void test_many_keys_are_refused(void **state)
{
        (void)state;
        struct config config;
        struct errors errors = { 0 };
        struct buffer yaml;
        buffer_init(&yaml, 1 << 20);
        buffer_add(&yaml, SLICE("kafka:\n  client:\n"));
        for (int i = 0; i < 1001; i++)
                buffer_format(&yaml, "    k%d: v\n", i);
        config_init(&config);
        assert_false(config_read(&config, "f.yaml", buffer_slice(&yaml), &errors));
        assert_int_equal(errors_total(&errors), 1);
        assert_string_equal(errors.items[0].text, "f.yaml:1003:5: kafka.client.k1000: more than 1000 keys found in one section");
        buffer_done(&yaml);
        errors_done(&errors);
        config_done(&config);
}

int main(void)
{
        assert_int_equal(setenv("MILLRACE_TEST_WORD", "word", 1), 0);
        assert_int_equal(setenv("MILLRACE_TEST_EMPTY", "", 1), 0);
        assert_int_equal(setenv("MILLRACE_TEST_LIST", "a:1, b:2", 1), 0);
        assert_int_equal(unsetenv("MILLRACE_TEST_UNSET"), 0);
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_every_mistake_has_its_place),
                cmocka_unit_test(test_values_are_read),
                cmocka_unit_test(test_a_secret_comes_from_a_file_beside_the_configuration),
                cmocka_unit_test(test_files_are_bounded),
                cmocka_unit_test(test_many_keys_are_refused),
        };
        return cmocka_run_group_tests_name("read", tests, NULL, NULL);
}
