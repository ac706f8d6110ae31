/* What referrer and campaign cost an event: cmake --build --preset release --target bench_referrer &&
 * build/release/bench_referrer CPU time of this thread, best of several passes. What needs the page is told as the difference to
 * the enrichment page alone. */
#include "bench.h"
#include "base/hash.h"
#include "enrich/enrichment.h"
#include "enrich/referrer_table.h"
#include <malloc.h>

#define PASSES 15
#define EVENTS 100000

/* JSON strings. */
struct texts { struct slice *text; size_t count; };

/* What browsers send nowadays, and longer ones. */
static struct texts referrers_make(size_t count)
{
        static const char *const FORMS[] = { "\"https://www.google.com/?n=%zu\"",
                                             "\"https://www.bing.com/search?q=red+shoes+%zu\"",
                                             "\"https://l.facebook.com/l.php?u=https%%3A%%2F%%2Fshop.example%%2F&h=AT%zu\"",
                                             "\"https://blog%zu.example.org/2026/11/a-page-about-shoes.html\"",
                                             "\"https://chatgpt.com/c/%zu\"",
                                             "\"https://www.shop.example/shoes/%zu\"" };
        struct texts texts = { memory_get(count * sizeof(struct slice)), count };
        for (size_t i = 0; i < count; i++) {
                char text[200];
                (void)snprintf(text, sizeof(text), FORMS[i % COUNT_OF(FORMS)], i);
                texts.text[i] = (struct slice){ slice_copy(slice_of(text)), strlen(text) };
        }
        return texts;
}

static struct texts pages_make(size_t count, const char *form)
{
        struct texts texts = { memory_get(count * sizeof(struct slice)), count };
        for (size_t i = 0; i < count; i++) {
                char text[400];
                (void)snprintf(text, sizeof(text), form, i);
                texts.text[i] = (struct slice){ slice_copy(slice_of(text)), strlen(text) };
        }
        return texts;
}

static void texts_free(struct texts *texts)
{
        for (size_t i = 0; i < texts->count; i++)
                free((char *)texts->text[i].data);
        free(texts->text);
}

static void order_open(struct bench *bench, const char *order)
{
        bench_init(bench);
        bench_set(bench, "enrich.order", order);
        bench_start(bench);
}

/* Nanoseconds an event, best pass. NULL: the event has none of these. `passes` 1: every text is new. */
static double cost(const char *order, const struct texts *pages, const struct texts *referrers, size_t passes)
{
        struct bench bench;
        double best = 1e9;
        size_t events = passes == 1 ? (pages ? pages : referrers)->count : EVENTS;
        order_open(&bench, order);
        for (size_t pass = 0; pass < passes; pass++) {
                struct client   client = { 0 };
                struct facts    facts = { 0 };
                struct event    event = { 0 };
                struct findings findings;
                struct subject  subject = { .facts = &facts, .client = &client, .event = &event, .arena = &bench.arena,
                                            .findings = &findings, .metrics = metrics_of(bench.metrics, 0) };
                struct random   random;
                random_init_fixed(&random, pass);
                double start = cpu_seconds();
                for (size_t i = 0; i < events; i++) {
                        size_t at = passes == 1 ? i : random_next(&random);
                        arena_init(&bench.arena, &bench.pool, 1 << 20);
                        if (pages)
                                facts.fact[FACT_page_url] = pages->text[at % pages->count];
                        if (referrers)
                                facts.fact[FACT_page_referrer] = referrers->text[at % referrers->count];
                        enrich_run(bench.worker, &subject);
                        arena_done(&bench.arena);
                }
                double took = cpu_seconds() - start;
                best = took < best ? took : best;
        }
        bench_close(&bench);
        return best * 1e9 / (double)events;
}

static void bench_lookup(void)
{
        static const char *const HOSTS[] = { "www.google.com", "l.facebook.com", "blog7.example.org", "www.google.co.uk",
                                             "a.b.c.d.e.f.example", "chatgpt.com" };
        size_t before = mallinfo2().uordblks, found = 0;
        double start = cpu_seconds();
        struct referrer_table *table = referrer_table_new();
        referrer_table_add_own(table);
        figure("start-up: our own table", (cpu_seconds() - start) * 1e6, "us");
        figure("memory: our own table", (double)(mallinfo2().uordblks - before) / 1024, "KiB");
        start = cpu_seconds();
        for (size_t i = 0; i < 1000000; i++)
                found += referrer_table_find(table, slice_of(HOSTS[i % COUNT_OF(HOSTS)]), SLICE("/search"), false) != NULL;
        figure("a host in the table, without any cache", (cpu_seconds() - start) * 1e3, "ns");
        BUG_IF(found == 0);
        referrer_table_free(table);
}

int main(void)
{
        struct texts few = referrers_make(1000), many = referrers_make(50000);
        struct texts plain = pages_make(1000, "\"https://www.shop.example/shoes/%zu?size=9&color=red\"");
        struct texts campaigns = pages_make(1000, "\"https://www.shop.example/shoes?utm_source=newsletter&utm_medium=email&"
                                                  "utm_campaign=spring-%zu&utm_content=top&utm_term=red+shoes\"");
        struct texts clicks = pages_make(1000, "\"https://www.shop.example/shoes?utm_source=google&utm_medium=cpc&utm_campaign=s&"
                                               "gclid=Cj0KCQiA-%zu-abcdefghijklmnopqrstuvwxyz0123456789_AcEALw_wcB\"");
        struct texts fresh = pages_make(50000, "\"https://www.shop.example/shoes?utm_source=newsletter&utm_medium=email&"
                                               "utm_campaign=spring-%zu&utm_content=top&utm_term=red+shoes\"");
        bench_lookup();
        double nothing = cost("reception", NULL, &few, PASSES);
        figure("referrer, warm: 1,000 referrers", cost("referrer", NULL, &few, PASSES) - nothing, "ns");
        figure("referrer, cold: every referrer new", cost("referrer", NULL, &many, 1) - nothing, "ns");
        double page = cost("page", &plain, NULL, PASSES);
        double referred = cost("page", &plain, &few, PASSES);
        figure("referrer beside a page, warm", cost("page, referrer", &plain, &few, PASSES) - referred, "ns");
        figure("campaign of a page without one", cost("page, campaign", &plain, NULL, PASSES) - page, "ns");
        page = cost("page", &campaigns, NULL, PASSES);
        figure("campaign, warm: 1,000 campaigns of five parts", cost("page, campaign", &campaigns, NULL, PASSES) - page, "ns");
        page = cost("page", &clicks, NULL, PASSES);
        figure("campaign, warm: one campaign, 1,000 clicks", cost("page, campaign", &clicks, NULL, PASSES) - page, "ns");
        page = cost("page", &fresh, NULL, 1);
        figure("campaign, cold: every campaign new", cost("page, campaign", &fresh, NULL, 1) - page, "ns");
        figure("page, referrer, campaign, warm, together", cost("page, referrer, campaign", &campaigns, &few, PASSES), "ns");
        size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
        struct bench bench;
        order_open(&bench, "referrer, campaign");
        figure("memory: a plan and a worker, empty caches", (double)(mallinfo2().uordblks + mallinfo2().hblkhd - before) / 1024,
               "KiB");
        bench_close(&bench);
        texts_free(&few);
        texts_free(&many);
        texts_free(&plain);
        texts_free(&campaigns);
        texts_free(&clicks);
        texts_free(&fresh);
        return 0;
}
