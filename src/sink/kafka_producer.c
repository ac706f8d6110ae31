/* One producer of librdkafka. All callbacks run inside producer_serve(), on the port's thread: reports, errors, statistics
 * and log lines come through the main queue, which rings the port's descriptor. */
#include <unistd.h>
#include "base/clock.h"
#include "kafka.h"

#define SERVE_ROUNDS 8                     /* so that a busy broker does not keep the worker from its sockets */
#define WAIT_TIME    1000                  /* ms that a record waits for an idle partition, at most */
#define PURGE_TIME   10000                 /* ms: a purge answers at once; if it does not, librdkafka is broken */

/* The opaque of a message is its event, with a tag in its lowest bits: what spread_choose() said of it. */
enum { TAG_CHOSEN = 1, TAG_ASKED = 2 };
#define TAG_MASK ((uintptr_t)3)

static size_t message_size(const rd_kafka_message_t *message)
{
        return message->len + message->key_len + KAFKA_RECORD_FRAME;
}

/* The broker refused a whole batch as too large. Was it this record, or its neighbours? It was this one when it is over
 * the topic's limit, or so large that it had its batch for itself. Otherwise the clients send again, and the port goes on
 * with smaller batches (to the limit, if it is known; by halves, if it is not), so that soon the guilty one is alone. */
static enum reason producer_oversize(struct kafka_producer *producer, const rd_kafka_message_t *message)
{
        struct sink_port *port = producer->port;
        uint16_t topic = ((const struct kafka_spread *)rd_kafka_topic_opaque(message->rkt))->topic;
        size_t size = message_size(message), limit = port->limits[topic].limit;
        limits_want(port, topic);
        if (size > limit || size >= producer->batch_size || producer->batch_size <= KAFKA_BATCH_LEAST)
                return REASON_event_too_large;
        size_t smaller = limit < producer->batch_size ? limit : producer->batch_size / 2;
        if (smaller < KAFKA_BATCH_LEAST)
                smaller = KAFKA_BATCH_LEAST;
        if (producer == port->producer && (!port->batch_wanted || smaller < port->batch_wanted))
                port->batch_wanted = smaller;
        return REASON_sink_failed;
}

static enum reason message_fate(struct kafka_producer *producer, const rd_kafka_message_t *message)
{
        switch (message->err) {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
                producer->port->up = true;
                if (UNLIKELY(producer->numbered &&
                             confirmation_doubtful(rd_kafka_topic_opaque(message->rkt), message, producer->held)))
                        return REASON_sink_failed;
                return REASON_published;
        case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
                return REASON_sink_timeout;
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
                return producer_oversize(producer, message);
        default:
                return REASON_sink_failed;
        }
}

static void on_report(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
        struct kafka_producer *producer = opaque;
        struct sink_port *port = producer->port;
        (void)client;
        BUG_IF(producer->held == 0);
        enum reason fate = message_fate(producer, message);
        if (UNLIKELY(fate == REASON_sink_failed && !producer->dead && message->err != RD_KAFKA_RESP_ERR__PURGE_QUEUE &&
                     message->err != RD_KAFKA_RESP_ERR__PURGE_INFLIGHT))
                message_add(port, LOG_LEVEL_WARNING, "kafka: topic %s: %s", rd_kafka_topic_name(message->rkt),
                            message->err ? rd_kafka_err2str(message->err) : "confirmed without a place, so it is sent again");
        struct kafka_spread *spread = rd_kafka_topic_opaque(message->rkt);
        producer_uncount(producer, spread, message->len + message->key_len);
        port->full = false;
        uintptr_t tag = (uintptr_t)message->_private & TAG_MASK;
        struct event *event = (struct event *)((uintptr_t)message->_private & ~TAG_MASK);
        if (tag == TAG_CHOSEN)
                spread_return(spread, message->partition);
        else if (tag == TAG_ASKED)
                spread_return_asked(spread, event);
        port->report(event, fate);
}

