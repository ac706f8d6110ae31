#include "server/pulse.h"
#include "base/clock.h"

/* A worker that has not turned its loop for so long is stuck. */
#define STUCK_MS 20000

struct pulse { uint64_t beats; int64_t since; };   /* one a worker; since 0: not felt yet */

struct pulse *pulse_new(size_t workers) { return memory_get(workers * sizeof(struct pulse)); }
void pulse_free(struct pulse *pulse) { free(pulse); }

bool pulse_beats(struct pulse *pulse, struct worker *const *workers, size_t count)
{
        int64_t now = clock_steady();
        for (size_t i = 0; i < count; i++) {
                uint64_t beats = worker_beats(workers[i]);
                if (beats != pulse[i].beats || !pulse[i].since) {
                        pulse[i].beats = beats;
                        pulse[i].since = now;
                } else if (now - pulse[i].since > STUCK_MS && !worker_ended(workers[i])) {
                        return false;
                }
        }
        return true;
}
