#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "metrics/worker.h"

/* The value of a line that starts with the series and a space; fails when there is none. */
static int64_t value_of(struct slice page, const char *series)
{
        size_t size = strlen(series);
        for (const char *at = page.data, *end = page.data + page.size; at < end;) {
                const char *line_end = memchr(at, '\n', (size_t)(end - at));
                assert_non_null(line_end);
                if ((size_t)(line_end - at) > size && memcmp(at, series, size) == 0 && at[size] == ' ')
                        return strtoll(at + size + 1, NULL, 10);
                at = line_end + 1;
        }
        fail_msg("no series %s", series);
        return -1;
}

static void assert_law(struct slice page, const char *when)
{
        int64_t received = value_of(page, "millrace_events_received_total"), open = value_of(page, "millrace_events_open");
        int64_t published = value_of(page, "millrace_events_published_total");
        int64_t rejected = value_of(page, "millrace_events_rejected_total");
        int64_t refused = value_of(page, "millrace_events_refused_total");
        if (received != published + rejected + refused + open || open < 0)
                fail_msg("%s: %lld received, but %lld + %lld + %lld + %lld", when, (long long)received, (long long)published,
                         (long long)rejected, (long long)refused, (long long)open);
}

/* One worker's life: takes and ends events as fast as it can, with the law broken all the time in between. */
struct hammer {
        struct metrics_worker *worker;
        uint32_t               slots[2];
        atomic_bool           *stop;
        int64_t                rounds;
};
static void *hammer_run(void *context)
{
        struct hammer *hammer = context;
        while (!atomic_load(hammer->stop)) {
                metrics_begin(hammer->worker);
                metrics_received(hammer->worker, hammer->slots[0], 3);
                metrics_received(hammer->worker, hammer->slots[1], 1);
                metrics_end(hammer->worker);
                metrics_begin(hammer->worker);
                metrics_ended(hammer->worker, hammer->slots[0], REASON_published);
                metrics_ended(hammer->worker, hammer->slots[0], REASON_schema_invalid);
                metrics_ended(hammer->worker, hammer->slots[0], REASON_overloaded);
                metrics_end(hammer->worker);
                metrics_begin(hammer->worker);
                metrics_ended(hammer->worker, hammer->slots[1], REASON_sink_timeout);
                metrics_end(hammer->worker);
                metrics_time(hammer->worker, STAGE_request, 1000);
                hammer->rounds++;
        }
        return NULL;
}

static void test_the_law_holds_at_every_scrape(void **state)
{
        (void)state;
        struct metrics *metrics = metrics_new(2);
        atomic_bool stop = false;
        pthread_t thread[2];
        struct hammer hammer[2];
        for (size_t i = 0; i < 2; i++) {
                hammer[i] = (struct hammer){ .worker = metrics_of(metrics, i), .stop = &stop };
                hammer[i].slots[0] = metrics_schema(metrics, SLICE("a/b/1-0-0"));
                hammer[i].slots[1] = metrics_schema(metrics, SLICE("a/c/1-0-0"));
                assert_int_equal(pthread_create(&thread[i], NULL, hammer_run, &hammer[i]), 0);
        }
        struct buffer page;
        buffer_init(&page, 1 << 20);
        for (int scrape = 0; scrape < 300; scrape++) {
                buffer_clear(&page);
                metrics_print(metrics, &page);
                assert_false(page.full);
                assert_law(buffer_slice(&page), "running");
                /* The same moment seen by schema and by reason. */
                struct slice text = buffer_slice(&page);
                assert_int_equal(value_of(text, "millrace_schema_events_received_total{schema=\"a/b/1-0-0\"}") +
                                 value_of(text, "millrace_schema_events_received_total{schema=\"a/c/1-0-0\"}"),
                                 value_of(text, "millrace_events_received_total"));
                assert_int_equal(value_of(text, "millrace_events_ended_total{end=\"refused\",reason=\"overloaded\"}") +
                                 value_of(text, "millrace_events_ended_total{end=\"refused\",reason=\"sink_timeout\"}"),
                                 value_of(text, "millrace_events_refused_total"));
                assert_int_equal(value_of(text, "millrace_schema_events_ended_total{schema=\"a/b/1-0-0\",end=\"rejected\"}"),
                                 value_of(text, "millrace_events_rejected_total"));
        }
        atomic_store(&stop, true);
        for (size_t i = 0; i < 2; i++)
                assert_int_equal(pthread_join(thread[i], NULL), 0);
        int64_t rounds = hammer[0].rounds + hammer[1].rounds;
        assert_int_equal(metrics_sum(metrics, METRIC_events_received), 4 * rounds);
        assert_int_equal(metrics_sum(metrics, METRIC_events_refused), 2 * rounds);
        assert_int_equal(metrics_sum(metrics, METRIC_events_open), 0);
        buffer_done(&page);
        metrics_free(metrics);
}