static void on_error(rd_kafka_t *client, int code, const char *text, void *opaque)
{
        struct kafka_producer *producer = opaque;
        char fatal[400];
        switch (code) {
        case RD_KAFKA_RESP_ERR__FATAL:
                producer->dead = true;
                (void)rd_kafka_fatal_error(client, fatal, sizeof(fatal));
                message_add(producer->port, LOG_LEVEL_ERROR, "kafka: the producer has died and is replaced: %s", fatal);
                break;
        case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
                if (producer == producer->port->producer)
                        producer->port->up = false;
                message_add(producer->port, LOG_LEVEL_ERROR, "kafka: no broker can be reached: %s", text);
                break;
        default:
                message_add(producer->port, LOG_LEVEL_WARNING, "kafka: %s: %s", rd_kafka_err2name((rd_kafka_resp_err_t)code),
                            text);
        }
}

static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
        struct kafka_producer *producer = rd_kafka_opaque(client);
        message_add(producer->port, level < LOG_LEVEL_ERROR ? LOG_LEVEL_ERROR : level, "kafka: %s: %s", facility, text);
}

/* Comes every statistics.interval.ms. The text is kept as it is and taken apart by the thread that is asked for metrics;
 * only whether any broker is connected is looked up here, by its bytes, which are found early. librdkafka keeps one
 * connection up also when it has nothing to send, so this ends a time without brokers. */
static int on_statistics(rd_kafka_t *client, char *json, size_t size, void *opaque)
{
        struct kafka_producer *producer = opaque;
        struct kafka_slot *slot = producer->port->slot;
        (void)client;
        (void)size;
        if (producer != producer->port->producer)
                return 0;
        producer->port->up = strstr(json, "\"state\":\"UP\"") != NULL;
        pthread_mutex_lock(&slot->lock);
        char *old = slot->statistics;
        slot->statistics = json;
        pthread_mutex_unlock(&slot->lock);
        free(old);
        return 1;                          /* the text is ours */
}

static size_t client_number(const rd_kafka_t *client, const char *name)
{
        char text[32];
        size_t size = sizeof(text);
        if (rd_kafka_conf_get(rd_kafka_conf((rd_kafka_t *)client), name, text, &size) != RD_KAFKA_CONF_OK)
                return 0;
        return strtoull(text, NULL, 10);
}

static bool client_is(const rd_kafka_t *client, const char *name, const char *value)
{
        char text[32];
        size_t size = sizeof(text);
        return rd_kafka_conf_get(rd_kafka_conf((rd_kafka_t *)client), name, text, &size) == RD_KAFKA_CONF_OK &&
               strcmp(text, value) == 0;
}

/* A record that waits for a partition is not in librdkafka's care, which would give it up at message.timeout.ms. */
static int64_t wait_limit(const rd_kafka_t *client)
{
        size_t timeout = client_number(client, "message.timeout.ms");
        return (int64_t)(timeout && timeout / 4 < WAIT_TIME ? timeout / 4 : WAIT_TIME) * 1000000;
}

struct kafka_producer *producer_new(struct sink_port *port, size_t batch_size, struct error *err)
{
        struct sink *sink = port->sink;
        rd_kafka_conf_t *conf = kafka_options_new(sink->config, sink->workers, sink->brokers, batch_size, err);
        if (!conf || (port->patient && !kafka_options_patient(conf, err)))
                return NULL;
        struct kafka_producer *producer = memory_get(sizeof(*producer));
        rd_kafka_conf_set_opaque(conf, producer);
        rd_kafka_conf_set_dr_msg_cb(conf, on_report);
        rd_kafka_conf_set_error_cb(conf, on_error);
        rd_kafka_conf_set_log_cb(conf, on_log);
        rd_kafka_conf_set_stats_cb(conf, on_statistics);
        char text[400];
        rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
        if (!client) {
                rd_kafka_conf_destroy(conf);
                free(producer);
                (void)error_set(err, "cannot make a Kafka producer: %s", text);
                return NULL;
        }
        *producer = (struct kafka_producer){
                .port = port,
                .client = client,
                .reports = rd_kafka_queue_get_main(client),
                .answers = rd_kafka_queue_new(client),
                .handles = memory_get(TOPICS_MAX * sizeof(*producer->handles)),
                .spreads = memory_get(TOPICS_MAX * sizeof(*producer->spreads)),
                .linger_ns = sink->config->kafka_linger * 1000000,
                .numbered = client_is(client, "enable.idempotence", "true"),
                .batch_count = client_number(client, "batch.num.messages"),
                .batch_size = client_number(client, "batch.size"),
                .record_limit = client_number(client, "message.max.bytes"),
                .bytes_limit = client_number(client, "queue.buffering.max.kbytes") * 1024,
                .wait_ns = wait_limit(client),
        };
        static const uint64_t ring = 1;
        rd_kafka_queue_io_event_enable(producer->reports, port->descriptor, &ring, sizeof(ring));
        rd_kafka_queue_io_event_enable(producer->answers, port->descriptor, &ring, sizeof(ring));
        (void)rd_kafka_set_log_queue(client, NULL);        /* NULL: the main queue */
        (void)!write(port->descriptor, &ring, sizeof(ring));       /* a queue that was not empty does not ring */
        return producer;
}

