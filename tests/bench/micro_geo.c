/* What a place costs an event: cmake --build --preset release --target bench_geo && build/release/bench_geo DATABASE...
 * The databases are used together, as enrich.geo.databases has them. Addresses are random IPv4 ones that one of them knows. CPU
 * time of this thread, best of several passes. */
#include "bench.h"
#include "base/hash.h"
#include "enrich/mmdb.h"
#include <malloc.h>

#define PASSES 9
#define EVENTS 200000


static size_t heap(void) { return mallinfo2().uordblks + mallinfo2().hblkhd; }

static struct address address_random(struct random *random)
{
        struct address address = { .bytes = { [10] = 0xFF, [11] = 0xFF }, .known = true };
        uint64_t bits = random_next(random);
        memcpy(address.bytes + 12, &bits, 4);
        return address;
}

/* The database alone: loading it, and finding the record of an address. */
static void bench_find(const char *path, struct address *known, size_t count)
{
        struct error err;
        struct mmdb_facts facts;
        double start = cpu_seconds();
        struct mmdb *mmdb = mmdb_load(path, &err);
        double loaded = cpu_seconds();
        if (!mmdb) {
                fprintf(stderr, "%s\n", err.text);
                exit(1);
        }
        mmdb_describe(mmdb, &facts);
        printf("%.*s: %zu nodes, %u bits\n", SLICE_ARGS(facts.type), facts.nodes, facts.record_bits);
        figure("  loading", (loaded - start) * 1e3, "ms");
        figure("  memory", (double)facts.memory / 1048576, "MiB");
        struct random random;
        random_init_fixed(&random, 1);
        for (size_t i = 0; known && i < count;) {
                known[i] = address_random(&random);
                i += mmdb_find(mmdb, &known[i]) != 0;
        }
        static const size_t HOT[] = { 1000, 20000, EVENTS };
        for (size_t k = 0; known && k < COUNT_OF(HOT); k++) {
                double best = 1e9;
                uint32_t sum = 0;
                char name[80];
                for (size_t pass = 0; pass < PASSES; pass++) {
                        start = cpu_seconds();
                        for (size_t i = 0; i < EVENTS; i++)
                                sum += mmdb_find(mmdb, &known[i % HOT[k]]);
                        double took = cpu_seconds() - start;
                        best = took < best ? took : best;
                }
                snprintf(name, sizeof(name), "  finding one of %zu addresses%s", HOT[k], sum == 1 ? "!" : "");
                figure(name, best * 1e9 / EVENTS, "ns");
        }
        mmdb_free(mmdb);
}

static void stage_open(struct bench *bench, const char *order, const char *databases, const char *const *options)
{
        bench_init(bench);
        bench_set(bench, "enrich.order", order);
        bench_set(bench, "enrich.geo.databases", databases);
        for (; *options; options += 2)
                bench_set(bench, options[0], options[1]);
        bench_start(bench);
}

/* Nanoseconds an event; `row` events after each other have one address. */
static double stage_pass(struct bench *bench, const struct address *known, size_t set, size_t row)
{
        struct client   client = { 0 };
        struct facts    facts = { .received = INT64_C(1763726400000) };
        struct event    event = { 0 };
        struct findings findings;
        struct subject  subject = { .facts = &facts, .client = &client, .event = &event, .arena = &bench->arena,
                                    .findings = &findings, .metrics = metrics_of(bench->metrics, 0) };
        struct random   random;
        random_init_fixed(&random, 7);
        arena_init(&bench->arena, &bench->pool, 1 << 20);
        double start = cpu_seconds();
        for (size_t i = 0; i < EVENTS; i++) {
                if (i % row == 0) {
                        arena_done(&bench->arena);
                        arena_init(&bench->arena, &bench->pool, 1 << 20);
                        client.address = known[row == 1 && set == EVENTS ? i : random_next(&random) % set];
                }
                enrich_run(bench->worker, &subject);
                BUG_IF(enrich_render_bound(&findings) > BENCH_OUT);
                BUG_IF(enrich_render(&findings, bench->out) == bench->out);
        }
        double took = cpu_seconds() - start;
        arena_done(&bench->arena);
        return took * 1e9 / EVENTS;
}

static void bench_stage(const char *databases, const struct address *known)
{
        static const struct { const char *name, *order; size_t set, row; const char *options[5]; } ROWS[] = {
                { "client alone, 1,000 addresses", "client", 1000, 1, { NULL } },
                { "client alone, truncated", "client", 1000, 1, { "enrich.client.ip", "truncate", NULL } },
                { "client and geo, one request's 50 events", "client, geo", 1000, 50, { NULL } },
                { "client and geo, 100 addresses", "client, geo", 100, 1, { NULL } },
                { "client and geo, 1,000 addresses", "client, geo", 1000, 1, { NULL } },
                { "client and geo, 5,000 addresses", "client, geo", 5000, 1, { NULL } },
                { "client and geo, every address new", "client, geo", EVENTS, 1, { "enrich.geo.cache", "64", NULL } },
        };
        for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
                static struct bench bench;
                size_t before = heap();
                double best = 1e9;
                stage_open(&bench, ROWS[i].order, databases, ROWS[i].options);
                for (size_t pass = 0; pass < PASSES; pass++) {
                        double took = stage_pass(&bench, known, ROWS[i].set, ROWS[i].row);
                        best = took < best ? took : best;
                }
                figure(ROWS[i].name, best, "ns");
                if (i + 2 == COUNT_OF(ROWS))
                        figure("  memory: databases, a worker's cache of 5,000 places", (double)(heap() - before) / 1048576,
                               "MiB");
                bench_close(&bench);
        }
}

int main(int argc, char **argv)
{
        struct buffer list;
        if (argc < 2) {
                fprintf(stderr, "usage: %s DATABASE...\n", argv[0]);
                return 2;
        }
        struct address *known = memory_get(EVENTS * sizeof(*known));
        buffer_init(&list, 65536);
        for (int i = 1; i < argc; i++) {
                bench_find(argv[i], i == 1 ? known : NULL, EVENTS);
                buffer_format(&list, "%s%s", i > 1 ? ", " : "", argv[i]);
        }
        buffer_add_char(&list, '\0');
        bench_stage(list.data, known);
        buffer_done(&list);
        free(known);
        return 0;
}
