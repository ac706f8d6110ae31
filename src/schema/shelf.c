/* Patterns by their text. Plans say the same thing again and again (an identifier, a currency, a country): each such pattern is
 * compiled once, and stays in the cache whichever schema an event belongs to. */
#include "shelf.h"
#include "base/hash.h"

struct shelf_row {
        struct slice    text;              /* ours; data NULL: free */
        uint64_t        hash;
        uint32_t        match_limit;
        struct pattern *pattern;
};
struct shelf {
        struct shelf_row *rows;            /* mask + 1 of them, at most half in use; open addressing */
        size_t            mask, count;
};

enum { ROWS_FIRST = 64 };

struct shelf *shelf_new(void)
{
        struct shelf *shelf = memory_get(sizeof(*shelf));
        shelf->rows = memory_get(ROWS_FIRST * sizeof(*shelf->rows));
        shelf->mask = ROWS_FIRST - 1;
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

const struct pattern *shelf_pattern(struct shelf *shelf, struct slice text, uint32_t match_limit, struct error *err)
{
        uint64_t hash = hash_bytes(text.data, text.size, hash_process_seed());
        const struct shelf_row *found = row_find(shelf, hash, text, match_limit);
        if (found->text.data)
                return found->pattern;
        struct pattern *pattern = pattern_compile(text, match_limit, err);
        if (!pattern)
                return NULL;
        if (++shelf->count * 2 > shelf->mask)
                shelf_grow(shelf);
        char *copy = memory_get(text.size + 1);
        memcpy(copy, text.data, text.size);
        *row_find(shelf, hash, text, match_limit) = (struct shelf_row){ { copy, text.size }, hash, match_limit, pattern };
        return pattern;
}
