#include "json/equal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void values_are_compared_as_values(void **state)
{
        static const struct { const char *name, *a, *b; bool equal;
        } CASES[] = {
                { "null", "null", "null", true },
                { "null and false", "null", "false", false },
                { "false and zero", "false", "0", false },
                { "true and one", "true", "1", false },
                { "true and false", "true", "false", false },
                { "empty string and null", "\"\"", "null", false },
                { "one, however written", "1", "1.0", true },
                { "minus zero", "-0", "0", true },
                { "exponents", "1e2", "100", true },
                { "numbers that doubles cannot tell apart", "9007199254740993", "9007199254740992", false },
                { "huge", "1e400", "10e399", true },
                { "number and its text", "1", "\"1\"", false },
                { "escape", "\"\\u0061\"", "\"a\"", true },
                { "two spellings of an escape", "\"\\n\"", "\"\\u000A\"", true },
                { "case of the hex digits", "\"\\u00e9\"", "\"\\u00E9\"", true },
                { "pair and UTF-8", "\"\\uD83D\\uDE00\"", "\"\xF0\x9F\x98\x80\"", true },
                { "escaped slash", "\"\\/\"", "\"/\"", true },
                { "prefix", "\"a\\n\"", "\"a\\nb\"", false },
                { "escaped prefix", "\"\\u0061\"", "\"ab\"", false },
                { "composed and decomposed", "\"\xC3\xA9\"", "\"e\xCC\x81\"", false },
                { "NUL", "\"\\u0000\"", "\"\"", false },
                { "escape against a longer escape", "\"\\u20ac\\u0061\"", "\"\xE2\x82\xAC\\u0062\"", false },
                { "empty array and object", "[]", "{}", false },
                { "white space", "[1, 2]", "[ 1,2 ]", true },
                { "order of an array", "[1,2]", "[2,1]", false },
                { "shorter array", "[1]", "[1,2]", false },
                { "longer array", "[1,2]", "[1]", false },
                { "empty and not", "[]", "[null]", false },
                { "nested", "[[1.0],{\"a\":[]}]", "[[1],{\"\\u0061\":[ ]}]", true },
                { "nested, not equal", "[[[1]]]", "[[[2]]]", false },
                { "order of an object", "{\"a\":1,\"b\":2}", "{\"b\":2.0,\"a\":1}", true },
                { "values swapped", "{\"a\":1,\"b\":2}", "{\"b\":1,\"a\":2}", false },
                { "fewer members", "{\"a\":1}", "{\"a\":1,\"b\":2}", false },
                { "other key", "{\"a\":1}", "{\"b\":1}", false },
                { "key escaped, order changed", "{\"a\":{\"x\":1,\"y\":[2]},\"b\":null}",
                  "{\"b\":null,\"\\u0061\":{\"y\":[2e0],\"x\":1}}", true },
                { "deep difference", "{\"a\":{\"x\":1,\"y\":[2]},\"b\":null}", "{\"b\":null,\"a\":{\"y\":[3],\"x\":1}}", false },
                { "same start, then other order", "{\"a\":1,\"b\":2,\"c\":3}", "{\"a\":1,\"c\":3,\"b\":2}", true },
                { "same start, then fewer", "{\"a\":1,\"b\":2,\"c\":3}", "{\"a\":1,\"c\":3}", false },
                { "string in object", "{\"a\":\"1\"}", "{\"a\":1}", false },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct slice a = slice_of(CASES[i].a), b = slice_of(CASES[i].b);
                if (value_equal(a, b) != CASES[i].equal || value_equal(b, a) != CASES[i].equal || !value_equal(a, a))
                        fail_msg("%s", CASES[i].name);
                if ((value_hash(a, 7) == value_hash(b, 7)) != CASES[i].equal)
                        fail_msg("hash: %s", CASES[i].name);
        }
}

