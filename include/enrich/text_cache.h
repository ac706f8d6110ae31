/* A worker's memory of texts (a user agent, a host): the rendered fields of all that depends on the text alone, and a note of its
 * owner's, by the text's bytes. Eight ways, keyed hash, aging; bounded in entries and in bytes. Used by one thread. */
#ifndef ENRICH_TEXT_CACHE_H
#define ENRICH_TEXT_CACHE_H
#include "enrich/layout.h"

/* Small, and followed by what a hit reads: it comes from far away when many texts take turns. */
struct cached {
        uint32_t key_size, text_size, note_size;
        uint8_t  count;
        uint8_t  group[WRITER_PIECES];             /* of the pieces, which lie one behind the other */
        uint32_t size[WRITER_PIECES];
        _Alignas(8) char bytes[];                  /* the note, the key, then the pieces */
};
struct text_cache;

/* At least `entries`, rounded up to a power of two; at most 1 KiB an entry on average. */
struct text_cache *text_cache_new(size_t entries);
void               text_cache_free(struct text_cache *cache);
/* NULL: not remembered. The entry lives until the next text_cache_add(). */
const struct cached *text_cache_find(struct text_cache *cache, struct slice key);
/* Remembers what the writer has, and a copy of the note (its owner's struct, always of one size; may be NULL with size 0). The
 * answer is always good until the next call, even where it was too large to keep. */
const struct cached *text_cache_add(struct text_cache *cache, struct slice key, const struct field_writer *writer,
                                    const void *note, size_t note_size);
static inline const void *cached_note(const struct cached *cached) { return cached->bytes; }
/* The key's bytes. */
static inline struct slice cached_key(const struct cached *cached)
{
        return (struct slice){ cached->bytes + cached->note_size, cached->key_size };
}
/* Adds the entry's pieces. */
static inline void cached_give(const struct cached *cached, struct findings *findings)
{
        const char *at = cached->bytes + cached->note_size + cached->key_size;
        for (size_t i = 0; i < cached->count; at += cached->size[i++])
                findings_add(findings, (enum group)cached->group[i], (struct slice){ at, cached->size[i] });
}
size_t text_cache_bytes(const struct text_cache *cache);
#endif
