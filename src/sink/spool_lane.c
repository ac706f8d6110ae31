/* Lanes: what the spool has for a topic that the sink refuses is moved to a log of its own, `parked/TOPIC` in the spool's folder,
 * and sent from there once the topic takes records again. A record is released where it was when its copy is durable: a crash in
 * between leaves it in both, in the same order. */
#include "spool_thread.h"
#include "spool_end.h"
#include "base/clock.h"
#include "base/log.h"
#include "sink/topics.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#define PARKED "parked"

/* ---- what they have together ---- */

void lanes_stock(const struct spool *spool, struct spool_stock *ret_stock)
{
        struct spool_stock all = { 0 }, one;
        for (size_t i = 0; i < spool->lane_count; i++) {
                spool_log_stock(spool->lanes[i]->log, &one);
                all.records += one.records;
                all.bytes += one.bytes;
                all.segments += one.segments;
                all.size += one.size;
                all.unseen_segments += one.unseen_segments;
                all.unseen += one.unseen;
                all.damaged += one.damaged;
                all.torn += one.torn;
                if (one.oldest && (!all.oldest || one.oldest < all.oldest))
                        all.oldest = one.oldest;
        }
        all.damaged += spool->gone_damaged;
        *ret_stock = all;
}

void lanes_show(struct spool *spool)
{
        struct spool_stock one;
        pthread_mutex_lock(&spool->lock);
        lanes_stock(spool, &spool->stock);
        spool->parked_topics = spool->lane_count - 1;
        spool->parked_records = 0;
        for (size_t i = 1; i < spool->lane_count; i++) {
                spool_log_stock(spool->lanes[i]->log, &one);
                spool->parked_records += one.records;
        }
        pthread_mutex_unlock(&spool->lock);
}

/* The main lane leaves one file to the others, where there are enough of them, of spool.size and of the disk: what a topic holds
 * up could not be moved out of the way otherwise. */
#define SHARED_LEAST 4
#define ENDS_SIZE    ((uint64_t)LANES_MOST * 32768)        /* of the disk: their folders, and the small files there */

static bool leaves_room(const struct spool *spool)
{
        return spool->config->spool_size / spool->config->spool_segment >= SHARED_LEAST;
}

void lanes_share(struct spool *spool)
{
        uint64_t size = (uint64_t)spool->config->spool_size;
        struct spool_stock all, one;
        lanes_stock(spool, &all);
        for (size_t i = 0; i < spool->lane_count; i++) {
                uint64_t left = size;
                if (!spool->lanes[i]->topic && leaves_room(spool))
                        left -= (uint64_t)spool->config->spool_segment;
                spool_log_stock(spool->lanes[i]->log, &one);
                uint64_t others = all.size - one.size;
                spool_log_set_size(spool->lanes[i]->log, left > others ? left - others : 0);
        }
}

/* ---- one of them ---- */

/* A record of an earlier run. */
static void seen(void *owner, const struct spool_record *record)
{
        struct lane *lane = owner;
        struct spool *spool = lane->spool;
        lane->earlier++;
        lane->used = true;
        if (record->key.data) {
                uint16_t bucket = spool_bucket(record->key);
                spool->committed[bucket]++;
                atomic_fetch_add(&spool->buckets[bucket], 1);
        }
        atomic_fetch_add(&spool->stored, 1);
}

static void path_print(const struct spool *spool, const char *topic, const char *file, char path[static PATH_MAX])
{
        const char *folder = spool->config->spool_path;
        (void)snprintf(path, PATH_MAX, "%s/" PARKED "%s%s%s", folder, topic ? "/" : "", topic ? topic : "", file);
}

/* ---- one that is opened ---- */

/* How far what was moved to it is whole. */
static bool lane_end_write(struct lane *lane)
{
        if (!end_write(lane->end, lane->end_pair, spool_log_end(lane->log)))
                return false;
        lane->end_pair = (lane->end_pair + 1) % END_PAIRS;
        return true;
}

/* Of a topic's lane: its folder, the file, and its log. */
static bool parked_log_open(struct lane *lane, const char *topic, struct spool_limits *limits, struct error *err)
{
        char path[PATH_MAX];
        struct spool_place end;
        struct spool_stock stock;
        path_print(lane->spool, topic, "", path);
        bool good = mkdir(path, 0750) == 0 || errno == EEXIST;
        path_print(lane->spool, topic, "/end", path);
        lane->end = good ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640) : -1;
        if (lane->end < 0)
                return error_set(err, "%s: cannot be opened: %m", path);
        bool known = end_read(lane->end, &end, &lane->end_pair);
        if (known)
                limits->end = &end;
        path_print(lane->spool, topic, "", path);
        lane->log = spool_log_open(path, limits, err);
        if (!lane->log)
                return false;
        spool_log_stock(lane->log, &stock);
        /* Of a new one it says that there is nothing. A person may have brought files without it. */
        return known || stock.segments > 0 || lane_end_write(lane) || error_set(err, "%s/end: cannot be written: %m", path);
}

