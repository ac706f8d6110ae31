/* The spool's files: what is committed is found again, whatever happened to the bytes around it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../schema/folder.h"
#include "../enrich/unit.h"
#include "sink/spool_log.h"

#define SEGMENT 4096
static const struct spool_limits LIMITS = { .size = 16 * SEGMENT, .segment = SEGMENT };

struct desk {
        struct folder     folder;
        char              path[600];
        struct spool_log *log;
        struct error      err;
};

static void desk_open(struct desk *desk, const struct spool_limits *limits)
{
        desk->log = spool_log_open(desk->path, limits, &desk->err);
        if (!desk->log)
                fail_msg("%s", desk->err.text);
}

static void desk_start(struct desk *desk)
{
        folder_init(&desk->folder);
        (void)snprintf(desk->path, sizeof(desk->path), "%s/spool", desk->folder.path);
        desk_open(desk, &LIMITS);
}

static void desk_reopen(struct desk *desk)
{
        spool_log_close(desk->log);
        desk_open(desk, &LIMITS);
}

static void desk_end(struct desk *desk)
{
        spool_log_close(desk->log);
        folder_done(&desk->folder);
}

/* A record whose value says which it is, of `size` bytes. */
static enum spool_answer append(struct desk *desk, unsigned number, size_t size)
{
        static char value[100000];
        static const struct record_header headers[] = { { SLICE_INIT("schema"), SLICE_INIT("com.acme/x/1-0-0") },
                                                        { SLICE_INIT("empty"), { "", 0 } } };
        memset(value, 'v', sizeof(value));
        (void)snprintf(value, sizeof(value), "%08u", number);
        struct spool_record record = { .received = 1000 + number, .topic = SLICE("events"), .value = { value, size },
                                       .headers = headers, .header_count = number % 3, .bad = number % 2 };
        if (number % 5 == 0)
                record.key = SLICE("k");
        if (record.header_count > 2)
                record.header_count = 2;
        static char payload[sizeof(value) + 1000];
        spool_record_write(&record, payload);
        return spool_log_append(desk->log, (struct slice){ payload, spool_record_size(&record) }, &desk->err);
}

/* The numbers of all records from the place on; checks every byte of each. */
static size_t read_all(struct desk *desk, struct spool_place *place, unsigned numbers[], size_t room)
{
        struct spool_record record;
        size_t count = 0;
        while (spool_log_read(desk->log, place, &record, NULL, &desk->err)) {
                unsigned number = (unsigned)strtoul(record.value.data, NULL, 10);
                assert_true(count < room);
                assert_int_equal(record.received, 1000 + number);
                assert_true(slice_equal(record.topic, SLICE("events")));
                assert_int_equal(record.bad, number % 2);
                assert_int_equal(record.header_count, number % 3);
                assert_int_equal(record.key.data != NULL, number % 5 == 0);
                if (record.header_count)
                        assert_true(slice_equal(record.headers[0].value, SLICE("com.acme/x/1-0-0")));
                for (size_t i = 9; i < record.value.size; i++)
                        assert_int_equal(record.value.data[i], 'v');
                numbers[count++] = number;
        }
        assert_string_equal(desk->err.text, "");
        return count;
}

static void expect(struct desk *desk, const unsigned *want, size_t count)
{
        struct spool_place place = spool_log_begin(desk->log);
        unsigned numbers[512];
        assert_int_equal(read_all(desk, &place, numbers, 512), count);
        assert_memory_equal(numbers, want, count * sizeof(*want));
}

static void expect_range(struct desk *desk, unsigned from, unsigned to)
{
        unsigned want[512];
        for (unsigned i = from; i < to; i++)
                want[i - from] = i;
        expect(desk, want, to - from);
}

static void fill(struct desk *desk, unsigned from, unsigned to, size_t size)
{
        for (unsigned i = from; i < to; i++)
                assert_int_equal(append(desk, i, size), SPOOL_TAKEN);
        assert_true(spool_log_commit(desk->log, &desk->err));
}

static size_t notes(struct desk *desk)
{
        struct errors list;
        spool_log_take_notes(desk->log, &list);
        size_t count = list.count;
        errors_done(&list);
        return count;
}

