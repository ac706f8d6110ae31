/* A tape: where every value of a subtree lies, for keywords that must look at it more than once. Offsets only, 16 bytes a
 * value or key, nothing is converted. Made by one pass that checks the text as scan_value() does (same errors, same places).
 *
 * Entries in the order of the text. An array is followed by its elements; an object by key, value, key, value. Entry i and all
 * in it end before entry i's `next`, so the siblings of a value are walked by i = tape->entries[i].next:
 *
 *     for (i = object + 1; i < tape->entries[object].next; i = tape->entries[i + 1].next)
 *             ... key i, value i + 1 ...
 *
 * A tape belongs to one thread. It keeps its memory between uses; pointers to entries die with the next tape_value(). */
#ifndef JSON_TAPE_H
#define JSON_TAPE_H
#include "json/scan.h"

enum tape_kind { TAPE_NULL, TAPE_FALSE, TAPE_TRUE, TAPE_NUMBER, TAPE_STRING, TAPE_ARRAY, TAPE_OBJECT };

struct tape_entry {
        uint32_t kind : 3;         /* enum tape_kind; a key is a TAPE_STRING */
        uint32_t escaped : 1;      /* a string or key that holds a backslash */
        uint32_t count : 28;       /* elements of an array, members of an object; else 0 */
        uint32_t offset, size;     /* the raw text from tape->text on, with quotes or brackets */
        uint32_t next;             /* the entry behind this value and everything in it */
};
struct tape {
        const char        *text;       /* offsets count from here */
        struct tape_entry *entries;    /* count of them; owned */
        uint32_t           count, capacity;
        uint32_t           limit;      /* most entries */
};
#define TAPE_LIMIT_MAX ((uint32_t)1 << 28)

/* Empty, takes no memory yet. `limit`: most entries (values and keys), at most TAPE_LIMIT_MAX; a value of n bytes has at most
 * n / 2 + 1 of them. */
void tape_init(struct tape *tape, uint32_t limit);
void tape_done(struct tape *tape);                  /* all-zero is fine */
/* Empties the tape and tapes the value at `at`, which is not white space: entry 0. Returns the first byte behind it; NULL and
 * error, where REASON_overloaded means that the limit or the memory did not suffice, or that the value is larger than 4 GiB. */
const char *tape_value(struct tape *tape, const char *at, const char *end, const struct scan_limits *limits,
                       struct scan_error *err);
/* Gives memory back when there is more than for `keep` entries: one huge event should not be paid for ever. */
void tape_trim(struct tape *tape, uint32_t keep);

static inline struct slice tape_raw(const struct tape *tape, uint32_t entry)
{
        return (struct slice){ tape->text + tape->entries[entry].offset, tape->entries[entry].size };
}
/* The value of the member whose key, escapes undone, is `key`; 0: there is none (entry 0 is never a member). Linear. */
uint32_t tape_member(const struct tape *tape, uint32_t object, struct slice key);
/* Where the raw value that starts at `at` is on the tape; 0 unless it is there (or is the root). Binary search. */
uint32_t tape_find(const struct tape *tape, const char *at);
#endif
