/* The spool: what the sink does not take goes to the disk, is durable before its client is answered, and is sent to the sink when
 * that takes events again. One thread owns the files (spool_log.h): it commits what all workers have handed over in one go, gives
 * it back as durable, and drains. A record leaves the disk on the sink's report and on nothing else.
 *
 * Order: records of one key are sent in the order in which they came, as long as the sink keeps it: while the spool holds records
 * of a key, later ones of that key go through the spool, too (spool_wants()). Without a key they overtake each other anyway. */
#ifndef SINK_SPOOL_H
#define SINK_SPOOL_H
#include "sink/sink.h"

struct spool;          /* the process's */
struct spool_port;     /* a worker's */

/* False and all mistakes: the options against each other, the folder. */
bool spool_check(const struct config *config, struct errors *errors);
/* Bytes of memory that a spool of this configuration takes at most, with so many workers; 0: there is none. */
uint64_t spool_memory(const struct config *config, size_t workers);
struct spool_setup {                       /* all of it outlives the spool */
        const struct config    *config;
        const struct sink_type *type;
        struct sink            *sink;      /* with room for one more port than there are workers */
        /* spool_open() comes back when everything is looked at. Otherwise the spool takes events at once, and looks at the folder
         * meanwhile; and a disk that gives an error is asked again for a minute. */
        bool                    wait;
        /* With `wait`: called now and then, with the bytes read since the last call; may be NULL. */
        void                  (*progress)(void *context, uint64_t bytes);
        void                   *context;
        /* The sink keeps nothing: records of an earlier run are an error, as they would be sent and gone. */
        bool                    fresh;
};
/* NULL without error: there is no spool in this configuration (spool.path is empty). */
struct spool *spool_open(const struct spool_setup *setup, struct error *err);
/* After every port is closed. What is still on its way to the sink gets a second, and stays on the disk. Takes NULL. */
void          spool_close(struct spool *spool);
uint64_t      spool_records(const struct spool *spool);        /* put and not delivered; any thread */
void          spool_metrics(struct spool *spool, struct buffer *out);          /* any thread */
void          spool_metrics_reference(FILE *out);

/* report(event, fate) comes back on the thread that called spool_serve(): REASON_published when the event is durable, else
 * sink_full or sink_failed. */
struct spool_port *spool_port_open(struct spool *spool, void (*report)(struct event *event, enum reason fate), struct error *err);
/* Waits for what was put; it is reported before this returns. Takes NULL. */
void spool_port_close(struct spool_port *port);
int  spool_port_descriptor(const struct spool_port *port);         /* readable when spool_serve() has work */
void spool_serve(struct spool_port *port);
/* True: a record with this key must not go straight to the sink, as earlier ones of the key are in the spool. */
bool spool_wants(const struct spool_port *port, struct slice key);
/* Copies the record. REASON_published: report() will be called. Otherwise (sink_full, event_too_large) it was not taken. */
enum reason spool_put(struct spool_port *port, const struct record *record, struct slice topic);
bool spool_ready(const struct spool_port *port);                   /* would take an event now, as far as known */
#endif
