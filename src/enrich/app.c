/* The enrichment app: app, library and operating system as the event tells them.
 *
 * One app says the same with all its events: the fields are rendered once and remembered by all that they come from. */
#include "enrich/app_platform.h"
#include "enrich/enrichment.h"
#include "enrich/text_cache.h"
#include "json/scan.h"

#define TEXT_MOST 256              /* bytes of one value as written; what is longer is no name and no version */

/* All that the fields depend on. */
static const enum fact NEEDED[] = {
        FACT_app_name,        FACT_app_namespace, FACT_app_version, FACT_app_build,  FACT_library_name,
        FACT_library_version, FACT_channel,       FACT_os_name,     FACT_os_version,
};

struct app_desk {                  /* a worker's */
        const struct enrich_plan *plan;
        struct text_cache        *cache;
        struct buffer             text;    /* what is being rendered */
        char                      key[COUNT_OF(NEEDED) * (TEXT_MOST + 1)];
};
struct app_state { size_t entries; };      /* a plan's */

static void *app_load(const struct enrich_setup *setup, struct errors *errors)
{
        (void)errors;
        struct app_state *app = memory_get(sizeof(*app));
        app->entries = (size_t)setup->config->enrich_app_cache;
        return app;
}

static void *app_attach(const void *state, const struct enrich_plan *plan)
{
        const struct app_state *app = state;
        struct app_desk *desk = memory_get(sizeof(*desk));
        desk->plan = plan;
        desk->cache = text_cache_new(app->entries);
        buffer_init(&desk->text, 65536);
        return desk;
}

static void app_detach(void *scratch)
{
        struct app_desk *desk = scratch;
        text_cache_free(desk->cache);
        buffer_done(&desk->text);
        free(desk);
}

/* What is to be looked at: no null, no empty text, nothing endless. Data NULL: absent. */
static inline struct slice sane(struct slice raw)
{
        return raw.size > TEXT_MOST || (raw.size <= 2 && raw.size) || (raw.size == 4 && *raw.data == 'n') ? (struct slice){ 0 }
                                                                                                          : raw;
}

/* The text inside the quotes. Escapes stay, as no word that we know has any. */
static struct slice inside(struct slice raw)
{
        raw = sane(raw);
        return raw.size > 2 && *raw.data == '"' ? (struct slice){ raw.data + 1, raw.size - 2 } : SLICE("");
}

static void app_render(struct field_writer *writer, const struct slice *facts)
{
        static const enum field VERSION[VERSION_PARTS] = { FIELD_app_version_major, FIELD_app_version_minor,
                                                           FIELD_app_version_patch };
        const struct app_words words = { inside(facts[FACT_library_name]), inside(facts[FACT_channel]),
                                         inside(facts[FACT_os_name]) };
        uint32_t parts[VERSION_PARTS] = { 0 };
        size_t   count = version_split(inside(facts[FACT_app_version]), parts);
        writer_json(writer, FIELD_app_name, sane(facts[FACT_app_name]));
        writer_json(writer, FIELD_app_namespace, sane(facts[FACT_app_namespace]));
        writer_json(writer, FIELD_app_version, sane(facts[FACT_app_version]));
        for (size_t i = 0; i < count && i < VERSION_PARTS; i++)
                writer_integer(writer, VERSION[i], parts[i]);
        writer_json(writer, FIELD_app_build_id, sane(facts[FACT_app_build]));
        writer_text(writer, FIELD_app_platform, app_platform(&words));
        writer_json(writer, FIELD_telemetry_sdk_name, sane(facts[FACT_library_name]));
        writer_json(writer, FIELD_telemetry_sdk_version, sane(facts[FACT_library_version]));
        writer_text(writer, FIELD_telemetry_sdk_language, library_language(words.library));
        writer_json(writer, FIELD_os_name, sane(facts[FACT_os_name]));
        writer_json(writer, FIELD_os_version, sane(facts[FACT_os_version]));
}

static const struct cached *app_learn(struct app_desk *desk, struct slice key, const struct slice *facts)
{
        struct field_writer writer;
        buffer_clear(&desk->text);
        writer_init(&writer, enrich_plan_layout(desk->plan), &desk->text);
        app_render(&writer, facts);
        if (!writer_end(&writer))
                writer.count = 0;
        return text_cache_add(desk->cache, key, &writer, NULL, 0);
}

static void app_run(void *scratch, struct subject *subject)
{
        struct app_desk    *desk = scratch;
        const struct slice *facts = subject->facts->fact;
        char *at = desk->key;
        bool  told = false;
        for (size_t i = 0; i < COUNT_OF(NEEDED); i++) {
                struct slice raw = sane(facts[NEEDED[i]]);
                if (raw.size) {
                        at = slice_put_short(at, raw);
                        told = true;
                }
                *at++ = '\n';                      /* which no value holds as it is */
        }
        if (!told)
                return;
        struct slice key = slice_between(desk->key, at);
        const struct cached *cached = text_cache_find(desk->cache, key);
        subject_count(subject, cached ? METRIC_app_hits : METRIC_app_misses, 1);
        if (!cached)
                cached = app_learn(desk, key, facts);
        cached_give(cached, subject->findings);
}

extern const struct enrichment ENRICHMENT_app;
const struct enrichment ENRICHMENT_app = {
        .name = "app",
        .stage = STAGE_enrich_app,
        .doc = "App, library and operating system as the event tells them (`context.app`, `.library`, `.os`), the version\n"
               "taken apart; and the platform: a television's system says `tv`, else `context.channel` decides, else the\n"
               "words in the library's name (`analytics-ios`: mobile, `analytics-python`: server, `analytics.js`: web), else\n"
               "the operating system. Each worker remembers the text of the last `enrich.app.cache` apps.",
        .gives = (const enum field[]){ FIELD_app_name, FIELD_app_namespace, FIELD_app_version, FIELD_app_version_major,
                                       FIELD_app_version_minor, FIELD_app_version_patch, FIELD_app_build_id, FIELD_app_platform,
                                       FIELD_telemetry_sdk_name, FIELD_telemetry_sdk_version, FIELD_telemetry_sdk_language,
                                       FIELD_os_name, FIELD_os_version, FIELD_COUNT },
        .load = app_load,
        .unload = free,
        .attach = app_attach,
        .detach = app_detach,
        .run = app_run,
};
