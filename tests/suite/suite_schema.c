/* The public JSON-Schema-Test-Suite against compiler and checker, both executors.
 * Usage: suite.schema DRAFT TESTS REMOTES METASCHEMAS
 *   DRAFT        4, 6, 7, 2019 or 2020
 *   TESTS        folder of the draft's *.json, with optional/ and optional/format/ in it
 *   REMOTES      folder that http://localhost:1234/ stands for
 *   METASCHEMAS  folder of the package jsonschema-specifications: draft7/metaschema.json, ...
 * Nothing is fetched from a network. Exit status 1 when a case fails that EXCEPTIONS does not name, optional ones included. */
#include "base/buffer.h"
#include "json/tape.h"
#include "schema/schema.h"
#include <dirent.h>

/* Cases where we differ on purpose. `test` NULL: all of the group. */
#define CONTENT "draft-07 leaves open whether content* asserts, and later drafts say that it does not: here it only describes"
static const struct { const char *file, *group, *test, *why; } EXCEPTIONS[] = {
        { "content.json", "validation of string-encoded content based on media type", NULL, CONTENT },
        { "content.json", "validation of binary string-encoding", NULL, CONTENT },
        { "content.json", "validation of binary-encoded media type documents", NULL, CONTENT },
        { "ecmascript-regex.json", "ECMA 262 regex non-compliance", "ECMA 262 has no support for \\\\Z anchor from .NET",
          "an old copy of the suite asks drafts 04 and 06 for the format `regex`, which came with draft-07" },
};
/* Optional files whose cases are about asserted formats. */
static const char *const FORMAT_FILES[] = { "format.json", "ecmascript-regex.json" };

struct suite {
        unsigned        draft;
        const char     *tests, *remotes, *metaschemas;
        struct checker *checker;
        struct shelf   *shelf;             /* of the second of each group's schemas */
        struct arena_pool pool;
        struct slice    files[4096];       /* everything that was read; freed at the end */
        size_t          file_count;
        size_t          cases, passed, excepted;
        const char     *file;
        bool            assert_format;
};

enum format_use { FORMAT_NEVER, FORMAT_BY_FILE, FORMAT_ALWAYS };

static struct slice file_read(struct suite *suite, const char *path)
{
        FILE *file = fopen(path, "re");
        if (!file)
                return (struct slice){ 0 };
        BUG_IF(fseek(file, 0, SEEK_END) != 0);
        size_t size = (size_t)ftell(file);
        rewind(file);
        char *data = memory_get(size + READABLE_PADDING);
        BUG_IF(fread(data, 1, size, file) != size || suite->file_count == COUNT_OF(suite->files));
        (void)fclose(file);
        return suite->files[suite->file_count++] = (struct slice){ data, size };
}

static struct slice resolve(void *context, const char *uri)
{
        static const struct { const char *uri, *path; } PLACES[] = {
                { "http://localhost:1234/",                            "" },
                { "http://json-schema.org/draft-04/schema",            "draft4/metaschema.json" },
                { "http://json-schema.org/draft-06/schema",            "draft6/metaschema.json" },
                { "http://json-schema.org/draft-07/schema",            "draft7/metaschema.json" },
                { "https://json-schema.org/draft/2019-09/schema",      "draft201909/metaschema.json" },
                { "https://json-schema.org/draft/2020-12/schema",      "draft202012/metaschema.json" },
                { "https://json-schema.org/draft/2019-09/meta/",       "draft201909/vocabularies/" },
                { "https://json-schema.org/draft/2020-12/meta/",       "draft202012/vocabularies/" },
        };
        struct suite *suite = context;
        char path[4096];
        for (size_t i = 0; i < COUNT_OF(PLACES); i++) {
                size_t size = strlen(PLACES[i].uri);
                if (strncmp(uri, PLACES[i].uri, size) != 0)
                        continue;
                (void)snprintf(path, sizeof(path), "%s/%s%s", i == 0 ? suite->remotes : suite->metaschemas, PLACES[i].path,
                               uri + size);
                struct slice text = file_read(suite, path);
                if (text.data)
                        return text;
        }
        return (struct slice){ 0 };
}

static struct slice text_at(const struct tape *tape, uint32_t object, const char *key)
{
        uint32_t entry = tape_member(tape, object, slice_of(key));
        struct slice raw = entry ? tape_raw(tape, entry) : SLICE("\"?\"");
        return (struct slice){ raw.data + 1, raw.size - 2 };
}

static const char *exception_find(const struct suite *suite, struct slice group, struct slice test)
{
        for (size_t i = 0; i < COUNT_OF(EXCEPTIONS); i++)
                if (strstr(suite->file, EXCEPTIONS[i].file) && slice_equal(group, slice_of(EXCEPTIONS[i].group)) &&
                    (!EXCEPTIONS[i].test || slice_equal(test, slice_of(EXCEPTIONS[i].test))))
                        return EXCEPTIONS[i].why;
        return NULL;
}