/* A worker that is always inside begin and end, but for an instant: the scrape gets the copy that the worker makes for it. */
static void *busy_run(void *context)
{
        struct hammer *hammer = context;
        while (!atomic_load(hammer->stop)) {
                metrics_begin(hammer->worker);
                for (int i = 0; i < 200; i++) {
                        metrics_received(hammer->worker, 0, 1);
                        metrics_ended(hammer->worker, 0, i & 1 ? REASON_published : REASON_schema_unknown);
                }
                metrics_end(hammer->worker);
        }
        return NULL;
}
static void test_a_busy_worker_hands_its_counts_over(void **state)
{
        (void)state;
        struct metrics *metrics = metrics_new(1);
        atomic_bool stop = false;
        struct hammer hammer = { .worker = metrics_of(metrics, 0), .stop = &stop };
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, busy_run, &hammer), 0);
        struct counts *copy = memory_get(sizeof(*copy)), *sum = memory_get(sizeof(*sum));
        for (int scrape = 0; scrape < 500; scrape++) {
                memset(sum, 0, sizeof(*sum));
                worker_collect(hammer.worker, copy, sum);
                assert_int_equal(sum->metric[METRIC_events_received] % 200, 0);
                assert_int_equal(sum->metric[METRIC_events_published], sum->metric[METRIC_events_rejected]);
                assert_int_equal(sum->metric[METRIC_events_open], 0);
                assert_int_equal(sum->slot[0][0], sum->metric[METRIC_events_received]);
        }
        atomic_store(&stop, true);
        assert_int_equal(pthread_join(thread, NULL), 0);
        free(copy);
        free(sum);
        metrics_free(metrics);
}

static void test_gauges_rise_and_fall(void **state)
{
        (void)state;
        struct metrics *metrics = metrics_new(2);
        metrics_add(metrics_of(metrics, 0), METRIC_connections, 5);
        metrics_add(metrics_of(metrics, 1), METRIC_connections, 2);
        metrics_add(metrics_of(metrics, 0), METRIC_connections, -4);
        assert_int_equal(metrics_sum(metrics, METRIC_connections), 3);
        metrics_set(metrics_of(metrics, 1), METRIC_connections, 40);
        assert_int_equal(metrics_sum(metrics, METRIC_connections), 41);
        metrics_free(metrics);
}

static void test_a_schema_keeps_its_slot(void **state)
{
        (void)state;
        struct metrics *metrics = metrics_new(1);
        char name[32];
        for (uint32_t i = 1; i < SLOT_COUNT; i++) {
                (void)snprintf(name, sizeof(name), "v/n%u/1-0-0", i);
                assert_int_equal(metrics_schema(metrics, slice_of(name)), i);
        }
        assert_int_equal(metrics_schema(metrics, SLICE("v/n1/1-0-0")), 1);
        assert_int_equal(metrics_schema(metrics, SLICE("v/n4095/1-0-0")), 4095);
        assert_int_equal(metrics_schema(metrics, SLICE("one/too/many")), 0);
        metrics_free(metrics);
}

static const struct { const char *name; int64_t nanoseconds; const char *below, *in; } TIMES[] = {
        { "negative",              -5,              NULL,             "1.024e-06" },
        { "zero",                  0,               NULL,             "1.024e-06" },
        { "the first bound",       1024,            NULL,             "1.024e-06" },
        { "just over it",          1025,            "1.024e-06",      "1.536e-06" },
        { "half a power",          1536,            "1.024e-06",      "1.536e-06" },
        { "over half a power",     1537,            "1.536e-06",      "2.048e-06" },
        { "a power",               2048,            "1.536e-06",      "2.048e-06" },
        { "a millisecond",         1000000,         "0.000786432",    "0.001048576" },
        { "a minute",              60000000000,     "51.5396076",     "68.7194767" },
        { "the last bound",        68719476736,     "51.5396076",     "68.7194767" },
        { "longer than the last",  68719476737,     "68.7194767",     "+Inf" },
};
static void test_times_fall_into_their_buckets(void **state)
{
        (void)state;
        static const char BUCKET[] = "millrace_stage_seconds_bucket{stage=\"decode\",le=\"%s\"}";
        for (size_t i = 0; i < COUNT_OF(TIMES); i++) {
                struct metrics *metrics = metrics_new(1);
                struct buffer page;
                char series[96];
                buffer_init(&page, 1 << 20);
                metrics_time(metrics_of(metrics, 0), STAGE_decode, TIMES[i].nanoseconds);
                metrics_print(metrics, &page);
                (void)snprintf(series, sizeof(series), BUCKET, TIMES[i].in);
                if (value_of(buffer_slice(&page), series) != 1)
                        fail_msg("%s: not in the bucket up to %s", TIMES[i].name, TIMES[i].in);
                if (TIMES[i].below) {
                        (void)snprintf(series, sizeof(series), BUCKET, TIMES[i].below);
                        if (value_of(buffer_slice(&page), series) != 0)
                                fail_msg("%s: in the bucket up to %s", TIMES[i].name, TIMES[i].below);
                }
                assert_int_equal(value_of(buffer_slice(&page), "millrace_stage_seconds_count{stage=\"decode\"}"), 1);
                buffer_done(&page);
                metrics_free(metrics);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_law_holds_at_every_scrape),
                cmocka_unit_test(test_a_busy_worker_hands_its_counts_over),
                cmocka_unit_test(test_gauges_rise_and_fall),
                cmocka_unit_test(test_a_schema_keeps_its_slot),
                cmocka_unit_test(test_times_fall_into_their_buckets),
        };
        return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
