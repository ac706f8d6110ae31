#include "http_frame.h"
#include "http_characters.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { ROW_HOST = HEADER_COUNT, ROW_CONTENT_LENGTH, ROW_TRANSFER_ENCODING, ROW_CONNECTION, ROW_EXPECT, ROW_CONTENT_TYPE,
       ROW_CONTENT_ENCODING, ROW_COUNT };
static const struct slice FRAMING[] = {
        [ROW_HOST - HEADER_COUNT] = SLICE_INIT("host"),
        [ROW_CONTENT_LENGTH - HEADER_COUNT] = SLICE_INIT("content-length"),
        [ROW_TRANSFER_ENCODING - HEADER_COUNT] = SLICE_INIT("transfer-encoding"),
        [ROW_CONNECTION - HEADER_COUNT] = SLICE_INIT("connection"),
        [ROW_EXPECT - HEADER_COUNT] = SLICE_INIT("expect"),
        [ROW_CONTENT_TYPE - HEADER_COUNT] = SLICE_INIT("content-type"),
        [ROW_CONTENT_ENCODING - HEADER_COUNT] = SLICE_INIT("content-encoding"),
};

static struct slice row_name(int row)
{
        return row < HEADER_COUNT ? HEADERS[row] : FRAMING[row - HEADER_COUNT];
}

static inline unsigned name_slot(struct slice name, uint32_t seed)
{
        const unsigned char *at = (const unsigned char *)name.data;
        uint32_t mix = (uint32_t)name.size << 24 | (uint32_t)(at[0] | 0x20) << 16 | (uint32_t)(at[name.size / 2] | 0x20) << 8 |
                       (uint32_t)(at[name.size - 1] | 0x20);
        return (mix * seed) >> 24;
}

void http_names_init(struct http_names *names)
{
        _Static_assert(ROW_COUNT <= HTTP_NAMES_MAX, "more names than struct http_names has room for");
        for (uint32_t seed = 0x9E3779B1u; ; seed += 2) {
                *names = (struct http_names){ .seed = seed };
                int row = 0;
                for (; row < ROW_COUNT; row++) {
                        struct slice name = row_name(row);
                        uint8_t *place = &names->row[name_slot(name, seed)];
                        BUG_IF(name.size > HTTP_NAME_MAX);
                        if (*place)
                                break;
                        *place = (uint8_t)(row + 1);
                        names->size[row] = (uint8_t)name.size;
                        memcpy(names->text[row], name.data, name.size);
                }
                if (row == ROW_COUNT)
                        return;
                BUG_IF(seed == 0x9E3779AFu);       /* two names alike in length, first, middle and last letter */
        }
}

/* Known names hold letters, digits and hyphens. Setting bit 5 makes letters small; of the bytes that it changes into one of
 * those, only capital letters and control characters are not themselves, and CR (into '-') must not pass. */
static inline bool name_is(const char *name, const char *known, size_t size)
{
#ifdef __SSE2__
        const __m128i small = _mm_set1_epi8(0x20), low = _mm_set1_epi8(0x1F);
        uint32_t same = 0;
        for (int half = 0; half < 2; half++) {
                __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(name + half * 16));
                __m128i text = _mm_loadu_si128((const __m128i *)(const void *)(known + half * 16));
                __m128i equal = _mm_cmpeq_epi8(_mm_or_si128(bytes, small), text);
                equal = _mm_andnot_si128(_mm_cmpeq_epi8(_mm_min_epu8(bytes, low), bytes), equal);
                same |= (uint32_t)_mm_movemask_epi8(equal) << half * 16;
        }
        return (~same << (HTTP_NAME_MAX - size)) == 0;
#else
        unsigned differs = 0;
        for (size_t i = 0; i < size; i++) {
                unsigned char c = (unsigned char)name[i];
                differs |= (unsigned)((c | 0x20) ^ (unsigned char)known[i]) | (c < 0x20);
        }
        return !differs;
#endif
}

int http_names_find(const struct http_names *names, struct slice name)
{
        if (name.size == 0)
                return -1;
        int row = names->row[name_slot(name, names->seed)] - 1;
        return row >= 0 && names->size[row] == name.size && name_is(name.data, names->text[row], name.size) ? row : -1;
}

