#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/buffer.h"
#include "input/input.h"

/* A host that judges nothing: the inputs alone are tested. What it is given is written down: one word an event, "ok" or the
 * reason's name, then line:column of a syntax error, the pointer, and what the case wants to see. */
struct host {
        struct reader reader;      /* first */
        struct buffer seen;
        const char   *show;        /* a fact's name, "body", "clock" or "extensions"; NULL: nothing */
};

static struct host       host;
static struct arena_pool pool;
static struct arena      arena;
static struct batch      batch;

static void show_more(struct host *to, const struct event *event)
{
        const struct reader *reader = &to->reader;
        for (size_t fact = 0; fact < FACT_COUNT; fact++)
                if (strcmp(FACTS[fact].name, to->show) == 0)
                        buffer_format(&to->seen, " %.*s", SLICE_ARGS(reader->facts.fact[fact]));
        if (strcmp(to->show, "body") == 0)
                buffer_format(&to->seen, " <%.*s>", SLICE_ARGS(event->body));
        if (strcmp(to->show, "clock") == 0)
                buffer_format(&to->seen, " %lld", (long long)reader->facts.time);
        for (size_t i = 0; strcmp(to->show, "extensions") == 0 && i < reader->extension_count; i++)
                buffer_format(&to->seen, " %.*s=%.*s", SLICE_ARGS(reader->extensions[i].name),
                              SLICE_ARGS(reader->extensions[i].value));
}

static bool finish(struct reader *reader, struct event *event)
{
        struct host *to = (struct host *)reader;
        if (to->seen.size)
                buffer_add(&to->seen, SLICE("; "));
        buffer_add(&to->seen, event->verdict == REASON_none ? SLICE("ok") : slice_of(REASONS[event->verdict].name));
        if (event->complaint && event->complaint->line)
                buffer_format(&to->seen, " %zu:%zu", event->complaint->line, event->complaint->column);
        if (event->complaint && event->complaint->pointer.size)
                buffer_format(&to->seen, " %.*s", SLICE_ARGS(event->complaint->pointer));
        if (to->show)
                show_more(to, event);
        return true;
}

static bool judgeable(const struct reader *reader) { return reader->facts.fact[FACT_dataschema].data != NULL; }

static const char *run(const struct input *input, const char *body, bool lines, const char *show, enum reader_end want_end)
{
        static char text[8192];
        size_t size = strlen(body);
        arena_done(&arena);
        char *copy = arena_take(&arena, size + READABLE_PADDING);
        memcpy(copy, body, size);
        memset(copy + size, 0, READABLE_PADDING);
        batch = (struct batch){ .arena = &arena, .received = 1795248780000 };
        host.reader = (struct reader){ .batch = &batch, .limits = { 16, 100 }, .count_limit = 5, .lines = lines,
                                       .judge = reader_skip, .skip = reader_skip, .judgeable = judgeable, .finish = finish };
        host.show = show;
        buffer_clear(&host.seen);
        assert_int_equal(input->decode(&host.reader, (struct slice){ copy, size }), want_end);
        (void)snprintf(text, sizeof(text), "%.*s", SLICE_ARGS(buffer_slice(&host.seen)));
        return text;
}

