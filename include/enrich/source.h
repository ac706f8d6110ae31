/* Values of an event by their names, as rules, look-ups and conditions speak of them. */
#ifndef ENRICH_SOURCE_H
#define ENRICH_SOURCE_H
#include "enrich/enrichment.h"

enum source_kind {
        SOURCE_DATA,               /* a JSON pointer into `data`: "/cart/total" */
        SOURCE_FACT,               /* a path of the envelope: "userId", "context.app.name" */
        SOURCE_CONTEXT,            /* any other path into the context: "context.traits.email" */
        SOURCE_FIELD,              /* a data point: "client.geo.country_iso_code" */
        SOURCE_SCHEMA,             /* "schema": com.acme/purchase/1-0-0 */
        SOURCE_VENDOR, SOURCE_NAME, SOURCE_VERSION,        /* its parts */
};
struct source {
        enum source_kind kind;
        enum fact        fact;
        enum field       field;
        char            *pointer;  /* own; of SOURCE_DATA and SOURCE_CONTEXT */
};
/* False and an error, with a suggestion for a name that is nearly right: "there is no value 'usrId'; did you mean userId?" A data
 * point must have been registered before (own fields: by an earlier step). */
bool source_parse(struct source *source, const struct layout *layout, const char *text, struct error *err);
void source_done(struct source *source);
/* The raw JSON text; data NULL: absent. null is absent. Of a schema and its parts: use source_text(). */
struct slice source_raw(const struct source *source, const struct subject *subject);
/* The text from where a value begins, which ends with the value or behind it: for arrays and objects that are walked anyway. data
 * NULL: absent. */
struct slice source_start(const struct source *source, const struct subject *subject);
/* Strings without quotes and escapes, everything else as its JSON text; data NULL: absent, or memory is out. */
struct slice source_text(const struct source *source, const struct subject *subject);
#endif
