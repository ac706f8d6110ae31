#include "json/scan.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct {
        const char  *name;
        struct slice raw, plain;
} ESCAPES[] = {
        { "nothing to undo", SLICE_INIT("\"abc\""), SLICE_INIT("abc") },
        { "empty", SLICE_INIT("\"\""), SLICE_INIT("") },
        { "short escapes", SLICE_INIT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), SLICE_INIT("\"\\/\b\f\n\r\t") },
        { "one byte", SLICE_INIT("\"\\u0041x\""), SLICE_INIT("Ax") },
        { "NUL", SLICE_INIT("\"a\\u0000b\""), SLICE_INIT("a\0b") },
        { "two bytes", SLICE_INIT("\"\\u00e9\\u00E9\""), SLICE_INIT("\xC3\xA9\xC3\xA9") },
        { "three bytes", SLICE_INIT("\"\\u20aC\""), SLICE_INIT("\xE2\x82\xAC") },
        { "surrogate pair", SLICE_INIT("\"-\\uD83D\\uDE00-\""), SLICE_INIT("-\xF0\x9F\x98\x80-") },
        { "first and last pair", SLICE_INIT("\"\\uD800\\uDC00\\uDBFF\\uDFFF\""), SLICE_INIT("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF") },
        { "between runs", SLICE_INIT("\"one\\ntwo\\\\three\""), SLICE_INIT("one\ntwo\\three") },
        { "UTF-8 stays", SLICE_INIT("\"\xC3\xA9\\t\xC3\xA9\""), SLICE_INIT("\xC3\xA9\t\xC3\xA9") },
};

static void unescape_undoes_every_escape(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(ESCAPES); i++) {
                char *out = malloc(ESCAPES[i].raw.size);
                assert_non_null(out);
                struct slice plain = { out, scan_unescape(ESCAPES[i].raw, out) };
                if (!slice_equal(plain, ESCAPES[i].plain))
                        fail_msg("%s: '%.*s'", ESCAPES[i].name, SLICE_ARGS(plain));
                free(out);
        }
}

/* The document of RFC 6901, section 5, and what the RFC leaves to be found out. */
#define DOCUMENT                                                                                                          \
        "{\"foo\": [\"bar\", \"baz\"],\n\"\": 0, \"a/b\": 1, \"c%d\": 2, \"e^f\": 3, \"g|h\": 4, \"i\\\\j\": 5, \"k\\\"l\": 6, " \
        "\" \": 7, \"m~n\": 8, \"\\u0061\\uD83D\\uDE00\": {\"x\": [[], [1, {\"y\" : null } ]]}, \"twice\": 1, \"twice\": 2, " \
        "\"list\": [0,1,2,3,4,5,6,7,8,9,10 ], \"~1\": \"tilde one\", \"none\": {}}"
static const struct {
        const char *name, *pointer, *want;         /* want NULL: nothing there */
} POINTERS[] = {
        { "the whole", "", DOCUMENT },
        { "array", "/foo", "[\"bar\", \"baz\"]" },
        { "element", "/foo/0", "\"bar\"" },
        { "empty key", "/", "0" },
        { "slash", "/a~1b", "1" },
        { "percent", "/c%d", "2" },
        { "caret", "/e^f", "3" },
        { "bar", "/g|h", "4" },
        { "backslash", "/i\\j", "5" },
        { "quote", "/k\"l", "6" },
        { "space", "/ ", "7" },
        { "tilde", "/m~0n", "8" },
        { "escapes in the key", "/a\xF0\x9F\x98\x80/x/1/1/y", "null" },
        { "empty array", "/a\xF0\x9F\x98\x80/x/0", "[]" },
        { "tilde and one", "/~01", "\"tilde one\"" },
        { "the first of two", "/twice", "1" },
        { "last element", "/list/10", "10" },
        { "behind the last element", "/list/11", NULL },
        { "dash", "/list/-", NULL },
        { "leading zero", "/list/01", NULL },
        { "sign", "/list/+1", NULL },
        { "no index", "/list/x", NULL },
        { "huge index", "/list/99999999999999999999", NULL },
        { "empty token on an array", "/list/", NULL },
        { "no such key", "/fo", NULL },
        { "longer key", "/fooo", NULL },
        { "into a number", "/a~1b/0", NULL },
        { "into a string", "/foo/0/0", NULL },
        { "into an empty object", "/none/x", NULL },
        { "into an empty array", "/a\xF0\x9F\x98\x80/x/0/0", NULL },
        { "no slash at the start", "foo", NULL },
};

static void pointer_finds_values(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(POINTERS); i++) {
                struct slice found = scan_pointer(SLICE(" " DOCUMENT "\n"), slice_of(POINTERS[i].pointer));
                if (POINTERS[i].want ? !slice_equal(found, slice_of(POINTERS[i].want)) : found.data != NULL)
                        fail_msg("%s: '%.*s'", POINTERS[i].name, SLICE_ARGS(found));
        }
}

static void position_counts_lines_and_characters(void **state)
{
        static const struct { const char *name; struct slice text; size_t where, line, column;
        } CASES[] = {
                { "start", SLICE_INIT("abc"), 0, 1, 1 },
                { "third byte", SLICE_INIT("abc"), 2, 1, 3 },
                { "end", SLICE_INIT("abc"), 3, 1, 4 },
                { "line feed itself", SLICE_INIT("a\nb"), 1, 1, 2 },
                { "second line", SLICE_INIT("a\nb"), 2, 2, 1 },
                { "CR LF", SLICE_INIT("a\r\nb"), 3, 2, 1 },
                { "characters, not bytes", SLICE_INIT("\n\xE2\x82\xAC\xC3\xA9x"), 6, 2, 3 },
                { "past the end", SLICE_INIT("a\nb"), 90, 2, 2 },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                size_t line, column;
                scan_position(CASES[i].text, CASES[i].text.data + CASES[i].where, &line, &column);
                if (line != CASES[i].line || column != CASES[i].column)
                        fail_msg("%s: %zu:%zu", CASES[i].name, line, column);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(unescape_undoes_every_escape),
                cmocka_unit_test(pointer_finds_values),
                cmocka_unit_test(position_counts_lines_and_characters),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
