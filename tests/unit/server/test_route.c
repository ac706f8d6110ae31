#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/base.h"
#include "server/route.h"

/* key NULL: there is nothing at the path; "": the events name their schema. */
static const struct { const char *name, *path, *key; } CASES[] = {
        { "events",                   "/v1/events", "" },
        { "a payload",                "/v1/events/com.acme/page_view/1-0-0", "com.acme/page_view/1-0-0" },
        { "dashes and capitals",      "/v1/events/A-b_c.D/e-F_9/12-3-45", "A-b_c.D/e-F_9/12-3-45" },
        { "nine digits",              "/v1/events/a/b/999999999-0-0", "a/b/999999999-0-0" },
        { "a slash at the end",       "/v1/events/", NULL },
        { "a longer word",            "/v1/eventsx", NULL },
        { "another version of us",    "/v2/events", NULL },
        { "another case",             "/v1/Events", NULL },
        { "a slash too many",         "/v1//events", NULL },
        { "the root",                 "/", NULL },
        { "an asterisk",              "*", NULL },
        { "nothing",                  "", NULL },
        { "a vendor alone",           "/v1/events/com.acme", NULL },
        { "no version",               "/v1/events/com.acme/page_view", NULL },
        { "an empty version",         "/v1/events/com.acme/page_view/", NULL },
        { "an empty vendor",          "/v1/events//page_view/1-0-0", NULL },
        { "an empty name",            "/v1/events/com.acme//1-0-0", NULL },
        { "two numbers",              "/v1/events/com.acme/page_view/1-0", NULL },
        { "four numbers",             "/v1/events/com.acme/page_view/1-0-0-0", NULL },
        { "an empty number",          "/v1/events/com.acme/page_view/1--0", NULL },
        { "a dash at the end",        "/v1/events/com.acme/page_view/1-0-", NULL },
        { "dots in the version",      "/v1/events/com.acme/page_view/1.0.0", NULL },
        { "model 0",                  "/v1/events/com.acme/page_view/0-1-0", NULL },
        { "a leading zero",           "/v1/events/com.acme/page_view/1-01-0", NULL },
        { "ten digits",               "/v1/events/a/b/1000000000-0-0", NULL },
        { "a dot in the name",        "/v1/events/com.acme/page.view/1-0-0", NULL },
        { "a part behind",            "/v1/events/com.acme/page_view/1-0-0/x", NULL },
        { "a slash behind",           "/v1/events/com.acme/page_view/1-0-0/", NULL },
        { "a percent sign",           "/v1/events/com%2Eacme/page_view/1-0-0", NULL },
        { "a step back in the name",  "/v1/events/com.acme/../1-0-0", NULL },
        { "a byte above 127",         "/v1/events/com.acme/caf\xC3\xA9/1-0-0", NULL },
};

static void check(const char *name, bool found, const struct route *route, const char *key)
{
        if (found != (key != NULL))
                fail_msg("%s: %s", name, found ? "found" : "not found");
        if (!found)
                return;
        assert_ptr_equal(route->input, *key ? &input_payload : &input_json);
        if (!slice_equal(route->key, slice_of(key)) || (*key == 0) != (route->key.data == NULL))
                fail_msg("%s: %.*s", name, SLICE_ARGS(route->key));
}

static void test_a_path_has_its_input(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct route route = { 0 };
                check(CASES[i].name, route_find(slice_of(CASES[i].path), &route), &route, CASES[i].key);
        }
}

/* Each path after each other one, twice: what is remembered must not show. */
static void test_memory_changes_nothing(void **state)
{
        (void)state;
        struct route_memory memory = { 0 };
        for (size_t i = 0; i < COUNT_OF(CASES); i++)
                for (size_t k = 0; k < 2 * COUNT_OF(CASES); k++) {
                        size_t at = k % 2 ? i : k / 2;
                        struct route route = { 0 };
                        bool found = route_find_again(&memory, slice_of(CASES[at].path), &route);
                        check(CASES[at].name, found, &route, CASES[at].key);
                }
}

/* 128 characters a part; one that is longer than what is remembered at all still is found, or not, each time. */
static void test_long_names(void **state)
{
        (void)state;
        char path[400];
        struct route_memory memory = { 0 };
        for (int size = 127; size <= 129; size++)
                for (int again = 0; again < 2; again++) {
                        struct route route;
                        (void)snprintf(path, sizeof(path),
                                       "/v1/events/%0*d/%0*d/123456789-123456789-123456789", size, 1, size, 2);
                        bool found = route_find_again(&memory, slice_of(path), &route);
                        assert_int_equal(found, size <= 128);
                        if (found)
                                assert_true(slice_equal(route.key, slice_of(path + 11)));
                }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_path_has_its_input),
                cmocka_unit_test(test_memory_changes_nothing),
                cmocka_unit_test(test_long_names),
        };
        return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
