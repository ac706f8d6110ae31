/* Functions as an expression writes them. */
#include "base/suggest.h"
#include "expression_compile.h"

static void read_if(struct compiler *compiler, enum value_type *ret_type)
{
        struct operand condition = operand_begin(compiler);
        condition.type = compiler_read(compiler);
        compiler_want_type(compiler, &condition, VALUE_BOOLEAN, "if()");
        compiler_want(compiler, TOKEN_COMMA, "',' and what the condition leads to", true);
        size_t otherwise = compiler_emit(compiler, (struct step){ .operation = DO_JUMP_UNLESS }, -1);
        *ret_type = compiler_read(compiler);
        size_t end = compiler_emit(compiler, (struct step){ .operation = DO_JUMP }, -1);
        compiler_land(compiler, otherwise);
        if (compiler_take(compiler, TOKEN_COMMA, true))
                *ret_type = type_join(*ret_type, compiler_read(compiler));
        else
                (void)compiler_emit(compiler, (struct step){ .operation = DO_NOTHING }, 1);
        compiler_land(compiler, end);
}

static void read_first(struct compiler *compiler, enum value_type *ret_type)
{
        size_t jumps[EXPRESSION_STACK], count = 0;
        *ret_type = compiler_read(compiler);
        while (compiler_take(compiler, TOKEN_COMMA, true)) {
                if (count == COUNT_OF(jumps)) {
                        compiler_fail(compiler, compiler->token.source.data, "first() takes at most %zu values", COUNT_OF(jumps));
                        return;
                }
                jumps[count++] = compiler_emit(compiler, (struct step){ .operation = DO_FIRST }, -1);
                *ret_type = type_join(*ret_type, compiler_read(compiler));
        }
        while (count)
                compiler_land(compiler, jumps[--count]);
}

static void read_present(struct compiler *compiler, enum value_type *ret_type)
{
        (void)compiler_read(compiler);
        (void)compiler_emit(compiler, (struct step){ .operation = DO_PRESENT }, 0);
        *ret_type = VALUE_BOOLEAN;
}

/* A literal and a colon: a key. One token is not enough to tell, so the text behind it is looked at. */
static bool at_key(const struct compiler *compiler)
{
        enum token_kind kind = compiler->token.kind;
        const char *at = compiler->lexer.at;
        if (kind != TOKEN_TEXT && kind != TOKEN_NUMBER && kind != TOKEN_TRUE && kind != TOKEN_FALSE)
                return false;
        while (at < compiler->lexer.end && *at && strchr(" \t\r\n", *at))
                at++;
        return at < compiler->lexer.end && *at == ':';
}

static void read_map(struct compiler *compiler, enum value_type *ret_type)
{
        size_t *jumps = memory_get(EXPRESSION_STEPS * sizeof(*jumps)), count = 0;
        struct operand value = operand_begin(compiler);
        bool   finished = false;
        value.type = compiler_read(compiler);
        *ret_type = VALUE_ABSENT;
        compiler_want(compiler, TOKEN_COMMA, "',' and a key", true);
        while (!finished && at_key(compiler)) {
                struct operand key = operand_begin(compiler);
                struct value constant = compiler_literal(compiler);
                key.type = constant.type;
                compiler_want_type(compiler, &key, value.type, "map()");
                (void)compiler_take(compiler, TOKEN_COLON, true);
                size_t other =
                        compiler_emit(compiler, (struct step){ .operation = DO_CASE, .a = compiler_constant(compiler, constant) },
                                      -1);
                *ret_type = type_join(*ret_type, compiler_read(compiler));
                jumps[count++] = compiler_emit(compiler, (struct step){ .operation = DO_JUMP }, 0);
                compiler_land(compiler, other);
                finished = compiler->failed || !compiler_take(compiler, TOKEN_COMMA, true);
        }
        if (count == 0)
                compiler_fail(compiler, compiler->token.source.data,
                              "map() wants a key here, a literal and ':', as in \"de\": \"Germany\"");
        (void)compiler_emit(compiler, (struct step){ .operation = DO_DROP }, -1);
        if (finished)
                (void)compiler_emit(compiler, (struct step){ .operation = DO_NOTHING }, 1);
        else
                *ret_type = type_join(*ret_type, compiler_read(compiler));
        while (count)
                compiler_land(compiler, jumps[--count]);
        free(jumps);
}

/* "<10", "10-100", ">=100" behind the source's own texts: three numbers of text for each limit are enough. */
static struct value bucket_label(struct compiler *compiler, const struct value *low, const struct value *high)
{
        char *start = compiler->out->texts + compiler->label_end, *at = start;
        if (!low)
                *at++ = '<';
        if (!high)
                *at++ = '>', *at++ = '=';
        if (low)
                at += decimal_format(&low->number, at);
        if (low && high)
                *at++ = '-';
        if (high)
                at += decimal_format(&high->number, at);
        compiler->label_end += (size_t)(at - start);
        return value_of_text(slice_between(start, at));
}

