/* One thread's sockets: listeners, connections, requests and answers over HTTP/1.1 and HTTP/2 (RFC 9110, 9112, 9113), on epoll.
 * A loop shares nothing with other loops. Requests come to the service as a struct exchange; the service answers now or later,
 * on the same thread. Over HTTP/1.1 one request of a connection is in flight at a time, so answers keep their order; over
 * HTTP/2 each stream is an exchange of its own, and they are answered in any order. */
#ifndef SERVER_LOOP_H
#define SERVER_LOOP_H
#include "base/arena.h"
#include "config/config.h"
#include "event/event.h"
#include "metrics/metrics.h"
#include "server/http.h"
#include "server/socket.h"
#include "server/tls.h"

struct loop;
struct connection;

/* A request and its answer. Every byte lies in its arena, which dies when the answer is written (or cannot be). */
struct exchange {
        struct arena         arena;
        struct http_request  http;         /* method, path, query, headers: slices into the arena */
        struct client        client;
        struct slice         body;         /* framing and coding undone; READABLE_PADDING readable bytes behind it */
        int64_t              received;     /* ms since 1970, when the head was complete */
        int64_t              started;      /* clock_nanoseconds() at its first byte */
        struct loop         *loop;
        struct connection   *connection;   /* NULL: the client is gone; answering is still needed and does nothing */
        void                *job;          /* the service's; NULL at first */
        bool                 kept;         /* by the service: exchange_keep() */
        bool                 ended;        /* the loop has no more use for it */
};

/* Why a request is not taken. The texts live as long as the process. */
struct refusal {
        int         status;
        const char *name, *message;
        bool        pause;                 /* the connection's next request waits for a second, or for Retry-After */
        char        headers[128];          /* further lines of the answer, each ended by CRLF; "": none */
};

/* What the loop serves. */
struct service {
        /* Called with a complete request. Answers with exchange_answer() now or later; always exactly once. */
        void (*serve)(struct service *service, struct exchange *exchange);
        /* The methods that a path takes ("POST"), for 404, 405 and Allow before a body is read; NULL: no such path. OPTIONS
         * (and HEAD where there is GET) are taken by every path and need not be named. The path is percent-encoded. */
        const char *(*methods)(struct service *service, struct slice path);
        /* Whether to refuse a request by its head, before its body is read; *ret_refusal says what is answered. NULL: none ever
         * is. It may leave in exchange->job what serve() wants to know. */
        bool (*refuse)(struct service *service, struct exchange *exchange, struct refusal *ret_refusal);
        /* A request is about to be answered by its head alone (404, 405, OPTIONS, one that cannot be read ...): refuse() is not
         * asked. True: it is refused instead, where it can be. NULL: never told. */
        bool (*faulted)(struct service *service, struct exchange *exchange, struct refusal *ret_refusal);
        /* A request that was let in has ended without serve(): its body came too slowly or not at all, was too large, cannot be
         * decompressed ... NULL: never told. */
        void (*spoiled)(struct service *service, struct exchange *exchange);
        size_t open_limit;                 /* bytes, this loop's part of limits.open_bytes; 0: limits.address_share is off */
        bool cors;                         /* answer preflights, add Access-Control-* */
        bool http2;                        /* HTTP/2 is spoken, too, when http2.enabled is set */
        bool proxied;                      /* http.proxy_protocol and http.trusted_proxies hold for its listeners */
};

struct answer {
        int          status;
        struct slice content_type;         /* data NULL: no body */
        struct slice body;                 /* read before exchange_answer() returns; it need not live longer */
        struct slice headers;              /* further lines, each ended by CRLF. Not these, which the loop writes itself: Date,
                                              Content-*, Connection, Retry-After (with every 503), Access-Control-*, Vary */
};
/* May be called before serve() returns. Ends the exchange: do not touch it afterwards. */
void exchange_answer(struct exchange *exchange, const struct answer *answer);
/* The arena outlives the answer, until exchange_release(): for what goes on behind the client's back. Before the answer. The
 * request stays counted in loop_exchanges() and its bytes in loop_open_bytes(). */
