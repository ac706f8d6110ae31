/* The enrichment page: the URL of the page in its parts, its title; and the URLs that the event hands on without what identifies
 * a person. */
#include "enrich/edit.h"
#include "enrich/enrichment.h"
#include "enrich/strip.h"
#include "enrich/text_cache.h"
#include "enrich/url_hosts.h"
#include "base/utf8.h"
#include "json/scan.h"
#include "page_url.h"

#define HOSTS       1024           /* hosts that a worker remembers, beside the pages */
#define TITLE_MOST  1024           /* bytes */
#define RENDER_MOST ((size_t)4 << 20)      /* the fields of a URL of 64 KiB, every byte of it escaped */

struct page {                      /* a plan's */
        struct strip *strip;
        size_t limit, entries;
};
struct page_desk {                 /* a worker's */
        const struct page   *page;
        const struct layout *layout;
        struct text_cache   *cache;
        struct url_hosts    *hosts;
        struct arena_pool    pool;         /* for taking a URL apart that is not in the cache */
        struct buffer        text;         /* what is being rendered */
        struct url           url;          /* of the event at hand */
};

static void page_unload(void *state)
{
        struct page *page = state;
        if (!page)
                return;
        strip_free(page->strip);
        free(page);
}

static void *page_load(const struct enrich_setup *setup, struct errors *errors)
{
        struct strip *strip = strip_new(setup->config, errors);
        if (!strip)
                return NULL;
        struct page *page = memory_get(sizeof(*page));
        *page = (struct page){ .strip = strip, .limit = (size_t)setup->config->enrich_page_limit,
                               .entries = (size_t)setup->config->enrich_page_cache };
        return page;
}

static void page_detach(void *scratch)
{
        struct page_desk *desk = scratch;
        text_cache_free(desk->cache);
        url_hosts_free(desk->hosts);
        arena_pool_done(&desk->pool);
        buffer_done(&desk->text);
        free(desk);
}

static void *page_attach(const void *state, const struct enrich_plan *plan)
{
        struct page_desk *desk = memory_get(sizeof(*desk));
        desk->page = state;
        desk->layout = enrich_plan_layout(plan);
        desk->cache = text_cache_new(desk->page->entries);
        desk->hosts = url_hosts_new(HOSTS);
        arena_pool_init(&desk->pool, 65536, 1);
        buffer_init(&desk->text, RENDER_MOST);
        return desk;
}

/* ---- the fields ---- */

/* "html" of "/shoes/new.html": up to ten letters and digits behind the last dot of a name. */
static struct slice extension_find(struct slice path)
{
        const char *slash = path.size ? memrchr(path.data, '/', path.size) : NULL, *end = slice_end(path);
        const char *dot = slash ? memrchr(slash, '.', (size_t)(end - slash)) : NULL;
        if (!dot || dot == slash + 1 || end - dot > 11)
                return (struct slice){ NULL, 0 };
        for (const char *at = dot + 1; at < end; at++)
                if (!((*at >= '0' && *at <= '9') || ((*at | 0x20) >= 'a' && (*at | 0x20) <= 'z')))
                        return (struct slice){ NULL, 0 };
        return slice_between(dot + 1, end);
}

static void host_write(struct page_desk *desk, struct field_writer *writer, const struct url *url)
{
        writer_text(writer, FIELD_url_domain, url->host);
        if (url->host_kind == URL_HOST_NAME) {
                struct url_host_facts facts = url_hosts_get(desk->hosts, url->host);
                writer_text(writer, FIELD_url_domain_unicode, facts.unicode);
                writer_text(writer, FIELD_url_registered_domain, facts.site.registrable);
                writer_text(writer, FIELD_url_subdomain, facts.site.subdomain);
                writer_text(writer, FIELD_url_top_level_domain, facts.site.suffix);
        }
        if (url->port.data)
                writer_integer(writer, FIELD_url_port, url->port_number);
}

static void path_write(struct field_writer *writer, const struct url *url)
{
        writer_text(writer, FIELD_url_path, url->path);
        writer_text(writer, FIELD_url_extension, extension_find(url->path));
        writer_text(writer, FIELD_url_query, url->query);
        writer_text(writer, FIELD_url_fragment, url->fragment);
}

