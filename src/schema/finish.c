/* After every node is filled: short-cuts over nodes that only refer, a refusal of nodes that come back to themselves without
 * looking at anything, and what the walk must know of each node. */
#include "compile.h"

static bool no_rules(const struct node *node)
{
        return node->types == TYPE_ANY && !node->object && !node->string && !node->number && !node->values && !node->array;
}

static bool only_refers(const struct node *node)
{
        const struct combine_rules *combine = node->combine;
        return combine && no_rules(node) && combine->all.count == 1 && !combine->any.count && !combine->one.count &&
               !combine->not && !combine->condition && !combine->dynamic_count;
}

static void shorten(const struct node **place)
{
        /* A ring of references is found by height_find(); here it just must end. */
        for (unsigned hops = 0; *place && only_refers(*place) && hops < NESTED_MAX; hops++)
                *place = (*place)->combine->all.nodes[0];
}

static void shorten_list(const struct node_list *list)
{
        for (size_t i = 0; i < list->count; i++)
                shorten((const struct node **)(uintptr_t)&list->nodes[i]);
}

static void shorten_object(struct object_rules *rules)
{
        shorten(&rules->additional);
        shorten(&rules->name);
        shorten(&rules->unevaluated);
        for (uint32_t i = 0; i < rules->member_count; i++)
                shorten((const struct node **)(uintptr_t)&rules->members[i].node);
        for (size_t i = 0; i < rules->pattern_count; i++)
                shorten((const struct node **)(uintptr_t)&rules->patterns[i].node);
        for (size_t i = 0; i < rules->dependency_count; i++)
                shorten((const struct node **)(uintptr_t)&rules->dependencies[i].node);
}

/* The compile made these rules and nothing shares them yet, so they may be written to. */
#define MUTABLE(type, pointer) ((struct type *)(uintptr_t)(pointer))

static void shorten_node(const struct node *node)
{
        if (node->object)
                shorten_object(MUTABLE(object_rules, node->object));
        if (node->array) {
                struct array_rules *rules = MUTABLE(array_rules, node->array);
                shorten_list(&(struct node_list){ rules->prefix, rules->prefix_count });
                shorten(&rules->rest);
                shorten(&rules->contains);
                shorten(&rules->unevaluated);
        }
        if (node->combine) {
                struct combine_rules *rules = MUTABLE(combine_rules, node->combine);
                shorten_list(&rules->all);
                shorten_list(&rules->any);
                shorten_list(&rules->one);
                shorten(&rules->not);
                shorten(&rules->condition);
                shorten(&rules->then);
                shorten(&rules->otherwise);
        }
}

void shorten_all(struct compiler *compiler)
{
        shorten(&compiler->schema->root);
        for (const struct node_work *work = compiler->all_nodes; work; work = work->before)
                shorten_node(work->node);
}

/* ---- how many nodes look at the same value, one through the other ---- */
enum { HEIGHT_OPEN = 255 };        /* being found: who meets it again has come back to itself */

static unsigned height_find(struct compiler *compiler, const struct node *node, unsigned depth);

static unsigned larger(unsigned a, unsigned b) { return a > b ? a : b; }

static unsigned height_of_list(struct compiler *compiler, struct node_list list, unsigned depth)
{
        unsigned most = 0;
        for (size_t i = 0; i < list.count; i++)
                most = larger(most, height_find(compiler, list.nodes[i], depth));
        return most;
}

static unsigned height_of_children(struct compiler *compiler, const struct node *node, unsigned depth)
{
        unsigned most = 0;
        const struct combine_rules *combine = node->combine;
        if (combine) {
                const struct node *const singles[] = { combine->not, combine->condition, combine->then, combine->otherwise };
                most = larger(most, height_of_list(compiler, (struct node_list){ singles, COUNT_OF(singles) }, depth));
                most = larger(most, height_of_list(compiler, combine->all, depth));
                most = larger(most, height_of_list(compiler, combine->any, depth));
                most = larger(most, height_of_list(compiler, combine->one, depth));
        }
        for (size_t i = 0; node->object && i < node->object->dependency_count; i++)
                most = larger(most, height_find(compiler, node->object->dependencies[i].node, depth));
        return most;
}

