#include "schema/registry.h"
#include "folder.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define ANY "{}"

static struct registry *load(const struct folder *folder, struct errors *errors)
{
        struct config config;
        struct error  err;
        config_init(&config);
        assert_true(config_set(&config, "schemas.path", folder->path, &err));
        struct registry *registry = registry_load(&config, NULL, errors);
        config_done(&config);
        return registry;
}
static const char *key_of(const struct registry_entry *entry, char *text, size_t size)
{
        struct slice key = entry ? registry_key(entry) : SLICE("-");
        (void)snprintf(text, size, "%.*s", SLICE_ARGS(key));
        return text;
}
static enum reason check(const struct registry *registry, const char *key, const char *json)
{
        struct arena_pool pool;
        struct arena arena;
        struct verdict verdict = { .reason = REASON_COUNT };
        char text[512 + READABLE_PADDING] = "";
        (void)snprintf(text, 512, "%s", json);
        struct checker *checker = checker_new(&(struct checker_limits){ .depth = 64, .string = 4096 });
        const struct registry_entry *entry = registry_find(registry, slice_of(key));
        assert_non_null(entry);
        arena_pool_init(&pool, 4096, 4);
        arena_init(&arena, &pool, 65536);
        assert_non_null(schema_check(checker, registry_schema(entry), text, text + strlen(text), &arena, &verdict));
        arena_done(&arena);
        arena_pool_done(&pool);
        checker_free(checker);
        return verdict.reason;
}

static const char *const VENDORS[] = {
        "com.acme/page_view/jsonschema/1-0-0",
        "com.acme/page_view/jsonschema/1-0-9.json",
        "com.acme/page_view/jsonschema/1-0-10",
        "com.acme/order/jsonschema/2-0-0",
        "com.acme/order/jsonschema/10-0-0",
        "com.other/order/jsonschema/1-0-0",
        "b/x/jsonschema/1-0-0",
};

static struct registry *load_vendors(struct folder *folder, struct errors *errors)
{
        folder_init(folder);
        for (size_t i = 0; i < COUNT_OF(VENDORS); i++)
                folder_write(folder, VENDORS[i], ANY);
        struct registry *registry = load(folder, errors);
        assert_non_null(registry);
        return registry;
}

static void registry_finds_by_name_and_type(void **state)
{
        static const struct { const char *name, *text, *want;
        } NAMES[] = {
                { "key", "com.acme/page_view/1-0-0", "com.acme/page_view/1-0-0" },
                { "URI", "iglu:com.acme/page_view/jsonschema/1-0-9", "com.acme/page_view/1-0-9" },
                { "slashes escaped", "iglu:com.acme\\/order\\/jsonschema\\/2-0-0", "com.acme/order/2-0-0" },
                { "key with slashes escaped", "b\\/x\\/1-0-0", "b/x/1-0-0" },
                { "no such version", "com.acme/page_view/1-0-1", "-" }, { "no such vendor", "com.acm/page_view/1-0-0", "-" },
                { "empty", "", "-" },
                { "type", "page_view", "-" }, { "other escape", "b\\u002fx/1-0-0", "-" },
                { "backslash at the end", "b/x/1-0-0\\", "-" },
        }, TYPES[] = {
                { "name", "page_view", "com.acme/page_view/1-0-10" },
                { "vendor/name", "com.acme/page_view", "com.acme/page_view/1-0-10" },
                { "vendor.name", "com.acme.page_view", "com.acme/page_view/1-0-10" },
                { "models are numbers", "com.acme/order", "com.acme/order/10-0-0" },
                { "name of two vendors", "order", "-" }, { "other vendor", "com.other.order", "com.other/order/1-0-0" },
                { "slash escaped", "b\\/x", "b/x/1-0-0" },
                { "unknown", "nothing", "-" }, { "empty", "", "-" }, { "prefix", "page_vie", "-" },
                { "a key is no type", "b/x/1-0-0", "-" },
        };
        struct folder folder;
        struct errors errors = { 0 };
        char text[128];
        (void)state;
        struct registry *registry = load_vendors(&folder, &errors);
        assert_int_equal(errors_total(&errors), 0);
        for (size_t i = 0; i < COUNT_OF(NAMES); i++)
                if (strcmp(key_of(registry_find(registry, slice_of(NAMES[i].text)), text, sizeof(text)), NAMES[i].want) != 0)
                        fail_msg("%s: %s", NAMES[i].name, text);
        for (size_t i = 0; i < COUNT_OF(TYPES); i++)
                if (strcmp(key_of(registry_newest(registry, slice_of(TYPES[i].text)), text, sizeof(text)), TYPES[i].want) != 0)
                        fail_msg("type, %s: %s", TYPES[i].name, text);
        static const char *const SORTED[] = {
                "b/x/1-0-0",
                "com.acme/order/2-0-0",
                "com.acme/order/10-0-0",
                "com.acme/page_view/1-0-0",
                "com.acme/page_view/1-0-9",
                "com.acme/page_view/1-0-10",
                "com.other/order/1-0-0",
        };
        assert_int_equal(registry_count(registry), COUNT_OF(SORTED));
        for (size_t i = 0; i < COUNT_OF(SORTED); i++) {
                assert_string_equal(key_of(registry_at(registry, i), text, sizeof(text)), SORTED[i]);
                registry_set_slot(registry, i, (uint32_t)i + 7);
                assert_int_equal(registry_slot(registry_find(registry, slice_of(SORTED[i]))), i + 7);
        }
        assert_int_equal(registry_notes(registry)->count, 1);
        assert_non_null(strstr(registry_notes(registry)->items[0].text, "'order'"));
        registry_free(registry);
        folder_done(&folder);
}