void producer_free(struct kafka_producer *producer)
{
        if (!producer)
                return;
        BUG_IF(producer->held);
        for (uint16_t i = 0; i < TOPICS_MAX; i++)
                if (producer->handles[i])
                        rd_kafka_topic_destroy(producer->handles[i]);
        rd_kafka_queue_io_event_enable(producer->reports, -1, NULL, 0);
        rd_kafka_queue_io_event_enable(producer->answers, -1, NULL, 0);
        rd_kafka_queue_destroy(producer->answers);
        rd_kafka_queue_destroy(producer->reports);
        rd_kafka_destroy(producer->client);
        for (uint16_t i = 0; i < TOPICS_MAX; i++)
                spread_free(producer->spreads[i]);
        free(producer->spreads);
        free(producer->handles);
        free(producer);
}

static rd_kafka_topic_t *producer_handle(struct kafka_producer *producer, uint16_t topic)
{
        if (UNLIKELY(!producer->handles[topic])) {
                rd_kafka_topic_conf_t *conf = rd_kafka_default_topic_conf_dup(producer->client);
                spread_free(producer->spreads[topic]);     /* of an attempt that failed */
                producer->spreads[topic] = spread_new(producer, topic, conf);
                const char *name = producer->port->topics.names[topic].data;
                producer->handles[topic] = rd_kafka_topic_new(producer->client, name, conf);
        }
        return producer->handles[topic];
}

/* A handle that is made while no broker is connected finds its leader only with the next second's tick, and a topic that
 * does not exist yet is made (if the brokers do that) by the first question for it. So ask early, but not too early. */
void producer_warm(struct kafka_producer *producer)
{
        if (!producer->port->up || producer->dead)
                return;
        for (; producer->warm < producer->port->topics.count; producer->warm++)
                (void)producer_handle(producer, producer->warm);
}

static rd_kafka_headers_t *record_headers(const struct record *record)
{
        rd_kafka_headers_t *headers = rd_kafka_headers_new(record->header_count);
        for (size_t i = 0; i < record->header_count; i++) {
                const struct record_header *header = &record->headers[i];
                (void)rd_kafka_header_add(headers, header->name.data, (ssize_t)header->name.size, header->value.data,
                                          (ssize_t)header->value.size);
        }
        return headers;
}

