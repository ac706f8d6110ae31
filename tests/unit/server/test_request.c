#include "server/request.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void flags(void **state)
{
        static const struct { const char *name, *query; bool want; } CASES[] = {
                { "no query",                "",                         false },
                { "alone",                   "verbose",                  true  },
                { "with nothing",            "verbose=",                 true  },
                { "one",                     "verbose=1",                true  },
                { "zero",                    "verbose=0",                false },
                { "false",                   "verbose=false",            false },
                { "behind others",           "a=1&&b&verbose",           true  },
                { "a longer name",           "verbosely=1",              false },
                { "a longer name before",    "xverbose=1",               false },
                { "the first one counts",    "verbose=0&verbose=1",      false },
                { "in another value",        "a=verbose",                false },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++)
                if (request_flag(slice_of(CASES[i].query), SLICE("verbose")) != CASES[i].want)
                        fail_msg("%s", CASES[i].name);
        assert_false(request_flag((struct slice){ 0 }, SLICE("verbose")));
}

static void parameters(void **state)
{
        static const struct { const char *name, *query, *want; } CASES[] = {
                { "no query",             "",             NULL   },
                { "the only one",         "key=abc",      "abc"  },
                { "behind others",        "a&b=2&key=x",  "x"    },
                { "before others",        "key=x&a",      "x"    },
                { "empty",                "key=",         ""     },
                { "no value",             "key",          NULL   },
                { "an = in it",           "key=a=b",      "a=b"  },
                { "another name's end",   "monkey=x",     NULL   },
                { "the first one counts", "key=a&key=b",  "a"    },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct slice got = request_parameter(slice_of(CASES[i].query), SLICE("key"));
                bool same = CASES[i].want ? got.data && slice_equal(got, slice_of(CASES[i].want)) : !got.data;
                if (!same)
                        fail_msg("%s", CASES[i].name);
        }
}

static void preferences(void **state)
{
        static const struct { const char *name, *header, *value; bool want; } CASES[] = {
                { "asked for",        "Prefer",  "return=representation",            true  },
                { "any case",         "PREFER",  "Return=Representation",            true  },
                { "among others",     "prefer",  "wait=5, return=representation",    true  },
                { "something else",   "prefer",  "return=minimal",                   false },
                { "another header",   "preferx", "return=representation",            false },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct http_header header = { slice_of(CASES[i].header), slice_of(CASES[i].value) };
                struct http_request http = { .headers = &header, .header_count = 1 };
                if (request_prefers_representation(&http) != CASES[i].want)
                        fail_msg("%s", CASES[i].name);
        }
}

static void labels(void **state)
{
        (void)state;
        assert_true(request_has_lines(SLICE("application/x-ndjson")));
        assert_true(request_has_lines(SLICE("Application/NDJSON; charset=utf-8")));
        assert_false(request_has_lines(SLICE("application/json")));
        assert_false(request_has_lines((struct slice){ 0 }));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(flags),
                cmocka_unit_test(parameters),
                cmocka_unit_test(preferences),
                cmocka_unit_test(labels),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
