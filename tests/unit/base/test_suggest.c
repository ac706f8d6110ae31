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

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_the_nearest_word_is_suggested) };
        return cmocka_run_group_tests_name("suggest", tests, NULL, NULL);
}
