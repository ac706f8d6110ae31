/* What an enrichment is made of. For the files of this room. */
#ifndef ENRICH_ENRICHMENT_H
#define ENRICH_ENRICHMENT_H
#include "enrich/enrich.h"
#include "enrich/layout.h"

struct agent;

/* What an enrichment is loaded with. `instance` tells several of one kind apart ("" for the only one). */
struct enrich_setup {
        const struct config *config;
        const struct layout *layout;
        const char          *instance;
};

/* One kind of enrichment. Pointers may be NULL except name, doc, gives. */
struct enrichment {
        const char *name, *doc;
        enum stage  stage;                 /* of its histogram */
        const enum field *needs, *gives;   /* ended by FIELD_COUNT; what must be given by an earlier one, what it gives */
        /* Once a plan, on the main thread. Adds every mistake to `errors` and answers NULL then. */
        void *(*load)(const struct enrich_setup *setup, struct errors *errors);
        void  (*unload)(void *state);
        /* Once a worker: scratch and caches. `state` may be NULL when there is no load. */
        void *(*attach)(const void *state, const struct enrich_plan *plan);
        void  (*detach)(void *scratch);
        /* Once an event. */
        void  (*run)(void *scratch, struct subject *subject);
        /* Once a distinct user agent: writes what depends on nothing else; the text is cached and added to every event of
         * that agent by the enrichment user_agent, so whoever describes an agent needs one of its fields. */
        void  (*describe)(const void *state, const struct agent *agent, struct field_writer *writer);
};
/* Every kind, ended by NULL. One file each. */
extern const struct enrichment *const ENRICHMENTS[];

const struct layout *enrich_plan_layout(const struct enrich_plan *plan);
/* Lets every enrichment of the plan describe the agent, in order. */
void enrich_plan_describe(const struct enrich_plan *plan, const struct agent *agent, struct field_writer *writer);
#endif
