/* librdkafka's own statistics as Prometheus text. The newest JSON of every port is copied and taken apart by the thread
 * that scrapes. Bounded: at most SERIES_MAX brokers and topics of a port. */
#include <inttypes.h>
#include <jansson.h>
#include "kafka.h"

#define SERIES_MAX 64

enum level { PRODUCER, BROKER, TOPIC };
/* The number is `member` of `object` of its level (NULL: of the level itself), times `scale`. */
static const struct statistic {
        const char *name, *kind;
        enum level  level;
        const char *object, *member;
        double      scale;
        const char *doc;
} STATISTICS[] = {
        { "queue_records", "gauge", PRODUCER, NULL, "msg_cnt", 1,
          "Records that wait in the producer's queues." },
        { "queue_bytes", "gauge", PRODUCER, NULL, "msg_size", 1,
          "Bytes of them." },
        { "queue_bytes_limit", "gauge", PRODUCER, NULL, "msg_size_max", 1,
          "Bytes that may wait." },
        { "sent_records_total", "counter", PRODUCER, NULL, "txmsgs", 1,
          "Records sent to brokers." },
        { "sent_record_bytes_total", "counter", PRODUCER, NULL, "txmsg_bytes", 1,
          "Bytes of them, with their framing." },
        { "requests_total", "counter", BROKER, NULL, "tx", 1,
          "Requests sent." },
        { "request_bytes_total", "counter", BROKER, NULL, "txbytes", 1,
          "Bytes sent." },
        { "request_errors_total", "counter", BROKER, NULL, "txerrs", 1,
          "Requests that could not be sent." },
        { "request_retries_total", "counter", BROKER, NULL, "txretries", 1,
          "Requests sent again." },
        { "request_timeouts_total", "counter", BROKER, NULL, "req_timeouts", 1,
          "Requests without an answer in time." },
        { "response_errors_total", "counter", BROKER, NULL, "rxerrs", 1,
          "Answers that could not be received." },
        { "connects_total", "counter", BROKER, NULL, "connects", 1,
          "Attempts to connect." },
        { "disconnects_total", "counter", BROKER, NULL, "disconnects", 1,
          "Connections lost or closed." },
        { "waiting_requests", "gauge", BROKER, NULL, "outbuf_cnt", 1,
          "Requests that wait to be sent." },
        { "unanswered_requests", "gauge", BROKER, NULL, "waitresp_cnt", 1,
          "Requests that wait for their answer." },
        { "round_trip_seconds_average", "gauge", BROKER, "rtt", "avg", 1e-6,
          "Time from a request to its answer." },
        { "round_trip_seconds_p99", "gauge", BROKER, "rtt", "p99", 1e-6,
          "The same, 99th percentile." },
        { "queue_seconds_average", "gauge", BROKER, "int_latency", "avg", 1e-6,
          "Time of a record in the producer's queue." },
        { "queue_seconds_p99", "gauge", BROKER, "int_latency", "p99", 1e-6,
          "The same, 99th percentile." },
        { "throttle_seconds_average", "gauge", BROKER, "throttle", "avg", 1e-3,
          "Time by which the broker slows the producer down." },
        { "batch_bytes_average", "gauge", TOPIC, "batchsize", "avg", 1,
          "Bytes of a batch." },
        { "batch_records_average", "gauge", TOPIC, "batchcnt", "avg", 1,
          "Records of a batch." },
};

static json_t *slot_read(struct kafka_slot *slot)
{
        pthread_mutex_lock(&slot->lock);
        char *text = slot->statistics ? slice_copy(slice_of(slot->statistics)) : NULL;
        pthread_mutex_unlock(&slot->lock);
        json_t *json = text ? json_loads(text, 0, NULL) : NULL;
        free(text);
        return json;
}

static bool statistic_value(const struct statistic *row, const json_t *object, double *ret_value)
{
        const json_t *value = json_object_get(row->object ? json_object_get(object, row->object) : object, row->member);
        if (!json_is_number(value))
                return false;
        *ret_value = json_number_value(value) * row->scale;
        return true;
}

static void head_print(const char *name, const char *kind, const char *doc, struct buffer *out)
{
        buffer_format(out, "# HELP millrace_kafka_%s %s\n# TYPE millrace_kafka_%s %s\n", name, doc, name, kind);
}

