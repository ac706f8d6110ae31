/* The spool's thread over a sink that does what the test says: what is sent, released, and told when topics are many, the disk
 * damages what it had, and records grow old. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "../enrich/unit.h"
#include "../schema/folder.h"
#include "base/clock.h"
#include "sink/spool.h"
#include "sink/spool_log.h"
#include "sink/topics.h"

#define PATIENCE_MS 60000

/* ---- the sink: a table of topics, and a switch ---- */

struct sink {
        _Atomic bool     open;             /* takes records */
        _Atomic bool     failing;          /* and delivers none */
        _Atomic bool     gone;             /* delivers none for the topic "gone" */
        _Atomic uint64_t taken, forgotten, failed;
        _Atomic uint64_t next;             /* the number that "gone" gets next: none before it is missing */
        _Atomic bool     disorder;
};
struct sink_port {
        struct sink  *sink;
        void        (*report)(struct event *event, enum reason fate);
        struct topics topics;
        struct event *held[4096];
        uint64_t      numbers[4096];       /* UINT64_MAX: of another topic than "gone" */
        size_t        count;
        int           descriptor;
};

static struct sink_port *port_open(struct sink *sink, struct metrics_worker *metrics,
                                   void (*report)(struct event *event, enum reason fate), struct error *err)
{
        (void)metrics, (void)err;
        struct sink_port *port = memory_get(sizeof(*port));
        port->sink = sink;
        port->report = report;
        port->descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        topics_init(&port->topics);
        return port;
}

static void port_close(struct sink_port *port)
{
        if (!port)
                return;
        for (size_t i = 0; i < port->count; i++)
                port->report(port->held[i], REASON_sink_failed);
        topics_done(&port->topics);
        (void)close(port->descriptor);
        free(port);
}

static int port_descriptor(struct sink_port *port) { return port->descriptor; }
static bool port_ready(struct sink_port *port) { return atomic_load(&port->sink->open); }
static size_t port_held(struct sink_port *port) { return port->count; }
static uint16_t port_topic(struct sink_port *port, struct slice name) { return topics_number(&port->topics, name); }
static struct slice port_topic_name(struct sink_port *port, uint16_t topic) { return port->topics.names[topic]; }

static bool port_topics_forget(struct sink_port *port, struct error *err)
{
        (void)err;
        BUG_IF(port->count);
        atomic_fetch_add(&port->sink->forgotten, 1);
        topics_done(&port->topics);
        topics_init(&port->topics);
        return true;
}

static void port_serve(struct sink_port *port)
{
        uint64_t rings;
        (void)!read(port->descriptor, &rings, sizeof(rings));
        size_t count = port->count;
        port->count = 0;
        bool failing = atomic_load(&port->sink->failing);
        for (size_t i = 0; i < count; i++) {
                bool gone = port->numbers[i] != UINT64_MAX, bad = failing || (gone && atomic_load(&port->sink->gone));
                if (gone && !bad) {
                        atomic_store(&port->sink->disorder, port->sink->disorder || port->numbers[i] > port->sink->next);
                        if (port->numbers[i] == port->sink->next)
                                atomic_fetch_add(&port->sink->next, 1);
                }
                atomic_fetch_add(bad ? &port->sink->failed : &port->sink->taken, 1);
                port->report(port->held[i], bad ? REASON_sink_failed : REASON_published);
        }
}

static enum reason port_publish(struct sink_port *port, const struct record *record)
{
        uint64_t one = 1;
        BUG_IF(record->topic >= port->topics.count);
        if (!atomic_load(&port->sink->open) || port->count == COUNT_OF(port->held))
                return REASON_sink_full;
        bool gone = slice_equal(port->topics.names[record->topic], SLICE("gone"));
        port->numbers[port->count] = gone ? strtoull(record->value.data, NULL, 10) : UINT64_MAX;
        port->held[port->count++] = record->event;
        (void)!write(port->descriptor, &one, sizeof(one));
        return REASON_published;
}

static const struct sink_type FAKE = {
        .name = "fake", .port_open = port_open, .port_close = port_close, .port_descriptor = port_descriptor,
        .serve = port_serve, .topic = port_topic, .topic_name = port_topic_name, .topics_forget = port_topics_forget,
        .publish = port_publish, .ready = port_ready, .held = port_held,
};

static void rest(void) { (void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL); }

/* ---- the desk ---- */

struct desk {
        struct folder      folder;
        char               path[600];
        struct config      config;
        struct sink        sink;
        struct spool      *spool;
        struct spool_port *port;
};
static _Atomic uint64_t reports[REASON_COUNT];

static void report(struct event *event, enum reason fate)
{
        (void)event;
        atomic_fetch_add(&reports[fate], 1);
}

static void desk_init(struct desk *desk)
{
        struct error err;
        *desk = (struct desk){ .spool = NULL };
        folder_init(&desk->folder);
        (void)snprintf(desk->path, sizeof(desk->path), "%s/spool", desk->folder.path);
        config_init(&desk->config);
        const char *const SETS[][2] = { { "spool.path", desk->path }, { "spool.reserve", "0" }, { "spool.segment", "1MiB" } };
        for (size_t i = 0; i < COUNT_OF(SETS); i++)
                if (!config_set(&desk->config, SETS[i][0], SETS[i][1], &err))
                        fail_msg("%s", err.text);
        for (size_t i = 0; i < REASON_COUNT; i++)
                atomic_store(&reports[i], 0);
}

