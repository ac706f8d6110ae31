/* What the figures of `millrace bench` mean for a number of events a day. docs/scaling.md explains every line. */
#include "command/bench.h"
#include <math.h>

#define DAY 86400.0
#define IDLE 0.4                   /* share of a core in use below which an event costs more than it does under a full load */
#define CORES_EACH 8               /* of an instance, at most: beyond, more instances are the better way */

void bench_plan(const struct bench_row *row, const struct bench_wish *wish, struct bench_plan *ret_plan)
{
        struct bench_plan plan = { .average = wish->events_per_day / DAY };
        plan.peak = plan.average * wish->peak;
        plan.cores = plan.peak * row->cpu / wish->utilisation;
        /* Any one may be missing: the others carry the peak. */
        plan.instances = (int64_t)ceil(plan.cores / CORES_EACH) + 1;
        if (row->drained > 0 && plan.instances - 1 < (int64_t)ceil(plan.peak / row->drained))
                plan.instances = (int64_t)ceil(plan.peak / row->drained) + 1;
        plan.cores_each = (int64_t)ceil(plan.cores / (double)(plan.instances - 1));
        plan.cores_each = plan.cores_each < 1 ? 1 : plan.cores_each;
        plan.network_in = plan.peak * row->request_bytes;
        plan.network_out = plan.peak * row->wire_bytes;
        plan.partitions = (int64_t)ceil(plan.network_out / wish->partition_rate);
        plan.partitions = plan.partitions < 1 ? 1 : plan.partitions;
        plan.kafka_disk = plan.average * row->wire_bytes * wish->retention * wish->replicas;
        plan.spool_disk = plan.peak * row->spooled_bytes * wish->outage;
        *ret_plan = plan;
}