static void line_print(const struct statistic *row, size_t worker, const char *label, const char *series, double value,
                       struct buffer *out)
{
        buffer_format(out, "millrace_kafka_%s{worker=\"%zu\"", row->name, worker);
        if (label) {
                buffer_format(out, ",%s=", label);
                buffer_add_json(out, slice_of(series));    /* escapes at least what Prometheus does */
        }
        buffer_format(out, "} %.15g\n", value);
}

/* Members of `brokers` that are not brokers: the bootstrap addresses, once their nodes are known, and librdkafka's own. */
static bool broker_counts(const json_t *broker)
{
        return json_integer_value(json_object_get(broker, "nodeid")) >= 0;
}

static void series_print(const struct statistic *row, size_t worker, const json_t *root, struct buffer *out)
{
        bool brokers = row->level == BROKER;
        json_t *group = json_object_get(root, brokers ? "brokers" : "topics"), *member;
        const char *name;
        size_t count = 0;
        double value;
        json_object_foreach(group, name, member) {
                if ((brokers && !broker_counts(member)) || !statistic_value(row, member, &value))
                        continue;
                if (count++ == SERIES_MAX)
                        break;
                const char *node = json_string_value(json_object_get(member, "nodename"));
                line_print(row, worker, brokers ? "broker" : "topic", brokers && node ? node : name, value, out);
        }
}

static void statistic_print(const struct statistic *row, json_t **roots, size_t count, struct buffer *out)
{
        head_print(row->name, row->kind, row->doc, out);
        for (size_t i = 0; i < count; i++) {
                double value;
                if (!roots[i])
                        continue;
                if (row->level != PRODUCER)
                        series_print(row, i, roots[i], out);
                else if (statistic_value(row, roots[i], &value))
                        line_print(row, i, NULL, NULL, value, out);
        }
}

/* What librdkafka cannot know. */
static const struct { const char *name; size_t offset; const char *doc; } COUNTERS[] = {
        { "producers_replaced_total", offsetof(struct kafka_slot, replaced),
          "Producers replaced after a fatal error or to make smaller batches." },
        { "messages_silenced_total", offsetof(struct kafka_slot, silenced),
          "Messages of the Kafka client that were too many for the log." },
};

static void counter_print(struct sink *sink, const char *name, const char *doc, size_t offset, struct buffer *out)
{
        head_print(name, "counter", doc, out);
        for (size_t i = 0; i < sink->workers; i++) {
                const _Atomic uint64_t *count = (const void *)((const char *)&sink->slots[i] + offset);
                buffer_format(out, "millrace_kafka_%s{worker=\"%zu\"} %" PRIu64 "\n", name, i,
                              atomic_load_explicit(count, memory_order_relaxed));
        }
}

void statistics_print(struct sink *sink, struct buffer *out)
{
        json_t **roots = calloc(sink->workers, sizeof(json_t *));
        if (!roots) {
                out->full = true;          /* as when there is no memory for the text */
                return;
        }
        for (size_t i = 0; i < sink->workers; i++)
                roots[i] = slot_read(&sink->slots[i]);
        for (size_t i = 0; i < COUNT_OF(STATISTICS); i++)
                statistic_print(&STATISTICS[i], roots, sink->workers, out);
        for (size_t i = 0; i < sink->workers; i++)
                json_decref(roots[i]);
        free(roots);
        for (size_t i = 0; i < COUNT_OF(COUNTERS); i++)
                counter_print(sink, COUNTERS[i].name, COUNTERS[i].doc, COUNTERS[i].offset, out);
}

void statistics_print_reference(FILE *out)
{
        static const char *const LABELS[] = {
                [PRODUCER] = "`worker`", [BROKER] = "`worker`, `broker`", [TOPIC] = "`worker`, `topic`",
        };
        for (size_t i = 0; i < COUNT_OF(STATISTICS); i++)
                fprintf(out, "| `millrace_kafka_%s` | %s | %s | %s "
                             "|\n", STATISTICS[i].name, STATISTICS[i].kind, LABELS[STATISTICS[i].level],
                        STATISTICS[i].doc);
        for (size_t i = 0; i < COUNT_OF(COUNTERS); i++)
                fprintf(out, "| `millrace_kafka_%s` | counter | `worker` | %s |\n", COUNTERS[i].name, COUNTERS[i].doc);
}
