#include "server/share.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static uint32_t place_of(const struct share *share, const char *text)
{
        struct address address;
        assert_true(address_parse(slice_of(text), &address));
        return share_place(share, &address);
}

static void places(void **state)
{
        static const struct { const char *name, *one, *other; bool same; } CASES[] = {
                { "the same address",     "192.0.2.1",   "192.0.2.1",        true  },
                { "one /64",              "2001:db8::1", "2001:db8::2",      true  },
                { "mapped",               "192.0.2.1",   "::ffff:192.0.2.1", true  },
                { "this machine's own",   "127.0.0.1",   "::1",              true  },
                { "and another one",      "127.0.0.1",   "192.0.2.1",        false },
        };
        (void)state;
        struct share *share = share_new();
        for (size_t i = 0; i < COUNT_OF(CASES); i++)
                if ((place_of(share, CASES[i].one) == place_of(share, CASES[i].other)) != CASES[i].same)
                        fail_msg("%s", CASES[i].name);
        assert_int_equal(place_of(share, "127.0.0.1"), 0);
        assert_int_equal(share_place(share, &(struct address){ .known = false }), 0);
        share_free(share);
}

static void holdings(void **state)
{
        (void)state;
        struct share *share = share_new();
        uint32_t place = place_of(share, "192.0.2.1");
        assert_true(share_add(share, place, 60, 100));
        assert_true(share_add(share, place, 40, 100));
        assert_false(share_add(share, place, 1, 100));
        share_remove(share, place, 50);
        assert_true(share_add(share, place, 50, 100));
        share_remove(share, place, 100);
        assert_true(share_add(share, place, 100, 100));
        share_free(share);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(places),
                cmocka_unit_test(holdings),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