static void lane_free(struct lane *lane)
{
        while (lane->first) {
                struct drained *drained = lane->first;
                lane->first = drained->next;
                free(drained);
        }
        spool_log_close(lane->log);
        if (lane->end >= 0)
                (void)close(lane->end);
        free(lane->topic);
        free(lane);
}

static bool lane_open(struct spool *spool, const char *topic, const struct spool_limits *limits, struct error *err)
{
        errno = 0;
        if (spool->lane_count == LANES_MOST)
                return error_set(err, "%s/" PARKED ": there are %d topics; no more are kept apart", spool->config->spool_path,
                                 LANES_MOST - 1);
        struct lane *lane = memory_get(sizeof(*lane));
        struct spool_limits own = *limits;
        own.seen = seen;
        own.owner = lane;
        if (!topic && leaves_room(spool))
                own.reserve += own.segment + ENDS_SIZE;
        lane->spool = spool;
        lane->end = -1;
        bool good = topic ? parked_log_open(lane, topic, &own, err)
                          : (lane->log = spool_log_open(spool->config->spool_path, &own, err)) != NULL;
        if (!good) {
                int problem = errno;
                lane_free(lane);
                errno = problem;
                return false;
        }
        struct spool_stock stock;
        spool_log_stock(lane->log, &stock);
        lane->next = spool_log_begin(lane->log);
        lane->looking = stock.unseen_segments > 0;
        lane->probing = topic != NULL;
        lane->topic = topic ? slice_copy(slice_of(topic)) : NULL;
        spool->lanes[spool->lane_count++] = lane;
        if (!topic)
                spool->log = lane->log;
        return true;
}

struct lane *lane_find(const struct spool *spool, struct slice topic)
{
        for (size_t i = 1; i < spool->lane_count; i++)
                if (slice_equal(slice_of(spool->lanes[i]->topic), topic))
                        return spool->lanes[i];
        return NULL;
}

