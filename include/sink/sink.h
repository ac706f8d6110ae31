/* Where events go. A sink is one constant struct, listed in the table SINKS. Each worker opens its own port to the sink and
 * everything of that port happens on the worker's thread, reports included: threads inside a sink hand their results over
 * through the port's descriptor. */
#ifndef SINK_SINK_H
#define SINK_SINK_H
#include "config/config.h"
#include "event/event.h"
#include "metrics/metrics.h"

struct sink;           /* the process's: connections, configuration */
struct sink_port;      /* a worker's */

struct record_header {
        struct slice name, value;
};
/* What a sink is given. All bytes live until the event has its fate. */
struct record {
        struct event *event;               /* comes back in its report */
        uint16_t      topic;               /* from sink_type.topic() */
        struct slice  key, value;          /* key.data NULL: none */
        const struct record_header *headers;
        size_t        header_count;
        bool          bad;                 /* for the bad-events topic */
};

struct sink_type {
        const char *name, *doc;
        /* `errors` gets every mistake of the configuration. */
        bool (*check)(const struct config *config, struct errors *errors);
        struct sink *(*open)(const struct config *config, size_t workers, struct error *err);
        void (*close)(struct sink *sink);                          /* after every port is closed */
        /* Reports come back as report(event, fate) on the thread that called serve(). */
        struct sink_port *(*port_open)(struct sink *sink, struct metrics_worker *metrics,
                                       void (*report)(struct event *event, enum reason fate), struct error *err);
        void (*port_close)(struct sink_port *port);                /* what is still held is reported as sink_failed first */
        int  (*port_descriptor)(struct sink_port *port);           /* readable when serve() has something to do; level-triggered */
        void (*serve)(struct sink_port *port);                     /* takes in reports, never blocks */
        /* The number of a topic's name; the same for the life of the port. UINT16_MAX: too many topics (65,535). */
        uint16_t (*topic)(struct sink_port *port, struct slice name);
        /* Takes the record without copying it. REASON_published: it is on its way and report() will be called, possibly
         * before this returns. Any other reason: it was not taken and report() will not be called. Never blocks. */
        enum reason (*publish)(struct sink_port *port, const struct record *record);
        bool (*ready)(struct sink_port *port);                     /* would take an event now, as far as known */
        size_t (*held)(struct sink_port *port);                    /* records without a report */
        size_t (*largest)(struct sink *sink);                      /* bytes of the largest record that it takes */
        void (*metrics)(struct sink *sink, struct buffer *out);    /* its own lines in Prometheus text; any thread; may be NULL */
        struct slice (*address)(struct sink *sink);                /* "127.0.0.1:39092", for people; may be NULL */
};
extern const struct sink_type *const SINKS[];                      /* NULL-terminated */
const struct sink_type *sink_find(const char *name);
#endif
