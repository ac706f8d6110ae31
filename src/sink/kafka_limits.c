/* Asks the cluster, without waiting, how large a record each topic takes (max.message.bytes), so that a larger one is
 * rejected before it spoils a batch. Best effort: it may be forbidden to ask, and a topic may not exist yet. */
#include "base/clock.h"
#include "kafka.h"

#define ASK_AT_ONCE 64                     /* topics in one question */

void limits_want(struct sink_port *port, uint16_t topic)
{
        port->limits[topic].next = 0;
        port->ask_next = 0;
}

/* The topics whose time has come; `ask_next` is when the next one's will. */
static size_t limits_due(struct sink_port *port, int64_t now, rd_kafka_ConfigResource_t **resources)
{
        size_t count = 0;
        port->ask_next = INT64_MAX;
        for (uint16_t i = 0; i < port->topics.count; i++) {
                struct kafka_topic *topic = &port->limits[i];
                if (topic->next <= now && count < ASK_AT_ONCE) {
                        resources[count++] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, port->topics.names[i].data);
                        topic->next = now + (topic->limit == SIZE_MAX ? KAFKA_LIMIT_RETRY : KAFKA_LIMIT_LIFE);
                }
                if (topic->next < port->ask_next)
                        port->ask_next = topic->next;
        }
        return count;
}

static void limits_send(struct kafka_producer *producer, rd_kafka_ConfigResource_t **resources, size_t count)
{
        char text[128];
        rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(producer->client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
        (void)rd_kafka_AdminOptions_set_request_timeout(options, KAFKA_ASK_TIME, text, sizeof(text));
        rd_kafka_DescribeConfigs(producer->client, resources, count, options, producer->answers);
        rd_kafka_AdminOptions_destroy(options);
        rd_kafka_ConfigResource_destroy_array(resources, count);
        producer->asking = true;
        producer->port->asked = true;
}

/* librdkafka 2.0 tries to connect without a pause, for a core and more, while a question waits for a controller that it has
 * known and that is gone. So none begins while no broker is connected, but the first of all of a client that has known none: that
 * one does no harm, and tells that there is a broker sooner than anything else. */
static bool limits_hopeless(const struct sink_port *port)
{
        return !port->up && (port->asked || rd_kafka_controllerid(port->producer->client, 0) >= 0);
}

void limits_ask(struct sink_port *port)
{
        struct kafka_producer *producer = port->producer;
        if (!producer || producer->asking || producer->dead)
                return;
        int64_t now = clock_steady();
        if (port->mute || now < port->ask_next || limits_hopeless(port))
                return;
        rd_kafka_ConfigResource_t *resources[ASK_AT_ONCE];
        size_t count = limits_due(port, now, resources);
        if (count)
                limits_send(producer, resources, count);
}

static size_t entry_limit(const rd_kafka_ConfigResource_t *resource)
{
        size_t count;
        const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);
        for (size_t i = 0; i < count; i++) {
                const char *value = rd_kafka_ConfigEntry_value(entries[i]);
                if (value && strcmp(rd_kafka_ConfigEntry_name(entries[i]), "max.message.bytes") == 0)
                        return strtoull(value, NULL, 10);
        }
        return SIZE_MAX;
}

static void limits_take(struct sink_port *port, const rd_kafka_ConfigResource_t *resource, int64_t now)
{
        uint16_t topic = topics_number(&port->topics, slice_of(rd_kafka_ConfigResource_name(resource)));
        if (topic == UINT16_MAX)
                return;
        size_t limit = rd_kafka_ConfigResource_error(resource) ? SIZE_MAX : entry_limit(resource);
        port->limits[topic].limit = limit;
        port->limits[topic].next = now + (limit == SIZE_MAX ? KAFKA_LIMIT_RETRY : KAFKA_LIMIT_LIFE);
}

/* A batch must not be larger than the smallest topic takes, or the broker refuses good records for their company. */
void limits_publish(struct sink_port *port)
{
        size_t least = port->producer ? port->producer->record_limit : SIZE_MAX;
        size_t batch = port->producer ? port->producer->batch_size : SIZE_MAX;
        size_t room = KAFKA_RECORD_FRAME + KAFKA_HEADER_FRAME * KAFKA_HEADERS_TYPICAL;
        for (uint16_t i = 0; i < port->topics.count; i++)
                if (port->limits[i].limit < least)
                        least = port->limits[i].limit;
        if (least < batch && (!port->batch_wanted || least < port->batch_wanted))
                port->batch_wanted = least < KAFKA_BATCH_LEAST ? KAFKA_BATCH_LEAST : least;
        atomic_store_explicit(&port->slot->largest, least > room ? least - room : 0, memory_order_relaxed);
}

/* Whether a broker answered, rather than librdkafka that it could not ask. */
static bool answer_proves_life(rd_kafka_resp_err_t code)
{
        return code >= RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE;
}

void limits_answer(struct kafka_producer *producer, rd_kafka_event_t *answer)
{
        struct sink_port *port = producer->port;
        if (rd_kafka_event_type(answer) != RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT)
                return;
        producer->asking = false;
        if (producer != port->producer)
                return;
        rd_kafka_resp_err_t code = rd_kafka_event_error(answer);
        if (answer_proves_life(code))
                port->up = true;
        if (code == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE)
                port->mute = true;
        const rd_kafka_DescribeConfigs_result_t *result = rd_kafka_event_DescribeConfigs_result(answer);
        if (code || !result)
                return;
        size_t count;
        const rd_kafka_ConfigResource_t **resources = rd_kafka_DescribeConfigs_result_resources(result, &count);
        int64_t now = clock_steady();
        port->ask_next = 0;                /* find the next time anew */
        for (size_t i = 0; i < count; i++)
                limits_take(port, resources[i], now);
        limits_publish(port);
}
