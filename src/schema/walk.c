/* The executor over raw bytes: one pass, no tape, nothing allocated. Keywords that apply several schemas to the same value
 * walk its bytes again; only what must know which members were looked at (unevaluated*) goes to the tape (look.c). */
#include "check.h"

/* Members beyond these have their bit set in the arena. */
#define SEEN_WORDS 4
/* Of so many wrong guesses one is corrected: clients that send their members in orders of their own do not take the line with the
 * guess from the other workers' caches at each of them. */
#define SURPRISES 7

const struct node NODE_ANY = { .types = TYPE_ANY, .plain_most = UINT32_MAX };
static const struct object_rules FREE_OBJECT = { .max = SIZE_MAX };
static const struct array_rules FREE_ARRAY = { .max = SIZE_MAX };

/* ---- strings and numbers ---- */
/* Nothing but the number of its bytes needs to be looked at: check_string() would say yes. */
static inline bool string_is_plain(const struct node *node, size_t bytes, bool escaped)
{
        return bytes >= node->plain_least && bytes <= node->plain_most && (!escaped || node->plain_least == 0);
}

static inline const char *walk_string(struct checker *checker, const struct node *node, const char *at)
{
        bool escaped;
        if (UNLIKELY(!(node->types & TYPE_STRING)))
                return walk_failed(complain_type(checker, at, node->types));
        const char *after = scan_string_inline(at, checker->end, &checker->limits, &escaped, &checker->fault);
        if (UNLIKELY(!after))
                return stop_syntax(checker);
        return LIKELY(string_is_plain(node, (size_t)(after - at) - 2, escaped)) ||
               LIKELY(check_string(checker, node, slice_between(at, after), escaped)) ? after : NULL;
}

static inline bool is_digit(char c) { return (unsigned char)(c - '0') < 10; }

/* The rest of a number from its point on, behind the whole part: it lies between that and the next whole number. */
static inline const char *walk_fraction(const struct checker *checker, const struct node *node, const char *point, int64_t whole)
{
        const struct number_rules *rules = node->number;
        const char *digit = point + 1;
        while (digit < checker->end && is_digit(*digit))
                digit++;
        if (UNLIKELY(digit == point + 1 || digit == checker->end || (*digit | 0x20) == 'e' ||
                     (node->types & TYPE_NUMBER) != TYPE_NUMBER))
                return NULL;
        return !rules || (rules->whole_is_enough && whole >= rules->least && whole < rules->most) ? digit : NULL;
}

/* A number of at most 18 digits before its point whose node asks for nothing but a range: behind it; NULL: look closer. */
static inline const char *walk_small(const struct checker *checker, const struct node *node, const char *at)
{
        const char *digit = at + (*at == '-');
        int64_t integer = 0;
        if (UNLIKELY(checker->end - digit < 20 || !is_digit(*digit) || (*digit == '0' && is_digit(digit[1])) || node->values ||
                     !(node->types & TYPE_INTEGER)))
                return NULL;
        for (const char *stop = digit + 18; digit < stop && is_digit(*digit); digit++)
                integer = integer * 10 + (*digit - '0');
        if (*digit == '.' && *at != '-')
                return walk_fraction(checker, node, digit, integer);
        if (UNLIKELY(is_digit(*digit) || *digit == '.' || (*digit | 0x20) == 'e'))
                return NULL;
        const struct number_rules *rules = node->number;
        integer = *at == '-' ? -integer : integer;
        return !rules || (rules->whole_is_enough && integer >= rules->least && integer <= rules->most) ? digit : NULL;
}

static inline const char *walk_number(struct checker *checker, const struct node *node, const char *at)
{
        const char *after = walk_small(checker, node, at);
        if (LIKELY(after != NULL))
                return after;
        after = scan_number(at, checker->end, &checker->fault);
        if (UNLIKELY(!after))
                return stop_syntax(checker);
        bool any = (node->types & TYPE_NUMBER) == TYPE_NUMBER && !node->number && !node->values;
        return any || LIKELY(check_number(checker, node, slice_between(at, after))) ? after : NULL;
}

