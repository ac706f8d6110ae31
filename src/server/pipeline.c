/* The way of an event, on one page:
 *
 *     serve()      a request is complete: find its route, make a batch
 *     mill_run()   its bytes become judged, enriched, written events (mill.c); nothing is published before all are read
 *     publish()    each goes to the sink, good ones to their topic, bad ones to the bad-events topic
 *     report()     the sink says what became of one; always on this thread; what it did not take goes to the spool
 *     spooled()    the spool says that one is durable
 *     settled()    the last one has its fate: answer the client
 *
 * Every event is counted as received before it goes to the sink and gets exactly one fate. */
#include "server/pipeline.h"
#include "base/clock.h"
#include "base/log.h"
#include "server/admission.h"
#include "server/record.h"
#include "server/reply.h"
#include "server/request.h"
#include "server/route.h"

/* Stages are measured for one request in so many: reading the clock would cost more than some of the stages. */
#define TIMED_EVERY 16

struct pipeline {
        struct service          service;   /* first: the loop hands it back */
        struct pipeline_setup   setup;
        struct mill            *mill;      /* of the newest plan */
        struct sink_port       *port;
        struct spool_port      *spool;     /* NULL: there is none */
        struct loop            *loop;
        uint16_t                good_topic, bad_topic;     /* of the plan, when the rule is constant */
        size_t                  open_limit;                /* bytes, this worker's share */
        uint64_t                requests;
        size_t                  open;      /* jobs */
        bool                    draining;
        struct route_memory     route;
        int64_t                 received;          /* ms: what received_text says */
        char                    received_text[CLOCK_TEXT];
        _Atomic bool            ready;     /* what pipeline_ready() tells other threads */
};

/* A request on its way. Lies in its exchange's arena. */
struct job {
        struct batch     batch;            /* first */
        struct exchange *exchange;
        struct pipeline *pipeline;
        struct mill     *mill;
        int64_t          handed_over;      /* ns; 0: not timed */
        struct reply_wish wish;
        bool             answered;         /* before the events have their fates */
        const struct pass *pass;           /* the gate's; NULL: there is none */
};

static struct pipeline *pipeline_of(struct service *service) { return (struct pipeline *)service; }
static struct job *job_of(struct batch *batch) { return (struct job *)batch; }

/* ---- the end: fates and answers ---- */

static void mill_release(struct mill *mill)
{
        if (--mill->users == 0 && mill->retired)
                mill_free(mill);
}

/* sink.ack is "memory": the client has its answer before the events have their fates. */
static bool answers_early(const struct pipeline *pipeline) { return pipeline->setup.ack == ACK_MEMORY; }

static void settled(struct batch *batch)
{
        struct job *job = job_of(batch);
        struct pipeline *pipeline = job->pipeline;
        struct mill *mill = job->mill;
        if (job->handed_over) {
                int64_t now = clock_nanoseconds();
                metrics_time(pipeline->setup.metrics, STAGE_sink, now - job->handed_over);
                metrics_time(pipeline->setup.metrics, STAGE_request, now - job->exchange->started);
        }
        pipeline->open--;
        /* The job is gone with it. */
        if (answers_early(pipeline))
                exchange_release(job->exchange);
        else
                reply_batch(job->exchange, batch, &job->wish);
        mill_release(mill);
}

/* Its client was told that it is accepted, or rejected, and keeps it no longer. */
static bool answered_already(const struct event *event) { return job_of(event->batch)->answered; }

static void set_fate(struct pipeline *pipeline, struct event *event, enum reason fate)
{
        BUG_IF(event->fate != REASON_none);
        event->fate = (uint8_t)fate;
        metrics_begin(pipeline->setup.metrics);
        metrics_ended(pipeline->setup.metrics, event->schema_slot, fate);
        metrics_end(pipeline->setup.metrics);
        if (UNLIKELY(answered_already(event)) && REASONS[fate].end == END_REFUSED)
                metrics_add(pipeline->setup.metrics, METRIC_events_lost, 1);
}

/* ---- to the sink ---- */

/* Straight to the sink; to the spool where the sink takes none, or where earlier records of the key are still there. */
static enum reason publish_or_store(struct pipeline *pipeline, const struct record *record, bool store)
{
        const struct sink_type *type = pipeline->setup.type;
        struct spool_port *spool = pipeline->spool;
        if (!spool)
                return type->publish(pipeline->port, record);
        store |= pipeline->setup.ack == ACK_SPOOL || !type->ready(pipeline->port) || spool_wants(spool, record->key);
        enum reason answer = store ? REASON_sink_failed : type->publish(pipeline->port, record);
        if (REASONS[answer].end != END_REFUSED)
                return answer;
        return spool_put(spool, record, type->topic_name(pipeline->port, record->topic));
}

