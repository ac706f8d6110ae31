/* The spool's thread over a sink that does what the test says: what is sent, released, and told when topics are many, the disk
 * damages what it had, and records grow old. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "spool_desk.h"

/* ---- the tests ---- */

static void many_topics(unsigned number, char topic[64])
{
        (void)snprintf(topic, 64, "events-%u", number % 9000);
}

static void more_topics_than_the_sink_knows_are_drained(void **state)
{
        (void)state;
        struct desk desk;
        desk_init(&desk);
        log_fill(&desk, 10000, many_topics);
        atomic_store(&desk.sink.open, true);
        desk_open(&desk);
        wait_metric(&desk, "records", 0);
        assert_int_equal(desk.sink.taken, 10000);
        assert_true(desk.sink.forgotten >= 2);
        assert_true(metric(&desk, "too_large_records_total") == 0);
        desk_close(&desk);
        desk_done(&desk);
}

/* A service that starts over a spool takes events at once; what has a key goes behind what is there, whose keys nobody knows. */
static void what_comes_while_old_records_are_read(void **state)
{
        (void)state;
        struct desk desk;
        desk_init(&desk);
        log_fill(&desk, 50000, many_topics);
        desk_open(&desk);
        assert_true(spool_wants(desk.port, SLICE("k")) && !spool_wants(desk.port, (struct slice){ 0 }));
        assert_true(spool_ready(desk.port));
        assert_int_equal(put(&desk, "k", clock_wall()), REASON_published);
        wait_metric(&desk, "records", 50001);
        assert_true(spool_wants(desk.port, SLICE("k")));
        atomic_store(&desk.sink.open, true);
        wait_metric(&desk, "records", 0);
        assert_int_equal(desk.sink.taken, 50001);
        assert_false(spool_wants(desk.port, SLICE("k")));
        desk_close(&desk);
        desk_done(&desk);
}

static void all_gone(unsigned number, char topic[64])
{
        (void)number;
        (void)snprintf(topic, 64, "gone");
}

/* Until an earlier run's records are seen, every key goes over the disk. Who is told that they are seen relies on it. */
static void keys_are_known_once_everything_is_read(void **state)
{
        (void)state;
        for (unsigned i = 0; i < 5; i++) {
                struct desk desk;
                int64_t end = clock_steady() + PATIENCE_MS;
                desk_init(&desk);
                log_fill(&desk, 30000, all_gone);
                atomic_store(&desk.sink.open, true);
                desk_open(&desk);
                while (metric(&desk, "unread_bytes") != 0 && clock_steady() < end)
                        ;
                assert_false(spool_wants(desk.port, SLICE("another")));
                wait_metric(&desk, "records", 0);
                assert_int_equal(desk.sink.taken, 30000);
                desk_close(&desk);
                desk_done(&desk);
        }
}

/* The sink keeps nothing: what an earlier run has left is not sent, and stays; a folder without any is fine. */
static void what_an_earlier_run_has_left_is_not_given_to_a_sink_that_keeps_nothing(void **state)
{
        (void)state;
        struct desk desk;
        struct error err;
        desk_init(&desk);
        const struct spool_setup setup = { .config = &desk.config, .type = &FAKE, .sink = &desk.sink, .fresh = true };
        atomic_store(&desk.sink.open, true);
        for (unsigned turn = 0; turn < 2; turn++) {
                struct spool *spool = spool_open(&setup, &err);
                if (!spool)
                        fail_msg("%u: %s", turn, err.text);
                spool_close(spool);
                log_fill(&desk, 3000, all_gone);
                assert_null(spool_open(&setup, &err));
                assert_non_null(strstr(err.text, "/spool holds records of an earlier run"));
                assert_int_equal(desk.sink.taken, 3000 * turn);
                desk_open(&desk);
                wait_metric(&desk, "records", 0);
                assert_int_equal(desk.sink.taken, 3000 * (turn + 1));
                desk_close(&desk);
        }
        desk_done(&desk);
}

static void impossible_topic(unsigned number, char topic[64])
{
        (void)snprintf(topic, 64, "%s", number == 1 ? "a topic/that cannot be" : "events");
}

