/* Which partition a record goes to, and when.
 *
 * librdkafka keeps one batch of an idempotent producer in flight a partition, and while it is under way the thread that sends
 * turns without rest as soon as further records of that partition have waited for the linger. So records without a key are not
 * scattered: they go to one partition for the time of a batch, and the next batch opens on a partition that has a leader and
 * nothing in flight, or whose flight will be over when the new batch is ready. That gives the largest batches, and a slow or
 * dead broker gets less to do by itself. While there is no such partition, records wait in the port (kafka_hold.c).
 *
 * A batch is opened by leaving its first record to librdkafka, which asks our partitioner: only there may one ask for leaders,
 * and learn how many partitions there are.
 *
 * A record with a key has its partition. It goes there by the same rule, or waits for it, behind others that do. Now and then
 * one is left to librdkafka, too, as a topic may be given more partitions. */
#include "base/clock.h"
#include "kafka.h"

#define ROUND_TRIP_MOST 1000000000         /* ns */
#define COUNT_LIFE      1000000000         /* ns that the number of partitions is believed */
#define OPENERS_LEAST   256                /* and two a partition: what is listed of records that were left to librdkafka */

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
        { "random",            rd_kafka_msg_partitioner_random },  /* the last: not by the key */
};
#define BY_KEY (COUNT_OF(PARTITIONERS) - 1)

/* Whether a batch that is opened now would be ready before it may be sent: then librdkafka's thread would turn. Not when nothing
 * is in flight; nor when what is in flight comes back within the linger of the new batch, by all that is known. */
static bool partition_free(const struct kafka_spread *spread, const struct kafka_partition *partition)
{
        return partition->in_flight == 0 || (partition->ahead == 0 && spread->now - partition->opened >= spread->round_trip);
}

/* The next partition with a leader and nothing in flight; else the one that is free the longest; else the one with the least in
 * flight; -1: none has a leader. */
static int32_t spread_next(struct kafka_spread *spread, const rd_kafka_topic_t *topic)
{
        int32_t best = -1;
        bool best_free = false;
        for (uint32_t i = 1; i <= spread->count; i++) {
                uint32_t number = (spread->current + i) % spread->count;
                struct kafka_partition *partition = &spread->partition[number], *other = &spread->partition[best < 0 ? 0 : best];
                partition->away = !rd_kafka_topic_partition_available(topic, (int32_t)number);
                if (partition->away)
                        continue;
                if (partition->in_flight == 0)
                        return (int32_t)number;
                bool is_free = partition_free(spread, partition);
                bool better = is_free == best_free ? (is_free ? partition->opened < other->opened
                                                              : partition->in_flight < other->in_flight)
                                                   : is_free;
                if (best >= 0 && !better)
                        continue;
                best = (int32_t)number;
                best_free = is_free;
        }
        return best;
}

static void spread_resize(struct kafka_spread *spread, uint32_t count)
{
        if (count > spread->room) {
                spread->partition = memory_grow(spread->partition, count * sizeof(*spread->partition));
                memset(spread->partition + spread->room, 0, (count - spread->room) * sizeof(*spread->partition));
                spread->room = count;
        }
        spread->count = count;
}

/* Its first record is counted as in flight by the caller. */
static void partition_open(struct kafka_spread *spread, struct kafka_partition *partition, size_t size)
{
        partition->ahead = partition->in_flight;
        partition->sent_ahead = partition->sent;
        partition->opened = spread->now;
        partition->sent = spread->now + spread->linger;
        partition->bytes = size;
        partition->records = 1;
}

/* The record goes into the newest batch, if that is still open. */
static bool partition_join(struct kafka_spread *spread, struct kafka_partition *partition, size_t size)
{
        if (partition->records == 0 || spread->now - partition->opened > spread->batch_time)
                return false;
        if (partition->bytes + size > spread->batch_size || partition->records == spread->batch_count) {
                if (spread->now < partition->sent)
                        partition->sent = spread->now;     /* it is full */
                return false;
        }
        partition->bytes += size;
        partition->records++;
        partition->in_flight++;
        return true;
}

