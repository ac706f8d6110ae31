/* A connection of TLS: a real client (OpenSSL's) speaks over a socket pair to the listener's side of ours, and the input edits
 * what it says: flips, cuts, inserts, repeats, tears, says anything before, between and behind, half-closes, goes away. Nothing
 * crashes or gets stuck, each handshake ends once in the counters, and nothing is left of the connection. A client that is not
 * edited gets the certificate of the name it asks for, and every answer.
 *
 * The first byte: 1 TLS 1.2, 2 and 4 the protocols it offers, 8 it resumes a session, 16 it shows a certificate, 32 it does not
 * read. The second: the name it asks for. Then steps: a kind, and what it needs. */
#include "../../src/server/connection.h"
#include "../../src/server/tls_inner.h"
#include "metrics/worker.h"
#include "script.h"
#include "server/tls.h"
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STEPS_MOST = 60, ROUNDS = 40, FLIGHT = 1 << 16, OURS = 2 };
enum step { STEP_SHAKE, STEP_REQUEST, STEP_FLIP, STEP_CUT, STEP_INSERT, STEP_AGAIN, STEP_RAW, STEP_TORN, STEP_UPDATE, STEP_BYE,
            STEP_HALF, STEP_NOTHING, STEPS };

struct subject {
        struct service   service;          /* first */
        struct config    config;
        struct metrics  *metrics;
        struct loop     *loop;
        struct tls      *tls;
        struct tls_tickets *tickets;
        X509            *certificate[OURS + 1];
        EVP_PKEY        *key[OURS + 1];
        SSL_CTX         *clients;
        uint64_t         connections;      /* so far */
};
struct play {
        struct subject *subject;
        SSL        *client;
        BIO        *in, *out;              /* of its own side */
        int         socket;
        unsigned    requests, answers, edit;       /* edit: enum step of what is said next; 0: as it is */
        size_t      place;
        struct slice extra;
        struct script script;
        bool        edited, deaf, torn, h2;
};

/* ---- our side ---- */

static void serve(struct service *service, struct exchange *exchange)
{
        (void)service;
        exchange_answer(exchange, &(struct answer){ .status = 200, .content_type = SLICE("text/plain"), .body = exchange->body });
}

static const char *methods(struct service *service, struct slice path)
{
        (void)service;
        return slice_equal(path, SLICE("/echo")) ? "POST" : NULL;
}

static void certificate_make(struct subject *subject, size_t i, const char *names)
{
        EVP_PKEY *key = subject->key[i] = EVP_EC_gen("P-256");
        X509 *x = subject->certificate[i] = X509_new();
        X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
        BUG_IF(!key || !x || !extension);
        (void)X509_set_version(x, X509_VERSION_3);
        (void)ASN1_INTEGER_set(X509_get_serialNumber(x), (long)i + 1);
        (void)X509_gmtime_adj(X509_getm_notBefore(x), -86400);
        (void)X509_gmtime_adj(X509_getm_notAfter(x), 86400);
        (void)X509_set_pubkey(x, key);
        (void)X509_add_ext(x, extension, -1);
        X509_EXTENSION_free(extension);
        BUG_IF(X509_sign(x, key, EVP_sha256()) <= 0);
}

static void certificate_write(const struct subject *subject, size_t i, const char *path)
{
        FILE *file = fopen(path, "we");
        BUG_IF(!file || !PEM_write_X509(file, subject->certificate[i]));
        BUG_IF(!PEM_write_PrivateKey(file, subject->key[i], NULL, NULL, 0, NULL, NULL) || fclose(file) != 0);
}