/* walk_value() with the commonest kind of value inline. */
static inline const char *part_walk(struct checker *checker, const struct node *node, const char *at)
{
        if (LIKELY(at < checker->end && *at == '"' && !(node->flags & (NODE_LOOK_BACK | NODE_COMBINE))))
                return walk_string(checker, node, at);
        return walk_value(checker, node, at);
}

/* ---- objects ---- */
struct object_walk {
        struct checker            *checker;
        const struct object_rules *rules;
        struct name               *rows;       /* NULL: no names */
        _Atomic uint16_t          *guess;      /* the row + 1 that came next the last time; 0: not known */
        uint64_t                  *seen;
};

/* The key at `at` (a quote): behind it, and its row or NAMES_NONE. The key that followed last time is tried first. */
static inline const char *key_read(struct object_walk *walk, const char *at, uint32_t *ret_row, bool *ret_escaped)
{
        struct checker *checker = walk->checker;
        uint32_t guess = 0;
        if (LIKELY(walk->rows != NULL)) {
                guess = atomic_load_explicit(walk->guess, memory_order_relaxed);
                struct name *row = walk->rows + (guess ? guess - 1 : 0);
                if (LIKELY(guess != 0 && name_is_next(walk->rules->names, row, at + 1, checker->end))) {
                        walk->guess = &row->next;
                        *ret_row = guess - 1;
                        return at + row->size + 2;
                }
        }
        *ret_row = NAMES_NONE;
        const char *after = scan_string_inline(at, checker->end, &checker->limits, ret_escaped, &checker->fault);
        if (UNLIKELY(!after))
                return stop_syntax(checker);
        if (!walk->rows)
                return after;
        struct slice text = text_of(checker, slice_between(at, after), *ret_escaped);
        uint32_t row = names_find(walk->rules->names, text.data, text.size);
        if (row != NAMES_NONE) {
                bool right = guess == row + 1;     /* but written with escapes */
                if (!right && (guess == 0 || checker->surprises++ % SURPRISES == 0))
                        atomic_store_explicit(walk->guess, (uint16_t)(row + 1), memory_order_relaxed);
                walk->guess = &walk->rows[row].next;
                *ret_row = row;
        }
        return after;
}

/* The value of a member that the schema does not name. */
static const char *unknown_member(struct object_walk *walk, struct slice key, bool escaped, const char *at)
{
        struct checker *checker = walk->checker;
        const struct object_rules *rules = walk->rules;
        const char *after = NULL;
        if (UNLIKELY(!key_push(checker, key, escaped)))
                return NULL;
        for (size_t i = 0; i < rules->pattern_count; i++) {
                struct slice text = text_of(checker, key, escaped);
                enum pattern_answer answer = pattern_match(rules->patterns[i].pattern, checker->match, text);
                if (UNLIKELY(answer == PATTERN_LIMIT))
                        return walk_failed(stop_pattern(checker, key.data, "patternProperties"));
                if (answer != PATTERN_YES)
                        continue;
                if (after && !retry_charge(checker, at, after - at))
                        return NULL;
                if (!(after = walk_value(checker, rules->patterns[i].node, at)))
                        return NULL;
        }
        if (after)
                return after;
        if (!rules->additional)
                return walk_value(checker, &NODE_ANY, at);
        if (UNLIKELY(rules->additional->flags & NODE_FALSE))
                return walk_failed(complain_additional(checker, rules, key));
        return walk_value(checker, rules->additional, at);
}

static bool name_check(struct checker *checker, const struct node *node, const char *key)
{
        if (walk_value(checker, node, key))
                return true;
        return checker->reason == REASON_schema_invalid ? complain_name(checker, key) : false;
}

