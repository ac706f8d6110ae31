/* From the disk to the sink. Records are sent in the order of the log and released from its beginning, as far as everything
 * before is delivered. What the sink does not deliver is sent again, in the same order, until it does. */
#include "spool_thread.h"
#include "base/clock.h"
#include "base/log.h"
#include "sink/topics.h"

#define WINDOW_MOST  20000                 /* records between the disk and their report */
#define WINDOW_BYTES ((size_t)32 << 20)
#define PARKED_MOST  2000                  /* the same of a topic that has a lane of its own */
#define PARKED_BYTES ((size_t)4 << 20)     /* and what is left to the main lane at least */
#define HANDOVER_MS  1000                  /* that a lane may take to become empty, before it gets more */
#define PAUSE_MS     200                   /* after the sink refused a record; twice as long each time that it takes none */
#define PATIENCE_MOST 5                    /* doublings: 6.4 s */
#define TOKENS_MS    250                   /* what may be sent at once after a rest, in ms of the rate */
#define TICK_MS      10                    /* until tokens are looked at again */

/* A quarter more of what waits for the disk, as there are gaps between pieces. What is committed at once is a copy of it. */
uint64_t spool_memory(const struct config *config, size_t workers)
{
        uint64_t queue = (uint64_t)config->spool_queue * workers;
        uint64_t windows = WINDOW_BYTES + (LANES_MOST - 1) * (PARKED_BYTES + MOVING_MOST);
        return *config->spool_path ? queue + queue / 4 + (queue < PENDING_MOST ? queue : PENDING_MOST) + windows : 0;
}

void drained_set(struct drained *drained, enum drain_state state)
{
        drained->lane->waiting += (size_t)(state == DRAIN_WAITS) - (size_t)(drained->state == DRAIN_WAITS);
        drained->lane->sent += (size_t)(state == DRAIN_SENT) - (size_t)(drained->state == DRAIN_SENT);
        drained->state = state;
}

/* A topic that is gone or forbidden may stay so for days: the whole window is not thrown at the broker five times a second. */
void lane_pause(struct lane *lane) { lane->pause = clock_steady() + (PAUSE_MS << lane->patience); }

/* ---- reports ---- */

/* It can never be sent, so a person has to decide. Until it is safe with the others of its kind, it stays where it is. */
static bool put_aside(const struct drained *drained, enum reason fate)
{
        struct error err;
        struct lane *lane = drained->lane;
        bool good = spool_log_set_aside(lane->log, drained->place, drained->behind, &err);
        if (!good && !lane->stuck)
                log_line(LOG_LEVEL_ERROR, "%s; it stays until it can be", err.text);
        lane->stuck = !good;
        if (!good)
                return false;
        atomic_fetch_add(&lane->spool->set_aside, 1);
        log_line(LOG_LEVEL_ERROR, "spool: a record of %zu bytes %s %.*s; it is set aside in the folder refused", drained->size,
                 fate == REASON_event_too_large ? "is larger than its topic takes now:" : "has a topic that Kafka cannot have:",
                 SLICE_ARGS(drained->record.topic));
        return true;
}

static void drained_returned(struct drained *drained)
{
        drained->returned = clock_steady();
        if (!drained->refused)
                drained->refused = drained->returned;
        lane_pause(drained->lane);
}

void spool_drain_report(struct event *event, enum reason fate)
{
        struct drained *drained = (struct drained *)event;         /* what drain_send() gave out as one */
        struct lane *lane = drained->lane;
        bool never = fate == REASON_event_too_large || fate == REASON_topic_refused;
        bool done = fate == REASON_published || (never && put_aside(drained, fate));
        drained_set(drained, done ? DRAIN_DONE : DRAIN_WAITS);
        if (fate == REASON_published)
                lane->patience = 0;
        lane->probing = !done;
        if (done)
                return;
        drained_returned(drained);
}

static void forget(struct spool *spool, const struct drained *drained)
{
        atomic_fetch_sub(&spool->stored, 1);
        if (drained->record.key.data && spool->committed[drained->bucket] > 0) {
                spool->committed[drained->bucket]--;
                atomic_fetch_sub(&spool->buckets[drained->bucket], 1);
        }
}

