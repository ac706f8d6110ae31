#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "milling.h"
#include "server/trial.h"

#define GOOD "com.acme/sale/examples/1-0-0/good/"
#define BAD "com.acme/sale/examples/1-0-0/bad/"
#define OFF "{\"reason\":\"schema_invalid\",\"pointer\":\"/n\",\"keyword\":\"type\",\"data\":{\"n\":\"1\"}}"

/* One file beside the schemas, and what is said of it; want NULL: nothing. */
static const struct { const char *name, *file, *text; size_t count; const char *want; } CASES[] = {
        { "a good one", GOOD "a.json", "{\"n\":1}\n", 1, NULL },
        { "a good one that is bad", GOOD "a.json", "{\"n\":\"1\"}", 1, "a.json: is rejected as schema_invalid at /n: " },
        { "a good one that is not JSON", GOOD "a.json", "{\"n\":1", 1, "a.json: is rejected as json_malformed" },
        { "two good ones in a file", GOOD "a.json", "[{\"n\":1},{\"n\":2}]", 1,
          "a.json: holds more than the data of one event" },
        { "a bad one", BAD "a.json", OFF, 1, NULL },
        { "a bad one in a few words", BAD "a.json", "{\"data\":{\"n\":\"1\"}}", 1, NULL },
        { "a bad one that is good", BAD "a.json", "{\"reason\":\"schema_invalid\",\"data\":{\"n\":1}}", 1, "a.json: is " },
        { "another reason", BAD "a.json", "{\"reason\":\"schema_unknown\",\"data\":{\"n\":\"1\"}}", 1, "a.json: is rejected as" },
        { "another pointer", BAD "a.json", "{\"pointer\":\"/m\",\"data\":{\"n\":\"1\"}}", 1,
          "a.json: is rejected at \"/n\", not at \"/m\": " },
        { "another keyword", BAD "a.json", "{\"keyword\":\"minimum\",\"data\":{\"n\":\"1\"}}", 1,
          "a.json: is rejected by \"type\", not by \"minimum\": " },
        { "a bad one without data", BAD "a.json", "{\"n\":1}", 1, "a.json: must be a JSON object with \"reason\"" },
        { "a bad one that is not JSON", BAD "a.json", "{", 1, "a.json: must be a JSON object with \"reason\"" },
        { "an example of no schema", "com.acme/sale/examples/1-0-9/good/a.json", "{}", 0,
          "/1-0-9: there is no schema com.acme/sale/1-0-9" },
        { "another kind of file", GOOD "README.md", "no example", 0, NULL },
        { "a hidden file", GOOD ".a.json", "no example", 0, NULL },
};

static void test_examples_are_tried(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct folder folder;
                struct errors errors = { 0 };
                folder_init(&folder);
                folder_write(&folder, CASES[i].file, CASES[i].text);
                struct plan *plan = milling_plan(&folder, NULL, &errors);
                assert_non_null(plan);
                size_t count = examples_check(plan, &errors);
                if (count != CASES[i].count || errors_total(&errors) != (CASES[i].want != NULL))
                        fail_msg("%s: %zu examples, %zu mistakes", CASES[i].name, count, errors_total(&errors));
                if (CASES[i].want && !strstr(errors.items[0].text, CASES[i].want))
                        fail_msg("%s: %s", CASES[i].name, errors.items[0].text);
                errors_done(&errors);
                plan_unref(plan);
                folder_done(&folder);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_examples_are_tried) };
        return cmocka_run_group_tests_name("examples", tests, NULL, NULL);
}
