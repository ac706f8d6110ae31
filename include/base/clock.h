/* Time: int64_t milliseconds everywhere; RFC 3339 as text. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
#include "base/base.h"

int64_t clock_wall(void);          /* ms since 1970-01-01 UTC */
int64_t clock_steady(void);        /* ms, never jumps; for deadlines */
int64_t clock_nanoseconds(void);   /* ns, never jumps; for measuring stages */

#define CLOCK_TEXT 24              /* "2026-11-21T08:13:00.123Z" */
/* Years 0 to 9999; a time outside is written as the nearest one inside. Writes CLOCK_TEXT bytes, no terminator. */
void clock_format(int64_t ms, char text[CLOCK_TEXT]);
/* RFC 3339 date-time ("2026-11-21T08:13:00.5+01:00"; 't', 'z' and a space for 'T' are taken, a leap second is
 * the next second). Digits past the millisecond are cut. False when it is not one. */
bool clock_parse(struct slice text, int64_t *ret_ms);
/* "Sat, 21 Nov 2026 08:13:00 GMT", RFC 9110 section 5.6.7; 29 bytes, no terminator. */
#define CLOCK_HTTP 29
void clock_format_http(int64_t ms, char text[CLOCK_HTTP]);
/* Days since 1970-01-01 of a proleptic Gregorian date, and back. */
int64_t clock_days(int64_t year, unsigned month, unsigned day);
void    clock_date(int64_t days, int64_t *ret_year, unsigned *ret_month, unsigned *ret_day);
#endif
