#include "http2.h"

enum { READS = 4, READ = 16384, FRAME_LARGEST = 16384, CONTINUATIONS = 8, LEAVE_AFTER = 2000, GOAWAY_SIZE = 17 };
enum { PATIENCE_BACK = 50, PATIENCE_EARNED = 8000 };       /* thousandths: a millisecond; an answered request */
static const uint8_t PING[8] = "millrace";

struct http2_kit *http2_kit_new(const struct config *config)
{
        struct http2_kit *kit = memory_get(sizeof(*kit));
        if (nghttp2_session_callbacks_new(&kit->callbacks) || nghttp2_option_new(&kit->option)) {
                http2_kit_free(kit);
                return NULL;
        }
        stream_callbacks(kit->callbacks);
        nghttp2_option_set_no_auto_window_update(kit->option, 1);
        nghttp2_option_set_no_closed_streams(kit->option, 1);
        /* As many as the longest head needs that is taken, and some: their flood is CVE-2024-28182. */
        nghttp2_option_set_max_continuations(kit->option, CONTINUATIONS + (size_t)config->http_head_limit / FRAME_LARGEST);
        /* Resets (CVE-2023-44487) are counted with all other useless frames, here. */
        nghttp2_option_set_stream_reset_rate_limit(kit->option, UINT32_MAX, UINT32_MAX);
        return kit;
}

void http2_kit_free(struct http2_kit *kit)
{
        if (!kit)
                return;
        nghttp2_session_callbacks_del(kit->callbacks);
        nghttp2_option_del(kit->option);
        free(kit);
}

enum http_result http2_begins(const struct connection *connection, struct slice first)
{
        size_t size = first.size < NGHTTP2_CLIENT_MAGIC_LEN ? first.size : NGHTTP2_CLIENT_MAGIC_LEN;
        if (connection->tls)               /* whoever agreed on it and then says something else hears an error of HTTP/2 */
                return connection_protocol(connection) == PROTOCOL_HTTP2 ? HTTP_DONE : HTTP_BAD;
        if (size < 4 || memcmp(first.data, NGHTTP2_CLIENT_MAGIC, size) != 0)
                return HTTP_BAD;
        return size == NGHTTP2_CLIENT_MAGIC_LEN ? HTTP_DONE : HTTP_MORE;
}

/* ---- what ends a connection ---- */
int http2_doom(struct http2 *http2, uint32_t code)
{
        if (!http2->doom)
                http2->doom = code;
        return NGHTTP2_ERR_CALLBACK_FAILURE;
}

bool http2_bear(struct http2 *http2, int64_t count)
{
        const struct loop *loop = http2->connection->loop;
        int64_t most = loop->config->http2_useless_frames * 1000;
        int64_t patience = http2->patience + (loop->now - http2->patience_at) * PATIENCE_BACK;
        http2->patience = (patience > most ? most : patience) - count * 1000;
        http2->patience_at = loop->now;
        if (LIKELY(http2->patience >= 0))
                return true;
        (void)http2_doom(http2, NGHTTP2_ENHANCE_YOUR_CALM);
        return false;
}

void http2_credit(struct http2 *http2)
{
        http2->patience += PATIENCE_EARNED;
}

void http2_free(struct connection *connection)
{
        struct http2 *http2 = connection->http2;
        connection->http2 = NULL;
        while (http2->streams) {
                struct stream *stream = http2->streams;
                http2->streams = stream->next;
                /* Nobody answers it any more when the loop itself ends. */
                if (stream->state == STREAM_BUSY && !connection->loop->ending)
                        stream->intake.exchange.connection = NULL;
                else
                        intake_free(&stream->intake);
        }
        stream_pseudo_clear(http2);
        nghttp2_session_del(http2->session);
        free(http2->out);
        free(http2);
        session_give(connection->loop, SESSION_HTTP2);
}

/* All is said, or nothing more can be. */
static void finish(struct connection *connection)
{
        http2_free(connection);
        connection->linger = true;
        connection_finish(connection);
        /* What is there already brings no further event. */
        if (connection->state == CONNECTION_LINGER && connection->readable)
                connection_queue(connection);
}

