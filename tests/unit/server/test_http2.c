/* A connection of HTTP/2 as a whole: how it begins, bears slow clients, drains and ends. */
#include "http2_client.h"

#define GET(path) ":method: GET\n:path: " path "\n" COMMON
#define POST(path) ":method: POST\n:path: " path "\n" COMMON

static const char PREFACE[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
static const char *const OFF[] = { "http2.enabled", "false", NULL };

static const struct { const char *name, *bytes, *answer; const char *const *settings; } BEGINNINGS[] = {
        { "the preface when it is off", PREFACE, "HTTP/1.1 505 ", OFF },
        { "the preface with a letter wrong", "PRI * HTTP/2.0\r\n\r\nSX\r\n\r\n", "HTTP/1.1 505 ", NULL },
        { "a request whose method begins like it", "PRINT /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
          "HTTP/1.1 405 ", NULL },
        { "the preface behind a request", "GET /hello HTTP/1.1\r\nHost: a\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
          "HTTP/1.1 200 ", NULL },
};

static void beginnings(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(BEGINNINGS); i++) {
                struct echo *echo = echo_start(BEGINNINGS[i].settings);
                char text[4096];
                int client = client_open(echo);
                client_send(client, BEGINNINGS[i].bytes, strlen(BEGINNINGS[i].bytes));
                (void)client_read(client, text, sizeof(text), NULL, 2000);
                if (strncmp(text, BEGINNINGS[i].answer, strlen(BEGINNINGS[i].answer)) != 0)
                        fail_msg("%s: '%s'", BEGINNINGS[i].name, text);
                (void)close(client);
                echo_stop(echo);
        }
}

/* Every byte in a piece of its own. */
static void torn(void **state)
{
        struct echo *echo = echo_start(NULL);
        struct client2 *client = client2_open(echo);
        int pair[2], socket = client->socket;
        char bytes[2048];
        (void)state;
        /* What the client says goes through a pipe and on byte by byte. */
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        (void)close(socket);
        client->socket = pair[0];
        client_send(client->socket, PREFACE, sizeof(PREFACE) - 1);
        client2_frame(client, NGHTTP2_SETTINGS, 0, 0, NULL, 0);
        client2_ask(client, 1, 0, POST("/echo"));
        client2_frame(client, NGHTTP2_DATA, END_STREAM, 1, "abc", 3);
        ssize_t size = recv(pair[1], bytes, sizeof(bytes), 0);
        client->socket = client_open(echo);
        int one = 1;
        assert_int_equal(setsockopt(client->socket, IPPROTO_TCP, 1 /* TCP_NODELAY */, &one, sizeof(one)), 0);
        for (ssize_t i = 0; i < size; i++)
                client_send(client->socket, bytes + i, 1);
        assert_string_equal(client2_wait(client, 1)->body, "abc");
        (void)close(pair[0]);
        (void)close(pair[1]);
        client2_close(client);
        echo_stop(echo);
}

static void an_idle_one_is_told(void **state)
{
        struct echo *echo = echo_start((const char *const[]){ "http.idle_time", "150ms", NULL });
        struct client2 *client = client2_open(echo);
        (void)state;
        client2_ask(client, 1, END_STREAM, GET("/hello"));
        assert_int_equal(client2_wait(client, 1)->status, 200);
        assert_true(client2_ends(client, 5000));
        assert_int_equal(client->goaway, NGHTTP2_NO_ERROR);
        client2_close(client);
        echo_empty(echo);
        echo_stop(echo);
}

static void do_drain(void *argument)
{
        loop_drain(((struct echo *)argument)->loop, true);
}

/* RFC 9113, 6.8: what is on its way when we begin to leave is still served. */
static void drains(void **state)
{
        struct echo *echo = echo_start(NULL);
        struct client2 *client = client2_open(echo);
        (void)state;
        client->acknowledge = false;
        client2_ask(client, 1, 0, POST("/echo"));
        client2_ask(client, 3, END_STREAM, GET("/hello"));
        assert_int_equal(client2_wait(client, 3)->status, 200);
        loop_post(echo->loop, do_drain, echo);
        for (int i = 0; i < 50 && !client->goaways; i++)
                (void)client2_hear(client, 100);
        assert_int_equal(client->goaway, NGHTTP2_NO_ERROR);
        assert_int_equal(client->goaway_last, INT32_MAX);
        client2_ask(client, 5, END_STREAM, GET("/hello"));     /* it has not heard yet */
        assert_int_equal(client2_wait(client, 5)->status, 200);
        client2_frame(client, NGHTTP2_PING, ACK, 0, "millrace", 8);
        for (int i = 0; i < 50 && client->goaways < 2; i++)
                (void)client2_hear(client, 100);
        assert_int_equal(client->goaway_last, 5);
        client2_frame(client, NGHTTP2_DATA, END_STREAM, 1, "abc", 3);
        assert_string_equal(client2_wait(client, 1)->body, "abc");
        assert_true(client2_ends(client, 5000));
        client2_close(client);
        echo_empty(echo);
        echo_stop(echo);
}

