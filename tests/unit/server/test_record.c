#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/utf8.h"
#include "milling.h"
#include "server/record.h"

#define NOW "2026-11-21T12:00:00.123Z"
#define BEHIND ",\"event\":{\"ingested\":\"" NOW "\"}}"
#define DATA "\"data\":{ \"n\" : 1.0 }"
#define SALE "\"dataschema\":\"iglu:com.acme/sale/jsonschema/2-0-0\""

/* The record of a good event, byte for byte. */
static const struct { const char *name, *body, *want; } GOOD[] = {
        { "the least", "{\"id\":\"i\",\"type\":\"sale\"," DATA "}",
          "{\"id\":\"i\",\"type\":\"sale\",\"time\":\"" NOW "\"," SALE "," DATA BEHIND },
        { "without its type", "{\"id\":\"i\",\"dataschema\":\"com.acme/sale/1-0-0\"," DATA "}",
          "{\"id\":\"i\",\"type\":\"sale\",\"time\":\"" NOW "\",\"dataschema\":\"iglu:com.acme/sale/jsonschema/1-0-0\"," DATA
          BEHIND },
        { "an order of ours", "{" DATA ",\"userId\":\"u\",\"subject\":\"s\",\"source\":\"o\",\"specversion\":\"1.0\","
          "\"type\":\"sale\",\"sessionId\":\"e\",\"anonymousId\":\"a\",\"datacontenttype\":\"application/json\",\"id\":\"i\"}",
          "{\"id\":\"i\",\"type\":\"sale\",\"time\":\"" NOW "\"," SALE ",\"specversion\":\"1.0\",\"source\":\"o\","
          "\"subject\":\"s\",\"datacontenttype\":\"application/json\",\"userId\":\"u\",\"anonymousId\":\"a\",\"sessionId\":\"e\","
          DATA BEHIND },
        { "a member that is ours to write", "{\"id\":\"i\",\"event\":{\"ingested\":1},\"geo\":2,\"x\":[ 3 ],\"device\":4,"
          "\"type\":\"sale\"," DATA "}",
          "{\"id\":\"i\",\"type\":\"sale\",\"time\":\"" NOW "\"," SALE ",\"geo\":2,\"x\":[ 3 ]," DATA BEHIND },
        { "null is absent", "{\"id\":\"i\",\"source\":null,\"context\":null,\"time\":null,\"type\":\"sale\"," DATA "}",
          "{\"id\":\"i\",\"type\":\"sale\",\"time\":\"" NOW "\"," SALE "," DATA BEHIND },
        { "escapes stay", "{\"id\":\"\\u0069\\\"\",\"subject\":\"\\u00e9\",\"type\":\"sale\"," DATA "}",
          "{\"id\":\"\\u0069\\\"\",\"type\":\"sale\",\"time\":\"" NOW "\"," SALE ",\"subject\":\"\\u00e9\"," DATA BEHIND },
        { "the client's own time", "{\"id\":\"i\",\"time\":\"2026-01-02T03:04:05.123456789+01:00\",\"type\":\"sale\"," DATA "}",
          "{\"id\":\"i\",\"type\":\"sale\",\"time\":\"2026-01-02T03:04:05.123456789+01:00\"," SALE "," DATA
          ",\"event\":{\"ingested\":\"" NOW "\",\"delay\":27942955000,\"age\":\"old\"}}" },
};

static void test_good_records(void **state)
{
        struct milling *milling = *state;
        for (size_t i = 0; i < COUNT_OF(GOOD); i++) {
                const struct event *event = milling_run(milling, NULL, slice_of(GOOD[i].body));
                if (!slice_equal(event->value, slice_of(GOOD[i].want)))
                        fail_msg("%s: %.*s", GOOD[i].name, SLICE_ARGS(event->value));
        }
}

