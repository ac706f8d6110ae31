/* Whether the workers still turn their loops: what the watchdog is told. The main thread's. */
#ifndef SERVER_PULSE_H
#define SERVER_PULSE_H
#include "server/worker.h"

struct pulse;
struct pulse *pulse_new(size_t workers);
void          pulse_free(struct pulse *pulse);     /* NULL is fine */
/* False: a worker has not turned its loop for 20 seconds, and has not ended either. */
bool          pulse_beats(struct pulse *pulse, struct worker *const *workers, size_t count);
#endif