static enum reason publish(struct pipeline *pipeline, struct event *event, bool store)
{
        struct record_header headers[RECORD_HEADERS_MAX];
        unsigned wanted = job_of(event->batch)->mill->plan->headers;
        struct record record = { .event = event, .topic = event->topic, .key = event->key, .value = event->value,
                                 .headers = headers, .header_count = record_headers(event, wanted, headers),
                                 .bad = REASONS[event->verdict].end == END_REJECTED };
        enum reason answer = publish_or_store(pipeline, &record, store);
        if (answer == REASON_published)
                metrics_add(pipeline->setup.metrics, METRIC_record_bytes, (int64_t)(event->key.size + event->value.size));
        return answer;
}

/* A bad record that is too large for its topic goes there with less of the client's bytes: refusing it would only have it sent
 * again, with all that came with it, for ever. */
static bool publish_shorter(struct pipeline *pipeline, struct event *event)
{
        enum reason answer = REASON_event_too_large;
        while (answer == REASON_event_too_large && mill_shorten_bad(job_of(event->batch)->mill, event))
                answer = publish(pipeline, event, false);
        return answer == REASON_published;
}

/* The event cannot go as it is: it becomes a rejected one on the bad-events topic. */
static bool publish_as_bad(struct pipeline *pipeline, struct event *event, enum reason reason, const char *message)
{
        if (!mill_reject_late(job_of(event->batch)->mill, event, reason, message))
                return false;
        event->topic = pipeline->bad_topic;
        enum reason answer = publish(pipeline, event, false);
        return answer == REASON_published || (answer == REASON_event_too_large && publish_shorter(pipeline, event));
}

/* The sink's word on one event. */
static void report(struct event *event, enum reason fate)
{
        struct pipeline *pipeline = job_of(event->batch)->pipeline;
        bool good = event->verdict == REASON_published;
        if (fate == REASON_event_too_large && good &&
            publish_as_bad(pipeline, event, fate, "the broker refused the record as too large for its topic"))
                return;            /* another report will come */
        if (fate == REASON_event_too_large && !good && publish_shorter(pipeline, event))
                return;            /* likewise */
        if (fate == REASON_event_too_large)
                fate = REASON_sink_failed;     /* not even the least of it was taken: the client keeps it, nothing may be lost */
        if (REASONS[fate].end == END_REFUSED && pipeline->spool && publish(pipeline, event, true) == REASON_published)
                return;            /* spooled() will be called */
        set_fate(pipeline, event, fate == REASON_published ? event->verdict : fate);
        batch_settle(event->batch);
}

/* The spool's word: the event is durable, or the client keeps it. */
static void spooled(struct event *event, enum reason fate)
{
        set_fate(job_of(event->batch)->pipeline, event, fate == REASON_published ? event->verdict : fate);
        batch_settle(event->batch);
}

/* The topic of a good event. What clients send takes part in its name when the rule says so, so that it may be one too many, or
 * the bad events' own: UINT16_MAX then. */
static uint16_t good_topic(struct pipeline *pipeline, const struct event *event)
{
        struct mill *mill = job_of(event->batch)->mill;
        char name[TOPIC_NAME_MAX + 1];
        if (LIKELY(mill->plan->topic.constant))
                return pipeline->good_topic;
        size_t   size = mill_topic(mill, event, name);
        uint16_t topic = pipeline->setup.type->topic(pipeline->port, (struct slice){ name, size });
        return topic == pipeline->bad_topic ? UINT16_MAX : topic;
}

static void hand_over(struct pipeline *pipeline, struct event *event)
{
        bool good = event->verdict == REASON_published;
        enum reason answer;
        event->topic = good ? good_topic(pipeline, event) : pipeline->bad_topic;
        if (UNLIKELY(event->topic == UINT16_MAX))
                answer = good ? REASON_topic_refused : REASON_sink_failed;
        else
                answer = publish(pipeline, event, false);
        if (good && REASONS[answer].end == END_REJECTED)
                answer = publish_as_bad(pipeline, event, answer, NULL) ? REASON_published : REASON_sink_failed;
        else if (UNLIKELY(answer == REASON_event_too_large))
                answer = publish_shorter(pipeline, event) ? REASON_published : REASON_sink_failed;
        if (LIKELY(answer == REASON_published))
                return;            /* report() will be called, or was */
        set_fate(pipeline, event, answer);
        batch_settle(event->batch);
}

