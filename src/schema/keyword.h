/* The table of keywords: which drafts know them, and what their values must look like. */
#ifndef SCHEMA_KEYWORD_H
#define SCHEMA_KEYWORD_H
#include "base/base.h"

enum keyword {
#define KEYWORD(id, name, first, last, vocabulary, shape) KEYWORD_##id,
#include "keywords.def"
#undef KEYWORD
        KEYWORD_COUNT,
};
enum vocabulary {
        VOCABULARY_CORE = 1, VOCABULARY_APPLICATOR = 2, VOCABULARY_UNEVALUATED = 4, VOCABULARY_VALIDATION = 8,
        VOCABULARY_FORMAT = 16, VOCABULARY_CONTENT = 32, VOCABULARY_META = 64,
        VOCABULARY_ALL = 127,
        VOCABULARY_FORMAT_ASSERTED = 128,
};
enum shape {
        SHAPE_ANY, SHAPE_STRING, SHAPE_BOOLEAN, SHAPE_NUMBER, SHAPE_POSITIVE, SHAPE_COUNT, SHAPE_ARRAY, SHAPE_OBJECT, SHAPE_TYPE,
        SHAPE_STRINGS, SHAPE_STRINGS_MAP, SHAPE_SCHEMA, SHAPE_SCHEMAS, SHAPE_SCHEMA_MAP, SHAPE_SCHEMA_OR_SCHEMAS,
        SHAPE_DEPENDENCIES,
};
struct keyword_row {
        struct slice name;
        unsigned     first, last;          /* drafts, as in schema_options */
        uint8_t      vocabulary, shape;
};
extern const struct keyword_row KEYWORDS[KEYWORD_COUNT];
/* KEYWORD_COUNT: the draft has no such keyword. */
enum keyword keyword_find(struct slice name, unsigned draft);

/* The draft of a `$schema` (fragment and all); 0: not one of the standard's, nor Iglu's. */
unsigned draft_find(struct slice uri);
/* The vocabulary of a URI of 2019-09 or 2020-12; 0: not known. */
unsigned vocabulary_find(struct slice uri);
#endif
