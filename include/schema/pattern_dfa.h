/* The deterministic automaton on its way from pattern_dfa.c (construction) to pattern_stepper.c (its compact form). */
#ifndef SCHEMA_PATTERN_DFA_H
#define SCHEMA_PATTERN_DFA_H
#include "schema/pattern_nfa.h"

#define STATE_DEAD  0          /* never matches any more */
#define STATE_MATCH 1          /* has matched, whatever follows */
struct dfa {
        uint8_t   classes[256];              /* of bytes */
        uint32_t  class_count, state_count;
        uint16_t *next;                      /* [state * class_count + class] */
        bool     *ends;                      /* [state]: a text may end here and matches */
        uint32_t  start;
};
/* False: more than PATTERN_STATES states, or too much work. The caller frees it either way. */
bool dfa_make(const struct nfa *nfa, struct dfa *ret_dfa);
void dfa_done(struct dfa *dfa);
#endif
