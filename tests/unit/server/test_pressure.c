/* Slow clients hold little, and give way when others need it. */
#include "service.h"
#include <sys/eventfd.h>

#define H "Host: a\r\n"
static const char HELLO[] = "GET /hello HTTP/1.1\r\n" H "\r\n";
enum { KB = 1024 };

/* What a client has sent, and the most that it may hold of ours: the chunk that it is read into, and one more where it says. */
static const struct { const char *name, *sent; size_t more, most; } SLOW[] = {
        { "half a head",             "POST /echo HTTP/1.1\r\nHost: a\r\nX: ", 0, 8 * KB },
        { "a head, and no body",     "POST /echo HTTP/1.1\r\n" H "Content-Length: 1000000\r\n\r\n", 0, 8 * KB },
        { "a head and one byte",     "POST /echo HTTP/1.1\r\n" H "Content-Length: 1000000\r\n\r\n{", 0, 8 * KB },
        { "a head, and no chunk",    "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n", 0, 8 * KB },
        { "a head and half a chunk", "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\nfffff\r\n{", 0, 8 * KB },
        { "5 KB of a large body",    "POST /echo HTTP/1.1\r\n" H "Content-Length: 1000000\r\n\r\n", 5000, 110 * KB },
        { "50 KB of a large body",   "POST /echo HTTP/1.1\r\n" H "Content-Length: 1000000\r\n\r\n", 50000, 600 * KB },
};

static void what_is_announced_holds_nothing(void **state)
{
        struct echo *echo = echo_start(NULL);
        static char filler[50000];
        (void)state;
        memset(filler, 'x', sizeof(filler));
        for (size_t i = 0; i < COUNT_OF(SLOW); i++) {
                int client = client_open(echo);
                struct echo_counts counts = { .exchanges = 0 };
                client_send(client, SLOW[i].sent, strlen(SLOW[i].sent));
                client_send(client, filler, SLOW[i].more);
                for (int64_t until = clock_steady() + 5000; !counts.exchanges && clock_steady() < until;)
                        counts = echo_counts(echo);
                (void)poll(NULL, 0, 20);           /* all of it has arrived */
                counts = echo_counts(echo);
                if (counts.exchanges != 1 || counts.open_bytes > SLOW[i].most)
                        fail_msg("%s: %zu bytes of %zu requests", SLOW[i].name, counts.open_bytes, counts.exchanges);
                (void)close(client);
                echo_empty(echo);
        }
        echo_stop(echo);
}

/* A body that is torn into pieces of any size is the same body. */
static void torn_bodies(void **state)
{
        static const size_t PIECES[] = { 1, 7, 1000, 4096, 20000 };
        static char body[60001], text[61000];
        struct echo *echo = echo_start(NULL);
        (void)state;
        for (size_t i = 0; i < sizeof(body) - 1; i++)
                body[i] = (char)('a' + i % 23);
        for (size_t i = 0; i < COUNT_OF(PIECES); i++) {
                int client = client_open(echo);
                char head[128];
                size_t size = PIECES[i] == 1 ? 3000 : sizeof(body) - 1;
                (void)snprintf(head, sizeof(head),
                               "POST /echo HTTP/1.1\r\n" H "Connection: close\r\nContent-Length: %zu\r\n\r\n", size);
                client_send(client, head, strlen(head));
                for (size_t at = 0; at < size; at += PIECES[i]) {
                        client_send(client, body + at, PIECES[i] < size - at ? PIECES[i] : size - at);
                        if (at % 3 == 0)
                                (void)poll(NULL, 0, 1);
                }
                (void)client_read(client, text, sizeof(text), NULL, 5000);
                const char *got = strstr(text, "\r\n\r\n");
                if (strncmp(text, "HTTP/1.1 200 ", 13) != 0 || !got || strlen(got + 4) != size ||
                    memcmp(got + 4, body, size) != 0)
                        fail_msg("pieces of %zu: %.100s", PIECES[i], text);
                (void)close(client);
        }
        echo_stop(echo);
}

static bool answered(int client, int ms)
{
        char text[1024];
        client_send(client, HELLO, sizeof(HELLO) - 1);
        return client_read(client, text, sizeof(text), "hello", ms) > 0 && strncmp(text, "HTTP/1.1 200 ", 13) == 0;
}

