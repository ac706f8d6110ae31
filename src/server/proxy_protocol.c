#include "server/proxy_protocol.h"

static bool starts_alike(struct slice data, struct slice signature)
{
        size_t size = data.size < signature.size ? data.size : signature.size;
        return memcmp(data.data, signature.data, size) == 0;
}

/* The text up to the next space, which is skipped; data NULL: there is none. */
static struct slice word_next(struct slice *line)
{
        const char *space = memchr(line->data, ' ', line->size);
        struct slice word = space ? slice_between(line->data, space) : *line;
        *line = space ? slice_between(space + 1, line->data + line->size) : (struct slice){ line->data + line->size, 0 };
        return word;
}

static bool port_valid(struct slice text)
{
        unsigned port = 0;
        for (size_t i = 0; i < text.size; i++) {
                if (text.data[i] < '0' || text.data[i] > '9')
                        return false;
                port = port * 10 + (unsigned)(text.data[i] - '0');
        }
        return text.size > 0 && text.size <= 5 && port <= 65535 && (text.size == 1 || text.data[0] != '0');
}

/* PROXY TCP4 192.0.2.1 198.51.100.7 56324 443 CR LF; at most 107 bytes. */
static enum http_result read_text(struct slice data, size_t *ret_size, struct address *ret_client)
{
        enum { LONGEST = 107 };
        const char *feed = memchr(data.data, '\n', data.size < LONGEST ? data.size : LONGEST);
        if (!feed)
                return data.size < LONGEST ? HTTP_MORE : HTTP_BAD;
        if (feed[-1] != '\r')
                return HTTP_BAD;
        struct slice line = slice_between(data.data + strlen("PROXY "), feed - 1);
        if ((const char *)feed - 1 < line.data)
                return HTTP_BAD;
        *ret_size = (size_t)(feed + 1 - data.data);
        *ret_client = (struct address){ .known = false };
        struct slice family = word_next(&line);
        if (slice_equal(family, SLICE("UNKNOWN")))
                return HTTP_DONE;
        bool four = slice_equal(family, SLICE("TCP4"));
        if (!four && !slice_equal(family, SLICE("TCP6")))
                return HTTP_BAD;
        struct address client, ours;
        struct slice from = word_next(&line), to = word_next(&line), from_port = word_next(&line), to_port = word_next(&line);
        if (line.size || !address_parse(from, &client) || !address_parse(to, &ours) || !port_valid(from_port) ||
            !port_valid(to_port))
                return HTTP_BAD;
        if (from.data[0] == '[' || (memchr(from.data, ':', from.size) == NULL) != four)
                return HTTP_BAD;
        *ret_client = client;
        return HTTP_DONE;
}

static enum http_result read_binary(struct slice data, size_t *ret_size, struct address *ret_client)
{
        enum { FIXED = 16, COMMAND_LOCAL = 0, COMMAND_PROXY = 1, INET_STREAM = 0x11, INET6_STREAM = 0x21 };
        const unsigned char *at = (const unsigned char *)data.data;
        if (data.size >= 13 && (at[12] >> 4 != 2 || (at[12] & 15) > COMMAND_PROXY))
                return HTTP_BAD;
        if (data.size < FIXED)
                return HTTP_MORE;
        size_t rest = (size_t)at[14] << 8 | at[15];
        if (FIXED + rest > PROXY_HEADER_LIMIT)
                return HTTP_BAD;
        if (data.size < FIXED + rest)
                return HTTP_MORE;
        *ret_size = FIXED + rest;
        *ret_client = (struct address){ .known = false };
        if ((at[12] & 15) == COMMAND_LOCAL)
                return HTTP_DONE;
        if (at[13] == INET_STREAM) {
                if (rest < 12)
                        return HTTP_BAD;
                memcpy(ret_client->bytes, "\0\0\0\0\0\0\0\0\0\0\xFF\xFF", 12);
                memcpy(ret_client->bytes + 12, at + FIXED, 4);
                ret_client->known = true;
        } else if (at[13] == INET6_STREAM) {
                if (rest < 36)
                        return HTTP_BAD;
                memcpy(ret_client->bytes, at + FIXED, 16);
                ret_client->known = true;
        }
        return HTTP_DONE;
}

enum http_result proxy_header_read(struct slice data, size_t *ret_size, struct address *ret_client)
{
        static const struct slice TEXT = SLICE_INIT("PROXY "), BINARY = SLICE_INIT("\r\n\r\n\0\r\nQUIT\n");
        if (starts_alike(data, TEXT))
                return data.size < TEXT.size ? HTTP_MORE : read_text(data, ret_size, ret_client);
        if (starts_alike(data, BINARY))
                return data.size < BINARY.size ? HTTP_MORE : read_binary(data, ret_size, ret_client);
        return HTTP_BAD;
}