static void an_idle_one_drains_without_a_word_from_it(void **state)
{
        struct echo *echo = echo_start(NULL);
        struct client2 *client = client2_open(echo);
        (void)state;
        client->acknowledge = false;
        client2_ask(client, 1, END_STREAM, GET("/hello"));
        assert_int_equal(client2_wait(client, 1)->status, 200);
        loop_post(echo->loop, do_drain, echo);
        assert_true(client2_ends(client, 10000));
        assert_int_equal(client->goaways, 2);
        assert_int_equal(client->goaway_last, 1);
        client2_close(client);
        echo_empty(echo);
        echo_stop(echo);
}

/* The answers wait in the streams; nothing is read from a client that takes nothing. */
static void one_that_does_not_read(void **state)
{
        struct echo *echo = echo_start((const char *const[]){ "http.write_time", "300ms", NULL });
        struct client2 *client = client2_open(echo);
        (void)state;
        client2_setting(client, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, INT32_MAX);
        client2_number(client, NGHTTP2_WINDOW_UPDATE, 0, INT32_MAX - 65535);
        for (int i = 0; i < 40; i++)
                client2_ask(client, 2 * i + 1, END_STREAM, GET("/large"));
        others_are_served(echo);
        echo_empty(echo);                  /* its time is over */
        client2_close(client);
        echo_stop(echo);
}

/* Its own side is closed before the answers are out: what it has asked to the end is answered, and then we close, too. */
static void half_closed_clients_are_answered(void **state)
{
        struct echo *echo = echo_start(NULL);
        (void)state;
        for (int quick = 0; quick < 2; quick++) {
                struct client2 *client = client2_open(echo);
                for (int i = 0; i < 40; i++) {
                        client2_ask(client, 2 * i + 1, 0, quick ? POST("/echo") : POST("/later"));
                        client2_frame(client, NGHTTP2_DATA, i % 4 ? END_STREAM : 0, 2 * i + 1, "abc", 3);
                }
                client2_ask(client, 81, 0, POST("/nowhere"));      /* answered before its end, which never comes */
                client->acknowledge = false;
                assert_int_equal(shutdown(client->socket, SHUT_WR), 0);
                assert_true(client2_ends(client, 10000));
                for (int i = 0; i < 40; i++) {
                        const struct heard_stream *stream = client2_stream(client, 2 * i + 1);
                        if (i % 4 ? stream->status != 200 || !stream->ended || strcmp(stream->body, "abc") != 0
                                  : stream->status != 0 || stream->reset != NGHTTP2_CANCEL)
                                fail_msg("stream %d: status %d, reset %d, '%s'", 2 * i + 1, stream->status, stream->reset,
                                         stream->body);
                }
                assert_int_equal(client2_stream(client, 81)->status, 404);
                client2_close(client);
                echo_empty(echo);
        }
        echo_stop(echo);
}

/* A window that it cannot open any more, and an answer that does not fit: http.write_time ends it. */
static void half_closed_clients_are_not_waited_for(void **state)
{
        struct echo *echo = echo_start((const char *const[]){ "http.write_time", "300ms", NULL });
        struct client2 *client = client2_open(echo);
        (void)state;
        client->acknowledge = false;
        client2_ask(client, 1, END_STREAM, GET("/hello"));         /* first: the large one leaves nothing of the window */
        client2_ask(client, 3, END_STREAM, GET("/large"));
        assert_int_equal(shutdown(client->socket, SHUT_WR), 0);
        assert_true(client2_ends(client, 10000));
        assert_int_equal(client2_stream(client, 1)->status, 200);
        assert_int_equal(client2_stream(client, 3)->size, 65535 - 5);    /* of both together */
        assert_int_equal(client2_stream(client, 3)->reset, NGHTTP2_CANCEL);
        client2_close(client);
        echo_empty(echo);
        /* Nothing asked, and gone at once. */
        client = client2_open(echo);
        client->acknowledge = false;
        assert_int_equal(shutdown(client->socket, SHUT_WR), 0);
        assert_true(client2_ends(client, 10000));
        client2_close(client);
        echo_empty(echo);
        echo_stop(echo);
}

