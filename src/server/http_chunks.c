#include "http_characters.h"
#include "server/http.h"

/* Where the next byte of a chunked body stands (RFC 9112, 7.1). No white space is taken anywhere in a size line: what others
 * read differently is refused. */
enum place {
        AT_SIZE,
        AT_SIZE_LF,
        AT_EXTENSION_NAME,
        AT_EXTENSION_VALUE,
        AT_EXTENSION_TOKEN,
        AT_EXTENSION_QUOTED,
        AT_EXTENSION_ESCAPE,
        AT_EXTENSION_END,
        AT_DATA,
        AT_DATA_CR,
        AT_DATA_LF,
        AT_TRAILER,
        AT_TRAILER_NAME,
        AT_TRAILER_VALUE,
        AT_TRAILER_LF,
        AT_LAST_LF,
        AT_END,
        AT_FAULT,
};

static enum place after_size(struct http_chunks *chunks, char c)
{
        enum { DIGITS = 15 };              /* fits into 64 bits with room to spare */
        int digit = char_hex(c);
        if (digit >= 0) {
                if (++chunks->digits > DIGITS)
                        return AT_FAULT;
                chunks->left = chunks->left << 4 | (unsigned)digit;
                return AT_SIZE;
        }
        if (chunks->digits == 0)
                return AT_FAULT;
        return c == '\r' ? AT_SIZE_LF : c == ';' ? AT_EXTENSION_NAME : AT_FAULT;
}

/* ";name", ";name=token", ";name=\"quoted\"" */
static enum place after_extension(struct http_chunks *chunks, enum place place, char c)
{
        if (++chunks->extension > HTTP_EXTENSION_LIMIT)
                return AT_FAULT;
        bool token = character_is(c, CHARACTER_TOKEN);
        switch (place) {
        case AT_EXTENSION_NAME:            /* the first of a name; `digits` tells whether there was one */
                if (token) {
                        chunks->digits = 255;
                        return AT_EXTENSION_NAME;
                }
                if (chunks->digits != 255)
                        return AT_FAULT;
                if (c == '=')
                        return AT_EXTENSION_VALUE;
                break;
        case AT_EXTENSION_VALUE:
                return c == '"' ? AT_EXTENSION_QUOTED : token ? AT_EXTENSION_TOKEN : AT_FAULT;
        case AT_EXTENSION_TOKEN:
                if (token)
                        return AT_EXTENSION_TOKEN;
                break;
        case AT_EXTENSION_QUOTED:
                if (c == '"')
                        return AT_EXTENSION_END;
                return c == '\\'                                                    ? AT_EXTENSION_ESCAPE
                       : (unsigned char)c < 0x80 && character_is(c, CHARACTER_TEXT) ? place
                                                                                    : AT_FAULT;
        case AT_EXTENSION_ESCAPE:
                return (unsigned char)c < 0x80 && character_is(c, CHARACTER_TEXT) ? AT_EXTENSION_QUOTED : AT_FAULT;
        default:
                break;
        }
        chunks->digits = 0;
        return c == '\r' ? AT_SIZE_LF : c == ';' ? AT_EXTENSION_NAME : AT_FAULT;
}

static enum place after_trailer(struct http_chunks *chunks, enum place place, char c)
{
        chunks->trailer++;
        switch (place) {
        case AT_TRAILER:
                if (c == '\r')
                        return AT_LAST_LF;
                chunks->trailers++;
                return character_is(c, CHARACTER_TOKEN) ? AT_TRAILER_NAME : AT_FAULT;
        case AT_TRAILER_NAME:
                return c == ':' ? AT_TRAILER_VALUE : character_is(c, CHARACTER_TOKEN) ? place : AT_FAULT;
        default:
                return c == '\r' ? AT_TRAILER_LF : character_is(c, CHARACTER_TEXT) ? place : AT_FAULT;
        }
}

static enum place after_size_line(struct http_chunks *chunks, char c)
{
        chunks->digits = 0;
        if (c != '\n')
                return AT_FAULT;
        return chunks->left ? AT_DATA : AT_TRAILER;
}

static enum place after(struct http_chunks *chunks, enum place place, char c)
{
        switch (place) {
        case AT_SIZE:        return after_size(chunks, c);
        case AT_SIZE_LF:     return after_size_line(chunks, c);
        case AT_DATA_CR:     return c == '\r' ? AT_DATA_LF : AT_FAULT;
        case AT_DATA_LF:     return c == '\n' ? AT_SIZE : AT_FAULT;
        case AT_TRAILER:
        case AT_TRAILER_NAME:
        case AT_TRAILER_VALUE: return after_trailer(chunks, place, c);
        case AT_TRAILER_LF:  return c == '\n' ? AT_TRAILER : AT_FAULT;
        case AT_LAST_LF:     return c == '\n' ? AT_END : AT_FAULT;
        default:             return after_extension(chunks, place, c);
        }
}

enum http_result http_unchunk(struct http_chunks *chunks, const struct http_limits *limits, char *data, size_t size,
                              size_t *ret_body, size_t *ret_used, enum http_fault *ret_fault)
{
        const char *at = data, *end = data + size;
        char *to = data;
        enum place place = chunks->state;
        while (at < end && place < AT_END) {
                if (place == AT_DATA) {
                        size_t take = (size_t)(end - at) < chunks->left ? (size_t)(end - at) : (size_t)chunks->left;
                        memmove(to, at, take);
                        to += take;
                        at += take;
                        chunks->left -= take;
                        if (chunks->left == 0)
                                place = AT_DATA_CR;
                        continue;
                }
                bool trailing = place >= AT_TRAILER;
                place = after(chunks, place, *at++);
                if (place == AT_FAULT || chunks->trailer > limits->head || chunks->trailers > limits->headers) {
                        *ret_fault = trailing ? HTTP_FAULT_trailer : HTTP_FAULT_chunk;
                        return HTTP_BAD;
                }
        }
        chunks->state = (uint8_t)place;
        *ret_body = (size_t)(to - data);
        *ret_used = (size_t)(at - data);
        return place == AT_END ? HTTP_DONE : HTTP_MORE;
}
