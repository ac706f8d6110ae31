/* Inside the expression language: tokens, the program, the functions. */
#ifndef EXPRESSION_INNER_H
#define EXPRESSION_INNER_H
#include "enrich/expression.h"

/* ---- tokens: expression_lexer.c ---- */
enum token_kind {
        TOKEN_END, TOKEN_TEXT, TOKEN_NUMBER, TOKEN_NAME, TOKEN_WORD,       /* a word is a name of letters, digits and _ alone */
        TOKEN_AND, TOKEN_OR, TOKEN_NOT, TOKEN_IN, TOKEN_MATCHES, TOKEN_TRUE, TOKEN_FALSE,
        TOKEN_EQUAL, TOKEN_UNEQUAL, TOKEN_LESS, TOKEN_LESS_EQUAL, TOKEN_GREATER, TOKEN_GREATER_EQUAL,
        TOKEN_PLUS, TOKEN_MINUS, TOKEN_TIMES, TOKEN_SLASH, TOKEN_JOIN,
        TOKEN_OPEN, TOKEN_CLOSE, TOKEN_LIST_OPEN, TOKEN_LIST_CLOSE, TOKEN_COMMA, TOKEN_COLON,
        TOKEN_WRONG,               /* `wrong` says why */
};
struct token {
        enum token_kind kind;
        struct slice    source;    /* as written */
        struct slice    plain;     /* of a text or name: without quotes and escapes */
        struct decimal  number;
};
struct lexer {
        const char  *at, *end;
        char        *plain;        /* room for texts without their escapes, as large as the source */
        struct error wrong;
};
/* `operand`: a value may stand here, so that `/` begins a pointer and is no division. */
struct token lexer_next(struct lexer *lexer, bool operand);

/* ---- the program ---- */
enum operation {
        DO_CONSTANT,               /* pushes constant a */
        DO_LOAD,                   /* pushes the value of name a */
        DO_NOTHING,                /* pushes the absent value */
        DO_DROP,                   /* pops */
        DO_NOT, DO_TRUTH, DO_PRESENT,
        DO_JUMP,                   /* to b */
        DO_JUMP_UNLESS,            /* pops; to b unless it was true */
        DO_AND, DO_OR,             /* to b, with the truth on the stack, when it decides; else pops */
        DO_FIRST,                  /* to b when the top is present; else pops */
        DO_CASE,                   /* pops when the top equals constant a; else to b */
        DO_EQUAL, DO_UNEQUAL, DO_LESS, DO_LESS_EQUAL, DO_GREATER, DO_GREATER_EQUAL,
        DO_IN,                     /* among `count` constants from a on */
        DO_MATCHES,                /* glob constant a */
        DO_ADD, DO_SUBTRACT, DO_MULTIPLY, DO_DIVIDE, DO_NEGATE,
        DO_BUCKET,                 /* `count` limits from constant a on, their labels behind them */
        DO_CALL,                   /* function a with `count` arguments */
};
struct step {
        uint8_t  operation, count;
        uint16_t a, b;
};
struct expression {
        enum value_type type;
        struct step    *steps;     /* step_count of them */
        struct value   *constants;
        char           *texts;     /* the source, then the texts of the constants */
        size_t          step_count, constant_count;
};

/* ---- functions: functions.def ---- */
enum function {
#define FUNCTION(id, least, most, arguments, result, signature, doc) FUNCTION_##id,
#define FORM(id, signature, doc) FUNCTION_##id,
#include "enrich/functions.def"
        FUNCTION_COUNT,
};
struct function_row {
        const char *name, *signature, *doc, *arguments;
        uint8_t     least, most;
        enum value_type result;
        /* Of arguments that are there and of the right type; NULL: a form. */
        struct value (*run)(const struct value *arguments, unsigned count, struct arena *arena);
};
extern const struct function_row FUNCTIONS[FUNCTION_COUNT];
/* FUNCTION_COUNT: there is none. */
enum function function_find(struct slice name);
/* VALUE_ANY: no list; VALUE_LIST: a list, or any. */
static inline enum value_type function_argument(const struct function_row *row, unsigned index)
{
        size_t last = strlen(row->arguments) - 1;
        char   letter = row->arguments[index < last ? index : last];
        return letter == 't' ? VALUE_TEXT : letter == 'n' ? VALUE_NUMBER : letter == 'l' ? VALUE_LIST : VALUE_ANY;
}
#endif
