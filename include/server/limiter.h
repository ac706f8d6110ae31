/* What the process remembers of keys, routes and addresses, whatever plan is in force: their buckets, and what each key sent.
 * Shared by all threads without a lock, but for giving of places. */
#ifndef SERVER_LIMITER_H
#define SERVER_LIMITER_H
#include "base/buffer.h"
#include "server/limit.h"

enum key_count { KEY_COUNT_TAKEN, KEY_COUNT_LIMITED, KEY_COUNT_REFUSED, KEY_COUNTS };
/* A key's, by its name: two keys of one name share it, so that changing a key neither doubles a limit nor splits a metric. */
struct meter {
        struct bucket    bucket;
        _Atomic uint64_t requests[KEY_COUNTS];
        _Atomic uint64_t events;           /* taken */
        const char      *name;             /* as long as the process */
};

struct limiter;
/* `addresses`: how many are remembered. */
struct limiter *limiter_new(size_t addresses);
void            limiter_free(struct limiter *limiter);     /* NULL is fine */
/* Given once and for ever. Past METERS_MAX names all share the one called "other". Takes a lock: for plans, not for requests. */
#define METERS_MAX 4095
struct meter  *limiter_meter(struct limiter *limiter, struct slice name);
/* The bucket of a rule of limits.route_rate; past as many rules all share one. Likewise. */
struct bucket *limiter_route(struct limiter *limiter, struct slice pattern);
struct bucket *limiter_address(struct limiter *limiter, const struct address *address);

static inline void meter_count(struct meter *meter, enum key_count what, uint64_t events)
{
        atomic_fetch_add_explicit(&meter->requests[what], 1, memory_order_relaxed);
        if (events)
                atomic_fetch_add_explicit(&meter->events, events, memory_order_relaxed);
}
/* Prometheus text: the keys' counters; nothing where there was never a key. Any thread. */
void limiter_metrics(struct limiter *limiter, struct buffer *out);
#endif
