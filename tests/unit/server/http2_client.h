/* A client of HTTP/2 that says exactly what a test wants said, right or wrong, and remembers what it heard. */
#ifndef TESTS_HTTP2_CLIENT_H
#define TESTS_HTTP2_CLIENT_H
#include "service.h"
#include <nghttp2/nghttp2.h>

enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4, PADDED = 8 };
enum { STREAMS_HEARD = 512, BODY_HEARD = 256, HEARD_NOTHING = -1 };

struct heard_stream {
        int    status, interim;            /* the last of each; 0: none */
        int    reset;                      /* its code, or HEARD_NOTHING */
        size_t size;                       /* bytes of the answer's body */
        size_t window;                     /* bytes by which its window was opened again */
        bool   ended;
        char   body[BODY_HEARD];           /* the beginning */
        char   fields[1024];               /* "name: value\n" */
};

struct client2 {
        int    socket;
        bool   closed, acknowledge;        /* answer settings and pings */
        int    goaway, goaway_last;        /* the last one's code and stream, or HEARD_NOTHING */
        size_t goaways, frames, pings, settings, windows;
        nghttp2_hd_inflater *inflater;
        char   in[65536];
        size_t filled;
        struct heard_stream streams[STREAMS_HEARD];        /* by (id - 1) / 2 */
};

