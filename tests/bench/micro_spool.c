/* What the spool costs without a sink: writing records in commits of many, opening a folder, reading it through.
 *
 * bench_spool FOLDER [MIB [--keep]]      --keep: leave the folder as it is, with nothing released, for a daemon to open */
#include "base/clock.h"
#include "sink/spool_log.h"
#include <sys/resource.h>
#include <unistd.h>

#define VALUE   800                        /* bytes of a record */
#define COMMIT  2000                       /* records */

static double cpu_seconds(void)
{
        struct rusage usage;
        (void)getrusage(RUSAGE_SELF, &usage);
        return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

struct mark { int64_t start; double cpu; };

static struct mark mark_now(void) { return (struct mark){ clock_nanoseconds(), cpu_seconds() }; }

static void tell(const struct mark *mark, const char *what, uint64_t records, uint64_t bytes)
{
        double seconds = (double)(clock_nanoseconds() - mark->start) / 1e9, cpu = cpu_seconds() - mark->cpu;
        printf("%-10s %9llu records %6llu MiB %7.2f s %6.2f s CPU %8.0f MiB/s %6.2f CPU us/record\n", what,
               (unsigned long long)records, (unsigned long long)(bytes >> 20), seconds, cpu, (double)(bytes >> 20) / seconds,
               cpu * 1e6 / (double)(records ? records : 1));
}

static struct spool_log *log_open(const char *folder, const struct spool_limits *limits)
{
        struct error err;
        struct spool_log *log = spool_log_open(folder, limits, &err);
        if (!log)
                fprintf(stderr, "bench_spool: %s\n", err.text);
        return log;
}

static uint64_t fill(struct spool_log *log, uint64_t bytes)
{
        static char value[VALUE], payload[2 * VALUE];
        struct error err;
        struct spool_stock stock;
        uint64_t records = 0;
        int64_t  now = clock_wall();
        (void)snprintf(value, sizeof(value), "{\"id\":\"0\",\"type\":\"page_view\",\"padding\":\"%0*d\"}", VALUE - 100, 7);
        struct spool_record record = { .received = now, .topic = SLICE("events"), .value = slice_of(value) };
        spool_record_write(&record, payload);
        struct slice text = { payload, spool_record_size(&record) };
        do {
                for (int i = 0; i < COMMIT; i++, records++)
                        BUG_IF(spool_log_append(log, text, &err) != SPOOL_TAKEN);
                BUG_IF(!spool_log_commit(log, &err));
                spool_log_stock(log, &stock);
        } while (stock.bytes < bytes);
        return records;
}

int main(int argc, char **argv)
{
        uint64_t bytes = (argc > 2 ? strtoull(argv[2], NULL, 10) : 2048) << 20;
        const struct spool_limits limits = { .size = 4 * bytes + ((uint64_t)1 << 30), .segment = 64 << 20 };
        struct spool_log *log = argc > 1 ? log_open(argv[1], &limits) : NULL;
        struct spool_record record;
        struct spool_place place;
        struct error err;
        if (!log)
                return EXIT_FAILURE;
        struct mark mark = mark_now();
        uint64_t records = fill(log, bytes), count = 0;
        tell(&mark, "write", records, bytes);
        spool_log_close(log);
        mark = mark_now();
        log = log_open(argv[1], &limits);
        tell(&mark, "open", records, bytes);
        if (argc > 3 || !log)
                return spool_log_close(log), log ? EXIT_SUCCESS : EXIT_FAILURE;
        mark = mark_now();
        place = spool_log_begin(log);
        while (spool_log_read(log, &place, &record, NULL, &err))
                count++;
        tell(&mark, "read", count, bytes);
        mark = mark_now();
        spool_log_release(log, place, records, bytes);
        tell(&mark, "release", count, bytes);
        spool_log_close(log);
        return EXIT_SUCCESS;
}
