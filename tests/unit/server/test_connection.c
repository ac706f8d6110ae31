/* Who gets in, who stays, and in which turn. */
#include "service.h"
#include <errno.h>
#include <sys/resource.h>

#define H "Host: a\r\n"
static const char HELLO[] = "GET /hello HTTP/1.1\r\n" H "\r\n";

static bool answered(int client, int ms)
{
        char text[1024];
        return client_read(client, text, sizeof(text), "hello", ms) > 0 && strncmp(text, "HTTP/1.1 200 ", 13) == 0;
}

static void idle_ones_give_way(void **state)
{
        static const char *const FEW[] = { "http.connections", "3", NULL };
        struct echo *echo = echo_start(FEW);
        int clients[4];
        (void)state;
        for (size_t i = 0; i < COUNT_OF(clients); i++) {
                clients[i] = client_open(echo);
                client_send(clients[i], HELLO, sizeof(HELLO) - 1);
                if (i < 3)
                        assert_true(answered(clients[i], 1000));
        }
        /* The fourth waits until the first, which is the oldest, has been idle for a second. */
        assert_false(answered(clients[3], 300));
        assert_true(answered(clients[3], 3000));
        assert_true(client_closed(clients[0], 100));
        client_send(clients[1], HELLO, sizeof(HELLO) - 1);
        assert_true(answered(clients[1], 1000));
        for (size_t i = 0; i < COUNT_OF(clients); i++)
                (void)close(clients[i]);
        echo_stop(echo);
}

static int64_t cpu_ms(void)
{
        struct rusage usage;
        (void)getrusage(RUSAGE_SELF, &usage);
        return usage.ru_utime.tv_sec * 1000 + usage.ru_utime.tv_usec / 1000 + usage.ru_stime.tv_sec * 1000 +
               usage.ru_stime.tv_usec / 1000;
}

static void running_out_of_descriptors_does_not_spin(void **state)
{
        struct echo *echo = echo_start(NULL);
        struct rlimit before, little;
        int first = client_open(echo), others[8];
        (void)state;
        client_send(first, HELLO, sizeof(HELLO) - 1);
        assert_true(answered(first, 1000));
        assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
        /* Sockets of clients are made before, so that only accepting fails. */
        struct sockaddr_in place = { .sin_family = AF_INET, .sin_port = htons((uint16_t)echo->port),
                                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        for (size_t i = 0; i < COUNT_OF(others); i++)
                others[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        little = before;
        little.rlim_cur = (rlim_t)others[COUNT_OF(others) - 1] + 1;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &little), 0);
        for (size_t i = 0; i < COUNT_OF(others); i++) {
                assert_int_equal(connect(others[i], (struct sockaddr *)&place, sizeof(place)), 0);
                client_send(others[i], HELLO, sizeof(HELLO) - 1);
        }
        int64_t start = cpu_ms();
        assert_false(answered(others[0], 500));
        assert_true(cpu_ms() - start < 150);
        client_send(first, HELLO, sizeof(HELLO) - 1);
        assert_true(answered(first, 1000));
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        for (size_t i = 0; i < COUNT_OF(others); i++) {
                assert_true(answered(others[i], 2000));
                (void)close(others[i]);
        }
        (void)close(first);
        echo_stop(echo);
}

/* One client that never stops sending does not keep another waiting. */
static void *flood(void *argument)
{
        static char requests[64 * (sizeof(HELLO) - 1)];
        int client = *(int *)argument;
        static char text[1 << 16];
        for (size_t i = 0; i < 64; i++)
                memcpy(requests + i * (sizeof(HELLO) - 1), HELLO, sizeof(HELLO) - 1);
        while (send(client, requests, sizeof(requests), MSG_NOSIGNAL | MSG_DONTWAIT) != 0) {
                ssize_t got = recv(client, text, sizeof(text), MSG_DONTWAIT);
                if (got == 0 || (got < 0 && errno != EAGAIN))
                        return NULL;
        }
        return NULL;
}

