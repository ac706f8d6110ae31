/* Records without a key that wait for a partition with nothing in flight. librdkafka would take them, but the thread that sends
 * turns without rest while records of a partition are ready that it may not send yet: a batch of the same partition is under
 * way. Waiting here costs nothing, and makes larger batches.
 *
 * They wait as long as it takes some batch to come back, and not longer than the producer's wait_ns: then they go where the
 * least is in flight, so that message.timeout.ms begins to run. */
#include "base/clock.h"
#include "kafka.h"

#define HELD_ROOM_LEAST 256

void hold_add(struct kafka_producer *producer, uint16_t topic, const struct kafka_held *held)
{
        struct kafka_spread *spread = producer->spreads[topic];
        if (spread->held_count == spread->held_room) {
                size_t room = spread->held_room ? 2 * spread->held_room : HELD_ROOM_LEAST;
                struct kafka_held *ring = memory_get(room * sizeof(*ring));
                for (size_t i = 0; i < spread->held_count; i++)
                        ring[i] = spread->held[(spread->held_first + i) & (spread->held_room - 1)];
                free(spread->held);
                spread->held = ring;
                spread->held_first = 0;
                spread->held_room = room;
        }
        struct kafka_held *place = &spread->held[(spread->held_first + spread->held_count++) & (spread->held_room - 1)];
        *place = *held;
        place->since = clock_nanoseconds();
        producer->waiting++;
}

static struct kafka_held hold_take(struct kafka_producer *producer, struct kafka_spread *spread)
{
        struct kafka_held held = spread->held[spread->held_first];
        spread->held_first = (spread->held_first + 1) & (spread->held_room - 1);
        spread->held_count--;
        producer->waiting--;
        return held;
}

static void spread_release(struct kafka_producer *producer, uint16_t topic, int64_t patient_since)
{
        struct kafka_spread *spread = producer->spreads[topic];
        while (spread->held_count) {
                const struct kafka_held *first = &spread->held[spread->held_first];
                int32_t partition = spread_choose(spread, first->size, first->since > patient_since);
                if (partition == SPREAD_HOLD)
                        return;
                struct kafka_held held = hold_take(producer, spread);
                enum reason answer = producer_pass(producer, topic, &held, partition);
                if (answer != REASON_published)
                        producer->port->report(held.event, answer);
        }
}

void hold_release(struct kafka_producer *producer, bool all)
{
        int64_t patient_since = all ? INT64_MAX : clock_nanoseconds() - producer->wait_ns;
        for (uint16_t topic = 0; topic < producer->port->topics.count && producer->waiting && !producer->dead; topic++)
                if (producer->spreads[topic])
                        spread_release(producer, topic, patient_since);
}

void hold_fail(struct kafka_producer *producer)
{
        for (uint16_t topic = 0; topic < TOPICS_MAX && producer->waiting; topic++) {
                struct kafka_spread *spread = producer->spreads[topic];
                while (spread && spread->held_count) {
                        struct kafka_held held = hold_take(producer, spread);
                        if (held.headers)
                                rd_kafka_headers_destroy(held.headers);
                        producer->held--;
                        producer->bytes -= held.value.size;
                        producer->port->held--;
                        producer->port->report(held.event, REASON_sink_failed);
                }
        }
}
