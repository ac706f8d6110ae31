#include "connection.h"
#include "server/coding.h"
#include "server/cors.h"
#include "server/forwarded.h"

enum { FIRST_BODY = 1024, GROWTH = 8, CHUNKED_READ = 4096 };

/* All that one request may hold: what it sends, what it inflates to, and what the service makes of it (facts, records). */
static size_t arena_limit(const struct config *config)
{
        int64_t sent = 4 * config->http_head_limit + 3 * config->http_body_limit;
        return 4 * ARENA_LARGE + (size_t)(sent + 8 * config->http_inflated_limit);
}

struct intake *intake_new(struct connection *connection, size_t size)
{
        struct loop *loop = connection->loop;
        struct arena arena;
        arena_init(&arena, &loop->pool, arena_limit(loop->config));
        /* A piece that fits no usual chunk comes from a large one, whose rest is the room to read into. Not when memory is
         * getting short: a client may have earned it by one large request, and send the next one slowly. */
        bool large = connection->large && loop->pool.out < loop->bytes_limit / 8;
        struct intake *intake = arena_take(&arena, large ? LOOP_CHUNK : size);
        if (!intake)
                return NULL;
        arena_trim(&arena, (char *)intake, (char *)intake + size);
        memset(intake, 0, size);
        char *at = (char *)(((uintptr_t)arena.at + 15) & ~(uintptr_t)15);
        size_t room = (size_t)(arena.end - at) & ~(size_t)15;
        intake->input = arena_take(&arena, room);
        intake->capacity = room - READABLE_PADDING;
        intake->exchange = (struct exchange){ .arena = arena, .started = loop->nanoseconds, .loop = loop,
                                              .connection = connection };
        loop->exchanges++;
        return intake;
}

void intake_free(struct intake *intake)
{
        if (!intake)
                return;
        struct loop *loop = intake->exchange.loop;
        intake->exchange.ended = true;
        if (intake->exchange.kept)
                return;            /* exchange_release() comes back here */
        if (intake->admitted && loop->service->spoiled && !loop->ending)
                loop->service->spoiled(loop->service, &intake->exchange);
        loop->exchanges--;
        if (intake->shared)
                share_remove(loop->share, intake->share_place, intake->shared);
        struct arena arena = intake->exchange.arena;       /* the intake itself lies in it */
        arena_done(&arena);
}

void exchange_keep(struct exchange *exchange) { exchange->kept = true; }

void exchange_release(struct exchange *exchange)
{
        exchange->kept = false;
        if (exchange->ended)
                intake_free((struct intake *)exchange);
}

/* ---- the body ---- */

/* A body that goes on growing, where little memory is one client's: what all unfinished requests of its address hold. */
static bool within_share(struct intake *intake, size_t more)
{
        struct loop *loop = intake->exchange.loop;
        size_t percent = (size_t)loop->config->limits_address_share;
        if (!percent || !loop->service->open_limit)
                return true;
        if (!intake->share_place)
                intake->share_place = share_place(loop->share, &intake->exchange.client.address);
        if (!intake->share_place)
                return true;
        if (!share_add(loop->share, intake->share_place, more, loop->service->open_limit / 100 * percent)) {
                loop_count(loop, METRIC_share_refused, 1);
                return false;
        }
        intake->shared += more;
        return true;
}

static bool body_move(struct intake *intake, size_t capacity)
{
        char *body = NULL;
        if (within_share(intake, capacity))
                body = arena_take(&intake->exchange.arena, capacity + READABLE_PADDING);
        if (!body)
                return false;
        if (intake->body_filled)
                memcpy(body, intake->body, intake->body_filled);
        intake->body = body;
        intake->body_capacity = capacity;
        return true;
}

static size_t least(size_t a, size_t b)
{
        return a < b ? a : b;
}

/* What is left of the piece that the head came in, if that is something; more for a client that has sent more at once. */
static size_t first_body(const struct intake *intake)
{
        const struct arena *arena = &intake->exchange.arena;
        size_t left = (size_t)(arena->end - arena->at), sent = GROWTH * intake->body_filled;
        size_t room = left > FIRST_BODY + 2 * READABLE_PADDING ? left - 2 * READABLE_PADDING : FIRST_BODY;
        return room > sent ? room : sent;
}

bool intake_grow_body(struct intake *intake)
{
        const struct http_request *http = &intake->exchange.http;
        size_t limit = (size_t)intake->exchange.loop->config->http_body_limit;
        size_t most = http->chunked ? limit + CHUNKED_READ : (size_t)http->length;
        size_t capacity = intake->body_capacity ? intake->body_capacity * GROWTH : first_body(intake);
        return body_move(intake, least(capacity < intake->body_filled ? most : capacity, most));
}

