/* What an expression of the configuration computes with: a text, a number, true or false, a list of these, or nothing. */
#ifndef ENRICH_VALUE_H
#define ENRICH_VALUE_H
#include "base/arena.h"
#include "enrich/decimal.h"

enum value_type {
        VALUE_ABSENT,
        VALUE_BOOLEAN,
        VALUE_NUMBER,
        VALUE_TEXT,
        VALUE_LIST,                /* only what names have, and only for the functions that take lists */
        VALUE_ANY,                 /* of a name only: the event decides */
};
#define VALUE_TYPES (VALUE_ANY + 1)
/* "a text", for messages. */
extern const char *const VALUE_TYPE_NAMES[VALUE_TYPES];

/* All-zero is the absent value. */
struct value {
        enum value_type type;      /* never VALUE_ANY */
        union {
                bool           boolean;
                struct decimal number;
                struct slice   text;       /* UTF-8; lies in the expression, the event or the arena. Of a list: its raw JSON */
        };
};

/* Longest text that an expression makes, in bytes; a longer one is absent. Texts of events are not cut. */
#define VALUE_TEXT_MAX 8192

/* Of raw JSON text; data NULL, null, objects and numbers of more than DECIMAL_DIGITS digits are absent. Escapes are
 * undone in the arena; when that is full, the value is absent. */
struct value value_of_raw(struct slice raw, struct arena *arena);
static inline struct value value_of_text(struct slice text) { return (struct value){ .type = VALUE_TEXT, .text = text }; }
static inline struct value value_of_boolean(bool boolean) { return (struct value){ .type = VALUE_BOOLEAN, .boolean = boolean }; }
static inline struct value value_of_number(struct decimal number)
{
        return (struct value){ .type = VALUE_NUMBER, .number = number };
}
/* The value as plain text: numbers and booleans as JSON writes them. data NULL: absent, a list, or memory is out. */
struct slice value_text(const struct value *value, struct arena *arena);
/* Both there, of one type that is no list, and the same. */
bool value_same(const struct value *a, const struct value *b);
/* The raw elements of a list, one after the other: *at begins as the list's text and is moved on. data NULL: no more. */
struct slice value_element(struct slice *at);
/* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): see expression_run.c. */
static inline bool value_true(const struct value *value) { return value->type == VALUE_BOOLEAN && value->boolean; }
#endif
