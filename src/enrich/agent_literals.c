#include "enrich/agent_literals.h"

#define EXACT_MAX   32             /* texts of an exact set; beyond, it ends a clause */
#define REPEAT_MAX  3              /* x{0,3} is enumerated, x{0,4} is not */
#define DEPTH_MAX   64             /* groups inside each other */

/* What is known of a part of the regex: either all texts that it matches (exact), or how all of them begin (exact and open),
 * or clauses. */
struct node {
        bool          exact, open;
        struct slice *items;       /* count of them, when exact */
        size_t        count;
        struct literal_clause *clauses;
};
struct parser {
        struct arena *arena;
        const char   *at, *end;
        unsigned      depth;
        bool          nocase;
        bool          lost;        /* syntax that we do not read, or out of memory: nothing is known */
};

static const struct slice NOTHING = { "", 0 };

static struct node node_unknown(void) { return (struct node){ .exact = false }; }

static void *take(struct parser *parser, size_t size)
{
        void *memory = arena_take(parser->arena, size);
        if (!memory)
                parser->lost = true;
        return memory;
}

static struct node node_exact(struct parser *parser, struct slice text)
{
        struct node node = { .exact = true, .count = 1, .items = take(parser, sizeof(text)) };
        if (!node.items)
                return node_unknown();
        node.items[0] = text;
        return node;
}

static struct node node_char(struct parser *parser, unsigned char c)
{
        char *copy = take(parser, 1);
        if (!copy)
                return node_unknown();
        *copy = (char)(parser->nocase ? literal_fold(c) : c);
        return node_exact(parser, (struct slice){ copy, 1 });
}

static bool items_have(const struct slice *items, size_t count, struct slice text)
{
        for (size_t i = 0; i < count; i++)
                if (slice_equal(items[i], text))
                        return true;
        return false;
}

/* One text behind the other; data NULL when out of memory. Twice the same anchor is once. */
static struct slice join(struct parser *parser, struct slice front, struct slice back)
{
        bool same = front.size && back.size && front.data[front.size - 1] == back.data[0] &&
                    (back.data[0] == LITERAL_START || back.data[0] == LITERAL_END);
        if (same)
                back = (struct slice){ back.data + 1, back.size - 1 };
        char *text = take(parser, front.size + back.size + 1);
        if (!text)
                return (struct slice){ NULL, 0 };
        memcpy(text, front.data, front.size);
        memcpy(text + front.size, back.data, back.size);
        return (struct slice){ text, front.size + back.size };
}

/* Every a before every b; false when that is too many. */
static bool node_cross(struct parser *parser, struct node *a, const struct node *b)
{
        if (a->count * b->count > EXACT_MAX)
                return false;
        struct slice *items = take(parser, EXACT_MAX * sizeof(*items));
        size_t count = 0;
        for (size_t i = 0; items && i < a->count; i++)
                for (size_t j = 0; j < b->count; j++) {
                        struct slice text = join(parser, a->items[i], b->items[j]);
                        if (!text.data)
                                return false;
                        if (!items_have(items, count, text))
                                items[count++] = text;
                }
        a->items = items;
        a->count = count;
        return items != NULL;
}

/* The exact set as a clause in front of others; those with a text too short to tell anything are left out. */
static struct literal_clause *clause_add(struct parser *parser, const struct node *exact, struct literal_clause *next)
{
        for (size_t i = 0; i < exact->count; i++)
                if (exact->items[i].size < LITERAL_MIN)
                        return next;
        struct literal_clause *clause = take(parser, sizeof(*clause));
        struct slice *items = take(parser, exact->count * sizeof(*items));
        if (!clause || !items)
                return next;
        *clause = (struct literal_clause){ .items = items, .next = next };
        for (size_t i = 0; i < exact->count; i++) {
                struct slice text = exact->items[i];
                text.size = text.size > LITERAL_MAX ? LITERAL_MAX : text.size;
                if (!items_have(items, clause->count, text))
                        items[clause->count++] = text;
        }
        return clause;
}

static struct literal_clause *clauses_join(struct literal_clause *front, struct literal_clause *back)
{
        if (!front)
                return back;
        struct literal_clause *last = front;
        while (last->next)
                last = last->next;
        last->next = back;
        return front;
}

static struct node parse_choice(struct parser *parser);
static struct node class_node(struct parser *parser, const bool has[256]);

/* The character that an escape stands for; -1: a class or an assertion, nothing is known; -2: we cannot read it. */
static int escape_char(unsigned char c)
{
        if (c == 't')
                return '\t';
        if (c == 'n')
                return '\n';
        if (c == 'r')
                return '\r';
        if (strchr("dDsSwW", c))
                return -1;
        bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return alphanumeric || c >= 0x80 || c == 0 ? -2 : c;
}

static struct node parse_escape(struct parser *parser)
{
        if (parser->at == parser->end) {
                parser->lost = true;
                return node_unknown();
        }
        unsigned char c = (unsigned char)*parser->at++;
        if (c == 'b')
                return node_exact(parser, NOTHING);        /* takes no room */
        int known = escape_char(c);
        parser->lost |= known == -2;
        if (c == 'd') {
                bool has[256] = { false };
                memset(has + '0', true, 10);       /* ten texts, which pays: models are told by their digits */
                return class_node(parser, has);
        }
        return known < 0 ? node_unknown() : node_char(parser, (unsigned char)known);
}