static void desk_open(struct desk *desk)
{
        struct error err;
        const struct spool_setup setup = { .config = &desk->config, .type = &FAKE, .sink = &desk->sink };
        desk->spool = spool_open(&setup, &err);
        if (!desk->spool)
                fail_msg("%s", err.text);
        desk->port = spool_port_open(desk->spool, report, &err);
        assert_non_null(desk->port);
}

static void desk_close(struct desk *desk)
{
        spool_port_close(desk->port);
        spool_close(desk->spool);
}

static void desk_done(struct desk *desk)
{
        config_done(&desk->config);
        folder_done(&desk->folder);
}

/* A metric of the spool by its name without "millrace_spool_". */
static double metric(struct desk *desk, const char *name)
{
        struct buffer out;
        char line[128];
        buffer_init(&out, 1 << 20);
        spool_metrics(desk->spool, &out);
        buffer_add_char(&out, '\0');
        (void)snprintf(line, sizeof(line), "\nmillrace_spool_%s ", name);
        const char *at = strstr(out.data, line);
        assert_non_null(at);
        double value = strtod(at + strlen(line), NULL);
        buffer_done(&out);
        return value;
}

static void wait_metric(struct desk *desk, const char *name, double want)
{
        int64_t end = clock_steady() + PATIENCE_MS;
        while (metric(desk, "unread_bytes") != 0 || metric(desk, name) != want) {    /* in this order */
                if (clock_steady() > end)
                        fail_msg("%s is %g, not %g", name, metric(desk, name), want);
                rest();
        }
}

/* Puts a record and waits for its report; answers the fate. */
static enum reason put(struct desk *desk, const char *key, int64_t received)
{
        struct arena arena = { 0 };
        struct batch batch = { .arena = &arena, .received = received };
        struct event event = { .batch = &batch };
        const struct record record = { .event = &event, .key = slice_of(key), .value = SLICE("{}") };
        uint64_t before = 0, after;
        int64_t  end = clock_steady() + PATIENCE_MS;
        for (size_t i = 0; i < REASON_COUNT; i++)
                before += reports[i];
        uint64_t good = reports[REASON_published];
        after = before;
        assert_int_equal(spool_put(desk->port, &record, SLICE("events")), REASON_published);
        while (after == before && clock_steady() < end) {
                after = 0;
                rest();
                spool_serve(desk->port);
                for (size_t i = 0; i < REASON_COUNT; i++)
                        after += reports[i];
        }
        assert_int_equal(after, before + 1);
        return reports[REASON_published] > good ? REASON_published : REASON_sink_full;
}

static void log_fill_at(const char *path, unsigned count, void (*name)(unsigned number, char topic[64]))
{
        const struct spool_limits limits = { .size = 1 << 30, .segment = 1 << 20 };
        struct error err;
        struct spool_log *log = spool_log_open(path, &limits, &err);
        assert_non_null(log);
        for (unsigned i = 0; i < count; i++) {
                char topic[64], value[64], payload[256];
                name(i, topic);
                (void)snprintf(value, sizeof(value), "%u ", i);
                struct spool_record record = { .received = 1000, .topic = slice_of(topic), .value = slice_of(value),
                                               .key = i % 2 ? SLICE("k") : (struct slice){ 0 } };
                spool_record_write(&record, payload);
                struct slice bytes = { payload, spool_record_size(&record) };
                assert_int_equal(spool_log_append(log, bytes, &err), SPOOL_TAKEN);
        }
        assert_true(spool_log_commit(log, &err));
        spool_log_close(log);
}

static void log_fill(struct desk *desk, unsigned count, void (*name)(unsigned number, char topic[64]))
{
        log_fill_at(desk->path, count, name);
}

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

static void all_gone(unsigned number, char topic[64])
{
        (void)number;
        (void)snprintf(topic, 64, "gone");
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

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_refused_again_and_again_is_tried_less_often),
                cmocka_unit_test(more_topics_than_the_sink_knows_are_drained),
                cmocka_unit_test(what_comes_while_old_records_are_read),
                cmocka_unit_test(what_can_never_be_sent_does_not_hold_up_the_rest),
                cmocka_unit_test(what_cannot_be_set_aside_stays),
                cmocka_unit_test(what_the_disk_loses_is_settled),
                cmocka_unit_test(what_is_too_old_stays_and_keeps_others_out),
                cmocka_unit_test(a_topic_that_takes_nothing_lets_others_pass),
                cmocka_unit_test(a_crash_while_records_are_moved_keeps_their_order),
                cmocka_unit_test(what_cannot_be_parked_stays),
                cmocka_unit_test(the_age_is_that_of_what_is_left),
        };
        return cmocka_run_group_tests_name("spool_drain", tests, NULL, NULL);
}
