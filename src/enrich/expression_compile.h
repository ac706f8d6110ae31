/* Inside the expression language: what runs while an expression is compiled. From text to program in one pass: each rule of the
 * grammar is a function that writes the steps of what it reads, and answers the type of the value that they leave. After the
 * first mistake the text reads as if it ended there, and nothing is written. */
#ifndef EXPRESSION_COMPILE_H
#define EXPRESSION_COMPILE_H
#include "expression_inner.h"

struct compiler {
        struct lexer   lexer;
        struct token   token;      /* the next one */
        const struct expression_names *names;
        struct expression *out;
        struct slice   text;
        struct error  *err;
        size_t         depth, stack, constant_room, label_end;
        bool           failed;
        struct { struct slice name; uint16_t number; enum value_type type; } known[EXPRESSION_NAMES];
        size_t         known_count;
};
/* An operand: its type, and where it stands. */
struct operand { enum value_type type; struct token token; };


/* The first mistake, at `where` in the text. */
void compiler_fail(struct compiler *compiler, const char *where, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* To the next token. `operand`: a value may stand there. */
void compiler_advance(struct compiler *compiler, bool operand);
bool compiler_take(struct compiler *compiler, enum token_kind kind, bool operand);     /* false: it is another one */
void compiler_want(struct compiler *compiler, enum token_kind kind, const char *what, bool operand);
/* The operand must be of the type, or of one that only events tell. */
void compiler_want_type(struct compiler *compiler, const struct operand *operand, enum value_type type, const char *who);
/* "'word'", or what stands for the end. */
#define TOKEN_SHOWN 48
const char *token_show(const struct token *token, char shown[TOKEN_SHOWN]);
static inline struct operand operand_begin(const struct compiler *compiler)
{
        return (struct operand){ .token = compiler->token };
}
/* What either of two branches can leave. */
static inline enum value_type type_join(enum value_type a, enum value_type b)
{
        return a == VALUE_ABSENT ? b : b == VALUE_ABSENT || a == b ? a : VALUE_ANY;
}

/* Writes a step and answers its number. `growth`: by how many values the stack is higher behind it. */
size_t   compiler_emit(struct compiler *compiler, struct step step, int growth);
void     compiler_land(struct compiler *compiler, size_t jump);    /* that jump goes to the next step */
uint16_t compiler_constant(struct compiler *compiler, struct value value);
/* A literal, a minus in front of a number included. Absent: there is none here, and nothing is read. */
struct value compiler_literal(struct compiler *compiler);

/* The rules: any value; a function, its name read. */
enum value_type compiler_read(struct compiler *compiler);
enum value_type compiler_call(struct compiler *compiler, const struct token *name);
#endif
