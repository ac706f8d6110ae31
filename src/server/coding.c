#include "server/coding.h"
#include <libdeflate.h>
#include <zstd.h>
#include <zstd_errors.h>

struct coding {
        struct libdeflate_decompressor *deflate;
        ZSTD_DCtx *zstd;
};

enum coding_kind coding_find(struct slice value)
{
        static const struct { struct slice name; enum coding_kind kind; } CODINGS[] = {
                { SLICE_INIT("gzip"), CODING_GZIP },       { SLICE_INIT("x-gzip"), CODING_GZIP },
                { SLICE_INIT("deflate"), CODING_DEFLATE }, { SLICE_INIT("zstd"), CODING_ZSTD },
                { SLICE_INIT("identity"), CODING_NONE },   { SLICE_INIT(""), CODING_NONE },
        };
        for (size_t i = 0; i < COUNT_OF(CODINGS); i++)
                if (slice_equal_nocase(value, CODINGS[i].name))
                        return CODINGS[i].kind;
        return CODING_UNKNOWN;
}

enum coding_kind coding_guess(struct slice body)
{
        return body.size >= 2 && (unsigned char)body.data[0] == 0x1F && (unsigned char)body.data[1] == 0x8B ? CODING_GZIP
                                                                                                            : CODING_NONE;
}

struct coding *coding_new(void)
{
        struct coding *coding = memory_get(sizeof(*coding));
        coding->deflate = libdeflate_alloc_decompressor();
        coding->zstd = ZSTD_createDCtx();
        if (!coding->deflate || !coding->zstd) {
                coding_free(coding);
                return NULL;
        }
        return coding;
}

void coding_free(struct coding *coding)
{
        if (!coding)
                return;
        if (coding->deflate)
                libdeflate_free_decompressor(coding->deflate);
        (void)ZSTD_freeDCtx(coding->zstd);
        free(coding);
}

/* How one attempt into a piece of `room` bytes ended. */
enum attempt { ATTEMPT_DONE, ATTEMPT_ROOM, ATTEMPT_BROKEN };

static enum attempt attempt_of(enum libdeflate_result result)
{
        return result == LIBDEFLATE_SUCCESS              ? ATTEMPT_DONE
               : result == LIBDEFLATE_INSUFFICIENT_SPACE ? ATTEMPT_ROOM
                                                         : ATTEMPT_BROKEN;
}

/* One or more members, nothing behind them (RFC 1952, 2.2). */
static enum attempt gunzip(struct coding *coding, struct slice body, char *to, size_t room, size_t *ret_size)
{
        size_t done = 0;
        do {
                size_t in, out;
                enum libdeflate_result result =
                        libdeflate_gzip_decompress_ex(coding->deflate, body.data, body.size, to + done, room - done, &in, &out);
                if (result != LIBDEFLATE_SUCCESS)
                        return attempt_of(result);
                done += out;
                body.data += in;
                body.size -= in;
        } while (body.size);
        *ret_size = done;
        return ATTEMPT_DONE;
}

static enum attempt inflate_either(struct coding *coding, struct slice body, char *to, size_t room, size_t *ret_size)
{
        const unsigned char *at = (const unsigned char *)body.data;
        size_t in;
        if (body.size >= 2 && (at[0] & 15) == 8 && (at[0] << 8 | at[1]) % 31 == 0) {
                enum attempt attempt =
                        attempt_of(libdeflate_zlib_decompress_ex(coding->deflate, body.data, body.size, to, room, &in, ret_size));
                if (attempt == ATTEMPT_ROOM || (attempt == ATTEMPT_DONE && in == body.size))
                        return attempt;
        }
        enum attempt attempt =
                attempt_of(libdeflate_deflate_decompress_ex(coding->deflate, body.data, body.size, to, room, &in, ret_size));
        return attempt == ATTEMPT_DONE && in != body.size ? ATTEMPT_BROKEN : attempt;
}

static enum attempt unzstd(struct coding *coding, struct slice body, char *to, size_t room, size_t *ret_size)
{
        size_t size = ZSTD_decompressDCtx(coding->zstd, to, room, body.data, body.size);
        if (ZSTD_isError(size))
                return ZSTD_getErrorCode(size) == ZSTD_error_dstSize_tooSmall ? ATTEMPT_ROOM : ATTEMPT_BROKEN;
        *ret_size = size;
        return ATTEMPT_DONE;
}

/* Bytes to try first: what the stream says of itself, if that can be; else a usual ratio. Never trusted, only tried. */
static size_t first_room(enum coding_kind kind, struct slice body, size_t limit)
{
        enum { RATIO_USUAL = 8, RATIO_MOST = 1032, LEAST = 1024 };
        const unsigned char *end = (const unsigned char *)body.data + body.size;
        size_t room = body.size * RATIO_USUAL;
        if (kind == CODING_GZIP && body.size >= 18) {
                size_t said = (size_t)end[-4] | (size_t)end[-3] << 8 | (size_t)end[-2] << 16 | (size_t)end[-1] << 24;
                if (said / RATIO_MOST <= body.size)
                        room = said;
        }
        if (kind == CODING_ZSTD) {
                unsigned long long said = ZSTD_getFrameContentSize(body.data, body.size);
                if (said < ZSTD_CONTENTSIZE_ERROR)
                        room = said < limit ? (size_t)said : limit;
        }
        room = room < LEAST ? LEAST : room;
        return room < limit ? room : limit;
}

enum http_fault coding_undo(struct coding *coding, enum coding_kind kind, struct slice body, size_t limit,
                            struct arena *arena, struct slice *ret_plain)
{
        static enum attempt (*const UNDO[])(struct coding *, struct slice, char *, size_t, size_t *) = {
                [CODING_GZIP] = gunzip, [CODING_DEFLATE] = inflate_either, [CODING_ZSTD] = unzstd,
        };
        BUG_IF(kind == CODING_NONE || kind == CODING_UNKNOWN);
        for (size_t room = first_room(kind, body, limit);;) {
                char *to = arena_take(arena, room + READABLE_PADDING);
                if (!to)
                        return HTTP_FAULT_memory;
                size_t size = 0;
                enum attempt attempt = UNDO[kind](coding, body, to, room, &size);
                if (attempt == ATTEMPT_DONE) {
                        arena_trim(arena, to, to + size + READABLE_PADDING);
                        *ret_plain = (struct slice){ to, size };
                        return HTTP_SOUND;
                }
                arena_trim(arena, to, to);
                if (attempt == ATTEMPT_BROKEN)
                        return HTTP_FAULT_content_coding;
                if (room == limit)
                        return HTTP_FAULT_inflated_large;
                room = room < limit / 8 ? room * 8 : limit;
        }
}