static void what_is_committed_is_read(void **state)
{
        (void)state;
        struct desk desk;
        struct spool_place place = { 0 };
        struct spool_stock stock;
        unsigned numbers[512];
        desk_start(&desk);
        assert_int_equal(read_all(&desk, &place, numbers, 512), 0);
        assert_int_equal(append(&desk, 0, 100), SPOOL_TAKEN);
        assert_int_equal(read_all(&desk, &place, numbers, 512), 0);        /* not yet */
        fill(&desk, 1, 100, 200);
        assert_int_equal(read_all(&desk, &place, numbers, 512), 100);
        fill(&desk, 100, 120, 300);
        assert_int_equal(read_all(&desk, &place, numbers, 512), 20);       /* goes on where it was */
        spool_log_stock(desk.log, &stock);
        assert_int_equal(stock.records, 120);
        assert_int_equal(stock.oldest, 1000);
        assert_true(stock.segments > 5 && stock.size <= LIMITS.size);
        desk_reopen(&desk);
        expect_range(&desk, 0, 120);
        spool_log_stock(desk.log, &stock);
        assert_int_equal(stock.records, 120);
        assert_int_equal(notes(&desk), 0);
        desk_end(&desk);
}

/* Without a commit nothing is promised; here nothing is there. */
static void what_is_not_committed_goes(void **state)
{
        (void)state;
        struct desk desk;
        desk_start(&desk);
        fill(&desk, 0, 3, 50);
        assert_int_equal(append(&desk, 3, 50), SPOOL_TAKEN);
        desk_reopen(&desk);
        expect_range(&desk, 0, 3);
        desk_end(&desk);
}

static void it_is_bounded(void **state)
{
        (void)state;
        struct desk desk;
        struct spool_stock stock;
        unsigned count = 0;
        desk_start(&desk);
        while (append(&desk, count, 1000) == SPOOL_TAKEN)
                count++;
        assert_int_equal(append(&desk, count, 1000), SPOOL_FULL);
        assert_int_equal(append(&desk, count, SEGMENT), SPOOL_TOO_LARGE);
        assert_true(spool_log_commit(desk.log, &desk.err));
        spool_log_stock(desk.log, &stock);
        assert_true(stock.size <= LIMITS.size && stock.size > LIMITS.size - SEGMENT);
        assert_true(count >= 3 * 15);
        expect_range(&desk, 0, count);
        /* A disk that has to keep more free than there is. */
        spool_log_close(desk.log);
        desk_open(&desk, &(struct spool_limits){ .size = 64 * SEGMENT, .segment = SEGMENT, .reserve = UINT64_MAX / 2 });
        assert_int_equal(append(&desk, 0, 10), SPOOL_FULL);
        desk_end(&desk);
}

static void what_is_released_goes(void **state)
{
        (void)state;
        struct desk desk;
        struct spool_place place = { 0 }, middle = { 0 };
        struct spool_record record;
        struct spool_stock stock;
        desk_start(&desk);
        fill(&desk, 0, 30, 1000);
        for (unsigned i = 0; i < 17; i++)
                assert_true(spool_log_read(desk.log, &middle, &record, NULL, &desk.err));
        spool_log_release(desk.log, middle, 17, 0);
        spool_log_stock(desk.log, &stock);
        assert_int_equal(stock.records, 13);
        assert_in_range(stock.segments, 5, 6);
        desk_reopen(&desk);
        expect_range(&desk, 17, 30);
        fill(&desk, 30, 33, 10);
        place = spool_log_begin(desk.log);
        while (spool_log_read(desk.log, &place, &record, NULL, &desk.err))
                ;
        spool_log_release(desk.log, place, 16, 0);
        spool_log_stock(desk.log, &stock);
        assert_int_equal(stock.records, 0);
        assert_int_equal(stock.segments, 1);
        fill(&desk, 33, 34, 10);   /* into the segment of which all was released */
        expect_range(&desk, 33, 34);
        desk_reopen(&desk);
        expect_range(&desk, 33, 34);
        spool_log_release(desk.log, (struct spool_place){ UINT64_MAX, 0 }, 1, 0);
        desk_reopen(&desk);
        spool_log_stock(desk.log, &stock);
        assert_int_equal(stock.segments, 0);
        desk_end(&desk);
}

/* The path of the only segment. */
static void segment_path(struct desk *desk, char path[static 900])
{
        DIR *files = opendir(desk->path);
        const struct dirent *entry;
        assert_non_null(files);
        while ((entry = readdir(files)) && !strstr(entry->d_name, ".spool"))
                ;
        assert_non_null(entry);
        (void)snprintf(path, 900, "%s/%s", desk->path, entry->d_name);
        (void)closedir(files);
}

