/* TLS on sockets: handshakes in turn with others and bounded, and the stream below HTTP. */
#include "service.h"
#include "certificates.h"
#include "server/tls.h"
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <signal.h>

#define H "Host: a\r\n"
static const char HELLO[] = "GET /hello HTTP/1.1\r\n" H "\r\n";

/* ---- a service that speaks TLS on one port and not on another ---- */

struct desk {
        struct made made;
        char        file[64];
};
struct secure {
        struct echo          *echo;
        struct metrics       *metrics;
        struct metrics_worker *worker;
        struct tls           *tls;
        int                   port;
};

static int desk_open(void **state)
{
        struct desk *desk = memory_get(sizeof(*desk));
        desk->made = certificate_make("rsa", "DNS:a", -DAY, 30 * DAY, NULL);
        (void)snprintf(desk->file, sizeof(desk->file), "/tmp/millrace-tls-XXXXXX");
        int file = mkstemp(desk->file);
        assert_true(file >= 0);
        (void)close(file);
        made_write(&desk->made, desk->file, WRITE_CERTIFICATE | WRITE_KEY);
        *state = desk;
        return 0;
}

static int desk_close(void **state)
{
        struct desk *desk = *state;
        made_done(&desk->made);
        (void)unlink(desk->file);
        free(desk);
        return 0;
}

static void count_and_serve(struct service *service, struct exchange *exchange);

static struct secure secure_start(const struct desk *desk, const char *const *settings)
{
        struct secure secure = { .metrics = metrics_new(1) };
        struct errors errors = { 0 };
        struct error err = { "" };
        secure.worker = metrics_of(secure.metrics, 0);
        secure.echo = echo_prepare("127.0.0.1:0", settings, secure.worker);
        struct config *config = &secure.echo->config;
        assert_true(config_set(config, "tls.certificates", desk->file, &err));
        secure.tls = tls_new(config, NULL, &errors);
        assert_non_null(secure.tls);
        loop_secure(secure.echo->loop, secure.tls, (size_t)config->tls_handshakes);
        int listener;
        assert_int_equal(socket_listen("127.0.0.1:0", SOCKET_ALONE, &listener, 1, &err), 1);
        assert_true(loop_listen_secure(secure.echo->loop, listener, &err));
        secure.port = socket_port(listener);
        secure.echo->service.serve = count_and_serve;
        echo_run(secure.echo);
        return secure;
}

static void secure_stop(struct secure *secure)
{
        echo_stop(secure->echo);
        tls_unref(secure->tls);
        metrics_free(secure->metrics);
}

static int64_t counted(const struct secure *secure, enum metric metric)
{
        return metrics_sum(secure->metrics, metric);
}

/* Counters are told at the end of a wake-up, which may be after the client has seen what is counted. */
static void wait_counted(const struct secure *secure, enum metric metric, int64_t want)
{
        int64_t until = clock_steady() + 20000;
        while (counted(secure, metric) != want && clock_steady() < until)
                (void)poll(NULL, 0, 5);
        assert_int_equal(counted(secure, metric), want);
}

static int raw_open(const struct secure *secure)
{
        struct echo at = { .port = secure->port };
        return client_open(&at);
}

/* ---- a client of OpenSSL's over a blocking socket ---- */

struct guest {
        SSL_CTX *context;
        SSL     *ssl;
        int      socket;
};

static struct guest guest_begin(const struct secure *secure, int version)
{
        static const struct timeval PATIENCE = { .tv_sec = 30 };
        struct guest client = { .context = SSL_CTX_new(TLS_client_method()), .socket = raw_open(secure) };
        static const int ON = 1;           /* else a request may wait until we acknowledge what was sent before (Nagle) */
        (void)setsockopt(client.socket, SOL_SOCKET, SO_RCVTIMEO, &PATIENCE, sizeof(PATIENCE));
        (void)setsockopt(client.socket, IPPROTO_TCP, TCP_NODELAY, &ON, sizeof(ON));
        client.ssl = SSL_new(client.context);
        assert_true(SSL_set_max_proto_version(client.ssl, version) && SSL_set_fd(client.ssl, client.socket));
        SSL_set_connect_state(client.ssl);
        return client;
}

