#include "server/limiter.h"
#include "base/hash.h"
#include "metrics/metrics.h"
#include <pthread.h>

/* Names with their meters; never fewer of them. Keys and routes have a table each. */
struct names {
        struct meter    *meter[METERS_MAX + 1];    /* the last one is for all further names */
        _Atomic uint32_t count;                    /* set after its meter */
        uint16_t         index[2 * (METERS_MAX + 1)];      /* places by hash of their name, from 1; 0: free */
};
struct limiter {
        pthread_mutex_t         mutex;             /* guards giving of places */
        struct names            keys, routes;
        struct address_buckets *addresses;
};

struct limiter *limiter_new(size_t addresses)
{
        struct limiter *limiter = memory_get(sizeof(*limiter));
        BUG_IF(pthread_mutex_init(&limiter->mutex, NULL));
        limiter->addresses = address_buckets_new(addresses);
        return limiter;
}

static void names_done(struct names *names)
{
        for (size_t i = 0; i < names->count; i++) {
                free((char *)(uintptr_t)names->meter[i]->name);
                free(names->meter[i]);
        }
}

void limiter_free(struct limiter *limiter)
{
        if (!limiter)
                return;
        names_done(&limiter->keys);
        names_done(&limiter->routes);
        address_buckets_free(limiter->addresses);
        (void)pthread_mutex_destroy(&limiter->mutex);
        free(limiter);
}

/* On a cache line of its own, or busy keys would slow each other down. */
static struct meter *meter_new(struct slice name)
{
        struct meter *meter = aligned_alloc(64, (sizeof(*meter) + 63) / 64 * 64);
        BUG_IF(!meter);
        memset(meter, 0, sizeof(*meter));
        meter->name = slice_copy(name);
        return meter;
}

static struct meter *names_get(struct names *names, struct slice name)
{
        size_t at = hash_bytes(name.data, name.size, hash_process_seed()) % COUNT_OF(names->index);
        while (names->index[at] && !slice_equal(slice_of(names->meter[names->index[at] - 1]->name), name))
                at = (at + 1) % COUNT_OF(names->index);
        if (names->index[at])
                return names->meter[names->index[at] - 1];
        uint32_t count = atomic_load_explicit(&names->count, memory_order_relaxed);
        if (count > METERS_MAX)
                return names->meter[METERS_MAX];
        names->meter[count] = meter_new(count == METERS_MAX ? SLICE("other") : name);
        if (count < METERS_MAX)
                names->index[at] = (uint16_t)(count + 1);
        atomic_store_explicit(&names->count, count + 1, memory_order_release);
        return names->meter[count];
}

static struct meter *get(struct limiter *limiter, struct names *names, struct slice name)
{
        BUG_IF(pthread_mutex_lock(&limiter->mutex));
        struct meter *meter = names_get(names, name);
        BUG_IF(pthread_mutex_unlock(&limiter->mutex));
        return meter;
}

struct meter *limiter_meter(struct limiter *limiter, struct slice name) { return get(limiter, &limiter->keys, name); }
struct bucket *limiter_route(struct limiter *limiter, struct slice pattern)
{
        return &get(limiter, &limiter->routes, pattern)->bucket;
}
struct bucket *limiter_address(struct limiter *limiter, const struct address *address)
{
        return address_buckets_get(limiter->addresses, address);
}

static void print_number(struct buffer *out, uint64_t number)
{
        buffer_add_char(out, ' ');
        buffer_add_number(out, (int64_t)number);
        buffer_add_char(out, '\n');
}

void limiter_metrics(struct limiter *limiter, struct buffer *out)
{
        static const char *const WORDS[KEY_COUNTS] = {
                [KEY_COUNT_TAKEN] = "taken", [KEY_COUNT_LIMITED] = "limited", [KEY_COUNT_REFUSED] = "refused",
        };
        static const char REQUESTS[] = "millrace_key_requests_total", EVENTS[] = "millrace_key_events_total";
        uint32_t count = atomic_load_explicit(&limiter->keys.count, memory_order_acquire);
        if (!count)
                return;
        metrics_print_family(out, REQUESTS);
        for (uint32_t i = 0; i < count; i++)
                for (size_t k = 0; k < KEY_COUNTS; k++) {
                        buffer_format(out, "%s{key=", REQUESTS);
                        metrics_print_label(out, slice_of(limiter->keys.meter[i]->name));
                        buffer_format(out, ",end=\"%s\"}", WORDS[k]);
                        print_number(out, atomic_load_explicit(&limiter->keys.meter[i]->requests[k], memory_order_relaxed));
                }
        metrics_print_family(out, EVENTS);
        for (uint32_t i = 0; i < count; i++) {
                buffer_format(out, "%s{key=", EVENTS);
                metrics_print_label(out, slice_of(limiter->keys.meter[i]->name));
                buffer_add_char(out, '}');
                print_number(out, atomic_load_explicit(&limiter->keys.meter[i]->events, memory_order_relaxed));
        }
}
