/* JSON Schema (drafts 04, 06, 07, 2019-09, 2020-12), compiled once and checked over raw bytes in one pass. Compiled schemas are
 * immutable and shared by all threads; a checker (scratch, prediction tables, match data) belongs to one worker. */
#ifndef SCHEMA_SCHEMA_H
#define SCHEMA_SCHEMA_H
#include "base/arena.h"
#include "base/base.h"
#include "event/event.h"

/* ---- compile ---- */
struct schema;             /* compiled */
struct schema_options {
        bool     assert_format;            /* `format` rejects, whatever the draft says */
        unsigned default_draft;            /* 4, 6, 7, 2019 or 2020 when there is no $schema; 0: 2020 */
        uint32_t match_limit;              /* steps of the backtracking engine on one text */
        /* Fetches the document of an absolute URI that a $ref names (no fragment): JSON text that lives until the compile
         * ends, or data NULL. NULL: only the standard's own metaschemas are known. */
        struct slice (*resolve)(void *context, const char *uri);
        void    *context;
};
/* NULL and an error with "line:column", the JSON pointer into the schema, and a sentence. `uri` is the base URI ("" if none). */
struct schema *schema_compile(struct slice text, const char *uri, const struct schema_options *options, struct error *err);
void           schema_free(struct schema *schema);

/* ---- check ---- */
struct checker;            /* a worker's; serves every schema */
struct checker_limits {
        size_t depth, string;              /* events.depth_limit, events.string_limit */
};
struct checker *checker_new(const struct checker_limits *limits);
void            checker_free(struct checker *checker);

/* What was found. Only meaningful until the next check of the same checker, except what lies in the arena. */
struct verdict {
        enum reason reason;                /* REASON_none: valid */
        struct complaint complaint;        /* when not valid; its bytes lie in the arena or live as long as the schema */
        const char *where;                 /* the byte at which it was seen */
};
/* Checks the JSON value that starts at `at` (after any white space). Returns the first byte behind the value when the text is
 * JSON, valid or not; NULL when it is not JSON or over a limit (verdict.where says where). Never reads values past
 * `end`; READABLE_PADDING bytes behind `end` are readable. `schema` NULL: only the syntax is checked.
 * The complaint is the first violation in the order of the bytes. */
const char *schema_check(struct checker *checker, const struct schema *schema, const char *at, const char *end,
                         struct arena *arena, struct verdict *ret_verdict);
#endif
