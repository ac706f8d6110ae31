/* Streams beside each other, and what a client may do to one of them. */
#include "http2_client.h"

#define GET(path) ":method: GET\n:path: " path "\n" COMMON
#define POST(path) ":method: POST\n:path: " path "\n" COMMON

/* Bodies of a hundred streams, a byte of each in turn; half of them are answered later. */
static void interleaved(void **state)
{
        enum { COUNT = 100, SIZE = 12 };
        struct echo *echo = echo_start(NULL);
        struct client2 *client = client2_open(echo);
        char want[32];
        (void)state;
        for (int i = 0; i < COUNT; i++)
                client2_ask(client, 2 * i + 1, 0, i % 2 ? POST("/later") : POST("/echo"));
        for (int at = 0; at < SIZE; at++)
                for (int i = 0; i < COUNT; i++) {
                        (void)snprintf(want, sizeof(want), "<%08d.>.", i);
                        client2_frame(client, NGHTTP2_DATA, at + 1 == SIZE ? END_STREAM : 0, 2 * i + 1, want + at, 1);
                }
        for (int i = 0; i < COUNT; i++) {
                (void)snprintf(want, sizeof(want), "<%08d.>.", i);
                assert_string_equal(client2_wait(client, 2 * i + 1)->body, want);
        }
        client2_close(client);
        echo_empty(echo);
        echo_stop(echo);
}

static void a_large_body_and_a_large_answer(void **state)
{
        enum { SIZE = 1 << 20, PIECE = 16384 };
        struct echo *echo = echo_start(NULL);
        struct client2 *client = client2_open(echo);
        char *piece = memory_get(PIECE);
        (void)state;
        client2_setting(client, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 4 * SIZE);
        client2_number(client, NGHTTP2_WINDOW_UPDATE, 0, 4 * SIZE);
        client2_ask(client, 1, 0, POST("/echo"));
        /* Far more than a window: they are opened again as we go (this client sends no faster than the server reads). */
        for (int i = 0; i < SIZE / PIECE; i++) {
                memset(piece, 'a' + i % 26, PIECE);
                client2_frame(client, NGHTTP2_DATA, i + 1 == SIZE / PIECE ? END_STREAM : 0, 1, piece, PIECE);
                for (int wait = 0; i % 8 == 7 && wait < 20 && client->windows < (size_t)i / 8; wait++)
                        (void)client2_hear(client, 50);
        }
        assert_int_equal(client2_wait(client, 1)->status, 200);
        assert_int_equal(client2_stream(client, 1)->size, SIZE);
        client2_ask(client, 3, END_STREAM, GET("/large"));
        assert_int_equal(client2_wait(client, 3)->size, 1 << 20);
        free(piece);
        client2_close(client);
        echo_empty(echo);
        echo_stop(echo);
}

static void a_body_over_the_limit(void **state)
{
        struct echo *echo = echo_start((const char *const[]){ "http.body_limit", "4KiB", NULL });
        struct client2 *client = client2_open(echo);
        char piece[3000] = { 0 };
        (void)state;
        client2_ask(client, 1, 0, POST("/echo"));
        client2_frame(client, NGHTTP2_DATA, 0, 1, piece, sizeof(piece));
        client2_frame(client, NGHTTP2_DATA, 0, 1, piece, sizeof(piece));
        assert_int_equal(client2_wait(client, 1)->status, 413);
        /* It goes on regardless: what comes is thrown away, and in the end the stream is reset. */
        for (int i = 0; i < 50 && client2_stream(client, 1)->reset == HEARD_NOTHING; i++) {
                client2_frame(client, NGHTTP2_DATA, 0, 1, piece, sizeof(piece));
                (void)client2_hear(client, 100);
        }
        assert_int_equal(client2_stream(client, 1)->reset, NGHTTP2_NO_ERROR);
        /* By its length, before it comes. */
        client2_ask(client, 3, 0, POST("/echo") "content-length: 4097\n");
        assert_int_equal(client2_wait(client, 3)->status, 413);
        client2_ask(client, 5, END_STREAM, GET("/hello"));
        assert_int_equal(client2_wait(client, 5)->status, 200);
        client2_close(client);
        echo_empty(echo);
        echo_stop(echo);
}

static void more_streams_than_allowed(void **state)
{
        struct echo *echo = echo_start((const char *const[]){ "http2.streams", "2", NULL });
        struct client2 *client = client2_open(echo);
        (void)state;
        for (int id = 1; id <= 5; id += 2)
                client2_ask(client, id, 0, POST("/echo"));
        assert_int_equal(client2_wait(client, 5)->reset, NGHTTP2_REFUSED_STREAM);
        /* It goes on before it knows. */
        client2_frame(client, NGHTTP2_DATA, END_STREAM, 5, "no", 2);
        client2_frame(client, NGHTTP2_DATA, END_STREAM, 3, "abc", 3);
        assert_string_equal(client2_wait(client, 3)->body, "abc");
        client2_close(client);
        echo_empty(echo);
        echo_stop(echo);
}

