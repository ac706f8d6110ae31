/* Floods: what serves nobody is borne for a while, then the connection ends; others are served all the time. */
#include "http2_client.h"

#define GET(path) ":method: GET\n:path: " path "\n" COMMON
#define POST(path) ":method: POST\n:path: " path "\n" COMMON
enum { FRAMES = 4000 };

/* What one step of each flood sends; `id` is a new stream's. */
static void rapid_reset(struct client2 *client, int id)
{
        client2_ask(client, id, 0, POST("/echo"));
        client2_number(client, NGHTTP2_RST_STREAM, id, NGHTTP2_CANCEL);
}

static void rapid_reset_while_served(struct client2 *client, int id)
{
        client2_ask(client, id, END_STREAM, POST("/later"));
        client2_number(client, NGHTTP2_RST_STREAM, id, NGHTTP2_CANCEL);
}

/* It has us reset the streams: CVE-2025-8671. */
static void made_to_reset(struct client2 *client, int id)
{
        client2_ask(client, id, 0, POST("/echo"));
        client2_number(client, NGHTTP2_WINDOW_UPDATE, id, INT32_MAX);
}

static void malformed(struct client2 *client, int id)
{
        client2_ask(client, id, END_STREAM, GET("/hello") "connection: close\n");
}

static void pings(struct client2 *client, int id)
{
        (void)id;
        client2_frame(client, NGHTTP2_PING, 0, 0, "12345678", 8);
}

static void settings(struct client2 *client, int id)
{
        (void)id;
        client2_setting(client, NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, 4096);
}

static void acknowledgements(struct client2 *client, int id)
{
        (void)id;
        client2_frame(client, NGHTTP2_PING, ACK, 0, "12345678", 8);
}

static void priorities(struct client2 *client, int id)
{
        uint8_t payload[5] = { 0, 0, 0, 0, 16 };
        client2_frame(client, NGHTTP2_PRIORITY, 0, id, payload, sizeof(payload));
}

static void windows(struct client2 *client, int id)
{
        (void)id;
        client2_number(client, NGHTTP2_WINDOW_UPDATE, 0, 1);
}

static void unknown(struct client2 *client, int id)
{
        client2_frame(client, 0xFA, 0, id, "x", 1);
}

static void open_one(struct client2 *client, int id)
{
        if (id == 1)
                client2_ask(client, 1, 0, POST("/echo"));
}

static void empty_data(struct client2 *client, int id)
{
        open_one(client, id);
        client2_frame(client, NGHTTP2_DATA, 0, 1, NULL, 0);
}

static void padding(struct client2 *client, int id)
{
        open_one(client, id);
        client2_frame(client, NGHTTP2_DATA, PADDED, 1, "\3\0\0\0", 4);
}

static const struct { const char *name; void (*step)(struct client2 *client, int id); } FLOODS[] = {
        { "rapid reset (CVE-2023-44487)", rapid_reset },
        { "rapid reset of what is served", rapid_reset_while_served },
        { "resets that we are made to send", made_to_reset },
        { "malformed requests", malformed },
        { "pings", pings },
        { "settings", settings },
        { "answers to pings that nobody sent", acknowledgements },
        { "priorities", priorities },
        { "windows", windows },
        { "unknown frames", unknown },
        { "empty data", empty_data },
        { "padding", padding },
};

/* `hears`: whether the client reads what it is told. */
static void flood(bool hears)
{
        struct echo *echo = echo_start(NULL);
        for (size_t i = 0; i < COUNT_OF(FLOODS); i++) {
                struct client2 *client = client2_open(echo);
                for (int step = 0; step < FRAMES && !client->closed; step++) {
                        FLOODS[i].step(client, 2 * step + 1);
                        while (hears && step % 64 == 0 && client2_hear(client, 0))
                                ;
                }
                others_are_served(echo);
                if (!client2_ends(client, 10000))
                        fail_msg("%s: the connection still stands", FLOODS[i].name);
                /* Streams stand until their reset is sent, and too many at a time are an error of their own. */
                bool resets = FLOODS[i].step == made_to_reset || FLOODS[i].step == malformed;
                bool crowded = resets && client->goaway == NGHTTP2_PROTOCOL_ERROR;
                if (client->goaway != HEARD_NOTHING && client->goaway != NGHTTP2_ENHANCE_YOUR_CALM && !crowded)
                        fail_msg("%s: GOAWAY %d", FLOODS[i].name, client->goaway);
                if (hears && client->goaway == HEARD_NOTHING)
                        fail_msg("%s: no GOAWAY", FLOODS[i].name);
                client2_close(client);
        }
        echo_empty(echo);
        echo_stop(echo);
}

static void floods(void **state)
{
        (void)state;
        flood(true);
}

static void floods_of_the_deaf(void **state)
{
        (void)state;
        flood(false);
}

