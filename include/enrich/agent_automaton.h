/* Finds, in one pass over a text, every one of thousands of literals (Aho and Corasick, 1975), as bits: which rules have one
 * of their literals in it. A complete automaton: one table look-up a byte, no failure steps. Immutable, for all threads. */
#ifndef ENRICH_AGENT_AUTOMATON_H
#define ENRICH_AGENT_AUTOMATON_H
#include "enrich/agent_literals.h"

struct automaton_literal {
        struct slice text;         /* folded, with sentinels; at least LITERAL_MIN bytes */
        uint32_t     bit;          /* the bit that it sets */
        bool         whole;        /* must not be cut shorter */
};
struct automaton_mark { uint64_t mask; uint32_t word; };
struct automaton {
        uint16_t *next;            /* [state << shift | class]; AUTOMATON_MARKED: the target has marks */
        uint32_t *marks_of;        /* [state]: its first mark; [state + 1]: behind its last */
        struct automaton_mark *marks;
        uint8_t   class_of[256];
        unsigned  shift;
        size_t    longest;         /* bytes of the longest literal */
        size_t    states, words;   /* words of 64 bits that automaton_scan() needs */
};
#define AUTOMATON_MARKED 0x8000u

/* Of count literals with bits below `bits`. Where there are too many for 32,767 states, those that are not whole are cut shorter:
 * more bits are set than need be, never fewer. */
struct automaton *automaton_new(const struct automaton_literal *literals, size_t count, size_t bits);
void              automaton_free(struct automaton *automaton);
size_t            automaton_memory(const struct automaton *automaton);     /* bytes */
/* Sets the bits of every literal inside; `words` starts zeroed by the caller. */
void              automaton_scan(const struct automaton *automaton, struct slice text, uint64_t *words);
#endif
