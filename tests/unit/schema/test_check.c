#include "json/tape.h"
#include "schema/schema.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <pthread.h>

struct fixture {
        struct checker   *checker;
        struct arena_pool pool;
        struct arena      arena;
        struct verdict    verdict;
        char              text[1 << 16];   /* the value under test, with padding behind it */
};

static int setup(void **state)
{
        struct fixture *fixture = calloc(1, sizeof(*fixture));
        fixture->checker = checker_new(&(struct checker_limits){ .depth = 8, .string = 2000 });
        arena_pool_init(&fixture->pool, 8192, 4);
        arena_init(&fixture->arena, &fixture->pool, 1 << 20);
        *state = fixture;
        return 0;
}

static int teardown(void **state)
{
        struct fixture *fixture = *state;
        checker_free(fixture->checker);
        arena_done(&fixture->arena);
        arena_pool_done(&fixture->pool);
        free(fixture);
        return 0;
}

static struct schema *compile_on(const char *text, struct shelf *shelf)
{
        struct error err = { .text = "" };
        const struct schema_options options = { .assert_format = true, .shelf = shelf };
        struct schema *schema = schema_compile(slice_of(text), "", &options, &err);
        if (!schema)
                fail_msg("%s: %s", text, err.text);
        return schema;
}

static struct schema *compile(const char *text) { return compile_on(text, NULL); }

/* Behind the value, as schema_check() answers. */
static const char *check(struct fixture *fixture, const struct schema *schema, const char *text)
{
        size_t size = strlen(text);
        assert_true(size + READABLE_PADDING < sizeof(fixture->text));
        memset(fixture->text, '"', size + READABLE_PADDING);       /* what lies behind the end must not matter */
        memcpy(fixture->text, text, size);
        return schema_check(fixture->checker, schema, fixture->text, fixture->text + size, &fixture->arena, &fixture->verdict);
}

#define ORDER \
        "{\"type\":\"object\",\"required\":[\"id\",\"total\"],\"additionalProperties\":false,\"properties\":{" \
        "\"id\":{\"type\":\"string\",\"pattern\":\"^o-[0-9]+$\"},\"total\":{\"type\":\"number\",\"minimum\":0," \
        "\"multipleOf\":0.01}," \
        "\"quantity\":{\"type\":\"integer\",\"exclusiveMaximum\":100},\"currency\":{\"enum\":[\"EUR\",\"USD\",\"NOK\"]}," \
        "\"email\":{\"type\":\"string\",\"format\":\"email\"},\"note\":{\"type\":[\"string\",\"null\"],\"maxLength\":5}," \
        "\"items\":{\"type\":\"array\",\"minItems\":1,\"items\":{\"type\":\"object\",\"required\":[\"sku\"]," \
        "\"properties\":{\"sku\":{\"type\":\"string\",\"minLength\":2}}}}}}"

