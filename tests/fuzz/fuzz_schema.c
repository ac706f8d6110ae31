/* Compiler and checker: the first line is the schema, the rest the value; the last line, when there are more, is another schema
 * of the same shelf, too. Neither may crash, hang or leak, and what the walk over the bytes says must be what the walk over the
 * tape says. */
#include "base/buffer.h"
#include "schema/schema.h"

/* What a $ref may fetch: a schema that refers back. */
static struct slice resolve(void *context, const char *uri)
{
        (void)context;
        if (strstr(uri, "tree"))
                return SLICE("{\"$id\":\"http://a/tree\",\"$dynamicAnchor\":\"node\","
                             "\"properties\":{\"c\":{\"items\":{\"$dynamicRef\":\"#node\"}}}}");
        if (strstr(uri, "meta"))
                return SLICE("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"$vocabulary\":"
                             "{\"https://json-schema.org/draft/2020-12/vocab/validation\":true}}");
        return (struct slice){ 0 };
}

static bool is_limit(enum reason reason)
{
        return reason == REASON_pattern_limit || reason == REASON_overloaded;
}


/* The same value by both executors, twice each: the second time the guesses know the order of the keys. Answers what the first
 * found. */
static enum reason value_check(const struct schema *schema, struct slice value)
{
        struct checker *checker = checker_new(&(struct checker_limits){ .depth = 20, .string = 500 });
        struct arena_pool pool;
        struct arena arena;
        struct verdict verdicts[4];
        const char *ends[4];
        arena_pool_init(&pool, 4096, 4);
        arena_init(&arena, &pool, 1 << 20);
        for (int i = 0; i < 4; i++) {
                verdicts[i] = (struct verdict){ .reason = REASON_COUNT };
                checker_use_tape(checker, i >= 2);
                ends[i] = schema_check(checker, schema, value.data, value.data + value.size, &arena, &verdicts[i]);
                BUG_IF(!ends[i] && verdicts[i].reason == REASON_none);
                BUG_IF(ends[i] && ends[i] > value.data + value.size);
                if (verdicts[i].reason == REASON_schema_invalid)
                        BUG_IF(verdicts[i].complaint.message.size == 0 || verdicts[i].complaint.message.size > 300);
        }
        for (int i = 1; i < 4; i++)
                if (!is_limit(verdicts[0].reason) && !is_limit(verdicts[i].reason)) {
                        BUG_IF(ends[i] != ends[0]);
                        BUG_IF((verdicts[i].reason == REASON_none) != (verdicts[0].reason == REASON_none));
                }
        arena_done(&arena);
        arena_pool_done(&pool);
        checker_free(checker);
        return verdicts[0].reason;
}

/* On a shelf on which another schema has been, and maybe did not compile, and which another one will share: it says what it says
 * alone. */
static void shelf_check(struct slice text, struct slice other, struct slice value, enum reason alone,
                        const struct schema_options *given)
{
        struct schema_options options = *given;
        struct error err = { .text = "" };
        options.shelf = shelf_new();
        struct schema *before = schema_compile(other, "http://a/o", &options, &err);
        struct schema *schema = schema_compile(text, "http://a/b", &options, &err);
        struct schema *after = schema_compile(text, "http://a/b", &options, &err);
        schema_free(before);
        if (schema && after) {
                enum reason reason = value_check(schema, value), again = value_check(after, value);
                BUG_IF(!is_limit(alone) && !is_limit(reason) && (alone == REASON_none) != (reason == REASON_none));
                BUG_IF(!is_limit(again) && !is_limit(reason) && (again == REASON_none) != (reason == REASON_none));
        } else {                           /* alone it compiled; what takes long does so by little */
                BUG_IF(!strstr(err.text, "takes more than"));
        }
        schema_free(schema);
        schema_free(after);
        shelf_free(options.shelf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct schema_options options = { .assert_format = size & 1, .match_limit = 1000, .resolve = resolve };
        struct error err = { .text = "" };
        const char *text = (const char *)data, *line = size ? memchr(text, '\n', size) : NULL;
        if (!line)
                return 0;
        struct slice own = slice_between(text, line);
        struct schema *schema = schema_compile(own, "http://a/b", &options, &err);
        if (!schema) {
                BUG_IF(err.text[0] == '\0');
                return 0;
        }
        size_t rest = size - (size_t)(line + 1 - text);
        char *value = memory_get(rest + READABLE_PADDING);
        memcpy(value, line + 1, rest);
        const char *last = memrchr(value, '\n', rest);
        struct slice other = last ? slice_between(last + 1, value + rest) : own;
        enum reason alone = value_check(schema, (struct slice){ value, rest });
        if (size & 2)
                shelf_check(own, other, (struct slice){ value, rest }, alone, &options);
        free(value);
        schema_free(schema);
        return 0;
}
