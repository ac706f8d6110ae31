/* Against librdkafka's mock cluster, which can be told to fail. A build without Kafka has nothing to test here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdatomic.h>
#include <time.h>
#include <stdlib.h>
#ifdef WITH_KAFKA
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"
#include "sink/sink.h"

#define API_PRODUCE          0             /* keys of the Kafka protocol */
#define API_INIT_PRODUCER_ID 22
#define EVENTS_MAX 4000
#define TURNS_MOST 100                     /* a thread that waits has one */

static const struct sink_type *type;
static struct config            config;
static rd_kafka_t              *mock_client;
static rd_kafka_mock_cluster_t *mock;
static struct sink             *sink;
static struct sink_port        *port;
static struct event             events[EVENTS_MAX];
static size_t                   fates[REASON_COUNT + 1];
static uint16_t                 topic;

static void report(struct event *event, enum reason fate)
{
        assert_int_equal(event->fate, REASON_none);
        event->fate = (uint8_t)fate;
        fates[fate]++;
}

static void config_reset(void)
{
        config = (struct config){
                .kafka_brokers = rd_kafka_mock_cluster_bootstraps(mock),
                .kafka_topic = "events", .kafka_bad_topic = "events-bad", .kafka_key = "",
                .spool_path = "", .kafka_linger = 1, .kafka_message_timeout = 5000, .kafka_queue = 64 << 20,
        };
}

static int setup(void **state)
{
        (void)state;
        type = sink_find("kafka");
        for (size_t i = 0; i < EVENTS_MAX; i++)
                events[i] = (struct event){ .fate = REASON_none };
        memset(fates, 0, sizeof(fates));
        char text[200];
        rd_kafka_conf_t *conf = rd_kafka_conf_new();
        rd_kafka_conf_set(conf, "log_level", "2", text, sizeof(text));     /* it complains that it has no brokers */
        mock_client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
        mock = rd_kafka_mock_cluster_new(mock_client, 1);
        config_reset();
        return 0;
}

static void port_start(void)
{
        struct error err;
        sink = type->open(&config, 1, &err);
        if (!sink)
                fail_msg("%s", err.text);
        port = type->port_open(sink, NULL, report, &err);
        if (!port)
                fail_msg("%s", err.text);
        topic = type->topic(port, SLICE("events"));
        assert_int_equal(topic, 0);
}

static void port_stop(void)
{
        type->port_close(port);
        port = NULL;
        type->close(sink);
        sink = NULL;
}

static int teardown(void **state)
{
        (void)state;
        type->port_close(port);
        type->close(sink);
        port = NULL;
        sink = NULL;
        rd_kafka_mock_cluster_destroy(mock);
        rd_kafka_destroy(mock_client);
        return 0;
}

/* As the worker does it: serve() only when the descriptor is readable, and a tick now and then. */
static void wait_once(int ms)
{
        struct pollfd wanted = { .fd = type->port_descriptor(port), .events = POLLIN };
        if (poll(&wanted, 1, ms) > 0)
                type->serve(port);
        (void)type->ready(port);
}