/* What a developer reads. */
static void complaints_say_what_to_do(void **state)
{
        static const struct { const char *name, *schema, *value, *pointer, *keyword, *message; } CASES[] = {
                { "wrong type", ORDER, "{\"id\":\"o-1\",\"total\":1,\"quantity\":\"two\"}", "/quantity", "type",
                  "\"quantity\" must be an integer, not a string" },
                { "fraction for integer", ORDER, "{\"id\":\"o-1\",\"total\":1,\"quantity\":1.5}", "/quantity", "type",
                  "\"quantity\" must be an integer, not a number with a fraction" },
                { "two types", ORDER, "{\"id\":\"o-1\",\"total\":1,\"note\":[]}", "/note", "type",
                  "\"note\" must be null or a string, not an array" },
                { "root type", ORDER, "[]", "", "type", "the data must be an object, not an array" },
                { "missing member", ORDER, "{\"id\":\"o-1\"}", "", "required", "the data must have the member \"total\"" },
                { "missing members", ORDER, "{}", "", "required", "the data must have the members \"id\" and \"total\"" },
                { "missing in an item", ORDER, "{\"id\":\"o-1\",\"total\":1,\"items\":[{\"sku\":\"ab\"},{}]}", "/items/1",
                  "required",
                  "item 1 of \"items\" must have the member \"sku\"" },
                { "deep", ORDER, "{\"id\":\"o-1\",\"total\":1,\"items\":[{\"sku\":\"a\"}]}", "/items/0/sku", "minLength",
                  "\"sku\" must have at least 2 characters, not 1" },
                { "typo", ORDER, "{\"id\":\"o-1\",\"total\":1,\"qantity\":1}", "/qantity", "additionalProperties",
                  "\"qantity\" is not a member that the schema allows here; did you mean \"quantity\"?" },
                { "unknown member", ORDER, "{\"id\":\"o-1\",\"total\":1,\"zzz\":1}", "/zzz", "additionalProperties",
                  "\"zzz\" is not a member that the schema allows here" },
                { "pattern", ORDER, "{\"id\":\"x\"}", "/id", "pattern",
                  "\"id\" must match the pattern ^o-[0-9]+$, and \"x\" does not" },
                { "minimum", ORDER, "{\"total\":-0.5}", "/total", "minimum", "\"total\" must be at least 0, not -0.5" },
                { "exclusive maximum", ORDER, "{\"quantity\":100}", "/quantity", "exclusiveMaximum",
                  "\"quantity\" must be less than 100, not 100" },
                { "multiple", ORDER, "{\"total\":0.015}", "/total", "multipleOf",
                  "\"total\" must be a multiple of 0.01, and 0.015 is not" },
                { "enum", ORDER, "{\"currency\":\"eur\"}", "/currency", "enum",
                  "\"currency\" must be one of \"EUR\", \"USD\" or \"NOK\", not \"eur\"" },
                { "format", ORDER, "{\"email\":\"me\"}", "/email", "format", "\"email\" must be a valid email, not \"me\"" },
                { "too long", ORDER, "{\"note\":\"\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\"}", "/note", "maxLength",
                  "\"note\" must have at most 5 characters, not 6" },
                { "too few items", ORDER, "{\"items\":[]}", "/items", "minItems", "\"items\" must have at least 1 item, not 0" },
                { "const", "{\"const\":3}", "4", "", "const", "the data must be 3, not 4" },
                { "pointer is escaped", "{\"additionalProperties\":{\"type\":\"null\"}}", "{\"a/b~c\":1}", "/a~1b~0c", "type",
                  "\"a/b~c\" must be null, not a number" },
                { "key is unescaped in the pointer", "{\"additionalProperties\":{\"type\":\"null\"}}", "{\"a\\u0062\":1}", "/ab",
                  "type",
                  "\"a\\u0062\" must be null, not a number" },
                { "quotes and backslashes in strings before it", "{\"properties\":{\"c\":{\"type\":\"null\"}}}",
                  "{\"a\\\\\":\"\\\"{[,\\\\\",\"b\\\\\\\"\":[\"\\\\\\\\\",\"]\"],\"c\":1}", "/c", "type",
                  "\"c\" must be null, not a number" },
                { "a key of quotes and backslashes", "{\"additionalProperties\":{\"type\":\"null\"}}", "{\"\\\"\\\\\":1}",
                  "/\"\\", "type", "\"\\\"\\\\\" must be null, not a number" },
                { "false", "{\"properties\":{\"old\":false}}", "{\"old\":1}", "/old", "false", "\"old\" is not allowed here" },
                { "unique", "{\"uniqueItems\":true}", "[1,{\"a\":1},1.0]", "/2", "uniqueItems",
                  "item 2 is the same as item 0, and all must differ" },
                { "contains", "{\"contains\":{\"type\":\"null\"},\"maxContains\":1}", "[null,null]", "", "maxContains",
                  "the data must have at most 1 item of the kind that `contains` describes, not 2" },
                { "names", "{\"propertyNames\":{\"maxLength\":2}}", "{\"abc\":1}", "/abc", "propertyNames",
                  "\"abc\" is not a name that the schema allows: it must have at most 2 characters, not 3" },
                { "dependent", "{\"dependentRequired\":{\"a\":[\"b\",\"c\"]}}", "{\"a\":1,\"c\":1}", "", "dependentRequired",
                  "the data must have the member \"b\", as it has \"a\"" },
                { "tuple", "{\"prefixItems\":[true],\"items\":false}", "[1,2]", "/1", "items",
                  "item 1 is not allowed: the schema takes 1 items here" },
                { "one alternative fits the type",
                  "{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"object\",\"required\":[\"a\"]}]}", "{}", "",
                  "required", "the data must have the member \"a\"" },
                { "the alternative that was meant", "{\"anyOf\":[{\"properties\":{\"a\":{\"const\":1}}},"
                  "{\"required\":[\"z\"]},{\"properties\":{\"b\":{\"type\":\"null\"}}}]}", "{\"a\":2,\"b\":3}", "/b", "type",
                  "\"b\" must be null, not a number" },
                { "no alternative fits the type", "{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"object\"}]}", "3", "", "type",
                  "the data must be null or an object, not a number" },
                { "no alternative", "{\"anyOf\":[{\"minimum\":3},{\"const\":1}]}", "2", "", "anyOf",
                  "the data must match one of the 2 alternatives of `anyOf`, and matches none" },
                { "two alternatives", "{\"oneOf\":[{\"minimum\":1},{\"minimum\":2}]}", "2", "", "oneOf",
                  "the data must match exactly one alternative of `oneOf`, and matches the ones at 0 and 1" },
                { "told by a member", "{\"oneOf\":[{\"properties\":{\"t\":{\"const\":\"card\"},\"n\":{\"type\":\"string\"}}},"
                  "{\"properties\":{\"t\":{\"const\":\"cash\"}}}]}", "{\"n\":5,\"t\":\"card\"}", "/n", "type",
                          "\"n\" must be a string, not a number" },
                { "told by a member that is wrong", "{\"oneOf\":[{\"properties\":{\"t\":{\"const\":\"card\"}}},"
                  "{\"properties\":{\"t\":{\"const\":\"cash\"}}}]}", "{\"t\":\"gold\"}", "/t", "oneOf",
                          "\"t\" must be one of \"card\" or \"cash\"" },
                { "not", "{\"properties\":{\"a\":{\"not\":{\"type\":\"null\"}}}}", "{\"a\":null}", "/a", "not",
                  "\"a\" matches a schema that it must not match" },
                { "then", "{\"if\":{\"properties\":{\"a\":{\"const\":1}}},\"then\":{\"required\":[\"b\"]}}", "{\"a\":1}", "",
                  "required",
                  "the data must have the member \"b\"" },
                { "composed: type", "{\"allOf\":[{\"properties\":{\"a\":{\"type\":\"string\"}}}],"
                                    "\"properties\":{\"a\":{\"maxLength\":2}}}",
                  "{\"a\":5}", "/a", "type", "\"a\" must be a string, not a number" },
                { "composed: length",
                  "{\"allOf\":[{\"properties\":{\"a\":{\"type\":\"string\"}}}],\"properties\":{\"a\":{\"maxLength\":2}}}",
                  "{\"a\":\"abc\"}", "/a", "maxLength", "\"a\" must have at most 2 characters, not 3" },
                { "composed: required", "{\"allOf\":[{\"required\":[\"a\"]},{\"required\":[\"b\"]}],\"required\":[\"c\"]}",
                  "{\"a\":1}", "",
                  "required", "the data must have the members \"c\" and \"b\"" },
                { "composed: additional",
                  "{\"allOf\":[{\"properties\":{\"a\":true},\"additionalProperties\":false}],\"properties\":{\"b\":true}}",
                  "{\"a\":1,\"b\":1}", "/b", "additionalProperties", "\"b\" is not a member that the schema allows here" },
                { "composed: dependency", "{\"allOf\":[{\"properties\":{\"a\":true}}],\"dependentRequired\":{\"x\":[\"y\"]}}",
                  "{\"x\":1}", "",
                  "dependentRequired", "the data must have the member \"y\", as it has \"x\"" },
                { "unevaluated, no tape", "{\"allOf\":[{\"properties\":{\"name\":true}},{\"patternProperties\":{\"^x\":true}}],"
                  "\"required\":[\"id\"],\"properties\":{\"id\":true},\"unevaluatedProperties\":false}",
                          "{\"x1\":1,\"id\":1,\"nam\":2}",
                  "/nam", "unevaluatedProperties",
                          "\"nam\" is not a member that the schema allows here; did you mean \"name\"?" },
                { "unevaluated, a choice",
                  "{\"anyOf\":[{\"properties\":{\"name\":true}}],\"unevaluatedProperties\":{\"type\":\"null\"}}",
                  "{\"name\":1,\"b\":2}", "/b", "type", "\"b\" must be null, not a number" },
                { "own pattern of a name that others declare",
                  "{\"allOf\":[{\"properties\":{\"ab\":true}}],\"patternProperties\":"
                  "{\"^a\":{\"type\":\"null\"}},\"unevaluatedProperties\":false}", "{\"ab\":1}", "/ab", "type",
                          "\"ab\" must be null, not a number" },
                { "unevaluated", "{\"allOf\":[{\"properties\":{\"a\":true}}],\"unevaluatedProperties\":false}",
                  "{\"a\":1,\"b\":2}", "/b",
                  "unevaluatedProperties", "\"b\" is not a member that the schema allows here" },
                { "alternatives beside a $dynamicRef",
                  "{\"$id\":\"http://x/a\",\"$dynamicAnchor\":\"n\",\"properties\":{\"c\":{\"$ref\":\"b\"},"
                  "\"v\":{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"object\"}]}},"
                  "\"$defs\":{\"b\":{\"$id\":\"b\",\"$dynamicAnchor\":\"n\",\"items\":{\"$dynamicRef\":\"#n\"}}}}",
                  "{\"v\":3}", "/v", "type", "\"v\" must be null or an object, not a number" },
        };
        struct fixture *fixture = *state;
        struct shelf *shelf = shelf_new();
        for (size_t i = 0; i < 2 * COUNT_OF(CASES); i++) {         /* alone, then on a shelf with the others */
                const size_t row = i % COUNT_OF(CASES);
                struct schema *schema = compile_on(CASES[row].schema, i == row ? NULL : shelf);
                const struct complaint *complaint = &fixture->verdict.complaint;
                const char *after = check(fixture, schema, CASES[row].value);
                if (after != fixture->text + strlen(CASES[row].value) || fixture->verdict.reason != REASON_schema_invalid)
                        fail_msg("%s: taken", CASES[row].name);
                if (!slice_equal(complaint->pointer, slice_of(CASES[row].pointer)) || !slice_equal(complaint->keyword,
                                slice_of(CASES[row].keyword)) ||
                    !slice_equal(complaint->message, slice_of(CASES[row].message)))
                        fail_msg("%s: %.*s %.*s: %.*s", CASES[row].name, SLICE_ARGS(complaint->pointer),
                                 SLICE_ARGS(complaint->keyword),
                                 SLICE_ARGS(complaint->message));
                schema_free(schema);
        }
        shelf_free(shelf);
}

