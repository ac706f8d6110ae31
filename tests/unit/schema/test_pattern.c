/* Patterns: what matches, what does not, what is no pattern, and by which engine. */
#include "schema/pattern.h"
#include "schema/pattern_tree.h"
#include "base/clock.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define LIMIT 20000
#define R PATTERN_RUNS
#define A PATTERN_AUTOMATON
#define B PATTERN_BACKTRACKING
#define T PATTERN_RETRACING
static const struct {
        const char *name, *pattern;
        enum pattern_engine engine;
        const char *good[6], *bad[8];
} CASES[] = {
        { "uuid", "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", R,
          { "01234567-89ab-cdef-0123-456789abcdef" },
          { "01234567-89ab-cdef-0123-456789abcdeg", "01234567-89ab-cdef-0123-456789abcde", "",
            "g1234567-89ab-cdef-0123-456789abcdef",
            "01234567-89abccdef-0123-456789abcdef", "01234567-89ab-cdef-0123-456789abcdef0" } },
        { "currency", "^[A-Z]{3}$", R, { "EUR", "USD" }, { "", "EU", "EURO", "eur", "EÜR", "EU\n" } },
        { "hash", "^[0-9a-f]{16}$", R, { "0123456789abcdef" }, { "0123456789abcdeF", "0123456789abcde\xc3\xa9",
          "0123456789abcde" } },
        { "long fixed", "^[0-9A-Za-z_]{20}[.-][0-9]{20}$", R, { "abcdefghijklmnopqrst.01234567890123456789" },
          { "abcdefghijklmnopqrst.0123456789012345678x", "abcdefghijklmnopqrst_01234567890123456789" } },
        { "language", "^[a-z]{2}(-[A-Z]{2})?$", A, { "de", "de-AT" }, { "", "d", "de-", "de-AT-", "de-at", "xde" } },
        { "version", "^[0-9]+\\.[0-9]+\\.[0-9]+$", R, { "1.2.3", "10.200.3000" }, { "1.2", "1.2.3.", "1..3", "a1.2.3",
          "1.2.3a" } },
        { "screen", "^[A-Z][A-Za-z]+Screen$", A, { "HomeScreen", "ScreenScreen", "AScreenScreen" }, { "Screen", "homeScreen",
          "HomeScree" } },
        { "alternatives", "foo|bar|baz", A, { "foo", "xbarx", "a baz" }, { "", "fo", "ba", "FOO" } },
        { "empty pattern", "", A, { "", "x" }, { NULL } },
        { "only start", "^", R, { "", "x" }, { NULL } },
        { "start and end", "^$", R, { "" }, { "x", "\n" } },
        { "end before start", "$^", A, { "" }, { "x" } },
        { "start in the middle", "a^b", A, { NULL }, { "ab", "a", "" } },
        { "dollar is not before a line end", "^abc$", R, { "abc" }, { "abc\n", "abc\nabc" } },
        { "dot", "^.$", R, { "a", "é", "€", "\U0001F432" }, { "", "\n", "\r", "\u2028", "\u2029", "ab", "éé" } },
        { "dots by characters", "^.{2,4}$", R, { "ab", "éé", "\U0001F432\U0001F432\U0001F432\U0001F432" }, { "a", "abcde",
          "a\nb" } },
        { "anything", "^[^]*$", R, { "", "a\nb", "é" }, { NULL } },
        { "nothing", "[]", A, { NULL }, { "", "a" } },
        { "class of a dash", "^[a-z-]+$", R, { "a-b" }, { "A" } },
        { "dash after a range", "^[a-zA-Z0-9-_.]+$", R, { "com.snow_plow-a" }, { "a/b" } },
        { "escaped dash", "^[\\w\\-\\.]+$", R, { "a-b.c" }, { "a b" } },
        { "inverted class", "^[^/]+$", R, { "aé\n" }, { "a/b", "" } },
        { "digits are ASCII", "^\\d$", R, { "0", "9" }, { "\u09e7", "a" } },
        { "not digits", "^\\D$", R, { "\u09e7", "a" }, { "0" } },
        { "words are ASCII", "^\\w+$", R, { "aZ_9" }, { "é", "-" } },
        { "spaces are Unicode", "^\\s$", R, { " ", "\t", "\v", "\u00a0", "\ufeff", "\u2029" }, { "\u200b", "\u180e", "\x01",
          "a" } },
        { "ogham and ideographic space", "^\\s+$", R, { "\u1680\u2000\u200a\u202f\u205f\u3000" }, { "\u2060" } },
        { "not spaces", "^\\S$", R, { "\u200b", "\x01", "x" }, { "\u3000", " " } },
        { "hexadecimal escapes", "^\\x41\\u0042\\u{43}\\u{1F432}$", R, { "ABC\U0001F432" }, { "abc" } },
        { "pair of surrogates", "^\\ud83d\\udc32+$", R, { "\U0001F432\U0001F432", "\U0001F432" }, { "\U0001F433", "" } },
        { "pair in a class", "^[\\ud83d\\udc32-\\ud83d\\udc34]$", R, { "\U0001F433" }, { "\U0001F435" } },
        { "lone surrogate", "\\ud83d", A, { NULL }, { "\U0001F432", "" } },
        { "range across the surrogates", "^[\\u{D000}-\\u{F000}]$", R, { "\uD7FF", "\uE000", "\uF000" }, { "\uF001", "\uCFFF" } },
        { "astral letters", "^\U0001F432*$", R, { "", "\U0001F432" }, { "\U0001F409", "D" } },
        { "control letter", "^\\cC\\cj$", R, { "\x03\n" }, { "C" } },
        { "control escapes", "^\\t\\n\\v\\f\\r$", R, { "\t\n\v\f\r" }, { "tnvfr" } },
        { "backspace in a class", "^[\\b]$", R, { "\b" }, { "b" } },
        { "escaped punctuation", "^\\^\\$\\\\\\.\\*\\+\\?\\(\\)\\[\\]\\{\\}\\|\\/\\@\\_$", R, { "^$\\.*+?()[]{}|/@_" }, { "x" } },
        { "category long", "\\p{Letter}cole", A, { "l'école", "\u00c9cole x" }, { "1cole", " cole" } },
        { "category short", "^\\p{L}+$", R, { "aéЖ中\U00020000" }, { "1", "a1" } },
        { "category key", "^\\p{General_Category=Decimal_Number}\\p{gc=Nd}\\p{digit}$", R, { "1২3" }, { "12a" } },
        { "category inverted", "^\\P{Lu}$", R, { "a", "1" }, { "A", "É" } },
        { "category in a class", "^[\\p{Lu}\\d]+$", R, { "ÀB1" }, { "a" } },
        { "script", "^\\p{Script=Greek}+$", R, { "αβγ" }, { "abc", "αa" } },
        { "script alias", "^\\p{sc=Cyrl}\\p{scx=Deva}$", R, { "Жक" }, { "Gक" } },
        { "binary property", "^\\p{ASCII}\\p{Emoji}\\p{White_Space}\\p{Any}$", R, { "a\U0001F432 x" }, { "é\U0001F432 x" } },
        { "assigned", "^\\p{Assigned}$", R, { "a" }, { "\u0378" } },
        { "group", "^(ab)+(?:cd)?(?<name>ef)$", A, { "abef", "ababcdef" }, { "ef", "abcd" } },
        { "named groups in any script", "^(?<größe>a)(?<$_1>b)\\k<größe>$", B, { "aba" }, { "ab", "abb" } },
        { "lazy", "^a+?b*?$", R, { "a", "aab" }, { "b" } },
        { "counted group", "^(ab){2,3}$", A, { "abab", "ababab" }, { "ab", "abababab" } },
        { "open count", "^(ab){2,}$", A, { "abab", "abababab" }, { "ab", "ababa" } },
        { "zero times", "^a{0}b$", R, { "b" }, { "ab" } },
        { "word edge", "\\bfoo\\b", A, { "foo", "a foo.", "éfooé" }, { "foobar", "xfoo", "_foo" } },
        { "inside a word", "\\Boo\\B", A, { "foot" }, { "oo", "foo", "oot" } },
        { "no edge in the middle of a character", "\\B", A, { "ab", "", "éé" }, { "a", "aéa" } },
        { "edge at the ends", "^\\b.*\\b$", A, { "a", "a b" }, { "", " a", "a " } },
        { "optional end", "^a($|b)", A, { "a", "ab", "abc" }, { "ac" } },
        { "nested stars", "^((a*)*)*$", A, { "", "aaa" }, { "b" } },
        { "runs that overlap", "^[a-z]*[x-z]$", A, { "abcx", "z" }, { "abc", "" } },
        { "equal runs are one", "^[a-z]+[a-z]*[a-z]{2}$", R, { "abc" }, { "ab" } },
        { "open end", "^[a-z]+", R, { "abc1", "a" }, { "1a" } },
        { "password", "^(?=.*[A-Z])(?=.*\\d)(?!.*\\s).{8,}$", A, { "Passw0rdd" }, { "Passw0r", "password1", "PASSWORDX",
          "Pass w0rdd" } },
        { "not a prefix", "^(?!xn--)[a-z0-9-]+$", R, { "xn-a", "abc" }, { "xn--a" } },
        { "look ahead in the middle", "^a(?=b)[a-z]+$", B, { "abc" }, { "acb" } },
        { "look ahead unanchored", "foo(?!bar)", B, { "foobaz", "foobarfoo" }, { "foobar", "" } },
        { "look behind", "(?<=\\$)\\d+", B, { "cost $5" }, { "cost 5" } },
        { "negative look behind", "(?<!\\$)\\b\\d+", B, { "cost 5" }, { "cost $5" } },
        { "back-reference", "^(a|b)\\1$", B, { "aa", "bb" }, { "ab", "a" } },
        { "named back-reference", "^(?<q>['\"]).*\\k<q>$", B, { "'x'", "\"\"" }, { "'x\"" } },
        { "reference before its group", "^\\1(a)$", B, { "a" }, { "aa" } },
        { "reference to a group not taken", "^(?:(a)|b)\\1$", B, { "aa", "b" }, { "ab" } },
        { "captures are forgotten", "^(?:(a)|b)*\\1$", T, { "ab", "aa", "b", "abaa" }, { "c", "ac", "ba" } },
        { "captures of the last turn", "(z)((a+)?(b+)?(c))*\\3$", T, { "zaacaa", "zaacbc" }, { "zaacbbbcac", "zaad", "zacaac" } },
        { "look behind of any length", "(?<=\\$[0-9.]*)%", T, { "$5.50%", "$%" }, { "5%", "" } },
        { "negative look behind of any length", "(?<!\\$\\d*)\\b%|(?<!a+)x", T, { "x", "bx" }, { "ax", "aax" } },
        { "capture in look behind", "(?<=(\\d+)(\\d+))-\\1\\2$", T, { "1053-1053" }, { "1053-105", "153-53" } },
        { "reference before its group in look behind", "(?<=\\1(.))x", T, { "aax", "ééx" }, { "abx", "x" } },
        { "capture in look ahead", "(?=(a+))a*b\\1", B, { "baaabac", "aabaa" }, { "ab" } },
        { "no capture of negative look ahead", "(.*?)a(?!(a+)b\\2c)\\2(.*)", B, { "baaabaac" }, { "b" } },
        { "lazy reference", "^(.+?)\\1+?$", T, { "abab", "aaa", "éé" }, { "aba", "" } },
        { "empty turns", "^(?:(a*)*|b)\\1$", T, { "", "b", "aa" }, { "ab" } },
        { "counted reference", "^(?:(\\w)\\1){2}$", T, { "aabb" }, { "abab", "aab" } },
        { "alternatives and a reference", "^(a|ab)(c|bcd)\\2(d*)$", B, { "abccd", "acc" }, { "abcd", "abcbcd" } },
        { "repeated reference to nothing", "(?!(a)\\1)\\1+x", T, { "x" }, { "a" } },
        { "references in a row", "(\\w)\\1(?!\\1)", B, { "aab", "aa" }, { "ab", "" } },
        { "large count", "^(?:ab){1,1500}$", B, { "ab", "abab" }, { "aba", "" } },
        { "large count of a class", "^\\S{1,60000}$", R, { "ab" }, { "a b", "" } },
};