static struct guest guest_meet(const struct secure *secure, int version)
{
        struct guest client = guest_begin(secure, version);
        assert_int_equal(SSL_do_handshake(client.ssl), 1);
        return client;
}

static void guest_leave(struct guest *client)
{
        SSL_free(client->ssl);
        SSL_CTX_free(client->context);
        (void)close(client->socket);
}

static bool guest_hello(const struct guest *client)
{
        char text[1024] = "";
        size_t size = 0;
        int got = SSL_write(client->ssl, HELLO, sizeof(HELLO) - 1) > 0;
        while (got > 0 && !strstr(text, "\r\n\r\nhello")) {
                got = SSL_read(client->ssl, text + size, (int)(sizeof(text) - 1 - size));
                size += got > 0 ? (size_t)got : 0;
        }
        return strncmp(text, "HTTP/1.1 200 ", 13) == 0 && got > 0;
}

/* ---- tests ---- */

/* One writes a byte, the other reads one: every place where a message can be torn. */
static void torn_into_bytes(void **state)
{
        struct secure secure = secure_start(*state, NULL);
        for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
                struct guest client = guest_begin(&secure, version);
                BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
                BIO_set_mem_eof_return(in, -1);
                SSL_set_bio(client.ssl, in, out);
                bool asked = false;
                char text[1024] = "", byte;
                size_t size = 0;
                while (!strstr(text, "\r\n\r\nhello")) {
                        if (!asked && SSL_do_handshake(client.ssl) == 1)
                                asked = SSL_write(client.ssl, HELLO, sizeof(HELLO) - 1) > 0;
                        while (BIO_read(out, &byte, 1) == 1) {
                                client_send(client.socket, &byte, 1);
                                (void)sched_yield();
                        }
                        if (recv(client.socket, &byte, 1, 0) != 1)
                                fail_msg("version %x: the server is gone", (unsigned)version);
                        assert_int_equal(BIO_write(in, &byte, 1), 1);
                        int got = asked ? SSL_read(client.ssl, text + size, (int)(sizeof(text) - 1 - size)) : 0;
                        size += got > 0 ? (size_t)got : 0;
                }
                guest_leave(&client);
        }
        assert_int_equal(counted(&secure, METRIC_tls_handshakes_12), 1);
        assert_int_equal(counted(&secure, METRIC_tls_handshakes_13), 1);
        wait_counted(&secure, METRIC_tls_handshakes_open, 0);
        secure_stop(&secure);
}

static void bodies_pass_whole(void **state)
{
        struct secure secure = secure_start(*state, NULL);
        enum { SIZE = 300000 };
        char *sent = memory_get(SIZE + 200), *got = memory_get(2 << 20);
        for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
                struct guest client = guest_meet(&secure, version);
                int head = snprintf(sent, 200, "POST /echo HTTP/1.1\r\n" H "Content-Length: %d\r\n\r\n", SIZE);
                for (size_t i = 0; i < SIZE; i++)
                        sent[(size_t)head + i] = (char)('a' + i % 23);
                assert_int_equal(SSL_write(client.ssl, sent, head + SIZE), head + SIZE);
                size_t size = 0, want = SIZE;
                for (int twice = 0; twice < 2; twice++) {          /* the second is a megabyte that the client takes late */
                        const char *body = NULL;
                        while (!body || (size_t)(got + size - body) < want) {
                                int count = SSL_read(client.ssl, got + size, 1 << 16);
                                assert_true(count > 0);
                                size += (size_t)count;
                                got[size] = '\0';
                                body = body ? body : strstr(got, "\r\n\r\n");
                                body = body && *body == '\r' ? body + 4 : body;
                        }
                        assert_true((size_t)(got + size - body) == want);
                        if (!twice)
                                assert_memory_equal(body, sent + head, SIZE);
                        static const char LARGE[] = "GET /large HTTP/1.1\r\n" H "\r\n";
                        assert_true(twice || SSL_write(client.ssl, LARGE, sizeof(LARGE) - 1) > 0);
                        (void)poll(NULL, 0, 50);
                        size = 0;
                        want = sizeof(secure.echo->large);
                }
                guest_leave(&client);
        }
        free(sent);
        free(got);
        secure_stop(&secure);
}