/* Called by librdkafka: on the port's thread within publish, or on one of its own for records that came before the
 * partitions were known. Only the first may touch the spread. */
static int32_t choose(const rd_kafka_topic_t *topic, const void *key, size_t key_size, int32_t count, void *topic_opaque,
                      void *opaque)
{
        struct kafka_spread *spread = topic_opaque;
        bool ours = pthread_equal(pthread_self(), spread->owner);
        if (key && key_size) {
                int32_t chosen = PARTITIONERS[spread->partitioner].choose(topic, key, key_size, count, topic_opaque, opaque);
                if (ours) {
                        spread_resize(spread, (uint32_t)count);
                        spread->counted = spread->now;
                        spread->chosen = chosen;
                }
                return chosen;
        }
        if (!ours || !spread->opening)
                return rd_kafka_msg_partitioner_random(topic, key, key_size, count, topic_opaque, opaque);
        spread_resize(spread, (uint32_t)count);
        spread->counted = spread->now;
        int32_t partition = spread_next(spread, topic);
        if (partition < 0)
                return rd_kafka_msg_partitioner_random(topic, key, key_size, count, topic_opaque, opaque);
        spread->current = (uint32_t)partition;
        spread->open = true;
        partition_open(spread, &spread->partition[partition], spread->size);
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
        spread->linger = producer->linger_ns;
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
        BUG_IF(spread->held.count || spread->keyed_held);
        free(spread->held.items);
        for (uint32_t i = 0; i < spread->room; i++)
                free(spread->partition[i].held.items);
        free(spread->openers);
        free(spread->partition);
        free(spread->doubt);
        free(spread);
}

/* Whether a batch had better wait. No partition is known, or none with a leader: librdkafka knows better. */
static bool spread_busy(const struct kafka_spread *spread)
{
        bool busy = false;
        for (uint32_t i = 0; i < spread->count; i++) {
                if (spread->partition[i].away)
                        continue;
                if (partition_free(spread, &spread->partition[i]))
                        return false;
                busy = true;
        }
        return busy;
}

struct kafka_way spread_choose(struct kafka_spread *spread, size_t size, bool patience)
{
        spread->now = clock_nanoseconds();
        int32_t current = (int32_t)spread->current;
        if (LIKELY(spread->open && partition_join(spread, &spread->partition[current], size))) {
                spread->opening = false;
                return (struct kafka_way){ current, current };
        }
        spread->open = false;              /* until choose() has found a partition */
        spread->opening = !(patience && spread_busy(spread));
        if (!spread->opening)
                return (struct kafka_way){ SPREAD_HOLD, -1 };
        spread->owner = pthread_self();
        spread->size = size;
        return (struct kafka_way){ RD_KAFKA_PARTITION_UA, -1 };
}

/* librdkafka is to say where it goes. */
static struct kafka_way key_ask(struct kafka_spread *spread, int32_t counted)
{
        spread->owner = pthread_self();
        spread->opening = false;
        spread->chosen = -1;
        return (struct kafka_way){ RD_KAFKA_PARTITION_UA, counted };
}

static struct kafka_way key_go(struct kafka_spread *spread, int32_t number, size_t size, bool patience)
{
        struct kafka_partition *partition = &spread->partition[number];
        if (!partition_join(spread, partition, size)) {
                if (patience && !partition_free(spread, partition))
                        return (struct kafka_way){ SPREAD_HOLD, number };
                partition_open(spread, partition, size);
                partition->in_flight++;
        }
        return spread->now - spread->counted > COUNT_LIFE ? key_ask(spread, number) : (struct kafka_way){ number, number };
}

