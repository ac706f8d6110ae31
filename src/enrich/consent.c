/* The enrichment consent: what the user allowed, as the browser, the consent platform and the event say it. It judges nothing:
 * conditions (enrich.when) and the kind pii do. */
#include "base/clock.h"
#include "enrich/source.h"
#include "enrich/tcf.h"
#include "enrich/text_cache.h"
#include "json/scan.h"

static const enum field GIVES[] = {
        FIELD_consent_gpc, FIELD_consent_dnt, FIELD_consent_granted, FIELD_consent_denied, FIELD_consent_tcf_cmp,
        FIELD_consent_tcf_updated, FIELD_consent_tcf_policy, FIELD_consent_tcf_vendor_list, FIELD_consent_tcf_purposes,
        FIELD_consent_tcf_interests, FIELD_consent_tcf_features, FIELD_consent_tcf_vendor, FIELD_consent_tcf_vendor_interest,
        FIELD_consent_google_ads, FIELD_consent_google_analytics, FIELD_COUNT,
};

#define STRINGS_MOST 8             /* names of one option */
/* Where a string stands. `inside`: as a pointer into context.consent, which is at hand; NULL: elsewhere. */
struct place { struct source source; const char *inside; };
struct places { struct place place[STRINGS_MOST]; size_t count; };
struct consent {                   /* a plan's */
        struct places tcf, google;
        uint16_t      vendor;
        bool          alone;       /* everything of the event stands in context.consent */
        size_t        entries;
};
#define KEY_MOST 4096              /* bytes of context.consent; larger ones are not remembered */
struct consent_desk {              /* a worker's */
        const struct consent *consent;
        const struct layout  *layout;
        struct text_cache    *cache;
        struct buffer         text;        /* what is being rendered */
        char                  key[KEY_MOST + 2];
};
struct consent_note { bool broken; };

/* ---- loading ---- */

static void places_done(struct places *places)
{
        for (size_t i = 0; i < places->count; i++)
                source_done(&places->place[i].source);
}

static void consent_unload(void *state)
{
        struct consent *consent = state;
        if (!consent)
                return;
        places_done(&consent->tcf);
        places_done(&consent->google);
        free(consent);
}

static void places_load(struct places *places, const struct enrich_setup *setup, const char *option,
                        const struct text_list *list, struct errors *errors)
{
        static const struct slice CONSENT = SLICE_INIT("/consent");
        struct error err;
        if (list->count > STRINGS_MOST)
                (void)config_error(setup->config, errors, option, "at most %d names", STRINGS_MOST);
        for (size_t i = 0; i < list->count && i < STRINGS_MOST; i++) {
                struct place *place = &places->place[places->count];
                if (!source_parse(&place->source, setup->layout, list->items[i], &err)) {
                        source_done(&place->source);
                        (void)config_error(setup->config, errors, option, "%s", err.text);
                        continue;
                }
                const char *pointer = place->source.kind == SOURCE_CONTEXT ? place->source.pointer : "";
                if (slice_starts_with(slice_of(pointer), CONSENT) && pointer[CONSENT.size] == '/')
                        place->inside = pointer + CONSENT.size;
                places->count++;
        }
}

static bool places_inside(const struct places *places)
{
        for (size_t i = 0; i < places->count; i++)
                if (!places->place[i].inside)
                        return false;
        return true;
}

static void *consent_load(const struct enrich_setup *setup, struct errors *errors)
{
        const struct config *config = setup->config;
        struct consent *consent = memory_get(sizeof(*consent));
        size_t before = errors_total(errors);
        consent->vendor = (uint16_t)config->enrich_consent_vendor;
        consent->entries = (size_t)config->enrich_consent_cache;
        places_load(&consent->tcf, setup, "enrich.consent.tcf", &config->enrich_consent_tcf, errors);
        places_load(&consent->google, setup, "enrich.consent.google", &config->enrich_consent_google, errors);
        consent->alone = places_inside(&consent->tcf) && places_inside(&consent->google);
        if (errors_total(errors) == before)
                return consent;
        consent_unload(consent);
        return NULL;
}

