/* What the scanner costs an event: cmake --build --preset release --target bench_json && build/release/bench_json */
#include "corpus.h"
#include "json/equal.h"
#include "json/scan.h"
#include "json/tape.h"

static const struct scan_limits LIMITS = { .depth = 64, .string = 262144 };

static void pass_scan(void *context)
{
        struct corpus *corpus = context;
        for (size_t i = 0; i < corpus->count; i++) {
                struct scan_error err;
                const char *end = corpus->events[i].data + corpus->events[i].size;
                BUG_IF(scan_value(corpus->events[i].data, end, &LIMITS, &err) != end);
        }
}
static void pass_tape(void *context)
{
        struct corpus *corpus = context;
        struct tape tape;
        tape_init(&tape, TAPE_LIMIT_MAX);
        for (size_t i = 0; i < corpus->count; i++) {
                struct scan_error err;
                const char *end = corpus->events[i].data + corpus->events[i].size;
                BUG_IF(tape_value(&tape, corpus->events[i].data, end, &LIMITS, &err) != end);
        }
        tape_done(&tape);
}
static void pass_hash(void *context)
{
        struct corpus *corpus = context;
        for (size_t i = 0; i < corpus->count; i++)
                BUG_IF(value_hash(corpus->events[i], 1) == 0);
}
static void pass_pointer(void *context)
{
        struct corpus *corpus = context;
        for (size_t i = 0; i < corpus->count; i++)
                BUG_IF(!scan_pointer(corpus->events[i], SLICE("/props/items/0/sku")).data);
}

int main(void)
{
        struct corpus *corpus = corpus_new();
        size_t best = 0;
        for (size_t engine = 0; scan_use(engine); engine++) {
                char name[40];
                (void)snprintf(name, sizeof(name), "scan, %s", scan_engine_name(engine));
                (void)measure(name, pass_scan, corpus, corpus->count);
                best = engine;
        }
        (void)scan_use(best);
        (void)measure("tape", pass_tape, corpus, corpus->count);
        (void)measure("pointer", pass_pointer, corpus, corpus->count);
        (void)measure("hash", pass_hash, corpus, corpus->count);
        corpus_free(corpus);
        return 0;
}
