/* The registries' networks at their first and last address, and what lies beside them. */
#include "unit.h"
#include "enrich/address_class.h"

static const struct { const char *address, *want; } CASES[] = {
        { "0.0.0.0", "reserved" },              { "0.255.255.255", "reserved" },        { "1.0.0.0", "public" },
        { "9.255.255.255", "public" },          { "10.0.0.0", "private" },              { "10.255.255.255", "private" },
        { "11.0.0.0", "public" },               { "100.63.255.255", "public" },         { "100.64.0.0", "cgnat" },
        { "100.127.255.255", "cgnat" },         { "100.128.0.0", "public" },            { "127.0.0.1", "loopback" },
        { "127.255.255.255", "loopback" },      { "128.0.0.0", "public" },              { "169.253.255.255", "public" },
        { "169.254.0.1", "link_local" },        { "169.255.0.0", "public" },            { "172.15.255.255", "public" },
        { "172.16.0.0", "private" },            { "172.31.255.255", "private" },        { "172.32.0.0", "public" },
        { "192.0.0.8", "reserved" },            { "192.0.0.9", "public" },              { "192.0.0.10", "public" },
        { "192.0.0.11", "reserved" },           { "192.0.0.255", "reserved" },          { "192.0.1.0", "public" },
        { "192.0.2.1", "documentation" },       { "192.0.3.0", "public" },              { "192.31.196.1", "public" },
        { "192.52.193.1", "public" },           { "192.88.99.1", "reserved" },          { "192.167.255.255", "public" },
        { "192.168.0.0", "private" },           { "192.168.255.255", "private" },       { "192.169.0.0", "public" },
        { "192.175.48.1", "public" },           { "198.17.255.255", "public" },         { "198.18.0.0", "benchmark" },
        { "198.19.255.255", "benchmark" },      { "198.20.0.0", "public" },             { "198.51.100.7", "documentation" },
        { "203.0.113.255", "documentation" },   { "203.0.114.0", "public" },            { "223.255.255.255", "public" },
        { "224.0.0.1", "multicast" },           { "233.252.0.1", "documentation" },     { "239.255.255.255", "multicast" },
        { "240.0.0.0", "reserved" },            { "255.255.255.255", "reserved" },      { "::ffff:10.1.2.3", "private" },
        { "::", "reserved" },                   { "::1", "loopback" },                  { "::2", "reserved" },
        { "64:ff9b::1.2.3.4", "public" },       { "64:ff9b:1::1", "reserved" },         { "64:ff9b:0:1::", "reserved" },
        { "100::1", "reserved" },               { "1fff::1", "reserved" },              { "2000::", "public" },
        { "2001::1", "public" },                { "2001:1::", "reserved" },             { "2001:1::1", "public" },
        { "2001:1::2", "public" },              { "2001:1::3", "public" },              { "2001:1::4", "reserved" },
        { "2001:2::1", "benchmark" },           { "2001:2:1::", "reserved" },           { "2001:3::1", "public" },
        { "2001:4:112::1", "public" },          { "2001:4:113::", "reserved" },         { "2001:10::1", "reserved" },
        { "2001:20::1", "public" },             { "2001:2f:ffff::", "public" },         { "2001:3f::1", "public" },
        { "2001:40::1", "reserved" },           { "2001:1ff:ffff::", "reserved" },      { "2001:200::", "public" },
        { "2001:db7:ffff::", "public" },        { "2001:db8::1", "documentation" },     { "2001:db9::", "public" },
        { "2002:1234::", "public" },            { "2620:4f:8000::1", "public" },        { "3ffe:ffff::", "public" },
        { "3fff::1", "documentation" },         { "3fff:fff:ffff::", "documentation" }, { "3fff:1000::", "public" },
        { "4000::", "reserved" },               { "5f00::1", "reserved" },              { "fbff::1", "reserved" },
        { "fc00::1", "private" },               { "fdff:ffff::", "private" },           { "fe00::", "reserved" },
        { "fe80::1", "link_local" },            { "febf::1", "link_local" },            { "fec0::1", "reserved" },
        { "feff::1", "reserved" },              { "ff02::1", "multicast" },             { "ffff::", "multicast" },
};

static void every_network_has_its_class(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct address address;
                char got[20];
                UNIT_ROW(CASES[i].address);
                assert_true(address_parse(slice_of(CASES[i].address), &address));
                (void)snprintf(got, sizeof(got), "%.*s", SLICE_ARGS(ADDRESS_CLASS_NAMES[address_class(&address)]));
                assert_string_equal(got, CASES[i].want);
        }
}

static void nobody_is_told_from_somebody(void **state)
{
        (void)state;
        static const struct { const char *address; bool want; } ROWS[] = {
                { "0.0.0.0", true }, { "::", true }, { "::ffff:0:0", true }, { "0.0.0.1", false }, { "::1", false },
        };
        for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
                struct address address;
                UNIT_ROW(ROWS[i].address);
                assert_true(address_parse(slice_of(ROWS[i].address), &address));
                assert_int_equal(address_unspecified(&address), ROWS[i].want);
        }
        assert_false(address_unspecified(&(struct address){ .known = false }));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_network_has_its_class),
                cmocka_unit_test(nobody_is_told_from_somebody),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
