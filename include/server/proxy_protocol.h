/* The PROXY protocol, versions 1 and 2 (haproxy's doc/proxy-protocol.txt): whom a proxy speaks for. */
#ifndef SERVER_PROXY_PROTOCOL_H
#define SERVER_PROXY_PROTOCOL_H
#include "base/address.h"
#include "server/http.h"

#define PROXY_HEADER_LIMIT 4096            /* bytes; longer headers (of extensions) are refused */
/* HTTP_DONE: *ret_size bytes were the header; *ret_client is the client, not known when the header names none (LOCAL, UNKNOWN,
 * other families). HTTP_MORE: not complete. HTTP_BAD: it is none. */
enum http_result proxy_header_read(struct slice data, size_t *ret_size, struct address *ret_client);
#endif
