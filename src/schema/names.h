/* A table of texts (member names, the strings of an enum) that is looked up on the hot path. Never changes once it is made. */
#ifndef SCHEMA_NAMES_H
#define SCHEMA_NAMES_H
#include "base/base.h"
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define NAME_HEAD 32
struct node;
/* 64 bytes: rows that start at a multiple of it (schema_take_lines()) lie in one line of the cache each, with all that a walk
 * that has guessed the name needs of it. */
struct name {
        char         head[NAME_HEAD];      /* the text and a quote, zeros behind; only when it fits */
        struct slice text;                 /* escapes undone; 16 readable bytes behind it */
        const struct node *node;           /* a member's name: of its value, once the schema is finished; never NULL then */
        bool         plain;                /* a JSON text may hold it as it is: no character of it must be escaped */
};
struct names {
        const struct name *rows;
        uint32_t           count, mask;
        uint64_t           seed;
        const uint16_t    *slots;          /* mask + 1 of them: row + 1, or 0; linear probing */
};
#define NAMES_NONE UINT32_MAX

/* A table over rows whose `text` is set, all different, at most 65,534, with names_slots(count) slots, zeroed. */
uint32_t names_slots(uint32_t count);
void     names_init(struct names *names, struct name *rows, uint32_t count, uint16_t *slots);

/* Never reads past the end of the text. */
static inline uint64_t name_hash(const char *text, size_t size, uint64_t seed)
{
        uint64_t a = 0, b = 0;
        if (size >= 8) {
                memcpy(&a, text, 8);
                memcpy(&b, text + size - 8, 8);
                for (size_t i = 8; i + 8 < size; i += 8) {
                        uint64_t word;
                        memcpy(&word, text + i, 8);
                        a = (a ^ word) * 0x9e3779b97f4a7c15u;
                        a ^= a >> 29;
                }
        } else if (size >= 4) {
                uint32_t low, high;
                memcpy(&low, text, 4);
                memcpy(&high, text + size - 4, 4);
                a = low, b = high;
        } else if (size > 0) {
                const unsigned char *at = (const unsigned char *)text;
                a = at[0] | (uint64_t)at[size / 2] << 8 | (uint64_t)at[size - 1] << 16;
        }
        unsigned __int128 product = (unsigned __int128)(a ^ seed) * (b ^ (size * 0xe7037ed1a0b428dbu + 0x8ebc6af09c88c6e3u));
        return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Whether the raw text at `at` (behind an opening quote, 32 readable bytes) is the name with its closing quote. */
static inline bool name_is_next(const struct name *name, const char *at, const char *end)
{
        size_t size = name->text.size + 1;
        if (UNLIKELY(!name->plain || (size_t)(end - at) < size))
                return false;
#if defined(__SSE2__)
        if (LIKELY(size <= 16)) {
                __m128i have = _mm_loadu_si128((const __m128i *)(const void *)at);
                __m128i want = _mm_loadu_si128((const __m128i *)(const void *)name->head);
                unsigned mask = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(have, want));
                return (~mask & ((1u << size) - 1)) == 0;
        }
        if (LIKELY(size <= NAME_HEAD)) {
                const __m128i *have = (const __m128i *)(const void *)at, *want = (const __m128i *)(const void *)name->head;
                uint64_t low = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128(have), _mm_loadu_si128(want)));
                uint64_t high = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128(have + 1), _mm_loadu_si128(want + 1)));
                return (~(low | high << 16) & (((uint64_t)1 << size) - 1)) == 0;
        }
#endif
        return at[size - 1] == '"' && memcmp(at, name->text.data, size - 1) == 0;
}

/* The row of the text (escapes undone), or NAMES_NONE. */
static inline uint32_t names_find(const struct names *names, const char *text, size_t size)
{
        uint64_t hash = name_hash(text, size, names->seed);
        for (uint32_t i = (uint32_t)hash & names->mask;; i = (i + 1) & names->mask) {
                uint32_t row = names->slots[i];
                if (row == 0)
                        return NAMES_NONE;
                const struct name *name = &names->rows[row - 1];
                if (name->text.size == size && memcmp(size < NAME_HEAD ? name->head : name->text.data, text, size) == 0)
                        return row - 1;
        }
}
#endif