static bool begins(const void *start, struct slice key) { return slice_starts_with(key, slice_of(start)); }

static void registry_finds_the_newest_of_some(void **state)
{
        static const struct { const char *name, *text, *wanted, *want; } SOME[] = {
                { "all of them", "page_view", "", "com.acme/page_view/1-0-10" },
                { "an older one", "page_view", "com.acme/page_view/1-0-9", "com.acme/page_view/1-0-9" },
                { "the oldest, by vendor", "com.acme.page_view", "com.acme/page_view/1-0-0", "com.acme/page_view/1-0-0" },
                { "another one's", "page_view", "com.acme/order", "-" },
                { "a name of two vendors", "order", "", "-" },
                { "a name of two vendors, of which one counts", "order", "com.acme/", "com.acme/order/10-0-0" },
                { "a name of two vendors, the other", "order", "com.other/", "com.other/order/1-0-0" },
                { "a vendor that counts, another named", "com.other/order", "com.acme/", "-" },
                { "the first of all entries", "x", "c", "-" },
                { "unknown", "nothing", "", "-" }, { "empty", "", "", "-" },
        };
        struct folder folder;
        struct errors errors = { 0 };
        char text[128];
        (void)state;
        struct registry *registry = load_vendors(&folder, &errors);
        for (size_t i = 0; i < COUNT_OF(SOME); i++) {
                const struct registry_entry *entry = registry_newest_of(registry, slice_of(SOME[i].text), begins, SOME[i].wanted);
                if (strcmp(key_of(entry, text, sizeof(text)), SOME[i].want) != 0)
                        fail_msg("%s: %s", SOME[i].name, text);
        }
        registry_free(registry);
        folder_done(&folder);
}

static void normal_form_is_the_key(void **state)
{
        static const struct { const char *text, *want;
        } CASES[] = {
                { "v/n/1-0-0", "v/n/1-0-0" },
                { "iglu:v/n/jsonschema/1-0-0", "v/n/1-0-0" },
                { "iglu:v\\/n\\/jsonschema\\/1-0-0", "v/n/1-0-0" },
                { "v\\/n\\/1-0-0", "v/n/1-0-0" },
                { "v/n/1-0", NULL },
                { "", NULL },
                { "iglu:v/n/1-0-0", NULL },
                { "v/\\n/1-0-0", NULL },
        };
        struct arena_pool pool;
        struct arena arena;
        (void)state;
        arena_pool_init(&pool, 4096, 4);
        arena_init(&arena, &pool, 65536);
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct slice normal = registry_normal(slice_of(CASES[i].text), &arena);
                if (CASES[i].want ? !slice_equal(normal, slice_of(CASES[i].want)) : normal.data != NULL)
                        fail_msg("%s: %.*s", CASES[i].text, SLICE_ARGS(normal));
        }
        arena_done(&arena);
        arena_pool_done(&pool);
}