static void *consent_attach(const void *state, const struct enrich_plan *plan)
{
        struct consent_desk *desk = memory_get(sizeof(*desk));
        desk->consent = state;
        desk->layout = enrich_plan_layout(plan);
        desk->cache = text_cache_new(desk->consent->entries);
        buffer_init(&desk->text, 4 * KEY_MOST);
        return desk;
}

static void consent_detach(void *scratch)
{
        struct consent_desk *desk = scratch;
        text_cache_free(desk->cache);
        buffer_done(&desk->text);
        free(desk);
}

/* ---- what is there ---- */

/* The object context.consent of the event, and what was found in it. */
struct found {
        struct slice categories;   /* raw object */
        struct slice gpc, dnt;     /* true, false, or data NULL */
        struct tcf   tcf;
        char         google[2];    /* of ads and analytics: '1', '0', or anything else */
        bool         has_tcf, has_google;
        bool         broken;       /* one of the two is there and cannot be read */
};

/* true and false, 1 and 0, written as such or as texts. */
static struct slice truth_of(struct slice raw)
{
        static const struct { struct slice written, means; } TRUTHS[] = {
                { SLICE_INIT("true"), SLICE_INIT("true") },    { SLICE_INIT("\"1\""), SLICE_INIT("true") },
                { SLICE_INIT("1"), SLICE_INIT("true") },       { SLICE_INIT("\"true\""), SLICE_INIT("true") },
                { SLICE_INIT("false"), SLICE_INIT("false") },  { SLICE_INIT("\"0\""), SLICE_INIT("false") },
                { SLICE_INIT("0"), SLICE_INIT("false") },      { SLICE_INIT("\"false\""), SLICE_INIT("false") },
        };
        for (size_t i = 0; i < COUNT_OF(TRUTHS); i++)
                if (slice_equal(raw, TRUTHS[i].written))
                        return TRUTHS[i].means;
        return (struct slice){ 0 };
}

/* What either of the two says that it is set is set: the browser's header, and the event, which a server may have passed on. */
static struct slice signal_of(struct slice header, struct slice raw)
{
        struct slice by_header = truth_of(header), by_event = truth_of(raw);
        return by_header.data && *by_header.data == 't' ? by_header : by_event.data ? by_event : by_header;
}

/* The first of the places that has a text. `said`: context.consent, an object, or data NULL. */
static struct slice text_of(const struct places *places, struct slice said, const struct subject *subject)
{
        struct slice text = { 0 };
        for (size_t i = 0; i < places->count && text.size == 0; i++) {
                const struct place *place = &places->place[i];
                if (!place->inside) {
                        text = source_text(&place->source, subject);
                } else if (said.data) {
                        struct slice raw = scan_pointer(said, slice_of(place->inside));
                        text = raw.size && *raw.data == '"' ? scan_plain(raw, subject->arena) : (struct slice){ 0 };
                }
        }
        return text;
}

/* "G1" and a digit each for ad_storage and analytics_storage. */
static bool google_read(struct slice text, char google[2])
{
        if (text.size != 4 || memcmp(text.data, "G1", 2) != 0)
                return false;
        memcpy(google, text.data + 2, 2);
        return (google[0] == '0' || google[0] == '1' || google[0] == '-') &&
               (google[1] == '0' || google[1] == '1' || google[1] == '-');
}

static void find(const struct consent *consent, const struct subject *subject, struct found *found)
{
        const struct slice *header = subject->client->header;
        struct slice said = subject->facts->fact[FACT_consent], gpc = { 0 }, dnt = { 0 };
        if (said.size && *said.data == '{') {
                gpc = scan_pointer(said, SLICE("/gpc"));
                dnt = scan_pointer(said, SLICE("/dnt"));
                found->categories = scan_pointer(said, SLICE("/categoryPreferences"));
        } else {
                said.data = NULL;
        }
        found->gpc = signal_of(header[HEADER_sec_gpc], gpc);
        found->dnt = signal_of(header[HEADER_dnt], dnt);
        struct slice tcf = text_of(&consent->tcf, said, subject), google = text_of(&consent->google, said, subject);
        found->has_tcf = tcf.size && tcf_read(tcf, consent->vendor, &found->tcf);
        found->has_google = google.size && google_read(google, found->google);
        found->broken = (tcf.size && !found->has_tcf) || (google.size && !found->has_google);
}