/* More members than are looked up one by one, in opposite order. */
static void large_objects_are_compared(void **state)
{
        enum { COUNT = 5000, ROOM = COUNT * 32 };
        char *a = malloc(ROOM), *b = malloc(ROOM);
        size_t a_size = 0, b_size = 0;
        (void)state;
        assert_non_null(a);
        assert_non_null(b);
        for (int i = 0; i < COUNT; i++) {
                a_size += (size_t)snprintf(a + a_size, ROOM - a_size, "%c\"k%d\":%d", i ? ',' : '{', i, i);
                b_size += (size_t)snprintf(b + b_size, ROOM - b_size, "%c\"k%d\":%d.0", i ? ',' : '{', COUNT - 1 - i,
                                           COUNT - 1 - i);
        }
        a[a_size++] = '}';
        b[b_size++] = '}';
        struct slice left = { a, a_size }, right = { b, b_size };
        assert_true(value_equal(left, right));
        assert_int_equal(value_hash(left, 3), value_hash(right, 3));
        b[b_size - 4] ^= 1;                       /* the value of k0 */
        assert_false(value_equal(left, right));
        assert_false(value_equal(right, left));
        free(a);
        free(b);
}

static void long_strings_hash_alike(void **state)
{
        char plain[5002], escaped[5002 * 6];
        (void)state;
        for (size_t size = 1020; size < 4100; size += 1023) {
                memset(plain, 'a', size + 2);
                plain[0] = plain[size + 1] = '"';
                escaped[0] = '"';
                for (size_t i = 0; i < size; i++)
                        memcpy(escaped + 1 + i * 6, "\\u0061", 6);
                escaped[1 + size * 6] = '"';
                struct slice a = { plain, size + 2 }, b = { escaped, size * 6 + 2 };
                assert_int_equal(string_hash(a, 5), string_hash(b, 5));
                assert_true(string_equal(a, b));
                assert_true(string_is(b, (struct slice){ plain + 1, size }));
                assert_int_equal(string_length(b), size);
        }
}

static void length_counts_characters(void **state)
{
        static const struct { const char *raw; size_t want;
        } CASES[] = {
                { "\"\"", 0 },
                { "\"abc\"", 3 },
                { "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"", 3 },
                { "\"\\u00e9\\n\\\\\"", 3 },
                { "\"\\uD83D\\uDE00x\"", 2 },
                { "\"e\xCC\x81\"", 2 },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++)
                assert_int_equal(string_length(slice_of(CASES[i].raw)), CASES[i].want);
}

/* As deep as a text may be, the members of every object in another order: no stack is exhausted, and the time stays small. */
static void deepest_values_are_compared(void **state)
{
        enum { DEPTH = 1024, ROOM = DEPTH * 16 };
        char *a = malloc(ROOM), *b = malloc(ROOM);
        size_t a_size = 0, b_size = 0;
        (void)state;
        assert_non_null(a);
        assert_non_null(b);
        for (int i = 0; i < DEPTH; i++) {
                a_size += (size_t)snprintf(a + a_size, ROOM - a_size, "{\"x\":1,\"y\":");
                b_size += (size_t)snprintf(b + b_size, ROOM - b_size, "{\"y\":");
        }
        a[a_size++] = b[b_size++] = '0';
        for (int i = 0; i < DEPTH; i++) {
                a[a_size++] = '}';
                b_size += (size_t)snprintf(b + b_size, ROOM - b_size, ",\"x\":1}");
        }
        struct slice left = { a, a_size }, right = { b, b_size };
        assert_true(value_equal(left, right));
        assert_int_equal(value_hash(left, 9), value_hash(right, 9));
        b[b_size - 2] = '2';                      /* x of the outermost */
        assert_false(value_equal(left, right));
        free(a);
        free(b);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(values_are_compared_as_values), cmocka_unit_test(large_objects_are_compared),
                cmocka_unit_test(deepest_values_are_compared),
                cmocka_unit_test(long_strings_hash_alike), cmocka_unit_test(length_counts_characters),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
