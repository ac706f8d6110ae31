/* A worker's tools for one plan: body in, records out. Everything between the bytes of a request and the sink happens here,
 * without a socket or a broker, so that `millrace try`, the tests and the daemon do the same. */
#ifndef SERVER_MILL_H
#define SERVER_MILL_H
#include "base/hash.h"
#include "input/input.h"
#include "server/plan.h"

struct mill {
        struct reader         reader;      /* first: the input's callbacks find the mill by it */
        struct plan          *plan;        /* a reference */
        struct checker       *checker;
        struct enrich_worker *enrich;
        struct findings       findings;    /* of the event at hand */
        struct metrics_worker *metrics;    /* NULL: nothing is counted */
        struct random         random;      /* of identifiers */
        struct buffer         scratch;     /* of bad records */
        size_t                largest;     /* bytes of the largest record that the sink takes */
        const struct registry_entry *route;        /* the schema that the route names; NULL: the event names it */
        struct slice          route_key;   /* "vendor/name/M-R-A" of the route; data NULL: none */
        const struct key     *key;         /* that the request came with, when it is for some schemas only; else NULL */
        struct slice          given_id;    /* of the request */
        uint64_t              enrich_time; /* ns spent in enrichments for the present request, when `timed` */
        bool                  timed;
        /* Whose the mill is. */
        size_t                users;       /* batches that are not answered yet */
        bool                  retired;     /* a newer plan is in use: free with the last user */
};

/* `seed` 0: identifiers are random. */
struct mill *mill_new(struct plan *plan, struct metrics_worker *metrics, size_t largest, uint64_t seed);
void         mill_free(struct mill *mill);

struct mill_request {
        const struct input *input;
        struct slice        body;          /* READABLE_PADDING readable bytes behind it */
        struct slice        route_key;     /* "vendor/name/M-R-A"; data NULL: none */
        const struct key   *key;           /* whose `schemas` bound what may be sent; NULL: nothing does */
        struct slice        id;            /* a UUID for an event that brings no identifier; data NULL: a new one */
        bool                lines;         /* labelled as NDJSON */
        bool                timed;         /* measure the stages */
};
/* Fills batch->events with judged events whose records are written, good and bad ones. Nothing is published. */
enum reader_end mill_run(struct mill *mill, struct batch *batch, const struct mill_request *request);
/* Turns an event whose record the sink does not take into a rejected one with a bad record. False: memory is out; the event is
 * as it was. */
bool mill_reject_late(struct mill *mill, struct event *event, enum reason reason, const char *message);
/* Writes the bad record of a rejected event anew with less of the client's bytes, about half the size: its topic takes no more.
 * False: there is nothing left to cut, or memory is out; the record is as it was. */
bool mill_shorten_bad(struct mill *mill, struct event *event);
/* The topic of a good event; name in `room`. Answers its length. */
size_t mill_topic(struct mill *mill, const struct event *event, char room[static TOPIC_NAME_MAX + 1]);
#endif