static void matches(void **state)
{
        (void)state;
        struct pattern_scratch *scratch = pattern_scratch_new();
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct error err = { .text = "" };
                struct pattern *pattern = pattern_compile(slice_of(CASES[i].pattern), LIMIT, &err);
                if (!pattern)
                        fail_msg("%s: %s", CASES[i].name, err.text);
                if (pattern_engine(pattern) != CASES[i].engine)
                        fail_msg("%s: engine %d, not %d", CASES[i].name, pattern_engine(pattern), CASES[i].engine);
                for (size_t j = 0; j < COUNT_OF(CASES[i].good) && CASES[i].good[j]; j++)
                        if (pattern_match(pattern, scratch, slice_of(CASES[i].good[j])) != PATTERN_YES)
                                fail_msg("%s: does not match '%s'", CASES[i].name, CASES[i].good[j]);
                for (size_t j = 0; j < COUNT_OF(CASES[i].bad) && CASES[i].bad[j]; j++)
                        if (pattern_match(pattern, scratch, slice_of(CASES[i].bad[j])) != PATTERN_NO)
                                fail_msg("%s: matches '%s'", CASES[i].name, CASES[i].bad[j]);
                pattern_free(pattern);
        }
        pattern_scratch_free(scratch);
}

/* Every engine that can serve a case must answer like the one that was chosen. */
static void engines_agree(void **state)
{
        (void)state;
        struct pattern_scratch *scratch = pattern_scratch_new();
        unsigned compared = 0;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                for (enum pattern_engine engine = PATTERN_RUNS; engine <= PATTERN_RETRACING; engine++) {
                        /* PCRE2 keeps captures that the standard forgets. */
                        if (engine == PATTERN_BACKTRACKING && CASES[i].engine == PATTERN_RETRACING)
                                continue;
                        struct pattern *pattern = pattern_compile_with(engine, slice_of(CASES[i].pattern), LIMIT, NULL);
                        for (size_t j = 0; pattern && j < COUNT_OF(CASES[i].good) && CASES[i].good[j]; j++, compared++)
                                if (pattern_match(pattern, scratch, slice_of(CASES[i].good[j])) != PATTERN_YES)
                                        fail_msg("%s: engine %d does not match '%s'", CASES[i].name, engine, CASES[i].good[j]);
                        for (size_t j = 0; pattern && j < COUNT_OF(CASES[i].bad) && CASES[i].bad[j]; j++, compared++)
                                if (pattern_match(pattern, scratch, slice_of(CASES[i].bad[j])) != PATTERN_NO)
                                        fail_msg("%s: engine %d matches '%s'", CASES[i].name, engine, CASES[i].bad[j]);
                        pattern_free(pattern);
                }
        }
        assert_true(compared > 500);
        pattern_scratch_free(scratch);
}

