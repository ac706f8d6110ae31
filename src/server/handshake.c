/* Handshakes of TLS wait in a queue of their own. Each costs as much as a hundred requests, so a wake-up serves the established
 * connections first and then handshakes for a little while; how many may be under way is bounded, and how long each. */
#include "base/log.h"
#include "tls_session.h"

/* ns. Two signatures of RSA-2048 and a bit: what requests that come meanwhile wait. */
enum { BUDGET = 2000000, EVICT_AFTER = 1000, PAUSE = 100 };

void loop_secure(struct loop *loop, struct tls *tls, size_t handshakes)
{
        if (tls)
                (void)tls_ref(tls);
        tls_unref(loop->tls);
        loop->tls = tls;
        loop->handshakes_limit = handshakes ? handshakes : 1;
}

void handshake_open(struct connection *connection)
{
        connection->shaking = true;
        connection->loop->handshakes_open++;
        loop_count(connection->loop, METRIC_tls_handshakes_open, 1);
}

void handshake_begin(struct connection *connection)
{
        connection->state = CONNECTION_HANDSHAKE;
        deadline_set(connection, DEADLINE_HANDSHAKE);
}

void handshake_over(struct connection *connection)
{
        connection->shaking = false;
        connection->loop->handshakes_open--;
        loop_count(connection->loop, METRIC_tls_handshakes_open, -1);
        loop_accept_again(connection->loop);
}

void handshake_queue(struct connection *connection)
{
        struct loop *loop = connection->loop;
        if (connection->queued || (!connection->readable && !tls_wants_write(connection)))
                return;
        connection->queued = true;
        connection->queue = NULL;
        *(loop->handshakes ? &loop->handshakes_last->queue : &loop->handshakes) = connection;
        loop->handshakes_last = connection;
}

/* The client finds out why: TLS has sent its alert, or gets a sentence that it can read. */
static void handshake_fail(struct connection *connection, enum metric failure, bool plain)
{
        loop_count(connection->loop, failure, 1);
        handshake_over(connection);
        if (connection->tls)
                tls_end(connection);
        if (plain)
                answer_bare(connection, HTTP_FAULT_plain_http);
        connection->linger = true;
        connection->readable = true;
        connection_finish(connection);
        if (connection->state == CONNECTION_LINGER)
                connection_queue(connection);
}

static void handshake_step(struct connection *connection)
{
        enum metric failure;
        switch (tls_handshake(connection, &failure)) {
        case TLS_DONE:
                handshake_over(connection);
                connection->state = CONNECTION_IDLE;
                deadline_set(connection, connection->loop->draining ? DEADLINE_LINGER : DEADLINE_IDLE);
                connection_queue(connection);
                return;
        case TLS_AGAIN:
                handshake_queue(connection);
                return;
        case TLS_WAITS:
                return;
        case TLS_FAILED:
        case TLS_PLAIN:
                handshake_fail(connection, failure, failure == METRIC_tls_failed_plain_http);
                return;
        }
}

static void handshake_next(struct loop *loop)
{
        struct connection *connection = loop->handshakes;
        loop->handshakes = connection->queue;
        connection->queued = false;
        if (connection->state == CONNECTION_CLOSED) {
                connection->queue = loop->closed;
                loop->closed = connection;
        } else {
                handshake_step(connection);
        }
}

void handshakes_run(struct loop *loop)
{
        int64_t end = clock_nanoseconds() + BUDGET;
        do
                handshake_next(loop);
        while (loop->handshakes && clock_nanoseconds() < end);
}

void handshakes_forget(struct loop *loop)
{
        while (loop->handshakes)
                handshake_next(loop);
}

/* The one that has kept us waiting longest, if that is a while, gives way to a new one. */
bool handshake_room(struct loop *loop)
{
        if (loop->handshakes_open < loop->handshakes_limit || loop->draining)
                return true;
        struct connection *oldest = loop->deadlines[DEADLINE_HANDSHAKE].first;
        if (!oldest || oldest->queued || loop->now - oldest->since < EVICT_AFTER)
                return false;
        loop_count(loop, METRIC_tls_failed_crowded, 1);
        connection_close(oldest);
        return true;
}
