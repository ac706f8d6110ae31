#include "server/trial.h"
#include "base/clock.h"

struct trial {
        struct mill      *mill;
        struct arena_pool pool;
        struct arena      arena;
        struct batch      batch;
};

/* No sink is asked: what Kafka takes when nothing is configured. */
#define LARGEST 1000000
#define CHUNK 65536

static void settled(struct batch *batch)
{
        (void)batch;       /* nothing is handed over */
}

struct trial *trial_new(struct plan *plan) { return trial_new_for(plan, LARGEST); }

struct trial *trial_new_for(struct plan *plan, size_t largest)
{
        struct trial *trial = memory_get(sizeof(*trial));
        trial->mill = mill_new(plan, NULL, largest, plan->config.debug_seed ? (uint64_t)plan->config.debug_seed : 0);
        arena_pool_init(&trial->pool, CHUNK, 4);
        arena_init(&trial->arena, &trial->pool, SIZE_MAX);
        return trial;
}

void trial_free(struct trial *trial)
{
        if (!trial)
                return;
        arena_done(&trial->arena);
        arena_pool_done(&trial->pool);
        mill_free(trial->mill);
        free(trial);
}

enum reader_end trial_run(struct trial *trial, const struct trial_request *request, const struct batch **ret_batch)
{
        arena_done(&trial->arena);
        char *body = arena_take(&trial->arena, request->body.size + READABLE_PADDING);
        if (!body)
                return READER_NO_MEMORY;
        if (request->body.size)
                memcpy(body, request->body.data, request->body.size);
        memset(body + request->body.size, 0, READABLE_PADDING);
        char *received = arena_take(&trial->arena, CLOCK_TEXT);
        if (!received)
                return READER_NO_MEMORY;
        clock_format(request->received, received);
        trial->batch = (struct batch){ .arena = &trial->arena, .settled = settled, .received = request->received,
                                       .received_text = { received, CLOCK_TEXT } };
        if (request->client)
                trial->batch.client = *request->client;
        if (request->user_agent.data)
                trial->batch.client.header[HEADER_user_agent] = request->user_agent;
        struct mill_request run = { .input = request->input,
                                    .body = { body, request->body.size },
                                    .route_key = request->route_key,
                                    .id = request->id,
                                    .lines = request->lines };
        *ret_batch = &trial->batch;
        return mill_run(trial->mill, &trial->batch, &run);
}

unsigned trial_headers(const struct trial *trial) { return trial->mill->plan->headers; }

size_t trial_topic(struct trial *trial, const struct event *event, char room[static TOPIC_NAME_MAX + 1])
{
        if (event->verdict == REASON_published)
                return mill_topic(trial->mill, event, room);
        return (size_t)snprintf(room, TOPIC_NAME_MAX + 1, "%s", trial->mill->plan->config.kafka_bad_topic);
}
