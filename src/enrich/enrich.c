/* The plan of enrichments: which, in which order, loaded and checked; and their run over an event. */
#include "enrich/enrich.h"
#include "base/clock.h"
#include "base/suggest.h"
#include "enrich/enrichment.h"
#include "enrich/rule.h"

extern const struct enrichment ENRICHMENT_reception, ENRICHMENT_user_agent, ENRICHMENT_device, ENRICHMENT_page,
                               ENRICHMENT_referrer, ENRICHMENT_compute, ENRICHMENT_pii, ENRICHMENT_consent;
extern const struct enrichment ENRICHMENT_bot;
extern const struct enrichment ENRICHMENT_cart, ENRICHMENT_money, ENRICHMENT_text, ENRICHMENT_lookup;
extern const struct enrichment ENRICHMENT_campaign;
extern const struct enrichment ENRICHMENT_client, ENRICHMENT_geo;
extern const struct enrichment ENRICHMENT_language, ENRICHMENT_time, ENRICHMENT_app;

/* A new kind: its file, and a word here. */
const struct enrichment *const ENRICHMENTS[] = {
        &ENRICHMENT_reception,
        &ENRICHMENT_user_agent,
        &ENRICHMENT_bot,
        &ENRICHMENT_device,
        &ENRICHMENT_client,
        &ENRICHMENT_geo,
        &ENRICHMENT_language,
        &ENRICHMENT_time,
        &ENRICHMENT_app,
        &ENRICHMENT_page,
        &ENRICHMENT_referrer,
        &ENRICHMENT_campaign,
        &ENRICHMENT_compute,
        &ENRICHMENT_cart,
        &ENRICHMENT_money,
        &ENRICHMENT_text,
        &ENRICHMENT_consent,
        &ENRICHMENT_pii,
        &ENRICHMENT_lookup,
        NULL,
};

/* The words of output.layout. */
enum { OUTPUT_NESTED, OUTPUT_FLAT };

struct step {
        const struct enrichment *kind;
        void  *state;
        struct rule *when;         /* NULL: for every event */
        size_t keys;               /* most bytes around the values that it writes */
};
struct enrich_plan {
        struct layout   *layout;
        struct step     *steps;
        size_t           count;
        size_t           pieces;           /* most that the steps give for one event */
        struct text_list watched;
        struct errors    notes;
};
/* The steps that have something to do for each event. */
struct worker_step {
        void (*run)(void *scratch, struct subject *subject);
        void (*detach)(void *scratch);
        void  *scratch;
        const struct rule *when;
        size_t keys;
        enum stage stage;
};
struct enrich_worker {
        const struct enrich_plan *plan;
        size_t count;
        struct worker_step steps[];
};

static const struct enrichment *kind_find(const char *name)
{
        for (const struct enrichment *const *kind = ENRICHMENTS; *kind; kind++)
                if (strcmp((*kind)->name, name) == 0)
                        return *kind;
        return NULL;
}

/* ---- instances ---- */

#define INSTANCES "enrich.instances"

/* The kind of the instance, as its `kind` says; NULL: there is no such instance. */
static const char *instance_kind(const struct config *config, const char *name)
{
        size_t size = strlen(name);
        for (size_t i = 0; i < config->enrich_instances.count; i++) {
                const struct tree_item *item = &config->enrich_instances.items[i];
                if (strncmp(item->path, name, size) == 0 && strcmp(item->path + size, ".kind") == 0)
                        return item->value;
        }
        return NULL;
}

static bool unknown_name(const struct config *config, const char *name, struct errors *errors)
{
        struct suggestion suggestion;
        suggestion_init(&suggestion, slice_of(name));
        for (const struct enrichment *const *kind = ENRICHMENTS; *kind; kind++)
                suggestion_offer(&suggestion, slice_of((*kind)->name));
        for (size_t i = 0; i < config->enrich_instances.count; i++) {
                const char *path = config->enrich_instances.items[i].path;
                suggestion_offer(&suggestion, slice_between(path, strchrnul(path, '.')));
        }
        if (suggestion.best.data)
                return config_error(config, errors, "enrich.order", "there is no enrichment '%s'; did you mean '%.*s'?", name,
                                    SLICE_ARGS(suggestion.best));
        char names[400] = "";
        for (const struct enrichment *const *kind = ENRICHMENTS; *kind; kind++)
                snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", *names ? ", " : "", (*kind)->name);
        return config_error(config, errors, "enrich.order", "there is no enrichment '%s'; there are: %s", name, names);
}

