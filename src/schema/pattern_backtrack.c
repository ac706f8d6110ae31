/* Engine 3: PCRE2 for what needs backtracking. The tree is written out anew, with every class as ranges of code points, so
 * that nothing depends on PCRE2's own idea of \d, \s, '.' or an escape. */
#include "schema/pattern_tree.h"
#include "base/buffer.h"
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* A text longer than this gets fewer steps in proportion, as one step may walk along the whole text. */
#define TEXT_FULL_STEPS 16384
#define STACK_FIRST 32768
#define STACK_MOST  (1024 * 1024)
#define EXPRESSION_MOST (4 * 1024 * 1024)
#define OPTIONS (PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_MATCH_UNSET_BACKREF | PCRE2_ANCHORED)

struct backtracker {
        pcre2_code *code;
        uint32_t    match_limit;
        bool        compiled;        /* to machine code; a hardened kernel may forbid it, then the interpreter serves */
};
struct pcre2_scratch {
        pcre2_match_data    *data;
        pcre2_match_context *context;
        pcre2_jit_stack     *stack;
};

static void write_set(struct buffer *out, const struct charset *set)
{
        if (set->count == 0) {
                buffer_add(out, SLICE("(?!)"));
                return;
        }
        buffer_add_char(out, '[');
        for (size_t i = 0; i < set->count; i++) {
                buffer_format(out, "\\x{%x}", set->ranges[i].first);
                if (set->ranges[i].last > set->ranges[i].first)
                        buffer_format(out, "-\\x{%x}", set->ranges[i].last);
        }
        buffer_add_char(out, ']');
}

static void write_node(struct buffer *out, const struct node *node);

static void write_children(struct buffer *out, const struct node *node, const char *start, const char *between)
{
        buffer_add(out, slice_of(start));
        for (const struct node *child = node->child; child; child = child->next) {
                /* A sequence inside brackets needs none of its own: PCRE2 bounds their depth. */
                const struct node *inner = child->kind == NODE_SEQUENCE ? child->child : NULL;
                for (const struct node *item = inner; item; item = item->next)
                        write_node(out, item);
                if (child->kind != NODE_SEQUENCE)
                        write_node(out, child);
                if (child->next)
                        buffer_add(out, slice_of(between));
        }
        buffer_add_char(out, ')');
}

static void write_repeat(struct buffer *out, const struct node *node)
{
        write_node(out, node->child);
        if (node->max == REPEAT_FOREVER)
                buffer_format(out, "{%u,}", node->min);
        else
                buffer_format(out, "{%u,%u}", node->min, node->max);
        if (node->lazy)
                buffer_add_char(out, '?');
}

static void write_node(struct buffer *out, const struct node *node)
{
        static const char *const LOOKS[2][2] = { { "(?=", "(?!" }, { "(?<=", "(?<!" } };
        switch (node->kind) {
        case NODE_SET:      write_set(out, &node->set); break;
        case NODE_SEQUENCE: write_children(out, node, "(?:", ""); break;
        case NODE_CHOICE:   write_children(out, node, "(?:", "|"); break;
        case NODE_GROUP:    write_children(out, node, "(", ""); break;
        case NODE_LOOK:     write_children(out, node, LOOKS[node->behind][node->negative], ""); break;
        case NODE_REPEAT:   write_repeat(out, node); break;
        case NODE_START:    buffer_add(out, SLICE("\\A")); break;
        case NODE_END:      buffer_add(out, SLICE("\\z")); break;
        case NODE_EDGE:     buffer_add(out, node->negative ? SLICE("\\B") : SLICE("\\b")); break;
        case NODE_BACK:     buffer_format(out, "\\g{%u}", node->number); break;
        }
}

struct backtracker *backtracker_compile(const struct tree *tree, uint32_t match_limit, struct error *err)
{
        struct buffer expression;
        buffer_init(&expression, EXPRESSION_MOST);
        /* PCRE2 counts its steps anew for every place at which it tries to begin. So it gets one place only, and the search
         * along the text becomes part of the expression. */
        buffer_add(&expression, node_anchored(tree->root) ? SLICE("") : SLICE("\\A[\\x{0}-\\x{10ffff}]*?"));
        write_node(&expression, tree->root);

        int number = 0;
        size_t offset;
        pcre2_code *code = NULL;
        if (!expression.full)
                code = pcre2_compile((PCRE2_SPTR)expression.data, expression.size, OPTIONS, &number, &offset, NULL);
        bool full = expression.full;
        buffer_done(&expression);
        if (!code) {
                unsigned char why[128] = "it is too large";
                if (!full)
                        (void)pcre2_get_error_message(number, why, sizeof(why));
                error_set(err, "offset 0: the backtracking engine cannot compile the pattern: %s", (const char *)why);
                return NULL;
        }
        struct backtracker *backtracker = memory_get(sizeof(*backtracker));
        *backtracker = (struct backtracker){ code, match_limit, pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0 };
        return backtracker;
}

void backtracker_free(struct backtracker *backtracker)
{
        if (!backtracker)
                return;
        pcre2_code_free(backtracker->code);
        free(backtracker);
}

static struct pcre2_scratch *scratch_new(void)
{
        struct pcre2_scratch *scratch = memory_get(sizeof(*scratch));
        scratch->data = pcre2_match_data_create(1, NULL);
        scratch->context = pcre2_match_context_create(NULL);
        scratch->stack = pcre2_jit_stack_create(STACK_FIRST, STACK_MOST, NULL);
        BUG_IF(!scratch->data || !scratch->context);        /* as memory_get() does */
        pcre2_jit_stack_assign(scratch->context, NULL, scratch->stack);
        return scratch;
}

void pcre2_scratch_free(struct pcre2_scratch *scratch)
{
        if (!scratch)
                return;
        pcre2_jit_stack_free(scratch->stack);
        pcre2_match_context_free(scratch->context);
        pcre2_match_data_free(scratch->data);
        free(scratch);
}

enum pattern_answer backtracker_match(const struct backtracker *backtracker, struct pattern_scratch *scratch, struct slice text)
{
        uint64_t limit = backtracker->match_limit;
        if (text.size > TEXT_FULL_STEPS)
                limit = limit * TEXT_FULL_STEPS / text.size + 1;
        if (!scratch->pcre2)
                scratch->pcre2 = scratch_new();
        (void)pcre2_set_match_limit(scratch->pcre2->context, (uint32_t)limit);
        PCRE2_SPTR bytes = (PCRE2_SPTR)(text.data ? text.data : "");
        pcre2_match_data *data = scratch->pcre2->data;
        pcre2_match_context *context = scratch->pcre2->context;
        int found = backtracker->compiled ?
                pcre2_jit_match(backtracker->code, bytes, text.size, 0, 0, data, context) :
                pcre2_match(backtracker->code, bytes, text.size, 0, PCRE2_NO_UTF_CHECK, data, context);
        if (found == PCRE2_ERROR_NOMATCH)
                return PATTERN_NO;
        return found >= 0 ? PATTERN_YES : PATTERN_LIMIT;
}
