/* What was searched for: parameters and patterns of a site of a list, against addresses. */
#include "unit.h"
#include "enrich/referrer_list.h"
#include "enrich/referrer_term.h"

static const char LIST[] = "Loom:\n"
                           "  - urls: [loom.example]\n"
                           "    params: [q, '/\\/s\\/([^\\/?]+)/', '/\\/(none)?$/', '/\\/bare/', '/\\/many\\/(a)(b)/', text]\n"
                           "  - urls: [plain.example]\n"
                           "    params: []\n";

static const struct { const char *name, *url, *want; } CASES[] = {
        { "a parameter",                "https://loom.example/?q=red+shoes", "red shoes" },
        { "its name in any case",       "https://loom.example/?Q=red", "red" },
        { "in the fragment",            "https://loom.example/#q=red", "red" },
        { "an empty one is none",       "https://loom.example/?q=&text=red", "red" },
        { "by a pattern",               "https://loom.example/s/red%20shoes/1", "red shoes" },
        { "a pattern before a later parameter", "https://loom.example/s/red?text=blue", "red" },
        { "an earlier parameter before a pattern", "https://loom.example/s/red?q=blue", "blue" },
        { "a pattern whose group is not there", "https://loom.example/a/", "" },
        { "a pattern without a group",  "https://loom.example/bare", "" },
        { "the first group of more",    "https://loom.example/many/ab", "a" },
        { "what is no UTF-8",           "https://loom.example/s/%FFred", "\xEF\xBF\xBDred" },
        { "nothing",                    "https://loom.example/x", "" },
        { "a site without terms",       "https://plain.example/?q=red", "" },
};

static void every_case(void **state)
{
        struct referrer_table *table = referrer_table_new();
        struct referrer_matcher *matcher = referrer_matcher_new();
        struct errors errors = { 0 };
        struct arena_pool pool;
        (void)state;
        arena_pool_init(&pool, 4096, 1);
        assert_true(referrer_list_read(table, "list", SLICE("search"), slice_of(LIST), &errors));
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct arena arena;
                struct url url;
                UNIT_ROW(CASES[i].name);
                arena_init(&arena, &pool, SIZE_MAX);
                assert_true(url_parse(slice_of(CASES[i].url), &arena, &url));
                const struct referrer_site *site = referrer_table_find(table, url.host, SLICE("/"), false);
                assert_non_null(site);
                struct slice term = referrer_term_find(site, &url, matcher, &arena);
                assert_int_equal(term.size, strlen(CASES[i].want));
                assert_memory_equal(term.size ? term.data : "", CASES[i].want, term.size);
                arena_done(&arena);
        }
        arena_pool_done(&pool);
        referrer_matcher_free(matcher);
        referrer_table_free(table);
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(every_case) };
        return cmocka_run_group_tests_name("referrer_term", tests, NULL, NULL);
}
