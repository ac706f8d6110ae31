/* Rules of strings, numbers and single values. */
#include "compile.h"
#include "json/equal.h"
#include "shelf.h"

#define LIST_BYTES 120

/* The raw text of an entry, for the schema's life. */
static struct slice raw_take(const struct keywords *keywords, uint32_t entry)
{
        struct slice raw = tape_raw(&keywords->document->tape, entry);
        char *copy = schema_take(keywords->compiler, raw.size + 16);
        memcpy(copy, raw.data, raw.size);
        return (struct slice){ copy, raw.size };
}

size_t count_read(const struct keywords *keywords, enum keyword keyword, size_t otherwise)
{
        uint32_t entry = keywords->at[keyword];
        if (!entry)
                return otherwise;
        struct number number;
        number_read(tape_raw(&keywords->document->tape, entry), &number);
        return number.small ? (size_t)number.integer : SIZE_MAX;
}

struct bound bound_read(const struct keywords *keywords, uint32_t entry)
{
        struct bound bound = { 0 };
        if (entry) {
                bound.text = raw_take(keywords, entry);
                number_read(bound.text, &bound.number);
        }
        return bound;
}

/* ---- strings ---- */
void pattern_charge(const struct keywords *keywords, uint32_t entry)
{
        if (++keywords->compiler->schema->pattern_count > SCHEMA_PATTERNS_MAX)
                compile_fail(keywords->compiler, keywords->document, entry, "more than %d patterns", SCHEMA_PATTERNS_MAX);
}

const struct pattern *pattern_read(const struct keywords *keywords, uint32_t entry, struct slice text)
{
        struct compiler *compiler = keywords->compiler;
        struct schema *schema = compiler->schema;
        struct error why = { 0 };
        pattern_charge(keywords, entry);
        uint32_t limit = compiler->options->match_limit;
        struct shelf *shelf = compiler->options->shelf;
        if (!shelf && !schema->shelf)
                schema->shelf = shelf_new();
        const struct pattern *pattern = shelf_pattern(shelf ? shelf : schema->shelf, text, limit ? limit : 20000, &why);
        if (!pattern)
                compile_fail(compiler, keywords->document, entry, "the pattern is no regular expression of ECMA-262: %s",
                             why.text);
        return pattern;
}

const struct string_rules *compile_strings(const struct keywords *keywords)
{
        const uint32_t *at = keywords->at;
        const struct compiler *compiler = keywords->compiler;
        bool assert_format = compiler->options->assert_format || keywords->resource->vocabularies & VOCABULARY_FORMAT_ASSERTED;
        const struct format *format = NULL;
        if (at[KEYWORD_format] && assert_format) {
                struct slice name = tape_raw(&keywords->document->tape, at[KEYWORD_format]);
                format = format_find((struct slice){ name.data + 1, name.size - 2 }, keywords->resource->draft);
        }
        if (!at[KEYWORD_min_length] && !at[KEYWORD_max_length] && !at[KEYWORD_pattern] && !format)
                return NULL;
        struct string_rules *rules = schema_take(keywords->compiler, sizeof(*rules));
        rules->min = count_read(keywords, KEYWORD_min_length, 0);
        rules->max = count_read(keywords, KEYWORD_max_length, SIZE_MAX);
        rules->format = format;
        if (at[KEYWORD_pattern]) {
                rules->pattern_text = text_take(keywords->compiler, keywords->document, at[KEYWORD_pattern]);
                rules->pattern = pattern_read(keywords, at[KEYWORD_pattern], rules->pattern_text);
        }
        return rules;
}

/* ---- numbers ---- */
/* The tighter of an inclusive and an exclusive bound; `side` is 1 for lower bounds and -1 for upper ones. */
static struct bound bound_tighter(struct bound inclusive, struct bound exclusive, int side)
{
        exclusive.exclusive = true;
        if (!exclusive.text.data)
                return inclusive;
        if (!inclusive.text.data)
                return exclusive;
        return side * number_compare(&inclusive.number, &exclusive.number) > 0 ? inclusive : exclusive;
}

/* What the bounds say of small whole numbers alone. */
static void range_read(struct number_rules *rules)
{
        const struct bound *low = &rules->low, *high = &rules->high;
        rules->whole_is_enough = !rules->multiple.text.data;
        rules->least = INT64_MIN;
        rules->most = INT64_MAX;
        if (low->text.data) {
                rules->whole_is_enough &= low->number.small && low->number.integer < INT64_MAX;
                rules->least = low->number.integer + (low->exclusive && rules->whole_is_enough);
        }
        if (high->text.data) {
                rules->whole_is_enough &= high->number.small && high->number.integer > INT64_MIN;
                rules->most = high->number.integer - (high->exclusive && rules->whole_is_enough);
        }
}

