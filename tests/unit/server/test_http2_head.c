/* Requests over HTTP/2: the same judgements as over HTTP/1.1, and the rules that are its own. */
#include "http2_client.h"

#define GET(path) ":method: GET\n:path: " path "\n" COMMON
#define POST ":method: POST\n:path: /echo\n" COMMON
#define LONG "0123456789012345678901234567890123456789012345678901234567890123456789"
#define TEN "cookie: b\ncookie: b\ncookie: b\ncookie: b\ncookie: b\ncookie: b\ncookie: b\ncookie: b\ncookie: b\ncookie: b\n"
#define CRUMBS TEN TEN TEN TEN TEN

static const struct {
        const char *name, *lines, *body;   /* body NULL: the request ends with its head */
        int         status;                /* 0: none */
        const char *has;                   /* in the answer's fields or its body */
        int         reset;
} CASES[] = {
        { "GET", GET("/hello"), NULL, 200, "hello", HEARD_NOTHING },
        { "HEAD has the length and no body", ":method: HEAD\n:path: /hello\n" COMMON, NULL, 200, "content-length: 5\n",
          HEARD_NOTHING },
        { "POST with a length", POST "content-length: 3\n", "abc", 200, "abc", HEARD_NOTHING },
        { "POST without a length", POST, "abc", 200, "abc", HEARD_NOTHING },
        { "POST of nothing", POST, "", 200, "content-length: 0\n", HEARD_NOTHING },
        { "POST that ends with its head", POST, NULL, 200, "content-length: 0\n", HEARD_NOTHING },
        { "no Connection in an answer", GET("/hello"), NULL, 200, "content-type: text/plain\n", HEARD_NOTHING },
        { "OPTIONS", ":method: OPTIONS\n:path: /echo\n" COMMON, NULL, 204, "allow: POST, OPTIONS\n", HEARD_NOTHING },
        { "OPTIONS *", ":method: OPTIONS\n:path: *\n" COMMON, NULL, 204, "allow: GET, HEAD, POST, OPTIONS\n", HEARD_NOTHING },
        { "unknown path", GET("/no"), NULL, 404, "not_found", HEARD_NOTHING },
        { "unknown path, body and all", ":method: POST\n:path: /no\n" COMMON, "abc", 404, "not_found", HEARD_NOTHING },
        { "wrong method", GET("/echo"), NULL, 405, "allow: POST, OPTIONS\n", HEARD_NOTHING },
        { "unknown method", ":method: BREW\n:path: /echo\n" COMMON, NULL, 405, "allow: POST, OPTIONS\n", HEARD_NOTHING },
        { "CONNECT", ":method: CONNECT\n:authority: a:443\n", NULL, 501, "\"connect\"", HEARD_NOTHING },
        { "unknown coding", POST "content-encoding: br\n", "abc", 415, "accept-encoding: gzip, deflate, zstd\n", HEARD_NOTHING },
        { "coding twice", POST "content-encoding: gzip\ncontent-encoding: gzip\n", "abc", 415, "coding_unknown", HEARD_NOTHING },
        { "not gzip at all", POST "content-encoding: gzip\n", "abc", 400, "content_coding", HEARD_NOTHING },
        { "expectation", POST "expect: tea\n", "abc", 417, "expectation", HEARD_NOTHING },
        { "target too long", GET("/" LONG LONG), NULL, 414, "target_large", HEARD_NOTHING },
        { "too many headers", GET("/hello") "a: \nb: \nc: \nd: \ne: \nf: \ng: \nh: \n", NULL, 431, "header_count",
          HEARD_NOTHING },
        { "head too large", GET("/hello") "a: " LONG LONG LONG LONG "\nb: " LONG LONG LONG LONG "\n", NULL, 431, "head_large",
          HEARD_NOTHING },
        { "allowed origin", POST "origin: https://shop.example\n", "x", 200,
          "access-control-allow-origin: https://shop.example\naccess-control-allow-credentials: true\n", HEARD_NOTHING },
        { "preflight", ":method: OPTIONS\n:path: /echo\n"
          COMMON "origin: https://shop.example\naccess-control-request-method: POST\n",
          NULL, 204, "access-control-allow-methods: POST, OPTIONS\n", HEARD_NOTHING },
        /* its own rules */
        { "Host instead of :authority", ":method: GET\n:path: /host\n:scheme: http\nhost: b.example\n", NULL, 200, "b.example",
          HEARD_NOTHING },
        { ":authority is the host", GET("/host"), NULL, 200, "a.example", HEARD_NOTHING },
        { "Host as :authority says", GET("/host") "host: A.example\n", NULL, 200, "a.example", HEARD_NOTHING },
        { "Host against :authority", GET("/host") "host: b.example\n", NULL, 400, "host_repeated", HEARD_NOTHING },
        { "broken :authority", ":method: GET\n:path: /host\n:scheme: http\n:authority: a:b:c\n", NULL, 400, "\"host\"",
          HEARD_NOTHING },
        { "neither", ":method: GET\n:path: /host\n:scheme: http\n", NULL, 0, "", NGHTTP2_PROTOCOL_ERROR },
        { "crumbs of a cookie", GET("/cookie") "cookie: a=1\nx: y\ncookie: b=2\ncookie: c=3\n", NULL, 200, "a=1; b=2; c=3",
          HEARD_NOTHING },
        { "crumbs are one header", GET("/hello") "cookie: a\ncookie: b\ncookie: c\ncookie: d\ncookie: e\ncookie: f\ncookie: g\n"
          "cookie: h\ncookie: i\n", NULL, 200, "hello", HEARD_NOTHING },
        { "crumbs behind much else", GET("/hello") "cookie: a\nx: " LONG LONG LONG "\n" CRUMBS, NULL, 431, "head_large",
          HEARD_NOTHING },
        { "as many crumbs in a row", GET("/hello") "x: " LONG LONG LONG "\ncookie: a\n" CRUMBS, NULL, 200, "hello",
          HEARD_NOTHING },
        { "te: trailers", GET("/hello") "te: trailers\n", NULL, 200, "hello", HEARD_NOTHING },
        { "te: gzip", GET("/hello") "te: gzip\n", NULL, 0, "", NGHTTP2_PROTOCOL_ERROR },
        { "Connection", GET("/hello") "connection: close\n", NULL, 0, "", NGHTTP2_PROTOCOL_ERROR },
        { "Transfer-Encoding", POST "transfer-encoding: chunked\n", "0\r\n\r\n", 0, "", NGHTTP2_PROTOCOL_ERROR },
        { "a name in capitals", GET("/hello") "Accept: x\n", NULL, 0, "", NGHTTP2_PROTOCOL_ERROR },
        { "a name with a space", GET("/hello") "a b: x\n", NULL, 0, "", NGHTTP2_PROTOCOL_ERROR },
        { "a name that would be two lines", GET("/hello") "a\rb: x\n", NULL, 0, "", NGHTTP2_PROTOCOL_ERROR },
        { "a carriage return in a value", GET("/hello") "a: x\ry\n", NULL, 0, "", NGHTTP2_PROTOCOL_ERROR },
        { "a control character in a value", GET("/hello") "a: x\x01y\n", NULL, 0, "", NGHTTP2_PROTOCOL_ERROR },
        { "a space before a value", GET("/hello") "a:  x\n", NULL, 0, "", NGHTTP2_PROTOCOL_ERROR },
        { "a space in a target", ":method: GET\n:path: /a b\n" COMMON, NULL, 0, "", NGHTTP2_PROTOCOL_ERROR },
        { "a method that would be a line", ":method: GET /hello HTTP/1.1\n:path: /no\n" COMMON, NULL, 0, "",
          NGHTTP2_PROTOCOL_ERROR },
        { "a fragment", GET("/hello#x"), NULL, 400, "\"target\"", HEARD_NOTHING },
        { "no path", ":method: GET\n:path: \n" COMMON, NULL, 0, "", NGHTTP2_PROTOCOL_ERROR },
        { "an absolute target", ":method: GET\n:path: http://b/hello\n" COMMON, NULL, 0, "", NGHTTP2_PROTOCOL_ERROR },
        { "an absolute target of another scheme", ":method: GET\n:path: http://b/hello\n:scheme: gopher\n:authority: a\n", NULL,
          400,
          "\"target\"", HEARD_NOTHING },
        { "another scheme", ":method: GET\n:path: /hello\n:scheme: gopher\n:authority: a\n", NULL, 400, "\"target\"",
          HEARD_NOTHING },
        { "https in the clear, as behind a proxy", ":method: GET\n:path: /hello\n:scheme: https\n:authority: a\n", NULL, 200,
          "hello",
          HEARD_NOTHING },
        { "extended CONNECT", ":method: CONNECT\n:protocol: websocket\n:path: /hello\n" COMMON, NULL, 0, "",
          NGHTTP2_PROTOCOL_ERROR },
        { "length against the data", POST "content-length: 4\n", "abc", 0, "", NGHTTP2_PROTOCOL_ERROR },
        { "two lengths", POST "content-length: 3\ncontent-length: 3\n", "abc", 0, "", NGHTTP2_PROTOCOL_ERROR },
};
static const char *const SETTINGS_OF_CASES[] = { "http.body_limit", "4KiB", "http.target_limit", "128", "http.header_count", "8",
                                                 "http.head_limit", "512", "http.cors.origins", "https://shop.example", NULL };

