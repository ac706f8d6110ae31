#include "enrich/table_inner.h"

/* The first eight bytes, zeros behind a shorter key: numbers in the order of the texts, equal where the heads are. */
static uint64_t head_of(struct slice text)
{
        unsigned char bytes[8] = { 0 };
        memcpy(bytes, text.data, text.size < 8 ? text.size : 8);
        uint64_t head = 0;
        for (size_t i = 0; i < 8; i++)
                head = head << 8 | bytes[i];
        return head;
}

static int text_compare(struct slice a, struct slice b)
{
        int order = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);
        return order ? order : (a.size > b.size) - (a.size < b.size);
}

struct entry { uint64_t head; uint32_t offset; };

/* Equal keys in the order of the file. */
static int entry_compare(const void *a, const void *b, void *rows)
{
        const struct entry *x = a, *y = b;
        if (x->head != y->head)
                return x->head < y->head ? -1 : 1;
        int order = text_compare(row_key(rows, x->offset), row_key(rows, y->offset));
        return order ? order : (x->offset > y->offset) - (x->offset < y->offset);
}

static void parents_find(struct prefix_index *index, const char *rows)
{
        for (size_t i = 0; i < index->count; i++) {
                struct slice key = row_key(rows, index->offset[i]);
                uint32_t parent = (uint32_t)i;             /* the place before, plus 1 */
                while (parent && !slice_starts_with(key, row_key(rows, index->offset[parent - 1])))
                        parent = index->parent[parent - 1];
                index->parent[i] = parent;
        }
}

void prefix_index_make(struct prefix_index *index, const char *rows, const uint32_t *offsets, size_t count,
                       size_t *ret_duplicates)
{
        struct entry *entries = memory_get((count + 1) * sizeof(*entries));
        size_t kept = 0;
        for (size_t i = 0; i < count; i++)
                entries[i] = (struct entry){ head_of(row_key(rows, offsets[i])), offsets[i] };
        qsort_r(entries, count, sizeof(*entries), entry_compare, (void *)(uintptr_t)rows);
        for (size_t i = 0; i < count; i++)
                if (kept == 0 || !slice_equal(row_key(rows, entries[i].offset), row_key(rows, entries[kept - 1].offset)))
                        entries[kept++] = entries[i];
        *index = (struct prefix_index){ .head = memory_get((kept + 1) * sizeof(*index->head)),
                                        .offset = memory_get((kept + 1) * sizeof(*index->offset)),
                                        .parent = memory_get((kept + 1) * sizeof(*index->parent)), .count = kept };
        for (size_t i = 0; i < kept; i++) {
                index->head[i] = entries[i].head;
                index->offset[i] = entries[i].offset;
        }
        free(entries);
        parents_find(index, rows);
        *ret_duplicates = count - kept;
}

void prefix_index_done(struct prefix_index *index)
{
        free(index->head);
        free(index->offset);
        free(index->parent);
        *index = (struct prefix_index){ 0 };
}

size_t prefix_index_bytes(const struct prefix_index *index)
{
        return index->count * (sizeof(*index->head) + sizeof(*index->offset) + sizeof(*index->parent));
}

uint32_t prefix_index_find(const struct prefix_index *index, const char *rows, struct slice text)
{
        uint64_t head = head_of(text);
        size_t   low = 0, left = index->count;     /* the first key behind the text lies in [low, low + left] */
        while (left > 0) {
                size_t half = left / 2, middle = low + half;
                bool before = index->head[middle] < head ||
                              (index->head[middle] == head && text_compare(row_key(rows, index->offset[middle]), text) <= 0);
                low = before ? middle + 1 : low;
                left = before ? left - half - 1 : half;
        }
        uint32_t place = (uint32_t)low;            /* of the last key that is not behind the text, plus 1 */
        while (place && !slice_starts_with(text, row_key(rows, index->offset[place - 1])))
                place = index->parent[place - 1];
        return place ? index->offset[place - 1] : 0;
}