void exchange_keep(struct exchange *exchange);
void exchange_release(struct exchange *exchange);
/* {"error":NAME,"message":SENTENCE} with that status; the usual answer to a bad request. */
void exchange_error(struct exchange *exchange, int status, const char *name, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

/* The same for a request that is refused. */
void exchange_refuse(struct exchange *exchange, const struct refusal *refusal);

/* `config` (the http.*, debug.* and limits.* options) is looked at in passing and must live until loop_configure() gives
 * another, or the loop ends. `metrics` may be NULL. */
struct loop *loop_new(const struct config *config, struct service *service, struct metrics_worker *metrics, struct error *err);
/* On the loop's thread. The next requests of all connections are judged by it. False: the old one stays. */
bool         loop_configure(struct loop *loop, const struct config *config, struct error *err);
/* This loop's share of http.connections; all of them until it is called. */
void         loop_limit(struct loop *loop, size_t connections);
/* This loop's share of limits.open_bytes; all of them until it is called. Slow clients give way when it gets short. */
void         loop_limit_bytes(struct loop *loop, size_t bytes);
/* What its sessions of TLS and HTTP/2 may take: this loop's share of limits.session_bytes, which is what it begins with. */
void         loop_limit_sessions(struct loop *loop, size_t bytes);
/* Takes ownership of a listening socket. Several loops may have duplicates of the same one. */
bool         loop_listen(struct loop *loop, int descriptor, struct error *err);
/* The same for clients that speak TLS; loop_secure() says with which certificates. */
bool         loop_listen_secure(struct loop *loop, int descriptor, struct error *err);
/* On the loop's thread, or before it runs: what new handshakes of TLS take (a reference of its own; NULL: no secure listeners),
 * and how many may be under way; further clients wait in the kernel's queue. Connections keep what they began with. */
void         loop_secure(struct loop *loop, struct tls *tls, size_t handshakes);
/* Calls `ready(context)` on the loop's thread whenever the descriptor is readable (level-triggered). Borrows it. */
bool         loop_watch(struct loop *loop, int descriptor, void (*ready)(void *context), void *context, struct error *err);
/* Calls `tick(context)` about every `ms`. One a loop. */
void         loop_tick(struct loop *loop, int64_t ms, void (*tick)(void *context), void *context);
/* From any thread (not from signal handlers): `run(argument)` is called on the loop's thread, in the order of the posts. Costs
 * one allocation and, when the loop was not woken yet, one system call. What is posted after loop_stop() never runs. */
void         loop_post(struct loop *loop, void (*run)(void *argument), void *argument);
/* Until loop_stop(). */
void         loop_run(struct loop *loop);
/* On the loop's thread: stop accepting, close idle connections, say `Connection: close` in every answer from now on. A connection
 * that has not sent anything yet, or was busy within the last two seconds, gets two seconds to send its next request. What waits
 * in the accept queues is still served when `ours`; otherwise it is left to who has the sockets next. */
void         loop_drain(struct loop *loop, bool ours);
size_t       loop_connections(const struct loop *loop);
size_t       loop_open_bytes(const struct loop *loop);     /* arenas of the exchanges */
size_t       loop_exchanges(const struct loop *loop);      /* requests that have begun and are not answered */
/* Whether to refuse the request that is being judged, because requests wait longer than limits.delay. Draws lots. */
bool         loop_overloaded(struct loop *loop);
void         loop_stop(struct loop *loop);                 /* on the loop's thread */
/* Closes what is open. Every request that the service was given must have been answered, or its connection still stand. */
void         loop_free(struct loop *loop);
const struct config *loop_config(const struct loop *loop); /* in force now; on the loop's thread */
struct arena_pool *loop_pool(struct loop *loop);
int64_t      loop_now(const struct loop *loop);            /* ms since 1970, read once a wake-up (or debug.clock) */
int64_t      loop_nanoseconds(const struct loop *loop);    /* clock_nanoseconds(), read once a wake-up */
#endif