/* Every mistake of a plan at once, each with its place. */
static void every_mistake_is_reported(void **state)
{
        static const struct { const char *file, *text, *want;
        } FILES[] = {
                { "v/cut/jsonschema/1-0-0", "{\n \"type\": ", "1-0-0:2:10: the text ends where a value is missing" },
                { "v/list/jsonschema/1-0-0", "\n[1]", "1-0-0:2:1: a schema is an object, true or false" },
                { "v/bom/jsonschema/1-0-0", "\xEF\xBB\xBF{}", "1-0-0:1:1: a value starts here with a byte order mark" },
                { "v/type/jsonschema/1-0-0.json", "{\n\"type\": \"strnig\"}", "1-0-0.json:2:9: /type: " },
                { "v/ref/jsonschema/1-0-0", "{\"$ref\": \"iglu:v/none/jsonschema/1-0-0\"}", "/$ref: " },
                { "v/self/jsonschema/1-0-0",
                  "{\"self\":{\n\"vendor\":\"w\",\"name\":\"self\",\"format\":\"jsonschema\",\"version\":\"1-0-1\"}}",
                  "1-0-0:2:10: /self/vendor: it is \"w\", but the schema lies where 'v' belongs" },
                { "v/self/jsonschema/1-0-1", "{\"self\":{\"vendor\":\"v\"}}", "1-0-1:1:9: /self: it has no member 'name'" },
                { "v/self/jsonschema/1-0-2", "{\"self\":7}", "1-0-2:1:9: /self: it is not an object" },
                { "v/name/jsonschema/1.0.0", ANY, "v/name/jsonschema/1.0.0: the name of the file is not a version" },
                { "v/name/jsonschema/README.md", ANY, "README.md: the name of the file is not a version" },
                { "v/name/jsonschema/0-1-0", ANY, "0-1-0: the name of the file is not a version" },
                { "v/na me/jsonschema/1-0-0", ANY, "v/na me/jsonschema/1-0-0: in VENDOR/NAME/jsonschema, vendor and name have" },
                { "v/twice/jsonschema/1-0-0", ANY, NULL },
                { "v/twice/jsonschema/1-0-0.json", ANY, "1-0-0.json: the version is there twice: '" },
                { "v/deeper/jsonschema/1-0-0/x", ANY, "1-0-0: this is not a file" },
                /* no mistakes */
                { "README.md", "x", NULL },
                { "v/README.md", "x", NULL },
                { "v/good/examples/1-0-0/good/a.json", "x", NULL },
                { "v/good/avro/1-0-0", "x", NULL },
                { "v/good/jsonschema/1-0-0", ANY, NULL },
                { "v/good/jsonschema/.1-0-0.swp", "x", NULL },
                { "v/good/jsonschema/1-0-0~", "x", NULL },
                { ".git/x/jsonschema/x", "x", NULL },
        };
        struct folder folder;
        struct errors errors = { 0 };
        size_t wanted = 1;                      /* /self/version of the first self, too */
        (void)state;
        folder_init(&folder);
        for (size_t i = 0; i < COUNT_OF(FILES); i++)
                folder_write(&folder, FILES[i].file, FILES[i].text);
        assert_null(load(&folder, &errors));
        for (size_t i = 0; i < COUNT_OF(FILES); i++) {
                bool found = !FILES[i].want;
                wanted += FILES[i].want != NULL;
                for (size_t e = 0; e < errors.count && !found; e++)
                        found = strncmp(errors.items[e].text, folder.path, strlen(folder.path)) == 0 &&
                                strstr(errors.items[e].text, FILES[i].want);
                if (!found) {
                        errors_print(&errors, stdout);
                        fail_msg("missing: %s", FILES[i].want);
                }
        }
        if (errors_total(&errors) != wanted + 2) {  /* /self has no 'format' and no 'version' */
                errors_print(&errors, stdout);
                fail_msg("%zu mistakes", errors_total(&errors));
        }
        errors_done(&errors);
        folder_done(&folder);
}

