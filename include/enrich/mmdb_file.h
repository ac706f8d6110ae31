/* Inside of the MaxMind DB reader: what the file says of itself, and whether a record is whole. */
#ifndef ENRICH_MMDB_FILE_H
#define ENRICH_MMDB_FILE_H
#include "enrich/mmdb.h"

struct mmdb_outline {
        uint32_t nodes, data_size;
        size_t   tree_size;        /* bytes; 16 zero bytes follow, then the data */
        unsigned record_bits, ip_version;
        uint64_t built;
        struct slice type;         /* in the file's bytes */
};
/* False when the bytes are no such file, or when its parts do not fit into it. */
bool mmdb_outline(struct slice bytes, struct mmdb_outline *ret_outline, struct error *err);
/* True when the value at that place can be read to its end, and everything that it points to. */
bool mmdb_sound(struct mmdb_reader *reader, uint32_t place);
#endif
