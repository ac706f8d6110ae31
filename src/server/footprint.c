#include "server/footprint.h"
#include "config/option.h"
#include "connection.h"
#include "server/control_group.h"
#include "sink/spool.h"
#include <unistd.h>

static const struct { const char *name, *options; } PARTS[FOOTPRINT_PARTS] = {
        [FOOTPRINT_REQUESTS] = { "requests", "limits.open_bytes" },
        [FOOTPRINT_SESSIONS] = { "sessions of TLS and HTTP/2", "limits.session_bytes" },
        [FOOTPRINT_KAFKA] = { "Kafka's queue", "kafka.queue" },
        [FOOTPRINT_SPOOL] = { "spool", "spool.queue and worker.threads" },
        [FOOTPRINT_CONNECTIONS] = { "connections", "http.connections" },
        [FOOTPRINT_WORKERS] = { "workers", "worker.threads and enrich.*.cache" },
        [FOOTPRINT_PLAN] = { "plan", "the tracking plan and the files of enrich.*" },
};
/* Bytes. A connection: one KiB of ours, the rest the kernel's, which a control group counts, too. A worker: beside its caches. */
enum { KIB = 1024, CONNECTION = 9 * KIB, ADDRESS = 16, ENTRY = KIB, WORKER = 8 * KIB * KIB };

static uint64_t with_gaps(int64_t bytes) { return (uint64_t)(bytes + bytes / 4); }

static uint64_t sessions(const struct config *config)
{
        size_t each = (config->tls_certificates.count ? SESSION_TLS : 0) + (config->http2_enabled ? SESSION_HTTP2 : 0);
        uint64_t most = with_gaps(config->http_connections * (int64_t)each), limit = with_gaps(config->limits_session_bytes);
        return most < limit ? most : limit;
}

/* Caches have powers of two of places. */
static uint64_t places(int64_t wanted)
{
        uint64_t count = 1;
        while (count < (uint64_t)wanted)
                count *= 2;
        return count;
}

/* "enrich.STEP.cache" of the steps that are done. */
static uint64_t caches(const struct config *config)
{
        static const struct slice PREFIX = SLICE_INIT("enrich."), SUFFIX = SLICE_INIT(".cache");
        uint64_t bytes = 0;
        for (const struct option *option = OPTIONS; option < OPTIONS + OPTION_COUNT; option++) {
                struct slice path = slice_of(option->path);
                if (!slice_starts_with(path, PREFIX) || !slice_ends_with(path, SUFFIX))
                        continue;
                struct slice step = { path.data + PREFIX.size, path.size - PREFIX.size - SUFFIX.size };
                for (size_t i = 0; i < config->enrich_order.count; i++)
                        if (slice_equal(slice_of(config->enrich_order.items[i]), step))
                                bytes += places(*(const int64_t *)option_value_const(option, config)) * ENTRY;
        }
        return bytes;
}

void footprint_measure(const struct config *config, size_t workers, uint64_t loaded, struct footprint *ret_footprint)
{
        const struct sink_type *type = sink_configured(config);
        bool kafka = type && strcmp(type->name, "kafka") == 0;
        struct footprint footprint = { .bytes = {
                [FOOTPRINT_REQUESTS] = with_gaps(config->limits_open_bytes),
                [FOOTPRINT_SESSIONS] = sessions(config),
                [FOOTPRINT_KAFKA] = kafka ? with_gaps(config->kafka_queue) : 0,
                [FOOTPRINT_SPOOL] = spool_memory(config, workers),
                [FOOTPRINT_CONNECTIONS] = (uint64_t)config->http_connections * CONNECTION +
                                          places(config->limits_address_count) * ADDRESS,
                [FOOTPRINT_WORKERS] = workers * (WORKER + caches(config)),
                [FOOTPRINT_PLAN] = 2 * loaded,     /* a reload holds the old one and the new one */
        } };
        for (size_t i = 0; i < FOOTPRINT_PARTS; i++)
                footprint.sum += footprint.bytes[i];
        *ret_footprint = footprint;
}

uint64_t footprint_now(void)
{
        char line[128] = "", *end;
        FILE *in = fopen("/proc/self/statm", "re");
        if (in && !fgets(line, sizeof(line), in))
                line[0] = '\0';
        if (in)
                (void)fclose(in);
        (void)strtoull(line, &end, 10);            /* all of it; then what is in memory, in pages (proc(5)) */
        return strtoull(end, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t footprint_allowed(bool *ret_group)
{
        uint64_t machine = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
        uint64_t group = control_group_least("", "memory.max", control_group_bytes);
        *ret_group = group < machine;
        return *ret_group ? group : machine;
}

void footprint_print(const struct footprint *footprint, char *text, size_t room)
{
        struct buffer out;
        buffer_wrap(&out, text, room - 1);
        buffer_format(&out, "at most %llu MiB", footprint_mib(footprint->sum));
        for (size_t i = 0, told = 0; i < FOOTPRINT_PARTS; i++)
                if (footprint->bytes[i])
                        buffer_format(&out, "%s%s %llu", told++ ? ", " : ": ", PARTS[i].name, footprint_mib(footprint->bytes[i]));
        text[out.size] = '\0';
}

const char *footprint_largest(const struct footprint *footprint)
{
        size_t largest = 0;
        for (size_t i = 1; i < FOOTPRINT_PARTS; i++)
                if (footprint->bytes[i] > footprint->bytes[largest])
                        largest = i;
        return PARTS[largest].options;
}
