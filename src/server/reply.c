#include "server/reply.h"
#include "base/buffer.h"

/* What the client is told of an event that the sink still holds, when it is answered before the sink: the verdict. */
static enum reason fate_of(const struct event *event)
{
        return (enum reason)(event->fate == REASON_none ? event->verdict : event->fate);
}

/* The largest verbose answer; a larger one is given without its entries. */
#define VERBOSE_MAX (16 * 1024 * 1024)

void outcome_count(const struct batch *batch, struct outcome *ret_outcome)
{
        struct outcome outcome = { .broken = batch->count > 0, .refusal = REASON_none, .rejection = REASON_none };
        for (size_t i = 0; i < batch->count; i++) {
                enum reason fate = fate_of(&batch->events[i]);
                switch (REASONS[fate].end) {
                case END_PUBLISHED: outcome.accepted++; break;
                case END_REJECTED:
                        if (outcome.rejected++ == 0)
                                outcome.rejection = fate;
                        break;
                default:
                        if (outcome.refused++ == 0)
                                outcome.refusal = fate;
                }
                if (REASONS[fate].status != 400)
                        outcome.broken = false;
        }
        *ret_outcome = outcome;
}

static void add_text(struct buffer *out, const char *name, struct slice text)
{
        if (!text.data)
                return;
        buffer_add(out, SLICE(",\""));
        buffer_add(out, slice_of(name));
        buffer_add(out, SLICE("\":"));
        buffer_add_json(out, text);
}

static void add_complaint(struct buffer *out, const struct event *event)
{
        const struct complaint *complaint = event->complaint;
        if (!complaint)
                return;
        add_text(out, "schema", complaint->schema);
        if (event->verdict == REASON_schema_invalid || complaint->pointer.size) {
                buffer_add(out, SLICE(",\"pointer\":"));
                buffer_add_json(out, complaint->pointer);
        }
        if (complaint->keyword.size)
                add_text(out, "keyword", complaint->keyword);
        if (complaint->line)
                buffer_format(out, ",\"line\":%zu,\"column\":%zu", complaint->line, complaint->column);
        add_text(out, "message", complaint->message);
}

static void add_events(struct buffer *out, const struct batch *batch)
{
        static const char *const ENDS[END_COUNT] = { "published", "rejected", "refused" };
        buffer_add(out, SLICE(",\"events\":["));
        for (size_t i = 0; i < batch->count; i++) {
                const struct event *event = &batch->events[i];
                const struct reason_row *row = &REASONS[fate_of(event)];
                buffer_format(out, "%s{\"index\":%zu", i ? "," : "", i);
                /* A client's identifier is raw JSON already. */
                if (event->id.data)
                        buffer_format(out, ",\"id\":\"%.*s\"", SLICE_ARGS(event->id));
                buffer_format(out, ",\"outcome\":\"%s\"", ENDS[row->end]);
                if (row->end != END_PUBLISHED)
                        buffer_format(out, ",\"reason\":\"%s\"", row->name);
                if (row->end == END_REJECTED)
                        add_complaint(out, event);
                buffer_add_char(out, '}');
        }
        buffer_add_char(out, ']');
}

static void add_first_complaint(struct buffer *out, const struct batch *batch, enum reason reason)
{
        for (size_t i = 0; i < batch->count; i++) {
                if (fate_of(&batch->events[i]) != reason)
                        continue;
                buffer_format(out, "\"error\":\"%s\"", REASONS[reason].name);
                add_complaint(out, &batch->events[i]);
                buffer_add_char(out, ',');
                return;
        }
}

static int status_of(const struct outcome *outcome, bool strict)
{
        if (outcome->refused)
                return 503;
        if (outcome->broken)
                return 400;
        return strict && outcome->rejected ? 422 : 200;
}

/* The answer that nearly every request gets, without a buffer. */
static bool reply_plain(struct exchange *exchange, const struct outcome *outcome)
{
        if (outcome->accepted != 1 || outcome->rejected || outcome->refused)
                return false;
        static const struct answer ONE = { .status = 200, .content_type = SLICE_INIT("application/json"),
                                           .body = SLICE_INIT("{\"accepted\":1,\"rejected\":0}") };
        exchange_answer(exchange, &ONE);
        return true;
}

/* What is said; with an entry for each event when `entries`. */
static void write_answer(struct buffer *out, const struct batch *batch, const struct outcome *outcome, int status, bool entries)
{
        buffer_add_char(out, '{');
        if (status == 503)
                buffer_format(out, "\"error\":\"%s\",\"message\":\"%s Please send the request again.\",",
                              REASONS[outcome->refusal].name, REASONS[outcome->refusal].doc);
        else if (status == 400)
                add_first_complaint(out, batch, outcome->rejection);
        buffer_format(out, "\"accepted\":%zu,\"rejected\":%zu", outcome->accepted, outcome->rejected);
        if (outcome->refused)
                buffer_format(out, ",\"refused\":%zu", outcome->refused);
        if (entries)
                add_events(out, batch);
        buffer_add_char(out, '}');
}

void reply_batch(struct exchange *exchange, const struct batch *batch, const struct reply_wish *wish)
{
        bool verbose = wish->verbose || wish->preferred;
        struct outcome outcome;
        outcome_count(batch, &outcome);
        if (!verbose && reply_plain(exchange, &outcome))
                return;
        struct buffer out;
        char room[1024];
        buffer_wrap(&out, room, sizeof(room));
        int status = status_of(&outcome, wish->strict);
        if (verbose || status != 200)
                buffer_init(&out, VERBOSE_MAX);
        write_answer(&out, batch, &outcome, status, verbose);
        if (out.full) {            /* the counts, at least: the events have their fates */
                buffer_clear(&out);
                write_answer(&out, batch, &outcome, status, false);
        }
        struct answer answer = { .status = status, .content_type = SLICE("application/json"), .body = buffer_slice(&out) };
        if (wish->preferred)
                answer.headers = SLICE("Preference-Applied: return=representation\r\n");
        exchange_answer(exchange, &answer);
        buffer_done(&out);
}
