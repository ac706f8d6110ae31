/* Engine 1: "^", a sequence of classes with counts, and maybe "$", where every class is told from what may follow it, so that
 * taking as many as fit is always right. Texts of one length with ASCII classes only (a UUID, a currency, a hash) are compared
 * sixteen bytes at a time. */
#include "schema/pattern_tree.h"
#include "base/utf8.h"

#define RUNS_MAX     64
#define CLASSES_MAX  32          /* a bit each in the table of bytes */
#define LITERAL_MAX  16          /* bytes; a longer one becomes several */
#define FIXED_MAX    128         /* bytes */
#define FIXED_RANGES 4           /* a position */

typedef uint8_t lanes __attribute__((vector_size(16)));

struct run {
        uint32_t   min, max;      /* characters */
        char       literal[LITERAL_MAX];      /* instead of a class: these bytes */
        uint8_t    literal_size;
        uint32_t   bit;           /* of its class in `bytes` */
        bool       wide;          /* the class has characters above 7F */
        bool       wide_all;      /* ... all of them */
        struct charset set;           /* of the characters above 7F; ours */
};
/* Lane i holds a byte b with low[r][i] <= b <= low[r][i] + width[r][i] for one r. Lane i is position i, but for texts shorter
 * than sixteen bytes: see fixed_gather(). */
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
                if (run->literal_size)
                        continue;
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

/* The byte that the run stands for, or -1. */
static int run_byte(const struct run *run)
{
        if (run->set.count != 1 || run->min != 1 || run->max != 1)
                return -1;
        const struct range *range = &run->set.ranges[0];
        return range->first == range->last && range->first < 0x80 ? (int)range->first : -1;
}

