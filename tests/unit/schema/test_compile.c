#include "base/buffer.h"
#include "schema/schema.h"
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>
#include <cmocka.h>

/* Documents that a $ref may fetch. */
static struct slice resolve(void *context, const char *uri)
{
        static const struct { const char *uri, *text; } DOCUMENTS[] = {
                { "http://x/good",       "{\"$defs\":{\"a\":{\"type\":\"integer\"}}}" },
                { "http://x/broken",     "{\"type\":\n  3}" },
                { "http://x/not-json",   "{\"type\":}" },
                { "http://x/back",       "{\"items\":{\"$ref\":\"http://x/back\"}}" },
                { "http://x/meta",       "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
                                         "\"$vocabulary\":{\"https://json-schema.org/draft/2020-12/vocab/applicator\":true,"
                                         "\"http://x/v\":false}}" },
                { "http://x/meta-must",
                  "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"$vocabulary\":{\"http://x/v\":true}}" },
                { "http://x/meta-ring",  "{\"$schema\":\"http://x/meta-ring\"}" },
                { "http://x/meta-none",  "{}" },
        };
        if (context)
                ++*(size_t *)context;
        for (size_t i = 0; i < COUNT_OF(DOCUMENTS); i++)
                if (strcmp(uri, DOCUMENTS[i].uri) == 0)
                        return slice_of(DOCUMENTS[i].text);
        return (struct slice){ 0 };
}

static const struct schema_options OPTIONS = { .assert_format = true, .resolve = resolve };

static void mistakes_are_told_with_their_place(void **state)
{
        static const struct { const char *name, *text, *error; } CASES[] = {
                { "no text",            "",                         "1:1: there is no text" },
                { "no JSON",            "{\"type\":}",              "1:9: a value is missing" },
                { "something behind",   "{} x",                     "1:4: something follows the schema" },
                { "no schema",          "[]",                       "1:1: a schema must be an object, true or false" },
                { "unknown type",       "{\n \"type\": \"int\"}",
                  "2:10: /type: `type` must name a type (null, boolean, integer, number, "
                                                                    "string, array, object) or be an array of such names" },
                { "wrong kind",         "{\"properties\":{\"a\":{\"minimum\":\"1\"}}}",
                  "1:31: /properties/a/minimum: `minimum` must be a number" },
                { "negative count",     "{\"maxLength\":-1}",
                  "1:14: /maxLength: `maxLength` must be a whole number, 0 or more" },
                { "divisor of zero",    "{\"multipleOf\":0}",
                  "1:15: /multipleOf: `multipleOf` must be a number greater than 0, of at most 288 digits" },
                { "required of draft 3", "{\"required\":true}",     "1:13: /required: `required` must be an array of strings" },
                { "schema in a list",   "{\"allOf\":[{},3]}",
                  "1:10: /allOf: `allOf` must be an array of at least one schema" },
                { "empty list",         "{\"anyOf\":[]}",
                  "1:10: /anyOf: `anyOf` must be an array of at least one schema" },
                { "items of old drafts", "{\"items\":[{}]}",
                  "1:10: /items: `items` must be a schema (an object, true or false)" },
                { "pattern",            "{\"pattern\":\"(\"}",      NULL },
                { "name's pattern",     "{\"patternProperties\":{\"[\":{}}}", NULL },
                { "pointer to nowhere", "{\"$ref\":\"#/$defs/x\"}", "1:9: /$ref: '#/$defs/x' leads nowhere" },
                { "anchor",             "{\"$ref\":\"#x\"}",        "1:9: /$ref: '#x' names an anchor that is not there" },
                { "anchor twice",       "{\"$defs\":{\"a\":{\"$anchor\":\"x\"},\"b\":{\"$anchor\":\"x\"}}}",
                                        "1:46: /$defs/b/$anchor: the anchor 'x' is there twice" },
                { "unknown document",   "{\"$ref\":\"http://x/none#/a\"}",
                  "1:9: /$ref: the schema 'http://x/none' is not known and could not be fetched" },
                { "fault in another document", "{\"$ref\":\"http://x/broken\"}",
                                        "http://x/broken:2:3: /type: `type` must name a type (null, boolean, integer, number, "
                                        "string, array, "
                                        "object) or be an array of such names" },
                { "other document is no JSON", "{\"$ref\":\"http://x/not-json\"}", "http://x/not-json:1:9: a value is missing" },
                { "refers to itself",   "{\"$ref\":\"#\"}",
                  "1:1: the schema refers to itself for the same value, without end" },
                { "ring of two",
                  "{\"$defs\":{\"a\":{\"anyOf\":[{\"$ref\":\"#/$defs/b\"}]},\"b\":{\"not\":{\"$ref\":\"#/$defs/a\"}}}"
                                        ",\"$ref\":\"#/$defs/a\"}", NULL },
                { "ring through a dependency", "{\"dependentSchemas\":{\"a\":{\"$ref\":\"#\"}}}",
                                        "1:1: the schema refers to itself for the same value, without end" },
                { "unknown metaschema", "{\"$schema\":\"http://x/none\"}",
                                        "1:12: /$schema: the schema 'http://x/none' is not known and could not be fetched" },
                { "vocabulary that is needed", "{\"$schema\":\"http://x/meta-must\"}",
                                        "1:12: /$schema: the vocabulary 'http://x/v' is required but not known" },
                { "metaschema of no draft", "{\"$schema\":\"http://x/meta-none\"}",
                                        "1:12: /$schema: the metaschema 'http://x/meta-none' does not say which draft it "
                                        "follows" },
                { "metaschema of itself", "{\"$schema\":\"http://x/meta-ring\"}", NULL },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct error err = { .text = "" };
                struct schema *schema = schema_compile(slice_of(CASES[i].text), "", &OPTIONS, &err);
                if (schema)
                        fail_msg("%s: taken", CASES[i].name);
                if (CASES[i].error ? strcmp(err.text, CASES[i].error) != 0 : err.text[0] == '\0')
                        fail_msg("%s: %s", CASES[i].name, err.text);
        }
}

