/* Rules of objects and arrays. */
#include "compile.h"

/* Member names as they are found, each once; `slots` is a hash table over the rows while they are gathered. */
struct gather {
        const struct keywords *keywords;
        struct slice  *texts;
        struct member *members;
        uint32_t       count, mask;
        uint32_t      *slots;
};

static uint32_t gather_name(struct gather *gather, uint32_t entry)
{
        const struct keywords *keywords = gather->keywords;
        struct slice text = text_take(keywords->compiler, keywords->document, entry);
        uint32_t at = (uint32_t)name_hash(text.data, text.size, 1) & gather->mask;
        for (; gather->slots[at]; at = (at + 1) & gather->mask)
                if (slice_equal(gather->texts[gather->slots[at] - 1], text))
                        return gather->slots[at] - 1;
        if (gather->count == SCHEMA_NAMES_MAX)
                compile_fail(keywords->compiler, keywords->document, entry, "more than %d names of members", SCHEMA_NAMES_MAX);
        gather->texts[gather->count] = text;
        gather->slots[at] = ++gather->count;
        return gather->count - 1;
}

/* The most names that the subtree can hold: every string and key in it. */
static size_t names_most(const struct keywords *keywords)
{
        static const enum keyword LISTS[] = { KEYWORD_properties, KEYWORD_required, KEYWORD_dependencies,
                                              KEYWORD_dependent_required, KEYWORD_dependent_schemas };
        size_t most = 0;
        for (size_t i = 0; i < COUNT_OF(LISTS); i++) {
                uint32_t entry = keywords->at[LISTS[i]];
                if (!entry)
                        continue;
                most += entry_count(keywords->document, entry);
                if (LISTS[i] != KEYWORD_dependencies && LISTS[i] != KEYWORD_dependent_required)
                        continue;
                FOR_EACH_MEMBER(keywords->document, entry, key)
                        if (entry_kind(keywords->document, key + 1) == TAPE_ARRAY)
                                most += entry_count(keywords->document, key + 1);
        }
        return most < SCHEMA_NAMES_MAX ? most : SCHEMA_NAMES_MAX;
}

static void gather_init(struct gather *gather, const struct keywords *keywords)
{
        size_t most = names_most(keywords), slots = 8;
        while (slots < most * 2)
                slots *= 2;
        *gather = (struct gather){ .keywords = keywords, .mask = (uint32_t)slots - 1 };
        gather->texts = scratch_take(keywords->compiler, most * sizeof(struct slice));
        gather->members = scratch_take(keywords->compiler, most * sizeof(struct member));
        gather->slots = scratch_take(keywords->compiler, slots * sizeof(uint32_t));
}

static void gather_properties(struct gather *gather)
{
        const struct keywords *keywords = gather->keywords;
        uint32_t properties = keywords->at[KEYWORD_properties];
        if (!properties)
                return;
        FOR_EACH_MEMBER(keywords->document, properties, key) {
                struct member *member = &gather->members[gather_name(gather, key)];
                member->node = node_at(keywords->compiler, keywords->document, key + 1);
                member->declared = true;
        }
}

/* ---- dependencies ---- */
struct dependency_list {
        struct dependency *items;
        size_t             count;
        uint32_t          *entries;        /* of the array of names, or 0 */
};

/* First the names, as the width of the bit sets is not known before. */
static void gather_dependencies(struct gather *gather, enum keyword keyword, struct dependency_list *list)
{
        const struct keywords *keywords = gather->keywords;
        uint32_t entry = keywords->at[keyword];
        if (!entry)
                return;
        FOR_EACH_MEMBER(keywords->document, entry, key) {
                struct dependency *item = &list->items[list->count];
                *item = (struct dependency){ .trigger = gather_name(gather, key), .keyword = KEYWORDS[keyword].name.data };
                if (entry_kind(keywords->document, key + 1) == TAPE_ARRAY) {
                        list->entries[list->count] = key + 1;
                        FOR_EACH_ELEMENT(keywords->document, key + 1, element)
                                (void)gather_name(gather, element);
                } else {
                        item->node = node_at(keywords->compiler, keywords->document, key + 1);
                }
                list->count++;
        }
}