/* The service has the request and the client no interest in it; or the client is not there any more. */
static void reset_while_served(void **state)
{
        struct echo *echo = echo_start(NULL);
        struct client2 *client = client2_open(echo);
        (void)state;
        for (int i = 0; i < 50; i++) {
                client2_ask(client, 2 * i + 1, END_STREAM, POST("/later"));
                if (i % 2)
                        client2_number(client, NGHTTP2_RST_STREAM, 2 * i + 1, NGHTTP2_CANCEL);
        }
        for (int i = 0; i < 50; i += 2)
                assert_int_equal(client2_wait(client, 2 * i + 1)->status, 200);
        for (int i = 50; i < 60; i++)
                client2_ask(client, 2 * i + 1, END_STREAM, POST("/later"));
        client2_close(client);
        echo_empty(echo);
        echo_stop(echo);
}

static void a_body_that_does_not_come(void **state)
{
        struct echo *echo = echo_start((const char *const[]){ "http.body_time", "200ms", NULL });
        struct client2 *client = client2_open(echo);
        (void)state;
        client2_ask(client, 1, 0, POST("/echo"));
        client2_ask(client, 3, 0, POST("/echo"));
        client2_frame(client, NGHTTP2_DATA, END_STREAM, 3, "abc", 3);
        assert_string_equal(client2_wait(client, 3)->body, "abc");
        assert_int_equal(client2_wait(client, 1)->status, 408);
        client2_close(client);
        echo_empty(echo);
        echo_stop(echo);
}

static void a_head_that_does_not_end(void **state)
{
        struct echo *echo = echo_start((const char *const[]){ "http.head_time", "200ms", NULL });
        struct client2 *client = client2_open(echo);
        (void)state;
        client->acknowledge = false;       /* nothing may stand inside a header block */
        client2_frame(client, NGHTTP2_HEADERS, 0, 1, "\x82", 1);
        assert_true(client2_ends(client, 5000));
        assert_int_equal(client->goaway, NGHTTP2_ENHANCE_YOUR_CALM);
        client2_close(client);
        echo_empty(echo);
        echo_stop(echo);
}

static void an_answer_that_nobody_takes(void **state)
{
        struct echo *echo = echo_start((const char *const[]){ "http.write_time", "300ms", NULL });
        struct client2 *client = client2_open(echo);
        (void)state;
        client2_setting(client, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0);
        client2_ask(client, 1, END_STREAM, GET("/large"));
        struct heard_stream *stream = client2_wait(client, 1);
        assert_int_equal(stream->status, 200);
        assert_int_equal(stream->size, 0);
        assert_int_equal(stream->reset, NGHTTP2_CANCEL);
        /* An answer without a body needs no window. */
        client2_ask(client, 3, END_STREAM, ":method: OPTIONS\n:path: /echo\n" COMMON);
        assert_int_equal(client2_wait(client, 3)->status, 204);
        client2_close(client);
        echo_empty(echo);
        echo_stop(echo);
}

/* All memory is taken by requests that wait for their bodies: those give way, and new ones are told when to come again. */
static void memory_is_short(void **state)
{
        struct echo *echo = echo_start((const char *const[]){ "limits.open_bytes", "1MiB", "http.body_limit", "4MiB", NULL });
        struct client2 *client = client2_open(echo);
        static char piece[16384];
        size_t sent = 0;
        (void)state;
        client2_ask(client, 1, 0, POST("/echo"));
        while (client2_stream(client, 1)->status == 0 && !client->closed) {
                if (sent + sizeof(piece) <= (256 << 10) + client2_stream(client, 1)->window) {
                        client2_frame(client, NGHTTP2_DATA, 0, 1, piece, sizeof(piece));
                        sent += sizeof(piece);
                }
                (void)client2_hear(client, 10);
        }
        assert_int_equal(client2_wait(client, 1)->status, 503);
        assert_true(sent > (512 << 10) && sent < (1536 << 10));
        for (int i = 0; i < 50 && client2_stream(client, 1)->reset == HEARD_NOTHING; i++)
                (void)client2_hear(client, 100);
        client2_ask(client, 3, END_STREAM, GET("/hello"));
        assert_int_equal(client2_wait(client, 3)->status, 200);
        client2_close(client);
        echo_empty(echo);
        echo_stop(echo);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(interleaved),
                cmocka_unit_test(a_large_body_and_a_large_answer),
                cmocka_unit_test(a_body_over_the_limit),
                cmocka_unit_test(more_streams_than_allowed),
                cmocka_unit_test(reset_while_served),
                cmocka_unit_test(a_body_that_does_not_come),
                cmocka_unit_test(a_head_that_does_not_end),
                cmocka_unit_test(an_answer_that_nobody_takes),
                cmocka_unit_test(memory_is_short),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
