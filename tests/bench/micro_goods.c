/* What tables, sums and amounts cost: cmake --build --preset release --target bench_goods && build/release/bench_goods [ROWS
 * [STEP]] Look-ups in tables of ROWS rows (1,000,000): "warm" asks for the same 1,000 keys again and again, "cold" for all keys
 * in an order that is no order, so that index and row come from memory. CPU time of this thread, best of several passes. */
#include "bench.h"
#include "base/hash.h"
#include "enrich/enrichment.h"
#include "enrich/table.h"
#include "json/scan.h"
#include <unistd.h>

#define PASSES 7
#define ASKED  200000

/* ---- tables ---- */

static void key_make(enum table_match match, size_t i, char key[static 64])
{
        if (match == TABLE_EXACT)
                snprintf(key, 64, "sku-%07zu", i * 7919 % 10000019);
        else if (match == TABLE_PREFIX)
                snprintf(key, 64, "+%zu", 100000 + i * 7919 % 10000019);
        else
                snprintf(key, 64, "%zu.%zu.%zu.0/%u", i >> 16 & 255, i >> 8 & 255, i & 255, 24 + (unsigned)(i % 3));
}

static void file_make(const char *path, enum table_match match, size_t rows)
{
        char key[64];
        FILE *file = fopen(path, "we");
        BUG_IF(!file);
        fputs("key,name,category,price\n", file);
        for (size_t i = 0; i < rows; i++) {
                key_make(match, i, key);
                fprintf(file, "%s,Article %zu,category %zu,%zu.99\n", key, i, i % 97, i % 500);
        }
        BUG_IF(fclose(file) != 0);
}

struct question { struct slice text; struct address address; };

/* Nanoseconds of one question out of `set`. */
static double table_pass(const struct table *table, enum table_match match, const struct question *questions, size_t set)
{
        double best = 1e9;
        size_t found = 0;
        struct random random;
        for (size_t pass = 0; pass < PASSES; pass++) {
                random_init_fixed(&random, pass + 1);
                double start = cpu_seconds();
                for (size_t i = 0; i < ASKED; i++) {
                        const struct question *question = &questions[random_next(&random) % set];
                        const char *row = match == TABLE_CIDR ? table_find_address(table, &question->address) :
                                                                table_find(table, question->text);
                        found += row && table_value_next(&row).size > 0;
                }
                double took = cpu_seconds() - start;
                best = took < best ? took : best;
        }
        BUG_IF(found != (size_t)ASKED * PASSES);
        return best * 1e9 / ASKED;
}

static struct question *questions_make(enum table_match match, size_t rows)
{
        struct question *questions = memory_get(rows * sizeof(*questions));
        char *texts = memory_get(rows * 32), key[64];
        for (size_t i = 0; i < rows; i++) {
                char *text = texts + 32 * i;
                key_make(match, i, key);
                if (match == TABLE_CIDR)
                        *strchr(key, '/') = '\0';
                questions[i].text =
                        (struct slice){ text, (size_t)snprintf(text, 32, match == TABLE_PREFIX ? "%.20s123" : "%.20s", key) };
                if (match == TABLE_CIDR)
                        BUG_IF(!address_parse(questions[i].text, &questions[i].address));
        }
        return questions;
}

static void bench_table(const char *folder, enum table_match match, size_t rows)
{
        static const char *const NAMES[] = { "exact", "prefix", "cidr" };
        static const struct table_column COLUMNS[] = { { SLICE_INIT("name"), TABLE_KEYWORD },
                                                       { SLICE_INIT("category"), TABLE_KEYWORD },
                                                       { SLICE_INIT("price"), TABLE_FLOAT } };
        char path[64], name[100];
        struct errors errors = { 0 };
        struct table_facts facts;
        snprintf(path, sizeof(path), "%s/%s.csv", folder, NAMES[match]);
        file_make(path, match, rows);
        struct table_plan plan = { .file = path, .separator = ',', .header = true, .match = match, .columns = COLUMNS,
                                   .count = COUNT_OF(COLUMNS), .rows_limit = rows, .bytes_limit = TABLE_BYTES_MOST };
        double start = cpu_seconds();
        struct table *table = table_load(&plan, &errors);
        double took = cpu_seconds() - start;
        errors_print(&errors, stderr);
        BUG_IF(!table);
        table_describe(table, &facts);
        struct question *questions = questions_make(match, rows);
        printf("%s, %zu rows of three columns\n", NAMES[match], facts.rows);
        figure("  load", took * 1e3, "ms");
        figure("  memory", (double)facts.bytes / (double)facts.rows, "bytes a row");
        snprintf(name, sizeof(name), "  look-up, warm (1,000 keys)");
        figure(name, table_pass(table, match, questions, rows < 1000 ? rows : 1000), "ns");
        snprintf(name, sizeof(name), "  look-up, cold (all keys)");
        figure(name, table_pass(table, match, questions, rows), "ns");
        free((char *)(uintptr_t)questions[0].text.data);
        free(questions);
        table_free(table);
        (void)unlink(path);
}

/* ---- the steps ---- */