static void tls_make(struct subject *subject)
{
        static const char *const NAMES[] = { "DNS:first.example", "DNS:shop.example,DNS:*.shop.example", "DNS:client" };
        char folder[] = "/tmp/millrace-fuzz-XXXXXX", path[OURS + 1][sizeof(folder) + 8], both[200];
        struct errors errors = { 0 };
        struct error  err;
        BUG_IF(!mkdtemp(folder));
        for (size_t i = 0; i <= OURS; i++) {
                certificate_make(subject, i, NAMES[i]);
                (void)snprintf(path[i], sizeof(path[i]), "%s/%zu.pem", folder, i);
                certificate_write(subject, i, path[i]);
        }
        (void)snprintf(both, sizeof(both), "%s,%s", path[0], path[1]);
        BUG_IF(!config_set(&subject->config, "tls.certificates", both, &err));
        BUG_IF(!config_set(&subject->config, "tls.client", "request", &err));
        BUG_IF(!config_set(&subject->config, "tls.client_ca", path[OURS], &err));
        subject->tickets = tls_tickets_new();
        subject->tls = tls_new(&subject->config, subject->tickets, &errors);
        errors_print(&errors, stderr);
        BUG_IF(!subject->tls);
        for (size_t i = 0; i <= OURS; i++)
                BUG_IF(unlink(path[i]) != 0);
        BUG_IF(rmdir(folder) != 0);
}

static struct subject *subject_get(void)
{
        static struct subject subject;
        struct error err;
        if (subject.loop)
                return &subject;
        config_init(&subject.config);
        BUG_IF(!config_set(&subject.config, "http.body_limit", "64KiB", &err));
        tls_make(&subject);
        subject.service = (struct service){ .serve = serve, .methods = methods, .http2 = true };
        subject.metrics = metrics_new(1);
        subject.loop = loop_new(&subject.config, &subject.service, metrics_of(subject.metrics, 0), &err);
        BUG_IF(!subject.loop);
        loop_secure(subject.loop, subject.tls, 8);
        subject.clients = SSL_CTX_new(TLS_client_method());
        BUG_IF(!subject.clients);
        return &subject;
}

static void stop(void *argument) { loop_stop(argument); }

static void turn(struct loop *loop)
{
        loop->stopped = false;
        loop_post(loop, stop, loop);
        loop_run(loop);
}

/* ---- the client ---- */

static const char *name_of(struct play *play, char other[256])
{
        static const char *const NAMES[] = { NULL, "first.example", "shop.example", "a.shop.example", "A.Shop.EXAMPLE",
                                             "*.shop.example", "a.b.shop.example", ".shop.example" };
        unsigned which = take(&play->script);
        if (which < 128)
                return NAMES[which % COUNT_OF(NAMES)];
        struct slice name = take_bytes(&play->script);
        memcpy(other, name.data, name.size);
        other[name.size] = '\0';
        return other;
}

static void client_open(struct play *play, unsigned how, const char *name, SSL_SESSION *session)
{
        static const unsigned char OFFERS[] = "\2h2\10http/1.1\4spdy";
        static const struct { size_t from, size; } ALPN[] = { { 0, 0 }, { 3, 9 }, { 0, 3 }, { 0, 12 } };
        struct subject *subject = play->subject;
        SSL *ssl = play->client = SSL_new(subject->clients);
        int pair[2];
        play->in = BIO_new(BIO_s_mem());
        play->out = BIO_new(BIO_s_mem());
        BUG_IF(!ssl || !play->in || !play->out);
        SSL_set_bio(ssl, play->in, play->out);
        (void)SSL_set_max_proto_version(ssl, how & 1 ? TLS1_2_VERSION : TLS1_3_VERSION);
        (void)SSL_set_alpn_protos(ssl, OFFERS + ALPN[how >> 1 & 3].from, (unsigned)ALPN[how >> 1 & 3].size);
        play->h2 = (how >> 1 & 3) >= 2;
        if (name && *name)
                (void)SSL_set_tlsext_host_name(ssl, name);
        if (how & 16)
                BUG_IF(!SSL_use_certificate(ssl, subject->certificate[OURS]) || !SSL_use_PrivateKey(ssl, subject->key[OURS]));
        if (session)
                BUG_IF(!SSL_set_session(ssl, session));
        SSL_set_connect_state(ssl);
        BUG_IF(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) || fcntl(pair[0], F_SETFL, O_NONBLOCK) ||
               fcntl(pair[1], F_SETFL, O_NONBLOCK));
        play->socket = pair[1];
        connection_open(subject->loop, pair[0], &(struct address){ 0 }, true);
        subject->connections++;
}

