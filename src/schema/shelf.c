/* Patterns by their text, leaves by their words. Plans say the same thing again and again (an identifier, a currency, a
 * country): each such piece is compiled once, and stays in the cache whichever schema an event belongs to. */
#include "shelf.h"
#include "base/hash.h"

struct shelf_row {
        struct slice    text;              /* ours; data NULL: free */
        uint64_t        hash;
        uint32_t        match_limit;       /* 0: a leaf, and the text is its key */
        struct pattern *pattern;
        const struct node *leaf;
        size_t          bytes;             /* of the leaf */
};
struct shelf {
        struct shelf_row *rows;            /* mask + 1 of them, at most half in use; open addressing */
        size_t            mask, count;
        struct arena_pool pool;
        struct arena      arena;           /* leaves, packed schemas, names of the registry */
};

enum { ROWS_FIRST = 64, CHUNK_BYTES = 16384 };

struct shelf *shelf_new(void)
{
        struct shelf *shelf = memory_get(sizeof(*shelf));
        shelf->rows = memory_get(ROWS_FIRST * sizeof(*shelf->rows));
        shelf->mask = ROWS_FIRST - 1;
        arena_pool_init(&shelf->pool, CHUNK_BYTES, 0);
        arena_init(&shelf->arena, &shelf->pool, SIZE_MAX);
        return shelf;
}

void shelf_free(struct shelf *shelf)
{
        if (!shelf)
                return;
        for (size_t i = 0; i <= shelf->mask; i++) {
                pattern_free(shelf->rows[i].pattern);
                free((void *)(uintptr_t)shelf->rows[i].text.data);
        }
        free(shelf->rows);
        arena_done(&shelf->arena);
        arena_pool_done(&shelf->pool);
        free(shelf);
}

/* The row that has it, or the free one where it belongs. */
static struct shelf_row *row_find(const struct shelf *shelf, uint64_t hash, struct slice text, uint32_t match_limit)
{
        for (size_t i = hash & shelf->mask;; i = (i + 1) & shelf->mask) {
                struct shelf_row *row = &shelf->rows[i];
                if (!row->text.data ||
                    (row->hash == hash && row->match_limit == match_limit && slice_equal(row->text, text)))
                        return row;
        }
}

static void shelf_grow(struct shelf *shelf)
{
        struct shelf old = *shelf;
        shelf->mask = shelf->mask * 2 + 1;
        shelf->rows = memory_get((shelf->mask + 1) * sizeof(*shelf->rows));
        for (size_t i = 0; i <= old.mask; i++)
                if (old.rows[i].text.data)
                        *row_find(shelf, old.rows[i].hash, old.rows[i].text, old.rows[i].match_limit) = old.rows[i];
        free(old.rows);
}

static void row_add(struct shelf *shelf, struct shelf_row row)
{
        if (++shelf->count * 2 > shelf->mask)
                shelf_grow(shelf);
        char *copy = memory_get(row.text.size + 1);
        memcpy(copy, row.text.data, row.text.size);
        row.text.data = copy;
        *row_find(shelf, row.hash, row.text, row.match_limit) = row;
}

static uint64_t row_hash(struct slice text) { return hash_bytes(text.data, text.size, hash_process_seed()); }

const struct pattern *shelf_pattern(struct shelf *shelf, struct slice text, uint32_t match_limit, struct error *err)
{
        BUG_IF(match_limit == 0);
        uint64_t hash = row_hash(text);
        const struct shelf_row *found = row_find(shelf, hash, text, match_limit);
        if (found->text.data)
                return found->pattern;
        struct pattern *pattern = pattern_compile(text, match_limit, err);
        if (pattern)
                row_add(shelf, (struct shelf_row){ .text = text, .hash = hash, .match_limit = match_limit, .pattern = pattern });
        return pattern;
}

const struct node *shelf_leaf(const struct shelf *shelf, struct slice key, size_t *ret_bytes)
{
        const struct shelf_row *row = row_find(shelf, row_hash(key), key, 0);
        if (row->leaf)
                *ret_bytes = row->bytes;
        return row->leaf;
}

void shelf_leaf_add(struct shelf *shelf, struct slice key, const struct node *leaf, size_t bytes)
{
        row_add(shelf, (struct shelf_row){ .text = key, .hash = row_hash(key), .leaf = leaf, .bytes = bytes });
}

struct arena *shelf_arena(struct shelf *shelf) { return &shelf->arena; }
