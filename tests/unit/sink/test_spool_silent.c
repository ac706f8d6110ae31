/* A topic that says nothing of what it has, while others are delivered: they pass it, it is sent nothing twice, and its order
 * stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#ifdef WITH_KAFKA
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#endif
#include "spool_desk.h"

/* More others than are under way at a time, so that they come to the end only when they pass. */
enum { FIRST = 3000, OTHERS = 30000, LAST = 500, GONE = FIRST + LAST };

static void gone_others_gone(unsigned number, char topic[64])
{
        (void)snprintf(topic, 64, "%s", number < FIRST || number >= FIRST + OTHERS ? "gone" : "events");
}

static void all_gone(unsigned number, char topic[64])
{
        (void)number;
        (void)snprintf(topic, 64, "gone");
}

static void desk_silent(struct desk *desk)
{
        struct error err;
        desk_init(desk);
        assert_true(config_set(&desk->config, "spool.park_after", "100ms", &err));
        atomic_store(&desk->sink.open, true);
        atomic_store(&desk->sink.silent, true);
}

static void wait_taken(const struct desk *desk, uint64_t want)
{
        int64_t end = clock_steady() + PATIENCE_MS;
        while (desk->sink.taken != want && clock_steady() < end)
                rest();
        assert_int_equal(desk->sink.taken, want);
}

static void wait_failed(const struct desk *desk, uint64_t want)
{
        int64_t end = clock_steady() + PATIENCE_MS;
        while (desk->sink.failed < want && clock_steady() < end)
                rest();
        assert_true(desk->sink.failed >= want);
}

/* What becomes of the topic when the others have passed. */
static void confirmed(struct desk *desk) { atomic_store(&desk->sink.silent, false); }

static void given_back(struct desk *desk)
{
        atomic_store(&desk->sink.gone, true);
        atomic_store(&desk->sink.silent, false);
        wait_failed(desk, FIRST);
        assert_true(metric(desk, "parked_records") == GONE);
        atomic_store(&desk->sink.gone, false);
}

static void started_anew(struct desk *desk)
{
        desk_close(desk);
        desk_open(desk);
        wait_metric(desk, "parked_records", GONE);
        assert_true(metric(desk, "records") == GONE);
        atomic_store(&desk->sink.silent, false);
}

static void others_pass_a_topic_that_says_nothing(void **state)
{
        static const struct { const char *name; bool refusing; void (*end)(struct desk *desk); } ROWS[] = {
                { "its reports come in the end",        false, confirmed },
                { "it is given back in the end",        false, given_back },
                { "the service is started anew",        false, started_anew },
                { "others are given back meanwhile",    true,  confirmed },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
                struct desk desk;
                UNIT_ROW(ROWS[i].name);
                desk_silent(&desk);
                log_fill(&desk, GONE + OTHERS, gone_others_gone);
                atomic_store(&desk.sink.failing, ROWS[i].refusing);
                desk_open(&desk);
                wait_failed(&desk, ROWS[i].refusing);
                atomic_store(&desk.sink.failing, false);
                wait_taken(&desk, OTHERS);
                wait_metric(&desk, "records", GONE);
                wait_metric(&desk, "parked_records", GONE);
                assert_true(spool_wants(desk.port, SLICE("k")) && !spool_wants(desk.port, SLICE("another")));
                assert_int_equal(put(&desk, NULL, clock_wall()), REASON_published);
                wait_taken(&desk, OTHERS + 1);
                ROWS[i].end(&desk);
                wait_metric(&desk, "records", 0);
                wait_metric(&desk, "parked_topics", 0);
                assert_int_equal(desk.sink.taken, OTHERS + 1 + GONE);      /* each once */
                assert_true(desk.sink.next == GONE && !desk.sink.disorder);
                assert_false(spool_wants(desk.port, SLICE("k")));
                desk_close(&desk);
                desk_done(&desk);
        }
}