/* What is no handshake ends soon, is counted, and takes nobody's place. */
static void strangers_are_told_apart(void **state)
{
        static const char *const SOON[] = { "tls.handshake_time", "300ms", NULL };
        static const struct {
                const char *name, *bytes;
                size_t      size;
                bool        leaves;
                enum metric metric;
                const char *answer;
        } CASES[] = {
                { "silence",         "", 0, false, METRIC_tls_failed_timeout, "" },
                { "half a record",   "\x16\x03\x01\x02", 4, false, METRIC_tls_failed_timeout, "" },
                { "gone at once",    "", 0, true, METRIC_tls_failed_closed, "" },
                { "gone in between", "\x16\x03\x01\x02", 4, true, METRIC_tls_failed_closed, "" },
                { "garbage",         "\x7f\x45\x4c\x46\x02\x01\x01", 7, false, METRIC_tls_failed_malformed, "" },
                { "SSH",             "SSH-2.0-OpenSSH_9.2\r\n", 21, false, METRIC_tls_failed_malformed, "" },
                { "a huge record",   "\x16\x03\x01\xff\xff\x01", 6, false, METRIC_tls_failed_malformed, "" },
                { "plain HTTP",      "GET / HTTP/1.1\r\n" H "\r\n", 27, false, METRIC_tls_failed_plain_http,
                  "HTTP/1.1 400 Bad Request\r\n" },
                { "a plain event",   "POST /v1/events HTTP/1.1\r\n", 26, false, METRIC_tls_failed_plain_http, "HTTP/1.1 400 " },
        };
        struct secure secure = secure_start(*state, SOON);
        int64_t want[METRIC_COUNT] = { 0 };
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                char text[1024];
                int client = raw_open(&secure);
                client_send(client, CASES[i].bytes, CASES[i].size);
                if (CASES[i].leaves)
                        assert_int_equal(shutdown(client, SHUT_WR), 0);
                wait_counted(&secure, CASES[i].metric, ++want[CASES[i].metric]);
                (void)client_read(client, text, sizeof(text), NULL, 20000);
                if (*CASES[i].answer && !strstr(text, CASES[i].answer))
                        fail_msg("%s: '%s'", CASES[i].name, text);
                (void)close(client);
        }
        wait_counted(&secure, METRIC_tls_handshakes_open, 0);
        echo_empty(secure.echo);
        secure_stop(&secure);
}

/* RFC 8446, 6.1: an end that nobody signed is not the client's. */
static void ends_are_signed(void **state)
{
        struct secure secure = secure_start(*state, NULL);
        static const char LAST[] = "GET /hello HTTP/1.1\r\n" H "Connection: close\r\n\r\n";
        char text[1024];
        struct guest client = guest_meet(&secure, 0);
        assert_true(SSL_write(client.ssl, LAST, sizeof(LAST) - 1) > 0);
        int got;
        while ((got = SSL_read(client.ssl, text, sizeof(text))) > 0)
                ;
        assert_int_equal(SSL_get_error(client.ssl, got), SSL_ERROR_ZERO_RETURN);   /* ours is */
        guest_leave(&client);
        client = guest_meet(&secure, 0);
        assert_true(SSL_write(client.ssl, "GET /hello", 10) > 0);
        assert_int_equal(shutdown(client.socket, SHUT_WR), 0);
        assert_true(SSL_read(client.ssl, text, sizeof(text)) <= 0);                /* no answer to half a request */
        guest_leave(&client);
        echo_empty(secure.echo);
        secure_stop(&secure);
}

