/* Enrichments: facts become more facts. Each is one constant struct in one file, listed in the table ENRICHMENTS. An
 * enrichment can fail no event: what it does not know is absent.
 *
 * What they give are data points, one row each in fields.def. A data point is written as JSON text into a fragment, the
 * inside of its group's object ("name":"Chrome","version":"120.0"); the fragment may live in a worker's cache and is
 * copied into the record as it is. Which keys are written, and how they are called, is decided once a plan, by the layout. */
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

#define PIECES_MAX 32
/* What the enrichments of one event have given: pieces of text in the order of ENRICHMENTS, each the inside of its group's
 * object without surrounding commas. */
struct findings {
        struct { struct slice text; enum group group; } piece[PIECES_MAX];
        size_t count;
        /* What later enrichments need of earlier ones; raw text, not JSON. Filled by user_agent: */
        struct agent_entry *agent;         /* the worker's cache entry; NULL: no user agent */
};

/* What an enrichment works on. */
struct subject {
        const struct facts  *facts;
        const struct client *client;
        struct arena        *arena;        /* the batch's */
        struct findings     *findings;
        struct metrics_worker *metrics;
};

struct enrich_plan;        /* the enrichments of one plan, loaded; shared by all workers, immutable */
struct enrich_worker;      /* a worker's caches and scratch for one plan */

/* Every mistake is added to `errors`; NULL then. */
struct enrich_plan   *enrich_plan_new(const struct config *config, struct errors *errors);
void                  enrich_plan_free(struct enrich_plan *plan);
struct enrich_worker *enrich_worker_new(const struct enrich_plan *plan);
void                  enrich_worker_free(struct enrich_worker *worker);

/* Runs every enrichment of the plan on one event. */
void enrich_run(struct enrich_worker *worker, struct subject *subject);
/* Most bytes that enrich_render() writes for these findings. */
size_t enrich_render_bound(const struct findings *findings);
/* Writes `,"user_agent":{...},"device":{...}` and returns the end; nothing when there is nothing. */
char  *enrich_render(const struct findings *findings, char *at);
/* True when a member of this name (without quotes) at the top of an event is ours to write: a client's is dropped. */
bool   enrich_owns(struct slice name);

void enrich_print_reference(FILE *out);    /* docs/reference/enrichments.md: the table of enrichments */
void fields_print_reference(FILE *out);    /* docs/reference/fields.md: the table of data points */
#endif
