#include "server/key_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void bits_become_digits(void **state)
{
        uint8_t bits[32] = { 0 };
        char text[KEY_TEXT_SIZE];
        (void)state;
        key_text_make(bits, text);
        assert_memory_equal(text, "mrk_0000000000000000000000000000000000000000000", 47);
        bits[31] = 62;
        key_text_make(bits, text);
        assert_memory_equal(text, "mrk_0000000000000000000000000000000000000000010", 47);
        /* 2^256 - 1 in base 62, by another program. */
        memset(bits, 0xff, sizeof(bits));
        key_text_make(bits, text);
        assert_memory_equal(text, "mrk_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1", 47);
}

static void forms(void **state)
{
        static const struct { const char *name, *text; enum key_form want; } CASES[] = {
                { "nothing",            "",                 KEY_FORM_FOREIGN  },
                { "another system's",   "0AbC9",            KEY_FORM_FOREIGN  },
                { "the prefix alone",   "mrk_",             KEY_FORM_MISTYPED },
                { "other letters",      "MRK_00000000000000000000000000000000000000000000000AAA", KEY_FORM_FOREIGN },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++)
                if (key_text_form(slice_of(CASES[i].text)) != CASES[i].want)
                        fail_msg("%s", CASES[i].name);
}

/* Two are never alike, and a slip in any place is found. */
static void slips_are_found(void **state)
{
        char text[KEY_TEXT_SIZE + 1], other[KEY_TEXT_SIZE];
        struct error err;
        (void)state;
        assert_true(key_text_new(text, &err));
        assert_true(key_text_new(other, &err));
        assert_memory_not_equal(text, other, KEY_TEXT_SIZE);
        assert_int_equal(key_text_form((struct slice){ text, KEY_TEXT_SIZE }), KEY_FORM_OURS);
        for (size_t i = 0; i < KEY_TEXT_SIZE; i++) {
                char was = text[i];
                text[i] = was == 'x' ? 'y' : 'x';
                assert_int_not_equal(key_text_form((struct slice){ text, KEY_TEXT_SIZE }), KEY_FORM_OURS);
                text[i] = was;
        }
        text[KEY_TEXT_SIZE] = '0';
        assert_int_equal(key_text_form((struct slice){ text, KEY_TEXT_SIZE - 1 }), KEY_FORM_MISTYPED);
        assert_int_equal(key_text_form((struct slice){ text, KEY_TEXT_SIZE + 1 }), KEY_FORM_MISTYPED);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(bits_become_digits),
                cmocka_unit_test(forms),
                cmocka_unit_test(slips_are_found),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
