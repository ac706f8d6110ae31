#include "base/digest.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* The examples of FIPS 180-4, and one around the edge of a block. */
static void digests(void **state)
{
        static const struct { const char *name, *text, *want; } CASES[] = {
                { "nothing", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
                { "abc", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
                { "two blocks", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                uint8_t digest[DIGEST_SIZE], again[DIGEST_SIZE];
                char text[DIGEST_HEX];
                digest_sha256(slice_of(CASES[i].text), digest);
                digest_format(digest, text);
                if (memcmp(text, CASES[i].want, DIGEST_HEX) != 0)
                        fail_msg("%s", CASES[i].name);
                assert_true(digest_parse((struct slice){ text, DIGEST_HEX }, again));
                assert_true(digest_equal(digest, again));
                again[DIGEST_SIZE - 1] ^= 1;
                assert_false(digest_equal(digest, again));
        }
}

static void digits(void **state)
{
        static const char GOOD[] = "BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        static const struct { const char *name, *text; bool want; } CASES[] = {
                { "both cases",    GOOD,      true  },
                { "one too few",   GOOD + 1,  false },
                { "none",          "",        false },
                { "another sign",  "ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", false },
                { "a high byte",   "\xe1\xb3" "7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", false },
                { "one too many",  "0ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", false },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                uint8_t digest[DIGEST_SIZE];
                if (digest_parse(slice_of(CASES[i].text), digest) != CASES[i].want)
                        fail_msg("%s", CASES[i].name);
        }
}

static void secrets(void **state)
{
        (void)state;
        assert_true(secret_equal(SLICE("abc"), SLICE("abc")));
        assert_false(secret_equal(SLICE("abc"), SLICE("abd")));
        assert_false(secret_equal(SLICE("abc"), SLICE("ab")));
        assert_false(secret_equal(SLICE("abc"), SLICE("")));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(digests),
                cmocka_unit_test(digits),
                cmocka_unit_test(secrets),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
