/* Patterns: the engines judge each other. Input: a pattern, a line end, and texts, one a line; a line that begins with a byte
 * from 1 to 8 stands for a random pattern or text instead, so that the interesting part is reached soon. Formats get the
 * texts, too. */
#include "../suite/random_pattern.h"
#include "base/utf8.h"
#include "schema/format.h"
#include "schema/pattern_tree.h"

#define MUST(condition) do { if (!(condition)) abort(); } while (0)
#define LIMIT 5000

/* The line as it is, or what it asks for. On the heap, without a byte behind it. */
static struct slice line_take(const uint8_t **at, const uint8_t *end, bool pattern)
{
        const uint8_t *begin = *at, *stop = begin < end ? memchr(begin, '\n', (size_t)(end - begin)) : NULL;
        struct slice line = { (const char *)begin, (size_t)((stop ? stop : end) - begin) };
        struct buffer made;
        buffer_init(&made, 1 << 16);
        *at = stop ? stop + 1 : end;
        if (line.size > 1 && line.data[0] >= 1 && line.data[0] <= 8) {
                struct random random;
                random_init_fixed(&random, hash_bytes(line.data, line.size, 1));
                if (pattern)
                        random_pattern(&made, &random, line.data[0] <= 4, 0);
                else
                        random_text(&made, &random, true);
                line = buffer_slice(&made);
        }
        char *copy = malloc(line.size ? line.size : 1);
        MUST(copy);
        if (line.size)
                memcpy(copy, line.data, line.size);
        buffer_done(&made);
        return (struct slice){ copy, line.size };
}

/* What PCRE2 remembers of captures is not what the standard says: it is no judge of patterns with references. */
static bool is_judge(enum pattern_engine engine, struct slice ecma)
{
        return engine != PATTERN_BACKTRACKING || !memmem(ecma.data, ecma.size, "\\", 1) || !strpbrk(ecma.data, "k123456789");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const uint8_t *at = data, *end = data + size;
        struct slice line = line_take(&at, end, true);
        char *ecma_text = slice_copy(line);          /* ends with a NUL for strpbrk() */
        struct slice ecma = { ecma_text, line.size };
        struct error err = { .text = "" };
        struct pattern_scratch *scratch = pattern_scratch_new();
        struct pattern *engines[5] = { pattern_compile(line, LIMIT, &err) };
        bool valid = pattern_valid(line, &err);
        MUST(valid || (!engines[0] && err.text[0]));
        for (enum pattern_engine engine = PATTERN_RUNS; valid && engine <= PATTERN_RETRACING; engine++)
                if (is_judge(engine, ecma))
                        engines[engine + 1] = pattern_compile_with(engine, line, LIMIT, NULL);
        for (unsigned texts = 0; at < end && texts < 16; texts++) {
                struct slice text = line_take(&at, end, false);
                enum pattern_answer answers[5];
                for (size_t i = 0; format_at(i) && utf8_valid(text); i++)
                        (void)format_check(format_at(i), text);
                for (size_t i = 0; i < COUNT_OF(engines) && utf8_valid(text); i++) {
                        answers[i] = engines[i] ? pattern_match(engines[i], scratch, text) : PATTERN_LIMIT;
                        if (engines[i] && pattern_engine(engines[i]) < PATTERN_BACKTRACKING)
                                MUST(answers[i] != PATTERN_LIMIT);
                        for (size_t j = 0; j < i; j++)
                                MUST(answers[i] == PATTERN_LIMIT || answers[j] == PATTERN_LIMIT || answers[i] == answers[j]);
                }
                free((char *)(uintptr_t)text.data);
        }
        for (size_t i = 0; i < COUNT_OF(engines); i++)
                pattern_free(engines[i]);
        pattern_scratch_free(scratch);
        free(ecma_text);
        free((char *)(uintptr_t)line.data);
        return 0;
}
