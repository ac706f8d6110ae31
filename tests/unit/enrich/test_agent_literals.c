#include "unit.h"
#include "enrich/agent_literals.h"

/* The clauses as text: items joined by '|', clauses by ' & ', the last part of the regex first; ^ and $ for the sentinels. */
static const struct { const char *name, *regex; bool nocase; const char *want;
} CASES[] = {
        { "a word", "abc", false, "abc" },
        { "case is kept", "AbC", false, "AbC" },
        { "case does not matter", "AbC", true, "abc" },
        { "too short to tell", "a", false, "" },
        { "nothing", "", false, "" },
        { "a long one is cut", "abcdefghijklmnop", false, "abcdefghijkl" },
        { "anchors are literals", "^ab$", false, "^ab$" },
        { "an anchor twice is once", "^^ab", false, "^ab" },
        { "an anchor makes a letter worth something", "^a", false, "^a" },
        { "escapes", "a\\.b\\/c\\(", false, "a.b/c(" },
        { "alternatives", "ab|cd", false, "ab|cd" },
        { "an alternative that may be anything", "ab|.*", false, "" },
        { "an alternative too short", "ab|c", false, "" },
        { "alternatives in the middle", "x(?:ab|cd)y", false, "xaby|xcdy" },
        { "something optional", "ab(?:cd)?ef", false, "abef|abcdef" },
        { "an empty alternative", "ab(?:cd|)ef", false, "abcdef|abef" },
        { "any number", "ab(?:cd)*ef", false, "ef & ab" },
        { "at least one", "ab(?:cd)+ef", false, "ef & abcd" },
        { "a few", "; {0,2}ab", false, ";ab|; ab|;  ab" },
        { "exactly", "xa{3}y", false, "xaaay" },
        { "too many to list", "ab{0,9}cd", false, "cd" },
        { "at least two of many", "(?:ab){2,9}cd", false, "cd & abab" },
        { "at least five of many", "(?:ab){5,9}cd", false, "cd & ab" },
        { "digits, at least one", "xa\\d+b", false, "xa0|xa1|xa2|xa3|xa4|xa5|xa6|xa7|xa8|xa9" },
        { "a repeated repetition", "(?:(?:ab)+c)+de", false, "de & ab" },
        { "lazy is the same", "ab.*?cd", false, "cd & ab" },
        { "possessive is the same", "ab.*+cd", false, "cd & ab" },
        { "a brace that is no quantifier", "ab{x}c", false, "ab{x}c" },
        { "a brace that versions read differently", "ab{,3}c", false, "" },
        { "a small class", "x[ab]y", false, "xay|xby" },
        { "a small class, case does not matter", "x[aA]y", true, "xay" },
        { "a range", "x[a-c]y", false, "xay|xby|xcy" },
        { "a large class", "xx[a-z0-9]yy", false, "yy & xx" },
        { "a negated class", "xx[^a]yy", false, "yy & xx" },
        { "a bracket first in a class", "x[]a]y", false, "x]y|xay" },
        { "a dash last in a class", "x[a-]y", false, "x-y|xay" },
        { "a class in a class", "xx[\\d.]yy", false, "yy & xx" },
        { "a digit is ten texts", "x\\dy", false, "x0y|x1y|x2y|x3y|x4y|x5y|x6y|x7y|x8y|x9y" },
        { "two digits are too many", "xy\\d\\dz", false,
          "0z|1z|2z|3z|4z|5z|6z|7z|8z|9z & xy0|xy1|xy2|xy3|xy4|xy5|xy6|xy7|xy8|xy9" },
        { "other escapes", "ab\\wcd\\scd", false, "cd & cd & ab" },
        { "a word's edge takes no room", "ab\\b cd", false, "ab cd" },
        { "capturing", "(ab)(cd)", false, "abcd" },
        { "look-ahead is not read", "ab(?=cd)", false, "" },
        { "options are not read", "(?i)ab", false, "" },
        { "names are not read", "(?<n>ab)", false, "" },
        { "back-references are not read", "(ab)\\1", false, "" },
        { "POSIX classes are not read", "ab[[:alpha:]]", false, "" },
        { "a parenthesis too many", "ab)", false, "" },
        { "a parenthesis too few", "(ab", false, "" },
        { "a bracket too few", "ab[c", false, "" },
        { "a backslash at the end", "ab\\", false, "" },
};

static void text_put(char *out, size_t room, const struct literal_clause *clause)
{
        size_t at = 0;
        *out = '\0';
        for (; clause; clause = clause->next)
                for (size_t i = 0; i < clause->count && at < room; i++) {
                        at += (size_t)snprintf(out + at, room - at, "%s%.*s",
                                               i    ? "|"
                                               : at ? " & "
                                                    : "",
                                               SLICE_ARGS(clause->items[i]));
                }
        for (char *c = out; *c; c++)
                *c = *c == LITERAL_START ? '^' : *c == LITERAL_END ? '$' : *c;
}

static void clauses_are_found(void **state)
{
        (void)state;
        struct arena_pool pool;
        arena_pool_init(&pool, 65536, 1);
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct arena arena;
                char text[1000];
                arena_init(&arena, &pool, 1 << 20);
                UNIT_ROW(CASES[i].name);
                text_put(text, sizeof(text), literals_find(&arena, slice_of(CASES[i].regex), CASES[i].nocase));
                assert_string_equal(text, CASES[i].want);
                arena_done(&arena);
        }
        arena_pool_done(&pool);
}

static void no_memory_is_no_knowledge(void **state)
{
        (void)state;
        struct arena_pool pool;
        struct arena arena;
        arena_pool_init(&pool, 256, 1);
        for (size_t limit = 0; limit < 4096; limit += 64) {
                arena_init(&arena, &pool, limit);
                const struct literal_clause *clause = literals_find(&arena, SLICE("ab(?:cd|ef)gh[ij]"), false);
                for (size_t i = 0; clause && i < clause->count; i++)
                        assert_true(clause->items[i].size >= LITERAL_MIN);
                arena_done(&arena);
        }
        arena_pool_done(&pool);
}

static void nesting_has_an_end(void **state)
{
        (void)state;
        static char regex[20001];
        struct arena_pool pool;
        struct arena arena;
        memset(regex, '(', 10000);
        memset(regex + 10000, ')', 10000);
        arena_pool_init(&pool, 65536, 1);
        arena_init(&arena, &pool, 1 << 20);
        assert_null(literals_find(&arena, slice_of(regex), false));
        arena_done(&arena);
        arena_pool_done(&pool);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(clauses_are_found),
                cmocka_unit_test(no_memory_is_no_knowledge),
                cmocka_unit_test(nesting_has_an_end),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