/* After such an error nghttp2 says nothing more: the last frame is ours, behind what the socket has not taken yet. False: the
 * connection was closed. */
static bool say_goodbye(struct connection *connection)
{
        struct http2 *http2 = connection->http2;
        uint32_t last = (uint32_t)nghttp2_session_get_last_proc_stream_id(http2->session), code = http2->doom;
        uint8_t frame[GOAWAY_SIZE] = { 0, 0, 8, NGHTTP2_GOAWAY, 0, 0, 0, 0, 0 };
        for (size_t i = 0; i < 4; i++) {
                frame[9 + i] = (uint8_t)(last >> (24 - 8 * i));
                frame[13 + i] = (uint8_t)(code >> (24 - 8 * i));
        }
        http2_count_error(connection->loop, code);
        const struct iovec pieces[] = { { http2->out, http2->out_size }, { frame, sizeof(frame) } };
        size_t from = http2->out_size ? 0 : 1;
        return connection_send(connection, pieces + from, 2 - from) >= 0;
}

/* ---- writing ---- */
/* What the socket does not take is kept: at most a scratch and a frame. False: the connection was closed. */
static bool keep_out(struct http2 *http2, const char *data, size_t size)
{
        char *out = realloc(http2->out, http2->out_size + size);
        if (!out) {
                connection_close(http2->connection);
                return false;
        }
        if (!http2->out_size)
                http2->out_since = http2->connection->loop->now;
        memcpy(out + http2->out_size, data, size);
        http2->out = out;
        http2->out_size += size;
        return true;
}

static bool put(struct http2 *http2, const char *data, size_t size)
{
        while (size && !http2->out_size) {
                ssize_t sent = connection_send(http2->connection, &(struct iovec){ (void *)(uintptr_t)data, size }, 1);
                if (sent < 0)
                        return false;
                if (sent == 0)
                        break;
                data += sent;
                size -= (size_t)sent;
        }
        return !size || keep_out(http2, data, size);
}

static bool put_rest(struct http2 *http2)
{
        while (http2->out_size) {
                ssize_t sent = connection_send(http2->connection, &(struct iovec){ http2->out, http2->out_size }, 1);
                if (sent <= 0)
                        return sent == 0;
                http2->out_size -= (size_t)sent;
                memmove(http2->out, http2->out + sent, http2->out_size);
        }
        free(http2->out);
        http2->out = NULL;
        return true;
}

/* All that nghttp2 has to say and the socket takes. False: the connection was closed. */
static bool flush(struct connection *connection)
{
        struct http2 *http2 = connection->http2;
        char *scratch = connection->loop->scratch;
        size_t filled = 0;
        if (http2->out_size && !put_rest(http2))
                return false;
        while (!http2->out_size) {
                const uint8_t *frame;
                ssize_t size = nghttp2_session_mem_send(http2->session, &frame);
                if (size < 0)
                        (void)http2_doom(http2, NGHTTP2_INTERNAL_ERROR);
                if (size <= 0)
                        break;
                if ((size_t)size > LOOP_SCRATCH - filled) {
                        if (!put(http2, scratch, filled))
                                return false;
                        filled = 0;
                }
                if ((size_t)size > LOOP_SCRATCH || http2->out_size) {
                        if (!put(http2, (const char *)frame, (size_t)size))
                                return false;
                } else {
                        memcpy(scratch + filled, frame, (size_t)size);
                        filled += (size_t)size;
                }
        }
        return put(http2, scratch, filled);
}

/* ---- a wake-up ---- */
/* How the connection goes on. False: it does not. */
static bool settle(struct connection *connection)
{
        struct http2 *http2 = connection->http2;
        if (UNLIKELY(http2->doom)) {
                if (say_goodbye(connection))
                        finish(connection);
                return false;
        }
        bool quiet = !http2->out_size && !nghttp2_session_want_write(http2->session);
        if (quiet && connection->ended && !http2->stream_count) {
                connection_close(connection);
                return false;
        }
        if (quiet && !nghttp2_session_want_read(http2->session)) {
                finish(connection);
                return false;
        }
        enum deadline kind = http2->stream_count || http2->out_size || http2->noticed ? DEADLINE_STREAMS : DEADLINE_IDLE;
        if (connection->deadline != kind)
                deadline_set(connection, kind);
        return true;
}

