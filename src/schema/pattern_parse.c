/* The structure of patterns: ECMA-262, 22.2.1 (Disjunction, Alternative, Term, Quantifier, groups and assertions). */
#include "schema/pattern_parse.h"
#include "base/utf8.h"
#include <stdarg.h>

bool ecma_fail(struct parser *parser, const char *at, const char *format, ...)
{
        char text[256];
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(text, sizeof(text), format, arguments);
        va_end(arguments);
        return error_set(parser->err, "offset %zu: %s", (size_t)(at - parser->start), text);
}

bool ecma_full(struct parser *parser)
{
        return ecma_fail(parser, parser->at, "the pattern is too large");
}

uint32_t ecma_character(struct parser *parser)
{
        size_t size = utf8_length(parser->at, parser->end);
        BUG_IF(size == 0);
        uint32_t character = utf8_decode(parser->at, size);
        parser->at += size;
        return character;
}

static struct node *node_new(struct parser *parser, enum node_kind kind)
{
        struct node *node = arena_take(parser->arena, sizeof(*node));
        if (!node) {
                ecma_full(parser);
                return NULL;
        }
        *node = (struct node){ .kind = kind };
        return node;
}

static void node_add(struct node *parent, struct node *child)
{
        if (parent->last)
                parent->last->next = child;
        else
                parent->child = child;
        parent->last = child;
}

/* Numbers and names of the groups, before the parse proper, as a reference may stand before its group. */
static bool parse_names(struct parser *parser)
{
        bool in_class = false;
        for (const char *at = parser->start; at < parser->end; at++) {
                if (*at == '\\' && at + 1 < parser->end) {
                        at++;
                        continue;
                }
                in_class = *at == '[' || (in_class && *at != ']');
                bool named = *at == '(' && parser->end - at > 3 && at[1] == '?' && at[2] == '<' && at[3] != '=' && at[3] != '!';
                if (in_class || *at != '(' || (at + 1 < parser->end && at[1] == '?' && !named))
                        continue;
                if (parser->groups == GROUPS_MAX)
                        return ecma_fail(parser, at, "more than %d captured groups", GROUPS_MAX);
                if (parser->groups % 16 == 0) {
                        struct slice *names = arena_take(parser->arena, (parser->groups + 16) * sizeof(*names));
                        if (!names)
                                return ecma_full(parser);
                        if (parser->groups)
                                memcpy(names, parser->names, parser->groups * sizeof(*names));
                        parser->names = names;
                }
                const char *close = named ? memchr(at, '>', (size_t)(parser->end - at)) : NULL;
                struct slice name = close ? slice_between(at + 3, close) : (struct slice){ 0 };
                for (uint32_t i = 0; i < parser->groups && name.size; i++)
                        if (slice_equal(parser->names[i], name))
                                return ecma_fail(parser, at, "a second group named '%.*s'", SLICE_ARGS(name));
                parser->names[parser->groups++] = name;
        }
        return true;
}

/* RegExpIdentifierName up to and with its '>': the parser stands behind '<'. Escapes in names are not taken. */
static bool parse_name(struct parser *parser, struct slice *ret_name)
{
        const char *begin = parser->at;
        const char *close = parser->at < parser->end ? memchr(parser->at, '>', (size_t)(parser->end - parser->at)) : NULL;
        if (!close || close == begin)
                return ecma_fail(parser, begin, "a group's name is missing");
        if (!charset_is_name(slice_between(begin, close)))
                return ecma_fail(parser, begin, "a group's name must be an identifier");
        *ret_name = slice_between(begin, close);
        parser->at = close + 1;
        return true;
}

