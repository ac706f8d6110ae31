#include "enrich/mmdb.h"
#include "enrich/mmdb_file.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Sixteen bits of an address at once: the first of IPv4's, and of IPv6 those behind the three that all global addresses share. */
#define JUMP      65536
#define SEPARATOR 16               /* zero bytes between tree and data */
#define TRIED     8192

struct mmdb {
        uint32_t (*node)[2];       /* the tree: a number below `nodes` is a node, `nodes` nothing, more a record */
        uint32_t  nodes;
        uint32_t  root4;           /* of IPv4; may be a record already */
        uint32_t *jump4, *jump6;   /* [JUMP]; jump6 NULL: the tree knows IPv4 only */
        unsigned char *data;       /* the records */
        uint32_t  data_size;
        struct mmdb_facts facts;
        char      type[64];
};

void mmdb_free(struct mmdb *mmdb)
{
        if (!mmdb)
                return;
        free(mmdb->node);
        free(mmdb->jump4);
        free(mmdb->jump6);
        free(mmdb->data);
        free(mmdb);
}

void mmdb_describe(const struct mmdb *mmdb, struct mmdb_facts *ret_facts) { *ret_facts = mmdb->facts; }

/* ---- the tree ---- */

static inline uint32_t record_get(const unsigned char *node, unsigned bits, unsigned side)
{
        uint32_t left = (uint32_t)node[0] << 16 | (uint32_t)node[1] << 8 | node[2];
        switch (bits) {
        case 24:
                return side ? (uint32_t)node[3] << 16 | (uint32_t)node[4] << 8 | node[5] : left;
        case 28:
                return side ? (uint32_t)(node[3] & 15) << 24 | (uint32_t)node[4] << 16 | (uint32_t)node[5] << 8 | node[6]
                            : (uint32_t)(node[3] >> 4) << 24 | left;
        default:
                node += side ? 4 : 0;
                return (uint32_t)node[0] << 24 | (uint32_t)node[1] << 16 | (uint32_t)node[2] << 8 | node[3];
        }
}

/* Takes the tree over, each record checked: afterwards every number in it leads somewhere. */
static bool tree_take(struct mmdb *mmdb, const unsigned char *bytes, unsigned bits, struct error *err)
{
        uint64_t most = (uint64_t)mmdb->nodes + SEPARATOR + mmdb->data_size;
        mmdb->node = malloc((size_t)mmdb->nodes * sizeof(*mmdb->node));
        if (!mmdb->node)
                return error_set(err, "no memory for %u nodes", mmdb->nodes);
        for (size_t i = 0; i < mmdb->nodes; i++, bytes += bits / 4)
                for (unsigned side = 0; side < 2; side++) {
                        uint32_t to = record_get(bytes, bits, side);
                        if (to > mmdb->nodes && (to < mmdb->nodes + SEPARATOR || to >= most))
                                return error_set(err, "its search tree is broken: node %zu leads to nowhere", i);
                        mmdb->node[i][side] = to;
                }
        return true;
}

/* From `at` along `count` bits of the address, the first of them `skip`. */
static inline uint32_t walk(const struct mmdb *mmdb, uint32_t at, const unsigned char *bytes, unsigned skip, unsigned end)
{
        for (; at < mmdb->nodes && skip < end; skip++)
                at = mmdb->node[at][bytes[skip >> 3] >> (7 - (skip & 7)) & 1];
        return at;
}

static void jump_fill(const struct mmdb *mmdb, uint32_t *jump, uint32_t at, unsigned depth)
{
        if (depth && at < mmdb->nodes) {
                jump_fill(mmdb, jump, mmdb->node[at][0], depth - 1);
                jump_fill(mmdb, jump + ((size_t)1 << (depth - 1)), mmdb->node[at][1], depth - 1);
                return;
        }
        for (size_t i = 0; i < (size_t)1 << depth; i++)
                jump[i] = at;
}

static void tree_jumps(struct mmdb *mmdb)
{
        static const unsigned char ZERO[16] = { 0 }, GLOBAL[16] = { 0x20 };
        mmdb->root4 = mmdb->facts.ip_version == 6 ? walk(mmdb, 0, ZERO, 0, 96) : 0;
        mmdb->jump4 = memory_get(JUMP * sizeof(*mmdb->jump4));
        jump_fill(mmdb, mmdb->jump4, mmdb->root4, 16);
        mmdb->facts.memory += JUMP * sizeof(*mmdb->jump4);
        if (mmdb->facts.ip_version == 4)
                return;
        mmdb->jump6 = memory_get(JUMP * sizeof(*mmdb->jump6));
        jump_fill(mmdb, mmdb->jump6, walk(mmdb, 0, GLOBAL, 0, 3), 16);
        mmdb->facts.memory += JUMP * sizeof(*mmdb->jump6);
}

uint32_t mmdb_find(const struct mmdb *mmdb, const struct address *address)
{
        const unsigned char *bytes = address->bytes;
        uint32_t at;
        if (!address->known)
                return 0;
        if (address_is_v4(address))
                at = walk(mmdb, mmdb->jump4[bytes[12] << 8 | bytes[13]], bytes, 112, 128);
        else if (!mmdb->jump6)
                return 0;
        else if (bytes[0] >> 5 == 1)
                at = walk(mmdb, mmdb->jump6[(bytes[0] & 31) << 11 | bytes[1] << 3 | bytes[2] >> 5], bytes, 19, 128);
        else
                at = walk(mmdb, 0, bytes, 0, 128);
        return at > mmdb->nodes ? at - mmdb->nodes - SEPARATOR + 1 : 0;
}

