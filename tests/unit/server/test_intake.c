/* What the loop makes of a body before the service sees it, and whom it takes for the client. */
#include "base/hash.h"
#include "service.h"
#include <libdeflate.h>

#define H "Host: a\r\n"
#define POST "POST /echo HTTP/1.1\r\n" H

static size_t gzip(const char *plain, size_t size, char *to, size_t room)
{
        struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(6);
        size_t made = libdeflate_gzip_compress(compressor, plain, size, to, room);
        libdeflate_free_compressor(compressor);
        assert_true(made > 0);
        return made;
}

static const struct { const char *name, *label; size_t size; bool cut; int status; const char *error; } BODIES[] = {
        { "gzip", "Content-Encoding: gzip\r\n", 5000, false, 200, NULL },
        { "gzip without a label", "", 5000, false, 200, NULL },
        { "gzip that says it is not coded", "Content-Encoding: identity\r\n", 5000, false, 200, NULL },
        { "gzip up to the limit", "Content-Encoding: gzip\r\n", 65536, false, 200, NULL },
        { "bomb", "Content-Encoding: gzip\r\n", 65537, false, 413, "inflated_large" },
        { "bomb without a label", "", 1000000, false, 413, "inflated_large" },
        { "cut off", "Content-Encoding: gzip\r\n", 5000, true, 400, "content_coding" },
        { "another label", "Content-Encoding: zstd\r\n", 5000, false, 400, "content_coding" },
};

static void codings(void **state)
{
        static const char *const SETTINGS[] = { "http.inflated_limit", "64KiB", NULL };
        static char plain[1000000], packed[100000], text[200000], request[100500];
        struct echo *echo = echo_start(SETTINGS);
        (void)state;
        for (size_t i = 0; i < sizeof(plain); i++)
                plain[i] = (char)('a' + i / 100 % 26);
        for (size_t i = 0; i < COUNT_OF(BODIES); i++) {
                size_t size = gzip(plain, BODIES[i].size, packed, sizeof(packed)) - (BODIES[i].cut ? 3 : 0);
                struct buffer out;
                char status[32];
                int client = client_open(echo);
                buffer_wrap(&out, request, sizeof(request));
                buffer_format(&out, POST "%sContent-Length: %zu\r\n\r\n", BODIES[i].label, size);
                buffer_add(&out, (struct slice){ packed, size });
                buffer_add(&out, SLICE("GET /hello HTTP/1.1\r\n" H "\r\n")); /* what is wrong with a body ends no connection */
                client_send(client, out.data, out.size);
                (void)client_read(client, text, sizeof(text), "\r\n\r\nhello", 3000);
                (void)snprintf(status, sizeof(status), "HTTP/1.1 %d ", BODIES[i].status);
                if (strncmp(text, status, strlen(status)) != 0 || (BODIES[i].error && !strstr(text, BODIES[i].error)))
                        fail_msg("%s: %.200s", BODIES[i].name, text);
                const char *body = strstr(text, "\r\n\r\n");
                if (!BODIES[i].error && (!body || memcmp(body + 4, plain, BODIES[i].size) != 0))
                        fail_msg("%s: another body", BODIES[i].name);
                if (!strstr(body + 4, "\r\n\r\nhello"))
                        fail_msg("%s: the connection was closed", BODIES[i].name);
                (void)close(client);
        }
        echo_stop(echo);
}

