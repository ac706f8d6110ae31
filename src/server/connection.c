#include "connection.h"
#include "server/forwarded.h"
#include "server/proxy_protocol.h"
#include "tls_session.h"
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TURNS = 32, TURN_BYTES = 65536 };

void connection_open(struct loop *loop, int descriptor, const struct address *peer, bool secure)
{
        struct connection *connection = calloc(1, sizeof(*connection));
        bool header = loop->service->proxied && loop->config->http_proxy_protocol;
        if (!connection || (header && !trust_has(loop->trust, peer))) {
                free(connection);
                (void)close(descriptor);
                return;
        }
        *connection = (struct connection){
                .source = { .kind = SOURCE_CONNECTION, .descriptor = descriptor },
                .state = header ? CONNECTION_PREFACE : secure ? CONNECTION_HANDSHAKE : CONNECTION_IDLE,
                .deadline = DEADLINE_NONE, .fresh = true, .loop = loop, .peer = *peer,
        };
        loop->connections++;
        loop_count(loop, METRIC_connections, 1);
        loop_count(loop, METRIC_connections_accepted, 1);
        deadline_set(connection, header           ? DEADLINE_HEAD
                                 : loop->draining ? DEADLINE_LINGER
                                 : secure         ? DEADLINE_HANDSHAKE
                                                  : DEADLINE_IDLE);
        if (secure)
                handshake_open(connection);
        if (!loop_add(loop, connection))
                connection_close(connection);
}

void connection_close(struct connection *connection)
{
        struct loop *loop = connection->loop;
        if (connection->state == CONNECTION_CLOSED)
                return;
        deadline_set(connection, DEADLINE_NONE);
        if (connection->tls)
                tls_end(connection);
        (void)close(connection->source.descriptor);
        if (connection->state == CONNECTION_BUSY)
                connection->intake->exchange.connection = NULL;    /* the service still has it */
        else
                intake_free(connection->intake);
        if (connection->http2)
                http2_free(connection);
        discard_end(connection);
        connection->intake = NULL;
        connection->state = CONNECTION_CLOSED;
        loop->connections--;
        loop_count(loop, METRIC_connections, -1);
        if (connection->shaking)
                handshake_over(connection);
        /* An event of this wake-up, or the ready queue, may still name it. */
        if (!connection->queued) {
                connection->queue = loop->closed;
                loop->closed = connection;
        }
        loop_accept_again(loop);
}

void connection_queue(struct connection *connection)
{
        struct loop *loop = connection->loop;
        if (connection->queued)
                return;
        connection->queued = true;
        connection->queue = NULL;
        *(loop->ready ? &loop->ready_last->queue : &loop->ready) = connection;
        loop->ready_last = connection;
}

static bool preface_read(struct connection *connection)
{
        struct loop *loop = connection->loop;
        if (!connection->readable)
                return false;
        ssize_t size = recv(connection->source.descriptor, loop->scratch, sizeof(loop->scratch), MSG_PEEK);
        struct address client;
        size_t header = 0;
        enum http_result result = HTTP_BAD;
        if (size > 0)
                result = proxy_header_read((struct slice){ loop->scratch, (size_t)size }, &header, &client);
        else if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
                result = HTTP_MORE;
        if (result == HTTP_BAD || (result == HTTP_MORE && connection->half_closed)) {
                connection_close(connection);
                return false;
        }
        connection->readable = result == HTTP_DONE;
        if (result == HTTP_MORE)
                return false;
        if (recv(connection->source.descriptor, loop->scratch, header, 0) != (ssize_t)header) {
                connection_close(connection);
                return false;
        }
        if (client.known)
                connection->peer = client;
        if (connection->shaking) {
                handshake_begin(connection);
                return true;
        }
        connection->state = CONNECTION_IDLE;
        deadline_set(connection, DEADLINE_IDLE);
        return true;
}

/* All done elsewhere, in turn with others. */
static bool handshake_wait(struct connection *connection)
{
        handshake_queue(connection);
        return false;
}

