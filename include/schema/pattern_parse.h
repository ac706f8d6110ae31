/* The parser of patterns in two files: pattern_parse.c (the structure) and pattern_escape.c (escapes and classes). */
#ifndef SCHEMA_PATTERN_PARSE_H
#define SCHEMA_PATTERN_PARSE_H
#include "schema/pattern_tree.h"

#define PROPERTIES_MAX 32       /* different \p{} in a pattern: each costs milliseconds to look up */
struct parser {
        struct arena *arena;
        const char   *start, *at, *end;
        struct slice *names;              /* of groups, by number - 1; empty when it has none */
        uint32_t      groups, seen;       /* groups in the whole pattern, and up to here */
        unsigned      depth;
        bool          syntax_only;
        struct {
                struct slice name;
                struct charset   set;
        } properties[PROPERTIES_MAX];
        size_t        properties_count;
        struct error *err;
};
/* Writes "offset N: ..." and returns false. */
bool ecma_fail(struct parser *parser, const char *at, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool ecma_full(struct parser *parser);                                          /* the arena is */
static inline bool ecma_takes(struct parser *parser, char c)
{
        if (parser->at == parser->end || *parser->at != c)
                return false;
        parser->at++;
        return true;
}
uint32_t ecma_character(struct parser *parser);                                 /* the next one, which must be there */

/* Behind the '[': the class up to and with its ']', in normal form. */
bool ecma_class(struct parser *parser, struct charset *ret_set);
/* Behind the backslash: an escape that stands for a character or a class of them (not \b, \B, \k, \1). Adds it to the set;
 * `*ret_single` is the character, or UINT32_MAX for a class. */
bool ecma_escape(struct parser *parser, bool in_class, struct charset *set, uint32_t *ret_single);
#endif
