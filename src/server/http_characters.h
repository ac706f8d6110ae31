/* Classes of characters that HTTP names: one table for parser, framing and the small grammars beside them. */
#ifndef SERVER_HTTP_CHARACTERS_H
#define SERVER_HTTP_CHARACTERS_H
#include <stdbool.h>

enum { CHARACTER_TOKEN = 1, CHARACTER_TARGET = 2, CHARACTER_HOST = 4, CHARACTER_TEXT = 8 };
extern const unsigned char HTTP_CHARACTERS[256];

static inline bool character_is(char c, unsigned kind)
{
        return HTTP_CHARACTERS[(unsigned char)c] & kind;
}
#endif
