#include "unit.h"
#include "enrich/bot_networks.h"
#include "base/hash.h"

static const struct { const char *name, *text, *want[3];
} MISTAKES[] = {
        { "a word",
          "AS64500\n\nhosting # x\n",
          { "f:3: an AS number or a network such as 192.0.2.0/24 is expected, not 'hosting'" } },
        { "number nought", "AS0", { "f:1: an AS number is from 1 to 4294967295, not 'AS0'" } },
        { "a number too large", "4294967296", { "f:1: an AS number is from 1 to 4294967295, not '4294967296'" } },
        { "a number without end",
          "AS99999999999999999999999999999999",
          { "f:1: an AS number is from 1 to 4294967295, not 'AS99999999999999999999999999999999'" } },
        { "a prefix too long", "192.0.2.0/33", { "f:1: an AS number or a network" } },
        { "a prefix that is none", "192.0.2.0/", { "f:1: an AS number or a network" } },
        { "two on a line", "AS1 AS2", { "f:1: an AS number or a network" } },
        { "everybody", "0.0.0.0/0\n::/0\n", { "f:1: this is every address: '0.0.0.0/0'", "f:2: this is every address: '::/0'" } },
        { "a long line is cut",
          "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
          { "f:1: an AS number or a network such as 192.0.2.0/24 is expected, not "
            "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'" } },
};

static void mistakes_are_named(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(MISTAKES); i++) {
                struct errors errors = { 0 };
                size_t want = 0;
                UNIT_ROW(MISTAKES[i].name);
                assert_null(bot_networks_read("f", slice_of(MISTAKES[i].text), &errors));
                for (; want < COUNT_OF(MISTAKES[i].want) && MISTAKES[i].want[want]; want++)
                        assert_memory_equal(errors.items[want].text, MISTAKES[i].want[want], strlen(MISTAKES[i].want[want]));
                assert_int_equal(errors.count, want);
                errors_done(&errors);
        }
}

static const char FILE_TEXT[] = "# rooms of machines\r\n"
                                "AS64500\r\n as64501 # a note\n64502\n4294967295\n64500\n"
                                "192.0.2.0/24\n192.0.2.128/25\n192.0.3.0/24#touches\n198.51.100.7\n203.0.113.77/28\n"
                                "2001:db8::/32\n2001:db8:1::/48\n2001:db9::1\n::ffff:192.88.99.0/120\n255.255.255.255\n"
                                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\n";
