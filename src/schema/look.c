/* The executor over a tape: knows which members and elements were looked at, so that unevaluated* and $dynamicRef can be told.
 * It serves every other keyword, too: for the subtree below such a keyword, and as the twin that tests hold against walk.c. */
#include "check.h"

#define FEW_WORDS 4

/* The dynamic scope: the resources that were entered on the way, the innermost first. */
struct scope {
        const struct scope *outer;
        uint16_t            resource;
};
/* A value on the tape, with a place to note which of its members or elements were looked at (NULL: nobody asks). */
struct look {
        struct checker     *checker;
        uint32_t            entry;
        uint64_t           *marks;
        const struct scope *scope;
};

static bool look_node(const struct look *outer, const struct node *node);

static inline const struct tape_entry *entry_at(const struct look *look, uint32_t entry)
{
        return &look->checker->tape.entries[entry];
}

static inline struct slice raw_at(const struct look *look, uint32_t entry)
{
        return tape_raw(&look->checker->tape, entry);
}

/* Another value of the same tape, of whose parts nobody asks. */
static bool look_child(const struct look *look, const struct node *node, uint32_t entry)
{
        if (!node)
                return true;
        const struct look child = { .checker = look->checker, .entry = entry, .scope = look->scope };
        return look_node(&child, node);
}

/* ---- marks ---- */
static size_t marks_words(const struct look *look)
{
        return (entry_at(look, look->entry)->count + 63) / 64;
}

/* Zeroed; from `few` when that is enough. NULL: out of memory (noted). */
static uint64_t *marks_take(const struct look *look, uint64_t few[FEW_WORDS], size_t words)
{
        uint64_t *marks = few;
        if (words > FEW_WORDS)
                marks = arena_take(&look->checker->arena, words * sizeof(*marks));
        if (!marks)
                (void)stop(look->checker, REASON_overloaded, raw_at(look, look->entry).data,
                           "there is no memory for its members");
        else
                memset(marks, 0, (words > FEW_WORDS ? words : FEW_WORDS) * sizeof(*marks));
        return marks;
}

static void marks_add(const struct look *look, const uint64_t *marks)
{
        for (size_t i = 0, words = marks_words(look); i < words; i++)
                look->marks[i] |= marks[i];
}

/* Whether the value passes, without a word about it; its marks count only if it does. */
static enum attempt look_attempt(const struct look *look, const struct node *node)
{
        struct checker *checker = look->checker;
        unsigned nested = checker->nested;
        size_t items = checker->item_count;
        uint64_t few[FEW_WORDS], *marks = NULL;
        if (look->marks && !(marks = marks_take(look, few, marks_words(look))))
                return ATTEMPT_STOPPED;
        const struct look branch = { .checker = checker, .entry = look->entry, .marks = marks, .scope = look->scope };
        checker->quiet++;
        bool good = look_node(&branch, node);
        checker->quiet--;
        checker->nested = nested;
        checker->item_count = items;
        if (good && marks)
                marks_add(look, marks);
        return good ? ATTEMPT_YES : checker->reason == REASON_schema_invalid ? ATTEMPT_NO : ATTEMPT_STOPPED;
}

/* ---- objects ---- */
struct object_look {
        const struct look         *look;
        const struct object_rules *rules;
        uint64_t                  *seen;
        uint32_t                   ordinal;
};

static bool name_look(const struct look *look, const struct node *node, uint32_t key)
{
        if (look_child(look, node, key))
                return true;
        return look->checker->reason == REASON_schema_invalid && complain_name(look->checker, raw_at(look, key).data);
}

static bool unknown_look(struct object_look *object, struct slice text, uint32_t key)
{
        const struct look *look = object->look;
        const struct object_rules *rules = object->rules;
        struct checker *checker = look->checker;
        bool matched = false;
        for (size_t i = 0; i < rules->pattern_count; i++) {
                /* The text may lie in scratch that looking at the value uses. */
                if (i && entry_at(look, key)->escaped)
                        text = text_of(checker, raw_at(look, key), true);
                enum pattern_answer answer = pattern_match(rules->patterns[i].pattern, checker->match, text);
                if (answer == PATTERN_LIMIT)
                        return stop_pattern(checker, raw_at(look, key).data, "patternProperties");
                if (answer == PATTERN_YES && !look_child(look, rules->patterns[i].node, key + 1))
                        return false;
                matched |= answer == PATTERN_YES;
        }
        if (look->marks && (matched || rules->additional))
                bit_set(look->marks, object->ordinal);
        if (matched || !rules->additional)
                return true;
        if (rules->additional->flags & NODE_FALSE)
                return complain_additional(checker, rules, raw_at(look, key));
        return look_child(look, rules->additional, key + 1);
}

