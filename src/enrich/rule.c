#include "enrich/rule.h"
#include "enrich/source.h"

/* The name that is no source: what the findings say themselves. */
#define NAME_BOT UINT16_MAX

struct rule {
        struct expression *expression;
        struct source      sources[EXPRESSION_NAMES];
        enum value_type    types[EXPRESSION_NAMES];
        size_t             count;
};
/* A rule that is being made. */
struct draft { const struct enrich_setup *setup; struct rule *rule; };

static enum value_type fact_type(enum fact fact)
{
        static const enum value_type TYPES[] = {
                [FACT_KIND_STRING] = VALUE_TEXT, [FACT_KIND_NUMBER] = VALUE_NUMBER, [FACT_KIND_BOOLEAN] = VALUE_BOOLEAN,
                [FACT_KIND_ANY] = VALUE_ANY,
        };
        return TYPES[FACTS[fact].kind];
}

static enum value_type field_type(const char *type)
{
        static const struct { const char *word; enum value_type type; } TYPES[] = {
                { "keyword", VALUE_TEXT }, { "date", VALUE_TEXT }, { "long", VALUE_NUMBER }, { "float", VALUE_NUMBER },
                { "boolean", VALUE_BOOLEAN },
        };
        for (size_t i = 0; i < COUNT_OF(TYPES); i++)
                if (strcmp(TYPES[i].word, type) == 0)
                        return TYPES[i].type;
        return VALUE_ANY;
}

/* A data point must be written by then, or a condition would never hold and nobody would notice. */
static bool field_check(const struct enrich_setup *setup, enum field field, struct error *err)
{
        const struct layout_field *row = &setup->layout->field[field];
        if (!row->key.data)
                return error_set(err, "%s is left out by output.include or output.exclude, so that nobody knows it here",
                                 row->name);
        if (!setup_given(setup, field))
                return error_set(err, "no step before '%s' in enrich.order gives %s", setup->instance, row->name);
        return true;
}

static bool name_find(void *context, struct slice name, uint16_t *ret_number, enum value_type *ret_type, struct error *err)
{
        struct draft *draft = context;
        struct rule  *rule = draft->rule;
        if (slice_equal(name, SLICE("bot"))) {
                *ret_number = NAME_BOT;
                *ret_type = VALUE_BOOLEAN;
                return true;
        }
        struct source *source = &rule->sources[rule->count];
        char *text = slice_copy(name);
        bool  good = source_parse(source, draft->setup->layout, text, err);
        free(text);
        if (good && source->kind == SOURCE_FIELD)
                good = field_check(draft->setup, source->field, err);
        if (!good) {
                source_done(source);
                return false;
        }
        *ret_type = source->kind == SOURCE_FACT ? fact_type(source->fact)
                    : source->kind == SOURCE_FIELD ? field_type(draft->setup->layout->field[source->field].type)
                    : source->kind >= SOURCE_SCHEMA ? VALUE_TEXT : VALUE_ANY;
        rule->types[rule->count] = *ret_type;
        *ret_number = (uint16_t)rule->count++;
        return true;
}

struct rule *rule_new(const struct enrich_setup *setup, const char *text, struct error *err)
{
        struct rule *rule = memory_get(sizeof(*rule));
        struct draft draft = { setup, rule };
        const struct expression_names names = { .find = name_find, .context = &draft };
        rule->expression = expression_new(slice_of(text), &names, err);
        if (rule->expression)
                return rule;
        rule_free(rule);
        return NULL;
}

struct rule *rule_condition(const struct enrich_setup *setup, const char *text, struct error *err)
{
        struct rule *rule = rule_new(setup, text, err);
        if (!rule || rule_type(rule) == VALUE_BOOLEAN || rule_type(rule) == VALUE_ANY)
                return rule;
        (void)error_set(err, "a condition is true or false; this is %s", VALUE_TYPE_NAMES[rule_type(rule)]);
        rule_free(rule);
        return NULL;
}

void rule_free(struct rule *rule)
{
        if (!rule)
                return;
        for (size_t i = 0; i < rule->count; i++)
                source_done(&rule->sources[i]);
        expression_free(rule->expression);
        free(rule);
}

enum value_type rule_type(const struct rule *rule) { return expression_type(rule->expression); }

struct reading { const struct rule *rule; const struct subject *subject; };

/* Of the type that was promised, or a list of such; a client may send anything. */
static void name_load(void *context, uint16_t number, struct value *ret_value)
{
        const struct reading *reading = context;
        const struct subject *subject = reading->subject;
        if (number == NAME_BOT) {
                *ret_value = value_of_boolean(subject->findings->bot);
                return;
        }
        const struct source *source = &reading->rule->sources[number];
        enum value_type type = reading->rule->types[number];
        if (source->kind >= SOURCE_SCHEMA) {
                struct slice text = source_text(source, subject);
                *ret_value = text.data ? value_of_text(text) : (struct value){ 0 };
                return;
        }
        *ret_value = value_of_raw(source_raw(source, subject), subject->arena);
        if (type != VALUE_ANY && ret_value->type != type && ret_value->type != VALUE_LIST)
                *ret_value = (struct value){ 0 };
}

struct value rule_run(const struct rule *rule, const struct subject *subject)
{
        struct reading reading = { rule, subject };
        const struct expression_values values = { .load = name_load, .context = &reading, .arena = subject->arena };
        return expression_run(rule->expression, &values);
}
