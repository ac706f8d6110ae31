#include "json/equal.h"
#include "base/hash.h"
#include "escape.h"
#include "json/number.h"
#include "json/scan_inline.h"

#define HASH_BLOCK 1024        /* bytes of unescaped text hashed in one go */
#define FEW_MEMBERS 16         /* so many are looked up one by one */

/* Behind the value at `at` of a text that is known to be JSON. */
static const char *value_skip(const char *at, const char *end)
{
        struct scan_error err;
        const char *behind = scan_value(at, end, &SCAN_UNLIMITED, &err);
        BUG_IF(!behind);
        return behind;
}
static const char *string_skip(const char *at, const char *end, bool *ret_escaped)
{
        struct scan_error err;
        const char *behind = scan_string_inline(at, end, &SCAN_UNLIMITED, ret_escaped, &err);
        BUG_IF(!behind);
        return behind;
}
/* From behind a key to the member's value. */
static const char *colon_skip(const char *at, const char *end)
{
        return scan_space_inline(scan_space_inline(at, end) + 1, end);
}

static bool is_escaped(struct slice raw)
{
        return memchr(raw.data, '\\', raw.size) != NULL;
}

/* ---- strings ---- */

/* The next character's bytes, escapes undone; a run of plain bytes comes one at a time. Returns what is behind. */
static const char *unit_next(const char *at, char bytes[4], size_t *ret_size)
{
        char *out = bytes;
        if (*at == '\\')
                at = escape_undo(at, &out);
        else
                *out++ = *at++;
        *ret_size = (size_t)(out - bytes);
        return at;
}

bool string_is(struct slice raw, struct slice text)
{
        if (raw.size - 2 < text.size)
                return false;
        if (!is_escaped(raw))
                return slice_equal((struct slice){ raw.data + 1, raw.size - 2 }, text);
        const char *at = raw.data + 1, *end = raw.data + raw.size - 1;
        while (at < end) {
                char bytes[4];
                size_t size;
                at = unit_next(at, bytes, &size);
                if (size > text.size || memcmp(bytes, text.data, size) != 0)
                        return false;
                text.data += size;
                text.size -= size;
        }
        return text.size == 0;
}

bool string_equal(struct slice a, struct slice b)
{
        if (slice_equal(a, b))
                return true;
        if (!is_escaped(b))
                return is_escaped(a) && string_is(a, (struct slice){ b.data + 1, b.size - 2 });
        if (!is_escaped(a))
                return string_is(b, (struct slice){ a.data + 1, a.size - 2 });
        const char *x = a.data + 1, *x_end = a.data + a.size - 1, *y = b.data + 1, *y_end = b.data + b.size - 1;
        char left[4], right[4];
        size_t left_size = 0, right_size = 0, left_at = 0, right_at = 0;
        for (;;) {
                if (left_at == left_size && x < x_end)
                        x = unit_next(x, left, &left_size), left_at = 0;
                if (right_at == right_size && y < y_end)
                        y = unit_next(y, right, &right_size), right_at = 0;
                if (left_at == left_size || right_at == right_size)
                        return left_at == left_size && right_at == right_size;
                if (left[left_at++] != right[right_at++])
                        return false;
        }
}

uint64_t string_hash(struct slice raw, uint64_t seed)
{
        const char *at = raw.data + 1, *end = raw.data + raw.size - 1;
        if (!is_escaped(raw)) {
                for (; end - at > HASH_BLOCK; at += HASH_BLOCK)
                        seed = hash_bytes(at, HASH_BLOCK, seed);
                return hash_bytes(at, (size_t)(end - at), seed);
        }
        char block[HASH_BLOCK];
        size_t used = 0;
        while (at < end) {
                char bytes[4];
                size_t size;
                at = unit_next(at, bytes, &size);
                for (size_t i = 0; i < size; i++) {
                        if (used == HASH_BLOCK) {
                                seed = hash_bytes(block, HASH_BLOCK, seed);
                                used = 0;
                        }
                        block[used++] = bytes[i];
                }
        }
        return hash_bytes(block, used, seed);
}

