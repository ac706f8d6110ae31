/* Streams are made here by the libraries; broken ones by breaking those. */
#include "server/coding.h"
#include <libdeflate.h>
#include <setjmp.h>
#include <stdarg.h>
#include <zstd.h>
#include <cmocka.h>

enum maker { GZIP, ZLIB, RAW, ZSTD, ZSTD_STREAMED };
enum { LIMIT = 100000 };

static size_t make(enum maker maker, const char *plain, size_t size, char *to, size_t room)
{
        struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(6);
        size_t made = 0;
        switch (maker) {
        case GZIP: made = libdeflate_gzip_compress(compressor, plain, size, to, room); break;
        case ZLIB: made = libdeflate_zlib_compress(compressor, plain, size, to, room); break;
        case RAW:  made = libdeflate_deflate_compress(compressor, plain, size, to, room); break;
        case ZSTD: made = ZSTD_compress(to, room, plain, size, 3); break;
        case ZSTD_STREAMED: {              /* does not say its size */
                ZSTD_CCtx *stream = ZSTD_createCCtx();
                ZSTD_inBuffer in = { plain, size, 0 };
                ZSTD_outBuffer out = { to, room, 0 };
                while (ZSTD_compressStream2(stream, &out, &in, ZSTD_e_continue) && in.pos < in.size)
                        ;
                while (ZSTD_compressStream2(stream, &out, &in, ZSTD_e_end))
                        ;
                made = out.pos;
                ZSTD_freeCCtx(stream);
        }
        }
        libdeflate_free_compressor(compressor);
        assert_true(made > 0 && made <= room);
        return made;
}

/* What is done to the stream before it is read. */
enum harm { WHOLE, CUT, RUBBISH_BEHIND, BYTE_CHANGED, TWICE, LENGTH_LIES };

static const struct {
        const char      *name;
        enum maker       maker;
        enum coding_kind kind;
        size_t           size;             /* of the plain text */
        enum harm        harm;
        enum http_fault  want;
} CASES[] = {
        { "gzip", GZIP, CODING_GZIP, 700, WHOLE, HTTP_SOUND },
        { "gzip of nothing", GZIP, CODING_GZIP, 0, WHOLE, HTTP_SOUND },
        { "gzip of just the limit", GZIP, CODING_GZIP, LIMIT, WHOLE, HTTP_SOUND },
        { "gzip bomb", GZIP, CODING_GZIP, LIMIT + 1, WHOLE, HTTP_FAULT_inflated_large },
        { "gzip bomb that lies about its size", GZIP, CODING_GZIP, LIMIT * 4, LENGTH_LIES, HTTP_FAULT_inflated_large },
        { "gzip in two members", GZIP, CODING_GZIP, 700, TWICE, HTTP_SOUND },
        { "gzip bomb in two members", GZIP, CODING_GZIP, LIMIT * 2 / 3, TWICE, HTTP_FAULT_inflated_large },
        { "gzip cut off", GZIP, CODING_GZIP, 700, CUT, HTTP_FAULT_content_coding },
        { "gzip with rubbish behind", GZIP, CODING_GZIP, 700, RUBBISH_BEHIND, HTTP_FAULT_content_coding },
        { "gzip with a flipped bit", GZIP, CODING_GZIP, 700, BYTE_CHANGED, HTTP_FAULT_content_coding },
        { "deflate", ZLIB, CODING_DEFLATE, 700, WHOLE, HTTP_SOUND },
        { "deflate bomb", ZLIB, CODING_DEFLATE, LIMIT + 1, WHOLE, HTTP_FAULT_inflated_large },
        { "deflate cut off", ZLIB, CODING_DEFLATE, 700, CUT, HTTP_FAULT_content_coding },
        { "deflate with rubbish behind", ZLIB, CODING_DEFLATE, 700, RUBBISH_BEHIND, HTTP_FAULT_content_coding },
        { "raw deflate", RAW, CODING_DEFLATE, 700, WHOLE, HTTP_SOUND },
        { "raw deflate bomb", RAW, CODING_DEFLATE, LIMIT * 4, WHOLE, HTTP_FAULT_inflated_large },
        { "raw deflate cut off", RAW, CODING_DEFLATE, 700, CUT, HTTP_FAULT_content_coding },
        { "raw deflate with rubbish behind", RAW, CODING_DEFLATE, 700, RUBBISH_BEHIND, HTTP_FAULT_content_coding },
        { "zstd", ZSTD, CODING_ZSTD, 700, WHOLE, HTTP_SOUND },
        { "zstd of nothing", ZSTD, CODING_ZSTD, 0, WHOLE, HTTP_SOUND },
        { "zstd bomb", ZSTD, CODING_ZSTD, LIMIT + 1, WHOLE, HTTP_FAULT_inflated_large },
        { "zstd cut off", ZSTD, CODING_ZSTD, 700, CUT, HTTP_FAULT_content_coding },
        { "zstd with rubbish behind", ZSTD, CODING_ZSTD, 700, RUBBISH_BEHIND, HTTP_FAULT_content_coding },
        { "zstd in two frames", ZSTD, CODING_ZSTD, 700, TWICE, HTTP_SOUND },
        { "zstd without its size", ZSTD_STREAMED, CODING_ZSTD, LIMIT / 2, WHOLE, HTTP_SOUND },
        { "zstd bomb without its size", ZSTD_STREAMED, CODING_ZSTD, LIMIT * 4, WHOLE, HTTP_FAULT_inflated_large },
        { "gzip that is zstd", ZSTD, CODING_GZIP, 700, WHOLE, HTTP_FAULT_content_coding },
        { "zstd that is gzip", GZIP, CODING_ZSTD, 700, WHOLE, HTTP_FAULT_content_coding },
        { "deflate that is gzip", GZIP, CODING_DEFLATE, 700, WHOLE, HTTP_FAULT_content_coding },
};

