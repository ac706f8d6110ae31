/* The spool's thread over a sink that does what the test says, in a folder of its own. Include it behind cmocka.h. */
#ifndef TEST_SPOOL_DESK_H
#define TEST_SPOOL_DESK_H
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
#define BARRED      (UINT64_MAX - 1)

/* ---- the sink: a table of topics, and a switch ---- */

struct sink {
        _Atomic bool     open;             /* takes records */
        _Atomic bool     failing;          /* and delivers none */
        _Atomic bool     gone;             /* delivers none for the topic "gone" */
        _Atomic bool     shut;             /* and does not even take any for it */
        _Atomic bool     barred;           /* delivers none for the topic "barred" */
        _Atomic bool     silent;           /* says nothing of what it has for the topic "gone" */
        _Atomic bool     half;             /* but something of every second one */
        _Atomic int64_t  lag;              /* ms until it says something of these */
        _Atomic uint64_t taken, forgotten, failed;
        _Atomic uint64_t next;             /* the number that "gone" gets next: none before it is missing */
        _Atomic bool     disorder;
};
struct sink_port {
        struct sink  *sink;
        void        (*report)(struct event *event, enum reason fate);
        struct topics topics;
        struct event *held[32768];
        uint64_t      numbers[32768];      /* UINT64_MAX: of another topic than "gone"; one less: of "barred" */
        int64_t       since[32768];        /* ms */
        size_t        count;
        int           descriptor;
};

