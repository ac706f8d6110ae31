/* Any bytes as a connection's input. The first byte chooses how they are cut into pieces. Nothing crashes; the pieces give the
 * same messages as the whole; and every message that we take, llhttp takes as well, with the same body: there is no other
 * reading of it that a proxy before us could have. */
#include "server/http.h"
#include "oracle_llhttp.h"

enum { BODY_LIMIT = 65536, MESSAGES_MAX = 64 };
static const struct http_limits LIMITS = { .head = 4096, .target = 1024, .headers = 40 };

/* What one message was: enough to tell whether two readings agree. */
struct message {
        size_t   start, end;               /* bytes of the input */
        uint64_t head;                     /* a sum over its parts */
        size_t   body_size;
        uint64_t body;
        bool     comparable;               /* llhttp knows such messages */
};
struct reading {
        struct message  messages[MESSAGES_MAX];
        size_t          count;
        enum http_fault fault;
};

static uint64_t sum(uint64_t so_far, const char *data, size_t size)
{
        for (size_t i = 0; i < size; i++)
                so_far = (so_far ^ (unsigned char)data[i]) * 0x100000001B3u;
        return (so_far ^ size) * 0x100000001B3u;
}

static uint64_t sum_head(const struct http_request *request)
{
        uint64_t all = sum(0, request->method_text.data, request->method_text.size);
        all = sum(all, request->target.data, request->target.size);
        all = sum(all, request->path.data, request->path.size);
        all = sum(all, request->host.data, request->host.size);
        for (size_t i = 0; i < request->header_count; i++) {
                all = sum(all, request->headers[i].name.data, request->headers[i].name.size);
                all = sum(all, request->headers[i].value.data, request->headers[i].value.size);
        }
        return all + request->keep_alive + 2 * request->chunked + 4 * request->expect_continue;
}

/* A head out of growing pieces of an exact copy, so that a sanitizer sees every read past the padding. */
static enum http_result read_head(const struct http_names *names, struct slice input, size_t step, struct http_request *request,
                                  size_t *ret_size, enum http_fault *ret_fault)
{
        size_t scanned = 0;
        for (size_t size = step < input.size ? step : input.size;; size += step) {
                size = size < input.size ? size : input.size;
                if (size <= step || http_parse_again(&LIMITS, (struct slice){ input.data, size }, &scanned)) {
                        enum http_result result =
                                http_parse(names, &LIMITS, (struct slice){ input.data, size }, request, ret_size, ret_fault);
                        if (result != HTTP_MORE)
                                return result;
                }
                if (size == input.size)
                        return HTTP_MORE;
        }
}

static enum http_result read_body(const struct http_request *request, struct slice input, size_t step, struct message *message,
                                  size_t *ret_size, enum http_fault *ret_fault)
{
        static char body[BODY_LIMIT + 8];
        struct http_chunks chunks = { 0 };
        size_t filled = 0, at = 0;
        if (!request->chunked) {
                if (request->length > input.size)
                        return HTTP_MORE;
                *ret_size = message->body_size = (size_t)request->length;
                message->body = sum(0, input.data, message->body_size);
                return HTTP_DONE;
        }
        while (at < input.size) {
                size_t take = input.size - at < step ? input.size - at : step, got, used;
                if (take > BODY_LIMIT - filled)
                        return HTTP_MORE;
                memcpy(body + filled, input.data + at, take);
                enum http_result result = http_unchunk(&chunks, &LIMITS, body + filled, take, &got, &used, ret_fault);
                if (result == HTTP_BAD)
                        return result;
                filled += got;
                at += used;
                if (result == HTTP_DONE) {
                        *ret_size = at;
                        message->body_size = filled;
                        message->body = sum(0, body, filled);
                        return HTTP_DONE;
                }
        }
        return HTTP_MORE;
}

static bool has_upgrade(const struct http_request *request)
{
        return http_header(request, SLICE("upgrade")).data != NULL;
}

/* llhttp takes trailers for headers; we check their form and drop them, as RFC 9110, 6.5.1, allows. */
static bool names_framing(const char *data, size_t size)
{
        static const struct slice NAMES[] = { SLICE_INIT("transfer-encoding"), SLICE_INIT("content-length"),
                                              SLICE_INIT("connection"), SLICE_INIT("upgrade") };
        for (size_t at = 0; at < size; at++)
                for (size_t i = 0; i < COUNT_OF(NAMES); i++)
                        if (size - at >= NAMES[i].size &&
                            slice_equal_nocase((struct slice){ data + at, NAMES[i].size }, NAMES[i]))
                                return true;
        return false;
}

static void read_all(const struct http_names *names, struct slice input, size_t step, struct reading *reading)
{
        static struct http_header headers[64];
        size_t at = 0;
        *reading = (struct reading){ .fault = HTTP_SOUND };
        while (at < input.size && reading->count < MESSAGES_MAX) {
                struct message *message = &reading->messages[reading->count];
                struct http_request request = { .headers = headers };
                struct slice rest = { input.data + at, input.size - at };
                size_t head, body;
                if (read_head(names, rest, step, &request, &head, &reading->fault) != HTTP_DONE)
                        return;
                BUG_IF(head == 0 || head > rest.size || head > LIMITS.head || request.header_count > LIMITS.headers);
                message->head = sum_head(&request);
                /* llhttp lists its methods, takes the versions 1.0 and 1.1 only, and treats upgrades as tunnels; the authority of
                 * an absolute target it reads by a grammar of its own. */
                message->comparable = request.method != HTTP_OTHER && request.method != HTTP_CONNECT && request.minor <= 1 &&
                                      !has_upgrade(&request) && request.target.data[0] == '/';
                if (read_body(&request, (struct slice){ rest.data + head, rest.size - head }, step, message, &body,
                              &reading->fault) != HTTP_DONE)
                        return;
                message->comparable &= !request.chunked || !names_framing(rest.data + head, body);
                message->start = at;
                at = message->end = at + head + body;
                reading->count++;
                if (!request.keep_alive)
                        return;
        }
}

static void same(const struct reading *a, const struct reading *b)
{
        BUG_IF(a->count != b->count);
        for (size_t i = 0; i < a->count; i++) {
                const struct message *x = &a->messages[i], *y = &b->messages[i];
                BUG_IF(x->start != y->start || x->end != y->end || x->head != y->head);
                BUG_IF(x->body_size != y->body_size || x->body != y->body);
        }
}

#ifdef WITH_LLHTTP
static void compare(struct slice input, const struct message *message)
{
        static char body[BODY_LIMIT];
        size_t size = sizeof(body);
        if (!message->comparable || message->body_size > sizeof(body))
                return;
        BUG_IF(!oracle_llhttp(input.data + message->start, message->end - message->start, body, &size));
        BUG_IF(size != message->body_size || sum(0, body, size) != message->body);
}
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static struct reading whole, pieces;
        struct http_names names;
        if (size < 1)
                return 0;
        char *copy = malloc(size - 1 + HTTP_PADDING);
        struct slice input = { copy, size - 1 };
        memcpy(copy, data + 1, size - 1);
        memset(copy + input.size, data[0], HTTP_PADDING);       /* what lies behind must not matter */
        http_names_init(&names);
        read_all(&names, input, SIZE_MAX / 2, &whole);
        read_all(&names, input, data[0] % 32 + 1u, &pieces);
        same(&whole, &pieces);
#ifdef WITH_LLHTTP
        for (size_t i = 0; i < whole.count; i++)
                compare(input, &whole.messages[i]);
#endif
        free(copy);
        return 0;
}
