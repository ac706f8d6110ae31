#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/hash.h"

static void test_every_byte_and_the_seed_count(void **state)
{
        (void)state;
        char text[64];
        memset(text, 'a', sizeof(text));
        for (size_t size = 1; size <= sizeof(text); size++) {
                uint64_t plain = hash_bytes(text, size, 1);
                assert_int_not_equal(plain, hash_bytes(text, size, 2));
                assert_int_not_equal(plain, hash_bytes(text, size - 1, 1));
                for (size_t i = 0; i < size; i++) {
                        text[i] ^= 1;
                        assert_int_not_equal(plain, hash_bytes(text, size, 1));
                        text[i] ^= 1;
                }
        }
}

/* Bytes that would make a factor of the mixing nothing, if it were not secret: what stands before them would not count. */
static void test_no_bytes_forget_others(void **state)
{
        static const uint64_t FACTORS[] = { 0xa0761d6478bd642fu, 0xe7037ed1a0b428dbu, 0x8ebc6af09c88c6e3u, 0, UINT64_MAX };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(FACTORS); i++)
                for (size_t words = 2; words <= 6; words++)
                        for (size_t place = 1; place < words; place++)
                                for (uint64_t seed = 0; seed < 4; seed++) {
                                        uint64_t text[6] = { 1, 1, 1, 1, 1, 1 };
                                        text[place] = FACTORS[i];
                                        uint64_t first = hash_bytes(text, words * 8, seed);
                                        text[0] = 2;
                                        assert_int_not_equal(first, hash_bytes(text, words * 8, seed));
                                        uint64_t alone = hash_bytes(&FACTORS[i], 8, seed);
                                        assert_int_not_equal(alone, hash_bytes(&FACTORS[i], 8, seed + 9));
                                }
}

static void test_low_bits_spread(void **state)
{
        (void)state;
        size_t bucket[256] = { 0 };
        for (uint32_t i = 0; i < 256 * 64; i++)
                bucket[hash_bytes(&i, sizeof(i), 7) & 255]++;
        for (size_t i = 0; i < COUNT_OF(bucket); i++)
                assert_in_range(bucket[i], 20, 130);
}

static void test_the_process_has_one_seed(void **state)
{
        (void)state;
        assert_int_not_equal(hash_process_seed(), 0);
        assert_int_equal(hash_process_seed(), hash_process_seed());
}

static void test_uuid_v7(void **state)
{
        (void)state;
        struct random random;
        char first[UUID_TEXT + 1] = "", second[UUID_TEXT + 1] = "";
        random_init_fixed(&random, 42);
        uuid_v7(1795248780123, &random, first);
        uuid_v7(1795248780123, &random, second);
        assert_memory_equal(first, "01a1fd2a-735b-7", 15);      /* 1795248780123 is 0x01A1FD2A735B; version 7 */
        assert_true(strchr("89ab", first[19]) != NULL);          /* variant 10 */
        assert_string_not_equal(first, second);
        random_init_fixed(&random, 42);
        uuid_v7(1795248780123, &random, second);
        assert_string_equal(first, second);
}

static void test_random_ones_differ(void **state)
{
        (void)state;
        struct random a, b;
        random_init(&a);
        random_init(&b);
        assert_int_not_equal(random_next(&a), random_next(&b));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_every_byte_and_the_seed_count),
                cmocka_unit_test(test_no_bytes_forget_others),
                cmocka_unit_test(test_low_bits_spread),
                cmocka_unit_test(test_the_process_has_one_seed),
                cmocka_unit_test(test_uuid_v7),
                cmocka_unit_test(test_random_ones_differ),
        };
        return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
