/* Private to src/sink/kafka*.c: the Kafka sink's own nouns. These files alone include librdkafka.
 *
 * sink      the process's: configuration, the embedded cluster, one slot a port for what a scrape reads
 * port      a worker's: topics, messages for the log, the producer in use and those that still wait for reports
 * producer  one rd_kafka_t with its queues; replaced when it is dead (a fatal error) or its batches are too large */
#ifndef SINK_KAFKA_H
#define SINK_KAFKA_H
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>
#include "base/log.h"
#include "sink/sink.h"
#include "sink/topics.h"

#define KAFKA_BATCH_LEAST     512          /* bytes: batches are not made smaller than this, see producer_oversize() */
#define KAFKA_REPLACE_PAUSE   1000         /* ms between two producers of a port, for a cluster that kills each at once */
#define KAFKA_ASK_TIME        5000         /* ms that a question about topics may take */
#define KAFKA_LIMIT_LIFE      600000       /* ms after which a topic's limit is asked for again */
#define KAFKA_LIMIT_RETRY     10000        /* ms, the same for one that is not known: the topic may yet be created */
#define KAFKA_MESSAGES_MAX    16           /* waiting for the log */
#define KAFKA_MESSAGE_WINDOW  10000        /* ms in which at most KAFKA_MESSAGES_MAX messages are kept */
/* What a record takes in a batch beyond its own bytes, at most: the batch's head (61), the record's varints (31). */
#define KAFKA_RECORD_FRAME    96
#define KAFKA_HEADER_FRAME    10
#define SPREAD_HOLD           (-2)         /* not a partition, nor RD_KAFKA_PARTITION_UA */
#define KAFKA_HEADERS_TYPICAL 24           /* what `largest` leaves room for */

struct kafka_embedded;
struct kafka_slot {                        /* one a port; read by any thread */
        pthread_mutex_t  lock;             /* guards statistics; taken once an interval and once a scrape */
        char            *statistics;       /* librdkafka's newest JSON, malloc'd; NULL: none yet */
        struct sink_port *port;            /* NULL: free; guarded by the sink's lock */
        _Atomic size_t   largest;          /* written by the port's thread */
        _Atomic uint64_t replaced, silenced;       /* producers; messages that were not kept */
};
struct sink {
        const struct config   *config;
        struct kafka_embedded *embedded;   /* NULL: a real cluster */
        const char            *brokers;
        size_t                 workers;
        pthread_mutex_t        lock;       /* guards the slots' `port`: ports are opened on their threads */
        struct kafka_slot     *slots;      /* workers of them */
};

/* A record that waits in the port for a partition that has nothing in flight. */
struct kafka_held {
        rd_kafka_headers_t *headers;       /* NULL: none */
        struct event       *event;
        struct slice        key, value;    /* the key of one that waits is ours (malloc); the value stays where it is */
        size_t              size;          /* as record_size() */
        int64_t             since;         /* ns */
};
struct kafka_ring {
        struct kafka_held *items;          /* `room` of them, a power of two */
        size_t             first, count, room;
};
/* What librdkafka is told: a partition, RD_KAFKA_PARTITION_UA (choose() is asked), or SPREAD_HOLD: nothing yet. And the partition
 * with whose records it is counted, or for which it waits; -1: none, or what choose() says. */
