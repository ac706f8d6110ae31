/* Undoing one escape of a string that scan_string() passed. */
#ifndef JSON_ESCAPE_H
#define JSON_ESCAPE_H
#include "base/utf8.h"

static inline uint32_t escape_hex(const char *at)
{
        uint32_t value = 0;
        for (unsigned i = 0; i < 4; i++)
                value = value << 4 | (at[i] <= '9' ? (uint32_t)(at[i] - '0') : (uint32_t)((at[i] | 0x20) - 'a' + 10));
        return value;
}

/* Writes the character that the escape at `at` stands for (at most 4 bytes, never more than the escape has) and moves *out
 * behind it; returns what is behind the escape, where a surrogate pair is one. */
static inline const char *escape_undo(const char *at, char **out)
{
        static const char MEANINGS[128] = {
                ['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t',
        };
        if (at[1] != 'u') {
                *(*out)++ = MEANINGS[at[1] & 0x7F];
                return at + 2;
        }
        uint32_t character = escape_hex(at + 2);
        at += 6;
        if (character >= 0xD800 && character <= 0xDBFF) {
                character = 0x10000 + ((character - 0xD800) << 10) + (escape_hex(at + 2) - 0xDC00);
                at += 6;
        }
        *out += utf8_encode(character, *out);
        return at;
}
#endif