/* ---- records ---- */

uint32_t mmdb_begin(const struct mmdb *mmdb, uint32_t record, struct mmdb_reader *ret_reader)
{
        *ret_reader = (struct mmdb_reader){ .data = mmdb->data, .size = mmdb->data_size, .left = MMDB_STEPS };
        return record - 1;
}

/* Tries records all over the tree. */
static bool records_try(const struct mmdb *mmdb, struct error *err)
{
        size_t count = 0, step;
        for (size_t i = 0; i < mmdb->nodes; i++)
                count += (mmdb->node[i][0] > mmdb->nodes) + (mmdb->node[i][1] > mmdb->nodes);
        step = count / TRIED + 1;
        count = 0;
        for (size_t i = 0; i < (size_t)mmdb->nodes * 2; i++) {
                uint32_t to = mmdb->node[i / 2][i % 2];
                if (to <= mmdb->nodes || count++ % step)
                        continue;
                struct mmdb_reader reader;
                if (!mmdb_sound(&reader, mmdb_begin(mmdb, to - mmdb->nodes - SEPARATOR + 1, &reader)))
                        return error_set(err, "its record at byte %u of the data is broken", to - mmdb->nodes - SEPARATOR);
        }
        return true;
}

/* ---- the file ---- */

static bool build(struct mmdb *mmdb, struct slice bytes, struct error *err)
{
        struct mmdb_outline outline;
        if (!mmdb_outline(bytes, &outline, err))
                return false;
        const unsigned char *start = (const unsigned char *)bytes.data, *data = start + outline.tree_size + SEPARATOR;
        for (size_t i = 0; i < SEPARATOR; i++)
                if (data[(ptrdiff_t)i - SEPARATOR])
                        return error_set(err, "its search tree does not end where it should");
        mmdb->nodes = outline.nodes;
        mmdb->data_size = outline.data_size;
        mmdb->data = malloc(mmdb->data_size + 1);
        if (!mmdb->data)
                return error_set(err, "no memory for %u bytes", mmdb->data_size);
        memcpy(mmdb->data, data, mmdb->data_size);
        size_t type = outline.type.size < sizeof(mmdb->type) ? outline.type.size : sizeof(mmdb->type);
        if (type)
                memcpy(mmdb->type, outline.type.data, type);
        mmdb->facts = (struct mmdb_facts){
                .type = { mmdb->type, type },
                .built = outline.built,
                .nodes = mmdb->nodes,
                .memory = sizeof(*mmdb) + mmdb->data_size + mmdb->nodes * sizeof(*mmdb->node),
                .record_bits = outline.record_bits,
                .ip_version = outline.ip_version,
        };
        if (!tree_take(mmdb, start, outline.record_bits, err))
                return false;
        tree_jumps(mmdb);
        return records_try(mmdb, err);
}

struct mmdb *mmdb_read(struct slice bytes, struct error *err)
{
        struct mmdb *mmdb = memory_get(sizeof(*mmdb));
        if (build(mmdb, bytes, err))
                return mmdb;
        mmdb_free(mmdb);
        return NULL;
}

/* The file whole, free() it; NULL when it is none, or changes meanwhile. */
static char *file_read(int file, size_t *ret_size, struct error *err)
{
        struct stat before, after;
        if (fstat(file, &before) != 0 || !S_ISREG(before.st_mode)) {
                (void)error_set(err, "it is not a file");
                return NULL;
        }
        char  *bytes = malloc((size_t)before.st_size + 1);
        size_t size = 0;
        ssize_t got = 1;
        if (!bytes) {
                (void)error_set(err, "no memory for %lld bytes", (long long)before.st_size);
                return NULL;
        }
        while (got > 0 && size < (size_t)before.st_size) {
                got = read(file, bytes + size, (size_t)before.st_size - size);
                size += got > 0 ? (size_t)got : 0;
        }
        bool good = got < 0 ? error_set(err, "%m") : true;
        if (good && (fstat(file, &after) != 0 || size != (size_t)before.st_size || after.st_size != before.st_size ||
                     after.st_mtim.tv_sec != before.st_mtim.tv_sec || after.st_mtim.tv_nsec != before.st_mtim.tv_nsec))
                good = error_set(err, "it changed while it was read");
        if (!good) {
                free(bytes);
                return NULL;
        }
        *ret_size = size;
        return bytes;
}

struct mmdb *mmdb_load(const char *path, struct error *err)
{
        struct error why;
        struct mmdb *mmdb = NULL;
        size_t size = 0;
        int    file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);       /* a pipe must not hold us up */
        if (file < 0) {
                (void)error_set(err, "cannot open '%s': %m", path);
                return NULL;
        }
        char *bytes = file_read(file, &size, &why);
        if (bytes)
                mmdb = mmdb_read((struct slice){ bytes, size }, &why);
        if (!mmdb)
                (void)error_set(err, "'%s': %s", path, why.text);
        free(bytes);
        (void)close(file);
        return mmdb;
}
