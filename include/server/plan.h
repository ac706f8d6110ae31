/* What a configuration means: compiled schemas, loaded enrichments, the rules for topic and key. Immutable once made and shared
 * by all threads; swapped whole on reload. A mill (one a worker) holds a reference as long as one of its batches is open. */
#ifndef SERVER_PLAN_H
#define SERVER_PLAN_H
#include "config/config.h"
#include "enrich/enrich.h"
#include "metrics/metrics.h"
#include "schema/registry.h"
#include "schema/schema.h"
#include "server/tls.h"
#include "server/gate.h"

/* A text with places to fill in: "events-{vendor}-{name}". */
enum topic_part { PART_TEXT, PART_VENDOR, PART_NAME, PART_MODEL, PART_APP, PART_BOT };
#define TOPIC_PARTS 16
struct topic_rule {
        struct { enum topic_part kind; struct slice text; } part[TOPIC_PARTS];
        size_t count;
        bool   constant;           /* nothing to fill in */
};
/* Where the record's key comes from. */
struct key_rule {
        bool         none;
        enum fact    fact;         /* when pointer.data is NULL */
        struct slice pointer;      /* into the data */
};

struct remote;
struct plan {
        struct config       config;
        struct registry    *registry;
        struct enrich_plan *enrich;
        struct topic_rule   topic;
        struct key_rule     key;
        unsigned            headers;       /* bits of kafka.headers: server/record.h */
        struct tls         *tls;           /* NULL: no certificates, or plan_secure() was not called */
        struct gate        *gate;          /* who may send, and how much */
        struct remote      *remote;        /* the process's; NULL: no remote registries */
        struct metrics     *metrics;       /* NULL: nothing is counted (check, try) */
        uint32_t            references;    /* atomic */
};

/* Takes the configuration over, also when it fails. NULL: `errors` says everything that is wrong. */
struct plan *plan_new(struct config *config, struct metrics *metrics, struct remote *remote, struct errors *errors);
/* Before the plan is shared: the certificates and keys of tls.*, which only those who listen need. False: `errors` says
 * everything that is wrong. */
bool         plan_secure(struct plan *plan, struct tls_tickets *tickets, struct errors *errors);
struct plan *plan_ref(struct plan *plan);
void         plan_unref(struct plan *plan);        /* NULL is fine; the last one frees */

/* Asks the remote registries for a schema that an event named and the plan does not have. Cheap; once a name. */
void         plan_want(struct plan *plan, struct slice key);

/* The longest topic name that Kafka takes. */
#define TOPIC_NAME_MAX 249
#endif