struct kafka_way spread_choose_keyed(struct kafka_spread *spread, const rd_kafka_topic_t *topic, struct slice key, size_t size)
{
        spread->now = clock_nanoseconds();
        if (spread->count == 0 || spread->partitioner >= BY_KEY)
                return key_ask(spread, -1);
        int32_t number = PARTITIONERS[spread->partitioner].choose(topic, key.data, key.size, (int32_t)spread->count, NULL, NULL);
        if (spread->partition[number].held.count)
                return (struct kafka_way){ SPREAD_HOLD, number };
        return key_go(spread, number, size, true);
}

struct kafka_way spread_choose_again(struct kafka_spread *spread, uint32_t partition, size_t size, bool patience)
{
        spread->now = clock_nanoseconds();
        return key_go(spread, (int32_t)partition, size, patience);
}

void spread_asked(struct kafka_spread *spread, const struct event *event, bool keyed, struct kafka_way way)
{
        int32_t number = keyed ? spread->chosen : spread->open ? (int32_t)spread->current : -1;
        if (way.counted < 0 && number < 0)
                return;            /* choose() was not asked, or found no leader: nobody knows where it goes */
        /* Each may be one when a key does not say where it goes, or librdkafka has forgotten the topic in a long outage; and each
         * report looks through the list. */
        if (spread->openers_count >= OPENERS_LEAST + 2 * (size_t)spread->count) {
                if (way.counted >= 0)
                        spread_return(spread, way.counted);
                return;
        }
        if (number < 0)
                number = way.counted;
        if (way.counted < 0)
                spread->partition[number].in_flight++;
        else if (number != way.counted) {          /* there are more partitions than there were */
                spread_return(spread, way.counted);
                spread->partition[number].in_flight++;
        }
        if (spread->openers_count == spread->openers_room) {
                spread->openers_room = spread->openers_room ? 2 * spread->openers_room : 16;
                spread->openers = memory_grow(spread->openers, spread->openers_room * sizeof(*spread->openers));
        }
        spread->openers[spread->openers_count++] = (struct kafka_opener){ event, (uint32_t)number };
}

/* The last record of a batch that was sent at `sent` has its report. */
static int64_t batch_returned(struct kafka_spread *spread, int64_t sent)
{
        int64_t now = clock_nanoseconds(), took = now > sent ? now - sent : 0;
        if (took > ROUND_TRIP_MOST)
                took = ROUND_TRIP_MOST;    /* an outage says nothing of the time after it */
        spread->round_trip = took > spread->round_trip ? took : spread->round_trip - (spread->round_trip - took) / 8;
        return now;
}

void spread_return(struct kafka_spread *spread, int32_t number)
{
        BUG_IF(number < 0 || (uint32_t)number >= spread->room || spread->partition[number].in_flight == 0);
        struct kafka_partition *partition = &spread->partition[number];
        partition->in_flight--;
        if (partition->ahead > 0) {
                if (--partition->ahead > 0)
                        return;
                int64_t now = batch_returned(spread, partition->sent_ahead);
                if (partition->sent < now)
                        partition->sent = now;     /* it had to wait */
        } else if (partition->in_flight == 0) {
                (void)batch_returned(spread, partition->sent);
        }
}

/* librdkafka may have chosen again, so the partition of the report is not asked. */
void spread_return_asked(struct kafka_spread *spread, const struct event *event)
{
        for (size_t i = 0; i < spread->openers_count; i++)
                if (spread->openers[i].event == event) {
                        spread_return(spread, (int32_t)spread->openers[i].partition);
                        spread->openers[i] = spread->openers[--spread->openers_count];
                        return;
                }
}

void spread_refused(struct kafka_spread *spread, struct kafka_way way)
{
        if (way.counted >= 0)
                spread_return(spread, way.counted);
        if (way.partition == RD_KAFKA_PARTITION_UA)
                return;
        spread->open = false;
        spread->counted = INT64_MIN / 2;           /* ask */
}