static void references_reach_other_schemas(void **state)
{
        static const struct { const char *file, *text;
        } FILES[] = {
                { "v/address/jsonschema/1-0-0", "{\"type\":\"object\",\"required\":[\"city\"],\"definitions\":{\"zip\":{\"type\":"
                                                "\"string\",\"minLength\":5}}}" },
                { "v/uri/jsonschema/1-0-0", "{\"properties\":{\"to\":{\"$ref\":\"iglu:v/address/jsonschema/1-0-0\"}}}" },
                { "v/path/jsonschema/1-0-0.json",
                  "{\"properties\":{\"to\":{\"$ref\":\"../../address/jsonschema/1-0-0\"},\"zip\":{\"$ref\":\"../../address/"
                  "jsonschema/1-0-0.json#/definitions/zip\"}}}" },
                { "w.x/far/jsonschema/1-0-0",
                  "{\"properties\":{\"to\":{\"$ref\":\"../../../v/address/jsonschema/1-0-0\"},\"more\":{\"$ref\":\"1-0-1\"}}}" },
                { "w.x/far/jsonschema/1-0-1", "{\"type\":\"integer\"}" },
                { "v/iglu/jsonschema/1-0-0",
                  "{\"$schema\":\"http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#\","
                  "\"self\":{\"vendor\":\"v\",\"name\":\"iglu\",\"format\":\"jsonschema\",\"version\":\"1-0-0\"},\"type\":"
                  "\"number\",\"minimum\":1,\"exclusiveMinimum\":true}" },
                { "v/anything/jsonschema/1-0-0", " true " },
                { "v/nothing/jsonschema/1-0-0", "false" },
        };
        static const struct { const char *key, *json; enum reason want;
        } CHECKS[] = {
                { "v/uri/1-0-0", "{\"to\":{\"city\":1}}", REASON_none },
                { "v/uri/1-0-0", "{\"to\":{}}", REASON_schema_invalid },
                { "v/path/1-0-0", "{\"to\":{\"city\":1},\"zip\":\"12345\"}", REASON_none },
                { "v/path/1-0-0", "{\"to\":[]}", REASON_schema_invalid },
                { "v/path/1-0-0", "{\"zip\":\"1\"}", REASON_schema_invalid },
                { "w.x/far/1-0-0", "{\"to\":{\"city\":1},\"more\":2}", REASON_none },
                { "w.x/far/1-0-0", "{\"to\":{}}", REASON_schema_invalid },
                { "w.x/far/1-0-0", "{\"more\":\"\"}", REASON_schema_invalid },
                { "v/iglu/1-0-0", "1.5", REASON_none },
                { "v/iglu/1-0-0", "1", REASON_schema_invalid },
                { "v/anything/1-0-0", "null", REASON_none },
                { "v/nothing/1-0-0", "null", REASON_schema_invalid },
        };
        struct folder folder;
        struct errors errors = { 0 };
        (void)state;
        folder_init(&folder);
        for (size_t i = 0; i < COUNT_OF(FILES); i++)
                folder_write(&folder, FILES[i].file, FILES[i].text);
        struct registry *registry = load(&folder, &errors);
        errors_print(&errors, stdout);
        assert_non_null(registry);
        for (size_t i = 0; i < COUNT_OF(CHECKS); i++)
                if (check(registry, CHECKS[i].key, CHECKS[i].json) != CHECKS[i].want)
                        fail_msg("%s: %s", CHECKS[i].key, CHECKS[i].json);
        registry_free(registry);
        folder_done(&folder);
}

static void bounds_hold(void **state)
{
        static const struct { const char *path, *value, *want; } BOUNDS[] = {
                { "schemas.count_limit", "2", "there are more schemas than schemas.count_limit" },
                { "schemas.size_limit", "1KiB", "v/c/jsonschema/1-0-0: the schema is larger than schemas.size_limit" },
                { "schemas.path", "/nowhere/at/all", "/nowhere/at/all: cannot read the folder: No such file or directory" },
        };
        struct folder folder;
        char large[2048];
        (void)state;
        memset(large, ' ', sizeof(large));
        memcpy(large + sizeof(large) - 3, "{}", 3);
        folder_init(&folder);
        folder_write(&folder, "v/a/jsonschema/1-0-0", ANY);
        folder_write(&folder, "v/b/jsonschema/1-0-0", ANY);
        folder_write(&folder, "v/c/jsonschema/1-0-0", large);
        for (size_t i = 0; i < COUNT_OF(BOUNDS); i++) {
                struct config config;
                struct errors errors = { 0 };
                struct error  err;
                config_init(&config);
                assert_true(config_set(&config, "schemas.path", folder.path, &err));
                assert_true(config_set(&config, BOUNDS[i].path, BOUNDS[i].value, &err));
                assert_null(registry_load(&config, NULL, &errors));
                assert_int_equal(errors_total(&errors), 1);
                if (!strstr(errors.items[0].text, BOUNDS[i].want))
                        fail_msg("%s: %s", BOUNDS[i].path, errors.items[0].text);
                errors_done(&errors);
                config_done(&config);
        }
        folder_done(&folder);
}

static void empty_registry_has_nothing(void **state)
{
        struct config config;
        struct errors errors = { 0 };
        (void)state;
        config_init(&config);
        struct registry *registry = registry_load(&config, NULL, &errors);
        assert_non_null(registry);
        assert_int_equal(registry_count(registry), 0);
        assert_null(registry_find(registry, SLICE("v/n/1-0-0")));
        assert_null(registry_newest(registry, SLICE("n")));
        registry_free(registry);
        registry_free(NULL);
        config_done(&config);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(registry_finds_by_name_and_type),
                cmocka_unit_test(registry_finds_the_newest_of_some),
                cmocka_unit_test(normal_form_is_the_key),
                cmocka_unit_test(every_mistake_is_reported),
                cmocka_unit_test(references_reach_other_schemas),
                cmocka_unit_test(bounds_hold),
                cmocka_unit_test(empty_registry_has_nothing),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