static bool idle_read(struct connection *connection)
{
        if (!connection->readable)
                return false;
        /* The service refuses a request by its share of the memory, once the head is there; this bounds what heads may hold. */
        bool full = connection->loop->pool.out >= connection->loop->bytes_limit;
        struct intake *intake = full ? NULL : intake_new(connection, sizeof(struct intake));
        if (!intake) {
                answer_shed(connection);
                connection_finish(connection);
                return true;
        }
        size_t size = connection_receive(connection, intake->input, intake->capacity);
        if (size == 0) {
                intake_free(intake);
                return false;
        }
        intake->filled = size;
        connection->intake = intake;
        connection->state = CONNECTION_HEAD;
        return true;
}

static bool linger_read(struct connection *connection)
{
        struct loop *loop = connection->loop;
        if (!connection->readable)
                return false;
        connection->lingered += connection_receive(connection, loop->scratch, sizeof(loop->scratch));
        if (connection->lingered > LINGER_BYTES)
                connection_close(connection);
        return true;
}

/* A body that is thrown away is read at once: its client sits there writing it. */
static bool rests(const struct connection *connection) { return connection->paused && connection->state != CONNECTION_DISCARD; }

void connection_run(struct connection *connection)
{
        struct loop *loop = connection->loop;
        uint64_t served = loop->served;
        bool more = true;
        connection->running = true;
        for (size_t turn = 0; more && turn < TURNS && !rests(connection) && loop->served - served < TURN_BYTES; turn++)
                switch ((enum connection_state)connection->state) {
                case CONNECTION_PREFACE: more = preface_read(connection); break;
                case CONNECTION_HANDSHAKE: more = handshake_wait(connection); break;
                case CONNECTION_IDLE:    more = idle_read(connection); break;
                case CONNECTION_HEAD:    more = intake_head(connection); break;
                case CONNECTION_BODY:    more = intake_body(connection); break;
                case CONNECTION_HTTP2:   more = http2_run(connection); break;
                case CONNECTION_DISCARD: more = discard_read(connection); break;
                case CONNECTION_LINGER:  more = linger_read(connection); break;
                default:                 more = false;
                }
        connection->running = false;
        /* Enough for one wake-up; the others are waiting. */
        if (more && connection->state != CONNECTION_CLOSED && !rests(connection))
                connection_queue(connection);
}

static void end_pause(struct connection *connection)
{
        bool head = connection->state == CONNECTION_HEAD;
        connection->paused = false;
        deadline_set(connection, head ? DEADLINE_HEAD : connection->loop->draining ? DEADLINE_LINGER : DEADLINE_IDLE);
        if (head || connection->readable)
                connection_queue(connection);
}

void connection_event(struct connection *connection, unsigned news)
{
        if (connection->state == CONNECTION_CLOSED)
                return;
        /* A client that does not like our certificate says so and resets: what it said still lies there to be read. */
        if ((news & NEWS_GONE) && connection->shaking && connection->tls)
                news = NEWS_HALF_CLOSED;
        if (news & NEWS_GONE) {
                if (connection->shaking)
                        loop_count(connection->loop, METRIC_tls_failed_closed, 1);
                connection_close(connection);
                return;
        }
        connection->half_closed |= (news & NEWS_HALF_CLOSED) != 0;
        connection->readable |= (news & (NEWS_READABLE | NEWS_HALF_CLOSED)) != 0;
        if (UNLIKELY(connection->tls))
                tls_news(connection, news);
        if (connection->half_closed && connection->deadline == DEADLINE_PAUSE)
                end_pause(connection);
        if ((news & NEWS_WRITABLE) && connection->state == CONNECTION_WRITE)
                answer_resume(connection);
        connection_run(connection);
}

/* The next request has come in part. False: no memory. What somebody holds who has to wait cannot be had back before his time is
 * over, so that it may be half of it at most. */
