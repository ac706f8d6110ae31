/* A connection's TLS: between HTTP above and the socket below. Private to server/; used by transport.c and handshake.c alone. */
#ifndef SERVER_TLS_SESSION_H
#define SERVER_TLS_SESSION_H
#include "connection.h"

enum tls_step {
        TLS_DONE,                  /* HTTP may begin */
        TLS_WAITS,                 /* for the client; there will be an event */
        TLS_AGAIN,                 /* the client sends a lot: another turn, later */
        TLS_FAILED,                /* the client was told why, as far as TLS has words for it */
        TLS_PLAIN,                 /* it speaks HTTP without TLS */
};
/* Goes on with the handshake as far as the client's bytes reach, beginning it when there is none. With TLS_FAILED and TLS_PLAIN
 * `ret_failure` is what to count. */
enum tls_step tls_handshake(struct connection *connection, enum metric *ret_failure);

/* As connection_receive() and connection_send() promise. */
size_t  tls_receive(struct connection *connection, char *at, size_t room);
ssize_t tls_send(struct connection *connection, const struct iovec *pieces, size_t count);
/* What epoll says of the socket, before anything else looks at the connection. */
void    tls_news(struct connection *connection, unsigned news);
/* Says goodbye (close_notify) where there was an understanding, and forgets the session. */
void    tls_end(struct connection *connection);
/* Whether a handshake that waits needs the socket to take bytes. */
bool    tls_wants_write(const struct connection *connection);
enum protocol tls_protocol(const struct connection *connection);
#endif
