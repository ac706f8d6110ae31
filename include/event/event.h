/* An event, its facts, its reason; and the events of one request. */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H
#include "base/address.h"
#include "base/arena.h"
#include "base/base.h"

/* ---- reasons: reasons.def ---- */
enum reason {
#define REASON(id, end, status, doc) REASON_##id,
#include "event/reasons.def"
#undef REASON
        REASON_COUNT,
        REASON_none = REASON_COUNT,        /* not decided yet */
};
enum event_end { END_PUBLISHED, END_REJECTED, END_REFUSED, END_COUNT };
struct reason_row {
        const char    *name, *doc;
        enum event_end end;
        int            status;             /* HTTP status of a request that ends so as a whole */
};
extern const struct reason_row REASONS[REASON_COUNT];

/* Why an event was rejected, for a developer to act on. Everything lies in the batch's arena or lives longer. */
struct complaint {
        struct slice schema;       /* "vendor/name/M-R-A", as far as known */
        struct slice pointer;      /* JSON pointer (RFC 6901) to the value inside `data`; empty: the whole value */
        struct slice keyword;      /* the JSON Schema keyword, "required" */
        struct slice message;      /* a sentence */
        size_t       offset;       /* byte of the event's body where the problem was seen */
        size_t       line, column; /* of a syntax error in the request's body, both from 1; 0: not a syntax error */
};

/* ---- facts: facts.def ---- */
enum fact {
#define FACT(id, path, kind) FACT_##id,
#include "event/facts.def"
#undef FACT
        FACT_COUNT,
};
enum fact_kind { FACT_KIND_STRING, FACT_KIND_NUMBER, FACT_KIND_BOOLEAN, FACT_KIND_ANY };
struct fact_row {
        const char    *name, *path;
        enum fact_kind kind;
};
extern const struct fact_row FACTS[FACT_COUNT];

/* ---- request headers: headers.def ---- */
enum header {
#define HEADER(id, name) HEADER_##id,
#include "event/headers.def"
#undef HEADER
        HEADER_COUNT,
};
extern const struct slice HEADERS[HEADER_COUNT];   /* lower-case names */

/* Who sent the request. The slices lie in the batch's arena. */
struct client {
        struct address address;                    /* behind trusted proxies the one that they vouch for */
        struct slice   key;                        /* the name of its API key, as long as the plan; data NULL: none */
        uint8_t        hops;                       /* trusted proxies on the way */
        uint8_t        claimed;                    /* addresses before the client's, which nobody vouches for */
        struct slice   header[HEADER_COUNT];       /* values without surrounding space; data NULL: absent */
};

struct record_header {
        struct slice name, value;          /* the name without NUL bytes */
};

struct batch;
/* What stays of an event until its batch is answered. */
struct event {
        struct batch *batch;
        struct slice  body;        /* the client's bytes: an envelope, or a bare payload */
        struct slice  data;        /* the payload inside body */
        struct slice  id;          /* JSON text without quotes: as the client sent it, escapes and all, or ours */
        struct slice  id_text;     /* the same as plain text */
        struct slice  schema;      /* "vendor/name/M-R-A"; data NULL: unknown */
        struct slice  value, key;  /* the record; key.data NULL: none */
        uint32_t      schema_slot; /* the schema's place in the metrics; 0: unknown */
        struct slice  app;         /* the sender's app, raw without quotes, when the topic's rule asks for it */
        uint16_t      topic;       /* the sink's number for the topic */
        bool          bot;         /* as far as enrichments told */
        uint8_t       verdict;     /* enum reason: ours */
        uint8_t       fate;        /* enum reason: the sink's, set once */
        uint8_t       attribute_count;     /* of `attributes`: further record headers, when they are asked for */
        struct record_header *attributes;
        const struct complaint *complaint; /* of a rejected event; else NULL */
};

/* An event's facts while it is judged and enriched; one a worker, used again for every event. */
struct facts {
        struct slice fact[FACT_COUNT];     /* raw JSON text; data NULL: absent */
        int64_t      time;                 /* ms: the event's time with the client's clock skew taken out */
        int64_t      received;             /* ms */
        struct slice received_text;        /* the same as RFC 3339 */
        int64_t      skew;                 /* ms that the client's clock is behind ours; 0 unless skew_known */
        bool         skew_known;           /* the event said when it was sent */
        bool         time_known;           /* the event said when it happened */
};
/* Decides `time` and `skew` from what the event says: when it happened, and when it was sent (ms; NULL: not said). Both were read
 * off the client's clock: what lies between sending and receiving is its error. */
static inline void facts_set_time(struct facts *facts, const int64_t *time, const int64_t *sent)
{
        facts->time_known = time != NULL;
        facts->skew_known = sent != NULL;
        facts->skew = sent ? facts->received - *sent : 0;
        facts->time = time ? *time + facts->skew : facts->received;
}
/* Whose text the event's time is: the client's own, so that no digit of it is lost, or ours. */
enum time_text { TIME_OF_CLIENT, TIME_OF_RECEPTION, TIME_CORRECTED };
static inline enum time_text facts_time_text(const struct facts *facts)
{
        return !facts->time_known ? TIME_OF_RECEPTION : facts->skew_known ? TIME_CORRECTED : TIME_OF_CLIENT;
}

/* The events of one request. `settled` is called on the worker's thread when the last event has its fate. */
struct batch {
        struct arena *arena;               /* owns every byte of them */
        struct client client;
        int64_t       received;            /* ms since 1970 */
        struct slice  received_text;       /* the same as RFC 3339 */
        struct slice  route;               /* "vendor/name/M-R-A" of a route for bare payloads; data NULL: of envelopes */
        struct event *events;              /* count of them, in the arena */
        size_t        count;
        size_t        unsettled;           /* events that the sink still holds, and one while the worker publishes */
        void        (*settled)(struct batch *batch);
        void         *plan;                /* the snapshot that they are judged by; the server's */
};
static inline void batch_settle(struct batch *batch)
{
        BUG_IF(batch->unsettled == 0);
        if (--batch->unsettled == 0)
                batch->settled(batch);
}
#endif
