#include "unit.h"
#include "enrich/agent_literals.h"

#define ITEMS(...) (struct slice[]){ __VA_ARGS__ }, sizeof((struct slice[]){ __VA_ARGS__ }) / sizeof(struct slice)

static void the_rarest_is_found(void **state)
{
        (void)state;
        struct literal_clause everywhere = { ITEMS(SLICE("Mozilla")), NULL };
        struct literal_clause some = { ITEMS(SLICE("Windows"), SLICE("iphone")), &everywhere };
        struct literal_clause nowhere = { ITEMS(SLICE("zz")), &some };
        struct literal_clause longer = { ITEMS(SLICE("zzz")), &nowhere };
        assert_ptr_equal(literals_rarest(&some, NULL, LITERAL_COMMON), &some);
        assert_ptr_equal(literals_rarest(&nowhere, NULL, LITERAL_COMMON), &nowhere);
        assert_ptr_equal(literals_rarest(&longer, NULL, LITERAL_COMMON), &longer);
        assert_ptr_equal(literals_rarest(&longer, &longer, LITERAL_COMMON), &nowhere);
        assert_ptr_equal(literals_rarest(&everywhere, NULL, LITERAL_COMMON), &everywhere);
        assert_null(literals_rarest(&everywhere, &everywhere, LITERAL_COMMON));
        assert_null(literals_rarest(&everywhere, NULL, LITERAL_COMMON - 1));
        assert_null(literals_rarest(NULL, NULL, LITERAL_COMMON));
}

static void case_tells_where_common_agents_differ_by_it(void **state)
{
        (void)state;
        static const struct { const char *literal; bool want;
        } CASES[] = {
                { "android", true }, { "Android", false }, { "windows nt", true },
                { "zz", false },     { "605", false },     { "\x01mozilla", true },
        };
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct slice item = slice_of(CASES[i].literal);
                struct literal_clause clause = { &item, 1, NULL };
                UNIT_ROW(CASES[i].literal);
                assert_int_equal(literals_case_tells(&clause), CASES[i].want);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_rarest_is_found),
                cmocka_unit_test(case_tells_where_common_agents_differ_by_it),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
