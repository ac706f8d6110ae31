/* Requests that are refused while their body still comes: the connection goes on where that is sure, and ends where it is not. */
#include "service.h"

#define H "Host: a\r\n"
#define NO "POST /no HTTP/1.1\r\n" H
#define HELLO "GET /hello HTTP/1.1\r\n" H "\r\n"
#define B64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define KIB B64 B64 B64 B64 B64 B64 B64 B64 B64 B64 B64 B64 B64 B64 B64 B64

/* What is sent at first; the 404 comes; then what is sent. */
static const struct { const char *name, *first, *then; bool kept; } CASES[] = {
        { "half of the body", NO "Content-Length: 4\r\n\r\nab", "cd" HELLO, true },
        { "none of the body", NO "Content-Length: 4\r\n\r\n", "abcd" HELLO, true },
        { "what looks like a request", NO "Content-Length: 36\r\n\r\nab",
          "GET /large HTTP/1.1\r\nHost: a\r\n\r\ncd" HELLO, true },
        { "chunks", NO "Transfer-Encoding: chunked\r\n\r\n", "2\r\nab\r\n0\r\n\r\n" HELLO, true },
        { "chunks, cut", NO "Transfer-Encoding: chunked\r\n\r\n2\r\na", "b\r\n2;x=y\r\ncd\r\n0\r\nA: b\r\n\r\n" HELLO, true },
        { "chunks of which one is broken", NO "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", "z\r\n" HELLO, false },
        { "chunks over the limit", NO "Transfer-Encoding: chunked\r\n\r\n",
          "400\r\n" KIB "\r\n1\r\na\r\n0\r\n\r\n" HELLO, false },
        { "chunks up to the limit", NO "Transfer-Encoding: chunked\r\n\r\n",
          "400\r\n" KIB "\r\n0\r\n\r\n" HELLO, true },
        { "chunks that had nearly too much at once", NO "Transfer-Encoding: chunked\r\n\r\n400\r\n" KIB "\r\n",
          "1\r\na\r\n0\r\n\r\n" HELLO, false },
        { "more than the limit", NO "Content-Length: 1025\r\n\r\n", HELLO, false },
        { "a client that waits for a 100", NO "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n", "abcd" HELLO, false },
        { "a client that does not wait for it", NO "Expect: 100-continue\r\nContent-Length: 4\r\n\r\nab", "cd" HELLO, true },
        { "a client that expects something else", NO "Expect: tea\r\nContent-Length: 4\r\n\r\n", "abcd" HELLO, false },
        { "the last request", NO "Connection: close\r\nContent-Length: 4\r\n\r\n", "abcd" HELLO, false },
        { "HTTP/1.0", "POST /no HTTP/1.0\r\nContent-Length: 4\r\n\r\n", "abcd" HELLO, false },
        { "HTTP/1.0 that goes on", "POST /no HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 4\r\n\r\n",
          "abcd" HELLO, true },
        { "a body that does not come", NO "Content-Length: 4\r\n\r\nab", "", false },
        { "another one behind it", NO "Content-Length: 4\r\n\r\n", "abcd" NO "Content-Length: 1\r\n\r\na" HELLO, true },
};

static void the_connection_goes_on_where_that_is_sure(void **state)
{
        static const char *const SETTINGS[] = { "http.body_limit", "1KiB", "http.body_time", "300ms", NULL };
        struct echo *echo = echo_start(SETTINGS);
        char text[8192];
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                int client = client_open(echo);
                client_send(client, CASES[i].first, strlen(CASES[i].first));
                (void)client_read(client, text, sizeof(text), "}\n", 3000);
                bool announced = strstr(text, "\r\nConnection: close\r\n") != NULL, late = !*CASES[i].then;
                if (!strstr(text, " 404 ") && !strstr(text, " 413 ") && !strstr(text, " 417 "))
                        fail_msg("%s: %s", CASES[i].name, text);
                if (CASES[i].kept && announced)
                        fail_msg("%s: it says that it closes", CASES[i].name);
                (void)send(client, CASES[i].then, strlen(CASES[i].then), MSG_NOSIGNAL);
                (void)client_read(client, text, sizeof(text), CASES[i].kept ? "\r\n\r\nhello" : NULL, 3000);
                if ((strstr(text, "\r\n\r\nhello") != NULL) != CASES[i].kept)
                        fail_msg("%s: %s", CASES[i].name, text);
                if (!CASES[i].kept && !late && !announced && strstr(text, "HTTP/1.1 "))
                        fail_msg("%s: an answer to what was in the body: %s", CASES[i].name, text);
                (void)close(client);
        }
        echo_empty(echo);
        echo_stop(echo);
}

