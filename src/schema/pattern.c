/* A pattern from its text to its engine. Look-ahead at the very start is taken apart: "^(?=A)(?!B)C" holds where "^A" and
 * "^C" match and "^B" does not, and each of the three gets an engine of its own, linear if it can be. */
#include "schema/pattern.h"
#include "base/utf8.h"
#include "schema/pattern_tree.h"

#define TREE_MEMORY (64 * 1024 * 1024)
#define PARTS_MAX   16

struct part {
        bool                negative;
        enum pattern_engine engine;
        uint32_t            match_limit;
        union {
                struct runs        *runs;
                struct stepper   *stepper;
                struct backtracker *backtracker;
                struct retracer    *retracer;
        };
        struct retracer *second;           /* for long texts at which the backtracker gives up, or NULL */
};
struct pattern {
        struct part  parts[PARTS_MAX];     /* all must say yes */
        size_t       count;
        char        *literal;              /* NULL: it is more than a literal */
        size_t       literal_size;
        bool         literal_whole;
};

bool node_refers(const struct node *node)
{
        if (node->kind == NODE_BACK)
                return true;
        for (const struct node *child = node->child; child; child = child->next)
                if (node_refers(child))
                        return true;
        return false;
}

bool node_anchored(const struct node *node)
{
        if (node->kind == NODE_START)
                return true;
        if (node->kind == NODE_CHOICE) {
                for (const struct node *child = node->child; child; child = child->next)
                        if (!node_anchored(child))
                                return false;
                return true;
        }
        return (node->kind == NODE_SEQUENCE || node->kind == NODE_GROUP) && node->child && node_anchored(node->child);
}

/* Marks the groups whose captures PCRE2 treats otherwise than the standard: those that a repetition forgets, and those of
 * look-behind, which the standard matches from right to left. */
static void mark_groups(const struct node *node, bool inside, bool marks[GROUPS_MAX + 1])
{
        inside = inside || (node->kind == NODE_REPEAT && node->max > 1) || (node->kind == NODE_LOOK && node->behind);
        if (node->kind == NODE_GROUP)
                marks[node->number] = inside;
        for (const struct node *child = node->child; child; child = child->next)
                mark_groups(child, inside, marks);
}

/* Does a reference name a marked group, or stand in look-behind or in a repetition? (There, PCRE2 lets one to a group that took
 * no part fail.) */
static bool refers_to_marked(const struct node *node, bool inside, const bool marks[GROUPS_MAX + 1])
{
        inside = inside || node->kind == NODE_REPEAT || (node->kind == NODE_LOOK && node->behind);
        if (node->kind == NODE_BACK && (inside || marks[node->number]))
                return true;
        for (const struct node *child = node->child; child; child = child->next)
                if (refers_to_marked(child, inside, marks))
                        return true;
        return false;
}

static bool needs_retracing(const struct node *root)
{
        bool marks[GROUPS_MAX + 1] = { false };
        mark_groups(root, false, marks);
        return refers_to_marked(root, false, marks);
}

enum engines { ENGINES_ALL = -1 };

static bool part_compile(const struct tree *tree, int engine, uint32_t match_limit, struct part *ret_part, struct error *err)
{
        *ret_part = (struct part){ .engine = PATTERN_RUNS };
        if (engine == ENGINES_ALL || engine == PATTERN_RUNS) {
                ret_part->runs = runs_compile(tree);
                if (ret_part->runs)
                        return true;
        }
        ret_part->engine = PATTERN_AUTOMATON;
        if (engine == ENGINES_ALL || engine == PATTERN_AUTOMATON) {
                ret_part->stepper = stepper_compile(tree);
                if (ret_part->stepper)
                        return true;
        }
        ret_part->engine = PATTERN_BACKTRACKING;
        if ((engine == ENGINES_ALL && !needs_retracing(tree->root)) || engine == PATTERN_BACKTRACKING) {
                ret_part->backtracker = backtracker_compile(tree, match_limit, err);
                ret_part->match_limit = match_limit;
                if (ret_part->backtracker && engine == ENGINES_ALL)
                        ret_part->second = retracer_compile(tree, match_limit);
                if (ret_part->backtracker)
                        return true;
        }
        ret_part->engine = PATTERN_RETRACING;
        if (engine == ENGINES_ALL || engine == PATTERN_RETRACING) {
                ret_part->retracer = retracer_compile(tree, match_limit);
                if (ret_part->retracer)
                        return true;
        }
        return error_set(err, "offset 0: the pattern is too large");
}

/* Compiles the look-aheads that follow a '^' as parts of their own and takes them out of the tree. */
static bool pattern_take_apart(struct pattern *pattern, const struct tree *tree, uint32_t match_limit, struct error *err)
{
        struct node *start = tree->root->child;
        if (tree->root->kind != NODE_SEQUENCE || !start || start->kind != NODE_START || node_refers(tree->root))
                return true;
        while (start->next && start->next->kind == NODE_LOOK && !start->next->behind && pattern->count < PARTS_MAX - 1) {
                struct node *look = start->next;
                struct node anchor = { .kind = NODE_START, .next = look->child };
                struct node root = { .kind = NODE_SEQUENCE, .child = &anchor, .last = look->child };
                struct tree part = { .arena = tree->arena, .root = &root, .groups = tree->groups };
                if (!part_compile(&part, ENGINES_ALL, match_limit, &pattern->parts[pattern->count], err))
                        return false;
                pattern->parts[pattern->count++].negative = look->negative;
                start->next = look->next;
                if (!start->next)
                        tree->root->last = start;
        }
        return true;
}

