/* Records of rejected events: written by the mill, read back, tried again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "milling.h"
#include "server/bad_record.h"

#define HEAD "{\"reason\":\"schema_invalid\",\"received\":\"2026-11-21T12:00:00.123Z\""

/* Any bytes to what is made of them. body NULL: not looked at. */
static const struct { const char *name, *value; enum bad_state state; const char *body, *route, *id; } CASES[] = {
        { "text", HEAD ",\"id\":\"i\",\"size\":2,\"payload\":\"{\\\"a\\\":1}\"}", BAD_WHOLE, "{\"a\":1}", NULL, "i" },
        { "empty", HEAD ",\"payload\":\"\"}", BAD_WHOLE, "", NULL, NULL },
        { "base64 of one byte", HEAD ",\"payload_base64\":\"/w==\"}", BAD_WHOLE, "\xff", NULL, NULL },
        { "base64 of two", HEAD ",\"payload_base64\":\"/2E=\"}", BAD_WHOLE, "\xff" "a", NULL, NULL },
        { "base64 of three", HEAD ",\"payload_base64\":\"/2Fi\"}", BAD_WHOLE, "\xff" "ab", NULL, NULL },
        { "base64 that is none", HEAD ",\"payload_base64\":\"/2F\"}", BAD_FOREIGN, NULL, NULL, NULL },
        { "base64 with strange letters", HEAD ",\"payload_base64\":\"/2F!\"}", BAD_FOREIGN, NULL, NULL, NULL },
        { "base64 that is padded inside", HEAD ",\"payload_base64\":\"/w==/w==\"}", BAD_FOREIGN, NULL, NULL, NULL },
        { "a route", HEAD ",\"route\":\"com.acme/sale/1-0-0\",\"payload\":\"{}\"}", BAD_WHOLE, "{}", "com.acme/sale/1-0-0",
          NULL },
        { "a route that is none", HEAD ",\"route\":\"../x\",\"payload\":\"{}\"}", BAD_WHOLE, "{}", NULL, NULL },
        { "an older record of a bare payload", HEAD ",\"schema\":\"com.acme/sale/1-0-0\",\"payload\":\"{\\\"n\\\":1}\"}",
          BAD_WHOLE, NULL, "com.acme/sale/1-0-0", NULL },
        { "an older record of an envelope",
          HEAD ",\"schema\":\"com.acme/sale/1-0-0\",\"payload\":\"{\\\"type\\\":\\\"sale\\\"}\"}",
          BAD_WHOLE, NULL, NULL, NULL },
        { "of what is no JSON", HEAD ",\"schema\":\"com.acme/sale/1-0-0\",\"payload\":\"{\"}", BAD_WHOLE, "{", NULL, NULL },
        { "cut", HEAD ",\"truncated\":true,\"payload\":\"{\"}", BAD_TRUNCATED, NULL, NULL, NULL },
        { "left out", HEAD ",\"omitted\":true}", BAD_OMITTED, NULL, NULL, NULL },
        { "without a payload", HEAD "}", BAD_FOREIGN, NULL, NULL, NULL },
        { "a payload of another type", HEAD ",\"payload\":{}}", BAD_FOREIGN, NULL, NULL, NULL },
        { "without a time", "{\"reason\":\"x\",\"payload\":\"{}\"}", BAD_FOREIGN, NULL, NULL, NULL },
        { "without a reason", "{\"received\":\"2026-11-21T12:00:00Z\",\"payload\":\"{}\"}", BAD_FOREIGN, NULL, NULL, NULL },
        { "a good event", "{\"id\":\"i\",\"type\":\"sale\",\"data\":{}}", BAD_FOREIGN, NULL, NULL, NULL },
        { "no object", "[1]", BAD_FOREIGN, NULL, NULL, NULL },
        { "no JSON", "{", BAD_FOREIGN, NULL, NULL, NULL },
        { "nothing", "", BAD_FOREIGN, NULL, NULL, NULL },
};

static bool same(struct slice text, const char *want)
{
        return want ? text.data && slice_equal(text, slice_of(want)) : !text.data;
}

static void test_any_bytes(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct arena_pool pool;
                struct arena arena;
                struct bad_record record;
                arena_pool_init(&pool, 65536, 2);
                arena_init(&arena, &pool, SIZE_MAX);
                enum bad_state found = bad_record_read(slice_of(CASES[i].value), &arena, &record);
                bool whole = found == BAD_WHOLE;
                if (found != CASES[i].state || (whole && CASES[i].body && !same(record.body, CASES[i].body)) ||
                    (whole && (!same(record.route, CASES[i].route) || !same(record.id, CASES[i].id))))
                        fail_msg("%s: %d", CASES[i].name, (int)found);
                if (whole)
                        assert_int_equal(record.body.data[record.body.size + READABLE_PADDING - 1], 0);
                arena_done(&arena);
                arena_pool_done(&pool);
        }
}

/* What the mill rejects comes back byte for byte, with its sender and its time. */
static void test_the_mill_s_own(void **state)
{
        struct milling *milling = *state;
        static const char *const BODIES[] = { "{\"id\":\"i\",\"type\":\"dance\",\"data\":{}}", "{\"id\":\"\xff\"}", "[1,",
                                              "\"\\u0000\"" };
        for (size_t i = 0; i < COUNT_OF(BODIES); i++) {
                const struct event *event = milling_run(milling, NULL, slice_of(BODIES[i]));
                struct arena_pool pool;
                struct arena arena;
                struct bad_record record;
                arena_pool_init(&pool, 65536, 2);
                arena_init(&arena, &pool, SIZE_MAX);
                assert_int_equal(bad_record_read(event->value, &arena, &record), BAD_WHOLE);
                assert_true(slice_equal(record.body, event->body));
                assert_int_equal(record.received, MILLING_RECEIVED);
                assert_null(record.route.data);
                arena_done(&arena);
                arena_pool_done(&pool);
        }
}

static int setup(void **state)
{
        static struct milling milling;
        milling_start(&milling, NULL, 1000000);
        *state = &milling;
        return 0;
}

static int teardown(void **state)
{
        milling_stop(*state);
        return 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_any_bytes),
                cmocka_unit_test(test_the_mill_s_own),
        };
        return cmocka_run_group_tests_name("bad_record", tests, setup, teardown);
}
