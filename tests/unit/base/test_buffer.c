#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/buffer.h"

static const struct { const char *name; struct slice text; const char *want; } ESCAPED[] = {
        { "plain",               SLICE_INIT("abc"),                 "\"abc\"" },
        { "empty",               SLICE_INIT(""),                    "\"\"" },
        { "quotes",              SLICE_INIT("a\"b\\c"),             "\"a\\\"b\\\\c\"" },
        { "short escapes",       SLICE_INIT("\b\f\n\r\t"),          "\"\\b\\f\\n\\r\\t\"" },
        { "controls",            SLICE_INIT("\x01\x1f\0z"),         "\"\\u0001\\u001f\\u0000z\"" },
        { "DEL is plain",        SLICE_INIT("\x7f"),                "\"\x7f\"" },
        { "UTF-8",               SLICE_INIT("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"" },
        { "stray byte",          SLICE_INIT("a\xFF" "b"),           "\"a\xEF\xBF\xBD" "b\"" },
        { "cut character",       SLICE_INIT("\xE2\x82"),            "\"\xEF\xBF\xBD\xEF\xBF\xBD\"" },
        { "surrogate",           SLICE_INIT("\xED\xA0\x80"),        "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"" },
        { "overlong",            SLICE_INIT("\xC0\xAF"),            "\"\xEF\xBF\xBD\xEF\xBF\xBD\"" },
        { "beyond Unicode",      SLICE_INIT("\xF4\x90\x80\x80"),    "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"" },
};

static void test_json(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(ESCAPED); i++) {
                struct buffer buffer;
                buffer_init(&buffer, 1000);
                buffer_add_json(&buffer, ESCAPED[i].text);
                if (!slice_equal(buffer_slice(&buffer), slice_of(ESCAPED[i].want)))
                        fail_msg("%s: %.*s", ESCAPED[i].name, SLICE_ARGS(buffer_slice(&buffer)));
                buffer_done(&buffer);
        }
}

/* A long text is read by words, a short one by bytes: two bytes of every kind, at many distances, must come out the same. */
static void test_json_by_words(void **state)
{
        (void)state;
        for (unsigned pair = 0; pair < 128 * 128; pair++) {
                char text[24], room[160], letter[16], want[160] = "\"";
                struct buffer whole, one;
                size_t size = 1;
                memset(text, 'x', sizeof(text));
                text[pair % 16] = (char)(pair / 128);
                text[pair % 16 + 1 + pair % 7] = (char)(pair % 128);
                for (size_t i = 0; i < sizeof(text); i++) {
                        buffer_wrap(&one, letter, sizeof(letter));
                        buffer_add_json(&one, (struct slice){ text + i, 1 });
                        memcpy(want + size, letter + 1, one.size - 2);
                        size += one.size - 2;
                }
                want[size++] = '"';
                buffer_wrap(&whole, room, sizeof(room));
                buffer_add_json(&whole, (struct slice){ text, sizeof(text) });
                assert_int_equal(whole.size, size);
                assert_memory_equal(room, want, size);
        }
}

/* With room to spare a string is written another way than into just enough: both must be the same; a byte less is too little. */
static void test_json_in_any_room(void **state)
{
        (void)state;
        static const char *const PIECES[] = {
                "plain text", "a", "\"", "\\", "\n", "\x01", "\":\"", "\t\b", "\xC3\xA9", "\xE2\x82\xAC",
                "\xF0\x9F\x98\x80", "\xFF", "\xE2\x82",
        };
        uint32_t chance = 1;
        for (unsigned turn = 0; turn < 20000; turn++) {
                char text[200], room[2000], tight[2000];
                struct buffer whole, just, less;
                struct slice all = { text, 0 };
                for (unsigned i = 0; i < turn % 20; i++) {
                        chance = chance * 1664525 + 1013904223;
                        const char *piece = PIECES[(chance >> 16) % COUNT_OF(PIECES)];
                        memcpy(text + all.size, piece, strlen(piece));
                        all.size += strlen(piece);
                }
                buffer_wrap(&whole, room, sizeof(room));
                buffer_add_json(&whole, all);
                buffer_wrap(&just, tight, whole.size);
                buffer_add_json(&just, all);
                assert_false(just.full);
                assert_int_equal(just.size, whole.size);
                assert_memory_equal(tight, room, whole.size);
                buffer_wrap(&less, tight, whole.size - 1);
                buffer_add_json(&less, all);
                assert_true(less.full);
        }
}

static void test_numbers(void **state)
{
        (void)state;
        static const int64_t NUMBERS[] = { 0, 7, -7, 1234567890123, INT64_MAX, INT64_MIN };
        for (size_t i = 0; i < COUNT_OF(NUMBERS); i++) {
                char room[32], want[32];
                struct buffer buffer;
                buffer_wrap(&buffer, room, sizeof(room));
                buffer_add_number(&buffer, NUMBERS[i]);
                (void)snprintf(want, sizeof(want), "%lld", (long long)NUMBERS[i]);
                assert_true(slice_equal(buffer_slice(&buffer), slice_of(want)));
        }
}

static void test_the_heap_one_stops_at_its_limit(void **state)
{
        (void)state;
        struct buffer buffer;
        buffer_init(&buffer, 1000);
        for (int i = 0; i < 300; i++)
                buffer_add(&buffer, SLICE("abcd"));
        assert_true(buffer.full);
        assert_int_equal(buffer.size, 1000);
        buffer_clear(&buffer);
        buffer_format(&buffer, "%d-%s", 5, "x");
        assert_false(buffer.full);
        assert_true(slice_equal(buffer_slice(&buffer), SLICE("5-x")));
        buffer_done(&buffer);
}

static void test_a_part_that_does_not_fit_goes(void **state)
{
        (void)state;
        struct buffer buffer;
        buffer_init(&buffer, 6);
        buffer_add(&buffer, SLICE("abc"));
        size_t before = buffer.size;
        buffer_add(&buffer, SLICE("de"));
        buffer_add(&buffer, SLICE("fgh"));
        assert_true(buffer.full);
        buffer_cut(&buffer, before);
        assert_false(buffer.full);
        buffer_add(&buffer, SLICE("xyz"));
        assert_true(slice_equal(buffer_slice(&buffer), SLICE("abcxyz")));
        buffer_done(&buffer);
}

static void test_the_wrapped_one_never_grows(void **state)
{
        (void)state;
        char room[8] = "";
        struct buffer buffer;
        buffer_wrap(&buffer, room, 4);
        buffer_add(&buffer, SLICE("abc"));
        buffer_add(&buffer, SLICE("de"));
        assert_true(buffer.full);
        assert_true(slice_equal(buffer_slice(&buffer), SLICE("abc")));
        assert_int_equal(room[4], 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_json),
                cmocka_unit_test(test_json_by_words),
                cmocka_unit_test(test_json_in_any_room),
                cmocka_unit_test(test_numbers),
                cmocka_unit_test(test_the_heap_one_stops_at_its_limit),
                cmocka_unit_test(test_a_part_that_does_not_fit_goes),
                cmocka_unit_test(test_the_wrapped_one_never_grows),
        };
        return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
