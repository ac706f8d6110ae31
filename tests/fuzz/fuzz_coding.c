/* Any bytes as a compressed body (the first byte chooses the coding): nothing crashes, nothing grows over its limit, and what
 * comes out once comes out again. */
#include "server/coding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        enum { LIMIT = 1 << 20 };
        static const enum coding_kind KINDS[] = { CODING_GZIP, CODING_DEFLATE, CODING_ZSTD };
        if (size < 1)
                return 0;
        struct coding *coding = coding_new();
        struct arena_pool pool;
        struct arena arena, again;
        struct slice body = { (const char *)data + 1, size - 1 }, plain, same;
        enum coding_kind kind = KINDS[data[0] % COUNT_OF(KINDS)];
        arena_pool_init(&pool, 8192, 2);
        arena_init(&arena, &pool, 4 * LIMIT);
        arena_init(&again, &pool, 4 * LIMIT);
        enum http_fault fault = coding_undo(coding, kind, body, LIMIT, &arena, &plain);
        BUG_IF(fault && fault != HTTP_FAULT_content_coding && fault != HTTP_FAULT_inflated_large);
        if (!fault) {
                BUG_IF(plain.size > LIMIT);
                volatile char last = plain.data[plain.size + READABLE_PADDING - 1];     /* is readable */
                (void)last;
                BUG_IF(coding_undo(coding, kind, body, plain.size, &again, &same) || !slice_equal(plain, same));
        }
        arena_done(&arena);
        arena_done(&again);
        arena_pool_done(&pool);
        coding_free(coding);
        return 0;
}