/* The text's faults come first, whatever the schema says; `after` NULL: no end can be told. */
static void text_comes_before_schema(void **state)
{
        static const struct { const char *name, *value; enum reason reason; size_t where; bool end; } CASES[] = {
                { "fine",                       "{\"a\":1,\"b\":{\"c\":[]}}",      REASON_none, 0, true },
                { "nothing",                    "",                              REASON_json_malformed, 0, false },
                { "cut off",                    "{\"a\":1",                       REASON_json_malformed, 6, false },
                { "cut off in a string",        "{\"a\":\"x",                     REASON_json_malformed, 7, false },
                { "comma at the end",           "{\"a\":1,}",                     REASON_json_malformed, 7, false },
                { "no colon",                   "{\"a\" 1}",                      REASON_json_malformed, 5, false },
                { "no value",                   "{\"a\":}",                       REASON_json_malformed, 5, false },
                { "key without quotes",         "{a:1}",                         REASON_json_malformed, 1, false },
                { "array without comma",        "{\"b\":[1 2]}",                  REASON_json_malformed, 8, false },
                { "fault after a violation",    "{\"a\":\"x\",\"b\":tru}",        REASON_json_malformed, 16, false },
                { "key twice, declared",        "{\"a\":1,\"a\":2}",              REASON_json_duplicate_key, 7, true },
                { "key twice, not declared",    "{\"x\":1,\"y\":1,\"x\":2}",      REASON_json_duplicate_key, 13, true },
                { "key twice, one escaped",     "{\"x\":1,\"\\u0078\":2}",        REASON_json_duplicate_key, 7, true },
                { "declared twice, one escaped","{\"a\":1,\"\\u0061\":2}",        REASON_json_duplicate_key, 7, true },
                { "key twice where anything goes", "{\"b\":[{\"x\":1,\"x\":2}]}", REASON_json_duplicate_key, 13, true },
                { "key twice, many",
                  "{\"b\":{\"1\":1,\"2\":1,\"3\":1,\"4\":1,\"5\":1,\"6\":1,\"7\":1,\"8\":1,\"9\":1,\"10\":1,\"11\":1,"
                                                "\"12\":1,\"13\":1,\"14\":1,\"15\":1,\"16\":1,\"17\":1,\"3\":1}}",
                                                        REASON_json_duplicate_key, 116, true },
                { "too deep",                   "[[[[[[[[[]]]]]]]]]",            REASON_json_depth, 8, false },
                { "invalid UTF-8",              "{\"x\":\"\xFF\"}",               REASON_json_utf8, 6, false },
                { "lone surrogate",             "{\"x\":\"\\uD800\"}",            REASON_json_utf8, 6, false },
                { "violation",                  "{\"a\":\"x\",\"b\":true}",       REASON_schema_invalid, 5, true },
        };
        struct fixture *fixture = *state;
        struct schema *schema = compile("{\"properties\":{\"a\":{\"type\":\"integer\"}}}");
        for (int tape = 0; tape < 2; tape++)
                for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                        checker_use_tape(fixture->checker, tape);
                        const char *after = check(fixture, schema, CASES[i].value);
                        const char *want = CASES[i].end ? fixture->text + strlen(CASES[i].value) : NULL;
                        if (after != want || fixture->verdict.reason != CASES[i].reason)
                                fail_msg("%s (%d): %s", CASES[i].name, tape,
                                         fixture->verdict.reason < REASON_COUNT ? REASONS[fixture->verdict.reason].name : "none");
                        if (CASES[i].reason != REASON_none && fixture->verdict.where != fixture->text + CASES[i].where)
                                fail_msg("%s (%d): at %td", CASES[i].name, tape, fixture->verdict.where - fixture->text);
                }
        schema_free(schema);
}

