/* Token buckets: so many events a second, and a burst. A bucket is one number that all threads share without a lock: the moment
 * at which it would be full again if nothing more came (the theoretical arrival time of the generic cell rate algorithm, ITU-T
 * I.371). How many events a request has is known only after its body, so a request is let in while the bucket holds one event,
 * and may leave it in debt; the next one waits until the debt is paid. */
#ifndef SERVER_LIMIT_H
#define SERVER_LIMIT_H
#include "base/address.h"
#include <stdatomic.h>

struct rate {
        int64_t interval;          /* ns an event; 0: no limit */
        int64_t burst;             /* ns: the events that a full bucket holds, times interval */
};
#define RATE_MAX  10000000         /* events a second, and events of a burst: at most a thousand times as many */
#define BURST_MAX (INT64_C(1000) * 1000000)
/* `burst` 0: the events of one second, at least one. */
struct rate rate_make(int64_t events_a_second, int64_t burst);

struct bucket {
        _Atomic int64_t due;       /* ns, clock_nanoseconds(); all-zero is a full bucket */
};
/* ns until the bucket holds an event; 0: it does. */
int64_t bucket_wait(const struct bucket *bucket, const struct rate *rate, int64_t now);
/* Takes the events out, also when there are not so many. */
void    bucket_charge(struct bucket *bucket, const struct rate *rate, int64_t now, int64_t events);

/* ---- buckets of addresses ----
 * A table of fixed size, as strangers have many addresses: IPv4 addresses, and /64 networks of IPv6. In a set of four the fullest
 * bucket gives way to a new address, as it has the least to forget. Threads may disagree about that for a moment; then an address
 * pays for another one's request, or one request is not paid for. */
struct address_buckets;
/* Room for at least `count` addresses. 16 bytes each, taken from the machine when they are used. */
struct address_buckets *address_buckets_new(size_t count);
void                    address_buckets_free(struct address_buckets *buckets);     /* NULL is fine */
/* Always answers. The bucket lives as long as the table. */
struct bucket          *address_buckets_get(struct address_buckets *buckets, const struct address *address);
#endif