static bool member_look(struct object_look *object, uint32_t key)
{
        const struct look *look = object->look;
        const struct object_rules *rules = object->rules;
        if (rules->name && !name_look(look, rules->name, key))
                return false;
        struct slice text = text_of(look->checker, raw_at(look, key), entry_at(look, key)->escaped);
        uint32_t row = rules->names ? names_find(rules->names, text.data, text.size) : NAMES_NONE;
        if (row == NAMES_NONE)
                return unknown_look(object, text, key);
        bit_set(object->seen, row);
        if (look->marks && rules->members[row].evaluated)
                bit_set(look->marks, object->ordinal);
        const struct member *member = &rules->members[row];
        if (member->node && member->node->flags & NODE_FALSE && member->refused_by)
                return complain_refused(look->checker, member, raw_at(look, key).data);
        return look_child(look, member->node, key + 1);
}

static bool look_object(const struct look *look, const struct object_rules *rules)
{
        uint64_t few[FEW_WORDS];
        struct object_look object = { .look = look, .rules = rules, .seen = marks_take(look, few, rules->words) };
        uint32_t end = entry_at(look, look->entry)->next;
        if (!object.seen)
                return false;
        for (uint32_t key = look->entry + 1; key < end; key = entry_at(look, key + 1)->next, object.ordinal++)
                if (!member_look(&object, key))
                        return false;
        if (!check_members(look->checker, rules, raw_at(look, look->entry).data, object.seen, object.ordinal))
                return false;
        for (size_t i = 0; i < rules->dependency_count; i++) {
                const struct dependency *dependency = &rules->dependencies[i];
                if (dependency->node && bit_get(object.seen, dependency->trigger) && !look_node(look, dependency->node))
                        return false;
        }
        return true;
}

/* ---- arrays ---- */
static bool element_look(const struct look *look, const struct array_rules *rules, uint32_t entry, size_t index,
                         size_t *contained)
{
        struct checker *checker = look->checker;
        const struct node *node = index < rules->prefix_count ? rules->prefix[index] : rules->rest;
        if (look->marks && node)
                bit_set(look->marks, index);
        if (index >= rules->prefix_count && node && node->flags & NODE_FALSE)
                return complain(checker, raw_at(look, entry).data, rules->rest_keyword,
                                "is not allowed: the schema takes %zu items here", rules->prefix_count);
        if (!look_child(look, node, entry))
                return false;
        if (rules->unique && !item_push(checker, raw_at(look, entry)))
                return false;
        if (!rules->contains)
                return true;
        const struct look element = { .checker = checker, .entry = entry, .scope = look->scope };
        enum attempt attempt = look_attempt(&element, rules->contains);
        if (attempt == ATTEMPT_YES) {
                ++*contained;
                if (look->marks && rules->contains_evaluates)
                        bit_set(look->marks, index);
        }
        return attempt != ATTEMPT_STOPPED;
}

static bool look_array(const struct look *look, const struct array_rules *rules)
{
        struct checker *checker = look->checker;
        const char *where = raw_at(look, look->entry).data;
        size_t count = 0, contained = 0, items = checker->item_count;
        uint32_t end = entry_at(look, look->entry)->next;
        for (uint32_t entry = look->entry + 1; entry < end; entry = entry_at(look, entry)->next, count++)
                if (!element_look(look, rules, entry, count, &contained))
                        return false;
        if (!check_count(checker, rules, where, count) ||
            (rules->contains && !check_contains(checker, rules, where, contained)) ||
            (rules->unique && !check_unique(checker, where, count)))
                return false;
        checker->item_count = items;
        return true;
}

