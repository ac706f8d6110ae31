/* The input as what a client and a sink do, one after the other: whole requests of every framing and coding, any bytes between
 * them, torn, pipelined, cut off; answers read slowly or never; connections closed at any point; reports that are late, or bad.
 * All of it goes through a real socket, the loop and the pipeline. Nothing crashes or gets stuck; what comes back are answers,
 * one behind the other; in the end nothing is open, and received = published + rejected + refused. */
#include "../../src/server/connection.h"
#include "../unit/schema/folder.h"
#include "memory_sink.h"
#include "metrics/worker.h"
#include "script.h"
#include "server/pipeline.h"
#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <zstd.h>

enum { STEPS_MOST = 400, QUIET_MOST = 50, OUT_MOST = 1 << 18, READ_MOST = 1 << 20, STUCK = 2000 };
enum op { OP_REQUEST, OP_BYTES, OP_WAIT, OP_READ, OP_END, OP_CLOSE, OP_STEP, OP_SINK, OPS };
enum { CHUNKED = 1, GZIP = 2, EXPECT = 4, LAST = 8, LINES = 16, LIES = 32, ZSTD = 64, PREFER = 128 };

struct play {
        struct loop     *loop;
        struct pipeline *pipeline;
        struct sink      sink;
        struct script    script;
        int              listener, wake, client;   /* wake: always readable, so that each turn of the loop is a step */
        struct buffer    out;                      /* what the client has still to send */
        size_t           sent, step, turns, quiet;
        struct buffer    in;                       /* what it has read */
        bool             ended, done, plain;       /* plain: every answer has the body that its length says */
};
static struct plan    *plan;
static struct metrics *metrics;

static void body_write(struct buffer *body, unsigned kind, struct slice bytes)
{
        static const struct { const char *start, *end; unsigned times; } FORMS[] = {
                { "", "", 1 },
                { "{\"type\":\"sale\",\"data\":{\"n\":", "}}", 1 },
                { "{\"id\":\"", "\",\"type\":\"sale\",\"data\":{\"n\":1}}\n", 3 },
                { "[{\"type\":\"sale\",\"data\":{\"n\":", "}},{\"type\":\"none\"},{\"data\":{}}]", 1 },
                { "[[[[[[[[[[[[[[[[[[[[", "", 5 },
                { "{\"dataschema\":\"com.acme/sale/1-0-0\",\"data\":{\"n\":1,\"s\":\"", "\"}}", 40 },
                { "{\"n\":", "}", 1 },
        };
        for (unsigned i = 0; i < FORMS[kind % COUNT_OF(FORMS)].times; i++) {
                buffer_add(body, slice_of(FORMS[kind % COUNT_OF(FORMS)].start));
                buffer_add(body, bytes);
                buffer_add(body, slice_of(FORMS[kind % COUNT_OF(FORMS)].end));
        }
}

static void body_code(struct buffer *body, unsigned flags)
{
        static char coded[1 << 18];
        size_t size = 0;
        if (flags & ZSTD)
                size = ZSTD_compress(coded, sizeof(coded), body->data, body->size, 1);
        if (flags & GZIP) {
                struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(1);
                size = libdeflate_gzip_compress(compressor, body->data ? body->data : "", body->size, coded, sizeof(coded));
                libdeflate_free_compressor(compressor);
        }
        if (!(flags & (ZSTD | GZIP)))
                return;
        body->size = 0;
        buffer_add(body, (struct slice){ coded, size });
}

static void head_write(struct buffer *out, unsigned path, unsigned flags)
{
        static const char *const PATHS[] = { "POST /v1/events",
                                             "POST /v1/events/com.acme/sale/1-0-0",
                                             "POST /v1/events?verbose=1",
                                             "OPTIONS /v1/events",
                                             "GET /v1/events",
                                             "POST /v1/none",
                                             "POST /v1/events?strict=1",
                                             "POST /v1/events/sale" };
        static const struct { unsigned flag; const char *line; } LINES_OF[] = {
                { GZIP,   "Content-Encoding: gzip\r\n" },
                { ZSTD,   "Content-Encoding: zstd\r\n" },
                { EXPECT, "Expect: 100-continue\r\n" },
                { LAST,   "Connection: close\r\n" },
                { PREFER, "Prefer: return=representation\r\n" },
        };
        buffer_format(out, "%s HTTP/1.1\r\nHost: a\r\nContent-Type: %s\r\n", PATHS[path % COUNT_OF(PATHS)],
                      flags & LINES ? "application/x-ndjson" : "application/json");
        for (size_t i = 0; i < COUNT_OF(LINES_OF); i++)
                if (flags & LINES_OF[i].flag)
                        buffer_add(out, slice_of(LINES_OF[i].line));
}