const struct number_rules *compile_numbers(const struct keywords *keywords)
{
        const uint32_t *at = keywords->at;
        struct number_rules rules = { .low = bound_read(keywords, at[KEYWORD_minimum]),
                                      .high = bound_read(keywords, at[KEYWORD_maximum]),
                                      .multiple = bound_read(keywords, at[KEYWORD_multiple_of]) };
        rules.low = bound_tighter(rules.low, bound_read(keywords, at[KEYWORD_exclusive_minimum]), 1);
        rules.high = bound_tighter(rules.high, bound_read(keywords, at[KEYWORD_exclusive_maximum]), -1);
        if (at[KEYWORD_exclusive_minimum_4])
                rules.low.exclusive = entry_kind(keywords->document, at[KEYWORD_exclusive_minimum_4]) == TAPE_TRUE;
        if (at[KEYWORD_exclusive_maximum_4])
                rules.high.exclusive = entry_kind(keywords->document, at[KEYWORD_exclusive_maximum_4]) == TAPE_TRUE;
        if (!rules.low.text.data && !rules.high.text.data && !rules.multiple.text.data)
                return NULL;
        range_read(&rules);
        struct number_rules *kept = schema_take(keywords->compiler, sizeof(*kept));
        *kept = rules;
        return kept;
}

/* ---- enum, const ---- */
struct slice list_for_people(struct compiler *compiler, const struct slice *items, size_t count)
{
        char text[LIST_BYTES + 40];
        size_t size = 0, i = 0;
        for (; i < count; i++) {
                const char *before = i == 0 ? "" : i + 1 == count ? " or " : ", ";
                if (size + strlen(before) + items[i].size > LIST_BYTES)
                        break;
                size += (size_t)snprintf(text + size, sizeof(text) - size, "%s%.*s", before, SLICE_ARGS(items[i]));
        }
        if (i < count)
                size += (size_t)snprintf(text + size, sizeof(text) - size, "%sone of %zu %s", i ? " or " : "", count - i,
                                         i ? "more" : "values");
        char *copy = schema_take(compiler, size + 1);
        memcpy(copy, text, size);
        return (struct slice){ copy, size };
}

/* Sorts the value into the rules; a string goes to `texts` (which has room). */
static void value_add(const struct keywords *keywords, struct value_rules *rules, uint32_t entry, struct slice *texts,
                      uint32_t *count)
{
        struct slice *others = (struct slice *)(uintptr_t)rules->others;
        switch (entry_kind(keywords->document, entry)) {
        case TAPE_NULL:  rules->types |= TYPE_NULL; break;
        case TAPE_TRUE:  rules->yes = true; break;
        case TAPE_FALSE: rules->no = true; break;
        case TAPE_STRING:
                texts[(*count)++] = text_take(keywords->compiler, keywords->document, entry);
                break;
        default:
                others[rules->other_count++] = raw_take(keywords, entry);
                break;
        }
}

static int text_order(const void *a, const void *b)
{
        struct slice x = *(const struct slice *)a, y = *(const struct slice *)b;
        size_t size = x.size < y.size ? x.size : y.size;
        int order = memcmp(x.data, y.data, size);
        return order ? order : (x.size > y.size) - (x.size < y.size);
}

static const struct value_rules *values_of(const struct keywords *keywords, enum keyword keyword, uint32_t first, uint32_t count,
                                           const struct value_rules *next)
{
        struct compiler *compiler = keywords->compiler;
        if (count > SCHEMA_VALUES_MAX)
                compile_fail(compiler, keywords->document, first - 1, "more than %d values", SCHEMA_VALUES_MAX);
        struct value_rules *rules = schema_take(compiler, sizeof(*rules));
        rules->next = next;
        rules->keyword = KEYWORDS[keyword].name.data;
        rules->others = schema_take(compiler, count * sizeof(struct slice));
        struct slice *texts = scratch_take(compiler, count * sizeof(*texts));
        struct slice *raws = scratch_take(compiler, count * sizeof(*raws));
        uint32_t strings = 0, at = first;
        for (uint32_t i = 0; i < count; i++, at = entry_next(keywords->document, at)) {
                raws[i] = tape_raw(&keywords->document->tape, at);
                value_add(keywords, rules, at, texts, &strings);
        }
        if (strings) {
                qsort(texts, strings, sizeof(*texts), text_order);
                uint32_t unlike = 1;
                for (uint32_t i = 1; i < strings; i++)
                        if (text_order(&texts[unlike - 1], &texts[i]) != 0)
                                texts[unlike++] = texts[i];
                rules->strings = schema_take_names(compiler, texts, unlike);
        }
        rules->list = list_for_people(compiler, raws, count);
        return rules;
}

const struct value_rules *compile_values(const struct keywords *keywords)
{
        const struct value_rules *rules = NULL;
        uint32_t list = keywords->at[KEYWORD_enum], single = keywords->at[KEYWORD_const];
        if (list)
                rules = values_of(keywords, KEYWORD_enum, list + 1, entry_count(keywords->document, list), rules);
        if (single)
                rules = values_of(keywords, KEYWORD_const, single, 1, rules);
        return rules;
}