static const struct enrich_setting *setting_find(const struct enrichment *kind, struct slice name)
{
        for (const struct enrich_setting *setting = kind->settings; setting && setting->name; setting++)
                if (slice_equal(name, slice_of(setting->name)))
                        return setting;
        return NULL;
}

static void setting_unknown(const struct enrichment *kind, struct slice name, char text[static 256])
{
        struct suggestion near;
        suggestion_init(&near, name);
        for (const struct enrich_setting *setting = kind->settings; setting && setting->name; setting++)
                suggestion_offer(&near, slice_of(setting->name));
        if (near.best.data)
                (void)snprintf(text, 256, "%s has no setting of this name; did you mean %.*s?", kind->name,
                               SLICE_ARGS(near.best));
        else
                (void)snprintf(text, 256, "%s has no setting of this name; `millrace reference enrichments` lists them",
                               kind->name);
}

/* Every item below enrich.instances belongs to a kind that can be there and knows it. */
static void instances_check(const struct config *config, struct errors *errors)
{
        for (size_t i = 0; i < config->enrich_instances.count; i++) {
                const struct tree_item *item = &config->enrich_instances.items[i];
                const char *dot = strchr(item->path, '.');
                char name[128], text[256] = "";
                (void)snprintf(name, sizeof(name), "%.*s", dot ? (int)(dot - item->path) : 127, item->path);
                const char *word = dot ? instance_kind(config, name) : NULL;
                const struct enrichment *kind = word ? kind_find(word) : NULL;
                bool is_kind = dot && strcmp(dot, ".kind") == 0;
                if (!dot)
                        (void)snprintf(text, sizeof(text), "an enrichment's settings are written below its name, `kind` first");
                else if (!word)
                        (void)snprintf(text, sizeof(text), "'%s' has no `kind`", name);
                else if (is_kind && (!kind || !kind->many))
                        (void)snprintf(text, sizeof(text), "there is no kind '%s' of which there may be several; "
                                                           "`millrace reference enrichments` lists them", word);
                else if (is_kind && kind_find(name))
                        (void)snprintf(text, sizeof(text), "'%s' is the name of a kind; give it another one", name);
                else if (!is_kind && kind && kind->many &&
                         !setting_find(kind, slice_between(dot + 1, strchrnul(dot + 1, '.'))))
                        setting_unknown(kind, slice_between(dot + 1, strchrnul(dot + 1, '.')), text);
                if (*text)
                        (void)config_error_item(config, errors, INSTANCES, item, text);
        }
}

/* A sentence of the manual without its links: "[name](page.md)" is "name". As much of it as an error holds. */
static const char *sentence_plain(const char *doc, struct error *ret_text)
{
        struct buffer out;
        buffer_wrap(&out, ret_text->text, sizeof(ret_text->text) - 1);
        for (const char *at = doc; *at; at++) {
                const char *close = *at == '[' ? strchr(at, ']') : NULL;
                const char *end = close && close[1] == '(' ? strchr(close, ')') : NULL;
                buffer_add(&out, end ? slice_between(at + 1, close) : (struct slice){ at, 1 });
                at = end ? end : at;
        }
        ret_text->text[out.size] = '\0';
        return ret_text->text;
}

/* Every setting that has no standard is given. */
static bool settings_complete(const struct enrich_setup *setup, struct errors *errors)
{
        bool fine = true;
        const char *key, *value;
        struct error doc;
        for (const struct enrich_setting *setting = setup->kind->settings; setting && setting->name; setting++)
                if (!setting->standard && !setting_text(setup, setting->name) &&
                    !setting_pair(setup, setting->name, 0, &key, &value))
                        fine = setup_error(setup, errors, setting->name, "it must be given: %s",
                                           sentence_plain(setting->doc, &doc));
        return fine;
}