/* ---- writing ---- */

#define CATEGORIES_MOST 64
#define LIST_BYTES 120             /* of a list of 24 numbers of two digits */

/* The names of the categories whose value is the given truth, as a JSON list; the names are JSON texts already. */
static struct slice categories_list(struct slice object, char truth, struct arena *arena)
{
        struct scan_error err;
        const char *end = slice_end(object), *at = object.size ? scan_space(object.data + 1, end) : end;
        char *list = object.size && *object.data == '{' ? arena_take(arena, object.size + 2) : NULL, *out = list;
        if (!list)
                return (struct slice){ 0 };
        *out++ = '[';
        for (size_t i = 0; i < CATEGORIES_MOST && at < end && *at == '"'; i++) {
                const char *name = scan_string(at, end, &SCAN_UNLIMITED, NULL, &err);
                const char *value = scan_space(scan_space(name, end) + 1, end);
                if (*value == truth) {
                        if (out - list > 1)
                                *out++ = ',';
                        out = (char *)memcpy(out, at, (size_t)(name - at)) + (name - at);
                }
                const char *behind = scan_value(value, end, &SCAN_UNLIMITED, &err);
                at = behind ? scan_space(behind, end) : end;
                at = at < end && *at == ',' ? scan_space(at + 1, end) : end;
        }
        *out++ = ']';
        arena_trim(arena, list, out);
        return out - list > 2 ? slice_between(list, out) : (struct slice){ 0 };
}

static struct slice numbers_list(uint32_t mask, char list[LIST_BYTES])
{
        size_t size = 0;
        list[size++] = '[';
        for (unsigned number = 1; mask; number++, mask >>= 1) {
                if (!(mask & 1))
                        continue;
                if (size > 1)
                        list[size++] = ',';
                if (number > 9)
                        list[size++] = (char)('0' + number / 10);
                list[size++] = (char)('0' + number % 10);
        }
        list[size++] = ']';
        return (struct slice){ list, size };
}

static void write_tcf(struct field_writer *writer, const struct tcf *tcf, bool vendor)
{
        char list[LIST_BYTES], time[CLOCK_TEXT];
        clock_format(tcf->updated, time);
        writer_integer(writer, FIELD_consent_tcf_cmp, tcf->cmp);
        writer_text(writer, FIELD_consent_tcf_updated, (struct slice){ time, CLOCK_TEXT });
        writer_integer(writer, FIELD_consent_tcf_policy, tcf->policy);
        writer_integer(writer, FIELD_consent_tcf_vendor_list, tcf->vendor_list);
        writer_json(writer, FIELD_consent_tcf_purposes, numbers_list(tcf->purposes, list));
        writer_json(writer, FIELD_consent_tcf_interests, numbers_list(tcf->interests, list));
        writer_json(writer, FIELD_consent_tcf_features, numbers_list(tcf->features, list));
        if (vendor) {
                writer_boolean(writer, FIELD_consent_tcf_vendor, tcf->vendor_consent);
                writer_boolean(writer, FIELD_consent_tcf_vendor_interest, tcf->vendor_interest);
        }
}

static void write_google(struct field_writer *writer, const char google[2])
{
        if (google[0] != '-')
                writer_boolean(writer, FIELD_consent_google_ads, google[0] == '1');
        if (google[1] != '-')
                writer_boolean(writer, FIELD_consent_google_analytics, google[1] == '1');
}

static bool is_empty(const struct found *found)
{
        return !found->gpc.data && !found->dnt.data && !found->categories.data && !found->has_tcf && !found->has_google;
}

