/* What enrichment costs an event: cmake --build --preset release --target bench_enrich &&
 *     build/release/bench_enrich AGENTS [RULES [LIST]]
 * AGENTS is a file of user agents, one a line; the figures in docs/benchmarks.md are for samples/useragents.txt of the crate
 * regex-filtered 0.2.1; LIST is a crawler-user-agents.json. CPU time of this thread, best of several passes. */
#include "bench.h"
#include "enrich/text_cache.h"
#include "enrich/agent_engine.h"
#include "enrich/bot_networks.h"
#include "enrich/enrichment.h"
#include "base/hash.h"
#include <malloc.h>

#define PASSES 15

struct agents { char *text; struct slice *line; size_t count; };

static int line_compare(const void *a, const void *b)
{
        const struct slice *x = a, *y = b;
        int order = memcmp(x->data, y->data, x->size < y->size ? x->size : y->size);
        return order ? order : (x->size > y->size) - (x->size < y->size);
}

/* Distinct lines, in an order that is no order. */
static bool agents_load(struct agents *agents, const char *path)
{
        FILE *file = fopen(path, "re");
        if (!file)
                return false;
        (void)fseek(file, 0, SEEK_END);
        size_t size = (size_t)ftell(file), room = 0;
        rewind(file);
        agents->text = memory_get(size + 1);
        size = fread(agents->text, 1, size, file);
        fclose(file);
        for (char *at = agents->text, *end = at + size; at < end;) {
                char *stop = memchr(at, '\n', (size_t)(end - at));
                stop = stop ? stop : end;
                if (agents->count == room) {
                        room = room ? 2 * room : 4096;
                        agents->line = memory_grow(agents->line, room * sizeof(*agents->line));
                }
                if (stop > at)
                        agents->line[agents->count++] = slice_between(at, stop);
                at = stop + 1;
        }
        qsort(agents->line, agents->count, sizeof(*agents->line), line_compare);
        size_t distinct = 0;
        for (size_t i = 0; i < agents->count; i++)
                if (distinct == 0 || !slice_equal(agents->line[i], agents->line[distinct - 1]))
                        agents->line[distinct++] = agents->line[i];
        agents->count = distinct;
        struct random random;
        random_init_fixed(&random, 1);
        for (size_t i = distinct; i > 1; i--) {
                size_t j = random_next(&random) % i;
                struct slice line = agents->line[i - 1];
                agents->line[i - 1] = agents->line[j];
                agents->line[j] = line;
        }
        return distinct > 0;
}

/* Mean nanoseconds of one agent_find(), best pass. `list` of robots: NULL for none. */
static void bench_engine(const struct agents *agents, const char *rules_file, const char *list)
{
        struct errors errors = { 0 };
        size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
        double start = cpu_seconds();
        struct agent_rules *rules = agent_rules_load(rules_file, &errors);
        double read = cpu_seconds();
        struct agent_bots   *bots = agent_bots_new(list ? bot_list_load(list, &errors) : NULL, NULL, list, &errors);
        struct agent_engine *engine = rules && bots ? agent_engine_new(rules, bots, rules_file, &errors) : NULL;
        double built = cpu_seconds();
        errors_print(&errors, stderr);
        if (!engine)
                exit(1);
        struct agent_engine_facts facts;
        agent_engine_describe(engine, &facts);
        size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;
        printf("%s a list of robots: %zu rules (%zu blind), %zu literals, %zu states%s\n", list ? "with" : "without", facts.rules,
               facts.blind, facts.literals, facts.states, facts.jit ? "" : ", no JIT");
        figure("start-up: reading the rules", (read - start) * 1e3, "ms");
        figure("start-up: compiling them", (built - read) * 1e3, "ms");
        figure("memory: automaton and regexes", (double)facts.memory / 1048576, "MiB");
        figure("memory: heap of the rules, all of it", (double)(after - before) / 1048576, "MiB");
        struct agent_scratch *scratch = agent_scratch_new(engine, 1024);
        double best = 1e9;
        size_t known = 0, bots_found = 0;
        for (size_t pass = 0; pass < PASSES; pass++) {
                start = cpu_seconds();
                for (size_t i = 0; i < agents->count; i++) {
                        struct agent agent;
                        agent_find(engine, scratch, agents->line[i], &agent);
                        known += agent.part[AGENT_BROWSER][BROWSER_NAME].size > 0;
                        bots_found += agent.robot.counted;
                }
                double took = cpu_seconds() - start;
                best = took < best ? took : best;
        }
        figure("user agent, rules only, uncached", best * 1e9 / (double)agents->count, "ns");
        figure("  of them with a known browser", 100.0 * (double)known / (double)(agents->count * PASSES), "%");
        figure("  of them robots", (double)bots_found / PASSES, "");
        agent_scratch_free(scratch);
        agent_engine_free(engine);
}

