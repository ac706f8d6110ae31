/* The load of `millrace bench`, against a server that we are: what it counts, and that it does not spare who stands still. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "command/bench.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS 4

struct server {
        int         listener;
        uint16_t    port;
        pthread_t   thread;
        atomic_bool stop;
        const char *answer;
        size_t      requests;              /* seen; ours when the thread has ended */
        size_t      sleep_at;              /* before this one's answer it stands still; 0: never */
        size_t      close_at;              /* instead of this one's answer it hangs up; 0: never */
        bool        torn;                  /* answers come in two parts */
};

/* False: the connection is at its end. Every request is one packet here. */
static bool server_answer(struct server *server, int connection)
{
        static const struct timespec STILL = { .tv_nsec = 400000000 };
        char   request[4096];
        size_t size = strlen(server->answer), first = server->torn ? 10 : size;
        if (recv(connection, request, sizeof(request), 0) <= 0)
                return false;
        server->requests++;
        if (server->requests == server->sleep_at)
                (void)nanosleep(&STILL, NULL);
        if (server->requests == server->close_at)
                return false;
        (void)send(connection, server->answer, first, MSG_NOSIGNAL);
        if (first < size)
                (void)send(connection, server->answer + first, size - first, MSG_NOSIGNAL);
        return true;
}

static void *server_run(void *context)
{
        struct server *server = context;
        struct pollfd polls[CONNECTIONS + 3] = { { .fd = server->listener, .events = POLLIN } };
        size_t count = 1;
        while (!atomic_load(&server->stop)) {
                (void)poll(polls, count, 20);
                for (size_t i = 1; i < count; i++)
                        if (polls[i].revents && !server_answer(server, polls[i].fd)) {
                                (void)close(polls[i].fd);
                                polls[i--] = polls[--count];
                        }
                if ((polls[0].revents & POLLIN) && count < COUNT_OF(polls))
                        polls[count++] = (struct pollfd){ .fd = accept(server->listener, NULL, NULL), .events = POLLIN };
        }
        while (count-- > 1)
                (void)close(polls[count].fd);
        return NULL;
}

static void server_start(struct server *server)
{
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t size = sizeof(address);
        server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(bind(server->listener, (struct sockaddr *)&address, sizeof(address)), 0);
        assert_int_equal(listen(server->listener, CONNECTIONS), 0);
        assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &size), 0);
        server->port = ntohs(address.sin_port);
        assert_int_equal(pthread_create(&server->thread, NULL, server_run, server), 0);
}

static void server_stop(struct server *server)
{
        atomic_store(&server->stop, true);
        assert_int_equal(pthread_join(server->thread, NULL), 0);
        (void)close(server->listener);
}

/* A hundred requests. */
static struct load_result load_at(struct server *server, int64_t duration)
{
        static struct slice items[] = {
                SLICE_INIT("POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}")
        };
        static const struct requests REQUESTS = { .items = items, .count = COUNT_OF(items) };
        server_start(server);
        struct load load = { .port = server->port, .requests = &REQUESTS, .connections = CONNECTIONS, .duration = duration,
                             .rate = 100e9 / (double)duration };
        struct load_result result = { 0 };
        struct error err;
        if (!load_run(&load, &result, &err))
                fail_msg("%s", err.text);
        server_stop(server);
        return result;
}

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
static void counts_answers(void **state)
{
        static const struct { const char *name, *answer; bool torn; int kind; } CASES[] = {
                { "taken",            OK, false, 0 },
                { "taken, torn",      OK, true, 0 },
                { "refused, 503",     "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", false, 1 },
                { "refused, 429",     "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n", false, 1 },
                { "failed, 400",      "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", false, 2 },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct server server = { .answer = CASES[i].answer, .torn = CASES[i].torn };
                struct load_result result = load_at(&server, 100000000);
                uint64_t kinds[] = { result.answered, result.refused, result.failed };
                for (int kind = 0; kind < 3; kind++)
                        if (kinds[kind] != (kind == CASES[i].kind ? 100u : 0u))
                                fail_msg("%s: %llu taken, %llu refused, %llu failed", CASES[i].name, (unsigned long long)kinds[0],
                                         (unsigned long long)kinds[1], (unsigned long long)kinds[2]);
                assert_int_equal(result.by_status[strtoul(CASES[i].answer + 9, NULL, 10)], 100);
                assert_int_equal(server.requests, 100);
                assert_int_equal(result.late, 0);
                assert_in_range(result.p50, 1, result.p90);
                assert_in_range(result.p99, result.p90, result.p999);
        }
}

static void counts_broken_connections(void **state)
{
        struct server server = { .answer = OK, .close_at = 10 };
        (void)state;
        struct load_result result = load_at(&server, 100000000);
        assert_int_equal(result.answered, 99);
        assert_int_equal(result.failed, 1);
}

/* The server stands still for 400 of 500 ms. Who asks only when answers come sees that in 4 answers of 100 and has a fine median;
 * measured from when requests were due, most of them have waited. */
static void measures_from_when_it_was_due(void **state)
{
        struct server server = { .answer = OK, .sleep_at = 10 };
        (void)state;
        struct load_result result = load_at(&server, 500000000);
        assert_int_equal(result.answered, 100);
        assert_true(result.most > 350000000);
        assert_true(result.p50 > 100000000);
}

static bool no_more(void *context, int64_t elapsed, int64_t duration)
{
        (void)context, (void)elapsed, (void)duration;
        return false;
}

static void stops_when_told(void **state)
{
        static struct slice items[] = { SLICE_INIT("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") };
        static const struct requests REQUESTS = { .items = items, .count = COUNT_OF(items) };
        struct server server = { .answer = OK };
        (void)state;
        server_start(&server);
        struct load load = { .port = server.port, .requests = &REQUESTS, .connections = 1, .duration = INT64_MAX / 2,
                             .progress = no_more };
        struct load_result result;
        struct error err;
        assert_false(load_run(&load, &result, &err));
        assert_string_equal(err.text, "interrupted");
        server_stop(&server);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(counts_answers),
                cmocka_unit_test(counts_broken_connections),
                cmocka_unit_test(measures_from_when_it_was_due),
                cmocka_unit_test(stops_when_told),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
