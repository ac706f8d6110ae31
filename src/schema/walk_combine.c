/* The executor over raw bytes, second part: several schemas of one value. Each walks its bytes again, and is charged for it. */
#include "check.h"

bool retry_charge(struct checker *checker, const char *at, ptrdiff_t bytes)
{
        checker->retry_left -= 16 + (bytes > 0 ? bytes : 0);
        return checker->retry_left >= 0 || stop(checker, REASON_pattern_limit, at, "takes its schema too many steps");
}

/* Whether the value passes, without a word about it. */
enum attempt walk_attempt(struct checker *checker, const struct node *node, const char *at)
{
        size_t depth = checker->depth, keys = checker->key_count, items = checker->item_count;
        unsigned nested = checker->nested;
        checker->quiet++;
        const char *after = walk_value(checker, node, at);
        checker->quiet--;
        checker->depth = depth, checker->key_count = keys, checker->item_count = items, checker->nested = nested;
        if (!after && checker->reason != REASON_schema_invalid)
                return ATTEMPT_STOPPED;
        const char *reached = checker->reached > checker->where ? checker->reached : checker->where;
        if (!retry_charge(checker, at, (after ? after : reached) - at))
                return ATTEMPT_STOPPED;
        return after ? ATTEMPT_YES : ATTEMPT_NO;
}

/* The branch that the discriminator names for the object at `at`: its index; count when the member has another text (noted);
 * UINT32_MAX when there is nothing to go by. */
static uint32_t branch_find(struct checker *checker, const struct discriminator *by, const char *at, const char *keyword,
                            size_t count)
{
        struct scan_limits limits = checker->limits;
        struct scan_error ignored;
        if (*at != '{')
                return UINT32_MAX;
        at = scan_space_inline(at + 1, checker->end);
        while (at < checker->end && *at == '"') {
                bool escaped;
                const char *key = at, *after = scan_string_inline(at, checker->end, &limits, &escaped, &ignored);
                if (!after || (at = scan_space_inline(after, checker->end)) >= checker->end || *at != ':')
                        return UINT32_MAX;
                at = scan_space_inline(at + 1, checker->end);
                struct slice name = text_of(checker, slice_between(key, after), escaped);
                if (slice_equal(name, by->key)) {
                        if (at >= checker->end || *at != '"' || !(after = scan_string_inline(at, checker->end, &limits, &escaped,
                                        &ignored)))
                                return UINT32_MAX;
                        struct slice text = text_of(checker, slice_between(at, after), escaped);
                        uint32_t row = names_find(by->values, text.data, text.size);
                        if (row != NAMES_NONE)
                                return by->branch[row];
                        (void)complain(checker, at, keyword, "must be one of %.*s", SLICE_ARGS(by->list));
                        return (uint32_t)count;
                }
                if (at >= checker->end || !(at = scan_value(at, checker->end, &limits, &ignored)))
                        return UINT32_MAX;
                at = scan_space_inline(at, checker->end);
                if (at < checker->end && *at == ',')
                        at = scan_space_inline(at + 1, checker->end);
        }
        return UINT32_MAX;
}

static unsigned type_at(const char *at)
{
        switch (*at) {
        case '"': return TYPE_STRING;
        case '{': return TYPE_OBJECT;
        case '[': return TYPE_ARRAY;
        case 'n': return TYPE_NULL;
        case 't':
        case 'f': return TYPE_BOOLEAN;
        default:  return TYPE_NUMBER;
        }
}

bool complain_branches(struct checker *checker, const struct node_list *branches, const char *at, const char *keyword,
                       struct nearest *nearest)
{
        unsigned types = 0, have = type_at(at);
        size_t fitting = 0;
        for (size_t i = 0; i < branches->count; i++) {
                const struct node *node = branches->nodes[i];
                types |= node->types;
                if (node->types & have) {
                        fitting++;
                        if (!nearest->unique)
                                nearest->branch = i;
                }
        }
        if (fitting == 1 || nearest->unique)
                return true;
        if (fitting == 0)
                return complain_type(checker, at, types);
        return complain(checker, at, keyword, "must match one of the %zu alternatives of `%s`, and matches none", branches->count,
                        keyword);
}

