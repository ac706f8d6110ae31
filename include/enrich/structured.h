/* Structured field values of HTTP (RFC 9651, which replaces RFC 8941): Items and Lists, as the client hints have them. Strict:
 * a field with a mistake anywhere is none, as the standard wants. No allocation; linear in the field's bytes. The slices of
 * what is read lie in the field. */
#ifndef ENRICH_STRUCTURED_H
#define ENRICH_STRUCTURED_H
#include "base/base.h"

enum structured_type {
        STRUCTURED_INTEGER,        /* text: as written */
        STRUCTURED_DECIMAL,        /* text: as written */
        STRUCTURED_STRING,         /* text: between the quotes, escapes and all: structured_unescape() */
        STRUCTURED_TOKEN,          /* text: the token */
        STRUCTURED_BYTES,          /* text: base64 between the colons */
        STRUCTURED_BOOLEAN,        /* text: 0 or 1 */
        STRUCTURED_DATE,           /* text: seconds since 1970, behind the @ */
        STRUCTURED_DISPLAY,        /* text: between the quotes, percent escapes and all */
        STRUCTURED_INNER,          /* an Inner List; text: between its parentheses */
};
struct structured_value { enum structured_type type; struct slice text; };
struct structured_member {
        struct structured_value value;
        struct slice            parameters;        /* `;v="1";a`, well-formed; empty: none */
};

/* A field that is an Item; false when it is none. */
bool structured_item(struct slice field, struct structured_member *ret_member);
/* A field that is a List of at most `room` members; false when it is none or has more. An empty field is an empty List. */
bool structured_list(struct slice field, struct structured_member *members, size_t room, size_t *ret_count);
/* A parameter of that key; the last one where several have it. One without a value is the Boolean 1. */
bool structured_parameter(const struct structured_member *member, struct slice key, struct structured_value *ret_value);
/* A String's text; `out` has room for text.size bytes, and the bytes written are returned. */
size_t structured_unescape(struct slice text, char *out);
#endif