/* The folder of all of them, durably. */
static bool parked_make(const struct spool *spool, struct error *err)
{
        char path[PATH_MAX];
        path_print(spool, NULL, "", path);
        bool good = mkdir(path, 0750) == 0 || errno == EEXIST;
        int folder = good ? open(spool->config->spool_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
        good = folder >= 0 && fsync(folder) == 0;
        if (!good)
                (void)error_set(err, "%s: cannot be made: %m", path);
        if (folder >= 0)
                (void)close(folder);
        return good;
}

bool lane_add(struct spool *spool, struct slice topic, struct error *err)
{
        const struct config *config = spool->config;
        const struct spool_limits limits = { .size = (uint64_t)config->spool_size, .segment = (uint64_t)config->spool_segment,
                                             .reserve = (uint64_t)config->spool_reserve };
        char name[TOPIC_NAME_MAX + 1];
        if (!topic_valid(topic))
                return error_set(err, "this is no topic's name");
        (void)snprintf(name, sizeof(name), "%.*s", SLICE_ARGS(topic));
        return parked_make(spool, err) && lane_open(spool, name, &limits, err);
}

void lane_log_notes(struct lane *lane)
{
        struct errors notes;
        spool_log_take_notes(lane->log, &notes);
        for (size_t i = 0; i < notes.count; i++)
                log_line(LOG_LEVEL_ERROR, "%s", notes.items[i].text);
        errors_done(&notes);
}

static bool lane_is_empty(const struct lane *lane)
{
        struct spool_stock stock;
        spool_log_stock(lane->log, &stock);
        return !lane->looking && !lane->first && !lane->moving && stock.records == 0;
}

void lane_drop(struct spool *spool, size_t index)
{
        char path[PATH_MAX];
        struct lane *lane = spool->lanes[index];
        struct spool_stock stock;
        spool_log_stock(lane->log, &stock);
        lane_log_notes(lane);
        spool->gone_damaged += stock.damaged + stock.torn;
        memmove(&spool->lanes[index], &spool->lanes[index + 1], (spool->lane_count - index - 1) * sizeof(struct lane *));
        spool->lane_count--;
        char *topic = lane->topic;
        lane->topic = NULL;
        lane_free(lane);
        path_print(spool, topic, "/position", path);
        (void)unlink(path);
        path_print(spool, topic, "/end", path);
        (void)unlink(path);
        path_print(spool, topic, "", path);
        (void)rmdir(path);                 /* the folders `damaged` and `refused` may be there: they stay */
        free(topic);
        lanes_show(spool);
}

void lanes_tidy(struct spool *spool)
{
        for (size_t i = spool->lane_count; i-- > 1;) {
                if (!lane_is_empty(spool->lanes[i]))
                        continue;
                if (spool->lanes[i]->used)
                        log_line(LOG_LEVEL_NOTICE, "spool: topic %s has what was parked for it", spool->lanes[i]->topic);
                lane_drop(spool, i);
        }
}

/* ---- moving ---- */

/* What was appended since the last commit is in that state now. */
static void lane_moved(struct lane *lane, enum drain_state state)
{
        for (struct drained *drained = lane->spool->lanes[0]->first; drained; drained = drained->next)
                if (drained->state == DRAIN_MOVING && slice_equal(drained->record.topic, slice_of(lane->topic)))
                        drained_set(drained, state);
        lane->moving = lane->moving_bytes = 0;
}

/* False: nobody knows what of it is there, so that all of it is moved once more. */
bool lane_commit(struct lane *lane)
{
        struct lane *from = lane->spool->lanes[0];
        struct error err;
        bool good = spool_log_commit(lane->log, &err);
        if (good && lane->end >= 0 && !lane_end_write(lane))
                good = error_set(&err, "spool: cannot write down what is parked for %s: %s", lane->topic, strerror(errno));
        if (!good) {
                log_line(LOG_LEVEL_ERROR, "%s; what is to be parked stays where it is until it can be", err.text);
                lane_pause(from);
        }
        lane_moved(lane, good ? DRAIN_MOVED : DRAIN_WAITS);
        return good;
}

enum spool_answer lane_move(struct lane *to, struct drained *drained)
{
        struct spool *spool = to->spool;
        struct error  err;
        if (to->moving_bytes >= MOVING_MOST && !lane_commit(to))
                return SPOOL_FAILED;
        lanes_share(spool);
        enum spool_answer answer = spool_log_append(to->log, (struct slice){ drained_payload(drained), drained->size }, &err);
        if (answer == SPOOL_TAKEN) {
                drained_set(drained, DRAIN_MOVING);
                to->moving++;
                to->moving_bytes += drained->size;
                to->used = true;
                spool->unparked = false;
                spool->tokens -= (double)drained->size;
        }
        if (answer != SPOOL_FULL && answer != SPOOL_FAILED)
                return answer;
        if (answer == SPOOL_FAILED)        /* a commit in between, maybe */
                lane_moved(to, DRAIN_WAITS);
        if (!spool->unparked)
                log_line(LOG_LEVEL_ERROR, "%s; what is to be parked stays where it is", err.text);
        spool->unparked = true;
        drained->lane->crammed = lane_is_empty(to);
        lane_pause(drained->lane);
        return answer;
}

void lanes_commit(struct spool *spool)
{
        for (size_t i = 1; i < spool->lane_count; i++)
                if (spool->lanes[i]->moving)
                        (void)lane_commit(spool->lanes[i]);
}

/* ---- all of them ---- */

/* Those that an earlier run has left. */
static bool parked_open(struct spool *spool, const struct spool_limits *limits, struct error *err)
{
        char path[PATH_MAX];
        path_print(spool, NULL, "", path);
        DIR *files = opendir(path);
        int  problem = errno;
        if (!files) {
                bool none = problem == ENOENT || error_set(err, "%s: cannot be opened: %s", path, strerror(problem));
                errno = problem;
                return none;
        }
        bool good = true;
        const struct dirent *entry = NULL;
        while (good && (errno = 0, entry = readdir(files))) {
                if (!topic_valid(slice_of(entry->d_name)))
                        continue;
                good = lane_open(spool, entry->d_name, limits, err);
                problem = errno;
                if (good)
                        lanes_tidy(spool); /* of one that is empty a person may have left a folder */
        }
        if (good && errno) {
                problem = errno;
                good = error_set(err, "%s: cannot be read: %m", path);
        }
        (void)closedir(files);
        errno = problem;
        return good;
}

bool lanes_open(struct spool *spool, const struct spool_limits *limits, struct error *err)
{
        if (lane_open(spool, NULL, limits, err) && parked_open(spool, limits, err))
                return true;
        int problem = errno;
        lanes_close(spool);
        errno = problem;
        return false;
}

void lanes_close(struct spool *spool)
{
        for (size_t i = 0; i < spool->lane_count; i++)
                lane_free(spool->lanes[i]);
        spool->lane_count = 0;
        spool->log = NULL;
}
