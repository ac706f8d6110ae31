/* What a test changes while the daemon runs: a file that both map. tests/chaos/shim.py writes it, field by field, and has the
 * same layout; it is named by the variable SHIM_CONTROL. All zero: nothing is disturbed. */
#ifndef SHIM_CONTROL_H
#define SHIM_CONTROL_H
#include <stdint.h>

enum shim_fault { FAULT_WRITE, FAULT_SYNC, FAULT_READ, FAULT_OPEN, FAULT_ALLOCATE, FAULT_COUNT };

struct shim_rule {
        int32_t error;                     /* errno of the calls that fail; 0: none does */
        int32_t skip;                      /* calls that still go well */
        int32_t times;                     /* calls that fail after them; -1: all */
        int32_t hits;                      /* calls that failed */
};
struct shim_control {
        struct shim_rule rules[FAULT_COUNT];
        int32_t sync_delay;                /* ms before each fsync or fdatasync */
        int32_t partial;                   /* not 0: the first write that fails writes half */
        int64_t clock;                     /* ms that the wall clock is ahead */
        int64_t allocation;                /* the one that fails, counted from now on: 1 is the next; 0: none */
        int64_t allocations;               /* since the start */
        int64_t failed;                    /* allocations that failed */
        int64_t forever;                   /* not 0: those behind it fail, too */
        uint64_t where;                    /* offset in the program of the call that failed last */
};

/* Never NULL: a control of zeros when the variable is not set. */
struct shim_control *shim_control(void);
#endif
