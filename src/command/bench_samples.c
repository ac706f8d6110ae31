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

/* The event is no JSON, and none of those in one array with it would be taken. */
static bool is_broken(const struct event *event) { return REASONS[event->verdict].status == 400; }

static void events_take(struct samples *samples, const struct batch *batch, size_t most, bool broken)
{
        for (size_t i = 0; i < batch->count && i < most; i++) {
                const struct event *event = &batch->events[i];
                if (is_broken(event) != broken)
                        continue;
                samples->by_reason[event->verdict]++;
                samples->good += event->verdict == REASON_published;
                sample_add(samples, event->body);
        }
}

static void batch_take(struct samples *samples, const struct batch *batch, size_t most)
{
        samples->events = memory_get((batch->count < most ? batch->count : most) * sizeof(*samples->events) + 1);
        events_take(samples, batch, most, false);
        samples->whole = samples->count;
        events_take(samples, batch, most, true);
}

/* The commonest reason of those that none is good for. */
static bool none_good(const struct samples *samples, struct error *err)
{
        size_t most = 0;
        for (size_t i = 0; i < REASON_COUNT; i++)
                if (samples->by_reason[i] > samples->by_reason[most])
                        most = i;
        return error_set(err, samples->count == 1 ? "the event in it would be rejected (%s): millrace try says why"
                                                  : "every event in it would be rejected (%s): millrace try says why",
                         REASONS[most].name);
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
                return error_set(err, "more than %zu events: take some of them (head -n %zu)", most, most);
        if (ret_samples->good > 0)
                return true;
        if (end == READER_DONE && ret_samples->bytes > 0)
                (void)none_good(ret_samples, err);
        else
                (void)error_set(err, end == READER_DONE ? "there is no event in it" : "memory is out");
        samples_done(ret_samples);
        return false;
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

/* Who sends, as heads say it: the records of real clients are larger than those of a program, as there is more to be found. */
static const char *const AGENTS[] = {
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
        "Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Safari/605.1.15",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 "
        "Edg/130.0.0.0",
        "Mozilla/5.0 (iPad; CPU OS 16_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 "
        "Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
        "Dalvik/2.1.0 (Linux; U; Android 13; Pixel 7 Build/TQ3A.230805.001)",
        "okhttp/4.12.0",
};

static struct slice request_make(const struct samples *samples, size_t first, size_t per, size_t *largest)
{
        size_t count = per == 1 ? samples->count : samples->whole;
        struct buffer body, request;
        buffer_init(&body, SIZE_MAX / 2);
        buffer_init(&request, SIZE_MAX / 2);
        for (size_t i = 0; i < per; i++) {
                buffer_add(&body, per == 1 ? SLICE("") : i ? SLICE(",") : SLICE("["));
                buffer_add(&body, samples->events[(first + i) % count]);
        }
        buffer_add(&body, per == 1 ? SLICE("") : SLICE("]"));
        buffer_format(&request,
                      "POST /v1/events HTTP/1.1\r\nHost: events.example.com\r\nUser-Agent: %s\r\nAccept: */*\r\n"
                      "Accept-Language: en-GB,en;q=0.9\r\nAccept-Encoding: gzip, deflate, br\r\n"
                      "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                      AGENTS[first / per % COUNT_OF(AGENTS)], body.size);
        *largest = body.size > *largest ? body.size : *largest;
        buffer_add(&request, buffer_slice(&body));
        buffer_done(&body);
        return buffer_slice(&request);
}

void requests_make(const struct samples *samples, size_t per, struct requests *ret_requests)
{
        size_t most = ((per == 1 ? samples->count : samples->whole) + per - 1) / per;
        *ret_requests = (struct requests){ .items = memory_get(most * sizeof(*ret_requests->items)) };
        while (ret_requests->count < most && ret_requests->bytes < REQUESTS_MAX) {
                struct slice request = request_make(samples, ret_requests->count * per, per, &ret_requests->largest);
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
