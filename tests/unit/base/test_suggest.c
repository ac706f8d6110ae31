#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/suggest.h"

/* `offers` with spaces between; `want` NULL: nothing is near enough. */
static const struct { const char *name, *word, *offers, *want; } CASES[] = {
        { "the same",            "listen",  "admin listen", "listen" },
        { "a letter too few",    "lisen",   "admin listen", "listen" },
        { "a letter too many",   "listenn", "admin listen", "listen" },
        { "another letter",      "lixten",  "admin listen", "listen" },
        { "neighbours swapped",  "lisetn",  "admin listen", "listen" },
        { "capitals",            "LISTEN",  "admin listen", "listen" },
        { "two in six",          "lixtex",  "listen",       "listen" },
        { "three in six",        "lixxex",  "listen",       NULL },
        { "the nearest",         "metrix",  "matrix metric metrics", "matrix" },
        { "the first of equals", "cat",     "bat car",      "bat" },
        { "one of two",          "on",      "no or in",     "no" },
        { "short and unlike",    "a",       "b c",          NULL },
        { "nothing offered",     "listen",  "",             NULL },
        { "nothing asked",       "",        "a b",          NULL },
        { "asked for too long",  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                                 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
        { "as long as may be",   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
                                 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                                 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
};

static void test_the_nearest_word_is_suggested(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct suggestion near;
                suggestion_init(&near, slice_of(CASES[i].word));
                for (const char *at = CASES[i].offers; *at;) {
                        const char *end = strchrnul(at, ' ');
                        suggestion_offer(&near, slice_between(at, end));
                        at = end + (*end == ' ');
                }
                if (!slice_equal(near.best, slice_of(CASES[i].want)) || !near.best.data != !CASES[i].want)
                        fail_msg("%s: %.*s", CASES[i].name, SLICE_ARGS(near.best));
        }
}

/* What is not counted is as far as what is counted: every word against every other, with no limit that would spare the count. */
static void test_what_cannot_be_near_is_not(void **state)
{
        (void)state;
        static const char *const WORDS[] = {
                "a", "ab", "ba", "abc", "acb", "abcd", "bcd", "listen", "listne", "Listen", "silent", "enlist", "list",
                "misspelt", "spelt", "currency", "currenci", "curency", "amount", "amounts",
        };
        for (size_t i = 0; i < COUNT_OF(WORDS); i++)
                for (size_t j = 0; j < COUNT_OF(WORDS); j++) {
                        struct suggestion far;
                        suggestion_init_within(&far, slice_of(WORDS[i]), SUGGEST_LONGEST);
                        suggestion_offer(&far, slice_of(WORDS[j]));
                        for (size_t most = 0; most < 8; most++) {
                                struct suggestion near;
                                suggestion_init_within(&near, slice_of(WORDS[i]), most);
                                suggestion_offer(&near, slice_of(WORDS[j]));
                                if (!near.best.data != !(far.best.data && far.distance <= most))
                                        fail_msg("%s, %s within %zu", WORDS[i], WORDS[j], most);
                        }
                }
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_the_nearest_word_is_suggested),
                                             cmocka_unit_test(test_what_cannot_be_near_is_not) };
        return cmocka_run_group_tests_name("suggest", tests, NULL, NULL);
}
