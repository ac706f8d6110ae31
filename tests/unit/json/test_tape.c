#include "json/tape.h"
#include "base/buffer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* One entry a word: kind, count, raw text, next. */
static const char *tape_print(const struct tape *tape, char *text, size_t size)
{
        static const char KINDS[] = "nft#\"[{";
        struct buffer out;
        buffer_wrap(&out, text, size - 1);
        for (uint32_t i = 0; i < tape->count; i++) {
                struct slice raw = tape_raw(tape, i);
                buffer_format(&out, "%s%c%u:%.*s>%u", i ? " | " : "", KINDS[tape->entries[i].kind], tape->entries[i].count,
                              SLICE_ARGS(raw), tape->entries[i].next);
                if (tape->entries[i].escaped)
                        buffer_add(&out, SLICE("!"));
        }
        assert_false(out.full);
        text[out.size] = 0;
        return text;
}

static void tape_tells_where_values_lie(void **state)
{
        static const struct { const char *name, *text, *want;
        } CASES[] = {
                { "null", "null", "n0:null>1" },
                { "false", "false", "f0:false>1" },
                { "true", "true", "t0:true>1" },
                { "number", "-1.5e3", "#0:-1.5e3>1" },
                { "string", "\"a\"", "\"0:\"a\">1" },
                { "escaped", "\"\\n\"", "\"0:\"\\n\">1!" },
                { "empty array", "[ ]", "[0:[ ]>1" },
                { "empty object", "{}", "{0:{}>1" },
                { "array", "[1, [2],3]", "[3:[1, [2],3]>5 | #0:1>2 | [1:[2]>4 | #0:2>4 | #0:3>5" },
                { "object", "{\"a\" : {\"\\t\":[]}, \"b\":null}",
                  "{2:{\"a\" : {\"\\t\":[]}, \"b\":null}>7 | \"0:\"a\">2 | {1:{\"\\t\":[]}>5 | \"0:\"\\t\">4! | [0:[]>5 | "
                  "\"0:\"b\">6 | n0:null>7" },
        };
        (void)state;
        struct tape tape;
        tape_init(&tape, TAPE_LIMIT_MAX);
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                char text[1024];
                struct scan_error err;
                const char *end = CASES[i].text + strlen(CASES[i].text);
                assert_ptr_equal(tape_value(&tape, CASES[i].text, end, &SCAN_UNLIMITED, &err), end);
                if (strcmp(tape_print(&tape, text, sizeof(text)), CASES[i].want) != 0)
                        fail_msg("%s: %s", CASES[i].name, text);
        }
        tape_done(&tape);
}

/* The tape refuses what the scanner refuses, for the same reason at the same place; and ends where the scanner ends. */
static void tape_agrees_with_scan(void **state)
{
        static const char *const TEXTS[] = {
                "",
                "[",
                "[1",
                "[1,",
                "[1,]",
                "[1 2]",
                "{",
                "{\"",
                "{\"a",
                "{\"a\"",
                "{\"a\":",
                "{\"a\":1",
                "{\"a\":1,",
                "{\"a\":1,}",
                "{a",
                "[}",
                "{]",
                "[[[[[]]]]]",
                "[[[[[[]]]]]]",
                "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}",
                "\"0123456789abcdef!\"",
                "[\"0123456789abcdefg\"]",
                "[\"\\ud800\"]",
                "{\"\xff\":1}",
                "[01]",
                "[tru]",
                "nul",
                "[-]",
                "[1.]",
                "\"\\x\"",
                "[1]]",
                "{}{}",
                "[\"\x01\"]",
                "{\"a\" 1}",
                "{\"a\"::1}",
                "[,1]",
                "[:]",
                "{\"a\":[{},{\"b\":[[]]}],\"c\":{}}",
                "[true,false,null,0,\"\"]",
                "{1:2}",
                "{\"a\":1 \"b\":2}",
        };
        static const struct scan_limits LIMITS = { .depth = 5, .string = 16 };
        (void)state;
        struct tape tape;
        tape_init(&tape, TAPE_LIMIT_MAX);
        for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
                const char *end = TEXTS[i] + strlen(TEXTS[i]);
                struct scan_error scanned = { .reason = REASON_none }, taped = { .reason = REASON_none };
                const char *a = scan_value(TEXTS[i], end, &LIMITS, &scanned),
                           *b = tape_value(&tape, TEXTS[i], end, &LIMITS, &taped);
                if (a != b || scanned.reason != taped.reason || scanned.where != taped.where || scanned.message != taped.message)
                        fail_msg("'%s': %s / %s", TEXTS[i], a ? "taken" : scanned.message, b ? "taken" : taped.message);
        }
        tape_done(&tape);
}