/* Neighbours of one byte each become a literal. */
static void runs_join(struct runs *runs)
{
        size_t kept = 0;
        for (size_t i = 0; i < runs->count; i++) {
                struct run *last = kept ? &runs->items[kept - 1] : NULL;
                int byte = run_byte(&runs->items[i]);
                if (byte >= 0 && last && last->literal_size && last->literal_size < LITERAL_MAX) {
                        last->literal[last->literal_size++] = (char)byte;
                        continue;
                }
                runs->items[kept] = runs->items[i];
                if (byte >= 0) {
                        runs->items[kept].literal[0] = (char)byte;
                        runs->items[kept].literal_size = 1;
                        runs->items[kept].set.count = 0;
                }
                kept++;
        }
        runs->count = kept;
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

/* Sixteen bytes made of 1 to 15: halves, quarters or eighths that overlap, so that every byte is in and none past the end is
 * read. In registers: a vector that is read back from narrower stores would wait for them. */
static inline lanes fixed_gather(const char *text, size_t size)
{
        typedef uint64_t words __attribute__((vector_size(16)));
        uint64_t low, high;
        if (size >= 8) {
                memcpy(&low, text, 8);
                memcpy(&high, text + size - 8, 8);
                return (lanes)(words){ low, high };
        }
        if (size >= 4) {
                uint32_t first, last;
                memcpy(&first, text, 4);
                memcpy(&last, text + size - 4, 4);
                low = first | (uint64_t)last << 32;
        } else {
                low = (uint8_t)text[0] | (uint64_t)(uint8_t)text[size / 2] << 8 | (uint64_t)(uint8_t)text[size - 1] << 16;
                low |= (low & 0xFF) << 24;
                low |= low << 32;
        }
        return (lanes)(words){ low, low };
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
        const struct charset *positions[FIXED_MAX];
        for (size_t i = 0; i < runs->count; i++) {
                const struct charset *set = &runs->items[i].set;
                fixed->ranges = set->count > fixed->ranges ? (unsigned)set->count : fixed->ranges;
                for (uint32_t n = 0; n < runs->items[i].min; n++)
                        positions[fixed->size++] = set;
        }
        char order[FIXED_MAX];
        lanes lanes_of = { 0 };
        for (size_t i = 0; i < size; i++)
                order[i] = (char)i;
        if (size < sizeof(lanes))
                lanes_of = fixed_gather(order, size);
        for (size_t lane = 0; lane < size || lane < sizeof(lanes); lane++) {
                const struct charset *set = positions[size < sizeof(lanes) ? (size_t)lanes_of[lane] : lane];
                for (unsigned r = 0; r < FIXED_RANGES; r++) {
                        const struct range *range = &set->ranges[r < set->count ? r : 0];
                        fixed->low[r][lane] = (uint8_t)range->first;
                        fixed->width[r][lane] = (uint8_t)(range->last - range->first);
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
        if (!runs.fixed)
                runs_join(&runs);
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

static inline lanes lanes_load(const char *text)
{
        lanes bytes;
        memcpy(&bytes, text, sizeof(bytes));
        return bytes;
}

/* Sixteen positions from `at` on. */
static inline bool fixed_match_lanes(const struct fixed *fixed, lanes bytes, size_t at)
{
        lanes low, width, fits = { 0 };
        for (unsigned r = 0; r < fixed->ranges; r++) {
                memcpy(&low, fixed->low[r] + at, sizeof(low));
                memcpy(&width, fixed->width[r] + at, sizeof(width));
                fits |= (lanes)(bytes - low <= width);
        }
        uint64_t halves[2];
        memcpy(halves, &fits, sizeof(halves));
        return (halves[0] & halves[1]) == UINT64_MAX;
}

static bool fixed_match(const struct fixed *fixed, struct slice text)
{
        if (text.size != fixed->size)
                return false;
        if (text.size < sizeof(lanes))
                return fixed_match_lanes(fixed, fixed_gather(text.data, text.size), 0);
        /* The last sixteen overlap their neighbours, so that nothing past the end is read. */
        size_t last = text.size - sizeof(lanes);
        for (size_t at = 0; at < last; at += sizeof(lanes))
                if (!fixed_match_lanes(fixed, lanes_load(text.data + at), at))
                        return false;
        return fixed_match_lanes(fixed, lanes_load(text.data + last), last);
}

/* The end of as many ASCII characters of the class as there are before `stop`. */
static inline const char *run_skip(const struct runs *runs, uint32_t bit, const char *at, const char *stop)
{
        const uint8_t *text = (const uint8_t *)at, *end = (const uint8_t *)stop;
        const uint32_t *bytes = runs->bytes;
        while (end - text >= 4 && bytes[text[0]] & bytes[text[1]] & bytes[text[2]] & bytes[text[3]] & bit)
                text += 4;
        while (text < end && bytes[*text] & bit)
                text++;
        return (const char *)text;
}

/* The end of as many characters of the class as there are, at most run->max; NULL: fewer than run->min. */
static const char *run_match(const struct runs *runs, const struct run *run, const char *at, const char *end)
{
        size_t count = 0;
        while (at < end && count < run->max) {
                const char *begin = at, *stop = run->max - count < (size_t)(end - at) ? at + (run->max - count) : end;
                at = run_skip(runs, run->bit, at, stop);
                count += (size_t)(at - begin);
                if (!run->wide || at == stop || (uint8_t)*at < 0x80)
                        break;
                size_t size = utf8_length(at, end);
                if (size == 0 || (!run->wide_all && !charset_has(&run->set, utf8_decode(at, size))))
                        break;
                at += size;
                count++;
        }
        return count < run->min ? NULL : at;
}

bool runs_match(const struct runs *runs, struct slice text)
{
        if (runs->fixed)
                return fixed_match(runs->fixed, text);
        const char *at = text.data ? text.data : "", *end = at + text.size;
        for (const struct run *run = runs->items; run < runs->items + runs->count; run++) {
                if (run->literal_size) {
                        if ((size_t)(end - at) < run->literal_size || *at != run->literal[0] ||
                            (run->literal_size > 1 && memcmp(at, run->literal, run->literal_size) != 0))
                                return false;
                        at += run->literal_size;
                        continue;
                }
                at = run_match(runs, run, at, end);
                if (!at)
                        return false;
        }
        return !runs->ends || at == end;
}
