/* Values of strangers: trimmed, and searched for mail addresses. */
#include "unit.h"
#include "enrich/plain.h"

static const struct { const char *text; bool want; } MAILS[] = {
        { "", false },                     { "@", false },                    { "jo@shop.example", true },
        { "jo@shop", false },              { "@shop.example", false },        { "jo@.example", false },
        { "jo@shop.", false },             { "jo@shop..example", false },     { "Jo <jo@shop.example>", true },
        { "x @ y.example", false },        { "a@b@c.example", true },         { "@jo on social.example", false },
        { "5 shoes @ 3.50", false },       { "jo.doe+news@mail.shop.example!", true },
        { "summer sale", false },          { "jo@\xC3\xBC.example", true },   { " @@@@.@@.x", false },
};

static void mail_addresses_are_seen(void **state)
{
        (void)state;
        assert_false(plain_has_mail((struct slice){ NULL, 0 }));
        for (size_t i = 0; i < COUNT_OF(MAILS); i++) {
                UNIT_ROW(MAILS[i].text);
                assert_int_equal(plain_has_mail(slice_of(MAILS[i].text)), MAILS[i].want);
        }
}

static const struct { const char *text, *want; } TRIMS[] = {
        { "", "" }, { " ", "" }, { "\t\r\n a b \x01", "a b" }, { "a", "a" }, { "\xC3\xA9 ", "\xC3\xA9" },
};

static void space_around_goes(void **state)
{
        (void)state;
        assert_int_equal(plain_trim((struct slice){ NULL, 0 }).size, 0);
        for (size_t i = 0; i < COUNT_OF(TRIMS); i++) {
                struct slice text = plain_trim(slice_of(TRIMS[i].text));
                UNIT_ROW(TRIMS[i].want);
                assert_true(slice_equal(text, slice_of(TRIMS[i].want)));
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(mail_addresses_are_seen),
                cmocka_unit_test(space_around_goes),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
