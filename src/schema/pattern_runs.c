/* Engine 1: "^", a sequence of classes with counts, and maybe "$", where every class is told from what may follow it, so that
 * taking as many as fit is always right. Texts of one length with ASCII classes only (a UUID, a currency, a hash) are compared
 * sixteen bytes at a time. */
#include "schema/pattern_tree.h"
#include "base/utf8.h"

#define RUNS_MAX     64
#define CLASSES_MAX  32          /* a bit each in the table of bytes */
#define FIXED_MAX    128         /* bytes */
#define FIXED_RANGES 4           /* a position */

typedef uint8_t lanes __attribute__((vector_size(16)));

struct run {
        uint32_t   min, max;      /* characters */
        uint32_t   bit;           /* of its class in `bytes` */
        bool       wide;          /* the class has characters above 7F */
        bool       wide_all;      /* ... all of them */
        struct charset set;           /* of the characters above 7F; ours */
};
/* Position i holds a byte b with low[r][i] <= b <= low[r][i] + width[r][i] for one r. */
struct fixed {
        size_t   size;
        unsigned ranges;
        uint8_t  low[FIXED_RANGES][FIXED_MAX], width[FIXED_RANGES][FIXED_MAX];
};
struct runs {
        struct run    items[RUNS_MAX];
        size_t        count;
        bool          ends;       /* with $ */
        uint32_t      bytes[256];
        struct fixed *fixed;      /* instead, or NULL */
};

/* ---- compile ---- */

static bool charset_equal(const struct charset *a, const struct charset *b)
{
        return a->count == b->count && (a->count == 0 || memcmp(a->ranges, b->ranges, a->count * sizeof(*a->ranges)) == 0);
}

static uint32_t count_add(uint32_t a, uint32_t b)
{
        return a > REPEAT_FOREVER - b ? REPEAT_FOREVER : a + b;
}

static bool runs_add(struct runs *runs, const struct charset *set, uint32_t min, uint32_t max)
{
        struct run *last = runs->count ? &runs->items[runs->count - 1] : NULL;
        if (last && charset_equal(&last->set, set)) {
                last->min = count_add(last->min, min);
                last->max = last->max == REPEAT_FOREVER || max == REPEAT_FOREVER ? REPEAT_FOREVER : count_add(last->max, max);
                return true;
        }
        if (runs->count == RUNS_MAX)
                return false;
        runs->items[runs->count++] = (struct run){ .min = min, .max = max, .set = *set };
        return true;
}

/* Sets, counted sets and groups of them; false: something else is in there. */
static bool runs_add_all(struct runs *runs, const struct node *node)
{
        for (; node; node = node->next) {
                bool done = false;
                if (node->kind == NODE_SET)
                        done = runs_add(runs, &node->set, 1, 1);
                else if (node->kind == NODE_REPEAT && node->child->kind == NODE_SET)
                        done = runs_add(runs, &node->child->set, node->min, node->max);
                else if (node->kind == NODE_SEQUENCE || node->kind == NODE_GROUP)
                        done = runs_add_all(runs, node->child);
                else if (node->kind == NODE_END && !node->next)
                        return runs->ends = true;
                if (!done || (runs->ends && node->next))
                        return false;
        }
        return true;
}

/* Taking as many as fit is right when the class shares no character with what may stand behind it. */
static bool runs_certain(const struct runs *runs)
{
        for (size_t i = 0; i < runs->count; i++) {
                if (runs->items[i].min == runs->items[i].max)
                        continue;
                for (size_t j = i + 1; j < runs->count; j++) {
                        if (charset_overlaps(&runs->items[i].set, &runs->items[j].set))
                                return false;
                        if (runs->items[j].min > 0)
                                break;
                }
        }
        return true;
}

/* Gives every class its bit in the table of bytes, and keeps what is above 7F. */
static bool runs_classify(struct runs *runs)
{
        const struct charset *classes[CLASSES_MAX];
        size_t count = 0;
        for (size_t i = 0; i < runs->count; i++) {
                struct run *run = &runs->items[i];
                size_t class = 0;
                while (class < count && !charset_equal(classes[class], &run->set))
                        class++;
                if (class == CLASSES_MAX)
                        return false;
                run->bit = 1u << class;
                if (class < count)
                        continue;
                classes[count++] = &run->set;
                for (uint32_t c = 0; c < 0x80; c++)
                        if (charset_has(&run->set, c))
                                runs->bytes[c] |= run->bit;
        }
        return true;
}

/* From here on the sets are ours, without their ASCII part. */
static void runs_keep(struct runs *runs)
{
        for (size_t i = 0; i < runs->count; i++) {
                struct run *run = &runs->items[i];
                struct charset wide = { .ranges = memory_get((run->set.count + 1) * sizeof(struct range)) };
                for (size_t j = 0; j < run->set.count; j++) {
                        struct range range = run->set.ranges[j];
                        if (range.last < 0x80)
                                continue;
                        wide.ranges[wide.count++] = (struct range){ range.first < 0x80 ? 0x80 : range.first, range.last };
                }
                run->wide = wide.count > 0;
                run->wide_all = wide.count > 0 && wide.ranges[0].first == 0x80 && wide.ranges[0].last >= 0xD7FF &&
                                (wide.count == 1 || (wide.ranges[1].first == 0xE000 && wide.ranges[1].last == CODE_POINT_MAX));
                run->set = wide;
        }
}

