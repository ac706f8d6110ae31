#include "base/base.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* Memory that cannot be had ends the process with a status of its own and a line, and never with a signal. */
static void out_of_memory_is_an_end_with_a_status(void **state)
{
        (void)state;
        static const struct { const char *name; void *memory; int status; } CASES[] = {
                { "had", (void *)"x", 0 },
                { "not had", NULL, MEMORY_STATUS },
        };
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                int out[2], status;
                char text[64] = "";
                assert_int_equal(pipe(out), 0);
                pid_t child = fork();
                if (child == 0) {
                        (void)dup2(out[1], STDERR_FILENO);
                        _exit(memory_had(CASES[i].memory) == CASES[i].memory ? 0 : 1);
                }
                assert_true(child > 0 && close(out[1]) == 0);
                assert_true(waitpid(child, &status, 0) == child && WIFEXITED(status));
                assert_int_equal(WEXITSTATUS(status), CASES[i].status);
                assert_true(read(out[0], text, sizeof(text) - 1) >= 0 && close(out[0]) == 0);
                assert_string_equal(text, CASES[i].memory ? "" : "<2>memory is out\n");
        }
}

static void memory_is_zeroed(void **state)
{
        (void)state;
        char *memory = memory_get(64);
        for (size_t i = 0; i < 64; i++)
                assert_int_equal(memory[i], 0);
        memory = memory_grow(memory, 128);
        assert_int_equal(memory[63], 0);
        free(memory);
}

static void slices_begin_and_end(void **state)
{
        static const struct { const char *name, *text, *part; bool begins, ends; } CASES[] = {
                { "nothing of nothing", "", "", true, true },       { "nothing of a text", "abc", "", true, true },
                { "the text", "abc", "abc", true, true },           { "more than the text", "abc", "xabc", false, false },
                { "its first", "abc", "ab", true, false },          { "its last", "abc", "bc", false, true },
                { "what stands inside", "abcd", "bc", false, false }, { "both", "aba", "a", true, true },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct slice text = slice_of(CASES[i].text), part = slice_of(CASES[i].part);
                if (slice_starts_with(text, part) != CASES[i].begins || slice_ends_with(text, part) != CASES[i].ends)
                        fail_msg("%s", CASES[i].name);
        }
        assert_true(slice_ends_with((struct slice){ 0 }, (struct slice){ 0 }));
        assert_false(slice_ends_with((struct slice){ 0 }, SLICE("a")));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(out_of_memory_is_an_end_with_a_status),
                cmocka_unit_test(memory_is_zeroed),
                cmocka_unit_test(slices_begin_and_end),
        };
        return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