/* Flags 0: the value stays where it is until its report; librdkafka copies the key. */
static rd_kafka_resp_err_t record_produce(struct kafka_producer *producer, rd_kafka_topic_t *handle,
                                          const struct kafka_held *held, int32_t partition)
{
        struct slice key = held->key;
        uintptr_t tag = partition != RD_KAFKA_PARTITION_UA ? TAG_CHOSEN : TAG_ASKED;
        void *opaque = (void *)((uintptr_t)held->event | tag);
        if (!held->headers)
                return rd_kafka_produce(handle, partition, 0, (void *)held->value.data, held->value.size, key.data, key.size,
                                        opaque)
                        ? rd_kafka_last_error()
                        : RD_KAFKA_RESP_ERR_NO_ERROR;
        return rd_kafka_producev(producer->client, RD_KAFKA_V_RKT(handle), RD_KAFKA_V_PARTITION(partition),
                                 RD_KAFKA_V_MSGFLAGS(0), RD_KAFKA_V_VALUE((void *)held->value.data, held->value.size),
                                 RD_KAFKA_V_KEY((void *)key.data, key.size), RD_KAFKA_V_HEADERS(held->headers),
                                 RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
}

static size_t record_size(const struct record *record)
{
        size_t size = record->key.size + record->value.size + KAFKA_RECORD_FRAME + record->header_count * KAFKA_HEADER_FRAME;
        for (size_t i = 0; i < record->header_count; i++)
                size += record->headers[i].name.size + record->headers[i].value.size;
        return size;
}

/* It was not taken: what was counted for it is taken back. */
static enum reason record_refused(struct kafka_producer *producer, uint16_t topic, const struct kafka_held *held,
                                  rd_kafka_resp_err_t code)
{
        struct sink_port *port = producer->port;
        if (held->headers)
                rd_kafka_headers_destroy(held->headers);
        producer_uncount(producer, producer->spreads[topic], held->key.size + held->value.size);
        switch (code) {
        case RD_KAFKA_RESP_ERR__QUEUE_FULL:
                port->full = port->held > 0;
                return REASON_sink_full;
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
                return REASON_event_too_large;
        default:
                message_add(port, LOG_LEVEL_WARNING, "kafka: topic %s: %s", rd_kafka_topic_name(producer->handles[topic]),
                            rd_kafka_err2str(code));
                return REASON_sink_failed;
        }
}

enum reason producer_pass(struct kafka_producer *producer, uint16_t topic, const struct kafka_held *held, struct kafka_way way)
{
        rd_kafka_resp_err_t code = record_produce(producer, producer->handles[topic], held, way.partition);
        if (LIKELY(code == RD_KAFKA_RESP_ERR_NO_ERROR)) {
                if (way.partition == RD_KAFKA_PARTITION_UA)
                        spread_asked(producer->spreads[topic], held->event, held->key.size > 0, way);
                return REASON_published;
        }
        spread_refused(producer->spreads[topic], way);
        return record_refused(producer, topic, held, code);
}

enum reason producer_publish(struct kafka_producer *producer, const struct record *record)
{
        struct sink_port *port = producer->port;
        size_t size = record_size(record), bytes = record->key.size + record->value.size;
        if (size > port->limits[record->topic].limit || size > producer->record_limit)
                return REASON_event_too_large;
        rd_kafka_topic_t *handle = producer_handle(producer, record->topic);
        if (producer->dead || !handle)
                return REASON_sink_failed;
        if (producer->bytes + bytes > producer->bytes_limit) {
                port->full = port->held > 0;
                return REASON_sink_full;
        }
        producer->held++;
        producer->bytes += bytes;
        struct kafka_spread *spread = producer->spreads[record->topic];
        spread->unreported++;
        port->held++;
        struct kafka_held held = { .event = record->event, .key = record->key, .value = record->value, .size = size,
                                   .headers = record->header_count ? record_headers(record) : NULL };
        struct kafka_way way = { SPREAD_HOLD, -1 };
        if (record->key.size)
                way = spread_choose_keyed(spread, handle, record->key, size);
        else if (!spread->held.count)
                way = spread_choose(spread, size, true);
        if (LIKELY(way.partition != SPREAD_HOLD))
                return producer_pass(producer, record->topic, &held, way);
        hold_add(producer, record->topic, way.counted, &held);
        return REASON_published;
}

bool producer_serve(struct kafka_producer *producer)
{
        int round = 0;
        while (round < SERVE_ROUNDS && rd_kafka_poll(producer->client, 0) > 0)
                round++;
        rd_kafka_event_t *answer;
        while ((answer = rd_kafka_queue_poll(producer->answers, 0))) {
                limits_answer(producer, answer);
                rd_kafka_event_destroy(answer);
        }
        if (producer->waiting)
                hold_release(producer, false);
        return round == SERVE_ROUNDS;
}

void producer_drain(struct kafka_producer *producer, int64_t ms)
{
        int64_t start = clock_steady();
        if (producer->held && ms > 0) {
                hold_release(producer, true);
                (void)rd_kafka_flush(producer->client, (int)ms);
        }
        producer->dead = true;             /* a report may publish again, but not here */
        hold_fail(producer);
        if (producer->held)
                (void)rd_kafka_purge(producer->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        while (producer->held) {
                (void)rd_kafka_poll(producer->client, 10);
                BUG_IF(clock_steady() - start > ms + PURGE_TIME);
        }
}