static void stage_open(struct bench *bench, const char *rules, const char *order, const char *cache)
{
        bench_init(bench);
        bench_set(bench, "enrich.order", order);
        bench_set(bench, "enrich.user_agent.rules", rules);
        bench_set(bench, "enrich.user_agent.cache", cache);
        bench_start(bench);
}

struct traffic {
        const struct agents *agents;
        size_t working_set, in_a_row;      /* distinct agents; events of one agent after another */
        bool   screen, hints;
};

/* What a browser sends that has been asked for everything. */
static void hints_set(struct client *client)
{
        static const struct { enum header header; struct slice value;
        } HEADERS_SENT[] = {
                { HEADER_sec_ch_ua, SLICE_INIT("\"Google Chrome\";v=\"131\", \"Chromium\";v=\"131\", \"Not_A Brand\";v=\"24\"") },
                { HEADER_sec_ch_ua_mobile, SLICE_INIT("?1") },
                { HEADER_sec_ch_ua_platform, SLICE_INIT("\"Android\"") },
                { HEADER_sec_ch_ua_platform_version, SLICE_INIT("\"15.0.0\"") },
                { HEADER_sec_ch_ua_model, SLICE_INIT("\"SM-S918B\"") },
                { HEADER_sec_ch_ua_full_version_list,
                  SLICE_INIT("\"Google Chrome\";v=\"131.0.6778.81\", \"Chromium\";v=\"131.0.6778.81\", "
                             "\"Not_A Brand\";v=\"24.0.0.0\"") },
                { HEADER_sec_ch_ua_form_factors, SLICE_INIT("\"Mobile\"") },
        };
        for (size_t i = 0; i < COUNT_OF(HEADERS_SENT); i++)
                client->header[HEADERS_SENT[i].header] = HEADERS_SENT[i].value;
}

/* Seconds of `events` events. */
static double stage_pass(struct bench *bench, const struct traffic *traffic, size_t events, uint64_t seed)
{
        struct client   client = { 0 };
        struct facts    facts = { 0 };
        struct findings findings;
        struct event    event = { 0 };
        struct subject  subject = { .facts = &facts, .client = &client, .event = &event, .arena = &bench->arena,
                                    .findings = &findings, .metrics = metrics_of(bench->metrics, 0) };
        struct random   random;
        random_init_fixed(&random, seed);
        if (traffic->screen) {
                facts.fact[FACT_screen_width] = SLICE("1920");
                facts.fact[FACT_screen_height] = SLICE("1080");
                facts.fact[FACT_screen_density] = SLICE("2");
                facts.fact[FACT_viewport_width] = SLICE("1903");
                facts.fact[FACT_viewport_height] = SLICE("969");
        }
        if (traffic->hints)
                hints_set(&client);
        arena_init(&bench->arena, &bench->pool, 1 << 20);
        double start = cpu_seconds();
        for (size_t i = 0; i < events; i++) {
                if (i % traffic->in_a_row == 0) {
                        arena_done(&bench->arena);
                        arena_init(&bench->arena, &bench->pool, 1 << 20);
                        client.header[HEADER_user_agent] = traffic->agents->line[random_next(&random) % traffic->working_set];
                }
                enrich_run(bench->worker, &subject);
                BUG_IF(enrich_render_bound(&findings) > 1 << 20);
                BUG_IF(enrich_render(&findings, bench->out) == bench->out);
        }
        double took = cpu_seconds() - start;
        arena_done(&bench->arena);
        return took;
}

static void bench_stage(const struct agents *agents, const char *rules, const char *order)
{
        static const struct { const char *name; size_t set, row; bool screen, hints; } ROWS[] = {
                { "100 agents", 100, 1, false, false },
                { "1,000 agents", 1000, 1, false, false },
                { "5,000 agents", 5000, 1, false, false },
                { "1,000 agents, with screen and viewport", 1000, 1, true, false },
                { "1,000 agents, 50 events each", 1000, 50, false, false },
                { "1,000 agents, 50 events each, with screen", 1000, 50, true, false },
                { "100 agents, with client hints", 100, 1, false, true },
                { "1,000 agents, with client hints", 1000, 1, false, true },
                { "1,000 agents, 50 events each, with hints", 1000, 50, false, true },
        };
        struct bench bench;
        char name[100];
        size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
        stage_open(&bench, rules, order, "8192");
        for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
                struct traffic traffic = { agents, ROWS[i].set < agents->count ? ROWS[i].set : agents->count, ROWS[i].row,
                                           ROWS[i].screen, ROWS[i].hints };
                double best = 1e9;
                size_t events = 200000;
                for (size_t pass = 0; pass < PASSES; pass++) {
                        double took = stage_pass(&bench, &traffic, events, pass + 1);
                        best = took < best ? took : best;
                }
                snprintf(name, sizeof(name), "stage, warm: %s", ROWS[i].name);
                figure(name, best * 1e9 / (double)events, "ns");
        }
        figure("memory: a plan and a worker, cache filled",
               (double)(mallinfo2().uordblks + mallinfo2().hblkhd - before) / 1048576, "MiB");
        bench_close(&bench);
        for (unsigned hints = 0; hints < 2; hints++) {
                struct traffic traffic = { agents, agents->count, 1, false, hints };
                double best = 1e9;
                stage_open(&bench, rules, order, "64");
                for (size_t pass = 0; pass < PASSES; pass++) {
                        double took = stage_pass(&bench, &traffic, agents->count, pass + 1);
                        best = took < best ? took : best;
                }
                figure(hints ? "stage, cold: the same, with client hints" : "stage, cold: every agent new",
                       best * 1e9 / (double)agents->count, "ns");
                bench_close(&bench);
        }
}

