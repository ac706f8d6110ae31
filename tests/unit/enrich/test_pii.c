/* Personal data are taken out: which values a path names, what becomes of them, and that nothing goes out when that fails. */
#include "rig.h"
#include "base/hash.h"
#include "base/hmac.h"
#include <sys/stat.h>
#include <unistd.h>

#define SECRET "0123456789abcdef"

static void open_with(struct bench *bench, const char *settings, const char *key)
{
        char yaml[700];
        (void)snprintf(yaml, sizeof(yaml), "enrich:\n  order: [x]\n  instances:\n    x: { kind: pii, %s%s%s }\n", settings,
                       key ? ", key_file: " : "", key ? key : "");
        rig_open(bench, yaml);
}

/* What a path names, shown by removing it. */
static const struct { const char *name, *fields, *event, *left;
} PATHS[] = {
        { "the user", "userId", "{\"userId\":\"u\",\"data\":{}}", "{\"data\":{}}" },
        { "the last member", "userId", "{\"data\":{},\"userId\":\"u\"}", "{\"data\":{}}" },
        { "absent", "userId", "{\"data\":{}}", "{\"data\":{}}" },
        { "all of them", "[userId, anonymousId, sessionId, subject, source, context]",
          "{\"source\":\"s\",\"subject\":\"t\",\"userId\":\"u\",\"anonymousId\":\"a\",\"sessionId\":\"i\",\"context\":{},"
          "\"data\":1}",
          "{\"data\":1}" },
        { "a pointer", "/a/b", "{\"data\":{\"a\":{\"b\":1,\"c\":2},\"b\":3}}", "{\"data\":{\"a\":{\"c\":2},\"b\":3}}" },
        { "only member", "/a", "{\"data\":{\"a\":1}}", "{\"data\":{}}" },
        { "an element", "/a/1", "{\"data\":{\"a\":[1,2,3]}}", "{\"data\":{\"a\":[1,null,3]}}" },
        { "no element of that name", "/a/01", "{\"data\":{\"a\":[1,2,3]}}", "{\"data\":{\"a\":[1,2,3]}}" },
        { "every element", "/a/*/e", "{\"data\":{\"a\":[{\"e\":1},{\"f\":2},{\"f\":3,\"e\":[4]},5]}}",
          "{\"data\":{\"a\":[{},{\"f\":2},{\"f\":3},5]}}" },
        { "every member", "/a/*/e", "{\"data\":{\"a\":{\"x\":{\"e\":1},\"y\":{\"e\":2,\"f\":3}}}}",
          "{\"data\":{\"a\":{\"x\":{},\"y\":{\"f\":3}}}}" },
        { "every member, whatever it is", "/a/*", "{\"data\":{\"a\":{\"x\":{\"e\":1},\"y\":2}}}", "{\"data\":{\"a\":{}}}" },
        { "stars in stars", "/*/*", "{\"data\":{\"a\":{\"x\":1},\"b\":[2],\"c\":3}}",
          "{\"data\":{\"a\":{},\"b\":[null],\"c\":3}}" },
        { "white space", "/a/*/e", "{ \"data\" : { \"a\" : [ { \"e\" : 1 , \"f\" : 2 } , { \"f\" : 3 , \"e\" : 4 } ] } }",
          "{ \"data\" : { \"a\" : [ {  \"f\" : 2 } , { \"f\" : 3  } ] } }" },
        { "a name with escapes", "/e~1mail~0", "{\"data\":{\"e\\/\\u006dail~\":1,\"x\":2}}", "{\"data\":{\"x\":2}}" },
        { "an empty name", "/", "{\"data\":{\"\":1,\"x\":2}}", "{\"data\":{\"x\":2}}" },
        { "the same name twice", "/a/e", "{\"data\":{\"a\":{\"e\":1,\"x\":2,\"e\":3}}}", "{\"data\":{\"a\":{\"x\":2}}}" },
        { "the same name twice, one escaped", "context.t.e", "{\"context\":{\"t\":{\"e\":1,\"\\u0065\":3}},\"data\":0}",
          "{\"context\":{\"t\":{}},\"data\":0}" },
        { "the context", "context.traits.email", "{\"context\":{\"traits\":{\"email\":\"a\",\"plan\":1}},\"data\":0}",
          "{\"context\":{\"traits\":{\"plan\":1}},\"data\":0}" },
        { "all of a part of the context", "context.traits.*",
          "{\"context\":{\"traits\":{\"email\":\"a\",\"plan\":1}},\"data\":0}", "{\"context\":{\"traits\":{}},\"data\":0}" },
        { "an extension", "extension.mail", "{\"mail\":\"a\",\"data\":{\"mail\":1}}", "{\"data\":{\"mail\":1}}" },
        { "inside an extension", "extension.user.mail", "{\"user\":{\"mail\":\"a\"},\"data\":0}", "{\"user\":{},\"data\":0}" },
        { "anywhere", "/**/e",
          "{\"data\":{\"e\":1,\"a\":[{\"e\":{\"f\":2}},[{\"e\":3}]],\"b\":{\"c\":{\"d\":4,\"e\":5}}},\"e\":6}",
          "{\"data\":{\"a\":[{},[{}]],\"b\":{\"c\":{\"d\":4}}},\"e\":6}" },
        { "anywhere, one inside another", "/**/e", "{\"data\":{\"e\":{\"e\":1,\"x\":2},\"y\":{\"e\":3}}}",
          "{\"data\":{\"y\":{}}}" },
        { "anywhere below", "/a/**/e", "{\"data\":{\"a\":{\"b\":{\"e\":1},\"e\":2},\"e\":3}}",
          "{\"data\":{\"a\":{\"b\":{}},\"e\":3}}" },
        { "anywhere in the context", "context.**.e", "{\"context\":{\"t\":{\"e\":1}},\"data\":{\"e\":2}}",
          "{\"context\":{\"t\":{}},\"data\":{\"e\":2}}" },
        { "two paths", "[/b, /a]", "{\"data\":{\"a\":1,\"b\":2,\"c\":3}}", "{\"data\":{\"c\":3}}" },
        { "one inside the other", "[/a/b, /a]", "{\"data\":{\"a\":{\"b\":1},\"c\":3}}", "{\"data\":{\"c\":3}}" },
        { "one around the other", "[/a, /a/b]", "{\"data\":{\"a\":{\"b\":1},\"c\":3}}", "{\"data\":{\"c\":3}}" },
        { "null", "/a", "{\"data\":{\"a\":null}}", "{\"data\":{\"a\":null}}" },
        { "data that are no object", "[/a, /**/a]", "{\"data\":\"text\"}", "{\"data\":\"text\"}" },
        { "an empty array", "/a/*/e", "{\"data\":{\"a\":[ ]}}", "{\"data\":{\"a\":[ ]}}" },
};

