#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include "base/address.h"
#include "base/hash.h"

static const struct { const char *name, *text, *want; } ADDRESSES[] = {      /* want NULL: refused */
        { "IPv4",               "192.0.2.1",             "192.0.2.1" },
        { "IPv6",               "2001:DB8::1",           "2001:db8::1" },
        { "IPv6 in brackets",   "[2001:db8::1]",         "2001:db8::1" },
        { "mapped is IPv4",     "::ffff:192.0.2.1",      "192.0.2.1" },
        { "loopback",           "::1",                   "::1" },
        { "octets of all widths", "0.10.100.255",        "0.10.100.255" },
        { "nothing",            "::",                    "::" },
        { "zeros at the start", "::1:2:3:4",             "::1:2:3:4" },
        { "zeros at the end",   "2001:db8::",            "2001:db8::" },
        { "one zero",           "1:0:3:4:5:6:7:8",       "1:0:3:4:5:6:7:8" },
        { "two runs, alike",    "1:0:0:4:5:0:0:8",       "1::4:5:0:0:8" },
        { "the longer run",     "1:0:0:4:0:0:0:8",       "1:0:0:4::8" },
        { "no zeros",           "a:b0:c00:d000:1:2:3:4", "a:b0:c00:d000:1:2:3:4" },
        { "IPv4-compatible",    "::c000:201",            "::192.0.2.1" },
        { "six zeros and one",  "::1:0",                 "::0.1.0.0" },
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

/* The same text as the C library's, for addresses with zeros in every place. */
static void test_addresses_as_the_library_writes_them(void **state)
{
        (void)state;
        struct random random;
        random_init_fixed(&random, 7);
        for (size_t i = 0; i < 200000; i++) {
                struct address address = { .known = true };
                char   ours[ADDRESS_TEXT], theirs[ADDRESS_TEXT];
                uint64_t bits[2] = { random_next(&random), random_next(&random) }, zeros = random_next(&random);
                memcpy(address.bytes, bits, 16);
                for (size_t part = 0; part < 8; part++) {          /* half of them zero, some short */
                        if (zeros >> part & 1)
                                memset(address.bytes + 2 * part, 0, 2);
                        else if (zeros >> (8 + part) & 1)
                                address.bytes[2 * part] = 0;
                }
                if (zeros >> 20 & 1 && zeros >> 21 & 1) {
                        memset(address.bytes, 0, 10);
                        memset(address.bytes + 10, 0xFF, 2);
                }
                bool v4 = address_is_v4(&address);
                assert_non_null(inet_ntop(v4 ? AF_INET : AF_INET6, address.bytes + (v4 ? 12 : 0), theirs, sizeof(theirs)));
                size_t size = address_format(&address, ours);
                if (size != strlen(theirs) || strcmp(ours, theirs) != 0)
                        fail_msg("%s instead of %s", ours, theirs);
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
                cmocka_unit_test(test_addresses_as_the_library_writes_them),
                cmocka_unit_test(test_networks),
                cmocka_unit_test(test_no_address_is_in_no_network),
        };
        return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
