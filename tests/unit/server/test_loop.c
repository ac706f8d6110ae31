/* The loop over real sockets: one raw request a row, and what is not a row. */
#include "service.h"

#define H "Host: a\r\n"
#define POST "POST /echo HTTP/1.1\r\n" H
enum { KEPT = 0, CLOSED = 1 };

static const struct { const char *name; struct slice bytes; int status; const char *has; bool closed;
} CASES[] = {
        { "GET", SLICE_INIT("GET /hello HTTP/1.1\r\n" H "\r\n"), 200, "\r\nContent-Length: 5\r\n\r\nhello", KEPT },
        { "HEAD has the length and no body", SLICE_INIT("HEAD /hello HTTP/1.1\r\n" H "\r\n"), 200,
          "\r\nContent-Length: 5\r\n\r\n", KEPT },
        { "POST with a length", SLICE_INIT(POST "Content-Length: 3\r\n\r\nabc"), 200, "\r\n\r\nabc", KEPT },
        { "POST in chunks", SLICE_INIT(POST "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"), 200,
          "\r\n\r\nabc", KEPT },
        { "POST of nothing", SLICE_INIT(POST "\r\n"), 200, "Content-Length: 0\r\n\r\n", KEPT },
        { "Connection: close", SLICE_INIT("GET /hello HTTP/1.1\r\n" H "Connection: close\r\n\r\n"), 200, "Connection: close\r\n",
          CLOSED },
        { "HTTP/1.0", SLICE_INIT("GET /hello HTTP/1.0\r\n\r\n"), 200, "Connection: close\r\n", CLOSED },
        { "HTTP/1.0 keep-alive", SLICE_INIT("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), 200,
          "Connection: keep-alive\r\n", KEPT },
        { "OPTIONS", SLICE_INIT("OPTIONS /echo HTTP/1.1\r\n" H "\r\n"), 204, "Allow: POST, OPTIONS\r\n", KEPT },
        { "OPTIONS *", SLICE_INIT("OPTIONS * HTTP/1.1\r\n" H "\r\n"), 204, "Allow: GET, HEAD, POST, OPTIONS\r\n", KEPT },
        { "unknown path", SLICE_INIT("GET /no HTTP/1.1\r\n" H "\r\n"), 404, "{\"error\":\"not_found\",\"message\":\"", KEPT },
        { "unknown path, body and all", SLICE_INIT("POST /no HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc"), 404, "not_found",
          KEPT },
        { "unknown path, and a body that may come or not",
          SLICE_INIT("POST /no HTTP/1.1\r\n" H "Expect: 100-continue\r\nContent-Length: 9\r\n\r\n"), 404,
          "Connection: close\r\n", CLOSED },
        { "wrong method", SLICE_INIT("GET /echo HTTP/1.1\r\n" H "\r\n"), 405, "\r\nAllow: POST, OPTIONS\r\n", KEPT },
        { "unknown method", SLICE_INIT("BREW /echo HTTP/1.1\r\n" H "\r\n"), 405, "\r\nAllow: POST, OPTIONS\r\n", KEPT },
        { "methods are case-sensitive", SLICE_INIT("post /echo HTTP/1.1\r\n" H "\r\n"), 405, "\r\nAllow: POST, OPTIONS\r\n",
          KEPT },
        { "CONNECT", SLICE_INIT("CONNECT a:443 HTTP/1.1\r\n" H "\r\n"), 501, "\"connect\"", CLOSED },
        { "smuggling (CL and TE)", SLICE_INIT(POST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400,
          "length_and_coding", CLOSED },
        { "broken chunk", SLICE_INIT(POST "Transfer-Encoding: chunked\r\n\r\nx\r\n"), 400, "\"chunk\"", CLOSED },
        { "body over the limit, by its length", SLICE_INIT(POST "Content-Length: 4097\r\n\r\n"), 413, "\"body_large\"", CLOSED },
        { "body over the limit, beyond 64 bits", SLICE_INIT(POST "Content-Length: 99999999999999999999\r\n\r\n"), 413,
          "\"body_large\"", CLOSED },
        { "body over the limit does not get 100", SLICE_INIT(POST "Content-Length: 4097\r\nExpect: 100-continue\r\n\r\n"), 413,
          "\"body_large\"", CLOSED },
        { "target too long",
          SLICE_INIT("GET /0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
                     "01234567890123456789012345678 HTTP/1.1\r\n" H "\r\n"),
          414, "\"target_large\"", CLOSED },
        { "unknown coding", SLICE_INIT(POST "Content-Encoding: br\r\nContent-Length: 3\r\n\r\nabc"), 415,
          "\r\nAccept-Encoding: gzip, deflate, zstd\r\n", KEPT },
        { "two codings", SLICE_INIT(POST "Content-Encoding: gzip, gzip\r\nContent-Length: 3\r\n\r\nabc"), 415, "coding_unknown",
          KEPT },
        { "coding twice", SLICE_INIT(POST "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"),
          415, "coding_unknown", KEPT },
        { "identity", SLICE_INIT(POST "Content-Encoding: identity\r\nContent-Length: 3\r\n\r\nabc"), 200, "\r\n\r\nabc", KEPT },
        { "not gzip at all", SLICE_INIT(POST "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"), 400, "content_coding",
          KEPT },
        { "expectation", SLICE_INIT(POST "Expect: tea\r\nContent-Length: 3\r\n\r\nabc"), 417, "expectation", KEPT },
        { "too many headers",
          SLICE_INIT("GET /hello HTTP/1.1\r\n" H "A:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\n\r\n"), 431,
          "header_count", CLOSED },
        { "unknown transfer coding", SLICE_INIT(POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), 501,
          "transfer_unknown", CLOSED },
        { "another version", SLICE_INIT("GET /hello HTTP/2.0\r\n" H "\r\n"), 505, "\"version\"", CLOSED },
        { "TLS on a plain port", SLICE_INIT("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), 400, "request_line", CLOSED },
        { "no Host", SLICE_INIT("GET /hello HTTP/1.1\r\n\r\n"), 400, "host_missing", CLOSED },
        /* pages of other sites */
        { "preflight",
          SLICE_INIT("OPTIONS /echo HTTP/1.1\r\n" H
                     "Origin: https://shop.example\r\nAccess-Control-Request-Method: POST\r\n\r\n"),
          204,
          "Access-Control-Allow-Origin: https://shop.example\r\nAccess-Control-Allow-Credentials: "
          "true\r\nAccess-Control-Allow-Methods: POST, OPTIONS\r\n"
          "Access-Control-Allow-Headers: authorization, content-encoding, content-type, prefer, ",
          KEPT },
        { "preflight is remembered",
          SLICE_INIT("OPTIONS /echo HTTP/1.1\r\n" H
                     "Origin: https://shop.example\r\nAccess-Control-Request-Method: POST\r\n\r\n"),
          204, "Access-Control-Max-Age: 3600\r\n", KEPT },
        { "allowed origin", SLICE_INIT(POST "Origin: https://shop.example\r\nContent-Length: 1\r\n\r\nx"), 200,
          "Vary: Origin\r\nAccess-Control-Allow-Origin: https://shop.example\r\nAccess-Control-Allow-Credentials: true\r\n",
          KEPT },
        { "an error can be read by the page", SLICE_INIT("GET /no HTTP/1.1\r\n" H "Origin: https://shop.example\r\n\r\n"), 404,
          "Access-Control-Allow-Origin: https://shop.example\r\n", KEPT },
};
static const char *const SETTINGS[] = { "http.body_limit", "4KiB", "http.target_limit", "128", "http.header_count", "8",
                                        "http.inflated_limit", "64KiB", "http.cors.origins", "https://shop.example", NULL };

static void rows(void **state)
{
        struct echo *echo = echo_start(SETTINGS);
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                char text[8192], status[32];
                static const char NEXT[] = "GET /hello HTTP/1.1\r\n" H "\r\n";
                int client = client_open(echo);
                client_send(client, CASES[i].bytes.data, CASES[i].bytes.size);
                /* A kept connection answers the next request as well. */
                if (CASES[i].closed == KEPT)
                        client_send(client, NEXT, sizeof(NEXT) - 1);
                size_t size = client_read(client, text, sizeof(text), CASES[i].closed == KEPT ? "\r\n\r\nhello" : NULL, 1000);
                (void)snprintf(status, sizeof(status), "HTTP/1.1 %d ", CASES[i].status);
                if (strncmp(text, status, strlen(status)) != 0 || !strstr(text, CASES[i].has))
                        fail_msg("%s: '%s'", CASES[i].name, text);
                if (CASES[i].closed == KEPT && (size < 5 || strcmp(text + size - 5, "hello") != 0))
                        fail_msg("%s: was closed after '%s'", CASES[i].name, text);
                if (CASES[i].closed == CLOSED && (!strstr(text, "\r\nConnection: close\r\n") || !client_closed(client, 1000)))
                        fail_msg("%s: was not closed after '%s'", CASES[i].name, text);
                (void)close(client);
        }
        echo_stop(echo);
}

static size_t count_of(const char *text, const char *word)
{
        size_t count = 0;
        for (const char *at = text; (at = strstr(at, word)); at++)
                count++;
        return count;
}

static void fifty_requests_in_one_piece(void **state)
{
        struct echo *echo = echo_start(NULL);
        int client = client_open(echo);
        static char text[65536], requests[16384];
        struct buffer out;
        (void)state;
        buffer_wrap(&out, requests, sizeof(requests));
        for (int i = 0; i < 50; i++)
                buffer_format(&out, "POST /%s HTTP/1.1\r\n" H "Content-Length: 6\r\n\r\n<%04d>", i % 3 ? "echo" : "later", i);
        buffer_add(&out, SLICE("GET /hello HTTP/1.1\r\n" H "Connection: close\r\n\r\n"));
        client_send(client, out.data, out.size);
        client_read(client, text, sizeof(text), NULL, 5000);
        const char *at = text;
        for (int i = 0; i < 50; i++) {
                char want[16];
                (void)snprintf(want, sizeof(want), "<%04d>", i);
                at = strstr(at, want);
                assert_non_null(at);       /* in the order of the requests */
        }
        assert_int_equal(count_of(text, "HTTP/1.1 200 OK"), 51);
        (void)close(client);
        echo_stop(echo);
}

static void byte_by_byte(void **state)
{
        static const char *const REQUESTS[] = {
                POST "Content-Length: 5\r\n\r\nworld",
                POST "Transfer-Encoding: chunked\r\n\r\n2;a=b\r\nwo\r\n3\r\nrld\r\n0\r\nX: y\r\n\r\n",
        };
        struct echo *echo = echo_start(NULL);
        int client = client_open(echo), on = 1;
        char text[4096];
        (void)state;
        (void)setsockopt(client, 6 /* TCP */, 1 /* NODELAY */, &on, sizeof(on));
        for (size_t i = 0; i < COUNT_OF(REQUESTS); i++) {
                for (const char *at = REQUESTS[i]; *at; at++) {
                        client_send(client, at, 1);
                        (void)poll(NULL, 0, 1);
                }
                client_read(client, text, sizeof(text), "\r\n\r\nworld", 2000);
                assert_non_null(strstr(text, "\r\n\r\nworld"));
        }
        (void)close(client);
        echo_stop(echo);
}

static void large_bodies(void **state)
{
        enum { SIZE = 1500000 };
        struct echo *echo = echo_start(NULL);
        char *body = malloc(SIZE), *text = malloc(2 * SIZE);
        (void)state;
        for (size_t i = 0; i < SIZE; i++)
                body[i] = (char)('a' + i * 7 % 26);
        for (int chunked = 0; chunked < 2; chunked++) {
                int client = client_open(echo);
                struct buffer out;
                buffer_init(&out, 4 * SIZE);
                if (!chunked) {
                        buffer_format(&out, POST "Content-Length: %d\r\n\r\n", SIZE);
                        buffer_add(&out, (struct slice){ body, SIZE });
                } else {
                        buffer_add(&out, SLICE(POST "Transfer-Encoding: chunked\r\n\r\n"));
                        for (size_t at = 0, size = 1; at < SIZE; at += size, size = size * 3 % 9999 + 1) {
                                size = size > SIZE - at ? SIZE - at : size;
                                buffer_format(&out, "%zx\r\n", size);
                                buffer_add(&out, (struct slice){ body + at, size });
                                buffer_add(&out, SLICE("\r\n"));
                        }
                        buffer_add(&out, SLICE("0\r\n\r\n"));
                }
                buffer_add(&out, SLICE("GET /hello HTTP/1.1\r\n" H "\r\n"));
                client_send(client, out.data, out.size);
                size_t size = client_read(client, text, 2 * SIZE, "\r\n\r\nhello", 5000);
                const char *start = strstr(text, "\r\n\r\n");
                assert_true(start && size > SIZE);
                assert_memory_equal(start + 4, body, SIZE);
                buffer_done(&out);
                (void)close(client);
        }
        free(body);
        free(text);
        echo_stop(echo);
}

static void continue_only_when_wanted(void **state)
{
        static const char ASKS[] = POST "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n";
        static const char SENDS[] = POST "Content-Length: 5\r\nExpect: 100-continue\r\n\r\nworld";
        struct echo *echo = echo_start(NULL);
        int client = client_open(echo);
        char text[4096];
        (void)state;
        client_send(client, ASKS, sizeof(ASKS) - 1);
        client_read(client, text, sizeof(text), "\r\n\r\n", 2000);
        assert_string_equal(text, "HTTP/1.1 100 Continue\r\n\r\n");
        client_send(client, "world", 5);
        client_read(client, text, sizeof(text), "world", 2000);
        assert_true(strncmp(text, "HTTP/1.1 200 OK\r\n", 17) == 0);
        /* The body is there already: no interim answer. */
        client_send(client, SENDS, sizeof(SENDS) - 1);
        client_read(client, text, sizeof(text), "world", 2000);
        assert_true(strncmp(text, "HTTP/1.1 200 OK\r\n", 17) == 0);
        (void)close(client);
        echo_stop(echo);
}

static void overload_is_told_before_the_body(void **state)
{
        static const char WHOLE[] = POST "Content-Length: 3\r\n\r\nabc";
        static const char PART[] = POST "Expect: 100-continue\r\nContent-Length: 9\r\n\r\n";
        struct echo *echo = echo_start(NULL);
        int client = client_open(echo);
        char text[4096];
        (void)state;
        echo->refusing = true;
        client_send(client, WHOLE, sizeof(WHOLE) - 1);
        client_read(client, text, sizeof(text), "}\n", 2000);
        const char *retry = strstr(text, "\r\nRetry-After: ");
        assert_true(strncmp(text, "HTTP/1.1 503 Service Unavailable\r\n", 34) == 0 && strstr(text, "{\"error\":\"overloaded\""));
        assert_true(retry && retry[15] >= '1' && retry[15] <= '5');
        (void)close(client);               /* it would have to wait: test_pressure.c */
        client = client_open(echo);
        client_send(client, PART, sizeof(PART) - 1);
        client_read(client, text, sizeof(text), NULL, 500);
        assert_non_null(strstr(text, "\r\nConnection: close\r\n"));
        (void)close(client);
        echo_stop(echo);
}

/* One byte now and then keeps nothing open: deadlines are absolute. */
static void slow_requests_get_408(void **state)
{
        static const char *const SLOW[] = { "http.head_time", "200ms", "http.body_time", "200ms", "http.idle_time", "30s", NULL };
        static const char *const STARTS[] = { "GET /hello HTT", POST "Content-Length: 99\r\n\r\n" };
        struct echo *echo = echo_start(SLOW);
        (void)state;
        for (size_t i = 0; i < COUNT_OF(STARTS); i++) {
                int client = client_open(echo);
                char text[4096];
                int64_t start = clock_steady();
                client_send(client, STARTS[i], strlen(STARTS[i]));
                struct pollfd ready = { .fd = client, .events = POLLIN };
                while (poll(&ready, 1, 20) == 0 && clock_steady() - start < 3000)
                        client_send(client, "P", 1);
                int64_t took = clock_steady() - start;
                client_read(client, text, sizeof(text), "}\n", 1000);
                assert_true(strncmp(text, "HTTP/1.1 408 Request Timeout\r\n", 30) == 0);
                assert_true(took >= 190 && took < 2000);
                (void)close(client);
        }
        echo_stop(echo);
}

static void idle_connections_end_silently(void **state)
{
        static const char *const SHORT[] = { "http.idle_time", "150ms", NULL };
        static const char REQUEST[] = "GET /hello HTTP/1.1\r\n" H "\r\n";
        struct echo *echo = echo_start(SHORT);
        int fresh = client_open(echo), used = client_open(echo);
        char text[4096];
        (void)state;
        client_send(used, REQUEST, sizeof(REQUEST) - 1);
        client_read(used, text, sizeof(text), "hello", 1000);
        assert_true(client_closed(fresh, 2000));
        assert_true(client_closed(used, 2000));
        (void)close(fresh);
        (void)close(used);
        echo_stop(echo);
}

static void slow_readers_are_closed(void **state)
{
        static const char *const SHORT[] = { "http.write_time", "200ms", NULL };
        static const char REQUEST[] = "GET /large HTTP/1.1\r\n" H "\r\n";
        struct echo *echo = echo_start(SHORT);
        int client = client_open(echo);
        static char text[1 << 21];
        (void)state;
        for (size_t i = 0; i < 8; i++)
                client_send(client, REQUEST, sizeof(REQUEST) - 1);
        while (!echo_counts(echo).connections)
                (void)poll(NULL, 0, 10);
        echo_empty(echo);
        (void)close(client);
        /* One that reads gets all of it. */
        client = client_open(echo);
        client_send(client, REQUEST, sizeof(REQUEST) - 1);
        assert_true(client_read(client, text, (1 << 20) + 512, NULL, 500) > 1 << 20);
        (void)close(client);
        echo_stop(echo);
}

/* The client is still sending when it is refused: it must see the answer, not a reset. */
static void errors_can_be_read_while_sending(void **state)
{
        static const char HEAD[] = POST "Content-Length: 9999999\r\n\r\n";
        struct echo *echo = echo_start(NULL);
        (void)state;
        for (size_t i = 0; i < 5; i++) {
                int client = client_open(echo);
                static char junk[200000], text[4096];
                client_send(client, HEAD, sizeof(HEAD) - 1);
                client_send(client, junk, sizeof(junk));
                client_read(client, text, sizeof(text), NULL, 500);
                assert_true(strncmp(text, "HTTP/1.1 413 ", 13) == 0);
                (void)close(client);
        }
        echo_stop(echo);
}

static void half_closed_clients_are_answered(void **state)
{
        static const char REQUESTS[] =
                POST "Content-Length: 3\r\n\r\nabcPOST /later HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\ndef";
        struct echo *echo = echo_start(NULL);
        int client = client_open(echo);
        char text[4096];
        (void)state;
        client_send(client, REQUESTS, sizeof(REQUESTS) - 1);
        (void)shutdown(client, SHUT_WR);
        client_read(client, text, sizeof(text), NULL, 2000);
        assert_int_equal(count_of(text, "HTTP/1.1 200 OK"), 2);
        assert_non_null(strstr(text, "\r\n\r\ndef"));
        (void)close(client);
        echo_stop(echo);
}

static void clients_may_go_while_the_service_works(void **state)
{
        static const char REQUEST[] = "POST /later HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\ndef";
        struct linger reset = { .l_onoff = 1 };
        struct echo *echo = echo_start(NULL);
        (void)state;
        for (size_t i = 0; i < 50; i++) {
                int client = client_open(echo);
                client_send(client, REQUEST, sizeof(REQUEST) - 1);
                if (i % 2)
                        (void)setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
                (void)close(client);
        }
        echo_empty(echo);
        echo_stop(echo);
}

static void connections_are_bounded(void **state)
{
        static const char *const FEW[] = { "http.connections", "2", NULL };
        static const char REQUEST[] = "GET /hello HTTP/1.1\r\n" H "\r\n";
        struct echo *echo = echo_start(FEW);
        int clients[3];
        char text[4096];
        (void)state;
        for (size_t i = 0; i < COUNT_OF(clients); i++) {
                clients[i] = client_open(echo);
                client_send(clients[i], REQUEST, sizeof(REQUEST) - 1);
        }
        assert_true(client_read(clients[0], text, sizeof(text), "hello", 1000) > 0);
        assert_true(client_read(clients[1], text, sizeof(text), "hello", 1000) > 0);
        assert_int_equal(client_read(clients[2], text, sizeof(text), "hello", 200), 0);
        (void)close(clients[0]);
        assert_true(client_read(clients[2], text, sizeof(text), "hello", 1000) > 0);
        (void)close(clients[1]);
        (void)close(clients[2]);
        echo_stop(echo);
}

static void drain_now(void *argument)
{
        loop_drain(((struct echo *)argument)->loop, true);
}

static void draining_finishes_what_is_open(void **state)
{
        static const char LATER[] = "POST /later HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\ndef";
        static const char HELLO[] = "GET /hello HTTP/1.1\r\n" H "\r\n";
        struct echo *echo = echo_start(NULL);
        int busy = client_open(echo), idle = client_open(echo), fresh = client_open(echo), silent = client_open(echo);
        char text[4096];
        (void)state;
        client_send(silent, HELLO, sizeof(HELLO) - 1);
        client_read(silent, text, sizeof(text), "hello", 1000);
        (void)poll(NULL, 0, 2200);
        client_send(idle, HELLO, sizeof(HELLO) - 1);
        client_read(idle, text, sizeof(text), "hello", 1000);
        client_send(busy, LATER, sizeof(LATER) - 1);
        loop_post(echo->loop, drain_now, echo);
        /* Long idle: closed at once. Busy a moment ago: its next request is served. */
        assert_true(client_closed(silent, 1000));
        assert_false(client_closed(idle, 100));
        client_send(idle, HELLO, sizeof(HELLO) - 1);
        client_read(idle, text, sizeof(text), "hello", 1000);
        assert_non_null(strstr(text, "\r\nConnection: close\r\n"));
        client_read(busy, text, sizeof(text), "def", 1000);
        assert_non_null(strstr(text, "\r\nConnection: close\r\n"));
        client_send(fresh, HELLO, sizeof(HELLO) - 1);
        client_read(fresh, text, sizeof(text), "hello", 1000);
        assert_non_null(strstr(text, "\r\nConnection: close\r\n"));
        (void)close(busy);
        (void)close(idle);
        (void)close(silent);
        (void)close(fresh);
        echo_empty(echo);
        echo_stop(echo);
}

static void count_one(void *argument)
{
        ++*(size_t *)argument;
}

struct poster {
        struct loop *loop;
        size_t      *count;
};

static void *post_many(void *argument)
{
        const struct poster *poster = argument;
        for (size_t i = 0; i < 2000; i++)
                loop_post(poster->loop, count_one, poster->count);
        return NULL;
}

static void posts_from_threads_all_run(void **state)
{
        struct echo *echo = echo_start(NULL);
        size_t count = 0;
        struct poster poster = { echo->loop, &count };
        pthread_t threads[3];
        (void)state;
        for (size_t i = 0; i < COUNT_OF(threads); i++)
                assert_int_equal(pthread_create(&threads[i], NULL, post_many, &poster), 0);
        for (size_t i = 0; i < COUNT_OF(threads); i++)
                pthread_join(threads[i], NULL);
        echo_stop(echo);                   /* its own post comes after all of them */
        assert_int_equal(count, 6000);
}

static void the_clock_can_be_fixed(void **state)
{
        static const char *const FIXED[] = { "debug.clock", "2026-11-21T08:13:00Z", NULL };
        static const char REQUEST[] = "GET /hello HTTP/1.1\r\n" H "\r\n";
        struct echo *echo = echo_start(FIXED);
        int client = client_open(echo);
        char text[4096];
        (void)state;
        client_send(client, REQUEST, sizeof(REQUEST) - 1);
        client_read(client, text, sizeof(text), "hello", 1000);
        assert_string_equal(text, "HTTP/1.1 200 OK\r\nDate: Sat, 21 Nov 2026 08:13:00 GMT\r\nContent-Type: text/plain\r\n"
                                  "Content-Length: 5\r\n\r\nhello");
        (void)close(client);
        echo_stop(echo);
}

int main(void)
{
        static const struct CMUnitTest TESTS[] = {
                cmocka_unit_test(rows),
                cmocka_unit_test(fifty_requests_in_one_piece),
                cmocka_unit_test(byte_by_byte),
                cmocka_unit_test(large_bodies),
                cmocka_unit_test(continue_only_when_wanted),
                cmocka_unit_test(overload_is_told_before_the_body),
                cmocka_unit_test(slow_requests_get_408),
                cmocka_unit_test(idle_connections_end_silently),
                cmocka_unit_test(slow_readers_are_closed),
                cmocka_unit_test(errors_can_be_read_while_sending),
                cmocka_unit_test(half_closed_clients_are_answered),
                cmocka_unit_test(clients_may_go_while_the_service_works),
                cmocka_unit_test(connections_are_bounded),
                cmocka_unit_test(draining_finishes_what_is_open),
                cmocka_unit_test(posts_from_threads_all_run),
                cmocka_unit_test(the_clock_can_be_fixed),
        };
        return cmocka_run_group_tests(TESTS, NULL, NULL);
}