/* `size` new bytes lie behind the body so far. HTTP_DONE: it is complete, and what is left over is known. */
static enum http_result body_took(struct connection *connection, size_t size, enum http_fault *ret_fault)
{
        struct intake *intake = connection->intake;
        const struct http_request *http = &intake->exchange.http;
        char *at = intake->body + intake->body_filled;
        enum http_result result = HTTP_DONE;
        size_t body = size, used = size;
        if (http->chunked) {
                result = http_unchunk(&intake->chunks, &connection->loop->limits, at, size, &body, &used, ret_fault);
                if (result == HTTP_BAD)
                        return result;
        } else {
                size_t wanted = http->length - intake->body_filled < size ? (size_t)(http->length - intake->body_filled) : size;
                body = used = wanted;
                result = intake->body_filled + wanted == http->length ? HTTP_DONE : HTTP_MORE;
        }
        intake->body_filled += body;
        if (http->chunked && intake->body_filled > (size_t)connection->loop->config->http_body_limit) {
                *ret_fault = HTTP_FAULT_body_large;
                return HTTP_BAD;
        }
        intake->rest = at + used;
        intake->rest_size = size - used;
        return result;
}

/* ---- judging a head ---- */
static const char *methods_of(struct service *service, const struct http_request *http)
{
        return slice_equal(http->path, SLICE("*")) ? "GET, HEAD, POST" : service->methods(service, http->path);
}

static void answer_options(struct intake *intake, const char *methods)
{
        struct exchange *exchange = &intake->exchange;
        struct loop *loop = exchange->loop;
        char lines[1024], allow[256];
        struct buffer out;
        buffer_wrap(&out, lines, sizeof(lines));
        (void)snprintf(allow, sizeof(allow), "%s%sOPTIONS", methods, *methods ? ", " : "");
        buffer_add(&out, SLICE("Allow: "));
        buffer_add(&out, slice_of(allow));
        buffer_add(&out, SLICE("\r\n"));
        struct slice origin = exchange->client.header[HEADER_origin];
        if (loop->service->cors && origin.size < 512 &&
            http_header(&exchange->http, SLICE("access-control-request-method")).data)
                cors_add_preflight(loop->config, origin, slice_of(allow), &out);
        BUG_IF(out.full);
        answer_plain(intake, 204, buffer_slice(&out));
}

/* Methods are case-sensitive (RFC 9110, 9.1). HEAD is GET without the body. */
static bool method_taken(const char *methods, const struct http_request *http)
{
        struct slice method = http->method == HTTP_HEAD ? SLICE("GET") : http->method_text;
        for (const char *at = methods; (at = strchr(at, method.data[0])); at++)
                if ((at == methods || at[-1] == ' ') && strncmp(at, method.data, method.size) == 0 &&
                    (at[method.size] == ',' || !at[method.size]))
                        return true;
        return false;
}

static void set_address(struct exchange *exchange)
{
        const struct loop *loop = exchange->loop;
        exchange->client.address = exchange->connection->peer;
        if (loop->service->proxied)
                trust_client(loop->trust, &exchange->connection->peer, &exchange->http, &exchange->client);
}

static void refuse(struct intake *intake, const struct refusal *refusal)
{
        struct exchange *exchange = &intake->exchange;
        struct connection *connection = exchange->connection;
        /* Retry-After is kept for it. Not for a proxy: other clients come by the same connection. */
        bool shared = exchange->loop->service->proxied && trust_has(exchange->loop->trust, &connection->peer);
        bool goes_on = !connection->last && !connection->half_closed;      /* else what it still sends has to be read */
        if (refusal->pause && connection->state == CONNECTION_HEAD && !shared && goes_on) {
                connection->paused = true;
                connection->pauses = 1;    /* or as many as the answer says: add_lines() */
        }
        exchange_refuse(exchange, refusal);
}

/* A request that needs nothing but its head: it counts for its address all the same. */
static bool faulted(struct intake *intake, struct refusal *ret_refusal)
{
        struct service *service = intake->exchange.loop->service;
        return service->faulted && service->faulted(service, &intake->exchange, ret_refusal);
}

/* Who is behind a proxy is not known then. */
void intake_reject(struct intake *intake, enum http_fault fault)
{
        struct exchange *exchange = &intake->exchange;
        struct refusal refusal;
        if (!exchange->loop->service->proxied || !trust_has(exchange->loop->trust, &exchange->connection->peer)) {
                exchange->client.address = exchange->connection->peer;
                (void)faulted(intake, &refusal);
        }
        answer_fault(intake, fault);
}

