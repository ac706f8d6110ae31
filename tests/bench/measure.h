/* How every micro benchmark measures, and how it tells: CPU time of this thread, the best of several passes; under valgrind the
 * instructions of one pass. tests/bench/micro runs them all and puts a table and JSON together. From the environment:
 *   BENCH_RESULTS=FILE  each figure is added to it as a line of JSON, too
 *   BENCH_QUICK=1       one short pass: does it run? */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H
#include "base/base.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#define CALLGRIND_ZERO_STATS (void)0
#define CALLGRIND_DUMP_STATS_AT(name) (void)(name)
#endif

#define MEASURE_PASSES 21

/* CPU time of this thread, seconds. */
static inline double cpu_seconds(void)
{
        struct timespec now;
        (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline bool measure_quick(void) { return getenv("BENCH_QUICK") != NULL; }

/* How many events a pass should have, where any number will do: valgrind takes fifty times as long. */
static inline size_t measure_events(size_t events)
{
        size_t fewer = measure_quick() ? events / 50 : RUNNING_ON_VALGRIND ? events / 10 : events;
        return fewer ? fewer : 1;
}

/* One figure: a line for people, and one for the program that collects them. */
static inline void figure(const char *name, double value, const char *unit)
{
        const char *path = getenv("BENCH_RESULTS");
        FILE *file = path ? fopen(path, "ae") : NULL;
        printf("%-56s %10.3f %s\n", name, value, unit);
        (void)fflush(stdout);
        if (!file)
                return;
        fprintf(file, "{\"name\":\"");
        for (const char *at = name; *at; at++)
                fprintf(file, *at == '"' || *at == '\\' ? "\\%c" : "%c", *at);
        fprintf(file, "\",\"value\":%.4f,\"unit\":\"%s\"}\n", value, unit);
        (void)fclose(file);
}

/* Nanoseconds an event: runs `pass`, which is `events` of them, once to warm up and then several times. Under valgrind the second
 * time is dumped with "NAME|EVENTS" as its reason, for tests/bench/micro to read, and nothing is told. */
static inline double measure(const char *name, void (*pass)(void *context), void *context, size_t events)
{
        double best = 1e9;
        pass(context);
        if (RUNNING_ON_VALGRIND) {
                char reason[200];
                (void)snprintf(reason, sizeof(reason), "%s|%zu", name, events);
                CALLGRIND_ZERO_STATS;
                pass(context);
                CALLGRIND_DUMP_STATS_AT(reason);
                return 0;
        }
        for (int i = 0; i < (measure_quick() ? 1 : MEASURE_PASSES); i++) {
                double start = cpu_seconds();
                pass(context);
                double took = cpu_seconds() - start;
                best = took < best ? took : best;
        }
        figure(name, best * 1e9 / (double)events, "ns");
        return best * 1e9 / (double)events;
}
#endif
