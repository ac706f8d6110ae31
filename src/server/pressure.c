/* When there is more to do, or more to hold, than can be.
 *
 * When memory or places run short, who keeps us waiting longest gives way: whoever sends or reads slowly on purpose holds what
 * others need, and nobody who is merely slow loses more than one attempt.
 *
 * When requests wait longer for their turn than limits.delay, a share of them is refused by the head. How long they wait is
 * measured, not guessed: an eventfd is put behind all that epoll has ready, which it hands out in that order, and comes back when
 * a request that came with it would have had its turn. The share follows the wait as in RFC 8033 (PIE): by how far it is from
 * what it should be, and by how fast it changes. */
#include "connection.h"
#include <sys/eventfd.h>
#include <unistd.h>

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

/* ---- how long requests wait ---- */
#define CORRECT_EVERY INT64_C(50000000)    /* ns */
#define BY_DISTANCE   (PRESSURE_WHOLE / 32)        /* a correction's parts of the whole: for a wait of twice the target ... */
#define BY_CHANGE     (PRESSURE_WHOLE / 4)         /* ... and for one that has grown by the target since the last correction */
#define MOST_REFUSED  (PRESSURE_WHOLE / 20 * 19)   /* some are always taken, or nobody would learn that it is over */

bool pressure_init(struct pressure *pressure)
{
        pressure->canary = (struct source){ .kind = SOURCE_CANARY, .descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) };
        return pressure->canary.descriptor >= 0;
}

void pressure_done(struct pressure *pressure)
{
        if (pressure->canary.kind == SOURCE_CANARY && pressure->canary.descriptor >= 0)
                (void)close(pressure->canary.descriptor);
}

void pressure_begin(struct loop *loop, bool more)
{
        static const uint64_t ONE = 1;
        struct pressure *pressure = &loop->pressure;
        if (LIKELY(!more) || pressure->armed)
                return;
        pressure->armed = loop->nanoseconds;
        (void)!write(pressure->canary.descriptor, &ONE, sizeof(ONE));
}

static void waited(struct pressure *pressure, int64_t ns)
{
        if (ns > pressure->waited)
                pressure->waited = ns;
}

void pressure_turn(struct loop *loop)
{
        struct pressure *pressure = &loop->pressure;
        uint64_t count;
        (void)!read(pressure->canary.descriptor, &count, sizeof(count));
        if (pressure->armed)
                waited(pressure, loop->nanoseconds - pressure->armed);
        pressure->armed = 0;
}

static int64_t between(int64_t least, int64_t value, int64_t most)
{
        return value < least ? least : value > most ? most : value;
}

/* In thousandths of the target, so that nothing overflows. One long wait alone, such as a stopped process makes, is none. */
static void correct(struct pressure *pressure, int64_t target)
{
        if (pressure->share == 0 && (pressure->waited <= target || pressure->before <= target))
                return;
        int64_t distance = between(-1000, (pressure->waited - target) / (target / 1000), 4000);
        int64_t change = between(-4000, (pressure->waited - pressure->before) / (target / 1000), 4000);
        int64_t share = pressure->share + distance * BY_DISTANCE / 1000 + change * BY_CHANGE / 1000;
        pressure->share = between(0, share, MOST_REFUSED);
}

void pressure_end(struct loop *loop)
{
        struct pressure *pressure = &loop->pressure;
        int64_t now = clock_nanoseconds(), target = loop->config->limits_delay * 1000000;
        waited(pressure, now - loop->nanoseconds);         /* who came when this wake-up began */
        if (LIKELY(now - pressure->corrected < CORRECT_EVERY))
                return;
        if (pressure->armed)
                waited(pressure, now - pressure->armed);
        if (target)
                correct(pressure, target);
        else
                pressure->share = 0;
        pressure->before = pressure->waited;
        pressure->waited = 0;
        pressure->corrected = now;
}

bool loop_overloaded(struct loop *loop)
{
        if (LIKELY(loop->pressure.share == 0) || (int64_t)(random_next(&loop->random) % PRESSURE_WHOLE) >= loop->pressure.share)
                return false;
        loop_count(loop, METRIC_delayed, 1);
        return true;
}
