/* The compiled form of a schema: a graph of nodes, one a subschema, that both executors walk: walk*.c over the raw bytes,
 * look*.c over a tape. Everything here lies in the schema's arena and never changes after the compile, but for the guesses of
 * names.h. */
#ifndef SCHEMA_PROGRAM_H
#define SCHEMA_PROGRAM_H
#include "json/number.h"
#include "names.h"
#include "schema/format.h"
#include "schema/pattern.h"
#include "schema/schema.h"

/* Of a value; of what a node takes. A number that is whole is an integer only. */
enum type_bits {
        TYPE_NULL = 1, TYPE_BOOLEAN = 2, TYPE_INTEGER = 4, TYPE_FRACTION = 8, TYPE_STRING = 16, TYPE_ARRAY = 32, TYPE_OBJECT = 64,
        TYPE_NUMBER = TYPE_INTEGER | TYPE_FRACTION,
        TYPE_ANY = 127,
};
struct node;

struct string_rules {
        size_t                min, max;            /* characters */
        const struct pattern *pattern;             /* NULL: any text */
        struct slice          pattern_text;
        const struct format  *format;              /* NULL: not asserted */
};
struct bound {
        struct number number;                      /* its digits lie in `text` */
        struct slice  text;                        /* data NULL: there is no such bound */
        bool          exclusive;
};
struct number_rules {
        int64_t      least, most;                  /* both ends included; what the bounds say of small whole numbers */
        bool         whole_is_enough;              /* a small whole number is judged by least and most alone */
        struct bound low, high, multiple;
};
/* `enum` and `const`. */
struct value_rules {
        const struct value_rules *next;            /* a node may have both */
        const char               *keyword;
        const struct names       *strings;         /* NULL: no string among them */
        const struct slice       *others;          /* raw text of numbers, arrays, objects */
        size_t                    other_count;
        uint8_t                   types;           /* null and containers: is one among them? */
        bool                      yes, no;         /* true, false */
        struct slice              list;            /* for people: `"a", "b" or 3`, bounded */
};
/* A member name that the schema knows, with what holds for the member's value: decided when the schema is compiled, with
 * patternProperties and additionalProperties taken into account. Lies beside the row of the same index in `names`. */
struct member {
        const struct node *node;                   /* NULL: anything goes */
        bool               declared;               /* in `properties` */
        bool               evaluated;              /* properties, patternProperties or additionalProperties looked at it */
        const char        *refused_by;             /* when `node` is false and not the member's own: the keyword; else NULL */
};
struct member_pattern {
        const struct pattern *pattern;
        const struct node    *node;
};
struct dependency {
        uint32_t           trigger;                /* member */
        const uint64_t    *needs;                  /* members, as a bit set; NULL: none */
        const struct node *node;                   /* of the whole object; NULL: none */
        const char        *keyword;
};
struct object_rules {
        struct names                *names;        /* NULL: none */
        const struct member         *members;
        uint32_t                     member_count, words;      /* words: of a bit set of members */
        const uint64_t              *required;     /* NULL: none */
        const struct member_pattern *patterns;
        size_t                       pattern_count;
        const struct node           *additional;   /* NULL: anything goes, and it does not count as evaluated */
        const char                  *additional_keyword;   /* where it comes from */
        const struct node           *name;         /* propertyNames; NULL: any */
        const struct node           *unevaluated;  /* NULL: none */
        const struct dependency     *dependencies;
        size_t                       dependency_count;
        size_t                       min, max;
};
struct array_rules {
        const struct node *const *prefix;
        size_t                    prefix_count;
        const struct node        *rest;            /* NULL: anything goes, and it does not count as evaluated */
        const struct node        *contains;
        size_t                    contains_min, contains_max;
        bool                      contains_evaluates;  /* 2020-12: what matched counts as evaluated */
        bool                      unique;
        size_t                    min, max;
        const char               *rest_keyword;
        const struct node        *unevaluated;
};
struct node_list {
        const struct node *const *nodes;
        size_t                    count;
};
/* Branches of a oneOf or anyOf told apart by a member that can be one of few strings in each. */
struct discriminator {
        struct slice        key;
        const struct names *values;
        const uint32_t     *branch;                /* of each value */
        struct slice        list;                  /* for people */
};
/* $dynamicRef, $recursiveRef: the outermost resource of the dynamic scope that has the anchor. */
struct dynamic_ref {
        const struct node        *fallback;
        const struct node *const *by_resource;     /* resource_count of the schema; NULL entries: no such anchor there */
};
struct combine_rules {
        struct node_list          all;             /* allOf and $ref */
        struct node_list          any, one;
        const struct discriminator *any_by, *one_by;   /* NULL: try them all */
        const struct node        *not, *condition, *then, *otherwise;
        const struct dynamic_ref *dynamic;         /* dynamic_count of them */
        size_t                    dynamic_count;
};