static void say(struct play *play, const char *data, size_t size)
{
        while (size && play->socket >= 0) {
                size_t some = play->torn && size > 7 ? 7 : size;
                if (send(play->socket, data, some, MSG_NOSIGNAL) != (ssize_t)some) {
                        play->edited = true;
                        return;
                }
                data += some;
                size -= some;
                if (play->torn)
                        turn(play->subject->loop);
        }
}

/* What the client wants to say, edited when an edit waits. */
static void speak(struct play *play)
{
        static char flight[FLIGHT];
        int got = BIO_read(play->out, flight, sizeof(flight));
        if (got <= 0)
                return;
        size_t size = (size_t)got, place = play->place % size;
        switch (play->edit) {
        case STEP_FLIP:   flight[place] = (char)(flight[place] ^ (play->extra.size ? *play->extra.data : 1)); break;
        case STEP_CUT:    size = place; break;
        case STEP_AGAIN:  say(play, flight, size); break;
        case STEP_INSERT:
                say(play, flight, place);
                say(play, play->extra.data, play->extra.size);
                say(play, flight + place, size - place);
                size = 0;
                break;
        default: break;
        }
        play->edit = 0;
        say(play, flight, size);
}

/* What our side says. Each answer of HTTP/1.1 ends with its body, a mark; over HTTP/2 anything counts. */
static void listen_to(struct play *play)
{
        static char bytes[FLIGHT];
        ssize_t got;
        while (!play->deaf && play->socket >= 0 && (got = recv(play->socket, bytes, sizeof(bytes), 0)) > 0)
                BUG_IF(BIO_write(play->in, bytes, (int)got) != got);
        if (!SSL_is_init_finished(play->client)) {
                (void)SSL_do_handshake(play->client);
                return;
        }
        for (int size; (size = SSL_read(play->client, bytes, sizeof(bytes) - 1)) > 0;) {
                bytes[size] = '\0';
                play->answers += play->h2 && size > 0;
                for (const char *at = bytes; !play->h2 && (at = strstr(at, "<mark>")); at++)
                        play->answers++;
        }
}

static void round_trip(struct play *play)
{
        if (!SSL_is_init_finished(play->client))
                (void)SSL_do_handshake(play->client);
        speak(play);
        turn(play->subject->loop);
        listen_to(play);
        ERR_clear_error();
}

static void shake(struct play *play)
{
        for (int i = 0; i < ROUNDS && !SSL_is_init_finished(play->client) && (i < 4 || !play->edited); i++)
                round_trip(play);
        BUG_IF(!play->edited && !play->deaf && !SSL_is_init_finished(play->client));
}

