#include "tls_session.h"
#include "tls_inner.h"
#include <errno.h>
#include <openssl/err.h>
#include <sys/socket.h>

/* What one call takes from the socket at most: messages without content (KeyUpdate, empty records) must not keep a worker. */
enum { CALL_BYTES = 64 << 10 };

struct tls_session {
        SSL              *ssl;
        const struct tls *tls;             /* a reference */
        size_t            budget;          /* bytes that this call may still take */
        bool drained;                      /* the kernel has nothing more until the next event */
        bool ended;                        /* the socket is at its end */
        bool established;
        bool dead;                         /* OpenSSL must not be asked for anything any more */
        bool wants_write;                  /* a read, or the handshake, cannot go on before the socket takes bytes */
};

/* ---- the socket, as OpenSSL sees it ---- */

static int socket_read(BIO *bio, char *at, size_t room, size_t *ret_size)
{
        struct connection *connection = BIO_get_data(bio);
        struct tls_session *session = connection->tls;
        BIO_clear_retry_flags(bio);
        if (session->drained || session->budget == 0) {
                BIO_set_retry_read(bio);
                return 0;
        }
        ssize_t size;
        do
                size = recv(connection->source.descriptor, at, room, 0);
        while (size < 0 && errno == EINTR);
        if (size > 0) {
                session->budget -= (size_t)size < session->budget ? (size_t)size : session->budget;
                session->drained = (size_t)size < room && !connection->half_closed;
                *ret_size = (size_t)size;
                return 1;
        }
        session->drained = true;
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
                BIO_set_retry_read(bio);
        else
                session->ended = true;
        return 0;
}

static int socket_write(BIO *bio, const char *data, size_t size, size_t *ret_size)
{
        const struct connection *connection = BIO_get_data(bio);
        ssize_t sent;
        BIO_clear_retry_flags(bio);
        do
                sent = send(connection->source.descriptor, data, size, MSG_NOSIGNAL);
        while (sent < 0 && errno == EINTR);
        if (sent >= 0) {
                *ret_size = (size_t)sent;
                return 1;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK)
                BIO_set_retry_write(bio);
        return 0;
}

static long socket_control(BIO *bio, int command, long number, void *pointer)
{
        const struct connection *connection = BIO_get_data(bio);
        (void)number, (void)pointer;
        if (command == BIO_CTRL_EOF)
                return connection && connection->tls && connection->tls->ended;
        return command == BIO_CTRL_FLUSH;
}

BIO_METHOD *tls_socket_method(void)
{
        BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "connection");
        if (method && BIO_meth_set_read_ex(method, socket_read) && BIO_meth_set_write_ex(method, socket_write) &&
            BIO_meth_set_ctrl(method, socket_control))
                return method;
        BIO_meth_free(method);
        return NULL;
}

/* ---- handshake ---- */

static bool session_begin(struct connection *connection)
{
        if (!session_take(connection->loop, SESSION_TLS))
                return false;
        struct tls_session *session = calloc(1, sizeof(*session));
        const struct tls *tls = connection->loop->tls;
        BIO *bio = session && tls ? BIO_new(tls_socket(tls)) : NULL;
        SSL *ssl = bio ? tls_session(tls) : NULL;
        if (!ssl) {
                BIO_free(bio);
                free(session);
                session_give(connection->loop, SESSION_TLS);
                return false;
        }
        BIO_set_data(bio, connection);
        BIO_set_init(bio, 1);
        SSL_set_bio(ssl, bio, bio);
        *session = (struct tls_session){ .ssl = ssl, .tls = tls_ref((struct tls *)(uintptr_t)tls) };
        connection->tls = session;
        return true;
}

/* OpenSSL's reasons for a failed handshake, as people want them told apart. Sorted by our names. */
static const struct { int reason; enum metric metric; } FAILURES[] = {
        { SSL_R_CERTIFICATE_VERIFY_FAILED,       METRIC_tls_failed_certificate },
        { SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, METRIC_tls_failed_certificate },
        { SSL_R_HTTP_REQUEST,                    METRIC_tls_failed_plain_http },
        { SSL_R_NO_APPLICATION_PROTOCOL,         METRIC_tls_failed_unsupported },
        { SSL_R_NO_SHARED_CIPHER,                METRIC_tls_failed_unsupported },
        { SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS,  METRIC_tls_failed_unsupported },
        { SSL_R_NO_SUITABLE_KEY_SHARE,           METRIC_tls_failed_unsupported },
        { SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, METRIC_tls_failed_unsupported },
        { SSL_R_UNSUPPORTED_PROTOCOL,            METRIC_tls_failed_unsupported },
        { SSL_R_VERSION_TOO_LOW,                 METRIC_tls_failed_unsupported },
};

static enum metric failure_of(const struct tls_session *session, int error)
{
        unsigned long code = ERR_peek_error();
        if (session->ended || error == SSL_ERROR_SYSCALL || error == SSL_ERROR_ZERO_RETURN)
                return METRIC_tls_failed_closed;
        if (ERR_GET_LIB(code) != ERR_LIB_SSL)
                return METRIC_tls_failed_malformed;
        for (size_t i = 0; i < COUNT_OF(FAILURES); i++)
                if (FAILURES[i].reason == ERR_GET_REASON(code))
                        return FAILURES[i].metric;
        /* The client's own alert: it does not like our certificate, most often. */
        return ERR_GET_REASON(code) > SSL_AD_REASON_OFFSET ? METRIC_tls_failed_alert : METRIC_tls_failed_malformed;
}

