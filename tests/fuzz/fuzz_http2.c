/* A connection of HTTP/2 over a socket pair: frames made of the input, or its bytes as they are. Nothing crashes, every request
 * that the service was given can be answered, and when the client is gone nothing of it is left: no connection, no exchange, no
 * byte. The first byte: 1 raw, 2 in small pieces, 4 the client reads nothing, 8 a small limit of memory. */
#include "../../src/server/connection.h"
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WAITING = 64, TURNS = 3 };

struct subject {
        struct service   service;          /* first */
        struct config    config;
        struct loop     *loop;
        struct exchange *waiting[WAITING];
        size_t           count;
        int              client;
        bool             deaf, torn;
};

static void serve(struct service *service, struct exchange *exchange)
{
        struct subject *subject = (struct subject *)service;
        /* All that a service may look at. */
        volatile unsigned char sum = 0;
        for (size_t i = 0; i < exchange->http.header_count; i++)
                for (size_t j = 0; j < exchange->http.headers[i].value.size; j++) {
                        char c = exchange->http.headers[i].value.data[j];
                        BUG_IF(c == '\r' || c == '\n' || c == '\0');
                        sum = (unsigned char)(sum + (unsigned char)c);
                }
        for (size_t i = 0; i < exchange->body.size + READABLE_PADDING && exchange->body.size; i++)
                sum = (unsigned char)(sum + (unsigned char)exchange->body.data[i]);
        if (slice_equal(exchange->http.path, SLICE("/later")) && subject->count < WAITING)
                subject->waiting[subject->count++] = exchange;
        else
                exchange_answer(exchange, &(struct answer){ .status = 200, .content_type = SLICE("text/plain"),
                                                            .body = exchange->body });
}

static const char *methods(struct service *service, struct slice path)
{
        (void)service;
        return slice_equal(path, SLICE("/echo")) || slice_equal(path, SLICE("/later")) ? "POST, GET" : NULL;
}

static void answer_all(struct subject *subject)
{
        size_t count = subject->count;
        subject->count = 0;
        for (size_t i = 0; i < count; i++)
                exchange_answer(subject->waiting[i], &(struct answer){ .status = 200, .content_type = SLICE("text/plain"),
                                                                       .body = SLICE("later") });
}

static void stop(void *argument) { loop_stop(argument); }

/* Some wake-ups. */
static void turn(struct subject *subject)
{
        char heard[65536];
        for (int i = 0; i < TURNS; i++) {
                subject->loop->stopped = false;
                loop_post(subject->loop, stop, subject->loop);
                loop_run(subject->loop);
                while (!subject->deaf && subject->client >= 0 &&
                       recv(subject->client, heard, sizeof(heard), MSG_DONTWAIT) == (ssize_t)sizeof(heard))
                        ;
        }
}

static void say(struct subject *subject, const void *data, size_t size)
{
        const char *at = data;
        size_t piece = subject->torn ? 7 : size;
        while (size) {
                size_t some = size < piece ? size : piece;
                if (send(subject->client, at, some, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)some)
                        return;
                at += some;
                size -= some;
                if (subject->torn)
                        turn(subject);
        }
}

static void say_frame(struct subject *subject, int type, int flags, unsigned id, struct slice payload)
{
        unsigned char head[9] = { (unsigned char)(payload.size >> 16), (unsigned char)(payload.size >> 8),
                                  (unsigned char)payload.size, (unsigned char)type, (unsigned char)flags, 0, 0,
                                  (unsigned char)(id >> 8), (unsigned char)id };
        say(subject, head, sizeof(head));
        say(subject, payload.data, payload.size);
}

/* Heads that are whole, so that the input need not find them: of the static table, and literals. */
static const struct slice HEADS[] = {
        SLICE_INIT("\x83\x86\x44\x05/echo\x41\x01" "a"),                                   /* POST /echo */
        SLICE_INIT("\x83\x86\x44\x06/later\x41\x01" "a"),                                  /* POST /later */
        SLICE_INIT("\x82\x86\x44\x05/echo\x41\x01" "a\x60\x01" "x\x60\x01y"),              /* GET, crumbs of a cookie */
        SLICE_INIT("\x83\x86\x44\x05/echo\x41\x01" "a\x5c\x01" "3"),                       /* with a length */
        SLICE_INIT("\x83\x86\x44\x05/echo\x41\x01" "a\x5a\x04gzip"),                       /* gzip */
        SLICE_INIT("\x83\x86\x44\x05/echo\x41\x01" "a\x63\x0c" "100-continue"),            /* Expect */
};

/* Records of the input: type, flags, stream, length, payload. Types past the frames': a head of the list, answers, time. */
static void say_records(struct subject *subject, const uint8_t *data, size_t size)
{
        while (size >= 4) {
                unsigned type = data[0] % 16, flags = data[1], id = data[2] % 32u;
                size_t length = data[3] < 240 ? data[3] : (size_t)(data[3] - 239) * 1024;
                length = length < size - 4 ? length : size - 4;
                struct slice payload = { (const char *)data + 4, length };
                if (type >= 11 && type < 14) {
                        say_frame(subject, 1, (int)((flags & 1) | 4), id | 1, HEADS[(flags >> 1) % COUNT_OF(HEADS)]);
                        length = 0;
                } else if (type == 14) {
                        answer_all(subject);
                        length = 0;
                } else if (type == 15) {
                        turn(subject);
                        length = 0;
                } else {
                        say_frame(subject, (int)type, flags, id, payload);
                }
                data += 4 + length;
                size -= 4 + length;
        }
}

static struct subject *subject_new(bool small)
{
        struct error err = { "" };
        struct subject *subject = memory_get(sizeof(*subject));
        config_init(&subject->config);
        BUG_IF(!config_set(&subject->config, "limits.open_bytes", small ? "1MiB" : "64MiB", &err));
        BUG_IF(!config_set(&subject->config, "http.body_limit", "64KiB", &err));
        BUG_IF(!config_set(&subject->config, "http2.streams", "8", &err));
        subject->service = (struct service){ .serve = serve, .methods = methods, .cors = true, .http2 = true };
        subject->loop = loop_new(&subject->config, &subject->service, NULL, &err);
        BUG_IF(!subject->loop);
        return subject;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const char PREFACE[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0";   /* and empty settings */
        static struct subject *subjects[2];
        int pair[2];
        if (size < 1)
                return 0;
        bool small = data[0] & 8;
        if (!subjects[small])
                subjects[small] = subject_new(small);
        struct subject *subject = subjects[small];
        subject->torn = data[0] & 2;
        subject->deaf = data[0] & 4;
        BUG_IF(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) || fcntl(pair[0], F_SETFL, O_NONBLOCK));
        subject->client = pair[1];
        connection_open(subject->loop, pair[0], &(struct address){ 0 }, false);
        say(subject, PREFACE, sizeof(PREFACE));
        if (data[0] & 1)
                say(subject, data + 1, size - 1);
        else
                say_records(subject, data + 1, size - 1);
        turn(subject);
        if (data[0] & 16)                  /* the client is gone before it is answered */
                (void)close(subject->client);
        answer_all(subject);
        turn(subject);
        if (!(data[0] & 16))
                (void)close(subject->client);
        subject->client = -1;
        for (int i = 0; i < 100 && (loop_connections(subject->loop) || subject->loop->ready); i++)
                turn(subject);
        BUG_IF(loop_connections(subject->loop) || loop_exchanges(subject->loop) || loop_open_bytes(subject->loop));
        return 0;
}
