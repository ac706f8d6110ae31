/* The enrichment referrer: which page, site and medium the visitor came from. What is said of a referrer depends on its text
 * alone, and comes from the cache; whether it is internal depends on the page as well, and is decided for each event. */
#include "enrich/referrer.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "enrich/channel.h"
#include "enrich/plain.h"
#include "enrich/referrer_list.h"
#include "enrich/referrer_term.h"
#include "enrich/strip.h"
#include "enrich/text_cache.h"
#include "enrich/url.h"
#include "json/scan.h"

struct referrer {                  /* a plan's */
        struct referrer_table *table;
        struct strip    *strip;
        struct text_list internal; /* lower case; "*.shop.example" kept as ".shop.example" */
        size_t limit, term_limit, entries;
        bool   header, same_site;
};
/* What is remembered of a referrer beside its text. */
struct note {
        uint64_t host, site;       /* hashes of its host and of its registered domain; 0: none */
        uint32_t common;           /* bytes of the piece that hold for an internal referrer, too */
        bool     known, internal;  /* it is an address; its host is in the list of the site's own */
        struct referrer_traits traits;
};
#define PAGES 64                   /* hosts of pages whose registered domain is remembered; a power of two */
struct desk {                      /* a worker's */
        const struct referrer    *referrer;
        const struct enrich_plan *plan;
        struct text_cache        *cache;
        struct referrer_matcher  *matcher;
        struct arena_pool         pool;        /* of what is needed while a referrer is looked at for the first time */
        struct buffer             text;        /* what is being rendered */
        struct referrer_traits    internal;
        struct slice              inside;      /* "medium":"internal" */
        char                      inside_text[64 + READABLE_PADDING];
        uint64_t                  seed;
        struct { uint64_t host, site; } page[PAGES];
};

/* ---- loading ---- */

/* "social=/path" or a path alone. */
static bool list_load(const struct enrich_setup *setup, struct referrer_table *table, const char *text, struct errors *errors)
{
        size_t word = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-");
        bool   named = word && text[word] == '=';
        struct slice medium = named ? (struct slice){ text, word } : (struct slice){ 0 };
        /* Relative paths begin at the configuration file's folder, as those of other options do. */
        struct tree_item item = { .value = named ? text + word + 1 : text, .line = setup->config->file ? 1 : 0 };
        const char *path = config_path(setup->config, &item);
        setup_watch(setup, path);
        return referrer_list_load(table, path, medium, errors);
}

struct referrer_table *referrer_table_load(const struct enrich_setup *setup, struct errors *errors)
{
        const struct text_list *lists = &setup->config->enrich_referrer_lists;
        struct referrer_table  *table = referrer_table_new();
        bool good = true;
        if (setup->config->enrich_referrer_table)
                referrer_table_add_own(table);
        for (size_t i = 0; i < lists->count; i++)
                good &= list_load(setup, table, lists->items[i], errors);
        if (good)
                return table;
        referrer_table_free(table);
        return NULL;
}

static void referrer_unload(void *state)
{
        struct referrer *referrer = state;
        if (!referrer)
                return;
        referrer_table_free(referrer->table);
        strip_free(referrer->strip);
        for (size_t i = 0; i < referrer->internal.count; i++)
                free((char *)referrer->internal.items[i]);
        free(referrer->internal.items);
        free(referrer);
}

/* A host as the URL library writes it, behind a dot when everything below it is meant; NULL: it is none. */
static char *internal_host(const char *text)
{
        struct arena_pool pool;
        struct arena      arena;
        struct url        url;
        char  whole[600], *host = NULL;
        bool  below = strncmp(text, "*.", 2) == 0;
        arena_pool_init(&pool, 4096, 1);
        arena_init(&arena, &pool, 65536);
        int size = snprintf(whole, sizeof(whole), "http://%s/", below ? text + 2 : text);
        if (size > 0 && (size_t)size < sizeof(whole) && url_parse((struct slice){ whole, (size_t)size }, &arena, &url) &&
            !memchr(url.host.data, '*', url.host.size) && url.path.size == 1 && !url.port.data && !url.user_info.data &&
            !url.query.data && !url.fragment.data) {
                host = memory_get(url.host.size + 2);
                memcpy(host, ".", below);
                memcpy(host + below, url.host.data, url.host.size);
        }
        arena_done(&arena);
        arena_pool_done(&pool);
        return host;
}

