#include "http2.h"

/* What crumbs may push before them, in longest heads: a client that puts them together has next to nothing there, and thousands
 * of empty ones, a byte each on the wire, would otherwise cost as many copies of the head. */
enum { MOVED_HEADS = 16 };

static bool reserve(struct stream *stream, size_t size)
{
        struct intake *intake = &stream->intake;
        if (stream->fault)
                return false;
        if (intake->filled + size > intake->exchange.loop->limits.head)
                stream->fault = HTTP_FAULT_head_large;
        while (!stream->fault && intake->capacity - intake->filled < size)
                if (!intake_grow_input(intake))
                        stream->fault = HTTP_FAULT_memory;
        return !stream->fault;
}

static void add(struct intake *intake, struct slice text)
{
        if (text.size)
                memcpy(intake->input + intake->filled, text.data, text.size);
        intake->filled += text.size;
}

static void add_line(struct stream *stream, struct slice name, struct slice value)
{
        struct intake *intake = &stream->intake;
        if (!reserve(stream, name.size + value.size + 4))
                return;
        add(intake, name);
        add(intake, SLICE(": "));
        add(intake, value);
        add(intake, SLICE("\r\n"));
}

static struct slice pseudo(const struct http2 *http2, enum pseudo row)
{
        if (!http2->pseudo[row])
                return (struct slice){ 0 };
        nghttp2_vec text = nghttp2_rcbuf_get_buf(http2->pseudo[row]);
        return (struct slice){ (const char *)text.base, text.len };
}

/* The request line and the Host, when all pseudo-headers are there (nghttp2 has seen to it that they come first). */
static void begin(struct stream *stream)
{
        const struct http2 *http2 = stream->http2;
        struct intake *intake = &stream->intake;
        struct slice method = pseudo(http2, PSEUDO_METHOD), scheme = pseudo(http2, PSEUDO_SCHEME),
                     authority = pseudo(http2, PSEUDO_AUTHORITY), target = pseudo(http2, PSEUDO_PATH);
        if (slice_equal(method, SLICE("CONNECT")))
                target = authority;
        /* What follows a path of another scheme is not ours to say, and an absolute target is not for here. */
        else if ((!slice_equal_nocase(scheme, SLICE("http")) && !slice_equal_nocase(scheme, SLICE("https"))) ||
                 !target.size || (target.data[0] != '/' && !slice_equal(target, SLICE("*"))))
                stream->fault = HTTP_FAULT_target;
        if (target.size > intake->exchange.loop->limits.target && !stream->fault)
                stream->fault = HTTP_FAULT_target_large;
        if (!reserve(stream, method.size + target.size + sizeof("  HTTP/1.1\r\n") - 1))
                return;
        add(intake, method);
        add(intake, SLICE(" "));
        add(intake, target);
        add(intake, SLICE(" HTTP/1.1\r\n"));
        if (authority.data)
                add_line(stream, SLICE("host"), authority);
}

/* RFC 9113, 8.2.3: crumbs of a cookie are one header. */
static void add_crumb(struct stream *stream, struct slice value)
{
        struct intake *intake = &stream->intake;
        if (!stream->cookie) {
                add_line(stream, SLICE("cookie"), value);
                stream->cookie = intake->filled - 2;
                return;
        }
        size_t size = value.size + 2;
        stream->moved += intake->filled - stream->cookie;
        if (stream->moved > MOVED_HEADS * intake->exchange.loop->limits.head)
                stream->fault = HTTP_FAULT_head_large;
        if (!reserve(stream, size))
                return;
        char *at = intake->input + stream->cookie;
        memmove(at + size, at, intake->filled - stream->cookie);
        memcpy(at, "; ", 2);
        if (value.size)
                memcpy(at + 2, value.data, value.size);
        intake->filled += size;
        stream->cookie += size;
}

void stream_head_add(struct stream *stream, struct slice name, struct slice value)
{
        struct slice authority = pseudo(stream->http2, PSEUDO_AUTHORITY);
        if (!stream->intake.filled && !stream->fault)
                begin(stream);
        if (stream->fault)
                return;
        if (slice_equal(name, SLICE("cookie")))
                add_crumb(stream, value);
        /* A Host beside :authority must say the same (8.3.1); another one ends as in HTTP/1.1, where there would be two. */
        else if (!slice_equal(name, SLICE("host")) || !authority.data || !slice_equal_nocase(value, authority))
                add_line(stream, name, value);
}

/* The same parser as for HTTP/1.1 judges it, so that no request is taken here that is not taken there. */
static enum http_fault parse(struct stream *stream)
{
        struct intake *intake = &stream->intake;
        struct loop *loop = intake->exchange.loop;
        struct http_request *http = &intake->exchange.http;
        enum http_fault fault = HTTP_SOUND;
        http->headers = loop->headers;
        http->client = intake->exchange.client.header;
        struct slice data = { intake->input, intake->filled };
        enum http_result result = http_parse(&loop->names, &loop->limits, data, http, &intake->head, &fault);
        if (result == HTTP_BAD)
                return fault;
        /* nghttp2 lets no line end into a name or a value; if it did, this is no head of one request. */
        if (result != HTTP_DONE || intake->head != intake->filled)
                return HTTP_FAULT_header_line;
        http->chunked = !stream->ended && !http->has_length;       /* as for HTTP/1.1: how long it is nobody has said */
        return intake_keep_headers(intake) ? HTTP_SOUND : HTTP_FAULT_memory;
}

void stream_head_end(struct stream *stream)
{
        struct intake *intake = &stream->intake;
        if (!intake->filled && !stream->fault)
                begin(stream);
        if (reserve(stream, 2)) {
                add(intake, SLICE("\r\n"));
                stream->fault = parse(stream);
        }
        stream_pseudo_clear(stream->http2);
        intake->body = intake->input + intake->filled;
}