static void rows(void **state)
{
        struct echo *echo = echo_start(SETTINGS_OF_CASES);
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct client2 *client = client2_open(echo);
                client2_ask(client, 1, CASES[i].body ? 0 : END_STREAM, CASES[i].lines);
                if (CASES[i].body)
                        client2_frame(client, NGHTTP2_DATA, END_STREAM, 1, CASES[i].body, strlen(CASES[i].body));
                struct heard_stream *got = client2_wait(client, 1);
                if (got->status != CASES[i].status || got->reset != CASES[i].reset)
                        fail_msg("%s: status %d, reset %d, GOAWAY %d", CASES[i].name, got->status, got->reset, client->goaway);
                if (!strstr(got->fields, CASES[i].has) && !strstr(got->body, CASES[i].has))
                        fail_msg("%s: '%s' '%s'", CASES[i].name, got->fields, got->body);
                if (strstr(got->fields, "connection:"))
                        fail_msg("%s: '%s'", CASES[i].name, got->fields);
                /* The connection goes on. */
                client2_ask(client, 3, END_STREAM, GET("/hello"));
                if (client2_wait(client, 3)->status != 200)
                        fail_msg("%s: the next request was not answered; GOAWAY %d", CASES[i].name, client->goaway);
                client2_close(client);
        }
        echo_empty(echo);
        echo_stop(echo);
}