static const struct { const char *name, *sent; bool told; } STUCK[] = {
        { "in the head", "POST /echo HTTP/1.1\r\nHost: a\r\nX: ", true },
        { "in the body", "POST /echo HTTP/1.1\r\n" H "Content-Length: 100\r\n\r\n{", true },
};

/* All places are taken by clients that do not get on: after a second the oldest goes. */
static void slow_ones_give_way(void **state)
{
        static const char *const FEW[] = { "http.connections", "2", NULL };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(STUCK); i++) {
                struct echo *echo = echo_start(FEW);
                char text[1024];
                int slow[2] = { client_open(echo), client_open(echo) };
                client_send(slow[0], STUCK[i].sent, strlen(STUCK[i].sent));
                (void)poll(NULL, 0, 50);
                client_send(slow[1], STUCK[i].sent, strlen(STUCK[i].sent));
                int other = client_open(echo);
                if (!answered(other, 5000))
                        fail_msg("%s: nobody gives way", STUCK[i].name);
                (void)client_read(slow[0], text, sizeof(text), NULL, 1000);
                if (strncmp(text, "HTTP/1.1 503 ", 13) != 0 || !strstr(text, "Retry-After: "))
                        fail_msg("%s: the oldest was told '%s'", STUCK[i].name, text);
                (void)close(other);
                (void)close(slow[0]);
                (void)close(slow[1]);
                echo_stop(echo);
        }
}

/* Memory is nearly out, by clients that do not get on. */
static void slow_ones_give_memory(void **state)
{
        static const char *const LITTLE[] = { "limits.open_bytes", "1MiB", NULL };
        struct echo *echo = echo_start(LITTLE);
        int slow[120];
        (void)state;
        for (size_t i = 0; i < COUNT_OF(slow); i++) {
                slow[i] = client_open(echo);
                client_send(slow[i], STUCK[1].sent, strlen(STUCK[1].sent));
        }
        struct echo_counts counts = echo_counts(echo);
        for (int64_t until = clock_steady() + 5000;
             (!counts.open_bytes || counts.open_bytes > (3 << 18)) && clock_steady() < until;) {
                (void)poll(NULL, 0, 10);
                counts = echo_counts(echo);
        }
        assert_in_range(counts.open_bytes, 1, 3 << 18);
        int other = client_open(echo);
        assert_true(answered(other, 1000));
        (void)close(other);
        for (size_t i = 0; i < COUNT_OF(slow); i++)
                (void)close(slow[i]);
        echo_empty(echo);
        echo_stop(echo);
}

/* Who asks for much and reads nothing holds what the kernel takes, one answer, and no more. */
static void answers_that_nobody_reads(void **state)
{
        static const char LARGE[] = "GET /large HTTP/1.1\r\n" H "\r\n";
        struct echo *echo = echo_start(NULL);
        int client = client_open(echo);
        (void)state;
        for (size_t i = 0; i < 20; i++)
                client_send(client, LARGE, sizeof(LARGE) - 1);
        (void)poll(NULL, 0, 200);
        struct echo_counts counts = echo_counts(echo);
        assert_in_range(counts.exchanges, 1, 1);
        assert_in_range(counts.open_bytes, 1, (1 << 20) + 32 * KB);
        (void)close(client);
        echo_empty(echo);
        echo_stop(echo);
}

/* A service whose results lie ready as soon as they are asked for: how many it holds then. */
struct results { struct echo *echo; size_t most, times; atomic_bool go; };

static void results_take(void *context)
{
        struct results *results = context;
        size_t count = results->echo->waiting_count;
        results->times += count > 0;
        if (count > results->most)
                results->most = count;
        echo_tick(results->echo);
}

static void hold_up(void *context)
{
        while (!((struct results *)context)->go)
                (void)poll(NULL, 0, 1);
}

