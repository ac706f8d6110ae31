/* Dates, times and durations of RFC 3339. */
#include "schema/format_checks.h"

/* Two digits that are known to be digits. */
static unsigned two(const char *at)
{
        return (unsigned)(at[0] - '0') * 10 + (unsigned)(at[1] - '0');
}

static bool is_day(unsigned year, unsigned month, unsigned day)
{
        static const uint8_t DAYS[] = { 0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
        if (month < 1 || month > 12 || day < 1 || day > DAYS[month])
                return false;
        return month != 2 || day < 29 || (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

/* Does the text look like the shape, in which 0 stands for a digit? */
static inline bool has_shape(const char *text, const char *shape, size_t size)
{
        unsigned wrong = 0;
        for (size_t i = 0; i < size; i++)
                wrong |= shape[i] == '0' ? (unsigned)((uint8_t)(text[i] - '0') > 9) : (unsigned)(text[i] != shape[i]);
        return wrong == 0;
}

/* Behind the seconds: [.fraction] and Z or an offset, up to the end. `ret_offset` in minutes east. */
static bool time_end(const char *at, const char *end, int *ret_offset)
{
        if (at < end && *at == '.') {
                const char *fraction = ++at;
                while (at < end && is_digit(*at))
                        at++;
                if (at == fraction)
                        return false;
        }
        *ret_offset = 0;
        if (end - at == 1)
                return (*at | 0x20) == 'z';
        if (end - at != 6 || (*at != '+' && *at != '-') || !has_shape(at + 1, "00:00", 5))
                return false;
        unsigned hour = two(at + 1), minute = two(at + 4);
        if (hour > 23 || minute > 59)
                return false;
        *ret_offset = (int)(hour * 60 + minute) * (*at == '-' ? -1 : 1);
        return true;
}

/* full-time. A leap second can only be the last one of a day in UTC. */
bool is_time(struct slice text)
{
        int offset;
        if (text.size < 9 || !has_shape(text.data, "00:00:00", 8) || !time_end(text.data + 8, text.data + text.size, &offset))
                return false;
        unsigned hour = two(text.data), minute = two(text.data + 3), second = two(text.data + 6);
        if (hour > 23 || minute > 59 || second > 60)
                return false;
        return second < 60 || ((int)(hour * 60 + minute) - offset + 24 * 60) % (24 * 60) == 23 * 60 + 59;
}

bool is_date(struct slice text)
{
        if (text.size != 10 || !has_shape(text.data, "0000-00-00", 10))
                return false;
        return is_day(two(text.data) * 100 + two(text.data + 2), two(text.data + 5), two(text.data + 8));
}

bool is_date_time(struct slice text)
{
        if (text.size < 20 || (text.data[10] | 0x20) != 't')
                return false;
        return is_date((struct slice){ text.data, 10 }) && is_time((struct slice){ text.data + 11, text.size - 11 });
}

/* One run of units that follow each other without a gap, as the grammar nests them: "1Y2M3D", "2M3D" or "1Y", not "1Y3D".
 * Moves `*at` behind it; false when there is not even one. */
static bool duration_units(const char **at, const char *end, const char *units)
{
        const char *unit = NULL;
        while (*at < end && is_digit(**at)) {
                const char *digits = *at;
                while (digits < end && is_digit(*digits))
                        digits++;
                if (digits == end || !*digits)
                        return false;
                const char *next = strchr(units, *digits);
                if (!next || (unit && next != unit + 1))
                        return false;
                unit = next;
                *at = digits + 1;
        }
        return unit != NULL;
}

bool is_duration(struct slice text)
{
        if (text.size < 3 || text.data[0] != 'P')
                return false;
        const char *at = text.data + 1, *end = slice_end(text);
        if (end[-1] == 'W')
                return duration_units(&at, end, "W") && at == end;
        if (*at != 'T' && !duration_units(&at, end, "YMD"))
                return false;
        if (at == end)
                return true;
        return *at++ == 'T' && duration_units(&at, end, "HMS") && at == end;
}