bool http_list_has(struct slice list, struct slice token)
{
        const char *at = list.data, *end = at + list.size;
        while (at < end) {
                const char *comma = memchr(at, ',', (size_t)(end - at));
                const char *stop = comma ? comma : end;
                while (at < stop && (*at == ' ' || *at == '\t'))
                        at++;
                const char *word = at;
                while (at < stop && *at != ';' && *at != ' ' && *at != '\t')
                        at++;
                if (slice_equal_nocase(slice_between(word, at), token))
                        return true;
                at = stop + 1;
        }
        return false;
}

void http_framing_add(struct http_framing *framing, struct http_request *request, int row, struct slice value)
{
        switch (row) {
        case ROW_HOST:
                framing->hosts++;
                request->host = value;
                return;
        case ROW_CONTENT_LENGTH:
                framing->lengths++;
                framing->length = value;
                return;
        case ROW_TRANSFER_ENCODING:
                framing->codings++;
                framing->coding = value;
                return;
        case ROW_CONNECTION:
                framing->close |= http_list_has(value, SLICE("close"));
                framing->keep_alive |= http_list_has(value, SLICE("keep-alive"));
                return;
        case ROW_EXPECT:
                if (slice_equal_nocase(value, SLICE("100-continue")))
                        request->expect_continue = true;
                else
                        request->expect_other = true;
                return;
        case ROW_CONTENT_TYPE:
                if (!request->content_type.data)
                        request->content_type = value;
                return;
        case ROW_CONTENT_ENCODING:
                request->coded_twice |= request->content_encoding.data != NULL;
                request->content_encoding = value;
                return;
        default:
                if (request->client && !request->client[row].data)
                        request->client[row] = value;
        }
}

/* uri-host [ ":" port ]: a name, an IPv4 address, or an IPv6 address in brackets; not empty. */
static bool host_valid(struct slice host)
{
        const char *at = host.data, *end = at + host.size, *start = at;
        if (at < end && *at == '[') {
                const char *close = memchr(at, ']', (size_t)(end - at));
                struct address address;
                if (!close || !address_parse(slice_between(at, close + 1), &address))
                        return false;
                at = close + 1;
        } else {
                for (; at < end && character_is(*at, CHARACTER_HOST); at++)
                        if (*at == '%' && (end - at < 3 || !strchr("0123456789abcdefABCDEF", at[1]) || !at[1] ||
                                           !strchr("0123456789abcdefABCDEF", at[2]) || !at[2]))
                                return false;
        }
        if (at == start)
                return false;
        if (at == end)
                return true;
        if (*at++ != ':' || end - at > 5)
                return false;
        unsigned port = 0;
        for (; at < end; at++) {
                if (*at < '0' || *at > '9')
                        return false;
                port = port * 10 + (unsigned)(*at - '0');
        }
        return port <= 65535;
}

static enum http_fault length_read(struct slice text, uint64_t *ret_length)
{
        uint64_t length = 0;
        if (text.size == 0)
                return HTTP_FAULT_length;
        for (size_t i = 0; i < text.size; i++) {
                if (text.data[i] < '0' || text.data[i] > '9')
                        return HTTP_FAULT_length;
                if (__builtin_mul_overflow(length, 10, &length) ||
                    __builtin_add_overflow(length, (uint64_t)(text.data[i] - '0'), &length))
                        length = UINT64_MAX / 10 + 1;      /* too large for anybody, and stays so */
        }
        *ret_length = length;
        return HTTP_SOUND;
}

/* A tab stands beside the value of a head's line. Some parsers take it for white space, others for a part of the value. */
static bool beside_tab(struct slice value)
{
        const char *before = value.data - 1, *behind = value.data + value.size;
        while (*before == ' ')
                before--;
        while (*behind == ' ')
                behind++;
        return *before == '\t' || *behind == '\t';
}

/* "chunked" alone is what we understand. A list of tokens that ends in its only chunked is sound, but not understood. */
static enum http_fault coding_check(struct slice coding)
{
        const char *at = coding.data, *end = at + coding.size;
        unsigned chunked = 0, others = 0;
        bool last = false;
        if (beside_tab(coding))
                return HTTP_FAULT_transfer_coding;
        if (slice_equal_nocase(coding, SLICE("chunked")))
                return HTTP_SOUND;
        for (;;) {
                const char *comma = memchr(at, ',', (size_t)(end - at));
                const char *stop = comma ? comma : end;
                while (at < stop && (*at == ' ' || *at == '\t'))
                        at++;
                const char *word = at;
                while (at < stop && character_is(*at, CHARACTER_TOKEN))
                        at++;
                struct slice token = slice_between(word, at);
                while (at < stop && (*at == ' ' || *at == '\t'))
                        at++;
                if (token.size == 0 || at != stop)
                        return HTTP_FAULT_transfer_coding;
                last = slice_equal_nocase(token, SLICE("chunked"));
                chunked += last;
                others += !last;
                if (!comma)
                        break;
                at = comma + 1;
        }
        return chunked == 1 && last && others ? HTTP_FAULT_transfer_unknown : HTTP_FAULT_transfer_coding;
}

