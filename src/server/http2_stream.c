#include "http2.h"

enum { LIST_SLACK = 65536, HEADERS_MOST = 64, PATIENCE = 1000 };

static struct slice slice_of_vec(nghttp2_rcbuf *text)
{
        nghttp2_vec vec = nghttp2_rcbuf_get_buf(text);
        return (struct slice){ (const char *)vec.base, vec.len };
}

void stream_pseudo_clear(struct http2 *http2)
{
        for (size_t i = 0; i < PSEUDO_COUNT; i++)
                if (http2->pseudo[i]) {
                        nghttp2_rcbuf_decref(http2->pseudo[i]);
                        http2->pseudo[i] = NULL;
                }
}

static struct stream *stream_find(struct http2 *http2, int32_t id)
{
        return nghttp2_session_get_stream_user_data(http2->session, id);
}

static void stream_state(struct stream *stream, enum stream_state state)
{
        stream->state = (uint8_t)state;
        stream->since = stream->http2->connection->loop->now;
}

void stream_free(struct stream *stream)
{
        struct http2 *http2 = stream->http2;
        *(stream->previous ? &stream->previous->next : &http2->streams) = stream->next;
        if (stream->next)
                stream->next->previous = stream->previous;
        http2->stream_count--;
        intake_free(&stream->intake);
}