static void what_is_not_known_is_ignored(void **state)
{
        static const struct { const char *name, *text; unsigned draft; } CASES[] = {
                { "unknown keywords",           "{\"foo\":3,\"x-type\":[]}", 2020 },
                { "keyword of a later draft",   "{\"$schema\":\"http://json-schema.org/draft-04/schema#\",\"const\":1,\"if\":3}",
                  4 },
                { "Iglu's metaschema",
                  "{\"$schema\":\"http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#\","
                                                "\"self\":{\"vendor\":\"a\"},\"exclusiveMinimum\":true,\"minimum\":1}", 4 },
                { "draft 6",                    "{\"$schema\":\"http://json-schema.org/draft-06/schema\"}", 6 },
                { "draft 7 by https",           "{\"$schema\":\"https://json-schema.org/draft-07/schema#\"}", 7 },
                { "2019-09",                    "{\"$schema\":\"https://json-schema.org/draft/2019-09/schema\",\"items\":[{}]}",
                  2019 },
                { "a metaschema without validation", "{\"$schema\":\"http://x/meta\",\"type\":5,\"minimum\":\"x\"}", 2020 },
                { "siblings of an old $ref",
                  "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"definitions\":{\"a\":{}},"
                                                "\"$ref\":\"#/definitions/a\",\"type\":\"string\"}", 7 },
                { "a schema that fetches itself", "{\"$ref\":\"http://x/back\"}", 2020 },
                { "true",                       " true ", 2020 },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct error err = { .text = "" };
                struct schema *schema = schema_compile(slice_of(CASES[i].text), "", &OPTIONS, &err);
                if (!schema || schema_draft(schema) != CASES[i].draft)
                        fail_msg("%s: %s", CASES[i].name, err.text);
                schema_free(schema);
        }
}

