/* Keys and elements that must differ from each other. */
#include "base/hash.h"
#include "check.h"
#include "json/equal.h"

/* Up to so many are compared each with each; more go through a hash table. */
#define FEW 16

struct slice text_of(struct checker *checker, struct slice raw, bool escaped)
{
        if (LIKELY(!escaped))
                return (struct slice){ raw.data + 1, raw.size - 2 };
        if (checker->text_size < raw.size + READABLE_PADDING) {
                checker->text_size = (raw.size + READABLE_PADDING) * 2;
                checker->text = memory_grow(checker->text, checker->text_size);
        }
        return (struct slice){ checker->text, scan_unescape(raw, checker->text) };
}

/* Twice the room, or a stop: the event is refused, and its client comes back. */
static bool room_double(struct checker *checker, void **rows, size_t *capacity, size_t size, const char *where)
{
        size_t more = *capacity ? *capacity * 2 : 64;
        void  *grown = realloc(*rows, more * size);
        if (!grown)
                return stop(checker, REASON_overloaded, where, "there is no memory for its parts");
        *rows = grown;
        *capacity = more;
        return true;
}

bool item_push(struct checker *checker, struct slice raw)
{
        if (UNLIKELY(checker->item_count == checker->item_capacity) &&
            !room_double(checker, (void **)&checker->items, &checker->item_capacity, sizeof(*checker->items), raw.data))
                return false;
        checker->items[checker->item_count++] = raw;
        return true;
}

bool key_push(struct checker *checker, struct slice raw, bool escaped)
{
        if (UNLIKELY(checker->key_count == checker->key_capacity) &&
            !room_double(checker, (void **)&checker->keys, &checker->key_capacity, sizeof(*checker->keys), raw.data))
                return false;
        struct slice text = text_of(checker, raw, escaped);
        checker->keys[checker->key_count++] =
                (struct key_mark){ .hash = name_hash(text.data, text.size, checker->seed), .raw = raw, .escaped = escaped };
        return true;
}

static bool key_equal(const struct key_mark *a, const struct key_mark *b)
{
        if (a->hash != b->hash)
                return false;
        return a->escaped || b->escaped ? string_equal(a->raw, b->raw) : slice_equal(a->raw, b->raw);
}

/* A table of `count` or more places times two, all empty; NULL when memory is out. */
static uint32_t *table_take(struct checker *checker, size_t count, size_t *ret_mask)
{
        size_t size = 64;
        while (size < count * 2)
                size *= 2;
        uint32_t *table = arena_take(&checker->arena, size * sizeof(*table));
        if (table)
                memset(table, 0, size * sizeof(*table));
        *ret_mask = size - 1;
        return table;
}

/* Anybody can choose keys that share the quick hash of names; among many it is the seeded one that counts. */
static void hash_again(struct checker *checker, struct key_mark *key)
{
        struct slice text = text_of(checker, key->raw, key->escaped);
        key->hash = hash_bytes(text.data, text.size, checker->seed);
}

static const struct key_mark *key_twice(struct checker *checker, struct key_mark *keys, size_t count)
{
        if (count <= FEW) {
                for (size_t i = 1; i < count; i++)
                        for (size_t k = 0; k < i; k++)
                                if (UNLIKELY(key_equal(&keys[i], &keys[k])))
                                        return &keys[i];
                return NULL;
        }
        size_t mask;
        uint32_t *table = table_take(checker, count, &mask);
        for (size_t i = 0; table && i < count; i++) {
                hash_again(checker, &keys[i]);
                size_t at = keys[i].hash & mask;
                for (; table[at]; at = (at + 1) & mask)
                        if (key_equal(&keys[table[at] - 1], &keys[i]))
                                return &keys[i];
                table[at] = (uint32_t)i + 1;
        }
        return table ? NULL : &keys[0];    /* no memory to tell: better refused than wrong */
}

bool keys_close(struct checker *checker, size_t first)
{
        size_t count = checker->key_count - first;
        checker->key_count = first;
        if (LIKELY(count < 2))
                return true;
        const struct key_mark *twice = key_twice(checker, checker->keys + first, count);
        return LIKELY(!twice) || stop(checker, REASON_json_duplicate_key, twice->raw.data, "is there twice in the same object");
}

static bool complain_same(struct checker *checker, struct slice item, size_t other)
{
        return complain(checker, item.data, "uniqueItems", "is the same as item %zu, and all must differ", other);
}

bool check_unique(struct checker *checker, const char *where, size_t count)
{
        if (count < 2)
                return true;
        const struct slice *items = checker->items + checker->item_count - count;
        size_t mask = 0;
        uint32_t *table = count > FEW ? table_take(checker, count, &mask) : NULL;
        for (size_t i = 1; i < count && count <= FEW; i++)
                for (size_t k = 0; k < i; k++)
                        if (value_equal(items[i], items[k]))
                                return complain_same(checker, items[i], k);
        for (size_t i = 0; count > FEW && i < count; i++) {
                if (!table)
                        return stop(checker, REASON_overloaded, where, "there is no memory to tell whether its elements differ");
                size_t at = value_hash(items[i], checker->seed) & mask;
                for (; table[at]; at = (at + 1) & mask)
                        if (value_equal(items[table[at] - 1], items[i]))
                                return complain_same(checker, items[i], table[at] - 1);
                table[at] = (uint32_t)i + 1;
        }
        return true;
}