static void request_write(struct play *play)
{
        struct buffer *out = &play->out, body;
        unsigned path = take(&play->script), kind = take(&play->script), flags = take(&play->script);
        struct slice bytes = take_bytes(&play->script);
        buffer_init(&body, 1 << 17);
        body_write(&body, kind, bytes);
        body_code(&body, flags);
        head_write(out, path, flags);
        size_t said = body.size + (flags & LIES ? kind % 5 : 0);
        if (!(flags & CHUNKED)) {
                buffer_format(out, "Content-Length: %zu\r\n\r\n", said);
                buffer_add(out, buffer_slice(&body));
        } else {
                buffer_add(out, SLICE("Transfer-Encoding: chunked\r\n\r\n"));
                for (size_t at = 0, step = path % 90 + 1; at < body.size; at += step) {
                        size_t size = step < body.size - at ? step : body.size - at;
                        buffer_format(out, "%zx\r\n", size);
                        buffer_add(out, (struct slice){ body.data + at, size });
                        buffer_add(out, SLICE("\r\n"));
                }
                buffer_add(out, flags & LIES ? SLICE("0\r\nTrailer: x\r\n\r\n") : SLICE("0\r\n\r\n"));
        }
        buffer_done(&body);
}

/* ---- the client ---- */

static void client_connect(struct play *play)
{
        struct sockaddr_un place;
        socklen_t size = sizeof(place);
        play->client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        BUG_IF(play->client < 0 || getsockname(play->listener, (struct sockaddr *)&place, &size) != 0);
        BUG_IF(connect(play->client, (struct sockaddr *)&place, size) != 0);
        play->out.size = play->in.size = play->sent = 0;
        play->ended = false;
}

/* Whole answers, and behind the last the beginning of one at most. */
static void answers_check(const struct play *play)
{
        struct slice rest = { play->in.data, play->in.size };
        if (slice_starts_with(buffer_slice(&play->out), SLICE("PRI ")))
                return;                            /* HTTP/2 is fuzz_http2's */
        while (play->plain && rest.size) {
                const char *end = memmem(rest.data, rest.size, "\r\n\r\n", 4), *length;
                BUG_IF(rest.size >= 12 && (memcmp(rest.data, "HTTP/1.1 ", 9) != 0 || rest.data[9] < '1' || rest.data[9] > '5'));
                if (!end)
                        return;
                size_t head = (size_t)(end + 4 - rest.data), body = 0;
                length = memmem(rest.data, head, "\r\nContent-Length: ", 18);
                if (length)
                        body = strtoul(length + 18, NULL, 10);
                if (body > rest.size - head)
                        return;
                rest = (struct slice){ rest.data + head + body, rest.size - head - body };
        }
}

static void client_close(struct play *play)
{
        if (play->client < 0)
                return;
        answers_check(play);
        (void)close(play->client);
        play->client = -1;
}

static void client_write(struct play *play)
{
        while (play->sent < play->out.size) {
                size_t size = play->out.size - play->sent;
                ssize_t sent = send(play->client, play->out.data + play->sent, size < play->step ? size : play->step,
                                    MSG_NOSIGNAL);
                if (sent < 0 && errno == EAGAIN)
                        return;
                if (sent < 0) {                    /* the other side has closed: that is its right */
                        play->sent = play->out.size;
                        return;
                }
                play->sent += (size_t)sent;
                if (play->step < SIZE_MAX)
                        return;                    /* the rest in other turns */
        }
}

/* False: the end. */
static bool client_read(struct play *play, size_t most)
{
        static char bytes[1 << 16];
        ssize_t got = recv(play->client, bytes, most < sizeof(bytes) ? most : sizeof(bytes), 0);
        if (got > 0 && play->in.size < READ_MOST)
                buffer_add(&play->in, (struct slice){ bytes, (size_t)got });
        else if (got > 0)
                play->plain = false;               /* no more room: what was read is no longer whole */
        play->quiet = got > 0 ? 0 : play->quiet + 1;
        return got > 0 || (got < 0 && errno == EAGAIN);
}

/* ---- a turn of the loop ---- */

static void sink_tell(struct play *play, unsigned how)
{
        static const enum reason FATES[] = { REASON_published, REASON_sink_failed, REASON_event_too_large, REASON_sink_timeout };
        static const enum reason ANSWERS[] = { REASON_published, REASON_published, REASON_sink_full, REASON_sink_failed };
        struct sink_port *port = &play->sink.port;
        port->fate = FATES[how & 3];
        port->answer = ANSWERS[how >> 2 & 3];
        port->late = how >> 4 & 1;
        if (!port->late)
                memory_release(port);
}

