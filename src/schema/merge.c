/* Composition in one pass. A schema is often made of others (allOf, $ref) that only describe members of the same object. Their
 * rules are merged into the schema that refers to them, so that the object is walked once and not once for each. */
#include "compile.h"

/* Names that one node may have after a merge, and all merges together: beyond, the object is walked again. */
#define MERGED_NAMES_MAX     2000
#define MERGED_ALL_NAMES_MAX 50000

struct merge {
        struct compiler           *compiler;
        const struct node         *node;
        const struct object_rules *own, *other;
        struct slice              *texts;
        struct member             *members;
        uint32_t                   count;
        uint64_t                  *required;
        uint32_t                   words;
};
static const struct object_rules NOTHING = { .max = SIZE_MAX };

/* Both at once; NULL is a schema that takes everything. */
static const struct node *both(struct compiler *compiler, const struct node *a, const struct node *b, uint16_t resource)
{
        if (!a || !b || a == b)
                return a ? a : b;
        if ((a->flags | b->flags) & NODE_FALSE)
                return a->flags & NODE_FALSE ? a : b;
        return node_of_all(compiler, (const struct node *[]){ a, b }, 2, resource);
}

static bool only_of_objects(const struct node *node)
{
        return !node->combine && !node->string && !node->number && !node->values && !node->array;
}

static bool can_merge(const struct node *node, const struct node *other)
{
        const struct object_rules *own = node->object ? node->object : &NOTHING, *rules = other->object ? other->object
                : &NOTHING;
        if (node == other || !only_of_objects(other) || !(node->types & other->types) ||
            (node->flags ^ other->flags) & NODE_TEXT_INTEGER)
                return false;
        return !rules->unevaluated && !own->unevaluated && !rules->name && rules->dependency_count == 0 &&
                rules->pattern_count == 0 &&
               (!rules->additional || own->pattern_count == 0);
}

/* What the rules say of a name that they do not know. */
static struct member stranger(const struct merge *merge, const struct object_rules *rules, struct slice name)
{
        const struct node **nodes = scratch_take(merge->compiler, (rules->pattern_count + 1) * sizeof(*nodes));
        size_t count = 0;
        for (size_t i = 0; i < rules->pattern_count; i++)
                if (pattern_match(rules->patterns[i].pattern, merge->compiler->match, name) == PATTERN_YES)
                        nodes[count++] = rules->patterns[i].node;
        if (count == 0 && rules->additional)
                return (struct member){ .node = rules->additional, .evaluated = true, .refused_by = rules->additional_keyword };
        if (count == 0)
                return (struct member){ 0 };
        return (struct member){ .node = node_of_all(merge->compiler, nodes, count, merge->node->resource), .evaluated = true };
}

static struct member member_of(const struct merge *merge, const struct object_rules *rules, struct slice name, uint32_t *ret_row)
{
        *ret_row = rules->names ? names_find(rules->names, name.data, name.size) : NAMES_NONE;
        return *ret_row == NAMES_NONE ? stranger(merge, rules, name) : rules->members[*ret_row];
}

static void name_merge(struct merge *merge, struct slice name)
{
        uint32_t own_row, other_row;
        struct member own = member_of(merge, merge->own, name, &own_row), other = member_of(merge, merge->other, name,
                        &other_row);
        if ((own_row != NAMES_NONE && merge->own->required && bit_get(merge->own->required, own_row)) ||
            (other_row != NAMES_NONE && merge->other->required && bit_get(merge->other->required, other_row)))
                bit_set(merge->required, merge->count);
        bool own_refuses = own.node && own.node->flags & NODE_FALSE;
        merge->texts[merge->count] = name;
        merge->members[merge->count++] = (struct member){
                .node = both(merge->compiler, own.node, other.node, merge->node->resource),
                .declared = own.declared || other.declared, .evaluated = own.evaluated || other.evaluated,
                .refused_by = own_refuses ? own.refused_by : other.refused_by };
}

/* The node's own names first: its dependencies know them by their numbers. */
static void names_merge(struct merge *merge)
{
        const struct object_rules *own = merge->own, *other = merge->other;
        for (uint32_t i = 0; i < own->member_count; i++)
                name_merge(merge, own->names->texts[i]);
        for (uint32_t i = 0; i < other->member_count; i++) {
                struct slice name = other->names->texts[i];
                if (!own->names || names_find(own->names, name.data, name.size) == NAMES_NONE)
                        name_merge(merge, name);
        }
}

static void dependencies_widen(struct merge *merge, struct object_rules *rules)
{
        struct dependency *dependencies = (struct dependency *)(uintptr_t)rules->dependencies;
        for (size_t i = 0; i < rules->dependency_count; i++) {
                if (!dependencies[i].needs)
                        continue;
                uint64_t *needs = schema_take(merge->compiler, merge->words * sizeof(*needs));
                memcpy(needs, dependencies[i].needs, merge->own->words * sizeof(*needs));
                dependencies[i].needs = needs;
        }
}

static void objects_merge(struct compiler *compiler, struct node *node, const struct node *branch)
{
        const struct object_rules *own = node->object ? node->object : &NOTHING, *other = branch->object;
        struct merge merge = { .compiler = compiler, .node = node, .own = own, .other = other };
        uint32_t most = own->member_count + other->member_count;
        struct object_rules *rules = schema_take(compiler, sizeof(*rules));
        merge.words = (most + 63) / 64;
        merge.texts = scratch_take(compiler, most * sizeof(*merge.texts));
        merge.members = schema_take(compiler, most * sizeof(*merge.members));
        merge.required = schema_take(compiler, merge.words * sizeof(*merge.required));
        names_merge(&merge);
        *rules = *own;
        if (merge.count)
                rules->names = schema_take_names(compiler, merge.texts, merge.count);
        rules->members = merge.members;
        rules->member_count = merge.count;
        rules->words = merge.words;
        rules->required = own->required || other->required ? merge.required : NULL;
        dependencies_widen(&merge, rules);
        rules->additional = both(compiler, own->additional, other->additional, node->resource);
        rules->additional_keyword = own->additional ? own->additional_keyword : other->additional_keyword;
        rules->min = own->min > other->min ? own->min : other->min;
        rules->max = own->max < other->max ? own->max : other->max;
        node->object = rules;
}

void merge_node(struct compiler *compiler, struct node *node)
{
        struct combine_rules *combine = (struct combine_rules *)(uintptr_t)node->combine;
        if (!combine || node->flags & NODE_MERGED)
                return;
        node->flags |= NODE_MERGED;
        const struct node **all = (const struct node **)(uintptr_t)combine->all.nodes;
        size_t kept = 0;
        for (size_t i = 0; i < combine->all.count; i++) {
                const struct node *branch = all[i];
                merge_node(compiler, (struct node *)(uintptr_t)branch);
                size_t names = (branch->object ? branch->object->member_count : 0) + (node->object ? node->object->member_count
                                                                                      : 0);
                if (!can_merge(node, branch) || names > MERGED_NAMES_MAX ||
                    compiler->merged_names + names > MERGED_ALL_NAMES_MAX) {
                        all[kept++] = branch;
                        continue;
                }
                compiler->merged_names += names + 1;
                node->types &= branch->types;
                if (branch->object)
                        objects_merge(compiler, node, branch);
        }
        combine->all.count = kept;
        if (kept == 0 && !combine->any.count && !combine->one.count && !combine->not && !combine->condition &&
            !combine->dynamic_count)
                node->combine = NULL;
}
