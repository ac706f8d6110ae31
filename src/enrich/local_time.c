#include "enrich/local_time.h"
#include "base/clock.h"

const struct slice PART_OF_DAY_NAMES[PARTS_OF_DAY] = {
        [NIGHT] = SLICE_INIT("night"), [MORNING] = SLICE_INIT("morning"), [AFTERNOON] = SLICE_INIT("afternoon"),
        [EVENING] = SLICE_INIT("evening"),
};
const struct slice WEEKDAY_NAMES[7] = {
        SLICE_INIT("monday"), SLICE_INIT("tuesday"), SLICE_INIT("wednesday"), SLICE_INIT("thursday"),
        SLICE_INIT("friday"), SLICE_INIT("saturday"), SLICE_INIT("sunday"),
};

#define DAY_MS ((int64_t)86400000)

/* 53 where 1 January is a Thursday, or the 31 December. */
static unsigned weeks_in(int64_t year)
{
        int64_t days = clock_days(year, 1, 1), next = clock_days(year + 1, 1, 1);
        return (days % 7 + 7) % 7 == 0 || (next % 7 + 7) % 7 == 1 ? 53 : 52;       /* 1970-01-01 was a Thursday */
}

static void week_set(struct local_time *local)
{
        int week = ((int)local->day_of_year - (int)local->weekday + 10) / 7;
        local->week_year = local->year;
        if (week < 1)
                local->week = weeks_in(--local->week_year);
        else if ((unsigned)week > weeks_in(local->year))
                local->week = 1, local->week_year++;
        else
                local->week = (unsigned)week;
}

bool local_time_init(struct local_time *local, int64_t ms, int32_t offset)
{
        local->offset = offset / 60;
        if (__builtin_add_overflow(ms, (int64_t)local->offset * 60000, &ms))
                return false;
        int64_t days = ms / DAY_MS - (ms % DAY_MS < 0);
        clock_date(days, &local->year, &local->month, &local->day);
        if (local->year < 0 || local->year > 9999)
                return false;
        unsigned rest = (unsigned)(ms - days * DAY_MS);
        local->hour = rest / 3600000;
        local->minute = rest / 60000 % 60;
        local->second = rest / 1000 % 60;
        local->millisecond = rest % 1000;
        local->day_of_year = (unsigned)(days - clock_days(local->year, 1, 1)) + 1;
        local->weekday = (unsigned)((days % 7 + 10) % 7) + 1;
        week_set(local);
        return true;
}

static void digits(char *at, size_t width, unsigned number)
{
        for (; width--; number /= 10)
                at[width] = (char)('0' + number % 10);
}

void local_time_format_rest(int64_t ms, char text[LOCAL_TIME_REST])
{
        unsigned rest = (unsigned)ms, minute = rest / 60000, second = rest / 1000 % 60, thousandths = rest % 1000;
        text[0] = (char)('0' + minute / 10);
        text[1] = (char)('0' + minute % 10);
        text[2] = ':';
        text[3] = (char)('0' + second / 10);
        text[4] = (char)('0' + second % 10);
        text[5] = '.';
        text[6] = (char)('0' + thousandths / 100);
        text[7] = (char)('0' + thousandths / 10 % 10);
        text[8] = (char)('0' + thousandths % 10);
}

void local_time_format(const struct local_time *local, char text[LOCAL_TIME_TEXT])
{
        unsigned offset = (unsigned)(local->offset < 0 ? -local->offset : local->offset);
        memcpy(text, "0000-00-00T00:00:00.000+00:00", LOCAL_TIME_TEXT);
        digits(text, 4, (unsigned)local->year);
        digits(text + 5, 2, local->month);
        digits(text + 8, 2, local->day);
        digits(text + 11, 2, local->hour);
        local_time_format_rest((int64_t)local->minute * 60000 + local->second * 1000 + local->millisecond,
                               text + LOCAL_TIME_MINUTE);
        text[23] = local->offset < 0 ? '-' : '+';
        digits(text + 24, 2, offset / 60);
        digits(text + 27, 2, offset % 60);
}
