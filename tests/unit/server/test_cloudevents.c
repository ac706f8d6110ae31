#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/buffer.h"
#include "json/scan.h"
#include "server/cloudevents.h"

#define TIME 1795262400123         /* 2026-11-21T12:00:00.123Z */

/* Raw JSON texts; NULL: absent. `want`: the headers behind those of the schema, sorted by name. */
static const struct {
        const char *name, *id, *source, *specversion, *subject, *time, *sent_at, *type, *want;
} CASES[] = {
        { "nothing given", NULL, NULL, NULL, NULL, NULL, NULL, NULL,
          "ce_id=ours ce_source=millrace ce_specversion=1.0 ce_time=2026-11-21T12:00:00.123Z ce_type=page_view" },
        { "everything given", "\"i1\"", "\"https://a.example\"", "\"1.1\"", "\"s\"", "\"2026-01-02T03:04:05.123456789+01:00\"",
          NULL,
          "\"t\"", "ce_id=i1 ce_source=https://a.example ce_specversion=1.1 ce_subject=s "
          "ce_time=2026-01-02T03:04:05.123456789+01:00 ce_type=t" },
        { "a clock that was set right", NULL, NULL, NULL, NULL, "\"2026-01-02T03:04:05Z\"", "\"2026-01-02T03:04:06Z\"", NULL,
          "ce_id=ours ce_source=millrace ce_specversion=1.0 ce_time=2026-11-21T12:00:00.123Z ce_type=page_view" },
        { "escapes", "\"i\\u00e9\"", "\"a\\/b\"", NULL, "\"\\\"s\\\"\"", NULL, NULL, NULL,
          "ce_id=i\xC3\xA9 ce_source=a/b ce_specversion=1.0 ce_subject=\"s\" ce_time=2026-11-21T12:00:00.123Z "
          "ce_type=page_view" },
        { "empty and null", NULL, "\"\"", NULL, "null", NULL, NULL, "\"\"",
          "ce_id=ours ce_source=millrace ce_specversion=1.0 ce_time=2026-11-21T12:00:00.123Z ce_type=page_view" },
};

static void facts_set(struct facts *facts, size_t i)
{
        *facts = (struct facts){ .time = TIME, .received = TIME, .time_known = CASES[i].time != NULL,
                                   .skew_known = CASES[i].sent_at != NULL };
        facts->fact[FACT_id] = slice_of(CASES[i].id);
        facts->fact[FACT_source] = slice_of(CASES[i].source);
        facts->fact[FACT_specversion] = slice_of(CASES[i].specversion);
        facts->fact[FACT_subject] = slice_of(CASES[i].subject);
        facts->fact[FACT_time] = slice_of(CASES[i].time);
        facts->fact[FACT_sent_at] = slice_of(CASES[i].sent_at);
        facts->fact[FACT_type] = slice_of(CASES[i].type);
}

static struct event event_of(const struct facts *facts)
{
        struct slice id = facts->fact[FACT_id];
        return (struct event){ .id = id.data ? (struct slice){ id.data + 1, id.size - 2 } : SLICE("ours"),
                               .schema = SLICE("com.acme/page_view/1-0-2") };
}

static void test_attributes_become_headers(void **state)
{
        (void)state;
        struct arena_pool pool;
        arena_pool_init(&pool, 4096, 1);
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct arena arena;
                struct facts facts;
                struct buffer out;
                arena_init(&arena, &pool, 65536);
                buffer_init(&out, 4096);
                facts_set(&facts, i);
                struct event event = event_of(&facts);
                struct slice id = facts.fact[FACT_id];
                event.id_text = id.data ? scan_plain(id, &arena) : event.id;
                assert_true(cloudevents_set(&event, &facts, &(struct findings){ 0 }, &arena));
                assert_true(event.attribute_count <= CLOUDEVENTS_MAX);
                for (size_t j = 0; j < event.attribute_count; j++)
                        buffer_format(&out, "%s%.*s=%.*s", j ? " " : "", SLICE_ARGS(event.attributes[j].name),
                                      SLICE_ARGS(event.attributes[j].value));
                static const struct slice START = SLICE_INIT("ce_dataschema=iglu:com.acme/page_view/jsonschema/1-0-2 ");
                struct slice got = buffer_slice(&out);
                assert_true(slice_starts_with(got, START));
                if (!slice_equal(slice_between(got.data + START.size, got.data + got.size), slice_of(CASES[i].want)))
                        fail_msg("%s: %.*s", CASES[i].name, SLICE_ARGS(got));
                buffer_done(&out);
                arena_done(&arena);
        }
        arena_pool_done(&pool);
}

static void test_a_full_arena_is_told(void **state)
{
        (void)state;
        struct arena_pool pool;
        struct arena arena;
        struct facts facts;
        arena_pool_init(&pool, 4096, 1);
        arena_init(&arena, &pool, 0);
        facts_set(&facts, 0);
        struct event event = event_of(&facts);
        assert_false(cloudevents_set(&event, &facts, &(struct findings){ 0 }, &arena));
        assert_int_equal(event.attribute_count, 0);
        arena_done(&arena);
        arena_pool_done(&pool);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_attributes_become_headers),
                cmocka_unit_test(test_a_full_arena_is_told),
        };
        return cmocka_run_group_tests_name("cloudevents", tests, NULL, NULL);
}
