/* Changes to what an event hands on. The record passes the client's own bytes on as they came (`context`, `data`, `userId`, ...);
 * an edit changes that on the way out, without a copy in between: nothing is edited in place. */
#ifndef ENRICH_EDIT_H
#define ENRICH_EDIT_H
#include "enrich/enrich.h"

struct edit {
        struct edit *next, *previous;              /* by place; none inside or overlapping another */
        const char  *from, *to;    /* the client's bytes */
        struct slice text;         /* what stands there instead */
        bool         member;       /* the whole member of an object: its comma goes, too */
};

/* Puts JSON text (living in the batch's arena or longer) in the place of a raw value of the event: a fact, or what
 * scan_pointer() found in one. An edit of a value takes the place of those inside it, and those inside an earlier one are not
 * made. False: memory is out, and the event will be refused rather than published (findings.broken). */
bool edit_replace(struct subject *subject, struct slice raw, struct slice json);
/* Takes the value and its name out of its object; an element of an array becomes null, and so does a value that is no member. */
bool edit_remove(struct subject *subject, struct slice raw);

/* True when the value is taken out as a whole, name and all. */
bool edit_removes(const struct findings *findings, struct slice raw);
/* Most bytes that edit_put() writes for these raw bytes. */
size_t edit_bound(const struct findings *findings, struct slice raw);
/* Writes the bytes with the edits made; returns the end. Nothing when they are taken out as a whole: ask edit_removes() first. */
char  *edit_put(const struct findings *findings, struct slice raw, char *at);
/* The value with the edits made: itself when there are none, else in the arena; data NULL when it was removed or was absent.
 * False: memory is out. */
bool   edit_apply(const struct findings *findings, struct slice raw, struct arena *arena, struct slice *ret_value);
#endif
