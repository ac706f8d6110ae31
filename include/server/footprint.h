/* What a process may take of the memory at most, by its configuration; docs/howto/capacity.md says what is in each part. What a
 * limit counts costs more than its bytes, as there are gaps between pieces: a quarter more, which tests/chaos/test_memory.py
 * holds a daemon against. */
#ifndef SERVER_FOOTPRINT_H
#define SERVER_FOOTPRINT_H
#include "config/config.h"

enum footprint_part { FOOTPRINT_REQUESTS, FOOTPRINT_SESSIONS, FOOTPRINT_KAFKA, FOOTPRINT_SPOOL, FOOTPRINT_CONNECTIONS,
                      FOOTPRINT_WORKERS, FOOTPRINT_PLAN, FOOTPRINT_PARTS };
struct footprint {
        uint64_t bytes[FOOTPRINT_PARTS], sum;
};
/* `loaded`: bytes of this process once the plan is loaded. */
void footprint_measure(const struct config *config, size_t workers, uint64_t loaded, struct footprint *ret_footprint);
/* Bytes of this process that are in memory; 0: the kernel does not say. */
uint64_t footprint_now(void);
/* What it may take: of the machine's memory, or of a control group's. *ret_group: it is the group that says so. */
uint64_t footprint_allowed(bool *ret_group);
static inline unsigned long long footprint_mib(uint64_t bytes) { return (bytes + (1 << 20) - 1) >> 20; }
/* "at most 1846 MiB: requests 640, sessions 640 ...", into `text`. */
void footprint_print(const struct footprint *footprint, char *text, size_t room);
/* The options that bound its largest part, in words. */
const char *footprint_largest(const struct footprint *footprint);
#endif
