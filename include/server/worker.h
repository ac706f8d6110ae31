/* A thread with a loop, a pipeline and its own listeners; and the admin thread, which has a loop only. */
#ifndef SERVER_WORKER_H
#define SERVER_WORKER_H
#include "server/pipeline.h"

struct worker;
struct worker_setup {
        struct pipeline_setup pipeline;
        struct service       *service;     /* the admin's; NULL: a pipeline is made */
        struct plan          *plan;
        size_t                connections; /* most of them */
        size_t                index;
        bool                  inherited;   /* its listeners are others', too */
};
/* Makes the loop and the pipeline; nothing runs yet. */
struct worker *worker_new(const struct worker_setup *setup, struct error *err);
/* Before worker_start(). */
bool           worker_listen(struct worker *worker, int descriptor, bool secure, struct error *err);
bool           worker_start(struct worker *worker, struct error *err);
/* From any thread. */
void           worker_use(struct worker *worker, struct plan *plan);       /* takes a reference of its own */
void           worker_drain(struct worker *worker);        /* ends its thread when nothing is open any more */
void           worker_stop(struct worker *worker);         /* ends its thread */
bool           worker_ready(const struct worker *worker);
uint64_t       worker_beats(const struct worker *worker);  /* grows about ten times a second */
bool           worker_ended(const struct worker *worker);
/* Waits for the thread; answers the requests that were still open. */
size_t         worker_join(struct worker *worker);
void           worker_free(struct worker *worker);

/* CPUs that this process may use: its affinity, and the quota of its control group. At least 1. */
size_t worker_cpus(void);
#endif