/* \b \B \k<name> \1; anything else is a set. Behind the backslash. */
static struct node *parse_term_escape(struct parser *parser)
{
        const char *begin = parser->at - 1;
        char c = parser->at < parser->end ? *parser->at : '\0';
        if (c == 'b' || c == 'B') {
                struct node *edge = node_new(parser, NODE_EDGE);
                parser->at++;
                if (edge)
                        edge->negative = c == 'B';
                return edge;
        }
        bool by_name = c == 'k', by_number = c >= '1' && c <= '9';
        struct node *node = node_new(parser, by_name || by_number ? NODE_BACK : NODE_SET);
        if (!node)
                return NULL;
        if (by_name) {
                struct slice name;
                parser->at++;
                if (!ecma_takes(parser, '<'))
                        return (void)ecma_fail(parser, begin, "'\\k' needs a group's name in <>"), NULL;
                if (!parse_name(parser, &name))
                        return NULL;
                for (uint32_t i = 0; i < parser->groups && !node->number; i++)
                        if (slice_equal(parser->names[i], name))
                                node->number = i + 1;
        } else if (by_number) {
                while (parser->at < parser->end && *parser->at >= '0' && *parser->at <= '9' && node->number <= parser->groups)
                        node->number = node->number * 10 + (uint32_t)(*parser->at++ - '0');
        } else {
                uint32_t single;
                if (!ecma_escape(parser, false, &node->set, &single))
                        return NULL;
                charset_normalise(&node->set);
                return node;
        }
        if (node->number == 0 || node->number > parser->groups)
                return (void)ecma_fail(parser, begin, "a reference to a group that does not exist"), NULL;
        return node;
}

static struct node *parse_choice(struct parser *parser);

/* Behind the '('. */
static struct node *parse_group(struct parser *parser, bool *ret_assertion)
{
        static const struct {
                struct slice start;
                bool         behind, negative;
        } LOOKS[] = {
                { SLICE_INIT("?="),  false, false }, { SLICE_INIT("?!"),  false, true },
                { SLICE_INIT("?<="), true,  false }, { SLICE_INIT("?<!"), true,  true },
        };
        const char *begin = parser->at - 1;
        struct slice rest = slice_between(parser->at, parser->end);
        struct node *node = NULL;
        if (++parser->depth > PATTERN_DEPTH_MAX)
                return (void)ecma_fail(parser, begin, "groups are nested deeper than %d", PATTERN_DEPTH_MAX), NULL;
        for (size_t i = 0; i < COUNT_OF(LOOKS); i++) {
                if (!slice_starts_with(rest, LOOKS[i].start))
                        continue;
                node = node_new(parser, NODE_LOOK);
                if (!node)
                        return NULL;
                node->behind = LOOKS[i].behind;
                node->negative = LOOKS[i].negative;
                parser->at += LOOKS[i].start.size;
                *ret_assertion = true;
        }
        bool captures = false;
        if (!node && slice_starts_with(rest, SLICE("?:"))) {
                parser->at += 2;
        } else if (!node && slice_starts_with(rest, SLICE("?<"))) {
                struct slice name;
                parser->at += 2;
                if (!parse_name(parser, &name))
                        return NULL;
                captures = true;
        } else if (!node && slice_starts_with(rest, SLICE("?"))) {
                return (void)ecma_fail(parser, begin, "'(?' is followed by neither ':', '=', '!' nor '<'"), NULL;
        } else if (!node) {
                captures = true;
        }
        if (captures) {
                node = node_new(parser, NODE_GROUP);
                if (!node)
                        return NULL;
                node->number = ++parser->seen;
        }
        struct node *child = parse_choice(parser);
        if (!child)
                return NULL;
        if (!ecma_takes(parser, ')'))
                return (void)ecma_fail(parser, begin, "'(' has no ')'"), NULL;
        parser->depth--;
        if (!node)
                return child;
        node->child = node->last = child;
        return node;
}

/* One character, class, group or assertion. */
static struct node *parse_atom(struct parser *parser, bool *ret_assertion)
{
        const char *begin = parser->at;
        uint32_t c = ecma_character(parser);
        struct node *node;
        switch (c) {
        case '^':
        case '$':
                *ret_assertion = true;
                return node_new(parser, c == '^' ? NODE_START : NODE_END);
        case '(':
                return parse_group(parser, ret_assertion);
        case '\\':
                node = parse_term_escape(parser);
                *ret_assertion = node && node->kind == NODE_EDGE;
                return node;
        case '*':
        case '+':
        case '?':
                return (void)ecma_fail(parser, begin, "'%c' has nothing to repeat", (int)c), NULL;
        case '{':
        case '}':
        case ']':
                return (void)ecma_fail(parser, begin, "a '%c' for itself must be written '\\%c'", (int)c, (int)c), NULL;
        case '[':
                node = node_new(parser, NODE_SET);
                return node && ecma_class(parser, &node->set) ? node : NULL;
        case '.':
                node = node_new(parser, NODE_SET);
                return node && (charset_add_named(parser->arena, &node->set, '.') || ecma_full(parser)) ? node : NULL;
        default:
                node = node_new(parser, NODE_SET);
                return node && (charset_add(parser->arena, &node->set, c, c) || ecma_full(parser)) ? node : NULL;
        }
}

