/* JSON Schema (drafts 04, 06, 07, 2019-09, 2020-12), compiled once and checked over raw bytes in one pass. Compiled schemas are
 * shared by all threads, and do not change but for a guess of which member comes next; a checker (scratch, match data) belongs to
 * one worker, and all checkers of a schema have the same limits.
 *
 * The draft is told by `$schema`: the standard's URIs (with or without an empty fragment, http or https), Iglu's
 * self-describing metaschema (draft-04), or the URI of a custom metaschema, which is resolved for its `$vocabulary`. Unknown
 * keywords are ignored; a known keyword whose value has the wrong type is an error. */
#ifndef SCHEMA_SCHEMA_H
#define SCHEMA_SCHEMA_H
#include "base/arena.h"
#include "base/base.h"
#include "event/event.h"

/* ---- compile ---- */
/* What a compile may take at most; more is an error. */
#define SCHEMA_TEXT_MAX       (4u << 20)   /* bytes of one document */
#define SCHEMA_DOCUMENTS_MAX  200          /* documents that one schema may pull in by $ref */
#define SCHEMA_NODES_MAX      50000        /* subschemas of all of them */
#define SCHEMA_MEMORY_MAX     (64u << 20)  /* bytes of the compiled form, patterns apart */
#define SCHEMA_PATTERNS_MAX   2000
#define SCHEMA_NAMES_MAX      10000        /* members that one object may declare */
#define SCHEMA_VALUES_MAX     20000        /* values of one enum */
#define SCHEMA_DEPTH_MAX      200          /* nesting of a document */

struct schema;             /* compiled */
/* What schemas that are compiled with it share: patterns of the same text, and values described in the same words. It also holds
 * what is asked of them most, close together. One thread at a time compiles; afterwards it changes no more than they do.
 * Dies after the last of them. */
struct shelf;
struct shelf *shelf_new(void);
void          shelf_free(struct shelf *shelf);             /* NULL is fine */

struct schema_options {
        bool     assert_format;            /* `format` rejects, whatever the draft says */
        unsigned default_draft;            /* 4, 6, 7, 2019 or 2020 when there is no $schema; 0: 2020 */
        uint32_t match_limit;              /* steps of the backtracking engine on one text; 0: 20,000 */
        /* Fetches the document of an absolute URI that a $ref or a custom $schema names (no fragment): JSON text that lives
         * until the compile ends, or data NULL. NULL: nothing outside the text itself can be referred to. Metaschemas are not
         * built in: a $ref to one asks here, too ($schema does not). */
        struct slice (*resolve)(void *context, const char *uri);
        void    *context;
        struct shelf *shelf;               /* NULL: the schema has all to itself */
};
/* NULL and an error "line:column: /pointer: sentence" (behind "uri:" when it lies in another document). `uri` is the base URI
 * ("" or NULL if none). Nothing of text or options is needed afterwards. */
struct schema *schema_compile(struct slice text, const char *uri, const struct schema_options *options, struct error *err);
void           schema_free(struct schema *schema);         /* NULL is fine; no checker is in it */
size_t         schema_bytes(const struct schema *schema);  /* memory held; patterns and what lies on a shelf apart */
unsigned       schema_draft(const struct schema *schema);  /* 4, 6, 7, 2019 or 2020 */

/* ---- check ---- */
struct checker;            /* a worker's; serves every schema */
struct checker_limits {
        size_t depth, string;              /* events.depth_limit (at most SCAN_DEPTH_MAX), events.string_limit */
};
struct checker *checker_new(const struct checker_limits *limits);
void            checker_free(struct checker *checker);

/* What was found. Only meaningful until the next check of the same checker, except what lies in the arena. */
struct verdict {
        enum reason reason;                /* REASON_none: valid */
        struct complaint complaint;        /* when not valid; its bytes lie in the arena or live for ever. `offset` counts from
                                            * the start of the value; schema, line and column are the caller's to fill in */
        const char *where;                 /* the byte at which it was seen */
};
/* Checks the JSON value that starts at `at` (after any white space). Returns the first byte behind the value when the text is
 * JSON, valid or not; NULL when it is not JSON or over a limit (verdict.where says where, complaint.message what). Never reads
 * values past `end`; READABLE_PADDING bytes behind `end` are readable. `schema` NULL: only the syntax and duplicate keys are
 * checked. The complaint is the first violation that was met (in the order of the bytes, but for keywords that must see a whole
 * value first). A key that comes twice in one object is REASON_json_duplicate_key wherever it lies, and the walk goes on. */
const char *schema_check(struct checker *checker, const struct schema *schema, const char *at, const char *end,
                         struct arena *arena, struct verdict *ret_verdict);
/* For tests: from now on every check goes over a tape (the executor of keywords that look back) instead of the bytes; both must
 * agree on what is valid. */
void checker_use_tape(struct checker *checker, bool tape);
#endif
