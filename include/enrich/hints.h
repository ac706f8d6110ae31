/* User-Agent Client Hints (WICG): what the client says of itself beside its frozen user agent. They come with the event, as
 * `context.userAgentData` in the shape of navigator.userAgentData.getHighEntropyValues(), or as the request's Sec-CH-UA headers
 * (structured fields, RFC 9651); hint by hint the event's word goes first. What is not in the form that it should have is
 * ignored and counted. No allocation; linear in the bytes. */
#ifndef ENRICH_HINTS_H
#define ENRICH_HINTS_H
#include "base/buffer.h"
#include "event/event.h"

#define HINT_ITEMS 16              /* of a list; browsers send three */
#define HINT_TEXT_MOST 128         /* bytes of one value */
struct hint_list {
        struct { struct slice name, version; } item[HINT_ITEMS];   /* version empty: none was said */
        size_t count;
};
enum hint_truth { HINT_UNSAID, HINT_NO, HINT_YES };
struct hints {
        struct hint_list brands;           /* with major versions */
        struct hint_list full_versions;    /* the same brands with all of their versions */
        struct hint_list form_factors;     /* names only: "Tablet" */
        struct slice     full_version;     /* of the browser; the deprecated uaFullVersion */
        struct slice     platform, platform_version, model, architecture, bitness;
        enum hint_truth  mobile, wow64;
        unsigned         broken;           /* hints that were no such thing */
};

/* Where an event's hints are. All-zero: nowhere. */
struct hint_source {
        struct slice        event;         /* raw JSON, known to be well-formed; data NULL: none */
        const struct slice *headers;       /* HEADER_COUNT of them; NULL: none that apply */
};
/* Bytes that hints_key() writes: 0 when there are no hints. */
size_t hints_size(const struct hint_source *source);
/* Writes them, raw, in an order of ours: the same bytes mean the same hints. Holds one NUL behind each hint and none inside. */
char  *hints_key(const struct hint_source *source, char *at);
/* Reads them. The values lie in the source, or where they had escapes in `text`, which needs hints_size() bytes. */
void   hints_read(const struct hint_source *source, struct buffer *text, struct hints *ret_hints);
/* The same for the event's only, added to what `hints` has. */
void   hints_read_event(struct slice json, struct buffer *text, struct hints *hints);

/* The table of hints: for hints.c and hints_event.c. */
enum hint_kind { HINT_KIND_BRANDS, HINT_KIND_NAMES, HINT_KIND_TEXT, HINT_KIND_TRUTH };
struct hint_row {
        const char    *member;     /* of userAgentData */
        int            header;     /* enum header; -1: none */
        enum hint_kind kind;
        size_t         place;      /* offset in struct hints of its value */
};
#define HINT_ROWS 12
extern const struct hint_row HINTS[HINT_ROWS];
static inline void *hint_place(struct hints *hints, const struct hint_row *row) { return (char *)hints + row->place; }
/* Was something said of it already? */
bool hint_known(const struct hints *hints, const struct hint_row *row);
#endif
