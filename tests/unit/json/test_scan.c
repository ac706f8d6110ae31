#include "json/scan.h"
#include "json/scan_inline.h"
#include "base/buffer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct scan_limits LIMITS = { .depth = 8, .string = 40 };

/* Exactly the text on the heap, so that the address sanitizer sees a read behind it. */
static char *heap_copy(struct slice text)
{
        char *copy = malloc(text.size ? text.size : 1);
        assert_non_null(copy);
        if (text.size)
                memcpy(copy, text.data, text.size);
        return copy;
}

static const struct {
        const char  *name;
        struct slice text;
        enum reason  reason;       /* none: a value */
        size_t       where;        /* of the error, else the bytes of the value */
        const char  *message;
} CASES[] = {
#define GOOD(name, text) { name, SLICE_INIT(text), REASON_none, sizeof(text) - 1, NULL }
#define BAD(name, text, where, message) { name, SLICE_INIT(text), REASON_json_malformed, where, message }
#define UTF8(name, text, where) { name, SLICE_INIT(text), REASON_json_utf8, where, NULL }
        GOOD("null", "null"),
        GOOD("true", "true"),
        GOOD("false", "false"),
        GOOD("zero", "0"),
        GOOD("minus zero", "-0"),
        GOOD("fraction", "-0.50"),
        GOOD("exponent", "1E+09"),
        GOOD("small exponent", "0e-1"),
        GOOD("number past every double", "123456789012345678901234567890.5e99999"),
        GOOD("empty string", "\"\""),
        GOOD("every escape", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\""),
        GOOD("escaped NUL is text", "\"a\\u0000b\""),
        GOOD("surrogate pair", "\"\\uD83D\\udE00\""),
        GOOD("DEL is no control character", "\"\x7f\""),
        GOOD("UTF-8 of two, three and four bytes", "\"\xC2\x80 \xE2\x82\xAC \xF0\x9F\x98\x80 \xF4\x8F\xBF\xBF\""),
        GOOD("noncharacters are characters", "\"\xEF\xBF\xBF\xEF\xB7\x90\""),
        GOOD("empty array", "[]"),
        GOOD("empty object", "{ }"),
        GOOD("all white space", "[ \t\r\n1\n,\r2 ]"),
        GOOD("nested as deep as allowed", "[[[[[[[{}]]]]]]]"),
        GOOD("wide", "{\"a\":[1,{\"b\":null},[]],\"c\":{\"d\":{}},\"a\":1}"),
        GOOD("duplicate keys pass a bare scan", "{\"a\":1,\"a\":2}"),
        GOOD("string as long as allowed", "\"0123456789012345678901234567890123456789\""),
        { "a value ends where it ends", SLICE_INIT("[1]]"), REASON_none, 3, NULL },
        { "number before a letter", SLICE_INIT("12x"), REASON_none, 2, NULL },

        BAD("nothing", "", 0, "the text ends where a value is missing"),
        BAD("byte order mark", "\xEF\xBB\xBF{}", 0, "a value starts here with a byte order mark or another character"),
        BAD("NUL", "\0", 0, "no value starts with this character"),
        BAD("capital literal", "True", 0, "no value starts with this character"),
        BAD("NaN", "[NaN]", 1, "no value starts with this character"),
        BAD("misspelt literal", "[nul]", 4, "only true, false and null are written without quotes"),
        BAD("cut literal", "[tru", 4, "the text ends inside true, false or null"),
        BAD("single quotes", "['a']", 1, "strings are written in double quotes"),
        BAD("comment", "[/* */]", 1, "JSON has no comments"),
        BAD("plus", "+1", 0, "a number starts with a digit or '-'"),
        BAD("leading zero", "[012]", 2, "a number may not start with 0 and another digit"),
        BAD("minus alone", "-", 1, "a digit is missing in the number"),
        BAD("point without digit", "[1.]", 3, "a digit is missing in the number"),
        BAD("exponent without digit", "1e+", 3, "a digit is missing in the number"),
        BAD("raw control character", "\"a\x1f\"", 2, "control characters in a string must be escaped"),
        BAD("raw NUL in a string", "\"a\0b\"", 2, "control characters in a string must be escaped"),
        BAD("UTF-16", "\"\0a\0", 1, "control characters in a string must be escaped"),
        BAD("raw line feed in a string", "[\"\n\"]", 2, "control characters in a string must be escaped"),
        BAD("unknown escape", "\"\\x41\"", 1, "no such escape; JSON knows \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX"),
        BAD("short unicode escape", "\"\\u12\"", 1, "'\\u' needs four hexadecimal digits"),
        BAD("string without end", "\"abc", 4, "the text ends inside a string"),
        BAD("string cut behind a backslash", "\"abc\\", 5, "the text ends inside a string"),
        BAD("string cut in a unicode escape", "\"\\u00", 5, "the text ends inside a string"),
        BAD("string cut inside a pair", "\"\\uD83D\\uDE", 11, "the text ends inside a string"),
        BAD("array without end", "[1", 2, "the text ends inside an array"),
        BAD("object without end", "{\"a\":1", 6, "the text ends inside an object"),
        BAD("object cut behind its brace", "{", 1, "the text ends inside an object"),
        BAD("object cut behind a key", "{\"a\"", 4, "the text ends inside an object"),
        BAD("comma at the end of an array", "[1,]", 3, "a value is missing"),
        BAD("comma at the end of an object", "{\"a\":1,}", 7, "a member is missing behind the comma"),
        BAD("missing comma", "[1 2]", 3, "a comma or ']' is missing"),
        BAD("wrong bracket", "{\"a\":[1}", 7, "a comma or ']' is missing"),
        BAD("colon missing", "{\"a\" 1}", 5, "a ':' is missing behind the key"),
        BAD("key without quotes", "{a:1}", 1, "a key in double quotes is missing"),
        BAD("value missing", "{\"a\":}", 5, "a value is missing"),

        UTF8("lone continuation", "\"a\x80\"", 2),
        UTF8("overlong slash", "\"\xC0\xAF\"", 1),
        UTF8("overlong of three", "\"\xE0\x80\xAF\"", 1),
        UTF8("overlong of four", "\"\xF0\x80\x80\xAF\"", 1),
        UTF8("surrogate in UTF-8", "\"\xED\xA0\x80\"", 1),
        UTF8("above U+10FFFF", "\"\xF4\x90\x80\x80\"", 1),
        UTF8("five bytes", "\"\xF8\x88\x80\x80\x80\"", 1),
        UTF8("FF", "\"\xFF\"", 1),
        UTF8("Latin-1", "\"caf\xE9\"", 4),
        UTF8("cut by the quote", "\"\xE2\x82\"", 1),
        UTF8("cut by the end", "\"\xE2\x82", 1),
        UTF8("in a key", "{\"\xC3(\":1}", 2),
        UTF8("lone high surrogate", "\"\\uD800\"", 1),
        UTF8("lone low surrogate", "\"x\\uDFFF\"", 2),
        UTF8("high surrogate before text", "\"\\uD800abcdef\"", 1),
        UTF8("two high surrogates", "\"\\uD800\\uD800\"", 1),
        UTF8("high surrogate before another escape", "\"\\uDBFF\\n\"", 1),
        UTF8("pair the wrong way round", "\"\\uDE00\\uD83D\"", 1),

        { "array too deep", SLICE_INIT("[[[[[[[[[]]]]]]]]]"), REASON_json_depth, 8, NULL },
        { "object too deep", SLICE_INIT("[[[[[[[{\"a\":{}}]]]]]]]"), REASON_json_depth, 12, NULL },
        { "string too long", SLICE_INIT("[\"01234567890123456789012345678901234567890\"]"), REASON_json_string, 1, NULL },
        { "key too long", SLICE_INIT("{\"01234567890123456789012345678901234567890\":1}"), REASON_json_string, 1, NULL },
        { "escape over the edge", SLICE_INIT("\"012345678901234567890123456789012345678\\n\""), REASON_json_string, 0, NULL },
        { "too long before it is malformed", SLICE_INIT("\"01234567890123456789012345678901234567890\n"), REASON_json_string, 0,
          NULL },
        { "malformed before it is too long", SLICE_INIT("\"0123\n56789012345678901234567890123456789012\""),
          REASON_json_malformed, 5, NULL },
};

