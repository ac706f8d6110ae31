/* What the loop makes of a body before the service sees it, and whom it takes for the client. */
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

int main(void)
{
        static const struct CMUnitTest TESTS[] = {
                cmocka_unit_test(codings), cmocka_unit_test(clients), cmocka_unit_test(configuration_is_swapped),
                cmocka_unit_test(requests_are_counted),
        };
        return cmocka_run_group_tests(TESTS, NULL, NULL);
}