/* A URL without segments holds a document, a mail address, a script: only of about: it says where somebody is. */
static void url_fields_write(struct page_desk *desk, struct field_writer *writer, const struct url *url, struct arena *arena)
{
        struct buffer full;
        bool   shown = !url->opaque || slice_equal(url->scheme, SLICE("about"));
        size_t room = url_write_bound(url);
        char  *text = arena_take(arena, room);
        if (text && shown) {
                buffer_wrap(&full, text, room);
                url_write(url, &full);
                writer_text(writer, FIELD_url_full, buffer_slice(&full));
        }
        writer_text(writer, FIELD_url_scheme, url->scheme);
        host_write(desk, writer, url);
        if (shown)
                path_write(writer, url);
}

/* ---- the page's URL ---- */

/* Takes the URL apart and remembers what came of it. Its memory is the desk's own: a batch that is full must not be remembered
 * as a URL that is broken. */
static const struct cached *page_learn(struct page_desk *desk, struct slice text)
{
        struct arena arena;
        struct url url = { 0 };
        struct field_writer writer;
        size_t stripped = 0;
        arena_init(&arena, &desk->pool, 2 * RENDER_MOST);
        buffer_clear(&desk->text);
        writer_init(&writer, desk->layout, &desk->text);
        bool known = url_parse(text, &arena, &url);
        struct page_note note = page_note_of(known ? &url : NULL, text);
        if (known && strip_url(desk->page->strip, &arena, &url, &stripped))
                url_fields_write(desk, &writer, &url, &arena);
        if (!writer_end(&writer))
                writer.count = 0;
        note.stripped = (uint32_t)stripped;
        const struct cached *cached = text_cache_add(desk->cache, text, &writer, &note, sizeof(note));
        arena_done(&arena);
        return cached;
}

/* Gives the fields, and lets later enrichments have the URL as it was. NULL: there is nothing left of it. */
static const struct page_note *page_give(struct page_desk *desk, struct subject *subject, struct slice text)
{
        struct slice cut = url_cut(text, desk->page->limit);
        if (UNLIKELY(cut.size < text.size))
                subject_count(subject, METRIC_page_truncated, 1);
        if (cut.size == 0) {
                subject_count(subject, METRIC_page_broken, 1);
                return NULL;
        }
        const struct cached *cached = text_cache_find(desk->cache, cut);
        subject_count(subject, cached ? METRIC_page_hits : METRIC_page_misses, 1);
        if (!cached)
                cached = page_learn(desk, cut);
        const struct page_note *note = cached_note(cached);
        subject_count(subject, METRIC_page_stripped, note->stripped);
        subject_count(subject, METRIC_page_broken, !note->known);
        if (note->inside)
                page_note_restore(note, cached_key(cached), &desk->url);
        if (note->inside || (note->known && url_parse(cut, subject->arena, &desk->url)))
                subject->findings->page = &desk->url;
        cached_give(cached, subject->findings);
        return note;
}

/* ---- a path without its URL ---- */

/* Path and query of the context alone: fields of a page whose host nobody knows. */
static void path_give(struct page_desk *desk, struct subject *subject, struct slice path, struct slice search)
{
        struct field_desk out;
        struct url url;
        size_t stripped = 0;
        struct slice text = page_url_join(subject->arena, SLICE("http://host"), path, search);
        struct slice cut = url_cut(text, desk->page->limit);
        subject_count(subject, METRIC_page_truncated, cut.size < text.size);
        if (!text.data || !url_parse(cut, subject->arena, &url))
                return;
        desk->url = (struct url){ .path = url.path, .query = url.query, .fragment = url.fragment };
        subject->findings->page = &desk->url;
        if (!strip_url(desk->page->strip, subject->arena, &url, &stripped) ||
            !desk_open(&out, subject, 2 * (2 * url.path.size + url.query.size + url.fragment.size) + 16))
                return;
        subject_count(subject, METRIC_page_stripped, stripped);
        path_write(&out.writer, &url);
        desk_close(&out, subject);
}

/* ---- what is handed on ---- */

/* Text of the event put in the place of its value. */
static void text_replace(struct subject *subject, struct slice raw, struct slice text)
{
        struct buffer out;
        size_t room = 6 * text.size + 2;
        char  *json = arena_take(subject->arena, room);
        if (!json) {
                subject->findings->broken = true;
                return;
        }
        buffer_wrap(&out, json, room);
        buffer_add_json(&out, text);
        arena_trim(subject->arena, json, json + out.size);
        (void)edit_replace(subject, raw, buffer_slice(&out));
}