/* By both executors, each with the schema that is alone and with the one that shares a shelf with all of the others. */
static void case_run(struct suite *suite, struct schema *const schemas[2], const char *why, const struct tape *tape,
                     uint32_t test, struct slice group)
{
        uint32_t data = tape_member(tape, test, SLICE("data")), valid = tape_member(tape, test, SLICE("valid"));
        struct slice name = text_at(tape, test, "description"), raw = tape_raw(tape, data);
        bool want = tape->entries[valid].kind == TAPE_TRUE;
        suite->cases++;
        for (int way = 0; way < 4; way++) {
                const struct schema *schema = schemas[way / 2];
                const int executor = way % 2;
                struct verdict verdict = { .reason = REASON_COUNT };
                struct arena arena;
                arena_init(&arena, &suite->pool, 1 << 20);
                checker_use_tape(suite->checker, executor == 1);
                const char *end = raw.data + raw.size, *after = NULL;
                if (schema)
                        after = schema_check(suite->checker, schema, raw.data, end, &arena, &verdict);
                bool right = schema && after == end && (verdict.reason == REASON_none) == want;
                if (!right) {
                        const char *except = exception_find(suite, group, name);
                        struct slice said = slice_of(why);
                        if (schema && verdict.reason != REASON_none)
                                said = verdict.complaint.message;
                        printf("  %s: %s: %.*s: %.*s (%s): wanted %s; %.*s%s\n", except ? "excepted" : "WRONG", suite->file,
                               SLICE_ARGS(group), SLICE_ARGS(name), executor ? "tape" : "bytes", want ? "valid" : "invalid",
                               SLICE_ARGS(said), except ? except : "");
                        suite->excepted += except != NULL;
                }
                arena_done(&arena);
                if (!right)
                        return;
        }
        suite->passed++;
}

static void group_run(struct suite *suite, const struct tape *tape, uint32_t group)
{
        struct schema_options options = { .assert_format = suite->assert_format, .default_draft = suite->draft,
                                          .resolve = resolve, .context = suite };
        struct error err = { .text = "" };
        uint32_t text = tape_member(tape, group, SLICE("schema")), tests = tape_member(tape, group, SLICE("tests"));
        struct schema *schemas[2];
        for (int shelved = 0; shelved < 2; shelved++) {
                options.shelf = shelved ? suite->shelf : NULL;
                schemas[shelved] = schema_compile(tape_raw(tape, text), "", &options, &err);
        }
        for (uint32_t test = tests + 1; test < tape->entries[tests].next; test = tape->entries[test].next)
                case_run(suite, schemas, err.text, tape, test, text_at(tape, group, "description"));
        schema_free(schemas[0]);
        schema_free(schemas[1]);
}

static int name_order(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static bool asserts_format(const char *file)
{
        for (size_t i = 0; i < COUNT_OF(FORMAT_FILES); i++)
                if (strcmp(file, FORMAT_FILES[i]) == 0)
                        return true;
        return false;
}

static bool folder_run(struct suite *suite, const char *folder, const char *title, enum format_use use)
{
        char *names[500], path[4096];
        size_t count = 0;
        suite->cases = suite->passed = suite->excepted = 0;
        DIR *dir = opendir(folder);
        for (struct dirent *entry; dir && count < COUNT_OF(names) && (entry = readdir(dir));)
                if (strstr(entry->d_name, ".json"))
                        names[count++] = slice_copy(slice_of(entry->d_name));
        if (dir)
                (void)closedir(dir);
        qsort(names, count, sizeof(*names), name_order);
        for (size_t i = 0; i < count; i++) {
                struct tape tape;
                struct scan_error fault;
                (void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
                suite->file = names[i];
                suite->assert_format = use == FORMAT_ALWAYS || (use == FORMAT_BY_FILE && asserts_format(names[i]));
                struct slice text = file_read(suite, path);
                const char *end = text.data + text.size;
                tape_init(&tape, TAPE_LIMIT_MAX);
                BUG_IF(!tape_value(&tape, scan_space(text.data, end), end, &SCAN_UNLIMITED, &fault));
                for (uint32_t group = 1; group < tape.entries[0].next; group = tape.entries[group].next)
                        group_run(suite, &tape, group);
                tape_done(&tape);
                free(names[i]);
        }
        printf("draft %u, %s: %zu of %zu pass, %zu excepted\n", suite->draft, title, suite->passed, suite->cases,
               suite->excepted);
        return suite->passed + suite->excepted == suite->cases;
}

int main(int count, char **arguments)
{
        static struct suite suite;
        if (count != 5) {
                fprintf(stderr, "usage: suite.schema DRAFT TESTS REMOTES METASCHEMAS\n");
                return 2;
        }
        suite = (struct suite){ .tests = arguments[2], .remotes = arguments[3], .metaschemas = arguments[4] };
        suite.draft = (unsigned)strtoul(arguments[1], NULL, 10);
        suite.checker = checker_new(&(struct checker_limits){ .depth = 200, .string = 1 << 20 });
        suite.shelf = shelf_new();
        arena_pool_init(&suite.pool, 8192, 4);
        char path[4096];
        (void)snprintf(path, sizeof(path), "%s/optional", suite.tests);
        bool good = folder_run(&suite, path, "optional", FORMAT_BY_FILE);
        (void)snprintf(path, sizeof(path), "%s/optional/format", suite.tests);
        good &= folder_run(&suite, path, "optional/format (asserted)", FORMAT_ALWAYS);
        good &= folder_run(&suite, suite.tests, "required", FORMAT_NEVER) && suite.cases > 0;
        checker_free(suite.checker);
        shelf_free(suite.shelf);
        arena_pool_done(&suite.pool);
        for (size_t i = 0; i < suite.file_count; i++)
                free((void *)(uintptr_t)suite.files[i].data);
        return good ? 0 : 1;
}
