#include "unit.h"
#include "enrich/glob.h"
#include <time.h>
#include "base/hash.h"

static const struct { const char *name, *glob, *text; bool want; } CASES[] = {
        { "itself", "abc", "abc", true },
        { "itself, longer", "abc", "abcd", false },
        { "itself, shorter", "abc", "ab", false },
        { "nothing and nothing", "", "", true },
        { "nothing and something", "", "a", false },
        { "a star and nothing", "*", "", true },
        { "a star", "*", "anything", true },
        { "stars", "***", "anything", true },
        { "a beginning", "com.acme/*", "com.acme/sign_up/1-0-0", true },
        { "another beginning", "com.acme/*", "com.acm/e", false },
        { "an end", "*.example", "shop.example", true },
        { "an end that is all", "*.example", ".example", true },
        { "an end too early", "*.example", "shop.example.org", false },
        { "both", "a*z", "az", true },
        { "both may not overlap", "ab*bc", "abc", false },
        { "in the middle", "*needle*", "hay needle hay", true },
        { "in the middle, not", "*needle*", "hay needl", false },
        { "in order", "*a*b*c", "xxaxxbxxc", true },
        { "not in order", "*b*a*c", "xxaxxbxxc", false },
        { "the first place is not the last", "*ab", "abab", true },
        { "one character", "?", "x", true },
        { "one character of three bytes", "?", "\xE2\x82\xAC", true },
        { "one character of four bytes", "a?b", "a\xF0\x9F\x98\x80""b", true },
        { "two are not one", "?", "xy", false },
        { "none is not one", "?", "", false },
        { "one at the end", "*?", "\xE2\x82\xAC", true },
        { "two at the end of one", "*??", "\xE2\x82\xAC", false },
        { "two behind a star, of one", "*??*", "\xE2\x82\xAC", false },
        { "two behind a star, of two", "*??*", "\xE2\x82\xAC\xC3\xA9", true },
        { "holes and letters at the end", "*a?c", "abcaac", true },
        { "holes of two bytes at the end", "*a???", "a\xC3\xA9\xC3\xA9\xC3\xA9", true },
        { "holes of four bytes at the end", "*a??", "a\xF0\x9F\x98\x80\xF0\x9F\x98\x80", true },
        { "holes at the end of one too few", "*a??", "a\xF0\x9F\x98\x80", false },
        { "holes in the middle", "*a?c*", "abdadcx", true },
        { "not UTF-8", "a?b", "a\xFF" "b", true },
        { "case counts", "A", "a", false },
};

static void test_every_case(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                UNIT_ROW(CASES[i].name);
                assert_int_equal(glob_match(slice_of(CASES[i].glob), slice_of(CASES[i].text)), CASES[i].want);
        }
        assert_true(glob_match((struct slice){ 0 }, (struct slice){ 0 }));
}

static const struct { const char *name, *glob, *shape; bool want; } MEETINGS[] = {
        { "itself", "a/b", "a/b", true },
        { "another", "a/b", "a/c", false },
        { "shorter", "a/b", "a/", false },
        { "nothing and nothing", "", "", true },
        { "nothing and any text", "", "*", true },
        { "a hole of the shape", "com.acme/sale", "*/sale", true },
        { "a hole for another", "com.acme/sale", "*/visit", false },
        { "a hole of both", "com.acme/*", "*/sale/*", true },
        { "holes over each other", "*ab", "*/xb", false },
        { "holes that cross", "a*", "*b", true },
        { "a hole of the shape has no slash", "com.acme/sign_up/2-*", "*/sale/*", false },
        { "a hole of the glob has", "com*/sale", "com.acme/x/*", true },
        { "one character of a hole", "com.acme/?", "*/s", true },
        { "one character, and two", "com.acme/?", "*/sa", false },
        { "a question in the shape is itself", "com.acme/s", "*/?", false },
        { "a version of it", "com.acme/sale/2-*", "*/sale/*", true },
        { "all", "*", "*/sale/*", true },
};

static void test_meetings(void **state)
{
        (void)state;
        char longest[GLOB_MAX + 1];
        memset(longest, 'a', sizeof(longest));
        for (size_t i = 0; i < COUNT_OF(MEETINGS); i++) {
                UNIT_ROW(MEETINGS[i].name);
                assert_int_equal(glob_meets(slice_of(MEETINGS[i].glob), slice_of(MEETINGS[i].shape)), MEETINGS[i].want);
        }
        assert_true(glob_meets((struct slice){ longest, GLOB_MAX }, (struct slice){ longest, GLOB_MAX }));
        assert_false(glob_meets((struct slice){ longest, GLOB_MAX }, (struct slice){ longest, GLOB_MAX - 1 }));
        assert_true(glob_meets((struct slice){ longest, GLOB_MAX + 1 }, SLICE("b")));
}

/* The meaning of a glob, in as few words as it can be said. */
static bool slowly(const char *glob, const char *text)
{
        if (*glob == '*')
                return slowly(glob + 1, text) || (*text && slowly(glob, text + 1));
        return *glob ? *text && (*glob == '?' || *glob == *text) && slowly(glob + 1, text + 1) : !*text;
}

static void test_random_ones_against_their_meaning(void **state)
{
        (void)state;
        struct random random;
        random_init_fixed(&random, 3);
        size_t hits = 0;
        for (size_t i = 0; i < 300000; i++) {
                char glob[9] = "", text[11] = "";
                for (size_t j = 0, n = random_next(&random) % 8; j < n; j++)
                        glob[j] = "ab*?*"[random_next(&random) % 5];
                for (size_t j = 0, n = random_next(&random) % 10; j < n; j++)
                        text[j] = "ab"[random_next(&random) % 2];
                bool want = slowly(glob, text);
                hits += want;
                assert_int_equal(glob_match(slice_of(glob), slice_of(text)), want);
        }
        assert_true(hits > 30000 && hits < 270000);
}

/* Of this thread alone: other tests run beside it. */
static int64_t cpu_nanoseconds(void)
{
        struct timespec now;
        assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now), 0);
        return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Linear in the text: ten times the text, not a hundred times the steps. */
static void test_hostile_texts_cost_their_size(void **state)
{
        (void)state;
        static char text[100000], glob[GLOB_MAX];
        memset(text, 'a', sizeof(text));
        for (size_t i = 0; i < sizeof(glob); i++)
                glob[i] = "a?aaaaa*"[i % 8];
        glob[sizeof(glob) - 1] = 'b';
        int64_t start = cpu_nanoseconds();
        assert_false(glob_match((struct slice){ glob, sizeof(glob) }, (struct slice){ text, sizeof(text) }));
        memset(glob, '?', sizeof(glob));
        glob[0] = '*', glob[sizeof(glob) - 2] = 'b', glob[sizeof(glob) - 1] = '*';
        assert_false(glob_match((struct slice){ glob, sizeof(glob) }, (struct slice){ text, sizeof(text) }));
        assert_true(cpu_nanoseconds() - start < INT64_C(10000000000));   /* quadratic: minutes */
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_every_case),
                cmocka_unit_test(test_meetings),
                cmocka_unit_test(test_random_ones_against_their_meaning),
                cmocka_unit_test(test_hostile_texts_cost_their_size),
        };
        return cmocka_run_group_tests_name("glob", tests, NULL, NULL);
}
