#include "base/arena.h"

/* Header of a chunk. A piece too large for a pooled chunk gets a chunk of its own, put behind the newest, so that the
 * room left in the newest stays usable. */
struct arena_chunk {
        struct arena_chunk *next;
        size_t              size;          /* header included */
} __attribute__((aligned(16)));

void arena_pool_init(struct arena_pool *pool, size_t chunk_size, size_t keep)
{
        *pool = (struct arena_pool){ .chunk_size = chunk_size, .keep = keep };
}

void arena_pool_done(struct arena_pool *pool)
{
        while (pool->free) {
                struct arena_chunk *chunk = pool->free;
                pool->free = chunk->next;
                free(chunk);
        }
        pool->free_count = 0;
}

void arena_init(struct arena *arena, struct arena_pool *pool, size_t limit)
{
        *arena = (struct arena){ .pool = pool, .limit = limit };
}

static struct arena_chunk *chunk_get(struct arena *arena, size_t size)
{
        struct arena_pool *pool = arena->pool;
        if (size > arena->limit - arena->taken)
                return NULL;
        struct arena_chunk *chunk = NULL;
        if (size == pool->chunk_size && pool->free) {
                chunk = pool->free;
                pool->free = chunk->next;
                pool->free_count--;
        } else {
                chunk = malloc(size);
                if (!chunk)
                        return NULL;
        }
        chunk->size = size;
        arena->taken += size;
        pool->out += size;
        return chunk;
}

void *arena_take_slow(struct arena *arena, size_t size)
{
        size_t usual = arena->pool->chunk_size;
        if (size > arena->limit)
                return NULL;
        if (size <= usual - sizeof(struct arena_chunk) && (size <= usual / 4 || !arena->at)) {
                struct arena_chunk *chunk = chunk_get(arena, usual);
                if (!chunk)
                        return NULL;
                chunk->next = arena->chunks;
                arena->chunks = chunk;
                char *piece = (char *)(chunk + 1);
                arena->at = piece + size;
                arena->end = (char *)chunk + usual;
                return piece;
        }
        struct arena_chunk *chunk = chunk_get(arena, sizeof(*chunk) + ((size + 15) & ~(size_t)15));
        if (!chunk)
                return NULL;
        struct arena_chunk **place = arena->chunks ? &arena->chunks->next : &arena->chunks;
        chunk->next = *place;
        *place = chunk;
        return chunk + 1;
}

void arena_done(struct arena *arena)
{
        struct arena_pool *pool = arena->pool;
        while (arena->chunks) {
                struct arena_chunk *chunk = arena->chunks;
                arena->chunks = chunk->next;
                pool->out -= chunk->size;
                if (chunk->size == pool->chunk_size && pool->free_count < pool->keep) {
                        chunk->next = pool->free;
                        pool->free = chunk;
                        pool->free_count++;
                } else {
                        free(chunk);
                }
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
