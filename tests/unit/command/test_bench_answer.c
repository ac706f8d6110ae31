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

static char *printed(bool json, double events)
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
                  .asked = 10000,
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
                  .asked = 700,
                  .refused = 7,
                  .statuses = "503: 7" },
        };
        struct samples samples = { .count = 30, .bytes = 9000, .good = 29,
                                   .by_reason = { [REASON_published] = 29, [REASON_schema_unknown] = 1 } };
        struct bench_setup setup = { .samples = &samples, .embedded = true, .connections = 256, .seconds = 0.5, .load = 0.25 };
        struct bench_wish wish = { .events_per_day = events, .peak = 3, .utilisation = 0.6, .partition_rate = 10 << 20,
                                   .retention = 7 * DAY, .outage = 3600, .replicas = 3 };
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        if (json)
                bench_print_json(ROWS, COUNT_OF(ROWS), &wish, &setup, out);
        else
                bench_print(ROWS, COUNT_OF(ROWS), &wish, out);
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
        char *text = printed(false, 0);
        assert_has(text, "1 event a request                     20.00       50,000     50 %      1.0      2.5   50.0 MiB\n");
        assert_has(text, "    7 requests were refused, 0 failed (status 503: 7)\n");
        assert_has(text, "\n1 event a request: an event comes as 500 bytes of HTTP and goes to Kafka as 1000 bytes.\n");
        assert_null(strstr(text, "idle"));
        assert_has(text, "One core, used to 60 % at a peak of 3 times the average, takes 3,500,000,000 events a day, as 50 "
                         "events a request. Ask for your own number with --events-per-day.\n");
        free(text);
        text = printed(false, 6e9);
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
                                              .busy = 0.1, .drained = 500, .request_bytes = 400, .wire_bytes = 1000,
                                              .spooled_bytes = 1000 };
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
        /* 2,500 events a second are five times what one spool sends. */
        assert_has(text, "  instances   6 with 1 core each: one may be missing, the others carry the peak\n");
        assert_has(text, "  spool       3.4 GiB on each instance, to take the peak for 2 hours without Kafka; its disk writes "
                         "488 KiB a second\n");
        assert_has(text, "  from it     an instance sends 500 events a second to Kafka; let spool.drain_rate be 488 KiB or more, "
                         "or 0: no limit\n");
        free(text);
}

static char *printed_one(const struct bench_row *row, double events)
{
        struct bench_wish wish = { .events_per_day = events, .peak = 3, .utilisation = 0.6, .partition_rate = 10 << 20,
                                   .retention = DAY, .outage = 3600, .replicas = 1 };
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        bench_print(row, 1, &wish, out);
        (void)fclose(out);
        return text;
}

static void test_words_of_little(void **state)
{
        struct bench_row row = { .name = "1 event a request", .per = 1, .cpu = 20e-6, .busy = 1, .request_bytes = 500,
                                 .wire_bytes = 1000, .asked = 100 };
        char *text = printed_one(&row, 1);
        (void)state;
        assert_has(text, "\n1 event a day are 1.2e-05 a second on average, and 3.5e-05 at a peak of 3 times that.\n");
        assert_has(text, "  cores       less than 0.1 at the peak");
        assert_has(text, "  network     less than 1 kbit/s in, less than 1 kbit/s to Kafka");
        assert_has(text, "for 1 day in 1 copy\n");
        free(text);
        text = printed_one(&row, 86400e2);         /* 300 a second at the peak */
        assert_has(text, "  network     1.2 Mbit/s in, 2.4 Mbit/s to Kafka");
        free(text);
        row.wire_bytes = 0;
        text = printed_one(&row, 86400);
        assert_has(text, "500 bytes of HTTP; its bytes to Kafka are not known: measure longer (--seconds).\n");
        assert_has(text, "  network     12 kbit/s in; what goes to Kafka is not known: measure longer (--seconds)\n");
        assert_null(strstr(text, "partition"));
        free(text);
}

/* Of requests that are refused no plan follows. */
static void test_spoilt(void **state)
{
        struct bench_row row = { .name = "1 event a request", .per = 1, .cpu = 20e-6, .busy = 1, .request_bytes = 500,
                                 .wire_bytes = 1000, .asked = 1000, .failed = 500, .untaken = 10 };
        (void)state;
        assert_false(bench_row_is_spoilt(&row));
        row.untaken++;
        assert_true(bench_row_is_spoilt(&row));
        char *text = printed_one(&row, 6e9);
        assert_null(strstr(text, "instances"));
        free(text);
        text = printed_one(&row, 0);
        assert_null(strstr(text, "One core"));
        free(text);
}

static void test_json(void **state)
{
        (void)state;
        char *text = printed(true, 6e9);
        assert_has(text, "\"embedded\":true,\"connections\":256,\"seconds\":0.5,\"machine_load\":0.25,\"samples\":{\"count\":30,"
                         "\"bytes\":9000,\"by_reason\":{");
        assert_has(text, "\"published\":29");
        assert_has(text, "\"schema_unknown\":1");
        assert_has(text, "\"name\":\"50 events a request\",\"events_per_request\":50,\"spool\":false,\"cpu_us_per_event\":5.000");
        assert_has(text, "\"plan\":{\"events_per_second\":69444,\"events_per_second_at_peak\":208333,\"cores\":6.944");
        free(text);
        text = printed(true, 0);
        assert_null(strstr(text, "\"plan\""));
        free(text);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_plan),
                cmocka_unit_test(test_words),
                cmocka_unit_test(test_words_of_a_spool_on_an_idle_core),
                cmocka_unit_test(test_words_of_little),
                cmocka_unit_test(test_spoilt),
                cmocka_unit_test(test_json),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
