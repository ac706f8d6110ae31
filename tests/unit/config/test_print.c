#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>
#include "config/option.h"

/* What a print function wrote, NUL-terminated, from malloc. */
static char *printed(void (*print)(FILE *out))
{
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        assert_non_null(out);
        print(out);
        assert_int_equal(fclose(out), 0);
        return text;
}

static char *effective(const struct config *config)
{
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        assert_non_null(out);
        config_print_effective(config, out);
        assert_int_equal(fclose(out), 0);
        return text;
}

static void assert_defaults(const struct config *config)
{
        struct config standard;
        config_init(&standard);
        for (const struct option *option = OPTIONS; option < OPTIONS + OPTION_COUNT; option++)
                if (!option->type->equal(option_value_const(option, &standard), option_value_const(option, config)))
                        fail_msg("%s differs from its default", option->path);
        config_done(&standard);
}

static void read_text(struct config *config, const char *text)
{
        struct errors errors = { 0 };
        config_init(config);
        if (!config_read(config, "sample.yaml", slice_of(text), &errors))
                fail_msg("%s", errors.items[0].text);
}

/* As it is, it sets nothing; with every '#' before a name taken away it sets every option to its default. */
static void test_the_sample_is_a_configuration(void **state)
{
        (void)state;
        struct config config;
        char *sample = printed(config_print_sample);
        read_text(&config, sample);
        for (size_t i = 0; i < OPTION_COUNT; i++)
                assert_int_equal(config_memory(&config)->origins[i].line, 0);
        config_done(&config);
        for (char *line = sample; line; line = strchr(line, '\n')) {
                line += *line == '\n';
                char *hash = line + strspn(line, " ");
                if (hash[0] == '#' && hash[1] >= 'a' && hash[1] <= 'z')
                        memmove(hash, hash + 1, strlen(hash));
        }
        read_text(&config, sample);
        for (size_t i = 0; i < OPTION_COUNT; i++)
                if (config_memory(&config)->origins[i].line == 0)
                        fail_msg("%s is not in the sample", OPTIONS[i].path);
        assert_defaults(&config);
        free(sample);
        config_done(&config);
}

static void test_the_manual_has_every_option(void **state)
{
        (void)state;
        char *page = printed(config_print_reference), *manual = printed(config_print_manual);
        for (size_t i = 0; i < OPTION_COUNT; i++) {
                char row[128];
                (void)snprintf(row, sizeof(row), "\n| `%s` | %s | ", OPTIONS[i].path, OPTIONS[i].type->name);
                if (!strstr(page, row))
                        fail_msg("%s is not in the manual", OPTIONS[i].path);
                (void)snprintf(row, sizeof(row), "\n\\fB%s\\fR (%s", OPTIONS[i].path, OPTIONS[i].type->name);
                if (!strstr(manual, row))
                        fail_msg("%s is not in the manual page", OPTIONS[i].path);
        }
        free(page);
        free(manual);
}

/* Printing what is in force and reading it gives the same again. */
static void test_what_is_in_force_can_be_read_again(void **state)
{
        (void)state;
        static const char YAML[] =
                "http:\n  listen: [\"[::]:80\", \"a b, c\", '*', ':8080']\n  body_limit: 1025\n  cors: {max_age: 61s}\n"
                "kafka:\n  topic: \"x\\n\\\"$${A}$$$$: #\\u00e9\"\n  client: {a.b: \"no\", c: "
                "\"${MILLRACE_TEST_UNSET:-d}\"}\n  compression: lz4\n"
                "schemas: {path: /x y}\n";
        struct config config, again;
        struct error err;
        read_text(&config, YAML);
        assert_true(config_set(&config, "worker.threads", "3", &err));
        char *text = effective(&config);
        read_text(&again, text);
        for (const struct option *option = OPTIONS; option < OPTIONS + OPTION_COUNT; option++)
                if (!option->type->equal(option_value_const(option, &config), option_value_const(option, &again)))
                        fail_msg("%s differs:\n%s", option->path, text);
        assert_non_null(strstr(text, "\n  body_limit: 1025   # sample.yaml:3\n"));
        assert_non_null(strstr(text, "\n  threads: 3   # --set\n"));
        assert_non_null(strstr(text, "\n  idle_time: 75s\n"));
        free(text);
        config_done(&config);
        config_done(&again);
}

