/* `millrace bench`: how much of a core an event costs on this machine, with this plan and these events, and what that means. */
#include "command/bench.h"
#include "base/clock.h"
#include "config/option.h"
#include "schema/remote.h"
#include "sink/sink.h"
#include "task.h"
#include <errno.h>
#include <ftw.h>
#include <math.h>
#include <unistd.h>

#define BODY_MAX ((size_t)256 << 20)
#define SAMPLES_MAX 100000
#define CASES_MAX 8
#define SETS_MAX 24

enum {
        FLAG_CONNECTIONS,
        FLAG_EVENTS,
        FLAG_JSON,
        FLAG_OUTAGE,
        FLAG_PEAK,
        FLAG_PER,
        FLAG_PROGRAM,
        FLAG_REPLICAS,
        FLAG_RETENTION,
        FLAG_SECONDS,
        FLAG_SPOOL,
        FLAG_TOPIC
};
const struct flag BENCH_FLAGS[] = {
        [FLAG_CONNECTIONS] = { "--connections", "N", "Connections that send (256)." },
        [FLAG_EVENTS] = { "--events-per-day", "N", "How many events you expect, such as `6e9`: says what they need." },
        [FLAG_JSON] = { "--json", NULL, "Print the figures as JSON." },
        [FLAG_OUTAGE] = { "--outage", "HOURS", "How long the spool should last at the peak (1)." },
        [FLAG_PEAK] = { "--peak", "FACTOR", "The busiest second of the day, in averages (3)." },
        [FLAG_PER] = { "--per-request", "LIST", "Events in a request, each measured by itself (`1,50`)." },
        [FLAG_PROGRAM] = { "--program", "FILE", "The `millrace` to measure, to compare builds; else this one." },
        [FLAG_REPLICAS] = { "--replicas", "N", "Copies that Kafka keeps (3)." },
        [FLAG_RETENTION] = { "--retention", "DAYS", "How long Kafka keeps events (7)." },
        [FLAG_SECONDS] = { "--seconds", "N", "How long each measurement takes (5)." },
        [FLAG_SPOOL] = { "--spool", "FOLDER", "Measure the way over the spool, too, with its files in FOLDER, on the "
                                                 "disk that it is to have." },
        [FLAG_TOPIC] = { "--topic", "NAME", "Send to the brokers of the configuration, to this topic and NAME-bad. Without it "
                                             "nothing leaves this machine: a cluster inside this command takes the events." },
        { .name = NULL },
};

struct bench {
        const struct arguments *arguments;
        struct plan   *plan;
        struct samples samples;
        struct sink   *embedded;           /* only its cluster is used; NULL: real brokers */
        struct config  config;             /* of `embedded` */
        size_t         per[CASES_MAX], per_count;
        double         seconds;
        size_t         connections;
        int64_t        count_limit;        /* events.count_limit, which is ours while the samples are read */
        double         load;               /* of the machine, before */
        struct bench_wish wish;
        const char    *now;                /* what is being measured, for the progress line */
        struct task    task;
        struct bench_row rows[2 * CASES_MAX];
        size_t         row_count;
};

static bool is_whole(int flag) { return flag == FLAG_CONNECTIONS || flag == FLAG_REPLICAS; }

static bool number_take(const struct arguments *arguments, int flag, double otherwise, const double range[2], double *ret_number)
{
        const char *text = arguments->flag[flag];
        char *end = NULL;
        *ret_number = text ? strtod(text, &end) : otherwise;
        if (!text || (end != text && !*end && *ret_number >= range[0] && *ret_number <= range[1] &&
                      (!is_whole(flag) || *ret_number == floor(*ret_number))))
                return true;
        fprintf(stderr, "millrace bench: %s %s is no %snumber from %g to %g\n", BENCH_FLAGS[flag].name, text,
                is_whole(flag) ? "whole " : "", range[0], range[1]);
        return false;
}

static bool per_take(const char *text, struct bench *bench)
{
        const char *list = text ? text : "1,50";
        for (const char *at = list; bench->per_count < CASES_MAX;) {
                char *end;
                unsigned long per = strtoul(at, &end, 10);
                if (end == at || per < 1 || per > 5000 || (*end && *end != ','))
                        break;
                bench->per[bench->per_count++] = per;
                if (!*end)
                        return true;
                at = end + 1;
        }
        fprintf(stderr, "millrace bench: --per-request %s is no list of at most %d numbers from 1 to 5000\n", list, CASES_MAX);
        return false;
}

