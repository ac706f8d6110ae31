#include "server/gate.h"
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define SECOND INT64_C(1000000000)
#define START  (1000 * SECOND)

/* Of "abc" and "old". */
static const char FILE_TEXT[] =
        "keys:\n"
        "- {name: web, hash: 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'}\n"
        "- {name: web, hash: 'sha256:cba06b5736faf67e54b07b561eae94395e774c517a7d910a54369e1263ccfbd4', rate: 1, burst: 3}\n";

struct house {
        struct config   config;
        struct gate    *gate;
        struct limiter *limiter;
        char            file[64];
};

static void house_done(struct house *house)
{
        gate_free(house->gate);
        limiter_free(house->limiter);
        config_done(&house->config);
        if (*house->file)
                unlink(house->file);
}

static void write_file(struct house *house, const char *text)
{
        (void)snprintf(house->file, sizeof(house->file), "/tmp/test_gate-XXXXXX");
        int descriptor = mkstemp(house->file);
        assert_true(descriptor >= 0);
        assert_int_equal(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
        close(descriptor);
}

/* Settings: path, value, ..., NULL. */
static void house_init(struct house *house, const char *keys, const char *const *settings)
{
        struct error err;
        struct errors errors = { 0 };
        *house = (struct house){ .limiter = limiter_new(256) };
        config_init(&house->config);
        if (keys) {
                write_file(house, keys);
                assert_true(config_set(&house->config, "keys.file", house->file, &err));
        }
        for (; settings && *settings; settings += 2)
                if (!config_set(&house->config, settings[0], settings[1], &err))
                        fail_msg("%s", err.text);
        house->gate = gate_new(&house->config, &errors);
        if (!house->gate)
                fail_msg("%s", errors.items[0].text);
        errors_done(&errors);
        gate_attach(house->gate, house->limiter);
}

struct step {
        const char *key, *address, *path;
        int64_t     second;
        uint64_t    events;
        const char *want;
};

/* "abc": a key; NULL: none. The answer: a fault's name, "wait N" in seconds, or "" for a request that was let in and paid. */
static const char *ask(struct house *house, const struct step *step)
{
        const char *key = step->key, *address = step->address, *path = step->path;
        bool knocks = !path;               /* a request that is answered by its head alone */
        int64_t second = step->second;
        uint64_t events = step->events;
        static char text[64];
        char line[64];
        struct http_header header = { SLICE("authorization"), { line, 0 } };
        struct http_request http = { .headers = &header, .header_count = key != NULL, .path = slice_of(path) };
        struct client client = { 0 };
        struct gate_question question = { .http = &http, .client = &client, .now = START + second * SECOND };
        struct pass pass;
        struct gate_answer answer;
        header.value.size = (size_t)snprintf(line, sizeof(line), "Bearer %s", key ? key : "");
        assert_true(!address || address_parse(slice_of(address), &client.address));
        if (knocks ? gate_knock(house->gate, &question, &answer)
                   : gate_ask(house->gate, &question, &pass, &answer) && gate_charge(&pass, question.now, events, &answer))
                return "";
        if (answer.fault)
                return HTTP_FAULTS[answer.fault].name;
        (void)snprintf(text, sizeof(text), "wait %lld", (long long)((answer.wait + SECOND - 1) / SECOND));
        return text;
}

static void who_may_send(void **state)
{
        static const struct { const char *name; bool keys; const char *open, *key, *want; } CASES[] = {
                { "no keys, none shown",          false, "false", NULL,  "" },
                { "no keys, one shown",           false, "false", "abc", "" },
                { "a key",                        true,  "false", "abc", "" },
                { "none shown",                   true,  "false", NULL,  "key_missing" },
                { "an unknown one",               true,  "false", "abd", "key_unknown" },
                { "one of ours, mistyped",        true,  "false", "mrk_abc", "key_malformed" },
                { "open, none shown",             true,  "true",  NULL,  "" },
                { "open, an unknown one",         true,  "true",  "abd", "key_unknown" },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct house house;
                const char *const settings[] = { "keys.open", CASES[i].open, NULL };
                house_init(&house, CASES[i].keys ? FILE_TEXT : NULL, settings);
                const char *got = ask(&house, &(struct step){ CASES[i].key, "192.0.2.1", "/v1/events", 0, 1, NULL });
                if (strcmp(got, CASES[i].want) != 0)
                        fail_msg("%s: '%s'", CASES[i].name, got);
                assert_int_equal(gate_stands(house.gate), CASES[i].keys);
                house_done(&house);
        }
}

static void take_steps(const char *name, struct house *house, const struct step *step, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                const char *got = ask(house, &step[i]);
                if (strcmp(got, step[i].want) != 0)
                        fail_msg("%s, step %zu: '%s'", name, i, got);
        }
}

