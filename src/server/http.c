#include "server/http.h"
#include "http_characters.h"
#include "http_frame.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

const struct http_fault_row HTTP_FAULTS[HTTP_FAULT_COUNT] = {
#define FAULT(id, code, text) [HTTP_FAULT_##id] = { .name = #id, .message = (text), .status = (code) },
#include "server/faults.def"
#undef FAULT
};

/* A head while it is read. `at` runs to `end`; what is wrong ends it. */
struct reading {
        const char *start, *at, *end;
        enum http_fault fault;
};

static enum http_result bad(struct reading *in, enum http_fault fault)
{
        in->fault = fault;
        return HTTP_BAD;
}

/* The end of the text that may stand in a field value: the first control character but a tab, or `end`. */
static const char *text_end(const char *at, const char *end)
{
#ifdef __SSE2__
        const __m128i low = _mm_set1_epi8(0x1F), tab = _mm_set1_epi8('\t'), del = _mm_set1_epi8(0x7F);
        for (; at < end; at += 16) {
                __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
                __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, low), bytes);
                control = _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(bytes, tab), control), _mm_cmpeq_epi8(bytes, del));
                unsigned found = (unsigned)_mm_movemask_epi8(control);
                if (found) {
                        at += __builtin_ctz(found);
                        return at < end ? at : end;
                }
        }
        return end;
#else
        while (at < end && character_is(*at, CHARACTER_TEXT))
                at++;
        return at;
#endif
}

/* The colon behind a field name, or `end`; the name's characters are not looked at. */
static const char *colon_find(const char *at, const char *end)
{
#ifdef __SSE2__
        const __m128i colon = _mm_set1_epi8(':');
        for (const char *from = at; from < end && from < at + 64; from += 16) {
                unsigned found =
                        (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)from), colon));
                if (found) {
                        from += __builtin_ctz(found);
                        return from < end ? from : end;
                }
        }
#endif
        const char *found = memchr(at, ':', (size_t)(end - at));
        return found ? found : end;
}

/* CR LF at `at`. A lone CR at the end may still become one. */
static enum http_result read_line_end(struct reading *in, enum http_fault fault)
{
        if (in->at == in->end)
                return HTTP_MORE;
        if (*in->at != '\r')
                return bad(in, fault);
        if (in->at + 1 == in->end)
                return HTTP_MORE;
        if (in->at[1] != '\n')
                return bad(in, fault);
        in->at += 2;
        return HTTP_DONE;
}

static enum http_result read_method(struct reading *in, struct http_request *request)
{
        static const struct { struct slice text; enum http_method method; } METHODS[] = {
                { SLICE_INIT("POST"), HTTP_POST }, { SLICE_INIT("GET"), HTTP_GET }, { SLICE_INIT("OPTIONS"), HTTP_OPTIONS },
                { SLICE_INIT("HEAD"), HTTP_HEAD }, { SLICE_INIT("PUT"), HTTP_PUT }, { SLICE_INIT("DELETE"), HTTP_DELETE },
                { SLICE_INIT("PATCH"), HTTP_PATCH }, { SLICE_INIT("CONNECT"), HTTP_CONNECT }, { SLICE_INIT("TRACE"), HTTP_TRACE },
        };
        enum { LONGEST = 32 };             /* the longest registered method has 17 */
        const char *start = in->at;
        while (in->at < in->end && character_is(*in->at, CHARACTER_TOKEN))
                in->at++;
        if (in->at - start > LONGEST)
                return bad(in, HTTP_FAULT_request_line);
        if (in->at == in->end)
                return HTTP_MORE;
        if (in->at == start || *in->at != ' ')
                return bad(in, HTTP_FAULT_request_line);
        request->method_text = slice_between(start, in->at++);
        request->method = HTTP_OTHER;
        for (size_t i = 0; i < COUNT_OF(METHODS); i++)
                if (slice_equal(request->method_text, METHODS[i].text)) {
                        request->method = METHODS[i].method;
                        break;
                }
        return HTTP_DONE;
}

static enum http_result read_target(struct reading *in, size_t limit, struct http_request *request)
{
        const char *start = in->at;
        const char *end = (size_t)(in->end - start) > limit ? start + limit + 1 : in->end;
        while (in->at < end && character_is(*in->at, CHARACTER_TARGET))
                in->at++;
        if ((size_t)(in->at - start) > limit)
                return bad(in, HTTP_FAULT_target_large);
        if (in->at == in->end)
                return HTTP_MORE;
        if (*in->at != ' ')
                return bad(in, *in->at == '\r' || *in->at == '\n' ? HTTP_FAULT_request_line : HTTP_FAULT_target);
        request->target = slice_between(start, in->at++);
        return HTTP_DONE;
}

