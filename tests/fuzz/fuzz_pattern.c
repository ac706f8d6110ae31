/* Patterns: the engines judge each other. Input: a pattern, a line end, and texts, one a line; bytes 1 to 8 at the start of a
 * line choose a random but well-formed pattern or text, so that the interesting part is reached soon. Formats get the texts, too. */
#include "base/hash.h"
#include "base/utf8.h"
#include "schema/format.h"
#include "schema/pattern_tree.h"

#define MUST(condition) do { if (!(condition)) abort(); } while (0)
#define LIMIT     5000
#define TEXT_MAX  400

/* Pieces that random patterns are made of; "(" and "[" are closed by the writer. */
static const char *const ATOMS[] = {
        "a", "b", "c", "é", "\U0001F432", ".", "[ab]", "[^a]", "[a-cé]", "\\d", "\\w", "\\s", "\\S", "[^]", "\\b", "\\B", "^", "$", "[\\w-]",
        "-", "1", "x", "\\u00e9", "[à-ÿ]", "[^\\u0100-\\u{1F432}]", "",
};
static const char *const COUNTS[] = { "", "", "", "", "*", "+", "?", "{2}", "{0,2}", "{1,}", "*?", "+?", "{3,5}", "{0}" };
static const char *const LETTERS[] = { "a", "b", "c", "é", "\U0001F432", "1", "_", "-", " ", "\n", "x", "ÿ", "\u2028", "ab", "aaa" };

static size_t add(char *out, size_t size, const char *piece)
{
        size_t more = strlen(piece);
        if (size + more >= TEXT_MAX)
                return size;
        memcpy(out + size, piece, more);
        return size + more;
}

/* A group never opens where it could not be closed. */
static size_t write_pattern(char *out, size_t size, struct random *random, unsigned depth)
{
        unsigned pieces = (unsigned)(random_next(random) % 5) + 1;
        for (unsigned i = 0; i < pieces && size + 40 < TEXT_MAX; i++) {
                uint64_t choice = random_next(random) % 16;
                if (choice < 3 && depth < 4 && size + 100 < TEXT_MAX) {
                        static const char *const OPEN[] = { "(", "(?:", "(?:" };
                        size = add(out, size, OPEN[choice]);
                        size = write_pattern(out, size, random, depth + 1);
                        size = add(out, size, ")");
                        size = add(out, size, COUNTS[random_next(random) % COUNT_OF(COUNTS)]);
                } else if (choice == 3) {
                        size = add(out, size, "|");
                } else {
                        const char *atom = ATOMS[random_next(random) % COUNT_OF(ATOMS)];
                        bool assertion = !atom[0] || strcmp(atom, "\\b") == 0 || strcmp(atom, "\\B") == 0 || *atom == '^' || *atom == '$';
                        size = add(out, size, atom);
                        if (!assertion)
                                size = add(out, size, COUNTS[random_next(random) % COUNT_OF(COUNTS)]);
                }
        }
        return size;
}

static size_t write_text(char *out, struct random *random)
{
        size_t size = 0;
        for (uint64_t letters = random_next(random) % 12; letters > 0; letters--)
                size = add(out, size, LETTERS[random_next(random) % COUNT_OF(LETTERS)]);
        return size;
}

/* The line as it is, or what its first bytes ask for. On the heap, without a byte behind it. */
static struct slice line_take(const uint8_t **at, const uint8_t *end, bool pattern)
{
        const uint8_t *begin = *at, *stop = begin < end ? memchr(begin, '\n', (size_t)(end - begin)) : NULL;
        char made[TEXT_MAX];
        struct slice line = { (const char *)begin, (size_t)((stop ? stop : end) - begin) };
        *at = stop ? stop + 1 : end;
        if (line.size > 1 && line.data[0] >= 1 && line.data[0] <= 8) {
                struct random random;
                random_init_fixed(&random, hash_bytes(line.data, line.size, 1));
                line = (struct slice){ made, pattern ? write_pattern(made, 0, &random, 0) : write_text(made, &random) };
        }
        char *copy = malloc(line.size ? line.size : 1);
        MUST(copy);
        if (line.size)
                memcpy(copy, line.data, line.size);
        return (struct slice){ copy, line.size };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const uint8_t *at = data, *end = data + size;
        struct slice ecma = line_take(&at, end, true);
        struct error err = { .text = "" };
        struct pattern_scratch *scratch = pattern_scratch_new();
        struct pattern *engines[4] = { pattern_compile(ecma, LIMIT, &err) };
        bool valid = pattern_valid(ecma, &err);
        MUST(valid || (!engines[0] && err.text[0]));
        for (enum pattern_engine engine = PATTERN_RUNS; valid && engine <= PATTERN_BACKTRACKING; engine++)
                engines[engine + 1] = pattern_compile_with(engine, ecma, LIMIT, NULL);
        for (unsigned texts = 0; at < end && texts < 16; texts++) {
                struct slice text = line_take(&at, end, false);
                enum pattern_answer answers[4];
                for (size_t i = 0; format_at(i) && utf8_valid(text); i++)
                        (void)format_check(format_at(i), text);
                for (size_t i = 0; i < COUNT_OF(engines) && utf8_valid(text); i++) {
                        answers[i] = engines[i] ? pattern_match(engines[i], scratch, text) : PATTERN_LIMIT;
                        if (engines[i] && pattern_engine(engines[i]) != PATTERN_BACKTRACKING)
                                MUST(answers[i] != PATTERN_LIMIT);
                        for (size_t j = 0; j < i; j++)
                                MUST(answers[i] == PATTERN_LIMIT || answers[j] == PATTERN_LIMIT || answers[i] == answers[j]);
                }
                free((char *)(uintptr_t)text.data);
        }
        for (size_t i = 0; i < COUNT_OF(engines); i++)
                pattern_free(engines[i]);
        pattern_scratch_free(scratch);
        free((char *)(uintptr_t)ecma.data);
        return 0;
}
