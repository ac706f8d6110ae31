#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/arena.h"

#define CHUNK 1024
#define LIMIT (4 * ARENA_LARGE)

static struct arena_pool pool;
static struct arena      arena;

static int set_up(void **state)
{
        (void)state;
        arena_pool_init(&pool, CHUNK, 2);
        arena_init(&arena, &pool, LIMIT);
        return 0;
}

static int tear_down(void **state)
{
        (void)state;
        arena_done(&arena);
        assert_int_equal(pool.out, 0);
        arena_pool_done(&pool);
        return 0;
}

static void test_pieces_do_not_overlap(void **state)
{
        (void)state;
        static const size_t SIZES[] = { 1, 16, 100, 255, 256, 257, 700, 1000, 1024, 5000, 3, 900, 40 };
        unsigned char *piece[COUNT_OF(SIZES)];
        for (size_t i = 0; i < COUNT_OF(SIZES); i++) {
                piece[i] = arena_take(&arena, SIZES[i]);
                assert_non_null(piece[i]);
                assert_int_equal((uintptr_t)piece[i] % 16, 0);
                memset(piece[i], (int)i + 1, SIZES[i]);
        }
        for (size_t i = 0; i < COUNT_OF(SIZES); i++)
                for (size_t k = 0; k < SIZES[i]; k++)
                        assert_int_equal(piece[i][k], i + 1);
}

static void test_the_limit_holds(void **state)
{
        (void)state;
        size_t taken = 0;
        while (arena_take(&arena, 500))
                taken += 500;
        assert_true(taken <= LIMIT && taken > LIMIT / 3);
        assert_true(arena.taken <= arena.limit);
        assert_null(arena_take(&arena, SIZE_MAX));
        assert_null(arena_take(&arena, SIZE_MAX - 15));
        assert_null(arena_take(&arena, LIMIT));
}

static void test_trim_gives_back_the_tail(void **state)
{
        (void)state;
        char *first = arena_take(&arena, 400);
        arena_trim(&arena, first, first + 10);
        char *second = arena_take(&arena, 10);
        assert_ptr_equal(second, first + 16);
        /* A piece with a chunk of its own cannot be trimmed, and trimming it must not harm the others. */
        char *large = arena_take(&arena, ARENA_LARGE + 1), *at = arena.at;
        assert_non_null(large);
        arena_trim(&arena, large, large + 1);
        assert_ptr_equal(arena.at, at);
}

static void test_chunks_are_used_again(void **state)
{
        (void)state;
        char *first = arena_take(&arena, 10);
        arena_done(&arena);
        assert_int_equal(pool.free.count, 1);
        assert_ptr_equal(arena_take(&arena, 10), first);
        assert_int_equal(pool.free.count, 0);
}

static void test_the_pool_keeps_only_so_many(void **state)
{
        (void)state;
        for (int i = 0; i < 10; i++)
                assert_non_null(arena_take(&arena, 250));
        for (int i = 0; i < 10; i++)
                assert_non_null(arena_take(&arena, 250));
        arena_done(&arena);
        assert_int_equal(pool.free.count, 2);
}

static void test_the_rest_of_a_large_chunk_is_used(void **state)
{
        (void)state;
        char *first = arena_take(&arena, 100), *body = arena_take(&arena, 40000), *next = arena_take(&arena, 20000);
        assert_non_null(first);
        assert_ptr_equal(next, body + 40000);
        arena_done(&arena);
        assert_int_equal(pool.free_large.count, 1);
        assert_ptr_equal(arena_take(&arena, 50000), body);
}

static void test_a_copy_ends_in_nul(void **state)
{
        (void)state;
        struct slice copy = arena_copy(&arena, SLICE("text"));
        assert_string_equal(copy.data, "text");
        assert_int_equal(copy.size, 4);
        assert_string_equal(arena_copy(&arena, (struct slice){ 0 }).data, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        const struct CMUnitTest tests[] = {
                TEST(test_pieces_do_not_overlap),       TEST(test_the_limit_holds),
                TEST(test_trim_gives_back_the_tail),    TEST(test_chunks_are_used_again),
                TEST(test_the_pool_keeps_only_so_many), TEST(test_the_rest_of_a_large_chunk_is_used),
                TEST(test_a_copy_ends_in_nul),
        };
        return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