static void what_can_never_be_sent_does_not_hold_up_the_rest(void **state)
{
        (void)state;
        struct desk desk;
        char path[700];
        desk_init(&desk);
        log_fill(&desk, 3, impossible_topic);
        atomic_store(&desk.sink.open, true);
        desk_open(&desk);
        wait_metric(&desk, "records", 0);
        assert_int_equal(desk.sink.taken, 2);
        assert_true(metric(&desk, "too_large_records_total") == 1);
        desk_close(&desk);
        (void)snprintf(path, sizeof(path), "%s/refused", desk.path);
        assert_int_equal(access(path, F_OK), 0);
        desk_done(&desk);
}

/* There is no room to set it aside: it is not released, or it would be nowhere. */
static void what_cannot_be_set_aside_stays(void **state)
{
        (void)state;
        struct desk desk;
        char path[700];
        desk_init(&desk);
        log_fill(&desk, 3, impossible_topic);
        folder_write(&desk.folder, "spool/refused", "a file in the way");
        atomic_store(&desk.sink.open, true);
        desk_open(&desk);
        int64_t end = clock_steady() + PATIENCE_MS;
        while (desk.sink.taken < 2 && clock_steady() < end)
                rest();
        rest();
        assert_int_equal(desk.sink.taken, 2);
        assert_true(metric(&desk, "records") == 2);
        assert_true(metric(&desk, "too_large_records_total") == 0);
        (void)snprintf(path, sizeof(path), "%s/refused", desk.path);
        assert_int_equal(unlink(path), 0);
        wait_metric(&desk, "records", 0);
        assert_int_equal(desk.sink.taken, 2);
        assert_true(metric(&desk, "too_large_records_total") == 1);
        desk_close(&desk);
        desk_done(&desk);
}

/* The disk changes bytes after they were written: what is lost is told, and no longer counted; a key whose records are lost may
 * go straight to the sink again. */
static void what_the_disk_loses_is_settled(void **state)
{
        static const struct { const char *name; unsigned first, count; } CASES[] = {
                { "one in the middle", 2, 1 }, { "the last", 4, 1 }, { "all that were not read yet", 1, 4 },
        };     /* the first is read at once, and waits in memory */
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct desk desk;
                char path[700], key[] = "k0";
                UNIT_ROW(CASES[i].name);
                desk_init(&desk);
                desk_open(&desk);
                for (unsigned k = 0; k < 5; k++, key[1]++)
                        assert_int_equal(put(&desk, key, clock_wall()), REASON_published);
                assert_true(spool_wants(desk.port, SLICE("k0")) && spool_wants(desk.port, SLICE("k4")));
                /* Frames of 48 bytes behind the head of 32: see spool_log.h. */
                (void)snprintf(path, sizeof(path), "%s/0000000000000001.spool", desk.path);
                int file = open(path, O_WRONLY | O_CLOEXEC);
                for (unsigned k = 0; k < CASES[i].count; k++)
                        assert_int_equal(pwrite(file, "?", 1, 32 + 48 * (CASES[i].first + k) + 40), 1);
                (void)close(file);
                atomic_store(&desk.sink.open, true);
                wait_metric(&desk, "records", 0);
                assert_int_equal(desk.sink.taken, 5 - CASES[i].count);
                assert_true(metric(&desk, "lost_records_total") == CASES[i].count);
                assert_true(metric(&desk, "damaged_total") >= 1 && metric(&desk, "oldest_seconds") == 0);
                for (key[1] = '0'; key[1] < '5'; key[1]++)
                        assert_false(spool_wants(desk.port, slice_of(key)));
                assert_int_equal(put(&desk, "k9", clock_wall()), REASON_published);
                wait_metric(&desk, "records", 0);
                assert_int_equal(desk.sink.taken, 6 - CASES[i].count);
                desk_close(&desk);
                desk_done(&desk);
        }
}

