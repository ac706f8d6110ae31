/* The main thread: it starts everything, waits for signals, reloads, feeds the watchdog, and drains. It never touches an event.
 */
#include "server/daemon.h"
#include "base/clock.h"
#include "base/log.h"
#include "schema/remote.h"
#include "server/admin.h"
#include "server/banner.h"
#include "server/exposure.h"
#include "server/process.h"
#include "server/pulse.h"
#include "server/refresh.h"
#include "server/watch.h"
#include "server/worker.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#define FILES_KEPT 1024                    /* open files for all that is no connection */

struct daemon {
        const struct daemon_source *source;
        struct plan            *boot;      /* the sink's configuration lives as long as the sink */
        struct plan            *plan;      /* the newest */
        struct metrics         *metrics;
        struct metrics_worker  *own;       /* the main thread's counters */
        const struct sink_type *type;
        struct sink            *sink;
        struct spool           *spool;
        struct remote          *remote;
        struct limiter         *limiter;
        struct refresh         *refresh;
        struct watch           *watch;
        int64_t                 look;              /* when the watched files are looked at again; 0: never */
        struct worker         **workers;
        size_t                  count, connections;        /* workers; clients' connections, of all of them together */
        struct admin           *admin;
        struct worker          *admin_worker;
        struct listeners        events, secure, control;
        struct tls_tickets     *tickets;           /* NULL: no certificates yet */
        struct exposure        *exposure;          /* of both, for as long as they are open */
        int                     signals;
        uint64_t                watchdog_ms;       /* 0: nobody watches */
        struct pulse           *pulse;     /* of each worker */
        _Atomic bool            started, draining;
};

static void log_all(enum log_level level, const struct errors *errors)
{
        for (size_t i = 0; i < errors->count; i++)
                log_line(level, "%s", errors->items[i].text);
        if (errors->more)
                log_line(level, "... and %zu more", errors->more);
}

static const char *unready(void *context)
{
        const struct daemon *daemon = context;
        if (!daemon->started)
                return "starting";
        if (daemon->draining)
                return "stopping";
        for (size_t i = 0; i < daemon->count; i++)
                if (!worker_ready(daemon->workers[i]))
                        return "a worker cannot take events: the sink is not reachable, or too much is open";
        return NULL;
}

/* ---- start ---- */

/* Certificates that are over are no reason not to start: some clients do not mind, and the others say what is wrong. */
static bool secure_plan(struct daemon *daemon, struct plan *plan, struct errors *errors)
{
        struct errors notes = { 0 };
        if (!daemon->tickets && plan->config.tls_certificates.count)
                daemon->tickets = tls_tickets_new();
        if (!plan_secure(plan, daemon->tickets, errors))
                return false;
        /* The listeners are there until the restart. */
        if (!plan->tls && daemon->plan && daemon->plan->tls)
                plan->tls = tls_ref(daemon->plan->tls);
        if (plan->tls)
                tls_judge(plan->tls, clock_wall(), &notes, &notes);
        log_all(LOG_LEVEL_WARNING, &notes);
        errors_done(&notes);
        metrics_set(daemon->own, METRIC_tls_expiry, plan->tls ? tls_expiry(plan->tls) : 0);
        return true;
}

static bool read_plan(struct daemon *daemon, struct errors *errors)
{
        struct config config;
        size_t before = errors_total(errors);
        if (!daemon->source->read(daemon->source->context, &config, errors)) {
                config_done(&config);
                return false;
        }
        log_setup((enum log_level)(LOG_LEVEL_ERROR + (config.log_level > 1 ? config.log_level + 1 : config.log_level)));
        if (daemon->plan) {
                struct errors restart = { 0 };
                if (config_differs_needs_restart(&daemon->plan->config, &config, &restart))
                        for (size_t i = 0; i < restart.count; i++)
                                log_line(LOG_LEVEL_WARNING, "%s: the new value takes effect at the next restart",
                                         restart.items[i].text);
                config_keep_restart(&config, &daemon->plan->config);
                errors_done(&restart);
                if (!exposure_check(daemon->exposure, &config, errors)) {
                        config_done(&config);
                        return false;
                }
        } else {
                daemon->count = config.worker_threads ? (size_t)config.worker_threads : worker_cpus();
                daemon->metrics = metrics_new(daemon->count);
                daemon->own = metrics_of(daemon->metrics, daemon->count);
                daemon->remote = remote_new(&config, errors);
                daemon->exposure = exposure_new();
                daemon->limiter = limiter_new((size_t)config.limits_address_count);
        }
        struct plan *plan = plan_new(&config, daemon->metrics, daemon->remote, errors);
        if (!plan || !secure_plan(daemon, plan, errors)) {
                plan_unref(plan);
                return false;
        }
        gate_attach(plan->gate, daemon->limiter);
        log_all(LOG_LEVEL_WARNING, registry_notes(plan->registry));
        log_all(LOG_LEVEL_WARNING, enrich_plan_notes(plan->enrich));
        plan_unref(daemon->plan);
        daemon->plan = plan;
        return errors_total(errors) == before;
}

