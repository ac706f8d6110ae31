/* Databases of networks in the MaxMind DB format, version 2.0 (https://maxmind.github.io/MaxMind-DB/): an address leads through
 * a binary tree to a record, a map of names and values.
 *
 * The file is read once, checked and let go: nobody can pull a mapped page from under us by writing over it. Every size in it
 * is a stranger's: each read is bounded, and a record that costs too many steps is a broken one. Immutable, for all threads. */
#ifndef ENRICH_MMDB_H
#define ENRICH_MMDB_H
#include "base/address.h"

struct mmdb;
/* NULL: not a file, not such a database, or a broken one. A record among many that is broken may stay undetected until it is
 * read: 8,192 are tried. */
struct mmdb *mmdb_load(const char *path, struct error *err);
/* The same of bytes in memory, which are copied. */
struct mmdb *mmdb_read(struct slice bytes, struct error *err);
void         mmdb_free(struct mmdb *mmdb);

struct mmdb_facts {
        struct slice type;         /* "GeoLite2-City"; lives as long as the database */
        uint64_t     built;        /* seconds since 1970 */
        size_t       nodes, memory;        /* memory in bytes */
        unsigned     record_bits, ip_version;
};
void mmdb_describe(const struct mmdb *mmdb, struct mmdb_facts *ret_facts);

/* The record of an address: equal for all addresses that share one. 0: there is none. IPv4 addresses are looked for below
 * ::/96, where the format has them. 10 to 200 ns, by how much of the tree the processor's cache holds. */
uint32_t mmdb_find(const struct mmdb *mmdb, const struct address *address);

/* ---- what is in a record ---- */
enum mmdb_kind { MMDB_TEXT, MMDB_FLOAT, MMDB_INTEGER, MMDB_BOOLEAN, MMDB_MAP, MMDB_ARRAY, MMDB_OTHER };
struct mmdb_value {
        enum mmdb_kind kind;
        struct slice   text;       /* of MMDB_TEXT; any bytes; lives as long as the database */
        double         number;     /* of MMDB_FLOAT; also what no JSON can say */
        uint64_t       integer;    /* of MMDB_INTEGER, and 0 or 1 of MMDB_BOOLEAN */
        uint32_t       count;      /* entries of MMDB_MAP (a name and a value each) or MMDB_ARRAY */
        uint32_t       inside;     /* where the first of them is */
};
/* A reader of one record. Once something is broken, it stays so. */
#define MMDB_STEPS 8192           /* values that a record may have, those that it points to included */
#define MMDB_DEPTH 32              /* maps and arrays inside each other */
struct mmdb_reader {
        const unsigned char *data;
        uint32_t size, left;       /* bytes of the section; steps that remain */
        bool     broken;
};
/* `record`: as mmdb_find() answered. Answers the place of the record's value. */
uint32_t mmdb_begin(const struct mmdb *mmdb, uint32_t record, struct mmdb_reader *ret_reader);
/* The value at a place, behind a pointer if one is there. Answers the place behind it; of a map or an array that is not
 * behind a pointer 0: walk through it, or mmdb_skip() it. False in reader->broken. */
uint32_t mmdb_value(struct mmdb_reader *reader, uint32_t place, struct mmdb_value *ret_value);
/* The place behind the value at a place, whatever it is. */
uint32_t mmdb_skip(struct mmdb_reader *reader, uint32_t place);
#endif
