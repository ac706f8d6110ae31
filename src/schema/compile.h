/* Inside the compiler: what its files share. One subschema is read in two steps: its keywords are gathered (and their shapes
 * checked) into a struct keywords, then the compile_*() of each kind of rule take what is theirs. */
#ifndef SCHEMA_COMPILE_H
#define SCHEMA_COMPILE_H
#include "document.h"

/* A node that was asked for. */
struct node_work {
        struct node_work *next;            /* in the queue of those that are not filled yet */
        struct node_work *before;          /* in the list of all */
        struct node      *node;
        struct document  *document;
        uint32_t          entry;
        bool              made;            /* not from a document: complete already */
};
/* A $dynamicRef whose candidates are known only when every document is there. */
struct dynamic_work {
        struct dynamic_work      *next;
        struct combine_rules     *combine;     /* has room for one more in `all` */
        const struct node        *fallback;
        const struct anchor      *anchor;      /* NULL: a $recursiveRef */
        size_t                    candidates;
        const struct node       **by_resource; /* RESOURCES_MAX, in the scratch arena */
};
struct keywords {
        struct compiler *compiler;
        struct document *document;
        struct resource *resource;
        uint32_t         entry;
        uint32_t         at[KEYWORD_COUNT];    /* entry of the value; 0: absent */
};
/* Checks that the value has the shape that the keyword demands; fails if not. */
void shape_check(const struct keywords *keywords, enum keyword keyword, uint32_t key);

/* The node of the schema at the entry; filled later, so that schemas may refer to themselves. */
struct node *node_at(struct compiler *compiler, struct document *document, uint32_t entry);
/* The node of the schema that the keyword has; NULL: the keyword is absent. */
static inline const struct node *keyword_node(const struct keywords *keywords, enum keyword keyword)
{
        return keywords->at[keyword] ? node_at(keywords->compiler, keywords->document, keywords->at[keyword]) : NULL;
}
/* All of the nodes at once (count of them, at least 1), as one node. */
const struct node *node_of_all(struct compiler *compiler, const struct node **nodes, size_t count, uint16_t resource);
/* The node becomes nothing but a reference. */
void node_refer(struct compiler *compiler, struct node *node, const struct node *to);

struct bound bound_read(const struct keywords *keywords, uint32_t entry);
size_t       count_read(const struct keywords *keywords, enum keyword keyword, size_t otherwise);
/* One pattern more, also if another schema made it; fails past the limit. */
void         pattern_charge(const struct keywords *keywords, uint32_t entry);
const struct pattern *pattern_read(const struct keywords *keywords, uint32_t entry, struct slice text);

const struct string_rules  *compile_strings(const struct keywords *keywords);
const struct number_rules  *compile_numbers(const struct keywords *keywords);
const struct value_rules   *compile_values(const struct keywords *keywords);
const struct array_rules   *compile_arrays(const struct keywords *keywords);
const struct object_rules  *compile_objects(const struct keywords *keywords);
const struct combine_rules *compile_combine(const struct keywords *keywords);

/* What the node says of a value that holds no other: types, strings, numbers, enum, const. */
void node_leaf_fill(const struct keywords *keywords, struct node *node);
/* When a schema of the shelf has a leaf of the same words already, or from now on: the node becomes a reference to it. */
bool leaf_share(const struct keywords *keywords, struct node *node);
/* Where nobody takes the short-cut: the nodes that only refer to a leaf become what it is. */
void leaves_unshare(struct compiler *compiler);

/* After all nodes are filled: short-cuts, loops, discriminators. */
void finish_all(struct compiler *compiler);
/* Strings whose number of bytes says enough. */
void node_plain_settle(struct node *node);
/* Whoever points to a node that only refers is led to where that points. */
void shorten_all(struct compiler *compiler);
/* Puts what a check will look at side by side, and notes where. */
void pack_all(struct compiler *compiler);
/* Turns unevaluatedProperties into additionalProperties where it can be told now which names are looked at. */
void flatten_node(struct compiler *compiler, struct node *node);
/* Takes the rules of schemas that always apply to the same object into the node. */
void merge_node(struct compiler *compiler, struct node *node);
const struct discriminator *discriminator_find(struct compiler *compiler, const struct node_list *branches);
/* `"a", "b" or 3` of raw JSON values (texts without quotes when `quote`), at most some 120 bytes; the schema's. */
struct slice list_for_people(struct compiler *compiler, const struct slice *items, size_t count);
#endif
