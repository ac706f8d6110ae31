/* Schema text → struct schema: the queue of subschemas, one after the other, then the finish. */
#include "compile.h"
#include <stdatomic.h>
#include <time.h>

/* CPU time that one compile may take. */
#define COMPILE_SECONDS 10

struct node *node_at(struct compiler *compiler, struct document *document, uint32_t entry)
{
        struct node *node = document->nodes[entry];
        if (node)
                return node;
        if (++compiler->node_count > SCHEMA_NODES_MAX)
                compile_fail(compiler, document, entry, "more than %d subschemas", SCHEMA_NODES_MAX);
        node = schema_take_node(compiler);
        struct node_work *work = scratch_take(compiler, sizeof(*work));
        *work = (struct node_work){ .before = compiler->all_nodes, .node = node, .document = document, .entry = entry };
        compiler->all_nodes = work;
        *compiler->work_end = work;
        compiler->work_end = &work->next;
        document->nodes[entry] = node;
        return node;
}

/* ---- one subschema ---- */
static uint8_t type_bits(struct slice raw)
{
        static const struct { struct slice raw; uint8_t bits; } TYPES[] = {
                { SLICE_INIT("\"string\""),  TYPE_STRING },  { SLICE_INIT("\"object\""), TYPE_OBJECT },
                { SLICE_INIT("\"integer\""), TYPE_INTEGER }, { SLICE_INIT("\"number\""), TYPE_NUMBER },
                { SLICE_INIT("\"boolean\""), TYPE_BOOLEAN }, { SLICE_INIT("\"array\""),  TYPE_ARRAY },
                { SLICE_INIT("\"null\""),    TYPE_NULL },
        };
        for (size_t i = 0; i < COUNT_OF(TYPES); i++)
                if (slice_equal(raw, TYPES[i].raw))
                        return TYPES[i].bits;
        return 0;
}

static uint8_t types_read(const struct keywords *keywords)
{
        const struct document *document = keywords->document;
        uint32_t entry = keywords->at[KEYWORD_type];
        if (!entry)
                return TYPE_ANY;
        if (entry_kind(document, entry) == TAPE_STRING)
                return type_bits(tape_raw(&document->tape, entry));
        uint8_t types = 0;
        FOR_EACH_ELEMENT(document, entry, element)
                types |= type_bits(tape_raw(&document->tape, element));
        return types;
}

static void keywords_gather(struct keywords *keywords)
{
        const struct document *document = keywords->document;
        bool only_ref = false;
        FOR_EACH_MEMBER(document, keywords->entry, key) {
                struct slice raw = tape_raw(&document->tape, key);
                enum keyword keyword = keyword_find((struct slice){ raw.data + 1, raw.size - 2 }, keywords->resource->draft);
                if (keyword == KEYWORD_COUNT || !(KEYWORDS[keyword].vocabulary & keywords->resource->vocabularies))
                        continue;
                shape_check(keywords, keyword, key);
                keywords->at[keyword] = key + 1;
                only_ref |= keyword == KEYWORD_ref && keywords->resource->draft <= 7;
        }
        if (only_ref)                      /* drafts 04 to 07: what stands beside a $ref is ignored */
                for (int i = 0; i < KEYWORD_COUNT; i++)
                        if (i != KEYWORD_ref)
                                keywords->at[i] = 0;
}

void node_leaf_fill(const struct keywords *keywords, struct node *node)
{
        node->types = types_read(keywords);
        node->flags = keywords->resource->draft == 4 ? NODE_TEXT_INTEGER : 0;
        node->string = compile_strings(keywords);
        node->number = compile_numbers(keywords);
        node->values = compile_values(keywords);
}

static void node_fill(struct compiler *compiler, const struct node_work *work)
{
        struct node *node = work->node;
        uint8_t kind = entry_kind(work->document, work->entry);
        struct keywords keywords = { .compiler = compiler, .document = work->document, .entry = work->entry };
        keywords.resource = resource_at(compiler, work->document, work->entry);
        node->resource = keywords.resource->number;
        node->types = TYPE_ANY;
        if (kind == TAPE_FALSE) {
                node->types = 0;
                node->flags = NODE_FALSE;
        }
        if (kind == TAPE_TRUE || kind == TAPE_FALSE)
                return;
        if (kind != TAPE_OBJECT)
                compile_fail(compiler, work->document, work->entry, "a schema must be an object, true or false");
        keywords_gather(&keywords);
        if (leaf_share(&keywords, node))
                return;
        node_leaf_fill(&keywords, node);
        node->array = compile_arrays(&keywords);
        node->object = compile_objects(&keywords);
        node->combine = compile_combine(&keywords);
}

