/* Regular expressions of JSON Schema: ECMA-262 (2024), section 22.2, in unicode mode ("u"), as the drafts recommend. A text is
 * a sequence of code points; `\d` and `\w` are ASCII, `\s` is the standard's white space, `.` does not match line ends. One
 * liberty (the standard's Annex B takes it, too): an escaped ASCII punctuation character is that character, `\-` as well as `\.`.
 * Not taken: flags, modifiers "(?i:...)" and class set operations (flag "v").
 *
 * Four engines, chosen when the pattern is compiled:
 *   1. runs: a sequence of classes with counts, each of which tells where it ends: compared directly, a fixed length by SIMD;
 *   2. a deterministic automaton over UTF-8 bytes, at most PATTERN_STATES states: one table look-up a byte;
 *   3. backtracking (PCRE2, JIT-compiled), for look-around, back-references and what is too large for the automaton, with a
 *      limit on its steps;
 *   4. retracing (our own), for references to or from inside repetitions and for look-behind of varying length, where PCRE2
 *      differs from the standard or gives up; with the same limit.
 * So a text costs linear time, or is answered PATTERN_LIMIT. */
#ifndef SCHEMA_PATTERN_H
#define SCHEMA_PATTERN_H
#include "base/base.h"

#define PATTERN_SIZE_MAX  65536      /* bytes of a pattern */
#define PATTERN_DEPTH_MAX 200        /* groups inside groups */
#define PATTERN_STATES    2000       /* of the automaton; larger ones go to engine 3 */

/* A compiled pattern: immutable, shared by all threads. */
struct pattern;
/* NULL, and an error with the offset in bytes, when it is not a regular expression of ECMA-262 or over one of the bounds.
 * `match_limit`: steps that engines 3 and 4 may take on one text (PCRE2's match limit). `ecma` is UTF-8 and may go afterwards. */
struct pattern *pattern_compile(struct slice ecma, uint32_t match_limit, struct error *err);
void            pattern_free(struct pattern *pattern);               /* NULL is fine */
/* The syntax only: the format "regex". */
bool            pattern_valid(struct slice ecma, struct error *err);

/* Memory that a match needs: one a worker, for all patterns. */
struct pattern_scratch;
struct pattern_scratch *pattern_scratch_new(void);
void                    pattern_scratch_free(struct pattern_scratch *scratch);      /* NULL is fine */

enum pattern_answer {
        PATTERN_NO,
        PATTERN_YES,
        PATTERN_LIMIT,       /* engine 3 or 4 was stopped by the match limit: nobody knows */
};
/* Does the pattern match somewhere in the text (it is not anchored by itself)? The text is valid UTF-8 with JSON's escapes
 * already resolved; it is never read past its end. */
enum pattern_answer pattern_match(const struct pattern *pattern, struct pattern_scratch *scratch, struct slice text);

/* Which engine serves it, the slowest when it was taken apart: for tests, benchmarks and `millrace check`. */
enum pattern_engine { PATTERN_RUNS, PATTERN_AUTOMATON, PATTERN_BACKTRACKING, PATTERN_RETRACING };
enum pattern_engine pattern_engine(const struct pattern *pattern);
/* True when the pattern is just "^literal" (or "^literal$": `ret_whole`), as in many patternProperties: the caller may compare
 * instead. The literal lives as long as the pattern. */
bool pattern_literal(const struct pattern *pattern, struct slice *ret_literal, bool *ret_whole);
#endif
