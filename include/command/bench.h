/* The parts of `millrace bench`: events to send, a daemon to measure, a load for it, and what the figures mean. */
#ifndef COMMAND_BENCH_H
#define COMMAND_BENCH_H
#include "command/command.h"
#include "server/plan.h"

struct task;
/* ---- bench_samples.c: events ---- */
struct samples {
        struct slice *events;      /* from malloc: one line each */
        size_t        count, bytes;
        size_t        whole;       /* the first of them: all that are JSON by themselves */
        size_t        good;        /* that the plan would publish */
        size_t        by_reason[REASON_COUNT];     /* the verdicts */
};
/* What would be the body of a request to /v1/events: one event, an array, or lines. At most `most` events are kept; an error when
 * there is none, or none that the plan would publish. */
bool samples_read(struct plan *plan, struct slice body, size_t most, struct samples *ret_samples, struct error *err);
/* The good examples beside the plan's schemas, each in an envelope. */
bool samples_of_plan(struct plan *plan, size_t most, struct samples *ret_samples, struct error *err);
void samples_done(struct samples *samples);

/* Whole requests of HTTP/1.1, `per` events each, together about every sample once; at most 64 MiB. Their heads are as browsers
 * and SDKs send them, of several user agents in turn. A sample that is no JSON would spoil its request: those of more than one
 * event have none. */
struct requests { struct slice *items; size_t count, bytes, largest; };       /* largest: bytes of a body */
void requests_make(const struct samples *samples, size_t per, struct requests *ret_requests);
void requests_done(struct requests *requests);

/* ---- bench_load.c: a load ---- */
struct load {
        uint16_t     port;                 /* on 127.0.0.1 */
        const struct requests *requests;   /* sent in turn */
        size_t       connections;
        int64_t      duration;             /* ns */
        double       rate;                 /* requests a second at constant distances, whatever the answers take, each
                                              measured from when it was due; 0: each connection asks again at once */
        int64_t      patience;             /* ns that the last answers may take after the end; 0: 30 s */
        /* Now and then; false: give up. May be NULL. */
        bool       (*progress)(void *context, int64_t elapsed, int64_t duration);
        void        *context;
};
#define LOAD_STATUSES 600
struct load_result {
        uint64_t answered;         /* 200 */
        uint64_t refused;          /* 429 and 503 */
        uint64_t failed;           /* any other status; connections that broke */
        uint64_t by_status[LOAD_STATUSES];         /* answers */
        uint64_t late;             /* of a constant rate: due, but not sent even when patience was out */
        int64_t  duration;         /* ns, until the last answer */
        int64_t  p50, p90, p99, p999, most;        /* ns; of all answers */
};
bool load_run(const struct load *load, struct load_result *ret_result, struct error *err);

/* ---- bench_daemon.c: the daemon that is measured ---- */
struct bench_daemon;
/* Starts `program` (NULL: this one) as `run` with sockets of its own on the loopback; `sets` are OPTION=VALUE, ended by NULL, and
 * come after the command line's own. Waits until it is ready, or somebody wants `task` to end. It ends with us, whatever
 * happens. */
struct bench_daemon *bench_daemon_start(const struct arguments *arguments, const char *program, const char *const *sets,
                                        struct task *task, struct error *err);
uint16_t             bench_daemon_port(const struct bench_daemon *daemon);
struct bench_reading {
        double cpu;                /* seconds: user and system, all threads */
        double confirmed;          /* events published and rejected */
        double request_bytes, spooled_bytes;
        double backlog;            /* records in the spool */
        double wire_bytes;         /* to Kafka for a record: key, value, headers, framing, after compression; 0: not known yet */
};
bool bench_daemon_read(struct bench_daemon *daemon, struct bench_reading *ret_reading, struct error *err);
/* SIGTERM, or SIGKILL when nobody wants its figures any more, and waits; answers the peak of its resident memory in bytes, 0: not
 * known. Takes NULL. */
int64_t bench_daemon_stop(struct bench_daemon *daemon, bool at_once);

/* ---- bench_answer.c: what it means ---- */
struct bench_row {
        const char *name;          /* "1 event a request" */
        size_t      per;
        bool        spool;
        double      cpu;           /* CPU seconds of an event */
        double      busy;          /* share of a core that was used meanwhile */
        double      events;        /* a second, in that run */
        int64_t     p50, p99;      /* ns; at half of that rate */
        double      drained;       /* events a second that left the spool for Kafka, meanwhile and until it was empty */
        double      request_bytes, wire_bytes, spooled_bytes;      /* of an event; wire_bytes 0: not known */
        int64_t     memory;        /* bytes, resident, at its peak */
        uint64_t    asked, refused, failed;        /* requests */
        uint64_t    untaken;       /* of them: neither taken, nor answered by what is wrong with their events */
        char        statuses[64];  /* of those that were not taken: "413: 12, 503: 4" */
};
/* More than one request of a hundred was not taken: the figures are of something else than events, and nothing follows. */
bool bench_row_is_spoilt(const struct bench_row *row);
struct bench_wish {
        double  events_per_day;    /* 0: nothing is asked */
        double  peak;              /* the busiest second, in averages */
        double  utilisation;       /* share of a core that is planned with */
        double  partition_rate;    /* bytes a second that a partition should take */
        double  retention, outage; /* seconds */
        double  replicas;
};
struct bench_plan {
        double  average, peak;     /* events a second */
        double  cores;             /* at the peak, at that utilisation, not rounded */
        int64_t instances, cores_each;     /* one more instance than needed, so that one may be missing */
        double  network_in, network_out;   /* bytes a second at the peak, all instances together */
        int64_t partitions;
        double  kafka_disk, spool_disk;    /* bytes, all brokers together; all instances together */
};
/* Pure arithmetic: documented line by line in docs/scaling.md. */
void bench_plan(const struct bench_row *row, const struct bench_wish *wish, struct bench_plan *ret_plan);
void bench_print(const struct bench_row *rows, size_t count, const struct bench_wish *wish, FILE *out);
/* What was sent, and how. */
struct bench_setup {
        const struct samples *samples;
        bool   embedded;           /* the cluster inside the command took the events */
        size_t connections;
        double seconds;
        double load;               /* of the machine before it, as getloadavg(3) has it */
};
void bench_print_json(const struct bench_row *rows, size_t count, const struct bench_wish *wish, const struct bench_setup *setup,
                      FILE *out);
#endif
