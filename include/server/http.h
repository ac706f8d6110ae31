/* The head of an HTTP/1.1 request, and the framing of its body: pure functions over bytes, no sockets, no allocation.
 * Strict where laxness is dangerous (RFC 9112): CR LF only, no obs-fold, no space before a colon, one Host, either
 * one Content-Length or exactly "chunked". */
#ifndef SERVER_HTTP_H
#define SERVER_HTTP_H
#include "base/base.h"
#include "event/event.h"

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_DELETE, HTTP_OPTIONS, HTTP_PATCH, HTTP_CONNECT, HTTP_TRACE, HTTP_OTHER };
struct http_header {
        struct slice name, value;          /* the name as sent; the value without surrounding white space */
};
struct http_request {
        enum http_method method;
        struct slice     method_text, target, path, query;     /* path still percent-encoded; query without '?' */
        int              minor;            /* HTTP/1.minor */
        struct http_header *headers;
        size_t           header_count;
        bool             keep_alive, chunked, expect_continue;
        bool             has_length;
        uint64_t         length;           /* Content-Length */
        struct slice     content_type, content_encoding, host;
};
#endif
