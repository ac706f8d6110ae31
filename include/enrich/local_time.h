/* An instant by the clocks of a place, and what a calendar says of it. Proleptic Gregorian, ISO 8601. */
#ifndef ENRICH_LOCAL_TIME_H
#define ENRICH_LOCAL_TIME_H
#include "base/base.h"

enum part_of_day { NIGHT, MORNING, AFTERNOON, EVENING, PARTS_OF_DAY };         /* six hours each, from midnight */
extern const struct slice PART_OF_DAY_NAMES[PARTS_OF_DAY];
extern const struct slice WEEKDAY_NAMES[7];        /* "monday" first */

struct local_time {
        int64_t  year, week_year;
        unsigned month, day, day_of_year, week, weekday;   /* from 1; the weekday's 1 is Monday */
        unsigned hour, minute, second, millisecond;
        int32_t  offset;           /* minutes east of UTC */
};
/* `ms` since 1970; `offset` in seconds east of UTC: what is no whole minute of it is cut, as RFC 3339 has no place for it. False:
 * before the year 0 or after 9999 there. */
bool local_time_init(struct local_time *local, int64_t ms, int32_t offset);
#define LOCAL_TIME_TEXT 29         /* "2026-11-21T09:13:00.123+01:00" */
#define LOCAL_TIME_MINUTE 14       /* where "13:00.123" stands in it: LOCAL_TIME_REST bytes */
#define LOCAL_TIME_REST 9
void local_time_format(const struct local_time *local, char text[LOCAL_TIME_TEXT]);
/* "13:00.123" of the ms since the full hour. */
void local_time_format_rest(int64_t ms, char text[LOCAL_TIME_REST]);
#endif