static void test_what_a_path_names(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(PATHS); i++) {
                struct bench bench;
                char settings[200];
                (void)snprintf(settings, sizeof(settings), "action: remove, fields: %s%s%s", *PATHS[i].fields == '[' ? "" : "'",
                               PATHS[i].fields, *PATHS[i].fields == '[' ? "" : "'");
                UNIT_ROW(PATHS[i].name);
                open_with(&bench, settings, NULL);
                assert_string_equal(rig_run(&bench, PATHS[i].event), "");
                assert_string_equal(rig_left(&bench), PATHS[i].left);
                assert_false(bench.findings.broken);
                bench_close(&bench);
        }
}

static const struct { const char *name, *settings, *raw, *want; } CHANGES[] = {
        { "cut", "action: truncate, keep: 3", "\"abcdef\"", "\"abc\"" },
        { "cut, shorter", "action: truncate, keep: 3", "\"ab\"", "\"ab\"" },
        { "cut to nothing", "action: truncate", "\"ab\"", "\"\"" },
        { "cut, by characters", "action: truncate, keep: 2", "\"\\u00fc\xE2\x82\xAC!\"", "\"\xC3\xBC\xE2\x82\xAC\"" },
        { "cut, to be escaped", "action: truncate, keep: 2", "\"\\\"\\u0001x\"", "\"\\\"\\u0001\"" },
        { "a number", "action: truncate, keep: 3", "4915112", "\"491\"" },
        { "a negative number", "action: truncate, keep: 3", "-15.5", "\"-15\"" },
        { "masked", "action: mask", "\"abcdef\"", "\"***\"" },
        { "masked but the end", "action: mask, keep: 4", "\"DE44 5001 0517\"", "\"***0517\"" },
        { "masked, nothing else", "action: mask, keep: 4", "\"0517\"", "\"***\"" },
        { "masked, shorter", "action: mask, keep: 4", "\"17\"", "\"***\"" },
        { "masked, by characters", "action: mask, keep: 2", "\"ab\xC3\xBC\xE2\x82\xAC\"", "\"***\xC3\xBC\xE2\x82\xAC\"" },
        { "masked, to be escaped", "action: mask, keep: 2", "\"ab\\n\\\\\"", "\"***\\n\\\\\"" },
        { "a truth goes", "action: mask", "true", NULL },
        { "an object goes", "action: truncate, keep: 9", "{\"a\":1}", NULL },
        { "a list goes", "action: mask", "[1]", NULL },
        { "null stays", "action: mask", "null", "null" },
        { "nothing stays", "action: mask", "\"\"", "\"\"" },
};

