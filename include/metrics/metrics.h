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

/* For that many workers, 0 to workers - 1, and for the main thread, which is worker number `workers`. */
struct metrics        *metrics_new(size_t workers);
void                   metrics_free(struct metrics *metrics);      /* NULL is fine */
struct metrics_worker *metrics_of(struct metrics *metrics, size_t worker);

/* ---- the worker's thread alone ---- */
/* Between the two, a scrape does not read this worker's counters. Keep it short; do not nest. */
void metrics_begin(struct metrics_worker *worker);
void metrics_end(struct metrics_worker *worker);
/* One counter alone; inside or outside of begin/end. Amounts may be negative for gauges. The events_... counters are
 * metrics_received()'s and metrics_ended()'s. */
void metrics_add(struct metrics_worker *worker, enum metric metric, int64_t amount);
/* A gauge's value; the scrape shows the sum over all workers. */
void metrics_set(struct metrics_worker *worker, enum metric metric, int64_t value);
/* An event's way: one of these each, inside begin/end. `schema_slot` as metrics_schema() answered, the same for both. They keep
 * events_received, _published, _rejected, _refused and _open, and the counters by reason and by schema. */
void metrics_received(struct metrics_worker *worker, uint32_t schema_slot, uint64_t count);
void metrics_ended(struct metrics_worker *worker, uint32_t schema_slot, enum reason reason);
/* How long a stage took, in nanoseconds (less than 0 is 0). Histogram with two buckets for each power of two. */
void metrics_time(struct metrics_worker *worker, enum stage stage, int64_t nanoseconds);

/* ---- any thread ---- */
/* The slot of a schema's name ("vendor/name/M-R-A"), given once and for ever; 0 when there are too many (4,095). Takes a
 * lock: for plans, not for events. */
uint32_t metrics_schema(struct metrics *metrics, struct slice name);

/* Prometheus text format 0.0.4: what belongs to the whole process. A sink adds its own lines behind. */
void metrics_print(struct metrics *metrics, struct buffer *out);
/* HELP and TYPE of a metric, for lines that others add. kind: "counter", "gauge" or "histogram". */
void metrics_print_head(struct buffer *out, struct slice name, const char *kind, const char *doc);
/* The same of a row of families.def, by its name: for what others count. */
void metrics_print_family(struct buffer *out, const char *name);
/* A label's value with its quotes, escaped. */
void metrics_print_label(struct buffer *out, struct slice value);
void metrics_print_reference(FILE *out);       /* docs/reference/metrics.md */
/* True when a scrape has a metric of that name (without labels; a histogram's _bucket, _sum and _count too). */
bool metrics_known(struct slice name);
/* The sum over all workers; for tests and `/ready`. */
int64_t metrics_sum(struct metrics *metrics, enum metric metric);
#endif