/* What is delivered at the beginning of the row leaves the disk. */
static void release(struct lane *lane)
{
        struct spool_place place;
        uint64_t records = 0, bytes = 0, moved = 0;
        int64_t  received = 0;
        while (lane->first && lane->first->state >= DRAIN_DONE) {
                struct drained *drained = lane->first;
                place = drained->behind;
                records++;
                bytes += drained->size;
                received = drained->record.received;
                lane->first = drained->next;
                if (drained->state == DRAIN_MOVED)
                        moved++;           /* it is in the spool all the same */
                else
                        forget(lane->spool, drained);
                free(drained);
        }
        if (records == 0)
                return;
        lane->window -= (size_t)records;
        lane->window_bytes -= (size_t)bytes;
        atomic_fetch_add(&lane->spool->drained, records - moved);
        spool_log_set_oldest(lane->log, lane->first ? lane->first->record.received : received);
        spool_log_release(lane->log, place, records, bytes);
        lanes_show(lane->spool);
}

/* Everything that can be read was delivered, and yet records are counted: the disk has damaged them since they were written. They
 * are in the folder `damaged`; what is counted of them goes. */
static void settle(struct lane *lane)
{
        struct spool *spool = lane->spool;
        struct spool_stock stock;
        spool_log_stock(lane->log, &stock);
        if (lane->first || stock.records == 0 || stock.unseen_segments)
                return;
        atomic_fetch_add(&spool->lost, stock.records);
        atomic_fetch_sub(&spool->stored, stock.records);
        /* Which keys they had nobody knows. While other lanes have records, those keys go on taking the way over the disk. */
        for (size_t i = 0; i < SPOOL_BUCKETS && spool->lane_count == 1; i++)
                if (spool->committed[i]) {
                        atomic_fetch_sub(&spool->buckets[i], spool->committed[i]);
                        spool->committed[i] = 0;
                }
        log_line(LOG_LEVEL_ERROR, "spool: the disk has damaged %llu records since they were written; what is left of them is in "
                 "the folder damaged", (unsigned long long)stock.records);
        spool_log_release(lane->log, lane->next, stock.records, stock.bytes);
        lanes_show(spool);
}

/* ---- sending ---- */

static bool drain_send(struct drained *drained)
{
        struct lane  *lane = drained->lane;
        struct spool *spool = lane->spool;
        struct record record = { .event = (struct event *)drained, .topic = drained->topic, .key = drained->record.key,
                                 .value = drained->record.value, .headers = drained->record.headers,
                                 .header_count = drained->record.header_count, .bad = drained->record.bad };
        if (drained->topic == UINT16_MAX)
                drained->topic = record.topic = spool->type->topic(spool->port, drained->record.topic);
        if (drained->topic == UINT16_MAX && !topic_valid(drained->record.topic)) {
                spool_drain_report(record.event, REASON_topic_refused);
                return true;
        }
        spool->crowded |= drained->topic == UINT16_MAX;
        enum reason answer = drained->topic == UINT16_MAX ? REASON_sink_failed : spool->type->publish(spool->port, &record);
        if (answer == REASON_published) {
                drained_set(drained, DRAIN_SENT);
                drained->sent = clock_steady();
                spool->tokens -= (double)drained->size;
                return true;
        }
        if (answer == REASON_event_too_large) {
                spool_drain_report(record.event, answer);
                return true;
        }
        if (answer == REASON_sink_failed && drained->topic != UINT16_MAX && spool->type->ready(spool->port))
                drained_returned(drained); /* not the sink, but the topic: it is known to be gone, or forbidden */
        lane_pause(lane);
        return false;
}

/* All that it has is under way, and was sent a moment ago: soon it is empty, and what follows goes directly. Who does not wait
 * for that never leaves the lane with a topic that always has something under way, and writes each record twice. */
static bool caught_up(const struct lane *lane)
{
        struct spool_stock stock;
        spool_log_stock(lane->log, &stock);
        bool all = !lane->looking && !lane->probing && !lane->moving && stock.records == lane->window;
        return all && !lane->waiting && (!lane->first || clock_steady() - lane->first->sent < HANDOVER_MS);
}