/* Nothing is dropped for its age: the spool takes no more until what is old is delivered. */
static void what_is_too_old_stays_and_keeps_others_out(void **state)
{
        (void)state;
        struct desk desk;
        struct error err;
        desk_init(&desk);
        assert_true(config_set(&desk.config, "spool.age", "1m", &err));
        desk_open(&desk);
        int64_t now = clock_wall();
        assert_int_equal(put(&desk, NULL, now - 59000), REASON_published);
        assert_int_equal(put(&desk, NULL, now - 61000), REASON_published);
        assert_true(spool_ready(desk.port));
        desk_close(&desk);
        desk_open(&desk);
        assert_int_equal(put(&desk, NULL, now), REASON_published);     /* the oldest is the first one, of 59 s */
        desk_close(&desk);
        desk_done(&desk);

        desk_init(&desk);
        assert_true(config_set(&desk.config, "spool.age", "1m", &err));
        desk_open(&desk);
        assert_int_equal(put(&desk, NULL, now - 61000), REASON_published);
        assert_int_equal(put(&desk, NULL, now), REASON_sink_full);
        assert_false(spool_ready(desk.port));
        assert_true(metric(&desk, "records") == 1 && metric(&desk, "refused_records_total") == 1);
        atomic_store(&desk.sink.open, true);
        wait_metric(&desk, "records", 0);
        wait_metric(&desk, "healthy", 1);
        assert_int_equal(put(&desk, NULL, now), REASON_published);
        desk_close(&desk);
        desk_done(&desk);
}

/* With `sink.ack: spool` a file holds delivered records and new ones for a long time: the age is that of the oldest that is left.
 */
static void the_age_is_that_of_what_is_left(void **state)
{
        (void)state;
        struct desk desk;
        struct error err;
        desk_init(&desk);
        assert_true(config_set(&desk.config, "spool.age", "1m", &err));
        atomic_store(&desk.sink.open, true);
        desk_open(&desk);
        int64_t now = clock_wall();
        assert_int_equal(put(&desk, NULL, now - 3600000), REASON_published);
        wait_metric(&desk, "records", 0);
        atomic_store(&desk.sink.open, false);
        assert_int_equal(put(&desk, NULL, now), REASON_published);
        assert_int_equal(put(&desk, NULL, now), REASON_published);
        assert_true(metric(&desk, "oldest_seconds") < 60);
        desk_close(&desk);
        desk_done(&desk);
}

/* A topic that nobody may write to: the pauses between tries grow, and the first success ends them. */
static void what_is_refused_again_and_again_is_tried_less_often(void **state)
{
        (void)state;
        struct desk desk;
        desk_init(&desk);
        atomic_store(&desk.sink.open, true);
        atomic_store(&desk.sink.failing, true);
        desk_open(&desk);
        assert_int_equal(put(&desk, NULL, 1000), REASON_published);
        int64_t end = clock_steady() + 3000;
        while (clock_steady() < end)
                rest();
        assert_in_range(desk.sink.failed, 1, 6);           /* at 0, 0.4, 1.2, 2.8 s and not fifteen times */
        assert_true(metric(&desk, "records") == 1);
        atomic_store(&desk.sink.failing, false);
        wait_metric(&desk, "records", 0);
        assert_int_equal(desk.sink.taken, 1);
        desk_close(&desk);
        desk_done(&desk);
}

enum { GONE = 25000, OTHERS = 5000 };      /* more than are under way at a time */

static void first_the_gone(unsigned number, char topic[64])
{
        (void)snprintf(topic, 64, "%s", number < GONE ? "gone" : "events");
}

static void desk_park(struct desk *desk)
{
        struct error err;
        desk_init(desk);
        assert_true(config_set(&desk->config, "spool.park_after", "100ms", &err));
        atomic_store(&desk->sink.open, true);
        atomic_store(&desk->sink.gone, true);
}