static const struct { const char *name, *body; bool lines; const char *show, *want;
} CASES[] = {
        /* one, several */
        { "one event", "{\"data\":{}}", false, "data", "ok {}" },
        { "white space around", " \r\n\t{ \"data\" : { } } \n", false, "data", "ok { }" },
        { "an array", "[{\"data\":1},{\"data\":2}]", false, "data", "ok 1; ok 2" },
        { "an empty array", " [ ] ", false, NULL, "" },
        { "lines, labelled", "{\"data\":1}\n{\"data\":2}\r\n\n{\"data\":3}", true, "data", "ok 1; ok 2; ok 3" },
        { "lines, not labelled", "{\"data\":1}\n{\"data\":2}\n", false, "data", "ok 1; ok 2" },
        { "an event over many lines", "{\n\"data\":1\n}\n", false, "data", "ok 1" },
        { "facts do not stay", "[{\"id\":\"x\",\"data\":1},{\"data\":2}]", false, "id", "ok \"x\"; ok " },
        { "not even for broken ones", "[{\"id\":\"x\",\"data\":1}", false, "id", "ok \"x\"; json_malformed 1:21 " },
        /* what is broken */
        { "empty body", "", false, NULL, "json_malformed 1:1" },
        { "only white space", " \n ", false, NULL, "json_malformed 1:1" },
        { "not JSON", "hello", false, NULL, "json_malformed 1:1" },
        { "cut off", "{\"data\":{\"a\":1}", false, NULL, "json_malformed 1:16" },
        { "cut off in a name", "{\"dat", false, NULL, "json_malformed 1:6" },
        { "trailing comma", "{\"data\":1,}", false, NULL, "json_malformed 1:11" },
        { "no colon", "{\"data\" 1}", false, NULL, "json_malformed 1:9" },
        { "no value", "{\"data\":}", false, NULL, "json_malformed 1:9" },
        { "text behind", "{\"data\":1} x", false, NULL, "ok; json_malformed 1:12" },
        { "position in a later line", "{\n \"data\": 01}", false, NULL, "json_malformed 2:11" },
        { "columns count characters", "{\"\xC3\xA9\": x}", false, NULL, "json_malformed 1:7" },
        { "one broken line", "{\"data\":1}\n{\"data\":\n{\"data\":3}", true, "body",
          "ok <{\"data\":1}>; json_malformed 2:9 <{\"data\":>; ok <{\"data\":3}>" },
        { "two values on a line", "{\"data\":1} {\"data\":2}\n{\"data\":3}", true, NULL, "ok; json_malformed 1:12; ok" },
        { "array not closed", "[{\"data\":1}", false, NULL, "ok; json_malformed 1:12" },
        { "array, comma missing", "[{\"data\":1}{\"data\":2}]", false, "body",
          "ok <{\"data\":1}>; json_malformed 1:12 <{\"data\":2}]>" },
        { "array, broken element", "[{\"data\":1},{\"data\":},{\"data\":3}]", false, "body",
          "ok <{\"data\":1}>; json_malformed 1:21 <{\"data\":},{\"data\":3}]>" },
        { "array, trailing comma", "[{\"data\":1},]", false, NULL, "ok; json_malformed 1:13" },
        { "array, ends in a comma", "[{\"data\":1},", false, NULL, "ok; json_malformed 1:13" },
        { "array, only the bracket", "[", false, NULL, "json_malformed 1:2" },
        { "text behind an array", "[{\"data\":1}]]", false, NULL, "ok; json_malformed 1:13" },
        { "text behind an empty array", "[]]", false, NULL, "json_malformed 1:3" },
        { "too deep", "{\"data\":[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]}", false, NULL, "json_depth 1:25" },
        { "invalid UTF-8", "{\"data\":\"\xFF\"}", false, NULL, "json_utf8 1:10" },
        /* the envelope */
        { "not an object", "[1,\"x\",{\"data\":1}]", false, NULL, "envelope_invalid; envelope_invalid; ok" },
        { "no data", "{\"type\":\"a\"}", false, NULL, "envelope_invalid /data" },
        { "data may be null", "{\"data\":null}", false, "data", "ok null" },
        { "id must be a string", "{\"id\":5,\"data\":1}", false, NULL, "envelope_invalid /id" },
        { "id must not be empty", "{\"id\":\"\",\"data\":1}", false, NULL, "envelope_invalid /id" },
        { "null is absent", "{\"id\":null,\"subject\":null,\"data\":1}", false, "id", "ok " },
        { "context must be an object", "{\"context\":[],\"data\":1}", false, NULL, "envelope_invalid /context" },
        { "specversion 1.0", "{\"specversion\":\"1.0\",\"data\":1}", false, NULL, "ok" },
        { "specversion 0.3", "{\"specversion\":\"0.3\",\"data\":1}", false, NULL, "envelope_invalid /specversion" },
        { "time must be a time", "{\"time\":\"yesterday\",\"data\":1}", false, NULL, "envelope_invalid /time" },
        { "sentAt must be a time", "{\"sentAt\":\"1\",\"data\":1}", false, NULL, "envelope_invalid /sentAt" },
        { "the first mistake counts", "{\"id\":5,\"time\":\"x\",\"data\":1}", false, NULL, "envelope_invalid /id" },
        { "syntax goes before", "{\"id\":5,\"data\":01}", false, NULL, "json_malformed 1:17" },
        { "the same attribute twice", "{\"data\":1,\"data\":2}", false, NULL, "json_duplicate_key 1:11" },
        { "twice, in disguise", "{\"data\":1,\"d\\u0061ta\":2}", false, NULL, "json_duplicate_key 1:11" },
        { "the same extension twice", "{\"data\":1,\"x\":1,\"x\":2}", false, NULL, "json_duplicate_key 1:17" },
        { "an extension in disguise", "{\"data\":1,\"\\u0078\":1}", false, NULL, "envelope_invalid" },
        { "extensions are kept", "{\"traceparent\":\"00-ab\",\"data\":1,\"n\":[1]}", false, "extensions",
          "ok \"traceparent\"=\"00-ab\" \"n\"=[1]" },
        { "too many extensions",
          "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1,\"j\":1,\"k\":1,\"l\":1,\"m\":1,\"n\":1,"
          "\"o\":1,\"p\":1,\"q\":1,\"r\":1,\"s\":1,\"t\":1,\"u\":1,\"v\":1,\"w\":1,\"x\":1,\"y\":1,\"z\":1,\"A\":1,\"B\":1,"
          "\"C\":1,\"D\":1,\"E\":1,\"F\":1,\"G\":1,\"data\":1}",
          false, NULL, "envelope_invalid" },
        /* the context */
        { "a fact two levels down", "{\"context\":{\"page\":{\"url\":\"u\",\"x\":{}}},\"data\":1}", false, "page_url",
          "ok \"u\"" },
        { "escaped names are found", "{\"context\":{\"p\\u0061ge\":{\"url\":\"u\"}},\"data\":1}", false, "page_url", "ok \"u\"" },
        { "another kind is let be", "{\"context\":{\"page\":5,\"userAgent\":{},\"locale\":\"de\"},\"data\":1}", false, "locale",
          "ok \"de\"" },
        { "another kind is no fact", "{\"context\":{\"userAgent\":{}},\"data\":1}", false, "user_agent", "ok " },
        { "twice in the context", "{\"context\":{\"page\":{\"url\":\"u\",\"url\":\"v\"}},\"data\":1}", false, NULL,
          "json_duplicate_key 1:31" },
        { "broken context", "{\"context\":{\"page\":{\"url\":}},\"data\":1}", false, NULL, "json_malformed 1:27" },
        { "empty context", "{\"context\":{},\"data\":1}", false, "context", "ok {}" },
        { "empty name", "{\"context\":{\"\":1},\"\":2,\"data\":1}", false, "extensions", "ok \"\"=2" },
        /* time */
        { "no time", "{\"data\":1}", false, "clock", "ok 1795248780000" },
        { "a time", "{\"time\":\"2026-11-21T08:12:00Z\",\"data\":1}", false, "clock", "ok 1795248720000" },
        { "a slow clock", "{\"time\":\"2026-11-21T07:12:00Z\",\"sentAt\":\"2026-11-21T07:12:50Z\",\"data\":1}", false, "clock",
          "ok 1795248730000" },
        { "sentAt alone", "{\"sentAt\":\"2026-11-21T07:12:50Z\",\"data\":1}", false, "clock", "ok 1795248780000" },
};