/* What is printed here is read elsewhere: relative paths begin at the file's folder, those of --set and tls.* at ours. */
static void test_paths_are_absolute(void **state)
{
        (void)state;
        static const char YAML[] =
                "schemas: {path: plan, cache: /var/c}\nspool: {path: ''}\ntls: {certificates: [a.pem, /b.pem]}\n"
                "enrich:\n  geo: {databases: [city.mmdb, /a.mmdb]}\n  referrer: {lists: [l.yml, social=s.txt, /x/a=b]}\n"
                "  instances: {shop: {kind: lookup, file: shops.csv, key: file}}\n";
        static const char *const LINES[] = {       /* @: our folder */
                "\n  path: @/conf/plan   # conf/sample.yaml:1\n",
                "\n  cache: /var/c   #",
                "\n  path: \"\"   # conf/sample.yaml:2\n",
                "certificates: [@/a.pem, /b.pem]",
                "databases: [@/conf/city.mmdb, /a.mmdb]",
                "lists: [@/conf/l.yml, \"social=@/conf/s.txt\", \"/x/a=b\"]",
                "file: @/conf/shops.csv, key: file } }",
                "\n  file: @/keys   # --set\n",
        };
        struct config config;
        struct errors errors = { 0 };
        struct error err;
        char here[256];
        assert_non_null(getcwd(here, sizeof(here)));
        config_init(&config);
        assert_true(config_read(&config, "conf/sample.yaml", SLICE(YAML), &errors));
        assert_true(config_set(&config, "keys.file", "keys", &err));
        char *text = effective(&config);
        for (size_t i = 0; i < COUNT_OF(LINES); i++) {
                struct buffer line;
                buffer_init(&line, 4096);
                for (const char *at = LINES[i]; *at; at++)
                        buffer_add(&line, *at == '@' ? slice_of(here) : (struct slice){ at, 1 });
                buffer_add_char(&line, '\0');
                if (!strstr(text, line.data))
                        fail_msg("there is no %s in\n%s", line.data, text);
                buffer_done(&line);
        }
        free(text);
        config_done(&config);
}

static void test_secrets_are_never_printed(void **state)
{
        (void)state;
        static const char *const KEYS[] = { "sasl.password", "ssl.key.password", "ssl.key.pem", "sasl.oauthbearer.client.secret",
                                            "sasl.oauthbearer.config", "sasl.jaas.config", "x.API_KEY" };
        struct config config;
        struct error err;
        config_init(&config);
        for (size_t i = 0; i < COUNT_OF(KEYS); i++) {
                char path[96];
                (void)snprintf(path, sizeof(path), "kafka.client.%s", KEYS[i]);
                assert_true(config_set(&config, path, "opensesame", &err));
        }
        assert_true(config_set(&config, "schemas.api_key", "opensesame", &err));
        char *text = effective(&config);
        assert_null(strstr(text, "opensesame"));
        assert_non_null(strstr(text, "\n  api_key: \"***\""));
        assert_non_null(strstr(text, "sasl.password: \"***\""));
        free(text);
        config_done(&config);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_sample_is_a_configuration),
                cmocka_unit_test(test_the_manual_has_every_option),
                cmocka_unit_test(test_what_is_in_force_can_be_read_again),
                cmocka_unit_test(test_paths_are_absolute),
                cmocka_unit_test(test_secrets_are_never_printed),
        };
        return cmocka_run_group_tests_name("print", tests, NULL, NULL);
}
