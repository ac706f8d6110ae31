/* What the whole stage costs an event, with every enrichment of the default order and warm caches:
 *     cmake --build --preset release --target bench_stage && build/release/bench_stage
 * Rendering included; what is written is measured by itself, too. Each event has an agent, a page, a referrer, a campaign, a
 * locale, a zone, an app, a screen and an address, of so many visitors in turn. */
#include "bench.h"
#include "base/hash.h"

#define EVENTS 100000

struct visitor { char agent[200], address[24], locale[12], zone[32], url[160], referrer[80], version[16], body[16]; };

static void visitor_make(struct visitor *visitor, size_t i)
{
        static const char *const LOCALES[] = { "de-DE", "en-US", "fr-FR", "es-ES", "pt-BR", "it-IT" };
        static const char *const ZONES[] = { "Europe/Berlin", "America/New_York", "Europe/Paris", "Europe/Madrid",
                                             "America/Sao_Paulo", "Europe/Rome" };
        (void)snprintf(visitor->agent, sizeof(visitor->agent), "\"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
                       "(KHTML, like Gecko) Chrome/%zu.0.0.0 Safari/537.36\"", 60 + i % 80);
        (void)snprintf(visitor->address, sizeof(visitor->address), "\"81.2.%zu.%zu\"", i / 250 % 250, i % 250);
        (void)snprintf(visitor->locale, sizeof(visitor->locale), "\"%s\"", LOCALES[i % 6]);
        (void)snprintf(visitor->zone, sizeof(visitor->zone), "\"%s\"", ZONES[i % 6]);
        (void)snprintf(visitor->url, sizeof(visitor->url), "\"https://shop.example.com/shoes/%zu.html?utm_source=news"
                       "&utm_medium=email&utm_campaign=spring\"", i % 500);
        (void)snprintf(visitor->referrer, sizeof(visitor->referrer), "\"https://www.google.com/\"");
        (void)snprintf(visitor->version, sizeof(visitor->version), "\"3.%zu.0\"", i % 20);
}

static void facts_set(struct facts *facts, const struct visitor *visitor)
{
        const struct { enum fact fact; const char *text; } SET[] = {
                { FACT_user_agent, visitor->agent }, { FACT_ip, visitor->address }, { FACT_locale, visitor->locale },
                { FACT_timezone, visitor->zone }, { FACT_page_url, visitor->url }, { FACT_page_referrer, visitor->referrer },
                { FACT_page_title, "\"Shoes\"" }, { FACT_app_name, "\"shop\"" }, { FACT_app_version, visitor->version },
                { FACT_library_name, "\"analytics.js\"" }, { FACT_library_version, "\"2.1.0\"" },
                { FACT_screen_width, "1920" }, { FACT_screen_height, "1080" },
        };
        for (size_t i = 0; i < COUNT_OF(SET); i++)
                facts->fact[SET[i].fact] = slice_of(SET[i].text);
        facts->time = facts->received = 1795262400000;
        facts->received_text = SLICE("2026-11-21T12:00:00.000Z");
}

static void order_open(struct bench *bench, const char *order)
{
        bench_init(bench);
        if (order)
                bench_set(bench, "enrich.order", order);
        double start = cpu_seconds();
        bench_start(bench);
        if (!order && !RUNNING_ON_VALGRIND)
                figure("start-up of all enrichments", (cpu_seconds() - start) * 1e3, "ms");
}

struct desk { struct bench bench; const struct visitor *visitors; size_t count, events; const struct findings *findings; };

/* Fifty events share an arena, as those of a request do. */
static void pass(void *context)
{
        static struct facts    facts;
        static struct findings findings;
        struct desk *desk = context;
        struct bench *bench = &desk->bench;
        struct client client = { 0 };
        struct event  event = { .body = SLICE("{}"), .data = SLICE("{}"), .schema = SLICE("com.acme/page_view/1-0-0") };
        struct arena  arena;
        for (size_t i = 0; i < desk->events; i++) {
                if (i % 50 == 0)
                        arena_init(&arena, &bench->pool, 1 << 22);
                struct subject subject = { .facts = &facts, .client = &client, .event = &event, .arena = &arena,
                                           .findings = &findings, .metrics = metrics_of(bench->metrics, 0) };
                facts_set(&facts, &desk->visitors[i % desk->count]);
                enrich_run(bench->worker, &subject);
                BUG_IF(enrich_render_bound(&findings) > 1 << 16);
                bench->bytes = (size_t)(enrich_render(&findings, bench->out) - bench->out);
                if (i % 50 == 49 || i + 1 == desk->events)
                        arena_done(&arena);
        }
}

static void row(const char *name, const char *order, size_t visitors, size_t events)
{
        struct visitor *all = memory_get(visitors * sizeof(*all));
        struct desk desk = { .visitors = all, .count = visitors, .events = events };
        char text[100];
        for (size_t i = 0; i < visitors; i++)
                visitor_make(&all[i], i);
        order_open(&desk.bench, order);
        (void)snprintf(text, sizeof(text), "stage: %s", name);
        (void)measure(text, pass, &desk, events);
        printf("    %zu bytes\n", desk.bench.bytes);
        bench_close(&desk.bench);
        free(all);
}

/* What an event of all enrichments found, written down again and again. */
static void render_pass(void *context)
{
        struct desk *desk = context;
        const struct findings *findings = desk->findings;
        for (size_t i = 0; i < desk->events; i++) {
                BUG_IF(enrich_render_bound(findings) > BENCH_OUT);
                desk->bench.bytes = (size_t)(enrich_render(findings, desk->bench.out) - desk->bench.out);
        }
}

static void render_row(size_t events)
{
        static struct facts    facts;
        static struct findings findings;
        static struct visitor  visitor;
        struct desk   desk = { .events = events, .findings = &findings };
        struct client client = { 0 };
        struct event  event = { .body = SLICE("{}"), .data = SLICE("{}"), .schema = SLICE("com.acme/page_view/1-0-0") };
        visitor_make(&visitor, 1);
        bench_init(&desk.bench);
        bench_start(&desk.bench);
        arena_init(&desk.bench.arena, &desk.bench.pool, 1 << 22);
        struct subject subject = { .facts = &facts, .client = &client, .event = &event, .arena = &desk.bench.arena,
                                   .findings = &findings, .metrics = metrics_of(desk.bench.metrics, 0) };
        facts_set(&facts, &visitor);
        enrich_run(desk.bench.worker, &subject);
        (void)measure("render: the data points of the default order", render_pass, &desk, events);
        printf("    %zu bytes\n", desk.bench.bytes);
        arena_done(&desk.bench.arena);
        bench_close(&desk.bench);
}

int main(int argc, char **argv)
{
        static const char *const STEPS[] = { "reception", "consent", "client", "user_agent", "user_agent, bot",
                                             "user_agent, device", "page", "page, referrer", "page, referrer, campaign",
                                             "language", "time", "app" };
        size_t events = measure_events(argc > 1 ? strtoul(argv[1], NULL, 10) : EVENTS);
        row("nothing", "", 1000, events);
        for (size_t i = 0; i < COUNT_OF(STEPS); i++)
                row(STEPS[i], STEPS[i], 1000, events);
        row("the default order, 1 visitor", NULL, 1, events);
        row("the default order, 1,000 visitors", NULL, 1000, events);
        render_row(events);
        return 0;
}