static void tape_finds_members_and_places(void **state)
{
        static const char TEXT[] = "{\"a\":[1,{\"x\":2}],\"\\u0062\":true,\"\":null}";
        const char *end = TEXT + sizeof(TEXT) - 1;
        struct scan_error err;
        struct tape tape;
        (void)state;
        tape_init(&tape, TAPE_LIMIT_MAX);
        assert_non_null(tape_value(&tape, TEXT, end, &SCAN_UNLIMITED, &err));
        assert_true(slice_equal(tape_raw(&tape, tape_member(&tape, 0, SLICE("a"))), SLICE("[1,{\"x\":2}]")));
        assert_true(slice_equal(tape_raw(&tape, tape_member(&tape, 0, SLICE("b"))), SLICE("true")));
        assert_true(slice_equal(tape_raw(&tape, tape_member(&tape, 0, SLICE(""))), SLICE("null")));
        assert_int_equal(tape_member(&tape, 0, SLICE("x")), 0);
        for (uint32_t i = 0; i < tape.count; i++)
                assert_int_equal(tape_find(&tape, tape_raw(&tape, i).data), i);
        assert_int_equal(tape_find(&tape, TEXT + 4), 0);
        assert_int_equal(tape_find(&tape, end), 0);
        tape_done(&tape);
}

static void tape_is_bounded(void **state)
{
        struct scan_error err;
        struct tape tape;
        (void)state;
        tape_init(&tape, 3);
        static const char FITS[] = "[1,2]", OVER[] = "[1,2,3]";
        assert_non_null(tape_value(&tape, FITS, FITS + 5, &SCAN_UNLIMITED, &err));
        assert_null(tape_value(&tape, OVER, OVER + 7, &SCAN_UNLIMITED, &err));
        assert_int_equal(err.reason, REASON_overloaded);
        assert_ptr_equal(err.where, OVER + 5);
        tape_trim(&tape, 3);
        assert_int_equal(tape.capacity, 3);
        tape_trim(&tape, 2);
        assert_int_equal(tape.capacity, 0);
        assert_non_null(tape_value(&tape, FITS, FITS + 5, &SCAN_UNLIMITED, &err));
        tape_done(&tape);
        tape_done(&tape);
}

static void tape_grows(void **state)
{
        struct scan_error err;
        struct tape tape;
        size_t count = 100000, size = count * 2 + 1;
        char *text = malloc(size);
        (void)state;
        assert_non_null(text);
        for (size_t i = 0; i < size; i++)
                text[i] = i % 2 ? '7' : ',';
        text[0] = '[';
        text[size - 1] = ']';
        tape_init(&tape, TAPE_LIMIT_MAX);
        assert_ptr_equal(tape_value(&tape, text, text + size, &SCAN_UNLIMITED, &err), text + size);
        assert_int_equal(tape.entries[0].count, count);
        assert_int_equal(tape.entries[0].next, count + 1);
        tape_done(&tape);
        free(text);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(tape_tells_where_values_lie), cmocka_unit_test(tape_agrees_with_scan),
                cmocka_unit_test(tape_finds_members_and_places), cmocka_unit_test(tape_is_bounded), cmocka_unit_test(tape_grows),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
