/* What of an address may be shown. */
#include "unit.h"
#include "enrich/address_mask.h"
#include <sys/stat.h>
#include <unistd.h>

static const struct { const char *name; unsigned bits4, bits6; bool letters; const char *address, *want; } CASES[] = {
        { "an octet", 24, 48, false, "81.2.69.160", "81.2.69.0" },
        { "two octets", 16, 48, false, "81.2.69.160", "81.2.0.0" },
        { "bits inside an octet", 20, 48, false, "81.2.79.160", "81.2.64.0" },
        { "one bit", 1, 48, false, "255.255.255.255", "128.0.0.0" },
        { "nothing is left", 0, 0, false, "81.2.69.160", "0.0.0.0" },
        { "all is left", 32, 128, false, "81.2.69.160", "81.2.69.160" },
        { "IPv6", 24, 48, false, "2001:db8:1:2:3:4:5:6", "2001:db8:1::" },
        { "IPv6, 64 bits", 24, 64, false, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::" },
        { "IPv6, bits inside", 24, 33, false, "2001:db8:ffff:ffff::1", "2001:db8:8000::" },
        { "IPv6, nothing is left", 24, 0, false, "2001:db8::1", "::" },
        { "IPv6, all is left", 24, 128, false, "2001:db8::1", "2001:db8::1" },
        { "mapped into IPv6 is IPv4", 24, 48, false, "::ffff:81.2.69.160", "81.2.69.0" },
        { "letters", 24, 48, true, "81.2.69.160", "81.2.69.x" },
        { "letters, nothing is left", 0, 0, true, "81.2.69.160", "x.x.x.x" },
        { "letters, all is left", 32, 128, true, "81.2.69.160", "81.2.69.160" },
        { "letters, the longest", 24, 112, true, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
          "ffff:ffff:ffff:ffff:ffff:ffff:ffff:x" },
        { "letters, IPv6", 24, 48, true, "2001:db8::6", "2001:db8:0:x:x:x:x:x" },
        { "letters, mapped", 8, 48, true, "::ffff:81.2.69.160", "81.x.x.x" },
};

static void every_network_is_written(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct address_mask mask = { .bits4 = CASES[i].bits4, .bits6 = CASES[i].bits6, .letters = CASES[i].letters };
                struct address address;
                char text[ADDRESS_TEXT];
                UNIT_ROW(CASES[i].name);
                assert_true(address_parse(slice_of(CASES[i].address), &address));
                text[address_mask_network(&mask, &address, text)] = '\0';
                assert_string_equal(text, CASES[i].want);
        }
}

/* Computed by another implementation: hmac.new(hmac.new(b"0123456789abcdef", b"client.ip 20412").digest(), address.packed). */
static const struct { const char *name, *address; int64_t period; const char *want; } HASHES[] = {
        { "IPv4", "81.2.69.160", 20412, "5139f8f6b8e778faa8a75cc95640694b" },
        { "mapped", "::ffff:81.2.69.160", 20412, "5139f8f6b8e778faa8a75cc95640694b" },
        { "the day after", "81.2.69.160", 20413, "d5b058eea0dce415b52312f491167391" },
        { "IPv6", "2001:db8::1", 20412, "d8486f527a37542fe48221eeae239b04" },
        { "the first again", "81.2.69.160", 20412, "5139f8f6b8e778faa8a75cc95640694b" },
        { "for ever", "81.2.69.160", 0, "2543f1dad707eb95ba84a3a3d558d432" },
};

static void every_hash_is_as_another_computes_it(void **state)
{
        (void)state;
        struct address_mask mask = { .show = SHOW_HASH, .key = hmac_key_new(SLICE("0123456789abcdef")), .rotate = 86400000 };
        struct address_salt salt = { 0 };
        for (size_t i = 0; i < COUNT_OF(HASHES); i++) {
                struct address address;
                char text[ADDRESS_HASH_TEXT + 1] = "";
                UNIT_ROW(HASHES[i].name);
                assert_true(address_parse(slice_of(HASHES[i].address), &address));
                address_mask_hash(&mask, &salt, &address, HASHES[i].period, text);
                assert_string_equal(text, HASHES[i].want);
        }
        assert_int_equal(address_mask_period(&mask, 86400000 * (int64_t)20412), 20412);
        assert_int_equal(address_mask_period(&mask, 86400000 * (int64_t)20413 - 1), 20412);
        mask.rotate = 0;
        assert_int_equal(address_mask_period(&mask, 86400000 * (int64_t)20412), 0);
        address_salt_done(&salt);
        address_mask_done(&mask);
}

static const struct { const char *name, *options[3][2], *want; } CONFIGURATIONS[] = {
        { "nothing said", { { NULL, NULL } }, NULL },
        { "hash without a key", { { "enrich.client.ip", "hash" } }, "enrich.client.ip is 'hash', which needs a file with a key" },
        { "a key that is not there", { { "enrich.client.ip", "hash" }, { "enrich.client.key", "/nowhere" } },
          "cannot open '/nowhere'" },
        { "hash with a key", { { "enrich.client.ip", "hash" }, { "enrich.client.key", "KEY" } }, NULL },
        { "a salt of seconds",
          { { "enrich.client.ip", "hash" }, { "enrich.client.key", "KEY" }, { "enrich.client.rotate", "5s" } },
          "a salt lasts one minute at least" },
        { "a salt for ever",
          { { "enrich.client.ip", "hash" }, { "enrich.client.key", "KEY" }, { "enrich.client.rotate", "0s" } }, NULL },
        { "half an octet",
          { { "enrich.client.ip", "truncate" }, { "enrich.client.mask", "x" }, { "enrich.client.ipv4_bits", "20" } },
          "takes whole parts of 8 bits, and 20 bits are none" },
        { "half a segment",
          { { "enrich.client.ip", "truncate" }, { "enrich.client.mask", "x" }, { "enrich.client.ipv6_bits", "56" } },
          "takes whole parts of 16 bits, and 56 bits are none" },
        { "half an octet of zeros", { { "enrich.client.ip", "truncate" }, { "enrich.client.ipv4_bits", "20" } }, NULL },
};

static void options_are_checked(void **state)
{
        (void)state;
        char path[] = "/tmp/test_mask_XXXXXX";
        int  file = mkstemp(path);
        assert_true(file >= 0 && fchmod(file, 0600) == 0 && write(file, "0123456789abcdef", 16) == 16);
        for (size_t i = 0; i < COUNT_OF(CONFIGURATIONS); i++) {
                struct config config;
                struct errors errors = { 0 };
                struct error  err;
                struct address_mask mask;
                UNIT_ROW(CONFIGURATIONS[i].name);
                config_init(&config);
                for (size_t k = 0; k < COUNT_OF(CONFIGURATIONS[i].options) && CONFIGURATIONS[i].options[k][0]; k++) {
                        const char *value = strcmp(CONFIGURATIONS[i].options[k][1],
                        "KEY") ? CONFIGURATIONS[i].options[k][1] : path;
                        assert_true(config_set(&config, CONFIGURATIONS[i].options[k][0], value, &err));
                }
                assert_int_equal(address_mask_init(&mask, &config, &errors), CONFIGURATIONS[i].want == NULL);
                if (CONFIGURATIONS[i].want)
                        assert_non_null(strstr(errors.items[0].text, CONFIGURATIONS[i].want));
                address_mask_done(&mask);
                errors_done(&errors);
                config_done(&config);
        }
        assert_true(close(file) == 0 && unlink(path) == 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_network_is_written),
                cmocka_unit_test(every_hash_is_as_another_computes_it),
                cmocka_unit_test(options_are_checked),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
