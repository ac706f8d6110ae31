/* A loop in a thread with a small service, and a client that speaks raw bytes: for the tests of server/. */
#ifndef TESTS_SERVICE_H
#define TESTS_SERVICE_H
#include "base/clock.h"
#include "server/loop.h"
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

/* Answers POST /echo with the body, GET /hello with "hello", POST /later from a tick 5 ms on, GET /large with a megabyte,
 * GET /who with the client's address, GET /host and GET /cookie with what those headers say, GET /work after a millisecond of
 * it. */
struct echo {
        struct service   service;          /* first */
        struct loop     *loop;
        struct config    config;
        struct exchange *waiting[256];
        size_t           waiting_count;
        atomic_bool      refusing;
        atomic_int       faulted, spoiled;
        int              port;
        pthread_t        thread;
        void            *change;           /* a test's own */
        char             large[1 << 20];
};

static void echo_serve(struct service *service, struct exchange *exchange)
{
        struct echo *echo = (struct echo *)service;
        struct answer answer = { .status = 200, .content_type = SLICE("text/plain"), .body = exchange->body };
        char text[ADDRESS_TEXT];
        if (slice_equal(exchange->http.path, SLICE("/hello")))
                answer.body = SLICE("hello");
        for (int64_t until = clock_nanoseconds() + 1000000; slice_equal(exchange->http.path, SLICE("/work"));)
                if (clock_nanoseconds() > until)
                        break;
        if (slice_equal(exchange->http.path, SLICE("/large")))
                answer.body = (struct slice){ echo->large, sizeof(echo->large) };
        if (slice_equal(exchange->http.path, SLICE("/host")))
                answer.body = exchange->http.host;
        if (slice_equal(exchange->http.path, SLICE("/cookie")))
                answer.body = http_header(&exchange->http, SLICE("cookie"));
        if (slice_equal(exchange->http.path, SLICE("/who"))) {
                answer.body.data = text;
                answer.body.size = exchange->client.address.known ? address_format(&exchange->client.address, text) : 0;
        }
        if (slice_equal(exchange->http.path, SLICE("/later")) && echo->waiting_count < COUNT_OF(echo->waiting))
                echo->waiting[echo->waiting_count++] = exchange;
        else
                exchange_answer(exchange, &answer);
}

static void echo_tick(void *context)
{
        struct echo *echo = context;
        size_t count = echo->waiting_count;
        echo->waiting_count = 0;
        for (size_t i = 0; i < count; i++)
                exchange_answer(echo->waiting[i], &(struct answer){ .status = 200, .content_type = SLICE("text/plain"),
                                                                    .body = echo->waiting[i]->body });
}

static const char *echo_methods(struct service *service, struct slice path)
{
        static const struct { struct slice path; const char *methods; } PATHS[] = {
                { SLICE_INIT("/echo"), "POST" }, { SLICE_INIT("/later"), "POST" }, { SLICE_INIT("/hello"), "GET" },
                { SLICE_INIT("/large"), "GET" }, { SLICE_INIT("/who"), "GET" },  { SLICE_INIT("/host"), "GET" },
                { SLICE_INIT("/cookie"), "GET" },
                { SLICE_INIT("/work"), "GET" },
        };
        (void)service;
        for (size_t i = 0; i < COUNT_OF(PATHS); i++)
                if (slice_equal(PATHS[i].path, path))
                        return PATHS[i].methods;
        return NULL;
}

static bool echo_refuse(struct service *service, struct exchange *exchange, struct refusal *ret_refusal)
{
        (void)exchange;
        *ret_refusal = (struct refusal){ .status = 503, .name = "overloaded",
                                         .message = "The service cannot take this request now; send it again later." };
        ret_refusal->pause = true;
        return ((struct echo *)service)->refusing || loop_overloaded(((struct echo *)service)->loop);
}

static bool echo_faulted(struct service *service, struct exchange *exchange, struct refusal *ret_refusal)
{
        (void)ret_refusal;
        assert_true(exchange->client.address.known);
        ((struct echo *)service)->faulted++;
        return false;
}

static void echo_spoiled(struct service *service, struct exchange *exchange)
{
        (void)exchange;
        ((struct echo *)service)->spoiled++;
}

static void *echo_thread(void *argument)
{
        loop_run(((struct echo *)argument)->loop);
        return NULL;
}

