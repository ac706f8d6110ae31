/* Records that wait for a partition with nothing in flight: those without a key for any, those with one for theirs. librdkafka
 * would take them, but the thread that sends turns without rest while records of a partition are ready that it may not send
 * yet: a batch of the same partition is under way. Waiting here costs nothing, and makes larger batches.
 *
 * They wait as long as it takes a batch to come back, and not longer than the producer's wait_ns: then they go all the same,
 * those without a key where the least is in flight, so that message.timeout.ms begins to run. */
#include "base/clock.h"
#include "kafka.h"

#define HELD_ROOM_LEAST 256

static void ring_grow(struct kafka_ring *ring)
{
        size_t room = ring->room ? 2 * ring->room : HELD_ROOM_LEAST;
        struct kafka_held *items = memory_get(room * sizeof(*items));
        for (size_t i = 0; i < ring->count; i++)
                items[i] = ring->items[(ring->first + i) & (ring->room - 1)];
        free(ring->items);
        *ring = (struct kafka_ring){ .items = items, .count = ring->count, .room = room };
}

void hold_add(struct kafka_producer *producer, uint16_t topic, int32_t partition, const struct kafka_held *held)
{
        struct kafka_spread *spread = producer->spreads[topic];
        struct kafka_ring *ring = partition < 0 ? &spread->held : &spread->partition[partition].held;
        if (ring->count == ring->room)
                ring_grow(ring);
        struct kafka_held *place = &ring->items[(ring->first + ring->count++) & (ring->room - 1)];
        *place = *held;
        place->since = clock_nanoseconds();
        if (held->key.size)
                place->key.data = slice_copy(held->key);   /* librdkafka would have copied it, too */
        spread->keyed_held += partition >= 0;
        producer->waiting++;
}

static struct kafka_held hold_take(struct kafka_producer *producer, struct kafka_ring *ring)
{
        struct kafka_held held = ring->items[ring->first];
        ring->first = (ring->first + 1) & (ring->room - 1);
        ring->count--;
        producer->waiting--;
        return held;
}

static void key_free(const struct kafka_held *held)
{
        if (held->key.size)
                free((void *)(uintptr_t)held->key.data);
}

/* A report may publish again, so that nothing is remembered across it. */
static void hold_pass(struct kafka_producer *producer, uint16_t topic, const struct kafka_held *held, struct kafka_way way)
{
        enum reason answer = producer_pass(producer, topic, held, way);
        key_free(held);
        if (answer != REASON_published)
                producer->port->report(held->event, answer);
}

static void spread_release(struct kafka_producer *producer, struct kafka_spread *spread, int64_t patient_since)
{
        while (spread->held.count) {
                const struct kafka_held *first = &spread->held.items[spread->held.first];
                struct kafka_way way = spread_choose(spread, first->size, first->since > patient_since);
                if (way.partition == SPREAD_HOLD)
                        return;
                struct kafka_held held = hold_take(producer, &spread->held);
                hold_pass(producer, spread->topic, &held, way);
        }
}

static void partition_release(struct kafka_producer *producer, struct kafka_spread *spread, uint32_t number,
                              int64_t patient_since)
{
        while (spread->partition[number].held.count) {
                struct kafka_ring *ring = &spread->partition[number].held;
                const struct kafka_held *first = &ring->items[ring->first];
                struct kafka_way way = spread_choose_again(spread, number, first->size, first->since > patient_since);
                if (way.partition == SPREAD_HOLD)
                        return;
                struct kafka_held held = hold_take(producer, ring);
                spread->keyed_held--;
                hold_pass(producer, spread->topic, &held, way);
        }
}

void hold_release(struct kafka_producer *producer, bool all)
{
        int64_t patient_since = all ? INT64_MAX : clock_nanoseconds() - producer->wait_ns;
        for (uint16_t topic = 0; topic < producer->port->topics.count && producer->waiting && !producer->dead; topic++) {
                struct kafka_spread *spread = producer->spreads[topic];
                if (!spread)
                        continue;
                spread_release(producer, spread, patient_since);
                for (uint32_t i = 0; i < spread->room && spread->keyed_held && !producer->dead; i++)
                        partition_release(producer, spread, i, patient_since);
        }
}

static void ring_fail(struct kafka_producer *producer, struct kafka_spread *spread, struct kafka_ring *ring)
{
        while (ring->count) {
                struct kafka_held held = hold_take(producer, ring);
                if (held.headers)
                        rd_kafka_headers_destroy(held.headers);
                producer_uncount(producer, spread, held.key.size + held.value.size);
                key_free(&held);
                producer->port->report(held.event, REASON_sink_failed);
        }
}

void hold_fail(struct kafka_producer *producer)
{
        for (uint16_t topic = 0; topic < TOPICS_MAX && producer->waiting; topic++) {
                struct kafka_spread *spread = producer->spreads[topic];
                if (!spread)
                        continue;
                ring_fail(producer, spread, &spread->held);
                for (uint32_t i = 0; i < spread->room; i++)
                        ring_fail(producer, spread, &spread->partition[i].held);
                spread->keyed_held = 0;
        }
}