/* What the enrichment `bot` adds to an event whose agent is remembered: the stage with it and without, one agent in turn. */
static void bench_bot(const struct agents *agents, const char *rules)
{
        static const char *const ORDERS[] = { "user_agent", "user_agent, bot" };
        double best[COUNT_OF(ORDERS)] = { 1e9, 1e9 };
        struct traffic traffic = { agents, agents->count < 100 ? agents->count : 100, 50, false, false };
        size_t events = 200000;
        for (size_t pass = 0; pass < PASSES; pass++)
                for (size_t i = 0; i < COUNT_OF(ORDERS); i++) {
                        struct bench bench;
                        stage_open(&bench, rules, ORDERS[i], "8192");
                        (void)stage_pass(&bench, &traffic, events / 10, 1);
                        double took = stage_pass(&bench, &traffic, events, 1);
                        best[i] = took < best[i] ? took : best[i];
                        bench_close(&bench);
                }
        figure("bot, warm: added to an event", (best[1] - best[0]) * 1e9 / (double)events, "ns");
}

/* 100,000 networks, half of each family; addresses at random, most of them in none. */
static void bench_networks(void)
{
        enum { COUNT = 100000, ASKED = 1000000 };
        struct errors errors = { 0 };
        struct random random;
        struct buffer text;
        random_init_fixed(&random, 1);
        buffer_init(&text, (size_t)16 << 20);
        for (size_t i = 0; i < COUNT; i++) {
                unsigned long long bits = random_next(&random);
                if (i % 2)
                        buffer_format(&text, "%llu.%llu.%llu.0/24\n", 1 + bits % 220, bits >> 8 & 255, bits >> 16 & 255);
                else
                        buffer_format(&text, "2%03llx:%llx:%llx::/48\n", bits & 4095, bits >> 12 & 65535, bits >> 28 & 65535);
        }
        double start = cpu_seconds();
        struct bot_networks *networks = bot_networks_read("networks", buffer_slice(&text), &errors);
        BUG_IF(!networks);
        figure("networks: reading 100,000", (cpu_seconds() - start) * 1e3, "ms");
        double best = 1e9;
        size_t inside = 0;
        for (size_t pass = 0; pass < PASSES; pass++) {
                random_init_fixed(&random, pass + 7);
                start = cpu_seconds();
                for (size_t i = 0; i < ASKED; i++) {
                        struct address address = { .known = true, .bytes = { [10] = 0xFF, [11] = 0xFF } };
                        uint32_t bits = (uint32_t)random_next(&random);
                        memcpy(address.bytes + 12, &bits, sizeof(bits));
                        inside += bot_networks_has_address(networks, &address);
                }
                double took = cpu_seconds() - start;
                best = took < best ? took : best;
        }
        figure("networks: an address, at random", best * 1e9 / ASKED, "ns");
        figure("  of them inside", 100.0 * (double)inside / ((double)ASKED * PASSES), "%");
        bot_networks_free(networks);
        buffer_done(&text);
}

int main(int argc, char **argv)
{
        struct agents agents = { 0 };
        const char *rules = argc > 2 ? argv[2] : "/usr/share/uap-core/regexes.yaml";
        if (argc < 2 || !agents_load(&agents, argv[1])) {
                fprintf(stderr, "usage: %s AGENTS [RULES [LIST]]\n", argv[0]);
                return 2;
        }
        size_t bytes = 0;
        for (size_t i = 0; i < agents.count; i++)
                bytes += agents.line[i].size;
        printf("%zu distinct agents, %zu bytes on average\n", agents.count, bytes / agents.count);
        bench_engine(&agents, rules, NULL);
        if (argc > 3)
                bench_engine(&agents, rules, argv[3]);
        bench_stage(&agents, rules, "user_agent, device");
        bench_bot(&agents, rules);
        bench_networks();
        free(agents.line);
        free(agents.text);
        return 0;
}
