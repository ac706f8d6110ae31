#include "server/worker.h"
#include "base/log.h"
#include "server/control_group.h"
#include <pthread.h>
#include <sched.h>

struct worker {
        struct worker_setup setup;
        struct loop        *loop;
        struct pipeline    *pipeline;      /* NULL: the admin's */
        struct plan        *plan;          /* of the loop's configuration */
        pthread_t           thread;
        bool                started, draining;     /* draining: the worker's thread alone */
        _Atomic uint64_t    beats;
        _Atomic bool        ended;
};

static void beat(void *context)
{
        struct worker *worker = context;
        worker->beats++;
        if (worker->pipeline)
                pipeline_tick(worker->pipeline);
        if (worker->draining && loop_exchanges(worker->loop) == 0 && loop_connections(worker->loop) == 0)
                loop_stop(worker->loop);
}

/* This worker's share of TLS, which the admin's has none of. */
static void secure(struct worker *worker)
{
        size_t workers = worker->setup.pipeline.workers;
        if (worker->pipeline)
                loop_secure(worker->loop, worker->plan->tls,
                            ((size_t)worker->plan->config.tls_handshakes + workers - 1) / (workers ? workers : 1));
}

struct worker *worker_new(const struct worker_setup *setup, struct error *err)
{
        struct worker *worker = memory_get(sizeof(*worker));
        struct service *service = setup->service;
        worker->setup = *setup;
        worker->plan = plan_ref(setup->plan);
        if (!service) {
                worker->pipeline = pipeline_new(setup->plan, &setup->pipeline, err);
                service = worker->pipeline ? pipeline_service(worker->pipeline) : NULL;
        }
        if (service)
                worker->loop = loop_new(&worker->plan->config, service, setup->pipeline.metrics, err);
        if (!worker->loop || (worker->pipeline && !pipeline_attach(worker->pipeline, worker->loop, err))) {
                worker_free(worker);
                return NULL;
        }
        secure(worker);
        loop_limit(worker->loop, setup->connections);
        loop_tick(worker->loop, 100, beat, worker);
        return worker;
}

bool worker_listen(struct worker *worker, int descriptor, bool secure, struct error *err)
{
        return secure ? loop_listen_secure(worker->loop, descriptor, err) : loop_listen(worker->loop, descriptor, err);
}

static void *run(void *argument)
{
        struct worker *worker = argument;
        loop_run(worker->loop);
        worker->ended = true;
        return NULL;
}

bool worker_start(struct worker *worker, struct error *err)
{
        int code = pthread_create(&worker->thread, NULL, run, worker);
        if (code != 0)
                return error_set(err, "cannot start a thread: %s", strerror(code));
        char name[16];
        (void)snprintf(name, sizeof(name), worker->pipeline ? "worker-%zu" : "admin", worker->setup.index);
        (void)pthread_setname_np(worker->thread, name);
        worker->started = true;
        return true;
}

/* ---- on the worker's thread, posted by others ---- */

struct use {
        struct worker *worker;
        struct plan   *plan;
};

static void use_now(void *argument)
{
        struct use *use = argument;
        struct worker *worker = use->worker;
        struct error err;
        if (loop_configure(worker->loop, &use->plan->config, &err)) {
                struct plan *old = worker->plan;
                worker->plan = use->plan;
                use->plan = old;
                secure(worker);
                if (worker->pipeline)
                        pipeline_use(worker->pipeline, worker->plan);
        } else {
                log_line(LOG_LEVEL_ERROR, "worker %zu keeps its old plan: %s", worker->setup.index, err.text);
        }
        plan_unref(use->plan);
        free(use);
}

static void drain_now(void *argument)
{
        struct worker *worker = argument;
        worker->draining = true;
        if (worker->pipeline)
                pipeline_drain(worker->pipeline);
        loop_drain(worker->loop, !worker->setup.inherited);
}

static void stop_now(void *argument)
{
        loop_stop(((struct worker *)argument)->loop);
}

void worker_use(struct worker *worker, struct plan *plan)
{
        struct use *use = memory_get(sizeof(*use));
        *use = (struct use){ worker, plan_ref(plan) };
        loop_post(worker->loop, use_now, use);
}

void worker_drain(struct worker *worker) { loop_post(worker->loop, drain_now, worker); }
void worker_stop(struct worker *worker) { loop_post(worker->loop, stop_now, worker); }

bool worker_ready(const struct worker *worker) { return !worker->pipeline || pipeline_ready(worker->pipeline); }
uint64_t worker_beats(const struct worker *worker) { return worker->beats; }
bool worker_ended(const struct worker *worker) { return worker->ended; }

size_t worker_join(struct worker *worker)
{
        if (!worker || !worker->started)
                return 0;
        (void)pthread_join(worker->thread, NULL);
        worker->started = false;
        return worker->pipeline ? pipeline_open(worker->pipeline) : 0;
}

void worker_free(struct worker *worker)
{
        if (!worker)
                return;
        BUG_IF(worker->started);
        pipeline_free(worker->pipeline);   /* answers what is open: the loop must still be there */
        loop_free(worker->loop);
        plan_unref(worker->plan);
        free(worker);
}

/* ---- CPUs ---- */

size_t worker_cpus(void)
{
        cpu_set_t set;
        CPU_ZERO(&set);
        size_t cpus = sched_getaffinity(0, sizeof(set), &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;
        uint64_t quota = control_group_least("", "cpu.max", control_group_cpus);
        if (quota < cpus)
                cpus = (size_t)quota;
        return cpus ? cpus : 1;
}
