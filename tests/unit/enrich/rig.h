/* A bench whose configuration is YAML and whose events are JSON: what a step gives, and what it leaves of the event. */
#ifndef RIG_H
#define RIG_H
#include "bench.h"
#include "enrich/edit.h"
#include "json/scan.h"

#define RIG_FILE "/etc/x/m.yaml"

/* The mistakes of a configuration; none: the plan is good. */
static inline struct enrich_plan *rig_load(struct bench *bench, const char *yaml, struct errors *errors)
{
        memset(bench, 0, sizeof(*bench));
        config_init(&bench->config);
        (void)config_read(&bench->config, RIG_FILE, slice_of(yaml), errors);
        return errors_total(errors) ? NULL : enrich_plan_new(&bench->config, errors);
}

static inline void rig_open(struct bench *bench, const char *yaml)
{
        struct errors errors = { 0 };
        bench->plan = rig_load(bench, yaml, &errors);
        errors_print(&errors, stderr);
        assert_int_equal(errors_total(&errors), 0);
        bench->worker = enrich_worker_new(bench->plan);
        bench->metrics = metrics_new(1);
        arena_pool_init(&bench->pool, 65536, 1);
        arena_init(&bench->arena, &bench->pool, 1 << 20);
}

/* The only mistake of a configuration; "" when there is none. */
static inline void rig_complaint(const char *yaml, char text[600])
{
        struct bench  bench;
        struct errors errors = { 0 };
        bench.plan = rig_load(&bench, yaml, &errors);
        if (errors_total(&errors) > 1)
                errors_print(&errors, stderr);
        assert_true(errors_total(&errors) <= 1);
        (void)snprintf(text, 600, "%s", errors.count ? errors.items[0].text : "");
        enrich_plan_free(bench.plan);
        config_done(&bench.config);
        errors_done(&errors);
}

/* Makes an envelope the bench's event: its facts, its data. The text lives as long as it is used. */
static inline void rig_event(struct bench *bench, const char *json)
{
        bench->event = (struct event){ .body = slice_of(json), .schema = SLICE("com.acme/purchase/1-0-0") };
        for (size_t i = 0; i < FACT_COUNT; i++) {
                char pointer[100] = "/";
                (void)snprintf(pointer + 1, sizeof(pointer) - 1, "%s", FACTS[i].path);
                for (char *at = pointer; *at; at++)
                        if (*at == '.')
                                *at = '/';
                bench->facts.fact[i] = scan_pointer(bench->event.body, slice_of(pointer));
        }
        bench->event.data = bench->facts.fact[FACT_data];
}

/* What is added to the event. */
static inline const char *rig_run(struct bench *bench, const char *json)
{
        rig_event(bench, json);
        return bench_run(bench);
}

/* What is left of the event once it has been run: JSON again. */
static inline const char *rig_left(struct bench *bench)
{
        static char text[8192];
        struct scan_error wrong;
        assert_true(edit_bound(&bench->findings, bench->event.body) < sizeof(text));
        char *end = edit_put(&bench->findings, bench->event.body, text);
        assert_true((size_t)(end - text) <= edit_bound(&bench->findings, bench->event.body));
        assert_true(scan_text(slice_between(text, end), &SCAN_UNLIMITED, &wrong));
        *end = '\0';
        return text;
}
#endif
