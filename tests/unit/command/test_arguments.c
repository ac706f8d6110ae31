#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/buffer.h"
#include "command/arguments.h"
#include <unistd.h>

#define WORDS_MAX 8

static const struct flag FLAGS[] = {
        { "--strict", NULL,   "Nothing is forgiven." },
        { "--out",    "FILE", "Where it goes." },
        { NULL, NULL, NULL },
};

/* `want`: what was understood, as show() writes it; or the sentence of the refusal. */
static const struct { const char *name, *words[WORDS_MAX]; bool common, fine; const char *want; } CASES[] = {
        { "nothing",             { NULL }, true, true, "" },
        { "operands",            { "a", "b" }, true, true, "a b" },
        { "a dash is an operand", { "-" }, true, true, "-" },
        { "an empty operand",    { "" }, true, true, "" },
        { "config",              { "--config", "f" }, true, true, "config=f" },
        { "config with equals",  { "--config=f" }, true, true, "config=f" },
        { "config, empty",       { "--config=" }, true, true, "config=" },
        { "sets",                { "--set", "a=b", "x", "--set=c=d=e" }, true, true, "set:a=b set:c=d=e x" },
        { "own flag",            { "--strict", "x" }, true, true, "strict x" },
        { "own flag with value", { "--out", "--strict" }, true, true, "out=--strict" },
        { "behind the dashes",   { "--", "--strict", "--", "-x" }, true, true, "--strict -- -x" },
        { "help",                { "a", "--help" }, true, true, "help a" },
        { "h",                   { "-h" }, false, true, "help" },

        { "no value",            { "--config" }, true, false, "--config needs a value: --config FILE" },
        { "no value of its own", { "--out" }, true, false, "--out needs a value: --out FILE" },
        { "a value too many",    { "--strict=1" }, true, false, "--strict takes no value" },
        { "config twice",        { "--config=a", "--config=b" }, true, false, "--config is given twice" },
        { "own flag twice",      { "--strict", "--strict" }, true, false, "--strict is given twice" },
        { "set without value",   { "--set", "a" }, true, false, "--set a is not of the form OPTION=VALUE" },
        { "set without option",  { "--set", "=a" }, true, false, "--set =a is not of the form OPTION=VALUE" },
        { "nearly a flag",       { "--stritc" }, true, false, "there is no flag --stritc here; did you mean --strict?" },
        { "nearly a common one", { "--cofnig=x" }, true, false, "there is no flag --cofnig here; did you mean --config?" },
        { "no flag at all",      { "-x" }, true, false, "there is no flag -x here" },
        { "not common here",     { "--config", "f" }, false, false, "there is no flag --config here" },
};

static void add_word(struct buffer *out, const char *start, const char *word)
{
        buffer_format(out, "%s%s%s", out->size ? " " : "", start, word);
}

static void show(const struct arguments *arguments, struct buffer *out)
{
        if (arguments->help)
                add_word(out, "help", "");
        if (arguments->config)
                add_word(out, "config=", arguments->config);
        for (size_t i = 0; i < arguments->set_count; i++)
                add_word(out, "set:", arguments->sets[i]);
        if (arguments->flag[0])
                add_word(out, "strict", arguments->flag[0]);
        if (arguments->flag[1])
                add_word(out, "out=", arguments->flag[1]);
        for (size_t i = 0; i < arguments->operand_count; i++)
                add_word(out, "", arguments->operands[i]);
}

static void test_command_lines_are_understood(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct arguments arguments;
                struct error err = { "" };
                struct buffer out;
                buffer_init(&out, 4096);
                bool fine = arguments_parse(&arguments, CASES[i].words, FLAGS, CASES[i].common, &err);
                show(&arguments, &out);
                struct slice got = fine ? buffer_slice(&out) : slice_of(err.text);
                if (fine != CASES[i].fine || !slice_equal(got, slice_of(CASES[i].want)))
                        fail_msg("%s: %.*s", CASES[i].name, SLICE_ARGS(got));
                buffer_done(&out);
                arguments_done(&arguments);
        }
}

/* Mistakes of all sources together; the check of options against each other only once they are understood. */
static const struct { const char *name, *yaml, *words[WORDS_MAX]; const char *errors[4]; } CONFIGS[] = {
        { "a good file", "worker: {threads: 2}", { NULL }, { NULL } },
        { "set over the file", "worker: {threads: 2}", { "--set", "worker.threads=3" }, { NULL } },
        { "set to mend the file", "sink: {type: file}", { "--set", "sink.path=/x" }, { NULL } },
        { "file and set wrong", "worker: {threads: x}", { "--set", "log.level=loud", "--set=a.b=c" },
          { "FILE:1:19: worker.threads: 'x' found, but wanted is a whole number from 0 to 1024",
            "--set: log.level: 'loud' found, but wanted is error, warning, info or debug", "--set: there is no option 'a.b'" } },
        { "options that do not fit", "sink: {type: file}", { NULL }, { "FILE: sink.path: the file sink needs a folder" } },
        { "not checked before understood", "sink: {type: file}\nx: 1", { NULL }, { "FILE:2:1: x: there is no option 'x'" } },
};

static void test_configurations_are_put_together(void **state)
{
        (void)state;
        char folder[] = "/tmp/millrace-test-XXXXXX", path[64];
        assert_non_null(mkdtemp(folder));
        (void)snprintf(path, sizeof(path), "%s/f.yaml", folder);
        for (size_t i = 0; i < COUNT_OF(CONFIGS); i++) {
                FILE *file = fopen(path, "we");
                assert_non_null(file);
                assert_true(fputs(CONFIGS[i].yaml, file) >= 0);
                assert_int_equal(fclose(file), 0);
                struct arguments arguments;
                struct config config;
                struct errors errors = { 0 };
                struct error err;
                assert_true(arguments_parse(&arguments, CONFIGS[i].words, FLAGS, true, &err));
                arguments.config = path;
                bool fine = arguments_config(&arguments, &config, &errors);
                size_t want = 0;
                while (want < COUNT_OF(CONFIGS[i].errors) && CONFIGS[i].errors[want])
                        want++;
                if (fine != (want == 0) || errors.count != want)
                        fail_msg("%s: %zu mistakes, %s", CONFIGS[i].name, errors.count, errors.count ? errors.items[0].text : "");
                for (size_t j = 0; j < want; j++) {
                        const char *got = errors.items[j].text, *expected = CONFIGS[i].errors[j];
                        bool placed = strncmp(expected, "FILE", 4) == 0;
                        if (placed && strncmp(got, path, strlen(path)) == 0)
                                got += strlen(path), expected += 4;
                        if (strcmp(got, expected) != 0)
                                fail_msg("%s: %s", CONFIGS[i].name, errors.items[j].text);
                }
                errors_done(&errors);
                config_done(&config);
                arguments_done(&arguments);
        }
        assert_int_equal(unlink(path), 0);
        assert_int_equal(rmdir(folder), 0);
}

static void test_a_file_that_is_named_must_be_there(void **state)
{
        (void)state;
        struct arguments arguments = { .config = "/nowhere/at/all" };
        struct config config;
        struct errors errors = { 0 };
        assert_false(arguments_config(&arguments, &config, &errors));
        assert_string_equal(errors.items[0].text, "/nowhere/at/all: cannot be opened: No such file or directory");
        errors_done(&errors);
        config_done(&config);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_command_lines_are_understood),
                cmocka_unit_test(test_configurations_are_put_together),
                cmocka_unit_test(test_a_file_that_is_named_must_be_there),
        };
        return cmocka_run_group_tests_name("arguments", tests, NULL, NULL);
}
