/* Looking at what an earlier run has left, bit by bit, while new records are written and old ones are read and released. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <unistd.h>
#include "../enrich/unit.h"
#include "../schema/folder.h"
#include "sink/spool_log.h"

#define SEGMENT 4096
#define OLD     40                         /* records of the earlier run, in several segments */
#define NEW     10
static const struct spool_limits NOW = { .size = 32 * SEGMENT, .segment = SEGMENT },
                                 LATER = { .size = 32 * SEGMENT, .segment = SEGMENT, .later = true };

struct desk {
        struct folder      folder;
        char               path[600];
        struct spool_log  *log;
        struct spool_place next;
        unsigned           read;           /* the next number that must come */
        struct error       err;
};

static void desk_open(struct desk *desk, const struct spool_limits *limits)
{
        desk->log = spool_log_open(desk->path, limits, &desk->err);
        if (!desk->log)
                fail_msg("%s", desk->err.text);
        desk->next = spool_log_begin(desk->log);
}

static enum spool_answer append(struct desk *desk, unsigned number)
{
        char value[400], payload[1000];
        memset(value, 'v', sizeof(value));
        (void)snprintf(value, sizeof(value), "%08u", number);
        const struct spool_record record = { .received = 1000 + number, .topic = SLICE("t"), .value = { value, sizeof(value) } };
        spool_record_write(&record, payload);
        return spool_log_append(desk->log, (struct slice){ payload, spool_record_size(&record) }, &desk->err);
}

static void fill(struct desk *desk, unsigned from, unsigned to)
{
        for (unsigned i = from; i < to; i++)
                assert_int_equal(append(desk, i), SPOOL_TAKEN);
        assert_true(spool_log_commit(desk->log, &desk->err));
}

/* An earlier run with OLD records; the next one has begun. */
static void desk_start(struct desk *desk)
{
        *desk = (struct desk){ .read = 0 };
        folder_init(&desk->folder);
        (void)snprintf(desk->path, sizeof(desk->path), "%s/spool", desk->folder.path);
        desk_open(desk, &NOW);
        fill(desk, 0, OLD);
        spool_log_close(desk->log);
        desk_open(desk, &LATER);
}

static void desk_end(struct desk *desk)
{
        spool_log_close(desk->log);
        folder_done(&desk->folder);
}

/* Reads on: every record once, in order. Answers how many. */
static unsigned read_on(struct desk *desk)
{
        struct spool_record record;
        unsigned count = 0;
        for (; spool_log_read(desk->log, &desk->next, &record, NULL, &desk->err); count++)
                assert_int_equal(strtoul(record.value.data, NULL, 10), desk->read++);
        assert_string_equal(desk->err.text, "");
        return count;
}

static struct spool_stock stock_of(const struct desk *desk)
{
        struct spool_stock stock;
        spool_log_stock(desk->log, &stock);
        return stock;
}

static void new_records_wait_for_old_ones(void **state)
{
        (void)state;
        struct desk desk;
        desk_start(&desk);
        struct spool_stock stock = stock_of(&desk);
        assert_true(stock.unseen_segments > 3 && stock.unseen == stock.size && stock.records == 0);
        fill(&desk, OLD, OLD + NEW);
        assert_int_equal(read_on(&desk), 0);
        assert_int_equal(stock_of(&desk).records, NEW);
        unsigned steps = 0, before = 0;
        for (enum spool_look answer; (answer = spool_log_look(desk.log, &desk.err)) != SPOOL_LOOK_DONE; steps++) {
                assert_int_equal(answer, SPOOL_LOOK_MORE);
                (void)read_on(&desk);
                stock = stock_of(&desk);
                assert_true(desk.read >= before && (stock.unseen == 0 || desk.read <= OLD));
                assert_true(stock.records >= desk.read);
                before = desk.read;
        }
        assert_true(steps > stock.segments);
        stock = stock_of(&desk);
        assert_true(desk.read == OLD + NEW && stock.records == OLD + NEW && stock.unseen == 0 && stock.unseen_segments == 0);
        assert_int_equal(stock.oldest, 1000);
        desk_end(&desk);
}