/* ---- the plan ---- */

bool enrichment_gives(const struct enrichment *kind, enum field field)
{
        for (const enum field *given = kind->gives; *given != FIELD_COUNT; given++)
                if (*given == field)
                        return true;
        return false;
}

/* One sentence for each enrichment that is missed, though several of its fields may be needed. */
static void needs_check(const struct enrich_plan *plan, const struct enrichment *kind, struct errors *errors)
{
        const struct enrichment *missed = NULL;
        for (const enum field *need = kind->needs; need && *need != FIELD_COUNT; need++) {
                bool given = false;
                for (size_t i = 0; i < plan->count && !given; i++)
                        given = enrichment_gives(plan->steps[i].kind, *need);
                const struct enrichment *const *giver = ENRICHMENTS;
                while (*giver && !enrichment_gives(*giver, *need))
                        giver++;
                BUG_IF(!*giver);
                if (!given && *giver != missed) {
                        missed = *giver;
                        (void)errors_add(errors, "enrich.order: %s needs %s, which is not before it in enrich.order", kind->name,
                                         missed->name);
                }
        }
}

bool setup_given(const struct enrich_setup *setup, enum field field)
{
        const struct text_list *order = &setup->config->enrich_order;
        bool given = field >= FIELD_COUNT;         /* own fields are there from the step on that gives them */
        for (size_t i = 0; i < order->count && !given && strcmp(order->items[i], setup->instance) != 0; i++) {
                const struct enrichment *kind = kind_find(order->items[i]);
                given = kind && enrichment_gives(kind, field);
        }
        return given;
}

/* ---- conditions ---- */

#define WHEN "enrich.when"

/* The condition of the step; NULL: it has none, or a wrong one. */
static struct rule *condition_load(const struct enrich_setup *setup, struct errors *errors)
{
        const struct text_tree *tree = &setup->config->enrich_when;
        struct error err;
        for (size_t i = 0; i < tree->count; i++) {
                if (strcmp(tree->items[i].path, setup->instance) != 0)
                        continue;
                struct rule *rule = rule_condition(setup, tree->items[i].value, &err);
                if (!rule)
                        (void)config_error_item(setup->config, errors, WHEN, &tree->items[i], err.text);
                return rule;
        }
        return NULL;
}

/* Every condition is one text, and of a step that it can hold back. */
static void conditions_check(const struct config *config, struct errors *errors)
{
        const struct text_tree *tree = &config->enrich_when;
        for (size_t i = 0; i < tree->count; i++) {
                const char *name = tree->items[i].path;
                const struct enrichment *kind = kind_find(name);
                struct suggestion near;
                char text[256] = "";
                size_t at = 0;
                suggestion_init(&near, slice_of(name));
                for (; at < config->enrich_order.count && strcmp(config->enrich_order.items[at], name) != 0; at++)
                        suggestion_offer(&near, slice_of(config->enrich_order.items[at]));
                if (at == config->enrich_order.count)
                        (void)snprintf(text, sizeof(text), "enrich.order has no step of this name%s%.*s%s",
                                       near.best.data ? "; did you mean " : "", SLICE_ARGS(near.best), near.best.data ? "?" : "");
                else if (i && strcmp(tree->items[i - 1].path, name) == 0)
                        (void)snprintf(text, sizeof(text), "a condition is one text");
                else if (kind && kind->describe && !enrichment_gives(kind, FIELD_user_agent_original))
                        (void)snprintf(text, sizeof(text),
                                       "what this step says of a user agent is written with the step user_agent: "
                                       "give that one the condition");
                if (*text)
                        (void)config_error_item(config, errors, WHEN, &tree->items[i], text);
        }
}

/* ---- steps ---- */