static void no_schema_means_syntax_only(void **state)
{
        struct fixture *fixture = *state;
        const char *text = " {\"a\":[1,2.5e3,null,true,false,\"\\u00e9\"]} [";
        assert_ptr_equal(check(fixture, NULL, text), fixture->text + strlen(text) - 2);
        assert_int_equal(fixture->verdict.reason, REASON_none);
        assert_ptr_equal(check(fixture, NULL, "{\"a\":1,\"a\":1}"), fixture->text + 13);
        assert_int_equal(fixture->verdict.reason, REASON_json_duplicate_key);
}

static void long_strings_are_refused(void **state)
{
        struct fixture *fixture = *state;
        char text[3000];
        memset(text, 'x', sizeof(text));
        text[0] = '"', text[2500] = '"', text[2501] = '\0';
        assert_null(check(fixture, NULL, text));
        assert_int_equal(fixture->verdict.reason, REASON_json_string);
}

/* A schema whose branches multiply with every level must not be a way to stop a worker. */
static void branches_cannot_run_away(void **state)
{
        struct fixture *fixture = *state;
        struct schema *schema =
                compile("{\"anyOf\":[{\"items\":{\"$ref\":\"#\"},\"minItems\":1,\"maxItems\":1},{\"items\":{\"$ref\":\"#\"},"
                        "\"minItems\":1},"
                                        "{\"items\":{\"$ref\":\"#\"},\"minItems\":1},{\"items\":{\"$ref\":\"#\"},\"minItems\":1},"
                                        "{\"items\":{\"$ref\":\"#\"},\"minItems\":1},{\"items\":{\"$ref\":\"#\"},\"minItems\":1},"
                                        "{\"items\":{\"$ref\":\"#\"},\"minItems\":1},{\"items\":{\"$ref\":\"#\"},\"minItems\":1}"
                                        "]}");
        const char *text = "[[[[[[[[]]]]]]]]";
        for (int tape = 0; tape < 2; tape++) {
                checker_use_tape(fixture->checker, tape);
                assert_ptr_equal(check(fixture, schema, text), fixture->text + strlen(text));
                assert_int_equal(fixture->verdict.reason, REASON_pattern_limit);
        }
        schema_free(schema);
}

