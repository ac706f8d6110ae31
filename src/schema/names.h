/* A table of texts (member names, the strings of an enum) that is looked up on the hot path. Never changes once it is made, but
 * for a guess: which row is looked for next, as clients send their members in the same order. All workers share what they learn;
 * a guess is compared with the text before it is believed. */
#ifndef SCHEMA_NAMES_H
#define SCHEMA_NAMES_H
#include "base/base.h"
#include <stdatomic.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define NAME_HEAD 16
struct node;
/* All that a walk needs of a name that it has guessed, unless it is a long one: 32 bytes, two in a line of the cache. */
struct name {
        /* The text and a quote, zeros behind; or the first bytes of a longer text. */
        _Alignas(NAME_HEAD) char head[NAME_HEAD];
        const struct node *node;           /* a member's name: of its value, once the schema is finished; never NULL then */
        uint32_t           size;           /* bytes of the text */
        _Atomic uint16_t   next;           /* the row looked for after this one, + 1; 0: not known */
        bool               plain;          /* a JSON text may hold it as it is: no character of it must be escaped */
};
struct names {
        struct name       *rows;
        const struct slice *texts;         /* of the rows; escapes undone */
        uint32_t           count, mask;
        uint64_t           seed;
        const uint16_t    *slots;          /* mask + 1 of them: row + 1, or 0; linear probing */
        _Atomic uint16_t   first;          /* the row looked for before all others, + 1; 0: not known */
};
#define NAMES_NONE UINT32_MAX

/* A table of texts, all different, at most 65,534, which it keeps with as many rows and names_slots(count) slots, zeroed. */
uint32_t names_slots(uint32_t count);
void     names_init(struct names *names, const struct slice *texts, struct name *rows, uint32_t count, uint16_t *slots);

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

/* A bit for each of NAME_HEAD bytes that differs, the lowest for the first. */
static inline unsigned head_differs(const char *a, const char *b)
{
#if defined(__SSE2__)
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)a), y = _mm_loadu_si128((const __m128i *)(const void *)b);
        return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(x, y)) ^ 0xFFFF;
#else
        unsigned bits = 0;
        for (unsigned i = 0; i < NAME_HEAD; i++)
                bits |= (unsigned)(a[i] != b[i]) << i;
        return bits;
#endif
}

/* Whether the raw text at `at` (behind an opening quote, 16 readable bytes) is the name of that row, with its closing quote. How
 * long a text may be was asked by who made the guess: all checkers of a schema have the same limit. */
static inline bool name_is_next(const struct names *names, const struct name *name, const char *at, const char *end)
{
        size_t size = name->size;
        if (UNLIKELY(!name->plain || (size_t)(end - at) < size + 1))
                return false;
        if (LIKELY(size < NAME_HEAD))
                return (head_differs(at, name->head) & ((2u << size) - 1)) == 0;
        const char *text = names->texts[name - names->rows].data;
        size_t last = size - NAME_HEAD;
        return at[size] == '"' && head_differs(at, name->head) == 0 && head_differs(at + last, text + last) == 0 &&
               (size <= 2 * NAME_HEAD || memcmp(at + NAME_HEAD, text + NAME_HEAD, size - 2 * NAME_HEAD) == 0);
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
                if (name->size == size && memcmp(size < NAME_HEAD ? name->head : names->texts[row - 1].data, text, size) == 0)
                        return row - 1;
        }
}
#endif