static const uint64_t *bits_of(struct gather *gather, uint32_t array, uint32_t words)
{
        const struct keywords *keywords = gather->keywords;
        if (!array || entry_count(keywords->document, array) == 0)
                return NULL;
        uint64_t *bits = schema_take(keywords->compiler, words * sizeof(*bits));
        FOR_EACH_ELEMENT(keywords->document, array, element)
                bit_set(bits, gather_name(gather, element));
        return bits;
}

static void dependencies_compile(struct gather *gather, struct object_rules *rules)
{
        static const enum keyword KINDS[] = { KEYWORD_dependencies, KEYWORD_dependent_required, KEYWORD_dependent_schemas };
        const struct keywords *keywords = gather->keywords;
        size_t most = 0;
        for (size_t i = 0; i < COUNT_OF(KINDS); i++)
                most += keywords->at[KINDS[i]] ? entry_count(keywords->document, keywords->at[KINDS[i]]) : 0;
        if (!most)
                return;
        struct dependency_list list = { .items = schema_take(keywords->compiler, most * sizeof(*list.items)),
                                        .entries = scratch_take(keywords->compiler, most * sizeof(*list.entries)) };
        for (size_t i = 0; i < COUNT_OF(KINDS); i++)
                gather_dependencies(gather, KINDS[i], &list);
        uint32_t words = (gather->count + 63) / 64;
        for (size_t i = 0; i < list.count; i++)
                list.items[i].needs = bits_of(gather, list.entries[i], words);
        rules->dependencies = list.items;
        rules->dependency_count = list.count;
}

/* ---- patternProperties, additionalProperties ---- */
static void patterns_compile(const struct keywords *keywords, struct object_rules *rules)
{
        uint32_t entry = keywords->at[KEYWORD_pattern_properties];
        if (!entry)
                return;
        uint32_t count = entry_count(keywords->document, entry);
        struct member_pattern *patterns = schema_take(keywords->compiler, count * sizeof(*patterns));
        FOR_EACH_MEMBER(keywords->document, entry, key) {
                struct slice text = text_take(keywords->compiler, keywords->document, key);
                const struct node *node = node_at(keywords->compiler, keywords->document, key + 1);
                patterns[rules->pattern_count++] = (struct member_pattern){ pattern_read(keywords, key, text), node };
        }
        rules->patterns = patterns;
}

/* What holds for the value of a known name: its own schema and every pattern that the name matches, else `additional`. */
static void member_settle(const struct keywords *keywords, const struct object_rules *rules, struct slice name,
                          struct member *member)
{
        const struct node **nodes = scratch_take(keywords->compiler, (rules->pattern_count + 1) * sizeof(*nodes));
        size_t count = 0;
        if (member->node)
                nodes[count++] = member->node;
        for (size_t i = 0; i < rules->pattern_count; i++)
                if (pattern_match(rules->patterns[i].pattern, keywords->compiler->match, name) == PATTERN_YES)
                        nodes[count++] = rules->patterns[i].node;
        if (count == 0 && rules->additional) {
                nodes[count++] = rules->additional;
                member->refused_by = rules->additional_keyword;
        }
        member->evaluated = count > 0;
        if (count)
                member->node = node_of_all(keywords->compiler, nodes, count, keywords->resource->number);
}

static void members_compile(struct gather *gather, struct object_rules *rules)
{
        const struct keywords *keywords = gather->keywords;
        if (gather->count == 0)
                return;
        for (uint32_t i = 0; i < gather->count; i++)
                member_settle(keywords, rules, gather->texts[i], &gather->members[i]);
        struct member *members = schema_take(keywords->compiler, gather->count * sizeof(*members));
        memcpy(members, gather->members, gather->count * sizeof(*members));
        rules->names = schema_take_names(keywords->compiler, gather->texts, gather->count);
        rules->members = members;
        rules->member_count = gather->count;
        rules->words = (gather->count + 63) / 64;
}

