#include "metrics/worker.h"
#include "base/hash.h"
#include <sched.h>

#define QUIET_TRIES 64

struct metrics *metrics_new(size_t workers)
{
        struct metrics *metrics = memory_get(sizeof(*metrics));
        struct process process;
        metrics->count = workers + 1;
        metrics->workers = memory_get(metrics->count * sizeof(struct metrics_worker *));
        for (size_t i = 0; i < metrics->count; i++) {
                struct metrics_worker *worker = memory_get(sizeof(*worker));
                worker->metrics = metrics;
                worker->copy = memory_get(sizeof(*worker->copy));
                metrics->workers[i] = worker;
        }
        BUG_IF(pthread_mutex_init(&metrics->scrape, NULL) || pthread_mutex_init(&metrics->names, NULL));
        atomic_init(&metrics->slot_count, 1);
        process_look(&process);
        metrics->started = process.started;
        return metrics;
}

void metrics_free(struct metrics *metrics)
{
        if (!metrics)
                return;
        for (size_t i = 0; i < metrics->count; i++) {
                free(metrics->workers[i]->copy);
                free(metrics->workers[i]);
        }
        for (size_t i = 0; i < SLOT_COUNT; i++)
                free(metrics->name[i]);
        free(metrics->workers);
        (void)pthread_mutex_destroy(&metrics->scrape);
        (void)pthread_mutex_destroy(&metrics->names);
        free(metrics);
}

struct metrics_worker *metrics_of(struct metrics *metrics, size_t worker)
{
        BUG_IF(worker >= metrics->count);
        return metrics->workers[worker];
}

/* The place in the index that holds the name, or the free one where it belongs. At most half of the places are taken. */
static uint16_t *slot_place(struct metrics *metrics, struct slice name)
{
        size_t at = hash_bytes(name.data, name.size, hash_process_seed()) % COUNT_OF(metrics->index);
        while (metrics->index[at] && !slice_equal(slice_of(metrics->name[metrics->index[at]]), name))
                at = (at + 1) % COUNT_OF(metrics->index);
        return &metrics->index[at];
}

uint32_t metrics_schema(struct metrics *metrics, struct slice name)
{
        BUG_IF(pthread_mutex_lock(&metrics->names));
        uint32_t count = atomic_load_explicit(&metrics->slot_count, memory_order_relaxed);
        uint16_t *place = slot_place(metrics, name);
        uint32_t slot = *place;
        if (!slot && count < SLOT_COUNT) {
                slot = count;
                *place = (uint16_t)slot;
                metrics->name[slot] = slice_copy(name);
                atomic_store_explicit(&metrics->slot_count, count + 1, memory_order_release);
        }
        BUG_IF(pthread_mutex_unlock(&metrics->names));
        return slot;
}

/* ---- the worker's side: one writer, so a load and a store are enough ----
 *
 * A sequence lock without fences. The stores between begin and end are releases: who has read (acquired) one of them sees the odd
 * sequence or a later one, and tries again. On x86-64 all of this is plain moves. */
static void add(counter *count, int64_t amount)
{
        atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + amount, memory_order_release);
}

/* Both are needed: a slot of one of the tables, and a scrape that is kept out. */
static void check_inside(const struct metrics_worker *worker, uint32_t schema_slot)
{
        BUG_IF(!(atomic_load_explicit(&worker->sequence, memory_order_relaxed) & 1) || schema_slot >= SLOT_COUNT);
}

static int64_t get(const counter *count)
{
        return atomic_load_explicit(count, memory_order_acquire);
}

void metrics_begin(struct metrics_worker *worker)
{
        uint64_t sequence = atomic_load_explicit(&worker->sequence, memory_order_relaxed);
        BUG_IF(sequence & 1);
        atomic_store_explicit(&worker->sequence, sequence + 1, memory_order_relaxed);
}

/* The order of reading does not matter: nobody writes meanwhile, or the copy is thrown away. */
static void copy_counts(const struct metrics_worker *worker, struct counts *copy)
{
        uint32_t slots = atomic_load_explicit(&worker->metrics->slot_count, memory_order_acquire);
        for (size_t i = 0; i < METRIC_COUNT; i++)
                copy->metric[i] = get(&worker->metric[i]);
        for (size_t i = 0; i < REASON_COUNT; i++)
                copy->reason[i] = get(&worker->reason[i]);
        for (size_t i = 0; i < slots; i++)
                for (size_t j = 0; j < 1 + END_COUNT; j++)
                        copy->slot[i][j] = get(&worker->slot[i][j]);
}

void metrics_end(struct metrics_worker *worker)
{
        uint64_t sequence = atomic_load_explicit(&worker->sequence, memory_order_relaxed);
        BUG_IF(!(sequence & 1));
        if (UNLIKELY(atomic_load_explicit(&worker->handover, memory_order_acquire) == HANDOVER_WANTED)) {
                copy_counts(worker, worker->copy);
                atomic_store_explicit(&worker->handover, HANDOVER_DONE, memory_order_release);
        }
        atomic_store_explicit(&worker->sequence, sequence + 1, memory_order_release);
}