/* The record of a bad event. */
static const struct { const char *name, *body; size_t size; const char *want; } BAD[] = {
        { "text", "{\"id\":\"i\",\"type\":\"dance\",\"data\":{}}", 0,
          "{\"reason\":\"schema_unknown\",\"message\":\"no schema of the tracking plan, or more than one vendor's, is named "
          "\\\"dance\\\"; say which one in \\\"dataschema\\\"\",\"pointer\":\"/type\",\"id\":\"i\",\"received\":\"" NOW "\""
          ",\"size\":35,\"payload\":\"{\\\"id\\\":\\\"i\\\",\\\"type\\\":\\\"dance\\\",\\\"data\\\":{}}\"}" },
        { "an identifier with escapes", "{\"id\":\"a\\\"\\u00e9\"}", 0,
          "{\"reason\":\"envelope_invalid\",\"message\":\"the event's member \\\"data\\\" is missing\",\"pointer\":\"/data\","
          "\"id\":\"a\\\"\xC3\xA9\",\"received\":\"" NOW "\"" ",\"size\":18,"
          "\"payload\":\"{\\\"id\\\":\\\"a\\\\\\\"\\\\u00e9\\\"}\"}" },
        { "the whole data", "{\"id\":\"i\",\"type\":\"sale\",\"data\":{}}", 0,
          "{\"reason\":\"schema_invalid\",\"message\":\"the data must have the member \\\"n\\\"\",\"schema\":"
          "\"com.acme/sale/2-0-0\",\"pointer\":\"\",\"keyword\":\"required\",\"id\":\"i\",\"received\":\"" NOW "\""
          ",\"size\":34,\"payload\":\"{\\\"id\\\":\\\"i\\\",\\\"type\\\":\\\"sale\\\",\\\"data\\\":{}}\"}" },
        { "not UTF-8", "{\"id\":\"i\",\"\xFF\":1}", 0,
          "{\"reason\":\"json_utf8\",\"message\":\"the bytes are not well-formed UTF-8\","
          "\"line\":1,\"column\":12,\"id\":\"i\",\"received\":\"" NOW "\""
          ",\"size\":16,\"payload_base64\":\"eyJpZCI6ImkiLCL/IjoxfQ==\"}" },
        { "a NUL byte", "{\"id\":\"i\",\0}", 11,
          "{\"reason\":\"json_malformed\",\"message\":\"a member's name in double quotes is expected\",\"line\":1,\"column\":11,"
          "\"id\":\"i\",\"received\":\"" NOW "\"" ",\"size\":11,\"payload\":\"{\\\"id\\\":\\\"i\\\",\\u0000\"}" },
};

static void test_bad_records(void **state)
{
        struct milling *milling = *state;
        for (size_t i = 0; i < COUNT_OF(BAD); i++) {
                size_t size = BAD[i].size ? BAD[i].size : strlen(BAD[i].body);
                const struct event *event = milling_run(milling, NULL, (struct slice){ BAD[i].body, size });
                if (!slice_equal(event->value, slice_of(BAD[i].want)))
                        fail_msg("%s: %.*s", BAD[i].name, SLICE_ARGS(event->value));
        }
}

/* Who sent it: the network of the address, and headers as far as they go. */
static void test_the_client_is_told(void **state)
{
        static const struct { const char *name, *address, *agent, *want; } CLIENTS[] = {
                { "IPv4", "192.0.2.77", NULL, ",\"client\":{\"address\":\"192.0.2.0\"}," },
                { "IPv6", "2001:db8:1:2:3:4:5:6", NULL, ",\"client\":{\"address\":\"2001:db8:1::\"}," },
                { "an agent", "192.0.2.77", "a\"b", ",\"client\":{\"address\":\"192.0.2.0\",\"user_agent\":\"a\\\"b\"}," },
                { "an agent in Latin-1", "192.0.2.77", "caf\xE9",
                  ",\"client\":{\"address\":\"192.0.2.0\",\"user_agent\":\"caf\xEF\xBF\xBD\"}," },
        };
        struct milling *milling = *state;
        struct buffer scratch;
        buffer_init(&scratch, 65536);
        for (size_t i = 0; i < COUNT_OF(CLIENTS); i++) {
                struct event *event = milling_run(milling, NULL, SLICE("{}"));
                assert_true(address_parse(slice_of(CLIENTS[i].address), &event->batch->client.address));
                event->batch->client.header[HEADER_user_agent] = slice_of(CLIENTS[i].agent);
                struct slice record = record_bad(event, 1000000, BAD_PAYLOAD_FULL, &scratch, &milling->arena);
                if (!memmem(record.data, record.size, CLIENTS[i].want, strlen(CLIENTS[i].want)))
                        fail_msg("%s: %.*s", CLIENTS[i].name, SLICE_ARGS(record));
        }
        buffer_done(&scratch);
}