static bool open_sink(struct daemon *daemon, struct errors *errors)
{
        const struct config *config = &daemon->boot->config;
        struct errors advice = { 0 };
        struct error  err;
        daemon->type = sink_configured(config);
        if (!daemon->type)
                return errors_add(errors, "sink.type: this build has no sink '%s'", sink_word(config));
        bool sink_good = daemon->type->check(config, errors, &advice), good = spool_check(config, errors) && sink_good;
        sink_advise(config, &advice);
        log_all(LOG_LEVEL_WARNING, &advice);
        errors_done(&advice);
        if (!good)
                return false;
        daemon->sink = daemon->type->open(config, daemon->count + (config->spool_path[0] != '\0'), &err);
        if (!daemon->sink)
                return errors_add(errors, "%s", err.text);
        const struct spool_setup setup = { .config = config, .type = daemon->type, .sink = daemon->sink,
                                           .fresh = sink_is_embedded(config) };
        daemon->spool = spool_open(&setup, &err);
        return daemon->spool || !err.text[0] || errors_add(errors, "%s", err.text);
}

static bool open_listeners(struct daemon *daemon, struct errors *errors)
{
        const struct config *config = &daemon->boot->config;
        listeners_inherit("events", &daemon->events);
        listeners_inherit("events-tls", &daemon->secure);
        listeners_inherit("admin", &daemon->control);
        if (daemon->secure.count && !daemon->boot->tls)
                return errors_add(errors, "tls.certificates: the sockets of systemd named 'events-tls' need at least one");
        exposure_add(daemon->exposure, EXPOSED_EVENTS, &daemon->events, &config->http_listen);
        exposure_add(daemon->exposure, EXPOSED_EVENTS, &daemon->secure, &config->tls_listen);
        exposure_add(daemon->exposure, EXPOSED_ADMIN, &daemon->control, &config->admin_listen);
        if (!exposure_check(daemon->exposure, config, errors))
                return false;
        if (daemon->events.count == 0 && !listeners_open(&config->http_listen, true, &daemon->events, errors))
                return false;
        if (daemon->secure.count == 0 && !listeners_open(&config->tls_listen, true, &daemon->secure, errors))
                return false;
        daemon->secure.secure = true;
        if (daemon->control.count == 0 && !listeners_open(&config->admin_listen, false, &daemon->control, errors))
                return false;
        return listeners_share(&daemon->events, daemon->count, errors) && listeners_share(&daemon->control, 1, errors) &&
               listeners_share(&daemon->secure, daemon->count, errors);
}

static bool give_listeners(struct worker *worker, struct listeners *listeners, struct error *err)
{
        while (listeners->count)
                if (!worker_listen(worker, listeners->descriptor[--listeners->count], listeners->secure, err))
                        return false;
        return true;
}

static bool all_inherited(const struct listeners *listeners) { return listeners->inherited || listeners->count == 0; }