static bool begin_with(struct connection *connection, struct slice rest)
{
        const struct loop *loop = connection->loop;
        bool full = loop->pool.out >= (connection->paused ? loop->bytes_limit / 2 : loop->bytes_limit);
        struct intake *next = full ? NULL : intake_new(connection, sizeof(struct intake));
        if (next && rest.size > next->capacity) {
                next->capacity = rest.size;
                next->input = arena_take(&next->exchange.arena, next->capacity + READABLE_PADDING);
        }
        if (!next || !next->input) {
                intake_free(next);
                return false;
        }
        memcpy(next->input, rest.data, rest.size);
        next->filled = rest.size;
        connection->intake = next;
        connection->state = CONNECTION_HEAD;
        return true;
}

/* There is no memory for the next request, as for one on a connection that is new. */
static void shed(struct connection *connection)
{
        connection->paused = false;        /* what it still sends is to be read */
        answer_shed(connection);
        connection_finish(connection);
        if (connection->state == CONNECTION_LINGER && connection->readable && !connection->running)
                connection_queue(connection);
}

void connection_go_on(struct connection *connection, struct slice rest)
{
        connection->state = CONNECTION_IDLE;
        if (rest.size && !begin_with(connection, rest)) {
                shed(connection);
                return;
        }
        connection->paused &= !connection->half_closed;    /* nothing more will come that could have to wait */
        deadline_set(connection, connection->paused           ? DEADLINE_PAUSE
                                 : rest.size                  ? DEADLINE_HEAD
                                 : connection->loop->draining ? DEADLINE_LINGER
                                                              : DEADLINE_IDLE);
        bool more = !connection->paused && (connection->readable || rest.size);
        if (more && !connection->running)
                connection_queue(connection);
}

void connection_answered(struct connection *connection)
{
        struct intake *intake = connection->intake;
        connection->intake = NULL;
        connection->state = CONNECTION_IDLE;
        if (connection->last) {
                /* Closing a socket with bytes that were not read resets it, and the answer may be lost. */
                connection->linger |= connection->readable || intake->rest_size;
                connection_finish(connection);
        } else if (UNLIKELY(intake->unread)) {
                discard_begin(connection, intake);
        } else {
                connection_go_on(connection, (struct slice){ intake->rest, intake->rest_size });
        }
        intake_free(intake);
}

/* The kernel forgets what the client did not take, instead of trying on. */
static void close_abruptly(struct connection *connection)
{
        static const struct linger NOW = { .l_onoff = 1, .l_linger = 0 };
        if (connection->state == CONNECTION_WRITE)
                (void)setsockopt(connection->source.descriptor, SOL_SOCKET, SO_LINGER, &NOW, sizeof(NOW));
        connection_close(connection);
}

void connection_yield(struct connection *connection)
{
        if (connection->http2) {
                http2_yield(connection);
                return;
        }
        if (connection->state == CONNECTION_HEAD || connection->state == CONNECTION_BODY)
                answer_fault(connection->intake, HTTP_FAULT_memory);
        close_abruptly(connection);
}

void connection_expire(struct connection *connection)
{
        if (connection->state == CONNECTION_HTTP2) {
                http2_expire(connection);
                return;
        }
        if (connection->deadline == DEADLINE_PAUSE) {
                /* What came too early stays where it is: to refuse it again would cost more than to let it wait. */
                bool early = connection->state == CONNECTION_HEAD || connection->readable;
                if (early && --connection->pauses > 0)
                        deadline_set(connection, DEADLINE_PAUSE);
                else
                        end_pause(connection);
                return;
        }
        if (connection->state == CONNECTION_HEAD || connection->state == CONNECTION_BODY || connection->state == CONNECTION_WRITE)
                loop_count(connection->loop, METRIC_timeouts, 1);
        if (connection->shaking)
                loop_count(connection->loop, METRIC_tls_failed_timeout, 1);
        if (connection->state == CONNECTION_HEAD || connection->state == CONNECTION_BODY)
                answer_fault(connection->intake, HTTP_FAULT_timeout);
        else
                close_abruptly(connection);
}
