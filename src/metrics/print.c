/* The counters as Prometheus text (format 0.0.4), and their page in the manual. */
#include "metrics/worker.h"
#include <inttypes.h>

#define COUNTER   "counter"
#define GAUGE     "gauge"
#define HISTOGRAM "histogram"

static const struct { const char *name, *kind, *doc; } METRICS[METRIC_COUNT] = {
#define METRIC(id, name, kind, doc) { name, kind, doc },
#include "metrics/metrics.def"
#undef METRIC
};
static const struct { const char *name, *doc; } STAGES[STAGE_COUNT] = {
#define STAGE(id, doc) { #id, doc },
#include "metrics/stages.def"
#undef STAGE
};
enum family {
#define FAMILY(id, name, kind, labels, doc) FAMILY_##id,
#include "metrics/families.def"
#undef FAMILY
        FAMILY_COUNT,
};
static const struct { const char *name, *kind, *labels, *doc; } FAMILIES[FAMILY_COUNT] = {
#define FAMILY(id, name, kind, labels, doc) { name, kind, labels, doc },
#include "metrics/families.def"
#undef FAMILY
};
static const struct slice ENDS[END_COUNT] = {
        [END_PUBLISHED] = SLICE_INIT("published"), [END_REJECTED] = SLICE_INIT("rejected"), [END_REFUSED] = SLICE_INIT("refused"),
};

/* ---- words of the format ---- */
void metrics_print_head(struct buffer *out, struct slice name, const char *kind, const char *doc)
{
        buffer_format(out, "# HELP %.*s ", SLICE_ARGS(name));
        for (const char *at = doc; *at; at++)
                if (*at == '\\' || *at == '\n')
                        buffer_add(out, *at == '\n' ? SLICE("\\n") : SLICE("\\\\"));
                else
                        buffer_add_char(out, *at);
        buffer_format(out, "\n# TYPE %.*s %s\n", SLICE_ARGS(name), kind);
}

void metrics_print_label(struct buffer *out, struct slice value)
{
        buffer_add_char(out, '"');
        for (size_t i = 0; i < value.size; i++)
                if (value.data[i] == '\n')
                        buffer_add(out, SLICE("\\n"));
                else {
                        if (value.data[i] == '"' || value.data[i] == '\\')
                                buffer_add_char(out, '\\');
                        buffer_add_char(out, value.data[i]);
                }
        buffer_add_char(out, '"');
}

static struct slice base_name(const char *name)
{
        return slice_between(name, strchrnul(name, '{'));
}

static void head_family(struct buffer *out, enum family family)
{
        metrics_print_head(out, slice_of(FAMILIES[family].name), FAMILIES[family].kind, FAMILIES[family].doc);
}

void metrics_print_family(struct buffer *out, const char *name)
{
        enum family family = 0;
        while (family < FAMILY_COUNT && strcmp(FAMILIES[family].name, name) != 0)
                family++;
        BUG_IF(family == FAMILY_COUNT);
        head_family(out, family);
}

static void add_value(struct buffer *out, int64_t value)
{
        buffer_add_char(out, ' ');
        buffer_add_number(out, value);
        buffer_add_char(out, '\n');
}

/* ---- the scrape ---- */
static void print_counters(struct buffer *out, const struct counts *sum)
{
        for (size_t i = 0; i < METRIC_COUNT; i++) {
                struct slice name = base_name(METRICS[i].name);
                if (i == 0 || !slice_equal(name, base_name(METRICS[i - 1].name)))
                        metrics_print_head(out, name, METRICS[i].kind, METRICS[i].doc);
                buffer_add(out, slice_of(METRICS[i].name));
                add_value(out, sum->metric[i]);
        }
}

static void print_reasons(struct buffer *out, const struct counts *sum)
{
        head_family(out, FAMILY_events_ended);
        for (size_t i = 0; i < REASON_COUNT; i++) {
                buffer_format(out, "%s{end=\"%.*s\",reason=\"%s\"}", FAMILIES[FAMILY_events_ended].name,
                              SLICE_ARGS(ENDS[REASONS[i].end]), REASONS[i].name);
                add_value(out, sum->reason[i]);
        }
}