/* Ends the stream by an error of its own; the connection stands. */
static int stream_reset(struct http2 *http2, int32_t id, uint32_t code)
{
        struct stream *stream = stream_find(http2, id);
        if (stream && stream->state != STREAM_BUSY)
                stream_state(stream, STREAM_RESET);
        return nghttp2_submit_rst_stream(http2->session, NGHTTP2_FLAG_NONE, id, code) ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

/* ---- the head ---- */
static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
        struct http2 *http2 = context;
        struct connection *connection = http2->connection;
        const struct loop *loop = connection->loop;
        int32_t id = frame->hd.stream_id;
        http2->list = 0;
        http2->shed = false;
        if (frame->headers.cat != NGHTTP2_HCAT_REQUEST)
                return 0;
        http2->skipped = id > http2->newest + 2 ? http2->newest + 1 : http2->skipped;
        http2->newest = id;
        stream_pseudo_clear(http2);
        /* Those that were reset while the service has them are still a burden. */
        if (http2->stream_count >= 2 * (size_t)loop->config->http2_streams)
                return stream_reset(http2, id, NGHTTP2_REFUSED_STREAM);
        bool full = loop->pool.out >= loop->bytes_limit;       /* as for heads of HTTP/1.1 */
        struct stream *stream = full ? NULL : (struct stream *)intake_new(connection, sizeof(*stream));
        if (!stream) {
                http2->shed = true;
                return 0;
        }
        stream->http2 = http2;
        stream->id = id;
        stream->next = http2->streams;
        if (http2->streams)
                http2->streams->previous = stream;
        http2->streams = stream;
        http2->stream_count++;
        stream_state(stream, STREAM_HEAD);
        return nghttp2_session_set_stream_user_data(session, id, stream) ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static void keep_pseudo(struct http2 *http2, struct slice name, nghttp2_rcbuf *value)
{
        static const struct slice NAMES[] = { [PSEUDO_METHOD] = SLICE_INIT(":method"), [PSEUDO_PATH] = SLICE_INIT(":path"),
                                              [PSEUDO_AUTHORITY] = SLICE_INIT(":authority"),
                                              [PSEUDO_SCHEME] = SLICE_INIT(":scheme") };
        for (size_t i = 0; i < PSEUDO_COUNT; i++)
                if (slice_equal(name, NAMES[i]) && !http2->pseudo[i]) {
                        nghttp2_rcbuf_incref(value);
                        http2->pseudo[i] = value;
                }
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, nghttp2_rcbuf *name, nghttp2_rcbuf *value,
                     uint8_t flags, void *context)
{
        struct http2 *http2 = context;
        struct slice word = slice_of_vec(name), text = slice_of_vec(value);
        (void)session;
        (void)flags;
        http2->list += word.size + text.size + 32;
        /* Over the limit it gets its 431; far over it, by references into the table perhaps, nobody goes on decoding. */
        if (http2->list > 4 * http2->connection->loop->limits.head + LIST_SLACK)
                return http2_doom(http2, NGHTTP2_ENHANCE_YOUR_CALM);
        struct stream *stream = stream_find(http2, frame->hd.stream_id);
        if (frame->headers.cat != NGHTTP2_HCAT_REQUEST || !stream || stream->state != STREAM_HEAD)
                return 0;                  /* trailers are dropped */
        if (word.data[0] == ':')
                keep_pseudo(http2, word, value);
        else
                stream_head_add(stream, word, text);
        return 0;
}

/* nghttp2 would leave such a header out and go on; RFC 9113 8.2.1 calls the request malformed. */
static int on_invalid_header(nghttp2_session *session, const nghttp2_frame *frame, nghttp2_rcbuf *name, nghttp2_rcbuf *value,
                             uint8_t flags, void *context)
{
        struct http2 *http2 = context;
        struct stream *stream = stream_find(http2, frame->hd.stream_id);
        (void)session;
        (void)flags;
        http2->list += slice_of_vec(name).size + slice_of_vec(value).size + 32;
        if (http2->list > 4 * http2->connection->loop->limits.head + LIST_SLACK)
                return http2_doom(http2, NGHTTP2_ENHANCE_YOUR_CALM);
        if (!stream || stream->state == STREAM_RESET)
                return 0;
        return stream_reset(http2, frame->hd.stream_id, NGHTTP2_PROTOCOL_ERROR);
}

/* As answer_shed(): 503 with no request made of it. */
static int shed(struct http2 *http2, int32_t id, bool ended)
{
        char seconds[2] = { (char)('1' + random_next(&http2->connection->loop->random) % 5), '\0' };
        nghttp2_nv fields[] = {
                { (uint8_t *)(uintptr_t)":status", (uint8_t *)(uintptr_t)"503", 7, 3, NGHTTP2_NV_FLAG_NONE },
                { (uint8_t *)(uintptr_t)"retry-after", (uint8_t *)seconds, 11, 1, NGHTTP2_NV_FLAG_NONE },
        };
        http2->shed = false;
        loop_count(http2->connection->loop, METRIC_responses_5xx, 1);
        return nghttp2_submit_response(http2->session, id, fields, COUNT_OF(fields), NULL) ||
                               (!ended && nghttp2_submit_rst_stream(http2->session, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR))
                       ? NGHTTP2_ERR_CALLBACK_FAILURE
                       : 0;
}

static void serve(struct stream *stream)
{
        stream_state(stream, STREAM_BUSY);
        intake_serve(&stream->intake);
}

static int head_done(struct http2 *http2, struct stream *stream)
{
        struct intake *intake = &stream->intake;
        struct exchange *exchange = &intake->exchange;
        stream_head_end(stream);
        exchange->received = loop_now(exchange->loop);
        if (stream->fault) {
                intake_reject(intake, stream->fault);
                return 0;
        }
        if (!intake_admit(intake))
                return 0;
        if (stream->ended) {
                serve(stream);
                return 0;
        }
        stream_state(stream, STREAM_BODY);
        const nghttp2_nv go_on = { (uint8_t *)(uintptr_t)":status", (uint8_t *)(uintptr_t)"100", 7, 3, NGHTTP2_NV_FLAG_NONE };
        if (exchange->http.expect_continue &&
            nghttp2_submit_headers(http2->session, NGHTTP2_FLAG_NONE, stream->id, NULL, &go_on, 1, NULL) < 0)
                return NGHTTP2_ERR_CALLBACK_FAILURE;
        return 0;
}

/* As for the pressure that slow connections are under: then windows stay as they are. */
static bool memory_short(const struct http2 *http2)
{
        const struct loop *loop = http2->connection->loop;
        return loop->pool.out > loop->bytes_limit / 4 * 3;
}

/* ---- the body ---- */
static bool body_reserve(struct intake *intake, size_t size)
{
        size_t before = 0;
        while (intake->body_capacity - intake->body_filled < size) {
                if (intake->body_capacity && intake->body_capacity == before)
                        return false;              /* the limit was lowered meanwhile */
                before = intake->body_capacity;
                if (!intake_grow_body(intake))
                        return false;
        }
        return true;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data, size_t size, void *context)
{
        struct http2 *http2 = context;
        struct stream *stream = stream_find(http2, id);
        (void)flags;
        if (!stream || stream->state != STREAM_BODY)       /* answered already */
                return nghttp2_session_consume_connection(session, size);
        struct intake *intake = &stream->intake;
        enum http_fault fault = HTTP_SOUND;
        if (intake->body_filled + size > (size_t)http2->connection->loop->config->http_body_limit)
                fault = HTTP_FAULT_body_large;
        else if (!body_reserve(intake, size))
                fault = HTTP_FAULT_memory;
        if (fault) {
                answer_fault(intake, fault);
                return nghttp2_session_consume_connection(session, size);
        }
        memcpy(intake->body + intake->body_filled, data, size);
        intake->body_filled += size;
        if (LIKELY(!memory_short(http2)))
                return nghttp2_session_consume(session, id, size);
        stream->held += size;
        return 0;
}

/* ---- time ---- */
/* Ends what the client keeps us waiting for. False: the connection is doomed by it. */
static bool stream_end(struct stream *stream, enum http_fault fault)
{
        struct http2 *http2 = stream->http2;
        int failed = 0;
        if (stream->state == STREAM_HEAD)          /* in the middle of a header block nothing else can be read */
                return http2_doom(http2, NGHTTP2_ENHANCE_YOUR_CALM) == 0;
        if (stream->state == STREAM_BODY)
                answer_fault(&stream->intake, fault);
        else
                failed = stream_reset(http2, stream->id, stream->state == STREAM_LINGER ? NGHTTP2_NO_ERROR : NGHTTP2_CANCEL);
        return !failed || http2_doom(http2, NGHTTP2_INTERNAL_ERROR) == 0;
}

bool stream_expire(struct stream *stream)
{
        loop_count(stream->http2->connection->loop, METRIC_timeouts, stream->state != STREAM_LINGER);
        return stream_end(stream, HTTP_FAULT_timeout);
}

void stream_cut(struct stream *stream)
{
        bool cut = stream->state == STREAM_HEAD || stream->state == STREAM_BODY || stream->state == STREAM_LINGER;
        uint32_t code = stream->state == STREAM_LINGER ? NGHTTP2_NO_ERROR : NGHTTP2_CANCEL;
        if (cut && stream_reset(stream->http2, stream->id, code))
                (void)http2_doom(stream->http2, NGHTTP2_INTERNAL_ERROR);
}

bool stream_waits(const struct stream *stream)
{
        return stream->state == STREAM_HEAD || stream->state == STREAM_BODY || stream->state == STREAM_ANSWERED;
}

bool stream_look_after(struct stream *stream)
{
        struct http2 *http2 = stream->http2;
        const struct loop *loop = http2->connection->loop;
        if (memory_short(http2))
                return !stream_waits(stream) || loop->now - stream->since < PATIENCE || stream_end(stream, HTTP_FAULT_memory);
        if (stream->held)
                (void)nghttp2_session_consume(http2->session, stream->id, stream->held);
        stream->held = 0;
        return true;
}

/* ---- frames ---- */
static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
        struct http2 *http2 = context;
        struct stream *stream = stream_find(http2, frame->hd.stream_id);
        (void)session;
        if (frame->hd.type == NGHTTP2_PING && frame->hd.flags & NGHTTP2_FLAG_ACK)
                http2_leave(http2);
        if (frame->hd.type == NGHTTP2_DATA && frame->hd.length && frame->data.padlen == frame->hd.length &&
            !http2_bear(http2, 1))         /* nothing but padding */
                return NGHTTP2_ERR_CALLBACK_FAILURE;
        if (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS)
                return 0;
        bool ended = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
        if (!stream)
                return http2->shed ? shed(http2, frame->hd.stream_id, ended) : 0;
        stream->ended |= ended;
        if (stream->state == STREAM_HEAD)
                return head_done(http2, stream);
        if (stream->state == STREAM_BODY && stream->ended)
                serve(stream);
        return 0;
}