static size_t harm(enum harm what, char *data, size_t size)
{
        switch (what) {
        case WHOLE:
                return size;
        case CUT:
                return size - 5;
        case RUBBISH_BEHIND:
                memcpy(data + size, "rubbish!", 8);
                return size + 8;
        case BYTE_CHANGED:
                data[size / 2] ^= 8;
                return size;
        case TWICE:
                memcpy(data + size, data, size);
                return size * 2;
        case LENGTH_LIES:
                memcpy(data + size - 4, "\x10\0\0\0", 4);
                return size;
        }
        return size;
}

static void rows(void **state)
{
        static char plain[LIMIT * 4], stream[LIMIT * 8];
        struct coding *coding = coding_new();
        struct arena_pool pool;
        (void)state;
        arena_pool_init(&pool, 8192, 4);
        for (size_t i = 0; i < sizeof(plain); i++)
                plain[i] = (char)('a' + i / 7 * i % 23);
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct arena arena;
                struct slice got = { NULL, 0 };
                arena_init(&arena, &pool, 16 * LIMIT);
                size_t size = make(CASES[i].maker, plain, CASES[i].size, stream, sizeof(stream) / 2);
                size = harm(CASES[i].harm, stream, size);
                char *exact = malloc(size);        /* so that a sanitizer sees a read past its end */
                memcpy(exact, stream, size);
                enum http_fault fault = coding_undo(coding, CASES[i].kind, (struct slice){ exact, size }, LIMIT, &arena, &got);
                if (fault != CASES[i].want)
                        fail_msg("%s: %s", CASES[i].name, fault ? HTTP_FAULTS[fault].name : "sound");
                size_t want = CASES[i].size * (CASES[i].harm == TWICE ? 2 : 1);
                if (!fault && (got.size != want || memcmp(got.data, plain, CASES[i].size) != 0))
                        fail_msg("%s: other bytes came out", CASES[i].name);
                free(exact);
                arena_done(&arena);
        }
        arena_pool_done(&pool);
        coding_free(coding);
}

static void full_arena_is_told(void **state)
{
        static char plain[50000], stream[50000];
        struct coding *coding = coding_new();
        struct arena_pool pool;
        struct arena arena;
        struct slice got;
        (void)state;
        arena_pool_init(&pool, 8192, 4);
        arena_init(&arena, &pool, 20000);
        struct slice packed = { stream, make(GZIP, plain, sizeof(plain), stream, sizeof(stream)) };
        assert_int_equal(coding_undo(coding, CODING_GZIP, packed, LIMIT, &arena, &got), HTTP_FAULT_memory);
        arena_done(&arena);
        arena_pool_done(&pool);
        coding_free(coding);
}

static void names(void **state)
{
        (void)state;
        assert_int_equal(coding_find(SLICE("gzip")), CODING_GZIP);
        assert_int_equal(coding_find(SLICE("X-GZIP")), CODING_GZIP);
        assert_int_equal(coding_find(SLICE("Deflate")), CODING_DEFLATE);
        assert_int_equal(coding_find(SLICE("zstd")), CODING_ZSTD);
        assert_int_equal(coding_find(SLICE("identity")), CODING_NONE);
        assert_int_equal(coding_find(SLICE("br")), CODING_UNKNOWN);
        assert_int_equal(coding_find(SLICE("gzip, gzip")), CODING_UNKNOWN);
        assert_int_equal(coding_guess(SLICE("\x1F\x8B")), CODING_GZIP);
        assert_int_equal(coding_guess(SLICE("\x1F")), CODING_NONE);
        assert_int_equal(coding_guess(SLICE("{}")), CODING_NONE);
}

int main(void)
{
        static const struct CMUnitTest TESTS[] = {
                cmocka_unit_test(rows), cmocka_unit_test(full_arena_is_told), cmocka_unit_test(names),
        };
        return cmocka_run_group_tests(TESTS, NULL, NULL);
}