static void op_run(struct play *play)
{
        switch (take(&play->script) % OPS) {
        case OP_REQUEST: request_write(play); break;
        case OP_BYTES: {
                struct slice bytes = take_bytes(&play->script);
                /* An answer to HEAD has a length and no body; what is no HTTP/1 may have anything. */
                play->plain &= !memmem(bytes.data, bytes.size, "HE", 2) && !memmem(bytes.data, bytes.size, "AD", 2);
                buffer_add(&play->out, bytes);
                break;
        }
        case OP_WAIT:  break;
        case OP_READ:  (void)client_read(play, take(&play->script) * 16 + 1); break;
        case OP_END:   (void)shutdown(play->client, SHUT_WR); play->sent = play->out.size; break;
        case OP_CLOSE: client_close(play); client_connect(play); break;
        case OP_STEP:  play->step = take(&play->script); play->step = play->step ? play->step : SIZE_MAX; break;
        default:       sink_tell(play, take(&play->script)); break;
        }
}

static bool all_ended(const struct play *play)
{
        return loop_connections(play->loop) == 0 && loop_exchanges(play->loop) == 0;
}

static void turn(void *context)
{
        struct play *play = context;
        BUG_IF(++play->turns > STUCK);
        if (play->script.at < play->script.end && play->turns < STEPS_MOST) {
                op_run(play);
                client_write(play);
        } else if (play->client >= 0) {
                play->step = SIZE_MAX;
                client_write(play);
                play->sink.port.late = false;
                memory_release(&play->sink.port);
                if (play->sent == play->out.size && !play->ended) {
                        (void)shutdown(play->client, SHUT_WR);
                        play->ended = true;
                }
                if (!client_read(play, SIZE_MAX) || play->quiet > QUIET_MOST)
                        client_close(play);
        } else if (all_ended(play)) {
                loop_stop(play->loop);
        }
}

/* ---- from outside ---- */

static void law_check(void)
{
        const struct metrics_worker *worker = metrics_of(metrics, 0);
        int64_t all = 0, ends = 0;
        for (size_t i = 0; i < 8; i++) {           /* there is one schema, and none */
                all += worker->slot[i][0];
                for (size_t end = 0; end < END_COUNT; end++)
                        ends += worker->slot[i][1 + end];
        }
        BUG_IF(all != ends);
}

static int listener_open(void)
{
        struct sockaddr_un place = { .sun_family = AF_UNIX };      /* the kernel names it */
        int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        BUG_IF(listener < 0 || bind(listener, (struct sockaddr *)&place, sizeof(place.sun_family)) != 0 ||
               listen(listener, 64) != 0);
        return listener;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
        static const char SALE[] =
                "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"},\"s\":{\"pattern\":\"^a*b?$\"}},"
                "\"required\":[\"n\"]}";
        static const char *const SETTINGS[][2] = {
                { "enrich.order", "reception" }, { "http.head_limit", "2KiB" }, { "http.body_limit", "16KiB" },
                { "http.inflated_limit", "64KiB" }, { "events.string_limit", "1KiB" }, { "http.target_limit", "1KiB" },
                { "events.count_limit", "50" }, { "limits.open_bytes", "1MiB" }, { "debug.clock", "2026-11-21T12:00:00Z" },
        };
        struct folder folder;
        struct config config;
        struct errors errors = { 0 };
        struct error  err;
        (void)argc, (void)argv;
        folder_init(&folder);
        folder_write(&folder, "com.acme/sale/jsonschema/1-0-0", SALE);
        config_init(&config);
        BUG_IF(!config_set(&config, "schemas.path", folder.path, &err));
        for (size_t i = 0; i < COUNT_OF(SETTINGS); i++)
                BUG_IF(!config_set(&config, SETTINGS[i][0], SETTINGS[i][1], &err));
        metrics = metrics_new(1);
        plan = plan_new(&config, metrics, NULL, &errors);
        errors_print(&errors, stderr);
        BUG_IF(!plan);
        folder_done(&folder);
        return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct play play = {
                .script = { (const char *)data, (const char *)data + size }, .client = -1, .step = SIZE_MAX, .plain = true
        };
        struct pipeline_setup setup = { .type = &MEMORY_SINK, .sink = &play.sink, .metrics = metrics_of(metrics, 0), .workers = 1,
                                        .seed = 1 };
        struct error err;
        buffer_init(&play.out, OUT_MOST);
        buffer_init(&play.in, READ_MOST + (1 << 16));
        play.listener = listener_open();
        play.wake = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
        play.pipeline = pipeline_new(plan, &setup, &err);
        BUG_IF(!play.pipeline || play.wake < 0);
        play.loop = loop_new(&plan->config, pipeline_service(play.pipeline), metrics_of(metrics, 0), &err);
        BUG_IF(!play.loop || !pipeline_attach(play.pipeline, play.loop, &err));
        BUG_IF(!loop_listen(play.loop, dup(play.listener), &err) || !loop_watch(play.loop, play.wake, turn, &play, &err));
        client_connect(&play);
        loop_run(play.loop);
        BUG_IF(loop_open_bytes(play.loop) != 0 || pipeline_open(play.pipeline) != 0);
        loop_free(play.loop);
        pipeline_free(play.pipeline);
        (void)close(play.listener);
        (void)close(play.wake);
        buffer_done(&play.out);
        buffer_done(&play.in);
        law_check();
        return 0;
}
