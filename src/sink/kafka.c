/* The Kafka sink. Each worker's port has a producer of its own: nothing is shared, nothing is locked on an event's way, and
 * a report comes back on the thread that answers its request. */
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/clock.h"
#include "kafka.h"

#define CLOSE_TIME 1000                    /* ms that a closing port waits for its reports before it purges */

static bool kafka_check(const struct config *config, struct errors *errors, struct errors *advice)
{
        return kafka_options_check(config, errors, advice);
}

/* ---- the process's ---- */

static void kafka_close(struct sink *sink)
{
        if (!sink)
                return;
        for (size_t i = 0; i < sink->workers; i++) {
                BUG_IF(sink->slots[i].port);
                free(sink->slots[i].statistics);
                pthread_mutex_destroy(&sink->slots[i].lock);
        }
        kafka_embedded_free(sink->embedded);
        pthread_mutex_destroy(&sink->lock);
        free(sink->slots);
        free(sink);
}

static size_t options_record_limit(const rd_kafka_conf_t *conf)
{
        char text[32];
        size_t size = sizeof(text);
        if (rd_kafka_conf_get(conf, "message.max.bytes", text, &size) != RD_KAFKA_CONF_OK)
                return 0;
        return strtoull(text, NULL, 10);
}

static struct sink *kafka_open(const struct config *config, size_t workers, struct error *err)
{
        BUG_IF(workers == 0);
        rd_kafka_conf_t *conf = kafka_options_new(config, workers, NULL, 0, err);
        if (!conf)
                return NULL;
        size_t largest = options_record_limit(conf) - KAFKA_RECORD_FRAME - KAFKA_HEADERS_TYPICAL * KAFKA_HEADER_FRAME;
        rd_kafka_conf_destroy(conf);

        struct sink *sink = memory_get(sizeof(*sink));
        sink->config = config;
        sink->brokers = config->kafka_brokers;
        sink->workers = workers;
        sink->slots = memory_get(workers * sizeof(*sink->slots));
        pthread_mutex_init(&sink->lock, NULL);
        for (size_t i = 0; i < workers; i++) {
                pthread_mutex_init(&sink->slots[i].lock, NULL);
                atomic_init(&sink->slots[i].largest, largest);
        }
        if (!kafka_is_embedded(config))
                return sink;

        sink->embedded = kafka_embedded_new(config, err);
        if (!sink->embedded) {
                kafka_close(sink);
                return NULL;
        }
        sink->brokers = kafka_embedded_brokers(sink->embedded);
        return sink;
}

static size_t kafka_largest(struct sink *sink)
{
        size_t least = SIZE_MAX;
        for (size_t i = 0; i < sink->workers; i++) {
                size_t largest = atomic_load_explicit(&sink->slots[i].largest, memory_order_relaxed);
                if (largest < least)
                        least = largest;
        }
        return least;
}

static struct slice kafka_address(struct sink *sink)
{
        return slice_of(sink->brokers);
}

/* ---- a worker's ---- */

static struct kafka_slot *slot_take(struct sink *sink, struct sink_port *port)
{
        struct kafka_slot *slot = NULL;
        pthread_mutex_lock(&sink->lock);
        for (size_t i = 0; i < sink->workers && !slot; i++)
                if (!sink->slots[i].port)
                        slot = &sink->slots[i];
        if (slot)
                slot->port = port;
        pthread_mutex_unlock(&sink->lock);
        return slot;
}

static void slot_give(struct sink *sink, struct kafka_slot *slot)
{
        if (!slot)
                return;
        pthread_mutex_lock(&sink->lock);
        slot->port = NULL;
        pthread_mutex_unlock(&sink->lock);
}

static void kafka_port_close(struct sink_port *port)
{
        if (!port)
                return;
        /* The one in use last: a report may publish again (the bad record of an event that was too large). */
        for (struct kafka_producer *producer = port->retired; producer; producer = producer->next)
                producer_drain(producer, CLOSE_TIME);
        if (port->producer)
                producer_drain(port->producer, CLOSE_TIME);
        BUG_IF(port->held);
        producer_free(port->producer);
        while (port->retired) {
                struct kafka_producer *producer = port->retired;
                port->retired = producer->next;
                producer_free(producer);
        }
        slot_give(port->sink, port->slot);
        if (port->descriptor >= 0)
                (void)close(port->descriptor);
        topics_done(&port->topics);
        free(port->limits);
        free(port);
}

static struct sink_port *kafka_port_open(struct sink *sink, struct metrics_worker *metrics,
                                         void (*report)(struct event *event, enum reason fate), struct error *err)
{
        (void)metrics;
        struct sink_port *port = memory_get(sizeof(*port));
        port->sink = sink;
        port->report = report;
        port->descriptor = -1;
        port->limits = memory_get(TOPICS_MAX * sizeof(*port->limits));
        topics_init(&port->topics);
        port->slot = slot_take(sink, port);
        BUG_IF(!port->slot);
        port->descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (port->descriptor < 0)
                (void)error_set(err, "cannot make an eventfd: %m");
        else
                port->producer = producer_new(port, 0, err);
        if (!port->producer) {
                kafka_port_close(port);
                return NULL;
        }
        port->replaced = clock_steady() - KAFKA_REPLACE_PAUSE;
        port->up = sink->embedded != NULL;
        return port;
}

