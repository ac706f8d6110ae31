#include "base/suggest.h"

static size_t least(size_t a, size_t b)
{
        return a < b ? a : b;
}

/* Optimal string alignment distance; both at most SUGGEST_LONGEST bytes. */
static size_t distance(struct slice a, struct slice b)
{
        size_t row[3][SUGGEST_LONGEST + 1];
        size_t *before = row[0], *above = row[1], *now = row[2];
        for (size_t j = 0; j <= b.size; j++)
                above[j] = j;
        for (size_t i = 1; i <= a.size; i++) {
                now[0] = i;
                for (size_t j = 1; j <= b.size; j++) {
                        char x = char_lower(a.data[i - 1]), y = char_lower(b.data[j - 1]);
                        now[j] = least(least(above[j], now[j - 1]) + 1, above[j - 1] + (x != y));
                        if (i > 1 && j > 1 && x == char_lower(b.data[j - 2]) && y == char_lower(a.data[i - 2]))
                                now[j] = least(now[j], before[j - 2] + 1);
                }
                size_t *oldest = before;
                before = above, above = now, now = oldest;
        }
        return above[b.size];
}

void suggestion_init(struct suggestion *suggestion, struct slice word)
{
        size_t near = word.size / 3 ? word.size / 3 : 1;
        *suggestion = (struct suggestion){ .word = word, .distance = near + 1 };
}

void suggestion_offer(struct suggestion *suggestion, struct slice offer)
{
        if (suggestion->word.size > SUGGEST_LONGEST || offer.size > SUGGEST_LONGEST || suggestion->word.size == 0)
                return;
        size_t far = distance(suggestion->word, offer);
        /* Everything replaced is no likeness: "ab" is not nearly "c". */
        if (far < suggestion->distance && far < offer.size) {
                suggestion->best = offer;
                suggestion->distance = far;
        }
}