static inline struct sink_port *port_open(struct sink *sink, struct metrics_worker *metrics,
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

static inline void port_close(struct sink_port *port)
{
        if (!port)
                return;
        for (size_t i = 0; i < port->count; i++)
                port->report(port->held[i], REASON_sink_failed);
        topics_done(&port->topics);
        (void)close(port->descriptor);
        free(port);
}

static inline int port_descriptor(struct sink_port *port) { return port->descriptor; }
static inline bool port_ready(struct sink_port *port) { return atomic_load(&port->sink->open); }
static inline size_t port_held(struct sink_port *port) { return port->count; }
static inline uint16_t port_topic(struct sink_port *port, struct slice name) { return topics_number(&port->topics, name); }
static inline struct slice port_topic_name(struct sink_port *port, uint16_t topic) { return port->topics.names[topic]; }

static inline bool port_topics_forget(struct sink_port *port, struct error *err)
{
        (void)err;
        BUG_IF(port->count);
        atomic_fetch_add(&port->sink->forgotten, 1);
        topics_done(&port->topics);
        topics_init(&port->topics);
        return true;
}

static inline void port_serve(struct sink_port *port)
{
        uint64_t rings;
        (void)!read(port->descriptor, &rings, sizeof(rings));
        size_t count = port->count;
        port->count = 0;
        bool failing = atomic_load(&port->sink->failing), silent = atomic_load(&port->sink->silent);
        /* Once for all of them: a sink that gives some back and delivers what came behind them has an order of its own. */
        bool barred = atomic_load(&port->sink->barred), refusing = atomic_load(&port->sink->gone);
        int64_t now = clock_steady(), lag = atomic_load(&port->sink->lag);
        for (size_t i = 0; i < count; i++) {
                bool gone = port->numbers[i] < BARRED, bad = failing || (gone && refusing) ||
                                                             (barred && port->numbers[i] == BARRED);
                bool quiet = silent && !(atomic_load(&port->sink->half) && port->numbers[i] % 2);
                if (gone && (quiet || now - port->since[i] < lag)) {
                        port->numbers[port->count] = port->numbers[i];
                        port->since[port->count] = port->since[i];
                        port->held[port->count++] = port->held[i];
                        continue;
                }
                if (gone && !bad) {
                        atomic_store(&port->sink->disorder, port->sink->disorder || port->numbers[i] > port->sink->next);
                        if (port->numbers[i] == port->sink->next)
                                atomic_fetch_add(&port->sink->next, 1);
                }
                atomic_fetch_add(bad ? &port->sink->failed : &port->sink->taken, 1);
                port->report(port->held[i], bad ? REASON_sink_failed : REASON_published);
        }
        if (lag && port->count) {          /* look again */
                rings = 1;
                (void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
                (void)!write(port->descriptor, &rings, sizeof(rings));
        }
}

static inline enum reason port_publish(struct sink_port *port, const struct record *record)
{
        uint64_t one = 1;
        BUG_IF(record->topic >= port->topics.count);
        if (!atomic_load(&port->sink->open) || port->count == COUNT_OF(port->held))
                return REASON_sink_full;
        bool gone = slice_equal(port->topics.names[record->topic], SLICE("gone"));
        if (gone && atomic_load(&port->sink->shut))
                return REASON_sink_failed;
        bool barred = slice_equal(port->topics.names[record->topic], SLICE("barred"));
        port->numbers[port->count] = gone ? strtoull(record->value.data, NULL, 10) : barred ? BARRED : UINT64_MAX;
        port->since[port->count] = clock_steady();
        port->held[port->count++] = record->event;
        (void)!write(port->descriptor, &one, sizeof(one));
        return REASON_published;
}

static const struct sink_type FAKE = {
        .name = "fake", .port_open = port_open, .port_close = port_close, .port_descriptor = port_descriptor,
        .serve = port_serve, .topic = port_topic, .topic_name = port_topic_name, .topics_forget = port_topics_forget,
        .publish = port_publish, .ready = port_ready, .held = port_held,
};

static inline void rest(void) { (void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL); }

/* ---- the desk ---- */

struct desk {
        struct folder      folder;
        char               path[600];
        struct config      config;
        struct sink        sink, *other;
        const struct sink_type *type;      /* of the other sink; NULL: there is none */
        struct spool      *spool;
        struct spool_port *port;
};
static _Atomic uint64_t reports[REASON_COUNT];

static inline void report(struct event *event, enum reason fate)
{
        (void)event;
        atomic_fetch_add(&reports[fate], 1);
}

static inline void desk_init(struct desk *desk)
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

static inline void desk_open(struct desk *desk)
{
        struct error err;
        const struct spool_setup setup = { .config = &desk->config, .type = desk->type ? desk->type : &FAKE,
                                           .sink = desk->other ? desk->other : &desk->sink };
        desk->spool = spool_open(&setup, &err);
        if (!desk->spool)
                fail_msg("%s", err.text);
        desk->port = spool_port_open(desk->spool, report, &err);
        assert_non_null(desk->port);
}

static inline void desk_close(struct desk *desk)
{
        spool_port_close(desk->port);
        spool_close(desk->spool);
}

static inline void desk_done(struct desk *desk)
{
        config_done(&desk->config);
        folder_done(&desk->folder);
}

/* A metric of the spool by its name without "millrace_spool_". */
static inline double metric(struct desk *desk, const char *name)
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

static inline void wait_metric(struct desk *desk, const char *name, double want)
{
        int64_t end = clock_steady() + PATIENCE_MS;
        while (metric(desk, "unread_bytes") != 0 || metric(desk, name) != want) {    /* in this order */
                if (clock_steady() > end)
                        fail_msg("%s is %g, not %g", name, metric(desk, name), want);
                rest();
        }
}

/* Puts a record and waits for its report; answers the fate. */
static inline enum reason put_to(struct desk *desk, const char *topic, const char *value, const char *key, int64_t received)
{
        struct arena arena = { 0 };
        struct batch batch = { .arena = &arena, .received = received };
        struct event event = { .batch = &batch };
        const struct record record = { .event = &event, .key = slice_of(key), .value = slice_of(value) };
        uint64_t before = 0, after;
        int64_t  end = clock_steady() + PATIENCE_MS;
        for (size_t i = 0; i < REASON_COUNT; i++)
                before += reports[i];
        uint64_t good = reports[REASON_published];
        after = before;
        assert_int_equal(spool_put(desk->port, &record, slice_of(topic)), REASON_published);
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

static inline enum reason put(struct desk *desk, const char *key, int64_t received)
{
        return put_to(desk, "events", "{}", key, received);
}

/* Records with values of so many bytes, at least. */
static inline void log_fill_large(const char *path, unsigned count, void (*name)(unsigned number, char topic[64]), int size)
{
        const struct spool_limits limits = { .size = 1 << 30, .segment = 1 << 20 };
        struct error err;
        struct spool_log *log = spool_log_open(path, &limits, &err);
        assert_non_null(log);
        for (unsigned i = 0, gone = 0; i < count; i++) {
                char topic[64], value[1024], payload[1280];
                name(i, topic);
                (void)snprintf(value, sizeof(value), "%-*u ", size, strcmp(topic, "gone") == 0 ? gone++ : i);
                struct spool_record record = { .received = 1000, .topic = slice_of(topic), .value = slice_of(value),
                                               .key = i % 2 ? SLICE("k") : (struct slice){ 0 } };
                spool_record_write(&record, payload);
                struct slice bytes = { payload, spool_record_size(&record) };
                assert_int_equal(spool_log_append(log, bytes, &err), SPOOL_TAKEN);
        }
        assert_true(spool_log_commit(log, &err));
        spool_log_close(log);
}

static inline void log_fill_at(const char *path, unsigned count, void (*name)(unsigned number, char topic[64]))
{
        log_fill_large(path, count, name, 0);
}

static inline void log_fill(struct desk *desk, unsigned count, void (*name)(unsigned number, char topic[64]))
{
        log_fill_at(desk->path, count, name);
}
#endif
