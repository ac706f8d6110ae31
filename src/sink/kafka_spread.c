/* Which partition a record without a key goes to.
 *
 * librdkafka keeps one batch of an idempotent producer in flight a partition, and while it is under way the thread that sends
 * turns without rest as soon as further records of that partition have waited for the linger. So records are not scattered:
 * they go to one partition for the time of a batch, and the next batch opens on a partition that has a leader and nothing in
 * flight. That gives the largest batches, and a slow or dead broker gets less to do by itself. While there is no such
 * partition, records wait in the port (kafka_hold.c).
 *
 * A batch is opened by leaving its first record to librdkafka, which asks our partitioner: only there may one ask for leaders,
 * and learn how many partitions there are. */
#include "base/clock.h"
#include "kafka.h"

/* The partitioners of librdkafka, for records with a key and for the first without. */
static const struct {
        const char *name;
        int32_t   (*choose)(const rd_kafka_topic_t *, const void *, size_t, int32_t, void *, void *);
} PARTITIONERS[] = {
        { "consistent",        rd_kafka_msg_partitioner_consistent },
        { "consistent_random", rd_kafka_msg_partitioner_consistent_random },
        { "fnv1a",             rd_kafka_msg_partitioner_fnv1a },
        { "fnv1a_random",      rd_kafka_msg_partitioner_fnv1a_random },
        { "murmur2",           rd_kafka_msg_partitioner_murmur2 },
        { "murmur2_random",    rd_kafka_msg_partitioner_murmur2_random },
        { "random",            rd_kafka_msg_partitioner_random },
};

/* The next partition with a leader and nothing in flight, else the one with the least; -1: none has a leader. */
static int32_t spread_next(struct kafka_spread *spread, const rd_kafka_topic_t *topic)
{
        int32_t best = -1;
        for (uint32_t i = 1; i <= spread->count; i++) {
                uint32_t partition = (spread->current + i) % spread->count;
                spread->away[partition] = !rd_kafka_topic_partition_available(topic, (int32_t)partition);
                if (spread->away[partition])
                        continue;
                if (spread->in_flight[partition] == 0)
                        return (int32_t)partition;
                if (best < 0 || spread->in_flight[partition] < spread->in_flight[best])
                        best = (int32_t)partition;
        }
        return best;
}

static void spread_resize(struct kafka_spread *spread, uint32_t count)
{
        if (count > spread->room) {
                spread->in_flight = memory_grow(spread->in_flight, count * sizeof(*spread->in_flight));
                memset(spread->in_flight + spread->room, 0, (count - spread->room) * sizeof(*spread->in_flight));
                spread->away = memory_grow(spread->away, count * sizeof(*spread->away));
                memset(spread->away + spread->room, 0, (count - spread->room) * sizeof(*spread->away));
                spread->room = count;
        }
        spread->count = count;
}

/* Called by librdkafka: on the port's thread within publish, or on one of its own for records that came before the
 * partitions were known. Only the first may touch the spread. */
static int32_t choose(const rd_kafka_topic_t *topic, const void *key, size_t key_size, int32_t count, void *topic_opaque,
                      void *opaque)
{
        struct kafka_spread *spread = topic_opaque;
        if (key && key_size)
                return PARTITIONERS[spread->partitioner].choose(topic, key, key_size, count, topic_opaque, opaque);
        if (!pthread_equal(pthread_self(), spread->owner) || !spread->opening)
                return rd_kafka_msg_partitioner_random(topic, key, key_size, count, topic_opaque, opaque);
        spread_resize(spread, (uint32_t)count);
        int32_t partition = spread_next(spread, topic);
        if (partition < 0)
                return rd_kafka_msg_partitioner_random(topic, key, key_size, count, topic_opaque, opaque);
        spread->current = (uint32_t)partition;
        spread->open = true;
        return partition;
}

