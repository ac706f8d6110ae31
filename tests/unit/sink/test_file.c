#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>
#include "sink/sink.h"

static char          folder[64];
static struct config config;
static struct event  events[8];
static const struct sink_type *type;

static void report(struct event *event, enum reason fate)
{
        assert_int_equal(event->fate, REASON_none);
        event->fate = (uint8_t)fate;
}

static int setup(void **state)
{
        (void)state;
        memcpy(folder, "/tmp/millrace-sink-XXXXXX", sizeof("/tmp/millrace-sink-XXXXXX"));
        assert_non_null(mkdtemp(folder));
        config = (struct config){ .sink_path = folder };
        for (size_t i = 0; i < COUNT_OF(events); i++)
                events[i] = (struct event){ .fate = REASON_none };
        type = sink_find("file");
        return 0;
}

static int teardown(void **state)
{
        (void)state;
        char command[128];
        (void)snprintf(command, sizeof(command), "rm -rf -- '%s'", folder);
        return system(command);
}

static const char *content(const char *name)
{
        static char text[4096];            /* of a test: one thread */
        char path[128];
        (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
        FILE *file = fopen(path, "re");
        if (!file)
                return NULL;
        size_t size = fread(text, 1, sizeof(text) - 1, file);
        text[size] = '\0';
        (void)fclose(file);
        return text;
}

static bool rings(struct sink_port *port)
{
        struct pollfd poll_of = { .fd = type->port_descriptor(port), .events = POLLIN };
        return poll(&poll_of, 1, 0) == 1;
}

struct fixture {
        struct sink      *sink;
        struct sink_port *port;
        uint16_t          good, bad;
};

static struct fixture fixture_open(void)
{
        struct error err;
        struct fixture fixture = { .sink = type->open(&config, 1, &err) };
        assert_non_null(fixture.sink);
        fixture.port = type->port_open(fixture.sink, NULL, report, &err);
        assert_non_null(fixture.port);
        fixture.good = type->topic(fixture.port, SLICE("good"));
        fixture.bad = type->topic(fixture.port, SLICE("bad"));
        return fixture;
}

static void fixture_close(struct fixture *fixture)
{
        type->port_close(fixture->port);
        type->close(fixture->sink);
}

static enum reason publish(struct fixture *fixture, size_t event, uint16_t topic, const char *key, const char *value)
{
        const struct record_header headers[] = {
                { SLICE_INIT("schema"), SLICE_INIT("v/n/1-0-0") },
                { SLICE_INIT("event_id"), SLICE_INIT("say \"hi\"") },
        };
        struct record record = {
                .event = &events[event], .topic = topic, .key = slice_of(key), .value = slice_of(value),
                .headers = headers, .header_count = key ? 2 : 0,
        };
        return type->publish(fixture->port, &record);
}

static void test_records(void **state)
{
        (void)state;
        struct fixture fixture = fixture_open();
        assert_false(rings(fixture.port));
        assert_int_equal(publish(&fixture, 0, fixture.good, NULL, "{\"a\":1}"), REASON_published);
        assert_int_equal(publish(&fixture, 1, fixture.bad, "k\n", "{\"b\":\n[1,\r\n2]}"), REASON_published);
        assert_int_equal(publish(&fixture, 2, fixture.good, "u1", "{\"a\":2}"), REASON_published);
        assert_true(rings(fixture.port));
        assert_int_equal(type->held(fixture.port), 3);
        assert_int_equal(events[0].fate, REASON_none);     /* never from inside publish() */
        assert_null(content("good.ndjson"));

        type->serve(fixture.port);
        assert_false(rings(fixture.port));
        assert_int_equal(type->held(fixture.port), 0);
        for (size_t i = 0; i < 3; i++)
                assert_int_equal(events[i].fate, REASON_published);
        assert_string_equal(content("good.ndjson"), "{\"a\":1}\n{\"a\":2}\n");
        assert_string_equal(content("good.meta.ndjson"),
                            "{\"headers\":{}}\n"
                            "{\"key\":\"u1\",\"headers\":{\"schema\":\"v/n/1-0-0\",\"event_id\":\"say \\\"hi\\\"\"}}\n");
        assert_string_equal(content("bad.ndjson"), "{\"b\": [1,  2]}\n");
        assert_string_equal(content("bad.meta.ndjson"),
                            "{\"key\":\"k\\n\",\"headers\":{\"schema\":\"v/n/1-0-0\",\"event_id\":\"say \\\"hi\\\"\"}}\n");
        fixture_close(&fixture);
}

static void test_appends(void **state)
{
        (void)state;
        for (size_t i = 0; i < 2; i++) {
                struct fixture fixture = fixture_open();
                assert_int_equal(publish(&fixture, i, fixture.good, NULL, "{}"), REASON_published);
                fixture_close(&fixture);           /* writes what waits */
                assert_int_equal(events[i].fate, REASON_published);
        }
        assert_string_equal(content("good.ndjson"), "{}\n{}\n");
}

/* A topic whose files cannot be written fails alone. A folder stands in the way: that stops even root. */
static void test_one_topic_fails(void **state)
{
        (void)state;
        static const char *const IN_THE_WAY[] = { "good.ndjson", "good.meta.ndjson" };
        for (size_t i = 0; i < COUNT_OF(IN_THE_WAY); i++) {
                char path[128];
                struct sink_message message;
                (void)snprintf(path, sizeof(path), "%s/%s", folder, IN_THE_WAY[i]);
                assert_int_equal(mkdir(path, 0700), 0);
                struct fixture fixture = fixture_open();
                events[0].fate = events[1].fate = REASON_none;
                assert_int_equal(publish(&fixture, 0, fixture.good, NULL, "{}"), REASON_published);
                assert_int_equal(publish(&fixture, 1, fixture.bad, NULL, "{}"), REASON_published);
                assert_true(type->ready(fixture.port));
                type->serve(fixture.port);
                assert_int_equal(events[0].fate, REASON_sink_failed);
                assert_int_equal(events[1].fate, REASON_published);
                assert_true(type->message(fixture.port, &message));
                assert_non_null(strstr(message.text, "'good'"));
                assert_false(type->message(fixture.port, &message));
                assert_int_equal(rmdir(path), 0);
                assert_true(!content("good.ndjson") || strcmp(content("good.ndjson"), "") == 0);   /* nothing half */
                fixture_close(&fixture);
        }
}

/* Much is written before serve(), which is still the one that reports; what fails later does not touch it. */
static void test_much(void **state)
{
        (void)state;
        struct fixture fixture = fixture_open();
        static char big[(16 << 20) + 2];
        struct stat status;
        char path[128];
        (void)snprintf(path, sizeof(path), "%s/good.meta.ndjson", folder);
        memset(big, '1', sizeof(big) - 1);
        assert_int_equal(publish(&fixture, 0, fixture.good, NULL, big), REASON_event_too_large);
        big[sizeof(big) - 2] = '\0';
        for (size_t i = 0; i < 6; i++)
                assert_int_equal(publish(&fixture, i, fixture.good, NULL, big), REASON_published);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_size, 6 * (sizeof("{\"headers\":{}}\n") - 1));
        assert_int_equal(unlink(path), 0);
        assert_int_equal(mkdir(path, 0700), 0);    /* in the way: that stops even root */
        assert_int_equal(publish(&fixture, 6, fixture.good, NULL, "1"), REASON_published);
        assert_int_equal(events[0].fate, REASON_none);
        assert_int_equal(type->held(fixture.port), 7);
        type->serve(fixture.port);
        for (size_t i = 0; i < 7; i++)
                assert_int_equal(events[i].fate, i < 6 ? REASON_published : REASON_sink_failed);
        assert_int_equal(type->held(fixture.port), 0);
        assert_int_equal(rmdir(path), 0);
        assert_int_equal(publish(&fixture, 7, fixture.good, NULL, "1"), REASON_published);
        type->serve(fixture.port);
        assert_int_equal(events[7].fate, REASON_published);
        fixture_close(&fixture);
}