/* To the lane of its topic, if there is one, else to the sink. False: not now. */
static bool drain_on(struct drained *drained)
{
        struct lane *lane = drained->lane;
        struct lane *parked = lane->topic || lane->spool->lane_count == 1 ? NULL : lane_find(lane->spool, drained->record.topic);
        if (!parked)
                return drain_send(drained);
        if (caught_up(parked))
                return false;
        enum spool_answer answer = lane_move(parked, drained);
        if (answer == SPOOL_TOO_LARGE)     /* segments have become smaller */
                spool_drain_report((struct event *)drained, REASON_event_too_large);
        return answer == SPOOL_TAKEN || answer == SPOOL_TOO_LARGE;
}

/* The sink keeps a bounded table of topics, and records of more of them may lie here, of many workers and several runs: once
 * nothing is under way the table begins anew. False: not now. */
static bool make_room(struct spool *spool)
{
        struct error err;
        if (spool->type->held(spool->port))
                return false;
        if (!spool->type->topics_forget(spool->port, &err)) {
                log_line(LOG_LEVEL_ERROR, "spool: %s", err.text);
                lane_pause(spool->lanes[0]);
                return false;
        }
        for (size_t i = 0; i < spool->lane_count; i++)
                for (struct drained *drained = spool->lanes[i]->first; drained; drained = drained->next)
                        drained->topic = UINT16_MAX;
        spool->crowded = false;
        return true;
}

/* What the sink has given back for a while gets a lane of its own, with all that comes for its topic, so that others pass it. As
 * everything that was sent has its report, nothing of it is on its way. What is not reported, as a partition has no leader or too
 * few replicas, waits where it is: it may have arrived. */
static void park(struct lane *lane)
{
        struct error err;
        const struct drained *first = lane->first;
        int64_t patience = lane->spool->config->spool_park_after;
        while (first && first->state != DRAIN_WAITS)
                first = first->next;
        if (!patience || lane->topic || !first || !first->refused || clock_steady() - first->refused < patience ||
            lane_find(lane->spool, first->record.topic))
                return;
        bool crammed = lane->crammed;      /* there was no room: in turn it is tried where it is, as its topic may be back */
        lane->crammed = false;
        if (crammed)
                return;
        lanes_share(lane->spool);
        bool good = lane_add(lane->spool, first->record.topic, &err);
        if (good && !lane->spool->unparked)
                log_line(LOG_LEVEL_WARNING, "spool: topic %.*s takes nothing; what there is for it is parked, and tried again",
                         SLICE_ARGS(first->record.topic));
        else if (!lane->spool->unparked)
                log_line(LOG_LEVEL_WARNING, "spool: topic %.*s takes nothing, and holds up others: %s",
                         SLICE_ARGS(first->record.topic), err.text);
        lane->spool->unparked |= !good;
}

/* What came back undelivered goes again, before anything new, and once everything that was sent with it has its report: so
 * nothing overtakes it. False: not now. */
static bool send_again(struct lane *lane)
{
        if (lane->waiting && lane->sent)
                return false;
        if (lane->waiting)
                park(lane);
        if (lane->waiting && lane->patience < PATIENCE_MOST)
                lane->patience++;
        for (struct drained *drained = lane->waiting ? lane->first : NULL; drained; drained = drained->next) {
                if (drained->state != DRAIN_WAITS)
                        continue;
                if (!drain_on(drained))
                        return false;
                if (lane->topic && lane->probing)
                        return false;      /* one at a time, until one is taken */
        }
        return true;
}

