/* The quick ways through numbers and strings against the slow ones, over many values near the edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "../enrich/unit.h"
#include "base/hash.h"
#include "schema/schema.h"

enum { SCHEMAS = 1500, VALUES = 40, TEXT_MOST = 400 };

struct fixture {
        struct checker   *checker;
        struct arena_pool pool;
        struct arena      arena;
        struct random     random;
        char              text[TEXT_MOST + READABLE_PADDING];
};

static int setup(void **state)
{
        struct fixture *fixture = memory_get(sizeof(*fixture));
        fixture->checker = checker_new(&(struct checker_limits){ .depth = 8, .string = 2000 });
        arena_pool_init(&fixture->pool, 8192, 4);
        arena_init(&fixture->arena, &fixture->pool, 1 << 20);
        random_init_fixed(&fixture->random, 11);
        *state = fixture;
        return 0;
}

static int teardown(void **state)
{
        struct fixture *fixture = *state;
        checker_free(fixture->checker);
        arena_done(&fixture->arena);
        arena_pool_done(&fixture->pool);
        free(fixture);
        return 0;
}

static unsigned below(struct fixture *fixture, unsigned limit) { return (unsigned)(random_next(&fixture->random) % limit); }

/* Whether the value passes: in an array, with so many spaces behind it, over the bytes or over a tape. */
static enum reason ask(struct fixture *fixture, const struct schema *schema, const char *value, int spaces, bool tape)
{
        struct verdict verdict;
        int size = snprintf(fixture->text, TEXT_MOST, "[%s%*s]", value, spaces, "");
        assert_true(size > 0 && size < TEXT_MOST);
        arena_done(&fixture->arena);
        arena_init(&fixture->arena, &fixture->pool, 1 << 20);
        checker_use_tape(fixture->checker, tape);
        (void)schema_check(fixture->checker, schema, fixture->text, fixture->text + size, &fixture->arena, &verdict);
        return verdict.reason;
}

static const char *pick(struct fixture *fixture, const char *const *from, size_t count)
{
        return from[below(fixture, (unsigned)count)];
}

/* Numbers around those that bounds have, in every form of JSON. */
static void number_make(struct fixture *fixture, char text[static 80])
{
        static const char *const WHOLE[] = { "0", "1", "2", "9", "10", "11", "99", "100", "9007199254740992", "9007199254740993",
                                             "99999999999999999", "100000000000000000", "999999999999999999",
                                             "1000000000000000000", "9223372036854775807", "9223372036854775808",
                                             "99999999999999999999999999999999" };
        static const char *const FRACTION[] = { "", "", "", ".0", ".00", ".5", ".1", ".10", ".000000000000000000000000000001",
                                                ".99999999999999999999", ".25" };
        static const char *const EXPONENT[] = { "", "", "", "", "", "e0", "E1", "e-1", "e+2", "e400", "e-400", "e17", "e-17" };
        (void)snprintf(text, 80, "%s%s%s%s", below(fixture, 3) ? "" : "-", pick(fixture, WHOLE, COUNT_OF(WHOLE)),
                       pick(fixture, FRACTION, COUNT_OF(FRACTION)), pick(fixture, EXPONENT, COUNT_OF(EXPONENT)));
}