static bool walk_any(struct checker *checker, const struct node_list *branches, const struct discriminator *by, const char *at)
{
        struct nearest nearest = { .where = at };
        if (by) {
                uint32_t index = branch_find(checker, by, at, "anyOf", branches->count);
                if (index != UINT32_MAX)
                        return index < branches->count && walk_value(checker, branches->nodes[index], at);
        }
        for (size_t i = 0; i < branches->count; i++) {
                enum attempt attempt = walk_attempt(checker, branches->nodes[i], at);
                if (attempt != ATTEMPT_NO)
                        return attempt == ATTEMPT_YES;
                nearest_note(&nearest, checker, i);
        }
        return complain_branches(checker, branches, at, "anyOf", &nearest) &&
               walk_value(checker, branches->nodes[nearest.branch], at);
}

static bool walk_one(struct checker *checker, const struct node_list *branches, const struct discriminator *by, const char *at)
{
        struct nearest nearest = { .where = at };
        size_t count = 0, first = 0;
        if (by) {
                uint32_t index = branch_find(checker, by, at, "oneOf", branches->count);
                if (index != UINT32_MAX)
                        return index < branches->count && walk_value(checker, branches->nodes[index], at);
        }
        for (size_t i = 0; i < branches->count; i++) {
                enum attempt attempt = walk_attempt(checker, branches->nodes[i], at);
                if (attempt == ATTEMPT_STOPPED)
                        return false;
                if (attempt == ATTEMPT_YES && count++ == 1)
                        return complain(checker, at, "oneOf",
                                        "must match exactly one alternative of `oneOf`, and matches the ones at %zu and %zu",
                                        first, i);
                if (attempt == ATTEMPT_YES)
                        first = i;
                else
                        nearest_note(&nearest, checker, i);
        }
        if (count == 1)
                return true;
        return complain_branches(checker, branches, at, "oneOf", &nearest) &&
               walk_value(checker, branches->nodes[nearest.branch], at);
}

static bool walk_condition(struct checker *checker, const struct combine_rules *rules, const char *at)
{
        if (rules->not) {
                enum attempt attempt = walk_attempt(checker, rules->not, at);
                if (attempt == ATTEMPT_STOPPED)
                        return false;
                if (attempt == ATTEMPT_YES)
                        return complain(checker, at, "not", "matches a schema that it must not match");
        }
        if (rules->condition && (rules->then || rules->otherwise)) {
                enum attempt attempt = walk_attempt(checker, rules->condition, at);
                if (attempt == ATTEMPT_STOPPED)
                        return false;
                const struct node *node = attempt == ATTEMPT_YES ? rules->then : rules->otherwise;
                return !node || walk_value(checker, node, at);
        }
        return true;
}

const char *walk_combined(struct checker *checker, const struct node *node, const char *at)
{
        const struct combine_rules *rules = node->combine;
        const char *after = NULL;
        if (node->flags & NODE_LOOK_BACK)
                return look_back(checker, node, at);
        if (!(node->flags & NODE_NO_RULES) && !(after = walk_plain(checker, node, at)))
                return NULL;
        if (UNLIKELY(++checker->nested > NESTED_OPEN_MAX))
                return walk_failed(stop(checker, REASON_pattern_limit, at, "takes too many schemas at a time"));
        for (size_t i = 0; i < rules->all.count; i++) {
                if (i && !retry_charge(checker, at, after - at))
                        return NULL;
                if (!(after = walk_value(checker, rules->all.nodes[i], at)))
                        return NULL;
        }
        if ((rules->any.count && !walk_any(checker, &rules->any, rules->any_by, at)) ||
            (rules->one.count && !walk_one(checker, &rules->one, rules->one_by, at)) || !walk_condition(checker, rules, at))
                return NULL;
        checker->nested--;
        return after;
}
