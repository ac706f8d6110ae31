/* A request that is refused by its head, while its body is still coming: the body is thrown away as it comes, and the connection
 * goes on. To close it would cost both sides a new one, with a handshake of TLS that costs more than the body. No more is thrown
 * away than would have been read (http.body_limit), or of a connection that ends (LINGER_BYTES), and none of it is kept. */
#include "connection.h"

enum { CHUNKED_READ = 4096 };

struct discard {
        bool               chunked;
        uint64_t           left;           /* bytes of the body; of a chunked one, that it may still have */
        struct http_chunks chunks;
};

static uint64_t most(const struct loop *loop)
{
        uint64_t limit = (uint64_t)loop->config->http_body_limit;
        return limit < LINGER_BYTES ? limit : LINGER_BYTES;
}

bool discard_fits(const struct intake *intake)
{
        const struct http_request *http = &intake->exchange.http;
        uint64_t limit = most(intake->exchange.loop);
        /* Who waits for a 100 need not send a body that is refused, and whether it does cannot be told (RFC 9110, 10.1.1). */
        if ((http->expect_continue || http->expect_other) && intake->filled == intake->head)
                return false;
        return http->chunked ? intake->body_filled <= limit : http->length <= limit;
}

void discard_begin(struct connection *connection, const struct intake *intake)
{
        const struct http_request *http = &intake->exchange.http;
        uint64_t whole = http->chunked ? most(connection->loop) : http->length;
        struct discard *discard = malloc(sizeof(*discard));
        if (!discard) {
                connection->linger = true;
                connection_finish(connection);
                return;
        }
        *discard = (struct discard){ .chunked = http->chunked, .chunks = intake->chunks,
                                     .left = whole > intake->body_filled ? whole - intake->body_filled : 0 };
        connection->discard = discard;
        connection->state = CONNECTION_DISCARD;
        deadline_set(connection, DEADLINE_BODY);
        if (connection->readable && !connection->running)
                connection_queue(connection);
}

void discard_end(struct connection *connection)
{
        free(connection->discard);
        connection->discard = NULL;
}

/* HTTP_MORE, or what is to come of it; what lies behind the body is the next request's. */
static enum http_result took(struct connection *connection, char *data, size_t size, struct slice *ret_rest)
{
        struct discard *discard = connection->discard;
        enum http_result result = HTTP_DONE;
        enum http_fault fault;
        size_t body = size, used = size;
        if (discard->chunked)
                result = http_unchunk(&discard->chunks, &connection->loop->limits, data, size, &body, &used, &fault);
        if (result == HTTP_BAD || body > discard->left)
                return HTTP_BAD;
        discard->left -= body;
        *ret_rest = (struct slice){ data + used, size - used };
        return discard->chunked || !discard->left ? result : HTTP_MORE;
}

bool discard_read(struct connection *connection)
{
        const struct discard *discard = connection->discard;
        uint64_t room = discard->chunked ? discard->chunks.left + CHUNKED_READ : discard->left;
        char *data = connection->loop->scratch;
        struct slice rest;
        if (!connection->readable)
                return false;
        size_t size = connection_receive(connection, data, room < LOOP_SCRATCH ? (size_t)room : LOOP_SCRATCH);
        if (size == 0)
                return false;
        switch (took(connection, data, size, &rest)) {
        case HTTP_DONE:
                discard_end(connection);
                connection_go_on(connection, rest);
                break;
        case HTTP_BAD:             /* the answer is out: there is nobody to tell */
                connection->linger = true;
                connection_finish(connection);
                break;
        case HTTP_MORE:
                break;
        }
        return true;
}