const struct object_rules *compile_objects(const struct keywords *keywords)
{
        static const enum keyword THEIRS[] = {
                KEYWORD_properties, KEYWORD_pattern_properties, KEYWORD_additional_properties, KEYWORD_unevaluated_properties,
                KEYWORD_property_names, KEYWORD_required, KEYWORD_min_properties, KEYWORD_max_properties, KEYWORD_dependencies,
                KEYWORD_dependent_schemas, KEYWORD_dependent_required };
        bool any = false;
        for (size_t i = 0; i < COUNT_OF(THEIRS); i++)
                any |= keywords->at[THEIRS[i]] != 0;
        if (!any)
                return NULL;
        struct object_rules *rules = schema_take(keywords->compiler, sizeof(*rules));
        rules->min = count_read(keywords, KEYWORD_min_properties, 0);
        rules->max = count_read(keywords, KEYWORD_max_properties, SIZE_MAX);
        rules->additional = keyword_node(keywords, KEYWORD_additional_properties);
        rules->additional_keyword = KEYWORDS[KEYWORD_additional_properties].name.data;
        rules->unevaluated = keyword_node(keywords, KEYWORD_unevaluated_properties);
        rules->name = keyword_node(keywords, KEYWORD_property_names);
        patterns_compile(keywords, rules);
        struct gather gather;
        gather_init(&gather, keywords);
        gather_properties(&gather);
        uint32_t required = keywords->at[KEYWORD_required];
        if (required)
                FOR_EACH_ELEMENT(keywords->document, required, element)
                        (void)gather_name(&gather, element);
        dependencies_compile(&gather, rules);
        members_compile(&gather, rules);
        rules->required = bits_of(&gather, required, rules->words);
        return rules;
}

/* ---- arrays ---- */
static void nodes_compile(const struct keywords *keywords, uint32_t entry, struct array_rules *rules)
{
        const struct node **nodes = schema_take(keywords->compiler, entry_count(keywords->document, entry) * sizeof(*nodes));
        FOR_EACH_ELEMENT(keywords->document, entry, element)
                nodes[rules->prefix_count++] = node_at(keywords->compiler, keywords->document, element);
        rules->prefix = nodes;
}

static void items_compile(const struct keywords *keywords, struct array_rules *rules)
{
        uint32_t items = keywords->at[KEYWORD_items], prefix = keywords->at[KEYWORD_prefix_items];
        rules->rest_keyword = "items";
        if (prefix)
                nodes_compile(keywords, prefix, rules);
        rules->rest = keyword_node(keywords, KEYWORD_items_2020);
        if (!items)
                return;
        if (entry_kind(keywords->document, items) != TAPE_ARRAY) {
                rules->rest = keyword_node(keywords, KEYWORD_items);
                return;
        }
        nodes_compile(keywords, items, rules);
        rules->rest = keyword_node(keywords, KEYWORD_additional_items);
        rules->rest_keyword = "additionalItems";
}

const struct array_rules *compile_arrays(const struct keywords *keywords)
{
        static const enum keyword THEIRS[] = {
                KEYWORD_items, KEYWORD_items_2020, KEYWORD_prefix_items, KEYWORD_unevaluated_items, KEYWORD_contains,
                KEYWORD_min_items, KEYWORD_max_items, KEYWORD_unique_items };
        bool any = false;
        for (size_t i = 0; i < COUNT_OF(THEIRS); i++)
                any |= keywords->at[THEIRS[i]] != 0;
        if (!any)
                return NULL;
        struct array_rules *rules = schema_take(keywords->compiler, sizeof(*rules));
        rules->min = count_read(keywords, KEYWORD_min_items, 0);
        rules->max = count_read(keywords, KEYWORD_max_items, SIZE_MAX);
        uint32_t unique = keywords->at[KEYWORD_unique_items];
        rules->unique = unique && entry_kind(keywords->document, unique) == TAPE_TRUE;
        rules->contains = keyword_node(keywords, KEYWORD_contains);
        rules->contains_min = count_read(keywords, KEYWORD_min_contains, 1);
        rules->contains_max = count_read(keywords, KEYWORD_max_contains, SIZE_MAX);
        rules->contains_evaluates = keywords->resource->draft == 2020;
        rules->unevaluated = keyword_node(keywords, KEYWORD_unevaluated_items);
        items_compile(keywords, rules);
        return rules;
}
