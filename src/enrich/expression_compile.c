/* An expression while it is compiled: tokens, mistakes, steps, constants. */
#include "expression_compile.h"
#include <stdarg.h>

/* A limit takes two bytes of the source or more, its labels two numbers and two signs. */
#define LABELS_ROOM(size) ((size) * (DECIMAL_TEXT + 1) + 2 * DECIMAL_TEXT)

/* ---- mistakes ---- */

static size_t column_of(const struct compiler *compiler, const char *where)
{
        size_t column = 1;
        for (const char *at = compiler->text.data; at < where; at++)
                column += ((unsigned char)*at & 0xC0) != 0x80;
        return column;
}

void compiler_fail(struct compiler *compiler, const char *where, const char *format, ...)
{
        char    sentence[400];
        va_list arguments;
        if (compiler->failed)
                return;
        va_start(arguments, format);
        (void)vsnprintf(sentence, sizeof(sentence), format, arguments);
        va_end(arguments);
        (void)error_set(compiler->err, "column %zu: %s", column_of(compiler, where), sentence);
        compiler->failed = true;
        compiler->token.kind = TOKEN_END;
        compiler->token.source = (struct slice){ compiler->lexer.end, 0 };
}

void compiler_advance(struct compiler *compiler, bool operand)
{
        if (compiler->failed)
                return;
        compiler->token = lexer_next(&compiler->lexer, operand);
        if (compiler->token.kind == TOKEN_WRONG)
                compiler_fail(compiler, compiler->token.source.data, "%s", compiler->lexer.wrong.text);
}

const char *token_show(const struct token *token, char shown[TOKEN_SHOWN])
{
        if (token->kind == TOKEN_END)
                return "the end";
        int size = token->source.size > 40 ? 40 : (int)token->source.size;
        (void)snprintf(shown, TOKEN_SHOWN, "'%.*s%s'", size, token->source.data, token->source.size > 40 ? "..." : "");
        return shown;
}

bool compiler_take(struct compiler *compiler, enum token_kind kind, bool operand)
{
        if (compiler->token.kind != kind)
                return false;
        compiler_advance(compiler, operand);
        return true;
}

void compiler_want(struct compiler *compiler, enum token_kind kind, const char *what, bool operand)
{
        char shown[TOKEN_SHOWN];
        if (!compiler_take(compiler, kind, operand))
                compiler_fail(compiler, compiler->token.source.data, "%s is wanted here, not %s", what,
                              token_show(&compiler->token, shown));
}

void compiler_want_type(struct compiler *compiler, const struct operand *operand, enum value_type type, const char *who)
{
        char shown[TOKEN_SHOWN];
        if (operand->type != type && operand->type != VALUE_ANY && type != VALUE_ANY)
                compiler_fail(compiler, operand->token.source.data, "%s takes %s, and what begins with %s is %s", who,
                              VALUE_TYPE_NAMES[type], token_show(&operand->token, shown), VALUE_TYPE_NAMES[operand->type]);
}

/* ---- steps ---- */

size_t compiler_emit(struct compiler *compiler, struct step step, int growth)
{
        struct expression *out = compiler->out;
        if (compiler->failed)
                return 0;
        compiler->stack = (size_t)((long)compiler->stack + growth);
        if (out->step_count == EXPRESSION_STEPS || compiler->stack > EXPRESSION_STACK) {
                compiler_fail(compiler, compiler->token.source.data,
                              "the expression is too large: at most %d steps, and %d values at a time", EXPRESSION_STEPS,
                              EXPRESSION_STACK);
                return 0;
        }
        out->steps[out->step_count] = step;
        return out->step_count++;
}

void compiler_land(struct compiler *compiler, size_t jump)
{
        if (!compiler->failed)
                compiler->out->steps[jump].b = (uint16_t)compiler->out->step_count;
}

uint16_t compiler_constant(struct compiler *compiler, struct value value)
{
        struct expression *out = compiler->out;
        if (out->constant_count == compiler->constant_room) {
                compiler->constant_room = compiler->constant_room ? 2 * compiler->constant_room : 16;
                out->constants = memory_grow(out->constants, compiler->constant_room * sizeof(*out->constants));
        }
        out->constants[out->constant_count] = value;
        return (uint16_t)out->constant_count++;    /* every constant takes two bytes of the text or more */
}

struct value compiler_literal(struct compiler *compiler)
{
        struct token token = compiler->token;
        if (token.kind == TOKEN_MINUS) {
                compiler_advance(compiler, true);
                struct value value = value_of_number(decimal_negate(&compiler->token.number));
                compiler_want(compiler, TOKEN_NUMBER, "a number", false);
                return value;
        }
        struct value value = { 0 };
        if (token.kind == TOKEN_TEXT)
                value = value_of_text(token.plain);
        else if (token.kind == TOKEN_NUMBER)
                value = value_of_number(token.number);
        else if (token.kind == TOKEN_TRUE || token.kind == TOKEN_FALSE)
                value = value_of_boolean(token.kind == TOKEN_TRUE);
        if (value.type != VALUE_ABSENT)
                compiler_advance(compiler, false);
        return value;
}

/* ---- the whole ---- */

static void compile(struct compiler *compiler)
{
        char shown[TOKEN_SHOWN];
        compiler_advance(compiler, true);
        if (compiler->token.kind == TOKEN_END)
                compiler_fail(compiler, compiler->text.data, "the expression is empty");
        enum value_type type = compiler_read(compiler);
        if (compiler->token.kind != TOKEN_END)
                compiler_fail(compiler, compiler->token.source.data, "an operator or the end is wanted here, not %s",
                              token_show(&compiler->token, shown));
        compiler->out->type = type;
}

struct expression *expression_new(struct slice text, const struct expression_names *names, struct error *err)
{
        if (text.size > EXPRESSION_MAX) {
                (void)error_set(err, "the expression has %zu bytes; at most %d", text.size, EXPRESSION_MAX);
                return NULL;
        }
        struct expression *expression = memory_get(sizeof(*expression));
        struct compiler   *compiler = memory_get(sizeof(*compiler));
        expression->steps = memory_get(EXPRESSION_STEPS * sizeof(*expression->steps));
        expression->texts = memory_get(text.size + LABELS_ROOM(text.size));
        *compiler = (struct compiler){ .lexer = { .at = text.data, .end = slice_end(text), .plain = expression->texts },
                                       .names = names, .out = expression, .text = text, .err = err, .label_end = text.size };
        compile(compiler);
        bool failed = compiler->failed;
        free(compiler);
        if (!failed) {
                expression->steps = memory_grow(expression->steps, expression->step_count * sizeof(*expression->steps));
                return expression;
        }
        expression_free(expression);
        return NULL;
}

void expression_free(struct expression *expression)
{
        if (!expression)
                return;
        free(expression->steps);
        free(expression->constants);
        free(expression->texts);
        free(expression);
}

enum value_type expression_type(const struct expression *expression) { return expression->type; }
size_t expression_steps(const struct expression *expression) { return expression->step_count; }
