/* What the tests of kinds with settings share: a folder for their files, a stage from YAML, and events with data. */
#ifndef GOODS_H
#define GOODS_H
#include "bench.h"
#include "json/scan.h"
#include <unistd.h>

struct goods {
        struct bench  bench;
        struct errors errors;
        char          folder[32], path[64];
        bool          open;
};

static inline void goods_init(struct goods *goods)
{
        memset(goods, 0, sizeof(*goods));
        strcpy(goods->folder, "/tmp/goods-XXXXXX");
        assert_non_null(mkdtemp(goods->folder));
}

static inline void goods_file(struct goods *goods, const char *name, const char *text)
{
        snprintf(goods->path, sizeof(goods->path), "%s/%s", goods->folder, name);
        FILE *file = fopen(goods->path, "we");
        assert_non_null(file);
        assert_true(fputs(text, file) >= 0);
        assert_int_equal(fclose(file), 0);
}

static inline void goods_close(struct goods *goods)
{
        if (goods->open)
                bench_close(&goods->bench);
        goods->open = false;
        errors_done(&goods->errors);
}

/* A plan of this configuration, whose relative paths lie in the folder; false and the mistakes. */
static inline bool goods_open(struct goods *goods, const char *yaml)
{
        struct bench *bench = &goods->bench;
        goods_close(goods);
        snprintf(goods->path, sizeof(goods->path), "%s/m.yaml", goods->folder);
        memset(bench, 0, sizeof(*bench));
        config_init(&bench->config);
        goods->open = config_read(&bench->config, goods->path, slice_of(yaml), &goods->errors);
        bench->plan = goods->open ? enrich_plan_new(&bench->config, &goods->errors) : NULL;
        if (!bench->plan) {
                config_done(&bench->config);
                return goods->open = false;
        }
        bench->worker = enrich_worker_new(bench->plan);
        bench->metrics = metrics_new(1);
        arena_pool_init(&bench->pool, 65536, 1);
        arena_init(&bench->arena, &bench->pool, 1 << 20);
        return true;
}

/* A row of a table of cases: its plan must be good. */
static inline void goods_row(struct goods *goods, const char *name, const char *yaml)
{
        UNIT_ROW(name);
        bool open = goods_open(goods, yaml);
        errors_print(&goods->errors, stderr);
        assert_true(open);
}

static inline void goods_done(struct goods *goods)
{
        char command[64];
        goods_close(goods);
        snprintf(command, sizeof(command), "rm -r %s", goods->folder);
        assert_int_equal(system(command), 0);
}

/* What is added to an event with this data (JSON; NULL: none). */
static inline const char *goods_run(struct goods *goods, const char *data)
{
        struct scan_error err;
        struct slice text = slice_of(data);
        assert_true(!data || scan_text(text, &SCAN_UNLIMITED, &err));
        goods->bench.event.data = text;
        goods->bench.facts.fact[FACT_data] = text;
        return bench_run(&goods->bench);
}

static inline int64_t goods_count(const struct goods *goods, const char *name)
{
        struct buffer text;
        char line[128];
        buffer_init(&text, 1 << 20);
        metrics_print(goods->bench.metrics, &text);
        buffer_add_char(&text, '\0');
        snprintf(line, sizeof(line), "\n%s ", name);
        const char *at = strstr(text.data, line);
        assert_non_null(at);
        int64_t value = strtoll(at + strlen(line), NULL, 10);
        buffer_done(&text);
        return value;
}
#endif