/* What lies behind it is delivered; what is parked stays so over a new start; and in the end it comes in its order. */
static void a_topic_that_takes_nothing_lets_others_pass(void **state)
{
        (void)state;
        struct desk desk;
        char path[700];
        desk_park(&desk);
        log_fill(&desk, GONE + OTHERS, first_the_gone);
        (void)snprintf(path, sizeof(path), "%s/parked/gone", desk.path);
        desk_open(&desk);
        wait_metric(&desk, "parked_records", GONE);
        wait_metric(&desk, "records", GONE);
        assert_int_equal(desk.sink.taken, OTHERS);
        assert_true(metric(&desk, "parked_topics") == 1);
        assert_true(spool_wants(desk.port, SLICE("k")) && !spool_wants(desk.port, SLICE("another")));
        desk_close(&desk);
        assert_int_equal(access(path, F_OK), 0);
        log_fill_at(path, 300, all_gone);          /* behind the last whole commit: the main log has them, too */
        desk_open(&desk);
        wait_metric(&desk, "parked_records", GONE);
        assert_true(spool_wants(desk.port, SLICE("k")) && !spool_wants(desk.port, SLICE("another")));
        assert_int_equal(put(&desk, "other", clock_wall()), REASON_published);
        wait_metric(&desk, "records", GONE);
        assert_int_equal(desk.sink.taken, OTHERS + 1);
        atomic_store(&desk.sink.gone, false);
        wait_metric(&desk, "records", 0);
        wait_metric(&desk, "parked_topics", 0);
        assert_int_equal(desk.sink.taken, OTHERS + 1 + GONE);
        assert_true(desk.sink.next == GONE && !desk.sink.disorder);
        assert_int_equal(access(path, F_OK), -1);
        assert_false(spool_wants(desk.port, SLICE("k")));
        desk_close(&desk);
        desk_done(&desk);
}

/* A crash between the copy and the release: some records are in both places. Each comes, and none before its predecessors. */
static void a_crash_while_records_are_moved_keeps_their_order(void **state)
{
        static const struct { const char *name; unsigned copied, all; bool gone; } ROWS[] = {
                { "none was copied", 0, 100, true },           { "some were, and the topic takes none", 40, 100, true },
                { "some were, and the topic takes them", 40, 100, false }, { "all were", 100, 100, true },
                { "many were", 3000, 30000, false },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
                struct desk desk;
                char path[700];
                UNIT_ROW(ROWS[i].name);
                desk_park(&desk);
                atomic_store(&desk.sink.gone, ROWS[i].gone);
                log_fill(&desk, ROWS[i].all, all_gone);
                (void)snprintf(path, sizeof(path), "%s/parked", desk.path);
                assert_int_equal(mkdir(path, 0700), 0);
                (void)snprintf(path, sizeof(path), "%s/parked/gone", desk.path);
                if (ROWS[i].copied)
                        log_fill_at(path, ROWS[i].copied, all_gone);
                desk_open(&desk);
                if (ROWS[i].gone)
                        wait_metric(&desk, "parked_records", ROWS[i].all + ROWS[i].copied);
                atomic_store(&desk.sink.gone, false);
                wait_metric(&desk, "records", 0);
                assert_true(desk.sink.next == ROWS[i].all && !desk.sink.disorder);
                assert_int_equal(desk.sink.taken, ROWS[i].all + ROWS[i].copied);
                desk_close(&desk);
                desk_done(&desk);
        }
}

/* The sink knows that the topic is gone, and does not even take its records. */
static void a_topic_that_is_not_taken_lets_others_pass(void **state)
{
        (void)state;
        struct desk desk;
        desk_park(&desk);
        atomic_store(&desk.sink.shut, true);
        log_fill(&desk, GONE + OTHERS, first_the_gone);
        desk_open(&desk);
        wait_metric(&desk, "parked_records", GONE);
        wait_metric(&desk, "records", GONE);
        assert_int_equal(desk.sink.taken, OTHERS);
        atomic_store(&desk.sink.gone, false);
        atomic_store(&desk.sink.shut, false);
        wait_metric(&desk, "records", 0);
        assert_int_equal(desk.sink.taken, OTHERS + GONE);
        assert_true(desk.sink.next == GONE && !desk.sink.disorder);
        desk_close(&desk);
        desk_done(&desk);
}