static struct slice slot_name(const struct metrics *metrics, size_t slot)
{
        return slot ? slice_of(metrics->name[slot]) : SLICE("unknown");
}

static void print_schemas(struct buffer *out, const struct metrics *metrics, const struct counts *sum, size_t slots)
{
        head_family(out, FAMILY_schema_received);
        for (size_t i = 0; i < slots; i++) {
                buffer_format(out, "%s{schema=", FAMILIES[FAMILY_schema_received].name);
                metrics_print_label(out, slot_name(metrics, i));
                buffer_add_char(out, '}');
                add_value(out, sum->slot[i][0]);
        }
        head_family(out, FAMILY_schema_ended);
        for (size_t i = 0; i < slots; i++)
                for (size_t end = 0; end < END_COUNT; end++) {
                        buffer_format(out, "%s{schema=", FAMILIES[FAMILY_schema_ended].name);
                        metrics_print_label(out, slot_name(metrics, i));
                        buffer_format(out, ",end=\"%.*s\"}", SLICE_ARGS(ENDS[end]));
                        add_value(out, sum->slot[i][1 + end]);
                }
}

/* In seconds: 2^10 ns, 1.5 * 2^10 ns, 2^11 ns, ... */
static double bucket_bound(size_t index)
{
        double power = (double)(UINT64_C(1) << (BUCKET_FIRST + index / 2));
        return (index & 1 ? power * 1.5 : power) / 1e9;
}

static void print_stages(struct buffer *out, const struct metrics *metrics)
{
        const char *name = FAMILIES[FAMILY_stage].name;
        head_family(out, FAMILY_stage);
        for (size_t i = 0; i < STAGE_COUNT; i++) {
                int64_t count = 0, nanoseconds = 0;
                for (size_t j = 0; j < BUCKET_COUNT; j++) {
                        for (size_t k = 0; k < metrics->count; k++)
                                count += atomic_load_explicit(&metrics->workers[k]->stage[i].bucket[j], memory_order_acquire);
                        if (j + 1 < BUCKET_COUNT)
                                buffer_format(out, "%s_bucket{stage=\"%s\",le=\"%.9g\"} %" PRId64 "\n", name, STAGES[i].name,
                                              bucket_bound(j), count);
                }
                for (size_t k = 0; k < metrics->count; k++)
                        nanoseconds += atomic_load_explicit(&metrics->workers[k]->stage[i].nanoseconds, memory_order_acquire);
                buffer_format(out, "%s_bucket{stage=\"%s\",le=\"+Inf\"} %" PRId64 "\n", name, STAGES[i].name, count);
                buffer_format(out, "%s_sum{stage=\"%s\"} %" PRId64 ".%09" PRId64 "\n", name, STAGES[i].name,
                              nanoseconds / 1000000000, nanoseconds % 1000000000);
                buffer_format(out, "%s_count{stage=\"%s\"} %" PRId64 "\n", name, STAGES[i].name, count);
        }
}

static void print_seconds(struct buffer *out, enum family family, double seconds)
{
        if (seconds < 0)
                return;
        head_family(out, family);
        buffer_format(out, "%s %.2f\n", FAMILIES[family].name, seconds);
}

static void print_integer(struct buffer *out, enum family family, int64_t value)
{
        if (value < 0)
                return;
        head_family(out, family);
        buffer_add(out, slice_of(FAMILIES[family].name));
        add_value(out, value);
}

static void print_process(struct buffer *out, const struct metrics *metrics)
{
        struct process process;
        process_look(&process);
        head_family(out, FAMILY_build_info);
        buffer_format(out, "%s{version=", FAMILIES[FAMILY_build_info].name);
        metrics_print_label(out, slice_of(MILLRACE_VERSION));
        buffer_add(out, SLICE("} 1\n"));
        print_integer(out, FAMILY_workers, (int64_t)metrics->count - 1);
        print_seconds(out, FAMILY_cpu, process.cpu);
        /* As it was at start: the clock may have been set since, and a start time that moves looks like a restart. */
        print_seconds(out, FAMILY_start_time, metrics->started);
        print_integer(out, FAMILY_resident, process.resident);
        print_integer(out, FAMILY_virtual, process.virtual);
        print_integer(out, FAMILY_open_fds, process.open_fds);
        print_integer(out, FAMILY_max_fds, process.max_fds);
}