static size_t partitioner_of(const rd_kafka_topic_conf_t *conf)
{
        char name[64];
        size_t size = sizeof(name);
        if (rd_kafka_topic_conf_get(conf, "partitioner", name, &size) == RD_KAFKA_CONF_OK)
                for (size_t i = 0; i < COUNT_OF(PARTITIONERS); i++)
                        if (strcmp(name, PARTITIONERS[i].name) == 0)
                                return i;
        return 1;
}

struct kafka_spread *spread_new(struct kafka_producer *producer, uint16_t topic, rd_kafka_topic_conf_t *conf)
{
        struct kafka_spread *spread = memory_get(sizeof(*spread));
        spread->topic = topic;
        spread->partitioner = partitioner_of(conf);
        int64_t margin = producer->linger_ns > 5000000 ? producer->linger_ns / 5 : 1000000;
        spread->batch_time = producer->linger_ns > 2 * margin ? producer->linger_ns - margin : producer->linger_ns / 2;
        spread->batch_size = producer->batch_size;
        spread->batch_count = producer->batch_count;
        rd_kafka_topic_conf_set_opaque(conf, spread);
        rd_kafka_topic_conf_set_partitioner_cb(conf, choose);
        return spread;
}

void spread_free(struct kafka_spread *spread)
{
        if (!spread)
                return;
        BUG_IF(spread->held_count);
        free(spread->held);
        free(spread->away);
        free(spread->openers);
        free(spread->in_flight);
        free(spread);
}

/* Whether every partition that might take a batch has something in flight. None known, or none with a leader: librdkafka
 * knows better. */
static bool spread_busy(const struct kafka_spread *spread)
{
        bool busy = false;
        for (uint32_t i = 0; i < spread->count; i++) {
                if (spread->away[i])
                        continue;
                if (spread->in_flight[i] == 0)
                        return false;
                busy = true;
        }
        return busy;
}

int32_t spread_choose(struct kafka_spread *spread, size_t size, bool patience)
{
        int64_t now = clock_nanoseconds();
        spread->opening = !spread->open || now - spread->opened > spread->batch_time ||
                          spread->bytes + size > spread->batch_size ||
                          spread->records == spread->batch_count;
        if (spread->opening && patience && spread_busy(spread)) {
                spread->opening = spread->open = false;
                return SPREAD_HOLD;
        }
        if (spread->opening) {
                spread->owner = pthread_self();
                spread->open = false;      /* until choose() has found a partition */
                spread->opened = now;
                spread->bytes = size;
                spread->records = 1;
                return RD_KAFKA_PARTITION_UA;
        }
        spread->bytes += size;
        spread->records++;
        spread->in_flight[spread->current]++;
        return (int32_t)spread->current;
}

void spread_opened(struct kafka_spread *spread, const struct event *event)
{
        if (!spread->open)
                return;            /* choose() was not asked, or found no leader: nobody knows where it goes */
        if (spread->openers_count == spread->openers_room) {
                spread->openers_room = spread->openers_room ? 2 * spread->openers_room : 16;
                spread->openers = memory_grow(spread->openers, spread->openers_room * sizeof(*spread->openers));
        }
        spread->openers[spread->openers_count++] = (struct kafka_opener){ event, spread->current };
        spread->in_flight[spread->current]++;
}

void spread_return(struct kafka_spread *spread, int32_t partition)
{
        BUG_IF(partition < 0 || (uint32_t)partition >= spread->room || spread->in_flight[partition] == 0);
        spread->in_flight[partition]--;
}

/* librdkafka may have chosen again, so the partition of the report is not asked. */
void spread_return_opener(struct kafka_spread *spread, const struct event *event)
{
        for (size_t i = 0; i < spread->openers_count; i++)
                if (spread->openers[i].event == event) {
                        spread_return(spread, (int32_t)spread->openers[i].partition);
                        spread->openers[i] = spread->openers[--spread->openers_count];
                        return;
                }
}

void spread_close(struct kafka_spread *spread)
{
        spread->open = false;
}