/* One character or escape of a class; -1: not a single character. */
static int class_char(struct parser *parser)
{
        unsigned char c = (unsigned char)*parser->at++;
        if (c == '[' && parser->at < parser->end && strchr(":.=", *parser->at)) {
                parser->lost = true;       /* [:alpha:] */
                return -1;
        }
        if (c != '\\')
                return c;
        if (parser->at == parser->end) {
                parser->lost = true;
                return -1;
        }
        int known = escape_char((unsigned char)*parser->at++);
        parser->lost |= known == -2;       /* \b in a class is a backspace: nobody means it */
        return known;
}

static struct node class_node(struct parser *parser, const bool has[256])
{
        struct node node = { .exact = true, .items = take(parser, EXACT_MAX * sizeof(struct slice)) };
        for (unsigned c = 0; c < 256 && !parser->lost; c++) {
                if (!has[c])
                        continue;
                if (node.count == EXACT_MAX)
                        return node_unknown();
                char *text = take(parser, 1);
                if (!text)
                        return node_unknown();
                *text = (char)c;
                node.items[node.count++] = (struct slice){ text, 1 };
        }
        return node.count ? node : node_unknown();
}

/* Behind the '['. */
static struct node parse_class(struct parser *parser)
{
        bool has[256] = { false }, many = false;
        if (parser->at < parser->end && *parser->at == '^') {
                many = true;
                parser->at++;
        }
        for (bool first = true; parser->at < parser->end && (*parser->at != ']' || first); first = false) {
                int from = class_char(parser), to = from;
                if (from >= 0 && parser->end - parser->at >= 2 && parser->at[0] == '-' && parser->at[1] != ']') {
                        parser->at++;
                        to = class_char(parser);
                }
                if (from < 0 || to < 0 || parser->lost) {
                        many = true;
                        continue;
                }
                for (int c = from; c <= to; c++)
                        has[parser->nocase ? literal_fold((unsigned char)c) : c] = true;
        }
        if (parser->at == parser->end) {
                parser->lost = true;
                return node_unknown();
        }
        parser->at++;
        return many ? node_unknown() : class_node(parser, has);
}

/* Behind the '('. */
static struct node parse_group(struct parser *parser)
{
        if (parser->at < parser->end && *parser->at == '?') {
                if (parser->end - parser->at < 2 || parser->at[1] != ':') {
                        parser->lost = true;       /* look-around, options, names: not read */
                        return node_unknown();
                }
                parser->at += 2;
        } else if (parser->at < parser->end && *parser->at == '*') {
                parser->lost = true;               /* a verb of PCRE */
                return node_unknown();
        }
        if (++parser->depth > DEPTH_MAX) {
                parser->lost = true;
                return node_unknown();
        }
        struct node node = parse_choice(parser);
        parser->depth--;
        if (parser->at == parser->end)
                parser->lost = true;
        else
                parser->at++;                      /* the ')' */
        return node;
}

static struct node parse_atom(struct parser *parser)
{
        unsigned char c = (unsigned char)*parser->at++;
        switch (c) {
        case '(':
                return parse_group(parser);
        case '[':
                return parse_class(parser);
        case '\\':
                return parse_escape(parser);
        case '.':
                return node_unknown();
        case '^':
                return node_char(parser, LITERAL_START);
        case '$':
                return node_char(parser, LITERAL_END);
        default:
                return node_char(parser, c);
        }
}

/* {n}, {n,} or {n,m} at the cursor; false: it is a brace like any other character, or something that versions of PCRE2 read
 * differently ({,m}, spaces inside), and then we are lost. */
static bool braces_read(struct parser *parser, size_t *ret_least, size_t *ret_most)
{
        const char *at = parser->at + 1;
        size_t number[2] = { 0, 0 }, digits[2] = { 0, 0 }, which = 0;
        for (; at < parser->end && *at != '}'; at++) {
                if (*at == ',' && which == 0) {
                        which = 1;
                } else if (*at >= '0' && *at <= '9' && digits[which] < 6) {
                        number[which] = number[which] * 10 + (size_t)(*at - '0');
                        digits[which]++;
                } else {
                        break;
                }
        }
        if (at == parser->end || *at != '}' || digits[0] == 0) {
                parser->lost |= parser->end - parser->at > 1 && strchr(" \t,0123456789", parser->at[1]) != NULL;
                return false;
        }
        parser->at = at + 1;
        *ret_least = number[0];
        *ret_most = which == 0 ? number[0] : digits[1] ? number[1] : SIZE_MAX;
        return true;
}

