/* When memory or places run short, who keeps us waiting longest gives way: whoever sends or reads slowly on purpose holds what
 * others need, and nobody who is merely slow loses more than one attempt. */
#include "connection.h"

enum { PATIENCE = 1000, AT_ONCE = 64, LOOKED_AT = 16 };

/* Of those that we wait for. Each list is sorted by age. */
static struct connection *slowest(struct loop *loop)
{
        static const enum deadline KINDS[] = { DEADLINE_HEAD, DEADLINE_BODY, DEADLINE_WRITE };
        struct connection *oldest = NULL;
        for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
                struct connection *first = loop->deadlines[KINDS[i]].first;
                if (first && (!oldest || first->since < oldest->since))
                        oldest = first;
        }
        int64_t since = oldest ? oldest->since : INT64_MAX;
        /* Those of HTTP/2 change places as they are looked after, so that each of them is among the first once a second. */
        struct connection *other = loop->deadlines[DEADLINE_STREAMS].first;
        for (size_t i = 0; other && i < LOOKED_AT; i++, other = other->next)
                if (http2_waits_since(other) < since) {
                        since = http2_waits_since(other);
                        oldest = other;
                }
        return oldest && loop->now - since >= PATIENCE ? oldest : NULL;
}

bool pressure_relieve(struct loop *loop)
{
        struct connection *connection = slowest(loop);
        if (!connection)
                return false;
        loop_count(loop, METRIC_connections_evicted, 1);
        connection_yield(connection);
        return true;
}

void pressure_check(struct loop *loop)
{
        for (size_t i = 0; i < AT_ONCE && loop->pool.out > loop->bytes_limit / 4 * 3; i++)
                if (!pressure_relieve(loop))
                        return;
}