static void hand_over_all(struct pipeline *pipeline, struct job *job)
{
        struct batch *batch = &job->batch;
        uint64_t bytes = 0;
        metrics_begin(pipeline->setup.metrics);
        for (size_t i = 0; i < batch->count; i++) {
                metrics_received(pipeline->setup.metrics, batch->events[i].schema_slot, 1);
                bytes += batch->events[i].body.size;
        }
        metrics_end(pipeline->setup.metrics);
        metrics_add(pipeline->setup.metrics, METRIC_event_bytes, (int64_t)bytes);
        /* One more than the events: the batch stays open until all of them are handed over. */
        batch->unsettled = batch->count + 1;
        for (size_t i = 0; i < batch->count; i++)
                hand_over(pipeline, &batch->events[i]);
        if (answers_early(pipeline)) {
                job->answered = true;
                exchange_keep(job->exchange);
                reply_batch(job->exchange, batch, &job->wish);
        }
        batch_settle(batch);
}

/* ---- the beginning: routes ---- */

static const char *methods(struct service *service, struct slice path)
{
        struct route route;
        return route_find_again(&pipeline_of(service)->route, path, &route) ? "POST" : NULL;
}

/* A request whose body is not read: how many events it holds is not known, so it counts as one. */
static void count_refused(struct pipeline *pipeline, enum reason reason)
{
        metrics_begin(pipeline->setup.metrics);
        metrics_received(pipeline->setup.metrics, 0, 1);
        metrics_ended(pipeline->setup.metrics, 0, reason);
        metrics_end(pipeline->setup.metrics);
}

/* Whether there is a way for events now: the sink, or the disk. */
static bool has_way(struct pipeline *pipeline)
{
        return (pipeline->spool && spool_ready(pipeline->spool)) ||
               (pipeline->setup.ack != ACK_SPOOL && pipeline->setup.type->ready(pipeline->port));
}

/* While it drains, what still comes on an open connection is served, as nobody else can; each connection is closed after its
 * answer. But when events have no way, waiting for one would only hold up the end. */
static bool refuse(struct service *service, struct exchange *exchange, struct refusal *ret_refusal)
{
        struct pipeline *pipeline = pipeline_of(service);
        const struct gate *gate = pipeline->mill->plan->gate;
        bool limited, overloaded = loop_open_bytes(pipeline->loop) > pipeline->open_limit || loop_overloaded(pipeline->loop);
        if (LIKELY(!overloaded && (!pipeline->draining || has_way(pipeline)))) {
                if (LIKELY(!gate_stands(gate)))
                        return false;
                bool refused = admission_refuse(gate, exchange, pipeline->setup.metrics, ret_refusal, &limited);
                if (refused && limited)
                        count_refused(pipeline, REASON_rate_limited);
                return refused;
        }
        enum reason reason = pipeline->draining ? REASON_draining : REASON_overloaded;
        count_refused(pipeline, reason);
        *ret_refusal = (struct refusal){ .status = 503, .name = REASONS[reason].name, .pause = !pipeline->draining,
                                         .message = "The service cannot take this request now; send it again later." };
        return true;
}

/* Its events are known now, and none is published. False: it was answered, as others have taken the last that a limit allows. */
static bool pay(struct pipeline *pipeline, struct job *job)
{
        struct batch *batch = &job->batch;
        struct gate_answer answer;
        struct refusal refusal;
        if (gate_charge(job->pass, admission_now(pipeline->loop), batch->count, &answer))
                return true;
        metrics_begin(pipeline->setup.metrics);
        for (size_t i = 0; i < batch->count; i++) {
                metrics_received(pipeline->setup.metrics, batch->events[i].schema_slot, 1);
                metrics_ended(pipeline->setup.metrics, batch->events[i].schema_slot, REASON_rate_limited);
        }
        metrics_end(pipeline->setup.metrics);
        admission_explain(&answer, pipeline->setup.metrics, &refusal);
        exchange_refuse(job->exchange, &refusal);
        return false;
}

/* Requests without events cost us as much as others; without the next two their senders had no limit. */
static bool faulted(struct service *service, struct exchange *exchange, struct refusal *ret_refusal)
{
        struct pipeline *pipeline = pipeline_of(service);
        return !admission_knock(pipeline->mill->plan->gate, exchange, pipeline->setup.metrics, ret_refusal);
}