static const struct {
        const char *name, *pattern, *error;
} WRONG[] = {
        { "open group",               "^(abc]",          "offset 5: a ']' for itself must be written '\\]'" },
        { "group without end",        "a(bc",            "offset 1: '(' has no ')'" },
        { "end without group",        "abc)",            "offset 3: ')' has no '('" },
        { "open class",               "a[bc",            "offset 1: '[' has no ']'" },
        { "nothing to repeat",        "*a",              "offset 0: '*' has nothing to repeat" },
        { "repeated twice",           "a**",             "offset 2: '*' has nothing to repeat" },
        { "possessive",               "a++",             "offset 2: '+' has nothing to repeat" },
        { "repeated assertion",       "(?=a)*",          "offset 0: an assertion cannot be repeated" },
        { "repeated edge",            "\\b+",            "offset 0: an assertion cannot be repeated" },
        { "lone brace",               "a{,3}",           "offset 1: a '{' for itself must be written '\\{'" },
        { "lone closing brace",       "a}",              "offset 1: a '}' for itself must be written '\\}'" },
        { "counts out of order",      "a{3,2}",          "offset 1: the least number of repetitions is above the most" },
        { "range out of order",       "[z-a]",           "offset 1: a range whose end comes before its start" },
        { "class as a range's end",   "[\\w-z]",
                  "offset 1: a class cannot be the end of a range (write '\\-' for a dash)" },
        { "bell",                     "\\a",             "offset 0: '\\a' is not an escape of ECMA-262" },
        { "end of text",              "^\\S(|(.|\\n)*\\S)\\Z", "offset 15: '\\Z' is not an escape of ECMA-262" },
        { "start of text",            "\\Aabc",          "offset 0: '\\A' is not an escape of ECMA-262" },
        { "escaped letter",           "a\\é",            "offset 1: '\\é' is not an escape of ECMA-262" },
        { "backslash at the end",     "abc\\",           "offset 3: a backslash at the end" },
        { "octal",                    "\\01",            "offset 0: octal escapes are not part of ECMA-262's unicode mode" },
        { "short hexadecimal",        "\\x4",            "offset 0: '\\x' needs two hexadecimal digits" },
        { "short unicode",            "\\u12g4",         "offset 0: '\\u' needs four hexadecimal digits, or {...}" },
        { "large unicode",            "\\u{110000}",     "offset 0: there is no code point above 10FFFF" },
        { "control",                  "\\c1",            "offset 0: '\\c' needs a letter" },
        { "unknown property",         "\\p{Lettre}",     "offset 0: there is no Unicode property 'Lettre'" },
        { "property in lower case",   "\\p{letter}",     "offset 0: there is no Unicode property 'letter'" },
        { "script without its key",   "\\p{Greek}",      "offset 0: there is no Unicode property 'Greek'" },
        { "unknown script",           "\\p{sc=Klingon}", "offset 0: there is no Unicode property 'sc=Klingon'" },
        { "property without braces",  "\\pL",            "offset 0: '\\p' needs a property in braces" },
        { "no such group",            "(a)\\2",          "offset 3: a reference to a group that does not exist" },
        { "no such name",             "(?<a>x)\\k<b>",   "offset 7: a reference to a group that does not exist" },
        { "same name twice",          "(?<a>x)(?<a>y)",  "offset 7: a second group named 'a'" },
        { "bad name",                 "(?<1a>x)",        "offset 3: a group's name must be an identifier" },
        { "inline flags",             "(?i)abc",         "offset 0: '(?' is followed by neither ':', '=', '!' nor '<'" },
        { "Python's names",           "(?P<a>x)",        "offset 0: '(?' is followed by neither ':', '=', '!' nor '<'" },
        { "atomic group",             "(?>a)",           "offset 0: '(?' is followed by neither ':', '=', '!' nor '<'" },
        { "invalid UTF-8",            "a\xff",           "the pattern is not valid UTF-8" },
};