static void a_document_is_fetched_once(void **state)
{
        struct error err;
        size_t fetched = 0;
        const struct schema_options options = { .resolve = resolve, .context = &fetched };
        struct schema *schema =
                schema_compile(SLICE("{\"properties\":{\"a\":{\"$ref\":\"good#/$defs/a\"},"
                                     "\"b\":{\"$ref\":\"http://x/good#/$defs/a\"}}}"),
                                               "http://x/y", &options, &err);
        (void)state;
        assert_non_null(schema);
        assert_int_equal(fetched, 1);
        schema_free(schema);
}

/* ---- bounds ---- */
/* `each` has a %zu for the number; on the heap. */
static struct buffer text_repeat(const char *start, const char *each, size_t count, const char *end)
{
        struct buffer text;
        const char *mark = strstr(each, "%zu");
        buffer_init(&text, (size_t)1 << 24);
        buffer_add(&text, slice_of(start));
        for (size_t i = 0; i < count; i++) {
                buffer_add(&text, mark ? slice_between(each, mark) : slice_of(each));
                if (mark) {
                        buffer_add_number(&text, (int64_t)i);
                        buffer_add(&text, slice_of(mark + 3));
                }
        }
        buffer_add(&text, slice_of(end));
        return text;
}

static void a_schema_may_not_grow_without_bound(void **state)
{
        static const struct { const char *name, *start, *each, *end, *error; size_t count; } CASES[] = {
                { "subschemas",  "{\"allOf\":[", "{\"a\":%zu},", "{}]}", "more than 50000 subschemas", 60000 },
                { "values",      "{\"enum\":[", "%zu,", "1]}", "more than 20000 values", 30000 },
                { "names",       "{\"required\":[", "\"n%zu\",", "\"z\"]}", "more than 10000 names of members", 20000 },
                { "patterns",    "{\"patternProperties\":{", "\"n%zu\":{},", "\"z\":{}}}", "more than 2000 patterns", 3000 },
                { "identities",  "{\"$defs\":{", "\"n%zu\":{\"$id\":\"a\"},", "\"z\":{}}}",
                  "more than 1000 schemas with an identity", 2000 },
                { "depth",       "", "{\"not\":", "{}", "nested", 300 },
                { "all of many", "{\"allOf\":[", "{\"minimum\":%zu},", "{}]}", NULL, 5000 },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct error err = { .text = "" };
                struct buffer text = text_repeat(CASES[i].start, CASES[i].each, CASES[i].count, CASES[i].end);
                struct schema *schema = schema_compile(buffer_slice(&text), "", &OPTIONS, &err);
                if (CASES[i].error ? schema || !strstr(err.text, CASES[i].error) : !schema)
                        fail_msg("%s: %s", CASES[i].name, err.text);
                schema_free(schema);
                buffer_done(&text);
        }
}

/* So many alternatives of 20,000 numbers each take nearly all of the memory; then come as many texts, and one of `pad` bytes.
 * `first`: a number that another schema does not have. */
static struct schema *compile_large(size_t enums, size_t pad, size_t first, struct shelf *shelf, struct error *err)
{
        const struct schema_options options = { .shelf = shelf };
        struct buffer text;
        buffer_init(&text, (size_t)1 << 24);
        buffer_add(&text, SLICE("{\"allOf\":["));
        for (size_t i = 0; i < enums; i++) {
                buffer_format(&text, "{\"enum\":[%zu", first + i);
                for (size_t k = 1; k < SCHEMA_VALUES_MAX; k++)
                        buffer_add(&text, SLICE(",1"));
                buffer_add(&text, SLICE("]},"));
        }
        buffer_add(&text, SLICE("{\"const\":\""));
        for (size_t i = 0; i < pad; i++)
                buffer_add_char(&text, 'a');
        buffer_add(&text, SLICE("\"},{\"minItems\":0,\"enum\":["));
        for (size_t i = 1; i < SCHEMA_VALUES_MAX; i++)
                buffer_format(&text, "\"%zu\",", i);
        buffer_add(&text, SLICE("\"\"]}]}"));
        struct schema *schema = schema_compile(buffer_slice(&text), "", &options, err);
        buffer_done(&text);
        return schema;
}

