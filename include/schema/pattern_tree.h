/* What the parser of patterns gives to the engines: a tree. Private to src/schema/pattern*.c. Tree and sets lie in an arena
 * that dies when the pattern is compiled. */
#ifndef SCHEMA_PATTERN_TREE_H
#define SCHEMA_PATTERN_TREE_H
#include "base/arena.h"
#include "base/base.h"
#include "schema/pattern.h"

/* ---- sets of code points ---- */
#define CODE_POINT_MAX 0x10FFFFu
struct range {
        uint32_t first, last;                 /* both included */
};
/* Normal form: sorted, disjoint, neighbours joined. No surrogates: valid text has none. All-zero is the empty set. */
struct charset {
        struct range *ranges;
        size_t        count, room;
};
/* Adds to the end; the set is in normal form again after charset_normalise(). False: the arena is full. */
bool charset_add(struct arena *arena, struct charset *set, uint32_t first, uint32_t last);
bool charset_add_all(struct arena *arena, struct charset *set, const struct charset *other);
void charset_normalise(struct charset *set);
bool charset_invert(struct arena *arena, struct charset *set);                /* takes and gives normal form */
bool charset_has(const struct charset *set, uint32_t character);              /* normal form */
bool charset_overlaps(const struct charset *a, const struct charset *b);          /* normal form */

/* `\d`, `\w`, `\s`, their complements (capital letters), and '.' */
bool charset_add_named(struct arena *arena, struct charset *set, char name);
/* `\p{property}`: General_Category (value alone, too), Script, Script_Extensions and the binary properties by the names that
 * ECMA-262 lists, as of the Unicode version of PCRE2. False with an error: there is none such. `set` NULL: only the name is
 * checked, in microseconds instead of milliseconds. */
bool charset_add_property(struct arena *arena, struct charset *set, struct slice property, struct error *err);

/* Is it a RegExpIdentifierName, without escapes? */
bool charset_is_name(struct slice name);

/* ---- the tree ---- */
enum node_kind {
        NODE_SET,            /* one character of `set` */
        NODE_SEQUENCE,       /* children one after the other; none: the empty text */
        NODE_CHOICE,         /* one of the children, the first that fits */
        NODE_REPEAT,         /* the child, `min` to `max` times */
        NODE_GROUP,          /* the child, captured as `number` */
        NODE_START,          /* ^ */
        NODE_END,            /* $ */
        NODE_EDGE,           /* \b, or \B when `negative` */
        NODE_LOOK,           /* the child ahead, or `behind`; `negative`: not */
        NODE_BACK,           /* what the group `number` captured */
};
#define REPEAT_FOREVER UINT32_MAX
struct node {
        enum node_kind kind;
        bool           lazy, negative, behind;
        uint32_t       min, max, number;
        struct node   *child, *last, *next;   /* first and last child; the next sibling */
        struct charset     set;
};
#define GROUPS_MAX 1000                       /* captured ones */
struct tree {
        struct arena *arena;
        struct node  *root;
        uint32_t      groups;                 /* captures, numbered from 1 */
};
bool node_anchored(const struct node *node);      /* begins with ^ on every way through it */
bool node_refers(const struct node *node);        /* has a back-reference inside */
/* `ret_tree` NULL: only the syntax is checked, without looking up what properties hold. */
bool pattern_parse(struct arena *arena, struct slice ecma, struct tree *ret_tree, struct error *err);

/* ---- the engines: NULL when the pattern is none of theirs (3: with an error; 4: too large) ---- */
struct runs;
struct runs *runs_compile(const struct tree *tree);
void         runs_free(struct runs *runs);
bool         runs_match(const struct runs *runs, struct slice text);

struct stepper;
struct stepper *stepper_compile(const struct tree *tree);
void              stepper_free(struct stepper *stepper);
bool              stepper_match(const struct stepper *stepper, struct slice text);
size_t            stepper_states(const struct stepper *stepper);

struct backtracker;
struct backtracker *backtracker_compile(const struct tree *tree, uint32_t match_limit, struct error *err);
void                backtracker_free(struct backtracker *backtracker);
enum pattern_answer backtracker_match(const struct backtracker *backtracker, struct pattern_scratch *scratch, struct slice text);

struct retracer;
struct trail {                              /* its scratch; all-zero is fine */
        struct trail_entry *entries;
        uint32_t           *slots;
        size_t              count, room, slot_room;
};
struct retracer    *retracer_compile(const struct tree *tree, uint32_t match_limit);
void                retracer_free(struct retracer *self);
enum pattern_answer retracer_match(const struct retracer *self, struct trail *trail, struct slice text);
void                trail_done(struct trail *trail);

struct pattern_scratch {
        struct pcre2_scratch *pcre2;        /* made when first needed */
        struct trail          trail;
};
struct pcre2_scratch;
void pcre2_scratch_free(struct pcre2_scratch *scratch);                 /* NULL is fine */

/* The engines by force, so that tests can let them judge each other. NULL: it cannot serve this pattern. */
struct pattern *pattern_compile_with(enum pattern_engine engine, struct slice ecma, uint32_t match_limit, struct error *err);
#endif
