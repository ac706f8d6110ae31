#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "command/bench.h"

#define DAY 86400.0

/* 86,400,000 events a day are 1,000 a second; 10 µs, 500 bytes in and 1,000 out each. */
static const struct {
        const char *name;
        double  events, peak, cpu, replicas;
        double  cores;
        int64_t instances, cores_each, partitions;
} CASES[] = {
        { "nothing fits on less than two", 1000,    1, 10e-6,  3, 0.0125, 2, 1, 1 },
        { "one core, and one spare",       40000,   2, 10e-6,  3, 1.0,    2, 1, 8 },
        { "a little more than one core",   40000,   2, 11e-6,  3, 1.1,    2, 2, 8 },
        { "eight cores are one instance",  320000,  2, 10e-6,  3, 8.0,    2, 8, 62 },
        { "nine are two and a spare",      360000,  2, 10e-6,  3, 9.0,    3, 5, 69 },
};

static void test_plan(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct bench_row  row = { .cpu = CASES[i].cpu, .request_bytes = 500, .wire_bytes = 1000, .spooled_bytes = 1100 };
                struct bench_wish wish = { .events_per_day = CASES[i].events * DAY, .peak = CASES[i].peak, .utilisation = 0.8,
                                           .partition_rate = 10 << 20, .retention = 2 * DAY, .outage = 3600,
                                           .replicas = CASES[i].replicas };
                struct bench_plan plan;
                bench_plan(&row, &wish, &plan);
                bool same = plan.cores > CASES[i].cores - 1e-9 && plan.cores < CASES[i].cores + 1e-9 &&
                            plan.instances == CASES[i].instances && plan.cores_each == CASES[i].cores_each &&
                            plan.partitions == CASES[i].partitions;
                if (!same)
                        fail_msg("%s: %f cores, %lld instances of %lld, %lld partitions", CASES[i].name, plan.cores,
                                 (long long)plan.instances, (long long)plan.cores_each, (long long)plan.partitions);
                double events = CASES[i].events, peak = events * CASES[i].peak;
                assert_true(plan.network_in == peak * 500 && plan.network_out == peak * 1000);
                assert_true(plan.kafka_disk == events * 1000 * 2 * DAY * CASES[i].replicas);
                assert_true(plan.spool_disk == peak * 1100 * 3600);
        }
}

static char *printed(void (*print)(const struct bench_row *, size_t, const struct bench_wish *, FILE *), double events)
{
        static const struct bench_row ROWS[] = {
                { .name = "1 event a request",
                  .per = 1,
                  .cpu = 20e-6,
                  .busy = 0.5,
                  .events = 25000,
                  .p50 = 1000000,
                  .p99 = 2500000,
                  .request_bytes = 500,
                  .wire_bytes = 1000,
                  .memory = 50 << 20 },
                { .name = "50 events a request",
                  .per = 50,
                  .cpu = 5e-6,
                  .busy = 1,
                  .events = 200000,
                  .p50 = 1000000,
                  .p99 = 2500000,
                  .request_bytes = 400,
                  .wire_bytes = 1000,
                  .memory = 50 << 20,
                  .refused = 7 },
        };
        struct bench_wish wish = { .events_per_day = events, .peak = 3, .utilisation = 0.6, .partition_rate = 10 << 20,
                                   .retention = 7 * DAY, .outage = 3600, .replicas = 3 };
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        print(ROWS, COUNT_OF(ROWS), &wish, out);
        (void)fclose(out);
        return text;
}

static void assert_has(const char *text, const char *part)
{
        if (!strstr(text, part))
                fail_msg("no \"%s\" in:\n%s", part, text);
}

static void test_words(void **state)
{
        (void)state;
        char *text = printed(bench_print, 0);
        assert_has(text, "1 event a request                     20.00       50,000     50 %      1.0      2.5   50.0 MiB\n");
        assert_has(text, "    7 requests were refused, 0 failed\n");
        assert_has(text, "\n1 event a request: an event comes as 500 bytes of HTTP and goes to Kafka as 1000 bytes.\n");
        assert_null(strstr(text, "idle"));
        assert_has(text, "One core takes 17,280,000,000 events a day in an even stream, as 50 events a request.");
        free(text);
        text = printed(bench_print, 6e9);
        assert_has(text, "6,000,000,000 events a day are 69,444 a second on average, and 208,333 at a peak of 3 times");
        assert_has(text, "  cores       6.9 at the peak, each used to 60 %\n");
        assert_has(text, "  instances   2 with 7 cores each: one may be missing, the others carry the peak\n");
        assert_has(text, "  network     833 Mbit/s in, 1667 Mbit/s to Kafka, all instances together\n");
        assert_has(text, "  Kafka       at least 20 partitions, of 10.0 MiB a second each; disks of 115 TiB for 7 days in 3 "
                         "copies\n");
        assert_null(strstr(text, "spool"));
        free(text);
}

static void test_words_of_a_spool_on_an_idle_core(void **state)
{
        static const struct bench_row ROW = { .name = "50 events a request, spooled", .per = 50, .spool = true, .cpu = 5e-6,
                                              .busy = 0.1, .request_bytes = 400, .wire_bytes = 1000, .spooled_bytes = 1000 };
        struct bench_wish wish = { .events_per_day = 86400e3, .peak = 2.5, .utilisation = 0.6, .partition_rate = 10 << 20,
                                   .retention = DAY / 2, .outage = 7200, .replicas = 1 };
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        (void)state;
        bench_print(&ROW, 1, &wish, out);
        (void)fclose(out);
        assert_has(text, "    the load left most of the core idle");
        assert_has(text, "2,500 at a peak of 2.5 times that.\n");
        assert_has(text, "  Kafka       at least 1 partition, of 10.0 MiB a second each; disks of 40.2 GiB for 0.5 days in 1 "
                         "copy\n");
        assert_has(text, "  spool       16.8 GiB on each instance, to take the peak for 2 hours without Kafka; its disk writes "
                         "2.4 MiB a second\n");
        free(text);
}

static void test_json(void **state)
{
        (void)state;
        char *text = printed(bench_print_json, 6e9);
        assert_has(text, "\"name\":\"50 events a request\",\"events_per_request\":50,\"spool\":false,\"cpu_us_per_event\":5.000");
        assert_has(text, "\"plan\":{\"events_per_second\":69444,\"events_per_second_at_peak\":208333,\"cores\":6.944");
        free(text);
        text = printed(bench_print_json, 0);
        assert_null(strstr(text, "\"plan\""));
        free(text);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_plan),
                cmocka_unit_test(test_words),
                cmocka_unit_test(test_words_of_a_spool_on_an_idle_core),
                cmocka_unit_test(test_json),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