static const struct { const char *name, *address; bool want; } ADDRESSES[] = {
        { "the first of a network", "192.0.2.0", true },
        { "the one before", "192.0.1.255", false },
        { "inside twice", "192.0.2.200", true },
        { "in the next, which touches", "192.0.3.255", true },
        { "behind both", "192.0.4.0", false },
        { "a single one", "198.51.100.7", true },
        { "its neighbour", "198.51.100.8", false },
        { "bits of a host are disregarded", "203.0.113.64", true },
        { "the last of it", "203.0.113.79", true },
        { "behind it", "203.0.113.80", false },
        { "IPv6", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", true },
        { "before", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", false },
        { "a single one of IPv6", "2001:db9::1", true },
        { "not its neighbour", "2001:db9::", false },
        { "IPv4 in IPv6", "::ffff:192.0.2.1", true },
        { "a network written so", "192.88.99.3", true },
        { "the last of all", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true },
        { "the last of IPv4", "255.255.255.255", true },
        { "none", "", false },
};
static const struct { uint32_t number; bool want; } NUMBERS[] = {
        { 0, false }, { 1, false }, { 64499, false }, { 64500, true }, { 64501, true }, { 64502, true }, { 64503, false },
        { UINT32_MAX, true },
};

static void places_are_found(void **state)
{
        (void)state;
        struct errors errors = { 0 };
        struct bot_networks *networks = bot_networks_read("f", SLICE(FILE_TEXT), &errors);
        assert_non_null(networks);
        size_t numbers, ranges;
        bot_networks_count(networks, &numbers, &ranges);
        assert_int_equal(numbers, 4);
        assert_int_equal(ranges, 8);
        for (size_t i = 0; i < COUNT_OF(ADDRESSES); i++) {
                struct address address = { .known = false };
                UNIT_ROW(ADDRESSES[i].name);
                assert_int_equal(address_parse(slice_of(ADDRESSES[i].address), &address), *ADDRESSES[i].address != '\0');
                assert_int_equal(bot_networks_has_address(networks, &address), ADDRESSES[i].want);
        }
        for (size_t i = 0; i < COUNT_OF(NUMBERS); i++)
                assert_int_equal(bot_networks_has_number(networks, NUMBERS[i].number), NUMBERS[i].want);
        bot_networks_free(networks);
}

/* Nested and overlapping networks at random: what looking at each in turn finds. */
static void the_search_finds_what_looking_at_each_does(void **state)
{
        (void)state;
        enum { NETWORKS = 60, ROUNDS = 50, ASKED = 400 };
        struct random random;
        random_init_fixed(&random, 7);
        for (unsigned round = 0; round < ROUNDS; round++) {
                struct errors  errors = { 0 };
                struct network each[NETWORKS];
                char   text[NETWORKS * 64] = "";
                size_t size = 0, found = 0;
                for (size_t i = 0; i < NETWORKS; i++) {
                        char line[64];
                        unsigned a = (unsigned)random_next(&random) % 4, b = (unsigned)random_next(&random) % 256;
                        if (i % 2)
                                snprintf(line, sizeof(line), "10.%u.%u.0/%u", a, b, 18 + (unsigned)random_next(&random) % 15);
                        else
                                snprintf(line, sizeof(line), "2001:%x:%x::/%u", a, b, 37 + (unsigned)random_next(&random) % 92);
                        assert_true(network_parse(slice_of(line), &each[i]));
                        size += (size_t)snprintf(text + size, sizeof(text) - size, "%s\n", line);
                }
                struct bot_networks *networks = bot_networks_read("f", (struct slice){ text, size }, &errors);
                assert_non_null(networks);
                for (size_t i = 0; i < ASKED; i++) {
                        char name[64];
                        struct address address;
                        unsigned a = (unsigned)random_next(&random) % 4, b = (unsigned)random_next(&random) % 256;
                        snprintf(name, sizeof(name), i % 2 ? "10.%u.%u.%u" : "2001:%x:%x::%x", a, b,
                                 (unsigned)random_next(&random) % 2);
                        assert_true(address_parse(slice_of(name), &address));
                        bool want = false;
                        for (size_t n = 0; n < NETWORKS; n++)
                                want |= network_has(&each[n], &address);
                        assert_int_equal(bot_networks_has_address(networks, &address), want);
                        found += want;
                }
                assert_in_range(found, 1, ASKED - 1);
                bot_networks_free(networks);
        }
}

static void nothing_is_in_an_empty_file(void **state)
{
        (void)state;
        struct errors  errors = { 0 };
        struct address address;
        struct bot_networks *networks = bot_networks_read("f", SLICE("# nothing\n\n \t\n#"), &errors);
        assert_non_null(networks);
        assert_true(address_parse(SLICE("192.0.2.1"), &address));
        assert_false(bot_networks_has_address(networks, &address));
        assert_false(bot_networks_has_number(networks, 64500));
        bot_networks_free(networks);
        assert_null(bot_networks_load("/nonexistent/networks", &errors));
        assert_string_equal(errors.items[0].text,
                            "enrich.bot.networks: cannot read '/nonexistent/networks': No such file or directory");
        errors_done(&errors);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(mistakes_are_named),
                cmocka_unit_test(places_are_found),
                cmocka_unit_test(the_search_finds_what_looking_at_each_does),
                cmocka_unit_test(nothing_is_in_an_empty_file),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