static void spoiled(struct service *service, struct exchange *exchange)
{
        if (exchange->job)
                gate_waste(exchange->job, admission_now(pipeline_of(service)->loop), 1);
}

/* Requests of the same millisecond share the text of it. */
static void set_received(struct pipeline *pipeline, struct job *job, int64_t received)
{
        char *text = arena_take(&job->exchange->arena, CLOCK_TEXT);
        job->batch.received = received;
        if (!text)
                return;
        if (received != pipeline->received)
                clock_format(received, pipeline->received_text);
        pipeline->received = received;
        memcpy(text, pipeline->received_text, CLOCK_TEXT);
        job->batch.received_text = (struct slice){ text, CLOCK_TEXT };
}

static void refuse_for_memory(struct pipeline *pipeline, struct exchange *exchange)
{
        static const struct answer ANSWER = { .status = 503, .content_type = SLICE_INIT("application/json"),
                .body = SLICE_INIT("{\"error\":\"overloaded\",\"message\":\"Memory is short; none of the events was taken. "
                                   "Please send the request again.\"}") };
        count_refused(pipeline, REASON_overloaded);
        exchange_answer(exchange, &ANSWER);
}

static void serve(struct service *service, struct exchange *exchange)
{
        struct pipeline *pipeline = pipeline_of(service);
        struct mill *mill = pipeline->mill;
        struct job  *job = arena_take(&exchange->arena, sizeof(*job));
        struct route route;
        if (!route_find_again(&pipeline->route, exchange->http.path, &route)) {
                exchange_error(exchange, 404, "not_found", "there is nothing at this path; events go to /v1/events");
                return;
        }
        if (!job) {
                refuse_for_memory(pipeline, exchange);
                return;
        }
        *job = (struct job){ .batch = { .arena = &exchange->arena, .client = exchange->client, .settled = settled, .plan = mill },
                             .exchange = exchange, .pipeline = pipeline, .mill = mill, .pass = exchange->job };
        set_received(pipeline, job, exchange->received);
        job->wish = (struct reply_wish){ .preferred = request_prefers_representation(&exchange->http),
                                         .verbose = request_flag(exchange->http.query, SLICE("verbose")),
                                         .strict = request_flag(exchange->http.query, SLICE("strict")) };
        struct mill_request request = { .input = route.input, .body = exchange->body, .route_key = route.key,
                                        .lines = request_has_lines(exchange->http.content_type),
                                        .timed = pipeline->requests++ % TIMED_EVERY == 0 };
        if (UNLIKELY(job->pass && !gate_knows(mill->plan->gate, job->pass, &request.key))) {
                const struct http_fault_row *gone = &HTTP_FAULTS[HTTP_FAULT_key_unknown];
                exchange_error(exchange, gone->status, gone->name, "%s", gone->message);
                return;
        }
        job->batch.client.key = request.key ? request.key->name : (struct slice){ 0 };
        const struct http_fault_row *many = &HTTP_FAULTS[HTTP_FAULT_too_many_events];
        switch (mill_run(mill, &job->batch, &request)) {
        case READER_TOO_MANY:
                if (job->pass)     /* as many as were read */
                        gate_waste(job->pass, admission_now(pipeline->loop), (uint64_t)mill->plan->config.events_count_limit);
                exchange_error(exchange, many->status, many->name,
                               "the request holds more than %lld events; none of them was taken",
                               (long long)mill->plan->config.events_count_limit);
                return;
        case READER_NO_MEMORY:
                refuse_for_memory(pipeline, exchange);
                return;
        case READER_DONE:
                break;
        }
        if (UNLIKELY(job->pass != NULL) && !pay(pipeline, job))
                return;
        mill->users++;
        pipeline->open++;
        if (request.timed)
                job->handed_over = clock_nanoseconds();
        hand_over_all(pipeline, job);
}

/* ---- the pipeline's life ---- */

static void set_topics(struct pipeline *pipeline)
{
        const struct plan *plan = pipeline->mill->plan;
        const struct sink_type *type = pipeline->setup.type;
        pipeline->bad_topic = type->topic(pipeline->port, slice_of(plan->config.kafka_bad_topic));
        if (plan->topic.constant)
                pipeline->good_topic = type->topic(pipeline->port, slice_of(plan->config.kafka_topic));
}

