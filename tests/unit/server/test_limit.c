#include "server/limit.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define MS INT64_C(1000000)
#define START (INT64_C(5000) * MS)

static void buckets(void **state)
{
        /* Each step: at that time, `events` are taken out if the bucket lets them; `wait`: ms that it says (rounded up). */
        static const struct {
                const char *name;
                int64_t rate, burst;
                struct { int64_t ms, events, wait; } step[6];
                size_t steps;
        } CASES[] = {
                { "a full bucket, then nothing", 10, 2,
                  { { 0, 1, 0 }, { 0, 1, 0 }, { 0, 1, 100 }, { 99, 1, 1 }, { 100, 1, 0 } }, 5 },
                { "a large request leaves a debt", 10, 1,
                  { { 0, 50, 0 }, { 1000, 1, 4000 }, { 4999, 1, 1 }, { 5000, 1, 0 } }, 4 },
                { "a rest never buys more than a burst", 1000, 5, { { 0, 1, 0 }, { 100000, 5, 0 }, { 100000, 1, 1 } }, 3 },
                { "no burst is a second's worth", 100, 0, { { 0, 99, 0 }, { 0, 1, 0 }, { 0, 1, 10 } }, 3 },
                { "one a second", 1, 1, { { 0, 1, 0 }, { 500, 1, 500 }, { 1000, 1, 0 } }, 3 },
                { "no events", 10, 1, { { 0, 0, 0 }, { 0, 0, 0 }, { 0, 1, 0 }, { 0, 0, 100 } }, 4 },
                { "no limit", 0, 0, { { 0, 1000000, 0 }, { 0, 1, 0 } }, 2 },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct rate rate = rate_make(CASES[i].rate, CASES[i].burst);
                struct bucket bucket = { 0 };
                for (size_t k = 0; k < CASES[i].steps; k++) {
                        int64_t now = START + CASES[i].step[k].ms * MS, wait = 0;
                        if (rate.interval)
                                wait = bucket_wait(&bucket, &rate, now);
                        if ((wait + MS - 1) / MS != CASES[i].step[k].wait)
                                fail_msg("%s: step %zu waits %lld ns", CASES[i].name, k, (long long)wait);
                        if (!wait)
                                bucket_charge(&bucket, &rate, now, CASES[i].step[k].events);
                }
        }
}

static void extremes_do_not_overflow(void **state)
{
        struct rate slow = rate_make(1, INT64_MAX), fast = rate_make(INT64_MAX, INT64_MAX);
        struct bucket bucket = { 0 };
        (void)state;
        assert_true(slow.burst > 0 && fast.interval > 0 && fast.burst > 0);
        int64_t now = INT64_C(1) << 60;            /* 36 years after the machine's start */
        bucket_charge(&bucket, &slow, now, 1000000);
        assert_int_equal(bucket_wait(&bucket, &slow, now), 0);
        struct rate one = rate_make(1, 1);
        assert_true(bucket_wait(&bucket, &one, now) > 0);
}

struct crowd {
        struct bucket bucket;
        struct rate   rate;
        int           each;
};
static void *charge(void *argument)
{
        struct crowd *crowd = argument;
        for (int i = 0; i < crowd->each; i++)
                bucket_charge(&crowd->bucket, &crowd->rate, START, 3);
        return NULL;
}

/* No event of many threads is forgotten. */
static void threads_share_a_bucket(void **state)
{
        struct crowd crowd = { .rate = rate_make(1000, 1), .each = 20000 };
        pthread_t thread[4];
        (void)state;
        for (size_t i = 0; i < COUNT_OF(thread); i++)
                assert_int_equal(pthread_create(&thread[i], NULL, charge, &crowd), 0);
        for (size_t i = 0; i < COUNT_OF(thread); i++)
                pthread_join(thread[i], NULL);
        assert_int_equal(crowd.bucket.due, START + (int64_t)COUNT_OF(thread) * crowd.each * 3 * crowd.rate.interval);
}

static struct bucket *bucket_of(struct address_buckets *buckets, const char *text)
{
        struct address address;
        assert_true(address_parse(slice_of(text), &address));
        return address_buckets_get(buckets, &address);
}

static void addresses(void **state)
{
        static const struct { const char *name, *one, *other; bool same; } CASES[] = {
                { "the same",                    "192.0.2.1",       "192.0.2.1",          true  },
                { "neighbours in IPv4",          "192.0.2.1",       "192.0.2.2",          false },
                { "mapped into IPv6",            "192.0.2.1",       "::ffff:192.0.2.1",   true  },
                { "one /64 of IPv6",             "2001:db8::1",     "2001:db8::ffff:1",   true  },
                { "neighbouring /64s",           "2001:db8:0:1::1", "2001:db8:0:2::1",    false },
                { "IPv6 below ::/64 is not IPv4", "::1",            "192.0.2.1",          false },
        };
        (void)state;
        struct address_buckets *buckets = address_buckets_new(4096);
        for (size_t i = 0; i < COUNT_OF(CASES); i++)
                if ((bucket_of(buckets, CASES[i].one) == bucket_of(buckets, CASES[i].other)) != CASES[i].same)
                        fail_msg("%s", CASES[i].name);
        address_buckets_free(buckets);
}

/* However many others come: who is in debt deepest stays known, as the fuller ones give way. */
static void the_greedy_is_remembered(void **state)
{
        struct address_buckets *buckets = address_buckets_new(64);
        struct rate rate = rate_make(10, 10);
        (void)state;
        struct bucket *greedy = bucket_of(buckets, "198.51.100.7");
        bucket_charge(greedy, &rate, START, 1000);
        for (int i = 0; i < 5000; i++) {
                struct address address = { .known = true };
                memcpy(address.bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a", 13);
                address.bytes[14] = (unsigned char)(i >> 8);
                address.bytes[15] = (unsigned char)i;
                struct bucket *bucket = address_buckets_get(buckets, &address);
                if (bucket == greedy)
                        fail_msg("address %d took the place of the greedy one", i);
                if (bucket_wait(bucket, &rate, START) != 0)
                        fail_msg("a new address found a bucket that is not full");
                bucket_charge(bucket, &rate, START, 1);
        }
        assert_ptr_equal(bucket_of(buckets, "198.51.100.7"), greedy);
        assert_true(bucket_wait(greedy, &rate, START) > 0);
        address_buckets_free(buckets);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(buckets),
                cmocka_unit_test(extremes_do_not_overflow),
                cmocka_unit_test(threads_share_a_bucket),
                cmocka_unit_test(addresses),
                cmocka_unit_test(the_greedy_is_remembered),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
