/* Parameters out of queries and fragments. */
#include "unit.h"
#include "enrich/url.h"

static const struct { const char *name, *query, *want; } QUERIES[] = {
        { "two", "a=1&b=2", "[a][1] [b][2] " },
        { "a value with signs", "a=b=c?d", "[a][b=c?d] " },
        { "no value, an empty value, no name", "a&b=&=c", "[a][-] [b][] [][c] " },
        { "empty ones", "&&a=1&&", "[a][1] " },
        { "raw", "a%20b=%C3%BC+x", "[a%20b][%C3%BC+x] " },
        { "empty", "", "" },
        { "absent", NULL, "" },
};

static void every_query_has_its_parameters(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(QUERIES); i++) {
                struct url_parameters it;
                struct slice name, value;
                char   got[256] = "";
                UNIT_ROW(QUERIES[i].name);
                url_parameters_init(&it, slice_of(QUERIES[i].query));
                while (url_parameters_next(&it, &name, &value)) {
                        value = value.data ? value : SLICE("-");
                        snprintf(got + strlen(got), sizeof(got) - strlen(got), "[%.*s][%.*s] ", SLICE_ARGS(name),
                                 SLICE_ARGS(value));
                }
                assert_string_equal(got, QUERIES[i].want);
        }
}

static const struct { const char *name, *fragment, *want; } FRAGMENTS[] = {
        { "parameters", "at_medium=mail&at_campaign=x", "at_medium=mail&at_campaign=x" },
        { "behind a route", "/route?utm_source=a", "utm_source=a" },
        { "behind a route of old", "!/route?utm_source=a?b", "utm_source=a?b" },
        { "a heading", "reviews", NULL },
        { "empty", "", NULL },
        { "absent", NULL, NULL },
};

static void fragments_may_have_some(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(FRAGMENTS); i++) {
                struct slice got = url_fragment_parameters(slice_of(FRAGMENTS[i].fragment));
                UNIT_ROW(FRAGMENTS[i].name);
                assert_int_equal(got.data != NULL, FRAGMENTS[i].want != NULL);
                assert_true(slice_equal(got, slice_of(FRAGMENTS[i].want)));
        }
}

static const struct { const char *name, *raw, *want; } VALUES[] = {
        { "plain", "abc", "abc" },
        { "escaped", "%C3%bc+x%2B", "\u00FC x+" },
        { "a percent sign that escapes nothing", "100%25 %zz %4", "100% %zz %4" },
        { "not UTF-8", "a%FFb%C3", "a\uFFFDb\uFFFD" },
        { "a character above the planes' end", "%F4%90%80%80", "\uFFFD\uFFFD\uFFFD\uFFFD" },
        { "empty", "", "" },
};

static void values_are_decoded(void **state)
{
        (void)state;
        struct arena_pool pool;
        struct arena arena;
        arena_pool_init(&pool, 65536, 1);
        arena_init(&arena, &pool, 1 << 16);
        for (size_t i = 0; i < COUNT_OF(VALUES); i++) {
                UNIT_ROW(VALUES[i].name);
                struct slice got = url_decode(slice_of(VALUES[i].raw), &arena);
                assert_non_null(got.data);
                assert_true(slice_equal(got, slice_of(VALUES[i].want)));
        }
        assert_null(url_decode((struct slice){ NULL, 0 }, &arena).data);
        arena_done(&arena);
        arena_init(&arena, &pool, 0);
        assert_null(url_decode(SLICE("a+b"), &arena).data);
        assert_null(url_decode(SLICE("\xFF"), &arena).data);
        assert_non_null(url_decode(SLICE("ab"), &arena).data);
        arena_done(&arena);
        arena_pool_done(&pool);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_query_has_its_parameters),
                cmocka_unit_test(fragments_may_have_some),
                cmocka_unit_test(values_are_decoded),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