static void scan_finds_ends_and_errors(void **state)
{
        (void)state;
        for (size_t engine = 0; scan_use(engine); engine++) {
                for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                        char *text = heap_copy(CASES[i].text);
                        struct scan_error err = { .reason = REASON_none };
                        const char *behind = scan_value(text, text + CASES[i].text.size, &LIMITS, &err);
                        const char *where = behind ? behind : err.where;
                        if (err.reason != CASES[i].reason || where != text + CASES[i].where ||
                            (!behind) != (err.reason != REASON_none) ||
                            (CASES[i].message && strcmp(CASES[i].message, err.message) != 0))
                                fail_msg("%s, %s: reason %d at %td: %s", scan_engine_name(engine), CASES[i].name, (int)err.reason,
                                         where - text, err.reason == REASON_none ? "" : err.message);
                        free(text);
                }
        }
}

/* Every prefix of a rich text: each is refused at its end (but for the whole), by every engine alike, and nothing behind the end
 * is read. */
static void scan_stops_at_any_end(void **state)
{
        static const char RICH[] = "{\"k\xC3\xA9y\\u00e9\":[true,false,null,-12.5e+3,\"\\uD83D\\uDE00 and a text longer than a "
                                   "block of thirty-two\"],"
                                   "  \"another rather long key without specials\" : {\"\":\"\xF0\x9F\x98\x80\"} }";
        (void)state;
        for (size_t size = 0; size < sizeof(RICH); size++) {
                for (size_t engine = 0; scan_use(engine); engine++) {
                        char *text = heap_copy((struct slice){ RICH, size });
                        struct scan_error err;
                        const char *behind = scan_value(text, text + size, &SCAN_UNLIMITED, &err);
                        if (size == sizeof(RICH) - 1)
                                assert_ptr_equal(behind, text + size);
                        else if (behind || (err.where != text + size && err.reason != REASON_json_utf8))
                                fail_msg("%s: prefix of %zu bytes", scan_engine_name(engine), size);
                        free(text);
                }
        }
}

