/* The registrable part of a name, and its Unicode form. */
#include "unit.h"
#include "enrich/url.h"

static const struct { const char *name, *host, *registrable, *subdomain, *suffix; } CASES[] = {
        { "a name and its www", "www.shop.co.uk", "shop.co.uk", "www", "co.uk" },
        { "no subdomain", "shop.com", "shop.com", "", "com" },
        { "several labels before", "a.b.shop.com", "shop.com", "a.b", "com" },
        { "a dot at the end", "www.shop.com.", "shop.com", "www", "com" },
        { "a private suffix", "anna.github.io", "anna.github.io", "", "github.io" },
        { "a suffix itself", "co.uk", "", "", "" },
        { "unknown: the last label is the suffix", "a.shop.example", "shop.example", "a", "example" },
        { "one label", "localhost", "", "", "" },
        { "an internationalised suffix", "www.xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn", "www", "xn--55qx5d.cn" },
        { "a wildcard of the list", "a.b.c.kobe.jp", "b.c.kobe.jp", "a", "c.kobe.jp" },
        { "an exception of the list", "www.city.kobe.jp", "city.kobe.jp", "www", "kobe.jp" },
        { "empty", "", "", "", "" },
        { "a dot", ".", "", "", "" },
        { "an empty label inside", "shop..com", "", "", "" },
        { "an empty label before", ".shop.com", "", "", "" },
        { "two dots at the end", "shop.com..", "", "", "" },
};

static void every_name_is_parted(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct url_site site = url_site(slice_of(CASES[i].host));
                UNIT_ROW(CASES[i].name);
                assert_true(slice_equal(site.registrable, slice_of(CASES[i].registrable)));
                assert_true(slice_equal(site.subdomain, slice_of(CASES[i].subdomain)));
                assert_true(slice_equal(site.suffix, slice_of(CASES[i].suffix)));
                assert_true(slice_equal(url_registrable(slice_of(CASES[i].host)), site.registrable));
        }
}

static void a_name_that_no_server_has_is_none(void **state)
{
        (void)state;
        char host[255];
        memset(host, 'a', sizeof(host));
        host[250] = '.';
        assert_null(url_site((struct slice){ host, 254 }).registrable.data);
        assert_non_null(url_site((struct slice){ host, 253 }).registrable.data);
}

static const struct { const char *name, *host, *want; } UNICODE[] = {
        { "an internationalised name", "www.xn--mnchen-3ya.example", "www.m\u00FCnchen.example" },
        { "an emoji", "xn--i-7iq.example", "i\u2764.example" },
        { "plain", "www.shop.example", NULL },
        { "inside a label", "axn--mnchen-3ya.example", NULL },
        { "inside a label, and then at a start", "axn--b.xn--mnchen-3ya.example", "axn--b.m\u00FCnchen.example" },
        { "broken", "xn--0.example", NULL },
        { "empty", "xn--.example", NULL },
        { "characters that no name may have", "xn--pokxncvks.example", NULL },
};

static void a_name_is_shown_as_people_read_it(void **state)
{
        (void)state;
        struct arena_pool pool;
        struct arena arena;
        arena_pool_init(&pool, 65536, 1);
        arena_init(&arena, &pool, 1 << 16);
        for (size_t i = 0; i < COUNT_OF(UNICODE); i++) {
                struct slice got = url_unicode(slice_of(UNICODE[i].host), &arena);
                UNIT_ROW(UNICODE[i].name);
                assert_int_equal(got.data != NULL, UNICODE[i].want != NULL);
                if (got.data)
                        assert_true(slice_equal(got, slice_of(UNICODE[i].want)));
        }
        arena_done(&arena);
        arena_init(&arena, &pool, 0);
        assert_null(url_unicode(SLICE("xn--mnchen-3ya.example"), &arena).data);
        arena_done(&arena);
        arena_pool_done(&pool);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_name_is_parted),
                cmocka_unit_test(a_name_that_no_server_has_is_none),
                cmocka_unit_test(a_name_is_shown_as_people_read_it),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
