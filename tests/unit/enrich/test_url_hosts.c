/* What is remembered of a host is what would be found again. */
#include "unit.h"
#include "enrich/url_hosts.h"

static void facts_check(struct url_hosts *hosts, struct slice host, const char *unicode)
{
        struct url_host_facts facts = url_hosts_get(hosts, host);
        struct url_site site = url_site(host);
        assert_true(slice_equal(facts.site.registrable, site.registrable));
        assert_true(slice_equal(facts.site.subdomain, site.subdomain));
        assert_true(slice_equal(facts.site.suffix, site.suffix));
        assert_true(slice_equal(facts.unicode, slice_of(unicode)));
        /* Slices of the host that was asked for. */
        if (facts.site.registrable.data)
                assert_ptr_equal(facts.site.registrable.data, site.registrable.data);
        if (facts.site.subdomain.data)
                assert_ptr_equal(facts.site.subdomain.data, host.data);
}

static const struct { const char *name, *host, *unicode; } CASES[] = {
        { "plain", "www.shop.co.uk", "" },
        { "internationalised", "www.xn--mnchen-3ya.example", "www.m\u00FCnchen.example" },
        { "a dot at the end", "www.shop.com.", "" },
        { "a suffix", "co.uk", "" },
        { "one label", "localhost", "" },
        { "empty", "", "" },
};

static void every_host_is_remembered_as_it_is(void **state)
{
        (void)state;
        struct url_hosts *hosts = url_hosts_new(64);
        for (size_t turn = 0; turn < 3; turn++)
                for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                        char copy[64];                     /* another place each turn */
                        UNIT_ROW(CASES[i].name);
                        snprintf(copy, sizeof(copy), "%s", CASES[i].host);
                        facts_check(hosts, slice_of(copy), CASES[i].unicode);
                }
        url_hosts_free(hosts);
        url_hosts_free(NULL);
}

static void hosts_without_end_take_bounded_memory(void **state)
{
        (void)state;
        struct url_hosts *hosts = url_hosts_new(64);
        char host[300];
        for (unsigned i = 0; i < 5000; i++) {
                snprintf(host, sizeof(host), "h%u.xn--mnchen-3ya.example", i);
                struct url_host_facts facts = url_hosts_get(hosts, slice_of(host));
                assert_true(slice_equal(facts.site.suffix, SLICE("example")));
                assert_true(facts.unicode.size > 0);
        }
        memset(host, 'a', sizeof(host));
        host[280] = '.';
        assert_null(url_hosts_get(hosts, (struct slice){ host, sizeof(host) }).site.registrable.data);
        url_hosts_free(hosts);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_host_is_remembered_as_it_is),
                cmocka_unit_test(hosts_without_end_take_bounded_memory),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
