/* Who is let in: the listeners of a loop, and what it does when all places are taken. */
#include "base/log.h"
#include "connection.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ACCEPTS_BUSY = 16, ACCEPT_PAUSE = 100, EVICT_AFTER = 1000, TELL_EVERY = 60000, UNSENT_BYTES = 65536,
       VANISHED_LEAST = 10000 };

static void listeners_watch(struct loop *loop, bool on)
{
        for (struct listener *listener = loop->listeners; listener; listener = listener->next) {
                if (!on)
                        (void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, listener->source.descriptor, NULL);
                else if (listener->secure && loop->crowded_at)
                        continue;
                else if (!loop_watch_source(loop, &listener->source, EPOLLIN | EPOLLEXCLUSIVE))
                        log_line(LOG_LEVEL_ERROR, "http: cannot watch a listener: %m");
        }
        loop->accepting = on;
}

/* Others are let in while too many handshakes are under way. */
static void secure_watch(struct loop *loop, bool on)
{
        loop->crowded_at = on ? 0 : loop->now + ACCEPT_PAUSE;
        for (struct listener *listener = loop->listeners; listener && loop->accepting; listener = listener->next) {
                if (!listener->secure)
                        continue;
                if (!on)
                        (void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, listener->source.descriptor, NULL);
                else if (!loop_watch_source(loop, &listener->source, EPOLLIN | EPOLLEXCLUSIVE))
                        log_line(LOG_LEVEL_ERROR, "tls: cannot watch a listener: %m");
        }
}

void loop_accept_again(struct loop *loop)
{
        bool calm = loop->handshakes_open < loop->handshakes_limit || loop->crowded_at <= loop->now;
        if (loop->crowded_at && calm && !loop->draining)
                secure_watch(loop, true);
        bool room = loop->full && loop->connections < loop->connections_limit;
        if (loop->accepting || loop->draining || (!room && loop->accept_at > loop->now))
                return;
        loop->accept_at = 0;
        loop->full = false;
        listeners_watch(loop, true);
}

/* Nobody can be let in: a listener stays readable, so trying again at once would spin. */
static void accept_pause(struct loop *loop)
{
        loop->accept_at = loop->now + ACCEPT_PAUSE;
        if (loop->accepting)
                listeners_watch(loop, false);
}

static void accept_failed(struct loop *loop)
{
        if (loop->now >= loop->tell_at)
                log_line(LOG_LEVEL_WARNING, "http: cannot accept connections: %m; trying again %d times a second",
                         1000 / ACCEPT_PAUSE);
        loop->tell_at = loop->now + TELL_EVERY;
        loop_count(loop, METRIC_accept_failures, 1);
        accept_pause(loop);
}

/* Room for one more. When all places are taken, the connection that has been idle longest gives way, if that is a while; when
 * none is idle, the one that has kept us waiting longest. */
static bool make_room(struct loop *loop)
{
        struct connection *idle = loop->deadlines[DEADLINE_IDLE].first;
        if (LIKELY(loop->connections < loop->connections_limit) || loop->draining)
                return true;
        if (!idle || idle->readable || loop->now - idle->since < EVICT_AFTER)
                return pressure_relieve(loop);
        loop_count(loop, METRIC_connections_evicted, 1);
        connection_close(idle);
        return true;
}

/* Up to `most` of the connections that wait; one, when another has to give way for it. */
void loop_accept(struct loop *loop, const struct listener *listener, size_t most)
{
        if (loop->connections >= loop->connections_limit && !loop->draining)
                most = 1;
        while (most--) {
                struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
                socklen_t size = sizeof(from);
                if (!make_room(loop)) {
                        loop->full = true;
                        accept_pause(loop);
                        return;
                }
                if (listener->secure && !handshake_room(loop)) {
                        secure_watch(loop, false);
                        return;
                }
                int descriptor =
                        accept4(listener->source.descriptor, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
                if (descriptor >= 0) {
                        struct address peer;
                        address_from_socket((struct sockaddr *)&from, &peer);
                        connection_open(loop, descriptor, &peer, listener->secure);
                        if (loop->connections >= loop->connections_limit && !loop->draining)
                                return;
                } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                        if (!loop->draining)
                                accept_failed(loop);
                        return;
                } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
                        return;
                }
                /* Else that client has given up, or its network has. */
        }
}

/* When very many are ready, epoll names a listener once in a long round: who comes new would wait for all others a hundred times.
 * So one is let in for some that are served. */
void loop_accept_some(struct loop *loop)
{
        for (struct listener *listener = loop->listeners; listener && loop->accepting; listener = listener->next)
                if (listener->source.descriptor >= 0 && !(listener->secure && loop->crowded_at))
                        loop_accept(loop, listener, ACCEPTS_BUSY);
}

/* Inherited by what it accepts; a UNIX socket has no such options. Of an answer that nobody reads the kernel holds little, and of
 * one whose reader has vanished it holds nothing for long. */
static void set_options(const struct loop *loop, int descriptor)
{
        static const int ON = 1, UNSENT = UNSENT_BYTES;
        int64_t time = loop->config->http_write_time;
        int vanished = time < VANISHED_LEAST ? VANISHED_LEAST : (int)time;
        (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &ON, sizeof(ON));
        (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &UNSENT, sizeof(UNSENT));
        (void)setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &vanished, sizeof(vanished));
}

static bool listener_add(struct loop *loop, int descriptor, bool secure, struct error *err)
{
        struct listener *listener = memory_get(sizeof(*listener));
        listener->source = (struct source){ .kind = SOURCE_LISTENER, .descriptor = descriptor };
        listener->secure = secure;
        listener->next = loop->listeners;
        loop->listeners = listener;
        int flags = fcntl(descriptor, F_GETFL);
        if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0)
                return error_set(err, "cannot use listener %d: %m", descriptor);
        set_options(loop, descriptor);
        return loop_watch_source(loop, &listener->source, EPOLLIN | EPOLLEXCLUSIVE) ||
               error_set(err, "cannot watch listener %d: %m", descriptor);
}

bool loop_listen(struct loop *loop, int descriptor, struct error *err)
{
        return listener_add(loop, descriptor, false, err);
}

bool loop_listen_secure(struct loop *loop, int descriptor, struct error *err)
{
        return listener_add(loop, descriptor, true, err);
}

/* Others may have duplicates of the socket: closing ours alone would not end what epoll tells of it. */
void loop_listeners_close(struct loop *loop)
{
        if (loop->accepting)
                listeners_watch(loop, false);
        for (struct listener *listener = loop->listeners; listener; listener = listener->next) {
                if (listener->source.descriptor >= 0)
                        (void)close(listener->source.descriptor);
                listener->source.descriptor = -1;  /* an event of this wake-up may still name the listener */
        }
}

void loop_listeners_free(struct loop *loop)
{
        loop_listeners_close(loop);
        while (loop->listeners) {
                struct listener *listener = loop->listeners;
                loop->listeners = listener->next;
                free(listener);
        }
}
