/* Escapes and classes of patterns: ECMA-262, 22.2.1, with the parameter UnicodeMode. */
#include "schema/pattern_parse.h"
#include "base/utf8.h"

/* Exactly `count` digits; the parser stands behind them. */
static bool parse_hex(struct parser *parser, unsigned count, uint32_t *ret_number)
{
        uint32_t number = 0;
        if ((size_t)(parser->end - parser->at) < count)
                return false;
        for (unsigned i = 0; i < count; i++) {
                int digit = char_hex(parser->at[i]);
                if (digit < 0)
                        return false;
                number = number * 16 + (uint32_t)digit;
        }
        parser->at += count;
        *ret_number = number;
        return true;
}

/* Behind "\u": XXXX, a pair of surrogates as two escapes, or {X...}. */
static bool parse_unicode(struct parser *parser, uint32_t *ret_character)
{
        const char *begin = parser->at - 2;
        if (!ecma_takes(parser, '{')) {
                uint32_t low;
                if (!parse_hex(parser, 4, ret_character))
                        return ecma_fail(parser, begin, "'\\u' needs four hexadecimal digits, or {...}");
                const char *behind = parser->at;
                if (*ret_character < 0xD800 || *ret_character > 0xDBFF || !ecma_takes(parser, '\\') || !ecma_takes(parser, 'u') ||
                    !parse_hex(parser, 4, &low) || low < 0xDC00 || low > 0xDFFF)
                        parser->at = behind;
                else
                        *ret_character = 0x10000 + ((*ret_character - 0xD800) << 10) + (low - 0xDC00);
                return true;
        }
        uint32_t number = 0, digit;
        if (!parse_hex(parser, 1, &number))
                return ecma_fail(parser, begin, "'\\u{' needs a hexadecimal number");
        while (parse_hex(parser, 1, &digit)) {
                number = number * 16 + digit;
                if (number > CODE_POINT_MAX)
                        return ecma_fail(parser, begin, "there is no code point above 10FFFF");
        }
        if (!ecma_takes(parser, '}'))
                return ecma_fail(parser, begin, "'\\u{' has no '}'");
        *ret_character = number;
        return true;
}

/* Behind "\p" or "\P". */
static bool parse_property(struct parser *parser, bool inverted, struct charset *set)
{
        const char *begin = parser->at - 2;
        const char *close = parser->at < parser->end ? memchr(parser->at, '}', (size_t)(parser->end - parser->at)) : NULL;
        if (!close || *parser->at != '{')
                return ecma_fail(parser, begin, "'\\%c' needs a property in braces", begin[1]);
        struct slice name = slice_between(parser->at + 1, close);
        parser->at = close + 1;

        size_t i = 0;
        while (i < parser->properties_count && !slice_equal(parser->properties[i].name, name))
                i++;
        if (i == PROPERTIES_MAX)
                return ecma_fail(parser, begin, "more than %d different Unicode properties", PROPERTIES_MAX);
        if (i == parser->properties_count) {
                struct error why;
                struct charset *holds = parser->syntax_only ? NULL : &parser->properties[i].set;
                if (!charset_add_property(parser->arena, holds, name, &why))
                        return ecma_fail(parser, begin, "%s", why.text);
                parser->properties[i].name = name;
                parser->properties_count++;
        }
        struct charset copy = { 0 };
        if (!charset_add_all(parser->arena, &copy, &parser->properties[i].set))
                return ecma_full(parser);
        if (inverted && !charset_invert(parser->arena, &copy))
                return ecma_full(parser);
        return charset_add_all(parser->arena, set, &copy) || ecma_full(parser);
}