/* The client has closed its side: what it has not asked to the end is no request, the rest is answered. */
static void give_up_halves(struct http2 *http2)
{
        for (struct stream *stream = http2->streams, *next; stream && !http2->doom; stream = next) {
                next = stream->next;
                stream_cut(stream);
        }
}

bool http2_run(struct connection *connection)
{
        struct http2 *http2 = connection->http2;
        char input[READ];
        for (size_t i = 0; i <= READS; i++) {
                if (!http2->doom && !flush(connection))
                        return false;
                /* Nothing is read while answers wait to be taken, so that they cannot pile up. */
                if (http2->doom || http2->out_size || !connection->readable || i == READS)
                        break;
                size_t size = connection_receive(connection, input, sizeof(input));
                if (connection->state != CONNECTION_HTTP2)
                        return false;
                if (size)
                        http2_feed(http2, input, size);
                if (UNLIKELY(connection->ended))
                        give_up_halves(http2);
        }
        /* Enough for one wake-up; the others are waiting. */
        if (settle(connection) && connection->readable && !http2->out_size)
                connection_queue(connection);
        return false;
}

bool http2_open(struct connection *connection, struct slice first)
{
        struct loop *loop = connection->loop;
        const struct config *config = loop->config;
        deadline_set(connection, DEADLINE_NONE);           /* neither idle nor slow: it does not give way to itself */
        if (!session_take(loop, SESSION_HTTP2)) {
                loop_count(loop, METRIC_connections_evicted, 1);
                connection_close(connection);
                return false;
        }
        struct http2 *http2 = calloc(1, sizeof(*http2));
        if (!http2 || nghttp2_session_server_new2(&http2->session, loop->http2->callbacks, http2, loop->http2->option)) {
                free(http2);
                session_give(loop, SESSION_HTTP2);
                connection_close(connection);
                return false;
        }
        *http2 = (struct http2){ .session = http2->session, .connection = connection,
                                 .frame_left = NGHTTP2_CLIENT_MAGIC_LEN, .patience_at = loop->now,
                                 .patience = config->http2_useless_frames * 1000 };
        connection->http2 = http2;
        connection->state = CONNECTION_HTTP2;
        connection->fresh = false;
        deadline_set(connection, DEADLINE_IDLE);
        loop_count(loop, METRIC_http2_connections, 1);
        const nghttp2_settings_entry settings[] = {
                { NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, (uint32_t)config->http2_streams },
                { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, (uint32_t)config->http2_window },
                { NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)config->http_head_limit },
        };
        if (nghttp2_submit_settings(http2->session, NGHTTP2_FLAG_NONE, settings, COUNT_OF(settings)) ||
            nghttp2_session_set_local_window_size(http2->session, NGHTTP2_FLAG_NONE, 0, (int32_t)config->http2_connection_window))
                (void)http2_doom(http2, NGHTTP2_INTERNAL_ERROR);
        else if (first.size)
                http2_feed(http2, first.data, first.size);
        if (loop->draining)
                http2_drain(connection);
        return true;
}

/* ---- deadlines and the end ---- */
static bool over(const struct loop *loop, int64_t since, enum deadline kind)
{
        return since + loop->durations[kind] <= loop->now;
}

