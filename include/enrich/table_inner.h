/* Inside the tables: what the readers of files fill and the indexes are made of. */
#ifndef ENRICH_TABLE_INNER_H
#define ENRICH_TABLE_INNER_H
#include "base/buffer.h"
#include "enrich/table.h"

/* Mistakes of one file that are told; then its reading ends. */
#define TABLE_MISTAKES_MOST 20

/* One row is: size of the key, the key, then size and text of each value. Sizes are written in groups of seven bits, low ones
 * first, the eighth says that there are more. Offset 0 is nobody's. */
struct table_builder {
        const struct table_plan *plan;
        struct errors *errors;
        size_t         mistakes;
        struct buffer  rows;
        struct buffer  scratch;            /* a value being rendered */
        uint32_t      *offset;             /* count of them: where rows begin */
        struct network *network;           /* of TABLE_CIDR: their keys */
        size_t         count, room, keyless;
        bool           over;               /* a limit is passed: there is no use in going on */
};
/* "FILE: line 7: SENTENCE". False, as errors_add(). */
bool builder_mistake(struct table_builder *builder, size_t line, const char *format, ...) __attribute__((format(printf, 3, 4)));
static inline bool builder_stopped(const struct table_builder *builder)
{
        return builder->over || builder->mistakes >= TABLE_MISTAKES_MOST;
}
/* Adds a row of plain texts, one for each column of the plan; data NULL or empty: none. */
void builder_row(struct table_builder *builder, size_t line, struct slice key, const struct slice *values);

/* The readers. Mistakes are the builder's. */
void table_csv_read(struct table_builder *builder, char *text, size_t size);
void table_json_read(struct table_builder *builder, struct slice text);

static inline struct slice row_key(const char *rows, uint32_t offset)
{
        const char *behind = rows + offset;
        struct slice key = table_value_next(&behind);
        return (struct slice){ behind - key.size, key.size };      /* never NULL, also where it is empty */
}

/* Keys in order, each with its longest prefix among them: the binary search ends at the last key that is not behind the text, and
 * what the text begins with is that key or one of its prefixes. */
struct prefix_index {
        uint64_t *head;            /* count of them: the first eight bytes of a key, as a number that sorts like them */
        uint32_t *offset;          /* of the rows */
        uint32_t *parent;          /* the place of the longest prefix, plus 1; 0: none */
        size_t    count;
};
void     prefix_index_make(struct prefix_index *index, const char *rows, const uint32_t *offsets, size_t count,
                           size_t *ret_duplicates);
void     prefix_index_done(struct prefix_index *index);
uint32_t prefix_index_find(const struct prefix_index *index, const char *rows, struct slice text);     /* 0: none */
size_t   prefix_index_bytes(const struct prefix_index *index);

/* Networks cut into intervals that do not overlap, each with the narrowest network's row. IPv4 (mapped addresses, too) and IPv6
 * apart. */
struct network_index {
        struct { uint32_t start, offset; } *four;
        struct { uint64_t high, low; uint32_t offset; } *six;
        uint32_t *four_at;         /* 65,537 of them: where the intervals of each upper half begin; NULL: no intervals */
        size_t    four_count, six_count;
};
void     network_index_make(struct network_index *index, const struct network *networks, const uint32_t *offsets, size_t count,
                            size_t *ret_duplicates);
void     network_index_done(struct network_index *index);
uint32_t network_index_find(const struct network_index *index, const struct address *address);         /* 0: none */
size_t   network_index_bytes(const struct network_index *index);
#endif
