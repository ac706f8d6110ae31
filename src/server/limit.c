#include "server/limit.h"
#include "base/hash.h"

#define SECOND INT64_C(1000000000)

struct rate rate_make(int64_t events_a_second, int64_t burst)
{
        if (events_a_second <= 0)
                return (struct rate){ 0 };
        int64_t interval = SECOND / (events_a_second < RATE_MAX ? events_a_second : RATE_MAX);
        int64_t events = burst > 0 ? burst : events_a_second;
        return (struct rate){ .interval = interval, .burst = (events < BURST_MAX ? events : BURST_MAX) * interval };
}

int64_t bucket_wait(const struct bucket *bucket, const struct rate *rate, int64_t now)
{
        int64_t wait = atomic_load_explicit(&bucket->due, memory_order_relaxed) + rate->interval - rate->burst - now;
        return wait > 0 ? wait : 0;
}

void bucket_charge(struct bucket *bucket, const struct rate *rate, int64_t now, int64_t events)
{
        int64_t before = atomic_load_explicit(&bucket->due, memory_order_relaxed), cost = events * rate->interval, after;
        do
                after = (before > now ? before : now) + cost;
        while (!atomic_compare_exchange_weak_explicit(&bucket->due, &before, after, memory_order_relaxed, memory_order_relaxed));
}

/* ---- addresses ---- */
enum { WAYS = 4 };
struct place {
        _Atomic uint64_t tag;      /* of the address; 0: free */
        struct bucket    bucket;
};
struct address_buckets {
        uint64_t     seed;         /* secret: nobody can choose addresses of one set */
        size_t       mask;         /* sets - 1 */
        struct place place[];
};

struct address_buckets *address_buckets_new(size_t count)
{
        size_t sets = 1;
        while (sets * WAYS < count)
                sets *= 2;
        struct address_buckets *buckets = memory_get(sizeof(*buckets) + sets * WAYS * sizeof(buckets->place[0]));
        buckets->seed = hash_process_seed();
        buckets->mask = sets - 1;
        return buckets;
}

void address_buckets_free(struct address_buckets *buckets) { free(buckets); }

/* The one that is full, or will be first. */
static struct place *fullest(struct place *set)
{
        struct place *found = set;
        for (size_t i = 1; i < WAYS; i++)
                if (atomic_load_explicit(&set[i].bucket.due, memory_order_relaxed) <
                    atomic_load_explicit(&found->bucket.due, memory_order_relaxed))
                        found = &set[i];
        return found;
}

struct bucket *address_buckets_get(struct address_buckets *buckets, const struct address *address)
{
        size_t size = address_is_v4(address) ? 16 : 8;
        uint64_t tag = hash_bytes(address->bytes, size, buckets->seed);
        struct place *set = &buckets->place[(tag & buckets->mask) * WAYS];
        tag |= UINT64_C(1) << 63;
        for (size_t i = 0; i < WAYS; i++)
                if (atomic_load_explicit(&set[i].tag, memory_order_relaxed) == tag)
                        return &set[i].bucket;
        struct place *place = fullest(set);
        int64_t due = atomic_load_explicit(&place->bucket.due, memory_order_relaxed);
        atomic_store_explicit(&place->tag, tag, memory_order_relaxed);
        /* Who charged it meanwhile did so for the old address or for the new one; leave it then. */
        (void)atomic_compare_exchange_strong_explicit(&place->bucket.due, &due, 0, memory_order_relaxed, memory_order_relaxed);
        return &place->bucket;
}
