/* One raw request a row: what the parser makes of it, whole and byte by byte. */
#include "server/http.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define OK HTTP_SOUND
#define MORE HTTP_FAULT_COUNT              /* not complete, and nothing wrong so far */
#define H "Host: a\r\n"
#define BODY "POST /x HTTP/1.1\r\n" H
#define CHUNKED BODY "Transfer-Encoding: chunked\r\n\r\n"
#define F(id) HTTP_FAULT_##id

static const struct { const char *name; struct slice bytes; enum http_fault want; const char *body; size_t rest;
} CASES[] = {
        /* request line */
        { "plain GET", SLICE_INIT("GET / HTTP/1.1\r\n" H "\r\n"), OK, "", 0 },
        { "one empty line before", SLICE_INIT("\r\nGET / HTTP/1.1\r\n" H "\r\n"), OK, "", 0 },
        { "two empty lines before", SLICE_INIT("\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n"), F(request_line), NULL, 0 },
        { "bare LF before", SLICE_INIT("\nGET / HTTP/1.1\r\n" H "\r\n"), F(request_line), NULL, 0 },
        { "space before the method", SLICE_INIT(" GET / HTTP/1.1\r\n" H "\r\n"), F(request_line), NULL, 0 },
        { "two spaces behind the method", SLICE_INIT("GET  / HTTP/1.1\r\n" H "\r\n"), F(request_line), NULL, 0 },
        { "tab behind the method", SLICE_INIT("GET\t/ HTTP/1.1\r\n" H "\r\n"), F(request_line), NULL, 0 },
        { "two spaces behind the target", SLICE_INIT("GET /  HTTP/1.1\r\n" H "\r\n"), F(request_line), NULL, 0 },
        { "space behind the version", SLICE_INIT("GET / HTTP/1.1 \r\n" H "\r\n"), F(request_line), NULL, 0 },
        { "bare LF behind the version", SLICE_INIT("GET / HTTP/1.1\n" H "\r\n"), F(request_line), NULL, 0 },
        { "bare CR behind the version", SLICE_INIT("GET / HTTP/1.1\r" H "\r\n"), F(request_line), NULL, 0 },
        { "no version (HTTP/0.9)", SLICE_INIT("GET /\r\n"), F(request_line), NULL, 0 },
        { "lower-case http", SLICE_INIT("GET / http/1.1\r\n" H "\r\n"), F(request_line), NULL, 0 },
        { "two digits of a version", SLICE_INIT("GET / HTTP/1.10\r\n" H "\r\n"), F(request_line), NULL, 0 },
        { "two digits of a major version", SLICE_INIT("GET / HTTP/11.1\r\n" H "\r\n"), F(request_line), NULL, 0 },
        { "comma in the version", SLICE_INIT("GET / HTTP/1,1\r\n" H "\r\n"), F(request_line), NULL, 0 },
        { "unknown method is a token", SLICE_INIT("BREW / HTTP/1.1\r\n" H "\r\n"), OK, "", 0 },
        { "method with a colon", SLICE_INIT("GE:T / HTTP/1.1\r\n" H "\r\n"), F(request_line), NULL, 0 },
        { "method with a NUL", SLICE_INIT("GE\0T / HTTP/1.1\r\n" H "\r\n"), F(request_line), NULL, 0 },
        { "method of 33 letters", SLICE_INIT("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA / HTTP/1.1\r\n" H "\r\n"), F(request_line), NULL,
          0 },
        { "TLS hello on a plain port", SLICE_INIT("\x16\x03\x01\x02\x00\x01\x00"), F(request_line), NULL, 0 },
        { "HTTP/2 preface", SLICE_INIT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), F(version), NULL, 0 },
        { "version 2.0", SLICE_INIT("GET / HTTP/2.0\r\n" H "\r\n"), F(version), NULL, 0 },
        { "version 0.9", SLICE_INIT("GET / HTTP/0.9\r\n" H "\r\n"), F(version), NULL, 0 },
        { "version 1.2 is read as 1.1", SLICE_INIT("GET / HTTP/1.2\r\n" H "\r\n"), OK, "", 0 },
        { "HTTP/1.0 without Host", SLICE_INIT("GET / HTTP/1.0\r\n\r\n"), OK, "", 0 },
        /* target */
        { "target with query", SLICE_INIT("GET /a?b=c&d HTTP/1.1\r\n" H "\r\n"), OK, "", 0 },
        { "target without a slash", SLICE_INIT("GET a HTTP/1.1\r\n" H "\r\n"), F(target), NULL, 0 },
        { "target with a fragment", SLICE_INIT("GET /a#b HTTP/1.1\r\n" H "\r\n"), F(target), NULL, 0 },
        { "target with an 8-bit byte", SLICE_INIT("GET /\xC3\xA9 HTTP/1.1\r\n" H "\r\n"), F(target), NULL, 0 },
        { "target with a NUL", SLICE_INIT("GET /\0 HTTP/1.1\r\n" H "\r\n"), F(target), NULL, 0 },
        { "target with DEL", SLICE_INIT("GET /\x7F HTTP/1.1\r\n" H "\r\n"), F(target), NULL, 0 },
        { "target with a tab", SLICE_INIT("GET /\t HTTP/1.1\r\n" H "\r\n"), F(target), NULL, 0 },
        { "target too long",
          SLICE_INIT("GET /0123456789012345678901234567890123456789012345678901234567890123 HTTP/1.1\r\n" H "\r\n"),
          F(target_large), NULL, 0 },
        { "absolute target", SLICE_INIT("GET http://b:80/x HTTP/1.1\r\n" H "\r\n"), OK, "", 0 },
        { "absolute target without path", SLICE_INIT("GET http://b HTTP/1.1\r\n" H "\r\n"), OK, "", 0 },
        { "absolute target without host", SLICE_INIT("GET http:///x HTTP/1.1\r\n" H "\r\n"), F(target), NULL, 0 },
        { "absolute target with a user", SLICE_INIT("GET http://u@b/x HTTP/1.1\r\n" H "\r\n"), F(target), NULL, 0 },
        { "absolute target of another scheme", SLICE_INIT("GET ftp://b/x HTTP/1.1\r\n" H "\r\n"), F(target), NULL, 0 },
        { "absolute target still needs Host", SLICE_INIT("GET http://b/x HTTP/1.1\r\n\r\n"), F(host_missing), NULL, 0 },
        { "asterisk for OPTIONS", SLICE_INIT("OPTIONS * HTTP/1.1\r\n" H "\r\n"), OK, "", 0 },
        { "asterisk for GET", SLICE_INIT("GET * HTTP/1.1\r\n" H "\r\n"), F(target), NULL, 0 },
        { "authority for CONNECT", SLICE_INIT("CONNECT b:443 HTTP/1.1\r\n" H "\r\n"), OK, "", 0 },
        { "path for CONNECT", SLICE_INIT("CONNECT /b:443 HTTP/1.1\r\n" H "\r\n"), F(target), NULL, 0 },
        { "authority for GET", SLICE_INIT("GET b:443 HTTP/1.1\r\n" H "\r\n"), F(target), NULL, 0 },
        /* header lines */
        { "no space behind the colon", SLICE_INIT("GET / HTTP/1.1\r\nHost:a\r\nX:y\r\n\r\n"), OK, "", 0 },
        { "tabs and spaces around a value", SLICE_INIT("GET / HTTP/1.1\r\nHost: \t a \t \r\n\r\n"), OK, "", 0 },
        { "empty value", SLICE_INIT("GET / HTTP/1.1\r\n" H "X:\r\n\r\n"), OK, "", 0 },
        { "8-bit bytes in a value", SLICE_INIT("GET / HTTP/1.1\r\n" H "X: \xE9\xFF\r\n\r\n"), OK, "", 0 },
        { "space before the colon", SLICE_INIT("GET / HTTP/1.1\r\n" H "X : y\r\n\r\n"), F(header_line), NULL, 0 },
        { "space before the colon of a known name", SLICE_INIT("POST / HTTP/1.1\r\n" H "Content-Length : 0\r\n\r\n"),
          F(header_line), NULL, 0 },
        { "tab before the colon", SLICE_INIT(BODY "Transfer-Encoding\t: chunked\r\n\r\n"), F(header_line), NULL, 0 },
        { "folded line (space)", SLICE_INIT("GET / HTTP/1.1\r\n" H "X: y\r\n z\r\n\r\n"), F(header_line), NULL, 0 },
        { "folded line (tab)", SLICE_INIT("GET / HTTP/1.1\r\n" H "X: y\r\n\tz\r\n\r\n"), F(header_line), NULL, 0 },
        { "folded first line", SLICE_INIT("GET / HTTP/1.1\r\n " H "\r\n"), F(header_line), NULL, 0 },
        { "folded line with a colon", SLICE_INIT("GET / HTTP/1.1\r\n" H "X: y\r\n z: w\r\n\r\n"), F(header_line), NULL, 0 },
        { "no colon", SLICE_INIT("GET / HTTP/1.1\r\n" H "X\r\n\r\n"), F(header_line), NULL, 0 },
        { "no name", SLICE_INIT("GET / HTTP/1.1\r\n" H ": y\r\n\r\n"), F(header_line), NULL, 0 },
        { "name with a space", SLICE_INIT("GET / HTTP/1.1\r\n" H "X y: z\r\n\r\n"), F(header_line), NULL, 0 },
        { "name with a slash", SLICE_INIT("GET / HTTP/1.1\r\n" H "X/y: z\r\n\r\n"), F(header_line), NULL, 0 },
        { "name with an 8-bit byte", SLICE_INIT("GET / HTTP/1.1\r\n" H "X\xE9: z\r\n\r\n"), F(header_line), NULL, 0 },
        { "name with a NUL", SLICE_INIT("GET / HTTP/1.1\r\n" H "X\0: z\r\n\r\n"), F(header_line), NULL, 0 },
        { "CR for a hyphen in a known name", SLICE_INIT(BODY "Content\rLength: 0\r\n\r\n"), F(header_line), NULL, 0 },
        { "value with a NUL", SLICE_INIT("GET / HTTP/1.1\r\n" H "X: y\0z\r\n\r\n"), F(header_line), NULL, 0 },
        { "value with a bare CR", SLICE_INIT("GET / HTTP/1.1\r\n" H "X: y\rz\r\n\r\n"), F(header_line), NULL, 0 },
        { "value with a bell", SLICE_INIT("GET / HTTP/1.1\r\n" H "X: y\az\r\n\r\n"), F(header_line), NULL, 0 },
        { "value with DEL", SLICE_INIT("GET / HTTP/1.1\r\n" H "X: y\x7Fz\r\n\r\n"), F(header_line), NULL, 0 },
        { "line ended by LF", SLICE_INIT("GET / HTTP/1.1\r\n" H "X: y\nY: z\r\n\r\n"), F(header_line), NULL, 0 },
        { "line ended by CR CR LF", SLICE_INIT("GET / HTTP/1.1\r\n" H "X: y\r\r\n\r\n"), F(header_line), NULL, 0 },
        { "head ended by LF", SLICE_INIT("GET / HTTP/1.1\r\n" H "\n"), F(header_line), NULL, 0 },
        { "head ended by CR and a letter", SLICE_INIT("GET / HTTP/1.1\r\n" H "\rX\r\n"), F(header_line), NULL, 0 },
        { "too many lines",
          SLICE_INIT("GET / HTTP/1.1\r\n" H "A: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\n\r\n"),
          F(header_count), NULL, 0 },
        { "head too large",
          SLICE_INIT("GET / HTTP/1.1\r\n" H "A: 0123456789012345678901234567890123456789012345678901234567890123456789012345"
                     "01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456"
                     "78901234567"
                     "01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123\r"
                     "\n\r\n"),
          F(head_large), NULL, 0 },
        /* Host */
        { "no Host", SLICE_INIT("GET / HTTP/1.1\r\n\r\n"), F(host_missing), NULL, 0 },
        { "two Hosts", SLICE_INIT("GET / HTTP/1.1\r\n" H "Host: b\r\n\r\n"), F(host_repeated), NULL, 0 },
        { "the same Host twice", SLICE_INIT("GET / HTTP/1.1\r\n" H H "\r\n"), F(host_repeated), NULL, 0 },
        { "two Hosts in HTTP/1.0", SLICE_INIT("GET / HTTP/1.0\r\n" H H "\r\n"), F(host_repeated), NULL, 0 },
        { "empty Host", SLICE_INIT("GET / HTTP/1.1\r\nHost:\r\n\r\n"), F(host), NULL, 0 },
        { "Host with a path", SLICE_INIT("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), F(host), NULL, 0 },
        { "Host with a user", SLICE_INIT("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"), F(host), NULL, 0 },
        { "Host with a space", SLICE_INIT("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), F(host), NULL, 0 },
        { "Host list", SLICE_INIT("GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n"), F(host), NULL, 0 },
        { "Host with a port", SLICE_INIT("GET / HTTP/1.1\r\nHost: a.example:8080\r\n\r\n"), OK, "", 0 },
        { "Host with an empty port", SLICE_INIT("GET / HTTP/1.1\r\nHost: a:\r\n\r\n"), OK, "", 0 },
        { "Host with a port too high", SLICE_INIT("GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n"), F(host), NULL, 0 },
        { "Host with a port of letters", SLICE_INIT("GET / HTTP/1.1\r\nHost: a:http\r\n\r\n"), F(host), NULL, 0 },
        { "Host is IPv6", SLICE_INIT("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"), OK, "", 0 },
        { "Host is bad IPv6", SLICE_INIT("GET / HTTP/1.1\r\nHost: [::g]\r\n\r\n"), F(host), NULL, 0 },
        { "Host is open IPv6", SLICE_INIT("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"), F(host), NULL, 0 },
        { "Host with a bad escape", SLICE_INIT("GET / HTTP/1.1\r\nHost: a%2\r\n\r\n"), F(host), NULL, 0 },
        /* Content-Length */
        { "length", SLICE_INIT(BODY "Content-Length: 3\r\n\r\nabc"), OK, "abc", 0 },
        { "length with leading zeros", SLICE_INIT(BODY "Content-Length: 003\r\n\r\nabc"), OK, "abc", 0 },
        { "length, and the next request", SLICE_INIT(BODY "Content-Length: 3\r\n\r\nabcGET"), OK, "abc", 3 },
        { "POST without length", SLICE_INIT(BODY "\r\nabc"), OK, "", 3 },
        { "length not reached", SLICE_INIT(BODY "Content-Length: 4\r\n\r\nabc"), MORE, NULL, 0 },
        { "empty length", SLICE_INIT(BODY "Content-Length:\r\n\r\n"), F(length), NULL, 0 },
        { "negative length", SLICE_INIT(BODY "Content-Length: -1\r\n\r\n"), F(length), NULL, 0 },
        { "length with a plus", SLICE_INIT(BODY "Content-Length: +3\r\n\r\nabc"), F(length), NULL, 0 },
        { "length in hex", SLICE_INIT(BODY "Content-Length: 0x3\r\n\r\nabc"), F(length), NULL, 0 },
        { "length with rubbish", SLICE_INIT(BODY "Content-Length: 3 abc\r\n\r\nabc"), F(length), NULL, 0 },
        { "length with a comma", SLICE_INIT(BODY "Content-Length: 3, 3\r\n\r\nabc"), F(length), NULL, 0 },
        { "length twice", SLICE_INIT(BODY "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"), F(length_repeated), NULL, 0 },
        { "two lengths", SLICE_INIT(BODY "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc"), F(length_repeated), NULL, 0 },
        { "length beyond 64 bits waits (413 is the loop's)", SLICE_INIT(BODY "Content-Length: 99999999999999999999999\r\n\r\n"),
          MORE, NULL, 0 },
        /* Transfer-Encoding */
        { "length and coding", SLICE_INIT(BODY "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
          F(length_and_coding), NULL, 0 },
        { "coding and length", SLICE_INIT(BODY "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"),
          F(length_and_coding), NULL, 0 },
        { "coding in HTTP/1.0", SLICE_INIT("POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
          F(transfer_coding), NULL, 0 },
        { "coding in capitals", SLICE_INIT(BODY "TRANSFER-ENCODING: Chunked\r\n\r\n0\r\n\r\n"), OK, "", 0 },
        { "coding twice", SLICE_INIT(BODY "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
          F(transfer_coding), NULL, 0 },
        { "chunked, chunked", SLICE_INIT(BODY "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"), F(transfer_coding), NULL,
          0 },
        { "chunked is not the last", SLICE_INIT(BODY "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"), F(transfer_coding),
          NULL, 0 },
        { "identity", SLICE_INIT(BODY "Transfer-Encoding: identity\r\n\r\n"), F(transfer_coding), NULL, 0 },
        { "xchunked", SLICE_INIT(BODY "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"), F(transfer_coding), NULL, 0 },
        { "chunked with a parameter", SLICE_INIT(BODY "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n"), F(transfer_coding),
          NULL, 0 },
        { "empty coding", SLICE_INIT(BODY "Transfer-Encoding:\r\n\r\n0\r\n\r\n"), F(transfer_coding), NULL, 0 },
        { "tab before chunked", SLICE_INIT(BODY "Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n"), F(transfer_coding), NULL, 0 },
        { "tab behind chunked", SLICE_INIT(BODY "Transfer-Encoding: chunked \t \r\n\r\n0\r\n\r\n"), F(transfer_coding), NULL, 0 },
        { "spaces around chunked", SLICE_INIT(BODY "Transfer-Encoding:  chunked  \r\n\r\n0\r\n\r\n"), OK, "", 0 },
        { "vertical tab before chunked", SLICE_INIT(BODY "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n"), F(header_line), NULL,
          0 },
        { "gzip, chunked", SLICE_INIT(BODY "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), F(transfer_unknown), NULL, 0 },
        /* chunks */
        { "chunks", SLICE_INIT(CHUNKED "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"), OK, "abc0123456789", 0 },
        { "chunks, and the next request", SLICE_INIT(CHUNKED "3\r\nabc\r\n0\r\n\r\nGET"), OK, "abc", 3 },
        { "chunk size with leading zeros", SLICE_INIT(CHUNKED "003\r\nabc\r\n000\r\n\r\n"), OK, "abc", 0 },
        { "chunk extension", SLICE_INIT(CHUNKED "3;a;b=c;d=\"e\\\"f;\"\r\nabc\r\n0;x\r\n\r\n"), OK, "abc", 0 },
        { "trailers", SLICE_INIT(CHUNKED "3\r\nabc\r\n0\r\nX: y\r\nContent-Length: 5\r\n\r\n"), OK, "abc", 0 },
        { "no last chunk", SLICE_INIT(CHUNKED "3\r\nabc\r\n"), MORE, NULL, 0 },
        { "chunk size 0x3", SLICE_INIT(CHUNKED "0x3\r\nabc\r\n0\r\n\r\n"), F(chunk), NULL, 0 },
        { "chunk size with a minus", SLICE_INIT(CHUNKED "-3\r\nabc\r\n0\r\n\r\n"), F(chunk), NULL, 0 },
        { "chunk size with a plus", SLICE_INIT(CHUNKED "+3\r\nabc\r\n0\r\n\r\n"), F(chunk), NULL, 0 },
        { "no chunk size", SLICE_INIT(CHUNKED "\r\nabc\r\n0\r\n\r\n"), F(chunk), NULL, 0 },
        { "space before the chunk size", SLICE_INIT(CHUNKED " 3\r\nabc\r\n0\r\n\r\n"), F(chunk), NULL, 0 },
        { "space behind the chunk size", SLICE_INIT(CHUNKED "3 \r\nabc\r\n0\r\n\r\n"), F(chunk), NULL, 0 },
        { "chunk size beyond 64 bits", SLICE_INIT(CHUNKED "10000000000000003\r\nabc\r\n0\r\n\r\n"), F(chunk), NULL, 0 },
        { "chunk size ended by LF", SLICE_INIT(CHUNKED "3\nabc\r\n0\r\n\r\n"), F(chunk), NULL, 0 },
        { "chunk data longer than the size", SLICE_INIT(CHUNKED "3\r\nabcd\r\n0\r\n\r\n"), F(chunk), NULL, 0 },
        { "chunk data ended by LF", SLICE_INIT(CHUNKED "3\r\nabc\n0\r\n\r\n"), F(chunk), NULL, 0 },
        { "chunk data not ended", SLICE_INIT(CHUNKED "3\r\nabc0\r\n\r\n"), F(chunk), NULL, 0 },
        { "chunk extension with a bare LF", SLICE_INIT(CHUNKED "3;a\nb\r\nabc\r\n0\r\n\r\n"), F(chunk), NULL, 0 },
        { "chunk extension with an 8-bit byte", SLICE_INIT(CHUNKED "3;\xE9\r\nabc\r\n0\r\n\r\n"), F(chunk), NULL, 0 },
        { "chunk extension without a name", SLICE_INIT(CHUNKED "3;\r\nabc\r\n0\r\n\r\n"), F(chunk), NULL, 0 },
        { "chunk extension without a value", SLICE_INIT(CHUNKED "3;a=\r\nabc\r\n0\r\n\r\n"), F(chunk), NULL, 0 },
        { "chunk extension with an open quote", SLICE_INIT(CHUNKED "3;a=\"b\r\nabc\r\n0\r\n\r\n"), F(chunk), NULL, 0 },
        { "trailer without a colon", SLICE_INIT(CHUNKED "0\r\nX\r\n\r\n"), F(trailer), NULL, 0 },
        { "trailer with a space in its name", SLICE_INIT(CHUNKED "0\r\nX : y\r\n\r\n"), F(trailer), NULL, 0 },
        { "folded trailer", SLICE_INIT(CHUNKED "0\r\nX: y\r\n z\r\n\r\n"), F(trailer), NULL, 0 },
        { "trailer with a NUL", SLICE_INIT(CHUNKED "0\r\nX: \0\r\n\r\n"), F(trailer), NULL, 0 },
        { "trailer ended by LF", SLICE_INIT(CHUNKED "0\r\nX: y\n\r\n"), F(trailer), NULL, 0 },
        { "too many trailers", SLICE_INIT(CHUNKED "0\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\n\r\n"), F(trailer),
          NULL, 0 },
};

static const struct http_limits LIMITS = { .head = 256, .target = 64, .headers = 8 };

struct outcome {
        enum http_fault fault;
        char   body[256];
        size_t body_size, rest;
};

/* As the loop does it, with the bytes coming in steps. */
static struct outcome feed(struct slice bytes, size_t step)
{
        struct http_names names;
        struct http_header headers[8];
        struct http_request request = { .headers = headers };
        struct http_chunks chunks = { 0 };
        struct outcome outcome = { .fault = MORE };
        size_t head = 0, scanned = 0, filled = 0;
        char *data = calloc(1, bytes.size + READABLE_PADDING);
        bool first = true;
        http_names_init(&names);
        while (filled < bytes.size && !head) {
                size_t take = bytes.size - filled < step ? bytes.size - filled : step;
                memcpy(data + filled, bytes.data + filled, take);
                filled += take;
                struct slice so_far = { data, filled };
                if (!first && !http_parse_again(&LIMITS, so_far, &scanned))
                        continue;
                first = false;
                if (http_parse(&names, &LIMITS, so_far, &request, &head, &outcome.fault) == HTTP_BAD)
                        goto done;
        }
        if (!head)
                goto done;
        for (size_t at = head; at <= bytes.size;) {
                size_t take = at == head && filled > head ? filled - head : bytes.size - at < step ? bytes.size - at : step;
                size_t body = take, used = take;
                enum http_result result = HTTP_DONE;
                memcpy(outcome.body + outcome.body_size, bytes.data + at, take);
                if (request.chunked) {
                        result = http_unchunk(&chunks, &LIMITS, outcome.body + outcome.body_size, take, &body, &used,
                                              &outcome.fault);
                } else {
                        if (body > request.length - outcome.body_size)
                                body = used = (size_t)(request.length - outcome.body_size);
                        result = outcome.body_size + body == request.length ? HTTP_DONE : HTTP_MORE;
                }
                if (result == HTTP_BAD)
                        goto done;
                outcome.body_size += body;
                at += used;
                if (result == HTTP_DONE) {
                        outcome.fault = OK;
                        outcome.rest = bytes.size - at;
                        goto done;
                }
                if (take == 0)
                        break;
        }
done:
        free(data);
        return outcome;
}

static const char *fault_name(enum http_fault fault)
{
        return fault == OK ? "sound" : fault == MORE ? "not complete" : HTTP_FAULTS[fault].name;
}

static void rows(void **state)
{
        static const size_t STEPS[] = { SIZE_MAX, 1, 2, 7 };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++)
                for (size_t j = 0; j < COUNT_OF(STEPS); j++) {
                        struct outcome got = feed(CASES[i].bytes, STEPS[j]);
                        if (got.fault != CASES[i].want)
                                fail_msg("%s (in steps of %zu): %s instead of %s", CASES[i].name, STEPS[j], fault_name(got.fault),
                                         fault_name(CASES[i].want));
                        if (got.fault != OK)
                                continue;
                        if (got.body_size != strlen(CASES[i].body) || memcmp(got.body, CASES[i].body, got.body_size) != 0)
                                fail_msg("%s (in steps of %zu): the body is '%.*s'", CASES[i].name, STEPS[j], (int)got.body_size,
                                         got.body);
                        if (got.rest != CASES[i].rest)
                                fail_msg("%s (in steps of %zu): %zu bytes are left over", CASES[i].name, STEPS[j], got.rest);
                }
}

static struct http_request parsed(const char *text, struct slice *client)
{
        static struct http_header headers[8];
        static char data[4096];            /* with readable bytes behind the text */
        struct http_names names;
        struct http_request request = { .headers = headers, .client = client };
        struct http_limits limits = { .head = 4096, .target = 1024, .headers = COUNT_OF(headers) };
        size_t size;
        enum http_fault fault = HTTP_SOUND;
        http_names_init(&names);
        memcpy(data, text, strlen(text));
        if (http_parse(&names, &limits, (struct slice){ data, strlen(text) }, &request, &size, &fault) != HTTP_DONE)
                fail_msg("%s", fault_name(fault));
        assert_int_equal(size, strlen(text));
        return request;
}

static void assert_slice(struct slice got, const char *want)
{
        if (!slice_equal(got, slice_of(want)))
                fail_msg("'%.*s' instead of '%s'", SLICE_ARGS(got), want);
}

static void parts(void **state)
{
        struct slice client[HEADER_COUNT] = { { 0 } };
        (void)state;
        struct http_request request =
                parsed("POST /a/b?c=d?e HTTP/1.1\r\nHOST: h.example:81\r\nUser-Agent:  Mozilla/5.0 (X) \r\n"
                       "sec-ch-ua: \"a\"\r\nContent-Type: application/json\r\nX-Other: 1\r\nConnection: keep-alive\r\n\r\n",
                       client);
        assert_int_equal(request.method, HTTP_POST);
        assert_slice(request.target, "/a/b?c=d?e");
        assert_slice(request.path, "/a/b");
        assert_slice(request.query, "c=d?e");
        assert_slice(request.host, "h.example:81");
        assert_slice(request.content_type, "application/json");
        assert_slice(client[HEADER_user_agent], "Mozilla/5.0 (X)");
        assert_slice(client[HEADER_sec_ch_ua], "\"a\"");
        assert_null(client[HEADER_origin].data);
        assert_slice(http_header(&request, SLICE("x-other")), "1");
        assert_null(http_header(&request, SLICE("x-othe")).data);
        assert_int_equal(request.header_count, 6);
        request = parsed("GET http://other.example?q HTTP/1.1\r\nHost: h\r\n\r\n", NULL);
        assert_slice(request.host, "other.example");
        assert_slice(request.path, "/");
        assert_slice(request.query, "q");
}

static void connections(void **state)
{
        static const struct { const char *name, *text; bool keep;
        } KEEPS[] = {
                { "1.1", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", true },
                { "1.1 close", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false },
                { "1.1 close in a list", "GET / HTTP/1.1\r\nHost: a\r\nConnection: TE , Close\r\n\r\n", false },
                { "1.1 close in the second line", "GET / HTTP/1.1\r\nHost: a\r\nConnection: te\r\nConnection: close\r\n\r\n",
                  false },
                { "1.1 closed is another word", "GET / HTTP/1.1\r\nHost: a\r\nConnection: closed\r\n\r\n", true },
                { "1.0", "GET / HTTP/1.0\r\n\r\n", false },
                { "1.0 keep-alive", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(KEEPS); i++)
                if (parsed(KEEPS[i].text, NULL).keep_alive != KEEPS[i].keep)
                        fail_msg("%s", KEEPS[i].name);
}

static void expectations(void **state)
{
        (void)state;
        struct http_request request = parsed("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n\r\n", NULL);
        assert_true(request.expect_continue && !request.expect_other);
        request = parsed("POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", NULL);
        assert_true(!request.expect_continue && !request.expect_other);
        request = parsed("POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", NULL);
        assert_true(!request.expect_continue && request.expect_other);
}

static void extensions_are_bounded(void **state)
{
        struct http_chunks chunks = { 0 };
        char text[] = "1;abcdefghij\r\nx\r\n";
        size_t body, used, sent = 0;
        enum http_fault fault = HTTP_SOUND;
        enum http_result result = HTTP_MORE;
        (void)state;
        while (result == HTTP_MORE && sent < 1000000) {
                char copy[sizeof(text)];
                memcpy(copy, text, sizeof(text));
                result = http_unchunk(&chunks, &LIMITS, copy, sizeof(text) - 1, &body, &used, &fault);
                sent += sizeof(text) - 1;
        }
        assert_int_equal(result, HTTP_BAD);
        assert_int_equal(fault, HTTP_FAULT_chunk);
        assert_true(sent < 4 * HTTP_EXTENSION_LIMIT);
}

int main(void)
{
        static const struct CMUnitTest TESTS[] = {
                cmocka_unit_test(rows), cmocka_unit_test(parts), cmocka_unit_test(connections), cmocka_unit_test(expectations),
                cmocka_unit_test(extensions_are_bounded),
        };
        return cmocka_run_group_tests(TESTS, NULL, NULL);
}