static struct worker *start_worker(struct daemon *daemon, size_t index, struct error *err)
{
        const struct config *config = &daemon->boot->config;
        struct worker_setup setup = {
                .pipeline = { .type = daemon->type, .sink = daemon->sink, .spool = daemon->spool,
                              .ack = config->sink_ack, .metrics = metrics_of(daemon->metrics, index),
                              .workers = daemon->count, .seed = config->debug_seed ? (uint64_t)config->debug_seed + index : 0 },
                .plan = daemon->plan, .index = index,
                .inherited = all_inherited(&daemon->events) && all_inherited(&daemon->secure),
                .connections = daemon->connections / daemon->count + 1,
        };
        struct worker *worker = worker_new(&setup, err);
        if (worker && give_listeners(worker, &daemon->events.shares[index], err) &&
            give_listeners(worker, &daemon->secure.shares[index], err) && worker_start(worker, err))
                return worker;
        worker_free(worker);
        return NULL;
}

static struct worker *start_admin(struct daemon *daemon, struct error *err)
{
        struct admin_setup admin = {
                .metrics = daemon->metrics, .type = daemon->type, .sink = daemon->sink, .spool = daemon->spool,
                .limiter = daemon->limiter, .unready = unready, .context = daemon
        };
        daemon->admin = admin_new(&admin);
        struct worker_setup setup = { .service = admin_service(daemon->admin), .plan = daemon->plan, .connections = 256 };
        struct worker *worker = worker_new(&setup, err);
        if (worker && give_listeners(worker, &daemon->control.shares[0], err) && worker_start(worker, err))
                return worker;
        worker_free(worker);
        return NULL;
}

static bool start_threads(struct daemon *daemon, struct errors *errors)
{
        struct error err;
        daemon->workers = memory_get(daemon->count * sizeof(struct worker *));
        daemon->pulse = pulse_new(daemon->count);
        for (size_t i = 0; i < daemon->count; i++) {
                daemon->workers[i] = start_worker(daemon, i, &err);
                if (!daemon->workers[i]) {
                        daemon->count = i;
                        return errors_add(errors, "%s", err.text);
                }
        }
        daemon->admin_worker = start_admin(daemon, &err);
        if (!daemon->admin_worker)
                return errors_add(errors, "%s", err.text);
        daemon->refresh = refresh_new(daemon->remote, daemon->plan->config.schemas_refresh);
        return true;
}

/* Signals come through a descriptor, to this thread alone; a write to a closed socket is an error and not a signal. */
static void block_signals(struct daemon *daemon)
{
        sigset_t set;
        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGTERM);
        (void)sigaddset(&set, SIGINT);
        (void)sigaddset(&set, SIGHUP);
        (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
        (void)signal(SIGPIPE, SIG_IGN);
        daemon->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        BUG_IF(daemon->signals < 0);
}

/* Kafka's sockets and the files of the disk must be had when clients have taken all they can get: connections leave some. */
static size_t connections_within(const struct config *config)
{
        struct rlimit limit;
        rlim_t all = (rlim_t)config->http_connections, wanted = all + FILES_KEPT;
        if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
                return (size_t)all;
        if (limit.rlim_cur < wanted) {
                limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
                if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
                        (void)getrlimit(RLIMIT_NOFILE, &limit);
        }
        rlim_t kept = limit.rlim_cur / 2 < FILES_KEPT ? limit.rlim_cur / 2 : FILES_KEPT;
        if (limit.rlim_cur - kept >= all)
                return (size_t)all;
        log_line(LOG_LEVEL_WARNING,
                 "http.connections is %llu, but the process may open %llu files only: it takes %llu connections "
                 "and keeps the rest for Kafka and the disk; raise LimitNOFILE or ulimit -n",
                 (unsigned long long)all, (unsigned long long)limit.rlim_cur, (unsigned long long)(limit.rlim_cur - kept));
        return (size_t)(limit.rlim_cur - kept);
}

/* ---- while it runs ---- */

/* `loaded`: when the plan's loading began, ms since 1970. */
static void watch_plan(struct daemon *daemon, int64_t loaded)
{
        watch_set(daemon->watch, daemon->plan->enrich, daemon->plan->tls, loaded);
        if (*daemon->plan->config.keys_file)
                watch_add(daemon->watch, daemon->plan->config.keys_file, loaded);
        daemon->look = daemon->plan->config.enrich_watch ? clock_steady() + daemon->plan->config.enrich_watch : 0;
}