static bool flags_take(struct bench *bench)
{
        const struct arguments *arguments = bench->arguments;
        double connections;
        bench->wish = (struct bench_wish){ .utilisation = 0.6, .partition_rate = 10 << 20 };
        bool good = per_take(arguments->flag[FLAG_PER], bench) &&
                    number_take(arguments, FLAG_SECONDS, 5, (double[]){ 0.5, 3600 }, &bench->seconds) &&
                    number_take(arguments, FLAG_CONNECTIONS, 256, (double[]){ 1, 20000 }, &connections) &&
                    number_take(arguments, FLAG_EVENTS, 0, (double[]){ 1, 1e15 }, &bench->wish.events_per_day) &&
                    number_take(arguments, FLAG_PEAK, 3, (double[]){ 1, 1000 }, &bench->wish.peak) &&
                    number_take(arguments, FLAG_REPLICAS, 3, (double[]){ 1, 10 }, &bench->wish.replicas) &&
                    number_take(arguments, FLAG_RETENTION, 7, (double[]){ 0.01, 3650 }, &bench->wish.retention) &&
                    number_take(arguments, FLAG_OUTAGE, 1, (double[]){ 0.01, 8760 }, &bench->wish.outage);
        bench->connections = good ? (size_t)connections : 0;
        bench->wish.retention *= 86400;
        bench->wish.outage *= 3600;
        return good;
}

/* ---- what is sent ---- */
static bool samples_load(struct bench *bench, struct error *err)
{
        const struct arguments *arguments = bench->arguments;
        struct buffer body;
        if (arguments->operand_count == 0)
                return samples_of_plan(bench->plan, SAMPLES_MAX, &bench->samples, err);
        buffer_init(&body, BODY_MAX);
        bool good = operand_read(arguments->operands[0], &body, err) &&
                    samples_read(bench->plan, buffer_slice(&body), SAMPLES_MAX, &bench->samples, err);
        buffer_done(&body);
        return good;
}

static void samples_tell(const struct samples *samples, FILE *out)
{
        fprintf(out, "%zu event%s, %.0f bytes on average", samples->count, samples->count == 1 ? "" : "s",
                (double)samples->bytes / (double)samples->count);
        for (size_t i = 0; i < REASON_COUNT; i++)
                if (samples->by_reason[i] && i != REASON_published)
                        fprintf(out, "; %zu will be rejected (%s)", samples->by_reason[i], REASONS[i].name);
        if (samples->whole < samples->count)
                fprintf(out, "; %zu are no JSON, and are sent only where each event has a request of its own",
                        samples->count - samples->whole);
        fputs("\n", out);
}

/* What makes the figures better or worse than the operator's own will be. */
static void conditions_tell(const struct bench *bench, FILE *out)
{
        struct slice compression = word_at(OPTIONS[OPTION_kafka_compression].words, bench->plan->config.kafka_compression);
        const struct config *config = &bench->plan->config;
        long   cores = sysconf(_SC_NPROCESSORS_ONLN);
        fputs(bench->embedded ? "to a cluster inside this command: no network, no disks of brokers (see --topic)\n"
                              : "to the brokers of the configuration\n", out);
        if (config->tls_listen.count)
                fputs("without TLS, and on connections that stay: with it a request costs about half as much again, and each new "
                      "connection 0.3 to 1.5 ms\n", out);
        if (config->kafka_compression)
                fprintf(out, "compressed (%.*s): as small as yours only if these events differ as much as yours do\n",
                        SLICE_ARGS(compression));
        if (cores > 0 && bench->load > 0.5 * (double)cores)
                fprintf(out, "this machine is busy (load %.1f on %ld cores): its figures are too high\n", bench->load, cores);
}

static bool embedded_open(struct bench *bench, struct error *err)
{
        const struct sink_type *type = sink_find("kafka");
        if (!type)
                return error_set(err, "this build has no Kafka sink");
        if (bench->arguments->flag[FLAG_TOPIC])
                return true;
        config_init(&bench->config);
        if (!config_set(&bench->config, "kafka.brokers", "embedded", err))
                return false;
        bench->embedded = type->open(&bench->config, 1, err);
        return bench->embedded != NULL;
}

