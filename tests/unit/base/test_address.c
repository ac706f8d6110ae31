#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/address.h"

static const struct { const char *name, *text, *want; } ADDRESSES[] = {      /* want NULL: refused */
        { "IPv4",               "192.0.2.1",             "192.0.2.1" },
        { "IPv6",               "2001:DB8::1",           "2001:db8::1" },
        { "IPv6 in brackets",   "[2001:db8::1]",         "2001:db8::1" },
        { "mapped is IPv4",     "::ffff:192.0.2.1",      "192.0.2.1" },
        { "loopback",           "::1",                   "::1" },
        { "octet too large",    "192.0.2.256",           NULL },
        { "three octets",       "192.0.2",               NULL },
        { "leading zero",       "192.0.02.1",            NULL },
        { "with a port",        "192.0.2.1:80",          NULL },
        { "zone",               "fe80::1%eth0",          NULL },
        { "a name",             "localhost",             NULL },
        { "empty",              "",                      NULL },
        { "too long",           "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb", NULL },
};

static void test_addresses(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(ADDRESSES); i++) {
                struct address address;
                char text[ADDRESS_TEXT] = "";
                bool good = address_parse(slice_of(ADDRESSES[i].text), &address);
                if (good)
                        (void)address_format(&address, text);
                if (good != (ADDRESSES[i].want != NULL) || (good && strcmp(text, ADDRESSES[i].want) != 0))
                        fail_msg("%s: %s gave %d, %s", ADDRESSES[i].name, ADDRESSES[i].text, good, text);
        }
}

static const struct { const char *name, *network, *address; bool good, in; } NETWORKS[] = {
        { "inside",                 "10.0.0.0/8",       "10.255.0.1",       true,  true },
        { "outside",                "10.0.0.0/8",       "11.0.0.1",         true,  false },
        { "odd bits, inside",       "172.16.0.0/12",    "172.31.255.255",   true,  true },
        { "odd bits, outside",      "172.16.0.0/12",    "172.32.0.0",       true,  false },
        { "a bare address",         "192.0.2.1",        "192.0.2.1",        true,  true },
        { "a bare address, other",  "192.0.2.1",        "192.0.2.2",        true,  false },
        { "all of IPv4",            "0.0.0.0/0",        "203.0.113.9",      true,  true },
        { "IPv4 has no IPv6",       "0.0.0.0/0",        "2001:db8::1",      true,  false },
        { "IPv6",                   "2001:db8::/32",    "2001:db8:ffff::1", true,  true },
        { "all of IPv6 has IPv4",   "::/0",             "192.0.2.1",        true,  true },
        { "mapped prefix",          "::ffff:10.0.0.0/104", "10.1.2.3",      true,  true },
        { "too many bits",          "10.0.0.0/33",      "10.0.0.1",         false, false },
        { "no bits",                "10.0.0.0/",        "10.0.0.1",         false, false },
        { "letters",                "10.0.0.0/a",       "10.0.0.1",         false, false },
};

static void test_networks(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(NETWORKS); i++) {
                struct network network;
                struct address address;
                assert_true(address_parse(slice_of(NETWORKS[i].address), &address));
                bool good = network_parse(slice_of(NETWORKS[i].network), &network);
                if (good != NETWORKS[i].good || (good && network_has(&network, &address) != NETWORKS[i].in))
                        fail_msg("%s: %s, %s", NETWORKS[i].name, NETWORKS[i].network, NETWORKS[i].address);
        }
}

static void test_no_address_is_in_no_network(void **state)
{
        (void)state;
        struct network network;
        struct address none = { .known = false };
        assert_true(network_parse(SLICE("::/0"), &network));
        assert_false(network_has(&network, &none));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_addresses),
                cmocka_unit_test(test_networks),
                cmocka_unit_test(test_no_address_is_in_no_network),
        };
        return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
