/* From the disk to the sink. Records are sent in the order of the log and released from its beginning, as far as everything
 * before is delivered. What the sink does not deliver is sent again, in the same order, until it does. */
#include "spool_thread.h"
#include "base/clock.h"
#include "base/log.h"
#include "sink/topics.h"

#define WINDOW_MOST  20000                 /* records between the disk and their report */
#define WINDOW_BYTES ((size_t)32 << 20)
#define PAUSE_MS     200                   /* after the sink refused a record; twice as long each time that it takes none */
#define PATIENCE_MOST 5                    /* doublings: 6.4 s */
#define TOKENS_MS    250                   /* what may be sent at once after a rest, in ms of the rate */
#define TICK_MS      10                    /* until tokens are looked at again */

static char *payload_of(struct drained *drained)
{
        return (char *)(drained->headers + drained->record.header_count);
}

static void state_set(struct drained *drained, enum drain_state state)
{
        drained->spool->waiting += (size_t)(state == DRAIN_WAITS) - (size_t)(drained->state == DRAIN_WAITS);
        drained->spool->sent += (size_t)(state == DRAIN_SENT) - (size_t)(drained->state == DRAIN_SENT);
        drained->state = state;
}

/* A topic that is gone or forbidden may stay so for days: the whole window is not thrown at the broker five times a second. */
static void pause_sending(struct spool *spool) { spool->pause = clock_steady() + (PAUSE_MS << spool->patience); }

/* ---- reports ---- */

/* It can never be sent, so a person has to decide. Until it is safe with the others of its kind, it stays where it is. */
static bool put_aside(struct spool *spool, const struct drained *drained, enum reason fate)
{
        struct error err;
        bool good = spool_log_set_aside(spool->log, drained->place, drained->behind, &err);
        if (!good && !spool->stuck)
                log_line(LOG_LEVEL_ERROR, "%s; it stays until it can be", err.text);
        spool->stuck = !good;
        if (!good)
                return false;
        atomic_fetch_add(&spool->set_aside, 1);
        log_line(LOG_LEVEL_ERROR, "spool: a record of %zu bytes %s %.*s; it is set aside in the folder refused", drained->size,
                 fate == REASON_event_too_large ? "is larger than its topic takes now:" : "has a topic that Kafka cannot have:",
                 SLICE_ARGS(drained->record.topic));
        return true;
}

void spool_drain_report(struct event *event, enum reason fate)
{
        struct drained *drained = (struct drained *)event;         /* what drain_send() gave out as one */
        struct spool *spool = drained->spool;
        bool never = fate == REASON_event_too_large || fate == REASON_topic_refused;
        bool done = fate == REASON_published || (never && put_aside(spool, drained, fate));
        state_set(drained, done ? DRAIN_DONE : DRAIN_WAITS);
        if (fate == REASON_published)
                spool->patience = 0;
        else if (!done)
                pause_sending(spool);
}

static void forget(struct spool *spool, const struct drained *drained)
{
        atomic_fetch_sub(&spool->stored, 1);
        if (atomic_load(&spool->backlog) > 0) {
                atomic_fetch_sub(&spool->backlog, 1);      /* its key was never counted */
        } else if (drained->record.key.data && spool->committed[drained->bucket] > 0) {
                spool->committed[drained->bucket]--;
                atomic_fetch_sub(&spool->buckets[drained->bucket], 1);
        }
}

static void stock_show(struct spool *spool)
{
        pthread_mutex_lock(&spool->lock);
        spool_log_stock(spool->log, &spool->stock);
        pthread_mutex_unlock(&spool->lock);
}

/* What is delivered at the beginning of the row leaves the disk. */
static void release(struct spool *spool)
{
        struct spool_place place;
        uint64_t records = 0, bytes = 0;
        int64_t  received = 0;
        while (spool->first && spool->first->state == DRAIN_DONE) {
                struct drained *drained = spool->first;
                place = drained->behind;
                records++;
                bytes += drained->size;
                received = drained->record.received;
                spool->first = drained->next;
                forget(spool, drained);
                free(drained);
        }
        if (records == 0)
                return;
        spool->window -= (size_t)records;
        spool->window_bytes -= (size_t)bytes;
        atomic_fetch_add(&spool->drained, records);
        spool_log_set_oldest(spool->log, spool->first ? spool->first->record.received : received);
        spool_log_release(spool->log, place, records, bytes);
        stock_show(spool);
}

/* Everything that can be read was delivered, and yet records are counted: the disk has damaged them since they were written. They
 * are in the folder `damaged`; what is counted of them goes. */
static void settle(struct spool *spool)
{
        struct spool_stock stock;
        spool_log_stock(spool->log, &stock);
        if (spool->first || stock.records == 0 || stock.unseen_segments)
                return;
        atomic_fetch_add(&spool->lost, stock.records);
        atomic_fetch_sub(&spool->stored, stock.records);
        atomic_store(&spool->backlog, 0);
        for (size_t i = 0; i < SPOOL_BUCKETS; i++)
                if (spool->committed[i]) {
                        atomic_fetch_sub(&spool->buckets[i], spool->committed[i]);
                        spool->committed[i] = 0;
                }
        log_line(LOG_LEVEL_ERROR, "spool: the disk has damaged %llu records since they were written; what is left of them is in "
                 "the folder damaged", (unsigned long long)stock.records);
        spool_log_release(spool->log, spool->next, stock.records, stock.bytes);
        stock_show(spool);
}