static void read_bucket(struct compiler *compiler, enum value_type *ret_type)
{
        struct value limits[EXPRESSION_STACK];
        size_t count = 0;
        struct operand value = operand_begin(compiler);
        value.type = compiler_read(compiler);
        compiler_want_type(compiler, &value, VALUE_NUMBER, "bucket()");
        do {
                compiler_want(compiler, TOKEN_COMMA, "',' and a limit", true);
                const char *where = compiler->token.source.data;
                struct value limit = compiler_literal(compiler);
                if (limit.type != VALUE_NUMBER)
                        compiler_fail(compiler, where, "a limit is a number, written as such");
                else if (count == COUNT_OF(limits))
                        compiler_fail(compiler, where, "bucket() takes at most %zu limits", COUNT_OF(limits));
                else if (count && decimal_compare(&limits[count - 1].number, &limit.number) >= 0)
                        compiler_fail(compiler, where, "this limit is not greater than the one before it");
                else
                        limits[count++] = limit;
        } while (!compiler->failed && compiler->token.kind == TOKEN_COMMA);
        *ret_type = VALUE_TEXT;
        if (compiler->failed || count == 0)
                return;
        uint16_t first = compiler_constant(compiler, limits[0]);
        for (size_t i = 1; i < count; i++)
                (void)compiler_constant(compiler, limits[i]);
        for (size_t i = 0; i <= count; i++)
                (void)compiler_constant(compiler,
                                        bucket_label(compiler, i ? &limits[i - 1] : NULL, i < count ? &limits[i] : NULL));
        (void)compiler_emit(compiler, (struct step){ .operation = DO_BUCKET, .count = (uint8_t)count, .a = first }, 0);
}

static void read_plain(struct compiler *compiler, enum function function, enum value_type *ret_type)
{
        const struct function_row *row = &FUNCTIONS[function];
        const char *where = compiler->token.source.data;
        char     who[40];
        unsigned count = 0;
        (void)snprintf(who, sizeof(who), "%s()", row->name);
        do {
                if (count == row->most) {
                        compiler_fail(compiler, compiler->token.source.data, "%s takes at most %u value%s: %s", who, row->most,
                                      row->most == 1 ? "" : "s",
                                      row->signature);
                        return;
                }
                struct operand argument = operand_begin(compiler);
                argument.type = compiler_read(compiler);
                enum value_type type = function_argument(row, count++);
                compiler_want_type(compiler, &argument, type == VALUE_LIST ? VALUE_ANY : type, who);
        } while (compiler_take(compiler, TOKEN_COMMA, true));
        if (count < row->least)
                compiler_fail(compiler, where, "%s takes at least %u values: %s", who, row->least, row->signature);
        *ret_type = row->result;
        (void)compiler_emit(compiler, (struct step){ .operation = DO_CALL, .count = (uint8_t)count, .a = (uint16_t)function },
                   1 - (int)count);
}

static const struct { enum function function; void (*read)(struct compiler *compiler, enum value_type *ret_type); } FORMS[] = {
        { FUNCTION_if, read_if }, { FUNCTION_first, read_first }, { FUNCTION_present, read_present }, { FUNCTION_map, read_map },
        { FUNCTION_bucket, read_bucket },
};

static void unknown_function(struct compiler *compiler, const struct token *name)
{
        struct suggestion suggestion;
        suggestion_init(&suggestion, name->plain);
        for (size_t i = 0; i < FUNCTION_COUNT; i++)
                suggestion_offer(&suggestion, slice_of(FUNCTIONS[i].name));
        int size = name->plain.size < 60 ? (int)name->plain.size : 60;
        if (suggestion.best.data)
                compiler_fail(compiler, name->source.data, "there is no function '%.*s'; did you mean '%.*s'?", size,
                              name->plain.data, SLICE_ARGS(suggestion.best));
        else
                compiler_fail(compiler, name->source.data, "there is no function '%.*s'", size, name->plain.data);
}

enum value_type compiler_call(struct compiler *compiler, const struct token *name)
{
        enum value_type type = VALUE_ANY;
        enum function   function = function_find(name->plain);
        if (function == FUNCTION_COUNT) {
                unknown_function(compiler, name);
                return type;
        }
        compiler_advance(compiler, true);
        if (compiler->token.kind == TOKEN_CLOSE)
                compiler_fail(compiler, compiler->token.source.data, "%s() wants a value: %s", FUNCTIONS[function].name,
                     FUNCTIONS[function].signature);
        size_t form = 0;
        while (form < COUNT_OF(FORMS) && FORMS[form].function != function)
                form++;
        if (form < COUNT_OF(FORMS))
                FORMS[form].read(compiler, &type);
        else
                read_plain(compiler, function, &type);
        compiler_want(compiler, TOKEN_CLOSE, "',' or ')'", false);
        return type;
}
