/* The engine of every machine: eight bytes at a time in a plain register. */
#define ENGINE(name) scalar_##name
#define ENGINE_BLOCK 8
#include "engine.h"

/* A byte is special when its top bit is set here. Borrows of the subtractions only run upwards, so the lowest hit is exact. */
static inline uint32_t scalar_specials(const char *at)
{
        const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
        uint64_t word;
        memcpy(&word, at, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        word = __builtin_bswap64(word);
#endif
        uint64_t quote = word ^ ones * '"', backslash = word ^ ones * '\\';
        uint64_t hits = ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) | ((word - ones * ' ') & ~word) | word;
        hits &= tops;
        return hits ? (uint32_t)1 << (__builtin_ctzll(hits) / 8) : 0;
}

#include "engine_body.h"

const struct engine ENGINE_SCALAR = { "scalar", scalar_space, scalar_string, scalar_value };