static void limit_loop(struct pipeline *pipeline, const struct plan *plan)
{
        loop_limit_bytes(pipeline->loop, pipeline->open_limit);
        loop_limit_sessions(pipeline->loop, (size_t)plan->config.limits_session_bytes / pipeline->setup.workers);
}

static struct mill *make_mill(struct pipeline *pipeline, struct plan *plan)
{
        size_t limit = (size_t)plan->config.limits_open_bytes / pipeline->setup.workers;
        metrics_add(pipeline->setup.metrics, METRIC_open_bytes_limit, (int64_t)limit - (int64_t)pipeline->open_limit);
        pipeline->open_limit = pipeline->service.open_limit = limit;
        if (pipeline->loop)
                limit_loop(pipeline, plan);
        return mill_new(plan, pipeline->setup.metrics, pipeline->setup.type->largest(pipeline->setup.sink), pipeline->setup.seed);
}

struct pipeline *pipeline_new(struct plan *plan, const struct pipeline_setup *setup, struct error *err)
{
        struct pipeline *pipeline = memory_get(sizeof(*pipeline));
        pipeline->setup = *setup;
        pipeline->received = INT64_MIN;
        pipeline->service = (struct service){ .serve = serve, .methods = methods, .refuse = refuse, .faulted = faulted,
                                              .spoiled = spoiled, .cors = true, .http2 = true, .proxied = true };
        pipeline->port = setup->type->port_open(setup->sink, setup->metrics, report, err);
        if (pipeline->port && setup->spool)
                pipeline->spool = spool_port_open(setup->spool, spooled, err);
        if (!pipeline->port || (setup->spool && !pipeline->spool)) {
                setup->type->port_close(pipeline->port);
                free(pipeline);
                return NULL;
        }
        pipeline->mill = make_mill(pipeline, plan);
        set_topics(pipeline);
        return pipeline;
}

struct service *pipeline_service(struct pipeline *pipeline) { return &pipeline->service; }

static void serve_port(void *context)
{
        struct pipeline *pipeline = context;
        pipeline->setup.type->serve(pipeline->port);
}

static void serve_spool(void *context)
{
        struct pipeline *pipeline = context;
        spool_serve(pipeline->spool);
}

static void set_ready(struct pipeline *pipeline, bool ready)
{
        if (ready == pipeline->ready)
                return;
        metrics_add(pipeline->setup.metrics, METRIC_workers_ready, ready ? 1 : -1);
        pipeline->ready = ready;
}

void pipeline_tick(struct pipeline *pipeline)
{
        pipeline->setup.type->serve(pipeline->port);
        struct sink_message message;
        while (pipeline->setup.type->message && pipeline->setup.type->message(pipeline->port, &message))
                log_line((enum log_level)message.level, "%s", message.text);
        pipeline->mill->largest = pipeline->setup.type->largest(pipeline->setup.sink);
        set_ready(pipeline, !pipeline->draining && has_way(pipeline) && loop_open_bytes(pipeline->loop) <= pipeline->open_limit);
}

bool pipeline_attach(struct pipeline *pipeline, struct loop *loop, struct error *err)
{
        pipeline->loop = loop;
        limit_loop(pipeline, pipeline->mill->plan);
        if (pipeline->spool && !loop_watch(loop, spool_port_descriptor(pipeline->spool), serve_spool, pipeline, err))
                return false;
        return loop_watch(loop, pipeline->setup.type->port_descriptor(pipeline->port), serve_port, pipeline, err);
}

void pipeline_use(struct pipeline *pipeline, struct plan *plan)
{
        struct mill *old = pipeline->mill;
        pipeline->mill = make_mill(pipeline, plan);
        set_topics(pipeline);
        old->retired = true;
        if (old->users == 0)
                mill_free(old);
}

void pipeline_drain(struct pipeline *pipeline)
{
        pipeline->draining = true;
        set_ready(pipeline, false);
}

bool pipeline_ready(const struct pipeline *pipeline) { return pipeline->ready; }
size_t pipeline_open(const struct pipeline *pipeline) { return pipeline->open; }

void pipeline_free(struct pipeline *pipeline)
{
        if (!pipeline)
                return;
        pipeline->setup.type->port_close(pipeline->port);  /* every event that it held gets its fate here, or goes to the spool */
        spool_port_close(pipeline->spool);
        pipeline->mill->retired = true;
        BUG_IF(pipeline->mill->users > 0);
        mill_free(pipeline->mill);
        free(pipeline);
}