/* A special byte at every place of a string, the string at every distance from the end of the text. */
static void scan_sees_every_byte_of_a_block(void **state)
{
        static const struct { const char *name; char byte; enum reason reason;
        } BYTES[] = {
                { "control", '\x01', REASON_json_malformed }, { "high", '\xFF', REASON_json_utf8 },
                { "backslash", '\\', REASON_json_malformed }, { "below space", '\x1f', REASON_json_malformed },
                { "0x80", '\x80', REASON_json_utf8 },
        };
        (void)state;
        for (size_t engine = 0; scan_use(engine); engine++)
                for (size_t b = 0; b < COUNT_OF(BYTES); b++)
                        for (size_t place = 0; place < 80; place++) {
                                char plain[82];
                                memset(plain, '~', sizeof(plain));
                                plain[0] = plain[81] = '"';
                                plain[1 + place] = BYTES[b].byte;
                                char *text = heap_copy((struct slice){ plain, sizeof(plain) });
                                struct scan_error err;
                                bool escaped;
                                const char *inlined =
                                        scan_string_inline(text, text + sizeof(plain), &SCAN_UNLIMITED, &escaped, &err);
                                assert_null(inlined);
                                if (scan_string(text, text + sizeof(plain), &SCAN_UNLIMITED, &escaped, &err) ||
                                    err.where != text + 1 + place || err.reason != BYTES[b].reason)
                                        if (!(BYTES[b].byte == '\\' && place == 79))       /* escapes the closing quote */
                                                fail_msg("%s: %s at %zu", scan_engine_name(engine), BYTES[b].name, place);
                                free(text);
                        }
}

static void scan_inline_agrees(void **state)
{
        (void)state;
        for (size_t size = 0; size < 70; size++) {
                char plain[160];
                memset(plain, 'x', sizeof(plain));
                plain[0] = plain[size + 1] = '"';
                for (size_t tail = 0; tail < 40; tail += 13) {
                        char *text = heap_copy((struct slice){ plain, size + 2 + tail });
                        struct scan_error err;
                        bool escaped = true;
                        const char *end = text + size + 2 + tail;
                        assert_ptr_equal(scan_string_inline(text, end, &SCAN_UNLIMITED, &escaped, &err), text + size + 2);
                        assert_false(escaped);
                        const struct scan_limits tight = { 1, size }, tighter = { 1, size - 1 };
                        assert_ptr_equal(scan_string_inline(text, end, &tight, &escaped, &err), text + size + 2);
                        if (size)
                                assert_null(scan_string_inline(text, end, &tighter, &escaped, &err));
                        free(text);
                }
        }
        static const char *const NUMBERS[] = { "0",   "7",        "-1", "123456789012345678", "1234567890123456789", "1.5",
                                               "1e5", "12345E-2", "10" };
        for (size_t i = 0; i < COUNT_OF(NUMBERS); i++) {
                char text[64] = "";
                struct scan_error err;
                (void)snprintf(text, sizeof(text), "%s,                         ", NUMBERS[i]);
                assert_ptr_equal(scan_number_inline(text, text + strlen(text), &err), text + strlen(NUMBERS[i]));
        }
        static const char *const SPACES[] = { "x", " x", "  x", "\nx", " \n\t\r x", "", " ", "  " };
        for (size_t i = 0; i < COUNT_OF(SPACES); i++) {
                char *text = heap_copy(slice_of(SPACES[i]));
                const char *end = text + strlen(SPACES[i]);
                const char *x = memchr(text, 'x', strlen(SPACES[i]));
                assert_ptr_equal(scan_space_inline(text, end), x ? x : end);
                free(text);
        }
}

