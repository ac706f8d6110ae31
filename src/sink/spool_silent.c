/* A topic that says nothing: its partitions have no leader, or too few replicas, while those of other topics have. What is under
 * way to it may have arrived, so it cannot be sent again from elsewhere; but the spool is released from its beginning, so it
 * would keep all that is behind it. It goes over to a lane of the topic's own, and reports that still come release the copies
 * there. So nothing is sent twice, and others pass. */
#include "spool_thread.h"
#include "base/clock.h"
#include "base/log.h"

#define AGAIN_MS  10000                    /* after there was no room for copies */
#define LISTEN_MS 500                      /* between two looks at everything that is under way */

/* The oldest record without a report, if its topic is silent: for spool.park_after, while another topic behind it had reports. Of
 * a cluster that says nothing at all no topic is moved, as none holds up others. */
static const struct drained *silent_find(const struct lane *lane, int64_t now)
{
        const struct drained *first = lane->first;
        while (first && first->state != DRAIN_SENT)
                first = first->next;
        if (!first || now - first->sent < lane->spool->config->spool_park_after)
                return NULL;
        bool others = false;
        for (const struct drained *drained = lane->first; drained; drained = drained->next) {
                bool heard = drained->state == DRAIN_DONE || drained->returned >= first->sent;
                others |= heard && !slice_equal(drained->record.topic, first->record.topic);
        }
        return others ? first : NULL;
}

/* ---- taking over ---- */

/* What was given back waits for the rest, to go again in its order. */
static bool is_under_way(const struct drained *drained, const struct lane *to)
{
        return (drained->state == DRAIN_SENT || drained->state == DRAIN_WAITS) &&
               slice_equal(drained->record.topic, slice_of(to->topic));
}

/* Copies that are durable; *ret_stubs: what takes the places of the records in their row, in their order, with the places of
 * the copies, also when it fails. */
static bool copy_under_way(struct lane *to, struct drained **ret_stubs, struct error *err)
{
        struct drained **at = ret_stubs;
        bool good = true;
        *ret_stubs = NULL;
        *err = (struct error){ "memory is short" };
        lanes_share(to->spool);
        for (struct drained *drained = to->spool->lanes[0]->first; good && drained; drained = drained->next) {
                if (!is_under_way(drained, to))
                        continue;
                struct drained *stub = malloc(sizeof(*stub));
                good = stub && spool_log_append(to->log, (struct slice){ drained_payload(drained), drained->size }, err) ==
                                       SPOOL_TAKEN;
                if (stub) {
                        *stub = (struct drained){ .state = DRAIN_MOVED };
                        *at = stub;
                        at = &stub->next;
                }
                if (good)
                        spool_log_appended(to->log, drained->size, &stub->place, &stub->behind);
        }
        return lane_commit(to) && good;
}

/* The record goes to the end of the other row; the stub stays in its place, to be released there. */
static void take_over(struct lane *to, struct drained **at, struct drained *stub)
{
        struct drained *drained = *at;
        struct lane *from = drained->lane;
        const struct spool_place place = stub->place, behind = stub->behind;
        const enum drain_state state = drained->state;
        *stub = (struct drained){ .next = drained->next, .lane = from, .place = drained->place, .behind = drained->behind,
                                  .size = drained->size, .state = DRAIN_MOVED, .record.received = drained->record.received };
        *at = stub;
        if (from->last == drained)
                from->last = stub;
        drained_set(drained, DRAIN_MOVED);
        drained->lane = to;
        drained_set(drained, state);
        drained->next = NULL;
        drained->place = place;
        drained->behind = behind;
        if (to->first)
                to->last->next = drained;
        else
                to->first = drained;
        to->last = drained;
        to->window++;
        to->window_bytes += drained->size;
}

/* To a lane that is new. A crash finds the records in both logs, or, before the file `end` says so, in the main one only: either
 * way in their order. False: nothing has changed. */
static bool adopt(struct lane *to, struct error *err)
{
        struct drained *stubs, *stub;
        bool good = copy_under_way(to, &stubs, err);
        for (struct drained **at = &to->spool->lanes[0]->first; good && *at; at = &(*at)->next)
                if (is_under_way(*at, to)) {
                        stub = stubs;
                        BUG_IF(!stub);     /* there is one for each */
                        stubs = stub->next;
                        take_over(to, at, stub);
                }
        if (good) {
                to->next = spool_log_end(to->log);
                to->used = true;
                return true;
        }
        while ((stub = stubs)) {
                stubs = stub->next;
                free(stub);
        }
        struct spool_stock stock;          /* of what is there nothing counts, or it would be sent twice */
        spool_log_stock(to->log, &stock);
        spool_log_release(to->log, spool_log_end(to->log), stock.records, stock.bytes);
        return false;
}

void lane_listen(struct lane *lane)
{
        struct spool *spool = lane->spool;
        struct error  err;
        int64_t now = clock_steady();
        if (lane->topic || lane->sent == 0 || !spool->config->spool_park_after || now < lane->silent_next)
                return;
        lane->silent_next = now + LISTEN_MS;
        const struct drained *silent = silent_find(lane, now);
        if (!silent)
                return;
        lanes_share(spool);
        bool added = lane_add(spool, silent->record.topic, &err);
        bool good = added && adopt(spool->lanes[spool->lane_count - 1], &err);
        if (added && !good)                /* now: what comes for the topic would overtake what is under way */
                lane_drop(spool, spool->lane_count - 1);
        if (good)
                log_line(LOG_LEVEL_WARNING, "spool: topic %.*s does not confirm what it gets; what there is for it is parked",
                         SLICE_ARGS(silent->record.topic));
        else if (!spool->unparked)
                log_line(LOG_LEVEL_WARNING, "spool: topic %.*s does not confirm what it gets, and holds up others: %s",
                         SLICE_ARGS(silent->record.topic), err.text);
        spool->unparked = !good;
        if (!good)
                lane->silent_next = now + AGAIN_MS;
}
