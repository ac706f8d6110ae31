/* Rules that apply other schemas to the same value. */
#include "compile.h"

static struct node_list list_compile(const struct keywords *keywords, enum keyword keyword)
{
        uint32_t entry = keywords->at[keyword];
        if (!entry)
                return (struct node_list){ 0 };
        const struct node **nodes = schema_take(keywords->compiler, entry_count(keywords->document, entry) * sizeof(*nodes));
        size_t count = 0;
        FOR_EACH_ELEMENT(keywords->document, entry, element)
                nodes[count++] = node_at(keywords->compiler, keywords->document, element);
        return (struct node_list){ nodes, count };
}

/* The target of a reference; *ret_dynamic: it depends on the way that led here. */
static const struct node *reference_compile(const struct keywords *keywords, enum keyword keyword,
                                            const struct anchor **ret_anchor, bool *ret_dynamic)
{
        struct target target = reference_resolve(keywords->compiler, keywords->document, keywords->at[keyword],
                                                 keywords->resource);
        *ret_anchor = target.anchor;
        *ret_dynamic = (keyword == KEYWORD_dynamic_ref && target.anchor && target.anchor->dynamic) ||
                       (keyword == KEYWORD_recursive_ref && target.resource && target.resource->recursive_anchor);
        return node_at(keywords->compiler, target.document, target.entry);
}

static void references_compile(const struct keywords *keywords, struct combine_rules *rules)
{
        static const enum keyword REFERENCES[] = { KEYWORD_ref, KEYWORD_dynamic_ref, KEYWORD_recursive_ref };
        struct compiler *compiler = keywords->compiler;
        const struct node **all = (const struct node **)(uintptr_t)rules->all.nodes;
        for (size_t i = 0; i < COUNT_OF(REFERENCES); i++) {
                if (!keywords->at[REFERENCES[i]])
                        continue;
                const struct anchor *anchor;
                bool dynamic;
                const struct node *node = reference_compile(keywords, REFERENCES[i], &anchor, &dynamic);
                if (!dynamic) {
                        all[rules->all.count++] = node;
                        continue;
                }
                struct dynamic_work *work = scratch_take(compiler, sizeof(*work));
                *work = (struct dynamic_work){ .next = compiler->dynamics, .combine = rules, .fallback = node, .anchor = anchor };
                work->by_resource = scratch_take(compiler, RESOURCES_MAX * sizeof(*work->by_resource));
                compiler->dynamics = work;
        }
}

const struct combine_rules *compile_combine(const struct keywords *keywords)
{
        static const enum keyword THEIRS[] = { KEYWORD_ref, KEYWORD_dynamic_ref, KEYWORD_recursive_ref, KEYWORD_all_of,
                                               KEYWORD_any_of, KEYWORD_one_of, KEYWORD_not, KEYWORD_if };
        bool any = false;
        for (size_t i = 0; i < COUNT_OF(THEIRS); i++)
                any |= keywords->at[THEIRS[i]] != 0;
        if (!any)
                return NULL;
        struct combine_rules *rules = schema_take(keywords->compiler, sizeof(*rules));
        struct node_list all = list_compile(keywords, KEYWORD_all_of);
        /* Room for the three kinds of reference. */
        const struct node **nodes = schema_take(keywords->compiler, (all.count + 3) * sizeof(*nodes));
        if (all.count)
                memcpy(nodes, all.nodes, all.count * sizeof(*nodes));
        rules->all = (struct node_list){ nodes, all.count };
        references_compile(keywords, rules);
        rules->any = list_compile(keywords, KEYWORD_any_of);
        rules->one = list_compile(keywords, KEYWORD_one_of);
        rules->not = keyword_node(keywords, KEYWORD_not);
        rules->condition = keyword_node(keywords, KEYWORD_if);
        if (rules->condition) {
                rules->then = keyword_node(keywords, KEYWORD_then);
                rules->otherwise = keyword_node(keywords, KEYWORD_else);
        }
        return rules;
}

/* The node says nothing but what these say. */
static void refer_to_all(struct compiler *compiler, struct node *node, const struct node *const *nodes, size_t count,
                         uint16_t resource)
{
        struct combine_rules *rules = schema_take(compiler, sizeof(*rules));
        const struct node **all = schema_take(compiler, count * sizeof(*all));
        memcpy(all, nodes, count * sizeof(*all));
        rules->all = (struct node_list){ all, count };
        *node = (struct node){ .types = TYPE_ANY, .resource = resource, .combine = rules };
}

void node_refer(struct compiler *compiler, struct node *node, const struct node *to)
{
        refer_to_all(compiler, node, &to, 1, node->resource);
}

const struct node *node_of_all(struct compiler *compiler, const struct node **nodes, size_t count, uint16_t resource)
{
        if (count == 1)
                return nodes[0];
        struct node *node = schema_take_node(compiler);
        refer_to_all(compiler, node, nodes, count, resource);
        struct node_work *work = scratch_take(compiler, sizeof(*work));
        *work = (struct node_work){ .before = compiler->all_nodes, .node = node, .made = true };
        compiler->all_nodes = work;
        compiler->node_count++;
        return node;
}
