/* Inside of the loop: connections, what they read, and the deadlines. Private to server/. */
#ifndef SERVER_CONNECTION_H
#define SERVER_CONNECTION_H
#include "base/clock.h"
#include "base/hash.h"
#include "server/loop.h"
#include "server/share.h"
#include <sys/uio.h>

/* What an epoll event belongs to; the first member of each. */
enum source_kind { SOURCE_LISTENER, SOURCE_CONNECTION, SOURCE_WATCH, SOURCE_MAILBOX, SOURCE_CANARY };
struct source {
        enum source_kind kind;
        int              descriptor;
};

/* Each deadline has one duration, so each kind is a list that is sorted by itself: new ones go to its end. */
enum deadline { DEADLINE_HEAD, DEADLINE_BODY, DEADLINE_IDLE, DEADLINE_WRITE, DEADLINE_LINGER, DEADLINE_HANDSHAKE,
                DEADLINE_STREAMS,          /* HTTP/2: look after the streams, each of which has deadlines of its own */
                DEADLINE_PAUSE,            /* it was told to come later, and has its turn when later is */
                DEADLINE_SERVICE,          /* never over: waits for us, not for the client */
                DEADLINE_COUNT, DEADLINE_NONE = DEADLINE_COUNT };
struct deadline_list {
        struct connection *first, *last;
};

enum connection_state {
        CONNECTION_PREFACE,        /* the PROXY protocol's header is awaited */
        CONNECTION_HANDSHAKE,      /* of TLS: no request can be there yet */
        CONNECTION_IDLE,           /* no byte of a request is there */
        CONNECTION_HEAD,           /* request line and headers */
        CONNECTION_BODY,
        CONNECTION_BUSY,           /* the service has the request */
        CONNECTION_WRITE,          /* the client takes the answer slowly */
        CONNECTION_DISCARD,        /* answered by the head; the body that still comes is thrown away, then the next request */
        CONNECTION_HTTP2,          /* its streams have states of their own */
        CONNECTION_LINGER,         /* all is said; what the client still sends is thrown away, so that it can read our answer */
        CONNECTION_CLOSED,         /* freed at the end of the wake-up */
};
/* Kept small: an idle connection is this and the kernel's socket. */
struct connection {
        struct source      source;
        uint8_t            state;          /* enum connection_state */
        uint8_t            deadline;       /* enum deadline */
        bool               readable;       /* the kernel may have bytes for us */
        bool               half_closed;    /* the client has sent its last byte; a read will come to its end */
        bool               ended;          /* its end was read, and what was asked before is still being answered: HTTP/2 alone */
        bool               queued;         /* in loop->ready */
        bool               running;        /* connection_run() is at work: do not start it again */
        bool               fresh;          /* no request yet */
        bool               large;          /* the last request did not fit a usual chunk; the next is likely not to */
        bool               last;           /* close after the answer */
        bool               shaking;        /* its handshake is not over, or not begun */
        bool               linger;         /* and the client may still be sending */
        bool               paused;         /* was refused for overload: not looked at until its deadline is over */
        uint8_t            pauses;         /* deadlines left: what Retry-After said, in seconds */
        int64_t            since;          /* ms, steady: when the deadline began */
        struct connection *previous, *next;        /* of the same deadline */
        struct connection *queue;                  /* the next in loop->ready or loop->closed */
        struct loop       *loop;
        struct intake     *intake;         /* NULL: no request */
        struct tls_session *tls;           /* NULL: a plain connection, or TLS has not begun */
        struct http2      *http2;          /* NULL: HTTP/1.1 is spoken */
        struct discard    *discard;        /* of CONNECTION_DISCARD; else NULL */
        size_t             lingered;       /* bytes thrown away */
        struct address     peer;           /* or whom the PROXY protocol names */
};