static void pattern_limit_is_told(void **state)
{
        struct fixture *fixture = *state;
        struct error err;
        struct schema_options options = { .match_limit = 1000 };
        struct schema *schema = schema_compile(SLICE("{\"properties\":{\"a\":{\"pattern\":\"^(a+)+\\\\1$\"}}}"), "", &options,
                                               &err);
        assert_non_null(schema);
        assert_non_null(check(fixture, schema, "{\"a\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"}"));
        assert_int_equal(fixture->verdict.reason, REASON_pattern_limit);
        assert_true(slice_equal(fixture->verdict.complaint.pointer, SLICE("/a")));
        assert_true(slice_equal(fixture->verdict.complaint.keyword, SLICE("pattern")));
        schema_free(schema);
}

/* Many schemas in turn, with keys in any order: what was learned of one order is no more than a guess for the next. */
static void guesses_do_not_mislead(void **state)
{
        struct fixture *fixture = *state;
        struct schema *schemas[200];
        char text[200];
        for (int i = 0; i < 200; i++) {
                (void)snprintf(text, sizeof(text),
                               "{\"properties\":{\"a%d\":{\"type\":\"integer\"},\"b\":{\"type\":\"string\"},"
                               "\"c\":{\"type\":\"null\"}}}", i);
                schemas[i] = compile(text);
        }
        for (int round = 0; round < 3; round++)
                for (int i = 0; i < 200; i++) {
                        const char *const orders[] = { "{\"a%d\":1,\"b\":\"x\",\"c\":null}", "{\"c\":null,\"a%d\":1,\"b\":\"x\"}",
                                                       "{\"b\":\"x\",\"bb\":1,\"a%d\":1}" };
                        const char *format = orders[(round + i) % 3];
                        const char *mark = strstr(format, "%d");
                        (void)snprintf(text, sizeof(text), "%.*s%d%s", (int)(mark - format), format, i, mark + 2);
                        assert_non_null(check(fixture, schemas[i], text));
                        assert_int_equal(fixture->verdict.reason, REASON_none);
                }
        assert_non_null(check(fixture, schemas[7], "{\"b\":\"x\",\"a7\":\"no\"}"));
        assert_int_equal(fixture->verdict.reason, REASON_schema_invalid);
        for (int i = 0; i < 200; i++)
                schema_free(schemas[i]);
}

/* Names as long as a row holds, and longer: the second time they are guessed. One that differs in any byte is another. */
static void names_of_any_length(void **state)
{
        struct fixture *fixture = *state;
        char name[50], text[200];
        for (size_t size = 0; size < sizeof(name); size++) {
                for (size_t i = 0; i < size; i++)
                        name[i] = (char)('a' + i % 26);
                (void)snprintf(text, sizeof(text),
                               "{\"properties\":{\"%.*s\":{\"type\":\"null\"}},\"additionalProperties\":false}", (int)size, name);
                struct schema *schema = compile(text);
                for (int round = 0; round < 2; round++) {
                        (void)snprintf(text, sizeof(text), "{\"%.*s\":null}", (int)size, name);
                        assert_non_null(check(fixture, schema, text));
                        assert_int_equal(fixture->verdict.reason, REASON_none);
                        for (size_t i = 0; i < size; i++) {
                                char kept = text[2 + i];
                                text[2 + i] = '_';
                                (void)check(fixture, schema, text);
                                assert_int_equal(fixture->verdict.reason, REASON_schema_invalid);
                                text[2 + i] = kept;
                        }
                        (void)snprintf(text, sizeof(text), "{\"%.*s_\":null}", (int)size, name);
                        (void)check(fixture, schema, text);
                        assert_int_equal(fixture->verdict.reason, REASON_schema_invalid);
                        arena_done(&fixture->arena);
                        arena_init(&fixture->arena, &fixture->pool, 1 << 20);
                }
                schema_free(schema);
        }
}

/* Each in an order of its own, and one in four with a wrong member, by a checker of its own. */
struct sender {
        const struct schema *schema;
        size_t               number, wrong;
};

static void *sender_run(void *context)
{
        static const char *const MEMBERS[] = { "\"id\":\"o-1\"", "\"total\":2.5", "\"quantity\":3", "\"currency\":\"EUR\"" };
        struct sender *sender = context;
        struct fixture *fixture = NULL;
        (void)setup((void **)&fixture);
        for (size_t round = 0; round < 4000; round++) {
                char text[200];
                int size = snprintf(text, sizeof(text), "{");
                for (size_t i = 0; i < 4; i++)
                        size += snprintf(text + size, sizeof(text) - (size_t)size, "%s,",
                                         MEMBERS[(i * (sender->number % 2 ? 1 : 3) + sender->number / 2 + round / 1000) % 4]);
                bool bad = round % 4 == 3;
                (void)snprintf(text + size - 1, sizeof(text) - (size_t)size + 1, "%s}", bad ? ",\"note\":7" : "");
                const char *after = check(fixture, sender->schema, text);
                sender->wrong += !after || fixture->verdict.reason != (bad ? REASON_schema_invalid : REASON_none);
                arena_done(&fixture->arena);
                arena_init(&fixture->arena, &fixture->pool, 1 << 20);
        }
        (void)teardown((void **)&fixture);
        return NULL;
}

static void guesses_are_shared(void **state)
{
        (void)state;
        struct schema *schema = compile(ORDER);
        struct sender senders[4];
        pthread_t threads[COUNT_OF(senders)];
        for (size_t i = 0; i < COUNT_OF(senders); i++) {
                senders[i] = (struct sender){ .schema = schema, .number = i };
                assert_int_equal(pthread_create(&threads[i], NULL, sender_run, &senders[i]), 0);
        }
        for (size_t i = 0; i < COUNT_OF(senders); i++) {
                assert_int_equal(pthread_join(threads[i], NULL), 0);
                assert_int_equal(senders[i].wrong, 0);
        }
        schema_free(schema);
}

/* Values that are judged by their number of bytes or their whole part alone, and their neighbours that are not. Each stands in an
 * object with room behind it, as the short cut looks at numbers that do not end with the text. */
static void short_cuts_change_nothing(void **state)
{
        static const char MONEY[] = "{\"type\":\"number\",\"minimum\":0,\"maximum\":10}",
                OPEN[] = "{\"type\":\"number\",\"exclusiveMinimum\":0,\"exclusiveMaximum\":10}",
                DEBT[] = "{\"type\":\"number\",\"minimum\":-3}", HALF[] = "{\"type\":\"number\",\"maximum\":9.5}",
                CENTS[] = "{\"type\":\"number\",\"multipleOf\":0.01}", COUNT[] = "{\"type\":\"integer\",\"maximum\":10}",
                SHORT[] = "{\"type\":\"string\",\"maxLength\":4}", SOME[] = "{\"type\":\"string\",\"minLength\":1}",
                THREE[] = "{\"type\":\"string\",\"minLength\":3,\"maxLength\":4}";
        static const struct { const char *schema, *value; enum reason reason; } CASES[] = {
                { MONEY, "0", REASON_none },          { MONEY, "0.0", REASON_none },
                { MONEY, "9.99", REASON_none },       { MONEY, "10", REASON_none },
                { MONEY, "10.0", REASON_none },       { MONEY, "10.5", REASON_schema_invalid },
                { MONEY, "10.000000000000000001", REASON_schema_invalid },
                { MONEY, "-0.0", REASON_none },       { MONEY, "-0.5", REASON_schema_invalid },
                { MONEY, "0.5e1", REASON_none },      { MONEY, "0.5e2", REASON_schema_invalid },
                { MONEY, "1.", REASON_json_malformed },  { MONEY, "01.5", REASON_json_malformed },
                { MONEY, "00", REASON_json_malformed },  { MONEY, "1.5.2", REASON_json_malformed },
                { MONEY, "1.x", REASON_json_malformed }, { MONEY, "-", REASON_json_malformed },
                { OPEN, "0.5", REASON_none },         { OPEN, "9.999", REASON_none },
                { OPEN, "0.0", REASON_schema_invalid },   { OPEN, "10.0", REASON_schema_invalid },
                { OPEN, "0", REASON_schema_invalid },
                { DEBT, "-2.5", REASON_none },        { DEBT, "-3.5", REASON_schema_invalid },
                { HALF, "9.5", REASON_none },         { HALF, "9.51", REASON_schema_invalid },
                { CENTS, "9.51", REASON_none },       { CENTS, "9.511", REASON_schema_invalid },
                { COUNT, "1.0", REASON_none },        { COUNT, "1.5", REASON_schema_invalid },
                { COUNT, "1e1", REASON_none },        { COUNT, "0", REASON_none },
                { SHORT, "\"\"", REASON_none },       { SHORT, "\"abcd\"", REASON_none },
                { SHORT, "\"abcde\"", REASON_schema_invalid },
                { SHORT, "\"\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\"", REASON_none },
                { SHORT, "\"\\u0061bcd\"", REASON_none },
                { SHORT, "\"\\u0061bcde\"", REASON_schema_invalid },
                { SOME, "\"\"", REASON_schema_invalid },
                { SOME, "\"a\"", REASON_none },       { SOME, "\"\\n\"", REASON_none },
                { THREE, "\"\xC3\xBC\xC3\xBC\"", REASON_schema_invalid },
                { THREE, "\"\\u0061\"", REASON_schema_invalid },
                { THREE, "\"abc\"", REASON_none },    { THREE, "\"\xC3\xBC\xC3\xBC\xC3\xBC\"", REASON_none },
        };
        struct fixture *fixture = *state;
        char text[400];
        for (int turn = 0; turn < 4; turn++)               /* by bytes and by tape; room behind the value, or none */
                for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                        (void)snprintf(text, sizeof(text), "{\"properties\":{\"a\":%s}}", CASES[i].schema);
                        struct schema *schema = compile(text);
                        checker_use_tape(fixture->checker, turn & 1);
                        (void)snprintf(text, sizeof(text), "{\"a\":%s%s}", CASES[i].value,
                                       turn & 2 ? ",\"b\":\"some room behind it\"" : "");
                        (void)check(fixture, schema, text);
                        if (fixture->verdict.reason != CASES[i].reason)
                                fail_msg("%s as %s (%d): %s", CASES[i].value, CASES[i].schema, turn,
                                         fixture->verdict.reason < REASON_COUNT ? REASONS[fixture->verdict.reason].name : "none");
                        schema_free(schema);
                }
}