/* Fields: the PROXY header (NULL: none), then the X-Forwarded-For line. want NULL: the connection is closed without a word. */
static const struct { const char *name, *option, *trusted, *preface, *forwarded, *want;
} CLIENTS[] = {
        { "the peer", "false", "", NULL, "", "127.0.0.1" },
        { "a liar", "false", "", NULL, "X-Forwarded-For: 192.0.2.1\r\n", "127.0.0.1" },
        { "a trusted proxy", "false", "127.0.0.0/8", NULL, "X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1" },
        { "PROXY of a trusted proxy", "true", "127.0.0.0/8", "PROXY TCP4 192.0.2.1 127.0.0.1 1 2\r\n", "", "192.0.2.1" },
        { "PROXY over IPv6", "true", "127.0.0.0/8", "PROXY TCP6 2001:db8::1 ::1 1 2\r\n", "", "2001:db8::1" },
        { "PROXY of a client that lies further", "true", "127.0.0.0/8", "PROXY TCP4 192.0.2.1 127.0.0.1 1 2\r\n",
          "X-Forwarded-For: 192.0.2.99\r\n", "192.0.2.1" },
        { "PROXY of a proxy behind a proxy", "true", "127.0.0.0/8, 10.0.0.0/8", "PROXY TCP4 10.0.0.1 127.0.0.1 1 2\r\n",
          "X-Forwarded-For: 192.0.2.99\r\n", "192.0.2.99" },
        { "PROXY of its own health check", "true", "127.0.0.0/8", "PROXY UNKNOWN\r\n", "", "127.0.0.1" },
        { "PROXY of somebody else", "true", "10.0.0.0/8", "PROXY TCP4 192.0.2.1 127.0.0.1 1 2\r\n", "", NULL },
        { "no PROXY where there must be one", "true", "127.0.0.0/8", NULL, "", NULL },
        { "PROXY where there must be none", "false", "127.0.0.0/8", "PROXY TCP4 192.0.2.1 127.0.0.1 1 2\r\n", "",
          "\"error\":\"request_line\"" },
};

static void clients(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CLIENTS); i++)
                for (int slowly = 0; slowly < 2; slowly++) {
                        const char *settings[] = { "http.proxy_protocol", CLIENTS[i].option, "http.trusted_proxies",
                                                   CLIENTS[i].trusted, NULL };
                        const char *until = CLIENTS[i].want && CLIENTS[i].want[0] != '"' ? CLIENTS[i].want : NULL;
                        struct echo *echo = echo_start(settings);
                        char text[1024], request[256];
                        int client = client_open(echo);
                        int size = snprintf(request, sizeof(request), "%sGET /who HTTP/1.1\r\n" H "%s\r\n",
                                            CLIENTS[i].preface ? CLIENTS[i].preface : "", CLIENTS[i].forwarded);
                        for (int at = 0; slowly && CLIENTS[i].want && at < 20; at++, size--) {
                                client_send(client, request, 1);
                                memmove(request, request + 1, sizeof(request) - 1);
                                (void)poll(NULL, 0, 1);
                        }
                        (void)send(client, request, (size_t)size, MSG_NOSIGNAL);
                        size_t got = client_read(client, text, sizeof(text), until, 500);
                        if (CLIENTS[i].want ? !strstr(text, CLIENTS[i].want) : got != 0)
                                fail_msg("%s: '%s'", CLIENTS[i].name, text);
                        if (!CLIENTS[i].want && !client_closed(client, 500))
                                fail_msg("%s: was not closed", CLIENTS[i].name);
                        (void)close(client);
                        echo_stop(echo);
                }
}

/* The next request of an open connection is judged by the new configuration. */
struct change {
        struct echo  *echo;
        struct config config;
        atomic_bool   done;
};

static void configure(void *argument)
{
        struct change *change = argument;
        struct error err;
        if (!loop_configure(change->echo->loop, &change->config, &err))
                abort();
        change->done = true;
}

static void configuration_is_swapped(void **state)
{
        static const char REQUEST[] = POST "Content-Length: 3000\r\n\r\n";
        static char body[3000], text[8192];
        struct change change = { .echo = echo_start(NULL) };
        struct error err;
        (void)state;
        config_init(&change.config);
        assert_true(config_set(&change.config, "http.body_limit", "2KiB", &err));
        int client = client_open(change.echo);
        memset(body, 'x', sizeof(body));
        client_send(client, REQUEST, sizeof(REQUEST) - 1);
        client_send(client, body, sizeof(body));
        (void)client_read(client, text, sizeof(text), "xxx", 1000);
        assert_true(strncmp(text, "HTTP/1.1 200 ", 13) == 0);
        loop_post(change.echo->loop, configure, &change);
        while (!change.done)
                (void)poll(NULL, 0, 1);
        while (client_read(client, text, sizeof(text), NULL, 100))
                ;
        client_send(client, REQUEST, sizeof(REQUEST) - 1);
        (void)client_read(client, text, sizeof(text), "}\n", 1000);
        assert_true(strncmp(text, "HTTP/1.1 413 ", 13) == 0);
        (void)close(client);
        echo_stop(change.echo);
        config_done(&change.config);
}

