/* What an enrichment is made of. For the files of this room. */
#ifndef ENRICH_ENRICHMENT_H
#define ENRICH_ENRICHMENT_H
#include "enrich/enrich.h"
#include "enrich/layout.h"

struct agent;
struct enrichment;

/* One setting of a kind of which there may be several: what stands below `enrich.instances.NAME`. */
struct enrich_setting {
        const char *name, *standard, *doc;         /* standard NULL: it must be given; "": absent unless given */
};

/* What an enrichment is loaded with. `instance` tells several of one kind apart (the kind's name for the only one). */
struct enrich_setup {
        const struct config     *config;
        struct layout           *layout;           /* for layout_own() */
        const struct enrichment *kind;
        const char              *instance;
        struct text_list        *watched;          /* setup_watch()'s */
        struct errors           *notes;            /* setup_note()'s; NULL: nobody reads them */
};

/* One kind of enrichment. Pointers may be NULL except name, doc, gives. */
struct enrichment {
        const char *name, *doc;
        enum stage  stage;                 /* of its histogram */
        bool        many;                  /* configured under enrich.instances, any number of times */
        const struct enrich_setting *settings;     /* of many; ended by name NULL */
        const enum field *needs, *gives;   /* ended by FIELD_COUNT; what must be given by an earlier one, what it gives */
        /* Once a plan, on the main thread. Adds every mistake to `errors` and answers NULL then. */
        void *(*load)(const struct enrich_setup *setup, struct errors *errors);
        void  (*unload)(void *state);
        /* Once a worker: scratch and caches. `state` may be NULL when there is no load. */
        void *(*attach)(const void *state, const struct enrich_plan *plan);
        void  (*detach)(void *scratch);
        /* Once an event. Without attach the scratch is the state. */
        void  (*run)(void *scratch, struct subject *subject);
        /* Once a distinct user agent: writes what depends on nothing else; the text is cached and added to every event of
         * that agent by the enrichment user_agent, so whoever describes an agent needs one of its fields. */
        void  (*describe)(const void *state, const struct agent *agent, struct field_writer *writer);
};
/* Every kind, ended by NULL. One file each. */
extern const struct enrichment *const ENRICHMENTS[];

/* Adds `more`, which may be 0, to a counter of the worker, where there is one. */
static inline void subject_count(const struct subject *subject, enum metric metric, size_t more)
{
        if (subject->metrics && more)
                metrics_add(subject->metrics, metric, (int64_t)more);
}
/* True when the kind itself lists the field; fields of the configuration's own are not listed. */
bool enrichment_gives(const struct enrichment *kind, enum field field);
/* True when some step of the plan gives the field; always for the configuration's own. */
bool enrich_plan_gives(const struct enrich_plan *plan, enum field field);
const struct layout *enrich_plan_layout(const struct enrich_plan *plan);
/* Lets every enrichment of the plan describe the agent, in order. */
void enrich_plan_describe(const struct enrich_plan *plan, const struct agent *agent, struct field_writer *writer);

/* ---- settings, while loading ---- */
/* The value as text; its standard when it is not given; NULL when that is "". */
const char *setting_text(const struct enrich_setup *setup, const char *name);
/* The i-th of a list (one text is a list of one); NULL behind the last. Not given: the standard, split at commas, is not taken
 * here: NULL at once. `name` may be a path below the instance: "map.key". */
const char *setting_list(const struct enrich_setup *setup, const char *name, size_t i);
/* A file's path, a relative one from the configuration file's folder; NULL when it is not given. */
const char *setting_path(const struct enrich_setup *setup, const char *name);
/* The i-th of the keys below a setting that is a mapping, and its value; false behind the last. */
bool setting_pair(const struct enrich_setup *setup, const char *name, size_t i, const char **ret_key, const char **ret_value);
/* Adds "FILE:LINE:COLUMN: enrich.instances.NAME.SETTING: sentence". False. */
bool setup_error(const struct enrich_setup *setup, struct errors *errors, const char *setting, const char *format, ...)
        __attribute__((format(printf, 4, 5)));
/* When this file changes the daemon makes a new plan. The path lives as long as the configuration. */
void setup_watch(const struct enrich_setup *setup, const char *path);
/* Something that is worth a warning and no mistake: it is logged when the plan is taken over, and `check` shows it. */
void setup_note(const struct enrich_setup *setup, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A number from `least` to `most`; setup_error() and false when the setting is none. */
bool setting_number(const struct enrich_setup *setup, struct errors *errors, const char *name, int64_t limits[static 2],
                    int64_t *ret_number);

/* Whether a step before this one in enrich.order gives the field. */
bool setup_given(const struct enrich_setup *setup, enum field field);

/* ---- writing in the batch's arena ---- */
struct field_desk {
        struct field_writer writer;
        struct buffer       out;
        char               *start;
};
/* Room for every field that the step gives and `bytes` of values (a text may need six times its size). False: memory is out. */
bool desk_open(struct field_desk *desk, struct subject *subject, size_t bytes);
/* Adds what was written to the findings. */
void desk_close(struct field_desk *desk, struct subject *subject);
/* One field by itself, which stands in its group's object, not deeper: JSON text as it is. */
void field_give(struct subject *subject, enum field field, struct slice json);
#endif
