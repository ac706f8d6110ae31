#include "unit.h"
#include "enrich/agent_template.h"

/* The subject is "ab cd"; group 1 is "ab", 2 is " cd", 3 took no part, 4 is empty. */
static const struct { const char *name, *text; unsigned standard; const char *want; } CASES[] = {
        { "nothing said, no standard", NULL, 0, "" },
        { "nothing said, a standard group", NULL, 1, "ab" },
        { "only text", "Galaxy", 1, "Galaxy" },
        { "only a group", "$1", 0, "ab" },
        { "trimmed", "$2", 0, "cd" },
        { "text and groups", "x $1-$2 y", 0, "x ab- cd y" },
        { "a group that took no part", "x $3", 0, "x" },
        { "an empty group alone", "$4", 0, "" },
        { "a group that the regex does not have", "x$9", 0, "x" },
        { "a dollar", "$ $0 $x$", 0, "$ $0 $x$" },
        { "many", "$1$1$1$1$1$1$1$1", 0, "abababababababab" },
        { "only white space", " \t ", 0, "" },
        { "more than the scratch holds", "$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1", 0, "" },
};

static void holes_are_filled(void **state)
{
        (void)state;
        static const size_t OFFSETS[] = { 0, 5, 0, 2, 2, 5, SIZE_MAX, SIZE_MAX, 5, 5 };
        struct template_match match = { "ab cd", OFFSETS, 5 };
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct template template;
                struct buffer scratch;
                char memory[32];
                buffer_wrap(&scratch, memory, sizeof(memory));
                UNIT_ROW(CASES[i].name);
                template_init(&template, CASES[i].text, CASES[i].standard);
                struct slice filled = template_fill(&template, &match, &scratch);
                assert_int_equal(filled.size, strlen(CASES[i].want));
                assert_true(filled.size == 0 || memcmp(filled.data, CASES[i].want, filled.size) == 0);
                template_done(&template);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(holes_are_filled) };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