static bool quantifier_read(struct parser *parser, size_t *ret_least, size_t *ret_most)
{
        if (parser->at == parser->end)
                return false;
        char c = *parser->at;
        if (c == '{') {
                if (!braces_read(parser, ret_least, ret_most))
                        return false;
        } else if (c == '?' || c == '*' || c == '+') {
                *ret_least = c == '+';
                *ret_most = c == '?' ? 1 : SIZE_MAX;
                parser->at++;
        } else {
                return false;
        }
        if (parser->at < parser->end && (*parser->at == '?' || *parser->at == '+'))
                parser->at++;              /* lazy or possessive: the same texts or fewer */
        return true;
}

/* All texts of least to most repetitions; false when there are too many to list. */
static bool node_repeat(struct parser *parser, struct node *node, size_t least, size_t most)
{
        struct node power = node_exact(parser, NOTHING),
                    sum = { .exact = true, .items = take(parser, EXACT_MAX * sizeof(struct slice)) };
        if (most > REPEAT_MAX || least > most || parser->lost)
                return false;
        for (size_t times = 0; times <= most; times++) {
                if (times > 0 && !node_cross(parser, &power, node))
                        return false;
                for (size_t i = 0; times >= least && i < power.count; i++) {
                        if (items_have(sum.items, sum.count, power.items[i]))
                                continue;
                        if (sum.count == EXACT_MAX)
                                return false;
                        sum.items[sum.count++] = power.items[i];
                }
        }
        *node = sum;
        return true;
}

static struct node parse_repeated(struct parser *parser)
{
        struct node node = parse_atom(parser);
        size_t least, most;
        while (!parser->lost && quantifier_read(parser, &least, &most)) {
                if (node.exact && !node.open && node_repeat(parser, &node, least, most))
                        continue;
                if (node.exact && !node.open && least > 0) {
                        (void)node_repeat(parser, &node, least, least);    /* else it begins with one of them at least */
                        node.open = true;
                        continue;
                }
                struct literal_clause *clauses = node.exact ? clause_add(parser, &node, NULL) : node.clauses;
                node = node_unknown();
                if (least > 0)
                        node.clauses = clauses;
        }
        return node;
}

static struct node parse_sequence(struct parser *parser)
{
        struct node sofar = node_exact(parser, NOTHING);
        struct literal_clause *clauses = NULL;
        bool exact = true;
        while (parser->at < parser->end && *parser->at != '|' && *parser->at != ')' && !parser->lost) {
                struct node next = parse_repeated(parser);
                if (parser->lost)
                        break;
                bool crossed = next.exact && node_cross(parser, &sofar, &next);
                if (crossed && !next.open)
                        continue;
                exact = false;
                clauses = clause_add(parser, &sofar, clauses);
                if (next.exact && !next.open) {
                        sofar = next;
                } else {
                        if (next.exact && !crossed)
                                clauses = clause_add(parser, &next, clauses);
                        clauses = clauses_join(next.clauses, clauses);
                        sofar = node_exact(parser, NOTHING);
                }
        }
        if (parser->lost)
                return node_unknown();
        if (exact)
                return sofar;
        struct node node = node_unknown();
        node.clauses = clause_add(parser, &sofar, clauses);
        return node;
}

/* One of two: exact when both are and few, else the union of their rarest clauses. */
static struct node node_either(struct parser *parser, struct node a, struct node b)
{
        if (a.exact && b.exact && !a.open && !b.open && a.count + b.count <= EXACT_MAX) {
                struct slice *items = take(parser, EXACT_MAX * sizeof(*items));
                if (!items)
                        return node_unknown();
                size_t count = a.count;
                memcpy(items, a.items, a.count * sizeof(*items));
                for (size_t i = 0; i < b.count; i++)
                        if (!items_have(items, count, b.items[i]))
                                items[count++] = b.items[i];
                return (struct node){ .exact = true, .items = items, .count = count };
        }
        const struct literal_clause *left =
                a.exact ? clause_add(parser, &a, NULL) : literals_rarest(a.clauses, NULL, LITERAL_COMMON);
        const struct literal_clause *right =
                b.exact ? clause_add(parser, &b, NULL) : literals_rarest(b.clauses, NULL, LITERAL_COMMON);
        struct node node = node_unknown();
        if (!left || !right)
                return node;
        struct literal_clause *both = take(parser, sizeof(*both));
        struct slice *items = take(parser, (left->count + right->count) * sizeof(*items));
        if (!both || !items)
                return node;
        memcpy(items, left->items, left->count * sizeof(*items));
        memcpy(items + left->count, right->items, right->count * sizeof(*items));
        *both = (struct literal_clause){ .items = items, .count = left->count + right->count };
        node.clauses = both;
        return node;
}

static struct node parse_choice(struct parser *parser)
{
        struct node node = parse_sequence(parser);
        while (parser->at < parser->end && *parser->at == '|' && !parser->lost) {
                parser->at++;
                struct node other = parse_sequence(parser);
                node = node_either(parser, node, other);
        }
        return node;
}

const struct literal_clause *literals_find(struct arena *arena, struct slice regex, bool nocase)
{
        struct parser parser = { .arena = arena, .at = regex.data, .end = slice_end(regex), .nocase = nocase };
        struct node node = parse_choice(&parser);
        if (parser.lost || parser.at != parser.end)
                return NULL;
        return node.exact ? clause_add(&parser, &node, NULL) : node.clauses;
}