/* 200 have asked while it was busy: what is done for the first is finished before the last are begun. */
static void what_is_done_comes_first(void **state)
{
        static const char LATER[] = "POST /later HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\n{}";
        struct echo *echo = echo_prepare("127.0.0.1:0", NULL, NULL);
        struct results results = { .echo = echo };
        struct error err;
        int clients[200], silent = eventfd(0, EFD_CLOEXEC);
        char text[1024];
        (void)state;
        assert_true(loop_watch(echo->loop, silent, results_take, &results, &err));
        loop_tick(echo->loop, 1000, results_take, &results);
        echo_run(echo);
        for (size_t i = 0; i < COUNT_OF(clients); i++) {
                clients[i] = client_open(echo);
                assert_true(answered(clients[i], 5000));
        }
        loop_post(echo->loop, hold_up, &results);
        for (size_t i = 0; i < COUNT_OF(clients); i++)
                client_send(clients[i], LATER, sizeof(LATER) - 1);
        results.go = true;
        for (size_t i = 0; i < COUNT_OF(clients); i++) {
                (void)client_read(clients[i], text, sizeof(text), "{}", 5000);
                assert_true(strncmp(text, "HTTP/1.1 200 ", 13) == 0);
                (void)close(clients[i]);
        }
        echo_empty(echo);
        echo_stop(echo);
        (void)close(silent);
        assert_in_range(results.most, 1, 2 * 64);      /* a wake-up that is not full has another behind it */
        assert_in_range(results.times, 2, COUNT_OF(clients));
}

static const char WORK[] = "GET /work HTTP/1.1\r\n" H "\r\n";

/* 600 clients want a millisecond of work each, again and again, so a request waits for 600 ms. Answers how many were refused of
 * those that were answered, in `rounds` turns of all, or less once some are. */
static size_t crowd(struct echo *echo, size_t rounds, size_t *ret_answered)
{
        static int clients[600];
        static char text[65536];
        size_t refused = 0;
        *ret_answered = 0;
        for (size_t i = 0; i < COUNT_OF(clients); i++)
                clients[i] = client_open(echo);
        for (size_t round = 0; round < rounds && !refused; round++) {
                for (size_t i = 0; i < COUNT_OF(clients); i++)
                        client_send(clients[i], WORK, sizeof(WORK) - 1);
                (void)poll(NULL, 0, 300);
                for (size_t i = 0; i < COUNT_OF(clients); i++) {
                        ssize_t size = recv(clients[i], text, sizeof(text) - 1, MSG_DONTWAIT);
                        text[size > 0 ? size : 0] = '\0';
                        for (const char *at = text; (at = strstr(at, "HTTP/1.1 ")); at += 9) {
                                (*ret_answered)++;
                                refused += strncmp(at + 9, "503", 3) == 0 && strstr(at, "Retry-After: ");
                        }
                }
        }
        for (size_t i = 0; i < COUNT_OF(clients); i++)
                (void)close(clients[i]);
        return refused;
}

static void some_are_refused_when_all_wait_too_long(void **state)
{
        static const char *const SOON[] = { "limits.delay", "20ms", NULL }, *const NEVER[] = { "limits.delay", "0", NULL };
        size_t answered_all;
        (void)state;
        struct echo *echo = echo_start(SOON);
        size_t refused = crowd(echo, 200, &answered_all);
        if (refused == 0 || refused == answered_all)
                fail_msg("%zu of %zu were refused", refused, answered_all);
        echo_empty(echo);
        int other = client_open(echo);
        (void)poll(NULL, 0, 1000);         /* nobody waits any more */
        assert_true(answered(other, 3000));
        (void)close(other);
        echo_stop(echo);
        echo = echo_start(NEVER);
        assert_int_equal(crowd(echo, 3, &answered_all), 0);
        echo_stop(echo);
}

static bool took_answer(int client)
{
        char text[1024];
        return recv(client, text, sizeof(text), MSG_DONTWAIT) > 0;
}

/* 600 clients want a millisecond of work each, again and again, and 400 others have come meanwhile. How many pieces of work come
 * before the last of these is answered: two rounds or three of the 600, not as many as there are handfuls of newcomers. */
