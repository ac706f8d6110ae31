/* Sets of code points in patterns, and the sets that have a letter of their own. */
#include "schema/pattern_tree.h"

bool charset_add(struct arena *arena, struct charset *set, uint32_t first, uint32_t last)
{
        if (set->count && first >= set->ranges[set->count - 1].first && first <= set->ranges[set->count - 1].last + 1) {
                if (last > set->ranges[set->count - 1].last)
                        set->ranges[set->count - 1].last = last;
                return true;
        }
        if (set->count == set->room) {
                size_t room = set->room ? set->room * 2 : 4;
                struct range *ranges = arena_take(arena, room * sizeof(*ranges));
                if (!ranges)
                        return false;
                if (set->count)
                        memcpy(ranges, set->ranges, set->count * sizeof(*ranges));
                set->ranges = ranges;
                set->room = room;
        }
        set->ranges[set->count++] = (struct range){ first, last };
        return true;
}

bool charset_add_all(struct arena *arena, struct charset *set, const struct charset *other)
{
        for (size_t i = 0; i < other->count; i++)
                if (!charset_add(arena, set, other->ranges[i].first, other->ranges[i].last))
                        return false;
        return true;
}

static int range_compare(const void *a, const void *b)
{
        const struct range *left = a, *right = b;
        return (left->first > right->first) - (left->first < right->first);
}

void charset_normalise(struct charset *set)
{
        if (set->count < 2)
                return;
        qsort(set->ranges, set->count, sizeof(*set->ranges), range_compare);

        size_t kept = 0;
        for (size_t i = 1; i < set->count; i++) {
                struct range *last = &set->ranges[kept], *range = &set->ranges[i];
                if (range->first > last->last + 1)
                        set->ranges[++kept] = *range;
                else if (range->last > last->last)
                        last->last = range->last;
        }
        set->count = kept + 1;
}

/* Everything between the ranges; the surrogates stay out, as they were never in. */
bool charset_invert(struct arena *arena, struct charset *set)
{
        struct charset inverse = { 0 };
        uint32_t free_from = 0;
        for (size_t i = 0; i <= set->count; i++) {
                uint32_t free_to = i < set->count ? set->ranges[i].first : CODE_POINT_MAX + 1;
                for (uint32_t at = free_from; at < free_to;) {
                        uint32_t stop = at < 0xD800 && free_to > 0xD800 ? 0xD800 : free_to;
                        uint32_t first = at >= 0xD800 && at < 0xE000 ? 0xE000 : at;
                        if (first < stop && !charset_add(arena, &inverse, first, stop - 1))
                                return false;
                        at = stop;
                }
                free_from = i < set->count ? set->ranges[i].last + 1 : 0;
        }
        *set = inverse;
        return true;
}

bool charset_has(const struct charset *set, uint32_t character)
{
        size_t low = 0, high = set->count;
        while (low < high) {
                size_t middle = (low + high) / 2;
                if (character > set->ranges[middle].last)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < set->count && character >= set->ranges[low].first;
}

bool charset_overlaps(const struct charset *a, const struct charset *b)
{
        for (size_t i = 0, j = 0; i < a->count && j < b->count;) {
                if (a->ranges[i].last < b->ranges[j].first)
                        i++;
                else if (b->ranges[j].last < a->ranges[i].first)
                        j++;
                else
                        return true;
        }
        return false;
}

/* ECMA-262, 22.2.2.9: CharacterClassEscape, WhiteSpace and LineTerminator of 12.2 and 12.3. Sorted. */
static const struct range DIGITS[] = { { '0', '9' } };
static const struct range WORDS[] = { { '0', '9' }, { 'A', 'Z' }, { '_', '_' }, { 'a', 'z' } };
static const struct range SPACES[] = {
        { 0x09, 0x0D }, { 0x20, 0x20 }, { 0xA0, 0xA0 }, { 0x1680, 0x1680 }, { 0x2000, 0x200A }, { 0x2028, 0x2029 },
        { 0x202F, 0x202F }, { 0x205F, 0x205F }, { 0x3000, 0x3000 }, { 0xFEFF, 0xFEFF },
};
static const struct range LINE_ENDS[] = { { 0x0A, 0x0A }, { 0x0D, 0x0D }, { 0x2028, 0x2029 } };
static const struct {
        char                name;
        bool                inverted;
        const struct range *ranges;
        size_t              count;
} NAMED[] = {
        { 'd', false, DIGITS,    COUNT_OF(DIGITS)    },
        { 'D', true,  DIGITS,    COUNT_OF(DIGITS)    },
        { 'w', false, WORDS,     COUNT_OF(WORDS)     },
        { 'W', true,  WORDS,     COUNT_OF(WORDS)     },
        { 's', false, SPACES,    COUNT_OF(SPACES)    },
        { 'S', true,  SPACES,    COUNT_OF(SPACES)    },
        { '.', true,  LINE_ENDS, COUNT_OF(LINE_ENDS) },
};

bool charset_add_named(struct arena *arena, struct charset *set, char name)
{
        for (size_t i = 0; i < COUNT_OF(NAMED); i++) {
                if (NAMED[i].name != name)
                        continue;
                struct charset named = { 0 };
                for (size_t j = 0; j < NAMED[i].count; j++)
                        if (!charset_add(arena, &named, NAMED[i].ranges[j].first, NAMED[i].ranges[j].last))
                                return false;
                if (NAMED[i].inverted && !charset_invert(arena, &named))
                        return false;
                return charset_add_all(arena, set, &named);
        }
        BUG_IF(true);
        return false;
}