static void refuses(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
                struct error err = { .text = "" };
                struct pattern *pattern = pattern_compile(slice_of(WRONG[i].pattern), LIMIT, &err);
                if (pattern || strcmp(err.text, WRONG[i].error) != 0)
                        fail_msg("%s: %s", WRONG[i].name, pattern ? "is accepted" : err.text);
                assert_false(pattern_valid(slice_of(WRONG[i].pattern), &err));
        }
}

/* `count` times the text. */
static struct slice many(const char *text, size_t count, const char *end)
{
        size_t size = strlen(text);
        char *all = memory_get(size * count + strlen(end) + 1);
        for (size_t i = 0; i < count; i++)
                memcpy(all + i * size, text, size);
        memcpy(all + size * count, end, strlen(end));
        return (struct slice){ all, size * count + strlen(end) };
}

/* The classic bombs are served by the stepper, whose steps are the bytes of the text. */
static void bombs_are_linear(void **state)
{
        (void)state;
        static const char *const BOMBS[] = { "^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(a*)*$b", "^(([a-z])+.)+[A-Z]([a-z])+$",
          "^(.*a){12}$",
                                             "(x+x+)+y", "^(a?){30}a{30}$" };
        for (size_t i = 0; i < COUNT_OF(BOMBS); i++) {
                struct pattern *pattern = pattern_compile(slice_of(BOMBS[i]), LIMIT, NULL);
                assert_non_null(pattern);
                assert_int_equal(pattern_engine(pattern), PATTERN_AUTOMATON);
                for (size_t count = 28; count <= 5000; count *= 5) {
                        struct slice text = many(i == 6 ? "x" : "a", count, "!");
                        assert_int_equal(pattern_match(pattern, NULL, text), PATTERN_NO);
                        free((char *)text.data);
                }
                pattern_free(pattern);
        }
}

