/* The workers' side of the spool: parcels go to its thread and come back durable. */
#include "spool_thread.h"
#include "base/hash.h"
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define BUCKET_SEED 0                      /* any: a collision costs a way over the disk, nothing more */

uint16_t spool_bucket(struct slice key)
{
        return (uint16_t)hash_bytes(key.data, key.size, BUCKET_SEED);
}

bool spool_check(const struct config *config, struct errors *errors)
{
        if (config->spool_path[0] == '\0' && config->sink_ack == ACK_SPOOL)
                return config_error(config, errors, "sink.ack", "spool needs a folder: spool.path");
        if (config->spool_path[0] && config->spool_after <= config->kafka_linger)
                return config_error(config, errors, "spool.after", "it must be longer than kafka.linger");
        if (config->spool_path[0] && config->spool_size < 2 * config->spool_segment)
                return config_error(config, errors, "spool.size", "it must hold two segments at least (spool.segment)");
        return true;
}

struct spool_port *spool_port_open(struct spool *spool, void (*report)(struct event *event, enum reason fate), struct error *err)
{
        int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (descriptor < 0) {
                (void)error_set(err, "cannot make an eventfd: %m");
                return NULL;
        }
        struct spool_port *port = memory_get(sizeof(*port));
        *port = (struct spool_port){ .spool = spool, .report = report, .descriptor = descriptor };
        return port;
}

uint64_t spool_records(const struct spool *spool) { return atomic_load_explicit(&spool->stored, memory_order_relaxed); }

int spool_port_descriptor(const struct spool_port *port) { return port->descriptor; }

void spool_serve(struct spool_port *port)
{
        struct spool *spool = port->spool;
        uint64_t rings;
        (void)!read(port->descriptor, &rings, sizeof(rings));
        pthread_mutex_lock(&spool->lock);
        struct parcel *parcel = port->done.first;
        port->done = (struct parcels){ 0 };
        pthread_mutex_unlock(&spool->lock);
        while (parcel) {
                struct parcel *next = parcel->next;
                struct event  *event = parcel->event;
                enum reason    fate = (enum reason)parcel->fate;
                port->held--;
                port->bytes -= parcel->size;
                free(parcel);
                port->report(event, fate);         /* may put another */
                parcel = next;
        }
}

void spool_port_close(struct spool_port *port)
{
        if (!port)
                return;
        while (port->held) {
                uint64_t rings;
                /* The descriptor does not block: the thread rings it soon, a disk that hangs holds up the end. */
                if (read(port->descriptor, &rings, sizeof(rings)) < 0)
                        (void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
                spool_serve(port);
        }
        (void)close(port->descriptor);
        free(port);
}

bool spool_wants(const struct spool_port *port, struct slice key)
{
        const struct spool *spool = port->spool;
        if (!key.data)
                return false;
        if (atomic_load_explicit(&spool->looking, memory_order_acquire))
                return true;
        if (atomic_load_explicit(&spool->stored, memory_order_relaxed) == 0)
                return false;
        return atomic_load_explicit(&spool->buckets[spool_bucket(key)], memory_order_relaxed) > 0;
}

bool spool_ready(const struct spool_port *port)
{
        return atomic_load_explicit(&port->spool->healthy, memory_order_relaxed) && port->bytes < port->spool->queue_limit;
}

enum reason spool_put(struct spool_port *port, const struct record *record, struct slice topic)
{
        struct spool *spool = port->spool;
        const struct spool_record what = { .received = record->event->batch->received, .topic = topic, .key = record->key,
                                           .value = record->value, .headers = record->headers,
                                           .header_count = record->header_count, .bad = record->bad };
        size_t size = spool_record_size(&what);
        if (size == 0 || frame_size(size) > (size_t)spool->config->spool_segment - SEGMENT_HEAD)
                return REASON_event_too_large;
        if (port->bytes + size > spool->queue_limit)
                return REASON_sink_full;
        struct parcel *parcel = malloc(sizeof(*parcel) + size);
        if (!parcel)
                return REASON_sink_full;
        *parcel = (struct parcel){ .port = port, .event = record->event, .size = size, .keyed = record->key.data != NULL };
        spool_record_write(&what, parcel->payload);
        if (parcel->keyed) {
                parcel->bucket = spool_bucket(record->key);
                atomic_fetch_add_explicit(&spool->buckets[parcel->bucket], 1, memory_order_relaxed);
        }
        atomic_fetch_add_explicit(&spool->stored, 1, memory_order_relaxed);
        port->held++;
        port->bytes += size;
        pthread_mutex_lock(&spool->lock);
        bool first = !spool->incoming.first;
        parcels_add(&spool->incoming, parcel);
        pthread_mutex_unlock(&spool->lock);
        if (first)
                spool_wake(spool);
        return REASON_published;
}
