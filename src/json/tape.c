#include "json/tape.h"
#include "engine.h"
#include "json/equal.h"
#include "json/scan_inline.h"

/* One pass over the text. The array or object that is open is entry `open`; while it is open, its `next` names the one around
 * it, so that no stack is needed. */
struct taping {
        struct tape              *tape;
        const char               *end;
        const struct scan_limits *limits;
        struct scan_error        *err;
        uint32_t                  open;
        size_t                    depth;
};
#define NO_ENTRY UINT32_MAX

void tape_init(struct tape *tape, uint32_t limit)
{
        *tape = (struct tape){ .limit = limit < TAPE_LIMIT_MAX ? limit : TAPE_LIMIT_MAX };
}

void tape_done(struct tape *tape)
{
        free(tape->entries);
        *tape = (struct tape){ 0 };
}

void tape_trim(struct tape *tape, uint32_t keep)
{
        if (tape->capacity <= keep)
                return;
        free(tape->entries);
        tape->entries = NULL;
        tape->count = tape->capacity = 0;
}

static bool tape_grow(struct tape *tape)
{
        uint32_t capacity = tape->capacity ? tape->capacity * 2 : 256;
        if (capacity > tape->limit)
                capacity = tape->limit;
        if (capacity <= tape->capacity)
                return false;
        struct tape_entry *entries = realloc(tape->entries, capacity * sizeof(*entries));
        if (!entries)
                return false;
        tape->entries = entries;
        tape->capacity = capacity;
        return true;
}

/* Notes a value or key that ends at `behind` (an open array or object: not known yet); returns `behind`, or NULL and error. */
static inline const char *tape_note(struct taping *t, enum tape_kind kind, bool escaped, const char *at, const char *behind)
{
        struct tape *tape = t->tape;
        if (UNLIKELY(!behind))
                return NULL;
        if (UNLIKELY(tape->count == tape->capacity && !tape_grow(tape)))
                return engine_fail(t->err, REASON_overloaded, at, "the value has too many parts to be looked at twice");
        tape->entries[tape->count] = (struct tape_entry){
                .kind = kind, .escaped = escaped, .offset = (uint32_t)(at - tape->text), .size = (uint32_t)(behind - at),
                .next = tape->count + 1,
        };
        tape->count++;
        return behind;
}

static inline const char *tape_string(struct taping *t, const char *at)
{
        bool escaped = false;
        const char *behind = scan_string_inline(at, t->end, t->limits, &escaped, t->err);
        return tape_note(t, TAPE_STRING, escaped, at, behind);
}

/* The key at `at`; returns the start of its value. */
static inline const char *tape_key(struct taping *t, const char *at)
{
        if (UNLIKELY(at >= t->end || *at != '"'))
                return engine_fail_key(at, t->end, t->err);
        at = tape_string(t, at);
        if (UNLIKELY(!at))
                return NULL;
        at = scan_space_inline(at, t->end);
        if (UNLIKELY(at >= t->end || *at != ':'))
                return engine_fail_colon(at, t->end, t->err);
        return scan_space_inline(at + 1, t->end);
}

static const char *tape_leaf(struct taping *t, const char *at)
{
        if (*at == '"')
                return tape_string(t, at);
        if (*at == '-' || (*at >= '0' && *at <= '9'))
                return tape_note(t, TAPE_NUMBER, false, at, scan_number_inline(at, t->end, t->err));
        enum tape_kind kind = *at == 't' ? TAPE_TRUE : *at == 'f' ? TAPE_FALSE : TAPE_NULL;
        return tape_note(t, kind, false, at, scan_literal(at, t->end, t->err));
}

/* Opens the array or object at `at`; returns where its first child, or its closing bracket, is. */
static const char *tape_open(struct taping *t, const char *at)
{
        size_t most = t->limits->depth < SCAN_DEPTH_MAX ? t->limits->depth : SCAN_DEPTH_MAX;
        if (UNLIKELY(t->depth == most))
                return engine_fail_depth(at, t->err);
        uint32_t entry = t->tape->count;
        if (!tape_note(t, *at == '{' ? TAPE_OBJECT : TAPE_ARRAY, false, at, at + 1))
                return NULL;
        t->tape->entries[entry].next = t->open;
        t->open = entry;
        t->depth++;
        return scan_space_inline(at + 1, t->end);
}

/* Closes the open array or object, whose bracket is at `at`; returns what is behind. */
static const char *tape_close(struct taping *t, const char *at)
{
        struct tape_entry *entry = &t->tape->entries[t->open];
        t->open = entry->next;
        t->depth--;
        entry->next = t->tape->count;
        entry->size = (uint32_t)(at + 1 - t->tape->text) - entry->offset;
        return at + 1;
}

/* Behind a child: closes what ends here, and goes to the next child. Returns where its value starts, or, at depth 0, what is
 * behind the whole. */
static const char *tape_after(struct taping *t, const char *at)
{
        while (t->depth > 0) {
                struct tape_entry *parent = &t->tape->entries[t->open];
                char close = parent->kind == TAPE_OBJECT ? '}' : ']';
                parent->count++;
                at = scan_space_inline(at, t->end);
                if (at < t->end && *at == ',') {
                        at = scan_space_inline(at + 1, t->end);
                        return close == '}' ? tape_key(t, at) : at;
                }
                if (UNLIKELY(at >= t->end || *at != close))
                        return engine_fail_after(at, t->end, close, t->err);
                at = tape_close(t, at);
        }
        return at;
}

const char *tape_value(struct tape *tape, const char *at, const char *end, const struct scan_limits *limits,
                       struct scan_error *err)
{
        struct taping t = { .tape = tape, .end = end, .limits = limits, .err = err, .open = NO_ENTRY };
        tape->text = at;
        tape->count = 0;
        if (UNLIKELY((size_t)(end - at) > UINT32_MAX))
                t.end = at + UINT32_MAX;
        while (at) {
                if (UNLIKELY(at >= t.end)) {
                        (void)engine_fail_value(at, t.end, err);
                        break;
                }
                if (*at == '{' || *at == '[') {
                        char close = (char)(*at + 2);  /* ASCII */
                        at = tape_open(&t, at);
                        if (!at)
                                break;
                        if (at < t.end && *at == close) {
                                at = tape_close(&t, at);
                        } else {
                                at = close == '}' ? tape_key(&t, at) : at;
                                continue;
                        }
                } else {
                        at = tape_leaf(&t, at);
                }
                if (at)
                        at = tape_after(&t, at);
                if (at && t.depth == 0)
                        return at;
        }
        if (t.end < end && err->where == t.end)
                return engine_fail(err, REASON_overloaded, t.end, "the value is larger than 4 GiB");
        return NULL;
}

uint32_t tape_member(const struct tape *tape, uint32_t object, struct slice key)
{
        for (uint32_t i = object + 1; i < tape->entries[object].next; i = tape->entries[i + 1].next) {
                struct slice raw = tape_raw(tape, i);
                bool same = tape->entries[i].escaped ? string_is(raw, key)
                                                     : slice_equal((struct slice){ raw.data + 1, raw.size - 2 }, key);
                if (same)
                        return i + 1;
        }
        return 0;
}

uint32_t tape_find(const struct tape *tape, const char *at)
{
        uint32_t low = 0, high = tape->count;
        size_t offset = (size_t)(at - tape->text);
        while (low < high) {
                uint32_t middle = low + (high - low) / 2;
                if (tape->entries[middle].offset < offset)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < tape->count && tape->entries[low].offset == offset ? low : 0;
}