static void pattern_find_literal(struct pattern *pattern, const struct tree *tree, size_t size)
{
        const struct node *node = tree->root->child;
        if (tree->root->kind != NODE_SEQUENCE || !node || node->kind != NODE_START)
                return;
        char *literal = memory_get(size + 1);
        size_t used = 0;
        for (node = node->next; node && node->kind == NODE_SET; node = node->next) {
                if (node->set.count != 1 || node->set.ranges[0].first != node->set.ranges[0].last)
                        break;
                used += utf8_encode(node->set.ranges[0].first, literal + used);
        }
        bool ends = node && node->kind == NODE_END && !node->next;
        if (node && !ends) {
                free(literal);
                return;
        }
        pattern->literal = literal;
        pattern->literal_size = used;
        pattern->literal_whole = ends;
}

static struct pattern *pattern_make(int engine, struct slice ecma, uint32_t match_limit, struct error *err)
{
        struct arena_pool pool;
        struct arena arena;
        struct tree tree;
        struct error ignored;
        struct pattern *pattern = memory_get(sizeof(*pattern));
        if (!err)
                err = &ignored;
        arena_pool_init(&pool, 16 * 1024, 1);
        arena_init(&arena, &pool, TREE_MEMORY);

        bool done = pattern_parse(&arena, ecma, &tree, err);
        if (done) {
                pattern_find_literal(pattern, &tree, ecma.size);
                done = (engine != ENGINES_ALL || pattern_take_apart(pattern, &tree, match_limit, err)) &&
                       part_compile(&tree, engine, match_limit, &pattern->parts[pattern->count], err);
                pattern->count += done;
        }
        arena_done(&arena);
        arena_pool_done(&pool);
        if (done)
                return pattern;
        pattern_free(pattern);
        return NULL;
}

struct pattern *pattern_compile(struct slice ecma, uint32_t match_limit, struct error *err)
{
        return pattern_make(ENGINES_ALL, ecma, match_limit, err);
}

struct pattern *pattern_compile_with(enum pattern_engine engine, struct slice ecma, uint32_t match_limit, struct error *err)
{
        return pattern_make((int)engine, ecma, match_limit, err);
}

bool pattern_valid(struct slice ecma, struct error *err)
{
        struct arena_pool pool;
        struct arena arena;
        struct error ignored;
        arena_pool_init(&pool, 16 * 1024, 1);
        arena_init(&arena, &pool, TREE_MEMORY);
        bool valid = pattern_parse(&arena, ecma, NULL, err ? err : &ignored);
        arena_done(&arena);
        arena_pool_done(&pool);
        return valid;
}

void pattern_free(struct pattern *pattern)
{
        if (!pattern)
                return;
        for (size_t i = 0; i < pattern->count; i++) {
                retracer_free(pattern->parts[i].second);
                switch (pattern->parts[i].engine) {
                case PATTERN_RUNS:         runs_free(pattern->parts[i].runs); break;
                case PATTERN_AUTOMATON:    stepper_free(pattern->parts[i].stepper); break;
                case PATTERN_BACKTRACKING: backtracker_free(pattern->parts[i].backtracker); break;
                case PATTERN_RETRACING:    retracer_free(pattern->parts[i].retracer); break;
                }
        }
        free(pattern->literal);
        free(pattern);
}

/* PCRE2 takes one step a character only to look for a start, and one step may walk far, so that the limit cannot grow with the
 * text. The retracer's steps are all alike: its limit can. */
static enum pattern_answer part_backtrack(const struct part *part, struct pattern_scratch *scratch, struct slice text)
{
        enum pattern_answer answer = backtracker_match(part->backtracker, scratch, text);
        if (answer == PATTERN_LIMIT && part->second && text.size > part->match_limit / 4)
                return retracer_match(part->second, &scratch->trail, text);
        return answer;
}

static enum pattern_answer part_match(const struct part *part, struct pattern_scratch *scratch, struct slice text)
{
        switch (part->engine) {
        case PATTERN_RUNS:      return runs_match(part->runs, text) ? PATTERN_YES : PATTERN_NO;
        case PATTERN_AUTOMATON: return stepper_match(part->stepper, text) ? PATTERN_YES : PATTERN_NO;
        case PATTERN_RETRACING: return retracer_match(part->retracer, &scratch->trail, text);
        default:                return part_backtrack(part, scratch, text);
        }
}

enum pattern_answer pattern_match(const struct pattern *pattern, struct pattern_scratch *scratch, struct slice text)
{
        enum pattern_answer answer = PATTERN_YES;
        for (size_t i = 0; i < pattern->count; i++) {
                enum pattern_answer part = part_match(&pattern->parts[i], scratch, text);
                if (part == PATTERN_LIMIT)
                        answer = PATTERN_LIMIT;
                else if ((part == PATTERN_YES) == pattern->parts[i].negative)
                        return PATTERN_NO;
        }
        return answer;
}

enum pattern_engine pattern_engine(const struct pattern *pattern)
{
        enum pattern_engine slowest = PATTERN_RUNS;
        for (size_t i = 0; i < pattern->count; i++)
                if (pattern->parts[i].engine > slowest)
                        slowest = pattern->parts[i].engine;
        return slowest;
}

bool pattern_literal(const struct pattern *pattern, struct slice *ret_literal, bool *ret_whole)
{
        if (!pattern->literal)
                return false;
        *ret_literal = (struct slice){ pattern->literal, pattern->literal_size };
        *ret_whole = pattern->literal_whole;
        return true;
}

struct pattern_scratch *pattern_scratch_new(void)
{
        return memory_get(sizeof(struct pattern_scratch));
}

void pattern_scratch_free(struct pattern_scratch *scratch)
{
        if (!scratch)
                return;
        pcre2_scratch_free(scratch->pcre2);
        trail_done(&scratch->trail);
        free(scratch);
}