static void client2_frame(struct client2 *client, int type, int flags, int id, const void *payload, size_t size)
{
        uint8_t head[9] = { (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size, (uint8_t)type, (uint8_t)flags,
                            (uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id };
        struct iovec pieces[] = { { head, 9 }, { (void *)(uintptr_t)payload, size } };
        struct msghdr message = { .msg_iov = pieces, .msg_iovlen = size ? 2 : 1 };
        /* The server may have closed: what it said is read afterwards. */
        ssize_t sent = sendmsg(client->socket, &message, MSG_NOSIGNAL);
        if (sent < 0)
                client->closed = true;
}

__attribute__((unused)) static void client2_number(struct client2 *client, int type, int id, uint32_t number)
{
        uint8_t payload[4] = { (uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number };
        client2_frame(client, type, 0, id, payload, sizeof(payload));
}

__attribute__((unused)) static void client2_setting(struct client2 *client, int setting, uint32_t value)
{
        uint8_t payload[6] = { 0, (uint8_t)setting, (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                               (uint8_t)value };
        client2_frame(client, NGHTTP2_SETTINGS, 0, 0, payload, sizeof(payload));
}

static struct client2 *client2_open(const struct echo *echo)
{
        struct client2 *client = memory_get(sizeof(*client));
        client->socket = client_open(echo);
        client->acknowledge = true;
        client->goaway = HEARD_NOTHING;
        for (size_t i = 0; i < STREAMS_HEARD; i++)
                client->streams[i].reset = HEARD_NOTHING;
        assert_int_equal(nghttp2_hd_inflate_new(&client->inflater), 0);
        client_send(client->socket, NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN);
        client2_frame(client, NGHTTP2_SETTINGS, 0, 0, NULL, 0);
        return client;
}

static void client2_close(struct client2 *client)
{
        nghttp2_hd_inflate_del(client->inflater);
        (void)close(client->socket);
        free(client);
}

/* One field, never indexed and not compressed: what is written here is what goes out. */
static void block_add(struct buffer *block, struct slice name, struct slice value)
{
        const struct slice both[] = { name, value };
        buffer_add_char(block, 0x10);
        for (size_t i = 0; i < 2; i++) {
                size_t size = both[i].size;
                buffer_add_char(block, (char)(size < 127 ? size : 127));
                if (size >= 127) {
                        for (size -= 127; size >= 128; size >>= 7)
                                buffer_add_char(block, (char)(0x80 | (size & 0x7F)));
                        buffer_add_char(block, (char)size);
                }
                buffer_add(block, both[i]);
        }
}

/* "name: value\n" lines; a name that begins with a colon, too. */
static void block_lines(struct buffer *block, const char *lines)
{
        while (*lines) {
                const char *colon = strchr(lines + 1, ':'), *end = strchr(lines, '\n');
                block_add(block, slice_between(lines, colon), slice_between(colon + 2, end));
                lines = end + 1;
        }
}

#define COMMON ":scheme: http\n:authority: a.example\n"
static void client2_ask(struct client2 *client, int id, int flags, const char *lines)
{
        char room[16000];
        struct buffer block;
        buffer_wrap(&block, room, sizeof(room));
        block_lines(&block, lines);
        assert_false(block.full);
        client2_frame(client, NGHTTP2_HEADERS, flags | END_HEADERS, id, block.data, block.size);
}

static void hear_headers(struct client2 *client, struct heard_stream *stream, const uint8_t *data, size_t size)
{
        int status = 0;
        for (;;) {
                nghttp2_nv field;
                int flags = 0;
                ssize_t used = nghttp2_hd_inflate_hd2(client->inflater, &field, &flags, data, size, 1);
                assert_true(used >= 0);
                data += used;
                size -= (size_t)used;
                if (flags & NGHTTP2_HD_INFLATE_EMIT) {
                        size_t at = strlen(stream->fields);
                        (void)snprintf(stream->fields + at, sizeof(stream->fields) - at, "%.*s: %.*s\n", (int)field.namelen,
                                       (const char *)field.name, (int)field.valuelen, (const char *)field.value);
                        if (slice_equal((struct slice){ (const char *)field.name, field.namelen }, SLICE(":status")))
                                status = (int)strtol((const char *)field.value, NULL, 10);
                }
                if (flags & NGHTTP2_HD_INFLATE_FINAL)
                        break;
        }
        assert_int_equal(nghttp2_hd_inflate_end_headers(client->inflater), 0);
        *(status < 200 ? &stream->interim : &stream->status) = status;
}

static int number_of(const uint8_t *at)
{
        return (int)((uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]);
}

static void hear_frame(struct client2 *client, int type, int flags, int id, const uint8_t *payload, size_t size)
{
        struct heard_stream nobody = { 0 }, *stream = id ? &client->streams[(size_t)(id - 1) / 2 % STREAMS_HEARD] : &nobody;
        client->frames++;
        if (type == NGHTTP2_HEADERS)
                hear_headers(client, stream, payload, size);
        if (type == NGHTTP2_DATA) {
                for (size_t i = 0; i < size && stream->size + i + 1 < BODY_HEARD; i++)
                        stream->body[stream->size + i] = (char)payload[i];
                stream->size += size;
        }
        stream->ended |= (type == NGHTTP2_HEADERS || type == NGHTTP2_DATA) && flags & END_STREAM;
        if (type == NGHTTP2_RST_STREAM)
                stream->reset = number_of(payload);
        if (type == NGHTTP2_GOAWAY) {
                client->goaways++;
                client->goaway_last = number_of(payload);
                client->goaway = number_of(payload + 4);
        }
        client->settings += type == NGHTTP2_SETTINGS && !(flags & ACK);
        client->pings += type == NGHTTP2_PING && flags & ACK;
        if (type == NGHTTP2_WINDOW_UPDATE)
                stream->window += (size_t)number_of(payload);
        client->windows += type == NGHTTP2_WINDOW_UPDATE;
        if ((type == NGHTTP2_SETTINGS || type == NGHTTP2_PING) && !(flags & ACK) && client->acknowledge)
                client2_frame(client, type, ACK, 0, payload, type == NGHTTP2_PING ? size : 0);
}

/* Hears what there is within `ms`. False: nothing came, or the server has closed. */
static bool client2_hear(struct client2 *client, int ms)
{
        struct pollfd ready = { .fd = client->socket, .events = POLLIN };
        if (poll(&ready, 1, ms) != 1)
                return false;
        ssize_t got = recv(client->socket, client->in + client->filled, sizeof(client->in) - client->filled, 0);
        if (got <= 0) {
                client->closed = true;
                return false;
        }
        client->filled += (size_t)got;
        uint8_t *at = (uint8_t *)client->in, *end = at + client->filled;
        for (;;) {
                size_t size = end - at >= 9 ? (size_t)at[0] << 16 | (size_t)at[1] << 8 | at[2] : 0;
                if ((size_t)(end - at) < 9 + size)
                        break;
                hear_frame(client, at[3], at[4], number_of(at + 5), at + 9, size);
                at += 9 + size;
        }
        client->filled = (size_t)(end - at);
        memmove(client->in, at, client->filled);
        return true;
}

static struct heard_stream *client2_stream(struct client2 *client, int id)
{
        return &client->streams[(size_t)(id - 1) / 2];
}

/* Until the stream has its answer or is reset; five seconds at most. */
__attribute__((unused)) static struct heard_stream *client2_wait(struct client2 *client, int id)
{
        struct heard_stream *stream = client2_stream(client, id);
        int64_t until = clock_steady() + 5000;
        while (!stream->ended && stream->reset == HEARD_NOTHING && !client->closed && clock_steady() < until)
                (void)client2_hear(client, 100);
        return stream;
}

/* Until the server closes; `ms` at most. */
__attribute__((unused)) static bool client2_ends(struct client2 *client, int ms)
{
        int64_t until = clock_steady() + ms;
        client->closed = false;            /* a send that failed says the same, but what came before is still to be heard */
        while (!client->closed && clock_steady() < until)
                (void)client2_hear(client, 100);
        return client->closed;
}

/* A client of its own is served as if nothing were the matter. */
__attribute__((unused)) static void others_are_served(const struct echo *echo)
{
        struct client2 *other = client2_open(echo);
        client2_ask(other, 1, END_STREAM, ":method: GET\n:path: /hello\n" COMMON);
        assert_int_equal(client2_wait(other, 1)->status, 200);
        client2_close(other);
}
#endif