static void post_change(struct service *service, struct exchange *exchange)
{
        struct change *change = ((struct echo *)service)->change;
        if (slice_equal(exchange->http.query, SLICE("now")))
                loop_post(exchange->loop, configure, change);
        exchange_answer(exchange, &(struct answer){ .status = 200 });
}

/* A body in chunks has filled its room to the last byte with the last step of a wake-up; before the next one the limit is
 * lowered below what is there. For any number of requests before it, so that one of them hits the last step. */
static void the_limit_is_lowered_within_a_body(void **state)
{
        static const char BEFORE[] = "GET /hello HTTP/1.1\r\n" H "\r\n", NOW[] = "GET /hello?now HTTP/1.1\r\n" H "\r\n";
        static const char REQUEST[] = POST "Transfer-Encoding: chunked\r\n\r\n10000\r\n";
        static char bytes[65536], text[65536];
        (void)state;
        for (size_t before = 24; before < 70; before++) {
                struct change change = { .echo = echo_start(NULL) };
                struct error  err;
                struct buffer out;
                config_init(&change.config);
                assert_true(config_set(&change.config, "http.body_limit", "1KiB", &err));
                change.echo->change = &change;
                change.echo->service.serve = post_change;
                buffer_wrap(&out, bytes, sizeof(bytes));
                for (size_t i = 0; i < before; i++)
                        buffer_add(&out, (struct slice){ BEFORE, sizeof(BEFORE) - 1 });
                buffer_add(&out, (struct slice){ NOW, sizeof(NOW) - 1 });
                buffer_add(&out, (struct slice){ REQUEST, sizeof(REQUEST) - 1 });
                while (out.size < 32768)
                        buffer_add_char(&out, 'x');
                int client = client_open(change.echo);
                client_send(client, bytes, out.size);
                while (!change.done)
                        (void)poll(NULL, 0, 1);
                (void)send(client, bytes, 100, MSG_NOSIGNAL);
                (void)client_read(client, text, sizeof(text), "}\n", 1000);
                assert_non_null(strstr(text, "HTTP/1.1 413 "));
                (void)close(client);
                echo_empty(change.echo);
                echo_stop(change.echo);
                config_done(&change.config);
        }
}

static void requests_are_counted(void **state)
{
        static const char REQUESTS[] =
                POST "Content-Length: 3\r\n\r\nabcGET /no HTTP/1.1\r\n" H "\r\nGET /hello HTTP/1.1\r\n" H "\r\n";
        struct metrics *metrics = metrics_new(1);
        struct echo *echo = echo_start_at("127.0.0.1:0", NULL, metrics_of(metrics, 0));
        int client = client_open(echo);
        char text[4096];
        (void)state;
        client_send(client, REQUESTS, sizeof(REQUESTS) - 1);
        size_t size = client_read(client, text, sizeof(text), "hello", 1000);
        (void)echo_counts(echo);           /* the wake-up of the answers is over */
        (void)echo_counts(echo);
        assert_int_equal(metrics_sum(metrics, METRIC_connections), 1);
        (void)close(client);
        echo_empty(echo);
        echo_stop(echo);
        assert_int_equal(metrics_sum(metrics, METRIC_connections_accepted), 1);
        assert_int_equal(metrics_sum(metrics, METRIC_connections), 0);
        assert_int_equal(metrics_sum(metrics, METRIC_requests), 2);
        assert_int_equal(metrics_sum(metrics, METRIC_responses_2xx), 2);
        assert_int_equal(metrics_sum(metrics, METRIC_responses_4xx), 1);
        assert_int_equal(metrics_sum(metrics, METRIC_responses_5xx), 0);
        assert_int_equal(metrics_sum(metrics, METRIC_request_bytes), sizeof(REQUESTS) - 1);
        assert_int_equal(metrics_sum(metrics, METRIC_response_bytes), size);
        assert_int_equal(metrics_sum(metrics, METRIC_open_bytes), 0);
        metrics_free(metrics);
}

/* Requests that never reach the service: which of them it is told of, so that somebody pays for them. `closes`: the client closes
 * before it has an answer. */