static void nobody_is_kept_waiting(void **state)
{
        struct echo *echo = echo_start(NULL);
        int greedy = client_open(echo), modest = client_open(echo);
        pthread_t thread;
        int64_t longest = 0;
        (void)state;
        assert_int_equal(pthread_create(&thread, NULL, flood, &greedy), 0);
        for (size_t i = 0; i < 50; i++) {
                int64_t start = clock_steady();
                client_send(modest, HELLO, sizeof(HELLO) - 1);
                assert_true(answered(modest, 2000));
                int64_t took = clock_steady() - start;
                longest = took > longest ? took : longest;
        }
        assert_true(longest < 1000);
        (void)shutdown(greedy, SHUT_RDWR);
        pthread_join(thread, NULL);
        (void)close(greedy);
        (void)close(modest);
        echo_stop(echo);
}

static void the_last_answer_survives_what_was_sent_behind(void **state)
{
        static const char REQUEST[] = "GET /hello HTTP/1.1\r\n" H "Connection: close\r\n\r\n";
        struct echo *echo = echo_start(NULL);
        static char junk[100000];
        (void)state;
        for (size_t i = 0; i < 20; i++) {
                int client = client_open(echo);
                client_send(client, REQUEST, sizeof(REQUEST) - 1);
                (void)send(client, junk, sizeof(junk), MSG_NOSIGNAL);
                (void)poll(NULL, 0, 2);
                assert_true(answered(client, 1000));
                (void)close(client);
        }
        echo_stop(echo);
}

/* Heads that do not end hold memory, too: over the limit of all open bytes nothing more is read. */
static void half_heads_are_bounded(void **state)
{
        static const char *const LITTLE[] = { "limits.open_bytes", "1MiB", "http.inflated_limit", "64KiB", NULL };
        struct echo *echo = echo_start(LITTLE);
        int hogs[160], client;
        char text[1024];
        (void)state;
        for (size_t i = 0; i < COUNT_OF(hogs); i++) {
                hogs[i] = client_open(echo);
                client_send(hogs[i], "POST", 4);
        }
        client = client_open(echo);
        client_send(client, HELLO, sizeof(HELLO) - 1);
        client_read(client, text, sizeof(text), NULL, 500);
        assert_true(strncmp(text, "HTTP/1.1 503 ", 13) == 0 && strstr(text, "\r\nRetry-After: ") && strstr(text, "overloaded"));
        assert_true(client_closed(client, 1000));
        (void)close(client);
        assert_true(echo_counts(echo).open_bytes <= 1 << 20);
        for (size_t i = 0; i < COUNT_OF(hogs); i++)
                (void)close(hogs[i]);
        echo_empty(echo);
        client = client_open(echo);
        client_send(client, HELLO, sizeof(HELLO) - 1);
        assert_true(answered(client, 1000));
        (void)close(client);
        echo_stop(echo);
}

static void ipv6(void **state)
{
        static const char REQUEST[] = "GET /who HTTP/1.1\r\nHost: [::1]\r\n\r\n";
        struct sockaddr_in6 place = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
        int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
        char text[1024];
        (void)state;
        if (probe < 0 || bind(probe, (struct sockaddr *)&place, sizeof(place)) != 0)
                skip();                    /* this machine has no IPv6 */
        (void)close(probe);
        struct echo *echo = echo_start_at("[::1]:0", NULL, NULL);
        int client = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
        place.sin6_port = htons((uint16_t)echo->port);
        assert_int_equal(connect(client, (struct sockaddr *)&place, sizeof(place)), 0);
        client_send(client, REQUEST, sizeof(REQUEST) - 1);
        client_read(client, text, sizeof(text), "\r\n\r\n::1", 1000);
        assert_non_null(strstr(text, "\r\n\r\n::1"));
        (void)close(client);
        echo_stop(echo);
}

/* A wake-up does 32 steps for one connection: the one that ends it may be the last of them. */
static void the_last_step_may_end_it(void **state)
{
        static const char LAST[] = "GET /hello HTTP/1.0\r\n\r\n";
        static char text[65536];
        struct echo *echo = echo_start(NULL);
        (void)state;
        for (size_t count = 28; count < 68; count++) {
                char bytes[68 * sizeof(HELLO)];
                size_t size = 0;
                for (size_t i = 0; i < count; i++, size += sizeof(HELLO) - 1)
                        memcpy(bytes + size, HELLO, sizeof(HELLO) - 1);
                memcpy(bytes + size, LAST, sizeof(LAST) - 1);
                int client = client_open(echo);
                client_send(client, bytes, size + sizeof(LAST) - 1);
                client_read(client, text, sizeof(text), NULL, 1000);       /* to its end */
                assert_non_null(strstr(text, "Connection: close"));
                (void)close(client);
        }
        echo_empty(echo);
        echo_stop(echo);
}