static void test_what_becomes_of_values(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CHANGES); i++) {
                struct bench bench;
                char settings[200], event[200], want[200];
                (void)snprintf(settings, sizeof(settings), "fields: /a, %s", CHANGES[i].settings);
                (void)snprintf(event, sizeof(event), "{\"data\":{\"a\":%s,\"b\":1}}", CHANGES[i].raw);
                (void)snprintf(want, sizeof(want), CHANGES[i].want ? "{\"data\":{\"a\":%s,\"b\":1}}" : "{\"data\":{\"b\":1}}",
                               CHANGES[i].want);
                UNIT_ROW(CHANGES[i].name);
                open_with(&bench, settings, NULL);
                (void)rig_run(&bench, event);
                assert_string_equal(rig_left(&bench), want);
                bench_close(&bench);
        }
}

static void key_make(char path[32], const char *secret, mode_t mode)
{
        (void)snprintf(path, 32, "/tmp/test_pii_XXXXXX");
        int descriptor = mkstemp(path);
        assert_true(descriptor >= 0);
        assert_int_equal(write(descriptor, secret, strlen(secret)), strlen(secret));
        assert_int_equal(fchmod(descriptor, mode), 0);
        close(descriptor);
}

/* `means`: the text whose digest under the key must stand there. */
static const struct { const char *name, *settings, *raw, *before, *means; bool base64; } HASHES[] = {
        { "a text", "action: hash", "\"jane@example.com\"", "", "jane@example.com", false },
        { "with escapes", "action: hash", "\"j\\u00e4ne\\n\"", "", "j\xC3\xA4ne\n", false },
        { "a number, as it is written", "action: hash", "1.50", "", "1.50", false },
        { "case counts", "action: hash", "\"Jane\"", "", "Jane", false },
        { "lower", "action: hash, normalize: lower", "\" JaZ@[{\\u00c4 \"", "", " jaz@[{\xC3\x84 ", false },
        { "an address", "action: hash, normalize: trim_lower", "\" \\tJane@Example.COM \\r\\n\"", "", "jane@example.com", false },
        { "blank", "action: hash, normalize: trim_lower", "\" \"", "", "", false },
        { "with a key's name", "action: hash, prefix: 'k2:'", "\"x\"", "k2:", "x", false },
        { "base64url", "action: hash, format: base64url", "\"x\"", "", "x", true },
};