/* What must backtrack is stopped. */
static void limit_is_kept(void **state)
{
        (void)state;
        static const char *const BOMBS[] = { "^(?:(a+)+)(?=b)\\1$", "^(a+)+\\1b$", "(?:a|a)*(?=b)",
          "([a-z]*[a-y]*[a-x]*[a-w]*)(?<!a)b\\1" };
        struct pattern_scratch *scratch = pattern_scratch_new();
        struct slice text = many("a", 5000, "!b");
        for (size_t i = 0; i < COUNT_OF(BOMBS); i++) {
                struct error err = { .text = "" };
                struct pattern *pattern = pattern_compile(slice_of(BOMBS[i]), LIMIT, &err);
                if (!pattern)
                        fail_msg("%s: %s", BOMBS[i], err.text);
                assert_true(pattern_engine(pattern) >= PATTERN_BACKTRACKING);
                if (pattern_match(pattern, scratch, text) != PATTERN_LIMIT)
                        fail_msg("%s: is not stopped", BOMBS[i]);
                pattern_free(pattern);
        }
        free((char *)text.data);
        pattern_scratch_free(scratch);
}

/* A long text is no bomb: what has to be searched through is. */
static void long_texts_are_searched(void **state)
{
        (void)state;
        static const char *const SEARCHES[] = { "foo(?!bar)", "(?<=x)foo", "(fo)\\1", "(?<=\\$\\d*)%" };
        struct pattern_scratch *scratch = pattern_scratch_new();
        struct slice text = many("lorem ipsum ", 20000, "xfoofofo$1%");
        for (size_t i = 0; i < COUNT_OF(SEARCHES); i++) {
                struct pattern *pattern = pattern_compile(slice_of(SEARCHES[i]), LIMIT, NULL);
                if (pattern_match(pattern, scratch, text) != PATTERN_YES)
                        fail_msg("%s: is not found", SEARCHES[i]);
                if (pattern_match(pattern, scratch, (struct slice){ text.data, 200000 }) != PATTERN_NO)
                        fail_msg("%s: is found where it is not", SEARCHES[i]);
                pattern_free(pattern);
        }
        free((char *)(uintptr_t)text.data);
        pattern_scratch_free(scratch);
}

