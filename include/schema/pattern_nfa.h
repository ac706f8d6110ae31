/* Engine 2 in three files: pattern_nfa.c makes a nondeterministic automaton over UTF-8 bytes of the tree (Thompson's way),
 * pattern_dfa.c makes it deterministic, pattern_stepper.c packs and runs it. */
#ifndef SCHEMA_PATTERN_NFA_H
#define SCHEMA_PATTERN_NFA_H
#include "schema/pattern_tree.h"

#define NFA_NODES_MAX 20000
#define NFA_EDGES_MAX 100000
#define NFA_NONE UINT32_MAX

enum nfa_kind {
        NFA_BYTES,         /* edges, one of which the next byte may take */
        NFA_SPLIT,         /* goes on at `to` and at `other` */
        NFA_START,         /* goes on at `to` where the text begins */
        NFA_END,           /* ... where it ends */
        NFA_EDGE,          /* ... where a word begins or ends */
        NFA_INSIDE,        /* ... where none does */
        NFA_ACCEPT,
};
struct nfa_edge {
        uint8_t  first, last;
        uint32_t to;
};
struct nfa_node {
        enum nfa_kind kind;
        uint32_t      to, other;
        uint32_t      edge, edges;      /* the first of them, and how many */
};
struct nfa {
        struct nfa_node *nodes;
        struct nfa_edge *edges;
        uint32_t         count, room, edge_count, edge_room;
        uint32_t         start;
        bool             has_edges;     /* \b or \B */
};
/* False: look-around, a back-reference, or too large. The caller frees it either way. */
bool nfa_make(const struct tree *tree, struct nfa *ret_nfa);
void nfa_done(struct nfa *nfa);
#endif
