/* A line of bytes that say what is edited, then a JSON text: what is handed on is JSON, and what a plain model of the same edits
 * gives, as a whole and value by value. */
#include "enrich/edit.h"
#include "json/scan.h"

#define NODES 200
#define DEPTH 40
static const struct slice TEXTS[] = { SLICE_INIT("1"), SLICE_INIT("\"a,\\\"\""), SLICE_INIT("{\"k\":[{},\" \"]}"),
                                      SLICE_INIT("") };

/* A value, before those inside it. */
struct node {
        struct slice name, raw;                    /* name.data NULL: no member */
        size_t       behind;                       /* the first node that does not lie in it */
        bool         removed;
        struct slice text;                         /* data NULL: as it was */
};
struct tree { struct node nodes[NODES]; size_t count; };

/* The value at `at` and all in it; answers its end, NULL: there are too many. */
static const char *walk(struct tree *tree, struct slice name, const char *at, const char *end)
{
        struct scan_error err;
        if (tree->count == NODES)
                return NULL;
        struct node *node = &tree->nodes[tree->count++];
        const char *stop = scan_value(at, end, &SCAN_UNLIMITED, &err);
        *node = (struct node){ .name = name, .raw = slice_between(at, stop) };
        bool object = *at == '{';
        if (object || *at == '[')
                for (at = scan_space(at + 1, end); *at != '}' && *at != ']'; at = scan_space(at + (*at == ','), end)) {
                        struct slice own = { 0 };
                        if (object) {
                                const char *behind = scan_string(at, end, &SCAN_UNLIMITED, NULL, &err);
                                own = slice_between(at, behind);
                                at = scan_space(scan_space(behind, end) + 1, end);
                        }
                        at = walk(tree, own, at, end);
                        if (!at)
                                return NULL;
                        at = scan_space(at, end);
                }
        node->behind = tree->count;
        return stop;
}

/* ---- the model ---- */

/* A JSON text without the white space between its tokens. */
static void add_compact(struct buffer *out, struct slice text)
{
        bool inside = false;
        for (size_t i = 0; i < text.size; i++) {
                char c = text.data[i];
                if (inside && c == '\\')
                        buffer_add_char(out, text.data[i++]);
                else if (c == '"')
                        inside = !inside;
                if (inside || !(c == ' ' || c == '\t' || c == '\n' || c == '\r'))
                        buffer_add_char(out, text.data[i]);
        }
}

static void expect(struct buffer *out, const struct tree *tree, size_t number)
{
        const struct node *node = &tree->nodes[number];
        bool first = true, object = *node->raw.data == '{';
        if (node->text.data || (!object && *node->raw.data != '[')) {
                add_compact(out, node->text.data ? node->text : node->raw);
                return;
        }
        buffer_add_char(out, object ? '{' : '[');
        for (size_t i = number + 1; i < node->behind; i = tree->nodes[i].behind) {
                if (tree->nodes[i].removed)
                        continue;
                if (!first)
                        buffer_add_char(out, ',');
                first = false;
                buffer_add(out, tree->nodes[i].name);
                if (object)
                        buffer_add_char(out, ':');
                expect(out, tree, i);
        }
        buffer_add_char(out, object ? '}' : ']');
}

/* ---- both ---- */

static void edit(struct subject *subject, struct node *node, struct slice text)
{
        bool member = node->name.data;
        BUG_IF(!(text.size ? edit_replace(subject, node->raw, text) : edit_remove(subject, node->raw)));
        node->removed |= member && !text.size;
        node->text = text.size ? text : member ? node->text : SLICE("null");
}

static void compare(const struct tree *tree, size_t number, struct slice value)
{
        struct buffer want, is;
        buffer_init(&want, SIZE_MAX);
        buffer_init(&is, SIZE_MAX);
        expect(&want, tree, number);
        add_compact(&is, value);
        BUG_IF(!scan_text(value, &SCAN_UNLIMITED, &(struct scan_error){ 0 }));
        BUG_IF(!slice_equal(buffer_slice(&want), buffer_slice(&is)));
        buffer_done(&want);
        buffer_done(&is);
}

/* Values around which nothing is edited; the others are not handed on by themselves. */
static void compare_from(const struct tree *tree, size_t number, struct subject *subject)
{
        const struct node *node = &tree->nodes[number];
        struct slice value;
        BUG_IF(!edit_apply(subject->findings, node->raw, subject->arena, &value));
        BUG_IF(node->removed != (value.data == NULL) || edit_removes(subject->findings, node->raw) != node->removed);
        if (node->removed)
                return;
        compare(tree, number, value);
        for (size_t i = number + 1; i < node->behind && !node->text.data; i = tree->nodes[i].behind)
                compare_from(tree, i, subject);
}

static void check(struct slice steps, struct slice body, struct arena *arena)
{
        struct tree tree = { .count = 0 };
        struct findings findings = { .broken = false };
        struct event event = { .body = body };
        struct subject subject = { .event = &event, .arena = arena, .findings = &findings };
        if (!scan_text(body, &(struct scan_limits){ DEPTH, SIZE_MAX }, &(struct scan_error){ 0 }) ||
            !walk(&tree, (struct slice){ 0 }, scan_space(body.data, body.data + body.size), body.data + body.size))
                return;
        for (size_t i = 0; i < steps.size; i++) {
                unsigned step = (unsigned char)steps.data[i];
                edit(&subject, &tree.nodes[step / COUNT_OF(TEXTS) % tree.count], TEXTS[step % COUNT_OF(TEXTS)]);
        }
        size_t bound = edit_bound(&findings, body);
        char *text = memory_get(bound + 1), *end = edit_put(&findings, body, text);
        BUG_IF((size_t)(end - text) > bound);
        compare(&tree, 0, slice_between(text, end));
        free(text);
        compare_from(&tree, 0, &subject);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const uint8_t *line = size ? memchr(data, '\n', size) : NULL;
        if (!line)
                return 0;
        size_t steps = (size_t)(line - data);
        char *copy = memory_get(size - steps);     /* of its own, so that a read past its end is seen */
        memcpy(copy, line + 1, size - steps - 1);
        struct arena_pool pool;
        struct arena arena;
        arena_pool_init(&pool, 65536, 0);
        arena_init(&arena, &pool, 1 << 22);
        check((struct slice){ (const char *)data, steps }, (struct slice){ copy, size - steps - 1 }, &arena);
        arena_done(&arena);
        arena_pool_done(&pool);
        free(copy);
        return 0;
}