static enum http_fault host_check(const struct http_framing *framing, struct http_request *request, struct slice authority)
{
        if (framing->hosts > 1)
                return HTTP_FAULT_host_repeated;
        if (framing->hosts == 0 && request->minor > 0)
                return HTTP_FAULT_host_missing;
        if (framing->hosts && !host_valid(request->host))
                return HTTP_FAULT_host;
        /* The authority of an absolute target is checked like a Host, and counts instead of it (RFC 9112, 3.2.2). */
        if (authority.data) {
                if (!host_valid(authority))
                        return HTTP_FAULT_target;
                request->host = authority;
        }
        return HTTP_SOUND;
}

static struct slice target_authority(const struct http_request *request)
{
        if (request->target.data[0] == '/' || request->target.data[0] == '*')
                return (struct slice){ 0 };
        if (request->method == HTTP_CONNECT)
                return request->target;
        const char *start = (const char *)memchr(request->target.data, ':', request->target.size) + 3;
        return slice_between(start, request->path.data ? request->path.data : request->target.data + request->target.size);
}

enum http_fault http_framing_check(const struct http_framing *framing, struct http_request *request)
{
        enum http_fault fault = host_check(framing, request, target_authority(request));
        if (fault)
                return fault;
        if (framing->lengths > 1)
                return HTTP_FAULT_length_repeated;
        if (framing->lengths && framing->codings)
                return HTTP_FAULT_length_and_coding;
        if (framing->lengths && (fault = length_read(framing->length, &request->length)))
                return fault;
        if (framing->codings > 1 || (framing->codings && request->minor == 0))
                return HTTP_FAULT_transfer_coding;
        if (framing->codings && (fault = coding_check(framing->coding)))
                return fault;
        request->has_length = framing->lengths > 0;
        request->chunked = framing->codings > 0;
        request->keep_alive = !framing->close && (request->minor > 0 || framing->keep_alive);
        if (request->minor == 0)
                request->expect_continue = false;          /* RFC 9110, 10.1.1 */
        if (request->path.size == 0)
                request->path = SLICE("/");
        return HTTP_SOUND;
}

enum http_fault http_target_split(struct http_request *request)
{
        struct slice target = request->target;
        if (target.size == 0)
                return HTTP_FAULT_request_line;
        if (request->method == HTTP_CONNECT)               /* authority-form; checked like a Host */
                return memchr(target.data, ':', target.size) && target.data[0] != '/' && target.data[0] != '*'
                               ? HTTP_SOUND
                               : HTTP_FAULT_target;
        if (slice_equal(target, SLICE("*"))) {
                request->path = target;
                return request->method == HTTP_OPTIONS ? HTTP_SOUND : HTTP_FAULT_target;
        }
        const char *path = target.data, *end = path + target.size;
        if (*path != '/') {
                static const struct slice SCHEMES[] = { SLICE_INIT("http://"), SLICE_INIT("https://") };
                size_t i = 0;
                while (i < COUNT_OF(SCHEMES) && (target.size < SCHEMES[i].size ||
                                                 !slice_equal_nocase((struct slice){ target.data, SCHEMES[i].size }, SCHEMES[i])))
                        i++;
                if (i == COUNT_OF(SCHEMES))
                        return HTTP_FAULT_target;
                path += SCHEMES[i].size;
                while (path < end && *path != '/' && *path != '?')
                        path++;
        }
        const char *mark = memchr(path, '?', (size_t)(end - path));
        request->path = path == end ? (struct slice){ 0 } : slice_between(path, mark ? mark : end);
        request->query = mark ? slice_between(mark + 1, end) : (struct slice){ 0 };
        return HTTP_SOUND;
}

struct slice http_header(const struct http_request *request, struct slice name)
{
        for (size_t i = 0; i < request->header_count; i++)
                if (slice_equal_nocase(request->headers[i].name, name))
                        return request->headers[i].value;
        return (struct slice){ 0 };
}