static void rates(void **state)
{
        static const struct {
                const char *name;
                bool        keys;
                const char *settings[8];
                struct step step[6];
                size_t      steps;
        } CASES[] = {
                { "by address", false, { "limits.address_rate", "1" }, {
                        { NULL, "192.0.2.1", "/", 0, 10, "" },
                        { NULL, "192.0.2.1", "/", 0, 1, "wait 10" },
                        { NULL, "192.0.2.2", "/", 0, 1, "" },
                        { NULL, NULL, "/", 0, 1, "" },
                        { NULL, "192.0.2.1", "/", 9, 1, "wait 1" },
                        { NULL, "192.0.2.1", "/", 10, 1, "" } }, 6 },
                { "a request without events counts as one", false, { "limits.address_rate", "1" }, {
                        { NULL, "192.0.2.1", "/", 0, 0, "" },
                        { NULL, "192.0.2.1", "/", 0, 0, "wait 1" } }, 2 },
                { "who makes only errors pays, too", false, { "limits.address_rate", "1", "limits.address_burst", "2" }, {
                        { NULL, "192.0.2.1", NULL, 0, 0, "" },
                        { NULL, "192.0.2.1", NULL, 0, 0, "" },
                        { NULL, "192.0.2.1", NULL, 0, 0, "wait 1" },
                        { NULL, "192.0.2.1", "/", 0, 1, "wait 1" },
                        { NULL, "192.0.2.2", "/", 0, 1, "" },
                        { NULL, "192.0.2.1", NULL, 1, 0, "" } }, 6 },
                { "errors cost no key and no route", true,
                  { "limits.key_rate", "1", "limits.route_rate./", "1" }, {
                        { "abc", "192.0.2.1", NULL, 0, 0, "" },
                        { "abc", NULL, NULL, 0, 0, "" },
                        { "abc", "192.0.2.1", "/", 0, 1, "" } }, 3 },
                { "who tries keys pays, too", true, { "limits.address_rate", "1" }, {
                        { "x", "192.0.2.1", "/", 0, 1, "key_unknown" },
                        { "abc", "192.0.2.1", "/", 0, 1, "wait 1" } }, 2 },
                { "by key", true, { "limits.key_rate", "1", "limits.key_burst", "2" }, {
                        { "abc", "192.0.2.1", "/", 0, 2, "" },
                        { "abc", "192.0.2.2", "/", 0, 1, "wait 1" },
                        { "abc", "192.0.2.2", "/", 1, 1, "" } }, 3 },
                { "two keys of a name share a bucket", true, { "limits.key_rate", "1" }, {
                        { "abc", "192.0.2.1", "/", 0, 5, "" },
                        { "old", "192.0.2.1", "/", 0, 1, "wait 3" } }, 2 },
                { "a key's own rate", true, { NULL }, {
                        { "old", "192.0.2.1", "/", 0, 3, "" },
                        { "old", "192.0.2.1", "/", 0, 1, "wait 1" },
                        { "abc", "192.0.2.1", "/", 0, 1000, "" } }, 3 },
                { "by route, the longest", false,
                  { "limits.route_rate./a/*", "1", "limits.route_rate./a/b", "2", "limits.route_burst./a/b", "1" }, {
                        { NULL, "192.0.2.1", "/a/b", 0, 4, "" },
                        { NULL, "192.0.2.2", "/a/b", 0, 1, "wait 2" },
                        { NULL, "192.0.2.2", "/a/c", 0, 1, "" },
                        { NULL, "192.0.2.2", "/a/d", 0, 1, "wait 1" },
                        { NULL, "192.0.2.2", "/b", 0, 1, "" } }, 5 },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct house house;
                house_init(&house, CASES[i].keys ? FILE_TEXT : NULL, CASES[i].settings);
                take_steps(CASES[i].name, &house, CASES[i].step, CASES[i].steps);
                house_done(&house);
        }
}

