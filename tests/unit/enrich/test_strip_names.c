/* Lists of names: stars, exceptions, mistakes. */
#include "unit.h"
#include "enrich/strip.h"

#define LONG_NAME "a_name_that_is_longer_than_any_name_in_the_list_may_be_because_it_goes_on_and_on"

static const struct { const char *name, *list, *parameter; bool taken; } CASES[] = {
        { "in the list", "promo", "promo", true },
        { "in any case", "Promo", "PROMO", true },
        { "escaped", "promo", "%70rom%6f", true },
        { "the list's own is not escaped", "a b", "a+b", true },
        { "longer", "promo", "promos", false },
        { "shorter", "promo", "prom", false },
        { "a prefix", "mkt_*", "mkt_a", true },
        { "a prefix alone", "mkt_*", "mkt_", true },
        { "not a prefix", "mkt_*", "mkt", false },
        { "a suffix", "*_key", "my_key", true },
        { "not a suffix", "*_key", "my_keys", false },
        { "everything", "*", "x", true },
        { "everything but one", "*, -q", "q", false },
        { "everything but some", "*, -utm_*", "utm_source", false },
        { "and nothing else", "*, -utm_*", "xutm_source", true },
        { "standard", "standard", "mc_eid", true },
        { "standard, less one", "standard, -sid", "sid", false },
        { "less one that a pattern has", "standard, -csrftoken", "CSRFToken", false },
        { "standard and own", "promo, standard", "promo", true },
        { "no standard", "promo", "mc_eid", false },
        { "a long name by its start", "a_name*", LONG_NAME, true },
        { "a long name by its end", "*and_on", LONG_NAME, true },
        { "a long name that is none", "*and_on_", LONG_NAME, false },
        { "no name", "standard", "", false },
        { "nothing listed", "", "mc_eid", false },
        { "click identifiers stay", "standard", "gclid", false },
};

static void every_name_is_judged(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct config config;
                struct errors errors = { 0 };
                struct error  err;
                UNIT_ROW(CASES[i].name);
                config_init(&config);
                assert_true(config_set(&config, "enrich.page.strip", CASES[i].list, &err));
                struct strip *strip = strip_new(&config, &errors);
                assert_non_null(strip);
                assert_int_equal(strip_takes(strip, slice_of(CASES[i].parameter), SLICE("x")), CASES[i].taken);
                strip_free(strip);
                config_done(&config);
        }
}

static const struct { const char *name, *list; bool good; } LISTS[] = {
        { "a star inside", "a*b", false },
        { "two stars", "*a*", false },
        { "a star behind the minus", "-*a", true },
        { "too long", LONG_NAME, false },
        { "as long as may be", "0123456789012345678901234567890123456789012345678901234567890123", true },
};

static void mistakes_are_named(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(LISTS); i++) {
                struct config config;
                struct errors errors = { 0 };
                struct error  err;
                UNIT_ROW(LISTS[i].name);
                config_init(&config);
                assert_true(config_set(&config, "enrich.page.strip", LISTS[i].list, &err));
                struct strip *strip = strip_new(&config, &errors);
                assert_int_equal(strip != NULL, LISTS[i].good);
                assert_int_equal(errors.count, !LISTS[i].good);
                if (errors.count)
                        assert_non_null(strstr(errors.items[0].text, "enrich.page.strip: "));
                errors_done(&errors);
                strip_free(strip);
                config_done(&config);
        }
        strip_free(NULL);
}

/* The table keeps what it says of itself: sorted within a kind, lower case, and each name finds itself. */
static void the_table_is_in_order(void **state)
{
        (void)state;
        static const struct { const char *kind, *name; } ROWS[] = {
#define STRIP(kind, name, doc) { #kind, name },
#include "enrich/strip.def"
#undef STRIP
        };
        for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
                UNIT_ROW(ROWS[i].name);
                for (const char *c = ROWS[i].name; *c; c++)
                        assert_false(*c >= 'A' && *c <= 'Z');
                if (i && strcmp(ROWS[i - 1].kind, ROWS[i].kind) == 0)
                        assert_true(strcmp(ROWS[i - 1].name, ROWS[i].name) < 0);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_name_is_judged),
                cmocka_unit_test(mistakes_are_named),
                cmocka_unit_test(the_table_is_in_order),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
