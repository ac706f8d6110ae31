#include "connection.h"
#include "server/coding.h"
#include "server/cors.h"
#include <stdarg.h>

enum { HEADERS_LIMIT = 8192, RETRY_SECONDS = 5, RETRY_MORE = 10 };

/* Seconds, not the same for all. To refuse costs something, too: the more there is to refuse, the later they come back. */
static unsigned retry_time(struct loop *loop)
{
        int64_t range = RETRY_SECONDS + RETRY_MORE * loop->pressure.share / PRESSURE_WHOLE;
        return 1 + (unsigned)(random_next(&loop->random) % (uint64_t)range);
}

static void count_response(struct loop *loop, int status)
{
        static const enum metric CLASSES[] = { METRIC_responses_2xx, METRIC_responses_3xx, METRIC_responses_4xx,
                                               METRIC_responses_5xx };
        BUG_IF(status < 200 || status > 599);
        loop_count(loop, CLASSES[status / 100 - 2], 1);
}

static void add_connection(const struct connection *connection, const struct http_request *http, struct buffer *out)
{
        if (connection->last)
                buffer_add(out, SLICE("Connection: close\r\n"));
        else if (http->minor == 0)
                buffer_add(out, SLICE("Connection: keep-alive\r\n"));
}

/* RFC 8942. No answer of ours depends on the hints (no Vary), and to a preflight it would say nothing. */
static void add_accepted_hints(const struct config *config, struct buffer *out)
{
        for (size_t i = 0; i < config->http_accept_hints.count; i++) {
                buffer_add(out, i ? SLICE(", ") : SLICE("Accept-CH: "));
                buffer_add(out, slice_of(config->http_accept_hints.items[i]));
        }
        buffer_add(out, SLICE("\r\n"));
}

static void add_status(int status, struct buffer *out)
{
        if (LIKELY(status == 200)) {
                buffer_add(out, SLICE("HTTP/1.1 200 OK\r\n"));
                return;
        }
        buffer_add(out, SLICE("HTTP/1.1 "));
        buffer_add_number(out, status);
        buffer_add_char(out, ' ');
        buffer_add(out, http_phrase(status));
        buffer_add(out, SLICE("\r\n"));
}

/* The header lines, which are the same in every version of HTTP but for Connection. */
static void add_lines(struct exchange *exchange, const struct answer *answer, struct buffer *out)
{
        struct connection *connection = exchange->connection;
        struct loop *loop = exchange->loop;
        buffer_add(out, SLICE("Date: "));
        buffer_add(out, (struct slice){ loop->date, sizeof(loop->date) });
        buffer_add(out, SLICE("\r\n"));
        if (answer->content_type.data) {
                buffer_add(out, SLICE("Content-Type: "));
                buffer_add(out, answer->content_type);
                buffer_add(out, SLICE("\r\n"));
        }
        if (answer->status != 204 && answer->status != 304) {      /* RFC 9110, 8.6 */
                buffer_add(out, SLICE("Content-Length: "));
                buffer_add_number(out, (int64_t)answer->body.size);
                buffer_add(out, SLICE("\r\n"));
        }
        if (!connection->http2)
                add_connection(connection, &exchange->http, out);
        if (answer->status == 503) {
                buffer_add(out, SLICE("Retry-After: "));
                connection->pauses = (uint8_t)retry_time(loop);
                buffer_add_number(out, connection->pauses);
                buffer_add(out, SLICE("\r\n"));
        }
        struct slice origin = exchange->client.header[HEADER_origin];
        if (loop->service->cors && origin.data && origin.size <= 512 && exchange->http.method != HTTP_OPTIONS)
                cors_add(loop->config, origin, out);
        if (UNLIKELY(loop->config->http_accept_hints.count) && loop->service->cors && exchange->http.method != HTTP_OPTIONS)
                add_accepted_hints(loop->config, out);
        BUG_IF(answer->headers.size > HEADERS_LIMIT);
        buffer_add(out, answer->headers);
}

