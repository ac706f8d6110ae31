/* Tables that events are joined with: a key and some values a row, from a CSV or JSON file. Loaded once, then immutable and read
 * by all workers. Memory is one block of rows, each its key and its values as JSON text, and an index of 32-bit offsets. */
#ifndef ENRICH_TABLE_H
#define ENRICH_TABLE_H
#include "base/address.h"
#include "base/base.h"

enum table_format { TABLE_CSV, TABLE_JSON, TABLE_NDJSON };
enum table_match {
        TABLE_EXACT,               /* the whole text */
        TABLE_PREFIX,              /* the longest key that the text begins with */
        TABLE_CIDR,                /* the narrowest network that the address lies in */
};
/* What a column's values are in the output. */
enum table_type { TABLE_KEYWORD, TABLE_LONG, TABLE_FLOAT, TABLE_BOOLEAN, TABLE_TYPES };
extern const char *const TABLE_TYPE_NAMES[TABLE_TYPES];        /* "keyword", ... */

#define TABLE_COLUMNS_MOST 64                      /* that one table gives */
#define TABLE_KEY_MOST     1024                    /* bytes of a key */
#define TABLE_BYTES_MOST   ((size_t)UINT32_MAX)    /* of all rows: what an offset can tell */

struct table_column {
        struct slice    name;      /* in the file */
        enum table_type type;
};
struct table_plan {
        const char       *file;
        enum table_format format;
        char              separator;       /* of CSV */
        bool              header;          /* CSV: the first line names the columns; else they are "1", "2", ... */
        /* The column with the key. Empty: the first one of a CSV file; the members' names of a JSON object. */
        struct slice      key;
        enum table_match  match;
        bool              ignore_case;     /* ASCII letters */
        const struct table_column *columns;        /* count of them; what is kept of a row, in this order */
        size_t            count;
        size_t            rows_limit;
        size_t            bytes_limit;     /* of the file; and of the table in memory, index included */
};
struct table_facts {
        size_t rows;
        size_t duplicates;         /* rows whose key an earlier one has: the first wins */
        size_t keyless;            /* rows without a key, left out */
        size_t bytes;              /* of memory */
};
struct table;

/* Every mistake in the file is added to `errors` as "FILE: line 7: ...", at most some dozen of them; NULL then. */
struct table *table_load(const struct table_plan *plan, struct errors *errors);
/* The same of a text in memory, which is written to; plan->file is its name in messages. */
struct table *table_read(const struct table_plan *plan, char *text, size_t size, struct errors *errors);
void          table_free(struct table *table);
void          table_describe(const struct table *table, struct table_facts *ret_facts);

/* The row; NULL: there is none. The key is any bytes; an address as address_parse() takes it. */
const char *table_find(const struct table *table, struct slice key);
const char *table_find_address(const struct table *table, const struct address *address);      /* of TABLE_CIDR only */

/* The values of a row, one after the other in the order of the plan: JSON text; data NULL: the row has none. */
static inline struct slice table_value_next(const char **row)
{
        const unsigned char *at = (const unsigned char *)*row;
        size_t size = 0;
        unsigned shift = 0;
        for (; *at & 0x80; shift += 7)
                size |= (size_t)(*at++ & 0x7F) << shift;
        size |= (size_t)*at++ << shift;
        *row = (const char *)at + size;
        return (struct slice){ size ? (const char *)at : NULL, size };
}
#endif
