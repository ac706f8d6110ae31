/* Leaves: subschemas of values that hold no others, such as {"type": "string", "maxLength": 64}. The schemas of a plan say
 * the same of many members; what they say in the same words is compiled once for all of them, and lies in the cache for all
 * of them. It counts as memory of each of them: what is too large does not depend on who came first. */
#include "compile.h"
#include "shelf.h"

/* What a leaf may say. Nothing else has a part in what node_leaf_fill() makes of it. */
static const enum keyword LEAF[] = {
        KEYWORD_type, KEYWORD_enum, KEYWORD_const, KEYWORD_multiple_of, KEYWORD_minimum, KEYWORD_maximum,
        KEYWORD_exclusive_minimum_4, KEYWORD_exclusive_maximum_4, KEYWORD_exclusive_minimum, KEYWORD_exclusive_maximum,
        KEYWORD_min_length, KEYWORD_max_length, KEYWORD_pattern, KEYWORD_format };

static bool is_leaf(const struct keywords *keywords)
{
        size_t leaf = 0, all = 0;
        for (size_t i = 0; i < COUNT_OF(LEAF); i++)
                leaf += keywords->at[LEAF[i]] != 0;
        for (size_t i = 0; i < KEYWORD_COUNT; i++)
                all += keywords->at[i] != 0;
        return leaf == all;
}

/* Its words, and what else decides what they mean. */
static struct slice leaf_key(const struct keywords *keywords)
{
        const struct tape *tape = &keywords->document->tape;
        const struct schema_options *options = keywords->compiler->options;
        const uint32_t meaning[] = { keywords->resource->draft, keywords->resource->vocabularies, options->assert_format,
                                     options->match_limit };
        size_t size = sizeof(meaning);
        for (size_t i = 0; i < COUNT_OF(LEAF); i++)
                size += keywords->at[LEAF[i]] ? 2 * sizeof(uint32_t) + tape_raw(tape, keywords->at[LEAF[i]]).size : 0;
        char *key = scratch_take(keywords->compiler, size), *at = key;
        memcpy(at, meaning, sizeof(meaning));
        at += sizeof(meaning);
        for (uint32_t i = 0; i < COUNT_OF(LEAF); i++) {
                if (!keywords->at[LEAF[i]])
                        continue;
                struct slice raw = tape_raw(tape, keywords->at[LEAF[i]]);
                const uint32_t head[] = { i, (uint32_t)raw.size };
                memcpy(at, head, sizeof(head));
                memcpy(at + sizeof(head), raw.data, raw.size);
                at += sizeof(head) + raw.size;
        }
        return (struct slice){ key, size };
}

static const struct node *leaf_make(const struct keywords *keywords)
{
        struct compiler *compiler = keywords->compiler;
        compiler->store = shelf_arena(compiler->options->shelf);
        struct node *leaf = schema_take_lines(compiler, 1);
        node_leaf_fill(keywords, leaf);
        compiler->store = &compiler->schema->arena;
        leaf->flags |= NODE_SHARED;
        leaf->height = 1;
        node_plain_settle(leaf);
        return leaf;
}

bool leaf_share(const struct keywords *keywords, struct node *node)
{
        struct compiler *compiler = keywords->compiler;
        struct shelf *shelf = compiler->options->shelf;
        if (!shelf || !is_leaf(keywords))
                return false;
        struct slice key = leaf_key(keywords);
        size_t bytes = 0;
        const struct node *leaf = shelf_leaf(shelf, key, &bytes);
        if (!leaf) {
                size_t before = compiler->shelf_bytes;
                leaf = leaf_make(keywords);
                shelf_leaf_add(shelf, key, leaf, compiler->shelf_bytes - before);
        } else {
                shelf_charge(compiler, bytes);
                if (leaf->string && leaf->string->pattern)
                        pattern_charge(keywords, keywords->at[KEYWORD_pattern]);
        }
        node_refer(compiler, node, leaf);
        return true;
}

void leaves_unshare(struct compiler *compiler)
{
        for (const struct node_work *work = compiler->all_nodes; work; work = work->before) {
                const struct node_list *all = work->node->combine ? &work->node->combine->all : NULL;
                if (!all || !all->count || !(all->nodes[0]->flags & NODE_SHARED))
                        continue;
                uint16_t resource = work->node->resource;
                *work->node = *all->nodes[0];
                work->node->resource = resource;
                work->node->flags &= (uint8_t)~NODE_SHARED;
        }
}
