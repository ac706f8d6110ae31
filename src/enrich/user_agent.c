/* The enrichment user_agent: browser, operating system and device, by uap-core's rules; and, from the cache, whatever other
 * enrichments say of the agent. */
#include "enrich/text_cache.h"
#include "enrich/agent_engine.h"
#include "enrich/enrichment.h"
#include "json/scan.h"

struct user_agent {                /* a plan's */
        struct agent_engine *engine;
        size_t limit, entries;
};
struct agent_desk {                /* a worker's */
        const struct user_agent  *user_agent;
        const struct enrich_plan *plan;
        struct agent_scratch     *scratch;
        struct text_cache       *cache;
        struct buffer             text;    /* what is being rendered */
};

static void user_agent_unload(void *state)
{
        struct user_agent *user_agent = state;
        if (!user_agent)
                return;
        agent_engine_free(user_agent->engine);
        free(user_agent);
}

static void *user_agent_load(const struct enrich_setup *setup, struct errors *errors)
{
        const char *file = setup->config->enrich_agent_rules;
        struct agent_rules *rules = agent_rules_load(file, errors);
        struct agent_bots  *bots = agent_bots_load(setup->config, errors);
        if (*setup->config->enrich_bot_list)
                setup_watch(setup, setup->config->enrich_bot_list);
        if (!rules || !bots) {
                agent_rules_free(rules);
                agent_bots_free(bots);
                return NULL;
        }
        struct user_agent *user_agent = memory_get(sizeof(*user_agent));
        user_agent->limit = (size_t)setup->config->enrich_agent_limit;
        user_agent->entries = (size_t)setup->config->enrich_agent_cache;
        user_agent->engine = agent_engine_new(rules, bots, file, errors);
        if (user_agent->engine)
                return user_agent;
        user_agent_unload(user_agent);
        return NULL;
}

static void user_agent_detach(void *scratch)
{
        struct agent_desk *desk = scratch;
        agent_scratch_free(desk->scratch);
        text_cache_free(desk->cache);
        buffer_done(&desk->text);
        free(desk);
}

static void *user_agent_attach(const void *state, const struct enrich_plan *plan)
{
        struct agent_desk *desk = memory_get(sizeof(*desk));
        desk->user_agent = state;
        desk->plan = plan;
        desk->scratch = agent_scratch_new(desk->user_agent->engine, desk->user_agent->limit);
        desk->cache = text_cache_new(desk->user_agent->entries);
        /* Every value may be the whole agent, and every byte of it six when escaped. */
        buffer_init(&desk->text, (AGENT_SECTIONS * AGENT_PARTS + 1) * 6 * desk->user_agent->limit + 4096);
        return desk;
}

/* The event's own word, else the header's. Without quotes and escapes; data NULL: none. */
static struct slice agent_text(const struct subject *subject)
{
        struct slice raw = subject->facts->fact[FACT_user_agent];
        if (raw.size <= 2 || *raw.data != '"')     /* absent, empty, null */
                return subject->client->header[HEADER_user_agent];
        struct slice inside = { raw.data + 1, raw.size - 2 };
        if (!memchr(inside.data, '\\', inside.size))
                return inside;
        char *text = arena_take(subject->arena, raw.size);
        if (!text)
                return (struct slice){ NULL, 0 };
        inside = (struct slice){ text, scan_unescape(raw, text) };
        arena_trim(subject->arena, text, text + inside.size);
        return inside;
}

static inline void count(const struct subject *subject, enum metric metric)
{
        if (subject->metrics)
                metrics_add(subject->metrics, metric, 1);
}

/* What makes two agents the same for the cache. Client hints will join here, behind the text and a NUL. */
static struct slice agent_key(const struct agent_desk *desk, struct subject *subject)
{
        struct slice text = agent_text(subject);
        if (UNLIKELY(text.size > desk->user_agent->limit)) {
                count(subject, METRIC_agent_truncated);
                text.size = desk->user_agent->limit;
        }
        return text;
}

static const struct cached *agent_learn(struct agent_desk *desk, struct slice key)
{
        struct agent agent;
        struct field_writer writer;
        agent_find(desk->user_agent->engine, desk->scratch, key, &agent);
        agent_clean(&agent);
        buffer_clear(&desk->text);
        writer_init(&writer, enrich_plan_layout(desk->plan), &desk->text);
        enrich_plan_describe(desk->plan, &agent, &writer);
        if (!writer_end(&writer))
                writer.count = 0;
        const struct slice *device = agent.part[AGENT_DEVICE];
        struct agent_traits traits = { .class = (uint8_t)agent.class, .bot = agent.robot.counted,
                                       .robot = agent.robot.category != BOT_NONE, .brand = device[DEVICE_BRAND].size > 0,
                                       .model = device[DEVICE_MODEL].size > 0 };
        return text_cache_add(desk->cache, key, &writer, &traits, sizeof(traits));
}

static void user_agent_run(void *scratch, struct subject *subject)
{
        struct agent_desk *desk = scratch;
        struct slice key = agent_key(desk, subject);
        if (key.size == 0)
                return;
        const struct cached *entry = text_cache_find(desk->cache, key);
        count(subject, entry ? METRIC_agent_hits : METRIC_agent_misses);
        if (!entry)
                entry = agent_learn(desk, key);
        subject->findings->agent = cached_note(entry);
        subject->findings->bot |= subject->findings->agent->bot;
        cached_give(entry, subject->findings);
}

/* "10", "2" and "1" become "10.2.1"; what stands behind a missing part is left out. */
static struct slice version_join(const struct slice parts[4], char *at, size_t room)
{
        struct buffer buffer;
        buffer_wrap(&buffer, at, room);
        for (size_t i = 0; i < 4 && parts[i].size; i++) {
                if (i)
                        buffer_add_char(&buffer, '.');
                buffer_add(&buffer, parts[i]);
        }
        return buffer.full ? parts[0] : buffer_slice(&buffer);
}

static void user_agent_describe(const void *state, const struct agent *agent, struct field_writer *writer)
{
        (void)state;
        char version[512];
        const struct slice *browser = agent->part[AGENT_BROWSER], *os = agent->part[AGENT_OS];
        writer_text(writer, FIELD_user_agent_original, agent->text);
        writer_text(writer, FIELD_user_agent_name, browser[BROWSER_NAME]);
        writer_text(writer, FIELD_user_agent_version, version_join(browser + BROWSER_VERSION, version, sizeof(version)));
        writer_text(writer, FIELD_user_agent_os_name, os[OS_NAME]);
        writer_text(writer, FIELD_user_agent_os_version, version_join(os + OS_VERSION, version, sizeof(version)));
        writer_text(writer, FIELD_user_agent_device_name, agent->part[AGENT_DEVICE][DEVICE_NAME]);
}

extern const struct enrichment ENRICHMENT_user_agent;
const struct enrichment ENRICHMENT_user_agent = {
        .name = "user_agent",
        .stage = STAGE_enrich_user_agent,
        .doc = "Browser, operating system and device, with versions, by the rules of uap-core (`enrich.user_agent.rules`). Each "
               "worker\n"
               "remembers the text of the last `enrich.user_agent.cache` agents.",
        .gives = (const enum field[]){ FIELD_user_agent_original, FIELD_user_agent_name, FIELD_user_agent_version,
                                       FIELD_user_agent_os_name, FIELD_user_agent_os_version, FIELD_user_agent_device_name,
                                       FIELD_COUNT },
        .load = user_agent_load,
        .unload = user_agent_unload,
        .attach = user_agent_attach,
        .detach = user_agent_detach,
        .run = user_agent_run,
        .describe = user_agent_describe,
};