/* Edits a URL of the context; answers how many parameters went. */
static size_t url_hand_on(const struct page_desk *desk, struct subject *subject, enum fact fact)
{
        struct slice raw = subject->facts->fact[fact];
        size_t stripped = 0;
        if (!page_text_is(raw))
                return 0;
        if (raw.size <= desk->page->limit && !strip_suspects((struct slice){ raw.data + 1, raw.size - 2 }))
                return 0;
        struct slice plain = scan_plain(raw, subject->arena), left = url_cut(plain, desk->page->limit);
        bool cut = left.size < plain.size;
        subject_count(subject, METRIC_page_truncated, cut && fact == FACT_page_referrer);
        if (!plain.data || !strip_text(desk->page->strip, subject->arena, &left, &stripped))
                subject->findings->broken = true;
        else if (stripped || cut)
                text_replace(subject, raw, left);
        return stripped;
}

/* The query as the page's script saw it: nearly always that of the URL. */
static void search_hand_on(const struct page_desk *desk, struct subject *subject, const struct page_note *note)
{
        struct slice raw = subject->facts->fact[FACT_page_search];
        size_t stripped = 0;
        if (!page_text_is(raw))
                return;
        if (note && note->inside && !note->stripped && raw.data[1] == '?' &&
            slice_equal((struct slice){ raw.data + 2, raw.size - 3 }, desk->url.query))
                return;
        struct slice left = scan_plain(raw, subject->arena);
        if (!left.data || !strip_query(desk->page->strip, subject->arena, &left, &stripped))
                subject->findings->broken = true;
        else if (stripped)
                text_replace(subject, raw, left);
}

static void title_give(struct subject *subject)
{
        struct field_desk out;
        struct slice raw = subject->facts->fact[FACT_page_title];
        if (!page_text_is(raw))
                return;
        if (LIKELY(raw.size <= TITLE_MOST)) {
                field_give(subject, FIELD_page_title, raw);
        } else if (desk_open(&out, subject, 6 * TITLE_MOST)) {
                writer_text(&out.writer, FIELD_page_title, utf8_cut(scan_plain(raw, subject->arena), TITLE_MOST));
                desk_close(&out, subject);
        }
}

static void page_run(void *scratch, struct subject *subject)
{
        struct page_desk *desk = scratch;
        const struct slice *facts = subject->facts->fact;
        const struct page_note *note = NULL;
        struct slice path = { NULL, 0 }, text = page_url_text(subject, &path);
        if (text.size)
                note = page_give(desk, subject, text);
        else if (path.size)
                path_give(desk, subject, path, page_fact_text(subject, FACT_page_search));
        if (facts[FACT_page_url].data && (!note || !note->known || note->stripped || text.size > desk->page->limit)) {
                size_t stripped = url_hand_on(desk, subject, FACT_page_url);
                subject_count(subject, METRIC_page_stripped, note && note->known ? 0 : stripped);
        }
        if (facts[FACT_page_search].data)
                search_hand_on(desk, subject, note);
        if (facts[FACT_page_referrer].data)
                subject_count(subject, METRIC_page_stripped, url_hand_on(desk, subject, FACT_page_referrer));
        if (facts[FACT_page_path].data)            /* not counted once more: it is the URL's */
                (void)url_hand_on(desk, subject, FACT_page_path);
        if (facts[FACT_page_title].data)
                title_give(subject);
}

extern const struct enrichment ENRICHMENT_page;
const struct enrichment ENRICHMENT_page = {
        .name = "page",
        .stage = STAGE_enrich_page,
        .doc = "The page: its URL in parts, from `context.page.url`, else from the `Referer` header (with `context.page.path` "
               "and\n"
               "`search`), read as browsers do; its title. Parameters that identify a person or let somebody in "
               "(`enrich.page.strip`,\n"
               "[parameters](parameters.md)) are taken out of these fields and of `context.page.url`, `path`, `search` and "
               "`referrer`; "
               "so are users and\n"
               "passwords before hosts, and mail addresses in paths.",
        .gives = (const enum field[]){ FIELD_url_full, FIELD_url_scheme, FIELD_url_domain, FIELD_url_domain_unicode,
                                       FIELD_url_registered_domain, FIELD_url_subdomain, FIELD_url_top_level_domain,
                                       FIELD_url_port, FIELD_url_path, FIELD_url_extension, FIELD_url_query, FIELD_url_fragment,
                                       FIELD_page_title, FIELD_COUNT },
        .load = page_load,
        .unload = page_unload,
        .attach = page_attach,
        .detach = page_detach,
        .run = page_run,
};
