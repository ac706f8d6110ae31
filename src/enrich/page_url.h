/* Which URL the page has, and how it is remembered. */
#ifndef PAGE_URL_H
#define PAGE_URL_H
#include "enrich/enrichment.h"
#include "enrich/url.h"

#define NOTE_PARTS 7
/* What the cache keeps of a URL beside its fields: its parts, where they lie inside the text itself. */
struct page_note {
        struct { uint32_t at, size; } part[NOTE_PARTS];
        uint32_t stripped;         /* parameters that were taken out of the fields */
        uint16_t port_number;
        uint8_t  host_kind;
        bool     web, special, opaque;
        bool     known;            /* it is a URL */
        bool     inside;           /* all parts lie inside the text; else it must be read again */
};
struct page_note page_note_of(const struct url *url, struct slice text);   /* url NULL: it is none */
void             page_note_restore(const struct page_note *note, struct slice text, struct url *ret_url);

/* A string that is not empty. */
static inline bool page_text_is(struct slice raw) { return raw.data && raw.size > 2 && *raw.data == '"'; }
/* The plain text of a fact; data NULL: none. */
struct slice page_fact_text(struct subject *subject, enum fact fact);
/* The page's URL: the context's, else the Referer header's, with the context's path where it says one. data NULL: there is none;
 * then *ret_path may be a path alone. */
struct slice page_url_text(struct subject *subject, struct slice *ret_path);
/* Origin, path and query ("?" before it or not) as one text; data NULL: the arena is full. */
struct slice page_url_join(struct arena *arena, struct slice origin, struct slice path, struct slice search);
#endif