/* Writes what it can; what is left is in intake->out. False: the connection was closed. */
static bool write_out(struct connection *connection)
{
        struct intake *intake = connection->intake;
        while (intake->out_count) {
                ssize_t sent = connection_send(connection, intake->out, intake->out_count);
                if (sent <= 0)
                        return sent == 0;
                size_t left = (size_t)sent;
                while (intake->out_count && left >= intake->out[0].iov_len) {
                        left -= intake->out[0].iov_len;
                        intake->out[0] = intake->out[1];
                        intake->out_count--;
                }
                if (intake->out_count) {
                        intake->out[0].iov_base = (char *)intake->out[0].iov_base + left;
                        intake->out[0].iov_len -= left;
                }
        }
        return true;
}

/* The client is slow: what it has not taken yet must outlive this call. */
static bool keep_out(struct intake *intake)
{
        struct arena *arena = &intake->exchange.arena;
        size_t size = 0;
        for (size_t i = 0; i < intake->out_count; i++)
                size += intake->out[i].iov_len;
        arena->limit = SIZE_MAX;           /* the service has made the answer; its size is bounded there */
        char *copy = arena_take(arena, size);
        if (!copy)
                return false;
        char *to = copy;
        for (size_t i = 0; i < intake->out_count; i++) {
                memcpy(to, intake->out[i].iov_base, intake->out[i].iov_len);
                to += intake->out[i].iov_len;
        }
        intake->out[0] = (struct iovec){ copy, size };
        intake->out_count = 1;
        return true;
}

/* The head is in `out`; a small body goes with it in one piece. */
static void write_answer(struct connection *connection, struct buffer *out, struct slice body)
{
        struct intake *intake = connection->intake;
        if (body.size <= out->capacity - out->size) {
                buffer_add(out, body);
                body.size = 0;
        }
        intake->out[0] = (struct iovec){ out->data, out->size };
        intake->out[1] = (struct iovec){ (void *)(uintptr_t)body.data, body.size };
        intake->out_count = body.size ? 2 : 1;
        connection->state = CONNECTION_WRITE;
        if (!write_out(connection))
                return;
        if (LIKELY(intake->out_count == 0))
                connection_answered(connection);
        else if (keep_out(intake))
                deadline_set(connection, DEADLINE_WRITE);
        else
                connection_close(connection);
}

void exchange_answer(struct exchange *exchange, const struct answer *answer)
{
        struct connection *connection = exchange->connection;
        struct intake *intake = (struct intake *)exchange;
        struct loop *loop = exchange->loop;
        count_response(loop, answer->status);
        if (!connection) {
                intake_free(intake);
                return;
        }
        BUG_IF(!connection->http2 && (connection->intake != intake || connection->state == CONNECTION_WRITE));
        if (UNLIKELY(loop->draining))
                connection->last = connection->linger = true;
        struct slice body = exchange->http.method == HTTP_HEAD || answer->status == 204 || answer->status == 304
                                    ? (struct slice){ 0 }
                                    : answer->body;
        struct buffer out;
        buffer_wrap(&out, loop->scratch, sizeof(loop->scratch));
        if (!connection->http2)
                add_status(answer->status, &out);
        add_lines(exchange, answer, &out);
        BUG_IF(out.full);
        if (connection->http2) {
                http2_answer(intake, answer, buffer_slice(&out), body);
                return;
        }
        buffer_add(&out, SLICE("\r\n"));
        write_answer(connection, &out, body);
}

void answer_resume(struct connection *connection)
{
        if (write_out(connection) && connection->intake->out_count == 0)
                connection_answered(connection);
}

bool answer_continue(struct connection *connection)
{
        char line[] = "HTTP/1.1 100 Continue\r\n\r\n";
        const struct iovec piece = { line, sizeof(line) - 1 };
        if (connection_send(connection, &piece, 1) == (ssize_t)piece.iov_len)
                return true;
        connection_close(connection);
        return false;
}

