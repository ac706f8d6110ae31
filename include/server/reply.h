/* What a client is told about its events. */
#ifndef SERVER_REPLY_H
#define SERVER_REPLY_H
#include "server/loop.h"

struct outcome {
        size_t      accepted, rejected, refused;
        enum reason refusal;       /* of the first refused event */
        enum reason rejection;     /* of the first rejected one */
        bool        broken;        /* no event was JSON at all */
};
void outcome_count(const struct batch *batch, struct outcome *ret_outcome);
/* What the client asked for. */
struct reply_wish {
        bool verbose;              /* ?verbose: one entry an event */
        bool preferred;            /* the same by `Prefer: return=representation` (RFC 7240) */
        bool strict;               /* ?strict: 422 when any event was rejected */
};
/* Answers the exchange: 200; 400 when nothing in the body was JSON; 422 by wish; 503 when anything was refused. */
void reply_batch(struct exchange *exchange, const struct batch *batch, const struct reply_wish *wish);
#endif