static void test_envelopes(void **state)
{
        (void)state;
        size_t wrong = 0;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                const char *seen = run(&input_json, CASES[i].body, CASES[i].lines, CASES[i].show, READER_DONE);
                if (strcmp(seen, CASES[i].want) == 0)
                        continue;
                print_error("%s: want \"%s\", got \"%s\"\n", CASES[i].name, CASES[i].want, seen);
                wrong++;
        }
        assert_int_equal(wrong, 0);
}

static void test_payloads(void **state)
{
        (void)state;
        assert_string_equal(run(&input_payload, "{\"a\":1}", false, "body", READER_DONE), "ok <{\"a\":1}>");
        assert_string_equal(run(&input_payload, "[1, {} ]", false, "body", READER_DONE), "ok <1>; ok <{}>");
        assert_string_equal(run(&input_payload, "{\"a\":1}\n{\"a\":2}\n", true, "body", READER_DONE),
                            "ok <{\"a\":1}>; ok <{\"a\":2}>");
        assert_string_equal(run(&input_payload, "{", false, NULL, READER_DONE), "json_malformed 1:2");
        assert_int_equal(batch.count, 1);
}

static void test_too_many_events(void **state)
{
        (void)state;
        (void)run(&input_payload, "[1,2,3,4,5]", false, NULL, READER_DONE);
        (void)run(&input_payload, "[1,2,3,4,5,6]", false, NULL, READER_TOO_MANY);
        (void)run(&input_payload, "1\n2\n3\n4\n5\n6", true, NULL, READER_TOO_MANY);
        (void)run(&input_payload, "1\n2\n3\n4\n5 6", true, NULL, READER_TOO_MANY);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_envelopes), cmocka_unit_test(test_payloads), cmocka_unit_test(test_too_many_events),
        };
        arena_pool_init(&pool, 4096, 4);
        arena_init(&arena, &pool, 1 << 20);
        buffer_init(&host.seen, 65536);
        int failed = cmocka_run_group_tests_name("json", tests, NULL, NULL);
        arena_done(&arena);
        arena_pool_done(&pool);
        buffer_done(&host.seen);
        return failed;
}