struct drain {
        struct echo *echo;
        int          twin, late;           /* a duplicate of the listener; a client that comes when the drain is posted */
        bool         ours;
        atomic_bool  done;
};

static void drain_now(void *argument)
{
        struct drain *drain = argument;
        loop_drain(drain->echo->loop, drain->ours);
        drain->done = true;
}

/* The next wake-up finds the drain first, then a client at the listener that the drain has closed. */
static void drain_and_come(void *argument)
{
        struct drain *drain = argument;
        loop_post(drain->echo->loop, drain_now, drain);
        drain->late = client_open(drain->echo);
}

static void listen_too(void *argument)
{
        struct drain *drain = argument;
        struct error  err;
        int listener;
        assert_int_equal(socket_listen("127.0.0.1:0", SOCKET_ALONE, &listener, 1, &err), 1);
        drain->echo->port = socket_port(listener);
        drain->twin = dup(listener);
        assert_true(loop_listen(drain->echo->loop, listener, &err));
        drain->done = true;
}

static void wait_done(struct drain *drain)
{
        while (!drain->done)
                (void)poll(NULL, 0, 1);
        drain->done = false;
}

static int64_t busy_ms(pthread_t thread)
{
        clockid_t clock;
        struct timespec time;
        assert_int_equal(pthread_getcpuclockid(thread, &clock), 0);
        assert_int_equal(clock_gettime(clock, &time), 0);
        return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Sockets of a service manager, and those that workers share: the loop's is not the only descriptor. */
static void a_drained_listener_is_left_alone(void **state)
{
        struct drain drain = { .echo = echo_start(NULL), .ours = true };
        char text[4096];
        (void)state;
        loop_post(drain.echo->loop, listen_too, &drain);
        wait_done(&drain);
        loop_post(drain.echo->loop, drain_and_come, &drain);
        wait_done(&drain);
        client_send(drain.late, HELLO, sizeof(HELLO) - 1);
        client_read(drain.late, text, sizeof(text), "hello", 1000);
        assert_non_null(strstr(text, "Connection: close"));
        /* The twin's queue still takes connections. They are not this loop's. */
        int other = client_open(drain.echo);
        int64_t before = busy_ms(drain.echo->thread);
        (void)poll(NULL, 0, 200);
        assert_in_range(busy_ms(drain.echo->thread) - before, 0, 100);
        (void)close(drain.late);
        echo_empty(drain.echo);
        (void)close(other);
        (void)close(drain.twin);
        echo_stop(drain.echo);
}

/* What waits in a socket that outlives the loop waits for the next one. */
static void the_queue_of_others_is_left_to_them(void **state)
{
        struct drain drain = { .echo = echo_start(NULL), .ours = false };
        (void)state;
        loop_post(drain.echo->loop, listen_too, &drain);
        wait_done(&drain);
        loop_post(drain.echo->loop, drain_and_come, &drain);
        wait_done(&drain);
        echo_empty(drain.echo);
        struct pollfd waiting = { .fd = drain.twin, .events = POLLIN };
        assert_int_equal(poll(&waiting, 1, 1000), 1);
        int taken = accept4(drain.twin, NULL, NULL, SOCK_CLOEXEC);
        assert_true(taken >= 0);
        (void)close(taken);
        (void)close(drain.late);
        (void)close(drain.twin);
        echo_stop(drain.echo);
}

int main(void)
{
        static const struct CMUnitTest TESTS[] = {
                cmocka_unit_test(idle_ones_give_way),
                cmocka_unit_test(running_out_of_descriptors_does_not_spin),
                cmocka_unit_test(nobody_is_kept_waiting),
                cmocka_unit_test(the_last_answer_survives_what_was_sent_behind),
                cmocka_unit_test(half_heads_are_bounded),
                cmocka_unit_test(ipv6),
                cmocka_unit_test(the_last_step_may_end_it),
                cmocka_unit_test(a_drained_listener_is_left_alone),
                cmocka_unit_test(the_queue_of_others_is_left_to_them),
        };
        return cmocka_run_group_tests(TESTS, NULL, NULL);
}
