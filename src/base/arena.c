#include "base/arena.h"

#if defined(__SANITIZE_ADDRESS__)
#define ADDRESS_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ADDRESS_SANITIZED
#endif
#endif
#ifdef ADDRESS_SANITIZED
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, size)   ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

/* Header of a chunk. */
struct arena_chunk {
        struct arena_chunk *next;
        size_t              size;          /* header included */
} __attribute__((aligned(16)));

void arena_pool_init(struct arena_pool *pool, size_t chunk_size, size_t keep)
{
        *pool = (struct arena_pool){ .chunk_size = chunk_size, .keep = keep };
        BUG_IF(chunk_size <= 4 * sizeof(struct arena_chunk));
}

static void chunks_free(struct arena_chunks *chunks)
{
        while (chunks->first) {
                struct arena_chunk *chunk = chunks->first;
                chunks->first = chunk->next;
                free(chunk);
        }
        chunks->count = 0;
}

void arena_pool_done(struct arena_pool *pool)
{
        chunks_free(&pool->free);
        chunks_free(&pool->free_large);
}

void arena_init(struct arena *arena, struct arena_pool *pool, size_t limit)
{
        *arena = (struct arena){ .pool = pool, .limit = limit };
}

/* The free chunks of that size, which is one of the two; NULL: a size of its own. */
static struct arena_chunks *chunks_of(struct arena_pool *pool, size_t size)
{
        if (size == pool->chunk_size)
                return &pool->free;
        return size == ARENA_LARGE ? &pool->free_large : NULL;
}

static struct arena_chunk *chunk_get(struct arena *arena, size_t size)
{
        struct arena_chunks *kept = chunks_of(arena->pool, size);
        if (size > arena->limit - arena->taken)
                return NULL;
        struct arena_chunk *chunk;
        if (kept && kept->first) {
                chunk = kept->first;
                kept->first = chunk->next;
                kept->count--;
                ASAN_UNPOISON_MEMORY_REGION(chunk + 1, size - sizeof(*chunk) + READABLE_PADDING);
        } else {
                chunk = malloc(size + READABLE_PADDING);   /* scanners read past the end of what lies there */
                if (!chunk)
                        return NULL;
        }
        chunk->size = size;
        arena->taken += size;
        arena->pool->out += size;
        return chunk;
}

static void chunk_put(struct arena_pool *pool, struct arena_chunk *chunk)
{
        struct arena_chunks *kept = chunks_of(pool, chunk->size);
        pool->out -= chunk->size;
        if (!kept || kept->count >= (kept == &pool->free ? pool->keep : ARENA_LARGE_KEEP)) {
                free(chunk);
                return;
        }
        chunk->next = kept->first;
        kept->first = chunk;
        kept->count++;
        /* It is nobody's now, and who still touches it is told so by the address sanitizer, as with what free() has. */
        ASAN_POISON_MEMORY_REGION(chunk + 1, chunk->size - sizeof(*chunk) + READABLE_PADDING);
}

/* The chunk that a piece of this size is taken from: a pooled one when it fits, else one of its own. */
static size_t chunk_size_for(const struct arena *arena, size_t size)
{
        size_t usual = arena->pool->chunk_size, need = sizeof(struct arena_chunk) + size;
        if (need <= usual)
                return usual;
        return need <= ARENA_LARGE && ARENA_LARGE <= arena->limit - arena->taken ? ARENA_LARGE : need;
}

void *arena_take_slow(struct arena *arena, size_t size)
{
        if (size > arena->limit)
                return NULL;
        size = (size + 15) & ~(size_t)15;
        struct arena_chunk *chunk = chunk_get(arena, chunk_size_for(arena, size));
        if (!chunk)
                return NULL;
        char *piece = (char *)(chunk + 1), *end = (char *)chunk + chunk->size;
        /* Further pieces come from where more room is left. */
        if (!arena->chunks || end - (piece + size) > arena->end - arena->at) {
                chunk->next = arena->chunks;
                arena->chunks = chunk;
                arena->at = piece + size;
                arena->end = end;
        } else {
                chunk->next = arena->chunks->next;
                arena->chunks->next = chunk;
        }
        return piece;
}

void arena_done(struct arena *arena)
{
        struct arena_pool *pool = arena->pool;
        while (arena->chunks) {
                struct arena_chunk *chunk = arena->chunks;
                arena->chunks = chunk->next;
                chunk_put(pool, chunk);
        }
        *arena = (struct arena){ .pool = pool, .limit = arena->limit };
}

struct slice arena_copy(struct arena *arena, struct slice slice)
{
        char *copy = arena_take(arena, slice.size + 1);
        if (!copy)
                return (struct slice){ 0 };
        if (slice.size)
                memcpy(copy, slice.data, slice.size);
        copy[slice.size] = '\0';
        return (struct slice){ copy, slice.size };
}