/* A large one, byte by byte at its end, and the next request behind it in the same piece. */
static void large_ones_cost_no_memory(void **state)
{
        static char body[1 << 20];
        struct echo *echo = echo_start(NULL);
        char text[4096], head[256];
        (void)state;
        memset(body, 'x', sizeof(body));
        for (int i = 0; i < 3; i++) {
                int client = client_open(echo);
                int size = snprintf(head, sizeof(head), NO "Content-Length: %zu\r\n\r\n", sizeof(body) + 5);
                client_send(client, head, (size_t)size);
                (void)client_read(client, text, sizeof(text), "}\n", 3000);
                client_send(client, body, sizeof(body));
                struct echo_counts counts = echo_counts(echo);
                assert_int_equal(counts.exchanges, 0);
                assert_int_equal(counts.open_bytes, 0);
                client_send(client, "abcd", 4);
                client_send(client, "e" HELLO, sizeof(HELLO));
                (void)client_read(client, text, sizeof(text), "\r\n\r\nhello", 3000);
                assert_non_null(strstr(text, "\r\n\r\nhello"));
                (void)close(client);
        }
        echo_empty(echo);
        echo_stop(echo);
}

static struct echo_counts settled(struct echo *echo, size_t clients)
{
        struct echo_counts counts = echo_counts(echo);
        for (int64_t until = clock_steady() + 800; counts.exchanges < clients && clock_steady() < until;) {
                (void)poll(NULL, 0, 10);
                counts = echo_counts(echo);
        }
        return counts;
}

/* The first bytes of the next request take a chunk each. There are more connections than the memory has chunks. */
static void what_follows_is_bounded(void **state)
{
        enum { CLIENTS = 300 };
        static const char *const LITTLE[] = { "limits.open_bytes", "1MiB", "http.head_time", "60s", NULL };
        static const struct { const char *name; bool refusing; const char *first, *then, *told; size_t most; } ROWS[] = {
                { "behind a body that is thrown away", false, NO "Content-Length: 4\r\n\r\n", "abcdGET /hel", " 404 ", 1 << 20 },
                { "behind a request that has to come later", true, "GET /hello HTTP/1.1\r\n" H "\r\nGET /hel", "lo", " 503 ",
                  1 << 19 },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
                struct echo *echo = echo_start(LITTLE);
                int clients[CLIENTS];
                char text[4096];
                echo->refusing = ROWS[i].refusing;
                for (size_t k = 0; k < CLIENTS; k++) {
                        clients[k] = client_open(echo);
                        client_send(clients[k], ROWS[i].first, strlen(ROWS[i].first));
                        (void)client_read(clients[k], text, sizeof(text), "}\n", 3000);
                        if (!strstr(text, ROWS[i].told))
                                fail_msg("%s: %s", ROWS[i].name, text);
                }
                for (size_t k = 0; k < CLIENTS; k++)
                        (void)send(clients[k], ROWS[i].then, strlen(ROWS[i].then), MSG_NOSIGNAL);
                struct echo_counts counts = settled(echo, CLIENTS);
                if (counts.open_bytes > ROWS[i].most + 16384 || counts.exchanges < 10)
                        fail_msg("%s: %zu requests hold %zu bytes", ROWS[i].name, counts.exchanges, counts.open_bytes);
                for (size_t k = 0; k < CLIENTS; k++)
                        (void)close(clients[k]);
                echo_empty(echo);
                echo_stop(echo);
        }
}

/* Refused for overload: the body is thrown away at once, so that its client can finish writing; the next request has to wait. */
static void a_pause_begins_behind_the_body(void **state)
{
        static char body[1 << 20];
        struct echo *echo = echo_start(NULL);
        char text[4096], head[256];
        int client = client_open(echo);
        (void)state;
        echo->refusing = true;
        int size = snprintf(head, sizeof(head), "POST /echo HTTP/1.1\r\n" H "Content-Length: %zu\r\n\r\n", sizeof(body));
        client_send(client, head, (size_t)size);
        (void)client_read(client, text, sizeof(text), "}\n", 3000);
        assert_non_null(strstr(text, " 503 "));
        assert_null(strstr(text, "Connection: close"));
        echo->refusing = false;
        client_send(client, body, sizeof(body));
        client_send(client, HELLO, sizeof(HELLO) - 1);
        assert_int_equal(client_read(client, text, sizeof(text), "hello", 300), 0);
        (void)client_read(client, text, sizeof(text), "\r\n\r\nhello", 8000);
        assert_non_null(strstr(text, "\r\n\r\nhello"));
        (void)close(client);
        echo_empty(echo);
        echo_stop(echo);
}

int main(void)
{
        static const struct CMUnitTest TESTS[] = {
                cmocka_unit_test(the_connection_goes_on_where_that_is_sure),
                cmocka_unit_test(large_ones_cost_no_memory),
                cmocka_unit_test(a_pause_begins_behind_the_body),
                cmocka_unit_test(what_follows_is_bounded),
        };
        return cmocka_run_group_tests(TESTS, NULL, NULL);
}
