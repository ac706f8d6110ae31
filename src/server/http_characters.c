#include "http_characters.h"

/* T: token (RFC 9110, 5.6.2); U: target, visible ASCII without '#'; H: reg-name and port (RFC 3986); X: text of a field value */
#define T CHARACTER_TOKEN
#define U CHARACTER_TARGET
#define H CHARACTER_HOST
#define X CHARACTER_TEXT
const unsigned char HTTP_CHARACTERS[256] = {
        ['\t'] = X,
        [' '] = X,
        ['A' ... 'Z'] = T | U | H | X,
        ['a' ... 'z'] = T | U | H | X,
        ['0' ... '9'] = T | U | H | X,
        ['!'] = T | U | H | X,
        ['"'] = U | X,
        ['#'] = T | X,
        ['$'] = T | U | H | X,
        ['%'] = T | U | H | X,
        ['&'] = T | U | H | X,
        ['\''] = T | U | H | X,
        ['('] = U | H | X,
        [')'] = U | H | X,
        ['*'] = T | U | H | X,
        ['+'] = T | U | H | X,
        [','] = U | H | X,
        ['-'] = T | U | H | X,
        ['.'] = T | U | H | X,
        ['/'] = U | X,
        [':'] = U | X,
        [';'] = U | H | X,
        ['<'] = U | X,
        ['='] = U | H | X,
        ['>'] = U | X,
        ['?'] = U | X,
        ['@'] = U | X,
        ['['] = U | X,
        ['\\'] = U | X,
        [']'] = U | X,
        ['^'] = T | U | X,
        ['_'] = T | U | H | X,
        ['`'] = T | U | X,
        ['{'] = U | X,
        ['|'] = T | U | X,
        ['}'] = U | X,
        ['~'] = T | U | H | X,
        [128 ... 255] = X,
};
