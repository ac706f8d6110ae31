/* "Did you mean ...?": the known word that is nearest to an unknown one. */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H
#include "base/base.h"

#define SUGGEST_LONGEST 64         /* longer words, asked for or offered, are never near */

struct suggestion {
        struct slice word;         /* the unknown one */
        struct slice best;         /* the nearest offer so far; data NULL: none was near enough */
        size_t       distance;     /* of best; before the first, one more than is near enough */
        uint32_t     letters;      /* of the word, as bits */
};
void suggestion_init(struct suggestion *suggestion, struct slice word);
/* The same, where `most` edits are near enough, whatever the word's length. */
void suggestion_init_within(struct suggestion *suggestion, struct slice word, size_t most);
/* Keeps the offer when it is nearer than all before it. Distance: insertions, deletions, replacements and swaps of
 * neighbours, without regard to ASCII case; near enough is one for every three letters of the word, at least one, where
 * suggestion_init() began. */
void suggestion_offer(struct suggestion *suggestion, struct slice offer);
#endif