#define LINE "{\"item_id\":\"SKU-1042\",\"item_name\":\"Red running shoes\",\"price\":89.90,\"quantity\":2}"
#define TEN  LINE "," LINE "," LINE "," LINE "," LINE "," LINE "," LINE "," LINE "," LINE "," LINE

static const struct { const char *name, *yaml, *data;
} STEPS[] = {
        { "cart of 1 line", "enrich:\n  order: [cart]\n", "{\"currency\":\"EUR\",\"value\":179.80,\"items\":[" LINE "]}" },
        { "cart of 10 lines", "enrich:\n  order: [cart]\n", "{\"currency\":\"EUR\",\"value\":1798.00,\"items\":[" TEN "]}" },
        { "money, no conversion",
          "enrich:\n  order: [pay]\n  instances:\n    pay: { kind: money, amount: /value, currency: /currency }\n",
          "{\"currency\":\"USD\",\"value\":179.80,\"items\":[]}" },
        { "money, converted",
          "enrich:\n  order: [pay]\n  instances:\n"
          "    pay: { kind: money, amount: /value, currency: /currency, to: EUR, rates: rates.csv, max_age: 0 }\n",
          "{\"currency\":\"USD\",\"value\":179.80,\"items\":[]}" },
        { "text of 100 bytes", "enrich:\n  order: [t]\n  instances:\n    t: { kind: text, from: /text }\n",
          "{\"text\":\"A text that somebody wrote, of one hundred bytes, with words like any text has, in a plain language.\"}" },
        { "lookup, three columns",
          "enrich:\n  order: [l]\n  instances:\n    l: { kind: lookup, file: small.csv, key: /sku, give: [name, category, price] "
          "}\n",
          "{\"sku\":\"sku-0007919\",\"value\":179.80}" },
};

static double step_pass(struct enrich_worker *worker, struct arena_pool *pool, struct slice data, char *out)
{
        struct facts    facts = { .fact[FACT_data] = data };
        struct client   client = { 0 };
        struct event    event = { .data = data, .body = data };
        struct findings findings;
        struct arena    arena;
        double best = 1e9;
        for (size_t pass = 0; pass < PASSES; pass++) {
                struct subject subject = { .facts = &facts, .client = &client, .event = &event, .arena = &arena,
                                           .findings = &findings };
                double start = cpu_seconds();
                arena_init(&arena, pool, 1 << 20);
                for (size_t i = 0; i < ASKED; i++) {
                        if (i % 50 == 0) {
                                arena_done(&arena);
                                arena_init(&arena, pool, 1 << 20);
                        }
                        enrich_run(worker, &subject);
                        BUG_IF(enrich_render_bound(&findings) > 1 << 20);
                        BUG_IF(enrich_render(&findings, out) == out);
                }
                arena_done(&arena);
                double took = cpu_seconds() - start;
                best = took < best ? took : best;
        }
        return best * 1e9 / ASKED;
}

/* Those whose name has the word in it. */
static void bench_steps(const char *folder, const char *word)
{
        char path[64], *out = memory_get(1 << 20);
        struct arena_pool pool;
        snprintf(path, sizeof(path), "%s/small.csv", folder);
        file_make(path, TABLE_EXACT, 1000);
        snprintf(path, sizeof(path), "%s/rates.csv", folder);
        FILE *file = fopen(path, "we");
        BUG_IF(!file || fputs("base,EUR\ndate,2026-11-20\nUSD,1.0534\n", file) < 0 || fclose(file) != 0);
        arena_pool_init(&pool, 65536, 4);
        puts("whole steps, rendering included, warm");
        for (size_t i = 0; i < COUNT_OF(STEPS); i++) {
                struct errors errors = { 0 };
                struct config config;
                char name[100];
                if (!strstr(STEPS[i].name, word))
                        continue;
                snprintf(path, sizeof(path), "%s/m.yaml", folder);
                config_init(&config);
                BUG_IF(!config_read(&config, path, slice_of(STEPS[i].yaml), &errors));
                struct enrich_plan *plan = enrich_plan_new(&config, &errors);
                errors_print(&errors, stderr);
                BUG_IF(!plan);
                struct enrich_worker *worker = enrich_worker_new(plan);
                snprintf(name, sizeof(name), "  %s", STEPS[i].name);
                figure(name, step_pass(worker, &pool, slice_of(STEPS[i].data), out), "ns");
                enrich_worker_free(worker);
                enrich_plan_free(plan);
                config_done(&config);
        }
        arena_pool_done(&pool);
        free(out);
}

int main(int argc, char **argv)
{
        char folder[] = "/tmp/goods-XXXXXX", path[64];
        size_t rows = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
        BUG_IF(!mkdtemp(folder) || rows == 0);
        for (int match = TABLE_EXACT; match <= TABLE_CIDR; match++)
                bench_table(folder, (enum table_match)match, rows);
        bench_steps(folder, argc > 2 ? argv[2] : "");
        for (size_t i = 0; i < 2; i++) {
                snprintf(path, sizeof(path), "%s/%s", folder, i ? "small.csv" : "rates.csv");
                (void)unlink(path);
        }
        (void)rmdir(folder);
        return 0;
}
