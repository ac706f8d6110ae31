/* The grammar of expressions: operators, the tightest first. */
#include "enrich/glob.h"
#include "expression_compile.h"

/* ---- names, literals, parentheses ---- */

static enum value_type read_name(struct compiler *compiler, const struct token *name)
{
        struct error why;
        size_t at = 0;
        while (at < compiler->known_count && !slice_equal(compiler->known[at].name, name->plain))
                at++;
        if (at == EXPRESSION_NAMES) {
                compiler_fail(compiler, name->source.data, "more than %d different names", EXPRESSION_NAMES);
                return VALUE_ANY;
        }
        if (at == compiler->known_count) {
                if (!compiler->names->find(compiler->names->context, name->plain, &compiler->known[at].number,
                                           &compiler->known[at].type, &why)) {
                        compiler_fail(compiler, name->source.data, "%s", why.text);
                        return VALUE_ANY;
                }
                compiler->known[at].name = name->plain;
                compiler->known_count++;
        }
        (void)compiler_emit(compiler, (struct step){ .operation = DO_LOAD, .a = compiler->known[at].number }, 1);
        return compiler->known[at].type;
}

static enum value_type read_primary(struct compiler *compiler)
{
        struct token token = compiler->token;
        char shown[TOKEN_SHOWN];
        if (compiler_take(compiler, TOKEN_OPEN, true)) {
                enum value_type type = compiler_read(compiler);
                compiler_want(compiler, TOKEN_CLOSE, "')'", false);
                return type;
        }
        if (compiler_take(compiler, TOKEN_NAME, false) || compiler_take(compiler, TOKEN_WORD, false)) {
                if (compiler->token.kind == TOKEN_OPEN && token.kind == TOKEN_WORD)
                        return compiler_call(compiler, &token);
                return compiler->failed ? VALUE_ANY : read_name(compiler, &token);
        }
        struct value literal = token.kind == TOKEN_MINUS ? (struct value){ 0 } : compiler_literal(compiler);
        if (literal.type == VALUE_ABSENT)
                compiler_fail(compiler, token.source.data, "a value is wanted here, not %s", token_show(&token, shown));
        else
                (void)compiler_emit(compiler,
                                    (struct step){ .operation = DO_CONSTANT, .a = compiler_constant(compiler, literal) }, 1);
        return literal.type;
}

/* ---- operators, the tightest first ---- */

static enum value_type read_unary(struct compiler *compiler)
{
        bool negative = false, any = false;
        while (compiler_take(compiler, TOKEN_MINUS, true))
                negative = !negative, any = true;
        struct operand operand = operand_begin(compiler);
        operand.type = read_primary(compiler);
        if (!any)
                return operand.type;
        compiler_want_type(compiler, &operand, VALUE_NUMBER, "'-'");
        if (negative)
                (void)compiler_emit(compiler, (struct step){ .operation = DO_NEGATE }, 0);
        return VALUE_NUMBER;
}

/* Sums and products: a level of signs, all of them of numbers. */
struct level { struct { enum token_kind kind; enum operation operation; const char *who; } sign[2]; };
static const struct level PRODUCTS = { { { TOKEN_TIMES, DO_MULTIPLY, "'*'" }, { TOKEN_SLASH, DO_DIVIDE, "'/'" } } };
static const struct level SUMS = { { { TOKEN_PLUS, DO_ADD, "'+' (texts are joined by '&')" },
                                     { TOKEN_MINUS, DO_SUBTRACT, "'-'" } } };