bool intake_admit(struct intake *intake)
{
        struct loop *loop = intake->exchange.loop;
        struct service *service = loop->service;
        struct http_request *http = &intake->exchange.http;
        const char *methods = http->method == HTTP_CONNECT ? NULL : methods_of(service, http);
        enum http_fault fault = HTTP_SOUND;
        struct refusal refusal = { 0 };
        set_address(&intake->exchange);
        intake->coded = http->content_encoding.data && coding_find(http->content_encoding) != CODING_NONE;
        if (http->method == HTTP_CONNECT)
                fault = HTTP_FAULT_connect;
        else if (http->expect_other)
                fault = HTTP_FAULT_expectation;
        else if (!methods)
                fault = HTTP_FAULT_not_found;
        else if (http->method != HTTP_OPTIONS && !method_taken(methods, http))
                fault = HTTP_FAULT_method;
        else if (http->length > (uint64_t)loop->config->http_body_limit)
                fault = HTTP_FAULT_body_large;
        else if (http->coded_twice || (intake->coded && coding_find(http->content_encoding) == CODING_UNKNOWN))
                fault = HTTP_FAULT_coding_unknown;
        bool asks = !fault && http->method == HTTP_OPTIONS;
        bool refused = fault || asks ? faulted(intake, &refusal)
                                     : service->refuse && service->refuse(service, &intake->exchange, &refusal);
        if (asks)                  /* always: a page that may not ask could not read why */
                answer_options(intake, methods);
        else if (refused)
                refuse(intake, &refusal);
        else if (fault)
                answer_fault(intake, fault);
        else
                return intake->admitted = true;
        return false;              /* answered, and the intake may be gone with its answer */
}

/* ---- a whole request ---- */
void intake_serve(struct intake *intake)
{
        struct exchange *exchange = &intake->exchange;
        struct connection *connection = exchange->connection;
        struct loop *loop = exchange->loop;
        struct http_request *http = &exchange->http;
        exchange->body = (struct slice){ intake->body, intake->body_filled };
        connection->large = intake->head + intake->body_filled > LOOP_CHUNK - sizeof(*intake) - 2 * READABLE_PADDING;
        enum coding_kind kind = intake->coded ? coding_find(http->content_encoding) : coding_guess(exchange->body);
        if (UNLIKELY(kind != CODING_NONE) && exchange->body.size) {
                enum http_fault fault = coding_undo(loop->coding, kind, exchange->body, (size_t)loop->config->http_inflated_limit,
                                                    &exchange->arena, &exchange->body);
                if (fault) {
                        answer_fault(intake, fault);
                        return;
                }
        }
        intake->admitted = false;
        loop_count(loop, METRIC_requests, 1);
        loop->served += exchange->body.size;
        loop->service->serve(loop->service, exchange);
}

static void serve(struct connection *connection)
{
        connection->state = CONNECTION_BUSY;
        deadline_set(connection, DEADLINE_SERVICE);
        intake_serve(connection->intake);
}

bool intake_keep_headers(struct intake *intake)
{
        struct http_request *http = &intake->exchange.http;
        arena_trim(&intake->exchange.arena, intake->input, intake->input + intake->filled + READABLE_PADDING);
        size_t size = http->header_count * sizeof(*http->headers);
        struct http_header *headers = arena_take(&intake->exchange.arena, size);
        if (!headers)
                return false;
        if (size)
                memcpy(headers, http->headers, size);
        http->headers = headers;
        return true;
}

static void head_read(struct connection *connection)
{
        struct intake *intake = connection->intake;
        struct exchange *exchange = &intake->exchange;
        struct http_request *http = &exchange->http;
        enum http_fault fault = HTTP_SOUND;
        connection->fresh = false;
        connection->last = !http->keep_alive || connection->loop->draining;
        connection->linger = connection->loop->draining;
        exchange->received = loop_now(connection->loop);
        intake->body = intake->input + intake->head;
        enum http_result result = body_took(connection, intake->filled - intake->head, &fault);
        if (result == HTTP_BAD) {
                connection->last = connection->linger = true;
                answer_fault(intake, fault);
                return;
        }
        if (!intake_keep_headers(intake)) {
                answer_fault(intake, HTTP_FAULT_memory);
                return;
        }
        bool whole = result == HTTP_DONE, last = connection->last, linger = connection->linger;
        /* For when it is refused before its body was read. */
        intake->unread = !whole;
        if (!whole && !discard_fits(intake))
                connection->last = connection->linger = true;
        if (!intake_admit(intake))
                return;
        intake->unread = false;
        connection->last = last;
        connection->linger = linger;
        if (whole) {
                serve(connection);
                return;
        }
        if (!intake_grow_body(intake)) {
                answer_fault(intake, HTTP_FAULT_memory);
                return;
        }
        connection->state = CONNECTION_BODY;
        deadline_set(connection, DEADLINE_BODY);
        if (http->expect_continue && intake->filled == intake->head)
                (void)answer_continue(connection);
}