/* The cases of JSONTestSuite whose bytes do not survive in its package; named as there. */
static void scan_refuses_other_encodings(void **state)
{
        static const struct { const char *name; struct slice text;
        } FILES[] = {
#define BYTES(name, text) { name, SLICE_INIT(text) }
                BYTES("i_string_UTF-16LE_with_BOM", "\xFF\xFE[\0\"\0\xE9\0\"\0]\0"),
                BYTES("i_string_utf16BE_no_BOM", "\0[\0\"\0\xE9\0\"\0]"),
                BYTES("i_string_utf16LE_no_BOM", "[\0\"\0\xE9\0\"\0]\0"),
                BYTES("i_structure_UTF-8_BOM_empty_object", "\xEF\xBB\xBF{}"),
                BYTES("i_string_UTF-8_invalid_sequence", "[\"\xE6\x97\xA5\xD1\x88\xFA\"]"),
                BYTES("i_string_UTF8_surrogate_U+D800", "[\"\xED\xA0\x80\"]"),
                BYTES("i_string_invalid_utf-8", "[\"\xFF\"]"),
                BYTES("i_string_iso_latin_1", "[\"\xE9\"]"),
                BYTES("i_string_lone_utf8_continuation_byte", "[\"\x81\"]"),
                BYTES("i_string_not_in_unicode_range", "[\"\xF4\xBF\xBF\xBF\"]"),
                BYTES("i_string_overlong_sequence_2_bytes", "[\"\xC0\xAF\"]"),
                BYTES("i_string_overlong_sequence_6_bytes", "[\"\xFC\x83\xBF\xBF\xBF\xBF\"]"),
                BYTES("i_string_overlong_sequence_6_bytes_null", "[\"\xFC\x80\x80\x80\x80\x80\"]"),
                BYTES("i_string_truncated-utf-8", "[\"\xE0\xFF\"]"),
                BYTES("n_array_a_invalid_utf8", "[a\xE5]"),
                BYTES("n_array_invalid_utf8", "[\xFF]"),
                BYTES("n_number_invalid-utf-8-in-bigger-int", "[123\xE5]"),
                BYTES("n_number_invalid-utf-8-in-exponent", "[1e1\xE5]"),
                BYTES("n_number_invalid-utf-8-in-int", "[0\xE5]\n"),
                BYTES("n_number_real_with_invalid_utf8_after_e", "[1e\xE5]"),
                BYTES("n_object_lone_continuation_byte_in_key_and_trailing_comma", "{\"\xB9\":\"0\",}"),
                BYTES("n_string_invalid-utf-8-in-escape", "[\"\\u\xE5\"]"),
                BYTES("n_string_invalid_utf8_after_escape", "[\"\\\xE5\"]"),
                BYTES("n_structure_incomplete_UTF8_BOM", "\xEF\xBB{}"),
                BYTES("n_structure_lone-invalid-utf-8", "\xE5"),
                BYTES("n_structure_single_eacute", "\xE9"),
        };
        (void)state;
        for (size_t engine = 0; scan_use(engine); engine++)
                for (size_t i = 0; i < COUNT_OF(FILES); i++) {
                        struct scan_error err;
                        char *text = heap_copy(FILES[i].text);
                        if (scan_text((struct slice){ text, FILES[i].text.size }, &SCAN_UNLIMITED, &err))
                                fail_msg("%s: taken", FILES[i].name);
                        free(text);
                }
}

static void scan_survives_depth(void **state)
{
        (void)state;
        size_t size = 200000;
        char *text = malloc(size);
        assert_non_null(text);
        memset(text, '[', size);
        struct scan_error err;
        for (size_t engine = 0; scan_use(engine); engine++) {
                assert_null(scan_value(text, text + size, &(struct scan_limits){ SIZE_MAX, SIZE_MAX }, &err));
                assert_int_equal(err.reason, REASON_json_depth);
                assert_ptr_equal(err.where, text + SCAN_DEPTH_MAX);
        }
        memset(text + SCAN_DEPTH_MAX, ']', SCAN_DEPTH_MAX);
        for (size_t engine = 0; scan_use(engine); engine++)
                assert_ptr_equal(scan_value(text, text + size, &SCAN_UNLIMITED, &err), text + 2 * SCAN_DEPTH_MAX);
        free(text);
}

static void scan_text_wants_one_value(void **state)
{
        (void)state;
        struct scan_error err;
        assert_true(scan_text(SLICE(" \n{} \r\n"), &LIMITS, &err));
        struct slice two = SLICE("{} {}"), none = SLICE("  ");
        assert_false(scan_text(two, &LIMITS, &err));
        assert_ptr_equal(err.where, two.data + 3);
        assert_false(scan_text(none, &LIMITS, &err));
        assert_ptr_equal(err.where, none.data + 2);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(scan_finds_ends_and_errors),
                cmocka_unit_test(scan_stops_at_any_end),
                cmocka_unit_test(scan_sees_every_byte_of_a_block),
                cmocka_unit_test(scan_inline_agrees),
                cmocka_unit_test(scan_refuses_other_encodings),
                cmocka_unit_test(scan_survives_depth),
                cmocka_unit_test(scan_text_wants_one_value),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
