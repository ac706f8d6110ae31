/* What an event hands on, with edits: every place that a member can have, and edits inside edits. */
#include "unit.h"
#include "enrich/edit.h"
#include "json/scan.h"

#define EDITS 4
/* An edit: a pointer and the text; NULL: the value is removed. */
static const struct { const char *name, *json; struct { const char *pointer, *text; } edit[EDITS]; const char *want; } CASES[] = {
        { "nothing", "{\"a\":1}", { { NULL, NULL } }, "{\"a\":1}" },
        { "a value", "{\"a\":1}", { { "/a", "\"xyz\"" } }, "{\"a\":\"xyz\"}" },
        { "a value, shorter", "{\"a\":\"long\",\"b\":2}", { { "/a", "1" } }, "{\"a\":1,\"b\":2}" },
        { "the whole", "{\"a\":1}", { { "", "[]" } }, "[]" },
        { "the only member", "{\"a\":1}", { { "/a", NULL } }, "{}" },
        { "the first", "{\"a\":1,\"b\":2}", { { "/a", NULL } }, "{\"b\":2}" },
        { "the last", "{\"a\":1,\"b\":2}", { { "/b", NULL } }, "{\"a\":1}" },
        { "the middle", "{\"a\":1,\"b\":2,\"c\":3}", { { "/b", NULL } }, "{\"a\":1,\"c\":3}" },
        { "the first two", "{\"a\":1,\"b\":2,\"c\":3}", { { "/b", NULL }, { "/a", NULL } }, "{\"c\":3}" },
        { "the last two", "{\"a\":1,\"b\":2,\"c\":3}", { { "/b", NULL }, { "/c", NULL } }, "{\"a\":1}" },
        { "the outer two", "{\"a\":1,\"b\":2,\"c\":3}", { { "/a", NULL }, { "/c", NULL } }, "{\"b\":2}" },
        { "all", "{\"a\":1,\"b\":2,\"c\":3}", { { "/c", NULL }, { "/a", NULL }, { "/b", NULL } }, "{}" },
        { "space everywhere", " { \"a\" : 1 ,\n\t\"b\" :\r2 , \"c\" : 3 } ", { { "/b", NULL }, { "/c", NULL } },
          " { \"a\" : 1  } " },
        { "the last, space before it", "{ \"a\" : 1 , \"b\" : 2 }", { { "/b", NULL } }, "{ \"a\" : 1  }" },
        { "an element becomes null", "{\"a\":[1,2,3]}", { { "/a/1", NULL } }, "{\"a\":[1,null,3]}" },
        { "a text that ends in a comma stands before", "{\"a\":\"x,\",\"b\":2}", { { "/b", NULL } }, "{\"a\":\"x,\"}" },
        { "a name with escapes", "{\"a\\\"\":1,\"b\":2}", { { "/a\"", NULL } }, "{\"b\":2}" },
        { "a name that ends in backslashes", "{\"x\":0,\"a\\\\\":1}", { { "/a\\", NULL } }, "{\"x\":0}" },
        { "a name of a quote", "{\"\\\"\":1}", { { "/\"", NULL } }, "{}" },
        { "a name like JSON", "{\"{\\\"b\\\":\":1}", { { "/{\"b\":", NULL } }, "{}" },
        { "the outer after the inner", "{\"a\":{\"b\":1,\"c\":2}}", { { "/a/b", "9" }, { "/a", "7" } }, "{\"a\":7}" },
        { "the inner after the outer", "{\"a\":{\"b\":1,\"c\":2}}", { { "/a", "7" }, { "/a/c", NULL } }, "{\"a\":7}" },
        { "an inner one in a removed", "{\"a\":{\"b\":1},\"d\":0}", { { "/a", NULL }, { "/a/b", "5" } }, "{\"d\":0}" },
        { "the same again: the last counts", "{\"a\":1}", { { "/a", "2" }, { "/a", "3" } }, "{\"a\":3}" },
        { "replaced, then removed", "{\"a\":1,\"b\":2}", { { "/a", "2" }, { "/a", NULL } }, "{\"b\":2}" },
        { "removed, then replaced", "{\"a\":1,\"b\":2}", { { "/a", NULL }, { "/a", "3" } }, "{\"b\":2}" },
        { "neighbours in depth", "{\"a\":{\"b\":1},\"c\":{\"d\":2}}", { { "/c/d", NULL }, { "/a/b", NULL } },
          "{\"a\":{},\"c\":{}}" },
};

