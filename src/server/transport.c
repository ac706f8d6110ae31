/* The seam below HTTP: every byte of a connection is read and written here, but for the PROXY protocol's header. */
#include "connection.h"
#include "tls_session.h"
#include <errno.h>
#include <sys/socket.h>

static bool would_block(void) { return errno == EAGAIN || errno == EWOULDBLOCK; }

size_t connection_receive(struct connection *connection, char *at, size_t room)
{
        ssize_t size;
        if (UNLIKELY(connection->tls)) {
                struct loop *loop = connection->loop;
                size_t got = tls_receive(connection, at, room);
                loop_count(loop, METRIC_request_bytes, (int64_t)got);
                return got;
        }
        do
                size = recv(connection->source.descriptor, at, room, 0);
        while (size < 0 && errno == EINTR);
        if (size > 0) {
                loop_count(connection->loop, METRIC_request_bytes, size);
                /* A short read means drained; only its end may still be unread. */
                if ((size_t)size < room && !connection->half_closed)
                        connection->readable = false;
                return (size_t)size;
        }
        connection->readable = false;
        if (size == 0)
                connection_end(connection);
        else if (!would_block())
                connection_close(connection);
        return 0;
}

void connection_end(struct connection *connection)
{
        if (connection->state == CONNECTION_HTTP2)
                connection->ended = true;
        else
                connection_close(connection);
}

ssize_t connection_send(struct connection *connection, const struct iovec *pieces, size_t count)
{
        struct msghdr message = { .msg_iov = (struct iovec *)(uintptr_t)pieces, .msg_iovlen = count };
        int descriptor = connection->source.descriptor;
        ssize_t sent;
        if (UNLIKELY(connection->tls)) {
                struct loop *loop = connection->loop;
                sent = tls_send(connection, pieces, count);
                loop_count(loop, METRIC_response_bytes, sent > 0 ? sent : 0);
                return sent;
        }
        do
                sent = count == 1 ? send(descriptor, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL)
                                  : sendmsg(descriptor, &message, MSG_NOSIGNAL);
        while (sent < 0 && errno == EINTR);
        if (sent >= 0) {
                loop_count(connection->loop, METRIC_response_bytes, sent);
                return sent;
        }
        if (would_block())
                return 0;
        connection_close(connection);
        return -1;
}

void connection_finish(struct connection *connection)
{
        if (connection->state == CONNECTION_CLOSED)
                return;
        if (connection->tls && connection->linger) {
                tls_end(connection);
                connection->readable = true;       /* unread, as it is thrown away */
        }
        if (!connection->linger || shutdown(connection->source.descriptor, SHUT_WR)) {
                connection_close(connection);
                return;
        }
        connection->state = CONNECTION_LINGER;
        deadline_set(connection, DEADLINE_LINGER);
}

enum protocol connection_protocol(const struct connection *connection)
{
        return connection->tls ? tls_protocol(connection) : PROTOCOL_HTTP1;
}
