/* Any bytes as a record of the bad-events topic. What is read of it is sound: the original bytes are not longer than the record,
 * the route is a schema's name, and the padding behind the bytes is zeros. */
#include "base/arena.h"
#include "schema/iglu.h"
#include "server/bad_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct arena_pool pool;
        struct arena arena;
        struct bad_record record;
        struct iglu iglu;
        char *copy = memory_get(size + 1); /* of its own, so that a read past its end is seen */
        memcpy(copy, data, size);
        arena_pool_init(&pool, 65536, 2);
        arena_init(&arena, &pool, SIZE_MAX);
        if (bad_record_read((struct slice){ copy, size }, &arena, &record) == BAD_WHOLE) {
                BUG_IF(record.body.size > size);
                BUG_IF(record.route.data && !iglu_parse(record.route, &iglu));
                for (size_t i = 0; i < READABLE_PADDING; i++)
                        BUG_IF(record.body.data[record.body.size + i]);
        }
        arena_done(&arena);
        arena_pool_done(&pool);
        free(copy);
        return 0;
}
