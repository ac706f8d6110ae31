#include "http2.h"

/* A frame for a stream that is over, or was never begun, though nothing of ours could have ended it. nghttp2 would tell these
 * from late ones only by keeping closed streams: a hundred a connection. */
static uint32_t misplaced(const struct http2 *http2, int32_t id)
{
        if (id > http2->newest || id <= http2->reset || id % 2 == 0 || nghttp2_session_find_stream(http2->session, id))
                return NGHTTP2_NO_ERROR;
        return http2->skipped && id >= http2->skipped ? NGHTTP2_PROTOCOL_ERROR : NGHTTP2_STREAM_CLOSED;
}

/* One that serves a request: not a reset, a setting, a ping, a priority, a window, an unknown one, or data that is none. */
static bool useful(const struct http2 *http2, int32_t id, uint32_t length)
{
        uint8_t type = http2->frame[3], flags = http2->frame[4];
        if (type == NGHTTP2_DATA)
                return (length || flags & NGHTTP2_FLAG_END_STREAM) && nghttp2_session_find_stream(http2->session, id);
        return type == NGHTTP2_HEADERS || type == NGHTTP2_CONTINUATION;
}

static uint32_t read_number(const uint8_t *at, size_t size)
{
        uint32_t number = 0;
        for (size_t i = 0; i < size; i++)
                number = number << 8 | at[i];
        return number;
}

/* False: the connection is doomed. */
static bool judge(struct http2 *http2)
{
        const uint8_t *frame = http2->frame;
        uint32_t length = read_number(frame, 3), code = NGHTTP2_NO_ERROR;
        int32_t id = (int32_t)(read_number(frame + 5, 4) & INT32_MAX);
        http2->frame_left = length;
        http2->frame_filled = 0;
        if (frame[3] == NGHTTP2_DATA || frame[3] == NGHTTP2_HEADERS)
                code = misplaced(http2, id);
        if (code)
                (void)http2_doom(http2, code);
        return !code && (useful(http2, id, length) || http2_bear(http2, 1));
}

static size_t least(size_t a, size_t b)
{
        return a < b ? a : b;
}

/* Bytes of the frame that comes in, at most `size`. What was judged before is what nghttp2 has already seen: it is fed frame by
 * frame. */
static size_t take(struct http2 *http2, const char *data, size_t size)
{
        size_t head = 0;
        if (!http2->frame_left) {
                head = least(FRAME_HEADER - http2->frame_filled, size);
                memcpy(http2->frame + http2->frame_filled, data, head);
                http2->frame_filled = (uint8_t)(http2->frame_filled + head);
                if (http2->frame_filled < FRAME_HEADER)
                        return head;
                if (!judge(http2))
                        return 0;
        }
        size_t rest = least(http2->frame_left, size - head);
        http2->frame_left -= (uint32_t)rest;
        return head + rest;
}

void http2_feed(struct http2 *http2, const char *data, size_t size)
{
        while (size && !http2->doom) {
                size_t some = take(http2, data, size);
                if (!some)
                        return;
                ssize_t used = nghttp2_session_mem_recv(http2->session, (const uint8_t *)data, some);
                if (used == NGHTTP2_ERR_FLOODED)
                        (void)http2_doom(http2, NGHTTP2_ENHANCE_YOUR_CALM);
                else if (used < 0)
                        (void)http2_doom(http2, used == NGHTTP2_ERR_NOMEM ? NGHTTP2_INTERNAL_ERROR : NGHTTP2_PROTOCOL_ERROR);
                data += some;
                size -= some;
        }
}
