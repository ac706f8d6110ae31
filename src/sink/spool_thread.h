/* Inside the spool: what the workers' side and the thread share. */
#ifndef SINK_SPOOL_THREAD_H
#define SINK_SPOOL_THREAD_H
#include "sink/spool.h"
#include "sink/spool_log.h"
#include "spool_private.h"
#include <pthread.h>
#include <stdatomic.h>

/* A record on its way to the disk; the event comes back with its fate. */
struct parcel {
        struct parcel     *next;
        struct spool_port *port;
        struct event      *event;
        size_t             size;
        uint16_t           bucket;
        uint8_t            fate;           /* enum reason */
        bool               keyed;
        char               payload[];
};
struct parcels { struct parcel *first, *last; };

static inline void parcels_add(struct parcels *parcels, struct parcel *parcel)
{
        parcel->next = NULL;
        if (parcels->first)
                parcels->last->next = parcel;
        else
                parcels->first = parcel;
        parcels->last = parcel;
}

struct spool_port {
        struct spool *spool;
        void        (*report)(struct event *event, enum reason fate);
        int           descriptor;
        struct parcels done;               /* under the spool's lock */
        size_t        held, bytes;         /* the worker's own: parcels without a report */
};

/* WAITS: to be sent. SENT: no report yet. MOVING: in another lane, but not durable there yet. DONE, MOVED: to be released. */
enum drain_state { DRAIN_WAITS, DRAIN_SENT, DRAIN_MOVING, DRAIN_DONE, DRAIN_MOVED };

/* A record on its way from the disk to the sink. */
struct drained {
        struct drained    *next;
        struct lane       *lane;
        struct spool_place place, behind;
        struct spool_record record;        /* lies in the payload */
        size_t             size;
        int64_t            sent;           /* ms, clock_steady(): when the sink took it last */
        int64_t            refused, returned;      /* likewise: when it gave it back, or took it not, first and last; 0: never */
        uint16_t           topic, bucket;
        enum drain_state   state;
        struct record_header headers[];    /* then the payload */
};

/* A log, and what is on its way from it to the sink. Records of workers go to the first one, the main lane. Each further one has
 * the records of one topic that the sink refuses, in a folder of its own, so that they do not hold up those of others; as long as
 * there is one, what the main lane has for that topic goes there, in its order. The thread's own. */
struct lane {
        struct spool           *spool;
        struct spool_log       *log;
        char                   *topic;             /* NULL: the main one */
        int                     end;               /* the file `end` of a topic's; -1: there is none */
        unsigned                end_pair;          /* where it is written next */
        struct spool_place      next;              /* to read */
        struct drained         *first, *last;      /* in the order of the log */
        size_t                  window, window_bytes, waiting, sent;       /* waiting, sent: of the window, by state */
        size_t                  moving, moving_bytes;      /* records that were appended to it and are not durable */
        uint64_t                earlier;           /* records of an earlier run that were seen */
        int64_t                 pause;             /* ms, clock_steady(): nothing is sent before */
        int64_t                 silent_next;       /* likewise: nobody asks before which topic is silent */
        int64_t                 look_next;         /* likewise: the disk is not asked before */
        unsigned                patience;          /* how often the pause has doubled */
        bool                    used;              /* records were in it */
        bool                    crammed;           /* of the main one: the newest could not be moved to a lane that is empty */
        bool                    looking;           /* not everything of an earlier run was seen */
        bool                    probing;           /* the sink refused the newest: one is sent at a time */
        bool                    stuck;             /* a record that can never be sent cannot be set aside either */
};
#define LANES_MOST 17
#define MOVING_MOST ((size_t)4 << 20)      /* bytes between two commits of a topic's lane: so much memory each of them keeps */

#define SPOOL_BUCKETS 65536
struct spool {
        const struct config    *config;
        const struct sink_type *type;
        struct sink            *sink;
        size_t                  queue_limit;       /* bytes of parcels, a worker */
        pthread_t               thread;
        int                     wake;              /* eventfd */
        pthread_mutex_t         lock;              /* of incoming, done lists, stock, parked_* */
        struct parcels          incoming;
        struct spool_stock      stock;             /* a copy for who asks */
        uint64_t                parked_records, parked_topics;     /* likewise */
        _Atomic bool            stopping, healthy;
        _Atomic bool            looking;           /* at what an earlier run has left: its keys are not known at all */
        _Atomic uint64_t        stored;            /* records put, or seen at the start, and not released */
        _Atomic uint32_t        buckets[SPOOL_BUCKETS];
        _Atomic uint64_t        written, written_bytes, drained, refused, failures, commits, commit_time, set_aside, lost;
        /* The thread's own. */
        struct spool_log       *log;               /* of the main lane */
        struct lane            *lanes[LANES_MOST];
        uint64_t                gone_damaged;      /* of lanes that are gone */
        size_t                  lane_count, turn;  /* turn: whose it is to be drained first */
        struct sink_port       *port;
        uint32_t                committed[SPOOL_BUCKETS];  /* of `buckets`, what is in the logs */
        int64_t                 tokens_time;       /* ms */
        double                  tokens;            /* bytes that may be sent now */
        int64_t                 look_told;         /* ms, clock_steady() */
        bool                    full, failing;     /* what the log was told last */
        bool                    unparked;          /* a topic that needs a lane has none, or none with room; it was told */
        bool                    crowded;           /* the sink knows too many topics to take one more */
};

/* What all lanes have together. */
void         lanes_stock(const struct spool *spool, struct spool_stock *ret_stock);
void         lanes_show(struct spool *spool);      /* to who asks */
/* No lane may grow beyond what the others leave of spool.size. */
void         lanes_share(struct spool *spool);
/* Opens the main lane, and those that an earlier run has left. `limits` but for what lanes have of their own. */
bool         lanes_open(struct spool *spool, const struct spool_limits *limits, struct error *err);
void         lanes_close(struct spool *spool);
/* Those that are empty go, with their folders. */
void         lanes_tidy(struct spool *spool);
void         lane_drop(struct spool *spool, size_t index);         /* one that is */
struct lane *lane_find(const struct spool *spool, struct slice topic);     /* NULL: the topic has none */
/* A lane for a topic that the sink refuses. False: there are too many, or the disk; err says which. */
bool         lane_add(struct spool *spool, struct slice topic, struct error *err);
/* Appends a record of the main lane to its topic's. SPOOL_FULL, SPOOL_FAILED: it has to wait. */
enum spool_answer lane_move(struct lane *to, struct drained *drained);
/* What was appended is durable there, and may be released; or it waits where it is. */
void         lanes_commit(struct spool *spool);
bool         lane_commit(struct lane *lane);        /* the same of one; false: the disk, which was logged */
/* silent.c: a topic that does not confirm what is under way to it, while others do, gets a lane. */
void         lane_listen(struct lane *lane);
void         lane_log_notes(struct lane *lane);    /* what its log has to say */
void         lane_pause(struct lane *lane);        /* nothing of it is sent for a while */
void         drained_set(struct drained *drained, enum drain_state state);
static inline char *drained_payload(struct drained *drained)
{
        return (char *)(drained->headers + drained->record.header_count);
}

uint16_t spool_bucket(struct slice key);
void     spool_wake(struct spool *spool);
/* drain.c: takes in reports, releases what is delivered, sends more. Answers the ms after which it wants to be called again; -1:
 * when something happens. */
int      spool_drain(struct spool *spool);
void     spool_drain_report(struct event *event, enum reason fate);
void     spool_drain_end(struct spool *spool);
#endif
