#include "document.h"
#include "base/buffer.h"
#include "uri.h"
#include <stdarg.h>

#define NODES_AT_ONCE 8
_Static_assert(sizeof(struct node) == CACHE_LINE && CACHE_LINE % sizeof(struct name) == 0, "each in one line");

/* The JSON pointer of an entry: from the root down to the entry that holds it. */
static void pointer_write(struct buffer *out, const struct document *document, uint32_t entry)
{
        uint32_t at = 0;
        while (at < entry && entry_kind(document, at) >= TAPE_ARRAY) {
                bool object = entry_kind(document, at) == TAPE_OBJECT;
                uint32_t child = at + 1, index = 0;
                while (child < entry_next(document, at)) {
                        uint32_t value = child + object;
                        if (entry < entry_next(document, value))
                                break;
                        child = entry_next(document, value);
                        index++;
                }
                if (object) {
                        struct slice key = tape_raw(&document->tape, child);
                        buffer_format(out, "/%.*s", (int)(key.size > 62 ? 60 : key.size - 2), key.data + 1);
                } else {
                        buffer_format(out, "/%u", index);
                }
                if (child == entry && object)
                        break;
                at = child + object;
        }
}

_Noreturn void compile_fail(struct compiler *compiler, const struct document *document, uint32_t entry, const char *format, ...)
{
        char place[200], sentence[300];
        struct buffer pointer;
        buffer_wrap(&pointer, place, sizeof(place) - 1);
        pointer_write(&pointer, document, entry);
        place[pointer.size] = '\0';
        va_list args;
        va_start(args, format);
        (void)vsnprintf(sentence, sizeof(sentence), format, args);
        va_end(args);
        size_t line, column;
        scan_position(document->text, tape_raw(&document->tape, entry).data, &line, &column);
        bool other = document->next != NULL;       /* not the first one: say which */
        (void)error_set(compiler->err, "%s%s%zu:%zu: %s%s%s", other ? document->uri : "", other ? ":" : "", line, column, place,
                        pointer.size ? ": " : "", sentence);
        longjmp(compiler->failed, 1);
}

static _Noreturn void memory_fail(struct compiler *compiler)
{
        (void)error_set(compiler->err, "the schema needs more than %u MiB of memory", SCHEMA_MEMORY_MAX >> 20);
        longjmp(compiler->failed, 1);
}

void shelf_charge(struct compiler *compiler, size_t bytes)
{
        compiler->shelf_bytes += bytes;
        if (compiler->shelf_bytes + compiler->schema->arena.taken > SCHEMA_MEMORY_MAX)
                memory_fail(compiler);
}

void *schema_take(struct compiler *compiler, size_t size)
{
        shelf_charge(compiler, compiler->store == &compiler->schema->arena ? 0 : (size + 15) & ~(size_t)15);
        void *piece = arena_take(compiler->store, size);
        if (!piece)
                memory_fail(compiler);
        return memset(piece, 0, size);
}

void *schema_take_lines(struct compiler *compiler, size_t count)
{
        char *piece = schema_take(compiler, count * CACHE_LINE + CACHE_LINE - 1);
        return piece + (-(uintptr_t)piece & (CACHE_LINE - 1));
}

struct node *schema_take_node(struct compiler *compiler)
{
        if (compiler->spare_count == 0)
                compiler->spare = schema_take_lines(compiler, compiler->spare_count = NODES_AT_ONCE);
        compiler->spare_count--;
        return compiler->spare++;
}

struct names *schema_take_names(struct compiler *compiler, const struct slice *texts, uint32_t count)
{
        struct names *names = schema_take(compiler, sizeof(*names));
        struct slice *kept = schema_take(compiler, count * sizeof(*kept));
        struct name *rows = schema_take_lines(compiler, lines_of(count * sizeof(*rows)));
        memcpy(kept, texts, count * sizeof(*kept));
        names_init(names, kept, rows, count, schema_take(compiler, names_slots(count) * sizeof(uint16_t)));
        return names;
}

void *scratch_take(struct compiler *compiler, size_t size)
{
        void *piece = arena_take(&compiler->arena, size);
        if (!piece) {
                (void)error_set(compiler->err, "the schema needs too much memory while it is compiled");
                longjmp(compiler->failed, 1);
        }
        return memset(piece, 0, size);
}