/* Three records of which the file ends after each of its bytes in turn: whole ones are read, and new ones after them. */
static void a_torn_end_is_cut_off(void **state)
{
        (void)state;
        char path[900];
        off_t size = 0;
        for (off_t end = SEGMENT; end >= 0; end -= end > size + 40 ? 997 : 1) {
                struct desk desk;
                struct stat stat_;
                desk_start(&desk);
                fill(&desk, 0, 3, 30);
                spool_log_close(desk.log);
                segment_path(&desk, path);
                assert_int_equal(stat(path, &stat_), 0);
                size = stat_.st_size;
                assert_int_equal(truncate(path, end), 0);
                desk_open(&desk, &LIMITS);
                struct spool_stock stock;
                spool_log_stock(desk.log, &stock);
                assert_in_range(stock.records, 0, 3);
                assert_int_equal(stock.records == 3, end >= size - 15);    /* the padding may be gone */
                unsigned left = (unsigned)stock.records;
                fill(&desk, left, 5, 30);
                expect_range(&desk, 0, 5);
                desk_reopen(&desk);
                expect_range(&desk, 0, 5);
                assert_int_equal(notes(&desk), 0);
                desk_end(&desk);
        }
}

/* Each byte of the file spoilt in turn: at most the record around it is missing, and its bytes are kept. */
static void damage_costs_one_record(void **state)
{
        (void)state;
        char path[900];
        for (off_t at = 32;; at++) {
                struct desk desk;
                struct stat stat_;
                struct spool_stock stock;
                char byte;
                desk_start(&desk);
                fill(&desk, 0, 4, 30);
                spool_log_close(desk.log);
                segment_path(&desk, path);
                assert_int_equal(stat(path, &stat_), 0);
                int file = open(path, O_RDWR);
                assert_int_equal(pread(file, &byte, 1, at), 1);
                byte ^= 0x40;
                assert_int_equal(pwrite(file, &byte, 1, at), 1);
                (void)close(file);
                desk_open(&desk, &LIMITS);
                spool_log_stock(desk.log, &stock);
                assert_in_range(stock.records, 3, 4);
                assert_int_equal(stock.damaged + stock.torn, notes(&desk));
                struct spool_place place = spool_log_begin(desk.log);
                unsigned numbers[8];
                assert_int_equal(read_all(&desk, &place, numbers, 8), stock.records);
                spool_log_release(desk.log, place, stock.records, 0);
                if (stock.records == 3 && stock.damaged)
                        assert_true(numbers[0] + numbers[1] + numbers[2] + 3 >= 6);
                desk_end(&desk);
                if (at + 1 == stat_.st_size)
                        break;
        }
}

static void a_disk_that_lies_is_seen_while_reading(void **state)
{
        (void)state;
        struct desk desk;
        char path[900];
        desk_start(&desk);
        fill(&desk, 0, 3, 30);
        segment_path(&desk, path);
        int file = open(path, O_RDWR);
        assert_int_equal(pwrite(file, "x", 1, 32 + 16 + 50), 1);
        (void)close(file);
        expect(&desk, (unsigned[]){ 1, 2 }, 2);
        assert_int_equal(notes(&desk), 1);
        desk_end(&desk);
}

static void a_second_process_is_refused(void **state)
{
        (void)state;
        struct desk desk;
        desk_start(&desk);
        assert_null(spool_log_open(desk.path, &LIMITS, &desk.err));
        assert_non_null(strstr(desk.err.text, "another process uses this spool"));
        desk_end(&desk);
}

static void another_format_is_refused(void **state)
{
        (void)state;
        struct desk desk;
        char path[900];
        desk_start(&desk);
        fill(&desk, 0, 1, 30);
        spool_log_close(desk.log);
        segment_path(&desk, path);
        int file = open(path, O_RDWR);
        assert_int_equal(pwrite(file, "2", 1, 15), 1);
        (void)close(file);
        assert_null(spool_log_open(desk.path, &LIMITS, &desk.err));
        assert_non_null(strstr(desk.err.text, "its format is version '2'; this program reads version 1"));
        folder_done(&desk.folder);
}

/* ---- what a disk may have done to the files between two runs ---- */

static void file_put(struct desk *desk, const char *name, const void *bytes, size_t size, off_t at)
{
        char path[900];
        (void)snprintf(path, sizeof(path), "%s/%s", desk->path, name);
        int file = open(path, O_RDWR | O_CREAT, 0600);
        assert_true(file >= 0 && pwrite(file, bytes, size, at) == (ssize_t)size && close(file) == 0);
}