static const struct { const char *name; struct slice bytes; int faulted, spoiled; bool closes; } WASTED[] = {
        { "served", SLICE_INIT(POST "Content-Length: 3\r\n\r\nabc"), 0, 0, false },
        { "no such path", SLICE_INIT("GET /no HTTP/1.1\r\n" H "\r\n"), 1, 0, false },
        { "another method", SLICE_INIT("GET /echo HTTP/1.1\r\n" H "\r\n"), 1, 0, false },
        { "OPTIONS", SLICE_INIT("OPTIONS /echo HTTP/1.1\r\n" H "\r\n"), 1, 0, false },
        { "OPTIONS of nothing", SLICE_INIT("OPTIONS /no HTTP/1.1\r\n" H "\r\n"), 1, 0, false },
        { "CONNECT", SLICE_INIT("CONNECT a:80 HTTP/1.1\r\n" H "\r\n"), 1, 0, false },
        { "too long", SLICE_INIT(POST "Content-Length: 2000\r\n\r\n"), 1, 0, false },
        { "an unknown coding", SLICE_INIT(POST "Content-Encoding: br\r\nContent-Length: 1\r\n\r\na"), 1, 0, false },
        { "an unknown expectation", SLICE_INIT(POST "Expect: tea\r\nContent-Length: 1\r\n\r\na"), 1, 0, false },
        { "no request", SLICE_INIT("nonsense\r\n\r\n"), 1, 0, false },
        { "a broken header", SLICE_INIT("GET /hello HTTP/1.1\r\n" H "a b: c\r\n\r\n"), 1, 0, false },
        { "two lengths", SLICE_INIT(POST "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"), 1, 0, false },
        { "no head in time", SLICE_INIT("GET /hello HTTP/1.1\r\n"), 0, 0, false },
        { "no body in time", SLICE_INIT(POST "Content-Length: 3\r\n\r\na"), 0, 1, false },
        { "half a body", SLICE_INIT(POST "Content-Length: 3\r\n\r\na"), 0, 1, true },
        { "no body at all", SLICE_INIT(POST "Content-Length: 3\r\n\r\n"), 0, 1, true },
        { "a broken chunk", SLICE_INIT(POST "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\nx\r\n"), 0, 0, false },
        { "a body that is not coded so", SLICE_INIT(POST "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"), 0, 1, false },
};

static void wasted_ones_are_told(void **state)
{
        static const char *const SETTINGS[] = { "http.body_limit", "1KiB", "http.body_time", "200ms", "http.head_time", "200ms",
                                                NULL };
        struct echo *echo = echo_start(SETTINGS);
        char text[4096];
        (void)state;
        for (size_t i = 0; i < COUNT_OF(WASTED); i++) {
                int client = client_open(echo);
                echo->faulted = echo->spoiled = 0;
                client_send(client, WASTED[i].bytes.data, WASTED[i].bytes.size);
                struct pollfd ready = { .fd = client, .events = POLLIN };
                if (WASTED[i].closes)
                        (void)poll(NULL, 0, 20);
                else if (poll(&ready, 1, 5000) != 1 || recv(client, text, sizeof(text), 0) <= 0)
                        fail_msg("%s: no answer", WASTED[i].name);
                (void)close(client);
                echo_empty(echo);
                if (echo->faulted != WASTED[i].faulted || echo->spoiled != WASTED[i].spoiled)
                        fail_msg("%s: %d faulted, %d spoiled", WASTED[i].name, echo->faulted, echo->spoiled);
        }
        echo_stop(echo);
}

/* Requests of all sizes and framings behind each other, cut anywhere, answered now or later: each body comes back, in order. */
enum { PIPELINE = 400, BODY_MAX = 150000 };
struct pipeline_test {
        int           client;
        struct buffer out;
        struct random random;
};

static void *send_in_pieces(void *argument)
{
        struct pipeline_test *test = argument;
        for (size_t at = 0; at < test->out.size;) {
                uint64_t dice = random_next(&test->random);
                size_t size = dice % 4 == 0 ? dice / 4 % 50 + 1 : dice / 4 % 60000 + 1;
                size = size < test->out.size - at ? size : test->out.size - at;
                client_send(test->client, test->out.data + at, size);
                at += size;
                if (dice % 16 == 1)
                        (void)poll(NULL, 0, 1);
        }
        return NULL;
}

