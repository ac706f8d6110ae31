/* The plan of enrichments: which, in which order, loaded and checked; and their run over an event. */
#include "enrich/enrich.h"
#include "base/clock.h"
#include "base/suggest.h"
#include "enrich/enrichment.h"

extern const struct enrichment ENRICHMENT_reception, ENRICHMENT_user_agent, ENRICHMENT_device;

/* A new kind: its file, and a word here. */
const struct enrichment *const ENRICHMENTS[] = {
        &ENRICHMENT_reception,
        &ENRICHMENT_user_agent,
        &ENRICHMENT_device,
        NULL,
};

struct step {
        const struct enrichment *kind;
        void *state;
};
struct enrich_plan {
        struct layout *layout;
        struct step   *steps;
        size_t         count;
};
/* The steps that have something to do for each event. */
struct worker_step {
        void (*run)(void *scratch, struct subject *subject);
        void (*detach)(void *scratch);
        void  *scratch;
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

static bool unknown_name(const char *name, struct errors *errors)
{
        struct suggestion suggestion;
        suggestion_init(&suggestion, slice_of(name));
        for (const struct enrichment *const *kind = ENRICHMENTS; *kind; kind++)
                suggestion_offer(&suggestion, slice_of((*kind)->name));
        if (suggestion.best.data)
                return errors_add(errors, "enrich.order: there is no enrichment '%s'; did you mean '%.*s'?", name,
                                  SLICE_ARGS(suggestion.best));
        char names[400] = "";
        for (const struct enrichment *const *kind = ENRICHMENTS; *kind; kind++)
                snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", *names ? ", " : "", (*kind)->name);
        return errors_add(errors, "enrich.order: there is no enrichment '%s'; there are: %s", name, names);
}

static bool gives(const struct enrichment *kind, enum field field)
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
                        given = gives(plan->steps[i].kind, *need);
                const struct enrichment *const *giver = ENRICHMENTS;
                while (*giver && !gives(*giver, *need))
                        giver++;
                BUG_IF(!*giver);
                if (!given && *giver != missed) {
                        missed = *giver;
                        (void)errors_add(errors, "enrich.order: %s needs %s, which is not before it in enrich.order", kind->name,
                                         missed->name);
                }
        }
}

static void step_add(struct enrich_plan *plan, const struct config *config, const char *name, struct errors *errors)
{
        const struct enrichment *kind = kind_find(name);
        if (!kind) {
                (void)unknown_name(name, errors);
                return;
        }
        for (size_t i = 0; i < plan->count; i++)
                if (plan->steps[i].kind == kind) {
                        (void)errors_add(errors, "enrich.order: '%s' stands there twice", name);
                        return;
                }
        needs_check(plan, kind, errors);
        struct step *step = &plan->steps[plan->count++];
        step->kind = kind;
        if (kind->load) {
                struct enrich_setup setup = { config, plan->layout, "" };
                step->state = kind->load(&setup, errors);
        }
}

struct enrich_plan *enrich_plan_new(const struct config *config, struct errors *errors)
{
        size_t mistakes = errors_total(errors);
        struct enrich_plan *plan = memory_get(sizeof(*plan));
        plan->layout = layout_new();
        plan->steps = memory_get((config->enrich_order.count + 1) * sizeof(*plan->steps));
        for (size_t i = 0; i < config->enrich_order.count; i++)
                step_add(plan, config, config->enrich_order.items[i], errors);
        if (errors_total(errors) == mistakes)
                return plan;
        enrich_plan_free(plan);
        return NULL;
}

void enrich_plan_free(struct enrich_plan *plan)
{
        if (!plan)
                return;
        for (size_t i = 0; i < plan->count; i++)
                if (plan->steps[i].kind->unload)
                        plan->steps[i].kind->unload(plan->steps[i].state);
        layout_free(plan->layout);
        free(plan->steps);
        free(plan);
}

const struct layout *enrich_plan_layout(const struct enrich_plan *plan) { return plan->layout; }

void enrich_plan_describe(const struct enrich_plan *plan, const struct agent *agent, struct field_writer *writer)
{
        for (size_t i = 0; i < plan->count; i++)
                if (plan->steps[i].kind->describe)
                        plan->steps[i].kind->describe(plan->steps[i].state, agent, writer);
}

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
                        .scratch = kind->attach ? kind->attach(plan->steps[i].state, plan) : NULL,
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
        findings->layout = worker->plan->layout;
        findings->agent = NULL;
        findings->groups = 0;
        findings->bytes = 0;
        findings->count = 0;
        for (size_t i = 0; i < worker->count; i++) {
                int64_t start = subject->timed ? clock_nanoseconds() : 0;
                worker->steps[i].run(worker->steps[i].scratch, subject);
                if (subject->timed)
                        metrics_time(subject->metrics, worker->steps[i].stage, clock_nanoseconds() - start);
        }
}

void enrich_print_reference(FILE *out)
{
        fputs("# Enrichments\n\n<!-- Printed by `millrace reference enrichments`; do not edit. -->\n\n"
              "Each is switched on by its name in `enrich.order` and runs in that order. An enrichment fails no "
              "event: what it does\n"
              "not know is absent. The fields are described in [fields](fields.md).\n",
              out);
        for (const struct enrichment *const *kind = ENRICHMENTS; *kind; kind++) {
                fprintf(out, "\n## %s\n\n%s\n\n", (*kind)->name, (*kind)->doc);
                for (const enum field *need = (*kind)->needs; need && *need != FIELD_COUNT; need++)
                        fprintf(out, "%s`%s`%s", need == (*kind)->needs ? "Needs: " : ", ", FIELDS[*need].name,
                                need[1] == FIELD_COUNT ? ".\n\n" : "");
                for (const enum field *given = (*kind)->gives; *given != FIELD_COUNT; given++)
                        fprintf(out, "%s`%s`%s", given == (*kind)->gives ? "Gives: " : ", ", FIELDS[*given].name,
                                given[1] == FIELD_COUNT ? ".\n" : "");
        }
}

void fields_print_reference(FILE *out)
{
        fputs("# Fields\n\n<!-- Printed by `millrace reference fields` from include/enrich/fields.def; do not edit. -->\n\n"
              "What enrichment adds to an event. A value that is not known is absent, never null. A client's own "
              "member of one of\n"
              "these names at the top of an event is dropped.\n",
              out);
        for (unsigned group = 0; group < GROUP_COUNT; group++) {
                fprintf(out,
                        "\n## %s\n\n%s\n\n| Field | Type | Unit | Enrichment | Source | Meaning |\n| --- | --- | --- | --- | --- "
                        "| --- |\n",
                        GROUPS[group].name, GROUPS[group].doc);
                for (unsigned field = 0; field < FIELD_COUNT; field++) {
                        if (FIELDS[field].group != group)
                                continue;
                        const struct enrichment *const *giver = ENRICHMENTS;
                        while (*giver && !gives(*giver, (enum field)field))
                                giver++;
                        fprintf(out, "| `%s` | %s | %s | %s | %s | %s |\n", FIELDS[field].name, FIELDS[field].type,
                                FIELDS[field].unit, *giver ? (*giver)->name : "", FIELDS[field].source, FIELDS[field].doc);
                }
        }
}