/* A position that is not what was written: nothing is taken for released, and a person is told. */
static void a_damaged_position_releases_nothing(void **state)
{
        (void)state;
        static const struct { const char *name, *text; off_t at; } CASES[] = {
                { "another segment", "9", 15 },
                { "another offset", "f", 31 },
                { "another sum", "g", 40 },
                { "no digits", "................", 0 },
                { "no position at all", "0000000000000009 0000000000000020", 0 },
                { "longer", "x", 43 },
        };
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct desk desk;
                struct spool_place place;
                struct spool_record record;
                desk_start(&desk);
                UNIT_ROW(CASES[i].name);
                fill(&desk, 0, 5, 30);
                place = spool_log_begin(desk.log);
                assert_true(spool_log_read(desk.log, &place, &record, NULL, &desk.err));
                spool_log_release(desk.log, place, 1, 0);
                desk_reopen(&desk);
                expect_range(&desk, 1, 5);
                assert_int_equal(notes(&desk), 0);
                spool_log_close(desk.log);
                file_put(&desk, "position", CASES[i].text, strlen(CASES[i].text), CASES[i].at);
                desk_open(&desk, &LIMITS);
                assert_int_equal(notes(&desk), 1);
                expect_range(&desk, 0, 5);
                spool_log_close(desk.log);
                /* Its bytes are gone for good: no part of them can become a position that releases new segments. */
                desk_open(&desk, &LIMITS);
                assert_int_equal(notes(&desk), 0);
                expect_range(&desk, 0, 5);
                desk_end(&desk);
        }
}

/* A position that the disk does not give may be right: to begin without it would number new segments from 1, and the next start,
 * with the disk well again, would take them for released. */
static void a_position_that_cannot_be_read_is_an_error(void **state)
{
        (void)state;
        struct desk desk;
        char path[900];
        desk_start(&desk);
        fill(&desk, 0, 3, 30);
        spool_log_close(desk.log);
        (void)snprintf(path, sizeof(path), "%s/position", desk.path);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(mkdir(path, 0700), 0);
        assert_null(spool_log_open(desk.path, &LIMITS, &desk.err));
        assert_non_null(strstr(desk.err.text, "/position: cannot be read"));
        assert_int_equal(rmdir(path), 0);
        desk_open(&desk, &LIMITS);
        expect_range(&desk, 0, 3);
        desk_end(&desk);
}

/* A file whose first block was lost, by a power cut or a disk, holds records: its number is in its name, too, and frames vouch
 * for themselves. Another format, and another number under a whole head, are somebody's doing and nobody's to guess. */
static void a_damaged_head_costs_no_record(void **state)
{
        (void)state;
        static const struct { const char *name, *head, *refused; size_t size; } CASES[] = {
                { "zeros",          "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", NULL, 32 },
                { "nonsense",       "not the beginning of any segment", NULL, 32 },
                { "another format", "MILLRACE SPOOL 2", "version '2'", 16 },
                { "another number", "MILLRACE SPOOL 1\2\0\0\0\0\0\0\0", "it says that it is segment 0000000000000002", 24 },
        };
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct desk desk;
                desk_start(&desk);
                print_message("%s\n", CASES[i].name);
                fill(&desk, 0, 3, 30);
                spool_log_close(desk.log);
                file_put(&desk, "0000000000000001.spool", CASES[i].head, CASES[i].size, 0);
                if (CASES[i].refused) {
                        assert_null(spool_log_open(desk.path, &LIMITS, &desk.err));
                        assert_non_null(strstr(desk.err.text, CASES[i].refused));
                        file_put(&desk, "0000000000000001.spool", "MILLRACE SPOOL 1\1\0\0\0\0\0\0\0", 24, 0);
                }
                desk_open(&desk, &LIMITS);
                assert_int_equal(notes(&desk), !CASES[i].refused);
                expect_range(&desk, 0, 3);
                desk_end(&desk);
        }
}

/* The power went while a segment was begun: nonsense, and nothing else. It does not keep the service from starting. */
static void a_segment_of_nonsense_is_set_aside(void **state)
{
        (void)state;
        struct desk desk;
        desk_start(&desk);
        fill(&desk, 0, 3, 30);
        spool_log_close(desk.log);
        file_put(&desk, "0000000000000002.spool", "nonsense, and the rest of the disk's block", 42, 0);
        desk_open(&desk, &LIMITS);
        assert_int_equal(notes(&desk), 2);
        expect_range(&desk, 0, 3);
        desk_end(&desk);
}