/* Patterns that want to be large: refused or served, but soon and in bounded memory. */
static void compile_is_bounded(void **state)
{
        (void)state;
        static const char *const BOMBS[] = { "((a{1000}){1000}){1000}", "(?:(?:(?:){4000000000}){4000000000}){4000000000}",
          "a{4294967295}",
                                             "(.*a.*b.*c){50}", "(?:[^]*x){100}y", "^(?:\\p{L}\\p{N}?){1,300}$",
                                               "(a|b)*a(a|b){20}" };
        struct pattern_scratch *scratch = pattern_scratch_new();
        int64_t begin = clock_steady();
        for (size_t i = 0; i < COUNT_OF(BOMBS); i++) {
                struct pattern *pattern = pattern_compile(slice_of(BOMBS[i]), LIMIT, NULL);
                if (pattern)
                        (void)pattern_match(pattern, scratch, SLICE("abcabc"));
                pattern_free(pattern);
        }
        struct slice deep = many("(", PATTERN_DEPTH_MAX + 1, "");
        struct error err;
        assert_null(pattern_compile(deep, LIMIT, &err));
        assert_string_equal(err.text, "offset 200: groups are nested deeper than 200");
        free((char *)deep.data);

        struct slice groups = many("(a)", GROUPS_MAX + 1, "\\1000");
        assert_null(pattern_compile(groups, LIMIT, &err));
        assert_string_equal(err.text, "offset 3000: more than 1000 captured groups");
        struct pattern *most = pattern_compile((struct slice){ groups.data + 3, groups.size - 3 }, LIMIT, &err);
        assert_non_null(most);
        struct slice letters = many("a", GROUPS_MAX + 1, "");
        assert_int_equal(pattern_match(most, scratch, letters), PATTERN_YES);
        pattern_free(most);
        free((char *)groups.data);
        free((char *)letters.data);

        struct slice large = many("a", PATTERN_SIZE_MAX + 1, "");
        assert_null(pattern_compile(large, LIMIT, &err));
        assert_string_equal(err.text, "the pattern is longer than 65536 bytes");
        large.size--;
        struct pattern *pattern = pattern_compile(large, LIMIT, &err);
        if (pattern)
                assert_int_equal(pattern_match(pattern, scratch, large), PATTERN_YES);
        pattern_free(pattern);
        free((char *)large.data);
        pattern_scratch_free(scratch);
        assert_true(clock_steady() - begin < 60000);
}

static void literals(void **state)
{
        (void)state;
        static const struct {
                const char *pattern, *literal;
                bool        whole;
        } ROWS[] = {
                { "^x-", "x-", false }, { "^\\$ref$", "$ref", true }, { "^", "", false }, { "^\\u00e9", "é", false },
                { "x-", NULL, false }, { "^x.", NULL, false }, { "^x|y", NULL, false }, { "^x$y", NULL, false },
        };
        for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
                struct slice literal;
                bool whole;
                struct pattern *pattern = pattern_compile(slice_of(ROWS[i].pattern), LIMIT, NULL);
                bool found = pattern_literal(pattern, &literal, &whole);
                assert_int_equal(found, ROWS[i].literal != NULL);
                if (found) {
                        assert_int_equal(literal.size, strlen(ROWS[i].literal));
                        assert_memory_equal(literal.data, ROWS[i].literal, literal.size);
                        assert_int_equal(whole, ROWS[i].whole);
                }
                pattern_free(pattern);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(matches),          cmocka_unit_test(engines_agree), cmocka_unit_test(refuses),
                cmocka_unit_test(bombs_are_linear), cmocka_unit_test(limit_is_kept), cmocka_unit_test(compile_is_bounded),
                cmocka_unit_test(literals),         cmocka_unit_test(long_texts_are_searched),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