/* A request while it comes in, and what of its answer could not be written at once. Lives in the exchange's own arena. */
struct intake {
        struct exchange exchange;          /* first: the service's pointer is ours */
        char  *input;                      /* the piece that head and small bodies lie in */
        size_t filled, capacity;           /* bytes; behind capacity lie READABLE_PADDING more */
        size_t head, scanned;              /* bytes of the head, once known; bytes known not to end it */
        char  *body;                       /* inside of input, or a piece of its own */
        size_t body_filled, body_capacity;
        char  *rest;                       /* bytes behind the body: the next request's */
        size_t rest_size;
        struct http_chunks chunks;
        struct iovec out[2];               /* what is still to be written */
        size_t out_count;
        size_t shared;                     /* bytes that loop->share has of it */
        uint32_t share_place;              /* where; 0: not known yet, or nowhere */
        bool   coded;                      /* Content-Encoding is to be undone */
        bool   parsed;                     /* the head was tried at least once: more bytes are needed */
        bool   unread;                     /* the body had not come when the head was judged, and is not wanted until it is */
        bool   admitted;                   /* let in, and not served yet */
};

struct listener {
        struct source source;
        bool          secure;              /* who connects here speaks TLS */
        struct listener *next;
};
struct watch {
        struct source source;
        void        (*ready)(void *context);
        void         *context;
        struct watch *next;
};
struct post {
        struct post *next;
        void       (*run)(void *argument);
        void        *argument;
};

#define LINGER_BYTES ((size_t)16 << 20)    /* thrown away of what a client sends when nobody wants it any more */
#define LOOP_CHUNK ((size_t)8192)          /* holds exchange, head, body and rendering of a usual event */
#define LOOP_SCRATCH ((size_t)16384)

/* How long requests wait for their turn, measured, and what follows from it: pressure.c. */
struct pressure {
        struct source canary;              /* an eventfd: goes to the end of those that epoll has ready, and waits as they do */
        int64_t       armed;               /* ns: since when it waits; 0: it does not */
        int64_t       waited, before;      /* ns: the longest wait since the last correction, and before it */
        int64_t       corrected;           /* ns: when */
        int64_t       share;               /* of the requests that are refused, in PRESSURE_WHOLE parts */
};
#define PRESSURE_WHOLE 65536

struct loop {
        const struct config   *config;
        struct service        *service;
        struct metrics_worker *metrics;
        struct http_names      names;
        struct http_limits     limits;
        struct http_header    *headers;    /* scratch of limits.headers places */
        struct trust          *trust;      /* the trusted proxies */
        struct coding         *coding;     /* decompressors */
        struct share          *share;      /* what unfinished requests hold, by address */
        struct http2_kit      *http2;      /* what its HTTP/2 sessions share */
        int64_t                durations[DEADLINE_COUNT];      /* ms */
        int64_t                now, wall, nanoseconds, fixed;  /* ms steady, ms since 1970, ns; fixed: debug.clock or -1 */
        int64_t                date_second;
        char                   date[CLOCK_HTTP];
        struct deadline_list   deadlines[DEADLINE_COUNT];
        struct connection     *ready, *ready_last, *closed;
        struct connection     *handshakes, *handshakes_last;   /* that wait for us */
        struct tls            *tls;        /* of new handshakes; NULL: there are none */
        size_t                 handshakes_open, handshakes_limit;
        int64_t                crowded_at; /* steady ms: secure listeners are paused until then; 0: they are not */
        struct listener       *listeners;
        struct watch          *watches;
        struct source          mailbox;
        struct post *_Atomic   posts;
        struct arena_pool      pool;
        struct random          random;
        size_t                 connections, connections_limit, exchanges, bytes_limit;
        size_t                 sessions, sessions_limit;       /* bytes */
        int64_t                accept_at;  /* steady ms: accepting is paused until then; 0: it is not */
        int64_t                tell_at;    /* steady ms: no further word about it before */
        bool                   accepting, draining, stopped;
        bool                   ending;     /* loop_free(): nobody answers any more */
        struct pressure        pressure;
        uint64_t               served;     /* bytes of bodies */
        bool                   full;       /* accepting is paused because all places are taken */
        int                    epoll;
        int64_t                tick_every, tick_at;
        void                 (*tick)(void *context);
        void                  *tick_context;
        int64_t                counts[METRIC_COUNT];           /* not yet told to the metrics */
        int64_t                open_bytes_told;
        char                   scratch[LOOP_SCRATCH];
};

/* ---- deadline.c ---- */
void deadline_set(struct connection *connection, enum deadline kind);
/* The first whose time is over, or NULL. */
struct connection *deadline_over(struct loop *loop);
/* ms until the next; -1: none. */
int64_t deadline_next(const struct loop *loop);