/* "1.4 TiB". */
static const char *bytes_text(double bytes, char text[static 32])
{
        static const char *const UNITS[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
        size_t unit = 0;
        while (bytes >= 1024 && unit + 1 < COUNT_OF(UNITS)) {
                bytes /= 1024;
                unit++;
        }
        (void)snprintf(text, 32, unit && bytes < 100 ? "%.1f %s" : "%.0f %s", bytes, UNITS[unit]);
        return text;
}

/* "6,000,000,000", rounded. */
static const char *count_text(double count, char text[static 32])
{
        char digits[32];
        int  size = snprintf(digits, sizeof(digits), "%.0f", count);
        size_t out = 0;
        for (int i = 0; i < size && out < 30; i++) {
                if (i && (size - i) % 3 == 0)
                        text[out++] = ',';
                text[out++] = digits[i];
        }
        text[out] = '\0';
        return text;
}

/* "12 Mbit/s", of bytes a second. */
static const char *bits_text(double bytes, char text[static 32])
{
        double bits = bytes * 8;
        if (bits < 1000)
                return "less than 1 kbit/s";
        (void)snprintf(text, 32, bits < 1e6 ? "%.0f kbit/s" : bits < 1e7 ? "%.1f Mbit/s" : "%.0f Mbit/s",
                       bits < 1e6 ? bits / 1e3 : bits / 1e6);
        return text;
}

/* "69,444", and "0.0012" of what happens seldom. */
static const char *rate_text(double rate, char text[static 32])
{
        if (rate >= 10)
                return count_text(rate, text);
        (void)snprintf(text, 32, "%.2g", rate);
        return text;
}

/* Two digits of it say enough. */
static double rounded(double count)
{
        double unit = count < 100 ? 1 : pow(10, floor(log10(count)) - 1);
        return floor(count / unit + 0.5) * unit;
}

bool bench_row_is_spoilt(const struct bench_row *row) { return row->untaken * 100 > row->asked; }

static void print_row(const struct bench_row *row, FILE *out)
{
        char events[32], memory[32];
        fprintf(out, "%-34s %8.2f %12s %6.0f %% %8.1f %8.1f %10s\n", row->name, row->cpu * 1e6,
                count_text(1 / row->cpu, events), row->busy * 100, (double)row->p50 / 1e6, (double)row->p99 / 1e6,
                bytes_text((double)row->memory, memory));
        if (row->busy < IDLE)
                fputs("    the load left most of the core idle; a busy core makes an event cheaper (more --connections)\n", out);
        if (row->refused || row->failed)
                fprintf(out, "    %llu requests were refused, %llu failed%s%s%s\n", (unsigned long long)row->refused,
                        (unsigned long long)row->failed, *row->statuses ? " (status " : "", row->statuses,
                        *row->statuses ? ")" : "");
}

static void print_need(const struct bench_row *row, const struct bench_wish *wish, FILE *out)
{
        struct bench_plan plan;
        char text[4][32];
        if (bench_row_is_spoilt(row))
                return;
        bench_plan(row, wish, &plan);
        fprintf(out, "\nSent as %s:\n", row->name);
        (void)snprintf(text[0], sizeof(text[0]), plan.cores < 0.1 ? "less than 0.1" : "%.1f", plan.cores);
        fprintf(out, "  cores       %s at the peak, each used to %.0f %%\n", text[0], wish->utilisation * 100);
        fprintf(out, "  instances   %lld with %lld core%s each: one may be missing, the others carry the peak\n",
                (long long)plan.instances, (long long)plan.cores_each, plan.cores_each == 1 ? "" : "s");
        if (row->wire_bytes > 0) {
                fprintf(out, "  network     %s in, %s to Kafka, all instances together\n", bits_text(plan.network_in, text[0]),
                        bits_text(plan.network_out, text[1]));
                fprintf(out,
                        "  Kafka       at least %lld partition%s, of %s a second each; disks of %s for %g day%s in %.0f cop%s\n",
                        (long long)plan.partitions, plan.partitions == 1 ? "" : "s", bytes_text(wish->partition_rate, text[0]),
                        bytes_text(plan.kafka_disk, text[1]), wish->retention / DAY, wish->retention == DAY ? "" : "s",
                        wish->replicas, wish->replicas > 1 ? "ies" : "y");
        } else {
                fprintf(out, "  network     %s in; what goes to Kafka is not known: measure longer (--seconds)\n",
                        bits_text(plan.network_in, text[0]));
        }
        if (!row->spool)
                return;
        double carriers = (double)(plan.instances - 1);
        const char *written = bytes_text(plan.peak * row->spooled_bytes / carriers, text[3]);
        fprintf(out,
                "  spool       %s on each instance, to take the peak for %g hour%s without Kafka; its disk writes %s a second\n",
                bytes_text(plan.spool_disk / carriers, text[2]), wish->outage / 3600, wish->outage == 3600 ? "" : "s", written);
        fprintf(out,
                "  from it     an instance sends %s events a second to Kafka; let spool.drain_rate be %s or more, or 0: no "
                "limit\n",
                count_text(row->drained, text[0]), written);
}

void bench_print(const struct bench_row *rows, size_t count, const struct bench_wish *wish, FILE *out)
{
        char text[3][32];
        fprintf(out, "\n%-34s %8s %12s %8s %8s %8s %10s\n", "", "CPU us", "events/s", "core", "p50 ms", "p99 ms", "memory");
        fprintf(out, "%-34s %8s %12s %8s %17s %10s\n", "", "an event", "a core", "in use", "at half the rate", "at peak");
        for (size_t i = 0; i < count; i++)
                print_row(&rows[i], out);
        if (!count)
                return;
        fputs("\n", out);
        for (size_t i = 0; i < count; i++) {
                fprintf(out, "%s: an event comes as %.0f bytes of HTTP", rows[i].name, rows[i].request_bytes);
                if (rows[i].wire_bytes > 0)
                        fprintf(out, " and goes to Kafka as %.0f bytes.\n", rows[i].wire_bytes);
                else
                        fputs("; its bytes to Kafka are not known: measure longer (--seconds).\n", out);
        }
        const struct bench_row *chosen = &rows[count > 1];
        if (wish->events_per_day <= 0 && !bench_row_is_spoilt(chosen))
                fprintf(out, "One core, used to %.0f %% at a peak of %g times the average, takes %s events a day, as %s. Ask for "
                        "your own number with --events-per-day.\n", wish->utilisation * 100, wish->peak,
                        count_text(rounded(DAY / chosen->cpu * wish->utilisation / wish->peak), text[0]), chosen->name);
        if (wish->events_per_day <= 0)
                return;
        fprintf(out, "\n%s event%s a day are %s a second on average, and %s at a peak of %g times that.\n",
                count_text(wish->events_per_day, text[0]), wish->events_per_day == 1 ? "" : "s",
                rate_text(wish->events_per_day / DAY, text[1]), rate_text(wish->events_per_day / DAY * wish->peak, text[2]),
                wish->peak);
        for (size_t i = 0; i < count; i++)
                print_need(&rows[i], wish, out);
}

static void print_plan_json(const struct bench_row *row, const struct bench_wish *wish, FILE *out)
{
        struct bench_plan plan;
        bench_plan(row, wish, &plan);
        fprintf(out,
                ",\"plan\":{\"events_per_second\":%.0f,\"events_per_second_at_peak\":%.0f,\"cores\":%.3f,\"instances\":%lld,"
                "\"cores_each\":%lld,\"network_in_bytes_per_second\":%.0f,\"network_out_bytes_per_second\":%.0f,\"partitions\":%"
                "lld,"
                "\"kafka_disk_bytes\":%.0f,\"spool_disk_bytes\":%.0f}",
                plan.average, plan.peak, plan.cores, (long long)plan.instances, (long long)plan.cores_each, plan.network_in,
                plan.network_out, (long long)plan.partitions, plan.kafka_disk, plan.spool_disk);
}

static void print_setup_json(const struct bench_setup *setup, FILE *out)
{
        const struct samples *samples = setup->samples;
        fprintf(out, "\"embedded\":%s,\"connections\":%zu,\"seconds\":%g,\"machine_load\":%.2f,\"samples\":{\"count\":%zu,"
                "\"bytes\":%zu,\"by_reason\":{", setup->embedded ? "true" : "false", setup->connections, setup->seconds,
                setup->load, samples->count, samples->bytes);
        bool first = true;
        for (size_t i = 0; i < REASON_COUNT; i++)
                if (samples->by_reason[i]) {
                        fprintf(out, "%s\"%s\":%zu", first ? "" : ",", REASONS[i].name, samples->by_reason[i]);
                        first = false;
                }
        fputs("}},", out);
}

void bench_print_json(const struct bench_row *rows, size_t count, const struct bench_wish *wish, const struct bench_setup *setup,
                      FILE *out)
{
        fputs("{\"version\":\"" MILLRACE_VERSION "\",", out);
        print_setup_json(setup, out);
        fputs("\"rows\":[", out);
        for (size_t i = 0; i < count; i++) {
                const struct bench_row *row = &rows[i];
                fprintf(out, "%s{\"name\":\"%s\",\"events_per_request\":%zu,\"spool\":%s,\"cpu_us_per_event\":%.3f,"
                        "\"core_share\":%.3f,\"events_per_second\":%.0f,\"drained_per_second\":%.0f,\"p50_ms\":%.3f,"
                        "\"p99_ms\":%.3f,"
                        "\"request_bytes_per_event\":%.1f,\"kafka_bytes_per_event\":%.1f,\"spool_bytes_per_event\":%.1f,"
                        "\"peak_memory_bytes\":%lld,\"refused\":%llu,\"failed\":%llu", i ? "," : "", row->name, row->per,
                        row->spool ? "true" : "false", row->cpu * 1e6, row->busy, row->events, row->drained,
                        (double)row->p50 / 1e6, (double)row->p99 / 1e6, row->request_bytes, row->wire_bytes,
                        row->spooled_bytes, (long long)row->memory,
                        (unsigned long long)row->refused, (unsigned long long)row->failed);
                if (wish->events_per_day > 0 && !bench_row_is_spoilt(row))
                        print_plan_json(row, wish, out);
                fputs("}", out);
        }
        fputs("]}\n", out);
}
