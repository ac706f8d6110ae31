/* What URLs and the enrichment page cost: cmake --build --preset release --target bench_page && build/release/bench_page
 * Pages of 2,000 articles of 40 sites as a browser tells them, 110 bytes on average. CPU time of this thread, best of several
 * passes. */
#include "bench.h"
#include "enrich/enrichment.h"
#include "enrich/strip.h"
#include "base/hash.h"
#include <malloc.h>

#define PASSES 15
#define PAGES  2000
#define MANY   40000               /* more than any cache holds */

/* ---- one URL, nothing remembered ---- */

struct desk {
        struct arena_pool pool;
        struct arena      arena;
        struct strip     *strip;
        struct slice      text;
        struct url        url;
};

static size_t parse_run(struct desk *desk) { return url_parse(desk->text, &desk->arena, &desk->url) ? desk->url.path.size : 0; }

static size_t strip_run(struct desk *desk)
{
        struct url copy = desk->url;
        size_t count = 0;
        (void)strip_url(desk->strip, &desk->arena, &copy, &count);
        return count + copy.query.size;
}

static size_t parameters_run(struct desk *desk)
{
        struct url_parameters it;
        struct slice name, value;
        size_t size = 0;
        url_parameters_init(&it, desk->url.query);
        while (url_parameters_next(&it, &name, &value))
                size += name.size;
        return size;
}

static size_t site_run(struct desk *desk) { return url_site(desk->url.host).registrable.size; }
static size_t unicode_run(struct desk *desk) { return url_unicode(desk->url.host, &desk->arena).size + 1; }

static const struct { const char *name, *text; size_t (*run)(struct desk *desk); } ROWS[] = {
#define TYPICAL "https://www.shop.example/shoes/running/2026/light-and-fast-42.html?utm_source=newsletter&utm_medium=email&size=9"
        { "url_parse: typical, 112 bytes",            TYPICAL, parse_run },
        { "url_parse: short, 25 bytes",               "https://www.shop.example/", parse_run },
        { "url_parse: capitals, dots, spaces",        "HTTPS://WWW.Shop.Example/a/../b/new shoes.html?q=new shoes", parse_run },
        { "url_parse: an encoded name, as browsers send it", "https://www.xn--mnchen-3ya.example/", parse_run },
        { "url_parse: a name to be encoded",          "https://www.m\u00FCnchen.example/", parse_run },
        { "strip_url: typical, nothing goes",         TYPICAL, strip_run },
        { "strip_url: one goes",                      TYPICAL "&mc_eid=0123456789", strip_run },
        { "parameters of the typical one",            TYPICAL, parameters_run },
        { "url_site",                                 TYPICAL, site_run },
        { "url_unicode",                              "https://www.xn--mnchen-3ya.example/", unicode_run },
};

static void row_run(struct desk *desk, size_t row)
{
        double best = 1e9;
        size_t turns = 20000, kept = 0;
        desk->text = slice_of(ROWS[row].text);
        for (size_t pass = 0; pass < PASSES; pass++) {
                arena_init(&desk->arena, &desk->pool, 1 << 30);
                BUG_IF(!url_parse(desk->text, &desk->arena, &desk->url));
                double start = cpu_seconds();
                for (size_t i = 0; i < turns; i++)
                        kept += ROWS[row].run(desk);
                double took = cpu_seconds() - start;
                best = took < best ? took : best;
                arena_done(&desk->arena);
        }
        BUG_IF(kept == 0);
        figure(ROWS[row].name, best * 1e9 / (double)turns, "ns");
}

static void bench_url(void)
{
        struct config config;
        struct errors errors = { 0 };
        struct desk   desk = { 0 };
        config_init(&config);
        desk.strip = strip_new(&config, &errors);
        arena_pool_init(&desk.pool, 65536, 64);
        for (size_t row = 0; row < COUNT_OF(ROWS); row++)
                row_run(&desk, row);
        arena_pool_done(&desk.pool);
        strip_free(desk.strip);
        config_done(&config);
}

/* ---- the enrichment ---- */

struct page_stage {
        struct config         config;
        struct enrich_plan   *plan;
        struct enrich_worker *worker;
        struct metrics       *metrics;
        struct arena_pool     pool;
        struct slice          pages[MANY], searches[MANY];         /* JSON texts */
        char                  out[16384];
};