/* Sessions of HTTP/2 take memory while nothing is asked: who has been idle longest gives way, and is told. */
static void sessions_are_bounded(void **state)
{
        enum { FIT = (1 << 20) / (24 << 10), MORE = 5 };
        static const char *const LITTLE[] = { "limits.session_bytes", "1MiB", NULL };
        struct echo *echo = echo_start(LITTLE);
        struct client2 *clients[FIT + MORE];
        (void)state;
        for (size_t i = 0; i < COUNT_OF(clients); i++) {
                if (i == FIT)
                        (void)poll(NULL, 0, 1500);         /* idle for a while */
                clients[i] = client2_open(echo);
                client2_ask(clients[i], 1, END_STREAM, GET("/hello"));
                assert_int_equal(client2_wait(clients[i], 1)->status, 200);
        }
        for (size_t i = 0; i < MORE; i++) {
                assert_true(client2_ends(clients[i], 5000));
                assert_int_equal(clients[i]->goaway, NGHTTP2_ENHANCE_YOUR_CALM);
        }
        client2_ask(clients[COUNT_OF(clients) - 1], 3, END_STREAM, GET("/hello"));
        assert_int_equal(client2_wait(clients[COUNT_OF(clients) - 1], 3)->status, 200);
        for (size_t i = 0; i < COUNT_OF(clients); i++)
                client2_close(clients[i]);
        echo_empty(echo);
        echo_stop(echo);
}

/* Connections without a session have nothing to give, however long they have been idle. */
static void connections_without_a_session_stay(void **state)
{
        enum { FIT = (1 << 20) / (24 << 10), MORE = 5, PLAIN = 20 };
        static const char HELLO[] = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
        static const char *const LITTLE[] = { "limits.session_bytes", "1MiB", NULL };
        struct echo *echo = echo_start(LITTLE);
        struct client2 *clients[FIT + MORE];
        int plain[PLAIN];
        char text[1024];
        (void)state;
        for (size_t i = 0; i < PLAIN; i++) {
                plain[i] = client_open(echo);
                client_send(plain[i], HELLO, sizeof(HELLO) - 1);
                assert_true(client_read(plain[i], text, sizeof(text), "hello", 5000) > 0);
        }
        for (size_t i = 0; i < COUNT_OF(clients); i++) {
                if (i == FIT)
                        (void)poll(NULL, 0, 1500);         /* idle for a while */
                clients[i] = client2_open(echo);
                client2_ask(clients[i], 1, END_STREAM, GET("/hello"));
                assert_int_equal(client2_wait(clients[i], 1)->status, 200);
        }
        for (size_t i = 0; i < PLAIN; i++) {
                client_send(plain[i], HELLO, sizeof(HELLO) - 1);
                assert_true(client_read(plain[i], text, sizeof(text), "hello", 5000) > 0);
                (void)close(plain[i]);
        }
        for (size_t i = 0; i < COUNT_OF(clients); i++)
                client2_close(clients[i]);
        echo_empty(echo);
        echo_stop(echo);
}

static void the_loop_ends_with_requests_open(void **state)
{
        struct echo *echo = echo_start(NULL);
        struct client2 *client = client2_open(echo);
        (void)state;
        for (int i = 0; i < 20; i++)
                client2_ask(client, 2 * i + 1, i % 2 ? END_STREAM : 0, POST("/echo"));
        assert_int_equal(client2_wait(client, 39)->status, 200);
        echo_stop(echo);
        client2_close(client);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(beginnings),
                cmocka_unit_test(torn),
                cmocka_unit_test(an_idle_one_is_told),
                cmocka_unit_test(drains),
                cmocka_unit_test(an_idle_one_drains_without_a_word_from_it),
                cmocka_unit_test(one_that_does_not_read),
                cmocka_unit_test(half_closed_clients_are_answered),
                cmocka_unit_test(half_closed_clients_are_not_waited_for),
                cmocka_unit_test(sessions_are_bounded),
                cmocka_unit_test(connections_without_a_session_stay),
                cmocka_unit_test(the_loop_ends_with_requests_open),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
