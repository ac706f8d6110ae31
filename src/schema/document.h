/* What the compiler works on: documents (taped), the resources and anchors in them, and the way out when something is wrong.
 * Lives while one schema is compiled. Failing jumps (longjmp) to schema_compile(), which owns everything that must be let go:
 * nothing between it and the fault holds memory outside the two arenas, the documents and the schema. */
#ifndef SCHEMA_DOCUMENT_H
#define SCHEMA_DOCUMENT_H
#include "json/tape.h"
#include "keyword.h"
#include "program.h"
#include <setjmp.h>

#define RESOURCES_MAX 1000
#define ANCHORS_MAX   2000

struct document {
        struct document *next;
        const char      *uri;              /* where it was fetched from */
        struct tape      tape;
        struct slice     text;
        struct node    **nodes;            /* by entry: its compiled form, once asked for */
        uint16_t        *resource_of;      /* by entry: number + 1 of the resource that the schema lies in; 0: no known schema */
};
struct anchor {
        struct anchor *next;
        struct slice   name;
        uint32_t       entry;
        bool           dynamic;
};
/* A schema with an identity of its own: a document, or a part of one with an $id. */
struct resource {
        struct resource *next;             /* the one before it in time */
        const char      *uri;              /* base URI, without fragment */
        struct document *document;
        uint32_t         entry;
        uint16_t         number;
        unsigned         draft, vocabularies;
        bool             recursive_anchor;
        struct anchor   *anchors;
};
struct node_work;
struct compiler {
        struct schema               *schema;
        struct schema               *place;        /* in the shelf, where the schema will lie; NULL: where it is */
        struct arena                *store;        /* where schema_take() takes from: the schema's, or the shelf's */
        size_t                       shelf_bytes;  /* of the shelf's that count as the schema's, also such as another took */
        const struct schema_options *options;
        struct error                *err;
        jmp_buf                      failed;
        struct arena_pool            pool;
        struct arena                 arena;        /* dies with the compile */
        struct node                 *spare;        /* nodes that lie side by side, not taken yet */
        size_t                       spare_count;
        struct document             *documents;    /* the newest first */
        size_t                       document_count, node_count, anchor_count;
        size_t                       flat_names, merged_names;     /* see flatten.c, merge.c */
        double                       start;            /* CPU seconds of the thread */
        struct resource             *resources;
        uint16_t                     resource_count;
        struct node_work            *work, **work_end;     /* nodes not yet filled */
        struct node_work            *all_nodes;
        struct dynamic_work         *dynamics;
        struct pattern_scratch      *match;        /* for names that are known already */
};

/* Never returns: "line:column: /pointer: sentence" of an entry. */
_Noreturn void compile_fail(struct compiler *compiler, const struct document *document, uint32_t entry, const char *format, ...)
        __attribute__((format(printf, 4, 5)));
/* Fails when the compile has taken too long; called for every node. */
void compile_deadline(struct compiler *compiler);
/* Zeroed memory that lives as long as the schema (or its shelf, see share.c), or as the compile. Fails past the limit. */
void *schema_take(struct compiler *compiler, size_t size);
/* Bytes in the shelf that another schema took. Fails past the limit. */
void shelf_charge(struct compiler *compiler, size_t bytes);
/* The same: `count` pieces of 64 bytes, each in one line of the cache; one that is a node. */
void *schema_take_lines(struct compiler *compiler, size_t count);
struct node *schema_take_node(struct compiler *compiler);
/* A table of the texts, at least one, see names_init(); the list may be scratch, what it points to may not. */
struct names *schema_take_names(struct compiler *compiler, const struct slice *texts, uint32_t count);
void *scratch_take(struct compiler *compiler, size_t size);
/* The text of a string or key, escapes undone, for the schema's life; 16 zero bytes behind it. */
struct slice text_take(struct compiler *compiler, const struct document *document, uint32_t entry);

/* Tapes the text and finds its resources and anchors. `parent` (may be NULL) gives the draft when there is no $schema. On a
 * fault in the text it fails naming `uri`. */
struct document *document_add(struct compiler *compiler, struct slice text, const char *uri, const struct resource *parent);
/* The resource that the schema at the entry lies in; the entry need not be known as a schema yet. */
struct resource *resource_at(struct compiler *compiler, struct document *document, uint32_t entry);
struct resource *resource_find(struct compiler *compiler, const char *uri);
const struct anchor *anchor_find(const struct resource *resource, struct slice name);

/* What a reference means: the document is fetched when there is need. `ret_anchor` (may be NULL): the anchor it went by. */
struct target {
        struct document *document;
        uint32_t         entry;
        const struct resource *resource;
        const struct anchor   *anchor;     /* NULL: by JSON pointer or as a whole */
};
struct target reference_resolve(struct compiler *compiler, struct document *document, uint32_t entry,
                                const struct resource *base);

static inline uint8_t entry_kind(const struct document *document, uint32_t entry) { return document->tape.entries[entry].kind; }
static inline uint32_t entry_next(const struct document *document, uint32_t entry) { return document->tape.entries[entry].next; }
static inline uint32_t entry_count(const struct document *document, uint32_t entry)
{
        return document->tape.entries[entry].count;
}
/* Every member of an object entry: `key`, and key + 1 its value. Every element of an array entry. */
#define FOR_EACH_MEMBER(document, object, key) \
        for (uint32_t key = (object) + 1; (key) < entry_next(document, object); (key) = entry_next(document, (key) + 1))
#define FOR_EACH_ELEMENT(document, array, element) \
        for (uint32_t element = (array) + 1; (element) < entry_next(document, array); (element) = entry_next(document, element))
#endif