/* ---- connection.c ---- */
void connection_open(struct loop *loop, int descriptor, const struct address *peer, bool secure);
enum news { NEWS_READABLE = 1, NEWS_WRITABLE = 2, NEWS_HALF_CLOSED = 4, NEWS_GONE = 8 };
void connection_event(struct connection *connection, unsigned news);
void connection_run(struct connection *connection);
void connection_expire(struct connection *connection);
void connection_close(struct connection *connection);
/* Others need what it holds: an abrupt end, after a 503 if its request is not complete. */
void connection_yield(struct connection *connection);
/* The answer is written: on to the next request, or to the end. */
void connection_answered(struct connection *connection);
/* To the next request, of which `rest` (borrowed for the call) has come already. */
void connection_go_on(struct connection *connection, struct slice rest);
void connection_queue(struct connection *connection);

/* ---- transport.c: what lies below HTTP, the socket alone or TLS over it ----
 * Readiness is edge-triggered. `readable` means that connection_receive() may have something: bytes in the kernel, or bytes that
 * TLS holds already. Only connection_receive() clears it, and no event comes before it has; so whoever stops reading early
 * queues the connection, or reads on when it is woken for another reason. Under TLS a read may have to wait until the socket
 * takes bytes, and a write until it gives some: connection_event() knows, the callers need not. */

/* Reads at most `room` bytes (1 and more). 0: nothing there now, or the connection was closed: look at its state. The client's
 * orderly end, and a stream cut short, close the connection; under HTTP/2 the orderly end only sets `ended`, as streams may wait
 * for their answers. */
size_t  connection_receive(struct connection *connection, char *at, size_t room);
/* Sends what the client takes now of `count` (1 and more) pieces, borrowed for the call. Answers how many bytes, counted
 * over all pieces; 0: none now, and NEWS_WRITABLE will come; -1: the connection was closed. After fewer bytes than were offered
 * the next call begins with the very byte that is next and offers at least those that were left over: they may lie elsewhere by
 * then, but TLS has already promised them to the client. Call again until all is taken or 0 comes: a short count does not mean
 * that the client is slow. */
ssize_t connection_send(struct connection *connection, const struct iovec *pieces, size_t count);
/* All is said: closes the connection; when `linger` is set only our side of it, and what the client still sends is thrown away.
 * Nothing when it is closed already. */
void    connection_finish(struct connection *connection);
/* The client has said its last byte; for what reads it. */
void    connection_end(struct connection *connection);
/* What is spoken on it: known from its first byte on, HTTP/1.1 unless TLS agreed on something else (ALPN, RFC 7301). */
enum protocol { PROTOCOL_HTTP1, PROTOCOL_HTTP2 };
enum protocol connection_protocol(const struct connection *connection);

/* ---- handshake.c ---- */
void handshake_open(struct connection *connection);        /* it will need one: counted from here on */
void handshake_begin(struct connection *connection);       /* the client's first byte of it is awaited */
void handshake_over(struct connection *connection);        /* well or not */
void handshake_queue(struct connection *connection);       /* when there is something to do */
bool handshake_room(struct loop *loop);                    /* for one more */
/* Serves those that wait, at least one, until a little time is over. There must be some. */
void handshakes_run(struct loop *loop);
void handshakes_forget(struct loop *loop);                 /* all connections are closed */

/* ---- intake.c ---- */
/* An empty exchange with its input piece, at the start of `size` zeroed bytes; NULL: no memory. */
struct intake *intake_new(struct connection *connection, size_t size);
void           intake_free(struct intake *intake);
/* Each reads and parses once; true: there may be more to do. */
bool           intake_head(struct connection *connection);
bool           intake_body(struct connection *connection);
/* What every request goes through, whatever version of HTTP it came by: */
bool           intake_grow_input(struct intake *intake);           /* twice the room for the head; false: no memory */
/* The headers leave the loop's scratch for the arena, behind what has been read. False: no memory. */
bool           intake_keep_headers(struct intake *intake);
/* Judges a request by its head: true when its body is wanted, false when it was answered. */
bool           intake_admit(struct intake *intake);
/* Room for a body that is not complete: it grows with what has arrived, not with what was announced. */
bool           intake_grow_body(struct intake *intake);
/* Head and body are there: to the service, or to its answer. */
void           intake_serve(struct intake *intake);
/* Answers what cannot be read as a request. */
void           intake_reject(struct intake *intake, enum http_fault fault);

