/* What every text that a regex matches must contain. Found by reading the regex, not by running it: where the syntax is more
 * than this knows (look-around, back-references, inline options), it knows nothing, which is slow but never wrong.
 *
 * Texts are taken lower-cased, between two sentinels, so that ^ and $ are literals, too. */
#ifndef ENRICH_AGENT_LITERALS_H
#define ENRICH_AGENT_LITERALS_H
#include "base/arena.h"

#define LITERAL_START '\x01'       /* before the text: what ^ matches */
#define LITERAL_END   '\x02'       /* behind it: what $ matches */
#define LITERAL_MIN   2            /* bytes; shorter ones are in every text */
#define LITERAL_MAX   12           /* bytes; what is longer is cut: a prefix says nearly as much */

static inline unsigned char literal_fold(unsigned char c) { return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c; }

/* Every matching text contains at least one of the items. */
struct literal_clause {
        struct slice *items;
        size_t        count;
        struct literal_clause *next;
};
/* The clauses of a regex, in the arena; NULL: nothing is known. */
const struct literal_clause *literals_find(struct arena *arena, struct slice regex);
/* The clause that the fewest texts satisfy, judged on a few agents that everybody has; NULL for NULL. */
const struct literal_clause *literals_rarest(const struct literal_clause *clauses);
#endif
