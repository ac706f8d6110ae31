#include "base/suggest.h"

static size_t least(size_t a, size_t b)
{
        return a < b ? a : b;
}

/* Which letters occur, as bits. */
static uint32_t letters(struct slice text)
{
        uint32_t set = 0;
        for (size_t i = 0; i < text.size; i++)
                set |= UINT32_C(1) << (char_lower(text.data[i]) & 31);
        return set;
}

/* Whether fewer edits than `distance` may do, which takes less than counting them: each changes the length by one at most, brings
 * one letter that was not there, and takes one away. */
static bool may_be_near(const struct suggestion *suggestion, struct slice offer)
{
        size_t size = suggestion->word.size;
        if ((size > offer.size ? size - offer.size : offer.size - size) >= suggestion->distance)
                return false;
        uint32_t offered = letters(offer);
        return (size_t)__builtin_popcount(suggestion->letters & ~offered) < suggestion->distance &&
               (size_t)__builtin_popcount(offered & ~suggestion->letters) < suggestion->distance;
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
        suggestion_init_within(suggestion, word, word.size / 3 ? word.size / 3 : 1);
}

void suggestion_init_within(struct suggestion *suggestion, struct slice word, size_t most)
{
        *suggestion = (struct suggestion){ .word = word, .distance = most + 1 };
        if (word.size <= SUGGEST_LONGEST)
                suggestion->letters = letters(word);
}

void suggestion_offer(struct suggestion *suggestion, struct slice offer)
{
        if (suggestion->word.size > SUGGEST_LONGEST || offer.size > SUGGEST_LONGEST || suggestion->word.size == 0 ||
            !may_be_near(suggestion, offer))
                return;
        size_t far = distance(suggestion->word, offer);
        /* Everything replaced is no likeness: "ab" is not nearly "c". */
        if (far < suggestion->distance && far < offer.size) {
                suggestion->best = offer;
                suggestion->distance = far;
        }
}
