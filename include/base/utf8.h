/* UTF-8 by RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H
#include "base/base.h"

/* Bytes of the well-formed character at `at` (1 to 4), or 0 when it is malformed or cut off by `end`. Never reads past end. */
static inline size_t utf8_length(const char *at, const char *end)
{
        const unsigned char *s = (const unsigned char *)at;
        size_t left = (size_t)(end - at);
        if (left == 0)
                return 0;
        if (s[0] < 0x80)
                return 1;
        if (s[0] < 0xC2 || s[0] > 0xF4)
                return 0;
        if (s[0] < 0xE0)
                return left >= 2 && (s[1] & 0xC0) == 0x80 ? 2 : 0;
        if (s[0] < 0xF0) {
                if (left < 3 || (s[1] & 0xC0) != 0x80 || (s[2] & 0xC0) != 0x80)
                        return 0;
                if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F))
                        return 0;
                return 3;
        }
        if (left < 4 || (s[1] & 0xC0) != 0x80 || (s[2] & 0xC0) != 0x80 || (s[3] & 0xC0) != 0x80)
                return 0;
        if ((s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F))
                return 0;
        return 4;
}
/* The character of `length` bytes (as utf8_length() answered, not 0). */
static inline uint32_t utf8_decode(const char *at, size_t length)
{
        const unsigned char *s = (const unsigned char *)at;
        switch (length) {
        case 1:  return s[0];
        case 2:  return (uint32_t)(s[0] & 0x1F) << 6 | (s[1] & 0x3F);
        case 3:  return (uint32_t)(s[0] & 0x0F) << 12 | (uint32_t)(s[1] & 0x3F) << 6 | (s[2] & 0x3F);
        default:
                return (uint32_t)(s[0] & 0x07) << 18 | (uint32_t)(s[1] & 0x3F) << 12 | (uint32_t)(s[2] & 0x3F) << 6 |
                       (s[3] & 0x3F);
        }
}
/* Writes the character (a valid scalar value) to out; returns its bytes, 1 to 4. */
size_t utf8_encode(uint32_t character, char out[4]);
bool   utf8_valid(struct slice text);
/* Valid text cut to at most `most` bytes, never inside a character. */
static inline struct slice utf8_cut(struct slice text, size_t most)
{
        if (text.size <= most)
                return text;
        while (most && ((unsigned char)text.data[most] & 0xC0) == 0x80)
                most--;
        return (struct slice){ text.data, most };
}
#endif