/* ---- measuring ---- */
/* For people only: what is no terminal learns the figures. */
static bool should_tell(const struct bench *bench) { return bench->task.terminal && task_due(&bench->task); }

static bool progress(void *context, int64_t elapsed, int64_t duration)
{
        struct bench *bench = context;
        if (should_tell(bench))
                task_tell(&bench->task, "%s: %.0f of %.0f s ", bench->now, (double)elapsed / 1e9, (double)duration / 1e9);
        return !task_stopped(&bench->task, 0);
}

/* Waits until what is in the spool is in Kafka: what an event costs has both ways in it. */
static bool drain(struct bench *bench, struct bench_daemon *daemon, struct bench_reading *ret_reading, struct error *err)
{
        int64_t most = 60000 + (int64_t)(bench->seconds * 20000);
        for (int64_t start = clock_steady(); bench_daemon_read(daemon, ret_reading, err);) {
                if (ret_reading->backlog == 0)
                        return true;
                if (task_stopped(&bench->task, 250))
                        return error_set(err, "interrupted");
                if (clock_steady() - start > most)
                        return error_set(err, "the spool still holds %.0f records %lld s after the load", ret_reading->backlog,
                                         (long long)most / 1000);
                if (should_tell(bench))
                        task_tell(&bench->task, "%s: %.0f records are in the spool ", bench->now, ret_reading->backlog);
        }
        return false;
}

/* Requests that were not taken, by their status. */
static void statuses_tell(const struct load_result *result, char *text, size_t size)
{
        size_t used = 0;
        *text = '\0';
        for (int status = 0; status < LOAD_STATUSES; status++) {
                if (status == 200 || !result->by_status[status] || used + 32 > size)
                        continue;
                used += (size_t)snprintf(text + used, size - used, "%s%d: %llu", used ? ", " : "", status,
                                         (unsigned long long)result->by_status[status]);
        }
}

/* What the configuration would refuse by its size is refused before. */
static bool requests_fit(const struct bench *bench, const struct requests *requests, size_t per, struct error *err)
{
        int64_t bytes = bench->plan->config.http_body_limit;
        if ((int64_t)per > bench->count_limit)
                return error_set(err, "%zu events a request are more than events.count_limit (%lld)", per,
                                 (long long)bench->count_limit);
        if ((int64_t)requests->largest > bytes)
                return error_set(err, "a request of %zu event%s has up to %zu bytes, more than http.body_limit (%lld)", per,
                                 per == 1 ? "" : "s", requests->largest, (long long)bytes);
        return true;
}

static bool measure(struct bench *bench, struct bench_daemon *daemon, struct bench_row *row, struct error *err)
{
        struct requests requests;
        struct bench_reading before, loaded, after;
        struct load_result warm, full, half;
        requests_make(&bench->samples, row->per, &requests);
        struct load load = { .port = bench_daemon_port(daemon), .requests = &requests, .connections = bench->connections,
                             .duration = (int64_t)1000000000, .progress = progress, .context = bench };
        bool good = requests_fit(bench, &requests, row->per, err) && load_run(&load, &warm, err) &&
                    drain(bench, daemon, &before, err);
        load.duration = (int64_t)(bench->seconds * 1e9);
        int64_t start = clock_steady();
        good = good && load_run(&load, &full, err) && bench_daemon_read(daemon, &loaded, err) &&
               drain(bench, daemon, &after, err);
        if (good) {
                double events = after.confirmed - before.confirmed, took = (double)full.duration / 1e9;
                load.rate = (double)full.answered / took / 2;
                row->cpu = (after.cpu - before.cpu) / (events > 0 ? events : 1);
                row->busy = (loaded.cpu - before.cpu) / took;
                row->events = events / took;
                row->drained = row->spool ? events * 1000 / (double)(clock_steady() - start) : 0;
                row->request_bytes = (after.request_bytes - before.request_bytes) / (events > 0 ? events : 1);
                row->spooled_bytes = (after.spooled_bytes - before.spooled_bytes) / (events > 0 ? events : 1);
                row->asked = full.answered + full.refused + full.failed;
                row->refused = full.refused;
                row->failed = full.failed;
                row->untaken = full.refused + full.failed - full.by_status[400] - full.by_status[422];
                statuses_tell(&full, row->statuses, sizeof(row->statuses));
                good = events > 0 || error_set(err, "no event was confirmed: %llu requests refused, %llu failed%s%s",
                                               (unsigned long long)full.refused, (unsigned long long)full.failed,
                                               *row->statuses ? "; by status " : "", row->statuses);
        }
        good = good && load_run(&load, &half, err) && bench_daemon_read(daemon, &after, err);
        if (good) {
                row->p50 = half.p50;
                row->p99 = half.p99;
                row->wire_bytes = after.wire_bytes;
        }
        requests_done(&requests);
        return good;
}