/* ---- several schemas of one value ---- */
/* anyOf: every branch when somebody asks what was looked at, else up to the first that fits. */
static bool look_any(const struct look *look, const struct node_list *branches)
{
        const char *where = raw_at(look, look->entry).data;
        struct nearest nearest = { .where = where };
        bool good = false;
        for (size_t i = 0; i < branches->count && (!good || look->marks); i++) {
                enum attempt attempt = look_attempt(look, branches->nodes[i]);
                if (attempt == ATTEMPT_STOPPED)
                        return false;
                good |= attempt == ATTEMPT_YES;
                if (attempt == ATTEMPT_NO)
                        nearest_note(&nearest, look->checker, i);
        }
        return good || (complain_branches(look->checker, branches, where, "anyOf", &nearest) &&
                        look_node(look, branches->nodes[nearest.branch]));
}

static bool look_one(const struct look *look, const struct node_list *branches)
{
        const char *where = raw_at(look, look->entry).data;
        struct nearest nearest = { .where = where };
        size_t count = 0, first = 0;
        for (size_t i = 0; i < branches->count; i++) {
                enum attempt attempt = look_attempt(look, branches->nodes[i]);
                if (attempt == ATTEMPT_STOPPED)
                        return false;
                if (attempt == ATTEMPT_YES && count++ == 1)
                        return complain(look->checker, where, "oneOf",
                                        "must match exactly one alternative of `oneOf`, and matches the ones at %zu and %zu",
                                        first, i);
                if (attempt == ATTEMPT_YES)
                        first = i;
                else
                        nearest_note(&nearest, look->checker, i);
        }
        return count == 1 || (complain_branches(look->checker, branches, where, "oneOf", &nearest) &&
                              look_node(look, branches->nodes[nearest.branch]));
}

static bool look_condition(const struct look *look, const struct combine_rules *rules)
{
        if (rules->not) {
                const struct look unseen = { .checker = look->checker, .entry = look->entry, .scope = look->scope };
                enum attempt attempt = look_attempt(&unseen, rules->not);
                if (attempt == ATTEMPT_STOPPED)
                        return false;
                if (attempt == ATTEMPT_YES)
                        return complain(look->checker, raw_at(look, look->entry).data, "not",
                                        "matches a schema that it must not match");
        }
        if (rules->condition) {
                enum attempt attempt = look_attempt(look, rules->condition);
                if (attempt == ATTEMPT_STOPPED)
                        return false;
                const struct node *node = attempt == ATTEMPT_YES ? rules->then : rules->otherwise;
                return !node || look_node(look, node);
        }
        return true;
}

/* The outermost resource of the scope that has the anchor. */
static const struct node *dynamic_find(const struct look *look, const struct dynamic_ref *ref)
{
        const struct node *node = ref->fallback;
        for (const struct scope *scope = look->scope; scope; scope = scope->outer)
                if (ref->by_resource[scope->resource])
                        node = ref->by_resource[scope->resource];
        return node;
}

static bool look_combine(const struct look *look, const struct combine_rules *rules)
{
        for (size_t i = 0; i < rules->all.count; i++)
                if (!look_node(look, rules->all.nodes[i]))
                        return false;
        for (size_t i = 0; i < rules->dynamic_count; i++)
                if (!look_node(look, dynamic_find(look, &rules->dynamic[i])))
                        return false;
        return (!rules->any.count || look_any(look, &rules->any)) && (!rules->one.count || look_one(look, &rules->one)) &&
               look_condition(look, rules);
}

/* ---- what nobody looked at ---- */
static bool unevaluated_fail(const struct look *look, uint32_t entry, bool object)
{
        return complain(look->checker, raw_at(look, entry).data, object ? "unevaluatedProperties" : "unevaluatedItems",
                        object ? "is not a member that the schema allows here" : "is not an item that the schema allows here");
}

/* unevaluatedProperties, unevaluatedItems: `look->marks` is complete. */
static bool look_rest(const struct look *look, const struct node *rest, bool object)
{
        uint32_t end = entry_at(look, look->entry)->next;
        size_t ordinal = 0;
        for (uint32_t entry = look->entry + 1; entry < end; entry = entry_at(look, entry + object)->next, ordinal++) {
                if (bit_get(look->marks, ordinal))
                        continue;
                if (rest->flags & NODE_FALSE)
                        return unevaluated_fail(look, entry, object);
                if (!look_child(look, rest, entry + object))
                        return false;
                bit_set(look->marks, ordinal);
        }
        return true;
}

