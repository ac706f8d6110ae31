#include "unit.h"
#include "base/buffer.h"
#include "base/hash.h"
#include "enrich/tcf.h"

/* Bits written as the standard says, to be read again. */
struct pen { char text[TCF_MAX + 8]; size_t bits; };

static void put(struct pen *pen, unsigned count, uint64_t value)
{
        static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        for (unsigned i = count; i-- > 0; pen->bits++) {
                unsigned bit = value >> i & 1, digit = 0;
                if (pen->bits % 6)
                        digit = (unsigned)(strchr(DIGITS, pen->text[pen->bits / 6]) - DIGITS);
                pen->text[pen->bits / 6] = DIGITS[digit | bit << (5 - pen->bits % 6)];
                pen->text[pen->bits / 6 + 1] = '\0';
        }
}

static void head_put(struct pen *pen)
{
        *pen = (struct pen){ .bits = 0 };
        put(pen, 6, 2), put(pen, 36, 15822422590), put(pen, 36, 15822422600), put(pen, 12, 27), put(pen, 12, 3);
        put(pen, 6, 1), put(pen, 6, 'E' - 'A'), put(pen, 6, 'N' - 'A'), put(pen, 12, 15), put(pen, 6, 4), put(pen, 2, 0);
        put(pen, 12, 0x801), put(pen, 24, 0x800001), put(pen, 24, 0x400002), put(pen, 1, 0), put(pen, 6, 3), put(pen, 6, 4);
}

static struct slice written(const struct pen *pen) { return slice_of(pen->text); }

static void test_the_head_is_read(void **state)
{
        (void)state;
        struct pen pen;
        struct tcf tcf;
        head_put(&pen);
        put(&pen, 16, 0), put(&pen, 1, 0), put(&pen, 16, 0), put(&pen, 1, 0);
        assert_true(tcf_read(written(&pen), 0, &tcf));
        assert_int_equal(tcf.created, 1582242259000);
        assert_int_equal(tcf.updated, 1582242260000);
        assert_int_equal(tcf.cmp, 27);
        assert_int_equal(tcf.cmp_version, 3);
        assert_int_equal(tcf.vendor_list, 15);
        assert_int_equal(tcf.policy, 4);
        assert_int_equal(tcf.purposes, 1 | 1 << 23);
        assert_int_equal(tcf.interests, 1 << 1 | 1 << 22);
        assert_int_equal(tcf.features, 1 | 1 << 11);
        assert_memory_equal(tcf.country, "DE", 2);
        assert_false(tcf.vendor_consent || tcf.vendor_interest);
}

static const struct { uint16_t vendor; bool consent, interest;
} VENDORS[] = {
        { 0, false, false },  { 1, true, false },   { 2, false, false },     { 9, true, false },  { 10, false, true },
        { 11, false, false }, { 12, false, false }, { 19, false, false },    { 20, false, true }, { 25, false, true },
        { 30, false, true },  { 31, false, false }, { 65535, false, false },
};

static void test_vendors_by_bits_and_by_ranges(void **state)
{
        (void)state;
        struct pen pen;
        struct tcf tcf;
        head_put(&pen);
        put(&pen, 16, 10), put(&pen, 1, 0), put(&pen, 10, 0x202);          /* 1 and 9 of 10 */
        put(&pen, 16, 30), put(&pen, 1, 1), put(&pen, 12, 2), put(&pen, 1, 0), put(&pen, 16, 10);
        put(&pen, 1, 1), put(&pen, 16, 20), put(&pen, 16, 30);             /* 10, and 20 to 30 */
        for (size_t i = 0; i < COUNT_OF(VENDORS); i++) {
                assert_true(tcf_read(written(&pen), VENDORS[i].vendor, &tcf));
                assert_int_equal(tcf.vendor_consent, VENDORS[i].consent);
                assert_int_equal(tcf.vendor_interest, VENDORS[i].interest);
        }
}

static void test_what_is_none(void **state)
{
        (void)state;
        static char text[TCF_MAX + 100];
        struct pen pen;
        struct tcf tcf;
        head_put(&pen);
        put(&pen, 16, 10), put(&pen, 1, 0), put(&pen, 10, 0x202), put(&pen, 16, 0), put(&pen, 1, 0);
        struct slice whole = written(&pen);
        assert_true(tcf_read(whole, 1, &tcf));
        for (size_t size = 0; size < whole.size; size++) {                 /* each in memory of its own size */
                char *copy = slice_copy((struct slice){ whole.data, size });
                assert_false(tcf_read((struct slice){ copy, size }, 1, &tcf));
                assert_false(tcf_read((struct slice){ copy, size }, 65535, &tcf));
                free(copy);
        }
        (void)snprintf(text, sizeof(text), "%s==", pen.text);              /* padding, and other segments */
        assert_true(tcf_read(slice_of(text), 1, &tcf));
        (void)snprintf(text, sizeof(text), "%s.IFoEUQQgAIQw*+/", pen.text);
        assert_true(tcf_read(slice_of(text), 1, &tcf));
        static const char ODD[] = "+/ *\xC3%=";
        for (size_t i = 0; i + 1 < sizeof(ODD); i++) {
                (void)snprintf(text, sizeof(text), "%s", pen.text);
                text[20] = ODD[i];
                assert_false(tcf_read(slice_of(text), 1, &tcf));
        }
        (void)snprintf(text, sizeof(text), "B%s", pen.text + 1);           /* version 1 */
        assert_false(tcf_read(slice_of(text), 1, &tcf));
        memset(text, 'A', sizeof(text));
        text[0] = 'C';
        assert_true(tcf_read((struct slice){ text, TCF_MAX }, 1, &tcf));
        assert_false(tcf_read((struct slice){ text, TCF_MAX + 1 }, 1, &tcf));
        assert_false(tcf_read((struct slice){ NULL, 0 }, 1, &tcf));
}

static void test_random_digits_do_no_harm(void **state)
{
        (void)state;
        struct random random;
        random_init_fixed(&random, 2);
        size_t good = 0;
        for (size_t i = 0; i < 50000; i++) {
                size_t size = 1 + random_next(&random) % 200;
                char  *text = memory_get(size);
                struct tcf tcf;
                for (size_t k = 0; k < size; k++)
                        text[k] = "AAAAAABCAAAAAAg_"[random_next(&random) % 16];
                text[0] = 'C';
                good += tcf_read((struct slice){ text, size }, (uint16_t)random_next(&random), &tcf);
                free(text);
        }
        assert_true(good > 100);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_head_is_read),
                cmocka_unit_test(test_vendors_by_bits_and_by_ranges),
                cmocka_unit_test(test_what_is_none),
                cmocka_unit_test(test_random_digits_do_no_harm),
        };
        return cmocka_run_group_tests_name("tcf", tests, NULL, NULL);
}