/* Its stream will be reset, and the client goes on sending before it knows. */
static int on_invalid_frame(nghttp2_session *session, const nghttp2_frame *frame, int error, void *context)
{
        struct http2 *http2 = context;
        (void)session;
        (void)error;
        if (frame->hd.stream_id > http2->reset)
                http2->reset = frame->hd.stream_id;
        return 0;
}

static int on_sent(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
        struct http2 *http2 = context;
        (void)session;
        bool resets = frame->hd.type == NGHTTP2_RST_STREAM;
        if (resets || frame->hd.type == NGHTTP2_GOAWAY) {
                if (resets && frame->hd.stream_id > http2->reset)
                        http2->reset = frame->hd.stream_id;
                uint32_t code = resets ? frame->rst_stream.error_code : frame->goaway.error_code;
                http2_count_error(http2->connection->loop, code);
                /* A client can have us send them as well as it can send its own. */
                return code != NGHTTP2_NO_ERROR && !http2_bear(http2, 1) ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
        }
        if (!(frame->hd.flags & NGHTTP2_FLAG_END_STREAM) || (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS))
                return 0;
        /* The whole answer is out before the whole request is in. The rest may be on its way: it gets a moment, so that only
         * clients which go on and on see their stream reset. */
        struct stream *stream = stream_find(http2, frame->hd.stream_id);
        if (!stream || stream->ended)
                return 0;
        stream_state(stream, STREAM_LINGER);
        return memory_short(http2) || http2->connection->ended ? stream_reset(http2, stream->id, NGHTTP2_NO_ERROR) : 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code, void *context)
{
        struct http2 *http2 = context;
        struct stream *stream = stream_find(http2, id);
        (void)code;
        if (!stream)
                return 0;
        if (stream->held)
                (void)nghttp2_session_consume_connection(session, stream->held);
        stream->held = 0;
        if (stream->state == STREAM_BUSY)
                stream->gone = true;
        else
                stream_free(stream);
        return 0;
}