bool intake_grow_input(struct intake *intake)
{
        size_t capacity = intake->capacity * 2;
        char *input = arena_take(&intake->exchange.arena, capacity + READABLE_PADDING);
        if (!input)
                return false;
        memcpy(input, intake->input, intake->filled);
        intake->input = input;
        intake->capacity = capacity;
        return true;
}

/* What was read so far is the beginning of HTTP/2, not of a request. */
static void become_http2(struct connection *connection)
{
        struct intake *intake = connection->intake;
        connection->intake = NULL;
        (void)http2_open(connection, (struct slice){ intake->input, intake->filled });
        intake_free(intake);
}

bool intake_head(struct connection *connection)
{
        struct loop *loop = connection->loop;
        struct intake *intake = connection->intake;
        struct http_request *http = &intake->exchange.http;
        enum http_fault fault = HTTP_SOUND;
        if (intake->parsed) {
                if (!connection->readable)
                        return false;
                if (intake->filled == intake->capacity && !intake_grow_input(intake)) {
                        answer_fault(intake, HTTP_FAULT_memory);
                        return true;
                }
                size_t size = connection_receive(connection, intake->input + intake->filled, intake->capacity - intake->filled);
                if (size == 0)
                        return false;
                intake->filled += size;
                if (!http_parse_again(&loop->limits, (struct slice){ intake->input, intake->filled }, &intake->scanned))
                        return true;
        }
        intake->parsed = true;
        struct slice data = { intake->input, intake->filled };
        if (UNLIKELY(connection->fresh && loop->service->http2 && loop->config->http2_enabled)) {
                enum http_result preface = http2_begins(connection, data);
                if (preface == HTTP_DONE)
                        become_http2(connection);
                else if (preface == HTTP_MORE && connection->deadline != DEADLINE_HEAD)
                        deadline_set(connection, DEADLINE_HEAD);
                if (preface != HTTP_BAD)
                        return true;
        }
        http->headers = loop->headers;
        http->client = intake->exchange.client.header;
        switch (http_parse(&loop->names, &loop->limits, data, http, &intake->head, &fault)) {
        case HTTP_DONE:
                head_read(connection);
                return true;
        case HTTP_BAD:
                intake_reject(intake, fault);
                return true;
        case HTTP_MORE:
                if (connection->deadline != DEADLINE_HEAD)
                        deadline_set(connection, DEADLINE_HEAD);
                /* A second attempt starts from nothing. */
                memset(intake->exchange.client.header, 0, sizeof(intake->exchange.client.header));
                return true;
        }
        return true;
}

bool intake_body(struct connection *connection)
{
        struct intake *intake = connection->intake;
        const struct http_request *http = &intake->exchange.http;
        enum http_fault fault = HTTP_SOUND;
        if (!connection->readable)
                return false;
        /* The limit may have been lowered meanwhile. */
        if (http->chunked && intake->body_filled > (size_t)connection->loop->config->http_body_limit) {
                answer_fault(intake, HTTP_FAULT_body_large);
                return true;
        }
        if (intake->body_filled == intake->body_capacity && !intake_grow_body(intake)) {
                answer_fault(intake, HTTP_FAULT_memory);
                return true;
        }
        size_t room = intake->body_capacity - intake->body_filled;
        /* Asking for a little more than is wanted tells by a short read that there is no more: no second read to learn it. */
        if (http->chunked)
                room = least(room, (size_t)least(intake->chunks.left, SIZE_MAX / 2) + CHUNKED_READ);
        else if (intake->body_capacity == http->length)
                room += READABLE_PADDING;
        size_t size = connection_receive(connection, intake->body + intake->body_filled, room);
        if (size == 0)
                return false;
        switch (body_took(connection, size, &fault)) {
        case HTTP_DONE: serve(connection); break;
        case HTTP_BAD:  answer_fault(intake, fault); break;
        case HTTP_MORE: break;
        }
        return true;
}
