/* The spool's thread: commits what came in since it last looked, in one go; gives it back; drains. */
#include "spool_thread.h"
#include "base/clock.h"
#include "base/log.h"
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define IDLE_MS 1000                       /* between two looks at everything, when nothing happens */
#define ASK_MS  1000                       /* until a disk is asked again that gave an error */
#define ASK_MOST_MS 60000                  /* how long it is, before the service gives up its start */
#define TELL_MS 5000                       /* between two lines about a large spool that is read */

void spool_wake(struct spool *spool)
{
        uint64_t one = 1;
        (void)!write(spool->wake, &one, sizeof(one));
}

/* ---- to the disk ---- */

/* One line when it becomes so, one when it is over: the disk may be full for hours. */
static void tell(struct spool *spool, enum spool_answer answer, const struct error *err)
{
        bool full = answer == SPOOL_FULL, failing = answer == SPOOL_FAILED;
        if (full && !spool->full)
                log_line(LOG_LEVEL_ERROR, "%s; events are refused until there is room", err->text);
        if (failing && !spool->failing)
                log_line(LOG_LEVEL_ERROR, "%s; events are refused until the disk is well again", err->text);
        if (answer == SPOOL_TAKEN && (spool->full || spool->failing))
                log_line(LOG_LEVEL_NOTICE, "the spool takes events again");
        spool->full = full;
        spool->failing = failing;
        atomic_store(&spool->healthy, answer == SPOOL_TAKEN);
}

/* The oldest record is older than spool.age: somebody has to look, and clients keep what they have. */
static bool too_old(const struct spool *spool)
{
        struct spool_stock stock;
        lanes_stock(spool, &stock);
        return spool->config->spool_age && stock.oldest && clock_wall() - stock.oldest > spool->config->spool_age;
}

static enum spool_answer append_one(struct spool *spool, const struct parcel *parcel, struct error *err)
{
        if (too_old(spool)) {
                (void)error_set(err, "the oldest record of the spool is older than spool.age");
                return SPOOL_FULL;
        }
        return spool_log_append(spool->log, (struct slice){ parcel->payload, parcel->size }, err);
}

static void forget(struct spool *spool, const struct parcel *parcel)
{
        if (parcel->keyed)
                atomic_fetch_sub(&spool->buckets[parcel->bucket], 1);
        atomic_fetch_sub(&spool->stored, 1);
}

/* How many of the log's records are committed. */
static uint64_t stored_records(const struct spool *spool)
{
        struct spool_stock stock;
        spool_log_stock(spool->log, &stock);
        return stock.records;
}

/* Everything of the list is durable, or refused. A list may end up in several segments, and the disk may fail after the first:
 * what was committed before is durable and will be sent, so it must not be refused as well. */
static void store(struct spool *spool, struct parcel *first)
{
        static const uint8_t FATES[] = { [SPOOL_TAKEN] = REASON_published, [SPOOL_FULL] = REASON_sink_full,
                                         [SPOOL_TOO_LARGE] = REASON_sink_failed, [SPOOL_FAILED] = REASON_sink_failed };
        struct error err = { "" };
        enum spool_answer answer = SPOOL_TAKEN;
        int64_t  start = clock_nanoseconds();
        uint64_t taken = 0, bytes = 0, refused = 0, before = stored_records(spool);
        lanes_share(spool);
        for (struct parcel *parcel = first; parcel; parcel = parcel->next) {
                enum spool_answer one = answer == SPOOL_TAKEN ? append_one(spool, parcel, &err) : answer;
                parcel->fate = FATES[one];
                answer = one == SPOOL_TOO_LARGE ? answer : one;
        }
        bool good = answer != SPOOL_FAILED && spool_log_commit(spool->log, &err);
        uint64_t durable = stored_records(spool) - before;
        for (struct parcel *parcel = first; parcel; parcel = parcel->next) {
                if (parcel->fate == REASON_published && taken == durable)
                        parcel->fate = REASON_sink_failed;
                if (parcel->fate == REASON_published) {
                        taken++;
                        bytes += parcel->size;
                        spool->committed[parcel->bucket] += parcel->keyed;
                } else {
                        refused++;
                        forget(spool, parcel);
                }
        }
        atomic_fetch_add(&spool->written, taken);
        atomic_fetch_add(&spool->written_bytes, bytes);
        atomic_fetch_add(&spool->refused, refused);
        atomic_fetch_add(&spool->failures, good ? 0 : 1);
        atomic_fetch_add(&spool->commits, 1);
        atomic_fetch_add(&spool->commit_time, (uint64_t)(clock_nanoseconds() - start));
        tell(spool, good ? answer : SPOOL_FAILED, &err);
}