/* Options that the measured daemon must not take from the configuration: they would refuse us, or are somebody else's. */
static const char *const OWN[] = {
        "worker.threads=1", "sink.type=kafka", "log.level=warning", "admin.token=", "http.proxy_protocol=false", "keys.file=",
        "tls.listen=", "limits.address_rate=0", "limits.key_rate=0", "limits.route_rate=", "process.user=", "process.group=",
        "spool.drain_rate=0", "kafka.client.statistics.interval.ms=1000",
};

/* An option of which the configuration has too little for what is asked of the command. */
static const char *at_least(const char *option, int64_t has, size_t wanted, char *text, size_t size)
{
        if (has >= (int64_t)wanted)
                return NULL;
        (void)snprintf(text, size, "%s=%zu", option, wanted);
        return text;
}

static bool run_case(struct bench *bench, size_t per, const char *spool, struct error *err)
{
        char brokers[128], topic[512], bad[512], path[1024], connections[64];
        const char *sets[SETS_MAX];
        size_t count = 0;
        struct bench_row *row = &bench->rows[bench->row_count];
        char *name = memory_get(64);
        (void)snprintf(name, 64, "%zu event%s a request%s", per, per == 1 ? "" : "s", spool ? ", spooled" : "");
        for (size_t i = 0; i < COUNT_OF(OWN); i++)
                sets[count++] = OWN[i];
        sets[count] = at_least("http.connections", bench->plan->config.http_connections, bench->connections + 16, connections,
                               sizeof(connections));
        count += sets[count] != NULL;
        (void)snprintf(path, sizeof(path), "spool.path=%s", spool ? spool : "");
        sets[count++] = path;
        sets[count++] = spool ? "sink.ack=spool" : "sink.ack=kafka";
        if (bench->embedded) {
                struct slice address = sink_find("kafka")->address(bench->embedded);
                (void)snprintf(brokers, sizeof(brokers), "kafka.brokers=%.*s", SLICE_ARGS(address));
                sets[count++] = brokers;
                sets[count++] = "kafka.client.security.protocol=plaintext";
        } else {
                (void)snprintf(topic, sizeof(topic), "kafka.topic=%s", bench->arguments->flag[FLAG_TOPIC]);
                (void)snprintf(bad, sizeof(bad), "kafka.bad_topic=%s-bad", bench->arguments->flag[FLAG_TOPIC]);
                sets[count++] = topic;
                sets[count++] = bad;
        }
        sets[count] = NULL;
        *row = (struct bench_row){ .name = name, .per = per, .spool = spool != NULL };
        bench->now = name;
        struct bench_daemon *daemon = bench_daemon_start(bench->arguments, bench->arguments->flag[FLAG_PROGRAM], sets,
                                                         &bench->task, err);
        bool good = daemon && measure(bench, daemon, row, err);
        row->memory = bench_daemon_stop(daemon, !good);
        bench->row_count += good;
        if (!good)
                free(name);
        return good;
}

static int entry_remove(const char *path, const struct stat *status, int kind, struct FTW *at)
{
        (void)status, (void)kind, (void)at;
        return remove(path);
}

static void folder_remove(const char *path) { (void)nftw(path, entry_remove, 16, FTW_DEPTH | FTW_PHYS); }