/* ---- discard.c: bodies that nobody wants ---- */
/* Whether what is left of the body may be thrown away; otherwise the connection ends with the answer. */
bool discard_fits(const struct intake *intake);
void discard_begin(struct connection *connection, const struct intake *intake);    /* closes it when there is no memory */
bool discard_read(struct connection *connection);          /* true: there may be more to do */
void discard_end(struct connection *connection);           /* nothing when there is none */

/* ---- answer.c ---- */
void answer_fault(struct intake *intake, enum http_fault fault);
void answer_plain(struct intake *intake, int status, struct slice headers);     /* no body */
void answer_resume(struct connection *connection);         /* the socket takes bytes again */
/* Without reading the request; the connection ends. */
void answer_shed(struct connection *connection);           /* 503 */
void answer_bare(struct connection *connection, enum http_fault fault);
bool answer_continue(struct connection *connection);       /* 100; false: the connection was closed */

/* ---- pressure.c ---- */
/* Ends the one that has kept us waiting longest, if that is a while. */
bool pressure_relieve(struct loop *loop);
bool pressure_init(struct pressure *pressure);
void pressure_done(struct pressure *pressure);
/* At the start of a wake-up; `more`: epoll may have more ready than it told. */
void pressure_begin(struct loop *loop, bool more);
void pressure_turn(struct loop *loop);                     /* it is the canary's turn */
/* At the end of a wake-up. */
void pressure_end(struct loop *loop);
/* Once a wake-up: as long as more than three quarters of this loop's share of the memory are taken. */
void pressure_check(struct loop *loop);

/* ---- session_memory.c ----
 * What a session costs, measured with room for what allocators waste: an idle one that has served a request, HTTP/2 with its
 * table of headers full. The bytes of requests and answers are counted by themselves. */
#define SESSION_TLS   ((size_t)16 << 10)
#define SESSION_HTTP2 ((size_t)24 << 10)
/* Room for one more session; others may have to give way for it, so whose it will be must not be among those that are idle or
 * slow. False: there is none. */
bool session_take(struct loop *loop, size_t bytes);
void session_give(struct loop *loop, size_t bytes);        /* it has ended */

/* ---- http2.c: HTTP/2 above the same transport and the same intake ---- */
/* NULL: no memory. Remade when the limits change; sessions do not hold on to it. */
struct http2_kit *http2_kit_new(const struct config *config);
void              http2_kit_free(struct http2_kit *kit);
/* Whether a connection with these first bytes speaks HTTP/2: by what TLS agreed on, or by the preface (RFC 9113, 3.3). HTTP_MORE:
 * that is not known yet; HTTP_BAD: it does not. */
enum http_result  http2_begins(const struct connection *connection, struct slice first);
/* From now on it is one; `first` are its first bytes, the preface included. False: it was closed. */
bool              http2_open(struct connection *connection, struct slice first);
bool              http2_run(struct connection *connection);        /* reads, answers; true: there may be more to do */
void              http2_expire(struct connection *connection);
/* Since when (ms, steady) one of its streams has been waiting for the client; INT64_MAX: none is. */
int64_t           http2_waits_since(const struct connection *connection);
void              http2_yield(struct connection *connection);      /* as connection_yield() */
void              http2_drain(struct connection *connection);      /* GOAWAY, in two steps */
void              http2_free(struct connection *connection);       /* the socket is not touched */
/* `lines` are the answer's header lines, `body` what is sent of its body; both are copied. */
void              http2_answer(struct intake *intake, const struct answer *answer, struct slice lines, struct slice body);
void              http2_count_error(struct loop *loop, uint32_t code);     /* an error code of RFC 9113, 7 */

/* ---- loop.c ---- */
void loop_count(struct loop *loop, enum metric metric, int64_t amount);
bool loop_add(struct loop *loop, struct connection *connection);
/* `events` are epoll's. False and errno. */
bool loop_watch_source(struct loop *loop, struct source *source, uint32_t events);

/* ---- loop_accept.c ---- */
/* Up to `most` of the connections that wait; one, when another has to give way for it. */
void loop_accept(struct loop *loop, const struct listener *listener, size_t most);
void loop_accept_some(struct loop *loop);                  /* of each listener, when there is much to do */
void loop_accept_again(struct loop *loop);                 /* a descriptor has become free */
void loop_listeners_close(struct loop *loop);
void loop_listeners_free(struct loop *loop);
#endif
