/* The head of an HTTP/1.1 request, and the framing of its body: pure functions over bytes, no sockets, no allocation.
 * Strict where laxness is dangerous (RFC 9112): CR LF only, no obs-fold, no space before a colon, one Host, either
 * one Content-Length or exactly "chunked". */
#ifndef SERVER_HTTP_H
#define SERVER_HTTP_H
#include "base/base.h"
#include "event/event.h"

enum http_method {
        HTTP_GET,
        HTTP_HEAD,
        HTTP_POST,
        HTTP_PUT,
        HTTP_DELETE,
        HTTP_OPTIONS,
        HTTP_PATCH,
        HTTP_CONNECT,
        HTTP_TRACE,
        HTTP_OTHER
};
struct http_header {
        struct slice name, value;          /* the name as sent; the value without surrounding white space */
};
struct http_request {
        enum http_method method;
        struct slice     method_text, target, path, query;     /* path still percent-encoded; query without '?' */
        int              minor;            /* HTTP/1.minor */
        struct http_header *headers;       /* set by the caller before parsing: room for the limit's count of them */
        size_t           header_count;
        struct slice    *client;           /* set by the caller: HEADER_COUNT places for the headers of headers.def, or NULL */
        bool             keep_alive, chunked, expect_continue, expect_other;
        bool             has_length;
        uint64_t         length;           /* Content-Length; saturated at UINT64_MAX */
        struct slice     content_type, content_encoding, host;  /* the first of each; data NULL: absent */
        bool             coded_twice;      /* more than one Content-Encoding header */
};
/* The value of the first header of that name (lower case); data NULL: absent. For what is rarely asked. */
struct slice http_header(const struct http_request *request, struct slice name);
/* True when the comma-separated list has this token (lower case); parameters behind ';' are not looked at. */
bool         http_list_has(struct slice list, struct slice token);
/* "OK" and the like; RFC 9110 section 15. "Unknown" when the status is not listed. */
struct slice http_phrase(int status);

/* ---- faults: faults.def ---- */
enum http_fault {
        HTTP_SOUND,
#define FAULT(id, status, message) HTTP_FAULT_##id,
#include "server/faults.def"
#undef FAULT
        HTTP_FAULT_COUNT,
};
struct http_fault_row { const char *name, *message; int status; };
extern const struct http_fault_row HTTP_FAULTS[HTTP_FAULT_COUNT];

/* ---- the head ---- */
struct http_limits {
        size_t head, target;               /* bytes */
        size_t headers;                    /* lines, of trailers as well */
};
/* Which header names the parser knows: a perfect hash over headers.def and the names of framing, found once a loop. */
#define HTTP_NAMES_MAX 64
#define HTTP_NAME_MAX 32                   /* bytes of a name that may be known */
struct http_names {
        uint32_t seed;
        uint8_t  row[256];                 /* 0: none; else the row + 1 */
        uint8_t  size[HTTP_NAMES_MAX];
        char     text[HTTP_NAMES_MAX][HTTP_NAME_MAX];  /* lower case, zeros behind */
};
void http_names_init(struct http_names *names);

enum http_result { HTTP_MORE, HTTP_DONE, HTTP_BAD };
/* Parses a head at the start of `data`; HTTP_PADDING bytes behind it must be readable. One empty line before it is skipped.
 * HTTP_DONE: *ret_size are its bytes. HTTP_MORE: it is not complete. HTTP_BAD: *ret_fault says why.
 * The slices point into data; without the framing headers (Host, length, coding) being sound no request is ever done. */
enum http_result http_parse(const struct http_names *names, const struct http_limits *limits, struct slice data,
                            struct http_request *request, size_t *ret_size, enum http_fault *ret_fault);
#define HTTP_PADDING 32
/* After HTTP_MORE: whether parsing again can bring anything new, because a line has ended or become too long. Looks at new
 * bytes only (*scanned starts at 0), so that a head in many small pieces is parsed once a line, not once a piece. */
bool http_parse_again(const struct http_limits *limits, struct slice data, size_t *scanned);

/* ---- a chunked body ---- */
struct http_chunks {
        uint8_t  state;                    /* all-zero is the start */
        uint8_t  digits;
        uint32_t extension;                /* bytes of extensions so far */
        uint32_t trailer, trailers;        /* bytes and lines of trailers so far */
        uint64_t left;                     /* bytes of the chunk that are still to come */
};
#define HTTP_EXTENSION_LIMIT 4096          /* bytes of chunk extensions in one body */
/* Undoes the framing in place: the next `size` bytes at `data` become *ret_body bytes at `data`. HTTP_DONE: the body is
 * complete and *ret_used bytes were its; HTTP_MORE: all were used; HTTP_BAD: *ret_fault. Trailers are checked and dropped. */
enum http_result http_unchunk(struct http_chunks *chunks, const struct http_limits *limits, char *data, size_t size,
                              size_t *ret_body, size_t *ret_used, enum http_fault *ret_fault);
#endif
