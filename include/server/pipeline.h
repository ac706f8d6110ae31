/* A worker's pipeline: requests come from its loop, go through its mill and its port of the sink, and are answered when every
 * event has its fate. THE page to read is pipeline.c. */
#ifndef SERVER_PIPELINE_H
#define SERVER_PIPELINE_H
#include "server/loop.h"
#include "server/mill.h"
#include "sink/spool.h"

struct pipeline;
struct pipeline_setup {
        const struct sink_type *type;
        struct sink            *sink;
        struct spool           *spool;     /* NULL: there is none */
        int                     ack;       /* the word of sink.ack: ACK_KAFKA, ACK_SPOOL or ACK_MEMORY */
        struct metrics_worker  *metrics;
        size_t                  workers;   /* of the process: the share of limits.open_bytes */
        uint64_t                seed;      /* of identifiers; 0: random */
};
struct pipeline *pipeline_new(struct plan *plan, const struct pipeline_setup *setup, struct error *err);
struct service  *pipeline_service(struct pipeline *pipeline);
/* Watches the port on this loop, which is the pipeline's from now on. */
bool             pipeline_attach(struct pipeline *pipeline, struct loop *loop, struct error *err);
/* About ten times a second, on the loop's thread. */
void             pipeline_tick(struct pipeline *pipeline);
/* From the next request on; open batches keep theirs. */
void             pipeline_use(struct pipeline *pipeline, struct plan *plan);
void             pipeline_drain(struct pipeline *pipeline);        /* no more events */
bool             pipeline_ready(const struct pipeline *pipeline);  /* any thread */
size_t           pipeline_open(const struct pipeline *pipeline);   /* batches that are not answered */
void             pipeline_free(struct pipeline *pipeline);
#endif