static void reload(struct daemon *daemon, bool by_signal)
{
        struct errors errors = { 0 };
        int64_t start = clock_wall();
        if (by_signal)
                (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_nanoseconds() / 1000);
        if (read_plan(daemon, &errors)) {
                for (size_t i = 0; i < daemon->count; i++)
                        worker_use(daemon->workers[i], daemon->plan);
                worker_use(daemon->admin_worker, daemon->plan);
                watch_plan(daemon, start);
                metrics_add(daemon->own, METRIC_reloads, 1);
                log_line(LOG_LEVEL_INFO, "a new plan with %zu schemas is in force", registry_count(daemon->plan->registry));
        } else {
                log_all(LOG_LEVEL_ERROR, &errors);
                log_line(LOG_LEVEL_ERROR, "the old plan stays in force because of %zu mistake%s in the new one",
                         errors_total(&errors), errors_total(&errors) == 1 ? "" : "s");
                metrics_add(daemon->own, METRIC_reload_failures, 1);
        }
        errors_done(&errors);
        if (by_signal)
                (void)sd_notify(0, "READY=1");
}

/* A file that enrichments or keys were loaded from changed: a new plan. A broken one is tried again when it changes again. */
static void look_at_files(struct daemon *daemon)
{
        const char *path;
        int64_t now = clock_steady();
        if (!daemon->look || now < daemon->look)
                return;
        daemon->look = now + daemon->plan->config.enrich_watch;
        if (!watch_look(daemon->watch))
                return;
        for (size_t i = 0; (path = watch_changed(daemon->watch, i)); i++)
                log_line(LOG_LEVEL_INFO, "'%s' changed", path);
        metrics_add(daemon->own, METRIC_file_changes, 1);
        reload(daemon, false);
}

/* Waits for signals. Answers true when it is time to stop. */
static bool wait_for_signal(struct daemon *daemon, int timeout_ms)
{
        struct pollfd what[] = { { .fd = daemon->signals, .events = POLLIN },
                                 { .fd = refresh_descriptor(daemon->refresh), .events = POLLIN } };
        struct signalfd_siginfo signal;
        int64_t left = daemon->look ? daemon->look - clock_steady() : timeout_ms;
        timeout_ms = left < timeout_ms ? (int)(left > 0 ? left : 0) : timeout_ms;
        (void)poll(what, COUNT_OF(what), timeout_ms);
        if (daemon->tickets)
                tls_tickets_turn(daemon->tickets, clock_steady(), daemon->plan->config.tls_session_time);
        if (daemon->watchdog_ms && pulse_beats(daemon->pulse, daemon->workers, daemon->count))
                (void)sd_notify(0, "WATCHDOG=1");
        bool stop = false, again = false;
        while (read(daemon->signals, &signal, sizeof(signal)) == (ssize_t)sizeof(signal)) {
                again |= signal.ssi_signo == SIGHUP;
                stop |= signal.ssi_signo != SIGHUP;
        }
        if (again && !stop && !daemon->draining)
                reload(daemon, true);
        if (refresh_changed(daemon->refresh) && !stop && !daemon->draining)
                reload(daemon, false);
        if (!stop && !daemon->draining)
                look_at_files(daemon);
        return stop;
}

/* ---- the end ---- */

static bool all_ended(const struct daemon *daemon)
{
        for (size_t i = 0; i < daemon->count; i++)
                if (!worker_ended(daemon->workers[i]))
                        return false;
        return true;
}

static size_t drain(struct daemon *daemon)
{
        int64_t deadline = clock_steady() + daemon->plan->config.worker_drain_time;
        size_t open = 0;
        daemon->draining = true;
        (void)sd_notify(0, "STOPPING=1");
        log_line(LOG_LEVEL_INFO, "stopping: no new connections; open requests have %lld ms",
                 (long long)daemon->plan->config.worker_drain_time);
        for (size_t i = 0; i < daemon->count; i++)
                worker_drain(daemon->workers[i]);
        /* A second signal ends the patience. */
        while (!all_ended(daemon) && clock_steady() < deadline && !wait_for_signal(daemon, 20))
                ;
        for (size_t i = 0; i < daemon->count; i++)
                if (!worker_ended(daemon->workers[i]))
                        worker_stop(daemon->workers[i]);
        for (size_t i = 0; i < daemon->count; i++)
                open += worker_join(daemon->workers[i]);
        return open;
}

