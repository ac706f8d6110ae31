/* Enrichments: facts become more facts. Each is one constant struct in one file, listed in the table ENRICHMENTS. An
 * enrichment can fail no event: what it does not know is absent.
 *
 * What they give are data points, one row each in fields.def. A data point is written as JSON text into a piece, the inside
 * of its group's object ("name":"Chrome","version":"120.0"); the piece may live in a worker's cache and is copied into the
 * record as it is. Which keys are written, and how they are called, is decided once a plan, by its layout (enrich/layout.h).
 *
 * This header is what other rooms see; enrich/enrichment.h is what an enrichment is made of. */
#ifndef ENRICH_ENRICH_H
#define ENRICH_ENRICH_H
#include "base/buffer.h"
#include "config/config.h"
#include "event/event.h"
#include "metrics/metrics.h"

/* ---- data points: fields.def ---- */
enum group {
#define GROUP(id, name, doc) GROUP_##id,
#define FIELD(id, group, name, type, unit, source, doc)
#include "enrich/fields.def"
#undef GROUP
#undef FIELD
        GROUP_COUNT,
};
enum field {
#define GROUP(id, name, doc)
#define FIELD(id, group, name, type, unit, source, doc) FIELD_##id,
#include "enrich/fields.def"
#undef GROUP
#undef FIELD
        FIELD_COUNT,
};
struct group_row { const char *name, *doc; };
struct field_row { const char *name, *type, *unit, *source, *doc; enum group group; };     /* name: "user_agent.os.name" */
extern const struct group_row GROUPS[GROUP_COUNT];
extern const struct field_row FIELDS[FIELD_COUNT];

/* What later enrichments and the pipeline may know of the user agent without reading JSON. */
struct agent_traits {
        uint8_t class;           /* enum device_class of enrich/agent_class.h */
        bool    bot;             /* a robot, by the agent */
        bool    robot;           /* the agent names one, though it need not count as one (enrich.bot.except) */
        bool    brand, model;    /* the agent tells the device's */
};

/* Where the visitor came from. */
struct referrer_traits {
        struct slice source;     /* what the site is called; empty: not known */
        uint8_t medium;          /* enum referrer_medium of enrich/referrer_table.h */
        uint8_t site;            /* enum channel_site of enrich/channel.h */
};

struct url;
struct edit;
#define PIECES_MAX 192                     /* a plan that may write more is refused */
/* What the enrichments of one event have given: pieces of text, chained by group. All-zero is the valid empty state.
 * The texts lie in the batch's arena or in the worker's caches: render before the worker's next enrich_run(). */
struct findings {
        const struct layout *layout;
        /* What an earlier enrichment knows, for later ones; absent as well when that one is not in the plan. */
        const struct agent_traits *agent;  /* NULL: no user agent */
        const struct address *address;     /* the client's in full, whatever becomes of it; NULL: none */
        const struct url *page;            /* the page's address, taken apart; NULL: none */
        const struct referrer_traits *referrer;    /* NULL: there is none, or it is no address */
        struct slice zone;                 /* IANA time zone of the client's place */
        struct slice country;              /* ISO 3166-1 alpha-2 of the client's place */
        uint32_t as_number;                /* of the client's network; 0: unknown */
        bool     bot;                      /* a robot, as far as anything tells */
        bool     broken;                   /* something that must be edited could not be: do not publish */
        struct edit *edits;                /* what must not be handed on as it came (enrich/edit.h) */
        struct edit *newest_edit;          /* the next one is mostly behind it */
        uint64_t groups;                   /* bit g: group g has pieces */
        size_t   bytes;                    /* of all pieces */
        uint8_t  count;
        uint8_t  first[GROUP_COUNT], last[GROUP_COUNT];    /* of the groups that have their bit */
        struct { struct slice text; uint8_t next; } piece[PIECES_MAX];
};

/* What an enrichment works on. */
struct subject {
        const struct facts  *facts;
        const struct client *client;
        const struct event  *event;        /* schema, data, body */
        struct arena        *arena;        /* the batch's */
        struct findings     *findings;     /* need not be cleared: enrich_run() begins it */
        struct metrics_worker *metrics;    /* NULL: nobody counts (millrace try) */
        bool                 timed;        /* measure each enrichment; `metrics` is not NULL then */
        size_t               keys;         /* most bytes around the values of the step that runs: enrich_run() sets it */
};

struct enrich_plan;        /* the enrichments of one plan, loaded; shared by all workers, immutable */
struct enrich_worker;      /* a worker's caches and scratch for one plan */

/* Every mistake is added to `errors`; NULL then. The configuration outlives the plan. */
struct enrich_plan   *enrich_plan_new(const struct config *config, struct errors *errors);
void                  enrich_plan_free(struct enrich_plan *plan);          /* after its last worker */
struct enrich_worker *enrich_worker_new(const struct enrich_plan *plan);
void                  enrich_worker_free(struct enrich_worker *worker);

/* Runs every enrichment of the plan on one event. */
void enrich_run(struct enrich_worker *worker, struct subject *subject);
/* Most bytes that enrich_render() writes for these findings. */
size_t enrich_render_bound(const struct findings *findings);
/* Writes `,"user_agent":{...},"device":{...}` and returns the end; nothing when there is nothing. */
char  *enrich_render(const struct findings *findings, char *at);
/* True when a member of this name (without quotes) at the top of an event is ours to write: a client's is dropped. It does
 * not depend on the plan's enrichments, so that switching one off does not open the name to strangers; in a flat layout the names
 * that begin like ours are ours, too. */
bool   enrich_owns(const struct layout *layout, struct slice name);
/* True when the event comes from a robot, as far as the plan's enrichments can tell. */
static inline bool enrich_bot(const struct findings *findings) { return findings->bot; }
/* What is worth a warning and no mistake. Lives as long as the plan. */
const struct errors *enrich_plan_notes(const struct enrich_plan *plan);
/* The i-th of the files that the plan was made from and that may change under it; NULL behind the last. */
const char *enrich_plan_watched(const struct enrich_plan *plan, size_t i);

/* Writes what the plan's records look like: "json-schema" (2020-12), "clickhouse" or "spark" (DDL). False: no such language. */
bool        enrich_print_dictionary(const struct enrich_plan *plan, const char *language, FILE *out);
const char *enrich_dictionary_language(size_t i);          /* the i-th's name; NULL behind the last */

void enrich_print_reference(FILE *out);    /* docs/reference/enrichments.md: the table of enrichments */
void fields_print_reference(FILE *out);    /* docs/reference/fields.md: the table of data points */
#endif
