#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/troff.h"

static const struct { const char *name, *markdown, *want; } CASES[] = {
        { "nothing",            "", "" },
        { "plain",              "abc", "abc" },
        { "code",               "a `b` c", "a \\fBb\\fR c" },
        { "two codes",          "`a``b`", "\\fBa\\fR\\fBb\\fR" },
        { "a minus sign",       "--set", "\\-\\-set" },
        { "a backslash",        "a\\b", "a\\eb" },
        { "a dot at the start", ".TH", "\\&.TH" },
        { "a quote",            "it's", "it\\(aqs" },
        { "left open",          "a `b", "a \\fBb\\fR" },
};

static void test_markdown_becomes_troff(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                char *text = NULL;
                size_t size;
                FILE *out = open_memstream(&text, &size);
                assert_non_null(out);
                troff_print_markdown(out, CASES[i].markdown);
                assert_int_equal(fclose(out), 0);
                if (strcmp(text, CASES[i].want) != 0)
                        fail_msg("%s: %s", CASES[i].name, text);
                free(text);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_markdown_becomes_troff) };
        return cmocka_run_group_tests_name("troff", tests, NULL, NULL);
}