/* The character that a ControlEscape, \0, \cX, \xHH, \u or an escaped punctuation is. */
static bool parse_character_escape(struct parser *parser, uint32_t *ret_character)
{
        static const char CONTROLS[][2] = { { 'f', '\f' }, { 'n', '\n' }, { 'r', '\r' }, { 't', '\t' }, { 'v', '\v' } };
        const char *begin = parser->at - 1;
        uint32_t c = ecma_character(parser);
        for (size_t i = 0; i < COUNT_OF(CONTROLS); i++) {
                if (c == (uint32_t)CONTROLS[i][0]) {
                        *ret_character = (uint32_t)CONTROLS[i][1];
                        return true;
                }
        }
        char next = parser->at < parser->end ? *parser->at : '\0';
        if (c == 'u')
                return parse_unicode(parser, ret_character);
        if (c == 'x')
                return parse_hex(parser, 2, ret_character) || ecma_fail(parser, begin, "'\\x' needs two hexadecimal digits");
        if (c == 'c') {
                if ((next | 0x20) < 'a' || (next | 0x20) > 'z')
                        return ecma_fail(parser, begin, "'\\c' needs a letter");
                *ret_character = (uint32_t)(*parser->at++ & 0x1F);
                return true;
        }
        if (c == '0') {
                if (next >= '0' && next <= '9')
                        return ecma_fail(parser, begin, "octal escapes are not part of ECMA-262's unicode mode");
                *ret_character = 0;
                return true;
        }
        bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z', digit = c >= '0' && c <= '9';
        if (letter || digit || c <= 0x20 || c >= 0x7F)
                return ecma_fail(parser, begin, "'%.*s' is not an escape of ECMA-262", (int)(parser->at - begin), begin);
        *ret_character = c;
        return true;
}

bool ecma_escape(struct parser *parser, bool in_class, struct charset *set, uint32_t *ret_single)
{
        if (parser->at == parser->end)
                return ecma_fail(parser, parser->at - 1, "a backslash at the end");
        char c = *parser->at;
        *ret_single = UINT32_MAX;
        if (c && strchr("dDwWsS", c)) {
                parser->at++;
                return charset_add_named(parser->arena, set, c) || ecma_full(parser);
        }
        if (c == 'p' || c == 'P') {
                parser->at++;
                return parse_property(parser, c == 'P', set);
        }
        uint32_t character;
        if (in_class && c == 'b') {
                parser->at++;
                character = '\b';
        } else if (!parse_character_escape(parser, &character)) {
                return false;
        }
        *ret_single = character;
        /* A lone surrogate is a legal escape which no valid text contains. */
        if (character >= 0xD800 && character <= 0xDFFF)
                return true;
        return charset_add(parser->arena, set, character, character) || ecma_full(parser);
}

/* One end of a range, or a class escape (then `*ret_single` is UINT32_MAX). */
static bool parse_class_atom(struct parser *parser, struct charset *set, uint32_t *ret_single)
{
        if (ecma_takes(parser, '\\'))
                return ecma_escape(parser, true, set, ret_single);
        *ret_single = ecma_character(parser);
        return charset_add(parser->arena, set, *ret_single, *ret_single) || ecma_full(parser);
}

bool ecma_class(struct parser *parser, struct charset *ret_set)
{
        const char *begin = parser->at - 1;
        struct charset set = { 0 };
        bool inverted = ecma_takes(parser, '^');
        while (!ecma_takes(parser, ']')) {
                const char *atom = parser->at;
                uint32_t first = UINT32_MAX, last = UINT32_MAX;
                if (parser->at == parser->end)
                        return ecma_fail(parser, begin, "'[' has no ']'");
                if (!parse_class_atom(parser, &set, &first))
                        return false;
                if (parser->end - parser->at < 2 || parser->at[0] != '-' || parser->at[1] == ']')
                        continue;
                parser->at++;
                if (!parse_class_atom(parser, &set, &last))
                        return false;
                if (first == UINT32_MAX || last == UINT32_MAX)
                        return ecma_fail(parser, atom, "a class cannot be the end of a range (write '\\-' for a dash)");
                if (first > last)
                        return ecma_fail(parser, atom, "a range whose end comes before its start");
                if ((first < 0xD800 && !charset_add(parser->arena, &set, first, last < 0xD800 ? last : 0xD7FF)) ||
                    (last > 0xDFFF && !charset_add(parser->arena, &set, first > 0xDFFF ? first : 0xE000, last)))
                        return ecma_full(parser);
        }
        charset_normalise(&set);
        if (inverted && !charset_invert(parser->arena, &set))
                return ecma_full(parser);
        *ret_set = set;
        return true;
}