struct kafka_way {
        int32_t partition, counted;
};
/* A record of which librdkafka was told no partition, so that choose() was asked: the first of a batch, or one with a key. */
struct kafka_opener {
        const struct event *event;
        uint32_t            partition;
};
/* What is under way to a partition: at most one batch, and one behind it that collects. */
struct kafka_partition {
        uint32_t in_flight;                /* records without a report */
        uint32_t ahead;                    /* of them, those of the batch before the newest */
        int64_t  opened;                   /* ns: when the newest batch was opened */
        int64_t  sent, sent_ahead;         /* ns: when the newest batch is sent, by what we know, and the one before it */
        size_t   bytes, records;           /* that were put into the newest batch */
        bool     away;                     /* it had no leader when the newest batch of the topic was opened */
        struct kafka_ring held;            /* records whose key wants this partition: kafka_hold.c */
};
/* A batch that was confirmed without a place. */
struct kafka_doubt {
        int64_t next;                      /* what its next record gives for its place */
        size_t  left;                      /* records of it that may still come; 0: there is none */
};
/* Where the records of a topic go, and when: kafka_spread.c. */
struct kafka_spread {
        uint16_t   topic;                  /* its number */
        size_t     partitioner;            /* of records with a key */
        _Atomic pthread_t owner;           /* the port's thread, as of the last question */
        uint32_t   count, room;            /* partitions, 0: not known; entries of `partition` */
        int64_t    counted;                /* ns: when librdkafka told their number last */
        struct kafka_partition *partition;
        struct kafka_opener *openers;
        size_t     openers_count, openers_room;
        uint32_t   current;                /* the partition of the open batch of records without a key */
        bool       open, opening;          /* opening: this record is left to librdkafka and opens a batch */
        int32_t    chosen;                 /* what choose() answered for a record with a key; -1: it was not asked */
        int64_t    now;                    /* ns: of the question at hand */
        int64_t    batch_time;             /* ns: how long a batch takes records */
        int64_t    linger, round_trip;     /* ns; from sending to the report: quick to grow, slow to shrink */
        size_t     size;                   /* of the record that opens a batch */
        size_t     batch_size, batch_count;
        struct kafka_ring held;            /* records without a key */
        size_t     keyed_held;             /* records in the partitions' rings */
        size_t     unreported;             /* records without a report, wherever they are */
        struct kafka_doubt *doubt;         /* by partition: kafka_doubt.c */
        uint32_t   doubts;                 /* entries of it */
};
/* Whether a report without an error is no confirmation: the record has to be sent again. `open`: how many records of the producer
 * have no report, this one among them. */
bool confirmation_doubtful(struct kafka_spread *spread, const rd_kafka_message_t *message, size_t open);
struct kafka_producer {
        struct kafka_producer *next;       /* of the port's retired ones */
        struct sink_port      *port;
        rd_kafka_t            *client;
        rd_kafka_queue_t      *reports, *answers;  /* the main queue; answers to questions about topics */
        rd_kafka_topic_t     **handles;    /* by topic number, made when first used */
        struct kafka_spread  **spreads;    /* by topic number, likewise */
        int64_t                linger_ns;
        size_t                 batch_count;        /* records, batch.num.messages of this client */
        size_t                 batch_size; /* bytes, batch.size of this client */
        size_t                 record_limit;       /* bytes, message.max.bytes of this client */
        size_t                 held;       /* records without a report */
        size_t                 bytes, bytes_limit; /* of their keys and values; what the queue takes */
        size_t                 waiting;    /* records that librdkafka does not have yet */
        int64_t                wait_ns;    /* how long one may wait at most */
        bool                   dead;       /* a fatal error: it takes nothing any more */
        bool                   numbered;   /* idempotent: its batches have numbers */
        bool                   asking;     /* a question is under way */
        uint16_t               warm;       /* handles of the topics below this number were made */
};
struct kafka_topic {
        size_t  limit;                     /* bytes, max.message.bytes; SIZE_MAX: not known */
        int64_t next;                      /* clock_steady(): when to ask (again) */
};
struct sink_port {
        struct sink           *sink;
        struct kafka_slot     *slot;
        void                 (*report)(struct event *event, enum reason fate);
        int                    descriptor; /* an eventfd that every queue of every producer rings */
        struct kafka_producer *producer;   /* takes the records; NULL only when none could be made */
        struct kafka_producer *retired;    /* take no more, wait for their reports */
        struct topics          topics;
        struct kafka_topic    *limits;     /* by topic number, TOPICS_MAX of them */
        size_t                 held;
        size_t                 batch_wanted;       /* 0: as configured */
        int64_t                replaced;   /* clock_steady() of the newest producer */
        int64_t                ask_next;   /* clock_steady(): the earliest `next` of the topics */
        bool                   up;         /* connected to a broker, as of the newest sign */
        bool                   patient;    /* no record times out */
        bool                   full;       /* refused for want of room, and nothing has left since */
        bool                   asked;      /* for topics' limits, once at least */
        bool                   mute;       /* the cluster cannot tell topics' limits */
        struct sink_message    messages[KAFKA_MESSAGES_MAX];
        size_t                 message_first, message_count;
        size_t                 message_window;     /* kept since message_start */
        int64_t                message_start;
        uint64_t               message_silenced;   /* in this window */
};