/* Another took the last event between the head and the end of the body. */
static void the_late_one_is_refused(void **state)
{
        struct house house;
        const char *const settings[] = { "limits.key_rate", "1", NULL };
        struct http_header header = { SLICE("authorization"), SLICE("Bearer abc") };
        struct http_request http = { .headers = &header, .header_count = 1, .path = SLICE("/") };
        struct client client = { 0 };
        struct gate_question question = { .http = &http, .client = &client, .now = START };
        struct pass first, second;
        struct gate_answer answer;
        (void)state;
        house_init(&house, FILE_TEXT, settings);
        assert_true(gate_ask(house.gate, &question, &first, &answer));
        assert_true(gate_ask(house.gate, &question, &second, &answer));
        assert_true(gate_charge(&first, START, 5, &answer));
        assert_false(gate_charge(&second, START, 1, &answer));
        assert_int_equal(answer.wait, 5 * SECOND);
        assert_int_equal(answer.limit, LIMIT_KEY);
        struct buffer out;
        buffer_init(&out, 65536);
        limiter_metrics(house.limiter, &out);
        buffer_add_char(&out, '\0');
        assert_non_null(strstr(out.data, "millrace_key_requests_total{key=\"web\",end=\"taken\"} 1\n"));
        assert_non_null(strstr(out.data, "millrace_key_requests_total{key=\"web\",end=\"limited\"} 1\n"));
        assert_non_null(strstr(out.data, "millrace_key_events_total{key=\"web\"} 5\n"));
        buffer_done(&out);
        const struct key *key, *other;
        assert_true(gate_knows(house.gate, &first, &key) && gate_knows(house.gate, &second, &other));
        assert_ptr_equal(key, other);
        assert_non_null(key);
        house_done(&house);
}

/* A new plan does not pay anybody's debts, and knows nothing of a key that is gone. */
static void a_new_plan_remembers(void **state)
{
        struct house house;
        struct errors errors = { 0 };
        const char *const settings[] = { "limits.key_rate", "1", NULL };
        (void)state;
        house_init(&house, FILE_TEXT, settings);
        assert_string_equal(ask(&house, &(struct step){ "abc", NULL, "/", 0, 10, NULL }), "");
        struct gate *old = house.gate;
        house.gate = gate_new(&house.config, &errors);
        gate_attach(house.gate, house.limiter);
        gate_free(old);
        assert_string_equal(ask(&house, &(struct step){ "abc", NULL, "/", 0, 1, NULL }), "wait 10");
        house_done(&house);
}