static void look_after(struct http2 *http2)
{
        static const enum deadline KINDS[] = { [STREAM_HEAD] = DEADLINE_HEAD, [STREAM_BODY] = DEADLINE_BODY,
                                               [STREAM_BUSY] = DEADLINE_SERVICE, [STREAM_ANSWERED] = DEADLINE_WRITE,
                                               [STREAM_RESET] = DEADLINE_SERVICE, [STREAM_LINGER] = DEADLINE_STREAMS };
        struct loop *loop = http2->connection->loop;
        for (struct stream *stream = http2->streams, *next; stream; stream = next) {
                next = stream->next;
                bool late = over(loop, stream->since, KINDS[stream->state]);
                if (!(late ? stream_expire(stream) : stream_look_after(stream)))
                        return;
        }
        if (http2->noticed && http2->noticed_at + LEAVE_AFTER <= loop->now)
                http2_leave(http2);
}

void http2_expire(struct connection *connection)
{
        struct http2 *http2 = connection->http2;
        struct loop *loop = connection->loop;
        bool idle = connection->deadline == DEADLINE_IDLE;
        deadline_set(connection, DEADLINE_STREAMS);        /* anew */
        if (http2->out_size && over(loop, http2->out_since, DEADLINE_WRITE)) {
                loop_count(loop, METRIC_timeouts, 1);
                connection_close(connection);
                return;
        }
        if (idle)
                (void)nghttp2_session_terminate_session(http2->session, NGHTTP2_NO_ERROR);
        else
                look_after(http2);
        (void)http2_run(connection);
}

int64_t http2_waits_since(const struct connection *connection)
{
        int64_t since = connection->http2->out_size ? connection->http2->out_since : INT64_MAX;
        for (const struct stream *stream = connection->http2->streams; stream; stream = stream->next)
                if (stream_waits(stream) && stream->since < since)
                        since = stream->since;
        return since;
}

void http2_yield(struct connection *connection)
{
        (void)http2_doom(connection->http2, NGHTTP2_ENHANCE_YOUR_CALM);
        if (say_goodbye(connection))
                connection_close(connection);
}

/* RFC 9113, 6.8: first that we are about to leave, so that no request on its way is lost; after a round trip that we have. */
void http2_drain(struct connection *connection)
{
        struct http2 *http2 = connection->http2;
        if (http2->noticed)
                return;
        http2->noticed = true;
        http2->noticed_at = connection->loop->now;
        if (nghttp2_submit_shutdown_notice(http2->session) || nghttp2_submit_ping(http2->session, NGHTTP2_FLAG_NONE, PING))
                (void)http2_doom(http2, NGHTTP2_INTERNAL_ERROR);
        connection_queue(connection);
}

void http2_leave(struct http2 *http2)
{
        if (!http2->noticed || http2->leaving)
                return;
        http2->leaving = true;
        if (nghttp2_submit_goaway(http2->session, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(http2->session),
                                  NGHTTP2_NO_ERROR, NULL, 0))
                (void)http2_doom(http2, NGHTTP2_INTERNAL_ERROR);
}

void http2_count_error(struct loop *loop, uint32_t code)
{
        static const enum metric METRICS[] = {
                [NGHTTP2_PROTOCOL_ERROR] = METRIC_http2_errors_protocol,
                [NGHTTP2_INTERNAL_ERROR] = METRIC_http2_errors_internal,
                [NGHTTP2_FLOW_CONTROL_ERROR] = METRIC_http2_errors_flow_control,
                [NGHTTP2_SETTINGS_TIMEOUT] = METRIC_http2_errors_protocol,
                [NGHTTP2_STREAM_CLOSED] = METRIC_http2_errors_stream_closed,
                [NGHTTP2_FRAME_SIZE_ERROR] = METRIC_http2_errors_frame_size,
                [NGHTTP2_REFUSED_STREAM] = METRIC_http2_errors_refused_stream,
                [NGHTTP2_CANCEL] = METRIC_http2_errors_cancel,
                [NGHTTP2_COMPRESSION_ERROR] = METRIC_http2_errors_compression,
                [NGHTTP2_CONNECT_ERROR] = METRIC_http2_errors_protocol,
                [NGHTTP2_ENHANCE_YOUR_CALM] = METRIC_http2_errors_calm,
        };
        if (code != NGHTTP2_NO_ERROR)
                loop_count(loop, code < COUNT_OF(METRICS) ? METRICS[code] : METRIC_http2_errors_protocol, 1);
}