/* Then nothing is moved: it would only be written twice. */
static void a_topic_that_holds_up_nobody_stays(void **state)
{
        (void)state;
        struct desk desk;
        desk_silent(&desk);
        log_fill(&desk, FIRST, all_gone);
        desk_open(&desk);
        int64_t end = clock_steady() + 1200;
        while (clock_steady() < end)
                rest();
        assert_true(metric(&desk, "records") == FIRST && metric(&desk, "parked_topics") == 0);
        atomic_store(&desk.sink.silent, false);
        wait_metric(&desk, "records", 0);
        assert_true(desk.sink.taken == FIRST && desk.sink.next == FIRST && !desk.sink.disorder);
        desk_close(&desk);
        desk_done(&desk);
}

/* There is no room for copies: everything stays where it is, and nothing is sent twice. */
static void what_cannot_be_copied_stays(void **state)
{
        (void)state;
        struct desk desk;
        struct error err;
        desk_silent(&desk);
        assert_true(config_set(&desk.config, "spool.size", "2MiB", &err));
        log_fill(&desk, FIRST + OTHERS, gone_others_gone);
        desk_open(&desk);
        int64_t end = clock_steady() + 1200;
        while (clock_steady() < end)
                rest();
        assert_true(desk.sink.taken < OTHERS && metric(&desk, "parked_records") == 0);
        atomic_store(&desk.sink.silent, false);
        wait_metric(&desk, "records", 0);
        assert_int_equal(desk.sink.taken, FIRST + OTHERS);
        assert_true(desk.sink.next == FIRST && !desk.sink.disorder);
        desk_close(&desk);
        desk_done(&desk);
}

static void put_gone(struct desk *desk, unsigned number)
{
        char value[24];
        (void)snprintf(value, sizeof(value), "%u ", number);
        assert_int_equal(put_to(desk, "gone", value, "k", clock_wall()), REASON_published);
}

/* There is room for some of the copies. What comes meanwhile for the topic does not overtake them. */
static void what_cannot_be_copied_is_not_overtaken(void **state)
{
        (void)state;
        struct desk desk;
        struct error err;
        unsigned count = FIRST;
        desk_silent(&desk);
        assert_true(config_set(&desk.config, "spool.size", "6MiB", &err));
        log_fill_large(desk.path, FIRST + 100, gone_others_gone, 1000);
        desk_open(&desk);
        wait_taken(&desk, 100);
        for (int64_t end = clock_steady() + 1200; clock_steady() < end; count++)
                put_gone(&desk, count);
        atomic_store(&desk.sink.gone, true);
        atomic_store(&desk.sink.silent, false);
        wait_failed(&desk, FIRST);
        atomic_store(&desk.sink.gone, false);
        wait_metric(&desk, "records", 0);
        assert_int_equal(desk.sink.next, count);
        assert_false(desk.sink.disorder);
        desk_close(&desk);
        desk_done(&desk);
}

/* Of two topics one says nothing and the other gave its records back already before that, and does so again and again. */
static void others_pass_two_topics(void **state)
{
        (void)state;
        struct desk desk;
        struct error err;
        desk_silent(&desk);
        assert_true(config_set(&desk.config, "spool.park_after", "1s", &err));
        atomic_store(&desk.sink.barred, true);
        desk_open(&desk);
        assert_int_equal(put_to(&desk, "barred", "1", "b", clock_wall()), REASON_published);
        wait_failed(&desk, 1);
        put_gone(&desk, 0);
        wait_failed(&desk, 2);             /* with which the other was sent */
        for (unsigned i = 0; i < 10; i++)
                assert_int_equal(put(&desk, NULL, clock_wall()), REASON_published);
        wait_taken(&desk, 10);
        atomic_store(&desk.sink.barred, false);
        atomic_store(&desk.sink.silent, false);
        wait_metric(&desk, "records", 0);
        assert_int_equal(desk.sink.taken, 12);
        desk_close(&desk);
        desk_done(&desk);
}

