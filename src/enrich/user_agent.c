/* The enrichment user_agent: browser, operating system and device, by uap-core's rules and the client's hints; and, from the
 * cache, whatever other enrichments say of the agent. */
#include "enrich/agent_overlay.h"
#include "enrich/enrichment.h"
#include "enrich/text_cache.h"
#include "json/scan.h"

struct user_agent {                /* a plan's */
        struct agent_engine *engine;
        size_t limit, hints_limit, entries;        /* limits in bytes */
};
struct agent_desk {                /* a worker's */
        const struct user_agent  *user_agent;
        const struct enrich_plan *plan;
        struct agent_scratch     *scratch;
        struct text_cache        *cache;
        struct buffer             text;    /* what is being rendered */
        struct buffer             hint_text;       /* hints without their escapes */
        char                     *key;     /* room for an agent, its hints and a mark */
};
/* What an event is known by. */
struct agent_source {
        struct slice       agent;          /* empty: none */
        struct hint_source hints;
        bool               touch;          /* it says that it is a Mac, and has a screen to touch */
};
struct agent_note { struct agent_traits traits; uint32_t broken; };        /* broken: hints that were none */

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
        setup_watch(setup, file);
        if (*setup->config->enrich_bot_list)
                setup_watch(setup, setup->config->enrich_bot_list);
        if (!rules || !bots) {
                agent_rules_free(rules);
                agent_bots_free(bots);
                return NULL;
        }
        struct user_agent *user_agent = memory_get(sizeof(*user_agent));
        user_agent->limit = (size_t)setup->config->enrich_agent_limit;
        user_agent->hints_limit = (size_t)setup->config->enrich_agent_hints;
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
        buffer_done(&desk->hint_text);
        free(desk->key);
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
        buffer_init(&desk->text, (AGENT_SECTIONS * AGENT_PARTS + 1) * 6 * desk->user_agent->limit + 16384 +
                                 6 * BOT_URL_MOST);
        buffer_init(&desk->hint_text, desk->user_agent->hints_limit);
        desk->key = memory_get(desk->user_agent->limit + desk->user_agent->hints_limit + 2);
        return desk;
}

/* The event's own word without quotes and escapes; empty: it has none. No NUL is in it: that ends an agent's part of the key. */
static struct slice agent_own(const struct subject *subject)
{
        struct slice raw = subject->facts->fact[FACT_user_agent];
        if (raw.size <= 2 || *raw.data != '"')     /* absent, empty, null */
                return (struct slice){ NULL, 0 };
        struct slice inside = { raw.data + 1, raw.size - 2 };
        if (!memchr(inside.data, '\\', inside.size))
                return inside;
        char *text = arena_take(subject->arena, raw.size);
        if (!text)
                return (struct slice){ NULL, 0 };
        size_t size = scan_unescape(raw, text);
        inside = (struct slice){ text, strnlen(text, size) };
        arena_trim(subject->arena, text, text + inside.size);
        return inside;
}

/* More than one finger, on what calls itself a Mac. */
static bool is_touched_mac(const struct subject *subject, struct slice agent)
{
        struct slice points = subject->facts->fact[FACT_device_touch_points], touch = subject->facts->fact[FACT_device_touch];
        bool many = (points.size == 1 && *points.data > '1') || (points.size > 1 && *points.data >= '1' && *points.data <= '9' &&
                                                                 points.data[1] >= '0' && points.data[1] <= '9');
        return (many || (touch.data && *touch.data == 't')) && slice_starts_with(agent, SLICE("Mozilla/5.0 (Macintosh"));
}

/* Headers speak for the client of the request: an event that tells of another agent was not made there. */
static void source_find(const struct user_agent *user_agent, const struct subject *subject, struct agent_source *source)
{
        const struct slice *headers = subject->client->header, data = subject->facts->fact[FACT_user_agent_data];
        struct slice own = agent_own(subject);
        source->agent = own.size ? own : headers[HEADER_user_agent];
        source->hints.headers = own.size == 0 || slice_equal(own, headers[HEADER_user_agent]) ? headers : NULL;
        source->hints.event = data.data && *data.data != 'n' ? data : (struct slice){ NULL, 0 };
        source->touch = is_touched_mac(subject, source->agent);
        if (UNLIKELY(source->agent.size > user_agent->limit)) {
                subject_count(subject, METRIC_agent_truncated, 1);
                source->agent.size = user_agent->limit;
        }
}

/* What makes two agents the same for the cache: the agent, and behind a NUL the hints as they came and the mark of a touch. */
static struct slice source_key(const struct agent_desk *desk, const struct subject *subject, struct agent_source *source)
{
        size_t hints = hints_size(&source->hints);
        if (UNLIKELY(hints > desk->user_agent->hints_limit)) {
                subject_count(subject, METRIC_hints_long, desk->user_agent->hints_limit > 0);
                hints = 0;
        }
        if (hints == 0)
                source->hints = (struct hint_source){ 0 };
        if (hints == 0 && !source->touch)
                return source->agent;
        char *at = desk->key;
        if (source->agent.size)
                memcpy(at, source->agent.data, source->agent.size);
        at += source->agent.size;
        *at++ = '\0';
        at = hints_key(&source->hints, at);
        if (source->touch)
                *at++ = '\x01';
        return slice_between(desk->key, at);
}