static bool run_all(struct bench *bench, struct error *err)
{
        const char *parent = bench->arguments->flag[FLAG_SPOOL];
        bool good = !parent || access(parent, W_OK | X_OK) == 0 || error_set(err, "--spool %s: %s", parent, strerror(errno));
        for (size_t i = 0; i < bench->per_count && good; i++)
                good = run_case(bench, bench->per[i], NULL, err);
        for (size_t i = 0; i < bench->per_count && good && parent; i++) {
                char folder[900];
                (void)snprintf(folder, sizeof(folder), "%s/millrace-bench-XXXXXX", parent);
                if (!mkdtemp(folder))
                        return error_set(err, "--spool %s: %s", parent, strerror(errno));
                good = run_case(bench, bench->per[i], folder, err);
                folder_remove(folder);
        }
        return good;
}

/* ---- the command ---- */
static bool plan_load(struct bench *bench, struct remote **ret_remote)
{
        struct config config;
        struct errors errors = { 0 };
        struct error err;
        if (arguments_config(bench->arguments, &config, &errors)) {
                /* Keys are no matter here, and may be readable for the service alone. */
                BUG_IF(!config_set(&config, "keys.file", "", &err));
                bench->count_limit = config.events_count_limit;
                *ret_remote = remote_new(&config, &errors);
                config.events_count_limit = SAMPLES_MAX;
                bench->plan = plan_new(&config, NULL, *ret_remote, &errors);
        } else {
                config_done(&config);
        }
        errors_print(&errors, stderr);
        errors_done(&errors);
        return bench->plan != NULL;
}

static void bench_done(struct bench *bench)
{
        for (size_t i = 0; i < bench->row_count; i++)
                free((char *)(uintptr_t)bench->rows[i].name);
        samples_done(&bench->samples);
        if (bench->embedded) {
                sink_find("kafka")->close(bench->embedded);
                config_done(&bench->config);
        }
        plan_unref(bench->plan);
}

static void print(struct bench *bench, bool json)
{
        struct bench_setup setup = { .samples = &bench->samples, .embedded = bench->embedded != NULL,
                                     .connections = bench->connections, .seconds = bench->seconds, .load = bench->load };
        if (json)
                bench_print_json(bench->rows, bench->row_count, &bench->wish, &setup, stdout);
        else
                bench_print(bench->rows, bench->row_count, &bench->wish, stdout);
}

static bool none_spoilt(const struct bench *bench, struct error *err)
{
        for (size_t i = 0; i < bench->row_count; i++)
                if (bench_row_is_spoilt(&bench->rows[i]))
                        return error_set(err, "%s: %llu of %llu requests were not taken: no plan follows of the rest",
                                         bench->rows[i].name, (unsigned long long)bench->rows[i].untaken,
                                         (unsigned long long)bench->rows[i].asked);
        return true;
}

int command_bench(const struct arguments *arguments)
{
        struct bench bench = { .arguments = arguments };
        struct remote *remote = NULL;
        struct error err;
        if (arguments->operand_count > 1) {
                fprintf(stderr, "millrace bench: one file at a time\n");
                return STATUS_USAGE;
        }
        if (!flags_take(&bench))
                return STATUS_USAGE;
        bool json = arguments->flag[FLAG_JSON] != NULL, good = false;
        (void)getloadavg(&bench.load, 1);
        if (plan_load(&bench, &remote)) {
                good = samples_load(&bench, &err);
                task_init(&bench.task);
                good = good && embedded_open(&bench, &err);
                if (good && !json) {
                        samples_tell(&bench.samples, stdout);
                        conditions_tell(&bench, stdout);
                        (void)fflush(stdout);
                }
                good = good && run_all(&bench, &err) && none_spoilt(&bench, &err);
                if (task_stopped(&bench.task, 0))      /* a daemon that got the same signal may be gone before we looked */
                        good = error_set(&err, "interrupted");
                task_done(&bench.task);
                if (bench.row_count)
                        print(&bench, json);
                (void)fflush(stdout);
                if (!good)
                        fprintf(stderr, "millrace bench: %s\n", err.text);
        }
        bench_done(&bench);
        remote_free(remote);
        if (bench.task.stopped) {                  /* as whoever sent it expects */
                (void)sigprocmask(SIG_UNBLOCK, &bench.task.signals, NULL);
                (void)raise(bench.task.stopped);
        }
        return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