/* One member, from its key's quote to behind its value. */
static inline const char *member_walk(struct object_walk *walk, const char *key)
{
        struct checker *checker = walk->checker;
        uint32_t row;
        bool escaped = false;
        const char *after = key_read(walk, key, &row, &escaped);
        if (UNLIKELY(!after))
                return NULL;
        const char *at = scan_space_inline(after, checker->end);
        if (UNLIKELY(at >= checker->end || *at != ':'))
                return walk_failed(stop_at(checker, at, "a colon is missing"));
        if (UNLIKELY(walk->rules->name != NULL) && !name_check(checker, walk->rules->name, key))
                return NULL;
        at = scan_space_inline(at + 1, checker->end);
        if (UNLIKELY(row == NAMES_NONE))
                return unknown_member(walk, slice_between(key, after), escaped, at);
        uint64_t bit = (uint64_t)1 << (row % 64), *word = &walk->seen[row / 64];
        if (UNLIKELY(*word & bit))
                return walk_failed(stop(checker, REASON_json_duplicate_key, key, "is there twice in the same object"));
        *word |= bit;
        const struct node *node = walk->rows[row].node;
        if (UNLIKELY(node->flags & NODE_FALSE && walk->rules->members[row].refused_by))
                return walk_failed(complain_refused(checker, &walk->rules->members[row], key));
        return part_walk(checker, node, at);
}

/* dependentSchemas. */
static bool dependencies_walk(struct object_walk *walk, const char *start, const char *after)
{
        for (size_t i = 0; i < walk->rules->dependency_count; i++) {
                const struct dependency *dependency = &walk->rules->dependencies[i];
                if (!dependency->node || !bit_get(walk->seen, dependency->trigger))
                        continue;
                if (!retry_charge(walk->checker, start, after - start) || !walk_value(walk->checker, dependency->node, start))
                        return false;
        }
        return true;
}

static const char *members_walk(struct object_walk *walk, const char *start)
{
        struct checker *checker = walk->checker;
        size_t keys = checker->key_count, count = 0;
        const char *at = scan_space_inline(start + 1, checker->end);
        if (at < checker->end && *at == '}') {
                at++;
        } else {
                for (;;) {
                        if (UNLIKELY(at >= checker->end || *at != '"'))
                                return walk_failed(stop_at(checker, at, "a key in quotes is missing"));
                        at = member_walk(walk, at);
                        if (UNLIKELY(!at))
                                return NULL;
                        count++;
                        at = scan_space_inline(at, checker->end);
                        if (UNLIKELY(at >= checker->end))
                                return walk_failed(stop_at(checker, at, ""));
                        if (LIKELY(*at == ',')) {
                                at = scan_space_inline(at + 1, checker->end);
                                continue;
                        }
                        if (UNLIKELY(*at != '}'))
                                return walk_failed(stop_at(checker, at, "a comma or '}' is missing"));
                        at++;
                        break;
                }
        }
        checker->reached = at;
        if (!keys_close(checker, keys) || !check_members(checker, walk->rules, start, walk->seen, count) ||
            (walk->rules->dependency_count && !dependencies_walk(walk, start, at)))
                return NULL;
        return at;
}

static const char *too_deep(struct checker *checker, const char *at)
{
        return walk_failed(stop(checker, REASON_json_depth, at, "arrays and objects are nested too deeply"));
}

static const char *walk_object(struct checker *checker, const struct node *node, const char *at)
{
        const struct object_rules *rules = node->object ? node->object : &FREE_OBJECT;
        uint64_t few[SEEN_WORDS] = { 0 };
        struct object_walk walk = { .checker = checker, .rules = rules, .seen = few };
        if (rules->names) {
                walk.rows = rules->names->rows;
                walk.guess = &rules->names->first;
        }
        if (UNLIKELY(rules->words > SEEN_WORDS)) {
                walk.seen = arena_take(&checker->arena, rules->words * sizeof(uint64_t));
                if (!walk.seen)
                        return walk_failed(stop(checker, REASON_overloaded, at, "there is no memory for its members"));
                memset(walk.seen, 0, rules->words * sizeof(uint64_t));
        }
        if (UNLIKELY(++checker->depth > checker->limits.depth))
                return too_deep(checker, at);
        const char *after = members_walk(&walk, at);
        checker->depth--;
        return after;
}