static void port_bury(struct sink_port *port)
{
        for (struct kafka_producer **at = &port->retired; *at;) {
                struct kafka_producer *producer = *at;
                if (producer->held) {
                        at = &producer->next;
                        continue;
                }
                *at = producer->next;
                producer_free(producer);
        }
}

/* Another producer in the place of the one in use, which holds nothing. */
static bool port_renew(struct sink_port *port, struct error *err)
{
        BUG_IF(port->held);
        struct kafka_producer *producer = producer_new(port, port->batch_wanted, err);
        if (!producer)
                return false;
        producer_drain(port->producer, 0);
        producer_free(port->producer);
        port->producer = producer;
        return true;
}

static bool kafka_port_patient(struct sink_port *port, struct error *err)
{
        port->patient = true;
        port->patient = port_renew(port, err);
        return port->patient;
}

static int kafka_port_descriptor(struct sink_port *port)
{
        return port->descriptor;
}

static uint16_t kafka_topic(struct sink_port *port, struct slice name)
{
        uint16_t count = port->topics.count, topic = topics_number(&port->topics, name);
        if (port->topics.count != count) {
                port->limits[topic].limit = SIZE_MAX;
                limits_want(port, topic);
                producer_warm(port->producer);
        }
        return topic;
}

/* A client of librdkafka keeps every topic that it ever had. */
static bool kafka_topics_forget(struct sink_port *port, struct error *err)
{
        port_bury(port);
        if (!port_renew(port, err))
                return false;
        topics_done(&port->topics);
        topics_init(&port->topics);
        port->ask_next = 0;
        return true;
}

static struct slice kafka_topic_name(struct sink_port *port, uint16_t topic) { return port->topics.names[topic]; }

/* Whether a producer that was replaced still has records of the topic: later ones would overtake them. */
static bool topic_left_behind(const struct sink_port *port, uint16_t topic)
{
        for (const struct kafka_producer *producer = port->retired; producer; producer = producer->next)
                if (producer->spreads[topic] && producer->spreads[topic]->unreported)
                        return true;
        return false;
}

static enum reason kafka_publish(struct sink_port *port, const struct record *record)
{
        BUG_IF(record->topic >= port->topics.count);
        if (UNLIKELY(port->patient && port->retired && topic_left_behind(port, record->topic)))
                return REASON_sink_full;
        return producer_publish(port->producer, record);
}

/* Puts a new producer in the place of one that is dead, or whose batches are larger than a topic takes. */
static void port_mend(struct sink_port *port)
{
        struct kafka_producer *old = port->producer;
        bool shrink = port->batch_wanted && port->batch_wanted < old->batch_size;
        int64_t now = clock_steady();
        if ((!old->dead && !shrink) || now - port->replaced < KAFKA_REPLACE_PAUSE)
                return;
        struct error err;
        port->replaced = now;
        struct kafka_producer *producer = producer_new(port, port->batch_wanted, &err);
        if (!producer) {
                message_add(port, LOG_LEVEL_ERROR, "%s", err.text);
                return;
        }
        if (!old->dead)
                message_add(port, LOG_LEVEL_INFO, "kafka: batches of at most %zu bytes from now on, as a topic takes no more",
                            producer->batch_size);
        atomic_fetch_add_explicit(&port->slot->replaced, 1, memory_order_relaxed);
        old->next = port->retired;
        port->retired = old;
        port->producer = producer;
        port->ask_next = 0;
        if (old->dead)
                producer_drain(old, 0);
}

static void kafka_serve(struct sink_port *port)
{
        uint64_t rings;
        (void)!read(port->descriptor, &rings, sizeof(rings));      /* before the queues: what comes later rings again */
        bool more = producer_serve(port->producer);
        for (struct kafka_producer *producer = port->retired; producer; producer = producer->next) {
                more |= producer_serve(producer);
                if (producer->dead)        /* nobody else would see that what waits in it comes back */
                        hold_fail(producer);
        }
        if (more) {                        /* a queue rings once when it fills: ring for what may have been left */
                rings = 1;
                (void)!write(port->descriptor, &rings, sizeof(rings));
        }
        port_mend(port);
        port_bury(port);
        producer_warm(port->producer);
        limits_ask(port);
}

static bool kafka_ready(struct sink_port *port)
{
        return port->up && !port->full && !port->producer->dead;
}

static size_t kafka_held(struct sink_port *port)
{
        return port->held;
}

extern const struct sink_type SINK_KAFKA;
const struct sink_type SINK_KAFKA = {
        .name = "kafka",
        .doc = "Records of Kafka topics, by librdkafka. An event is published when all in-sync replicas have it.",
        .check = kafka_check,
        .open = kafka_open,
        .close = kafka_close,
        .port_open = kafka_port_open,
        .port_patient = kafka_port_patient,
        .port_close = kafka_port_close,
        .port_descriptor = kafka_port_descriptor,
        .serve = kafka_serve,
        .topic = kafka_topic,
        .topic_name = kafka_topic_name,
        .topics_forget = kafka_topics_forget,
        .publish = kafka_publish,
        .ready = kafka_ready,
        .held = kafka_held,
        .largest = kafka_largest,
        .metrics = statistics_print,
        .metrics_reference = statistics_print_reference,
        .address = kafka_address,
        .message = message_take,
};