static bool holds(struct slice record, const char *text) { return memmem(record.data, record.size, text, strlen(text)) != NULL; }

/* With kafka.bad_payload none no value of the client's is there, and the way to it still is. */
static void test_payloads_can_be_left_out(void **state)
{
        struct milling *milling = *state;
        struct buffer scratch;
        buffer_init(&scratch, 65536);
        struct event *event =
                milling_run(milling, NULL, SLICE("{\"id\":\"i\",\"type\":\"sale\",\"data\":{\"amount\":\"jane\"}}"));
        event->batch->client.header[HEADER_referer] = SLICE("https://shop.example/a?mail=jane");
        struct slice full = record_bad(event, 1000000, BAD_PAYLOAD_FULL, &scratch, &milling->arena);
        assert_true(holds(full, "jane"));
        struct slice bare = record_bad(event, 1000000, BAD_PAYLOAD_NONE, &scratch, &milling->arena);
        if (holds(bare, "jane") || holds(bare, "payload") || !holds(bare, "\"referrer\":\"https://shop.example/a\"") ||
            !holds(bare, "\"pointer\":\"\",\"keyword\":\"required\"") || !holds(bare, ",\"omitted\":true}"))
                fail_msg("%.*s", SLICE_ARGS(bare));
        buffer_done(&scratch);
}

/* A body of `count` times the piece behind '{'. `cut`: it must not fit whole. */
static const struct { const char *name, *piece; size_t count, largest; bool cut, base64; } LARGE[] = {
        { "letters that fit",          "x", 8000, 10000, false, false },
        { "letters that fit just so",  "x", 9400, 10000, false, false },
        { "letters",                   "x", 20000, 10000, true, false },
        { "quotes that fit",           "\"", 4600, 10000, false, false },
        { "quotes",                    "\"", 6000, 10000, true, false },
        { "line breaks",               "\n", 6000, 10000, true, false },
        { "control characters that fit", "\x01", 1500, 10000, false, false },
        { "control characters",        "\x01", 2000, 10000, true, false },
        { "two-byte characters",       "\xC3\xA9", 8000, 10000, true, false },
        { "three-byte characters",     "\xE2\x82\xAC", 8000, 10001, true, false },
        { "four-byte characters",      "\xF0\x9F\x98\x80", 8000, 10002, true, false },
        { "bytes that fit",            "\xFF", 7000, 10000, false, true },
        { "bytes",                     "\xFF", 8000, 10000, true, true },
        { "letters, a small topic",    "x", 8000, 1000, true, false },
        { "a topic for nothing",       "x", 8000, 100, true, false },
};

