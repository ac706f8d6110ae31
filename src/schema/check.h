/* Inside the checker: what a worker keeps, and the checks of single values that both executors share.
 *
 * A check fails in one of two ways. *Softly*: the value violates a rule (reason schema_invalid); a keyword that tries branches
 * goes on with the next. *Hard*: the text is not JSON, is over a limit, or has a key twice; everything stops. */
#ifndef SCHEMA_CHECK_H
#define SCHEMA_CHECK_H
#include "json/scan_inline.h"
#include "json/tape.h"
#include "program.h"

/* The longest sentence of a complaint, in bytes. */
#define MESSAGE_MAX 300
/* Bytes that branches (anyOf, if, ...) may look at again, besides 64 for each byte of the value. */
#define RETRY_BYTES (4 << 20)
/* Schemas that may be open at a time on the way from the root: bounds the stack. */
#define NESTED_OPEN_MAX 4000

/* Schemas whose rules still lie near, presumably; a power of two. */
#define RECENT_SCHEMAS 16

/* An object's keys that its schema does not know: they may come twice, too. */
struct key_mark {
        uint64_t     hash;
        struct slice raw;                  /* with quotes */
        bool         escaped;
};
struct checker {
        struct scan_limits      limits;
        const char             *end;       /* of the text */
        size_t                  depth;     /* arrays and objects that are open */
        unsigned                nested;    /* schemas that are open on the way from the root */
        unsigned                quiet;     /* > 0: a branch is tried, nobody will read the complaint */
        int64_t                 retry_left;    /* bytes */
        uint64_t                recent[RECENT_SCHEMAS];    /* numbers of schemas that were checked lately */
        unsigned                surprises; /* names that were not the guessed ones */
        enum reason             reason;    /* why the walk failed */
        const char             *where;     /* the value that failed, or the byte that is not JSON */
        const char             *reached;   /* how far a container was walked that failed as a whole */
        const char             *keyword;
        char                    message[MESSAGE_MAX];      /* without its subject; NUL-terminated */
        struct scan_error       fault;
        struct key_mark        *keys;      /* a stack: those of the objects that are open */
        size_t                  key_count, key_capacity;
        struct slice           *items;     /* a stack: elements of arrays that must be unique */
        size_t                  item_count, item_capacity;
        uint64_t                seed;
        struct pattern_scratch *match;
        char                   *text;      /* a string with its escapes undone */
        size_t                  text_size;
        struct tape             tape;
        struct arena_pool       pool;
        struct arena            arena;     /* scratch of one check */
        bool                    use_tape;
};

/* Notes a violation; answers false. `where`: the start of the offending value or key. */
bool complain(struct checker *checker, const char *where, const char *keyword, const char *format, ...)
        __attribute__((format(printf, 4, 5), cold));
/* A hard failure with a sentence. */
bool stop(struct checker *checker, enum reason reason, const char *where, const char *message) __attribute__((cold));
/* A pattern took too many steps on the text. */
bool stop_pattern(struct checker *checker, const char *where, const char *keyword) __attribute__((cold));
/* The scanner's fault, noted as a hard failure; NULL. */
const char *stop_syntax(struct checker *checker) __attribute__((cold));
bool stop_at(struct checker *checker, const char *where, const char *message) __attribute__((cold));
bool complain_type(struct checker *checker, const char *where, unsigned wanted) __attribute__((cold));
/* Pointer and sentence of what was noted, in the arena. */
void complaint_write(const struct checker *checker, const char *start, struct arena *arena, struct complaint *ret_complaint);

/* ---- single values: raw text, known to be JSON and of a type that the node takes ---- */
bool check_string(struct checker *checker, const struct node *node, struct slice raw, bool escaped);
bool check_number(struct checker *checker, const struct node *node, struct slice raw);
/* enum and const of null, true, false, arrays and objects. */
bool check_value(struct checker *checker, const struct node *node, struct slice raw);
/* Size, required members and those that depend on others; `seen` has rules->words words. */
bool check_members(struct checker *checker, const struct object_rules *rules, const char *where, const uint64_t *seen,
                   size_t count);
bool check_count(struct checker *checker, const struct array_rules *rules, const char *where, size_t count);
bool check_contains(struct checker *checker, const struct array_rules *rules, const char *where, size_t count);
/* No two of the newest `count` elements on the stack are equal. */
bool check_unique(struct checker *checker, const char *where, size_t count);
bool complain_additional(struct checker *checker, const struct object_rules *rules, struct slice raw_key);
bool complain_refused(struct checker *checker, const struct member *member, const char *key) __attribute__((cold));
bool complain_name(struct checker *checker, const char *where);

/* The branch whose violation lies deepest in the value: the one that was meant, probably. */
struct nearest {
        const char *where;                 /* starts as the value's first byte: violations there say nothing */
        size_t      branch;
        bool        unique;
};
/* Notes the violation of a branch that was just tried. */
static inline void nearest_note(struct nearest *nearest, const struct checker *checker, size_t branch)
{
        if (checker->where == nearest->where)
                nearest->unique = false;
        if (checker->where > nearest->where)
                *nearest = (struct nearest){ checker->where, branch, true };
}
/* No branch took the value at `at`. True when just one is worth a closer look (nearest->branch): its complaint says more. */
bool complain_branches(struct checker *checker, const struct node_list *branches, const char *at, const char *keyword,
                       struct nearest *nearest);

/* The text of a raw string: a part of it, or unescaped into the checker's scratch (good until the next). */
struct slice text_of(struct checker *checker, struct slice raw, bool escaped);
/* False: stopped, as memory is out. */
bool item_push(struct checker *checker, struct slice raw);
bool key_push(struct checker *checker, struct slice raw, bool escaped);
/* The newest keys, from `first` on, are all different; takes them off. Else a hard failure at the second. */
bool keys_close(struct checker *checker, size_t first);

/* ---- the executors ---- */
/* Behind the value at `at` (not white space) when the node takes it; else NULL. */
const char *walk_value(struct checker *checker, const struct node *node, const char *at);
/* The same over a tape. */
const char *look_back(struct checker *checker, const struct node *node, const char *at);

/* walk.c to walk_combine.c and back: the value by the node's own rules; by what it combines, too; without a word about it. */
enum attempt { ATTEMPT_NO, ATTEMPT_YES, ATTEMPT_STOPPED };
const char  *walk_plain(struct checker *checker, const struct node *node, const char *at);
const char  *walk_combined(struct checker *checker, const struct node *node, const char *at);
enum attempt walk_attempt(struct checker *checker, const struct node *node, const char *at);
/* Pays for bytes that are walked again; false: there were too many. */
bool         retry_charge(struct checker *checker, const char *at, ptrdiff_t bytes);
/* For `return walk_failed(complain(...))`. */
static inline const char *walk_failed(bool answer)
{
        (void)answer;
        return NULL;
}
#endif
