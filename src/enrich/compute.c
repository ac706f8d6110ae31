/* The enrichment compute: a field of the configuration's own from an expression. */
#include "enrich/rule.h"

struct compute {
        struct rule *rule;
        enum field   field;
        enum value_type type;      /* of what is written; a text is made of any value */
        bool         whole;        /* type: long */
};

static const struct { const char *word; enum value_type type; bool whole; } TYPES[] = {
        { "keyword", VALUE_TEXT, false }, { "long", VALUE_NUMBER, true }, { "float", VALUE_NUMBER, false },
        { "boolean", VALUE_BOOLEAN, false },
};

/* The type that is given, else what the expression gives. COUNT_OF(TYPES): there is none. */
static size_t type_of(const char *word, enum value_type type)
{
        size_t at = 0;
        if (!word)
                word = type == VALUE_NUMBER ? "float" : type == VALUE_BOOLEAN ? "boolean" : "keyword";
        while (at < COUNT_OF(TYPES) && strcmp(TYPES[at].word, word) != 0)
                at++;
        return at;
}

static void compute_unload(void *state)
{
        struct compute *compute = state;
        if (!compute)
                return;
        rule_free(compute->rule);
        free(compute);
}

static bool field_choose(struct compute *compute, const struct enrich_setup *setup, struct errors *errors)
{
        const char *name = setting_text(setup, "name"), *word = setting_text(setup, "type");
        enum value_type given = rule_type(compute->rule);
        char standard[160];
        size_t type = type_of(word, given);
        if (type == COUNT_OF(TYPES))
                return setup_error(setup, errors, "type", "'%s' found, but wanted is keyword, long, float or boolean", word);
        if (TYPES[type].type != VALUE_TEXT && given != VALUE_ANY && given != TYPES[type].type)
                return setup_error(setup, errors, "type", "%s is %s, but the expression gives %s", word,
                                   VALUE_TYPE_NAMES[TYPES[type].type], VALUE_TYPE_NAMES[given]);
        compute->type = TYPES[type].type;
        compute->whole = TYPES[type].whole;
        (void)snprintf(standard, sizeof(standard), "labels.%s", setup->instance);
        compute->field = layout_own(setup->layout, name ? name : standard, TYPES[type].word, setting_text(setup, "value"));
        if (compute->field == FIELD_NONE)
                return setup_error(setup, errors, "name",
                                   "there can be no field '%s': a name is \"labels.\" or another group of "
                                   "`millrace reference fields`, then small letters, digits, '_' and dots, and no other field "
                                   "has "
                                   "it",
                                   name ? name : standard);
        return true;
}

static void *compute_load(const struct enrich_setup *setup, struct errors *errors)
{
        struct error err;
        struct compute *compute = memory_get(sizeof(*compute));
        compute->rule = rule_new(setup, setting_text(setup, "value"), &err);
        if (!compute->rule)
                (void)setup_error(setup, errors, "value", "%s", err.text);
        if (compute->rule && field_choose(compute, setup, errors))
                return compute;
        compute_unload(compute);
        return NULL;
}

/* The whole numbers of 64 bits. */
static bool fits_long(const struct value *value)
{
        struct precision units = { .digits = 0, .rounding = ROUND_FLOOR };
        struct decimal floor = decimal_round(&value->number, units);
        int64_t number;
        return decimal_compare(&floor, &value->number) == 0 && decimal_minor(&floor, units, &number);
}

static void compute_write(const struct compute *compute, const struct value *value, struct subject *subject)
{
        struct field_desk desk;
        struct slice text = value_text(value, subject->arena);
        if (!text.data || !desk_open(&desk, subject, compute->type == VALUE_TEXT ? 6 * text.size + 2 : text.size))
                return;
        if (compute->type == VALUE_TEXT)
                writer_text(&desk.writer, compute->field, text);
        else
                writer_json(&desk.writer, compute->field, text);
        desk_close(&desk, subject);
}

static void compute_run(void *scratch, struct subject *subject)
{
        const struct compute *compute = scratch;
        struct value value = rule_run(compute->rule, subject);
        if (value.type == VALUE_ABSENT || (compute->type != VALUE_TEXT && value.type != compute->type))
                return;
        if (!compute->whole || fits_long(&value))
                compute_write(compute, &value, subject);
}

static const struct enrich_setting SETTINGS[] = {
        { "value", NULL, "The [expression](expressions.md) whose value is written." },
        { "type", "",
          "`keyword` (a text; any value becomes one), `long` (whole numbers), `float` or `boolean`; a value of another type "
          "is left out. Not given: what the expression gives, `keyword` where only events tell." },
        { "name", "", "The field; not given: `labels.` and the instance's name." },
        { 0 },
};

extern const struct enrichment ENRICHMENT_compute;
const struct enrichment ENRICHMENT_compute = {
        .name = "compute",
        .stage = STAGE_enrich_compute,
        .doc = "A field of your own, computed by an [expression](expressions.md) from the event and from fields of earlier "
               "steps. "
               "Where the\n"
               "value is absent, so is the field.",
        .many = true,
        .settings = SETTINGS,
        .gives = (const enum field[]){ FIELD_COUNT },
        .load = compute_load,
        .unload = compute_unload,
        .run = compute_run,
};