struct slice text_take(struct compiler *compiler, const struct document *document, uint32_t entry)
{
        struct slice raw = tape_raw(&document->tape, entry);
        char *text = schema_take(compiler, raw.size + 16);
        size_t size = scan_unescape(raw, text);
        memset(text + size, 0, raw.size + 16 - size);
        return (struct slice){ text, size };
}

static char *scratch_text(struct compiler *compiler, const struct document *document, uint32_t entry)
{
        struct slice raw = tape_raw(&document->tape, entry);
        char *text = scratch_take(compiler, raw.size + 1);
        text[scan_unescape(raw, text)] = '\0';
        return text;
}

static uint32_t keyword_entry(const struct document *document, uint32_t object, const char *name, enum tape_kind kind)
{
        if (entry_kind(document, object) != TAPE_OBJECT)
                return 0;
        uint32_t entry = tape_member(&document->tape, object, slice_of(name));
        return entry && entry_kind(document, entry) == kind ? entry : 0;
}

struct resource *resource_find(struct compiler *compiler, const char *uri)
{
        for (struct resource *resource = compiler->resources; resource; resource = resource->next)
                if (strcmp(resource->uri, uri) == 0)
                        return resource;
        return NULL;
}

const struct anchor *anchor_find(const struct resource *resource, struct slice name)
{
        for (const struct anchor *anchor = resource->anchors; anchor; anchor = anchor->next)
                if (slice_equal(anchor->name, name))
                        return anchor;
        return NULL;
}

static struct resource *resource_by_number(struct compiler *compiler, uint16_t number)
{
        struct resource *resource = compiler->resources;
        while (resource->number != number)
                resource = resource->next;
        return resource;
}

/* ---- drafts and vocabularies ---- */
/* A custom metaschema: its own `$schema` tells the draft, its `$vocabulary` what is to be looked at. */
static void dialect_custom(struct compiler *compiler, struct document *document, uint32_t entry, struct resource *resource)
{
        static const unsigned HOPS_MAX = 8;
        struct target meta = { .document = document, .entry = entry };
        for (unsigned hop = 0; resource->draft == 0; hop++) {
                const char *uri = scratch_text(compiler, meta.document, meta.entry);
                resource->draft = draft_find(slice_of(uri));
                if (resource->draft)
                        return;
                struct resource nowhere = { .uri = resource->uri, .document = document, .draft = 2020,
                                            .vocabularies = VOCABULARY_ALL };
                meta = reference_resolve(compiler, meta.document, meta.entry, &nowhere);
                uint32_t own = keyword_entry(meta.document, meta.entry, "$schema", TAPE_STRING);
                if (!own || hop == HOPS_MAX)
                        compile_fail(compiler, document, entry, "the metaschema '%s' does not say which draft it follows", uri);
                uint32_t wanted = keyword_entry(meta.document, meta.entry, "$vocabulary", TAPE_OBJECT);
                if (hop == 0 && wanted) {
                        resource->vocabularies = VOCABULARY_CORE;
                        FOR_EACH_MEMBER(meta.document, wanted, key) {
                                const char *name = scratch_text(compiler, meta.document, key);
                                unsigned bits = vocabulary_find(slice_of(name));
                                bool must = entry_kind(meta.document, key + 1) == TAPE_TRUE;
                                if (!bits && must)
                                        compile_fail(compiler, document, entry, "the vocabulary '%s' is required but not known",
                                                     name);
                                resource->vocabularies |= bits;
                                if (must && strcmp(name, "https://json-schema.org/draft/2019-09/vocab/format") == 0)
                                        resource->vocabularies |= VOCABULARY_FORMAT_ASSERTED;
                        }
                }
                meta.entry = own;
        }
}

static void dialect_read(struct compiler *compiler, struct document *document, uint32_t entry, struct resource *resource)
{
        uint32_t schema = keyword_entry(document, entry, "$schema", TAPE_STRING);
        if (!schema)
                return;
        resource->draft = draft_find(slice_of(scratch_text(compiler, document, schema)));
        resource->vocabularies = VOCABULARY_ALL;
        if (!resource->draft)
                dialect_custom(compiler, document, schema, resource);
}