void metrics_add(struct metrics_worker *worker, enum metric metric, int64_t amount)
{
        add(&worker->metric[metric], amount);
}

void metrics_set(struct metrics_worker *worker, enum metric metric, int64_t value)
{
        atomic_store_explicit(&worker->metric[metric], value, memory_order_release);
}

void metrics_received(struct metrics_worker *worker, uint32_t schema_slot, uint64_t count)
{
        check_inside(worker, schema_slot);
        add(&worker->metric[METRIC_events_received], (int64_t)count);
        add(&worker->metric[METRIC_events_open], (int64_t)count);
        add(&worker->slot[schema_slot][0], (int64_t)count);
}

void metrics_ended(struct metrics_worker *worker, uint32_t schema_slot, enum reason reason)
{
        static const enum metric ENDS[END_COUNT] = {
                [END_PUBLISHED] = METRIC_events_published, [END_REJECTED] = METRIC_events_rejected,
                [END_REFUSED] = METRIC_events_refused,
        };
        check_inside(worker, schema_slot);
        BUG_IF(reason >= REASON_COUNT);
        enum event_end end = REASONS[reason].end;
        add(&worker->metric[ENDS[end]], 1);
        add(&worker->metric[METRIC_events_open], -1);
        add(&worker->reason[reason], 1);
        add(&worker->slot[schema_slot][1 + end], 1);
}

void metrics_time(struct metrics_worker *worker, enum stage stage, int64_t nanoseconds)
{
        /* A bucket holds what is at most its bound (le), hence one less; half a power of two is the second highest bit. */
        uint64_t value = nanoseconds > 0 ? (uint64_t)nanoseconds - 1 : 0;
        size_t   index = 0;
        if (value >= (UINT64_C(1) << BUCKET_LAST))
                index = BUCKET_COUNT - 1;
        else if (value >= (UINT64_C(1) << BUCKET_FIRST)) {
                unsigned bit = 63 - (unsigned)__builtin_clzll(value);
                index = 1 + 2 * (bit - BUCKET_FIRST) + ((value >> (bit - 1)) & 1);
        }
        add(&worker->stage[stage].bucket[index], 1);
        add(&worker->stage[stage].nanoseconds, nanoseconds > 0 ? nanoseconds : 0);
}

/* ---- the scrape's side ---- */
static bool copy_quiet(struct metrics_worker *worker, struct counts *copy)
{
        uint64_t before = atomic_load_explicit(&worker->sequence, memory_order_acquire);
        if (before & 1)
                return false;
        copy_counts(worker, copy);
        return atomic_load_explicit(&worker->sequence, memory_order_relaxed) == before;
}

static void sum_add(struct counts *sum, const struct counts *copy, size_t slots)
{
        for (size_t i = 0; i < METRIC_COUNT; i++)
                sum->metric[i] += copy->metric[i];
        for (size_t i = 0; i < REASON_COUNT; i++)
                sum->reason[i] += copy->reason[i];
        for (size_t i = 0; i < slots; i++)
                for (size_t j = 0; j < 1 + END_COUNT; j++)
                        sum->slot[i][j] += copy->slot[i][j];
}

/* First hoping for a quiet moment; when the worker is too busy for one, it makes the copy itself at its next end. The worker
 * never waits. An answer that comes after we called it off is overwritten by the next request, or taken for it: it is the
 * worker's newest state either way, as the worker does nothing else meanwhile. */
void worker_collect(struct metrics_worker *worker, struct counts *copy, struct counts *sum)
{
        size_t slots = atomic_load_explicit(&worker->metrics->slot_count, memory_order_acquire);
        bool got = false;
        for (int try = 0; !got && try < QUIET_TRIES; try++)
                got = copy_quiet(worker, copy);
        if (!got)
                atomic_store_explicit(&worker->handover, HANDOVER_WANTED, memory_order_release);
        const struct counts *result = copy;
        while (!got) {
                if (atomic_load_explicit(&worker->handover, memory_order_acquire) == HANDOVER_DONE) {
                        result = worker->copy;
                        break;
                }
                got = copy_quiet(worker, copy);
                if (!got)
                        (void)sched_yield();
        }
        sum_add(sum, result, slots);
        /* The worker may still be writing its copy: only from WANTED can it be called off. */
        int wanted = HANDOVER_WANTED;
        if (!atomic_compare_exchange_strong(&worker->handover, &wanted, HANDOVER_NONE))
                atomic_store_explicit(&worker->handover, HANDOVER_NONE, memory_order_release);
}

int64_t metrics_sum(struct metrics *metrics, enum metric metric)
{
        int64_t sum = 0;
        for (size_t i = 0; i < metrics->count; i++)
                sum += get(&metrics->workers[i]->metric[metric]);
        return sum;
}
