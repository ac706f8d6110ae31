#include "unit.h"
#include "base/hash.h"
#include "enrich/agent_automaton.h"

static const char *const WORDS[] = { "he", "she", "his", "hers", "\x01us", "ers\x02", "a\xff", "aaaa", "12" };
static const struct { const char *name, *text, *want;
} CASES[] = {
        /* want: numbers of WORDS */
        { "nothing", "", "" },
        { "no word", "xyz", "" },
        { "a word, its end, another's start", "ushers",
          "0134"
          "5" },
        { "case is disregarded", "USHERS", "01345" },
        { "not at the start", "xus", "" },
        { "not at the end", "ersx", "" },
        { "at the end", "xers", "5" },
        { "bytes above ASCII", "A\xff", "6" },
        { "a real control character counts as the start", "x\x01us", "4" },
        { "overlapping", "aaaaa", "7" },
        { "across the first border of the lanes",
          "xxxxxxxxxxxxxxxxxxxxxxxxxshexxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "01" },
};

static struct automaton *automaton_of_words(void)
{
        struct automaton_literal literals[COUNT_OF(WORDS)];
        for (size_t i = 0; i < COUNT_OF(WORDS); i++)
                literals[i] = (struct automaton_literal){ slice_of(WORDS[i]), (uint32_t)(i * 10), i % 2 };
        return automaton_new(literals, COUNT_OF(WORDS), COUNT_OF(WORDS) * 10);
}

static void words_are_found(void **state)
{
        (void)state;
        struct automaton *automaton = automaton_of_words();
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                uint64_t words[2] = { 0 };
                char     found[20] = "";
                UNIT_ROW(CASES[i].name);
                automaton_scan(automaton, slice_of(CASES[i].text), words);
                for (size_t bit = 0; bit < 128; bit++)
                        if (words[bit / 64] >> bit % 64 & 1)
                                snprintf(found + strlen(found), sizeof(found) - strlen(found), "%zu", bit / 10);
                assert_string_equal(found, CASES[i].want);
        }
        automaton_free(automaton);
}

/* Against memmem, at every length and place: the lanes' borders fall everywhere. */
static void every_place_is_looked_at(void **state)
{
        (void)state;
        struct automaton *automaton = automaton_of_words();
        for (size_t size = 4; size < 300; size++)
                for (size_t place = 0; place + 4 <= size; place++) {
                        char     text[300];
                        uint64_t words[2] = { 0 };
                        memset(text, 'x', size);
                        memcpy(text + place, "hers", 4);
                        automaton_scan(automaton, (struct slice){ text, size }, words);
                        assert_true(words[0] >> 30 & 1);
                        assert_false(words[0] >> 10 & 1);
                        assert_int_equal(words[0] >> 50 & 1, place + 4 == size);
                }
        automaton_free(automaton);
}

/* Too many states for numbers of 15 bits: literals are cut, none is lost, whole ones stay whole. */
static void too_many_literals_are_cut(void **state)
{
        (void)state;
        enum { COUNT = 9000, SIZE = 12 };
        static char text[COUNT][SIZE];
        static struct automaton_literal literals[COUNT];
        struct random random;
        random_init_fixed(&random, 7);
        for (size_t i = 0; i < COUNT; i++) {
                for (size_t j = 0; j < SIZE; j++)
                        text[i][j] = (char)('a' + random_next(&random) % 26);
                literals[i] = (struct automaton_literal){ { text[i], SIZE }, (uint32_t)i, i == 0 };
        }
        struct automaton *automaton = automaton_new(literals, COUNT, COUNT);
        assert_true(automaton->states < 32768);
        for (size_t i = 0; i < COUNT; i++) {
                uint64_t words[COUNT / 64 + 1] = { 0 };
                automaton_scan(automaton, (struct slice){ text[i], SIZE }, words);
                assert_true(words[i / 64] >> i % 64 & 1);
                assert_int_equal(words[0] & 1, i == 0);
        }
        automaton_free(automaton);
}

static void queues_never_run_over(void **state)
{
        (void)state;
        static char text[65536];
        struct automaton *automaton = automaton_of_words();
        memset(text, 'a', sizeof(text));
        uint64_t words[2] = { 0 };
        automaton_scan(automaton, (struct slice){ text, sizeof(text) }, words);
        assert_int_equal(words[1], (uint64_t)1 << (70 - 64));
        assert_int_equal(words[0], 0);
        automaton_free(automaton);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(words_are_found),
                cmocka_unit_test(every_place_is_looked_at),
                cmocka_unit_test(too_many_literals_are_cut),
                cmocka_unit_test(queues_never_run_over),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
