/* The rule behind the last change that a zone's file lists: POSIX's TZ text with the extensions of RFC 9636, section 3.3.1
 * ("CET-1CEST,M3.5.0,M10.5.0/3"). */
#ifndef ENRICH_ZONE_RULE_H
#define ENRICH_ZONE_RULE_H
#include "enrich/zone.h"

#define ZONE_ABBREVIATION 15       /* bytes */
enum zone_date_kind {
        DATE_JULIAN,               /* Jn: 1 to 365, 29 February is not counted */
        DATE_DAY,                  /* n: 0 to 365, it is */
        DATE_WEEKDAY,              /* Mm.w.d: the w-th (5: last) weekday d (0: Sunday) of month m */
};
struct zone_date {
        enum zone_date_kind kind;
        unsigned day, week, month;
        int32_t  time;             /* seconds from midnight by the clock before the change; -167 to 167 hours */
};
struct zone_clock {
        char    abbreviation[ZONE_ABBREVIATION + 1];
        int32_t offset;            /* seconds east of UTC */
};
struct zone_rule {
        struct zone_clock standard, daylight;
        bool              changes; /* there is daylight saving time, between start and end of every year */
        struct zone_date  start, end;
};
/* False: it is none. */
bool zone_rule_parse(struct slice text, struct zone_rule *ret_rule);
void zone_rule_find(const struct zone_rule *rule, int64_t seconds, struct zone_span *ret_span);
/* True when it is an abbreviation as RFC 9636 has them: 3 to ZONE_ABBREVIATION letters, digits, + and -. */
bool zone_abbreviation_good(struct slice text);
#endif