/* What is taken out of addresses; where the enrichment page reads it too, it tells the mistakes. */
static struct strip *strip_load(const struct config *config, struct errors *errors)
{
        struct errors own = { 0 };
        bool told = false;
        for (size_t i = 0; i < config->enrich_order.count; i++)
                told |= strcmp(config->enrich_order.items[i], "page") == 0;
        struct strip *strip = strip_new(config, told ? &own : errors);
        errors_done(&own);
        return strip;
}

static void *referrer_load(const struct enrich_setup *setup, struct errors *errors)
{
        const struct config *config = setup->config;
        size_t mistakes = errors_total(errors);
        struct referrer *referrer = memory_get(sizeof(*referrer));
        referrer->limit = (size_t)config->enrich_referrer_limit;
        referrer->term_limit = (size_t)config->enrich_referrer_term_limit;
        referrer->entries = (size_t)config->enrich_referrer_cache;
        referrer->header = config->enrich_referrer_header;
        referrer->same_site = config->enrich_referrer_same_site;
        referrer->internal.items = memory_get((config->enrich_referrer_internal.count + 1) * sizeof(char *));
        for (size_t i = 0; i < config->enrich_referrer_internal.count; i++) {
                const char *text = config->enrich_referrer_internal.items[i];
                char *host = internal_host(text);
                if (host)
                        referrer->internal.items[referrer->internal.count++] = host;
                else
                        (void)config_error(config, errors, "enrich.referrer.internal",
                                           "'%s' is no host; wanted is shop.example or *.shop.example", text);
        }
        referrer->table = referrer_table_load(setup, errors);
        referrer->strip = strip_load(config, errors);
        if (errors_total(errors) == mistakes && referrer->strip)
                return referrer;
        referrer_unload(referrer);
        return NULL;
}

static void referrer_detach(void *scratch)
{
        struct desk *desk = scratch;
        text_cache_free(desk->cache);
        referrer_matcher_free(desk->matcher);
        buffer_done(&desk->text);
        arena_pool_done(&desk->pool);
        free(desk);
}

static void *referrer_attach(const void *state, const struct enrich_plan *plan)
{
        struct desk *desk = memory_get(sizeof(*desk));
        struct field_writer writer;
        struct buffer       out;
        desk->referrer = state;
        desk->plan = plan;
        desk->cache = text_cache_new(desk->referrer->entries);
        desk->matcher = referrer_matcher_new();
        desk->seed = hash_process_seed();
        desk->internal = (struct referrer_traits){ .medium = REFERRER_internal };
        arena_pool_init(&desk->pool, 16384, 1);
        /* Address, host, site, source and term: each may be the whole referrer with every byte as %XX. */
        buffer_init(&desk->text, 5 * 6 * 3 * desk->referrer->limit + 4096);
        buffer_wrap(&out, desk->inside_text, 64);
        writer_init(&writer, enrich_plan_layout(plan), &out);
        writer_text(&writer, FIELD_referrer_medium, REFERRER_MEDIUM_NAMES[REFERRER_internal]);
        BUG_IF(!writer_end(&writer));
        desk->inside = buffer_slice(&out);
        return desk;
}

/* ---- a referrer for the first time ---- */

static inline uint64_t name_hash(const struct desk *desk, struct slice name)
{
        return name.size ? hash_bytes(name.data, name.size, desk->seed) | 1 : 0;
}