/* Names up to and beyond what lies in a row; the second check finds them by what came last. */
static void names_of_any_length_are_told_apart(void **state)
{
        struct fixture *fixture = *state;
        char text[400];
        for (int size = 1; size <= 70; size++) {
                (void)snprintf(text, sizeof(text),
                               "{\"properties\":{\"%0*d\":{\"type\":\"null\"}},\"additionalProperties\":false}", size, 7);
                struct schema *schema = compile(text);
                for (int turn = 0; turn < 2; turn++) {
                        (void)snprintf(text, sizeof(text), "{\"%0*d\":null}", size, 7);
                        assert_non_null(check(fixture, schema, text));
                        assert_int_equal(fixture->verdict.reason, REASON_none);
                        for (int i = 0; i < size; i++) {           /* another byte anywhere is another name */
                                (void)snprintf(text, sizeof(text), "{\"%0*d\":null}", size, 7);
                                text[2 + i] = '5';
                                assert_non_null(check(fixture, schema, text));
                                assert_int_equal(fixture->verdict.reason, REASON_schema_invalid);
                        }
                        (void)snprintf(text, sizeof(text), "{\"%0*d\":null}", size + 1, 7);
                        assert_non_null(check(fixture, schema, text));
                        assert_int_equal(fixture->verdict.reason, REASON_schema_invalid);
                }
                schema_free(schema);
        }
}