/* Parcels go home: to the port that each came from. */
static void give_back(struct spool *spool, struct parcel *first)
{
        lanes_show(spool);
        pthread_mutex_lock(&spool->lock);
        while (first) {
                struct parcel *parcel = first;
                struct spool_port *port = parcel->port;
                first = parcel->next;
                bool ring = !port->done.first;
                parcels_add(&port->done, parcel);
                if (ring) {
                        uint64_t one = 1;
                        (void)!write(port->descriptor, &one, sizeof(one));
                }
        }
        pthread_mutex_unlock(&spool->lock);
}

static bool store_incoming(struct spool *spool)
{
        pthread_mutex_lock(&spool->lock);
        struct parcel *first = spool->incoming.first;
        spool->incoming = (struct parcels){ 0 };
        pthread_mutex_unlock(&spool->lock);
        if (!first)
                return false;
        store(spool, first);
        give_back(spool, first);
        return true;
}

/* A full or broken disk is looked at again although no event asks: the workers hand none over while it is so. */
static void look_again(struct spool *spool)
{
        struct error err;
        if (atomic_load(&spool->healthy))
                return;
        lanes_share(spool);
        if (too_old(spool) || !spool_log_room(spool->log, &err))
                return;
        tell(spool, SPOOL_TAKEN, &err);
}

static void log_notes(struct spool *spool)
{
        for (size_t i = 0; i < spool->lane_count; i++)
                lane_log_notes(spool->lanes[i]);
}

/* ---- what an earlier run has left ---- */

static void looked_at_all(struct spool *spool)
{
        uint64_t records = 0;
        for (size_t i = 0; i < spool->lane_count; i++)
                records += spool->lanes[i]->earlier;
        atomic_store_explicit(&spool->looking, false, memory_order_release);
        if (records)
                log_line(LOG_LEVEL_NOTICE, "the spool is read; it held %llu records of an earlier run, which are sent alongside "
                         "the new ones", (unsigned long long)records);
}

static bool lane_look(struct lane *lane)
{
        struct error err;
        struct spool_stock stock;
        int64_t now = clock_steady();
        if (!lane->looking || now < lane->look_next)
                return false;
        enum spool_look answer = spool_log_look(lane->log, &err);
        spool_log_stock(lane->log, &stock);
        lane->looking = stock.unseen_segments > 0;
        if (answer == SPOOL_LOOK_REFUSED) {
                lane->look_next = now + ASK_MS;
                log_line(LOG_LEVEL_ERROR, "%s; asking again", err.text);
        }
        return answer == SPOOL_LOOK_MORE;
}

/* Some more of it. False: there is nothing to do now. Who is shown that all bytes are read finds their keys known, unless
 * there is a file without any. */
static bool look_on(struct spool *spool)
{
        bool more = false, looking = false;
        if (!atomic_load_explicit(&spool->looking, memory_order_relaxed))
                return false;
        for (size_t i = 0; i < spool->lane_count; i++) {
                more |= lane_look(spool->lanes[i]);
                looking |= spool->lanes[i]->looking;
        }
        int64_t now = clock_steady();
        if (!looking)
                looked_at_all(spool);
        lanes_show(spool);
        if (looking && now - spool->look_told > TELL_MS) {
                spool->look_told = now;
                log_line(LOG_LEVEL_INFO, "the spool is being read: %llu MiB are left",
                         (unsigned long long)(spool->stock.unseen >> 20));
        }
        return more;
}

/* Looks no further than to the first record, as there may be very many. A file that the disk does not give may hold some. */
static bool has_earlier(struct spool *spool)
{
        bool found = false;
        for (size_t i = 0; i < spool->lane_count && !found; i++) {
                struct lane *lane = spool->lanes[i];
                while (lane_look(lane) && lane->earlier == 0)
                        ;
                found = lane->looking || lane->earlier > 0;
        }
        return found;
}

