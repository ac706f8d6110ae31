#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "shell.h"

#define WORDS_MAX 8

/* What the program says for a command line; `in`: a part of it. */
static const struct { const char *name, *words[WORDS_MAX]; int status; bool error; const char *in; } CASES[] = {
        { "nothing",           { "millrace" }, 2, true, "Usage: millrace COMMAND [FLAG]...\n" },
        { "help",              { "millrace", "--help" }, 0, false, "\n  reference             Print a page of the manual" },
        { "help as a command", { "millrace", "help" }, 0, false, "Usage: millrace COMMAND [FLAG]...\n" },
        { "version",           { "millrace", "--version" }, 0, false, "millrace " MILLRACE_VERSION "\n" },
        { "help of a command", { "millrace", "config", "--help" }, 0, false, "\n  --set OPTION=VALUE " },
        { "help for a command", { "millrace", "help", "reference" }, 0, false, "\n  --files  " },
        { "help for none",     { "millrace", "help", "refrence" }, 2, true,
          "millrace: there is no command 'refrence'; did you mean reference?\n" },
        { "nearly a command",  { "millrace", "confg" }, 2, true,
          "millrace: there is no command 'confg'; did you mean config?\n" },
        { "no command at all", { "millrace", "dance" }, 2, true,
          "millrace: there is no command 'dance'; `millrace --help` lists them\n" },
        { "a bad flag",        { "millrace", "config", "--sett" }, 2, true,
          "millrace config: there is no flag --sett here; did you mean --set? `millrace config --help` says more\n" },
        { "a word too many",   { "millrace", "config", "x" }, 2, true,
          "millrace config: 'x' is one word too many; `millrace config --help` says more\n" },

        { "config",            { "millrace", "config", "--config=/dev/null", "--set", "worker.threads=7" }, 0, false,
          "\nworker:\n  drain_time: 30s\n  threads: 7   # --set\n" },
        { "config with mistakes", { "millrace", "config", "--config=/dev/null", "--set=a=b", "--set=log.level=x" }, 1, true,
          "--set: there is no option 'a'\n--set: log.level: 'x' found, but wanted is error, warning, info or debug\n" },

        { "list of pages",     { "millrace", "reference" }, 0, false, "\nmetrics         What `/metrics` tells.\n" },
        { "files of pages",    { "millrace", "reference", "--files" }, 0, false, "\nmetrics\tdocs/reference/metrics.md\n" },
        { "a page",            { "millrace", "reference", "reasons" }, 0, false, "\n| `schema_invalid` | 200 | " },
        { "nearly a page",     { "millrace", "reference", "metric" }, 2, true,
          "millrace reference: there is no page 'metric'; did you mean metrics?\n" },
        { "no page at all",    { "millrace", "reference", "poem" }, 2, true,
          "millrace reference: there is no page 'poem'; `millrace reference` lists them\n" },
        { "two pages",         { "millrace", "reference", "config", "metrics" }, 2, true,
          "millrace reference: one page at a time\n" },
};

static void test_the_program_answers(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                char *out = NULL, *error = NULL;
                int count = 0;
                while (count < WORDS_MAX && CASES[i].words[count])
                        count++;
                int status = shell_run(count, CASES[i].words, &out, &error);
                const char *said = CASES[i].error ? error : out, *silent = CASES[i].error ? out : error;
                if (status != CASES[i].status || !strstr(said, CASES[i].in) || *silent)
                        fail_msg("%s (%d): %s%s", CASES[i].name, status, out, error);
                free(out);
                free(error);
        }
}

/* A page that cannot be written to its end must not look whole. */
static void test_a_full_disk_is_noticed(void **state)
{
        (void)state;
        FILE *out = stdout, *error = stderr;
        char *text = NULL;
        size_t size;
        static const char *const WORDS[] = { "millrace", "reference", "config", NULL };
        stdout = fopen("/dev/full", "we");
        stderr = open_memstream(&text, &size);
        int status = command_main(3, WORDS);
        (void)fclose(stdout);
        (void)fclose(stderr);
        stdout = out;
        stderr = error;
        assert_int_equal(status, EXIT_FAILURE);
        assert_string_equal(text, "millrace: standard output cannot be written: No space left on device\n");
        free(text);
}

static void test_each_command_is_described(void **state)
{
        (void)state;
        for (const struct command *command = COMMANDS; command->name; command++) {
                assert_true(strlen(command->doc) > 10 && command->doc[strlen(command->doc) - 1] == '.');
                for (const struct command *other = COMMANDS; other < command; other++)
                        assert_string_not_equal(other->name, command->name);
                size_t count = 0;
                for (const struct flag *flag = command->flags; flag->name; flag++, count++) {
                        assert_true(strncmp(flag->name, "--", 2) == 0 && flag->doc[strlen(flag->doc) - 1] == '.');
                        for (const struct flag *common = COMMON_FLAGS; command->common && common->name; common++)
                                assert_string_not_equal(flag->name, common->name);
                }
                assert_true(count <= FLAGS_MAX);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_program_answers),
                cmocka_unit_test(test_a_full_disk_is_noticed),
                cmocka_unit_test(test_each_command_is_described),
        };
        return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
