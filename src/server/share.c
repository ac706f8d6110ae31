#include "server/share.h"
#include "base/hash.h"

enum { PLACES = 16384 };
struct share {
        uint64_t seed;             /* secret: nobody can choose whom he falls together with */
        size_t   held[PLACES];     /* bytes; the first is nobody's */
};

struct share *share_new(void)
{
        struct share *share = memory_get(sizeof(*share));
        share->seed = hash_process_seed();
        return share;
}

void share_free(struct share *share) { free(share); }

uint32_t share_place(const struct share *share, const struct address *address)
{
        bool v4 = address_is_v4(address);
        if (!address->known || address_is_loopback(address))
                return 0;
        return 1 + (uint32_t)(hash_bytes(address->bytes, v4 ? 16 : 8, share->seed) % (PLACES - 1));
}

bool share_add(struct share *share, uint32_t place, size_t bytes, size_t most)
{
        if (share->held[place] + bytes > most)
                return false;
        share->held[place] += bytes;
        return true;
}

void share_remove(struct share *share, uint32_t place, size_t bytes)
{
        BUG_IF(share->held[place] < bytes);
        share->held[place] -= bytes;
}