static enum value_type read_level(struct compiler *compiler, const struct level *level)
{
        struct operand left = operand_begin(compiler);
        left.type = level == &SUMS ? read_level(compiler, &PRODUCTS) : read_unary(compiler);
        for (;;) {
                size_t i = compiler->token.kind == level->sign[0].kind ? 0 : 1;
                if (compiler->token.kind != level->sign[i].kind)
                        return left.type;
                compiler_advance(compiler, true);
                struct operand right = operand_begin(compiler);
                right.type = level == &SUMS ? read_level(compiler, &PRODUCTS) : read_unary(compiler);
                compiler_want_type(compiler, &left, VALUE_NUMBER, level->sign[i].who);
                compiler_want_type(compiler, &right, VALUE_NUMBER, level->sign[i].who);
                (void)compiler_emit(compiler, (struct step){ .operation = (uint8_t)level->sign[i].operation }, -1);
                left.type = VALUE_NUMBER;
        }
}

static enum value_type read_joined(struct compiler *compiler)
{
        enum value_type type = read_level(compiler, &SUMS);
        unsigned count = 1;
        while (compiler_take(compiler, TOKEN_JOIN, true)) {
                (void)read_level(compiler, &SUMS);
                count++;
        }
        if (count == 1)
                return type;
        (void)compiler_emit(compiler, (struct step){ .operation = DO_CALL, .count = (uint8_t)count, .a = FUNCTION_concat },
                            1 - (int)count);
        return VALUE_TEXT;
}

static const struct { enum token_kind kind; enum operation operation; bool ordered; } COMPARISONS[] = {
        { TOKEN_EQUAL, DO_EQUAL, false },  { TOKEN_UNEQUAL, DO_UNEQUAL, false },
        { TOKEN_LESS, DO_LESS, true },     { TOKEN_LESS_EQUAL, DO_LESS_EQUAL, true },
        { TOKEN_GREATER, DO_GREATER, true }, { TOKEN_GREATER_EQUAL, DO_GREATER_EQUAL, true },
};

static void read_compared(struct compiler *compiler, size_t comparison, enum value_type left)
{
        struct token sign = compiler->token;
        char shown[TOKEN_SHOWN];
        compiler_advance(compiler, true);
        enum value_type right = read_joined(compiler);
        if (left != right && left != VALUE_ANY && right != VALUE_ANY)
                compiler_fail(compiler, sign.source.data, "%s compares %s with %s", token_show(&sign, shown),
                              VALUE_TYPE_NAMES[left], VALUE_TYPE_NAMES[right]);
        if (COMPARISONS[comparison].ordered && (left == VALUE_BOOLEAN || right == VALUE_BOOLEAN))
                compiler_fail(compiler, sign.source.data, "%s compares numbers or texts, not true and false",
                              token_show(&sign, shown));
        (void)compiler_emit(compiler, (struct step){ .operation = (uint8_t)COMPARISONS[comparison].operation }, -1);
}

static void read_in(struct compiler *compiler, const struct operand *left)
{
        size_t   count = 0;
        uint16_t first = 0;
        compiler_advance(compiler, false);
        compiler_want(compiler, TOKEN_LIST_OPEN, "'[' of a list", true);
        do {
                struct operand item = operand_begin(compiler);
                struct value   literal = compiler_literal(compiler);
                item.type = literal.type;
                if (literal.type == VALUE_ABSENT)
                        compiler_fail(compiler, item.token.source.data, "a list holds literals: texts, numbers, true and false");
                else if (++count > UINT8_MAX)
                        compiler_fail(compiler, item.token.source.data, "a list holds at most %d literals", UINT8_MAX);
                else
                        compiler_want_type(compiler, &item, left->type, "this list");
                uint16_t constant = compiler_constant(compiler, literal);
                first = count == 1 ? constant : first;
        } while (compiler_take(compiler, TOKEN_COMMA, true));
        compiler_want(compiler, TOKEN_LIST_CLOSE, "',' or ']'", false);
        (void)compiler_emit(compiler, (struct step){ .operation = DO_IN, .count = (uint8_t)count, .a = first }, 0);
}

