/* Random patterns that are well-formed as often as not, and texts that they may match: for the fuzz target and for the
 * comparison with another engine. */
#ifndef TESTS_RANDOM_PATTERN_H
#define TESTS_RANDOM_PATTERN_H
#include "base/buffer.h"
#include "base/hash.h"

/* The first ones are known to the automaton, the others are not. */
#define ATOMS_REGULAR 42
static const char *const ATOMS[] = {
        "a", "b", "c", "é", "\U0001F432", ".", "[ab]", "[^a]", "[a-cé]", "\\d", "\\w", "\\s", "\\S", "[^]", "\\b", "\\B", "^",
        "$", "[\\w-]", "-", "1", "x", "\\u00e9", "[à-ÿ]", "[^\\u0100-\\u{1F432}]", "\\xe9", "[]", "[\\d\\s]", "[^\\W]", "\\cA",
        "\\0", "\\/", "\\ud83d\\udc32", "[\\ud83d\\udc32]", "\\t", "[\\b]", "[-a]", "[a-]", "\\P{Lu}", "\\p{L}", "[\\p{Nd}é]",
        "\\D",
        "(?=a)", "(?!b)", "(?<=c)", "(?<!é)", "(?=[^]b)", "(?<!\\w)", "(?<=a+b*)", "(?<!a.*)", "\\1", "\\2", "\\1", "(?<=\\1a)",
        "(?<=(.)(a|b))", "(?=(a+))", "(?!(a)\\1)", "\\k<n>",
};
static const char *const QUANTIFIERS[] = {
        "", "", "", "", "", "*", "+", "?", "{2}", "{0,2}", "{1,}", "*?", "+?", "{3,5}", "{0}", "{0,3}?", "??",
};
static const char *const GROUPS[] = { "(", "(?:", "(", "(?:", "(?<=", "(?=", "(?<!", "(?!" };
static const char *const LETTERS[] = {
        "a", "b", "c", "é", "1", "_", "-", " ", "\n", "x", "ÿ", "\u2028", "ab", "aaa", "A", "É", "\u00a0", "\U0001F432",
};

static inline const char *random_pick(struct random *random, const char *const *pieces, size_t count)
{
        return pieces[random_next(random) % count];
}

/* `regular`: without look-around and references. */
static inline void random_pattern(struct buffer *out, struct random *random, bool regular, unsigned depth)
{
        for (uint64_t pieces = random_next(random) % 5 + 1; pieces > 0; pieces--) {
                uint64_t choice = random_next(random) % 16;
                const char *piece = random_pick(random, ATOMS, regular ? ATOMS_REGULAR : COUNT_OF(ATOMS));
                bool assertion = *piece == '^' || *piece == '$' || strncmp(piece, "(?", 2) == 0 || strcmp(piece, "\\b") == 0 ||
                                 strcmp(piece, "\\B") == 0;
                if (choice < 4 && depth < 3) {
                        piece = random_pick(random, GROUPS, regular ? 4 : COUNT_OF(GROUPS));
                        assertion = strlen(piece) > 1 && piece[2] != ':';
                        buffer_add(out, slice_of(piece));
                        random_pattern(out, random, regular, depth + 1);
                        piece = ")";
                } else if (choice == 4) {
                        piece = "|";
                        assertion = true;
                }
                buffer_add(out, slice_of(piece));
                if (!assertion)
                        buffer_add(out, slice_of(random_pick(random, QUANTIFIERS, COUNT_OF(QUANTIFIERS))));
        }
}

static inline void random_text(struct buffer *out, struct random *random, bool astral)
{
        for (uint64_t letters = random_next(random) % 10; letters > 0; letters--)
                buffer_add(out, slice_of(random_pick(random, LETTERS, COUNT_OF(LETTERS) - !astral)));
}
#endif