static void count_handshake(struct connection *connection)
{
        static const enum metric COUNTERS[2][2] = { { METRIC_tls_handshakes_12, METRIC_tls_handshakes_12_resumed },
                                                    { METRIC_tls_handshakes_13, METRIC_tls_handshakes_13_resumed } };
        SSL *ssl = connection->tls->ssl;
        X509 *client = SSL_get0_peer_certificate(ssl);
        loop_count(connection->loop, COUNTERS[SSL_version(ssl) == TLS1_3_VERSION][SSL_session_reused(ssl) == 1], 1);
        if (client)
                loop_count(connection->loop, METRIC_tls_client_certificates, 1);
}

enum tls_step tls_handshake(struct connection *connection, enum metric *ret_failure)
{
        *ret_failure = METRIC_tls_failed_memory;
        if (!connection->tls && !session_begin(connection))
                return TLS_FAILED;
        struct tls_session *session = connection->tls;
        ERR_clear_error();
        session->budget = CALL_BYTES;
        session->wants_write = false;
        int result = SSL_do_handshake(session->ssl);
        if (result == 1) {
                session->established = true;
                connection->readable = true;       /* the first request may stand in OpenSSL's buffer, or the kernel's */
                count_handshake(connection);
                return TLS_DONE;
        }
        int error = SSL_get_error(session->ssl, result);
        if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
                session->wants_write = error == SSL_ERROR_WANT_WRITE;
                connection->readable = !session->drained;
                return error == SSL_ERROR_WANT_READ && !session->drained ? TLS_AGAIN : TLS_WAITS;
        }
        session->dead = true;
        *ret_failure = failure_of(session, error);
        ERR_clear_error();
        return *ret_failure == METRIC_tls_failed_plain_http ? TLS_PLAIN : TLS_FAILED;
}

/* ---- after it ---- */

size_t tls_receive(struct connection *connection, char *at, size_t room)
{
        struct tls_session *session = connection->tls;
        size_t size = 0;
        ERR_clear_error();
        session->budget = CALL_BYTES;
        if (SSL_read_ex(session->ssl, at, room, &size)) {
                connection->readable = !session->drained || SSL_has_pending(session->ssl);
                return size;
        }
        int error = SSL_get_error(session->ssl, 0);
        if (error == SSL_ERROR_WANT_READ && !session->drained) {
                connection_queue(connection);      /* there was a lot, and nothing in it */
                return 0;
        }
        connection->readable = false;
        if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
                session->wants_write = error == SSL_ERROR_WANT_WRITE;
                return 0;
        }
        ERR_clear_error();
        if (error == SSL_ERROR_ZERO_RETURN) {
                connection_end(connection);
                return 0;
        }
        session->dead = true;
        connection_close(connection);
        return 0;
}

/* As much of a piece as the client takes now. False: that is the end of the connection. */
static bool piece_send(struct tls_session *session, const struct iovec *piece, size_t *ret_sent)
{
        size_t total = 0;
        while (total < piece->iov_len) {
                size_t sent = 0;
                if (SSL_write_ex(session->ssl, (const char *)piece->iov_base + total, piece->iov_len - total, &sent)) {
                        total += sent;
                        continue;
                }
                if (SSL_get_error(session->ssl, 0) == SSL_ERROR_WANT_WRITE)
                        break;
                session->dead = true;
                ERR_clear_error();
                return false;
        }
        *ret_sent = total;
        return true;
}

ssize_t tls_send(struct connection *connection, const struct iovec *pieces, size_t count)
{
        struct tls_session *session = connection->tls;
        size_t total = 0;
        ERR_clear_error();
        for (size_t i = 0; i < count; i++) {
                size_t sent = 0;
                if (!piece_send(session, &pieces[i], &sent)) {
                        connection_close(connection);
                        return -1;
                }
                total += sent;
                if (sent < pieces[i].iov_len)
                        break;
        }
        return (ssize_t)total;
}

void tls_news(struct connection *connection, unsigned news)
{
        struct tls_session *session = connection->tls;
        if (news & (NEWS_READABLE | NEWS_HALF_CLOSED))
                session->drained = false;
        if ((news & NEWS_WRITABLE) && session->wants_write && session->established) {
                session->wants_write = false;
                connection->readable = true;
        }
}

void tls_end(struct connection *connection)
{
        struct tls_session *session = connection->tls;
        ERR_clear_error();
        if (session->established && !session->dead)
                (void)SSL_shutdown(session->ssl);
        ERR_clear_error();
        SSL_free(session->ssl);
        tls_unref((struct tls *)(uintptr_t)session->tls);
        free(session);
        connection->tls = NULL;
        session_give(connection->loop, SESSION_TLS);
}

bool tls_wants_write(const struct connection *connection)
{
        return connection->tls && connection->tls->wants_write;
}

enum protocol tls_protocol(const struct connection *connection)
{
        const unsigned char *name = NULL;
        unsigned int size = 0;
        SSL_get0_alpn_selected(connection->tls->ssl, &name, &size);
        return slice_equal((struct slice){ (const char *)name, size }, SLICE("h2")) ? PROTOCOL_HTTP2 : PROTOCOL_HTTP1;
}