static void stage_open(struct page_stage *stage)
{
        struct errors errors = { 0 };
        struct error  err;
        config_init(&stage->config);
        BUG_IF(!config_set(&stage->config, "enrich.order", "page", &err));
        stage->plan = enrich_plan_new(&stage->config, &errors);
        BUG_IF(!stage->plan);
        stage->worker = enrich_worker_new(stage->plan);
        stage->metrics = metrics_new(1);
        arena_pool_init(&stage->pool, 65536, 4);
}

static void stage_close(struct page_stage *stage)
{
        enrich_worker_free(stage->worker);
        enrich_plan_free(stage->plan);
        metrics_free(stage->metrics);
        arena_pool_done(&stage->pool);
        config_done(&stage->config);
}

struct traffic { size_t pages; bool whole, cold; };       /* whole: search, referrer and title, too; cold: each page once */

static double stage_pass(struct page_stage *stage, const struct traffic *traffic, size_t events, uint64_t seed)
{
        struct client   client = { 0 };
        struct facts    facts = { 0 };
        struct findings findings;
        struct event    event = { 0 };
        struct arena    arena;
        struct subject  subject = { .facts = &facts, .client = &client, .event = &event, .arena = &arena, .findings = &findings,
                                    .metrics = metrics_of(stage->metrics, 0) };
        struct random   random;
        random_init_fixed(&random, seed);
        if (traffic->whole) {
                facts.fact[FACT_page_referrer] = SLICE("\"https://www.google.example/\"");
                facts.fact[FACT_page_title] = SLICE("\"Light and fast \\u2013 running shoes\"");
        }
        arena_init(&arena, &stage->pool, 1 << 20);
        double start = cpu_seconds();
        for (size_t i = 0; i < events; i++) {
                size_t page = traffic->cold ? i : random_next(&random) % traffic->pages;
                if (i % 16 == 0) {
                        arena_done(&arena);
                        arena_init(&arena, &stage->pool, 1 << 20);
                }
                facts.fact[FACT_page_url] = stage->pages[page];
                if (traffic->whole)
                        facts.fact[FACT_page_search] = stage->searches[page];
                enrich_run(stage->worker, &subject);
                BUG_IF(enrich_render_bound(&findings) > sizeof(stage->out));
                BUG_IF(enrich_render(&findings, stage->out) == stage->out);
        }
        double took = cpu_seconds() - start;
        arena_done(&arena);
        return took;
}

static void pages_make(struct page_stage *stage)
{
        size_t bytes = 0;
        for (size_t i = 0; i < MANY; i++) {
                char text[512];
                int  size = snprintf(text, sizeof(text), "\"https://www.site-%zu.example/section-%zu/2026/11/an-article-%zu.html"
                                     "?utm_source=newsletter&utm_medium=email&id=%zu\"", i % 40, i % 7, i, i * 7919);
                stage->pages[i] = slice_of(strdup(text));
                snprintf(text, sizeof(text), "\"?utm_source=newsletter&utm_medium=email&id=%zu\"", i * 7919);
                stage->searches[i] = slice_of(strdup(text));
                bytes += (size_t)size - 2;
        }
        printf("pages: %zu bytes on average\n", bytes / MANY);
}

static void bench_stage(void)
{
        static const struct { const char *name; struct traffic traffic; size_t events; } STAGES[] = {
                { "page, warm: 100 pages",                    { 100,  false, false }, 200000 },
                { "page, warm: 2,000 pages",                  { PAGES, false, false }, 200000 },
                { "page, warm: 2,000, search, referrer, title", { PAGES, true, false }, 200000 },
                { "page, cold: every page new",               { MANY, false, true }, MANY },
        };
        struct page_stage *stage = memory_get(sizeof(*stage));
        pages_make(stage);
        size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
        stage_open(stage);
        for (size_t i = 0; i < COUNT_OF(STAGES); i++) {
                double best = 1e9;
                for (size_t pass = 0; pass < PASSES; pass++) {
                        double took = stage_pass(stage, &STAGES[i].traffic, STAGES[i].events, pass + 1);
                        best = took < best ? took : best;
                }
                figure(STAGES[i].name, best * 1e9 / (double)STAGES[i].events, "ns");
        }
        figure("memory: a plan and a worker, cache filled",
               (double)(mallinfo2().uordblks + mallinfo2().hblkhd - before) / 1048576, "MiB");
        stage_close(stage);
        for (size_t i = 0; i < MANY; i++) {
                free((char *)stage->pages[i].data);
                free((char *)stage->searches[i].data);
        }
        free(stage);
}

int main(void)
{
        bench_url();
        bench_stage();
        return 0;
}