void metrics_print(struct metrics *metrics, struct buffer *out)
{
        struct counts *copy = calloc(1, sizeof(*copy)), *sum = calloc(1, sizeof(*sum));
        if (!copy || !sum) {
                out->full = true;          /* as when there is no memory for the text */
                free(copy);
                free(sum);
                return;
        }
        BUG_IF(pthread_mutex_lock(&metrics->scrape));
        /* Taken first: a schema that comes later may be in some workers' copies and not in others'. */
        size_t slots = atomic_load_explicit(&metrics->slot_count, memory_order_acquire);
        for (size_t i = 0; i < metrics->count; i++)
                worker_collect(metrics->workers[i], copy, sum);
        BUG_IF(pthread_mutex_unlock(&metrics->scrape));
        print_counters(out, sum);
        print_reasons(out, sum);
        print_schemas(out, metrics, sum, slots);
        print_stages(out, metrics);
        print_process(out, metrics);
        free(copy);
        free(sum);
}

/* ---- the tables ---- */
bool metrics_known(struct slice name)
{
        for (size_t i = 0; i < METRIC_COUNT; i++)
                if (slice_equal(base_name(METRICS[i].name), name))
                        return true;
        for (size_t i = 0; i < FAMILY_COUNT; i++) {
                static const char *const SERIES[] = { "_bucket", "_sum", "_count" };
                struct slice family = slice_of(FAMILIES[i].name);
                if (slice_equal(family, name) && strcmp(FAMILIES[i].kind, HISTOGRAM) != 0)
                        return true;
                for (size_t j = 0; j < COUNT_OF(SERIES) && strcmp(FAMILIES[i].kind, HISTOGRAM) == 0; j++)
                        if (slice_starts_with(name, family) &&
                            slice_equal(slice_between(name.data + family.size, name.data + name.size), slice_of(SERIES[j])))
                                return true;
        }
        return false;
}

static const char INTRO[] =
"# Metrics\n"
"\n"
"<!-- Printed by `millrace reference metrics` from include/metrics/*.def; do not edit. -->\n"
"\n"
"`GET /metrics` on the admin listener answers in Prometheus text format. Every event that is received ends exactly once, so "
"at every scrape\n"
"\n"
"    millrace_events_received_total = millrace_events_published_total + millrace_events_rejected_total\n"
"                                   + millrace_events_refused_total + millrace_events_open\n"
"\n"
"holds exactly, as each worker's numbers are read between two of its steps. The numbers by schema and by reason add up to the "
"same totals.\n"
"`config/alerts.yaml` has alert rules for Prometheus, `config/dashboard.json` a dashboard for Grafana. The sink adds its own "
"metrics: see\n"
"[sinks](sinks.md).\n"
"\n"
"| metric | type | labels | meaning |\n"
"| --- | --- | --- | --- |\n";

void metrics_print_reference(FILE *out)
{
        fputs(INTRO, out);
        for (size_t i = 0; i < METRIC_COUNT; i++) {
                struct slice name = base_name(METRICS[i].name), labels = slice_of(METRICS[i].name + name.size);
                if (labels.size)
                        labels = slice_between(labels.data + 1, labels.data + labels.size - 1);
                fprintf(out, "| `%.*s` | %s | %s%.*s%s | %s |\n", SLICE_ARGS(name), METRICS[i].kind, labels.size ? "`" : "",
                        SLICE_ARGS(labels), labels.size ? "`" : "", METRICS[i].doc);
        }
        for (size_t i = 0; i < FAMILY_COUNT; i++)
                fprintf(out, "| `%s` | %s | %s | %s "
                             "|\n", FAMILIES[i].name, FAMILIES[i].kind, FAMILIES[i].labels, FAMILIES[i].doc);
        fputs("\n## Stages\n\n`millrace_stage_seconds` has two buckets for each power of two, from 1 us to 69 s, for each "
              "`stage`:\n\n"
              "| stage | what is measured |\n| --- | --- |\n", out);
        for (size_t i = 0; i < STAGE_COUNT; i++)
                fprintf(out, "| `%s` | %s |\n", STAGES[i].name, STAGES[i].doc);
}
