/* The whole stage of one worker, for tests: configuration in, JSON text out. */
#ifndef BENCH_H
#define BENCH_H
#include "unit.h"
#include "enrich/enrich.h"

#define RULES SOURCE_DIR "/tests/unit/enrich/rules.yaml"

struct bench {
        struct config         config;
        struct enrich_plan   *plan;
        struct enrich_worker *worker;
        struct metrics       *metrics;
        struct arena_pool     pool;
        struct arena          arena;
        struct client         client;
        struct facts          facts;
        struct event          event;
        struct findings       findings;
        char                  text[8192];
};

/* `options`: pairs of path and value, ended by NULL. */
static inline void bench_open_with(struct bench *bench, const char *order, const char *cache, const char *const *options)
{
        struct errors errors = { 0 };
        struct error  err;
        memset(bench, 0, sizeof(*bench));
        config_init(&bench->config);
        assert_true(config_set(&bench->config, "enrich.order", order, &err));
        assert_true(config_set(&bench->config, "enrich.user_agent.rules", RULES, &err));
        assert_true(config_set(&bench->config, "enrich.user_agent.cache", cache, &err));
        assert_true(config_set(&bench->config, "enrich.user_agent.limit", "100", &err));
        for (; options && *options; options += 2)
                assert_true(config_set(&bench->config, options[0], options[1], &err));
        bench->plan = enrich_plan_new(&bench->config, &errors);
        errors_print(&errors, stderr);
        assert_non_null(bench->plan);
        bench->worker = enrich_worker_new(bench->plan);
        bench->metrics = metrics_new(1);
        arena_pool_init(&bench->pool, 65536, 1);
        arena_init(&bench->arena, &bench->pool, 1 << 20);
}

static inline void bench_open(struct bench *bench, const char *order, const char *cache)
{
        bench_open_with(bench, order, cache, NULL);
}

static inline void bench_close(struct bench *bench)
{
        arena_done(&bench->arena);
        arena_pool_done(&bench->pool);
        enrich_worker_free(bench->worker);
        enrich_plan_free(bench->plan);
        if (bench->metrics)
                metrics_free(bench->metrics);
        config_done(&bench->config);
}

static inline const char *bench_run(struct bench *bench)
{
        struct subject subject = { .facts = &bench->facts, .client = &bench->client, .event = &bench->event,
                                   .arena = &bench->arena, .findings = &bench->findings,
                                   .metrics = bench->metrics ? metrics_of(bench->metrics, 0) : NULL };
        enrich_run(bench->worker, &subject);
        size_t bound = enrich_render_bound(&bench->findings);
        assert_true(bound < sizeof(bench->text));
        char *end = enrich_render(&bench->findings, bench->text);
        assert_true((size_t)(end - bench->text) <= bound);
        *end = '\0';
        return bench->text;
}

/* One run over a fact that is hostile; the arena is new afterwards. `out` has room for more than any answer may need. */
static inline void bench_hostile(struct bench *bench, char *out, size_t size)
{
        struct subject subject = { .facts = &bench->facts, .client = &bench->client, .event = &bench->event,
                                   .arena = &bench->arena, .findings = &bench->findings };
        enrich_run(bench->worker, &subject);
        assert_true(enrich_render_bound(&bench->findings) < size);
        char *end = enrich_render(&bench->findings, out);
        assert_true((size_t)(end - out) <= enrich_render_bound(&bench->findings));
        arena_done(&bench->arena);
        arena_init(&bench->arena, &bench->pool, 1 << 20);
}

/* A JSON string of the start and as many fills as reach `most` bytes, in `text`, which has room for one fill and a quote more. */
static inline struct slice hostile_make(char *text, const char *start, const char *fill, size_t most)
{
        size_t size = strlen(start), step = strlen(fill);
        memcpy(text, start, size);
        for (; size < most; size += step)
                memcpy(text + size, fill, step);
        text[size++] = '"';
        return (struct slice){ text, size };
}
#endif