/* The plan changes while the body of a request comes. */
static void a_pass_under_a_new_plan(void **state)
{
        static const char OTHER[] = "keys:\n- {name: web, hash: "
                                    "'sha256:cba06b5736faf67e54b07b561eae94395e774c517a7d910a54369e1263ccfbd4'}\n";
        static const struct { const char *name, *before, *after, *shown; bool good, key; } CASES[] = {
                { "the same keys",               FILE_TEXT, FILE_TEXT, "Bearer abc", true, true },
                { "its key is gone",             FILE_TEXT, OTHER, "Bearer abc", false, false },
                { "there are no keys any more",  FILE_TEXT, NULL, "Bearer abc", true, false },
                { "there were none before",      NULL, FILE_TEXT, "Bearer abc", true, false },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct house before, after;
                const struct key *key;
                struct pass pass;
                struct gate_answer answer;
                struct client client = { 0 };
                struct http_header header = { SLICE("authorization"), slice_of(CASES[i].shown) };
                struct http_request http = { .headers = &header, .header_count = 1, .path = SLICE("/v1/events") };
                struct gate_question question = { .http = &http, .client = &client, .now = START };
                house_init(&before, CASES[i].before, NULL);
                house_init(&after, CASES[i].after, NULL);
                assert_true(gate_ask(before.gate, &question, &pass, &answer));
                if (gate_knows(after.gate, &pass, &key) != CASES[i].good || (key != NULL) != CASES[i].key)
                        fail_msg("%s", CASES[i].name);
                house_done(&before);
                house_done(&after);
        }
}

static void schemas_of_a_name(void **state)
{
        static const char KEYS[] =
                "keys:\n"
                "- {name: web, hash: 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', "
                "schemas: [a/b]}\n"
                "- {name: web, hash: 'sha256:cba06b5736faf67e54b07b561eae94395e774c517a7d910a54369e1263ccfbd4', "
                "schemas: [a/c]}\n";
        static const struct { const char *name, *key, *schema; bool want; } CASES[] = {
                { "the first",       "web",  "a/b/1-0-0", true  },
                { "the second",      "web",  "a/c/1-0-0", true  },
                { "neither",         "web",  "a/d/1-0-0", false },
                { "one that is gone", "old", "a/d/1-0-0", true  },
                { "no key",          NULL,   "a/d/1-0-0", true  },
        };
        struct house house;
        (void)state;
        house_init(&house, KEYS, NULL);
        for (size_t i = 0; i < COUNT_OF(CASES); i++)
                if (gate_allows(house.gate, slice_of(CASES[i].key), slice_of(CASES[i].schema)) != CASES[i].want)
                        fail_msg("%s", CASES[i].name);
        house_done(&house);
}

static void mistakes(void **state)
{
        static const struct { const char *name, *path, *value, *want; } CASES[] = {
                { "a rate in words", "limits.route_rate./a", "x",
                  "limits.route_rate: /a: wanted is a number of events from 1 to 10000000" },
                { "a rate of nothing", "limits.route_rate./a", "0",
                  "limits.route_rate: /a: wanted is a number of events from 1 to 10000000" },
                { "no path", "limits.route_rate.a", "1",
                  "limits.route_rate: 'a' is no path such as /v1/events or /v1/events/com.acme/*" },
                { "a burst without a rate",
                  "limits.route_burst./a", "1", "limits.route_burst: /a has no rate in limits.route_rate" },
                { "a file that is not there",
                  "keys.file", "/nowhere/keys", "/nowhere/keys: cannot be opened: No such file or directory" },
                { "a file without keys", "keys.file", "/dev/null", "/dev/null: not a file" },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct config config;
                struct error err;
                struct errors errors = { 0 };
                config_init(&config);
                if (!config_set(&config, CASES[i].path, CASES[i].value, &err))
                        fail_msg("%s: %s", CASES[i].name, err.text);
                assert_null(gate_new(&config, &errors));
                if (errors.count != 1 || !strstr(errors.items[0].text, CASES[i].want))
                        fail_msg("%s: %s", CASES[i].name, errors.items[0].text);
                errors_done(&errors);
                config_done(&config);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(who_may_send),
                cmocka_unit_test(rates),
                cmocka_unit_test(the_late_one_is_refused),
                cmocka_unit_test(a_new_plan_remembers),
                cmocka_unit_test(a_pass_under_a_new_plan),
                cmocka_unit_test(schemas_of_a_name),
                cmocka_unit_test(mistakes),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