/* Schemas of one shelf use each other's patterns, and live and die on their own. */
static void shelf_is_shared(void **state)
{
        struct fixture *fixture = *state;
        struct shelf *shelf = shelf_new();
        struct schema *schemas[300];
        char text[200], abc[102];
        for (size_t i = 0; i < sizeof(abc); i++)
                abc[i] = "abc"[i % 3];
        for (int i = 0; i < 300; i++) {
                struct error err = { .text = "" };
                (void)snprintf(text, sizeof(text), "{\"properties\":{\"a\":{\"pattern\":\"^[a-c]{%d}$\"}}}", i % 100 + 1);
                schemas[i] = schema_compile(slice_of(text), "", &(struct schema_options){ .shelf = shelf }, &err);
                assert_non_null(schemas[i]);
        }
        struct error err = { .text = "" };
        struct schema_options options = { .shelf = shelf };
        for (int turn = 0; turn < 2; turn++)               /* a fault is told again, too */
                assert_null(schema_compile(SLICE("{\"pattern\":\"(\"}"), "", &options, &err));
        for (int i = 0; i < 300; i++) {
                for (int size = i % 100; size <= i % 100 + 2; size++) {
                        (void)snprintf(text, sizeof(text), "{\"a\":\"%.*s\"}", size, abc);
                        (void)check(fixture, schemas[i], text);
                        assert_int_equal(fixture->verdict.reason, size == i % 100 + 1 ? REASON_none : REASON_schema_invalid);
                }
                schema_free(schemas[i]);
        }
        shelf_free(shelf);
        shelf_free(NULL);
}