/* A record has its report, or will have none: it counts no more. `bytes`: of its key and value. */
static inline void producer_uncount(struct kafka_producer *producer, struct kafka_spread *spread, size_t bytes)
{
        producer->held--;
        producer->bytes -= bytes;
        spread->unreported--;
        producer->port->held--;
}

/* kafka_options.c: what the configuration means to librdkafka. `batch_size` 0: as configured. */
rd_kafka_conf_t *kafka_options_new(const struct config *config, size_t workers, const char *brokers, size_t batch_size,
                                   struct error *err);
/* No record times out. Destroys the options when it cannot. */
bool kafka_options_patient(rd_kafka_conf_t *conf, struct error *err);
bool kafka_options_check(const struct config *config, struct errors *errors, struct errors *advice);

/* kafka_embedded.c */
struct kafka_embedded *kafka_embedded_new(const struct config *config, struct error *err);
void                   kafka_embedded_free(struct kafka_embedded *embedded);
const char            *kafka_embedded_brokers(const struct kafka_embedded *embedded);

/* kafka_producer.c */
struct kafka_producer *producer_new(struct sink_port *port, size_t batch_size, struct error *err);
void        producer_free(struct kafka_producer *producer);        /* nothing is held by it any more */
enum reason producer_publish(struct kafka_producer *producer, const struct record *record);
/* Hands a record that waited to librdkafka; the way as spread_choose() gives it. */
enum reason producer_pass(struct kafka_producer *producer, uint16_t topic, const struct kafka_held *held, struct kafka_way way);
void        producer_warm(struct kafka_producer *producer);        /* finds the leaders of the topics, before they are needed */
bool        producer_serve(struct kafka_producer *producer);       /* true: there may be more */
void        producer_drain(struct kafka_producer *producer, int64_t ms);   /* waits for reports, purges the rest; takes no more */

/* kafka_spread.c: which partition, and when */
/* Sets conf's opaque. */
struct kafka_spread *spread_new(struct kafka_producer *producer, uint16_t topic, rd_kafka_topic_conf_t *conf);
void        spread_free(struct kafka_spread *spread);
/* A record without a key. With patience, SPREAD_HOLD: no partition is idle now. */
struct kafka_way spread_choose(struct kafka_spread *spread, size_t size, bool patience);
/* One with a key. SPREAD_HOLD: its partition (`counted`) is not idle, or others wait for it. */
struct kafka_way spread_choose_keyed(struct kafka_spread *spread, const rd_kafka_topic_t *topic, struct slice key, size_t size);
/* One with a key that has waited for the partition. */
struct kafka_way spread_choose_again(struct kafka_spread *spread, uint32_t partition, size_t size, bool patience);
/* librdkafka has taken it, without being told a partition. */
void        spread_asked(struct kafka_spread *spread, const struct event *event, bool keyed, struct kafka_way way);
/* Its report has come. */
void        spread_return(struct kafka_spread *spread, int32_t number);
void        spread_return_asked(struct kafka_spread *spread, const struct event *event);
/* librdkafka did not take it: maybe the partition is gone. */
void        spread_refused(struct kafka_spread *spread, struct kafka_way way);

/* kafka_hold.c: records that wait for an idle partition */
/* `partition`: the one that its key wants; -1: it has no key. */
void hold_add(struct kafka_producer *producer, uint16_t topic, int32_t partition, const struct kafka_held *held);
void hold_release(struct kafka_producer *producer, bool all);      /* to partitions that have become idle; all: to any */
void hold_fail(struct kafka_producer *producer);                   /* reports all as sink_failed */

/* kafka_limits.c: what topics take */
void limits_ask(struct sink_port *port);                           /* if it is time to */
void limits_want(struct sink_port *port, uint16_t topic);          /* ask for this one soon */
void limits_answer(struct kafka_producer *producer, rd_kafka_event_t *answer);
void limits_publish(struct sink_port *port);                       /* the slot's `largest` */

/* kafka_message.c */
void message_add(struct sink_port *port, int level, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool message_take(struct sink_port *port, struct sink_message *ret_message);

/* kafka_statistics.c */
void statistics_print(struct sink *sink, struct buffer *out);
void statistics_print_reference(FILE *out);
#endif
