/* A worker's memory of user agents: the rendered text of all that depends on the agent alone, by the agent's bytes.
 * Eight ways, keyed hash, aging; bounded in entries and in bytes. Used by one thread. */
#ifndef ENRICH_AGENT_CACHE_H
#define ENRICH_AGENT_CACHE_H
#include "enrich/layout.h"

/* Small, and followed by what a hit reads: it comes from far away when many agents take turns. */
struct agent_entry {
        uint32_t key_size, text_size;
        struct agent_traits traits;
        uint8_t  count;
        uint8_t  group[WRITER_PIECES];             /* of the pieces, which lie one behind the other */
        uint32_t size[WRITER_PIECES];
        char     bytes[];                          /* the key, then the pieces */
};
struct agent_cache;

/* At least `entries`, rounded up to a power of two; at most 1 KiB an entry on average. */
struct agent_cache *agent_cache_new(size_t entries);
void                agent_cache_free(struct agent_cache *cache);
/* NULL: not remembered. The entry lives until the next agent_cache_add(). */
const struct agent_entry *agent_cache_find(struct agent_cache *cache, struct slice key);
/* Remembers what the writer has; the answer is always good until the next call, even where it was too large to keep. */
const struct agent_entry *agent_cache_add(struct agent_cache *cache, struct slice key, const struct field_writer *writer,
                                          struct agent_traits traits);
/* Adds the entry's pieces. */
static inline void agent_entry_give(const struct agent_entry *entry, struct findings *findings)
{
        const char *at = entry->bytes + entry->key_size;
        for (size_t i = 0; i < entry->count; at += entry->size[i++])
                findings_add(findings, (enum group)entry->group[i], (struct slice){ at, entry->size[i] });
}
size_t agent_cache_bytes(const struct agent_cache *cache);
#endif