static void request(struct play *play)
{
        static const char PLAIN[] = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n<mark>";
        static const char FRAMES[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"
                                     "\0\0\015\1\5\0\0\0\1\x83\x86\x44\x05/echo\x41\x01" "a";
        if (!SSL_is_init_finished(play->client))
                return;
        if (!play->h2)
                play->requests += SSL_write(play->client, PLAIN, sizeof(PLAIN) - 1) > 0;
        else if (play->requests == 0)
                play->requests += SSL_write(play->client, FRAMES, sizeof(FRAMES) - 1) > 0;
        round_trip(play);
}

static void step(struct play *play)
{
        unsigned kind = take(&play->script) % STEPS;
        play->edited |= kind >= STEP_FLIP && kind != STEP_TORN && kind != STEP_NOTHING && kind != STEP_UPDATE;
        switch (kind) {
        case STEP_SHAKE:   round_trip(play); break;
        case STEP_REQUEST: request(play); break;
        case STEP_TORN:    play->torn = !play->torn; break;
        case STEP_RAW:     play->extra = take_bytes(&play->script); say(play, play->extra.data, play->extra.size); break;
        case STEP_UPDATE:  (void)SSL_key_update(play->client, (int)(take(&play->script) & 1)); break;
        case STEP_BYE:     (void)SSL_shutdown(play->client); speak(play); break;
        case STEP_HALF:    (void)shutdown(play->socket, SHUT_WR); break;
        case STEP_FLIP: case STEP_CUT: case STEP_INSERT: case STEP_AGAIN:
                play->edit = kind;
                play->place = take(&play->script) << 8 | take(&play->script);
                play->extra = take_bytes(&play->script);
                break;
        default: turn(play->subject->loop); break;
        }
        ERR_clear_error();
}

/* ---- laws ---- */

/* A client whose words came as they were. */
static void check_served(struct play *play, const char *name)
{
        shake(play);
        request(play);
        for (int i = 0; i < ROUNDS && play->answers < play->requests; i++)
                round_trip(play);
        BUG_IF(play->requests == 0 || play->answers < play->requests);
        X509 *shown = SSL_get0_peer_certificate(play->client);
        BUG_IF(!shown);
        bool asked = name && (strcasecmp(name, "shop.example") == 0 || strcasecmp(name, "a.shop.example") == 0);
        /* What is asked for and cannot be had gets the first. A wildcard is no name, but it is one label. */
        if (asked || (name && strcmp(name, "first.example") == 0) || !name)
                BUG_IF(X509_cmp(shown, play->subject->certificate[asked]) != 0);
}

static void check_nothing_left(struct subject *subject)
{
        static const enum metric ENDS[] = {
                METRIC_tls_handshakes_12, METRIC_tls_handshakes_12_resumed, METRIC_tls_handshakes_13,
                METRIC_tls_handshakes_13_resumed, METRIC_tls_failed_alert, METRIC_tls_failed_certificate,
                METRIC_tls_failed_closed, METRIC_tls_failed_crowded, METRIC_tls_failed_malformed, METRIC_tls_failed_memory,
                METRIC_tls_failed_plain_http,
                METRIC_tls_failed_timeout, METRIC_tls_failed_unsupported,
        };
        int64_t ends = 0;
        for (int i = 0; i < 1000 && (loop_connections(subject->loop) || subject->loop->ready); i++)
                turn(subject->loop);
        BUG_IF(loop_connections(subject->loop) || loop_exchanges(subject->loop) || loop_open_bytes(subject->loop));
        for (size_t i = 0; i < COUNT_OF(ENDS); i++)
                ends += metrics_of(subject->metrics, 0)->metric[ENDS[i]];
        BUG_IF(ends != (int64_t)subject->connections || subject->loop->handshakes_open != 0);
        BUG_IF(metrics_of(subject->metrics, 0)->metric[METRIC_tls_handshakes_open] != 0);
}

static void client_close(struct play *play)
{
        SSL_free(play->client);
        (void)close(play->socket);
        play->socket = -1;
        check_nothing_left(play->subject);
}

/* A session of a client that was served as it should be. */
static SSL_SESSION *session_get(struct subject *subject, unsigned how, const char *name)
{
        struct play play = { .subject = subject };
        client_open(&play, how & 23, name, NULL);
        check_served(&play, name);
        SSL_SESSION *session = SSL_get1_session(play.client);
        client_close(&play);
        return session;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct play play = { .subject = subject_get(), .script = { (const char *)data, (const char *)data + size } };
        char other[256];
        unsigned how = take(&play.script);
        const char *name = name_of(&play, other);
        SSL_SESSION *session = how & 8 ? session_get(play.subject, how, name) : NULL;
        play.deaf = how & 32;
        client_open(&play, how, name, session);
        for (int i = 0; i < STEPS_MOST && play.script.at < play.script.end; i++)
                step(&play);
        if (!play.edited && !play.deaf)
                check_served(&play, name);
        SSL_SESSION_free(session);
        client_close(&play);
        return 0;
}
