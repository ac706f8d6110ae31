/* Inside the room: what a worker counts, and how a scrape reads it. */
#ifndef METRICS_WORKER_H
#define METRICS_WORKER_H
#include "metrics/metrics.h"
#include <pthread.h>
#include <stdatomic.h>

#define SLOT_COUNT    4096         /* of schemas; 0 is for those without a slot */
#define BUCKET_FIRST  10           /* the first bucket ends at 2^10 ns, 1 us */
#define BUCKET_LAST   36           /* the last one at 2^36 ns, 69 s; what took longer is only in the count */
#define BUCKET_COUNT  (2 * (BUCKET_LAST - BUCKET_FIRST) + 2)

typedef _Atomic int64_t counter;   /* written by one thread, without locked instructions */

/* A consistent copy. Slot by slot: received, then published, rejected, refused. */
struct counts {
        int64_t metric[METRIC_COUNT];
        int64_t reason[REASON_COUNT];
        int64_t slot[SLOT_COUNT][1 + END_COUNT];
};

struct histogram {
        counter bucket[BUCKET_COUNT];      /* not cumulative; the last one is "longer" */
        counter nanoseconds;
};

/* What a scrape that cannot find a quiet moment asks of the worker: to make the copy itself. */
enum handover { HANDOVER_NONE, HANDOVER_WANTED, HANDOVER_DONE };

struct metrics_worker {
        _Atomic uint64_t   sequence;       /* odd between begin and end */
        _Atomic int        handover;
        struct metrics    *metrics;
        struct counts     *copy;           /* the worker's while WANTED, the scrape's while DONE */
        counter            metric[METRIC_COUNT];
        counter            reason[REASON_COUNT];
        counter            slot[SLOT_COUNT][1 + END_COUNT];
        struct histogram   stage[STAGE_COUNT];
};

struct metrics {
        struct metrics_worker **workers;
        size_t                  count;             /* of the workers, and one for the main thread */
        pthread_mutex_t         scrape;            /* one scrape at a time */
        pthread_mutex_t         names;             /* guards giving of slots */
        _Atomic uint32_t        slot_count;        /* slots given, and 0 */
        char                   *name[SLOT_COUNT];  /* set before slot_count tells of it */
        uint16_t                index[2 * SLOT_COUNT];     /* slots by hash of their name; 0: free */
        double                  started;           /* seconds since 1970 */
};

/* Adds a consistent copy of the worker's counts to the sum. */
void worker_collect(struct metrics_worker *worker, struct counts *copy, struct counts *sum);

/* What the kernel tells about the process; -1: it does not. */
struct process {
        double  cpu, started;              /* seconds; since 1970 */
        int64_t resident, virtual;         /* bytes */
        int64_t open_fds, max_fds;
};
void process_look(struct process *ret_process);
#endif
