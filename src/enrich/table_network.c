#include "enrich/table_inner.h"

typedef unsigned __int128 wide;

/* A network with its first and last address as numbers. */
struct range {
        wide     start, end;
        uint32_t offset;
};
struct boundary {
        wide     start;
        uint32_t offset;           /* of the row from here on; 0: none */
};
struct boundaries {
        struct boundary *item;
        size_t           count;
};

static wide wide_of(const unsigned char bytes[16])
{
        wide number = 0;
        for (size_t i = 0; i < 16; i++)
                number = number << 8 | bytes[i];
        return number;
}

/* Wider networks before the narrower ones that begin with them, equal ones in the order of the file. */
static int range_compare(const void *a, const void *b)
{
        const struct range *x = a, *y = b;
        if (x->start != y->start)
                return x->start < y->start ? -1 : 1;
        if (x->end != y->end)
                return x->end > y->end ? -1 : 1;
        return (x->offset > y->offset) - (x->offset < y->offset);
}

static void boundary_add(struct boundaries *boundaries, wide start, uint32_t offset)
{
        struct boundary *last = boundaries->count ? &boundaries->item[boundaries->count - 1] : NULL;
        if (last && last->start == start)
                last->offset = offset;
        else
                boundaries->item[boundaries->count++] = (struct boundary){ start, offset };
}

/* Closes the networks that end before `start`: the next outer one goes on behind them. */
static void ranges_close(const struct range *open[129], size_t *depth, wide start, bool all, struct boundaries *boundaries)
{
        while (*depth && (all || open[*depth - 1]->end < start)) {
                wide end = open[--*depth]->end;
                if (end + 1 != 0)          /* there is nothing behind the last address */
                        boundary_add(boundaries, end + 1, *depth ? open[*depth - 1]->offset : 0);
        }
}

/* Networks contain each other or have nothing in common, so the open ones are a stack, at most one for each length. */
static struct boundaries ranges_flatten(struct range *ranges, size_t count, size_t *duplicates)
{
        const struct range *open[129];
        struct boundaries boundaries = { memory_get((2 * count + 1) * sizeof(*boundaries.item)), 0 };
        size_t depth = 0;
        qsort(ranges, count, sizeof(*ranges), range_compare);
        for (size_t i = 0; i < count; i++) {
                if (i && ranges[i].start == ranges[i - 1].start && ranges[i].end == ranges[i - 1].end) {
                        ranges[i].offset = ranges[i - 1].offset;
                        ++*duplicates;
                        continue;
                }
                ranges_close(open, &depth, ranges[i].start, false, &boundaries);
                open[depth++] = &ranges[i];
                boundary_add(&boundaries, ranges[i].start, ranges[i].offset);
        }
        ranges_close(open, &depth, 0, true, &boundaries);
        return boundaries;
}

static void four_make(struct network_index *index, const struct boundaries *boundaries)
{
        if (boundaries->count == 0)
                return;
        index->four = memory_get(boundaries->count * sizeof(*index->four));
        index->four_at = memory_get(65537 * sizeof(*index->four_at));
        index->four_count = boundaries->count;
        for (size_t i = 0; i < boundaries->count; i++) {
                index->four[i].start = (uint32_t)boundaries->item[i].start;
                index->four[i].offset = boundaries->item[i].offset;
        }
        size_t at = 0;
        for (size_t upper = 0; upper <= 65536; upper++) {
                while (at < boundaries->count && (uint32_t)boundaries->item[at].start >> 16 < upper)
                        at++;
                index->four_at[upper] = (uint32_t)at;
        }
}

static void six_make(struct network_index *index, const struct boundaries *boundaries)
{
        index->six = memory_get(boundaries->count * sizeof(*index->six));
        index->six_count = boundaries->count;
        for (size_t i = 0; i < boundaries->count; i++) {
                index->six[i].high = (uint64_t)(boundaries->item[i].start >> 64);
                index->six[i].low = (uint64_t)boundaries->item[i].start;
                index->six[i].offset = boundaries->item[i].offset;
        }
}

static bool network_is_v4(const struct network *network)
{
        struct address address = { .known = true };
        memcpy(address.bytes, network->bytes, 16);
        return network->bits >= 96 && address_is_v4(&address);
}

void network_index_make(struct network_index *index, const struct network *networks, const uint32_t *offsets, size_t count,
                        size_t *ret_duplicates)
{
        struct range *ranges = memory_get((count + 1) * sizeof(*ranges));
        *index = (struct network_index){ 0 };
        *ret_duplicates = 0;
        for (int family = 4; family <= 6; family += 2) {
                size_t used = 0;
                for (size_t i = 0; i < count; i++) {
                        if (network_is_v4(&networks[i]) != (family == 4))
                                continue;
                        wide mask = networks[i].bits == 128 ? 0 : ~(wide)0 >> networks[i].bits;
                        wide start = wide_of(networks[i].bytes) & ~mask, end = start | mask;
                        if (family == 4) {         /* without ::ffff:0:0/96, so that the last address is the last number */
                                start |= ~(wide)0 << 32;
                                end |= ~(wide)0 << 32;
                        }
                        ranges[used++] = (struct range){ start, end, offsets[i] };
                }
                struct boundaries boundaries = ranges_flatten(ranges, used, ret_duplicates);
                if (family == 4)
                        four_make(index, &boundaries);
                else
                        six_make(index, &boundaries);
                free(boundaries.item);
        }
        free(ranges);
}

void network_index_done(struct network_index *index)
{
        free(index->four);
        free(index->four_at);
        free(index->six);
        *index = (struct network_index){ 0 };
}

size_t network_index_bytes(const struct network_index *index)
{
        return index->four_count * sizeof(*index->four) + index->six_count * sizeof(*index->six) +
               (index->four_at ? 65537 * sizeof(*index->four_at) : 0);
}

static uint32_t four_find(const struct network_index *index, uint32_t address)
{
        if (!index->four_at)
                return 0;
        size_t low = index->four_at[address >> 16], high = index->four_at[(address >> 16) + 1];
        while (low < high) {                       /* the first interval behind the address */
                size_t middle = (low + high) / 2;
                if (index->four[middle].start <= address)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low ? index->four[low - 1].offset : 0;
}

static uint32_t six_find(const struct network_index *index, const unsigned char bytes[16])
{
        wide   address = wide_of(bytes);
        size_t low = 0, high = index->six_count;
        while (low < high) {
                size_t middle = (low + high) / 2;
                if (((wide)index->six[middle].high << 64 | index->six[middle].low) <= address)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low ? index->six[low - 1].offset : 0;
}

uint32_t network_index_find(const struct network_index *index, const struct address *address)
{
        if (!address->known)
                return 0;
        if (!address_is_v4(address))
                return six_find(index, address->bytes);
        const unsigned char *four = address->bytes + 12;
        return four_find(index, (uint32_t)four[0] << 24 | (uint32_t)four[1] << 16 | (uint32_t)four[2] << 8 | four[3]);
}
