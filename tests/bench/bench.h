/* What the micro benchmarks of enrichment share: a plan of one worker. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H
#include "enrich/enrich.h"
#include "measure.h"

#define BENCH_OUT ((size_t)1 << 20)

struct bench {
        struct config         config;
        struct enrich_plan   *plan;
        struct enrich_worker *worker;
        struct metrics       *metrics;     /* of one worker */
        struct arena_pool     pool;
        struct arena          arena;       /* all-zero: the benchmark opens and closes it */
        char                 *out;         /* BENCH_OUT bytes for what is rendered */
        size_t                bytes;       /* of the last event's fields */
};

/* First bench_init(), then bench_set() for every option, then bench_start(). */
static inline void bench_init(struct bench *bench)
{
        memset(bench, 0, sizeof(*bench));
        config_init(&bench->config);
}
static inline void bench_set(struct bench *bench, const char *option, const char *value)
{
        struct error err;
        BUG_IF(!config_set(&bench->config, option, value, &err));
}
static inline void bench_start(struct bench *bench)
{
        struct errors errors = { 0 };
        bench->plan = enrich_plan_new(&bench->config, &errors);
        errors_print(&errors, stderr);
        BUG_IF(!bench->plan);
        bench->worker = enrich_worker_new(bench->plan);
        bench->metrics = metrics_new(1);
        arena_pool_init(&bench->pool, 65536, 4);
        bench->out = memory_get(BENCH_OUT);
}
static inline void bench_close(struct bench *bench)
{
        enrich_worker_free(bench->worker);
        enrich_plan_free(bench->plan);
        metrics_free(bench->metrics);
        arena_pool_done(&bench->pool);
        config_done(&bench->config);
        free(bench->out);
}
#endif