/* Wherever it ends: the table of the last texts is what fits just not. */
static void memory_ends_with_an_error(void **state)
{
        size_t fits = 0, too_much = (size_t)1 << 20;
        (void)state;
        while (too_much - fits > 32768) {
                struct error err = { .text = "" };
                size_t pad = fits + (too_much - fits) / 2;
                struct schema *schema = compile_large(67, pad, 0, NULL, &err);
                if (!schema)
                        assert_string_equal(err.text, "the schema needs more than 64 MiB of memory");
                *(schema ? &fits : &too_much) = pad;
                schema_free(schema);
        }
        assert_true(fits && too_much < (size_t)1 << 20);
}

/* What lies on the shelf counts as the schema's own, whoever came first. */
static void memory_is_bounded_on_a_shelf(void **state)
{
        struct shelf *shelf = shelf_new();
        (void)state;
        for (size_t turn = 0; turn < 4; turn++) {
                struct error err = { .text = "" };
                struct schema *schema = compile_large(turn % 2 ? 70 : 35, 0, turn / 2, shelf, &err);
                if (turn % 2 ? schema || !strstr(err.text, "needs more than 64 MiB") : !schema)
                        fail_msg("turn %zu: %s", turn, err.text);
                schema_free(schema);
        }
        shelf_free(shelf);
}

/* 500 references one after the other: each is a schema of the same value. */
static void a_chain_of_references_is_bounded(void **state)
{
        struct error err = { .text = "" };
        struct buffer text;
        buffer_init(&text, 1 << 20);
        buffer_add(&text, SLICE("{\"$ref\":\"#/$defs/0\",\"$defs\":{"));
        for (int i = 0; i < 500; i++)
                buffer_format(&text, "\"%d\":{\"type\":\"null\",\"$ref\":\"#/$defs/%d\"},", i, i + 1);
        buffer_add(&text, SLICE("\"500\":{}}}"));
        (void)state;
        assert_null(schema_compile(buffer_slice(&text), "", &OPTIONS, &err));
        assert_non_null(strstr(err.text, "too many schemas refer to each other"));
        buffer_done(&text);
}

/* Thousands of schemas must not make a start slow. */
static void a_plan_compiles_quickly(void **state)
{
        enum { COUNT = 2000 };
        struct schema **schemas = calloc(COUNT, sizeof(*schemas));
        struct error err;
        struct timespec start, end;
        (void)state;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
        for (size_t i = 0; i < COUNT; i++) {
                schemas[i] = schema_compile(SLICE("{\"type\":\"object\",\"required\":[\"id\"],"
                                                  "\"properties\":{\"id\":{\"type\":\"string\"},"
                                                  "\"n\":{\"type\":\"integer\",\"minimum\":0},\"at\":{\"format\":\"date-time\"},"
                                                  "\"c\":{\"enum\":[\"a\",\"b\"]}},\"additionalProperties\":false}"), "",
                                                          &OPTIONS, &err);
                assert_non_null(schemas[i]);
        }
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
        assert_true((double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9 < 4.0);
                /* 0.1 s when optimised */
        assert_true(schema_bytes(schemas[0]) < 16384);
        for (size_t i = 0; i < COUNT; i++)
                schema_free(schemas[i]);
        free(schemas);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(mistakes_are_told_with_their_place), cmocka_unit_test(what_is_not_known_is_ignored),
                cmocka_unit_test(a_document_is_fetched_once),         cmocka_unit_test(a_schema_may_not_grow_without_bound),
                cmocka_unit_test(a_chain_of_references_is_bounded),   cmocka_unit_test(a_plan_compiles_quickly),
                cmocka_unit_test(memory_ends_with_an_error),          cmocka_unit_test(memory_is_bounded_on_a_shelf),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