/* A head in pieces: HEADERS and CONTINUATION of one byte each cannot be (they are limited), but some. */
static void continuations(void **state)
{
        struct echo *echo = echo_start(NULL);
        struct client2 *client = client2_open(echo);
        char room[512];
        struct buffer block;
        (void)state;
        buffer_wrap(&block, room, sizeof(room));
        block_lines(&block, GET("/hello") "a: b\n");
        size_t piece = block.size / 4 + 1;
        client2_frame(client, NGHTTP2_HEADERS, END_STREAM, 1, block.data, piece);
        client2_frame(client, NGHTTP2_CONTINUATION, 0, 1, block.data + piece, piece);
        client2_frame(client, NGHTTP2_CONTINUATION, 0, 1, NULL, 0);
        client2_frame(client, NGHTTP2_CONTINUATION, END_HEADERS, 1, block.data + 2 * piece, block.size - 2 * piece);
        assert_string_equal(client2_wait(client, 1)->body, "hello");
        client2_close(client);
        echo_stop(echo);
}

static void trailers_are_dropped(void **state)
{
        struct echo *echo = echo_start(NULL);
        struct client2 *client = client2_open(echo);
        (void)state;
        client2_ask(client, 1, 0, POST);
        client2_frame(client, NGHTTP2_DATA, 0, 1, "abc", 3);
        client2_ask(client, 1, END_STREAM, "host: b.example\nx: y\n");
        assert_string_equal(client2_wait(client, 1)->body, "abc");
        client2_close(client);
        echo_stop(echo);
}

static void go_on(void **state)
{
        struct echo *echo = echo_start(NULL);
        struct client2 *client = client2_open(echo);
        (void)state;
        client2_ask(client, 1, 0, POST "expect: 100-continue\n");
        struct heard_stream *stream = client2_stream(client, 1);
        for (int i = 0; i < 50 && !stream->interim; i++)
                (void)client2_hear(client, 100);
        assert_int_equal(stream->interim, 100);
        client2_frame(client, NGHTTP2_DATA, END_STREAM, 1, "abc", 3);
        assert_string_equal(client2_wait(client, 1)->body, "abc");
        client2_close(client);
        echo_stop(echo);
}

int main(void)
{
        static const struct CMUnitTest tests[] = { cmocka_unit_test(rows), cmocka_unit_test(continuations),
                                                   cmocka_unit_test(trailers_are_dropped), cmocka_unit_test(go_on) };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
