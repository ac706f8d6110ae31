/* The engine of newer x86-64: thirty-two bytes at a time. Called only where the processor has AVX2 (scan.c asks). */
#ifdef __x86_64__
#include <immintrin.h>
#define ENGINE(name) avx2_##name
#define ENGINE_TARGET __attribute__((target("avx2,bmi")))
#define ENGINE_BLOCK 32
#include "engine.h"

ENGINE_TARGET static inline uint32_t avx2_specials(const char *at)
{
        __m256i block = _mm256_loadu_si256((const __m256i *)(const void *)at);
        __m256i hits = _mm256_or_si256(_mm256_cmpeq_epi8(block, _mm256_set1_epi8('"')),
                                       _mm256_cmpeq_epi8(block, _mm256_set1_epi8('\\')));
        /* Signed: bytes from 0x80 on are below the space, too. */
        hits = _mm256_or_si256(hits, _mm256_cmpgt_epi8(_mm256_set1_epi8(' '), block));
        return (uint32_t)_mm256_movemask_epi8(hits);
}

#include "engine_body.h"

const struct engine ENGINE_AVX2 = { "avx2", avx2_space, avx2_string, avx2_value };
#else
typedef int engine_avx2_is_empty;
#endif