/* ---- one node ---- */
static bool look_rules(const struct look *look, const struct node *node)
{
        static const uint8_t TYPES[] = { [TAPE_NULL] = TYPE_NULL, [TAPE_FALSE] = TYPE_BOOLEAN, [TAPE_TRUE] = TYPE_BOOLEAN,
                                         [TAPE_NUMBER] = TYPE_NUMBER, [TAPE_STRING] = TYPE_STRING, [TAPE_ARRAY] = TYPE_ARRAY,
                                         [TAPE_OBJECT] = TYPE_OBJECT };
        struct checker *checker = look->checker;
        const struct tape_entry *entry = entry_at(look, look->entry);
        struct slice raw = raw_at(look, look->entry);
        if (!(node->types & TYPES[entry->kind]))
                return complain_type(checker, raw.data, node->types);
        switch (entry->kind) {
        case TAPE_STRING:
                return check_string(checker, node, raw, entry->escaped);
        case TAPE_NUMBER:
                return check_number(checker, node, raw);
        case TAPE_OBJECT:
                return (!node->object || look_object(look, node->object)) && check_value(checker, node, raw);
        case TAPE_ARRAY:
                return (!node->array || look_array(look, node->array)) && check_value(checker, node, raw);
        default:
                return check_value(checker, node, raw);
        }
}

/* A node with unevaluated*: its marks are its own, and its parent's get all of them. */
static bool look_marked(const struct look *outer, const struct node *node)
{
        uint64_t few[FEW_WORDS];
        struct look look = *outer;
        uint8_t kind = entry_at(outer, outer->entry)->kind;
        bool object = kind == TAPE_OBJECT, array = kind == TAPE_ARRAY;
        const struct node *rest = object && node->object ? node->object->unevaluated
                                : array && node->array   ? node->array->unevaluated : NULL;
        if (rest && !(look.marks = marks_take(&look, few, marks_words(&look))))
                return false;
        if (!look_rules(&look, node) || (node->combine && !look_combine(&look, node->combine)))
                return false;
        if (rest && !look_rest(&look, rest, object))
                return false;
        if (rest && outer->marks)
                marks_add(outer, look.marks);
        return true;
}

static bool look_node(const struct look *outer, const struct node *node)
{
        struct checker *checker = outer->checker;
        struct scope scope = { outer->scope, node->resource };
        struct look look = *outer;
        if (!outer->scope || outer->scope->resource != node->resource)
                look.scope = &scope;
        if (--checker->retry_left < 0)
                return stop(checker, REASON_pattern_limit, raw_at(outer, outer->entry).data, "takes its schema too many steps");
        if (++checker->nested > NESTED_OPEN_MAX)
                return stop(checker, REASON_pattern_limit, raw_at(outer, outer->entry).data, "takes too many schemas at a time");
        bool good;
        if (node->flags & NODE_LOOK_BACK)
                good = look_marked(&look, node);
        else
                good = look_rules(&look, node) && (!node->combine || look_combine(&look, node->combine));
        checker->nested--;
        return good;
}

/* ---- the subtree ---- */
static bool keys_differ(struct checker *checker, uint32_t object)
{
        const struct tape_entry *entries = checker->tape.entries;
        size_t first = checker->key_count;
        if (entries[object].kind != TAPE_OBJECT || entries[object].count < 2)
                return true;
        for (uint32_t key = object + 1; key < entries[object].next; key = entries[key + 1].next)
                if (!key_push(checker, tape_raw(&checker->tape, key), entries[key].escaped))
                        return false;
        return keys_close(checker, first);
}

const char *look_back(struct checker *checker, const struct node *node, const char *at)
{
        struct scan_limits limits = checker->limits;
        limits.depth -= checker->depth < limits.depth ? checker->depth : limits.depth;
        const char *after = tape_value(&checker->tape, at, checker->end, &limits, &checker->fault);
        if (!after)
                return stop_syntax(checker);
        for (uint32_t i = 0; i < checker->tape.count; i++)
                if (!keys_differ(checker, i))
                        return NULL;
        const struct look look = { .checker = checker };
        return look_node(&look, node) ? after : NULL;
}