/* "I say no more" (close_notify) is not "I do not listen any more": who has asked is answered, in both versions of HTTP. */
static void who_has_said_all_is_answered(void **state)
{
        static const char LATER[] = "POST /later HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nlater";
        static const char SETTINGS_AND_HEADERS[] =
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                "\0\0\0\4\0\0\0\0\0"                         /* SETTINGS */
                "\0\0\15\1\4\0\0\0\1"                        /* HEADERS of stream 1, then its body */
                "\203\207\4\6/later\101\1a"                 /* :method POST, :scheme https, :path /later, :authority a */
                "\0\0\5\0\1\0\0\0\1later";
        static const struct { const char *name, *alpn, *bytes; size_t size; } CASES[] = {
                { "HTTP/1.1", "\10http/1.1", LATER, sizeof(LATER) - 1 },
                { "HTTP/2", "\2h2", SETTINGS_AND_HEADERS, sizeof(SETTINGS_AND_HEADERS) - 1 },
        };
        struct secure secure = secure_start(*state, NULL);
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                char text[4096];
                size_t size = 0;
                int got;
                struct guest client = guest_begin(&secure, 0);
                assert_int_equal(SSL_set_alpn_protos(client.ssl, (const unsigned char *)CASES[i].alpn,
                                                     (unsigned)strlen(CASES[i].alpn)), 0);
                assert_int_equal(SSL_do_handshake(client.ssl), 1);
                assert_true(SSL_write(client.ssl, CASES[i].bytes, (int)CASES[i].size) > 0);
                assert_int_equal(SSL_shutdown(client.ssl), 0);
                assert_int_equal(shutdown(client.socket, SHUT_WR), 0);
                while (size < sizeof(text) - 1 && (got = SSL_read(client.ssl, text + size, (int)(sizeof(text) - 1 - size))) > 0)
                        size += (size_t)got;
                assert_int_equal(SSL_get_error(client.ssl, got), SSL_ERROR_ZERO_RETURN);
                if (!memmem(text, size, "later", 5))
                        fail_msg("%s: %zu bytes without the answer", CASES[i].name, size);
                guest_leave(&client);
        }
        echo_empty(secure.echo);
        secure_stop(&secure);
}

/* Sessions of TLS take memory while nothing is asked: who has been idle longest gives way. */
static void sessions_are_bounded(void **state)
{
        enum { FIT = (1 << 20) / (16 << 10), MORE = 3 };
        static const char *const LITTLE[] = { "limits.session_bytes", "1MiB", "tls.handshake_time", "60s", NULL };
        struct secure secure = secure_start(*state, LITTLE);
        struct guest guests[FIT + MORE];
        char text[1];
        for (size_t i = 0; i < FIT; i++) {
                guests[i] = guest_meet(&secure, 0);
                assert_true(guest_hello(&guests[i]));
        }
        wait_counted(&secure, METRIC_session_bytes, 1 << 20);
        (void)poll(NULL, 0, 1500);         /* idle for a while */
        for (size_t i = FIT; i < FIT + MORE; i++) {
                guests[i] = guest_meet(&secure, 0);
                assert_true(guest_hello(&guests[i]));
        }
        wait_counted(&secure, METRIC_connections_evicted, MORE);
        assert_int_equal(counted(&secure, METRIC_session_bytes), 1 << 20);
        for (size_t i = 0; i < FIT + MORE; i++) {
                assert_true(i < MORE ? SSL_read(guests[i].ssl, text, sizeof(text)) <= 0 : guest_hello(&guests[i]));
                guest_leave(&guests[i]);
        }
        wait_counted(&secure, METRIC_session_bytes, 0);
        echo_empty(secure.echo);
        secure_stop(&secure);
}