/* ---- $dynamicRef, $recursiveRef ---- */
/* Looks every dynamic reference's anchor up in the resources that have come since; new nodes go to the queue. */
static void dynamics_extend(struct compiler *compiler)
{
        for (struct dynamic_work *work = compiler->dynamics; work; work = work->next) {
                for (const struct resource *resource = compiler->resources; resource; resource = resource->next) {
                        if (work->by_resource[resource->number])
                                continue;
                        const struct anchor *anchor = work->anchor ? anchor_find(resource, work->anchor->name) : NULL;
                        if (work->anchor ? !anchor || !anchor->dynamic : !resource->recursive_anchor)
                                continue;
                        uint32_t entry = anchor ? anchor->entry : resource->entry;
                        work->by_resource[resource->number] = node_at(compiler, resource->document, entry);
                        work->candidates++;
                }
        }
}

/* One candidate: an ordinary reference. More: the checker decides. */
static void dynamics_settle(struct compiler *compiler)
{
        for (struct dynamic_work *work = compiler->dynamics; work; work = work->next) {
                struct combine_rules *rules = work->combine;
                if (work->candidates <= 1) {
                        const struct node **all = (const struct node **)(uintptr_t)rules->all.nodes;
                        all[rules->all.count++] = work->fallback;
                        continue;
                }
                const struct node **table = schema_take(compiler, compiler->resource_count * sizeof(*table));
                memcpy(table, work->by_resource, compiler->resource_count * sizeof(*table));
                struct dynamic_ref *refs = schema_take(compiler, (rules->dynamic_count + 1) * sizeof(*refs));
                if (rules->dynamic_count)
                        memcpy(refs, rules->dynamic, rules->dynamic_count * sizeof(*refs));
                refs[rules->dynamic_count++] = (struct dynamic_ref){ .fallback = work->fallback, .by_resource = table };
                rules->dynamic = refs;
                compiler->schema->dynamic = true;
        }
}

/* ---- the whole ---- */
static double cpu_seconds(void)
{
        struct timespec now;
        (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void compile_deadline(struct compiler *compiler)
{
        if (cpu_seconds() - compiler->start <= COMPILE_SECONDS)
                return;
        (void)error_set(compiler->err, "compiling the schema takes more than %d seconds", COMPILE_SECONDS);
        longjmp(compiler->failed, 1);
}

static void compile_all(struct compiler *compiler, struct slice text, const char *uri)
{
        compiler->start = cpu_seconds();
        unsigned draft = compiler->options->default_draft;
        struct resource outside = { .uri = uri, .draft = draft ? draft : 2020, .vocabularies = VOCABULARY_ALL };
        struct document *document = document_add(compiler, text, uri, &outside);
        compiler->schema->root = node_at(compiler, document, 0);
        do {
                for (const struct node_work *work; (work = compiler->work) != NULL;) {
                        compiler->work = work->next;
                        if (!compiler->work)
                                compiler->work_end = &compiler->work;
                        node_fill(compiler, work);
                        compile_deadline(compiler);
                }
                dynamics_extend(compiler);
        } while (compiler->work);
        dynamics_settle(compiler);
        compiler->schema->draft = resource_at(compiler, document, 0)->draft;
        finish_all(compiler);
}

static struct schema *schema_shelve(struct schema *schema, struct schema *place)
{
        *place = *schema;
        place->arena.pool = &place->pool;
        place->shelved = true;
        free(schema);
        return place;
}

struct schema *schema_compile(struct slice text, const char *uri, const struct schema_options *options, struct error *err)
{
        static atomic_uint_fast64_t numbers;
        struct schema *schema = memory_get(sizeof(*schema));
        struct compiler *compiler = memory_get(sizeof(*compiler));
        arena_pool_init(&schema->pool, 4096, 0);
        arena_init(&schema->arena, &schema->pool, SCHEMA_MEMORY_MAX);
        schema->number = atomic_fetch_add(&numbers, 1) + 1;
        *compiler = (struct compiler){ .schema = schema, .store = &schema->arena, .options = options, .err = err,
                                       .match = pattern_scratch_new() };
        compiler->work_end = &compiler->work;
        arena_pool_init(&compiler->pool, 16384, 0);
        arena_init(&compiler->arena, &compiler->pool, (size_t)4 * SCHEMA_MEMORY_MAX);
        bool good = setjmp(compiler->failed) == 0;
        if (good)
                compile_all(compiler, text, uri ? uri : "");
        for (struct document *document = compiler->documents; document; document = document->next)
                tape_done(&document->tape);
        arena_done(&compiler->arena);
        arena_pool_done(&compiler->pool);
        pattern_scratch_free(compiler->match);
        struct schema *place = compiler->place;
        free(compiler);
        if (good)
                return place ? schema_shelve(schema, place) : schema;
        schema_free(schema);
        return NULL;
}

void schema_free(struct schema *schema)
{
        if (!schema)
                return;
        shelf_free(schema->shelf);
        arena_done(&schema->arena);
        arena_pool_done(&schema->pool);
        if (!schema->shelved)
                free(schema);
}

size_t schema_bytes(const struct schema *schema)
{
        return sizeof(*schema) + schema->arena.taken;
}

unsigned schema_draft(const struct schema *schema)
{
        return schema->draft;
}