/* To somebody whose request was not read; there is no exchange to answer with. */
static void send_bare(struct connection *connection, int status, const char *name, const char *message)
{
        struct loop *loop = connection->loop;
        char text[768];
        struct buffer out;
        size_t body = sizeof("{\"error\":\"\",\"message\":\"\"}\n") - 1 + strlen(name) + strlen(message);
        buffer_wrap(&out, text, sizeof(text));
        buffer_format(&out, "HTTP/1.1 %d ", status);
        buffer_add(&out, http_phrase(status));
        buffer_add(&out, SLICE("\r\nDate: "));
        buffer_add(&out, (struct slice){ loop->date, sizeof(loop->date) });
        buffer_add(&out, SLICE("\r\nContent-Type: application/json\r\nConnection: close\r\n"));
        buffer_format(&out, "Content-Length: %zu\r\n", body);
        if (status == 503)
                buffer_format(&out, "Retry-After: %d\r\n", (int)retry_time(loop));
        buffer_format(&out, "\r\n{\"error\":\"%s\",\"message\":\"%s\"}\n", name, message);
        BUG_IF(out.full);
        (void)connection_send(connection, &(struct iovec){ out.data, out.size }, 1);
        count_response(loop, status);
        connection->linger = true;
}

void answer_shed(struct connection *connection)
{
        send_bare(connection, 503, "overloaded", "There is no memory for this request now; send it again later.");
}

void answer_bare(struct connection *connection, enum http_fault fault)
{
        send_bare(connection, HTTP_FAULTS[fault].status, HTTP_FAULTS[fault].name, HTTP_FAULTS[fault].message);
}

static void answer_json(struct exchange *exchange, int status, const char *name, const char *message, struct slice headers)
{
        char text[1024];
        struct buffer body;
        buffer_wrap(&body, text, sizeof(text));
        buffer_add(&body, SLICE("{\"error\":"));
        buffer_add_json(&body, slice_of(name));
        buffer_add(&body, SLICE(",\"message\":"));
        buffer_add_json(&body, slice_of(message));
        buffer_add(&body, SLICE("}\n"));
        BUG_IF(body.full);
        exchange_answer(exchange, &(struct answer){ .status = status, .content_type = SLICE("application/json"),
                                                    .body = buffer_slice(&body), .headers = headers });
}

void exchange_error(struct exchange *exchange, int status, const char *name, const char *format, ...)
{
        char message[400];
        va_list args;
        va_start(args, format);
        (void)vsnprintf(message, sizeof(message), format, args);
        va_end(args);
        answer_json(exchange, status, name, message, (struct slice){ 0 });
}

void exchange_refuse(struct exchange *exchange, const struct refusal *refusal)
{
        answer_json(exchange, refusal->status, refusal->name, refusal->message, slice_of(refusal->headers));
}

void answer_plain(struct intake *intake, int status, struct slice headers)
{
        exchange_answer(&intake->exchange, &(struct answer){ .status = status, .headers = headers });
}

/* True when what follows on the connection cannot be told from the rest of this request. */
static bool fault_ends(enum http_fault fault)
{
        switch (fault) {
        case HTTP_FAULT_not_found:
        case HTTP_FAULT_method:
        case HTTP_FAULT_coding_unknown:
        case HTTP_FAULT_content_coding:
        case HTTP_FAULT_inflated_large:
        case HTTP_FAULT_expectation:
                return false;              /* the caller knows whether the body was read */
        default:
                return true;
        }
}

void answer_fault(struct intake *intake, enum http_fault fault)
{
        struct exchange *exchange = &intake->exchange;
        struct connection *connection = exchange->connection;
        const struct http_fault_row *row = &HTTP_FAULTS[fault];
        char lines[320];
        struct buffer headers;
        buffer_wrap(&headers, lines, sizeof(lines));
        if (fault_ends(fault))
                connection->last = connection->linger = true;
        if (fault == HTTP_FAULT_method)
                buffer_format(&headers, "Allow: %s, OPTIONS\r\n",
                              connection->loop->service->methods(connection->loop->service, exchange->http.path));
        if (fault == HTTP_FAULT_coding_unknown)
                buffer_add(&headers, SLICE("Accept-Encoding: " CODING_ACCEPTED "\r\n"));
        BUG_IF(headers.full);
        answer_json(exchange, row->status, row->name, row->message, buffer_slice(&headers));
}