size_t string_length(struct slice raw)
{
        const char *at = raw.data + 1, *end = raw.data + raw.size - 1;
        size_t length = 0;
        while (at < end) {
                const char *backslash = memchr(at, '\\', (size_t)(end - at)), *stop = backslash ? backslash : end;
                for (; at < stop; at++)
                        length += ((unsigned char)*at & 0xC0) != 0x80;
                while (at < end && *at == '\\') {
                        char bytes[4];
                        size_t size;
                        at = unit_next(at, bytes, &size);
                        length++;
                }
        }
        return length;
}

/* ---- values: one pass over both texts at once, each function moves its cursors behind what it compared ---- */

struct cursor {
        const char *at, *end;
};
static bool cursors_equal(struct cursor *a, struct cursor *b);

/* After a child: true when another one follows, at which the cursor then stands; else it stands behind the bracket. */
static bool cursor_more(struct cursor *cursor)
{
        cursor->at = scan_space_inline(cursor->at, cursor->end);
        bool more = *cursor->at++ == ',';
        if (more)
                cursor->at = scan_space_inline(cursor->at, cursor->end);
        return more;
}
/* Into an array or object: true when there is a child. */
static bool cursor_enter(struct cursor *cursor)
{
        cursor->at = scan_space_inline(cursor->at + 1, cursor->end);
        if (*cursor->at != ']' && *cursor->at != '}')
                return true;
        cursor->at++;
        return false;
}
static struct slice cursor_key(struct cursor *cursor)
{
        bool escaped;
        const char *key = cursor->at, *behind = string_skip(key, cursor->end, &escaped);
        cursor->at = colon_skip(behind, cursor->end);
        return slice_between(key, behind);
}

struct member {
        uint64_t     hash;
        struct slice key, value;
        bool         taken;
};
struct members {
        struct member few[FEW_MEMBERS], *items;
        size_t        count, capacity;
};

static void members_add(struct members *members, struct member member)
{
        if (members->count == members->capacity) {
                struct member *old = members->items;
                members->items = memory_get(members->capacity * 2 * sizeof(*old));
                memcpy(members->items, old, members->count * sizeof(*old));
                members->capacity *= 2;
                if (old != members->few)
                        free(old);
        }
        members->items[members->count++] = member;
}

static int member_compare(const void *a, const void *b)
{
        uint64_t x = ((const struct member *)a)->hash, y = ((const struct member *)b)->hash;
        return x < y ? -1 : x > y;
}

/* Takes this member and all that follow. */
static void members_take(struct members *members, struct cursor *cursor, uint64_t seed)
{
        *members = (struct members){ .capacity = FEW_MEMBERS };
        members->items = members->few;
        do {
                struct member member = { .key = cursor_key(cursor) };
                const char *behind = value_skip(cursor->at, cursor->end);
                member.value = slice_between(cursor->at, behind);
                member.hash = string_hash(member.key, seed);
                cursor->at = behind;
                members_add(members, member);
        } while (cursor_more(cursor));
        qsort(members->items, members->count, sizeof(*members->items), member_compare);
}

/* Sorted by the hash of their keys; among keys of the same hash every partner is tried. */
static bool members_match(struct members *a, struct members *b)
{
        for (size_t i = 0, start = 0; i < a->count; i++) {
                struct member *left = &a->items[i];
                while (start < b->count && b->items[start].hash < left->hash)
                        start++;
                size_t j = start;
                for (; j < b->count && b->items[j].hash == left->hash; j++)
                        if (!b->items[j].taken && string_equal(left->key, b->items[j].key) &&
                            value_equal(left->value, b->items[j].value))
                                break;
                if (j == b->count || b->items[j].hash != left->hash)
                        return false;
                b->items[j].taken = true;
        }
        return true;
}

