#include "schema/iglu.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void names_are_parsed_strictly(void **state)
{
        static const struct { const char *name, *text, *want;
        } CASES[] = {
                { "key", "com.acme/page_view/1-0-0", "com.acme/page_view/1-0-0" },
                { "URI", "iglu:com.acme/page_view/jsonschema/1-0-10", "com.acme/page_view/1-0-10" },
                { "every character", "A-b_c.9/x-Y_2/999999999-0-1", "A-b_c.9/x-Y_2/999999999-0-1" },
                { "empty", "", NULL },
                { "no version", "com.acme/page_view", NULL },
                { "no name", "com.acme//1-0-0", NULL },
                { "no vendor", "/a/1-0-0", NULL },
                { "model 0", "v/n/0-1-0", NULL },
                { "leading zero", "v/n/1-00-0", NULL },
                { "two numbers", "v/n/1-0", NULL },
                { "four numbers", "v/n/1-0-0-0", NULL },
                { "ten digits", "v/n/1000000000-0-0", NULL },
                { "sign", "v/n/1-0--1", NULL },
                { "dash at the end", "v/n/1-0-", NULL },
                { "space behind", "v/n/1-0-0 ", NULL },
                { "suffix", "v/n/1-0-0.json", NULL },
                { "format in a key", "v/n/jsonschema/1-0-0", NULL },
                { "no format in a URI", "iglu:v/n/1-0-0", NULL },
                { "other format", "iglu:v/n/avro/1-0-0", NULL },
                { "capital scheme", "IGLU:v/n/jsonschema/1-0-0", NULL },
                { "up", "../n/1-0-0", NULL },
                { "hidden", ".v/n/1-0-0", NULL },
                { "dot in the name", "v/n.m/1-0-0", NULL },
                { "up in the name", "v/../1-0-0", NULL },
                { "percent", "v/n%2f/1-0-0", NULL },
                { "not ASCII", "v/n\xC3\xA9/1-0-0", NULL },
                { "slash more", "v/n/x/1-0-0", NULL },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct iglu iglu;
                char key[IGLU_KEY_MAX], uri[IGLU_KEY_MAX];
                bool good = iglu_parse(slice_of(CASES[i].text), &iglu);
                if (good != (CASES[i].want != NULL))
                        fail_msg("%s", CASES[i].name);
                if (!good)
                        continue;
                (void)iglu_format_key(&iglu, key);
                (void)iglu_format_uri(&iglu, uri);
                assert_string_equal(key, CASES[i].want);
                struct iglu again;
                assert_true(iglu_parse(slice_of(uri), &again));
                assert_int_equal(iglu_compare(&iglu, &again), 0);
        }
}

static void longest_names_fit(void **state)
{
        char vendor[IGLU_PART_MAX + 2], text[3 * IGLU_PART_MAX], key[IGLU_KEY_MAX];
        struct iglu iglu;
        (void)state;
        memset(vendor, 'a', sizeof(vendor));
        vendor[IGLU_PART_MAX] = 0;
        (void)snprintf(text, sizeof(text), "%s/%s/999999999-999999999-999999999", vendor, vendor);
        assert_true(iglu_parse(slice_of(text), &iglu));
        assert_int_equal(iglu_format_key(&iglu, key), strlen(text));
        (void)iglu_format_uri(&iglu, key);
        vendor[IGLU_PART_MAX] = 'a';
        vendor[IGLU_PART_MAX + 1] = 0;
        assert_false(iglu_is_vendor(slice_of(vendor)));
        assert_false(iglu_is_name(slice_of(vendor)));
}

static void versions_are_ordered_as_numbers(void **state)
{
        static const char *const ORDER[] = {
                "com.acme/a/1-0-0",  "com.acme/a/1-0-2",   "com.acme/a/1-0-10", "com.acme/a/1-9-0",
                "com.acme/a/1-10-0", "com.acme/a/2-0-0",   "com.acme/a/10-0-0", "com.acme/ab/1-0-0",
                "com.acme/b/1-0-0",  "com.acme.b/a/1-0-0", "com.acme2/a/1-0-0",
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(ORDER); i++)
                for (size_t j = 0; j < COUNT_OF(ORDER); j++) {
                        struct iglu a, b;
                        assert_true(iglu_parse(slice_of(ORDER[i]), &a) && iglu_parse(slice_of(ORDER[j]), &b));
                        int order = iglu_compare(&a, &b);
                        if ((order > 0) - (order < 0) != (i > j) - (i < j))
                                fail_msg("%s, %s", ORDER[i], ORDER[j]);
                }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(names_are_parsed_strictly),
                cmocka_unit_test(longest_names_fit),
                cmocka_unit_test(versions_are_ordered_as_numbers),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
