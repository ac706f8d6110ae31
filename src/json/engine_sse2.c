/* The engine of every x86-64: sixteen bytes at a time. Thirty-two (AVX2) were tried and lost: half the strings of an event are
 * shorter than that, and the calls between the two kinds of code cost more than the longer loads saved (bench_json: 348 ns an
 * event against 377 to 409). */
#ifdef __x86_64__
#include <emmintrin.h>
#define ENGINE(name) sse2_##name
#define ENGINE_BLOCK 16
#include "engine.h"

static inline uint32_t sse2_specials(const char *at)
{
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i hits = _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('"')), _mm_cmpeq_epi8(block, _mm_set1_epi8('\\')));
        /* Signed: bytes from 0x80 on are below the space, too. */
        hits = _mm_or_si128(hits, _mm_cmplt_epi8(block, _mm_set1_epi8(' ')));
        return (uint32_t)_mm_movemask_epi8(hits);
}

#include "engine_body.h"

const struct engine ENGINE_SSE2 = { "sse2", sse2_space, sse2_string, sse2_value };
#else
typedef int engine_sse2_is_empty;
#endif
