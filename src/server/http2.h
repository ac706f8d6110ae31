/* Inside of HTTP/2 (RFC 9113, by nghttp2): a connection's session and its streams. Private to http2*.c. */
#ifndef SERVER_HTTP2_H
#define SERVER_HTTP2_H
#include "connection.h"
#include <nghttp2/nghttp2.h>

#define FRAME_HEADER 9

enum stream_state {
        STREAM_HEAD,               /* its header block is being decoded */
        STREAM_BODY,
        STREAM_BUSY,               /* the service has the request */
        STREAM_ANSWERED,           /* the client takes the answer at its own pace */
        STREAM_LINGER,             /* the answer is out before the request is in: what still comes is thrown away */
        STREAM_RESET,              /* we have ended it; it is freed when nghttp2 closes it */
};

/* A request of its own, beside others of the same connection. Lives in the exchange's own arena. */
struct stream {
        struct intake  intake;             /* first: the service's pointer is ours */
        struct http2  *http2;
        struct stream *previous, *next;
        int64_t        since;              /* ms, steady: when the state's deadline began */
        int32_t        id;
        uint8_t        state;              /* enum stream_state */
        bool           ended;              /* the client has sent all of its request */
        bool           gone;               /* nghttp2 has closed the stream; the service still has the exchange */
        enum http_fault fault;             /* found while the head was put together */
        size_t         cookie;             /* bytes of input up to the end of the cookie line; 0: there is none */
        size_t         moved;              /* bytes that further crumbs of it have pushed */
        size_t         held;               /* bytes of the body whose window is not open again: memory is short */
        struct slice   out;                /* what is left of the answer's body */
};

enum pseudo { PSEUDO_METHOD, PSEUDO_PATH, PSEUDO_AUTHORITY, PSEUDO_SCHEME, PSEUDO_COUNT };

struct http2 {
        nghttp2_session   *session;
        struct connection *connection;
        struct stream     *streams;
        size_t             stream_count;   /* in the list: those that are gone, too */
        nghttp2_rcbuf     *pseudo[PSEUDO_COUNT];   /* of the header block that is being decoded: there is one at a time */
        int32_t            newest;         /* the highest stream that was opened */
        int32_t            skipped;        /* the lowest of those that were passed over for it; 0: none were */
        int32_t            reset;          /* the highest that we have reset: the client may not know it yet */
        uint8_t            frame[FRAME_HEADER];     /* the header of the frame that comes in */
        uint8_t            frame_filled;   /* bytes of it */
        uint32_t           frame_left;     /* bytes of the payload that are still to come */
        size_t             list;           /* its bytes, as RFC 9113 6.5.2 counts them */
        bool               shed;           /* and there was no memory for its request */
        bool               noticed, leaving;       /* draining: the first GOAWAY is sent; the second */
        uint32_t           doom;           /* the error that this connection ends with; 0: it stands */
        int64_t            noticed_at;     /* ms, steady */
        int64_t            patience, patience_at;  /* thousandths of useless frames that are still borne; ms, steady */
        char              *out;            /* what the socket did not take */
        size_t             out_size;       /* bytes */
        int64_t            out_since;      /* ms, steady */
};

/* What all sessions of a loop share. */
struct http2_kit {
        nghttp2_session_callbacks *callbacks;
        nghttp2_option            *option;
};

/* ---- http2.c ---- */
/* Ends the connection as soon as nghttp2 has returned; for its callbacks to return. */
int  http2_doom(struct http2 *http2, uint32_t code);
/* `count` frames that serve nobody. False: that was one too many, and the connection is doomed. */
bool http2_bear(struct http2 *http2, int64_t count);
/* A request was answered: its client is owed some patience. */
void http2_credit(struct http2 *http2);
/* The second GOAWAY: streams that are not here yet will not be served. */
void http2_leave(struct http2 *http2);

/* ---- http2_frame.c ---- */
/* The next bytes of the client, to nghttp2, with a look at each frame's header before. */
void http2_feed(struct http2 *http2, const char *data, size_t size);

/* ---- http2_stream.c ---- */
void stream_callbacks(nghttp2_session_callbacks *callbacks);
void stream_free(struct stream *stream);
/* Whether the client keeps us waiting. */
bool stream_waits(const struct stream *stream);
/* Opens the windows again for what was held back; while memory is short, who keeps us waiting gives way instead. False: the
 * connection is doomed by it. */
bool stream_look_after(struct stream *stream);
/* The state's time is over. False: the connection is doomed by it. */
bool stream_expire(struct stream *stream);
/* The client will say no more. */
void stream_cut(struct stream *stream);
void stream_pseudo_clear(struct http2 *http2);

/* ---- http2_head.c ---- */
/* Puts the head together as HTTP/1.1 writes it, for the one parser of heads there is. */
void stream_head_add(struct stream *stream, struct slice name, struct slice value);
void stream_head_end(struct stream *stream);
#endif
