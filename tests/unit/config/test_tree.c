/* Options with names of the configuration's own: read, set, printed and read again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "config/option.h"

/* yaml: what stands below `enrich:`; set: "path=value"; want: `path=value` of every item, one a line. */
static const struct { const char *name, *yaml, *set[3], *want, *printed; } CASES[] = {
        { "nothing", "instances:", { NULL }, "", "{}" },
        { "a mapping of mappings", "instances: { a: { kind: x, b: w }, c: { kind: z } }", { NULL }, "a.kind=x\na.b=w\nc.kind=z\n",
          "{ a: { kind: x, b: w }, c: { kind: z } }" },
        { "a list", "instances: { a: { l: [x, 'w, z'] } }", { NULL }, "a.l=x\na.l=w, z\n", "{ a: { l: [x, \"w, z\"] } }" },
        { "an empty list", "instances: { a: { l: [], m: q } }", { NULL }, "a.m=q\n", "{ a: { m: q } }" },
        { "names that begin alike", "instances: { a: { x: 1 }, ab: { x: 2 }, abc: 3 }", { NULL }, "a.x=1\nab.x=2\nabc=3\n",
          "{ a: { x: 1 }, ab: { x: 2 }, abc: 3 }" },
        { "deep", "instances: { a: { b: { c: { d: e } } } }", { NULL }, "a.b.c.d=e\n", "{ a: { b: { c: { d: e } } } }" },
        { "set anew", "instances:", { "a.kind=x", "a.b=1", "c.kind=z" }, "a.kind=x\na.b=1\nc.kind=z\n",
          "{ a: { kind: x, b: 1 }, c: { kind: z } }" },
        { "set over the file's", "instances: { a: { kind: x, l: [1, 2], m: 3 }, b: { kind: z } }", { "a.l=9", "a.n=8" },
          "a.kind=x\na.m=3\na.n=8\na.l=9\nb.kind=z\n", NULL },
};

static void trees_are_read(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct config config;
                struct errors errors = { 0 };
                struct error  err;
                char yaml[300], path[100], got[300] = "";
                config_init(&config);
                print_message("             %s\n", CASES[i].name);
                (void)snprintf(yaml, sizeof(yaml), "enrich:\n  %s\n", CASES[i].yaml);
                assert_true(config_read(&config, "f", slice_of(yaml), &errors));
                for (size_t k = 0; k < COUNT_OF(CASES[i].set) && CASES[i].set[k]; k++) {
                        const char *is = strchr(CASES[i].set[k], '=');
                        (void)snprintf(path, sizeof(path), "enrich.instances.%.*s", (int)(is - CASES[i].set[k]), CASES[i].set[k]);
                        assert_true(config_set(&config, path, is + 1, &err));
                }
                for (size_t k = 0; k < config.enrich_instances.count; k++)
                        (void)snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s=%s\n",
                                       config.enrich_instances.items[k].path, config.enrich_instances.items[k].value);
                /* Items of one branch stand together; their order inside it is nobody's business. */
                assert_int_equal(strlen(got), strlen(CASES[i].want));
                if (CASES[i].printed) {
                        struct buffer out;
                        const struct option *option = option_find(SLICE("enrich.instances"));
                        assert_string_equal(got, CASES[i].want);
                        buffer_init(&out, 1000);
                        option->type->print(option, option_value_const(option, &config), &out);
                        assert_true(slice_equal(buffer_slice(&out), slice_of(CASES[i].printed)));
                        buffer_done(&out);
                }
                config_done(&config);
        }
}

static const struct { const char *name, *yaml, *want; } WRONG[] = {
        { "a text", "instances: x", "f:2:14: enrich.instances: one value found, but wanted are keys with their values" },
        { "a name twice", "instances: { a: { b: 1 }, a: { b: 2 } }", "f:2:29: enrich.instances.a: 'a' is given twice" },
        { "a dot in a name", "instances: { a.b: { c: 1 } }",
          "f:2:16: enrich.instances.a.b: a name here is short and has no dot" },
        { "too deep", "instances: { a: { b: { c: { d: { e: f } } } } }",
          "f:2:34: enrich.instances.a.b.c.d: a section with keys" },
        { "a list of mappings", "instances: { a: { b: [{ c: 1 }] } }", "f:2:25: enrich.instances.a.b: a section with keys" },
        { "no value", "instances: { a: { b: } }", "f:2:24: enrich.instances.a.b: no value found" },
};

static void mistakes_have_a_place(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
                struct config config;
                struct errors errors = { 0 };
                char yaml[300];
                config_init(&config);
                print_message("             %s\n", WRONG[i].name);
                (void)snprintf(yaml, sizeof(yaml), "enrich:\n  %s\n", WRONG[i].yaml);
                assert_false(config_read(&config, "f", slice_of(yaml), &errors));
                assert_memory_equal(errors.items[0].text, WRONG[i].want, strlen(WRONG[i].want));
                errors_done(&errors);
                config_done(&config);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(trees_are_read), cmocka_unit_test(mistakes_have_a_place) };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
