#include "page_url.h"
#include "json/scan.h"

/* ---- the note ---- */

#define ABSENT UINT32_MAX

struct page_note page_note_of(const struct url *url, struct slice text)
{
        struct page_note note = { .known = url != NULL, .inside = url != NULL };
        if (!url)
                return note;
        const struct slice parts[NOTE_PARTS] = { url->scheme, url->user_info, url->host, url->port, url->path, url->query,
                                                 url->fragment };
        for (size_t i = 0; i < NOTE_PARTS; i++) {
                uintptr_t at = (uintptr_t)parts[i].data - (uintptr_t)text.data;
                note.part[i].at = parts[i].data ? (uint32_t)at : ABSENT;
                note.part[i].size = (uint32_t)parts[i].size;
                note.inside &= !parts[i].data || (at <= text.size && parts[i].size <= text.size - at);
        }
        note.port_number = url->port_number;
        note.host_kind = url->host_kind;
        note.web = url->web;
        note.special = url->special;
        note.opaque = url->opaque;
        return note;
}

static inline struct slice part_restore(const struct page_note *note, size_t i, struct slice text)
{
        if (note->part[i].at == ABSENT)
                return (struct slice){ NULL, 0 };
        return (struct slice){ text.data + note->part[i].at, note->part[i].size };
}

void page_note_restore(const struct page_note *note, struct slice text, struct url *ret_url)
{
        *ret_url = (struct url){ .text = text, .scheme = part_restore(note, 0, text), .user_info = part_restore(note, 1, text),
                                 .host = part_restore(note, 2, text), .port = part_restore(note, 3, text),
                                 .path = part_restore(note, 4, text), .query = part_restore(note, 5, text),
                                 .fragment = part_restore(note, 6, text), .port_number = note->port_number,
                                 .host_kind = note->host_kind, .web = note->web, .special = note->special,
                                 .opaque = note->opaque };
}

/* ---- which URL ---- */

struct slice page_fact_text(struct subject *subject, enum fact fact)
{
        struct slice raw = subject->facts->fact[fact];
        return page_text_is(raw) ? scan_plain(raw, subject->arena) : (struct slice){ NULL, 0 };
}

struct slice page_url_join(struct arena *arena, struct slice origin, struct slice path, struct slice search)
{
        struct buffer out;
        size_t room = origin.size + path.size + search.size + 1;
        char  *text = arena_take(arena, room);
        if (!text)
                return (struct slice){ NULL, 0 };
        buffer_wrap(&out, text, room);
        buffer_add(&out, origin);
        buffer_add(&out, path);
        if (search.size && *search.data != '?' && *search.data != '#')
                buffer_add_char(&out, '?');
        buffer_add(&out, search);
        return buffer_slice(&out);
}

/* "https://host:port" of a web page's URL. */
static struct slice origin_of(struct slice text, struct arena *arena)
{
        struct url  url;
        struct slice none = { NULL, 0 };
        if (text.size == 0 || text.size > URL_MOST || !url_parse(text, arena, &url) || !url.web)
                return none;
        struct url bare = { .scheme = url.scheme, .host = url.host, .host_kind = url.host_kind, .port = url.port };
        struct buffer out;
        size_t room = url_write_bound(&bare);
        char  *origin = arena_take(arena, room);
        if (!origin)
                return none;
        buffer_wrap(&out, origin, room);
        url_write(&bare, &out);
        return buffer_slice(&out);
}

struct slice page_url_text(struct subject *subject, struct slice *ret_path)
{
        struct slice text = page_fact_text(subject, FACT_page_url), referer = subject->client->header[HEADER_referer];
        if (text.size)
                return text;
        struct slice path = page_fact_text(subject, FACT_page_path);
        if (path.size == 0 || *path.data != '/')
                return referer;
        /* Of another site's page browsers send the origin alone; the context knows the path. */
        struct slice origin = origin_of(referer, subject->arena);
        if (origin.data)
                return page_url_join(subject->arena, origin, path, page_fact_text(subject, FACT_page_search));
        *ret_path = path;
        return origin;
}