/* The positions one by one, when every count is fixed and every class ASCII. NULL: not so. */
static struct fixed *fixed_make(const struct runs *runs)
{
        size_t size = 0;
        for (size_t i = 0; i < runs->count; i++) {
                const struct run *run = &runs->items[i];
                const struct charset *set = &run->set;
                if (run->min != run->max || run->min > FIXED_MAX - size || set->count > FIXED_RANGES || set->count == 0 ||
                    set->ranges[set->count - 1].last > 0x7F)
                        return NULL;
                size += run->min;
        }
        if (!runs->ends || size == 0)
                return NULL;
        struct fixed *fixed = memory_get(sizeof(*fixed));
        for (size_t i = 0; i < runs->count; i++) {
                const struct charset *set = &runs->items[i].set;
                if (set->count > fixed->ranges)
                        fixed->ranges = (unsigned)set->count;
                for (uint32_t n = 0; n < runs->items[i].min; n++, fixed->size++) {
                        for (unsigned r = 0; r < FIXED_RANGES; r++) {
                                const struct range *range = &set->ranges[r < set->count ? r : 0];
                                fixed->low[r][fixed->size] = (uint8_t)range->first;
                                fixed->width[r][fixed->size] = (uint8_t)(range->last - range->first);
                        }
                }
        }
        return fixed;
}

struct runs *runs_compile(const struct tree *tree)
{
        struct runs runs = { 0 };
        const struct node *start = tree->root->child;
        if (tree->root->kind != NODE_SEQUENCE || !start || start->kind != NODE_START || !runs_add_all(&runs, start->next))
                return NULL;
        while (!runs.ends && runs.count && runs.items[runs.count - 1].min == 0)
                runs.count--;
        if (!runs.ends && runs.count)
                runs.items[runs.count - 1].max = runs.items[runs.count - 1].min;
        if (!runs_certain(&runs))
                return NULL;
        runs.fixed = fixed_make(&runs);
        if (!runs.fixed && !runs_classify(&runs))
                return NULL;
        runs_keep(&runs);
        struct runs *made = memory_get(sizeof(*made));
        *made = runs;
        return made;
}

void runs_free(struct runs *runs)
{
        if (!runs)
                return;
        for (size_t i = 0; i < runs->count; i++)
                free(runs->items[i].set.ranges);
        free(runs->fixed);
        free(runs);
}

/* ---- match ---- */

/* Sixteen positions from `at` on. */
static inline bool fixed_match_lanes(const struct fixed *fixed, const char *text, size_t at)
{
        lanes bytes, low, width, fits = { 0 };
        memcpy(&bytes, text + at, sizeof(bytes));
        for (unsigned r = 0; r < fixed->ranges; r++) {
                memcpy(&low, fixed->low[r] + at, sizeof(low));
                memcpy(&width, fixed->width[r] + at, sizeof(width));
                fits |= (lanes)(bytes - low <= width);
        }
        uint64_t halves[2];
        memcpy(halves, &fits, sizeof(halves));
        return (halves[0] & halves[1]) == UINT64_MAX;
}

static inline bool fixed_match_byte(const struct fixed *fixed, const char *text, size_t at)
{
        for (unsigned r = 0; r < fixed->ranges; r++)
                if ((uint8_t)((uint8_t)text[at] - fixed->low[r][at]) <= fixed->width[r][at])
                        return true;
        return false;
}

static bool fixed_match(const struct fixed *fixed, struct slice text)
{
        if (text.size != fixed->size)
                return false;
        if (text.size < sizeof(lanes)) {
                for (size_t at = 0; at < text.size; at++)
                        if (!fixed_match_byte(fixed, text.data, at))
                                return false;
                return true;
        }
        /* The last sixteen overlap their neighbours, so that nothing past the end is read. */
        size_t last = text.size - sizeof(lanes);
        for (size_t at = 0; at < last; at += sizeof(lanes))
                if (!fixed_match_lanes(fixed, text.data, at))
                        return false;
        return fixed_match_lanes(fixed, text.data, last);
}

/* The end of as many characters of the class as there are, at most run->max; NULL: fewer than run->min. */
static const char *run_match(const struct runs *runs, const struct run *run, const char *at, const char *end)
{
        const char *begin = at;
        if (!run->wide) {
                const char *stop = run->max < (size_t)(end - at) ? at + run->max : end;
                while (at < stop && runs->bytes[(uint8_t)*at] & run->bit)
                        at++;
                return (size_t)(at - begin) < run->min ? NULL : at;
        }
        uint32_t count = 0;
        while (at < end && count < run->max) {
                if ((uint8_t)*at < 0x80) {
                        if (!(runs->bytes[(uint8_t)*at] & run->bit))
                                break;
                        at++;
                } else {
                        size_t size = utf8_length(at, end);
                        if (size == 0 || (!run->wide_all && !charset_has(&run->set, utf8_decode(at, size))))
                                break;
                        at += size;
                }
                count++;
        }
        return count < run->min ? NULL : at;
}

bool runs_match(const struct runs *runs, struct slice text)
{
        if (runs->fixed)
                return fixed_match(runs->fixed, text);
        const char *at = text.data ? text.data : "", *end = at + text.size;
        for (size_t i = 0; i < runs->count; i++) {
                at = run_match(runs, &runs->items[i], at, end);
                if (!at)
                        return false;
        }
        return !runs->ends || at == end;
}