/* And when all of them are at work the new one is not let in. */
static void sessions_at_work_stay(void **state)
{
        enum { FIT = (1 << 20) / (16 << 10) };
        static const char *const LITTLE[] = { "limits.session_bytes", "1MiB", "tls.handshake_time", "60s", NULL };
        struct secure secure = secure_start(*state, LITTLE);
        struct guest guests[FIT + 1];
        for (size_t i = 0; i < FIT; i++)
                guests[i] = guest_begin(&secure, 0);
        for (size_t i = 0; i < FIT; i++)   /* half a handshake each: nobody is idle, nobody asks slowly */
                client_send(guests[i].socket, "\x16\x03\x01\x02", 4);
        wait_counted(&secure, METRIC_session_bytes, 1 << 20);
        guests[FIT] = guest_begin(&secure, 0);
        assert_true(SSL_do_handshake(guests[FIT].ssl) != 1);
        wait_counted(&secure, METRIC_tls_failed_memory, 1);
        for (size_t i = 0; i <= FIT; i++)
                guest_leave(&guests[i]);
        wait_counted(&secure, METRIC_session_bytes, 0);
        echo_empty(secure.echo);
        secure_stop(&secure);
}

static void nobody_negotiates_again(void **state)
{
        struct secure secure = secure_start(*state, NULL);
        struct guest client = guest_meet(&secure, TLS1_2_VERSION);
        assert_true(guest_hello(&client));
        assert_int_equal(SSL_renegotiate(client.ssl), 1);
        assert_true(SSL_do_handshake(client.ssl) != 1 || !guest_hello(&client));
        guest_leave(&client);
        assert_int_equal(counted(&secure, METRIC_tls_handshakes_12), 1);
        echo_empty(secure.echo);
        secure_stop(&secure);
}