struct desk {
        struct arena_pool pool;
        struct arena      arena;
        struct event      event;
        struct findings   findings;
        struct subject    subject;
        char              text[256 + READABLE_PADDING];
};

static void desk_start(struct desk *desk, const char *json, size_t limit)
{
        memset(desk, 0, sizeof(*desk));
        arena_pool_init(&desk->pool, 4096, 1);
        arena_init(&desk->arena, &desk->pool, limit);
        memcpy(desk->text, json, strlen(json));
        desk->event.body = (struct slice){ desk->text, strlen(json) };
        desk->subject = (struct subject){ .event = &desk->event, .arena = &desk->arena, .findings = &desk->findings };
}

static void desk_end(struct desk *desk)
{
        arena_done(&desk->arena);
        arena_pool_done(&desk->pool);
}

static struct slice at(const struct desk *desk, const char *pointer)
{
        return *pointer ? scan_pointer(desk->event.body, slice_of(pointer)) : desk->event.body;
}

static void every_edit_is_made(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct desk desk;
                char out[512];
                desk_start(&desk, CASES[i].json, 1 << 20);
                UNIT_ROW(CASES[i].name);
                for (size_t k = 0; k < EDITS && CASES[i].edit[k].pointer; k++) {
                        struct slice raw = at(&desk, CASES[i].edit[k].pointer);
                        assert_non_null(raw.data);
                        if (CASES[i].edit[k].text)
                                assert_true(edit_replace(&desk.subject, raw, slice_of(CASES[i].edit[k].text)));
                        else
                                assert_true(edit_remove(&desk.subject, raw));
                }
                size_t bound = edit_bound(&desk.findings, desk.event.body);
                char *end = edit_put(&desk.findings, desk.event.body, out);
                assert_true((size_t)(end - out) <= bound);
                *end = '\0';
                assert_string_equal(out, CASES[i].want);
                assert_true(scan_text(slice_of(out), &SCAN_UNLIMITED, &(struct scan_error){ 0 }));
                desk_end(&desk);
        }
}

/* Values that are handed on one by one: a key, an attribute. */
static void a_part_knows_the_edits_around_it(void **state)
{
        (void)state;
        struct desk desk;
        struct slice value;
        desk_start(&desk, "{\"id\":\"u\",\"gone\":1,\"x\":{\"y\":[1,2]}}", 1 << 20);
        assert_true(edit_replace(&desk.subject, at(&desk, "/id"), SLICE("\"hash\"")));
        assert_true(edit_remove(&desk.subject, at(&desk, "/gone")));
        assert_true(edit_replace(&desk.subject, at(&desk, "/x/y/0"), SLICE("77")));
        assert_true(edit_apply(&desk.findings, at(&desk, "/id"), &desk.arena, &value));
        assert_true(slice_equal(value, SLICE("\"hash\"")));
        assert_true(edit_apply(&desk.findings, at(&desk, "/gone"), &desk.arena, &value));
        assert_null(value.data);
        assert_true(edit_removes(&desk.findings, at(&desk, "/gone")));
        assert_false(edit_removes(&desk.findings, at(&desk, "/id")));
        assert_true(edit_apply(&desk.findings, at(&desk, "/x"), &desk.arena, &value));
        assert_true(slice_equal(value, SLICE("{\"y\":[77,2]}")));
        assert_true(edit_apply(&desk.findings, at(&desk, "/x/y/1"), &desk.arena, &value));
        assert_ptr_equal(value.data, at(&desk, "/x/y/1").data);
        assert_true(edit_apply(&desk.findings, (struct slice){ 0 }, &desk.arena, &value));
        assert_null(value.data);
        desk_end(&desk);
}

/* Nothing may be published that should have been edited. */
static void without_memory_the_event_is_broken(void **state)
{
        (void)state;
        struct desk desk;
        desk_start(&desk, "{\"a\":1}", 0);
        assert_false(edit_replace(&desk.subject, at(&desk, "/a"), SLICE("2")));
        assert_true(desk.findings.broken);
        desk_end(&desk);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_edit_is_made),
                cmocka_unit_test(a_part_knows_the_edits_around_it),
                cmocka_unit_test(without_memory_the_event_is_broken),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
