/* The scanner's common cases inline, for code that looks at every value of an event (the schema checker, the tape): white
 * space that is not there or one space, and strings that end within their first 32 bytes without anything special. All else
 * calls json/scan.h, and the answers are the same. Uses what every machine of the architecture has (SSE2 on x86-64). */
#ifndef JSON_SCAN_INLINE_H
#define JSON_SCAN_INLINE_H
#include "json/scan.h"
#if defined(__SSE2__) && !defined(SCAN_INLINE_PORTABLE)
#include <emmintrin.h>
#endif

/* Like scan_space(). */
static inline const char *scan_space_inline(const char *at, const char *end)
{
        if (LIKELY(at < end && (unsigned char)*at > ' '))
                return at;
        if (LIKELY(end - at >= 2 && *at == ' ' && (unsigned char)at[1] > ' '))
                return at + 1;
        return scan_space(at, end);
}

/* How many of the 32 bytes at `at` come before the first that is a quote, a backslash, a control character or not ASCII; 32:
 * all of them. */
static inline unsigned scan_plain_32(const char *at)
{
#if defined(__SSE2__) && !defined(SCAN_INLINE_PORTABLE)
        const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), space = _mm_set1_epi8(' ');
        __m128i low = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(at + 16));
        /* Signed: bytes from 0x80 on are below the space, too. */
        __m128i low_hit = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(low, quote), _mm_cmpeq_epi8(low, backslash)),
                                       _mm_cmplt_epi8(low, space));
        __m128i high_hit = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(high, quote), _mm_cmpeq_epi8(high, backslash)),
                                        _mm_cmplt_epi8(high, space));
        uint32_t hits = (uint32_t)_mm_movemask_epi8(low_hit) | (uint32_t)_mm_movemask_epi8(high_hit) << 16;
        return hits ? (unsigned)__builtin_ctz(hits) : 32;
#else
        unsigned count = 0;
        while (count < 32 && (unsigned char)at[count] >= ' ' && (unsigned char)at[count] < 0x80 && at[count] != '"' &&
               at[count] != '\\')
                count++;
        return count;
#endif
}

/* Like scan_string(). */
static inline const char *scan_string_inline(const char *at, const char *end, const struct scan_limits *limits,
                                             bool *ret_escaped, struct scan_error *err)
{
        if (LIKELY(end - at > 33)) {
                unsigned size = scan_plain_32(at + 1);
                if (LIKELY(size < 32 && at[1 + size] == '"' && size <= limits->string)) {
                        *ret_escaped = false;
                        return at + size + 2;
                }
        }
        return scan_string(at, end, limits, ret_escaped, err);
}

/* Like scan_number(): integers of at most 18 digits inline. */
static inline const char *scan_number_inline(const char *at, const char *end, struct scan_error *err)
{
        const char *digit = at + (*at == '-');
        if (LIKELY(end - digit > 19 && *digit >= '1' && *digit <= '9')) {
                const char *stop = digit + 18;
                do
                        digit++;
                while (digit < stop && *digit >= '0' && *digit <= '9');
                if (LIKELY((*digit < '0' || *digit > '9') && *digit != '.' && (*digit | 0x20) != 'e'))
                        return digit;
        }
        return scan_number(at, end, err);
}
#endif