static void close_all(struct daemon *daemon)
{
        if (daemon->admin_worker) {
                worker_stop(daemon->admin_worker);
                (void)worker_join(daemon->admin_worker);
        }
        refresh_free(daemon->refresh);
        watch_free(daemon->watch);
        for (size_t i = 0; i < daemon->count && daemon->workers; i++)
                worker_free(daemon->workers[i]);
        worker_free(daemon->admin_worker);
        admin_free(daemon->admin);
        listeners_close(&daemon->events);
        listeners_close(&daemon->secure);
        listeners_close(&daemon->control);
        spool_close(daemon->spool);
        if (daemon->sink)
                daemon->type->close(daemon->sink);
        plan_unref(daemon->plan);
        plan_unref(daemon->boot);
        tls_tickets_free(daemon->tickets);
        remote_free(daemon->remote);
        limiter_free(daemon->limiter);
        exposure_free(daemon->exposure);
        metrics_free(daemon->metrics);
        free(daemon->workers);
        pulse_free(daemon->pulse);
        if (daemon->signals >= 0)
                (void)close(daemon->signals);
}

static bool start(struct daemon *daemon, struct errors *errors)
{
        int64_t now = clock_wall();
        daemon->watch = watch_new();
        if (!read_plan(daemon, errors))
                return false;
        watch_plan(daemon, now);
        daemon->boot = plan_ref(daemon->plan);
        daemon->connections = connections_within(&daemon->boot->config);
        const struct config *config = &daemon->boot->config;
        return open_listeners(daemon, errors) && process_settle(config, errors) && open_sink(daemon, errors) &&
               process_confine(config, errors) && start_threads(daemon, errors);
}

int daemon_run(const struct daemon_source *source)
{
        struct daemon daemon = { .source = source, .signals = -1 };
        struct errors errors = { 0 };
        process_seal();
        block_signals(&daemon);
        if (!start(&daemon, &errors)) {
                log_all(LOG_LEVEL_ERROR, &errors);
                log_line(LOG_LEVEL_ERROR, "not started because of %zu mistake%s", errors_total(&errors),
                         errors_total(&errors) == 1 ? "" : "s");
                for (size_t i = 0; i < daemon.count && daemon.workers; i++)
                        worker_stop(daemon.workers[i]);
                for (size_t i = 0; i < daemon.count && daemon.workers; i++)
                        (void)worker_join(daemon.workers[i]);
                close_all(&daemon);
                errors_done(&errors);
                return 1;
        }
        uint64_t watchdog_us = 0;
        daemon.watchdog_ms = sd_watchdog_enabled(0, &watchdog_us) > 0 ? watchdog_us / 1000 : 0;
        daemon.started = true;
        struct slice brokers = daemon.type->address ? daemon.type->address(daemon.sink) : (struct slice){ 0 };
        char *brokers_text = brokers.data ? slice_copy(brokers) : NULL;
        banner_print(daemon.plan, &daemon.events, &daemon.secure, &daemon.control, brokers_text, stdout);
        free(brokers_text);
        /* The threads have their own: a socket that nobody accepts from would swallow connections. */
        listeners_close(&daemon.events);
        listeners_close(&daemon.secure);
        listeners_close(&daemon.control);
        (void)sd_notifyf(0, "READY=1\nSTATUS=%zu schemas, %zu workers", registry_count(daemon.plan->registry), daemon.count);
        while (!wait_for_signal(&daemon, daemon.watchdog_ms && daemon.watchdog_ms < 2000 ? (int)(daemon.watchdog_ms / 2) : 1000))
                ;
        size_t open = drain(&daemon);
        if (open)
                log_line(LOG_LEVEL_WARNING, "stopped with %zu request%s still open; %s", open, open == 1 ? "" : "s",
                         daemon.boot->config.sink_ack == ACK_MEMORY
                                 ? "they were answered before (sink.ack: memory): what neither Kafka nor the spool has is lost"
                                 : "their clients were told to send again");
        close_all(&daemon);
        log_line(LOG_LEVEL_INFO, "stopped");
        return open ? 2 : 0;
}