static void read_matches(struct compiler *compiler, const struct operand *left)
{
        char shown[TOKEN_SHOWN];
        compiler_want_type(compiler, left, VALUE_TEXT, "'matches'");
        compiler_advance(compiler, true);
        struct token glob = compiler->token;
        if (glob.kind != TOKEN_TEXT || glob.plain.size > GLOB_MAX)
                compiler_fail(compiler, glob.source.data, "'matches' wants a text with * and ?, of at most %d bytes, not %s",
                              GLOB_MAX, token_show(&glob, shown));
        uint16_t constant = compiler_constant(compiler, compiler_literal(compiler));
        (void)compiler_emit(compiler, (struct step){ .operation = DO_MATCHES, .a = constant }, 0);
}

/* One comparison at most: a < b < c does not mean what it looks like. */
static enum value_type read_comparison(struct compiler *compiler)
{
        struct operand left = operand_begin(compiler);
        left.type = read_joined(compiler);
        for (bool any = false;; any = true) {
                enum token_kind kind = compiler->token.kind;
                size_t at = 0;
                while (at < COUNT_OF(COMPARISONS) && COMPARISONS[at].kind != kind)
                        at++;
                if (at == COUNT_OF(COMPARISONS) && kind != TOKEN_IN && kind != TOKEN_MATCHES)
                        return any ? VALUE_BOOLEAN : left.type;
                if (any)
                        compiler_fail(compiler, compiler->token.source.data, "one comparison behind another; join them by 'and'");
                else if (kind == TOKEN_IN)
                        read_in(compiler, &left);
                else if (kind == TOKEN_MATCHES)
                        read_matches(compiler, &left);
                else
                        read_compared(compiler, at, left.type);
        }
}

static enum value_type read_not(struct compiler *compiler)
{
        size_t count = 0;
        while (compiler_take(compiler, TOKEN_NOT, true))
                count++;
        struct operand operand = operand_begin(compiler);
        operand.type = read_comparison(compiler);
        if (count == 0)
                return operand.type;
        compiler_want_type(compiler, &operand, VALUE_BOOLEAN, "'not'");
        (void)compiler_emit(compiler, (struct step){ .operation = count % 2 ? DO_NOT : DO_TRUTH }, 0);
        return VALUE_BOOLEAN;
}

/* Conditions joined by `and`, and those by `or`. What is decided is asked again by the next one, which then jumps, too. */
struct joint { enum token_kind kind; enum operation operation; const char *who; enum value_type (*part)(struct compiler *); };

static enum value_type read_joint(struct compiler *compiler, const struct joint *joint)
{
        struct operand left = operand_begin(compiler);
        left.type = joint->part(compiler);
        while (compiler_take(compiler, joint->kind, true)) {
                compiler_want_type(compiler, &left, VALUE_BOOLEAN, joint->who);
                size_t decided = compiler_emit(compiler, (struct step){ .operation = (uint8_t)joint->operation }, -1);
                struct operand right = operand_begin(compiler);
                right.type = joint->part(compiler);
                compiler_want_type(compiler, &right, VALUE_BOOLEAN, joint->who);
                (void)compiler_emit(compiler, (struct step){ .operation = DO_TRUTH }, 0);
                compiler_land(compiler, decided);
                left.type = VALUE_BOOLEAN;
        }
        return left.type;
}

static enum value_type read_and(struct compiler *compiler)
{
        static const struct joint AND = { TOKEN_AND, DO_AND, "'and'", read_not };
        return read_joint(compiler, &AND);
}

enum value_type compiler_read(struct compiler *compiler)
{
        static const struct joint OR = { TOKEN_OR, DO_OR, "'or'", read_and };
        if (++compiler->depth > EXPRESSION_DEPTH)
                compiler_fail(compiler, compiler->token.source.data, "parentheses and functions are nested more than %d deep",
                              EXPRESSION_DEPTH);
        enum value_type type = compiler->failed ? VALUE_ANY : read_joint(compiler, &OR);
        compiler->depth--;
        return type;
}