#define WAIT_UNTIL(condition)                                                                 \
        do {                                                                                  \
                int64_t end_ = clock_steady() + 30000;                                        \
                while (!(condition)) {                                                        \
                        if (clock_steady() > end_)                                            \
                                fail_msg("waited too long for %s", #condition);               \
                        wait_once(50);                                                        \
                }                                                                             \
        } while (0)

static enum reason publish_value(size_t event, struct slice value)
{
        const struct record_header headers[] = {
                { SLICE_INIT("schema"), SLICE_INIT("com.example/event/1-0-0") },
                { SLICE_INIT("empty"), SLICE_INIT("") },
        };
        struct record record = {
                .event = &events[event], .topic = topic, .value = value,
                .key = event % 2 ? SLICE("key") : (struct slice){ 0 },
                .headers = headers, .header_count = event % 3 ? 2 : 0,
        };
        return type->publish(port, &record);
}

static void publish_many(size_t from, size_t count)
{
        for (size_t i = from; i < from + count; i++)
                assert_int_equal(publish_value(i, SLICE("{\"n\":1}")), REASON_published);
}

static size_t reported(void)
{
        size_t sum = 0;
        for (size_t i = 0; i <= REASON_COUNT; i++)
                sum += fates[i];
        return sum;
}

/* How many records the cluster holds, read by a client of its own. */
static size_t consume(const char *brokers, const char *name, size_t most)
{
        char text[200];
        rd_kafka_conf_t *conf = rd_kafka_conf_new();
        rd_kafka_conf_set(conf, "bootstrap.servers", brokers, text, sizeof(text));
        rd_kafka_conf_set(conf, "enable.partition.eof", "true", text, sizeof(text));
        rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
        assert_non_null(client);
        rd_kafka_topic_t *handle = rd_kafka_topic_new(client, name, NULL);
        rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
        for (int32_t partition = 0; partition < 4; partition++)
                (void)rd_kafka_consume_start_queue(handle, partition, RD_KAFKA_OFFSET_BEGINNING, queue);
        size_t count = 0, ends = 0;
        for (int64_t end = clock_steady() + 10000; count < most && ends < 4 && clock_steady() < end;) {
                rd_kafka_message_t *message = rd_kafka_consume_queue(queue, 100);
                if (message && message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
                        ends++;
                count += message && !message->err;
                if (message)
                        rd_kafka_message_destroy(message);
        }
        for (int32_t partition = 0; partition < 4; partition++)
                (void)rd_kafka_consume_stop(handle, partition);
        rd_kafka_queue_destroy(queue);
        rd_kafka_topic_destroy(handle);
        rd_kafka_destroy(client);
        return count;
}

static void test_published(void **state)
{
        (void)state;
        port_start();
        publish_many(0, 1000);
        assert_int_equal(reported(), 0);
        assert_int_equal(type->held(port), 1000);
        WAIT_UNTIL(reported() == 1000);
        assert_int_equal(fates[REASON_published], 1000);
        assert_int_equal(type->held(port), 0);
        assert_true(type->ready(port));
        assert_int_equal(consume(config.kafka_brokers, "events", 2000), 1000);
        port_stop();
}

/* One end of a connection to the address, and the other, which this process has accepted. */
static void connect_both(const char *address, int ret_ends[2])
{
        struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                    .sin_port = htons((uint16_t)strtoul(strrchr(address, ':') + 1, NULL, 10)) }, own, peer;
        ret_ends[0] = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(connect(ret_ends[0], (struct sockaddr *)&name, sizeof(name)), 0);
        assert_int_equal(getsockname(ret_ends[0], (struct sockaddr *)&own, &(socklen_t){ sizeof(own) }), 0);
        for (int turn = 0; turn < 500; turn++) {
                for (ret_ends[1] = 0; ret_ends[1] < 1024; ret_ends[1]++)
                        if (getpeername(ret_ends[1], (struct sockaddr *)&peer, &(socklen_t){ sizeof(peer) }) == 0 &&
                            peer.sin_family == AF_INET && peer.sin_port == own.sin_port)
                                return;
                usleep(10000);
        }
        fail_msg("%s accepts no connection", address);
}

/* An answer that waits for the confirmation of the one before it makes every batch wait for the next. */
static void test_embedded_answers_at_once(void **state)
{
        (void)state;
        config.kafka_brokers = "embedded";
        port_start();
        int ends[2], set = 0;
        connect_both(type->address(sink).data, ends);
        assert_int_equal(getsockopt(ends[1], IPPROTO_TCP, TCP_NODELAY, &set, &(socklen_t){ sizeof(set) }), 0);
        assert_int_equal(set, 1);
        close(ends[0]);
        port_stop();
}

static void test_embedded(void **state)
{
        (void)state;
        config.kafka_brokers = "embedded";
        port_start();
        struct slice address = type->address(sink);
        assert_true(slice_starts_with(address, SLICE("127.0.0.1:")));
        WAIT_UNTIL(type->ready(port));
        publish_many(0, 100);
        WAIT_UNTIL(reported() == 100);
        assert_int_equal(fates[REASON_published], 100);
        assert_int_equal(consume(address.data, "events", 200), 100);
        port_stop();
}

static void test_ready_only_when_connected(void **state)
{
        (void)state;
        rd_kafka_mock_broker_set_down(mock, 1);
        port_start();
        for (int i = 0; i < 5; i++) {
                wait_once(50);
                assert_false(type->ready(port));
        }
        rd_kafka_mock_broker_set_up(mock, 1);
        WAIT_UNTIL(type->ready(port));
        rd_kafka_mock_broker_set_down(mock, 1);
        WAIT_UNTIL(!type->ready(port));
        rd_kafka_mock_broker_set_up(mock, 1);
        WAIT_UNTIL(type->ready(port));     /* although nothing is published */
        port_stop();
}

static void test_timeout(void **state)
{
        (void)state;
        config.kafka_message_timeout = 1000;
        port_start();
        publish_many(0, 10);
        WAIT_UNTIL(reported() == 10);
        rd_kafka_mock_broker_set_down(mock, 1);
        publish_many(10, 10);
        WAIT_UNTIL(reported() == 20);
        assert_int_equal(fates[REASON_published], 10);
        assert_int_equal(fates[REASON_sink_timeout], 10);
        WAIT_UNTIL(!type->ready(port));
        rd_kafka_mock_broker_set_up(mock, 1);
        WAIT_UNTIL(type->ready(port));     /* a new connection may take longer than these may wait */
        publish_many(20, 10);
        WAIT_UNTIL(reported() == 30);
        assert_int_equal(fates[REASON_published], 20);
        port_stop();
}

/* Brokers that do not know the topic, and do not make it: soon told, and at once to who comes later. The operator's own patience
 * counts, and a topic that appears takes records within the client's next questions. */
static void test_no_such_topic(void **state)
{
        (void)state;
        static const struct { const char *name, *patience; enum reason first; } CASES[] = {
                { "by default",  NULL,    REASON_sink_failed },
                { "in a second", "1000",  REASON_sink_failed },
                { "in a minute", "60000", REASON_sink_timeout },
        };
        struct text_pair pair = { .key = "topic.metadata.propagation.max.ms" };
        config.kafka_message_timeout = 9000;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                pair.value = (char *)CASES[i].patience;
                config.kafka_client = (option_map){ &pair, pair.value != NULL };
                memset(fates, 0, sizeof(fates));
                rd_kafka_mock_topic_set_error(mock, "events", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
                port_start();
                publish_many(2 * i, 1);
                WAIT_UNTIL(reported() == 1);
                if (fates[CASES[i].first] != 1)
                        fail_msg("%s: the fate is another", CASES[i].name);
                if (CASES[i].first == REASON_sink_failed) {
                        assert_int_equal(publish_value(2 * i + 1, SLICE("x")), REASON_sink_failed);
                        rd_kafka_mock_topic_set_error(mock, "events", RD_KAFKA_RESP_ERR_NO_ERROR);
                        WAIT_UNTIL(publish_value(2 * i + 1, SLICE("x")) == REASON_published);
                        WAIT_UNTIL(reported() == 2);
                        assert_int_equal(fates[REASON_published], 1);
                }
                port_stop();
        }
}

static void test_survives_retriable_errors(void **state)
{
        (void)state;
        port_start();
        publish_many(0, 1);
        WAIT_UNTIL(reported() == 1);
        rd_kafka_mock_push_request_errors(mock, API_PRODUCE, 3, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                          RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT);
        publish_many(1, 10);
        WAIT_UNTIL(reported() == 11);
        assert_int_equal(fates[REASON_published], 11);
        port_stop();
}

/* What librdkafka reports as delivered since the broker had later numbers, though nobody has it. */
static void test_confirmed_without_a_place(void **state)
{
        static const struct { const char *name; rd_kafka_resp_err_t error; } ROWS[] = {
                { "its number is that of another", RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
                print_message("             %s\n", ROWS[i].name);
                port_start();
                publish_many(0, 1);
                WAIT_UNTIL(reported() == 1);
                rd_kafka_mock_push_request_errors(mock, API_PRODUCE, 1, ROWS[i].error);
                for (size_t k = 1; k < 10; k += 2)         /* of one key, so that they are one batch */
                        publish_many(k, 1);
                WAIT_UNTIL(reported() == 6);
                assert_int_equal(fates[REASON_sink_failed], 5);
                for (size_t k = 11; k < 20; k += 2)
                        publish_many(k, 1);
                WAIT_UNTIL(reported() == 11);
                assert_int_equal(fates[REASON_published], 6);
                port_stop();
        }
}

static void test_permanent_error(void **state)
{
        (void)state;
        struct sink_message message;
        port_start();
        publish_many(0, 1);
        WAIT_UNTIL(reported() == 1);
        rd_kafka_mock_push_request_errors(mock, API_PRODUCE, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
        publish_many(1, 1);
        WAIT_UNTIL(reported() == 2);
        assert_int_equal(fates[REASON_sink_failed], 1);
        bool said = false;
        while (type->message(port, &message))
                said |= strstr(message.text, "uthoriz") != NULL;
        assert_true(said);
        port_stop();
}

/* A fatal error kills a producer for good: another takes its place, and every event has a report. */
static void test_fatal_error(void **state)
{
        (void)state;
        struct buffer text;
        buffer_init(&text, 1 << 20);
        rd_kafka_mock_push_request_errors(mock, API_INIT_PRODUCER_ID, 1, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED);
        port_start();
        enum reason taken = REASON_published;
        size_t count = 0;
        for (int64_t end = clock_steady() + 10000; taken == REASON_published && clock_steady() < end; wait_once(5)) {
                taken = publish_value(count, SLICE("{}"));
                count += taken == REASON_published;
                type->metrics(sink, &text);
                buffer_add_char(&text, '\0');
                if (strstr(text.data, "millrace_kafka_producers_replaced_total{worker=\"0\"} 1\n"))
                        break;
                buffer_clear(&text);
        }
        assert_true(taken == REASON_published || taken == REASON_sink_failed);
        WAIT_UNTIL(reported() == count);
        WAIT_UNTIL(type->ready(port));
        size_t before = fates[REASON_published];
        for (size_t i = 0; i < 10; i++)
                assert_int_equal(publish_value(count + i, SLICE("{}")), REASON_published);
        WAIT_UNTIL(reported() == count + 10);
        assert_int_equal(fates[REASON_published], before + 10);
        buffer_done(&text);
        port_stop();
}

static void test_queue_full(void **state)
{
        (void)state;
        config.kafka_queue = 1 << 20;
        config.kafka_message_timeout = 60000;
        static char big[100000];
        memset(big, '1', sizeof(big));
        port_start();
        WAIT_UNTIL(type->ready(port));
        rd_kafka_mock_broker_set_down(mock, 1);
        size_t count = 0;
        while (publish_value(count, (struct slice){ big, sizeof(big) }) == REASON_published)
                assert_true(++count < 20);
        assert_int_equal(count, 10);       /* 1 MiB of 100,000 bytes */
        assert_int_equal(publish_value(count, (struct slice){ big, sizeof(big) }), REASON_sink_full);
        assert_false(type->ready(port));
        rd_kafka_mock_broker_set_up(mock, 1);
        WAIT_UNTIL(reported() == count);
        assert_int_equal(fates[REASON_published], count);
        assert_int_equal(publish_value(count, (struct slice){ big, sizeof(big) }), REASON_published);
        WAIT_UNTIL(reported() == count + 1);
        port_stop();
}

static void test_too_large_at_once(void **state)
{
        (void)state;
        static char big[1000001];
        memset(big, '1', sizeof(big));
        port_start();
        assert_int_equal(publish_value(0, (struct slice){ big, sizeof(big) }), REASON_event_too_large);
        assert_int_equal(publish_value(0, (struct slice){ big, type->largest(sink) }), REASON_published);
        WAIT_UNTIL(reported() == 1);
        assert_int_equal(fates[REASON_published], 1);
        port_stop();
}

/* The broker refuses a batch as too large and says no more. Small records are innocent: they are to be sent again, in
 * smaller batches; the one that is large enough to have had the batch for itself is the guilty one. */
static void test_too_large_for_the_broker(void **state)
{
        (void)state;
        static char big[150000];
        memset(big, '1', sizeof(big));
        static struct text_pair batch = { .key = "batch.size", .value = "100000" };
        config.kafka_client = (option_map){ &batch, 1 };
        port_start();
        publish_many(0, 1);
        WAIT_UNTIL(reported() == 1);
        rd_kafka_mock_push_request_errors(mock, API_PRODUCE, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
        publish_many(1, 1);
        WAIT_UNTIL(reported() == 2);
        assert_int_equal(fates[REASON_sink_failed], 1);
        rd_kafka_mock_push_request_errors(mock, API_PRODUCE, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
        assert_int_equal(publish_value(2, (struct slice){ big, sizeof(big) }), REASON_published);
        WAIT_UNTIL(reported() == 3);
        assert_int_equal(fates[REASON_event_too_large], 1);
        bool said = false;
        for (int64_t end = clock_steady() + 10000; !said && clock_steady() < end; wait_once(50)) {
                struct sink_message message;
                while (type->message(port, &message))
                        said |= strstr(message.text, "batches of at most 50000 bytes") != NULL;
        }
        assert_true(said);
        publish_many(3, 10);
        WAIT_UNTIL(reported() == 13);
        assert_int_equal(fates[REASON_published], 11);
        port_stop();
}

/* Closing reports everything, also what no broker will ever take. */
static void test_close_reports_everything(void **state)
{
        (void)state;
        port_start();
        WAIT_UNTIL(type->ready(port));
        publish_many(0, 100);
        rd_kafka_mock_broker_set_down(mock, 1);
        publish_many(100, 100);
        port_stop();
        assert_int_equal(reported(), 200);
        assert_int_equal(fates[REASON_published] + fates[REASON_sink_failed], 200);
        assert_true(fates[REASON_sink_failed] >= 100);
}

static size_t fate_on_close;
static void report_and_publish(struct event *event, enum reason fate)
{
        report(event, fate);
        if (event == &events[0])
                fate_on_close = publish_value(1, SLICE("{}"));
}

static void test_publish_while_closing(void **state)
{
        (void)state;
        struct error err;
        rd_kafka_mock_broker_set_down(mock, 1);
        sink = type->open(&config, 1, &err);
        port = type->port_open(sink, NULL, report_and_publish, &err);
        topic = type->topic(port, SLICE("events"));
        fate_on_close = REASON_none;
        assert_int_equal(publish_value(0, SLICE("{}")), REASON_published);
        port_stop();
        assert_int_equal(events[0].fate, REASON_sink_failed);
        assert_int_equal(fate_on_close, REASON_sink_failed);
        assert_int_equal(events[1].fate, REASON_none);
}

/* ---- records that wait for a partition with nothing in flight ---- */

static size_t order[EVENTS_MAX], order_count;
static void report_in_order(struct event *event, enum reason fate)
{
        report(event, fate);
        order[order_count++] = (size_t)(event - events);
}

/* Even numbers have no key, odd ones the same. Both wait alike: each test comes in both kinds. */
static size_t keyed;

static int setup_keyed(void **state)
{
        keyed = 1;
        return setup(state);
}

static int teardown_keyed(void **state)
{
        keyed = 0;
        return teardown(state);
}

static enum reason publish_one(size_t number, struct slice value)
{
        return publish_value(2 * number + keyed, value);
}

/* The topic has one partition, and a batch that goes there takes `round_trip` ms. */
static void wait_start_as(int round_trip, bool patient)
{
        struct error err;
        order_count = 0;
        rd_kafka_mock_topic_create(mock, "events", 1, 1);
        sink = type->open(&config, 1, &err);
        port = type->port_open(sink, NULL, report_in_order, &err);
        assert_true(!patient || type->port_patient(port, &err));
        topic = type->topic(port, SLICE("events"));
        WAIT_UNTIL(type->ready(port));
        assert_int_equal(publish_one(0, SLICE("0")), REASON_published);    /* the partitions are not known before */
        WAIT_UNTIL(reported() == 1);
        rd_kafka_mock_broker_set_rtt(mock, 1, round_trip);
}

static void wait_start(int round_trip) { wait_start_as(round_trip, false); }

/* No batch has more than two records. */
static void batches_of_two(void)
{
        static struct text_pair most[] = { { .key = "batch.num.messages", .value = "2" } };
        config.kafka_client.items = most;
        config.kafka_client.count = COUNT_OF(most);
}

static void publish_waiting(size_t from, size_t count)
{
        for (size_t i = from; i < from + count; i++)
                assert_int_equal(publish_one(i, SLICE("{\"n\":1}")), REASON_published);
}

/* In place of the C library's poll(2), for librdkafka's threads, too, under both names that compilers call it by: how often it
 * was called, and how often without waiting. Counted, not timed: on a busy machine a thread that turns gets little time. */
static atomic_size_t polls, turns;
int poll_counted(struct pollfd *wanted, nfds_t count, int ms) __asm__("poll");
int poll_counted(struct pollfd *wanted, nfds_t count, int ms)
{
        const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
        if (gettid() != getpid())
                atomic_fetch_add(&polls, 1);
        if (ms == 0)
                atomic_fetch_add(&turns, 1);
        return ppoll(wanted, count, ms < 0 ? NULL : &time, NULL);
}

int poll_counted_checked(struct pollfd *wanted, nfds_t count, int ms, size_t size) __asm__("__poll_chk");
int poll_counted_checked(struct pollfd *wanted, nfds_t count, int ms, size_t size)
{
        (void)size;
        return poll_counted(wanted, count, ms);
}

/* Without waiting the sending thread turns for as long as the first batch is under way, some hundred thousand times a second:
 * librdkafka has records that it may not send. */
static void test_waiting_takes_no_cpu(void **state)
{
        (void)state;
        wait_start(700);
        publish_waiting(1, 2);
        WAIT_UNTIL(reported() == 3);       /* now it knows how long a batch takes */
        atomic_store(&polls, 0);
        atomic_store(&turns, 0);
        publish_waiting(3, 2);
        wait_once(50);
        for (size_t i = 5; i < 25; i++) {
                publish_waiting(i, 1);
                wait_once(10);
        }
        assert_int_equal(type->held(port), 22);
        WAIT_UNTIL(reported() == 5);
        assert_true(atomic_load(&polls) > 0);      /* or nobody would hear of turns */
        if (atomic_load(&turns) > TURNS_MOST)
                fail_msg("%zu turns for waiting", atomic_load(&turns));
        rd_kafka_mock_broker_set_rtt(mock, 1, 0);
        WAIT_UNTIL(reported() == 25);
        assert_int_equal(fates[REASON_published], 25);
        for (size_t i = 0; i < 25; i++)
                assert_int_equal(order[i], 2 * i + keyed);
        assert_int_equal(type->held(port), 0);
}

/* A batch that does not come back keeps nobody for longer than a quarter of the time-out. */
static void test_waiting_ends(void **state)
{
        (void)state;
        config.kafka_message_timeout = 2000;
        wait_start(0);
        rd_kafka_mock_broker_set_down(mock, 1);
        int64_t start = clock_steady();
        publish_waiting(1, 2);
        wait_once(50);
        publish_waiting(3, 5);
        WAIT_UNTIL(reported() == 8);
        assert_int_equal(fates[REASON_sink_timeout], 7);
        assert_true(clock_steady() - start >= 2000);
}

static void test_waiting_is_closed(void **state)
{
        (void)state;
        wait_start(20000);
        publish_waiting(1, 2);
        wait_once(50);
        publish_waiting(3, 5);
        port_stop();
        assert_int_equal(reported(), 8);
        assert_int_equal(fates[REASON_sink_failed], 7);
}

/* Two records are under way, and five wait. The first are answered as the test has it, and all come back; the next producer takes
 * new ones. */
static void all_come_back(void)
{
        publish_waiting(1, 2);
        wait_once(50);
        publish_waiting(3, 5);
        WAIT_UNTIL(reported() == 8);
        assert_int_equal(fates[REASON_sink_failed], 7);
        rd_kafka_mock_broker_set_rtt(mock, 1, 0);
        WAIT_UNTIL(type->ready(port));
        publish_waiting(8, 1);
        WAIT_UNTIL(reported() == 9);
        assert_int_equal(fates[REASON_published], 2);
}

/* The producer dies: what waited in it goes down with it. */
static void test_waiting_for_a_dead_producer(void **state)
{
        (void)state;
        wait_start(500);
        rd_kafka_mock_push_request_errors(mock, API_PRODUCE, 1, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
        all_come_back();
}

/* One whose batches were too large waits for its last reports, and dies. What waited in it is more than one batch. */
static void test_waiting_for_a_retired_producer(void **state)
{
        (void)state;
        batches_of_two();
        wait_start(500);
        rd_kafka_mock_push_request_errors(mock, API_PRODUCE, 2, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
                                          RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
        all_come_back();
}

/* Whoever wants the order of his records is not given a new producer for a topic of which the old one still has some. */
static void test_a_new_producer_overtakes_nothing(void **state)
{
        (void)state;
        batches_of_two();
        wait_start_as(500, true);
        rd_kafka_mock_push_request_errors(mock, API_PRODUCE, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
        publish_waiting(1, 2);
        wait_once(50);
        publish_waiting(3, 5);
        WAIT_UNTIL(fates[REASON_sink_failed] == 2);
        assert_int_equal(type->held(port), 5);
        assert_int_equal(publish_one(8, SLICE("8")), REASON_sink_full);
        rd_kafka_mock_broker_set_rtt(mock, 1, 0);
        WAIT_UNTIL(reported() == 8);
        publish_waiting(8, 1);
        WAIT_UNTIL(reported() == 9);
        assert_int_equal(fates[REASON_published], 7);
}

/* What waits counts as what is queued. */
static void test_waiting_is_bounded(void **state)
{
        (void)state;
        config.kafka_queue = 1 << 20;
        static char big[100000];
        memset(big, '1', sizeof(big));
        wait_start(500);
        publish_waiting(1, 2);
        wait_once(50);
        size_t count = 0;
        while (publish_one(3 + count, (struct slice){ big, sizeof(big) }) == REASON_published)
                assert_true(++count < 20);
        assert_int_equal(count, 10);
        assert_false(type->ready(port));
        WAIT_UNTIL(reported() == 13);
        assert_int_equal(fates[REASON_published], 13);
        assert_true(type->ready(port));
}

/* Many keys on four partitions, with a broker that is slower than the linger: whatever waits, the records of a key are sent in
 * their order. */
static void test_keys_keep_their_order(void **state)
{
        (void)state;
        enum { KEYS = 40, COUNT = 3000 };
        size_t last[KEYS] = { 0 };
        struct error err;
        order_count = 0;
        rd_kafka_mock_topic_create(mock, "events", 4, 1);
        sink = type->open(&config, 1, &err);
        port = type->port_open(sink, NULL, report_in_order, &err);
        topic = type->topic(port, SLICE("events"));
        WAIT_UNTIL(type->ready(port));
        rd_kafka_mock_broker_set_rtt(mock, 1, 20);
        for (size_t i = 0; i < COUNT; i++) {
                char key[24];
                struct record record = { .event = &events[i], .topic = topic, .value = SLICE("1") };
                if (i % 7)                 /* and some without one between them */
                        record.key = (struct slice){ key, (size_t)snprintf(key, sizeof(key), "%zu", i % KEYS) };
                assert_int_equal(type->publish(port, &record), REASON_published);
                memset(key, 'x', sizeof(key));
                if (i % 50 == 0)
                        wait_once(2);
        }
        WAIT_UNTIL(reported() == COUNT);
        assert_int_equal(fates[REASON_published], COUNT);
        for (size_t i = 0; i < COUNT; i++)
                if (order[i] % 7) {
                        assert_true(last[order[i] % KEYS] <= order[i]);
                        last[order[i] % KEYS] = order[i];
                }
        assert_int_equal(type->held(port), 0);
        assert_int_equal(consume(rd_kafka_mock_cluster_bootstraps(mock), "events", COUNT + 1), COUNT);
}

static void test_topics(void **state)
{
        (void)state;
        port_start();
        assert_int_equal(type->topic(port, SLICE("other")), 1);
        assert_int_equal(type->topic(port, SLICE("events")), 0);
        assert_int_equal(type->topic(port, SLICE("not/one")), UINT16_MAX);
        topic = 1;
        publish_many(0, 10);
        WAIT_UNTIL(reported() == 10);
        assert_int_equal(consume(config.kafka_brokers, "other", 20), 10);
        port_stop();
}

static void test_metrics(void **state)
{
        (void)state;
        struct buffer text;
        buffer_init(&text, 1 << 20);
        static struct text_pair interval = { .key = "statistics.interval.ms", .value = "100" };
        config.kafka_client = (option_map){ &interval, 1 };
        port_start();
        publish_many(0, 10);
        WAIT_UNTIL(reported() == 10);
        const char *want = "millrace_kafka_sent_records_total{worker=\"0\"} 10\n";
        bool found = false;
        for (int64_t end = clock_steady() + 10000; !found && clock_steady() < end; wait_once(50)) {
                buffer_clear(&text);
                type->metrics(sink, &text);
                buffer_add_char(&text, '\0');
                found = strstr(text.data, want) != NULL;
        }
        if (!found)
                fail_msg("%s", text.data);
        assert_non_null(strstr(text.data, "# TYPE millrace_kafka_round_trip_seconds_p99 gauge\n"));
        assert_non_null(strstr(text.data, "millrace_kafka_requests_total{worker=\"0\",broker=\"127.0.0.1:"));
        assert_non_null(strstr(text.data, "millrace_kafka_batch_records_average{worker=\"0\",topic=\"events\"} "));
        assert_non_null(strstr(text.data, "millrace_kafka_producers_replaced_total{worker=\"0\"} 0\n"));
        buffer_done(&text);
        port_stop();
}

static void test_messages_are_limited(void **state)
{
        (void)state;
        rd_kafka_mock_broker_set_down(mock, 1);
        static struct text_pair quick[] = {
                { .key = "reconnect.backoff.ms", .value = "1" },
                { .key = "reconnect.backoff.max.ms", .value = "1" },
        };
        config.kafka_client = (option_map){ quick, 2 };
        port_start();
        size_t count = 0;
        for (int64_t end = clock_steady() + 2000; clock_steady() < end; wait_once(20)) {
                struct sink_message message;
                while (type->message(port, &message))
                        count++;
        }
        assert_in_range(count, 1, 16);
        port_stop();
}

static void test_record_as_set(void **state)
{
        (void)state;
        port_start();
        struct record_header headers[] = {
                { SLICE_INIT("schema"), SLICE_INIT("v/n/1-0-0") },
                { SLICE_INIT("event_id"), SLICE_INIT("x\0y") },
        };
        struct record record = {
                .event = &events[0], .topic = topic, .key = SLICE("the key"), .value = SLICE("{\"v\":1}"),
                .headers = headers, .header_count = 2,
        };
        assert_int_equal(type->publish(port, &record), REASON_published);
        headers[0].value = headers[1].value = record.key = SLICE("gone");  /* copied by publish() */
        WAIT_UNTIL(reported() == 1);

        char text[200];
        rd_kafka_conf_t *conf = rd_kafka_conf_new();
        rd_kafka_conf_set(conf, "bootstrap.servers", config.kafka_brokers, text, sizeof(text));
        rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
        rd_kafka_topic_t *handle = rd_kafka_topic_new(client, "events", NULL);
        rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
        for (int32_t partition = 0; partition < 4; partition++)
                (void)rd_kafka_consume_start_queue(handle, partition, RD_KAFKA_OFFSET_BEGINNING, queue);
        rd_kafka_message_t *message = rd_kafka_consume_queue(queue, 10000);
        assert_non_null(message);
        assert_true(slice_equal((struct slice){ message->key, message->key_len }, SLICE("the key")));
        assert_true(slice_equal((struct slice){ message->payload, message->len }, SLICE("{\"v\":1}")));
        rd_kafka_headers_t *got;
        const void *value;
        size_t size;
        assert_int_equal(rd_kafka_message_headers(message, &got), 0);
        assert_int_equal(rd_kafka_header_cnt(got), 2);
        assert_int_equal(rd_kafka_header_get_last(got, "event_id", &value, &size), 0);
        assert_true(slice_equal((struct slice){ value, size }, SLICE("x\0y")));
        rd_kafka_message_destroy(message);
        for (int32_t partition = 0; partition < 4; partition++)
                (void)rd_kafka_consume_stop(handle, partition);
        rd_kafka_queue_destroy(queue);
        rd_kafka_topic_destroy(handle);
        rd_kafka_destroy(client);
        port_stop();
}

static void test_check(void **state)
{
        (void)state;
        static const struct { const char *name, *brokers, *key, *value, *error, *advice; } CASES[] = {
                { "nothing to say",       "kafka:9092", "client.id", "x", NULL, NULL },
                { "embedded",             "embedded", "client.id", "x", NULL, "first look" },
                { "its protocol",         "SSL://a:1, ssl://b", "security.protocol", "ssl", NULL, NULL },
                { "no protocol said",     "plaintext://a:1, b:1", "client.id", "x", NULL, NULL },
                { "another protocol",     "a:1, SASL_SSL://b:1", "security.protocol", "ssl",
                  "kafka.brokers: SASL_SSL:// found, but security.protocol of kafka.client is ssl", NULL },
                { "unknown key",          "kafka:9092", "clinet.id", "x", "kafka.client: clinet.id: No such", NULL },
                { "bad value",            "kafka:9092", "batch.size", "many", "kafka.client: batch.size: ", NULL },
                { "ours",                 "kafka:9092", "bootstrap.servers", "x:1", "set kafka.brokers", NULL },
                { "reports",              "kafka:9092", "delivery.report.only.error", "true", "every request", NULL },
                { "no statistics",        "kafka:9092", "statistics.interval.ms", "0", "1 to 10000", NULL },
                { "seldom statistics",    "kafka:9092", "statistics.interval.ms", "10001", "1 to 10000", NULL },
                { "statistics",           "kafka:9092", "statistics.interval.ms", "10000", NULL, NULL },
                { "transactions",         "kafka:9092", "transactional.id", "t", "transactions", NULL },
                { "acks of idempotence",  "kafka:9092", "acks", "1", "acks", NULL },
                { "missing CA",           "kafka:9092", "ssl.ca.location", "/nonexistent", NULL, NULL },
                { "not idempotent",       "kafka:9092", "enable.idempotence", "false", NULL, "double records" },
                { "our own overridden",   "kafka:9092", "linger.ms", "7", NULL, NULL },
        };
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                config_reset();
                struct text_pair pair = { .key = CASES[i].key, .value = CASES[i].value };
                config.kafka_brokers = CASES[i].brokers;
                config.kafka_client = (option_map){ &pair, 1 };
                struct errors errors = { 0 }, advice = { 0 };
                bool good = type->check(&config, &errors, &advice);
                if (good != !CASES[i].error || errors.count != !good || advice.count != (CASES[i].advice != NULL))
                        fail_msg("%s: %zu errors (%s), %zu advice", CASES[i].name, errors.count,
                                 errors.count ? errors.items[0].text : "", advice.count);
                if (CASES[i].error && !strstr(errors.items[0].text, CASES[i].error))
                        fail_msg("%s: %s", CASES[i].name, errors.items[0].text);
                if (CASES[i].advice && !strstr(advice.items[0].text, CASES[i].advice))
                        fail_msg("%s: %s", CASES[i].name, advice.items[0].text);
                errors_done(&errors);
                errors_done(&advice);
        }
}

static void test_check_finds_all(void **state)
{
        (void)state;
        struct text_pair pairs[] = {
                { .key = "no.such.key", .value = "1" },
                { .key = "batch.size", .value = "x" },
                { .key = "sasl.mechanism", .value = "SCRAM-SHA-256" },
                { .key = "group.id", .value = "fine" },
        };
        config.kafka_bad_topic = "a b";
        config.kafka_client = (option_map){ pairs, COUNT_OF(pairs) };
        struct errors errors = { 0 }, advice = { 0 };
        assert_false(type->check(&config, &errors, &advice));
        assert_int_equal(errors.count, 3);
        assert_int_equal(advice.count, rd_kafka_version() < 0x020601ff);   /* SCRAM */
        errors_done(&errors);
        errors_done(&advice);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define ROW_KEYED(test) { #test " with keys", test, setup_keyed, teardown_keyed, NULL }
int main(void)
{
        const struct CMUnitTest tests[] = {
                ROW(test_published), ROW(test_embedded), ROW(test_embedded_answers_at_once),
                ROW(test_ready_only_when_connected), ROW(test_timeout), ROW(test_no_such_topic),
                ROW(test_survives_retriable_errors), ROW(test_permanent_error), ROW(test_fatal_error), ROW(test_queue_full),
                ROW(test_confirmed_without_a_place), ROW(test_too_large_at_once), ROW(test_too_large_for_the_broker),
                ROW(test_close_reports_everything),
                ROW(test_publish_while_closing), ROW(test_waiting_takes_no_cpu), ROW(test_waiting_ends),
                ROW(test_waiting_is_closed), ROW(test_waiting_for_a_dead_producer), ROW(test_waiting_is_bounded),
                ROW_KEYED(test_waiting_takes_no_cpu), ROW_KEYED(test_waiting_ends), ROW_KEYED(test_waiting_is_closed),
                ROW_KEYED(test_waiting_for_a_dead_producer), ROW_KEYED(test_waiting_is_bounded),
                ROW_KEYED(test_waiting_for_a_retired_producer), ROW_KEYED(test_a_new_producer_overtakes_nothing),
                ROW(test_keys_keep_their_order),
                ROW(test_topics), ROW(test_metrics), ROW(test_messages_are_limited), ROW(test_record_as_set),
                ROW(test_check), ROW(test_check_finds_all),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void)
{
        return EXIT_SUCCESS;
}
#endif
