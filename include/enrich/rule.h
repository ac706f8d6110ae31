/* An expression of the configuration over the values of an event: enrich/expression.h with the names of enrich/source.h, and
 * `bot`. */
#ifndef ENRICH_RULE_H
#define ENRICH_RULE_H
#include "enrich/enrichment.h"
#include "enrich/expression.h"

struct rule;

/* For a step that is being loaded: it sees the data points of the steps before it. NULL and a sentence with the column; a data
 * point that no earlier step gives, or that the output leaves out, is a mistake, as it would be absent in every event. */
struct rule *rule_new(const struct enrich_setup *setup, const char *text, struct error *err);
/* The same, and it must be a condition. */
struct rule *rule_condition(const struct enrich_setup *setup, const char *text, struct error *err);
void         rule_free(struct rule *rule);
enum value_type rule_type(const struct rule *rule);        /* VALUE_ANY: only events tell */

/* The value for the event; its text may lie in the rule, in the event, or in the batch's arena. */
struct value rule_run(const struct rule *rule, const struct subject *subject);
static inline bool rule_holds(const struct rule *rule, const struct subject *subject)
{
        struct value value = rule_run(rule, subject);
        return value_true(&value);
}
#endif
