/* Counters. Each worker has its own, written by its thread alone; a scrape sums them. The law of the house,
 *     received = published + rejected + refused + open,
 * holds at every scrape, because a worker changes what belongs together between metrics_begin() and metrics_end(). */
#ifndef METRICS_METRICS_H
#define METRICS_METRICS_H
#include "base/base.h"
#include "base/buffer.h"
#include "event/event.h"

enum metric {
#define METRIC(id, name, kind, doc) METRIC_##id,
#include "metrics/metrics.def"
#undef METRIC
        METRIC_COUNT,
};
enum stage {
#define STAGE(id, doc) STAGE_##id,
#include "metrics/stages.def"
#undef STAGE
        STAGE_COUNT,
};

struct metrics;                /* the process's */
struct metrics_worker;         /* a worker's */

struct metrics        *metrics_new(size_t workers);
void                   metrics_free(struct metrics *metrics);
struct metrics_worker *metrics_of(struct metrics *metrics, size_t worker);

/* Between the two, a scrape does not read this worker's counters. Keep it short; do not nest. */
void metrics_begin(struct metrics_worker *worker);
void metrics_end(struct metrics_worker *worker);
/* One counter alone; inside or outside of begin/end. Amounts may be negative for gauges. */
void metrics_add(struct metrics_worker *worker, enum metric metric, int64_t amount);
/* An event's way: one of these each, inside begin/end. `schema_slot` as metrics_schema() answered. */
void metrics_received(struct metrics_worker *worker, uint32_t schema_slot, uint64_t count);
void metrics_ended(struct metrics_worker *worker, uint32_t schema_slot, enum reason reason);
/* How long a stage took, in nanoseconds. Histogram with bounds in powers of two. */
void metrics_time(struct metrics_worker *worker, enum stage stage, int64_t nanoseconds);

/* The slot of a schema's name ("vendor/name/M-R-A"), given once and for ever; 0 when there are too many (4,095). Any thread. */
uint32_t metrics_schema(struct metrics *metrics, struct slice name);

/* Prometheus text format 0.0.4. */
void metrics_print(struct metrics *metrics, struct buffer *out);
void metrics_print_reference(FILE *out);       /* docs/reference/metrics.md */
/* The sum over all workers; for tests and `/ready`. */
int64_t metrics_sum(struct metrics *metrics, enum metric metric);
#endif
