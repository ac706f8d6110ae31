/* HMAC-SHA-256 against the test cases of RFC 4231 (section 4), and keys that files hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/hmac.h"
#include <sys/stat.h>
#include <unistd.h>

struct repeat { const char *text; int byte; size_t count; };       /* text, or count times the byte */

static const struct { const char *name; struct repeat key, text; const char *want; } CASES[] = {
        { "4.2", { NULL, 0x0b, 20 }, { "Hi There", 0, 8 }, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
        { "4.3", { "Jefe", 0, 4 }, { "what do ya want for nothing?", 0, 28 },
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
        { "4.4", { NULL, 0xaa, 20 }, { NULL, 0xdd, 50 }, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
        { "4.5", { "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20\21\22\23\24\25\26\27\30\31", 0, 25 }, { NULL, 0xcd, 50 },
          "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
        { "4.7", { NULL, 0xaa, 131 }, { "Test Using Larger Than Block-Size Key - Hash Key First", 0, 54 },
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
        { "4.8", { NULL, 0xaa, 131 },
          { "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed "
            "before being used by the HMAC algorithm.", 0, 152 },
          "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
};

static struct slice repeated(const struct repeat *what, char room[256])
{
        if (what->text)
                return (struct slice){ what->text, what->count };
        memset(room, what->byte, what->count);
        return (struct slice){ room, what->count };
}

static void hex_of(const uint8_t digest[HMAC_SIZE], char text[2 * HMAC_SIZE + 1])
{
        for (size_t i = 0; i < HMAC_SIZE; i++)
                snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

static void test_the_cases_of_the_rfc(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                char room[256], text[256], hex[2 * HMAC_SIZE + 1];
                uint8_t digest[HMAC_SIZE];
                print_message("             %s\n", CASES[i].name);
                struct hmac_key *key = hmac_key_new(repeated(&CASES[i].key, room));
                for (size_t again = 0; again < 2; again++) {       /* a key is not used up */
                        hmac_sign(key, repeated(&CASES[i].text, text), digest);
                        hex_of(digest, hex);
                        assert_string_equal(hex, CASES[i].want);
                }
                hmac_key_free(key);
        }
}

static const struct { const char *name; size_t size; const char *end; mode_t mode; const char *complaint; } FILES[] = {
        { "as it should be",      16,   "",     0600, NULL },
        { "a group's",            16,   "\n",   0640, NULL },
        { "from another system",  16,   "\r\n", 0400, NULL },
        { "everybody's",          16,   "",     0644, "everybody" },
        { "short without its end", 15,  "\n",   0600, "holds 15 bytes; a key has 16 to 4096" },
        { "the longest",          4096, "",     0600, NULL },
        { "too long",             4097, "",     0600, "holds 4097 bytes or more" },
        { "far too long",         9000, "",     0600, "bytes or more; a key has" },
        { "empty",                0,    "",     0600, "holds 0 bytes" },
};

static void test_keys_in_files(void **state)
{
        (void)state;
        char path[] = "/tmp/test_hmac_XXXXXX", secret[9000];
        int  descriptor = mkstemp(path);
        assert_true(descriptor >= 0);
        memset(secret, 'k', sizeof(secret));
        for (size_t i = 0; i < COUNT_OF(FILES); i++) {
                struct error err;
                print_message("             %s\n", FILES[i].name);
                assert_int_equal(ftruncate(descriptor, 0), 0);
                assert_int_equal(pwrite(descriptor, secret, FILES[i].size, 0), FILES[i].size);
                size_t end = strlen(FILES[i].end);
                assert_int_equal(pwrite(descriptor, FILES[i].end, end, (off_t)FILES[i].size), end);
                assert_int_equal(fchmod(descriptor, FILES[i].mode), 0);
                struct hmac_key *key = hmac_key_load(path, 16, &err);
                assert_int_equal(key == NULL, FILES[i].complaint != NULL);
                if (!key) {
                        assert_non_null(strstr(err.text, FILES[i].complaint));
                        assert_non_null(strstr(err.text, path));
                        continue;
                }
                struct hmac_key *same = hmac_key_new((struct slice){ secret, FILES[i].size });
                uint8_t a[HMAC_SIZE], b[HMAC_SIZE];
                hmac_sign(key, SLICE("x"), a);
                hmac_sign(same, SLICE("x"), b);
                assert_memory_equal(a, b, HMAC_SIZE);
                hmac_key_free(key);
                hmac_key_free(same);
        }
        close(descriptor);
        unlink(path);
}

static void test_no_file_is_no_key(void **state)
{
        (void)state;
        struct error err;
        assert_null(hmac_key_load("/nowhere/key", 16, &err));
        assert_non_null(strstr(err.text, "cannot open '/nowhere/key'"));
        assert_null(hmac_key_load("/", 16, &err));
        assert_non_null(strstr(err.text, "is not a file"));
        hmac_key_free(NULL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_cases_of_the_rfc),
                cmocka_unit_test(test_keys_in_files),
                cmocka_unit_test(test_no_file_is_no_key),
        };
        return cmocka_run_group_tests_name("hmac", tests, NULL, NULL);
}