static void write(struct field_writer *writer, const struct consent *consent, const struct found *found, struct arena *arena)
{
        writer_json(writer, FIELD_consent_gpc, found->gpc);
        writer_json(writer, FIELD_consent_dnt, found->dnt);
        writer_json(writer, FIELD_consent_granted, categories_list(found->categories, 't', arena));
        writer_json(writer, FIELD_consent_denied, categories_list(found->categories, 'f', arena));
        if (found->has_tcf)
                write_tcf(writer, &found->tcf, consent->vendor > 0);
        if (found->has_google)
                write_google(writer, found->google);
}

static void count_broken(const struct subject *subject, bool broken)
{
        if (broken)
                subject_count(subject, METRIC_consent_broken, 1);
}

/* Without the memory: where nothing but headers speak, and where the event speaks in several places or at great length. */
static void run_once(const struct consent *consent, struct subject *subject)
{
        struct found found = { 0 };
        struct field_desk desk;
        find(consent, subject, &found);
        count_broken(subject, found.broken);
        if (is_empty(&found) ||
            !desk_open(&desk, subject, 2 * found.categories.size + 4 * LIST_BYTES + 6 * CLOCK_TEXT))
                return;
        write(&desk.writer, consent, &found, subject->arena);
        desk_close(&desk, subject);
}

static const struct cached *learn(struct consent_desk *desk, struct slice key, struct subject *subject)
{
        struct found found = { 0 };
        struct field_writer writer;
        char *room = arena_take(subject->arena, 4 * key.size + 256);
        if (!room)
                return NULL;       /* and nothing half known is remembered */
        arena_trim(subject->arena, room, room);
        find(desk->consent, subject, &found);
        buffer_clear(&desk->text);
        writer_init(&writer, desk->layout, &desk->text);
        write(&writer, desk->consent, &found, subject->arena);
        if (!writer_end(&writer))
                writer.count = 0;
        const struct consent_note note = { found.broken };
        return text_cache_add(desk->cache, key, &writer, &note, sizeof(note));
}

/* What a header says, in one byte. */
static char mark_of(struct slice header)
{
        struct slice truth = truth_of(header);
        return truth.data ? *truth.data : '-';
}

static void consent_run(void *scratch, struct subject *subject)
{
        struct consent_desk *desk = scratch;
        const struct slice  *header = subject->client->header;
        struct slice said = subject->facts->fact[FACT_consent], key = { desk->key, said.size + 2 };
        if (said.size == 0 && desk->consent->alone && !header[HEADER_sec_gpc].data && !header[HEADER_dnt].data)
                return;            /* nobody says anything: most events */
        if (said.size == 0 || said.size > KEY_MOST || !desk->consent->alone) {
                run_once(desk->consent, subject);
                return;
        }
        desk->key[0] = mark_of(header[HEADER_sec_gpc]);
        desk->key[1] = mark_of(header[HEADER_dnt]);
        memcpy(desk->key + 2, said.data, said.size);
        const struct cached *cached = text_cache_find(desk->cache, key);
        if (!cached)
                cached = learn(desk, key, subject);
        if (!cached)
                return;
        count_broken(subject, ((const struct consent_note *)cached_note(cached))->broken);
        cached_give(cached, subject->findings);
}

extern const struct enrichment ENRICHMENT_consent;
const struct enrichment ENRICHMENT_consent = {
        .name = "consent",
        .stage = STAGE_enrich_consent,
        .doc = "What the user allowed: Global Privacy Control and Do Not Track (from the browser's headers, or "
               "`context.consent.gpc` and "
               "`.dnt`\n"
               "of the event), the categories of `context.consent.categoryPreferences`, the IAB's TCF string, Google's consent "
               "mode. Rules make use\n"
               "of it: `enrich.when`, and the kind `pii`.",
        .gives = GIVES,
        .load = consent_load,
        .unload = consent_unload,
        .attach = consent_attach,
        .detach = consent_detach,
        .run = consent_run,
};