/* A decimal number; REPEAT_FOREVER - 1 and more become that. */
static bool parse_count(struct parser *parser, uint32_t *ret_count)
{
        uint64_t count = 0;
        const char *begin = parser->at;
        while (parser->at < parser->end && *parser->at >= '0' && *parser->at <= '9') {
                count = count * 10 + (uint64_t)(*parser->at++ - '0');
                if (count >= REPEAT_FOREVER)
                        count = REPEAT_FOREVER - 1;
        }
        *ret_count = (uint32_t)count;
        return parser->at > begin;
}

/* A quantifier, if there is one: false is an error, `*ret_found` tells. */
static bool parse_quantifier(struct parser *parser, struct node *repeat, bool *ret_found)
{
        const char *begin = parser->at;
        char c = parser->at < parser->end ? *parser->at : '\0';
        *ret_found = c && strchr("*+?{", c);
        if (!*ret_found)
                return true;
        parser->at++;
        repeat->min = c == '+';
        repeat->max = c == '?' ? 1 : REPEAT_FOREVER;
        if (c == '{') {
                if (!parse_count(parser, &repeat->min))
                        return ecma_fail(parser, begin, "a '{' for itself must be written '\\{'");
                repeat->max = repeat->min;
                if (ecma_takes(parser, ',') && !parse_count(parser, &repeat->max))
                        repeat->max = REPEAT_FOREVER;
                if (!ecma_takes(parser, '}'))
                        return ecma_fail(parser, begin, "a '{' for itself must be written '\\{'");
                if (repeat->min > repeat->max)
                        return ecma_fail(parser, begin, "the least number of repetitions is above the most");
        }
        repeat->lazy = ecma_takes(parser, '?');
        return true;
}

static struct node *parse_sequence(struct parser *parser)
{
        struct node *sequence = node_new(parser, NODE_SEQUENCE);
        while (sequence && parser->at < parser->end && *parser->at != '|' && *parser->at != ')') {
                const char *begin = parser->at;
                bool assertion = false, repeated;
                struct node repeat = { .kind = NODE_REPEAT };
                struct node *node = parse_atom(parser, &assertion);
                if (!node || !parse_quantifier(parser, &repeat, &repeated))
                        return NULL;
                if (repeated && assertion)
                        return (void)ecma_fail(parser, begin, "an assertion cannot be repeated"), NULL;
                if (repeated) {
                        struct node *outer = node_new(parser, NODE_REPEAT);
                        if (!outer)
                                return NULL;
                        *outer = repeat;
                        outer->child = outer->last = node;
                        node = outer;
                }
                node_add(sequence, node);
        }
        return sequence;
}

static struct node *parse_choice(struct parser *parser)
{
        struct node *first = parse_sequence(parser);
        if (!first || parser->at == parser->end || *parser->at != '|')
                return first;
        struct node *choice = node_new(parser, NODE_CHOICE);
        if (!choice)
                return NULL;
        node_add(choice, first);
        while (ecma_takes(parser, '|')) {
                struct node *other = parse_sequence(parser);
                if (!other)
                        return NULL;
                node_add(choice, other);
        }
        return choice;
}

bool pattern_parse(struct arena *arena, struct slice ecma, struct tree *ret_tree, struct error *err)
{
        const char *start = ecma.data ? ecma.data : "";
        struct parser parser = { .arena = arena, .start = start, .at = start, .end = start + ecma.size,
                                 .syntax_only = !ret_tree, .err = err };
        if (ecma.size > PATTERN_SIZE_MAX)
                return error_set(err, "the pattern is longer than %d bytes", PATTERN_SIZE_MAX);
        if (!utf8_valid(ecma))
                return error_set(err, "the pattern is not valid UTF-8");
        if (!parse_names(&parser))
                return false;
        struct node *root = parse_choice(&parser);
        if (!root)
                return false;
        if (parser.at < parser.end)
                return ecma_fail(&parser, parser.at, "')' has no '('");
        if (ret_tree)
                *ret_tree = (struct tree){ .arena = arena, .root = root, .groups = parser.groups };
        return true;
}