/* ---- arrays ---- */
static const char *element_walk(struct checker *checker, const struct array_rules *rules, const char *at, size_t index,
                                size_t *contained)
{
        const struct node *node = index < rules->prefix_count ? rules->prefix[index] : rules->rest;
        if (UNLIKELY(index >= rules->prefix_count && node && node->flags & NODE_FALSE))
                return walk_failed(complain(checker, at, rules->rest_keyword, "is not allowed: the schema takes %zu items here",
                                            rules->prefix_count));
        const char *after = part_walk(checker, node ? node : &NODE_ANY, at);
        if (UNLIKELY(!after))
                return NULL;
        if (rules->contains) {
                enum attempt attempt = walk_attempt(checker, rules->contains, at);
                if (attempt == ATTEMPT_STOPPED)
                        return NULL;
                *contained += attempt == ATTEMPT_YES;
        }
        if (rules->unique && !item_push(checker, slice_between(at, after)))
                return NULL;
        return after;
}

static const char *elements_walk(struct checker *checker, const struct array_rules *rules, const char *start)
{
        size_t count = 0, contained = 0, items = checker->item_count;
        const char *at = scan_space_inline(start + 1, checker->end);
        if (at < checker->end && *at == ']') {
                at++;
        } else {
                for (;;) {
                        at = element_walk(checker, rules, at, count, &contained);
                        if (UNLIKELY(!at))
                                return NULL;
                        count++;
                        at = scan_space_inline(at, checker->end);
                        if (UNLIKELY(at >= checker->end))
                                return walk_failed(stop_at(checker, at, ""));
                        if (LIKELY(*at == ',')) {
                                at = scan_space_inline(at + 1, checker->end);
                                continue;
                        }
                        if (UNLIKELY(*at != ']'))
                                return walk_failed(stop_at(checker, at, "a comma or ']' is missing"));
                        at++;
                        break;
                }
        }
        checker->reached = at;
        if (!check_count(checker, rules, start, count) ||
            (rules->contains && !check_contains(checker, rules, start, contained)) ||
            (rules->unique && !check_unique(checker, start, count)))
                return NULL;
        checker->item_count = items;
        return at;
}

static const char *walk_array(struct checker *checker, const struct node *node, const char *at)
{
        if (UNLIKELY(++checker->depth > checker->limits.depth))
                return too_deep(checker, at);
        const char *after = elements_walk(checker, node->array ? node->array : &FREE_ARRAY, at);
        checker->depth--;
        return after;
}

/* ---- any value ---- */
/* Kept apart: the frame that an object needs must not be paid for by every string and number. */
static __attribute__((noinline)) const char *walk_container(struct checker *checker, const struct node *node, const char *at)
{
        bool object = *at == '{';
        if (UNLIKELY(!(node->types & (object ? TYPE_OBJECT : TYPE_ARRAY))))
                return walk_failed(complain_type(checker, at, node->types));
        const char *after = object ? walk_object(checker, node, at) : walk_array(checker, node, at);
        if (after && UNLIKELY(node->values != NULL) && !check_value(checker, node, slice_between(at, after)))
                return NULL;
        return after;
}

static __attribute__((noinline)) const char *walk_literal(struct checker *checker, const struct node *node, const char *at)
{
        const char *after = scan_literal(at, checker->end, &checker->fault);
        if (UNLIKELY(!after))
                return stop_syntax(checker);
        if (UNLIKELY(!(node->types & (*at == 'n' ? TYPE_NULL : TYPE_BOOLEAN))))
                return walk_failed(complain_type(checker, at, node->types));
        return !node->values || check_value(checker, node, slice_between(at, after)) ? after : NULL;
}

const char *walk_plain(struct checker *checker, const struct node *node, const char *at)
{
        switch (*at) {
        case '"':
                return walk_string(checker, node, at);
        case '{':
        case '[':
                return walk_container(checker, node, at);
        case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
                return walk_number(checker, node, at);
        default:
                return walk_literal(checker, node, at);
        }
}

/* ---- several schemas of one value: walk_combine.c ---- */
const char *walk_value(struct checker *checker, const struct node *node, const char *at)
{
        if (UNLIKELY(at >= checker->end))
                return walk_failed(stop_at(checker, at, ""));
        if (UNLIKELY(node->flags & (NODE_LOOK_BACK | NODE_COMBINE)))
                return walk_combined(checker, node, at);
        return walk_plain(checker, node, at);
}
