/* unevaluatedProperties without a tape. When all that applies to the same object always applies (allOf and $ref of schemas that
 * do not choose), it is known when the schema is compiled which names are looked at. Then unevaluatedProperties is
 * additionalProperties over all of those names, and the object can be walked in one pass. */
#include "compile.h"

/* The names that one node may gather, and all nodes of a schema: beyond, the tape serves. And schemas looked at for one node. */
#define FLAT_NAMES_MAX     1000
#define FLAT_ALL_NAMES_MAX 20000
#define FLAT_VISITS_MAX    1000

struct flat {
        struct compiler *compiler;
        struct slice    *texts;            /* scratch: the node's own names first, so that their numbers stay */
        struct member   *members;
        uint32_t         count, most, visits;
        struct member_pattern *patterns;
        size_t           pattern_count, pattern_most;
};

/* Adds up what the schemas below may bring; false: something there chooses, or looks at every member. */
static bool below_count(const struct node *node, struct flat *flat, unsigned depth)
{
        const struct combine_rules *combine = node->combine;
        const struct object_rules *object = node->object;
        if (++flat->visits > FLAT_VISITS_MAX || (depth > 0 && object && (object->additional || object->unevaluated)))
                return false;
        for (size_t i = 0; object && i < object->dependency_count; i++)
                if (object->dependencies[i].node)
                        return false;
        flat->most += object ? object->member_count : 0;
        flat->pattern_most += object ? object->pattern_count : 0;
        if (!combine)
                return flat->most <= FLAT_NAMES_MAX;
        if (combine->any.count || combine->one.count || combine->condition || combine->dynamic_count || depth > 10)
                return false;
        for (size_t i = 0; i < combine->all.count; i++)
                if (!below_count(combine->all.nodes[i], flat, depth + 1))
                        return false;
        return flat->most <= FLAT_NAMES_MAX;
}

static void name_add(struct flat *flat, struct slice text)
{
        for (uint32_t i = 0; i < flat->count; i++)
                if (slice_equal(flat->texts[i], text)) {
                        flat->members[i].evaluated = true;
                        return;
                }
        flat->texts[flat->count] = text;
        flat->members[flat->count++] = (struct member){ .declared = true, .evaluated = true };
}

static void below_take(const struct node *node, struct flat *flat)
{
        const struct object_rules *object = node->object;
        for (uint32_t i = 0; object && i < object->member_count; i++)
                if (object->members[i].evaluated)
                        name_add(flat, object->names->texts[i]);
        for (size_t i = 0; object && i < object->pattern_count; i++)
                flat->patterns[flat->pattern_count++] = (struct member_pattern){ object->patterns[i].pattern, &NODE_ANY };
        for (size_t i = 0; node->combine && i < node->combine->all.count; i++)
                below_take(node->combine->all.nodes[i], flat);
}

static const uint64_t *bits_widen(struct compiler *compiler, const uint64_t *bits, uint32_t words, uint32_t wide)
{
        if (!bits)
                return NULL;
        uint64_t *copy = schema_take(compiler, wide * sizeof(*copy));
        memcpy(copy, bits, words * sizeof(*copy));
        return copy;
}

/* Names that only others declare: the node's own patterns hold for them all the same. */
static void others_settle(struct flat *flat, const struct object_rules *rules, uint16_t resource)
{
        const struct node **nodes = scratch_take(flat->compiler, (rules->pattern_count + 1) * sizeof(*nodes));
        for (uint32_t i = rules->member_count; i < flat->count; i++) {
                size_t count = 0;
                for (size_t k = 0; k < rules->pattern_count; k++)
                        if (pattern_match(rules->patterns[k].pattern, flat->compiler->match, flat->texts[i]) == PATTERN_YES)
                                nodes[count++] = rules->patterns[k].node;
                if (count)
                        flat->members[i].node = node_of_all(flat->compiler, nodes, count, resource);
        }
}

/* Members that neither the node nor a pattern looks at get what unevaluatedProperties says. */
static void members_settle(struct flat *flat, const struct node *rest)
{
        for (uint32_t i = 0; i < flat->count; i++) {
                struct member *member = &flat->members[i];
                for (size_t k = 0; k < flat->pattern_count && !member->evaluated; k++)
                        member->evaluated = pattern_match(flat->patterns[k].pattern, flat->compiler->match, flat->texts[i]) ==
                                            PATTERN_YES;
                if (!member->evaluated)
                        *member = (struct member){ .node = rest, .evaluated = true,
                                                   .refused_by = KEYWORDS[KEYWORD_unevaluated_properties].name.data };
        }
}

static void rules_replace(struct flat *flat, struct object_rules *rules)
{
        struct compiler *compiler = flat->compiler;
        uint32_t wide = (flat->count + 63) / 64;
        struct dependency *dependencies = (struct dependency *)(uintptr_t)rules->dependencies;
        for (size_t i = 0; i < rules->dependency_count; i++)
                dependencies[i].needs = bits_widen(compiler, dependencies[i].needs, rules->words, wide);
        rules->required = bits_widen(compiler, rules->required, rules->words, wide);
        if (flat->count) {
                struct member *members = schema_take(compiler, flat->count * sizeof(*members));
                memcpy(members, flat->members, flat->count * sizeof(*members));
                rules->names = schema_take_names(compiler, flat->texts, flat->count);
                rules->members = members;
        }
        if (flat->pattern_count) {
                struct member_pattern *patterns = schema_take(compiler, flat->pattern_count * sizeof(*patterns));
                memcpy(patterns, flat->patterns, flat->pattern_count * sizeof(*patterns));
                rules->patterns = patterns;
        }
        rules->pattern_count = flat->pattern_count;
        rules->member_count = flat->count;
        rules->words = wide;
        rules->additional = rules->unevaluated;
        rules->additional_keyword = KEYWORDS[KEYWORD_unevaluated_properties].name.data;
        rules->unevaluated = NULL;
}

void flatten_node(struct compiler *compiler, struct node *node)
{
        struct object_rules *rules = (struct object_rules *)(uintptr_t)node->object;
        struct flat flat = { .compiler = compiler };
        if (!rules || !rules->unevaluated || !below_count(node, &flat, 0))
                return;
        if (rules->additional) {               /* looks at every member already */
                rules->unevaluated = NULL;
                return;
        }
        compiler->flat_names += flat.most;
        if (compiler->flat_names > FLAT_ALL_NAMES_MAX)
                return;
        flat.texts = scratch_take(compiler, flat.most * sizeof(*flat.texts));
        flat.members = scratch_take(compiler, flat.most * sizeof(*flat.members));
        flat.patterns = scratch_take(compiler, flat.pattern_most * sizeof(*flat.patterns));
        flat.count = rules->member_count;
        flat.pattern_count = rules->pattern_count;
        for (uint32_t i = 0; i < flat.count; i++) {
                flat.texts[i] = rules->names->texts[i];
                flat.members[i] = rules->members[i];
        }
        if (flat.pattern_count)
                memcpy(flat.patterns, rules->patterns, flat.pattern_count * sizeof(*flat.patterns));
        for (size_t i = 0; node->combine && i < node->combine->all.count; i++)
                below_take(node->combine->all.nodes[i], &flat);
        others_settle(&flat, rules, node->resource);
        members_settle(&flat, rules->unevaluated);
        rules_replace(&flat, rules);
}
