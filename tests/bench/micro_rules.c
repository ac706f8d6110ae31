/* What rules of the configuration cost an event (conditions, computed fields, personal data, consent):
 *     cmake --build --preset release --target bench_rules && build/release/bench_rules
 * CPU time of this thread, best of several passes; each row is the step it names less an empty plan. A working set of 5,000 users
 * takes turns; nothing is cached, so cold and warm differ by what the processor has at hand only. */
#include "bench.h"
#include "base/hash.h"
#include "enrich/enrichment.h"
#include "json/scan.h"
#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSES 11
#define EVENTS 100000
#define USERS  5000

/* An event as the worker has it when enrichment begins. */
struct prepared { struct event event; struct facts facts; };

static void prepare(struct prepared *prepared, size_t number)
{
        static const char FORM[] = "{\"type\":\"purchase\",\"id\":\"e-%zu\",\"userId\":\"Jane.Doe%zu@example.com\","
                                   "\"anonymousId\":\"a-%zu\",\"context\":{\"ip\":"
                                   "\"192.0.2.7\",\"app\":{\"name\":\"shop\",\"version\":\"4.2\"},\"page\":{\"url\":\"https://"
                                   "shop.example/cart\"},\"traits\":{"
                                   "\"email\":\"jane.doe%zu@example.com\",\"plan\":\"pro\"},\"consent\":{\"categoryPreferences\":"
                                   "{\"Advertising\":true,\"Analytics\":"
                                   "false},\"tcString\":\"COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA."
                                   "IFoEUQQgAIQwgIwQABAEAAAAOIAACAIAAAAQAIAgEAAC\"}},"
                                   "\"data\":{\"total\":119.95,\"currency\":\"EUR\",\"email\":\"jane.doe%zu@example.com\","
                                   "\"items\":[{\"sku\":\"a\",\"email\":\"x@example"
                                   ".com\"},{\"sku\":\"b\",\"email\":\"y@example.com\"}]}}";
        char  *text = memory_get(sizeof(FORM) + 200);
        size_t size = (size_t)snprintf(text, sizeof(FORM) + 200, FORM, number, number, number, number, number);
        prepared->event = (struct event){ .body = { text, size }, .schema = SLICE("com.acme/purchase/1-0-0") };
        for (size_t i = 0; i < FACT_COUNT; i++) {
                char pointer[100] = "/";
                (void)snprintf(pointer + 1, sizeof(pointer) - 1, "%s", FACTS[i].path);
                for (char *at = pointer; *at; at++)
                        *at = *at == '.' ? '/' : *at;
                prepared->facts.fact[i] = scan_pointer(prepared->event.body, slice_of(pointer));
        }
        prepared->event.data = prepared->facts.fact[FACT_data];
        prepared->facts.received_text = SLICE("2026-11-21T12:00:00.000Z");
}

static void rules_open(struct bench *bench, const char *yaml)
{
        struct errors errors = { 0 };
        bench_init(bench);
        bool good = config_read(&bench->config, "/tmp/bench.yaml", slice_of(yaml), &errors);
        errors_print(&errors, stderr);
        BUG_IF(!good);
        bench_start(bench);
}

static double pass(struct bench *bench, const struct prepared *events, size_t users)
{
        static struct findings findings;
        struct client client = { 0 };
        client.header[HEADER_sec_gpc] = SLICE("1");
        double start = cpu_seconds();
        for (size_t i = 0; i < EVENTS; i++) {
                const struct prepared *one = &events[i * 2654435761u % users];
                if (i % 50 == 0) {
                        arena_done(&bench->arena);
                        arena_init(&bench->arena, &bench->pool, 1 << 24);
                }
                struct subject subject = { .facts = &one->facts, .client = &client, .event = &one->event, .arena = &bench->arena,
                                           .findings = &findings, .metrics = metrics_of(bench->metrics, 0) };
                enrich_run(bench->worker, &subject);
                BUG_IF(findings.broken);
        }
        return (cpu_seconds() - start) * 1e9 / EVENTS;
}

static double best_of(const char *yaml, const struct prepared *events, size_t users)
{
        struct bench bench;
        double best = 1e9;
        rules_open(&bench, yaml);
        arena_init(&bench.arena, &bench.pool, 1 << 24);
        for (size_t i = 0; i < PASSES; i++) {
                double took = pass(&bench, events, users);
                best = took < best ? took : best;
        }
        arena_done(&bench.arena);
        bench_close(&bench);
        return best;
}