static const struct cached *agent_learn(struct agent_desk *desk, const struct agent_source *source, struct slice key)
{
        const struct agent_engine *engine = desk->user_agent->engine;
        struct agent agent;
        struct hints hints;                /* large: cleared where there are some */
        uint32_t broken = 0;
        struct field_writer writer;
        char overlay[OVERLAY_TEXT];
        agent_find(engine, desk->scratch, source->agent, &agent);
        agent_clean(&agent);
        buffer_clear(&desk->hint_text);
        if (source->hints.event.data || source->hints.headers) {
                hints_read(&source->hints, &desk->hint_text, &hints);
                broken = hints.broken;
                agent_overlay(engine, desk->scratch, &hints, overlay, &agent);
        }
        if (source->touch)
                agent_overlay_touch(&agent);
        buffer_clear(&desk->text);
        writer_init(&writer, enrich_plan_layout(desk->plan), &desk->text);
        enrich_plan_describe(desk->plan, &agent, &writer);
        if (!writer_end(&writer))
                writer.count = 0;
        const struct slice *device = agent.part[AGENT_DEVICE];
        struct agent_note note = { { .class = (uint8_t)agent.class, .bot = agent.robot.counted,
                                     .robot = agent.robot.category != BOT_NONE, .brand = device[DEVICE_BRAND].size > 0,
                                     .model = device[DEVICE_MODEL].size > 0 },
                                   broken };
        return text_cache_add(desk->cache, key, &writer, &note, sizeof(note));
}

static void user_agent_run(void *scratch, struct subject *subject)
{
        struct agent_desk *desk = scratch;
        struct agent_source source;
        source_find(desk->user_agent, subject, &source);
        struct slice key = source_key(desk, subject, &source);
        if (key.size == 0)
                return;
        const struct cached *entry = text_cache_find(desk->cache, key);
        subject_count(subject, entry ? METRIC_agent_hits : METRIC_agent_misses, 1);
        if (!entry)
                entry = agent_learn(desk, &source, key);
        const struct agent_note *note = cached_note(entry);
        if (UNLIKELY(note->broken))
                subject_count(subject, METRIC_hints_broken, note->broken);
        subject->findings->agent = &note->traits;
        subject->findings->bot |= note->traits.bot;
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
        const struct agent_app *app = &agent->app;
        writer_text(writer, FIELD_user_agent_original, agent->text);
        writer_text(writer, FIELD_user_agent_name, browser[BROWSER_NAME]);
        writer_text(writer, FIELD_user_agent_version, version_join(browser + BROWSER_VERSION, version, sizeof(version)));
        if (agent->hints && agent->hints->mobile != HINT_UNSAID)
                writer_boolean(writer, FIELD_user_agent_mobile, agent->hints->mobile == HINT_YES);
        if (agent->hints && agent->hints->wow64 != HINT_UNSAID)
                writer_boolean(writer, FIELD_user_agent_wow64, agent->hints->wow64 == HINT_YES);
        if (app->webview)
                writer_boolean(writer, FIELD_user_agent_webview, true);
        writer_text(writer, FIELD_user_agent_os_name, os[OS_NAME]);
        writer_text(writer, FIELD_user_agent_os_version, version_join(os + OS_VERSION, version, sizeof(version)));
        writer_text(writer, FIELD_user_agent_device_name, agent->part[AGENT_DEVICE][DEVICE_NAME]);
        writer_text(writer, FIELD_user_agent_engine_name, app->engine);
        writer_text(writer, FIELD_user_agent_engine_version, app->engine_version);
        writer_text(writer, FIELD_user_agent_app_name, app->name);
        writer_text(writer, FIELD_user_agent_app_version, app->version);
}

extern const struct enrichment ENRICHMENT_user_agent;
const struct enrichment ENRICHMENT_user_agent = {
        .name = "user_agent",
        .stage = STAGE_enrich_user_agent,
        .doc = "Browser, operating system and device, with versions, by the rules of uap-core (`enrich.user_agent.rules`), and "
               "by the\n"
               "User-Agent Client Hints of the event (`context.userAgentData`) or of the request (`Sec-CH-UA` and its like), "
               "which "
               "tell what\n"
               "user agents no longer do. Engine, in-app view and app by words of our own. Each worker remembers the text of the "
               "last\n"
               "`enrich.user_agent.cache` agents.",
        .gives = (const enum field[]){ FIELD_user_agent_original, FIELD_user_agent_name, FIELD_user_agent_version,
                                       FIELD_user_agent_mobile, FIELD_user_agent_wow64, FIELD_user_agent_webview,
                                       FIELD_user_agent_os_name, FIELD_user_agent_os_version, FIELD_user_agent_device_name,
                                       FIELD_user_agent_engine_name, FIELD_user_agent_engine_version, FIELD_user_agent_app_name,
                                       FIELD_user_agent_app_version, FIELD_COUNT },
        .load = user_agent_load,
        .unload = user_agent_unload,
        .attach = user_agent_attach,
        .detach = user_agent_detach,
        .run = user_agent_run,
        .describe = user_agent_describe,
};
