/* Makes files of the tz database, for tests. */
#ifndef TZIF_H
#define TZIF_H
#include "unit.h"
#include "base/buffer.h"

/* What a file says; counts may be made to lie. */
struct tzif {
        char        version;       /* '\0' (one part) or '2' and up */
        int64_t     times[4];
        uint8_t     types[4];
        size_t      count;
        struct { int32_t offset; uint8_t dst, abbreviation; } type[4];
        size_t      type_count;
        const char *abbreviations; /* "LMT\0CET" without its last NUL */
        size_t      abbreviation_bytes;
        const char *rule;          /* NULL: the end is missing */
        uint32_t    leaps, standard;
};

static inline void tzif_number(struct buffer *out, uint64_t number, size_t size)
{
        while (size--)
                buffer_add_char(out, (char)(number >> 8 * size));
}

static inline void tzif_part(struct buffer *out, const struct tzif *tzif, size_t time_size)
{
        buffer_add(out, SLICE("TZif"));
        buffer_add_char(out, tzif->version);
        for (size_t i = 0; i < 15; i++)
                buffer_add_char(out, 0);
        const uint64_t counts[] = { 0, tzif->standard, tzif->leaps, tzif->count, tzif->type_count, tzif->abbreviation_bytes };
        for (size_t i = 0; i < COUNT_OF(counts); i++)
                tzif_number(out, counts[i], 4);
        for (size_t i = 0; i < tzif->count; i++)
                tzif_number(out, (uint64_t)tzif->times[i], time_size);
        for (size_t i = 0; i < tzif->count; i++)
                buffer_add_char(out, (char)tzif->types[i]);
        for (size_t i = 0; i < tzif->type_count; i++) {
                tzif_number(out, (uint32_t)tzif->type[i].offset, 4);
                buffer_add_char(out, (char)tzif->type[i].dst);
                buffer_add_char(out, (char)tzif->type[i].abbreviation);
        }
        buffer_add(out, (struct slice){ tzif->abbreviations, tzif->abbreviation_bytes });
        for (size_t i = 0; i < tzif->leaps * (time_size + 4) + tzif->standard; i++)
                buffer_add_char(out, 0);
}

static inline void tzif_write(struct buffer *out, const struct tzif *tzif)
{
        tzif_part(out, tzif, 4);
        if (tzif->version == 0)
                return;
        tzif_part(out, tzif, 8);
        if (tzif->rule)
                buffer_format(out, "\n%s\n", tzif->rule);
        assert_false(out->full);
}
#endif