/* The next record of the log as the last of the row; NULL: there is none now. */
static struct drained *fetch(struct lane *lane)
{
        struct spool_record record;
        struct spool_place  place;
        struct error err;
        if (!spool_log_read(lane->log, &lane->next, &record, &place, &err)) {
                if (err.text[0])
                        lane_pause(lane);
                else
                        settle(lane);
                return NULL;
        }
        size_t size = spool_record_size(&record);
        struct drained *drained = malloc(sizeof(*drained) + record.header_count * sizeof(*drained->headers) + size);
        if (!drained) {
                lane->next = place;       /* it stays where it is until there is memory */
                lane_pause(lane);
                return NULL;
        }
        *drained = (struct drained){ .lane = lane, .place = place, .behind = lane->next, .size = size, .topic = UINT16_MAX,
                                     .state = DRAIN_WAITS };
        lane->waiting++;
        drained->record.header_count = record.header_count;
        char *payload = drained_payload(drained);
        struct record_header headers[SPOOL_HEADERS_MAX];
        spool_record_write(&record, payload);
        bool good = spool_record_read((struct slice){ payload, size }, &drained->record, headers);
        BUG_IF(!good);
        memcpy(drained->headers, headers, record.header_count * sizeof(*headers));
        drained->record.headers = drained->headers;
        if (drained->record.key.data)
                drained->bucket = spool_bucket(drained->record.key);
        if (lane->first)
                lane->last->next = drained;
        else
                lane->first = drained;
        lane->last = drained;
        lane->window++;
        lane->window_bytes += size;
        return drained;
}

/* Bytes that may be sent now; refilled by time, so that a recovery does not drown the broker or live traffic. */
static bool tokens_left(struct spool *spool)
{
        double rate = (double)spool->config->spool_drain_rate / 1000;      /* a millisecond */
        int64_t now = clock_steady();
        if (rate <= 0)
                return true;
        spool->tokens += rate * (double)(now - spool->tokens_time);
        spool->tokens_time = now;
        if (spool->tokens > rate * TOKENS_MS)
                spool->tokens = rate * TOKENS_MS;
        return spool->tokens > 0;
}

/* What the lane may have in memory. A topic that is silent keeps what it has, which is not left to the main lane. */
static size_t window_bytes(const struct lane *lane)
{
        const struct spool *spool = lane->spool;
        size_t others = 0;
        for (size_t i = 1; i < spool->lane_count; i++)
                others += spool->lanes[i]->window_bytes;
        return lane->topic || others + PARKED_BYTES > WINDOW_BYTES ? PARKED_BYTES : WINDOW_BYTES - others;
}

/* The ms after which it is worth another look; -1: when something happens. */
static int lane_drain(struct lane *lane)
{
        struct spool *spool = lane->spool;
        size_t most = lane->topic ? PARKED_MOST : WINDOW_MOST, bytes = window_bytes(lane);
        lane_listen(lane);
        if (clock_steady() < lane->pause)
                return PAUSE_MS;
        if (!spool->type->ready(spool->port) && spool->type->held(spool->port) == 0 && lane->window > 0)
                return PAUSE_MS;
        if (!send_again(lane))
                return PAUSE_MS;
        if (lane->topic && lane->probing)
                most = 1;
        while (lane->window < most && lane->window_bytes < bytes) {
                if (!tokens_left(spool))
                        return TICK_MS;
                struct drained *drained = fetch(lane);
                if (!drained || !drain_on(drained))
                        break;
        }
        return lane->window ? PAUSE_MS : -1;
}

int spool_drain(struct spool *spool)
{
        spool->type->serve(spool->port);
        struct sink_message message;
        while (spool->type->message && spool->type->message(spool->port, &message))
                log_line((enum log_level)message.level, "spool: %s", message.text);
        for (size_t i = 0; i < spool->lane_count; i++)
                release(spool->lanes[i]);
        lanes_tidy(spool);
        if (atomic_load(&spool->stored) == 0)
                return -1;                 /* or nothing that was seen yet */
        if (spool->crowded && !make_room(spool))
                return PAUSE_MS;
        int patience = -1;
        spool->turn++;
        for (size_t i = 0, count = spool->lane_count; i < count; i++) {
                int one = lane_drain(spool->lanes[(spool->turn + i) % count]);
                patience = patience < 0 || (one >= 0 && one < patience) ? one : patience;
        }
        lanes_commit(spool);
        for (size_t i = 0; i < spool->lane_count; i++)
                release(spool->lanes[i]);
        return patience;
}

void spool_drain_end(struct spool *spool)
{
        spool->type->port_close(spool->port);      /* the last reports come here */
        spool->port = NULL;
        for (size_t i = 0; i < spool->lane_count; i++)
                release(spool->lanes[i]);
}
