/* What a byte is, wherever it stands in a URL: the percent-encode sets of the standard (section 1.3), its forbidden hosts (3.1).
 */
#include "url_parts.h"

#define CONTROL (URL_C0 | URL_FRAGMENT | URL_QUERY | URL_SPECIAL_QUERY | URL_PATH | URL_PATH_STOP | URL_DOMAIN_FORBIDDEN)
#define SPACE   (URL_FRAGMENT | URL_QUERY | URL_SPECIAL_QUERY | URL_PATH | URL_PATH_STOP | HOST)
#define HOST    (URL_HOST_FORBIDDEN | URL_DOMAIN_FORBIDDEN)
#define HIGH    (URL_C0 | URL_FRAGMENT | URL_QUERY | URL_SPECIAL_QUERY | URL_PATH | URL_PATH_STOP)
#define FOUR(first, value)    [first] = (value), [(first) + 1] = (value), [(first) + 2] = (value), [(first) + 3] = (value)
#define SIXTEEN(first, value) FOUR(first, value), FOUR((first) + 4, value), FOUR((first) + 8, value), FOUR((first) + 12, value)
#define DIGIT   (URL_SCHEME | URL_HOST_PLAIN)

/* Classes are made of classes. NOLINTBEGIN(misc-redundant-expression) */
const uint16_t URL_CLASS[256] = {
        [0] = CONTROL | HOST, [1] = CONTROL, [2] = CONTROL, [3] = CONTROL, FOUR(4, CONTROL),
        [8] = CONTROL, ['\t'] = CONTROL | HOST, ['\n'] = CONTROL | HOST, [11] = CONTROL,
        [12] = CONTROL, ['\r'] = CONTROL | HOST, [14] = CONTROL, [15] = CONTROL,
        SIXTEEN(16, CONTROL),
        [' '] = SPACE,
        ['"'] = URL_FRAGMENT | URL_QUERY | URL_SPECIAL_QUERY | URL_PATH | URL_PATH_STOP,
        ['#'] = SPACE & ~URL_FRAGMENT,
        ['%'] = URL_DOMAIN_FORBIDDEN | URL_PATH_STOP,
        ['\''] = URL_SPECIAL_QUERY,
        ['+'] = URL_SCHEME,
        ['-'] = URL_SCHEME | URL_HOST_PLAIN,
        ['.'] = URL_SCHEME | URL_HOST_PLAIN | URL_PATH_STOP,
        ['/'] = HOST,
        FOUR('0', DIGIT), FOUR('4', DIGIT), ['8'] = DIGIT, ['9'] = DIGIT,
        [':'] = HOST,
        ['<'] = SPACE, ['>'] = SPACE,
        ['?'] = URL_PATH | URL_PATH_STOP | HOST,
        ['@'] = HOST,
        FOUR('A', URL_SCHEME), FOUR('E', URL_SCHEME), FOUR('I', URL_SCHEME), FOUR('M', URL_SCHEME), FOUR('Q', URL_SCHEME),
        FOUR('U', URL_SCHEME), ['Y'] = URL_SCHEME, ['Z'] = URL_SCHEME,
        ['['] = HOST, ['\\'] = HOST | URL_PATH_STOP, [']'] = HOST,
        ['^'] = URL_PATH | URL_PATH_STOP | HOST,
        ['`'] = URL_FRAGMENT | URL_PATH | URL_PATH_STOP,
        FOUR('a', DIGIT), FOUR('e', DIGIT), FOUR('i', DIGIT), FOUR('m', DIGIT), FOUR('q', DIGIT),
        FOUR('u', DIGIT), ['y'] = DIGIT, ['z'] = DIGIT,
        ['{'] = URL_PATH | URL_PATH_STOP, ['|'] = HOST, ['}'] = URL_PATH | URL_PATH_STOP,
        [0x7F] = CONTROL,
        SIXTEEN(0x80, HIGH), SIXTEEN(0x90, HIGH), SIXTEEN(0xA0, HIGH), SIXTEEN(0xB0, HIGH),
        SIXTEEN(0xC0, HIGH), SIXTEEN(0xD0, HIGH), SIXTEEN(0xE0, HIGH), SIXTEEN(0xF0, HIGH),
};
/* NOLINTEND(misc-redundant-expression) */