/* ---- resources and anchors ---- */
static struct resource *resource_add(struct compiler *compiler, struct document *document, uint32_t entry, const char *uri,
                                     const struct resource *parent)
{
        if (compiler->resource_count == RESOURCES_MAX)
                compile_fail(compiler, document, entry, "more than %d schemas with an identity of their own", RESOURCES_MAX);
        struct resource *resource = scratch_take(compiler, sizeof(*resource));
        *resource = (struct resource){ .uri = uri, .document = document, .entry = entry, .number = compiler->resource_count,
                                       .draft = parent->draft, .vocabularies = parent->vocabularies };
        dialect_read(compiler, document, entry, resource);
        resource->number = compiler->resource_count++;
        resource->next = compiler->resources;
        compiler->resources = resource;
        return resource;
}

static void anchor_add(struct compiler *compiler, struct resource *resource, uint32_t entry, uint32_t where, struct slice name,
                       bool dynamic)
{
        const struct anchor *same = anchor_find(resource, name);
        if (same && same->entry != entry)
                compile_fail(compiler, resource->document, where, "the anchor '%.*s' is there twice", SLICE_ARGS(name));
        if (compiler->anchor_count++ == ANCHORS_MAX)
                compile_fail(compiler, resource->document, where, "more than %d anchors", ANCHORS_MAX);
        struct anchor *anchor = scratch_take(compiler, sizeof(*anchor));
        *anchor = (struct anchor){ .next = resource->anchors, .name = name, .entry = entry, .dynamic = dynamic };
        resource->anchors = anchor;
}

/* The resource of the schema object at the entry: a new one when it has an $id of its own. */
static struct resource *identity_read(struct compiler *compiler, struct document *document, uint32_t entry,
                                      struct resource *outer)
{
        bool old = outer->draft <= 7;
        uint32_t id = keyword_entry(document, entry, outer->draft == 4 ? "id" : "$id", TAPE_STRING);
        if (!id || (old && keyword_entry(document, entry, "$ref", TAPE_STRING)))
                return outer;
        char *text = scratch_text(compiler, document, id);
        if (old && text[0] == '#') {
                if (text[1])
                        anchor_add(compiler, outer, entry, id, slice_of(text + 1), false);
                return outer;
        }
        char *uri = uri_resolve(&compiler->arena, outer->uri, slice_of(text));
        BUG_IF(!uri);
        char *fragment = uri_cut_fragment(uri);
        if (entry != outer->entry || outer->document != document)
                outer = resource_add(compiler, document, entry, uri, outer);
        else
                outer->uri = uri;
        if (old && fragment && *fragment)
                anchor_add(compiler, outer, entry, id, slice_of(fragment), false);
        return outer;
}

static void index_schema(struct compiler *compiler, struct document *document, uint32_t entry, struct resource *outer);

static void index_children(struct compiler *compiler, struct document *document, uint32_t entry, struct resource *resource)
{
        if (entry_kind(document, entry) == TAPE_ARRAY) {
                FOR_EACH_ELEMENT(document, entry, element)
                        index_schema(compiler, document, element, resource);
        } else if (entry_kind(document, entry) == TAPE_OBJECT) {
                FOR_EACH_MEMBER(document, entry, key)
                        index_schema(compiler, document, key + 1, resource);
        }
}

static void index_keyword(struct compiler *compiler, struct document *document, uint32_t key, struct resource *resource)
{
        struct slice raw = tape_raw(&document->tape, key), name = { raw.data + 1, raw.size - 2 };
        enum keyword keyword = keyword_find(name, resource->draft);
        uint32_t value = key + 1;
        switch (keyword == KEYWORD_COUNT ? SHAPE_ANY : KEYWORDS[keyword].shape) {
        case SHAPE_SCHEMA:
                index_schema(compiler, document, value, resource);
                break;
        case SHAPE_SCHEMAS:
        case SHAPE_SCHEMA_MAP:
        case SHAPE_DEPENDENCIES:
                index_children(compiler, document, value, resource);
                break;
        case SHAPE_SCHEMA_OR_SCHEMAS:
                if (entry_kind(document, value) == TAPE_ARRAY)
                        index_children(compiler, document, value, resource);
                else
                        index_schema(compiler, document, value, resource);
                break;
        default:
                break;
        }
}