static struct schema *numbers_compile(struct fixture *fixture)
{
        static const char *const DRAFTS[] = { "", "\"$schema\":\"http://json-schema.org/draft-04/schema#\"," };
        static const char *const TYPES[] = { "", "\"type\":\"number\",", "\"type\":\"integer\",",
                                             "\"type\":[\"integer\",\"null\"]," };
        static const char *const BOUNDS[] = { "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf" };
        bool draft_4 = below(fixture, 8) == 0;
        char text[600], bound[80];
        int  size = snprintf(text, sizeof(text), "{%s\"items\":{%s", DRAFTS[draft_4], pick(fixture, TYPES, COUNT_OF(TYPES)));
        for (size_t i = 0; i < COUNT_OF(BOUNDS); i++) {
                if (below(fixture, 3) || (draft_4 && (i == 2 || i == 3)))
                        continue;
                do
                        number_make(fixture, bound);
                while (strstr(bound, "400") || (i == 4 && (*bound == '-' || *bound == '0')));
                size += snprintf(text + size, sizeof(text) - (size_t)size, "\"%s\":%s,", BOUNDS[i], bound);
                if (draft_4 && i < 2 && below(fixture, 2))
                        size += snprintf(text + size, sizeof(text) - (size_t)size, "\"exclusive%s\":true,",
                                         i ? "Maximum" : "Minimum");
        }
        (void)snprintf(text + size, sizeof(text) - (size_t)size, "\"title\":\"\"}}");
        struct error err = { .text = "" };
        struct schema *schema = schema_compile(slice_of(text), "", &(struct schema_options){ .assert_format = true }, &err);
        if (!schema)
                fail_msg("%s: %s", text, err.text);
        return schema;
}

static void numbers_pass_alike(void **state)
{
        struct fixture *fixture = *state;
        char value[80];
        for (size_t i = 0; i < SCHEMAS; i++) {
                struct schema *schema = numbers_compile(fixture);
                for (size_t k = 0; k < VALUES; k++) {
                        number_make(fixture, value);
                        enum reason quick = ask(fixture, schema, value, 40, false);
                        if (quick != ask(fixture, schema, value, 0, false) || quick != ask(fixture, schema, value, 40, true))
                                fail_msg("%s is judged in two ways", value);
                }
                schema_free(schema);
        }
}

/* Of 0 to 12 characters, which are counted here. */
static unsigned string_make(struct fixture *fixture, char text[static 200])
{
        static const char *const ONE[] = { "a", "b", " ", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x8e\x89", "\\n", "\\\"",
                                           "\\u00e4", "\\ud83c\\udf89", "\\u0000", "\\/", "\xf4\x8f\xbf\xbf", "\xef\xbf\xbf" };
        unsigned count = below(fixture, 13), kinds = below(fixture, 2) ? 6 : COUNT_OF(ONE);
        const char *same = below(fixture, 3) ? NULL : pick(fixture, ONE, kinds);
        size_t   size = 1;
        text[0] = '"';
        for (unsigned i = 0; i < count; i++)
                size += (size_t)snprintf(text + size, 200 - size, "%s", same ? same : pick(fixture, ONE, kinds));
        (void)snprintf(text + size, 200 - size, "\"");
        return count;
}

static void strings_have_characters(void **state)
{
        static const unsigned MOST[] = { 0, 1, 2, 3, 5, 8, 12, 30, 100 };
        struct fixture *fixture = *state;
        char text[200], value[200];
        for (unsigned least = 0; least < 8; least++)
                for (size_t i = 0; i < COUNT_OF(MOST); i++) {
                        (void)snprintf(text, sizeof(text), "{\"items\":{\"minLength\":%u,\"maxLength\":%u}}", least, MOST[i]);
                        struct error err;
                        struct schema *schema = schema_compile(slice_of(text), "", &(struct schema_options){ 0 }, &err);
                        assert_non_null(schema);
                        for (size_t k = 0; k < 500; k++) {
                                unsigned count = string_make(fixture, value);
                                enum reason want = count >= least && count <= MOST[i] ? REASON_none : REASON_schema_invalid;
                                if (ask(fixture, schema, value, 0, false) != want ||
                                    ask(fixture, schema, value, 40, true) != want)
                                        fail_msg("%s has %u characters, and %s takes it otherwise", value, count, text);
                        }
                        schema_free(schema);
                }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(numbers_pass_alike, setup, teardown),
                cmocka_unit_test_setup_teardown(strings_have_characters, setup, teardown),
        };
        return cmocka_run_group_tests_name("walk", tests, NULL, NULL);
}