/* Most pieces that a step writes: one of each of its groups. */
static size_t pieces_of(const struct layout *layout, const struct enrichment *kind, size_t own)
{
        uint64_t groups = 0;
        for (const enum field *field = kind->gives; *field != FIELD_COUNT; field++)
                groups |= (uint64_t)1 << layout->field[*field].group;
        for (size_t i = own; i < layout->count; i++)
                groups |= (uint64_t)1 << layout->field[i].group;
        return (size_t)__builtin_popcountll(groups) * (kind->describe ? 2 : 1);    /* what it describes lies in another piece */
}

static void step_add(struct enrich_plan *plan, const struct config *config, const char *name, struct errors *errors)
{
        const struct enrichment *kind = kind_find(name);
        const char *word = kind ? NULL : instance_kind(config, name);
        if (word) {
                kind = kind_find(word);
                if (!kind || !kind->many)
                        return;    /* instances_check() has said so */
        }
        if (!kind) {
                (void)unknown_name(config, name, errors);
                return;
        }
        struct enrich_setup setup = { config, plan->layout, kind, name, &plan->watched, &plan->notes };
        for (size_t i = 0; i < config->enrich_order.count && config->enrich_order.items[i] != name; i++)
                if (strcmp(config->enrich_order.items[i], name) == 0) {
                        (void)config_error(config, errors, "enrich.order", "'%s' stands there twice", name);
                        return;
                }
        needs_check(plan, kind, errors);
        if (!settings_complete(&setup, errors))
                return;
        struct step *step = &plan->steps[plan->count++];
        size_t before = plan->layout->count;
        step->kind = kind;
        step->when = condition_load(&setup, errors);
        if (kind->load)
                step->state = kind->load(&setup, errors);
        step->keys = layout_keys(plan->layout, kind->gives) + layout_keys_between(plan->layout, before, plan->layout->count);
        size_t pieces = plan->pieces;
        plan->pieces += pieces_of(plan->layout, kind, before);
        if (plan->pieces > PIECES_MAX && pieces <= PIECES_MAX)
                (void)config_error(config, errors, "enrich.order", "with '%s' there are more than %d groups of fields that steps "
                                   "write", name, PIECES_MAX);
}

static void output_check(const struct config *config, const struct layout *layout, struct errors *errors)
{
        static const char *const PATHS[] = { "output.include", "output.exclude" };
        for (size_t which = 0; which < COUNT_OF(PATHS); which++) {
                const struct text_list *list = which ? &config->output_exclude : &config->output_include;
                for (size_t i = 0; i < list->count; i++) {
                        struct suggestion near;
                        if (layout_knows(layout, slice_of(list->items[i])))
                                continue;
                        suggestion_init(&near, slice_of(list->items[i]));
                        for (size_t k = 0; k < layout->count; k++)
                                suggestion_offer(&near, slice_of(layout->field[k].name));
                        (void)config_error(config, errors, PATHS[which], "there is no field '%s'%s%.*s%s", list->items[i],
                                           near.best.data ? "; did you mean " : "; `millrace reference fields` lists them",
                                           SLICE_ARGS(near.best), near.best.data ? "?" : "");
                }
        }
}

struct enrich_plan *enrich_plan_new(const struct config *config, struct errors *errors)
{
        size_t mistakes = errors_total(errors);
        struct enrich_plan *plan = memory_get(sizeof(*plan));
        plan->layout = layout_new(config->output_layout == OUTPUT_FLAT);
        layout_choose(plan->layout, &config->output_include, &config->output_exclude);
        plan->steps = memory_get((config->enrich_order.count + 1) * sizeof(*plan->steps));
        instances_check(config, errors);
        conditions_check(config, errors);
        for (size_t i = 0; i < config->enrich_order.count; i++)
                step_add(plan, config, config->enrich_order.items[i], errors);
        output_check(config, plan->layout, errors);
        if (errors_total(errors) == mistakes)
                return plan;
        enrich_plan_free(plan);
        return NULL;
}

void enrich_plan_free(struct enrich_plan *plan)
{
        if (!plan)
                return;
        for (size_t i = 0; i < plan->count; i++) {
                rule_free(plan->steps[i].when);
                if (plan->steps[i].kind->unload)
                        plan->steps[i].kind->unload(plan->steps[i].state);
        }
        layout_free(plan->layout);
        free(plan->watched.items);
        errors_done(&plan->notes);
        free(plan->steps);
        free(plan);
}

