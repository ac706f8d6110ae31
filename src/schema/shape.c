#include "compile.h"
#include "json/scan.h"

static const char *const SENTENCES[] = {
        [SHAPE_STRING] = "must be a string",
        [SHAPE_BOOLEAN] = "must be true or false",
        [SHAPE_NUMBER] = "must be a number",
        [SHAPE_POSITIVE] = "must be a number greater than 0, of at most 288 digits",
        [SHAPE_COUNT] = "must be a whole number, 0 or more",
        [SHAPE_ARRAY] = "must be an array",
        [SHAPE_OBJECT] = "must be an object",
        [SHAPE_TYPE] = "must name a type (null, boolean, integer, number, string, array, object) or be an array of such names",
        [SHAPE_STRINGS] = "must be an array of strings",
        [SHAPE_STRINGS_MAP] = "must be an object of arrays of strings",
        [SHAPE_SCHEMA] = "must be a schema (an object, true or false)",
        [SHAPE_SCHEMAS] = "must be an array of at least one schema",
        [SHAPE_SCHEMA_MAP] = "must be an object of schemas",
        [SHAPE_SCHEMA_OR_SCHEMAS] = "must be a schema or an array of schemas",
        [SHAPE_DEPENDENCIES] = "must be an object of schemas and arrays of strings",
};

static bool is_schema(const struct document *document, uint32_t entry)
{
        uint8_t kind = entry_kind(document, entry);
        return kind == TAPE_OBJECT || kind == TAPE_TRUE || kind == TAPE_FALSE;
}

static bool is_number(const struct document *document, uint32_t entry, enum shape shape)
{
        struct number number;
        if (entry_kind(document, entry) != TAPE_NUMBER)
                return false;
        number_read(tape_raw(&document->tape, entry), &number);
        if (shape == SHAPE_COUNT)
                return number_is_whole(&number) && !number.negative;
        return shape == SHAPE_NUMBER || number_is_divisor(&number);
}

static bool is_type(const struct document *document, uint32_t entry)
{
        static const char *const TYPES[] = { "null", "boolean", "integer", "number", "string", "array", "object" };
        struct slice raw = tape_raw(&document->tape, entry);
        for (size_t i = 0; i < COUNT_OF(TYPES); i++)
                if (raw.size == strlen(TYPES[i]) + 2 && memcmp(raw.data + 1, TYPES[i], raw.size - 2) == 0)
                        return true;
        return false;
}

typedef bool test(const struct document *document, uint32_t entry);

static bool is_string(const struct document *document, uint32_t entry) { return entry_kind(document, entry) == TAPE_STRING; }

static bool all_elements(const struct document *document, uint32_t entry, test *is)
{
        if (entry_kind(document, entry) != TAPE_ARRAY)
                return false;
        FOR_EACH_ELEMENT(document, entry, element)
                if (!is(document, element))
                        return false;
        return true;
}

static bool all_members(const struct document *document, uint32_t entry, test *is)
{
        if (entry_kind(document, entry) != TAPE_OBJECT)
                return false;
        FOR_EACH_MEMBER(document, entry, key)
                if (!is(document, key + 1))
                        return false;
        return true;
}

static bool is_strings(const struct document *document, uint32_t entry) { return all_elements(document, entry, is_string); }

static bool is_dependency(const struct document *document, uint32_t entry)
{
        return is_schema(document, entry) || is_strings(document, entry);
}

static bool has_shape(const struct document *document, uint32_t entry, enum shape shape)
{
        uint8_t kind = entry_kind(document, entry);
        switch (shape) {
        case SHAPE_ANY:         return true;
        case SHAPE_STRING:      return kind == TAPE_STRING;
        case SHAPE_BOOLEAN:     return kind == TAPE_TRUE || kind == TAPE_FALSE;
        case SHAPE_NUMBER:
        case SHAPE_POSITIVE:
        case SHAPE_COUNT:       return is_number(document, entry, shape);
        case SHAPE_ARRAY:       return kind == TAPE_ARRAY;
        case SHAPE_OBJECT:      return kind == TAPE_OBJECT;
        case SHAPE_TYPE:        return kind == TAPE_ARRAY ? all_elements(document, entry, is_type) : is_type(document, entry);
        case SHAPE_STRINGS:     return is_strings(document, entry);
        case SHAPE_STRINGS_MAP: return all_members(document, entry, is_strings);
        case SHAPE_SCHEMA:      return is_schema(document, entry);
        case SHAPE_SCHEMAS:     return entry_count(document, entry) > 0 && all_elements(document, entry, is_schema);
        case SHAPE_SCHEMA_MAP:  return all_members(document, entry, is_schema);
        case SHAPE_SCHEMA_OR_SCHEMAS:
                return is_schema(document, entry) || all_elements(document, entry, is_schema);
        case SHAPE_DEPENDENCIES:
                return all_members(document, entry, is_dependency);
        }
        return false;
}

void shape_check(const struct keywords *keywords, enum keyword keyword, uint32_t key)
{
        enum shape shape = KEYWORDS[keyword].shape;
        if (!has_shape(keywords->document, key + 1, shape))
                compile_fail(keywords->compiler, keywords->document, key + 1, "`%s` %s", KEYWORDS[keyword].name.data,
                             SENTENCES[shape]);
}
