/* What the spool tells of itself, in Prometheus' text format. */
#include "base/clock.h"
#include "spool_thread.h"

enum number { RECORDS, BYTES, DISK_BYTES, SEGMENTS, PARKED, TOPICS, UNSEEN, LIMIT, OLDEST, DAMAGED, HEALTHY, WRITTEN,
              WRITTEN_BYTES, DRAINED, REFUSED, SET_ASIDE, LOST, FAILURES, COMMITS, COMMIT_TIME, NUMBERS };
static const struct { const char *name, *kind, *doc; } ROWS[NUMBERS] = {
        [RECORDS]       = { "records", "gauge", "Records on the disk that are not delivered." },
        [BYTES]         = { "record_bytes", "gauge", "Bytes of them." },
        [DISK_BYTES]    = { "disk_bytes", "gauge", "Bytes that its files take, room for records to come included." },
        [SEGMENTS]      = { "segments", "gauge", "Files." },
        [PARKED]        = { "parked_records", "gauge",
                            "Records, of all, of topics that take none; they do not hold up the others." },
        [TOPICS]        = { "parked_topics", "gauge", "Such topics." },
        [UNSEEN]        = { "unread_bytes", "gauge",
                            "Bytes of files of an earlier run that are not read yet, so that their records are not counted." },
        [LIMIT]         = { "disk_bytes_limit", "gauge", "Bytes that its files may take (`spool.size`)." },
        [OLDEST]        = { "oldest_seconds", "gauge", "Age of the oldest record, by its reception; 0: there is none." },
        [DAMAGED]       = { "damaged_total", "counter", "Times that bytes were no record; they are in the folder `damaged`." },
        [HEALTHY]       = { "healthy", "gauge", "1: it takes records; 0: it is full, or its disk fails." },
        [WRITTEN]       = { "written_records_total", "counter", "Records made durable." },
        [WRITTEN_BYTES] = { "written_bytes_total", "counter", "Bytes of them." },
        [DRAINED]       = { "drained_records_total", "counter", "Records delivered to the sink, and released." },
        [REFUSED]       = { "refused_records_total", "counter", "Records that could not be written." },
        [SET_ASIDE]     = { "too_large_records_total", "counter",
                            "Records that can never be sent: their topics take less than they did; see the folder `refused`." },
        [LOST]          = { "lost_records_total", "counter",
                            "Records that the disk had damaged when they were to be sent; see the folder `damaged`." },
        [FAILURES]      = { "failures_total", "counter", "Commits that failed." },
        [COMMITS]       = { "commits_total", "counter", "Commits, each of all records that were waiting." },
        [COMMIT_TIME]   = { "commit_seconds_total", "counter", "Time that they took, the disk's included." },
};

void spool_metrics(struct spool *spool, struct buffer *out)
{
        pthread_mutex_lock(&spool->lock);
        struct spool_stock stock = spool->stock;
        double parked = (double)spool->parked_records, topics = (double)spool->parked_topics;
        pthread_mutex_unlock(&spool->lock);
        int64_t now = clock_wall();        /* it may have been put back since */
        const double values[NUMBERS] = {
                [RECORDS] = (double)stock.records, [BYTES] = (double)stock.bytes, [DISK_BYTES] = (double)stock.size,
                [SEGMENTS] = (double)stock.segments, [PARKED] = parked, [TOPICS] = topics,
                [UNSEEN] = (double)stock.unseen, [LIMIT] = (double)spool->config->spool_size,
                [OLDEST] = stock.oldest && now > stock.oldest ? (double)(now - stock.oldest) / 1000 : 0,
                [DAMAGED] = (double)(stock.damaged + stock.torn), [HEALTHY] = atomic_load(&spool->healthy),
                [WRITTEN] = (double)atomic_load(&spool->written), [WRITTEN_BYTES] = (double)atomic_load(&spool->written_bytes),
                [DRAINED] = (double)atomic_load(&spool->drained), [REFUSED] = (double)atomic_load(&spool->refused),
                [SET_ASIDE] = (double)atomic_load(&spool->set_aside), [LOST] = (double)atomic_load(&spool->lost),
                [FAILURES] = (double)atomic_load(&spool->failures),
                [COMMITS] = (double)atomic_load(&spool->commits), [COMMIT_TIME] = (double)atomic_load(&spool->commit_time) / 1e9,
        };
        for (size_t i = 0; i < NUMBERS; i++)
                buffer_format(out, "# HELP millrace_spool_%s %s\n# TYPE millrace_spool_%s %s\nmillrace_spool_%s %.15g\n",
                              ROWS[i].name, ROWS[i].doc, ROWS[i].name, ROWS[i].kind, ROWS[i].name, values[i]);
}

void spool_metrics_reference(FILE *out)
{
        for (size_t i = 0; i < NUMBERS; i++)
                fprintf(out, "| `millrace_spool_%s` | %s |  | %s |\n", ROWS[i].name, ROWS[i].kind, ROWS[i].doc);
}