/* What was looked at is delivered, and its files go, before the rest is looked at. */
static void what_was_seen_is_released(void **state)
{
        (void)state;
        struct desk desk;
        desk_start(&desk);
        fill(&desk, OLD, OLD + NEW);
        uint64_t segments = stock_of(&desk).segments;
        bool shrunk = false;
        while (spool_log_look(desk.log, &desk.err) != SPOOL_LOOK_DONE) {
                unsigned count = read_on(&desk);
                if (count)
                        spool_log_release(desk.log, desk.next, count, 0);
                shrunk |= stock_of(&desk).unseen && stock_of(&desk).segments < segments;
        }
        assert_true(shrunk);
        assert_int_equal(desk.read, OLD + NEW);
        assert_int_equal(stock_of(&desk).records, 0);
        spool_log_close(desk.log);
        desk_open(&desk, &NOW);
        assert_int_equal(read_on(&desk), 0);
        desk_end(&desk);
}

/* An end at any moment: nothing is missing, and nothing that was released before comes again. */
static void it_can_end_at_any_step(void **state)
{
        (void)state;
        for (unsigned steps = 0, left = 1; left; steps++) {
                struct desk desk;
                desk_start(&desk);
                fill(&desk, OLD, OLD + NEW);
                for (unsigned i = 0; i < steps && left; i++) {
                        left = spool_log_look(desk.log, &desk.err) != SPOOL_LOOK_DONE;
                        unsigned count = read_on(&desk);
                        if (count)
                                spool_log_release(desk.log, desk.next, count, 0);
                }
                spool_log_close(desk.log);
                desk_open(&desk, &NOW);
                (void)read_on(&desk);
                assert_int_equal(desk.read, OLD + NEW);
                desk_end(&desk);
        }
}

/* Files that were not looked at take their room, too. */
static void it_is_bounded_meanwhile(void **state)
{
        (void)state;
        struct desk desk;
        enum spool_answer answer;
        desk_start(&desk);
        unsigned number = OLD;
        while ((answer = append(&desk, number)) == SPOOL_TAKEN)
                number++;
        assert_int_equal(answer, SPOOL_FULL);
        assert_true(number > OLD + NEW);
        assert_true(stock_of(&desk).size <= LATER.size);
        assert_true(spool_log_commit(desk.log, &desk.err));
        while (spool_log_look(desk.log, &desk.err) != SPOOL_LOOK_DONE)
                ;
        (void)read_on(&desk);
        assert_int_equal(desk.read, number);
        desk_end(&desk);
}

/* Somebody removes a file of records that were acknowledged: said, and the rest goes on. */
static void a_file_that_goes_is_said(void **state)
{
        (void)state;
        struct desk desk;
        char path[700];
        struct errors notes;
        desk_start(&desk);
        (void)snprintf(path, sizeof(path), "%s/0000000000000002.spool", desk.path);
        assert_int_equal(unlink(path), 0);
        while (spool_log_look(desk.log, &desk.err) != SPOOL_LOOK_DONE)
                ;
        spool_log_take_notes(desk.log, &notes);
        assert_int_equal(notes.count, 1);
        errors_done(&notes);
        assert_in_range(stock_of(&desk).records, OLD - 10, OLD - 1);
        assert_int_equal(stock_of(&desk).unseen, 0);
        desk_end(&desk);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(new_records_wait_for_old_ones), cmocka_unit_test(what_was_seen_is_released),
                cmocka_unit_test(it_can_end_at_any_step),        cmocka_unit_test(it_is_bounded_meanwhile),
                cmocka_unit_test(a_file_that_goes_is_said),
        };
        return cmocka_run_group_tests_name("spool_look", tests, NULL, NULL);
}
