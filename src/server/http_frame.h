/* What the headers of a head mean for its framing; private to the parser. */
#ifndef SERVER_HTTP_FRAME_H
#define SERVER_HTTP_FRAME_H
#include "server/http.h"

/* How often the headers that decide the framing were seen, and with what. */
struct http_framing {
        unsigned     hosts, lengths, codings;
        struct slice length, coding;
        bool         close, keep_alive;
};
/* The row of a known name, -1 for others. The name may hold any bytes. */
int             http_names_find(const struct http_names *names, struct slice name);
void            http_framing_add(struct http_framing *framing, struct http_request *request, int row, struct slice value);
enum http_fault http_framing_check(const struct http_framing *framing, struct http_request *request);
/* Path and query (and host, of an absolute URI) out of the target. */
enum http_fault http_target_split(struct http_request *request);
#endif