/* Notes which resource every schema of the subtree lies in. */
static void index_schema(struct compiler *compiler, struct document *document, uint32_t entry, struct resource *outer)
{
        if (document->resource_of[entry])
                return;
        if (entry_kind(document, entry) != TAPE_OBJECT) {
                document->resource_of[entry] = (uint16_t)(outer->number + 1);
                return;
        }
        struct resource *resource = identity_read(compiler, document, entry, outer);
        document->resource_of[entry] = (uint16_t)(resource->number + 1);
        uint32_t anchor = resource->draft >= 2019 ? keyword_entry(document, entry, "$anchor", TAPE_STRING) : 0;
        if (anchor)
                anchor_add(compiler, resource, entry, anchor, slice_of(scratch_text(compiler, document, anchor)), false);
        uint32_t dynamic = resource->draft == 2020 ? keyword_entry(document, entry, "$dynamicAnchor", TAPE_STRING) : 0;
        if (dynamic)
                anchor_add(compiler, resource, entry, dynamic, slice_of(scratch_text(compiler, document, dynamic)), true);
        if (resource->draft == 2019 && resource->entry == entry)
                resource->recursive_anchor = keyword_entry(document, entry, "$recursiveAnchor", TAPE_TRUE) != 0;
        FOR_EACH_MEMBER(document, entry, key)
                index_keyword(compiler, document, key, resource);
}

/* ---- documents ---- */
static _Noreturn void text_fail(struct compiler *compiler, const char *uri, struct slice text, const struct scan_error *fault)
{
        size_t line, column;
        scan_position(text, fault->where, &line, &column);
        bool other = compiler->document_count > 1;
        (void)error_set(compiler->err, "%s%s%zu:%zu: %s", other ? uri : "", other ? ":" : "", line, column, fault->message);
        longjmp(compiler->failed, 1);
}

static void document_tape(struct compiler *compiler, struct document *document, struct slice text)
{
        struct scan_limits limits = { SCHEMA_DEPTH_MAX, SIZE_MAX };
        struct scan_error fault = { .where = text.data, .message = "there is no text" };
        if (text.size > SCHEMA_TEXT_MAX) {
                fault.message = "the document is larger than 4 MiB";
                text_fail(compiler, document->uri, (struct slice){ text.data, 0 }, &fault);
        }
        const char *end = slice_end(text), *at = scan_space(text.data, end);
        if (at == end)
                text_fail(compiler, document->uri, text, &fault);
        const char *after = tape_value(&document->tape, at, end, &limits, &fault);
        if (!after)
                text_fail(compiler, document->uri, text, &fault);
        fault.where = scan_space(after, end);
        fault.message = "something follows the schema";
        if (fault.where != end)
                text_fail(compiler, document->uri, text, &fault);
}

struct document *document_add(struct compiler *compiler, struct slice text, const char *uri, const struct resource *parent)
{
        struct document *document = scratch_take(compiler, sizeof(*document));
        document->uri = uri;
        document->text = text;
        document->next = compiler->documents;
        tape_init(&document->tape, TAPE_LIMIT_MAX);
        compiler->documents = document;
        if (++compiler->document_count > SCHEMA_DOCUMENTS_MAX) {
                (void)error_set(compiler->err, "the schema refers to more than %d documents", SCHEMA_DOCUMENTS_MAX);
                longjmp(compiler->failed, 1);
        }
        document_tape(compiler, document, text);
        document->nodes = scratch_take(compiler, document->tape.count * sizeof(struct node *));
        document->resource_of = scratch_take(compiler, document->tape.count * sizeof(uint16_t));
        struct resource *resource = resource_add(compiler, document, 0, uri, parent);
        index_schema(compiler, document, 0, resource);
        return document;
}

/* Down from the nearest schema that is known: a pointer may lead to a place that no keyword makes a schema. */
struct resource *resource_at(struct compiler *compiler, struct document *document, uint32_t entry)
{
        uint16_t number = 0;
        if (document->resource_of[entry])
                return resource_by_number(compiler, (uint16_t)(document->resource_of[entry] - 1));
        for (uint32_t at = 0; at <= entry;) {
                if (document->resource_of[at])
                        number = (uint16_t)(document->resource_of[at] - 1);
                if (at == entry)
                        break;
                at++;
                while (entry_next(document, at) <= entry)
                        at = entry_next(document, at);
        }
        index_schema(compiler, document, entry, resource_by_number(compiler, number));
        return resource_by_number(compiler, (uint16_t)(document->resource_of[entry] - 1));
}
