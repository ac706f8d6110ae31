/* What a check looks at, side by side. The compile takes pieces in the order in which it comes by, between texts and lists that
 * nobody looks at again; a plan of a thousand schemas does not fit the cache, and a schema that was not used lately comes from
 * memory line by line, and page by page. Here the nodes that hold others, their rules, names and rows are moved into one block,
 * the outermost first; those of all schemas of a shelf lie in the shelf's arena. */
#include "compile.h"
#include "shelf.h"

/* Nodes that are moved; bytes of rows that one object may bring into the block: more stay where they are, in a row, too. */
enum { NODES_MAX = 16, ROWS_MAX = 32 * CACHE_LINE };

struct pack {
        struct node *nodes[NODES_MAX];             /* count of them, the outermost first */
        struct node *moved[NODES_MAX];             /* where each is now */
        size_t       count;
        char        *at;
};

static void node_note(struct pack *pack, const struct node *node)
{
        if (!node || !(node->object || node->array || node->combine) || pack->count == NODES_MAX)
                return;
        for (size_t i = 0; i < pack->count; i++)
                if (pack->nodes[i] == node)
                        return;
        pack->nodes[pack->count++] = (struct node *)(uintptr_t)node;
}

static void nodes_find(struct pack *pack, const struct node *root)
{
        node_note(pack, root);
        for (size_t i = 0; i < pack->count; i++) {
                const struct object_rules *rules = pack->nodes[i]->object;
                for (uint32_t row = 0; rules && row < rules->member_count; row++)
                        node_note(pack, rules->members[row].node);
                if (pack->nodes[i]->array)
                        node_note(pack, pack->nodes[i]->array->rest);
        }
}

static size_t rows_size(const struct object_rules *rules) { return rules->member_count * sizeof(struct name); }

static bool rows_fit(const struct object_rules *rules) { return rows_size(rules) <= ROWS_MAX; }

static size_t node_lines(const struct node *node)
{
        const struct object_rules *rules = node->object;
        size_t size = sizeof(*node) + (node->array ? sizeof(*node->array) : 0) + (node->combine ? sizeof(*node->combine) : 0);
        if (rules && rules->names)
                size += (rows_fit(rules) ? rows_size(rules) : 0) + sizeof(struct names) + sizeof(*rules) +
                        (rules->required ? rules->words * sizeof(uint64_t) : 0);
        return lines_of(size);
}

static void *put(struct pack *pack, const void *piece, size_t size)
{
        char *to = pack->at;
        pack->at += size;
        return memcpy(to, piece, size);
}

/* The node and what its object says. The rows come first: two of them are a line. */
static struct node *node_move(struct pack *pack, const struct node *old)
{
        struct node *node = put(pack, old, sizeof(*old));
        if (old->object && old->object->names) {
                struct name *rows = old->object->names->rows;
                if (rows_fit(old->object))
                        rows = put(pack, rows, rows_size(old->object));
                struct names *names = put(pack, old->object->names, sizeof(*names));
                struct object_rules *rules = put(pack, old->object, sizeof(*rules));
                names->rows = rows;
                rules->names = names;
                if (rules->required)
                        rules->required = put(pack, rules->required, rules->words * sizeof(uint64_t));
                node->object = rules;
        }
        if (old->array)
                node->array = put(pack, old->array, sizeof(*old->array));
        if (old->combine)
                node->combine = put(pack, old->combine, sizeof(*old->combine));
        pack->at += -(uintptr_t)pack->at & (CACHE_LINE - 1);
        return node;
}

static struct node *moved_to(const struct pack *pack, struct node *old)
{
        for (size_t i = 0; i < pack->count; i++)
                if (pack->nodes[i] == old)
                        return pack->moved[i];
        return old;
}

/* Whoever points to a node that was moved finds a reference there, and takes the short-cut. */
static void nodes_replace(struct compiler *compiler, const struct pack *pack)
{
        for (struct node_work *work = compiler->all_nodes; work; work = work->before)
                work->node = moved_to(pack, work->node);
        for (size_t i = 0; i < pack->count; i++)
                node_refer(compiler, pack->nodes[i], pack->moved[i]);
        shorten_all(compiler);
}

_Static_assert(sizeof(struct schema) - offsetof(struct schema, root) <= CACHE_LINE, "one line");

/* So many lines; in the shelf, behind the place where the schema itself will lie. */
static char *block_take(struct compiler *compiler, size_t lines)
{
        struct shelf *shelf = compiler->options->shelf;
        if (!shelf)
                return schema_take_lines(compiler, lines);
        compiler->store = shelf_arena(shelf);
        const size_t before = offsetof(struct schema, root);
        char *line = (char *)schema_take_lines(compiler, lines_of(before) + 1 + lines) + lines_of(before) * CACHE_LINE;
        compiler->store = &compiler->schema->arena;
        compiler->place = (struct schema *)(void *)(line - before);
        return line + CACHE_LINE;
}

void pack_all(struct compiler *compiler)
{
        struct schema *schema = compiler->schema;
        struct pack pack = { 0 };
        nodes_find(&pack, schema->root);
        size_t count = 0, lines = 0;
        for (; count < pack.count && lines + node_lines(pack.nodes[count]) <= HOT_LINES; count++)
                lines += node_lines(pack.nodes[count]);
        pack.count = count;
        schema->hot = pack.at = block_take(compiler, lines);
        schema->hot_lines = (uint32_t)lines;
        for (size_t i = 0; i < count; i++)
                pack.moved[i] = node_move(&pack, pack.nodes[i]);
        BUG_IF(pack.at != schema->hot + lines * CACHE_LINE);
        nodes_replace(compiler, &pack);
}
