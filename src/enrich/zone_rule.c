#include "enrich/zone_rule.h"
#include "base/clock.h"

#define HOUR 3600
#define DAY  86400

struct cursor { const char *at, *end; };

static bool take(struct cursor *cursor, char c)
{
        if (cursor->at == cursor->end || *cursor->at != c)
                return false;
        cursor->at++;
        return true;
}

/* Digits up to `most`; false: there are none, or it is more. */
static bool take_number(struct cursor *cursor, unsigned most, unsigned *ret_number)
{
        unsigned    number = 0;
        const char *start = cursor->at;
        for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++) {
                number = number * 10 + (unsigned)(*cursor->at - '0');
                if (number > most)
                        return false;
        }
        *ret_number = number;
        return cursor->at > start;
}

/* [+-]h[h[h]][:mm[:ss]] */
static bool take_time(struct cursor *cursor, unsigned most_hours, int32_t *ret_seconds)
{
        unsigned hours, minutes = 0, seconds = 0;
        bool     negative = take(cursor, '-');
        if (!negative)
                (void)take(cursor, '+');
        if (!take_number(cursor, most_hours, &hours))
                return false;
        if (take(cursor, ':')) {
                if (!take_number(cursor, 59, &minutes))
                        return false;
                if (take(cursor, ':') && !take_number(cursor, 59, &seconds))
                        return false;
        }
        int32_t total = (int32_t)(hours * HOUR + minutes * 60 + seconds);
        *ret_seconds = negative ? -total : total;
        return true;
}

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool zone_abbreviation_good(struct slice text)
{
        if (text.size < 3 || text.size > ZONE_ABBREVIATION)
                return false;
        for (size_t i = 0; i < text.size; i++)
                if (!is_letter(text.data[i]) && !(text.data[i] >= '0' && text.data[i] <= '9') && text.data[i] != '+' &&
                    text.data[i] != '-')
                        return false;
        return true;
}

/* "CET" or "<+03>", then the offset, which counts westwards. `standard`: the other clock's, for a daylight time that does not
 * say its own; NULL: it must. */
static bool take_clock(struct cursor *cursor, const struct zone_clock *standard, struct zone_clock *ret_clock)
{
        bool        quoted = take(cursor, '<');
        const char *start = cursor->at;
        while (cursor->at < cursor->end && (quoted ? *cursor->at != '>' : is_letter(*cursor->at)))
                cursor->at++;
        struct slice name = slice_between(start, cursor->at);
        if ((quoted && !take(cursor, '>')) || !zone_abbreviation_good(name))
                return false;
        memcpy(ret_clock->abbreviation, name.data, name.size);
        ret_clock->abbreviation[name.size] = '\0';
        if (standard && (cursor->at == cursor->end || *cursor->at == ',')) {
                ret_clock->offset = standard->offset + HOUR;
                return true;
        }
        int32_t west;
        if (!take_time(cursor, 24, &west))
                return false;
        ret_clock->offset = -west;
        return true;
}

static bool take_date(struct cursor *cursor, struct zone_date *ret_date)
{
        struct zone_date date = { .time = 2 * HOUR };
        if (take(cursor, 'M')) {
                date.kind = DATE_WEEKDAY;
                if (!take_number(cursor, 12, &date.month) || !take(cursor, '.') || !take_number(cursor, 5, &date.week) ||
                    !take(cursor, '.') || !take_number(cursor, 6, &date.day) || date.month == 0 || date.week == 0)
                        return false;
        } else if (take(cursor, 'J')) {
                date.kind = DATE_JULIAN;
                if (!take_number(cursor, 365, &date.day) || date.day == 0)
                        return false;
        } else {
                date.kind = DATE_DAY;
                if (!take_number(cursor, 365, &date.day))
                        return false;
        }
        if (take(cursor, '/') && !take_time(cursor, 167, &date.time))
                return false;
        *ret_date = date;
        return true;
}

