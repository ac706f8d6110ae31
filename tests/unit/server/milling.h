/* A mill over a small tracking plan in a folder of its own: for the tests of what happens between bytes and records. */
#ifndef TESTS_MILLING_H
#define TESTS_MILLING_H
#include "../schema/folder.h"
#include "base/clock.h"
#include "server/mill.h"

#define MILLING_RECEIVED 1795262400123     /* 2026-11-21T12:00:00.123Z */

struct milling {
        struct folder     folder;
        struct plan      *plan;
        struct mill      *mill;
        struct arena_pool pool;
        struct arena      arena;
        struct batch      batch;
};

static inline void milling_settled(struct batch *batch) { (void)batch; }

/* `settings`: pairs of option and value, NULL-terminated.
 * The plan has com.acme/sale 1-0-0, 1-0-1 and 2-0-0, and org.other/visit 1-0-0. */
static inline struct plan *milling_plan(const struct folder *folder, const char *const *settings, struct errors *errors)
{
        static const char SALE[] = "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"object\","
                                   "\"properties\":{\"n\":{\"type\":\"integer\"}},\"required\":[\"n\"]}";
        static const char *const NAMES[] = { "com.acme/sale/jsonschema/1-0-0", "com.acme/sale/jsonschema/1-0-1",
                                             "com.acme/sale/jsonschema/2-0-0", "org.other/visit/jsonschema/1-0-0" };
        struct config config;
        struct error  err;
        for (size_t i = 0; i < COUNT_OF(NAMES); i++)
                folder_write(folder, NAMES[i], SALE);
        config_init(&config);
        BUG_IF(!config_set(&config, "schemas.path", folder->path, &err) ||
               !config_set(&config, "enrich.order", "reception", &err));
        for (; settings && *settings; settings += 2)
                if (!config_set(&config, settings[0], settings[1], &err))
                        fail_msg("%s: %s", settings[0], err.text);
        return plan_new(&config, NULL, NULL, errors);
}

static inline void milling_start(struct milling *milling, const char *const *settings, size_t largest)
{
        struct errors errors = { 0 };
        *milling = (struct milling){ 0 };
        folder_init(&milling->folder);
        milling->plan = milling_plan(&milling->folder, settings, &errors);
        if (!milling->plan)
                fail_msg("%s", errors.items[0].text);
        errors_done(&errors);
        milling->mill = mill_new(milling->plan, NULL, largest, 1);
        arena_pool_init(&milling->pool, 65536, 4);
        arena_init(&milling->arena, &milling->pool, SIZE_MAX);
}

/* The first event of the body, which is posted to the schema's path, or to /v1/events when that is NULL, with a key or none. */
static inline struct event *milling_run_with(struct milling *milling, const struct key *key, const char *schema,
                                             struct slice body)
{
        static char received[CLOCK_TEXT];
        arena_done(&milling->arena);
        char *copy = arena_take(&milling->arena, body.size + READABLE_PADDING);
        memcpy(copy, body.data, body.size);
        memset(copy + body.size, 0, READABLE_PADDING);
        clock_format(MILLING_RECEIVED, received);
        milling->batch = (struct batch){ .arena = &milling->arena, .settled = milling_settled, .received = MILLING_RECEIVED,
                                         .received_text = { received, CLOCK_TEXT } };
        struct mill_request request = { .input = schema ? &input_payload : &input_json, .body = { copy, body.size },
                                        .route_key = slice_of(schema), .key = key };
        assert_int_equal(mill_run(milling->mill, &milling->batch, &request), READER_DONE);
        assert_true(milling->batch.count > 0);
        return &milling->batch.events[0];
}

static inline struct event *milling_run(struct milling *milling, const char *schema, struct slice body)
{
        return milling_run_with(milling, NULL, schema, body);
}

static inline void milling_stop(struct milling *milling)
{
        mill_free(milling->mill);
        plan_unref(milling->plan);
        arena_done(&milling->arena);
        arena_pool_done(&milling->pool);
        folder_done(&milling->folder);
}
#endif