#define COMPUTE(value) "x: { kind: compute, value: '" value "' }"
#define PII(rest)      "x: { kind: pii, " rest " }"
static const struct { const char *name, *when, *step; bool key;
} ROWS[] = {
        { "condition: a text of the envelope (step does not run)", "context.app.name == \"till\"", COMPUTE("1") },
        { "condition: bot", "bot", COMPUTE("1") },
        { "condition: schema matches a glob", "schema matches \"com.other/*\"", COMPUTE("1") },
        { "condition: a number in the data", "/total > 1000", COMPUTE("1") },
        { "condition: three joined by and", "not bot and vendor == \"com.acme\" and context.app.name in [\"a\", \"b\"]",
          COMPUTE("1") },
        { "compute: a constant", NULL, COMPUTE("1") },
        { "compute: total * 1.19", NULL, COMPUTE("round(/total * 1.19, 2)") },
        { "compute: if, lower, join", NULL, COMPUTE("if(/total >= 100, \"large\", \"small\") & \"-\" & lower(/currency)") },
        { "compute: map", NULL, COMPUTE("map(context.traits.plan, \"free\": 0, \"pro\": 1, \"max\": 2)") },
        { "pii: remove userId", NULL, PII("action: remove, fields: userId") },
        { "pii: mask context.traits.email", NULL, PII("action: mask, fields: context.traits.email") },
        { "pii: hash userId", NULL, PII("action: hash, fields: userId, normalize: trim_lower"), true },
        { "pii: hash three values", NULL, PII("action: hash, fields: [userId, /email, context.traits.email]"), true },
        { "pii: remove e-mail of every item", NULL, PII("action: remove, fields: \"/items/*/email\"") },
        { "pii: remove e-mail anywhere in the data", NULL, PII("action: remove, fields: \"/**/email\"") },
};

int main(void)
{
        static struct prepared events[USERS];
        char key[] = "/tmp/bench_rules_XXXXXX", yaml[1000], step[500];
        int  descriptor = mkstemp(key);
        BUG_IF(descriptor < 0 || write(descriptor, "0123456789abcdef0123456789abcdef", 32) != 32);
        for (size_t i = 0; i < USERS; i++)
                prepare(&events[i], i);
        for (size_t cold = 0; cold < 2; cold++) {
                size_t users = cold ? USERS : 50;
                printf("%s\n", cold ? "5,000 users in turn (cold)" : "50 users in turn (warm)");
                double nothing = best_of("enrich: { order: [] }\n", events, users);
                figure(cold ? "cold, an event without any step" : "warm, an event without any step", nothing, "ns");
                figure(cold ? "cold, consent: GPC, categories, TCF" : "warm, consent: GPC, categories, TCF",
                       best_of("enrich: { order: [consent] }\n", events, users) - nothing, "ns");
                for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
                        size_t size = strlen(ROWS[i].step) - 2;    /* without the last brace */
                        (void)snprintf(step, sizeof(step), "%.*s%s%s }", (int)size, ROWS[i].step,
                                       ROWS[i].key ? ", key_file: " : "", ROWS[i].key ? key : "");
                        (void)snprintf(yaml, sizeof(yaml), "enrich:\n  order: [x]\n%s%s%s  instances:\n    %s\n",
                                       ROWS[i].when ? "  when: { x: '" : "", ROWS[i].when ? ROWS[i].when : "",
                                       ROWS[i].when ? "' }\n" : "", step);
                        (void)snprintf(step, sizeof(step), "%s, %s", cold ? "cold" : "warm", ROWS[i].name);
                        figure(step, best_of(yaml, events, users) - nothing, "ns");
                }
        }
        size_t before = mallinfo2().uordblks;
        struct bench bench;
        rules_open(&bench, "enrich:\n  order: [a, b, c]\n  instances:\n    a: { kind: compute, value: '1 + 1' }\n"
                           "    b: { kind: compute, value: '1 + 1' }\n    c: { kind: pii, action: remove, fields: userId }\n");
        printf("memory: a plan with three small steps, in all %zu bytes\n", mallinfo2().uordblks - before);
        bench_close(&bench);
        unlink(key);
        return 0;
}