static void who_comes_new_has_its_turn(void **state)
{
        static const char *const NEVER[] = { "limits.delay", "0", NULL };
        static int there[600], new[400];
        (void)state;
        struct echo *echo = echo_start(NEVER);
        struct results hold = { .echo = echo };
        size_t worked = 0, missing = COUNT_OF(new);
        for (size_t i = 0; i < COUNT_OF(there); i++) {
                there[i] = client_open(echo);
                assert_true(answered(there[i], 5000));
        }
        loop_post(echo->loop, hold_up, &hold);
        for (size_t i = 0; i < COUNT_OF(there); i++)
                client_send(there[i], WORK, sizeof(WORK) - 1);
        for (size_t i = 0; i < COUNT_OF(new); i++) {
                new[i] = client_open(echo);
                client_send(new[i], HELLO, sizeof(HELLO) - 1);
        }
        hold.go = true;
        for (int64_t end = clock_steady() + 60000; missing && clock_steady() < end;) {
                for (size_t i = 0; i < COUNT_OF(there); i++)
                        if (took_answer(there[i])) {
                                worked++;
                                client_send(there[i], WORK, sizeof(WORK) - 1);
                        }
                for (size_t i = 0; i < COUNT_OF(new); i++)
                        if (new[i] >= 0 && took_answer(new[i])) {
                                (void)close(new[i]);
                                new[i] = -1;
                                missing--;
                        }
        }
        assert_int_equal(missing, 0);
        if (worked > 3000)
                fail_msg("%zu came before", worked);
        for (size_t i = 0; i < COUNT_OF(there); i++)
                (void)close(there[i]);
        echo_empty(echo);
        echo_stop(echo);
}

/* Who was told to come later is not looked at before; then it has its turn. */
static void the_refused_pause(void **state)
{
        struct echo *echo = echo_start(NULL);
        char text[4096];
        int client = client_open(echo);
        (void)state;
        echo->refusing = true;
        client_send(client, HELLO, sizeof(HELLO) - 1);
        (void)client_read(client, text, sizeof(text), "later.\"}\n", 2000);
        assert_true(strncmp(text, "HTTP/1.1 503 ", 13) == 0);
        echo->refusing = false;
        for (int i = 0; i < 3; i++)
                client_send(client, HELLO, sizeof(HELLO) - 1);
        assert_int_equal(client_read(client, text, sizeof(text), "hello", 300), 0);
        for (int i = 0; i < 3; i++)
                client_send(client, HELLO, sizeof(HELLO) - 1);
        size_t hellos = 0;
        for (int64_t until = clock_steady() + 5000; hellos < 6 && clock_steady() < until;) {
                (void)client_read(client, text, sizeof(text), "hello", 1000);
                for (const char *at = text; (at = strstr(at, "\r\n\r\nhello")); at++)
                        hellos++;
        }
        assert_int_equal(hellos, 6);
        (void)close(client);
        echo_empty(echo);
        echo_stop(echo);
}

/* A connection that ends anyhow is not paused: what its client still sends is read, or a reset would overtake the answer. */
static void the_refused_may_finish_sending(void **state)
{
        static const char HEAD[] = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc";
        static char body[1000000 - 3];
        const int little = 4096;
        struct echo *echo = echo_start(NULL);
        char text[4096];
        int client = client_open(echo);
        (void)state;
        assert_int_equal(setsockopt(client, SOL_SOCKET, SO_SNDBUF, &little, sizeof(little)), 0);
        echo->refusing = true;
        client_send(client, HEAD, sizeof(HEAD) - 1);
        (void)client_read(client, text, sizeof(text), "later.\"}\n", 2000);
        assert_true(strncmp(text, "HTTP/1.1 503 ", 13) == 0 && !strstr(text, "\r\nConnection: close\r\n"));
        client_send(client, body, sizeof(body));
        (void)close(client);
        echo_empty(echo);
        echo_stop(echo);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_announced_holds_nothing),
                cmocka_unit_test(torn_bodies),
                cmocka_unit_test(slow_ones_give_way),
                cmocka_unit_test(slow_ones_give_memory),
                cmocka_unit_test(answers_that_nobody_reads),
                cmocka_unit_test(what_is_done_comes_first),
                cmocka_unit_test(some_are_refused_when_all_wait_too_long),
                cmocka_unit_test(who_comes_new_has_its_turn),
                cmocka_unit_test(the_refused_pause),
                cmocka_unit_test(the_refused_may_finish_sending),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
