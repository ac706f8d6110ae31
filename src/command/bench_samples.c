/* Events for `millrace bench`, and requests made of them. */
#include "base/clock.h"
#include "command/bench.h"
#include "server/trial.h"

#define REQUESTS_MAX ((size_t)64 << 20)    /* bytes */

static void sample_add(struct samples *samples, struct slice event)
{
        struct buffer line;
        buffer_init(&line, SIZE_MAX / 2);
        buffer_add_on_one_line(&line, event);
        samples->events[samples->count++] = buffer_slice(&line);   /* the buffer's memory is ours now */
        samples->bytes += line.size;
}

static void batch_take(struct samples *samples, const struct batch *batch, size_t most)
{
        samples->events = memory_get((batch->count < most ? batch->count : most) * sizeof(*samples->events) + 1);
        for (size_t i = 0; i < batch->count && i < most; i++) {
                const struct event *event = &batch->events[i];
                samples->by_reason[event->verdict]++;
                samples->good += event->verdict == REASON_published;
                sample_add(samples, event->body);
        }
}

bool samples_read(struct plan *plan, struct slice body, size_t most, struct samples *ret_samples, struct error *err)
{
        struct trial *trial = trial_new(plan);
        struct trial_request request = { .input = &input_json, .body = body, .received = clock_wall() };
        const struct batch *batch;
        *ret_samples = (struct samples){ 0 };
        enum reader_end end = trial_run(trial, &request, &batch);
        if (end == READER_DONE)
                batch_take(ret_samples, batch, most);
        trial_free(trial);
        if (end == READER_TOO_MANY)
                return error_set(err, "more than %lld events (events.count_limit)", (long long)plan->config.events_count_limit);
        if (end != READER_DONE || ret_samples->count == 0) {
                samples_done(ret_samples);
                return error_set(err, end == READER_DONE ? "there is no event in it" : "memory is out");
        }
        return true;
}

static void example_add(void *context, struct slice key, struct slice payload)
{
        struct buffer *body = context;
        buffer_format(body, "{\"dataschema\":\"%.*s\",\"data\":", SLICE_ARGS(key));
        buffer_add_on_one_line(body, payload);
        buffer_add(body, SLICE("}\n"));
}

bool samples_of_plan(struct plan *plan, size_t most, struct samples *ret_samples, struct error *err)
{
        struct buffer body;
        buffer_init(&body, REQUESTS_MAX);
        (void)examples_visit(plan, example_add, &body);
        bool good = body.size ? samples_read(plan, buffer_slice(&body), most, ret_samples, err)
                              : error_set(err, "the plan has no examples: name a file of events");
        buffer_done(&body);
        return good;
}

void samples_done(struct samples *samples)
{
        for (size_t i = 0; i < samples->count; i++)
                free((char *)(uintptr_t)samples->events[i].data);
        free(samples->events);
        *samples = (struct samples){ 0 };
}

static struct slice request_make(const struct samples *samples, size_t first, size_t per)
{
        struct buffer body, request;
        buffer_init(&body, SIZE_MAX / 2);
        buffer_init(&request, SIZE_MAX / 2);
        for (size_t i = 0; i < per; i++) {
                buffer_add(&body, per == 1 ? SLICE("") : i ? SLICE(",") : SLICE("["));
                buffer_add(&body, samples->events[(first + i) % samples->count]);
        }
        buffer_add(&body, per == 1 ? SLICE("") : SLICE("]"));
        buffer_format(&request,
                      "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nUser-Agent: millrace-bench/" MILLRACE_VERSION "\r\n"
                      "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                      body.size);
        buffer_add(&request, buffer_slice(&body));
        buffer_done(&body);
        return buffer_slice(&request);
}

void requests_make(const struct samples *samples, size_t per, struct requests *ret_requests)
{
        size_t most = (samples->count + per - 1) / per;
        *ret_requests = (struct requests){ .items = memory_get(most * sizeof(*ret_requests->items)) };
        while (ret_requests->count < most && ret_requests->bytes < REQUESTS_MAX) {
                struct slice request = request_make(samples, ret_requests->count * per, per);
                ret_requests->items[ret_requests->count++] = request;
                ret_requests->bytes += request.size;
        }
}

void requests_done(struct requests *requests)
{
        for (size_t i = 0; i < requests->count; i++)
                free((char *)(uintptr_t)requests->items[i].data);
        free(requests->items);
        *requests = (struct requests){ 0 };
}
