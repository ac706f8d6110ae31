/* What language, local time and app cost an event: cmake --build --preset release --target bench_context &&
 *     build/release/bench_context
 * CPU time of this thread, best of several passes. Each row runs one enrichment alone, findings included, without rendering. */
#include "bench.h"
#include "base/hash.h"
#include <malloc.h>

#define PASSES 15
#define EVENTS 200000


static void order_open(struct bench *bench, const char *order, const char *cache, const char *entries)
{
        bench_init(bench);
        bench_set(bench, "enrich.order", order);
        if (cache)
                bench_set(bench, cache, entries);
        bench_start(bench);
}

/* The i-th of `count` different clients; texts that change lie in `room`. */
struct client_text { char locale[40], header[80], zone[40], version[40]; };
static void client_make(struct client_text *text, size_t i)
{
        static const char *const LANGUAGES[] = {
                "de", "en", "fr", "es", "pt", "it", "nl", "pl", "sv", "zh-Hant", "sr-Latn", "ar"
        };
        static const char *const REGIONS[] = { "DE", "US", "FR", "ES", "BR", "AT", "CH", "GB", "419", "TW" };
        static const char *const ZONES[] = { "Europe/Berlin", "America/New_York", "Asia/Kolkata",  "America/Sao_Paulo",
                                             "Asia/Tokyo",    "Australia/Sydney", "Europe/London", "Africa/Cairo",
                                             "UTC",           "America/St_Johns" };
        const char *language = LANGUAGES[i % COUNT_OF(LANGUAGES)], *region = REGIONS[i / COUNT_OF(LANGUAGES) % COUNT_OF(REGIONS)];
        snprintf(text->locale, sizeof(text->locale), "\"%s-%s\"", language, region);
        snprintf(text->header, sizeof(text->header), "%s-%s,%s;q=0.9,en-US;q=0.8,en;q=0.7,x-%zu", language, region, language, i);
        snprintf(text->zone, sizeof(text->zone), "\"%s\"", ZONES[i % COUNT_OF(ZONES)]);
        snprintf(text->version, sizeof(text->version), "\"4.%zu.0\"", i);
}

static void facts_fill(struct facts *facts, struct client *client, const struct client_text *text)
{
        facts->fact[FACT_locale] = slice_of(text->locale);
        client->header[HEADER_accept_language] = slice_of(text->header);
        facts->fact[FACT_timezone] = slice_of(text->zone);
        facts->fact[FACT_app_version] = slice_of(text->version);
        facts->fact[FACT_app_name] = SLICE("\"Shop\"");
        facts->fact[FACT_app_build] = SLICE("\"4120\"");
        facts->fact[FACT_app_namespace] = SLICE("\"com.example.shop\"");
        facts->fact[FACT_library_name] = SLICE("\"analytics-ios\"");
        facts->fact[FACT_library_version] = SLICE("\"4.1.8\"");
        facts->fact[FACT_os_name] = SLICE("\"iOS\"");
        facts->fact[FACT_os_version] = SLICE("\"17.2.1\"");
}

/* Seconds for EVENTS events of `clients` different clients, whose clocks run over `span` ms. */
static double pass(struct bench *bench, const struct client_text *texts, size_t clients, int64_t span)
{
        struct client   client = { 0 };
        struct event    event = { 0 };
        struct facts   *facts = memory_get(clients * sizeof(*facts));
        struct client  *senders = memory_get(clients * sizeof(*senders));
        struct findings findings;
        struct arena    arena;
        struct random   random;
        for (size_t i = 0; i < clients; i++)
                facts_fill(&facts[i], &senders[i], &texts[i]);
        random_init_fixed(&random, 1);
        arena_init(&arena, &bench->pool, 1 << 20);
        struct subject subject = { .client = &client, .event = &event, .arena = &arena, .findings = &findings,
                                   .metrics = metrics_of(bench->metrics, 0) };
        size_t bytes = 0;
        double start = cpu_seconds();
        for (size_t i = 0; i < EVENTS; i++) {
                uint64_t bits = random_next(&random);
                size_t   which = (size_t)(bits >> 32) % clients;
                facts[which].time = 1795248000000 + (int64_t)(bits % (uint64_t)span);
                subject.facts = &facts[which];
                subject.client = &senders[which];
                enrich_run(bench->worker, &subject);
                bytes += findings.bytes;
        }
        double took = cpu_seconds() - start;
        BUG_IF(bytes == 0);
        arena_done(&arena);
        free(facts);
        free(senders);
        return took;
}

static const struct { const char *name, *order, *cache, *entries; size_t clients; int64_t span; } ROWS[] = {
        { "language, warm: 1 client",      "language", NULL, NULL, 1, 1 },
        { "language, warm: 100 clients",   "language", NULL, NULL, 100, 1 },
        { "language, warm: 1,000 clients", "language", NULL, NULL, 1000, 1 },
        { "language, cold: every client new", "language", "enrich.language.cache", "64", 20000, 1 },
        { "time, warm: 1 zone, within ten minutes", "time", NULL, NULL, 1, 600000 },
        { "time, warm: 10 zones, within ten minutes", "time", NULL, NULL, 10, 600000 },
        { "time, cold: 10 zones, any hour of three years", "time", NULL, NULL, 10, 94608000000 },
        { "app, warm: 1 app",              "app", NULL, NULL, 1, 1 },
        { "app, warm: 100 apps",           "app", NULL, NULL, 100, 1 },
        { "app, warm: 1,000 apps",         "app", NULL, NULL, 1000, 1 },
        { "app, cold: every app new",      "app", "enrich.app.cache", "64", 20000, 1 },
        { "all three, warm: 100 clients",  "language, time, app", NULL, NULL, 100, 600000 },
};

int main(void)
{
        enum { CLIENTS = 20000 };
        struct client_text *texts = memory_get(CLIENTS * sizeof(*texts));
        for (size_t i = 0; i < CLIENTS; i++)
                client_make(&texts[i], i);
        for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
                struct bench bench;
                size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
                double start = cpu_seconds(), best = 1e9;
                order_open(&bench, ROWS[i].order, ROWS[i].cache, ROWS[i].entries);
                double loaded = cpu_seconds() - start;
                for (size_t n = 0; n < PASSES; n++) {
                        double took = pass(&bench, texts, ROWS[i].clients, ROWS[i].span);
                        best = took < best ? took : best;
                }
                size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;
                figure(ROWS[i].name, best * 1e9 / EVENTS, "ns");
                if (i + 1 == COUNT_OF(ROWS) || strcmp(ROWS[i].order, ROWS[i + 1].order) != 0) {
                        figure("  loading it", loaded * 1e3, "ms");
                        figure("  memory of a plan and a worker", (double)(after - before) / 1048576, "MiB");
                }
                bench_close(&bench);
        }
        free(texts);
        return 0;
}
