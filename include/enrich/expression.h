/* The expressions of the configuration: `if(country == "DE", "home", "abroad")`. Small and total: no loops, no functions of the
 * user's, so that every expression ends, after at most as many steps as it has words, each linear in the texts that it looks
 * at. docs/reference/expressions.md, printed from here, is the manual; functions.def has the functions.
 *
 * An expression is checked and compiled once, when the configuration is loaded, into a flat program over a small stack. It is
 * immutable then: all threads may run it. */
#ifndef ENRICH_EXPRESSION_H
#define ENRICH_EXPRESSION_H
#include "enrich/value.h"

#define EXPRESSION_MAX  4096       /* bytes of its text */
#define EXPRESSION_DEPTH  32       /* parentheses and functions inside each other */
#define EXPRESSION_STACK  64       /* values at a time; so many arguments and operands may wait for others */
#define EXPRESSION_STEPS  1024     /* of the program */
#define EXPRESSION_NAMES  64       /* different names */

/* What the names of an expression mean. */
struct expression_names {
        /* Gives a name (userId, client.geo.city_name, /cart/total) a number of the caller's and says the type of its value,
         * VALUE_ANY when only the event tells. False and a sentence: there is no such name. */
        bool (*find)(void *context, struct slice name, uint16_t *ret_number, enum value_type *ret_type, struct error *err);
        void  *context;
};
struct expression;

/* NULL and a sentence that names the column (characters, from 1): "column 12: there is no function 'frist'; ...". */
struct expression *expression_new(struct slice text, const struct expression_names *names, struct error *err);
void               expression_free(struct expression *expression);
/* Of its result, as far as it is known before any event is; VALUE_ANY: not. */
enum value_type    expression_type(const struct expression *expression);
size_t             expression_steps(const struct expression *expression);

/* Where the values of names come from. */
struct expression_values {
        void (*load)(void *context, uint16_t number, struct value *ret_value);
        void  *context;
        struct arena *arena;       /* texts that are made live here; when it is full, they are absent */
};
/* A text of the result may lie in the expression, in what load() gave, or in the arena. */
struct value expression_run(const struct expression *expression, const struct expression_values *values);

void expressions_print_reference(FILE *out);       /* docs/reference/expressions.md */
#endif