static struct fixture *again;
static void report_and_publish(struct event *event, enum reason fate)
{
        report(event, fate);
        if (event == &events[0])
                assert_int_equal(publish(again, 1, again->bad, NULL, "{\"again\":1}"), REASON_published);
}

static void test_publish_in_report(void **state)
{
        (void)state;
        struct error err;
        struct fixture fixture = { .sink = type->open(&config, 1, &err) };
        fixture.port = type->port_open(fixture.sink, NULL, report_and_publish, &err);
        fixture.good = type->topic(fixture.port, SLICE("good"));
        fixture.bad = type->topic(fixture.port, SLICE("bad"));
        again = &fixture;
        assert_int_equal(publish(&fixture, 0, fixture.good, NULL, "{}"), REASON_published);
        type->serve(fixture.port);
        assert_int_equal(type->held(fixture.port), 1);
        assert_true(rings(fixture.port));
        type->serve(fixture.port);
        assert_int_equal(events[1].fate, REASON_published);
        assert_string_equal(content("bad.ndjson"), "{\"again\":1}\n");
        fixture_close(&fixture);
}

static void test_folder_is_ours(void **state)
{
        (void)state;
        struct error err;
        struct sink *first = type->open(&config, 1, &err);
        assert_non_null(first);
        assert_null(type->open(&config, 1, &err));
        assert_non_null(strstr(err.text, "another process"));
        type->close(first);
        first = type->open(&config, 1, &err);
        assert_non_null(first);
        type->close(first);
}

static void test_check(void **state)
{
        (void)state;
        static const struct { const char *name, *path, *want; } CASES[] = {
                { "none", "", "needs a folder" },
                { "missing", "/nonexistent/folder", "cannot find" },
                { "a file", "/etc/passwd", "not a folder" },
        };
        struct errors errors = { 0 };
        assert_true(type->check(&config, &errors, NULL));
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct config wrong = { .sink_path = CASES[i].path };
                struct errors found = { 0 };
                assert_false(type->check(&wrong, &found, NULL));
                assert_int_equal(found.count, 1);
                if (!strstr(found.items[0].text, CASES[i].want))
                        fail_msg("%s: %s", CASES[i].name, found.items[0].text);
                errors_done(&found);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_records, setup, teardown),
                cmocka_unit_test_setup_teardown(test_appends, setup, teardown),
                cmocka_unit_test_setup_teardown(test_one_topic_fails, setup, teardown),
                cmocka_unit_test_setup_teardown(test_much, setup, teardown),
                cmocka_unit_test_setup_teardown(test_publish_in_report, setup, teardown),
                cmocka_unit_test_setup_teardown(test_folder_is_ours, setup, teardown),
                cmocka_unit_test_setup_teardown(test_check, setup, teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