static __attribute__((noinline)) bool members_equal(struct cursor *a, struct cursor *b)
{
        struct members left, right;
        uint64_t seed = hash_process_seed();
        members_take(&left, a, seed);
        members_take(&right, b, seed);
        bool equal = left.count == right.count && members_match(&left, &right);
        if (left.items != left.few)
                free(left.items);
        if (right.items != right.few)
                free(right.items);
        return equal;
}

/* As long as the keys come in the same order, no member is looked at twice. */
static bool objects_equal(struct cursor *a, struct cursor *b)
{
        bool more_a = cursor_enter(a), more_b = cursor_enter(b);
        while (more_a && more_b) {
                struct cursor x = *a, y = *b;
                if (!string_equal(cursor_key(&x), cursor_key(&y)))
                        return members_equal(a, b);
                *a = x;
                *b = y;
                if (!cursors_equal(a, b))
                        return false;
                more_a = cursor_more(a);
                more_b = cursor_more(b);
        }
        return more_a == more_b;
}

static bool arrays_equal(struct cursor *a, struct cursor *b)
{
        bool more_a = cursor_enter(a), more_b = cursor_enter(b);
        while (more_a && more_b) {
                if (!cursors_equal(a, b))
                        return false;
                more_a = cursor_more(a);
                more_b = cursor_more(b);
        }
        return more_a == more_b;
}

static bool leaves_equal(struct slice a, struct slice b)
{
        struct number x, y;
        if (slice_equal(a, b))
                return true;
        if (a.data[0] == '"' || b.data[0] == '"')
                return a.data[0] == b.data[0] && string_equal(a, b);
        if (a.data[0] >= 'a' || b.data[0] >= 'a')            /* true, false, null */
                return false;
        number_read(a, &x);
        number_read(b, &y);
        return number_compare(&x, &y) == 0;
}

static bool cursors_equal(struct cursor *a, struct cursor *b)
{
        bool inner_a = *a->at == '[' || *a->at == '{', inner_b = *b->at == '[' || *b->at == '{';
        if (inner_a || inner_b) {
                if (*a->at != *b->at)
                        return false;
                return *a->at == '[' ? arrays_equal(a, b) : objects_equal(a, b);
        }
        struct cursor x = *a, y = *b;
        a->at = value_skip(x.at, x.end);
        b->at = value_skip(y.at, y.end);
        return leaves_equal(slice_between(x.at, a->at), slice_between(y.at, b->at));
}

bool value_equal(struct slice a, struct slice b)
{
        struct cursor x = { a.data, slice_end(a) }, y = { b.data, slice_end(b) };
        return slice_equal(a, b) || cursors_equal(&x, &y);
}

/* ---- hash ---- */

static uint64_t cursor_hash(struct cursor *cursor, uint64_t seed)
{
        const char *start = cursor->at;
        uint64_t hash = hash_bytes(start, 1, seed);           /* tells kinds apart, [] from {} */
        if (*start == '[') {
                for (bool more = cursor_enter(cursor); more; more = cursor_more(cursor))
                        hash = cursor_hash(cursor, hash);
                return hash_bytes("]", 1, hash);
        }
        if (*start == '{') {
                uint64_t sum = 0;                             /* in any order */
                for (bool more = cursor_enter(cursor); more; more = cursor_more(cursor)) {
                        uint64_t key = string_hash(cursor_key(cursor), seed);
                        sum += cursor_hash(cursor, key);
                }
                return hash_bytes(&sum, sizeof(sum), hash);
        }
        cursor->at = value_skip(start, cursor->end);
        struct slice raw = slice_between(start, cursor->at);
        if (*start == '"')
                return string_hash(raw, hash);
        if (*start >= 'a')
                return hash;
        struct number number;
        number_read(raw, &number);
        return number_hash(&number, seed);
}

uint64_t value_hash(struct slice raw, uint64_t seed)
{
        struct cursor cursor = { raw.data, slice_end(raw) };
        return cursor_hash(&cursor, seed);
}