/* CVE-2024-28182: a header block without an end. */
static void continuation_flood(void **state)
{
        struct echo *echo = echo_start(NULL);
        struct client2 *client = client2_open(echo);
        (void)state;
        client2_frame(client, NGHTTP2_HEADERS, END_STREAM, 1, NULL, 0);
        for (int i = 0; i < FRAMES && !client->closed; i++)
                client2_frame(client, NGHTTP2_CONTINUATION, 0, 1, "\x10\1a\1b", 5);
        others_are_served(echo);
        assert_true(client2_ends(client, 5000));
        client2_close(client);
        echo_empty(echo);
        echo_stop(echo);
}

/* A long value is put into the table once and named by one byte ever after. */
static void header_bomb(void **state)
{
        struct echo *echo = echo_start(NULL);
        struct client2 *client = client2_open(echo);
        char room[16000], value[3900];
        struct buffer block;
        (void)state;
        memset(value, 'v', sizeof(value));
        buffer_wrap(&block, room, sizeof(room));
        block_lines(&block, GET("/hello"));
        size_t start = block.size;
        block_add(&block, SLICE("a"), (struct slice){ value, sizeof(value) });
        block.data[start] = 0x40;          /* and remember it */
        for (int i = 0; i < 10000; i++)
                buffer_add_char(&block, (char)(0x80 | 62));
        client2_frame(client, NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, block.data, block.size);
        assert_true(client2_ends(client, 5000));
        assert_int_equal(client->goaway, NGHTTP2_ENHANCE_YOUR_CALM);
        others_are_served(echo);
        client2_close(client);
        echo_empty(echo);
        echo_stop(echo);
}

/* A larger head than is taken, but no bomb: the client hears what was wrong, and the connection stands. */
static void large_head(void **state)
{
        struct echo *echo = echo_start((const char *const[]){ "http.head_limit", "2KiB", NULL });
        struct client2 *client = client2_open(echo);
        char lines[8192] = GET("/hello") "a: ";
        size_t size = strlen(lines);
        (void)state;
        memset(lines + size, 'v', 6000);
        lines[size + 6000] = '\n';
        client2_ask(client, 1, END_STREAM, lines);
        assert_int_equal(client2_wait(client, 1)->status, 431);
        client2_ask(client, 3, END_STREAM, GET("/hello"));
        assert_int_equal(client2_wait(client, 3)->status, 200);
        client2_close(client);
        echo_stop(echo);
}

/* Answered requests earn patience: a client at work may ping, and change its mind, as often as it asks. */
static void work_earns_patience(void **state)
{
        struct echo *echo = echo_start((const char *const[]){ "http2.useless_frames", "20", NULL });
        struct client2 *client = client2_open(echo);
        (void)state;
        for (int i = 0; i < 100; i++) {
                client2_frame(client, NGHTTP2_PING, 0, 0, "12345678", 8);
                client2_number(client, NGHTTP2_WINDOW_UPDATE, 0, 1);
                client2_ask(client, 2 * i + 1, END_STREAM, GET("/hello"));
                assert_int_equal(client2_wait(client, 2 * i + 1)->status, 200);
        }
        client2_close(client);
        echo_stop(echo);
}

static const struct { const char *name; int first, then, type, code; } MISPLACED[] = {
        { "data for a stream that is over", 1, 1, NGHTTP2_DATA, NGHTTP2_STREAM_CLOSED },
        { "a head for a stream that is over", 1, 1, NGHTTP2_HEADERS, NGHTTP2_STREAM_CLOSED },
        { "a head for a stream that was passed over", 5, 3, NGHTTP2_HEADERS, NGHTTP2_PROTOCOL_ERROR },
        { "data for a stream that was not begun", 1, 3, NGHTTP2_DATA, NGHTTP2_PROTOCOL_ERROR },
        { "a stream of the server's", 1, 4, NGHTTP2_HEADERS, NGHTTP2_PROTOCOL_ERROR },
};

static void misplaced(void **state)
{
        struct echo *echo = echo_start(NULL);
        (void)state;
        for (size_t i = 0; i < COUNT_OF(MISPLACED); i++) {
                struct client2 *client = client2_open(echo);
                client2_ask(client, MISPLACED[i].first, END_STREAM, GET("/hello"));
                (void)client2_wait(client, MISPLACED[i].first);
                if (MISPLACED[i].type == NGHTTP2_DATA)
                        client2_frame(client, NGHTTP2_DATA, END_STREAM, MISPLACED[i].then, "x", 1);
                else
                        client2_ask(client, MISPLACED[i].then, END_STREAM, GET("/hello"));
                if (!client2_ends(client, 5000) || client->goaway != MISPLACED[i].code)
                        fail_msg("%s: GOAWAY %d", MISPLACED[i].name, client->goaway);
                client2_close(client);
        }
        echo_stop(echo);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(floods),      cmocka_unit_test(floods_of_the_deaf), cmocka_unit_test(continuation_flood),
                cmocka_unit_test(header_bomb), cmocka_unit_test(large_head),         cmocka_unit_test(work_earns_patience),
                cmocka_unit_test(misplaced),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