static void test_large_bodies_are_cut_to_fit(void **state)
{
        struct milling *milling = *state;
        static char body[70000];
        for (size_t i = 0; i < COUNT_OF(LARGE); i++) {
                size_t size = 1, length = strlen(LARGE[i].piece);
                body[0] = '{';
                for (size_t k = 0; k < LARGE[i].count; k++, size += length)
                        memcpy(body + size, LARGE[i].piece, length);
                milling->mill->largest = LARGE[i].largest;
                struct slice record = milling_run(milling, NULL, (struct slice){ body, size })->value;
                bool cut = memmem(record.data, record.size, ",\"truncated\":true,", 18) != NULL;
                bool base64 = memmem(record.data, record.size, "\"payload_base64\":", 17) != NULL;
                if (!record.data || cut != LARGE[i].cut || base64 != LARGE[i].base64 || !utf8_valid(record))
                        fail_msg("%s: %zu bytes, cut %d, base64 %d", LARGE[i].name, record.size, cut, base64);
                if (LARGE[i].largest >= 1000 && record.size > LARGE[i].largest)
                        fail_msg("%s: %zu bytes are more than %zu", LARGE[i].name, record.size, LARGE[i].largest);
                /* What could be kept, was. */
                if (cut && LARGE[i].largest >= 1000 && record.size + 150 < LARGE[i].largest)
                        fail_msg("%s: only %zu bytes of %zu", LARGE[i].name, record.size, LARGE[i].largest);
        }
        milling->mill->largest = 1000000;
}

/* What the client chose must not make the record of its event too large for every topic. */
static void test_long_texts_are_kept_short(void **state)
{
        struct milling *milling = *state;
        static char body[200000], name[60001];
        memset(name, 'k', 60000);
        (void)snprintf(body, sizeof(body), "{\"id\":\"\xC3\xA9%s\",\"type\":\"sale\",\"data\":{}}", name);
        milling->mill->largest = 10000;
        const struct event *event = milling_run(milling, NULL, slice_of(body));
        assert_true(event->value.size <= 10000);
        assert_int_equal(event->id_text.size, 512);
        assert_int_equal(event->id.size, 60002);
        (void)snprintf(body, sizeof(body), "{\"type\":\"sale\",\"data\":{\"%s\":1,\"%s\":1}}", name, name);
        event = milling_run(milling, NULL, slice_of(body));
        assert_int_equal(event->verdict, REASON_json_duplicate_key);
        assert_true(event->value.size <= 10000);
        milling->mill->largest = 1000000;
}

/* ---- headers ---- */

static const struct { const char *name; const char *wanted[5], *have; } WANTED[] = {
        { "all",       { "content-type", "event_id", "received_at", "schema" }, "content-type event_id received_at schema " },
        { "turned",    { "schema", "event_id" }, "event_id schema " },
        { "twice one", { "schema", "schema" }, "schema " },
        { "none",      { NULL }, "" },
};

static void test_headers_that_are_wanted(void **state)
{
        struct milling *milling = *state;
        const struct event *event = milling_run(milling, NULL, SLICE("{\"type\":\"sale\",\"data\":{}}"));
        for (size_t i = 0; i < COUNT_OF(WANTED); i++) {
                struct config config = { .kafka_headers.items = (const char **)(uintptr_t)WANTED[i].wanted };
                while (WANTED[i].wanted[config.kafka_headers.count])
                        config.kafka_headers.count++;
                struct record_header headers[RECORD_HEADERS_MAX];
                size_t count = record_headers(event, record_headers_wanted(&config, NULL), headers);
                char room[200];
                struct buffer have;
                buffer_wrap(&have, room, sizeof(room));
                for (size_t k = 0; k < count; k++) {
                        buffer_add(&have, headers[k].name);
                        buffer_add_char(&have, ' ');
                        assert_true(headers[k].value.size > 0);
                }
                if (!slice_equal(buffer_slice(&have), slice_of(WANTED[i].have)))
                        fail_msg("%s: %.*s", WANTED[i].name, SLICE_ARGS(buffer_slice(&have)));
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
                cmocka_unit_test(test_good_records),
                cmocka_unit_test(test_bad_records),
                cmocka_unit_test(test_the_client_is_told),
                cmocka_unit_test(test_payloads_can_be_left_out),
                cmocka_unit_test(test_large_bodies_are_cut_to_fit),
                cmocka_unit_test(test_long_texts_are_kept_short),
                cmocka_unit_test(test_headers_that_are_wanted),
        };
        return cmocka_run_group_tests_name("record", tests, setup, teardown);
}
