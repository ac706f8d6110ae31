/* Inside the spool: what the workers' side and the thread share. */
#ifndef SINK_SPOOL_THREAD_H
#define SINK_SPOOL_THREAD_H
#include "sink/spool.h"
#include "sink/spool_log.h"
#include "spool_segment.h"
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

enum drain_state { DRAIN_WAITS, DRAIN_SENT, DRAIN_DONE };

/* A record on its way from the disk to the sink. */
struct drained {
        struct drained    *next;
        struct spool      *spool;
        struct spool_place place, behind;
        struct spool_record record;        /* lies in the payload */
        size_t             size;
        uint16_t           topic, bucket;
        enum drain_state   state;
        struct record_header headers[];    /* then the payload */
};

#define SPOOL_BUCKETS 65536
struct spool {
        const struct config    *config;
        const struct sink_type *type;
        struct sink            *sink;
        size_t                  queue_limit;       /* bytes of parcels, a worker */
        pthread_t               thread;
        int                     wake;              /* eventfd */
        pthread_mutex_t         lock;              /* of incoming, done lists, stock */
        struct parcels          incoming;
        struct spool_stock      stock;             /* a copy for who asks */
        _Atomic bool            stopping, healthy;
        _Atomic bool            looking;           /* at what an earlier run has left: its keys are not known at all */
        _Atomic uint64_t        stored;            /* records put and not released */
        _Atomic uint64_t        backlog;           /* records of an earlier run that are not released: their keys are not known */
        _Atomic uint32_t        buckets[SPOOL_BUCKETS];
        _Atomic uint64_t        written, written_bytes, drained, refused, failures, commits, commit_time, set_aside, lost;
        /* The thread's own. */
        struct spool_log       *log;
        struct sink_port       *port;
        uint32_t                committed[SPOOL_BUCKETS];  /* of `buckets`, what is in the log */
        struct spool_place      next;              /* to read */
        struct drained         *first, *last;      /* in the order of the log */
        size_t                  window, window_bytes, waiting, sent;       /* waiting, sent: of the window, by state */
        int64_t                 tokens_time;       /* ms */
        double                  tokens;            /* bytes that may be sent now */
        int64_t                 pause;             /* ms, clock_steady(): nothing is sent before */
        unsigned                patience;          /* how often the pause has doubled */
        int64_t                 look_next, look_told;      /* ms, clock_steady() */
        bool                    full, failing;     /* what the log was told last */
        bool                    stuck;             /* a record that can never be sent cannot be set aside either */
        bool                    crowded;           /* the sink knows too many topics to take one more */
};

uint16_t spool_bucket(struct slice key);
void     spool_wake(struct spool *spool);
/* drain.c: takes in reports, releases what is delivered, sends more. Answers the ms after which it wants to be called again; -1:
 * when something happens. */
int      spool_drain(struct spool *spool);
void     spool_drain_report(struct event *event, enum reason fate);
void     spool_drain_end(struct spool *spool);
#endif