/* ---- sending ---- */

static bool drain_send(struct spool *spool, struct drained *drained)
{
        struct record record = { .event = (struct event *)drained, .topic = drained->topic, .key = drained->record.key,
                                 .value = drained->record.value, .headers = drained->record.headers,
                                 .header_count = drained->record.header_count, .bad = drained->record.bad };
        if (drained->topic == UINT16_MAX)
                drained->topic = record.topic = spool->type->topic(spool->port, drained->record.topic);
        if (drained->topic == UINT16_MAX && !topic_valid(drained->record.topic)) {
                spool_drain_report(record.event, REASON_topic_refused);
                return true;
        }
        spool->crowded = drained->topic == UINT16_MAX;
        enum reason answer = drained->topic == UINT16_MAX ? REASON_sink_failed : spool->type->publish(spool->port, &record);
        if (answer == REASON_published) {
                state_set(drained, DRAIN_SENT);
                spool->tokens -= (double)drained->size;
                return true;
        }
        if (answer == REASON_event_too_large) {
                spool_drain_report(record.event, answer);
                return true;
        }
        pause_sending(spool);
        return false;
}

/* The sink keeps a bounded table of topics, and records of more of them may lie here, of many workers and several runs: once
 * nothing is under way the table begins anew. False: not now. */
static bool make_room(struct spool *spool)
{
        struct error err;
        if (spool->sent)
                return false;
        if (!spool->type->topics_forget(spool->port, &err)) {
                log_line(LOG_LEVEL_ERROR, "spool: %s", err.text);
                pause_sending(spool);
                return false;
        }
        for (struct drained *drained = spool->first; drained; drained = drained->next)
                drained->topic = UINT16_MAX;
        spool->crowded = false;
        return true;
}

/* What came back undelivered goes again, before anything new, and once everything that was sent with it has its report: so
 * nothing overtakes it. False: not now. */
static bool send_again(struct spool *spool)
{
        if (spool->waiting && spool->sent)
                return false;
        if (spool->waiting && spool->patience < PATIENCE_MOST)
                spool->patience++;
        for (struct drained *drained = spool->waiting ? spool->first : NULL; drained; drained = drained->next)
                if (drained->state == DRAIN_WAITS && !drain_send(spool, drained))
                        return false;
        return true;
}

/* The next record of the log as the last of the row; NULL: there is none now. */
static struct drained *fetch(struct spool *spool)
{
        struct spool_record record;
        struct spool_place  place;
        struct error err;
        if (!spool_log_read(spool->log, &spool->next, &record, &place, &err)) {
                if (err.text[0])
                        pause_sending(spool);
                else
                        settle(spool);
                return NULL;
        }
        size_t size = spool_record_size(&record);
        struct drained *drained = malloc(sizeof(*drained) + record.header_count * sizeof(*drained->headers) + size);
        if (!drained) {
                spool->next = place;       /* it stays where it is until there is memory */
                pause_sending(spool);
                return NULL;
        }
        *drained = (struct drained){ .spool = spool, .place = place, .behind = spool->next, .size = size, .topic = UINT16_MAX,
                                     .state = DRAIN_WAITS };
        spool->waiting++;
        drained->record.header_count = record.header_count;
        char *payload = payload_of(drained);
        struct record_header headers[SPOOL_HEADERS_MAX];
        spool_record_write(&record, payload);
        bool good = spool_record_read((struct slice){ payload, size }, &drained->record, headers);
        BUG_IF(!good);
        memcpy(drained->headers, headers, record.header_count * sizeof(*headers));
        drained->record.headers = drained->headers;
        if (drained->record.key.data)
                drained->bucket = spool_bucket(drained->record.key);
        if (spool->first)
                spool->last->next = drained;
        else
                spool->first = drained;
        spool->last = drained;
        spool->window++;
        spool->window_bytes += size;
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

int spool_drain(struct spool *spool)
{
        spool->type->serve(spool->port);
        struct sink_message message;
        while (spool->type->message && spool->type->message(spool->port, &message))
                log_line((enum log_level)message.level, "spool: %s", message.text);
        release(spool);
        if (atomic_load(&spool->stored) == 0)
                return -1;                 /* or nothing that was seen yet */
        if (spool->crowded && !make_room(spool))
                return PAUSE_MS;
        if (clock_steady() < spool->pause)
                return PAUSE_MS;
        if (!spool->type->ready(spool->port) && spool->type->held(spool->port) == 0 && spool->window > 0)
                return PAUSE_MS;
        if (!send_again(spool))
                return PAUSE_MS;
        while (spool->window < WINDOW_MOST && spool->window_bytes < WINDOW_BYTES) {
                if (!tokens_left(spool))
                        return TICK_MS;
                struct drained *drained = fetch(spool);
                if (!drained || !drain_send(spool, drained))
                        break;
        }
        release(spool);
        return spool->window ? PAUSE_MS : -1;
}

void spool_drain_end(struct spool *spool)
{
        spool->type->port_close(spool->port);      /* the last reports come here */
        spool->port = NULL;
        release(spool);
        while (spool->first) {
                struct drained *drained = spool->first;
                spool->first = drained->next;
                free(drained);
        }
}