bool zone_rule_parse(struct slice text, struct zone_rule *ret_rule)
{
        struct cursor    cursor = { text.data, slice_end(text) };
        struct zone_rule rule = { 0 };
        if (!take_clock(&cursor, NULL, &rule.standard))
                return false;
        if (cursor.at < cursor.end) {
                rule.changes = true;
                if (!take_clock(&cursor, &rule.standard, &rule.daylight) || !take(&cursor, ',') ||
                    !take_date(&cursor, &rule.start) || !take(&cursor, ',') || !take_date(&cursor, &rule.end))
                        return false;
        }
        *ret_rule = rule;
        return cursor.at == cursor.end;
}

static bool is_leap(int64_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

/* Seconds since 1970 by the wall clock. */
static int64_t date_seconds(const struct zone_date *date, int64_t year)
{
        int64_t days = clock_days(year, 1, 1);
        if (date->kind == DATE_JULIAN) {
                days += date->day - 1 + (date->day > 59 && is_leap(year));
        } else if (date->kind == DATE_DAY) {
                days += date->day;
        } else {
                days = clock_days(year, date->month, 1);
                int64_t next = date->month == 12 ? clock_days(year + 1, 1, 1) : clock_days(year, date->month + 1, 1);
                int64_t weekday = ((days + 4) % 7 + 7) % 7;        /* 1970-01-01 was a Thursday */
                days += (date->day - weekday + 7) % 7 + 7 * (int64_t)(date->week - 1);
                if (days >= next)
                        days -= 7;
        }
        return days * DAY + date->time;
}

struct change { int64_t at; bool dst; };

/* The changes of three years, in order; of two at the same instant, the later in the calendar comes last. */
static void rule_changes(const struct zone_rule *rule, int64_t year, struct change changes[6])
{
        for (size_t i = 0; i < 3; i++) {
                int64_t this = year - 1 + (int64_t)i;
                struct change start = { date_seconds(&rule->start, this) - rule->standard.offset, true };
                struct change end = { date_seconds(&rule->end, this) - rule->daylight.offset, false };
                changes[2 * i] = start.at <= end.at ? start : end;
                changes[2 * i + 1] = start.at <= end.at ? end : start;
        }
        for (size_t i = 1; i < 6; i++)             /* times of up to a week may turn neighbours round */
                for (size_t j = i; j && changes[j - 1].at > changes[j].at; j--) {
                        struct change change = changes[j];
                        changes[j] = changes[j - 1];
                        changes[j - 1] = change;
                }
}

/* The Gregorian calendar repeats after 400 years: dates are computed near 1970, whatever the instant. */
#define ERA_SECONDS ((int64_t)146097 * DAY)

static int64_t add_eras(int64_t seconds, int64_t eras)
{
        int64_t sum;
        if (__builtin_add_overflow(seconds, eras * ERA_SECONDS, &sum))
                return eras < 0 ? INT64_MIN : INT64_MAX;
        return sum;
}

void zone_rule_find(const struct zone_rule *rule, int64_t seconds, struct zone_span *ret_span)
{
        const struct zone_clock *clock = &rule->standard;
        struct zone_span span = { INT64_MIN, INT64_MAX, 0, false, { 0 } };
        if (rule->changes) {
                int64_t  eras = seconds / ERA_SECONDS, within = seconds % ERA_SECONDS, year;
                unsigned month, day;
                struct change changes[6];
                clock_date(within / DAY - (within % DAY < 0), &year, &month, &day);
                rule_changes(rule, year, changes);
                size_t next = 0;
                while (next < 6 && changes[next].at <= within)
                        next++;
                /* Shorter than it is where a rule is so odd that its changes leave their years: the next question sees on. */
                span.dst = next ? changes[next - 1].dst : !changes[0].dst;
                span.from = add_eras(next ? changes[next - 1].at : within, eras);
                span.until = add_eras(next < 6 ? changes[next].at : within + 1, eras);
                if (span.dst)
                        clock = &rule->daylight;
        }
        span.offset = clock->offset;
        span.abbreviation = slice_of(clock->abbreviation);
        *ret_span = span;
}