bool enrich_plan_gives(const struct enrich_plan *plan, enum field field)
{
        bool given = field >= FIELD_COUNT;
        for (size_t i = 0; i < plan->count && !given; i++)
                given = enrichment_gives(plan->steps[i].kind, field);
        return given;
}

const struct layout *enrich_plan_layout(const struct enrich_plan *plan) { return plan->layout; }

const struct errors *enrich_plan_notes(const struct enrich_plan *plan) { return &plan->notes; }

const char *enrich_plan_watched(const struct enrich_plan *plan, size_t i)
{
        return i < plan->watched.count ? plan->watched.items[i] : NULL;
}

void enrich_plan_describe(const struct enrich_plan *plan, const struct agent *agent, struct field_writer *writer)
{
        for (size_t i = 0; i < plan->count; i++)
                if (plan->steps[i].kind->describe)
                        plan->steps[i].kind->describe(plan->steps[i].state, agent, writer);
}

/* ---- the run ---- */

struct enrich_worker *enrich_worker_new(const struct enrich_plan *plan)
{
        struct enrich_worker *worker = memory_get(sizeof(*worker) + plan->count * sizeof(worker->steps[0]));
        worker->plan = plan;
        for (size_t i = 0; i < plan->count; i++) {
                const struct enrichment *kind = plan->steps[i].kind;
                if (!kind->run)
                        continue;
                worker->steps[worker->count++] = (struct worker_step){
                        .run = kind->run,
                        .detach = kind->detach,
                        .stage = kind->stage,
                        .when = plan->steps[i].when,
                        .keys = plan->steps[i].keys,
                        .scratch = kind->attach ? kind->attach(plan->steps[i].state, plan) : plan->steps[i].state,
                };
        }
        return worker;
}

void enrich_worker_free(struct enrich_worker *worker)
{
        if (!worker)
                return;
        for (size_t i = 0; i < worker->count; i++)
                if (worker->steps[i].detach)
                        worker->steps[i].detach(worker->steps[i].scratch);
        free(worker);
}

void enrich_run(struct enrich_worker *worker, struct subject *subject)
{
        struct findings *findings = subject->findings;
        memset(findings, 0, offsetof(struct findings, first));     /* what follows is read where a bit says so */
        findings->layout = worker->plan->layout;
        for (size_t i = 0; i < worker->count; i++) {
                const struct worker_step *step = &worker->steps[i];
                int64_t start = subject->timed ? clock_nanoseconds() : 0;
                subject->keys = step->keys;
                if (!step->when || rule_holds(step->when, subject))
                        step->run(step->scratch, subject);
                if (subject->timed)
                        metrics_time(subject->metrics, step->stage, clock_nanoseconds() - start);
        }
}

bool desk_open(struct field_desk *desk, struct subject *subject, size_t bytes)
{
        size_t size = subject->keys + bytes + LAYOUT_COPIED;
        desk->start = arena_take(subject->arena, size);
        if (!desk->start)
                return false;
        buffer_wrap(&desk->out, desk->start, size);
        writer_init(&desk->writer, subject->findings->layout, &desk->out);
        return true;
}

void desk_close(struct field_desk *desk, struct subject *subject)
{
        if (writer_end(&desk->writer))
                findings_take(subject->findings, &desk->writer);
        arena_trim(subject->arena, desk->start, desk->start + desk->out.size);
}

void field_give(struct subject *subject, enum field field, struct slice json)
{
        const struct layout_field *row = &subject->findings->layout->field[field];
        BUG_IF(row->depth);
        char *start = row->key.data ? arena_take(subject->arena, row->key.size + json.size + READABLE_PADDING) : NULL;
        if (!start)
                return;
        char *end = slice_put(slice_put_padded(start, row->key), json);
        findings_add(subject->findings, row->group, slice_between(start, end));
        arena_trim(subject->arena, start, end);
}
