#include "enrich/zone.h"
#include "enrich/zone_rule.h"

struct zone_type {
        int32_t offset;
        bool    dst;
        struct slice abbreviation;
};
struct zone {
        int64_t *times;            /* of the changes, rising */
        uint8_t *types;            /* [change]: what holds from there on */
        size_t   count;
        struct zone_type *type;
        size_t   type_count;
        char    *abbreviations;
        size_t   abbreviation_bytes;
        bool     ruled;            /* `rule` holds from the last change on */
        struct zone_rule rule;
};

#define HEADER_BYTES 44
#define OFFSET_MOST  93599         /* seconds either way: RFC 9636, section 3.2 */
#define CHANGE_MOST  ((int64_t)1 << 59)    /* likewise: farther than the Big Bang */

/* A header's counts, in the order of the file, and the block behind it. */
struct block {
        uint32_t universal, standard, leaps, times, types, characters;
        size_t   time_size;        /* bytes of an instant: 4 in the first block, 8 in the second */
        const unsigned char *at;
};

static uint32_t read32(const unsigned char *at)
{
        return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int64_t read_time(const unsigned char *at, size_t size)
{
        return size == 4 ? (int32_t)read32(at) : (int64_t)((uint64_t)read32(at) << 32 | read32(at + 4));
}

static uint64_t block_bytes(const struct block *block)
{
        return (uint64_t)block->times * (block->time_size + 1) + (uint64_t)block->types * 6 + block->characters +
               (uint64_t)block->leaps * (block->time_size + 4) + block->standard + block->universal;
}

/* Reads the header at `offset`; false when it is none, or when its block reaches past the end. */
static bool block_open(struct slice file, size_t offset, size_t time_size, struct block *ret_block)
{
        const unsigned char *at = (const unsigned char *)file.data + offset;
        if (file.size - offset < HEADER_BYTES || memcmp(at, "TZif", 4) != 0)
                return false;
        struct block block = { read32(at + 20), read32(at + 24), read32(at + 28), read32(at + 32), read32(at + 36),
                               read32(at + 40), time_size, at + HEADER_BYTES };
        *ret_block = block;
        return block_bytes(&block) <= file.size - offset - HEADER_BYTES;
}

static const char *types_read(struct zone *zone, const struct block *block)
{
        const unsigned char *at = block->at + (size_t)block->times * (block->time_size + 1);
        const char *characters = (const char *)at + (size_t)block->types * 6;
        zone->type_count = block->types;
        zone->type = memory_get(block->types * sizeof(*zone->type));
        zone->abbreviation_bytes = block->characters;
        zone->abbreviations = memory_get(block->characters);
        memcpy(zone->abbreviations, characters, block->characters);
        for (size_t i = 0; i < block->types; i++, at += 6) {
                struct zone_type *type = &zone->type[i];
                size_t start = at[5];
                const char *end = start < block->characters ? memchr(zone->abbreviations + start, 0, block->characters - start)
                                                            : NULL;
                type->offset = (int32_t)read32(at);
                type->dst = at[4] == 1;
                if (type->offset > OFFSET_MOST || type->offset < -OFFSET_MOST || at[4] > 1)
                        return "a type's offset is not one";
                type->abbreviation = end ? slice_between(zone->abbreviations + start, end) : (struct slice){ 0 };
                if (!zone_abbreviation_good(type->abbreviation))
                        return "an abbreviation is not one";
        }
        return NULL;
}

static const char *changes_read(struct zone *zone, const struct block *block)
{
        const unsigned char *at = block->at, *types = at + (size_t)block->times * block->time_size;
        zone->count = block->times;
        zone->times = memory_get(block->times * sizeof(*zone->times) + 1);
        zone->types = memory_get(block->times + 1);
        for (size_t i = 0; i < block->times; i++, at += block->time_size) {
                zone->times[i] = read_time(at, block->time_size);
                zone->types[i] = types[i];
                if (types[i] >= block->types)
                        return "a change names a type that is not there";
                if (zone->times[i] > CHANGE_MOST || zone->times[i] < -CHANGE_MOST || (i && zone->times[i] <= zone->times[i - 1]))
                        return "its changes are not in order";
        }
        return NULL;
}

static const char *block_read(struct zone *zone, const struct block *block)
{
        if (block->types == 0 || block->types > 256 || block->characters == 0)
                return "it has no types";
        if ((block->standard && block->standard != block->types) || (block->universal && block->universal != block->types))
                return "its counts contradict each other";
        if (block->leaps)
                return "it counts leap seconds; name a folder that does not (not 'right')";
        const char *mistake = types_read(zone, block);
        return mistake ? mistake : changes_read(zone, block);
}

/* "\n" TZ "\n" */
static const char *footer_read(struct zone *zone, struct slice footer)
{
        const char *end = footer.size ? memchr(footer.data + 1, '\n', footer.size - 1) : NULL;
        if (!end || *footer.data != '\n')
                return "its end is missing";
        struct slice text = slice_between(footer.data + 1, end);
        zone->ruled = text.size > 0;
        return text.size == 0 || zone_rule_parse(text, &zone->rule) ? NULL : "the rule at its end is not one";
}

static const char *file_read(struct zone *zone, struct slice file)
{
        struct block block;
        if (!block_open(file, 0, 4, &block))
                return "it is no TZif file, or cut off";
        if (file.data[4] < '2')
                return block_read(zone, &block);
        size_t second = HEADER_BYTES + (size_t)block_bytes(&block);
        if (!block_open(file, second, 8, &block))
                return "its second part is cut off";
        const char *mistake = block_read(zone, &block);
        size_t      end = second + HEADER_BYTES + (size_t)block_bytes(&block);
        return mistake ? mistake : footer_read(zone, (struct slice){ file.data + end, file.size - end });
}

struct zone *zone_read(struct slice file, struct error *err)
{
        struct zone *zone = memory_get(sizeof(*zone));
        const char  *mistake = file_read(zone, file);
        if (!mistake)
                return zone;
        zone_free(zone);
        (void)error_set(err, "not a time zone: %s", mistake);
        return NULL;
}

void zone_free(struct zone *zone)
{
        if (!zone)
                return;
        free(zone->times);
        free(zone->types);
        free(zone->type);
        free(zone->abbreviations);
        free(zone);
}

size_t zone_memory(const struct zone *zone)
{
        return sizeof(*zone) + zone->count * (sizeof(*zone->times) + 1) + zone->type_count * sizeof(*zone->type) +
               zone->abbreviation_bytes;
}

void zone_find(const struct zone *zone, int64_t seconds, struct zone_span *ret_span)
{
        size_t low = 0, high = zone->count;        /* changes before low are at or before the instant, from high on behind it */
        while (low < high) {
                size_t middle = low + (high - low) / 2;
                if (zone->times[middle] <= seconds)
                        low = middle + 1;
                else
                        high = middle;
        }
        int64_t from = low ? zone->times[low - 1] : INT64_MIN;
        if (low == zone->count && zone->ruled) {
                zone_rule_find(&zone->rule, seconds, ret_span);
                ret_span->from = ret_span->from > from ? ret_span->from : from;
                return;
        }
        const struct zone_type *type = &zone->type[low ? zone->types[low - 1] : 0];
        *ret_span = (struct zone_span){ from, low < zone->count ? zone->times[low] : INT64_MAX, type->offset, type->dst,
                                        type->abbreviation };
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool zone_offset_parse(struct slice text, int32_t *ret_seconds)
{
        if (text.size == 1 && (*text.data == 'Z' || *text.data == 'z')) {
                *ret_seconds = 0;
                return true;
        }
        bool named = text.size >= 3 && (slice_equal_nocase((struct slice){ text.data, 3 }, SLICE("UTC")) ||
                                        slice_equal_nocase((struct slice){ text.data, 3 }, SLICE("GMT")));
        const char *at = text.data + (named ? 3 : 0), *end = slice_end(text);
        int32_t hours = 0, minutes = 0, sign = 1;
        if (at < end) {
                if (*at != '+' && *at != '-')
                        return false;
                sign = *at++ == '-' ? -1 : 1;
                size_t digits = 0, rest;
                while (at + digits < end && is_digit(at[digits]))
                        digits++;
                if (digits == 0 || digits == 3 || digits > 4)
                        return false;
                hours = digits == 1 ? at[0] - '0' : (at[0] - '0') * 10 + at[1] - '0';
                if (digits == 4)
                        minutes = (at[2] - '0') * 10 + at[3] - '0';
                at += digits;
                rest = (size_t)(end - at);
                if (rest && (digits == 4 || rest != 3 || at[0] != ':' || !is_digit(at[1]) || !is_digit(at[2])))
                        return false;
                if (rest)
                        minutes = (at[1] - '0') * 10 + at[2] - '0';
        } else if (!named) {
                return false;
        }
        if (hours > 23 || minutes > 59)
                return false;
        *ret_seconds = sign * (hours * 3600 + minutes * 60);
        return true;
}
