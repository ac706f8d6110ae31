/* The file `end` of a topic's lane: four blocks, of which a power cut or the disk may spoil some. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include "../../../src/sink/spool_end.h"
#include "../../../src/sink/spool_segment.h"
#include "../schema/folder.h"

/* What a block holds: nothing, digits to its last byte, or a place in segment and offset. */
enum { NOTHING, DIGITS, PLACE };
struct block { int kind; uint64_t segment, offset; };

static const struct { const char *name; struct block blocks[4]; bool known; uint64_t segment, offset; unsigned pair; } CASES[] = {
        { "a file that is empty", { { NOTHING, 0, 0 } }, false, 0, 0, 0 },
        { "nonsense", { { DIGITS, 0, 0 }, { DIGITS, 0, 0 }, { DIGITS, 0, 0 }, { DIGITS, 0, 0 } }, false, 0, 0, 0 },
        { "the first pair alone", { { PLACE, 1, 64 }, { PLACE, 1, 64 } }, true, 1, 64, 1 },
        { "a later one in the second", { { PLACE, 1, 64 }, { PLACE, 1, 64 }, { PLACE, 1, 96 }, { PLACE, 1, 96 } },
          true, 1, 96, 0 },
        { "a later one in the first", { { PLACE, 2, 32 }, { PLACE, 2, 32 }, { PLACE, 1, 96 }, { PLACE, 1, 96 } },
          true, 2, 32, 1 },
        { "the newest pair is spoiled", { { PLACE, 1, 64 }, { PLACE, 1, 64 }, { DIGITS, 0, 0 }, { NOTHING, 0, 0 } },
          true, 1, 64, 1 },
        { "half of the newest is spoiled", { { PLACE, 1, 64 }, { PLACE, 1, 64 }, { DIGITS, 0, 0 }, { PLACE, 1, 96 } },
          true, 1, 96, 0 },
        { "half of it was written", { { PLACE, 1, 64 }, { PLACE, 1, 64 }, { PLACE, 1, 96 }, { PLACE, 1, 32 } }, true, 1, 96, 0 },
        { "one block of all", { { DIGITS, 0, 0 }, { PLACE, 7, 4096 } }, true, 7, 4096, 1 },
        { "an offset that no frame has", { { PLACE, 1, 65 }, { PLACE, 1, 64 } }, true, 1, 64, 1 },
        { "the very beginning", { { PLACE, 0, 0 }, { PLACE, 0, 0 } }, true, 0, 0, 1 },
};

static int file_make(const struct folder *folder, const struct block blocks[static 4])
{
        char path[512], text[POSITION_SIZE + 1];
        (void)snprintf(path, sizeof(path), "%s/end", folder->path);
        int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        assert_true(file >= 0);
        for (size_t i = 0; i < 4; i++) {
                if (blocks[i].kind == NOTHING)
                        continue;
                memset(text, 'f', sizeof(text));
                if (blocks[i].kind == PLACE)
                        position_print(blocks[i].segment, blocks[i].offset, text);
                assert_int_equal(pwrite(file, text, POSITION_SIZE, (off_t)i * END_BLOCK), POSITION_SIZE);
        }
        return file;
}

static void the_newest_that_is_whole_counts(void **state)
{
        struct folder folder;
        (void)state;
        folder_init(&folder);
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct spool_place end = { 0 };
                unsigned pair = 0;
                int file = file_make(&folder, CASES[i].blocks);
                bool known = end_read(file, &end, &pair);
                if (known != CASES[i].known || end.segment != CASES[i].segment || end.offset != CASES[i].offset ||
                    pair != CASES[i].pair)
                        fail_msg("%s: %llu, %llu, pair %u", CASES[i].name, (unsigned long long)end.segment,
                                 (unsigned long long)end.offset, pair);
                (void)close(file);
        }
        folder_done(&folder);
}

/* Each is read back, and says where the next goes; the one before stays. */
static void pairs_are_written_in_turn(void **state)
{
        static const struct block NONE[4];
        struct folder folder;
        struct spool_place end;
        unsigned pair = 0, next;
        (void)state;
        folder_init(&folder);
        int file = file_make(&folder, NONE);
        for (uint64_t i = 1; i < 20; i++) {
                assert_true(end_write(file, pair, (struct spool_place){ 1 + i / 5, 32 * i }));
                assert_true(end_read(file, &end, &next));
                assert_true(end.segment == 1 + i / 5 && end.offset == 32 * i && next == (pair + 1) % END_PAIRS);
                pair = next;
        }
        assert_int_equal(pwrite(file, "torn", 4, (off_t)(2 * ((pair + 1) % END_PAIRS)) * END_BLOCK), 4);
        assert_int_equal(pwrite(file, "torn", 4, (off_t)(2 * ((pair + 1) % END_PAIRS) + 1) * END_BLOCK), 4);
        assert_true(end_read(file, &end, &next) && end.segment == 4 && end.offset == 32 * 18);
        (void)close(file);
        assert_false(end_write(-1, 0, end));
        folder_done(&folder);
}

int main(void)
{
        static const struct CMUnitTest TESTS[] = {
                cmocka_unit_test(the_newest_that_is_whole_counts),
                cmocka_unit_test(pairs_are_written_in_turn),
        };
        return cmocka_run_group_tests_name("spool_end", TESTS, NULL, NULL);
}