/* Not running yet. `settings`: path, value, ..., NULL. `metrics` may be NULL. */
static struct echo *echo_prepare(const char *address, const char *const *settings, struct metrics_worker *metrics)
{
        struct error err = { "" };
        struct echo *echo = memory_get(sizeof(*echo));
        config_init(&echo->config);
        for (; settings && *settings; settings += 2)
                if (!config_set(&echo->config, settings[0], settings[1], &err))
                        fail_msg("%s", err.text);
        echo->service = (struct service){ .serve = echo_serve, .methods = echo_methods, .refuse = echo_refuse,
                                          .faulted = echo_faulted, .spoiled = echo_spoiled,
                                          .cors = true, .http2 = true, .proxied = true };
        memset(echo->large, 'x', sizeof(echo->large));
        echo->loop = loop_new(&echo->config, &echo->service, metrics, &err);
        int listeners[4];
        size_t count = echo->loop ? socket_listen(address, SOCKET_ALONE, listeners, COUNT_OF(listeners), &err) : 0;
        if (count != 1 || !loop_listen(echo->loop, listeners[0], &err))
                fail_msg("%s", err.text);
        echo->port = socket_port(listeners[0]);
        loop_tick(echo->loop, 5, echo_tick, echo);
        return echo;
}

static void echo_run(struct echo *echo)
{
        assert_int_equal(pthread_create(&echo->thread, NULL, echo_thread, echo), 0);
}

__attribute__((unused)) static struct echo *echo_start_at(const char *address, const char *const *settings,
                                                          struct metrics_worker *metrics)
{
        struct echo *echo = echo_prepare(address, settings, metrics);
        echo_run(echo);
        return echo;
}

__attribute__((unused)) static struct echo *echo_start(const char *const *settings)
{
        return echo_start_at("127.0.0.1:0", settings, NULL);
}

static void echo_do_stop(void *argument)
{
        loop_stop(((struct echo *)argument)->loop);
}

static void echo_stop(struct echo *echo)
{
        loop_post(echo->loop, echo_do_stop, echo);
        pthread_join(echo->thread, NULL);
        echo_tick(echo);
        loop_free(echo->loop);
        config_done(&echo->config);
        free(echo);
}

/* What only the loop's thread may read. */
struct echo_counts {
        struct loop *loop;
        size_t       connections, exchanges, open_bytes;
        atomic_bool  known;
};

static void echo_count(void *argument)
{
        struct echo_counts *counts = argument;
        counts->connections = loop_connections(counts->loop);
        counts->exchanges = loop_exchanges(counts->loop);
        counts->open_bytes = loop_open_bytes(counts->loop);
        counts->known = true;
}

static struct echo_counts echo_counts(struct echo *echo)
{
        struct echo_counts counts = { .loop = echo->loop };
        loop_post(echo->loop, echo_count, &counts);
        while (!counts.known)
                (void)poll(NULL, 0, 1);
        return counts;
}

/* Waits until no connection is left, 3 seconds at most. */
__attribute__((unused)) static void echo_empty(struct echo *echo)
{
        int64_t until = clock_steady() + 3000;
        while (echo_counts(echo).connections + echo_counts(echo).exchanges && clock_steady() < until)
                (void)poll(NULL, 0, 10);
        struct echo_counts counts = echo_counts(echo);
        assert_int_equal(counts.connections, 0);
        assert_int_equal(counts.exchanges, 0);
        assert_int_equal(counts.open_bytes, 0);
}

static int client_open(const struct echo *echo)
{
        struct sockaddr_in place = { .sin_family = AF_INET, .sin_port = htons((uint16_t)echo->port),
                                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(client, (struct sockaddr *)&place, sizeof(place)), 0);
        return client;
}

static void client_send(int client, const char *data, size_t size)
{
        while (size) {
                ssize_t sent = send(client, data, size, MSG_NOSIGNAL);
                assert_true(sent > 0);
                data += sent;
                size -= (size_t)sent;
        }
}

/* Reads until `text` holds `wanted` at its end, the other side closes, or `ms` are over without a byte. Answers the size. */
__attribute__((unused)) static size_t client_read(int client, char *text, size_t room, const char *wanted, int ms)
{
        size_t size = 0, tail = wanted ? strlen(wanted) : 0;
        for (;;) {
                struct pollfd ready = { .fd = client, .events = POLLIN };
                text[size] = '\0';
                bool found = tail && size >= tail && memcmp(text + size - tail, wanted, tail) == 0;
                if (size + 1 >= room || found || poll(&ready, 1, ms) != 1)
                        return size;
                ssize_t got = recv(client, text + size, room - 1 - size, 0);
                if (got <= 0)
                        return size;
                size += (size_t)got;
        }
}

/* True when the other side has closed, within `ms`, after nothing but `more` bytes. */
__attribute__((unused)) static bool client_closed(int client, int ms)
{
        char byte;
        struct pollfd ready = { .fd = client, .events = POLLIN };
        return poll(&ready, 1, ms) == 1 && recv(client, &byte, 1, 0) <= 0;
}
#endif