/* New keys (RFC 8446, 4.6.3) are the client's right, also a thousand times; they bring no request, and no stop. */
static void new_keys_are_no_requests(void **state)
{
        struct secure secure = secure_start(*state, NULL);
        struct guest client = guest_meet(&secure, TLS1_3_VERSION), other = guest_meet(&secure, TLS1_3_VERSION);
        for (size_t i = 0; i < 1000; i++) {
                assert_int_equal(SSL_key_update(client.ssl, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
                assert_int_equal(SSL_do_handshake(client.ssl), 1);
        }
        assert_true(guest_hello(&other));
        assert_true(guest_hello(&client));
        guest_leave(&client);
        guest_leave(&other);
        secure_stop(&secure);
}

/* As many as may be are silent; who comes then gets in as soon as the oldest has had its second. */
static void silent_ones_give_way(void **state)
{
        static const char *const FEW[] = { "tls.handshakes", "8", "tls.handshake_time", "10m", NULL };
        struct secure secure = secure_start(*state, FEW);
        int silent[24];
        for (size_t i = 0; i < COUNT_OF(silent); i++)
                silent[i] = raw_open(&secure);
        struct guest plain = { .socket = client_open(secure.echo) };
        char text[1024];
        client_send(plain.socket, HELLO, sizeof(HELLO) - 1);
        assert_true(client_read(plain.socket, text, sizeof(text), "hello", 20000) > 0);   /* the other port does not wait */
        struct guest client = guest_meet(&secure, 0);
        assert_true(guest_hello(&client));
        assert_true(counted(&secure, METRIC_tls_failed_crowded) >= 8);
        assert_true(counted(&secure, METRIC_tls_handshakes_open) <= 8);
        guest_leave(&client);
        (void)close(plain.socket);
        for (size_t i = 0; i < COUNT_OF(silent); i++)
                (void)close(silent[i]);
        echo_empty(secure.echo);
        secure_stop(&secure);
}

/* ---- a flood ---- */

struct flood {
        const struct secure *secure;
        atomic_bool          over;
        atomic_size_t        done;
};

static void *flood_run(void *argument)
{
        struct flood *flood = argument;
        while (!flood->over) {
                struct guest client = guest_begin(flood->secure, TLS1_2_VERSION);
                flood->done += SSL_do_handshake(client.ssl) == 1;
                guest_leave(&client);
        }
        return NULL;
}

/* Established connections are served between handshakes: each answer comes, though the worker never runs out of handshakes. */
static void a_flood_stops_nobody(void **state)
{
        enum { FLOODERS = 6, CLIENTS = 4, ROUNDS = 50 };
        struct secure secure = secure_start(*state, NULL);
        struct flood flood = { .secure = &secure };
        pthread_t threads[FLOODERS];
        struct guest clients[CLIENTS];
        for (size_t i = 0; i < CLIENTS; i++)
                clients[i] = guest_meet(&secure, 0);
        for (size_t i = 0; i < FLOODERS; i++)
                assert_int_equal(pthread_create(&threads[i], NULL, flood_run, &flood), 0);
        while (flood.done < 5)
                (void)poll(NULL, 0, 1);
        size_t before = flood.done, answered = 0;
        for (size_t round = 0; round < ROUNDS; round++)
                for (size_t i = 0; i < CLIENTS; i++)
                        answered += guest_hello(&clients[i]);
        bool flooded = flood.done > before;
        flood.over = true;
        for (size_t i = 0; i < FLOODERS; i++)
                pthread_join(threads[i], NULL);
        assert_int_equal(answered, CLIENTS * ROUNDS);
        assert_true(flooded);
        for (size_t i = 0; i < CLIENTS; i++)
                guest_leave(&clients[i]);
        secure_stop(&secure);
}

/* ---- whose turn it is ---- */

/* With the request, no more than the loop is told of in one wake-up. */
enum { CROWD = 60 };
struct crowd {
        struct echo *echo;
        int          sockets[CROWD];
        size_t       before;               /* of the crowd, were answered before the request was */
        atomic_bool  blocked, go;
};

/* Those that the server has told something. */
static size_t crowd_answered(const struct crowd *crowd)
{
        size_t count = 0;
        for (size_t i = 0; i < CROWD; i++) {
                struct pollfd ready = { .fd = crowd->sockets[i], .events = POLLIN };
                count += poll(&ready, 1, 0) == 1;
        }
        return count;
}

/* On the loop's thread: nothing else happens meanwhile. */
static void count_and_serve(struct service *service, struct exchange *exchange)
{
        struct crowd *crowd = ((struct echo *)service)->change;
        if (crowd)
                crowd->before = crowd_answered(crowd);
        echo_serve(service, exchange);
}

static void block(void *argument)
{
        struct crowd *crowd = argument;
        crowd->blocked = true;
        while (!crowd->go)
                (void)poll(NULL, 0, 1);
        crowd->echo->change = crowd;
}

static size_t hello_of_a_client(char *text, size_t room)
{
        SSL_CTX *context = SSL_CTX_new(TLS_client_method());
        SSL *ssl = SSL_new(context);
        BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
        SSL_set_bio(ssl, in, out);
        SSL_set_connect_state(ssl);
        (void)SSL_do_handshake(ssl);
        int size = BIO_read(out, text, (int)room);
        assert_true(size > 0);
        SSL_free(ssl);
        SSL_CTX_free(context);
        return (size_t)size;
}

/* A crowd knocks, then a request comes, all while the worker is busy elsewhere: the request is served first. */
static void requests_go_before_handshakes(void **state)
{
        struct secure secure = secure_start(*state, NULL);
        struct crowd crowd = { .echo = secure.echo };
        char hello[2048];
        size_t size = hello_of_a_client(hello, sizeof(hello));
        struct guest guest = guest_meet(&secure, 0);
        for (size_t i = 0; i < CROWD; i++)
                crowd.sockets[i] = raw_open(&secure);
        wait_counted(&secure, METRIC_tls_handshakes_open, CROWD);
        loop_post(secure.echo->loop, block, &crowd);
        while (!crowd.blocked)
                (void)poll(NULL, 0, 1);
        for (size_t i = 0; i < CROWD; i++)
                client_send(crowd.sockets[i], hello, size);
        assert_true(SSL_write(guest.ssl, HELLO, sizeof(HELLO) - 1) > 0);
        crowd.go = true;
        char text[1024];
        assert_true(SSL_read(guest.ssl, text, sizeof(text)) > 0);
        assert_int_equal(crowd.before, 0);
        int64_t until = clock_steady() + 30000;
        while (crowd_answered(&crowd) < CROWD && clock_steady() < until)
                (void)poll(NULL, 0, 5);
        assert_int_equal(crowd_answered(&crowd), CROWD);           /* their turn comes */
        for (size_t i = 0; i < CROWD; i++)
                (void)close(crowd.sockets[i]);
        guest_leave(&guest);
        echo_empty(secure.echo);
        secure_stop(&secure);
}

/* ---- draining ---- */

static void drain(void *argument)
{
        loop_drain(((struct echo *)argument)->loop, true);
}

/* Who has begun to speak is answered, and told goodbye; who is silent is not waited for. */
static void draining_says_goodbye(void **state)
{
        struct secure secure = secure_start(*state, NULL);
        struct guest busy = guest_meet(&secure, 0), idle = guest_meet(&secure, 0), late = guest_begin(&secure, 0);
        int silent = raw_open(&secure);
        char text[1024];
        assert_true(guest_hello(&busy));
        assert_true(guest_hello(&idle));
        assert_true(SSL_write(busy.ssl, "GET /hello HTTP/1.1\r\n", 21) > 0);
        wait_counted(&secure, METRIC_connections, 4);
        int64_t heard = counted(&secure, METRIC_request_bytes);
        while (heard < (int64_t)(2 * (sizeof(HELLO) - 1) + 21) && (heard = counted(&secure, METRIC_request_bytes)) >= 0)
                (void)poll(NULL, 0, 5);
        loop_post(secure.echo->loop, drain, secure.echo);
        /* First, as those who have not begun have two seconds, and the idle one is kept for as long before its goodbye. */
        assert_int_equal(SSL_do_handshake(late.ssl), 1);
        assert_true(guest_hello(&late));
        assert_true(SSL_read(idle.ssl, text, sizeof(text)) <= 0);
        assert_int_equal(SSL_get_shutdown(idle.ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
        assert_true(SSL_write(busy.ssl, H "\r\n", sizeof(H "\r\n") - 1) > 0);
        int got = SSL_read(busy.ssl, text, sizeof(text) - 1);
        assert_true(got > 0);
        text[got] = '\0';
        assert_non_null(strstr(text, "Connection: close\r\n"));
        echo_empty(secure.echo);
        guest_leave(&busy);
        guest_leave(&idle);
        guest_leave(&late);
        (void)close(silent);
        secure_stop(&secure);
}

int main(void)
{
        static const struct CMUnitTest TESTS[] = {
                cmocka_unit_test(torn_into_bytes),
                cmocka_unit_test(bodies_pass_whole),
                cmocka_unit_test(strangers_are_told_apart),
                cmocka_unit_test(ends_are_signed),
                cmocka_unit_test(who_has_said_all_is_answered),
                cmocka_unit_test(sessions_are_bounded),
                cmocka_unit_test(sessions_at_work_stay),
                cmocka_unit_test(nobody_negotiates_again),
                cmocka_unit_test(new_keys_are_no_requests),
                cmocka_unit_test(silent_ones_give_way),
                cmocka_unit_test(a_flood_stops_nobody),
                cmocka_unit_test(requests_go_before_handshakes),
                cmocka_unit_test(draining_says_goodbye),
        };
        (void)signal(SIGPIPE, SIG_IGN);
        return cmocka_run_group_tests_name("handshake", TESTS, desk_open, desk_close);
}
