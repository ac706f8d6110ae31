#include "../../../src/schema/uri.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* RFC 3986, section 5.4 and what identifiers of schemas look like. */
static void references_are_resolved(void **state)
{
        static const char BASE[] = "http://a/b/c/d;p?q";
        static const struct { const char *base, *reference, *uri; } CASES[] = {
                { BASE, "g:h", "g:h" }, { BASE, "g", "http://a/b/c/g" }, { BASE, "./g", "http://a/b/c/g" },
                        { BASE, "g/", "http://a/b/c/g/" },
                { BASE, "/g", "http://a/g" }, { BASE, "//g", "http://g" }, { BASE, "?y", "http://a/b/c/d;p?y" },
                { BASE, "g?y", "http://a/b/c/g?y" }, { BASE, "#s", "http://a/b/c/d;p?q#s" }, { BASE, "g#s", "http://a/b/c/g#s" },
                { BASE, "g?y#s", "http://a/b/c/g?y#s" }, { BASE, ";x", "http://a/b/c/;x" }, { BASE, "", "http://a/b/c/d;p?q" },
                { BASE, ".", "http://a/b/c/" }, { BASE, "./", "http://a/b/c/" }, { BASE, "..", "http://a/b/" },
                        { BASE, "../g", "http://a/b/g" },
                { BASE, "../..", "http://a/" }, { BASE, "../../g", "http://a/g" }, { BASE, "../../../g", "http://a/g" },
                { BASE, "/./g", "http://a/g" }, { BASE, "/../g", "http://a/g" }, { BASE, "g.", "http://a/b/c/g." },
                        { BASE, "..g", "http://a/b/c/..g" },
                { BASE, "./g/.", "http://a/b/c/g/" }, { BASE, "g/./h", "http://a/b/c/g/h" }, { BASE, "g/../h", "http://a/b/c/h" },
                { BASE, "g;x=1/../y", "http://a/b/c/y" }, { BASE, "g?y/../x", "http://a/b/c/g?y/../x" },
                        { BASE, "g#s/../x", "http://a/b/c/g#s/../x" },
                { "", "a.json", "a.json" }, { "", "#/x", "#/x" }, { "", "http://x/y", "http://x/y" }, { "a/b", "c", "a/c" },
                { "urn:uuid:1", "#f", "urn:uuid:1#f" }, { "urn:uuid:1", "urn:x:2", "urn:x:2" }, { "http://a", "b", "http://a/b" },
                { "iglu:v/n/jsonschema/1-0-0", "#/x", "iglu:v/n/jsonschema/1-0-0#/x" }, { "file:///a/b", "c", "file:///a/c" },
        };
        struct arena_pool pool;
        struct arena arena;
        (void)state;
        arena_pool_init(&pool, 4096, 2);
        arena_init(&arena, &pool, 1 << 20);
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                const char *uri = uri_resolve(&arena, CASES[i].base, slice_of(CASES[i].reference));
                if (strcmp(uri, CASES[i].uri) != 0)
                        fail_msg("%s + %s: %s", CASES[i].base, CASES[i].reference, uri);
        }
        arena_done(&arena);
        arena_pool_done(&pool);
}

static void parts_are_taken_apart(void **state)
{
        char uri[] = "http://a/b#x%20y%zz%41", plain[] = "http://a/b";
        (void)state;
        char *fragment = uri_cut_fragment(uri);
        assert_string_equal(uri, "http://a/b");
        uri_decode(fragment);
        assert_string_equal(fragment, "x y%zzA");
        assert_null(uri_cut_fragment(plain));
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(references_are_resolved), cmocka_unit_test(parts_are_taken_apart) };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