static bool host_internal(const struct referrer *referrer, struct slice host)
{
        for (size_t i = 0; i < referrer->internal.count; i++) {
                struct slice own = slice_of(referrer->internal.items[i]);
                if (*own.data == '.' ? host.size > own.size && memcmp(host.data + host.size - own.size, own.data, own.size) == 0
                                     : slice_equal(host, own))
                        return true;
        }
        return false;
}

/* Pages on the web, and apps: of an app the host is its name. */
static bool url_answerable(const struct url *url, bool *ret_app)
{
        *ret_app = slice_equal(url->scheme, SLICE("android-app")) || slice_equal(url->scheme, SLICE("ios-app"));
        return (url->web || *ret_app) && url->host.size > 0;
}

/* Names of apps are as their makers wrote them: com.Slack. */
static struct slice host_lower(struct slice host, struct arena *arena)
{
        struct slice copy = arena_copy(arena, host);
        for (size_t i = 0; copy.data && i < copy.size; i++)
                if (copy.data[i] >= 'A' && copy.data[i] <= 'Z')
                        ((char *)copy.data)[i] |= 32;
        return copy.data ? copy : (struct slice){ "", 0 };
}

/* What may be published of the address, and as text; false: memory is out. */
static bool url_publish(const struct desk *desk, struct url *url, struct arena *arena)
{
        struct buffer whole;
        size_t stripped = 0;
        if (!strip_url(desk->referrer->strip, arena, url, &stripped))
                return false;
        size_t room = url_write_bound(url);
        char  *text = arena_take(arena, room);
        if (!text)
                return false;
        buffer_wrap(&whole, text, room);
        url_write(url, &whole);
        url->text = buffer_slice(&whole);
        return true;
}

static void site_describe(struct desk *desk, const struct url *url, const struct referrer_site *found,
                          struct field_writer *writer, struct arena *arena)
{
        struct slice term = utf8_cut(referrer_term_find(found, url, desk->matcher, arena), desk->referrer->term_limit);
        writer_text(writer, FIELD_referrer_medium, found->medium);
        writer_text(writer, FIELD_referrer_source, found->source);
        if (!plain_has_mail(term))
                writer_text(writer, FIELD_referrer_term, term);
}

static void url_describe(struct desk *desk, struct url *url, struct field_writer *writer, struct note *note,
                         struct arena *arena)
{
        bool app;
        if (!url_answerable(url, &app))
                return;
        struct slice path = url->path, name = app ? host_lower(url->host, arena) : url->host;
        struct slice site = url->host_kind == URL_HOST_NAME ? url_registrable(url->host) : (struct slice){ 0 };
        if (!url_publish(desk, url, arena))
                return;
        writer_text(writer, FIELD_referrer_url, url->text);
        writer_text(writer, FIELD_referrer_domain, url->host);
        writer_text(writer, FIELD_referrer_registered_domain, site);
        *note = (struct note){ .known = true, .host = name_hash(desk, url->host), .site = name_hash(desk, site),
                               .internal = host_internal(desk->referrer, url->host), .common = (uint32_t)writer->out->size,
                               .traits.site = CHANNEL_SITE_other };
        const struct referrer_site *found = referrer_table_find(desk->referrer->table, name, path, app);
        if (!found) {
                writer_text(writer, FIELD_referrer_medium, REFERRER_MEDIUM_NAMES[REFERRER_unknown]);
                return;
        }
        note->traits = (struct referrer_traits){ .source = found->source, .medium = (uint8_t)found->kind,
                                                  .site = (uint8_t)channel_site_of(found->kind, found->source) };
        site_describe(desk, url, found, writer, arena);
}

static const struct cached *referrer_learn(struct desk *desk, struct slice key)
{
        struct arena arena;
        struct url   url;
        struct note  note = { 0 };
        struct field_writer writer;
        arena_init(&arena, &desk->pool, (size_t)16 << 20);
        buffer_clear(&desk->text);
        writer_init(&writer, enrich_plan_layout(desk->plan), &desk->text);
        if (url_parse(key, &arena, &url))
                url_describe(desk, &url, &writer, &note, &arena);
        if (!writer_end(&writer))
                writer.count = 0;
        const struct cached *entry = text_cache_add(desk->cache, key, &writer, &note, sizeof(note));
        arena_done(&arena);
        return entry;
}

