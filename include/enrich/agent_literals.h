/* What every text that a regex matches must contain. Found by reading the regex, not by running it: where the syntax is more
 * than this knows (look-around, back-references, inline options), it knows nothing, which is slow but never wrong.
 *
 * Texts are taken between two sentinels, so that ^ and $ are literals, too. */
#ifndef ENRICH_AGENT_LITERALS_H
#define ENRICH_AGENT_LITERALS_H
#include "base/arena.h"

#define LITERAL_START '\x01'       /* before the text: what ^ matches */
#define LITERAL_END   '\x02'       /* behind it: what $ matches */
#define LITERAL_MIN   2            /* bytes; shorter ones are in every text */
#define LITERAL_MAX   12           /* bytes; what is longer is cut: a prefix says nearly as much */

static inline unsigned char literal_fold(unsigned char c) { return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c; }

/* Every matching text contains at least one of the items; written as in the regex, lower-case when its case does not matter. */
struct literal_clause {
        struct slice *items;
        size_t        count;
        struct literal_clause *next;
};
/* The clauses of a regex, in the arena; NULL: nothing is known. `nocase`: the regex disregards case. */
const struct literal_clause *literals_find(struct arena *arena, struct slice regex, bool nocase);

/* Rarity is judged on this many agents that everybody has. */
#define LITERAL_COMMON 6
/* The clause that the fewest of them satisfy (case disregarded), and at most `most`, other than `except` (may be NULL). NULL:
 * there is none. */
const struct literal_clause *literals_rarest(const struct literal_clause *clauses, const struct literal_clause *except,
                                             unsigned most);
/* True when one of them satisfies the clause only because case is disregarded: then it pays to look at the case. */
bool literals_case_tells(const struct literal_clause *clause);
#endif