static enum http_result read_version(struct reading *in, struct http_request *request)
{
        static const char FORM[] = "HTTP/";
        const char *at = in->at;
        for (size_t i = 0; i < sizeof(FORM) - 1; i++, at++) {
                if (at == in->end)
                        return HTTP_MORE;
                if (*at != FORM[i])
                        return bad(in, HTTP_FAULT_request_line);
        }
        if (in->end - at < 3)
                return HTTP_MORE;
        if (at[0] < '0' || at[0] > '9' || at[1] != '.' || at[2] < '0' || at[2] > '9')
                return bad(in, HTTP_FAULT_request_line);
        int major = at[0] - '0';
        request->minor = at[2] - '0';
        in->at = at + 3;
        enum http_result result = read_line_end(in, HTTP_FAULT_request_line);
        /* Told only when the line is whole, so that rubbish is not taken for another version. */
        if (result == HTTP_DONE && major != 1)
                return bad(in, HTTP_FAULT_version);
        return result;
}

/* One header line. HTTP_DONE: it is in *ret_header. */
static enum http_result read_header(struct reading *in, const struct http_names *names, struct http_header *ret_header,
                                    int *ret_row)
{
        const char *start = in->at, *colon = colon_find(start, in->end);
        *ret_row = http_names_find(names, slice_between(start, colon));
        /* A known name has only letters and hyphens; others are looked at. */
        if (*ret_row < 0) {
                const char *at = start;
                while (at < colon && character_is(*at, CHARACTER_TOKEN))
                        at++;
                if (at < colon)
                        return bad(in, HTTP_FAULT_header_line);
        }
        if (colon == in->end)
                return HTTP_MORE;
        if (colon == start)
                return bad(in, HTTP_FAULT_header_line);
        const char *value = colon + 1;
        while (value < in->end && (*value == ' ' || *value == '\t'))
                value++;
        const char *end = text_end(value, in->end);
        in->at = end;
        enum http_result result = read_line_end(in, HTTP_FAULT_header_line);
        if (result != HTTP_DONE)
                return result;
        while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
                end--;
        *ret_header = (struct http_header){ slice_between(start, colon), slice_between(value, end) };
        return HTTP_DONE;
}

static enum http_result read_headers(struct reading *in, const struct http_names *names, size_t limit,
                                     struct http_request *request, struct http_framing *framing)
{
        for (;;) {
                if (in->at == in->end)
                        return HTTP_MORE;
                if (*in->at == '\r')
                        return read_line_end(in, HTTP_FAULT_header_line);
                struct http_header header;
                int row;
                enum http_result result = read_header(in, names, &header, &row);
                if (result != HTTP_DONE)
                        return result;
                if (request->header_count == limit)
                        return bad(in, HTTP_FAULT_header_count);
                request->headers[request->header_count++] = header;
                if (row >= 0)
                        http_framing_add(framing, request, row, header.value);
        }
}

static enum http_result read_head(struct reading *in, const struct http_names *names, const struct http_limits *limits,
                                  struct http_request *request)
{
        struct http_framing framing = { 0 };
        if (in->at < in->end && *in->at == '\r') {
                enum http_result skipped = read_line_end(in, HTTP_FAULT_request_line);
                if (skipped != HTTP_DONE)
                        return skipped;
        }
        enum http_result result = read_method(in, request);
        if (result == HTTP_DONE)
                result = read_target(in, limits->target, request);
        if (result == HTTP_DONE)
                result = read_version(in, request);
        if (result == HTTP_DONE)
                result = read_headers(in, names, limits->headers, request, &framing);
        if (result != HTTP_DONE)
                return result;
        in->fault = http_target_split(request);
        if (!in->fault)
                in->fault = http_framing_check(&framing, request);
        return in->fault ? HTTP_BAD : HTTP_DONE;
}

enum http_result http_parse(const struct http_names *names, const struct http_limits *limits, struct slice data,
                            struct http_request *request, size_t *ret_size, enum http_fault *ret_fault)
{
        struct http_header *headers = request->headers;
        struct slice *client = request->client;
        *request = (struct http_request){ .headers = headers, .client = client };
        /* One byte over the limit is enough to see that it is over. */
        size_t size = data.size > limits->head ? limits->head + 1 : data.size;
        struct reading in = { .start = data.data, .at = data.data, .end = data.data + size };
        enum http_result result = read_head(&in, names, limits, request);
        if (result == HTTP_MORE && size < data.size)
                result = bad(&in, HTTP_FAULT_head_large);
        if (result == HTTP_DONE && (size_t)(in.at - in.start) > limits->head)
                result = bad(&in, HTTP_FAULT_head_large);
        if (result == HTTP_DONE)
                *ret_size = (size_t)(in.at - in.start);
        else if (result == HTTP_BAD)
                *ret_fault = in.fault;
        return result;
}

bool http_parse_again(const struct http_limits *limits, struct slice data, size_t *scanned)
{
        bool line = memchr(data.data + *scanned, '\n', data.size - *scanned) != NULL;
        *scanned = data.size;
        return line || data.size > limits->head || (data.size > limits->target && !memchr(data.data, '\n', data.size));
}