/* ---- each event ---- */

/* The event's own word, else, by option, the header's. */
static struct slice referrer_text(const struct referrer *referrer, struct subject *subject)
{
        struct slice raw = subject->facts->fact[FACT_page_referrer], text = { 0 };
        if (raw.size > 2 && *raw.data == '"')
                text = scan_plain(raw, subject->arena);
        else if (!raw.data && referrer->header)
                text = subject->client->header[HEADER_referer];
        if (UNLIKELY(text.size > referrer->limit)) {
                subject_count(subject, METRIC_referrer_truncated, 1);
                text = url_cut(text, referrer->limit);
        }
        return text;
}

/* The hash of the page's registered domain; the public suffix list takes a microsecond, and a site has few hosts. */
static uint64_t page_site(struct desk *desk, const struct url *page, uint64_t host)
{
        size_t at = host >> 1 & (PAGES - 1);
        if (desk->page[at].host != host) {
                struct slice site = page->host_kind == URL_HOST_NAME ? url_registrable(page->host) : (struct slice){ 0 };
                desk->page[at].host = host;
                desk->page[at].site = name_hash(desk, site);
        }
        return desk->page[at].site;
}

static bool is_internal(struct desk *desk, const struct note *note, const struct url *page)
{
        if (note->internal || !page || page->host.size == 0)
                return note->internal;
        uint64_t host = name_hash(desk, page->host);
        return note->host == host || (desk->referrer->same_site && note->site && note->site == page_site(desk, page, host));
}

static void referrer_run(void *scratch, struct subject *subject)
{
        struct desk  *desk = scratch;
        struct slice  key = referrer_text(desk->referrer, subject);
        if (key.size == 0)
                return;
        const struct cached *entry = text_cache_find(desk->cache, key);
        subject_count(subject, entry ? METRIC_referrer_hits : METRIC_referrer_misses, 1);
        if (!entry)
                entry = referrer_learn(desk, key);
        const struct note *note = cached_note(entry);
        if (!note->known) {
                subject_count(subject, METRIC_referrer_broken, 1);
                return;
        }
        if (!is_internal(desk, note, subject->findings->page)) {
                subject->findings->referrer = &note->traits;
                cached_give(entry, subject->findings);
                return;
        }
        subject->findings->referrer = &desk->internal;
        struct slice common = { entry->bytes + entry->note_size + entry->key_size, note->common };
        findings_add(subject->findings, GROUP_referrer, common);
        findings_add(subject->findings, GROUP_referrer, desk->inside);
}

extern const struct enrichment ENRICHMENT_referrer;
const struct enrichment ENRICHMENT_referrer = {
        .name = "referrer",
        .stage = STAGE_enrich_referrer,
        .doc = "The page that the visitor came from (`context.page.referrer`): its address and host, and by a table of "
               "well-known "
               "sites\n"
               "its medium, its name and what was searched for there. A referrer of the page's own host, of another host of its "
               "registered\n"
               "domain (`enrich.referrer.same_site`) or of `enrich.referrer.internal` is `internal`; for the first two the "
               "enrichment\n"
               "`page` stands before this one. Each worker remembers the last `enrich.referrer.cache` referrers.",
        .gives = (const enum field[]){ FIELD_referrer_url, FIELD_referrer_domain, FIELD_referrer_registered_domain,
                                       FIELD_referrer_medium, FIELD_referrer_source, FIELD_referrer_term, FIELD_COUNT },
        .load = referrer_load,
        .unload = referrer_unload,
        .attach = referrer_attach,
        .detach = referrer_detach,
        .run = referrer_run,
};