/* How many schemas may apply to the same value, one through the other. */
#define NESTED_MAX 200

enum node_flags {
        NODE_LOOK_BACK   = 1,      /* its own keywords need a tape */
        NODE_COMBINE     = 2,      /* `combine` is there */
        NODE_NO_RULES    = 4,      /* nothing but `combine`, with at least one of `all`: the value itself needs no look */
        NODE_TEXT_INTEGER = 8,     /* draft-04: 1.0 is no integer */
        NODE_FALSE       = 16,     /* the schema `false` */
        NODE_MERGED      = 32,     /* the compiler was here */
        NODE_SHARED      = 64,     /* a leaf of the shelf (share.c) */
};
struct node {
        uint8_t  types;            /* enum type_bits; what passes */
        uint8_t  flags;
        uint16_t resource;         /* whose dynamic scope it belongs to */
        uint8_t  height;           /* nodes that look at the same value, one through the other: at most NESTED_MAX */
        uint32_t plain_least, plain_most;  /* a string that is as many bytes long passes by that alone; with an escape in it only
                                            * when least is 0. Most below least: none does */
        const struct object_rules  *object;
        const struct string_rules  *string;
        const struct number_rules  *number;
        const struct value_rules   *values;
        const struct array_rules   *array;
        const struct combine_rules *combine;
};

/* Takes everything. */
extern const struct node NODE_ANY;

/* What a check of a valid event looks at, nearly always, lies side by side behind the schema itself (pack.c): fetched all at once
 * when another schema was checked before, instead of one after the other when the walk comes by. */
#define CACHE_LINE 64
#define HOT_LINES  48
static inline size_t lines_of(size_t size) { return (size + CACHE_LINE - 1) / CACHE_LINE; }
/* Of them: fetched as soon as it is likely that the schema is the one, by schema_near(). */
#define NEAR_LINES 8

struct schema {
        struct arena_pool pool;
        struct arena      arena;           /* everything that is pointed to from here, but for what the shelf has */
        struct shelf     *shelf;           /* its own; NULL: that of the plan, or it has no pattern */
        size_t            pattern_count;   /* also of such as it shares */
        unsigned          draft;
        bool              shelved;         /* it lies in the shelf's arena itself */
        /* What an event's way asks of it: one line, in a shelf (pack.c). */
        const struct node *root;
        uint64_t          number;          /* unlike that of any other schema of the process, also of freed ones */
        const char       *hot;             /* hot_lines lines of the cache */
        uint32_t          hot_lines;
        bool              dynamic;         /* has a $dynamicRef that depends on the way taken: check it on the tape */
};

/* Where the lines begin that an event's way asks for first; fetches them. */
static inline const char *schema_near(const struct schema *schema) { return (const char *)&schema->root; }
static inline void schema_fetch_near(const char *near)
{
        for (size_t line = 0; line < NEAR_LINES; line++)
                __builtin_prefetch(near + line * CACHE_LINE);
}

static inline bool bit_get(const uint64_t *bits, size_t at) { return bits[at / 64] >> (at % 64) & 1; }
static inline void bit_set(uint64_t *bits, size_t at) { bits[at / 64] |= (uint64_t)1 << (at % 64); }
#endif