/* No room for a lane: everything stays where it is, and goes on when the topic takes records again. */
static void what_cannot_be_parked_stays(void **state)
{
        (void)state;
        struct desk desk;
        struct error err;
        desk_park(&desk);
        log_fill(&desk, 500, all_gone);
        int64_t end = clock_steady() + PATIENCE_MS;
        assert_true(config_set(&desk.config, "spool.park_after", "1s", &err));
        desk_open(&desk);
        folder_write(&desk.folder, "spool/parked", "a file in the way");
        while (desk.sink.failed < 2000 && clock_steady() < end)
                rest();
        assert_true(metric(&desk, "records") == 500 && metric(&desk, "parked_topics") == 0);
        atomic_store(&desk.sink.gone, false);
        wait_metric(&desk, "records", 0);
        assert_true(desk.sink.next == 500 && !desk.sink.disorder);
        desk_close(&desk);
        desk_done(&desk);
}

/* A topic that gets new records all the time: some are always under way, so that its log would never be empty. */
static void a_topic_that_is_back_leaves_its_lane(void **state)
{
        (void)state;
        struct desk desk;
        char     value[16];
        unsigned number = 300;
        desk_park(&desk);
        log_fill(&desk, number, all_gone);
        desk_open(&desk);
        wait_metric(&desk, "parked_records", number);
        atomic_store(&desk.sink.lag, 400);
        atomic_store(&desk.sink.gone, false);
        int64_t end = clock_steady() + PATIENCE_MS;
        while (metric(&desk, "parked_topics") != 0 && clock_steady() < end) {
                (void)snprintf(value, sizeof(value), "%u ", number++);
                assert_int_equal(put_to(&desk, "gone", value, "k", clock_wall()), REASON_published);
        }
        assert_true(metric(&desk, "parked_topics") == 0);
        wait_metric(&desk, "records", 0);
        assert_true(desk.sink.next == number && !desk.sink.disorder);
        desk_close(&desk);
        desk_done(&desk);
}

/* No room for a single record of the lane: it is tried where it is, and needs none when its topic takes it again. */
static void what_finds_no_room_is_tried_where_it_is(void **state)
{
        (void)state;
        struct desk desk;
        struct error err;
        desk_park(&desk);
        log_fill(&desk, 30000, all_gone);
        assert_true(config_set(&desk.config, "spool.size", "2MiB", &err));
        desk_open(&desk);
        int64_t end = clock_steady() + 1000;
        while (clock_steady() < end)
                rest();
        assert_true(desk.sink.failed > 0 && metric(&desk, "records") == 30000 && metric(&desk, "parked_records") == 0);
        atomic_store(&desk.sink.gone, false);
        wait_metric(&desk, "records", 0);
        assert_true(desk.sink.taken == 30000 && desk.sink.next == 30000 && !desk.sink.disorder);
        desk_close(&desk);
        desk_done(&desk);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_refused_again_and_again_is_tried_less_often),
                cmocka_unit_test(more_topics_than_the_sink_knows_are_drained),
                cmocka_unit_test(what_comes_while_old_records_are_read),
                cmocka_unit_test(keys_are_known_once_everything_is_read),
                cmocka_unit_test(what_an_earlier_run_has_left_is_not_given_to_a_sink_that_keeps_nothing),
                cmocka_unit_test(what_can_never_be_sent_does_not_hold_up_the_rest),
                cmocka_unit_test(what_cannot_be_set_aside_stays),
                cmocka_unit_test(what_the_disk_loses_is_settled),
                cmocka_unit_test(what_is_too_old_stays_and_keeps_others_out),
                cmocka_unit_test(a_topic_that_takes_nothing_lets_others_pass),
                cmocka_unit_test(a_crash_while_records_are_moved_keeps_their_order),
                cmocka_unit_test(a_topic_that_is_not_taken_lets_others_pass),
                cmocka_unit_test(what_cannot_be_parked_stays),
                cmocka_unit_test(a_topic_that_is_back_leaves_its_lane),
                cmocka_unit_test(what_finds_no_room_is_tried_where_it_is),
                cmocka_unit_test(the_age_is_that_of_what_is_left),
        };
        return cmocka_run_group_tests_name("spool_drain", tests, NULL, NULL);
}