/* As a partition has no leader, and another gives its records back, which have to wait for the first. */
static void others_pass_a_topic_that_says_half(void **state)
{
        (void)state;
        struct desk desk;
        desk_silent(&desk);
        atomic_store(&desk.sink.gone, true);
        atomic_store(&desk.sink.half, true);
        log_fill(&desk, GONE + OTHERS, gone_others_gone);
        desk_open(&desk);
        wait_taken(&desk, OTHERS);
        wait_metric(&desk, "parked_records", GONE);
        assert_true(desk.sink.failed >= FIRST / 2);
        atomic_store(&desk.sink.gone, false);
        atomic_store(&desk.sink.silent, false);
        wait_metric(&desk, "records", 0);
        assert_int_equal(desk.sink.taken, OTHERS + GONE);
        desk_close(&desk);
        desk_done(&desk);
}

#ifdef WITH_KAFKA
/* A partition without a leader, of a mock cluster that has one for the other topic; and more for it than `kafka.queue` holds. */
enum { PASSING = 3000 };

static void gone_and_others(unsigned number, char topic[64])
{
        (void)snprintf(topic, 64, "%s", number < FIRST ? "gone" : "events");
}

static int64_t mock_records(rd_kafka_t *client, const char *topic)
{
        int64_t low, high;
        rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(client, topic, 0, &low, &high, PATIENCE_MS);
        assert_int_equal(code, RD_KAFKA_RESP_ERR_NO_ERROR);
        return high;
}

static void others_pass_a_partition_without_a_leader(void **state)
{
        (void)state;
        struct desk desk;
        struct error err;
        char text[200];
        rd_kafka_conf_t *conf = rd_kafka_conf_new();
        rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", text, sizeof(text));
        rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
        rd_kafka_mock_cluster_t *mock = rd_kafka_handle_mock_cluster(client);
        assert_int_equal(rd_kafka_mock_topic_create(mock, "gone", 1, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
        assert_int_equal(rd_kafka_mock_topic_create(mock, "events", 1, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
        rd_kafka_mock_partition_set_leader(mock, "gone", 0, -1);
        desk_silent(&desk);
        const char *const SETS[][2] = { { "kafka.brokers", rd_kafka_mock_cluster_bootstraps(mock) }, { "kafka.queue", "1MiB" } };
        for (size_t i = 0; i < COUNT_OF(SETS); i++)
                assert_true(config_set(&desk.config, SETS[i][0], SETS[i][1], &err));
        desk.type = sink_find("kafka");
        desk.other = desk.type->open(&desk.config, 1, &err);
        assert_non_null(desk.other);
        log_fill_large(desk.path, FIRST + PASSING, gone_and_others, 1000);
        desk_open(&desk);
        wait_metric(&desk, "parked_records", FIRST);
        wait_metric(&desk, "records", FIRST);
        assert_int_equal(mock_records(client, "events"), PASSING);
        rd_kafka_mock_partition_set_leader(mock, "gone", 0, 1);
        wait_metric(&desk, "records", 0);
        assert_int_equal(mock_records(client, "gone"), FIRST);
        assert_int_equal(mock_records(client, "events"), PASSING);
        desk_close(&desk);
        desk.type->close(desk.other);
        desk_done(&desk);
        rd_kafka_destroy(client);
}
#endif

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(others_pass_a_topic_that_says_nothing),
                cmocka_unit_test(a_topic_that_holds_up_nobody_stays),
                cmocka_unit_test(what_cannot_be_copied_stays),
                cmocka_unit_test(what_cannot_be_copied_is_not_overtaken),
                cmocka_unit_test(others_pass_two_topics),
                cmocka_unit_test(others_pass_a_topic_that_says_half),
#ifdef WITH_KAFKA
                cmocka_unit_test(others_pass_a_partition_without_a_leader),
#endif
        };
        return cmocka_run_group_tests_name("spool_silent", tests, NULL, NULL);
}
