#include "config/rows.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* "field=value field=value|field=value": what was understood, row by row. */
static void show(const struct rows *rows, char *text, size_t size)
{
        size_t at = 0;
        text[0] = '\0';
        for (size_t i = 0; i < rows->count; i++) {
                const struct text_tree *fields = &rows->items[i].fields;
                at += (size_t)snprintf(text + at, size - at, "%s", i ? "|" : "");
                for (size_t k = 0; k < fields->count; k++)
                        at += (size_t)snprintf(text + at, size - at, "%s%s=%s", k ? " " : "", fields->items[k].path,
                                               fields->items[k].value);
        }
}

static void files(void **state)
{
        static const struct { const char *name, *yaml, *want, *mistakes; } CASES[] = {
                { "nothing",           "",                                   "", "" },
                { "only a comment",    "# none yet\n",                       "", "" },
                { "an empty list",     "keys: []\n",                         "", "" },
                { "no list yet",       "keys:\n",                            "", "" },
                { "two rows",          "keys:\n- name: a\n  x: 1\n- name: b\n", "name=a x=1|name=b", "" },
                { "a list in a row",   "keys:\n  - name: a\n    x: [1, 2]\n", "name=a x=1 x=2", "" },
                { "an empty list in a row", "keys: [{name: a, x: []}]\n",    "name=a",
                  "f:1:21: x: an empty list found; leave the field out instead" },
                { "an empty text",     "keys: [{name: \"\"}]\n",             "name=", "" },
                { "another name",      "key: []\n",                          "",
                  "f:1:1: key: there is nothing of this name; this file has a list `keys:`" },
                { "twice",             "keys: []\nkeys: [{name: a}]\n",      "", "f:2:1: keys: it is given twice" },
                { "a mapping",         "keys: {name: a}\n",                  "",
                  "f:1:7: keys: a section with keys found, but wanted is a list: `- name: ...` for each" },
                { "a text for a row",  "keys: [a]\n",                        "",
                  "f:1:8: keys: one value found, but wanted is a row such as `- name: ...`" },
                { "a list at the top", "- name: a\n",                        "",
                  "f:1:1: a list found, but wanted is `keys:` with a list below it" },
                { "a field twice",     "keys:\n- name: a\n  name: b\n",      "name=a",
                  "f:3:3: name: 'name' is given twice; first on line 2" },
                { "a mapping in a row", "keys:\n- name: {a: 1}\n  x: 2\n",   "x=2",
                  "f:2:9: name: a section with keys found, but wanted is a text or a list of texts" },
                { "every mistake",     "keys:\n- name: &a b\n- name: {}\n",  "name=b|",
                  "f:2:9: an anchor (&name) is not taken here: no alias can refer to it\n"
                  "f:3:9: name: a section with keys found, but wanted is a text or a list of texts" },
                { "not YAML",          "keys: [\n",                          "",
                  "f:2:1: this is not YAML: did not find expected node content (while parsing a flow node, from line 2 on)" },
                { "two documents",     "keys: []\n---\nkeys: []\n",          "",
                  "f:2:1: a second document starts here; only one is taken" },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct rows rows;
                struct errors errors = { 0 };
                char got[512], said[1024] = "";
                bool good = rows_read(&rows, "f", slice_of(CASES[i].yaml), "keys", &errors);
                show(&rows, got, sizeof(got));
                for (size_t k = 0; k < errors.count; k++) {
                        size_t at = strlen(said);
                        (void)snprintf(said + at, sizeof(said) - at, "%s%s", k ? "\n" : "", errors.items[k].text);
                }
                if (strcmp(got, CASES[i].want) != 0 || strcmp(said, CASES[i].mistakes) != 0 || good != !*CASES[i].mistakes)
                        fail_msg("%s: got '%s', mistakes '%s'", CASES[i].name, got, said);
                rows_done(&rows);
                errors_done(&errors);
        }
}

static void places(void **state)
{
        struct rows rows;
        struct errors errors = { 0 };
        (void)state;
        assert_true(rows_read(&rows, "f", SLICE("keys:\n  - name: a\n    x: 1\n"), "keys", &errors));
        const struct row *row = &rows.items[0];
        assert_false(rows_error(&rows, row, NULL, &errors, "%s is missing", "hash"));
        assert_false(rows_error(&rows, row, &row->fields.items[1], &errors, "wrong"));
        assert_string_equal(errors.items[0].text, "f:2:5: hash is missing");
        assert_string_equal(errors.items[1].text, "f:3:8: x: wrong");
        rows_done(&rows);
        errors_done(&errors);
        assert_false(rows_load(&rows, "/nowhere/keys.yaml", "keys", &errors));
        rows_done(&rows);
        errors_done(&errors);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(files),
                cmocka_unit_test(places),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