void stream_callbacks(nghttp2_session_callbacks *callbacks)
{
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
        nghttp2_session_callbacks_set_on_header_callback2(callbacks, on_header);
        nghttp2_session_callbacks_set_on_invalid_header_callback2(callbacks, on_invalid_header);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
        nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid_frame);
        nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
}

/* ---- the answer ---- */
static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *to, size_t room, uint32_t *flags,
                         nghttp2_data_source *source, void *context)
{
        struct stream *stream = source->ptr;
        size_t size = stream->out.size < room ? stream->out.size : room;
        (void)session;
        (void)id;
        (void)context;
        memcpy(to, stream->out.data, size);
        stream->out.data += size;
        stream->out.size -= size;
        if (!stream->out.size)
                *flags |= NGHTTP2_DATA_FLAG_EOF;
        return (ssize_t)size;
}

static nghttp2_nv field(const char *name, size_t name_size, const char *value, size_t size)
{
        return (nghttp2_nv){ .name = (uint8_t *)(uintptr_t)name, .namelen = name_size, .value = (uint8_t *)(uintptr_t)value,
                             .valuelen = size, .flags = NGHTTP2_NV_FLAG_NONE };
}

/* The lines "Name: value" CR LF as nghttp2 takes them; it writes the names in small letters itself. */
static size_t split_fields(struct slice lines, nghttp2_nv *fields, size_t count)
{
        const char *at = lines.data, *end = at + lines.size;
        while (at < end) {
                const char *colon = memchr(at, ':', (size_t)(end - at)), *stop = memchr(at, '\r', (size_t)(end - at));
                BUG_IF(!colon || !stop || colon + 2 > stop || count == HEADERS_MOST);
                fields[count++] = field(at, (size_t)(colon - at), colon + 2, (size_t)(stop - colon) - 2);
                at = stop + 2;
        }
        return count;
}

void http2_answer(struct intake *intake, const struct answer *answer, struct slice lines, struct slice body)
{
        struct stream *stream = (struct stream *)intake;
        struct http2 *http2 = stream->http2;
        struct connection *connection = http2->connection;
        char status[12];
        nghttp2_nv fields[HEADERS_MOST];
        http2_credit(http2);
        if (stream->gone) {
                stream_free(stream);
                return;
        }
        stream_state(stream, STREAM_ANSWERED);
        (void)snprintf(status, sizeof(status), "%03d", answer->status);
        fields[0] = field(":status", 7, status, 3);
        size_t count = split_fields(lines, fields, 1);
        intake->exchange.arena.limit = SIZE_MAX;   /* the service has made the answer; its size is bounded there */
        stream->out = body.size ? arena_copy(&intake->exchange.arena, body) : (struct slice){ 0 };
        nghttp2_data_provider provider = { .source.ptr = stream, .read_callback = read_body };
        if (body.size && !stream->out.data)
                (void)stream_reset(http2, stream->id, NGHTTP2_INTERNAL_ERROR);
        else if (nghttp2_submit_response(http2->session, stream->id, fields, count, body.size ? &provider : NULL))
                (void)http2_doom(http2, NGHTTP2_INTERNAL_ERROR);
        /* Many answers of one wake-up go out together. */
        connection_queue(connection);
}