static size_t random_size(struct random *random)
{
        uint64_t dice = random_next(random);
        return (size_t)(dice % 8 ? dice / 8 % 2000 : dice / 8 % BODY_MAX);
}

static void add_request(struct pipeline_test *test, const char *body, size_t size)
{
        uint64_t dice = random_next(&test->random);
        size_t padding = dice / 64 % 8 ? 0 : dice / 512 % 9000;        /* now and then a head that does not fit a chunk */
        const char *path = dice % 2 ? "echo" : "later";
        buffer_format(&test->out, "POST /%s HTTP/1.1\r\n" H "X-Padding: %0*d\r\n", path, (int)padding + 1, 0);
        if (dice / 2 % 3) {
                buffer_format(&test->out, "Content-Length: %zu\r\n\r\n", size);
                buffer_add(&test->out, (struct slice){ body, size });
                return;
        }
        buffer_add(&test->out, SLICE("Transfer-Encoding: chunked\r\n\r\n"));
        for (size_t at = 0, part; at < size; at += part) {
                part = random_size(&test->random) + 1;
                part = part < size - at ? part : size - at;
                buffer_format(&test->out, "%zx%s\r\n", part, part % 5 ? "" : ";a=b");
                buffer_add(&test->out, (struct slice){ body + at, part });
                buffer_add(&test->out, SLICE("\r\n"));
        }
        buffer_add(&test->out, SLICE("0\r\n\r\n"));
}

/* One answer's body, which must be as wanted. */
static void read_answer(FILE *in, size_t number, const char *want, size_t size)
{
        static char line[4096], got[BODY_MAX];
        size_t length = SIZE_MAX;
        if (!fgets(line, sizeof(line), in) || strcmp(line, "HTTP/1.1 200 OK\r\n") != 0)
                fail_msg("request %zu: '%s'", number, line);
        while (fgets(line, sizeof(line), in) && strcmp(line, "\r\n") != 0)
                if (strncmp(line, "Content-Length: ", 16) == 0)
                        length = (size_t)strtoull(line + 16, NULL, 10);
        if (length != size || fread(got, 1, size, in) != size || memcmp(got, want, size) != 0)
                fail_msg("request %zu: a body of %zu bytes came back as %zu others", number, size, length);
}

static void random_pipelines(void **state)
{
        static const char *const SETTINGS[] = { "http.head_limit", "32KiB", NULL };
        static char bytes[BODY_MAX + 26];
        static size_t sizes[PIPELINE];
        (void)state;
        for (size_t i = 0; i < sizeof(bytes); i++)
                bytes[i] = (char)('a' + i % 26);
        for (uint64_t seed = 1; seed <= 3; seed++) {
                struct echo *echo = echo_start(SETTINGS);
                struct pipeline_test test = { .client = client_open(echo) };
                pthread_t thread;
                random_init_fixed(&test.random, seed);
                buffer_init(&test.out, (size_t)PIPELINE * BODY_MAX * 2);
                for (size_t i = 0; i < PIPELINE; i++)
                        add_request(&test, bytes + i % 26, sizes[i] = random_size(&test.random));
                assert_false(test.out.full);
                FILE *in = fdopen(dup(test.client), "r");
                assert_int_equal(pthread_create(&thread, NULL, send_in_pieces, &test), 0);
                for (size_t i = 0; i < PIPELINE; i++)
                        read_answer(in, i, bytes + i % 26, sizes[i]);
                pthread_join(thread, NULL);
                (void)fclose(in);
                (void)close(test.client);
                buffer_done(&test.out);
                echo_empty(echo);
                echo_stop(echo);
        }
}

int main(void)
{
        static const struct CMUnitTest TESTS[] = {
                cmocka_unit_test(codings), cmocka_unit_test(clients), cmocka_unit_test(configuration_is_swapped),
                cmocka_unit_test(the_limit_is_lowered_within_a_body),
                cmocka_unit_test(requests_are_counted), cmocka_unit_test(wasted_ones_are_told),
                cmocka_unit_test(random_pipelines),
        };
        return cmocka_run_group_tests(TESTS, NULL, NULL);
}
