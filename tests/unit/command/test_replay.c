/* `millrace replay`: what it says before it reads anything. What it does is in tests/system/test_replay.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "shell.h"

#define WORDS_MAX 8

static const struct { const char *name, *words[WORDS_MAX]; int status; const char *error; } CASES[] = {
        { "a condition that is none", { "--where=reason ==" }, 2, "millrace replay: --where: column 10: " },
        { "a name that is none", { "--where=resaon == \"x\"" }, 2, "there is no 'resaon' here; did you mean reason?" },
        { "no condition", { "--where=\"x\" & reason" }, 2, "a condition is true or false; this is a text" },
        { "a time that is none", { "--since=noon" }, 2, "noon is no time such as" },
        { "another time that is none", { "--until=24" }, 2, "24 is no time such as" },
        { "a limit that is none", { "--limit=-1" }, 2, "--limit -1 is no number" },
        { "a rate that is none", { "--rate=fast" }, 2, "millrace replay: --rate: 'fast' found, but wanted is a size" },
        { "a rate below none", { "--rate=-1" }, 2, "millrace replay: --rate: '-1' found" },
        { "mistakes of the configuration", { "--set=log.level=x" }, 1, "log.level: 'x' found" },
        { "a sink that is no Kafka", { "--set=sink.type=file", "--set=sink.path=/tmp" }, 1,
          "rejected events come back from a cluster of Kafka" },
        { "a cluster that ends with its process", { "--set=kafka.brokers=embedded" }, 1,
          "kafka.brokers: the embedded Kafka keeps nothing; name the brokers of a cluster\n" },
        { "a word too many", { "x" }, 2, "'x' is one word too many" },
};

static void test_what_a_shell_sees(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                const char *words[WORDS_MAX + 3] = { "millrace", "replay", "--config=/dev/null" };
                char *texts[2] = { NULL, NULL };
                int count = 3;
                for (size_t k = 0; k < WORDS_MAX && CASES[i].words[k]; k++)
                        words[count++] = CASES[i].words[k];
                int status = shell_run(count, words, &texts[0], &texts[1]);
                if (status != CASES[i].status || *texts[0] || !strstr(texts[1], CASES[i].error))
                        fail_msg("%s (%d): %s%s", CASES[i].name, status, texts[0], texts[1]);
                free(texts[0]);
                free(texts[1]);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_what_a_shell_sees) };
        return cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
