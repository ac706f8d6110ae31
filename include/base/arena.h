/* Bytes that die together. An arena takes chunks from a worker's pool, hands out pieces by moving a pointer, and gives
 * everything back at once. Nothing is freed singly. Not for two threads at a time: arena and pool belong to one worker. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include "base/base.h"

/* Chunks of two sizes, kept for the next arena: the pool's own for the common request, ARENA_LARGE for a body of many events. At
 * most `keep` free chunks of the one and ARENA_LARGE_KEEP of the other are held; the rest goes back to malloc. */
#define ARENA_LARGE      ((size_t)96 * 1024)
#define ARENA_LARGE_KEEP 16
struct arena_chunk;
struct arena_chunks {
        struct arena_chunk *first;
        size_t              count;
};
struct arena_pool {
        struct arena_chunks free, free_large;
        size_t              chunk_size;    /* bytes, header included */
        size_t              keep;
        size_t              out;           /* bytes in all live arenas of this pool, large pieces included */
};
void arena_pool_init(struct arena_pool *pool, size_t chunk_size, size_t keep);
void arena_pool_done(struct arena_pool *pool);     /* every arena of it is done before */

struct arena {
        struct arena_pool  *pool;
        struct arena_chunk *chunks;        /* the one that pieces come from first */
        char               *at, *end;      /* free bytes of the first of them */
        size_t              taken;         /* bytes of all chunks */
        size_t              limit;         /* most bytes this arena may hold */
};
/* Takes no memory yet. `limit` in bytes bounds the sum of all chunks. */
void arena_init(struct arena *arena, struct arena_pool *pool, size_t limit);
void arena_done(struct arena *arena);              /* all-zero is fine */

/* `size` bytes, not zeroed, aligned to 16; NULL past the limit or when memory is out: refuse, do not crash. */
void *arena_take_slow(struct arena *arena, size_t size);
static inline void *arena_take(struct arena *arena, size_t size)
{
        char *at = (char *)(((uintptr_t)arena->at + 15) & ~(uintptr_t)15);
        if (UNLIKELY(!arena->at || at > arena->end || size > (size_t)(arena->end - at)))
                return arena_take_slow(arena, size);
        arena->at = at + size;
        return at;
}
/* Gives back the tail of the newest piece: [end, where it ended). Does nothing for a piece with a chunk of its own. */
static inline void arena_trim(struct arena *arena, const char *piece, char *end)
{
        if ((uintptr_t)piece - (uintptr_t)arena->chunks < (uintptr_t)arena->at - (uintptr_t)arena->chunks)
                arena->at = end;
}
/* A copy of the slice; data is NULL when the arena is full. */
struct slice arena_copy(struct arena *arena, struct slice slice);
#endif
