/* Where events go. A sink is one constant struct, listed in the table SINKS. Each worker opens its own port to the sink and
 * everything of that port happens on the worker's thread, reports included: threads inside a sink hand their results over
 * through the port's descriptor. */
#ifndef SINK_SINK_H
#define SINK_SINK_H
#include "base/buffer.h"
#include "config/config.h"
#include "event/event.h"
#include "metrics/metrics.h"

struct sink;           /* the process's: connections, configuration */
struct sink_port;      /* a worker's */

/* What a sink is given. The bytes of `value` live until the event has its fate; key, headers and the struct itself are
 * copied where they are needed and need to live for the call only. */
struct record {
        struct event *event;               /* comes back in its report */
        uint16_t      topic;               /* from sink_type.topic() */
        struct slice  key, value;          /* key.data NULL: none */
        const struct record_header *headers;
        size_t        header_count;
        bool          bad;                 /* for the bad-events topic */
};
/* Something that the sink has to say to the operator, for the log. */
struct sink_message {
        int  level;                        /* enum log_level of base/log.h */
        char text[512];
};

struct sink_type {
        const char *name, *doc;
        /* `errors` gets every mistake of the configuration; `advice` (may be NULL) what is allowed, but should be known, for
         * the log at start and for `millrace check`. Connects to nothing. False when there was any mistake. */
        bool (*check)(const struct config *config, struct errors *errors, struct errors *advice);
        /* `config` outlives the sink. */
        struct sink *(*open)(const struct config *config, size_t workers, struct error *err);
        void (*close)(struct sink *sink);                          /* after every port is closed; takes NULL */
        /* Reports come back as report(event, fate) on the thread that called serve(). At most `workers` ports are open at a
         * time. */
        struct sink_port *(*port_open)(struct sink *sink, struct metrics_worker *metrics,
                                       void (*report)(struct event *event, enum reason fate), struct error *err);
        /* For who keeps the records himself and wants their order: from now on, before the first record, a record waits for its
         * confirmation however long it takes, so that a later one does not overtake it. False: the port is as it was. May be
         * NULL, when no record ever times out. */
        bool (*port_patient)(struct sink_port *port, struct error *err);
        /* Waits at most a few seconds for what is still held; what then has no report is reported as sink_failed. Takes NULL. */
        void (*port_close)(struct sink_port *port);
        int  (*port_descriptor)(struct sink_port *port);           /* readable when serve() has work; level-triggered */
        void (*serve)(struct sink_port *port);                     /* takes in reports, never waits for the network */
        /* The number of a topic's name; the same for the life of the port. UINT16_MAX: not a topic's name (see topic_valid()),
         * or too many topics. */
        uint16_t (*topic)(struct sink_port *port, struct slice name);
        struct slice (*topic_name)(struct sink_port *port, uint16_t topic);
        /* Forgets all names, so that others find room; their numbers mean nothing any more. Only while nothing is held. False:
         * the port is as it was. */
        bool (*topics_forget)(struct sink_port *port, struct error *err);
        /* Takes the record without copying its value. REASON_published: it is on its way and report() will be called, never
         * before this returns. Any other reason (sink_full, sink_failed, event_too_large): it was not taken and report() will
         * not be called. Never blocks. May be called from within report(). */
        enum reason (*publish)(struct sink_port *port, const struct record *record);
        bool (*ready)(struct sink_port *port);                     /* would take an event now, as far as known */
        size_t (*held)(struct sink_port *port);                    /* records without a report */
        /* Bytes (key, value and headers together) of the largest record that every topic in use takes, as far as known: it
         * can shrink while the service runs. Any thread. */
        size_t (*largest)(struct sink *sink);
        void (*metrics)(struct sink *sink, struct buffer *out);    /* its own lines in Prometheus text; any thread; may be NULL */
        void (*metrics_reference)(FILE *out);      /* a row of Markdown for each: name, type, labels, doc; NULL as metrics is */
        struct slice (*address)(struct sink *sink);                /* "127.0.0.1:39092", for people; may be NULL */
        /* The next message for the log, oldest first; false: none. Call it now and then on the port's thread. Bounded and
         * limited in rate by the sink. May be NULL. */
        bool (*message)(struct sink_port *port, struct sink_message *ret_message);
};
extern const struct sink_type *const SINKS[];                      /* NULL-terminated */
const struct sink_type *sink_find(const char *name);
/* The words of sink.ack: when a client is answered. */
enum { ACK_KAFKA, ACK_SPOOL, ACK_MEMORY };
/* The word of sink.type, and the sink of that name; NULL: this build does not have it. */
const char             *sink_word(const struct config *config);
const struct sink_type *sink_configured(const struct config *config);
/* What kafka.brokers names is the cluster inside the process, whatever the sink is. */
bool                    kafka_is_embedded(const struct config *config);
/* The sink keeps nothing: it is that cluster. */
bool                    sink_is_embedded(const struct config *config);
/* For who sends what must not be lost. False and a mistake: the sink keeps nothing. */
bool                    sink_check_keeps(const struct config *config, struct errors *errors);
/* Adds what is allowed, but should be known, of the options that every sink has. */
void                    sink_advise(const struct config *config, struct errors *advice);
#endif
