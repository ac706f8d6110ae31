/* One time zone: what its clocks show at any instant, from a compiled file of the tz database (TZif: RFC 9636, RFC 8536).
 * Read without libc's time functions, which know one zone a process and take locks. Immutable, for all threads. */
#ifndef ENRICH_ZONE_H
#define ENRICH_ZONE_H
#include "base/base.h"

struct zone;

/* What the clocks show, and between which instants they show it without a change: seconds since 1970-01-01 UTC, `from`
 * inclusive, `until` exclusive, INT64_MIN and INT64_MAX where there is no end. */
struct zone_span {
        int64_t from, until;
        int32_t offset;            /* seconds east of UTC */
        bool    dst;               /* daylight saving time */
        struct slice abbreviation; /* "CEST", "+03"; lies in the zone. ASCII letters, digits, + and - */
};

/* The bytes of a file, versions 1 to 4. Every count, index and order is checked; files that count leap seconds are refused, as
 * POSIX time (and every client's) does not. NULL and error. */
struct zone *zone_read(struct slice file, struct error *err);
void         zone_free(struct zone *zone);
size_t       zone_memory(const struct zone *zone);         /* bytes */
/* Before the first known change the file's first type holds (local mean time); behind the last one the file's rule, and where
 * it has none, its last type. Any instant. */
void zone_find(const struct zone *zone, int64_t seconds, struct zone_span *ret_span);

/* "+02:00", "-0330", "+5", "Z", "UTC", "UTC+2", "GMT-05:30": hours and minutes east of UTC, at most 23:59, letters in any case.
 * False: it is none. */
bool zone_offset_parse(struct slice text, int32_t *ret_seconds);
#endif