/* A segment that was released and came back with a crash holds no records any more. */
static void a_released_segment_that_is_back_is_not_counted(void **state)
{
        (void)state;
        struct desk desk;
        struct spool_stock stock;
        char path[900], bytes[SEGMENT];
        desk_start(&desk);
        fill(&desk, 0, 3, 30);
        segment_path(&desk, path);
        int file = open(path, O_RDONLY);
        assert_int_equal(read(file, bytes, sizeof(bytes)), SEGMENT);
        (void)close(file);
        fill(&desk, 3, 10, 1000);
        struct spool_place place = spool_log_begin(desk.log), own = { 0 };
        struct spool_record record;
        uint64_t left = 10;
        while (spool_log_read(desk.log, &place, &record, &own, &desk.err) && own.segment == 1)
                left--;
        spool_log_release(desk.log, own, 10 - left, 0);
        spool_log_close(desk.log);
        file_put(&desk, "0000000000000001.spool", bytes, sizeof(bytes), 0);
        desk_open(&desk, &LIMITS);
        spool_log_stock(desk.log, &stock);
        assert_int_equal(stock.records, left);
        assert_int_equal(access(path, F_OK), -1);
        desk_end(&desk);
}

/* Where the next segment should lie there is a file that could not be removed: the one after it is taken. What was committed
 * before stays counted. */
static void a_file_in_the_way_is_passed(void **state)
{
        (void)state;
        struct desk desk;
        struct spool_stock stock;
        desk_start(&desk);
        fill(&desk, 0, 1, 1000);
        file_put(&desk, "0000000000000002.spool", "", 0, 0);
        unsigned count = 1;
        enum spool_answer answer;
        while ((answer = append(&desk, count, 1000)) == SPOOL_TAKEN)
                count++;
        assert_int_equal(answer, SPOOL_FAILED);
        spool_log_stock(desk.log, &stock);
        assert_int_equal(stock.records, count);
        fill(&desk, count, count + 3, 1000);
        expect_range(&desk, 0, count + 3);
        desk_reopen(&desk);
        expect_range(&desk, 0, count + 3);
        desk_end(&desk);
}

/* Bytes that the disk does not give cost the records that lie there; the file is kept for who can read it. Here they are missing
 * at the end of the file; tests of the disk itself are elsewhere. */
static void what_the_disk_does_not_give_is_passed_over(void **state)
{
        (void)state;
        struct desk desk;
        struct spool_stock stock;
        char path[900], kept[900];
        unsigned numbers[512];
        desk_start(&desk);
        fill(&desk, 0, 10, 1000);
        (void)snprintf(path, sizeof(path), "%s/0000000000000001.spool", desk.path);
        assert_int_equal(truncate(path, 2500), 0);         /* two records of three are whole */
        struct spool_place place = spool_log_begin(desk.log);
        assert_int_equal(read_all(&desk, &place, numbers, 512), 9);
        assert_int_equal(numbers[1], 1);
        assert_int_equal(numbers[2], 3);
        spool_log_stock(desk.log, &stock);
        assert_int_equal(stock.damaged, 1);
        assert_true(notes(&desk) >= 1);
        spool_log_release(desk.log, place, 10, 0);
        assert_int_equal(access(path, F_OK), -1);
        (void)snprintf(kept, sizeof(kept), "%s/damaged/0000000000000001.spool", desk.path);
        assert_int_equal(access(kept, F_OK), 0);
        desk_end(&desk);
}

/* The last number there can be leaves no next one, so it is not a segment's. */
static void a_segment_has_a_next_one(void **state)
{
        (void)state;
        struct desk desk;
        desk_start(&desk);
        file_put(&desk, "ffffffffffffffff.spool", "x", 1, 0);
        desk_reopen(&desk);
        fill(&desk, 0, 3, 30);
        desk_reopen(&desk);
        expect_range(&desk, 0, 3);
        desk_end(&desk);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_committed_is_read),
                cmocka_unit_test(what_is_not_committed_goes),
                cmocka_unit_test(it_is_bounded),
                cmocka_unit_test(what_is_released_goes),
                cmocka_unit_test(a_torn_end_is_cut_off),
                cmocka_unit_test(damage_costs_one_record),
                cmocka_unit_test(a_disk_that_lies_is_seen_while_reading),
                cmocka_unit_test(a_second_process_is_refused),
                cmocka_unit_test(another_format_is_refused),
                cmocka_unit_test(a_damaged_position_releases_nothing),
                cmocka_unit_test(a_position_that_cannot_be_read_is_an_error),
                cmocka_unit_test(a_damaged_head_costs_no_record),
                cmocka_unit_test(a_segment_of_nonsense_is_set_aside),
                cmocka_unit_test(a_released_segment_that_is_back_is_not_counted),
                cmocka_unit_test(a_file_in_the_way_is_passed),
                cmocka_unit_test(a_segment_has_a_next_one),
                cmocka_unit_test(what_the_disk_does_not_give_is_passed_over),
        };
        return cmocka_run_group_tests_name("spool_log", tests, NULL, NULL);
}