static void *run(void *argument)
{
        struct spool *spool = argument;
        int64_t looked = clock_steady();
        while (!atomic_load(&spool->stopping)) {
                bool more = store_incoming(spool);
                more |= look_on(spool);
                int  patience = spool_drain(spool);
                struct pollfd what[] = { { .fd = spool->wake, .events = POLLIN },
                                         { .fd = spool->type->port_descriptor(spool->port), .events = POLLIN } };
                if (patience < 0 || patience > IDLE_MS)
                        patience = IDLE_MS;
                (void)poll(what, COUNT_OF(what), more ? 0 : patience);
                uint64_t rings;
                if (what[0].revents)
                        (void)!read(spool->wake, &rings, sizeof(rings));
                if (clock_steady() - looked >= IDLE_MS) {
                        looked = clock_steady();
                        look_again(spool);
                        log_notes(spool);
                }
        }
        (void)store_incoming(spool);
        spool_drain_end(spool);
        return NULL;
}

/* ---- its life ---- */

/* A disk that is far away may be so for a moment only. */
static bool log_open(struct spool *spool, const struct spool_setup *setup, struct error *err)
{
        static const int PASSING[] = { EIO, ESTALE, ETIMEDOUT, EREMOTEIO };
        const struct config *config = spool->config;
        const struct spool_limits limits = { .size = (uint64_t)config->spool_size, .segment = (uint64_t)config->spool_segment,
                                             .reserve = (uint64_t)config->spool_reserve, .later = !setup->wait,
                                             .progress = setup->progress, .context = setup->context };
        int64_t end = clock_steady() + ASK_MOST_MS;
        while (!lanes_open(spool, &limits, err)) {
                int  problem = errno;
                bool passing = false;
                for (size_t i = 0; i < COUNT_OF(PASSING); i++)
                        passing |= problem == PASSING[i];
                if (!passing || setup->wait || clock_steady() > end)
                        return false;
                log_line(LOG_LEVEL_ERROR, "%s; asking again, for %d s at most", err->text, ASK_MOST_MS / 1000);
                (void)nanosleep(&(struct timespec){ .tv_sec = ASK_MS / 1000 }, NULL);
        }
        return true;
}

static bool start(struct spool *spool, const struct spool_setup *setup, struct error *err)
{
        spool->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (spool->wake < 0)
                return error_set(err, "cannot make an eventfd: %m");
        if (!log_open(spool, setup, err))
                return false;
        bool refused = setup->fresh && has_earlier(spool);
        log_notes(spool);
        if (refused)
                return error_set(err, "spool.path: %s holds records of an earlier run, and the embedded Kafka keeps nothing; name"
                                 " the brokers of a cluster in kafka.brokers, or another folder", spool->config->spool_path);
        lanes_stock(spool, &spool->stock);
        spool->look_told = clock_steady();
        atomic_init(&spool->looking, spool->stock.unseen_segments > 0);
        spool->port = spool->type->port_open(spool->sink, NULL, spool_drain_report, err);
        if (!spool->port)
                return false;
        if (spool->type->port_patient && !spool->type->port_patient(spool->port, err)) {
                spool->type->port_close(spool->port);
                return false;
        }
        int code = pthread_create(&spool->thread, NULL, run, spool);
        if (code != 0) {
                spool->type->port_close(spool->port);
                spool->port = NULL;
                return error_set(err, "cannot start a thread: %s", strerror(code));
        }
        (void)pthread_setname_np(spool->thread, "spool");
        return true;
}

struct spool *spool_open(const struct spool_setup *setup, struct error *err)
{
        const struct config *config = setup->config;
        err->text[0] = '\0';
        if (config->spool_path[0] == '\0')
                return NULL;
        struct spool *spool = memory_get(sizeof(*spool));
        spool->config = config;
        spool->type = setup->type;
        spool->sink = setup->sink;
        spool->queue_limit = (size_t)config->spool_queue;
        spool->wake = -1;
        pthread_mutex_init(&spool->lock, NULL);
        atomic_init(&spool->healthy, true);
        if (start(spool, setup, err))
                return spool;
        lanes_close(spool);
        if (spool->wake >= 0)
                (void)close(spool->wake);
        pthread_mutex_destroy(&spool->lock);
        free(spool);
        return NULL;
}

void spool_close(struct spool *spool)
{
        if (!spool)
                return;
        atomic_store(&spool->stopping, true);
        spool_wake(spool);
        (void)pthread_join(spool->thread, NULL);
        log_notes(spool);
        lanes_close(spool);
        (void)close(spool->wake);
        pthread_mutex_destroy(&spool->lock);
        free(spool);
}
