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
/* Answers the exchange: 200, 400 when nothing in the body was JSON, 422 when `strict` and something was rejected, 503 when anything
 * was refused. `verbose`: one entry an event. */
void reply_batch(struct exchange *exchange, const struct batch *batch, bool verbose, bool strict);
#endif
