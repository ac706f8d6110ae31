/* The enrichment language: the language of the event's locale, else of the header Accept-Language, and all that the header names.
 */
#include "enrich/enrichment.h"
#include "enrich/language_tag.h"
#include "enrich/text_cache.h"
#include "json/scan.h"

struct language_state {            /* a plan's */
        struct language_codes *codes;
        size_t limit, entries;
};
struct language_desk {             /* a worker's */
        const struct language_state *state;
        const struct enrich_plan    *plan;
        struct text_cache           *cache;
        struct buffer                text;         /* what is being rendered */
        char                        *key;          /* locale, NUL, header */
};
struct language_note { bool known; };

static void language_unload(void *state)
{
        struct language_state *language = state;
        if (!language)
                return;
        language_codes_free(language->codes);
        free(language);
}

static void *language_load(const struct enrich_setup *setup, struct errors *errors)
{
        struct language_state *language = memory_get(sizeof(*language));
        language->limit = (size_t)setup->config->enrich_language_limit;
        language->entries = (size_t)setup->config->enrich_language_cache;
        language->codes = language_codes_load(setup->config->enrich_language_codes, errors);
        if (language->codes)
                return language;
        language_unload(language);
        return NULL;
}

static void language_detach(void *scratch)
{
        struct language_desk *desk = scratch;
        text_cache_free(desk->cache);
        buffer_done(&desk->text);
        free(desk->key);
        free(desk);
}

static void *language_attach(const void *state, const struct enrich_plan *plan)
{
        struct language_desk *desk = memory_get(sizeof(*desk));
        desk->state = state;
        desk->plan = plan;
        desk->cache = text_cache_new(desk->state->entries);
        desk->key = memory_get(2 * desk->state->limit + 1);
        buffer_init(&desk->text, 65536);
        return desk;
}

/* At most the limit, and no half an element of a list: the last comma in it goes, and all behind. */
static struct slice text_cut(const struct language_desk *desk, const struct subject *subject, struct slice text)
{
        if (LIKELY(text.size <= desk->state->limit))
                return text;
        subject_count(subject, METRIC_language_truncated, 1);
        const char *comma = memrchr(text.data, ',', desk->state->limit);
        text.size = comma ? (size_t)(comma - text.data) : desk->state->limit;
        return text;
}

static void tag_render(struct field_writer *writer, const struct language_tag *tag)
{
        writer_text(writer, FIELD_language_tag, (struct slice){ tag->text, tag->size });
        writer_text(writer, FIELD_language_code, slice_of(tag->language->code));
        writer_text(writer, FIELD_language_name, tag->language->name);
        if (tag->script)
                writer_text(writer, FIELD_language_script, (struct slice){ tag->text + tag->script, 4 });
        if (tag->region)
                writer_text(writer, FIELD_language_region, (struct slice){ tag->text + tag->region, tag->region_size });
}

static void list_render(struct field_writer *writer, const struct language_list *list)
{
        char room[LANGUAGE_LIST * (LANGUAGE_TAG + 1)];
        struct buffer names;
        buffer_wrap(&names, room, sizeof(room));
        for (size_t i = 0; i < list->count; i++) {
                if (i)
                        buffer_add_char(&names, ',');
                buffer_add(&names, (struct slice){ list->tag[i].text, list->tag[i].size });
        }
        writer_text(writer, FIELD_language_preferred, buffer_slice(&names));
        if (list->known)
                writer_integer(writer, FIELD_language_count, (int64_t)list->known);
}

static const struct cached *language_learn(struct language_desk *desk, struct slice key, struct slice locale, struct slice header)
{
        struct language_tag  tag;
        struct language_list list;
        struct field_writer  writer;
        const struct language_codes *codes = desk->state->codes;
        language_list_read(codes, header, &list);
        bool told = language_tag_read(codes, locale, &tag);
        buffer_clear(&desk->text);
        writer_init(&writer, enrich_plan_layout(desk->plan), &desk->text);
        if (told || list.count)
                tag_render(&writer, told ? &tag : &list.tag[0]);
        list_render(&writer, &list);
        if (!writer_end(&writer))
                writer.count = 0;
        struct language_note note = { told || list.count };
        return text_cache_add(desk->cache, key, &writer, &note, sizeof(note));
}

/* The event's own word, without quotes and escapes; data NULL: none. */
static struct slice locale_text(const struct subject *subject)
{
        struct slice raw = subject->facts->fact[FACT_locale];
        if (raw.size <= 2 || *raw.data != '"')
                return (struct slice){ 0 };
        struct slice inside = { raw.data + 1, raw.size - 2 };
        return LIKELY(!memchr(inside.data, '\\', inside.size)) ? inside : scan_plain(raw, subject->arena);
}

static void language_run(void *scratch, struct subject *subject)
{
        struct language_desk *desk = scratch;
        struct slice locale = locale_text(subject), header = subject->client->header[HEADER_accept_language];
        if (locale.size == 0 && header.size == 0)
                return;
        locale = text_cut(desk, subject, locale);
        header = text_cut(desk, subject, header);
        /* A locale with a NUL in it is none: it may share its answer with another. */
        if (locale.size)
                memcpy(desk->key, locale.data, locale.size);
        desk->key[locale.size] = '\0';
        if (header.size)
                memcpy(desk->key + locale.size + 1, header.data, header.size);
        struct slice key = { desk->key, locale.size + 1 + header.size };
        const struct cached *cached = text_cache_find(desk->cache, key);
        subject_count(subject, cached ? METRIC_language_hits : METRIC_language_misses, 1);
        if (!cached)
                cached = language_learn(desk, key, locale, header);
        const struct language_note *note = cached_note(cached);
        if (!note->known)
                subject_count(subject, METRIC_language_unknown, 1);
        cached_give(cached, subject->findings);
}

extern const struct enrichment ENRICHMENT_language;
const struct enrichment ENRICHMENT_language = {
        .name = "language",
        .stage = STAGE_enrich_language,
        .doc = "The language of `context.locale` (a tag of BCP 47, or what an operating system writes: `de_DE.UTF-8`), else the "
               "best "
               "one of\n"
               "`Accept-Language`, checked against the codes of `enrich.language.codes`; and the header's whole order. Each "
               "worker "
               "remembers\n"
               "the text of the last `enrich.language.cache` of them.",
        .gives = (const enum field[]){ FIELD_language_tag, FIELD_language_code, FIELD_language_name, FIELD_language_script,
                                       FIELD_language_region, FIELD_language_preferred, FIELD_language_count, FIELD_COUNT },
        .load = language_load,
        .unload = language_unload,
        .attach = language_attach,
        .detach = language_detach,
        .run = language_run,
};
