/* The gate's word to a client: counted, and put into an answer. A worker's thread alone. */
#ifndef SERVER_ADMISSION_H
#define SERVER_ADMISSION_H
#include "server/gate.h"
#include "server/loop.h"

/* Asks the gate. False: take the request; what it carries along is in exchange->job. True:
 * refuse it; *ret_limited says whether its events are to be counted as refused. */
bool admission_refuse(const struct gate *gate, struct exchange *exchange, struct metrics_worker *metrics,
                      struct refusal *ret_refusal, bool *ret_limited);
/* A request that is answered by its head alone. False: refuse it instead. */
bool admission_knock(const struct gate *gate, struct exchange *exchange, struct metrics_worker *metrics,
                     struct refusal *ret_refusal);
/* The same for a request that came too late for the last of a bucket. */
void admission_explain(const struct gate_answer *answer, struct metrics_worker *metrics, struct refusal *ret_refusal);
/* The time that buckets count by: ns, and it stands still with debug.clock. */
int64_t admission_now(const struct loop *loop);
#endif