/* The same words mean something else under another draft, and when formats are asserted. */
static void leaves_are_shared(void **state)
{
        static const struct { const char *schema, *value; bool assert_format, valid; } ROWS[] = {
                { "{\"properties\":{\"a\":{\"type\":\"integer\"},\"b\":{\"type\":\"integer\"}}}",
                  "{\"a\":1.0,\"b\":1}", false, true },
                { "{\"$schema\":\"http://json-schema.org/draft-04/schema#\",\"properties\":{\"a\":{\"type\":\"integer\"}}}",
                  "{\"a\":1.0}", false, false },
                { "{\"items\":{\"type\":\"integer\"}}", "[1.0]", false, true },
                { "{\"items\":{\"format\":\"date\"}}", "[\"2026-02-30\"]", false, true },
                { "{\"items\":{\"format\":\"date\"}}", "[\"2026-02-30\"]", true, false },
                { "{\"items\":{\"format\":\"date\"}}", "[\"2026-02-28\"]", true, true },
                { "{\"items\":{\"enum\":[\"a\",1]}}", "[\"a\",1,2]", false, false },
                { "{\"prefixItems\":[{\"enum\":[\"a\",1]},{\"enum\":[\"a\",2]}]}", "[1,2]", false, true },
                { "{\"type\":\"integer\"}", "\"a\"", false, false },
                { "{\"anyOf\":[{\"type\":\"integer\"},{\"format\":\"date\"}]}", "\"a\"", true, false },
                { "{\"properties\":{\"a\":{\"$ref\":\"#\"},\"b\":{\"type\":\"integer\"}},\"additionalProperties\":false}",
                  "{\"a\":{\"a\":{\"b\":1},\"b\":2}}", false, true },
                { "{\"properties\":{\"a\":{\"$ref\":\"#\"},\"b\":{\"type\":\"integer\"}},\"additionalProperties\":false}",
                  "{\"a\":{\"a\":{\"c\":1},\"b\":2}}", false, false },
        };
        struct fixture *fixture = *state;
        struct shelf *shelf = shelf_new();
        for (int turn = 0; turn < 3; turn++)
                for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
                        struct error err = { .text = "" };
                        struct schema_options options = { .assert_format = ROWS[i].assert_format, .shelf = shelf };
                        struct schema *schema = schema_compile(slice_of(ROWS[i].schema), "", &options, &err);
                        assert_string_equal(err.text, "");
                        (void)check(fixture, schema, ROWS[i].value);
                        if ((fixture->verdict.reason == REASON_none) != ROWS[i].valid)
                                fail_msg("%s: %s", ROWS[i].schema, ROWS[i].value);
                        schema_free(schema);
                }
        shelf_free(shelf);
}

/* Objects of any size, one in the other, on a shelf: each member is checked, in any order. */
static void objects_of_any_size(void **state)
{
        static const unsigned SIZES[] = { 1, 2, 31, 32, 33, 64, 65, 130, 300 };
        struct fixture *fixture = *state;
        struct shelf *shelf = shelf_new();
        for (size_t i = 0; i < COUNT_OF(SIZES); i++) {
                static char text[60000], value[20000];
                int size = snprintf(text, sizeof(text), "{\"required\":[\"m0\"],\"additionalProperties\":false,\"properties\":{");
                for (unsigned k = 0; k < SIZES[i]; k++)
                        size += snprintf(text + size, sizeof(text) - (size_t)size, "\"m%u\":{\"maximum\":%u},", k, k);
                (void)snprintf(text + size, sizeof(text) - (size_t)size, "\"o\":{\"$ref\":\"#\"}}}");
                struct error err = { .text = "" };
                struct schema *schema = schema_compile(slice_of(text), "", &(struct schema_options){ .shelf = shelf }, &err);
                assert_string_equal(err.text, "");
                for (unsigned k = 0; k < SIZES[i]; k++)
                        for (unsigned more = 0; more < 2; more++) {
                                (void)snprintf(value, sizeof(value), "{\"m%u\":%u,\"o\":{\"m0\":0,\"o\":{\"m%u\":%u%s}}%s}", k, k,
                                               SIZES[i] - 1 - k, SIZES[i] - 1 - k + more, SIZES[i] - 1 - k ? ",\"m0\":0" : "",
                                               k ? ",\"m0\":0" : "");
                                (void)check(fixture, schema, value);
                                if ((fixture->verdict.reason == REASON_none) != (more == 0))
                                        fail_msg("%u members: %s", SIZES[i], value);
                        }
                (void)check(fixture, schema, "{\"m0\":0,\"x\":0}");
                assert_int_equal(fixture->verdict.reason, REASON_schema_invalid);
                schema_free(schema);
        }
        shelf_free(shelf);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(complaints_say_what_to_do, setup, teardown),
                cmocka_unit_test_setup_teardown(text_comes_before_schema, setup, teardown),
                cmocka_unit_test_setup_teardown(no_schema_means_syntax_only, setup, teardown),
                cmocka_unit_test_setup_teardown(long_strings_are_refused, setup, teardown),
                cmocka_unit_test_setup_teardown(branches_cannot_run_away, setup, teardown),
                cmocka_unit_test_setup_teardown(pattern_limit_is_told, setup, teardown),
                cmocka_unit_test_setup_teardown(guesses_do_not_mislead, setup, teardown),
                cmocka_unit_test_setup_teardown(names_of_any_length, setup, teardown),
                cmocka_unit_test(guesses_are_shared),
                cmocka_unit_test_setup_teardown(short_cuts_change_nothing, setup, teardown),
                cmocka_unit_test_setup_teardown(names_of_any_length_are_told_apart, setup, teardown),
                cmocka_unit_test_setup_teardown(shelf_is_shared, setup, teardown),
                cmocka_unit_test_setup_teardown(leaves_are_shared, setup, teardown),
                cmocka_unit_test_setup_teardown(objects_of_any_size, setup, teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
