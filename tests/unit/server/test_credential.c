#include "server/credential.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* want NULL: broken; "": none. */
static void requests(void **state)
{
        static const struct { const char *name, *header, *second, *query, *want; } CASES[] = {
                { "nothing",                    NULL, NULL, "", "" },
                { "Bearer",                     "Bearer abc", NULL, "", "abc" },
                { "any case",                   "bEARER abc", NULL, "", "abc" },
                { "several spaces",             "Bearer   abc", NULL, "", "abc" },
                { "Bearer and nothing",         "Bearer", NULL, "", NULL },
                { "Bearer and a space",         "Bearer ", NULL, "", NULL },
                { "another scheme",             "Digest username=\"abc\"", NULL, "", NULL },
                { "no scheme",                  "abc", NULL, "", NULL },
                { "empty",                      "", NULL, "", NULL },
                { "Basic, key as user",         "Basic YWJjOg==", NULL, "", "abc" },
                { "Basic, key as password",     "Basic dXNlcjphYmM=", NULL, "", "abc" },
                { "Basic, colon in password",   "Basic dXNlcjphOmI=", NULL, "", "a:b" },
                { "Basic without padding",      "Basic YWJjOg", NULL, "", "abc" },
                { "Basic without a colon",      "Basic YWJj", NULL, "", NULL },
                { "Basic, both empty",          "Basic Og==", NULL, "", NULL },
                { "Basic, not base64",          "Basic a-b_", NULL, "", NULL },
                { "Basic, a digit too many",    "Basic YWJjO", NULL, "", NULL },
                { "twice",                      "Bearer abc", "Bearer abc", "", NULL },
                { "in the query",               NULL, NULL, "key=abc", "abc" },
                { "in the query, encoded",      NULL, NULL, "a=1&key=a%2Bb%3d", "a+b=" },
                { "a plus is a plus",           NULL, NULL, "key=a+b", "a+b" },
                { "in the query, broken",       NULL, NULL, "key=a%2", NULL },
                { "in the query, not hex",      NULL, NULL, "key=a%zz", NULL },
                { "in the query, empty",        NULL, NULL, "key=", NULL },
                { "in the query without a =",   NULL, NULL, "key", "" },
                { "the header goes first",      "Bearer abc", NULL, "key=x", "abc" },
                { "a broken header does, too",  "Digest x", NULL, "key=x", NULL },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct http_header headers[] = { { SLICE("host"), SLICE("x") },
                                                 { SLICE("Authorization"), slice_of(CASES[i].header) },
                                                 { SLICE("authorization"), slice_of(CASES[i].second) } };
                struct http_request http = { .headers = headers, .query = slice_of(CASES[i].query),
                                             .header_count = 1u + (CASES[i].header != NULL) + (CASES[i].second != NULL) };
                struct credential got;
                enum credential_form form = credential_read(&http, true, &got);
                bool good = !CASES[i].want        ? form == CREDENTIAL_BROKEN
                            : !*CASES[i].want     ? form == CREDENTIAL_NONE
                                                  : form == CREDENTIAL_KEY && slice_equal(credential_text(&got),
                                                                                          slice_of(CASES[i].want));
                if (!good)
                        fail_msg("%s: form %d", CASES[i].name, (int)form);
        }
}

static void lengths(void **state)
{
        char text[16 + 2 * KEY_TEXT_MAX] = "Bearer ";
        struct http_header header = { SLICE("authorization"), { text, 0 } };
        struct http_request http = { .headers = &header, .header_count = 1 };
        struct credential got;
        (void)state;
        memset(text + 7, 'a', sizeof(text) - 7);
        header.value.size = 7 + KEY_TEXT_MAX;
        assert_int_equal(credential_read(&http, true, &got), CREDENTIAL_KEY);
        assert_int_equal(got.size, KEY_TEXT_MAX);
        credential_done(&got);
        assert_int_equal(got.size, 0);
        assert_int_equal(got.text[KEY_TEXT_MAX - 1], 0);
        header.value.size++;
        assert_int_equal(credential_read(&http, true, &got), CREDENTIAL_BROKEN);
        memcpy(text, "Basic  ", 7);
        header.value.size = sizeof(text);
        assert_int_equal(credential_read(&http, true, &got), CREDENTIAL_BROKEN);
        http = (struct http_request){ .query = { text, 0 } };
        memcpy(text, "key=aaa", 7);
        http.query.size = 4 + KEY_TEXT_MAX;
        assert_int_equal(credential_read(&http, true, &got), CREDENTIAL_KEY);
        assert_int_equal(credential_read(&http, false, &got), CREDENTIAL_NONE);
        http.query.size++;
        assert_int_equal(credential_read(&http, true, &got), CREDENTIAL_BROKEN);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(requests),
                cmocka_unit_test(lengths),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