static void digest_text(const char *text, bool base64, char out[80])
{
        uint8_t digest[HMAC_SIZE + 1] = { 0 };
        struct hmac_key *key = hmac_key_new(SLICE(SECRET));
        hmac_sign(key, slice_of(text), digest);
        hmac_key_free(key);
        if (!base64) {
                for (size_t i = 0; i < HMAC_SIZE; i++)
                        (void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
                return;
        }
        for (size_t i = 0; i < 43; i++) {          /* bit by bit: another way than the one that is tested */
                unsigned six = 0;
                for (size_t bit = 6 * i; bit < 6 * i + 6; bit++)
                        six = six << 1 | (digest[bit / 8] >> (7 - bit % 8) & 1);
                out[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[six];
        }
        out[43] = '\0';
}

static void test_pseudonyms(void **state)
{
        (void)state;
        char key[32];
        key_make(key, SECRET "\n", 0600);
        for (size_t i = 0; i < COUNT_OF(HASHES); i++) {
                struct bench bench;
                char settings[200], event[200], want[300], digest[80];
                (void)snprintf(settings, sizeof(settings), "fields: /a, %s", HASHES[i].settings);
                (void)snprintf(event, sizeof(event), "{\"data\":{\"a\":%s}}", HASHES[i].raw);
                digest_text(HASHES[i].means, HASHES[i].base64, digest);
                (void)snprintf(want, sizeof(want), "{\"data\":{\"a\":\"%s%s\"}}", HASHES[i].before, digest);
                UNIT_ROW(HASHES[i].name);
                open_with(&bench, settings, key);
                assert_string_equal(enrich_plan_watched(bench.plan, 0), key);
                (void)rig_run(&bench, event);
                assert_string_equal(rig_left(&bench), want);
                bench_close(&bench);
        }
        unlink(key);
}

static void test_schemas_and_order(void **state)
{
        (void)state;
        struct bench bench;
        static const char EVENT[] = "{\"userId\":\"abc\",\"data\":{\"a\":\"def\"}}";
        rig_open(&bench,
                 "enrich:\n"
                 "  order: [theirs, ours, domain, last]\n"
                 "  when: { last: present(/a) }\n"
                 "  instances:\n"
                 "    theirs: { kind: pii, action: remove, fields: /a, schemas: [com.other/*, com.acme/sale/*] }\n"
                 "    ours: { kind: pii, action: truncate, keep: 1, fields: [userId, /a], schemas: com.acme/purchase/* }\n"
                 "    domain: { kind: compute, value: 'substring(/a, 1)' }\n"
                 "    last: { kind: pii, action: mask, fields: /a }\n");
        /* What is computed later still sees what the client sent; the later action counts. */
        assert_string_equal(rig_run(&bench, EVENT), ",\"labels\":{\"domain\":\"ef\"}");
        assert_string_equal(rig_left(&bench), "{\"userId\":\"a\",\"data\":{\"a\":\"***\"}}");
        assert_int_equal(metrics_sum(bench.metrics, METRIC_pii_values), 3);
        bench_close(&bench);
}

/* However little memory there is: what is not edited is not published. */
static void test_too_little_memory_breaks_the_event(void **state)
{
        (void)state;
        char key[32];
        static const char *const SETTINGS[] = { "action: remove", "action: truncate, keep: 3", "action: mask", "action: hash" };
        key_make(key, SECRET, 0600);
        for (size_t i = 0; i < COUNT_OF(SETTINGS); i++) {
                struct bench bench;
                char settings[200];
                (void)snprintf(settings, sizeof(settings), "fields: [/a, /b], %s", SETTINGS[i]);
                open_with(&bench, settings, key);
                arena_done(&bench.arena);
                arena_init(&bench.arena, &bench.pool, 0);
                UNIT_ROW(SETTINGS[i]);
                (void)rig_run(&bench, "{\"data\":{\"a\":\"x\\ny\",\"b\":2}}");
                assert_true(bench.findings.broken);
                (void)rig_run(&bench, "{\"data\":{\"c\":1}}");
                assert_false(bench.findings.broken);
                bench_close(&bench);
        }
        unlink(key);
}

static const struct { const char *name, *settings, *want;
} MISTAKES[] = {
        { "no such action", "action: encrypt, fields: /a",
          "action: 'encrypt' found, but wanted is remove, truncate, mask or hash" },
        { "no fields", "action: remove", "fields: it must be given: " },
        { "a data point", "action: remove, fields: user_agent.original",
          "fields: user_agent.original: 'user_agent.original' is added here, not the client's: leave it out by output.exclude" },
        { "nearly right", "action: remove, fields: usrId",
          "fields: usrId: there is no value 'usrId' to change; did you mean userId?" },
        { "unknown", "action: remove, fields: something",
          "fields: something: there is no value 'something' to change; there are JSON" },
        { "what the record is made of", "action: remove, fields: time", "fields: time: there is no value 'time' to change" },
        { "an extension that is none", "action: remove, fields: extension.userId",
          "fields: extension.userId: 'userId' is no extension but a member of the envelope" },
        { "every extension", "action: remove, fields: 'extension.*'", "fields: extension.*: an extension is called by its name" },
        { "no pointer", "action: remove, fields: /a~2", "fields: /a~2: this is no JSON pointer (RFC 6901)" },
        { "two dots", "action: remove, fields: context.a..b", "fields: context.a..b: a part of a path has 1 to 128 bytes" },
        { "anything anywhere", "action: remove, fields: '/**/*'", "fields: /**/*: one name and nothing else stands behind **" },
        { "a path anywhere", "action: remove, fields: '/**/a/b'", "fields: /**/a/b: one name and nothing else stands behind **" },
        { "too deep", "action: remove, fields: /1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", "a path has at most 16 parts" },
        { "no schema", "action: remove, fields: /a, schemas: purchase",
          "schemas: 'purchase' is no pattern of schemas; one looks like" },
        { "too many kept", "action: mask, fields: /a, keep: 1001",
          "keep: '1001' found, but wanted is a whole number from 0 to 1000" },
        { "no key", "action: hash, fields: /a", "key_file: the action hash needs a key" },
        { "a key that is not there", "action: hash, fields: /a, key_file: /nowhere/key", "key_file: cannot open '/nowhere/key'" },
        { "a wrong prefix", "action: hash, fields: /a, key_file: /nowhere/key, prefix: 'a\"b'",
          "prefix: a prefix has at most 32" },
        { "no such form", "action: mask, fields: /a, format: octal",
          "format: 'octal' found, but wanted is hex or base64url" },
        { "no such norm", "action: mask, fields: /a, normalize: upper",
          "normalize: 'upper' found, but wanted is none, lower or trim_lower" },
        { "an unknown setting", "action: mask, fields: /a, keeps: 3",
          "keeps: pii has no setting of this name; did you mean keep?" },
};

static void test_mistakes(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(MISTAKES); i++) {
                char yaml[600], text[600], want[300];
                (void)snprintf(yaml, sizeof(yaml), "enrich:\n  order: [x]\n  instances:\n    x: { kind: pii, %s }\n",
                               MISTAKES[i].settings);
                (void)snprintf(want, sizeof(want), "%s", MISTAKES[i].want);
                UNIT_ROW(MISTAKES[i].name);
                rig_complaint(yaml, text);
                if (!strstr(text, "enrich.instances.x.") || !strstr(text, want))
                        fail_msg("%s", text);
        }
}

/* A key that everybody may read is refused at load: the plan that is in force stays. */
static void test_keys_are_secret(void **state)
{
        (void)state;
        char key[32], yaml[300], text[600];
        key_make(key, SECRET, 0644);
        (void)snprintf(yaml, sizeof(yaml),
                       "enrich:\n  order: [x]\n  instances:\n    x: { kind: pii, action: hash, fields: /a, key_file: %s }\n",
                       key);
        rig_complaint(yaml, text);
        assert_non_null(strstr(text, "everybody on this machine may read or write"));
        unlink(key);
}

/* Random objects: whatever is removed, JSON is left, and no value of the name. */
static void value_make(struct buffer *out, struct random *random, unsigned depth)
{
        static const char *const NAMES[] = { "e", "f", "\\u0065", "g", "ee" };
        unsigned kind = (unsigned)(random_next(random) % (depth ? 6 : 3));
        if (kind < 3) {
                buffer_add(out, kind == 0 ? SLICE("17") : kind == 1 ? SLICE("\"e\\\"x\"") : SLICE("true"));
                return;
        }
        buffer_add_char(out, kind == 3 ? '[' : '{');
        for (size_t i = 0, count = random_next(random) % 4; i < count; i++) {
                if (i)
                        buffer_add(out, random_next(random) % 2 ? SLICE(",") : SLICE(" ,\n"));
                if (kind != 3)
                        buffer_format(out, "\"%s\"%s:", NAMES[random_next(random) % COUNT_OF(NAMES)],
                                      random_next(random) % 2 ? "" : " ");
                value_make(out, random, depth - 1);
        }
        buffer_add(out, kind == 3 ? SLICE("]") : SLICE(" }"));
}

static void test_random_events_stay_json(void **state)
{
        (void)state;
        struct bench  bench;
        struct random random;
        char   room[6000];
        size_t removed = 0;
        random_init_fixed(&random, 5);
        open_with(&bench, "action: remove, fields: ['/**/e', '/f/*', extension.x]", NULL);
        for (size_t i = 0; i < 8000; i++) {
                struct buffer out;
                buffer_wrap(&out, room, sizeof(room));
                buffer_add(&out, SLICE("{\"data\":"));
                value_make(&out, &random, 5);
                buffer_add(&out, SLICE(",\"x\":"));
                value_make(&out, &random, 2);
                buffer_add(&out, SLICE("}"));
                buffer_add_char(&out, '\0');
                arena_done(&bench.arena);
                arena_init(&bench.arena, &bench.pool, 1 << 20);
                (void)rig_run(&bench, room);
                const char *left = rig_left(&bench);       /* checks that it is JSON */
                assert_null(strstr(left, "\"e\""));
                assert_null(strstr(left, "\"\\u0065\""));
                assert_null(strstr(left, "\"x\":"));
                removed += strlen(left) + 1 < out.size;
        }
        assert_true(removed > 4000);
        bench_close(&bench);
}

/* Time is linear in the event: a hundred thousand elements, some of them in each other, would else take so long that the test run
 * ends it. */
static void test_hostile_events_cost_their_size(void **state)
{
        (void)state;
        struct bench  bench;
        struct buffer out;
        size_t count = 100000;
        open_with(&bench, "action: remove, fields: ['/**/e', '/*/f']", NULL);
        buffer_init(&out, 1 << 23);
        buffer_add(&out, SLICE("{\"data\":["));
        for (size_t i = 0; i < count; i++)
                buffer_add(&out, i ? SLICE(",{\"f\":1,\"e\":{\"e\":2}}") : SLICE("{\"e\":1}"));
        buffer_add(&out, SLICE("]}"));
        buffer_add_char(&out, '\0');
        arena_done(&bench.arena);
        arena_init(&bench.arena, &bench.pool, 1 << 27);
        rig_event(&bench, out.data);
        (void)bench_run(&bench);
        assert_false(bench.findings.broken);
        size_t edits = 0;
        for (const struct edit *edit = bench.findings.edits; edit; edit = edit->next)
                edits++;
        assert_int_equal(edits, 2 * count - 1);
        buffer_done(&out);
        bench_close(&bench);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_what_a_path_names),
                cmocka_unit_test(test_what_becomes_of_values),
                cmocka_unit_test(test_pseudonyms),
                cmocka_unit_test(test_schemas_and_order),
                cmocka_unit_test(test_too_little_memory_breaks_the_event),
                cmocka_unit_test(test_mistakes),
                cmocka_unit_test(test_keys_are_secret),
                cmocka_unit_test(test_random_events_stay_json),
                cmocka_unit_test(test_hostile_events_cost_their_size),
        };
        return cmocka_run_group_tests_name("pii", tests, NULL, NULL);
}