static _Noreturn void node_fail(struct compiler *compiler, const struct node *node, const char *sentence)
{
        for (const struct node_work *work = compiler->all_nodes; work; work = work->before)
                if (work->node == node && !work->made)
                        compile_fail(compiler, work->document, work->entry, "%s", sentence);
        compile_fail(compiler, compiler->documents, 0, "%s", sentence);
}

static unsigned height_find(struct compiler *compiler, const struct node *node, unsigned depth)
{
        if (!node)
                return 0;
        if (node->height == HEIGHT_OPEN)
                node_fail(compiler, node, "the schema refers to itself for the same value, without end");
        if (node->height)
                return node->height;
        MUTABLE(node, node)->height = HEIGHT_OPEN;
        unsigned height = depth > NESTED_MAX ? NESTED_MAX + 1 : 1 + height_of_children(compiler, node, depth + 1);
        if (height > NESTED_MAX)
                node_fail(compiler, node, "too many schemas refer to each other for the same value");
        MUTABLE(node, node)->height = (uint8_t)height;
        return height;
}

/* ---- flags ---- */
/* A character has 1 to 4 of them, as long as none is escaped. */
void node_plain_settle(struct node *node)
{
        const struct string_rules *rules = node->string;
        node->plain_least = 1;
        node->plain_most = 0;
        if (node->values || (rules && (rules->pattern || rules->format || rules->min > UINT32_MAX / 4)))
                return;
        node->plain_least = !rules || rules->min <= 1 ? rules ? (uint32_t)rules->min : 0 : (uint32_t)rules->min * 4;
        node->plain_most = !rules || rules->max > UINT32_MAX ? UINT32_MAX : (uint32_t)rules->max;
}

/* The walk finds a member's node beside its name. */
static void rows_settle(const struct object_rules *rules)
{
        struct name *rows = rules->names ? rules->names->rows : NULL;
        BUG_IF(!rows && rules->member_count);
        for (uint32_t i = 0; i < rules->member_count; i++) {
                const struct node *node = rules->members[i].node ? rules->members[i].node : &NODE_ANY;
                BUG_IF(rows[i].node && rows[i].node != node);
                rows[i].node = node;
        }
}

static void flags_settle(struct node *node)
{
        node_plain_settle(node);
        if (node->object)
                rows_settle(node->object);
        if ((node->object && node->object->unevaluated) || (node->array && node->array->unevaluated))
                node->flags |= NODE_LOOK_BACK;
        if (node->combine)
                node->flags |= NODE_COMBINE;
        if (node->combine && node->combine->all.count && no_rules(node))
                node->flags |= NODE_NO_RULES;
}

void finish_all(struct compiler *compiler)
{
        /* With $dynamicRef it matters which resources were entered on the way. */
        if (compiler->schema->dynamic)
                leaves_unshare(compiler);
        else
                shorten_all(compiler);
        for (const struct node_work *work = compiler->all_nodes; work; work = work->before)
                (void)height_find(compiler, work->node, 0);
        for (const struct node_work *work = compiler->all_nodes; work && !compiler->schema->dynamic; work = work->before) {
                flatten_node(compiler, work->node);
                compile_deadline(compiler);
        }
        for (const struct node_work *work = compiler->all_nodes; work && !compiler->schema->dynamic; work = work->before) {
                merge_node(compiler, work->node);
                compile_deadline(compiler);
        }
        if (!compiler->schema->dynamic)
                pack_all(compiler);
        for (const struct node_work *work = compiler->all_nodes; work; work = work->before)
                flags_settle(work->node);
        for (const struct node_work *work = compiler->all_nodes; work; work = work->before) {
                struct combine_rules *rules = MUTABLE(combine_rules, work->node->combine);
                if (!rules)
                        continue;
                compile_deadline(compiler);
                rules->any_by = discriminator_find(compiler, &rules->any);
                rules->one_by = discriminator_find(compiler, &rules->one);
        }
}
