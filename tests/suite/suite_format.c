/* The public JSON-Schema-Test-Suite on formats and patterns alone, without the compiler of schemas: every group whose schema is
 * just a "format", a "pattern" or a "patternProperties". Usage: suite.format FOLDER
 * (the one that holds its tests/). One line a format and draft. */
#include "schema/format.h"
#include "schema/pattern.h"
#include <dirent.h>
#include <jansson.h>

static const struct {
        const char *folder;
        unsigned    draft;
} DRAFTS[] = {
        { "draft4", 4 }, { "draft6", 6 }, { "draft7", 7 }, { "draft2019-09", 2019 }, { "draft2020-12", 2020 },
};
struct tally {
        size_t good, wrong;
};
#define MATCH_LIMIT 20000

static struct slice string_slice(const json_t *string)
{
        return (struct slice){ json_string_value(string), json_string_length(string) };
}

/* A schema that holds the keyword, maybe "$schema", and a "type" that all its instances have; nothing else. */
static const json_t *schema_only(const json_t *schema, const char *keyword)
{
        const json_t *value = json_object_get(schema, keyword);
        size_t members = value != NULL;
        members += json_object_get(schema, "$schema") != NULL;
        members += json_object_get(schema, "type") != NULL;
        return json_is_object(schema) && json_object_size(schema) == members ? value : NULL;
}

static bool pattern_answer(struct slice ecma, struct slice text)
{
        struct error err;
        struct pattern *pattern = pattern_compile(ecma, MATCH_LIMIT, &err);
        struct pattern_scratch *scratch = pattern_scratch_new();
        bool yes = pattern && pattern_match(pattern, scratch, text) == PATTERN_YES;
        if (!pattern)
                printf("  pattern %.*s: %s\n", SLICE_ARGS(ecma), err.text);
        pattern_scratch_free(scratch);
        pattern_free(pattern);
        return yes;
}

/* Is the instance valid? */
static bool instance_valid(const json_t *schema, const json_t *data, unsigned draft)
{
        const json_t *format = schema_only(schema, "format"), *pattern = schema_only(schema, "pattern");
        const json_t *properties = schema_only(schema, "patternProperties");
        if (format && json_is_string(data)) {
                const struct format *known = format_find(string_slice(format), draft);
                return !known || format_check(known, string_slice(data));
        }
        if (pattern && json_is_string(data))
                return pattern_answer(string_slice(pattern), string_slice(data));
        if (properties && json_is_object(data)) {
                const char *name, *expression;
                json_t *value, *allowed;
                json_object_foreach((json_t *)(uintptr_t)data, name, value)
                        json_object_foreach((json_t *)(uintptr_t)properties, expression, allowed)
                                if (!json_is_true(allowed) && pattern_answer(slice_of(expression), slice_of(name)))
                                        return false;
        }
        return true;
}

static bool schema_simple(const json_t *schema)
{
        const json_t *properties = schema_only(schema, "patternProperties");
        const char *expression;
        json_t *allowed;
        if (properties)
                json_object_foreach((json_t *)(uintptr_t)properties, expression, allowed)
                        if (!json_is_boolean(allowed))
                                return false;
        return properties || schema_only(schema, "format") || schema_only(schema, "pattern");
}

static void file_run(const char *path, const char *name, unsigned draft, struct tally *tally)
{
        json_error_t why;
        json_t *groups = json_load_file(path, JSON_ALLOW_NUL, &why), *group, *test;
        size_t i, j, skipped = 0;
        struct tally file = { 0 };
        if (!groups)
                return;
        json_array_foreach(groups, i, group) {
                const json_t *schema = json_object_get(group, "schema");
                if (!schema_simple(schema)) {
                        skipped++;
                        continue;
                }
                json_array_foreach(json_object_get(group, "tests"), j, test) {
                        const json_t *data = json_object_get(test, "data");
                        bool valid = json_is_true(json_object_get(test, "valid"));
                        const char *text = json_is_string(data) ? json_string_value(data) : "";
                        if (instance_valid(schema, data, draft) == valid) {
                                file.good++;
                                continue;
                        }
                        file.wrong++;
                        printf("wrong: %s, %s: '%s' is %svalid\n", name, json_string_value(json_object_get(test, "description")),
                               text, valid ? "" : "in");
                }
        }
        json_decref(groups);
        printf("  %-34s %3zu good, %zu wrong", name, file.good, file.wrong);
        printf(skipped ? ", %zu groups need a whole schema\n" : "\n", skipped);
        tally->good += file.good;
        tally->wrong += file.wrong;
}

static int name_compare(const struct dirent **a, const struct dirent **b)
{
        return strcmp((*a)->d_name, (*b)->d_name);
}

static void draft_run(const char *folder, const char *draft_folder, unsigned draft, struct tally *tally)
{
        static const char *const PATTERNS[] = { "pattern.json", "patternProperties.json", "optional/ecmascript-regex.json",
                                                "optional/non-bmp-regex.json" };
        char path[4096];
        struct dirent **entries;
        printf("%s\n", draft_folder);
        for (size_t i = 0; i < COUNT_OF(PATTERNS); i++) {
                (void)snprintf(path, sizeof(path), "%s/tests/%s/%s", folder, draft_folder, PATTERNS[i]);
                file_run(path, PATTERNS[i], draft, tally);
        }
        (void)snprintf(path, sizeof(path), "%s/tests/%s/optional/format", folder, draft_folder);
        int count = scandir(path, &entries, NULL, name_compare);
        for (int i = 0; i < count; i++) {
                (void)snprintf(path, sizeof(path), "%s/tests/%s/optional/format/%s", folder, draft_folder, entries[i]->d_name);
                if (strstr(entries[i]->d_name, ".json"))
                        file_run(path, entries[i]->d_name, draft, tally);
                free(entries[i]);
        }
        if (count >= 0)
                free(entries);
}

int main(int count, char **arguments)
{
        struct tally tally = { 0 };
        if (count != 2) {
                fprintf(stderr, "usage: suite.format FOLDER\n");
                return 2;
        }
        for (size_t i = 0; i < COUNT_OF(DRAFTS); i++)
                draft_run(arguments[1], DRAFTS[i].folder, DRAFTS[i].draft, &tally);
        printf("JSON-Schema-Test-Suite, formats and patterns: %zu good, %zu wrong\n", tally.good, tally.wrong);
        return tally.wrong || tally.good < 1500 ? 1 : 0;
}
