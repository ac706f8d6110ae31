#include "base/clock.h"
#include <time.h>

static int64_t read_clock(clockid_t which, int64_t per_second)
{
        struct timespec now;
        (void)clock_gettime(which, &now);
        return now.tv_sec * per_second + now.tv_nsec / (1000000000 / per_second);
}

int64_t clock_wall(void) { return read_clock(CLOCK_REALTIME, 1000); }
int64_t clock_steady(void) { return read_clock(CLOCK_MONOTONIC, 1000); }
int64_t clock_nanoseconds(void) { return read_clock(CLOCK_MONOTONIC, 1000000000); }

/* Both directions count years from March, so that the leap day is the last of its year. */
int64_t clock_days(int64_t year, unsigned month, unsigned day)
{
        year -= month <= 2;
        int64_t  era = (year >= 0 ? year : year - 399) / 400;
        unsigned of_era = (unsigned)(year - era * 400);
        unsigned of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
        return era * 146097 + (int64_t)(of_era * 365 + of_era / 4 - of_era / 100 + of_year) - 719468;
}

void clock_date(int64_t days, int64_t *ret_year, unsigned *ret_month, unsigned *ret_day)
{
        days += 719468;
        int64_t  era = (days >= 0 ? days : days - 146096) / 146097;
        unsigned of_era = (unsigned)(days - era * 146097);
        unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
        unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
        unsigned month = (5 * of_year + 2) / 153;
        *ret_day = of_year - (153 * month + 2) / 5 + 1;
        *ret_month = month < 10 ? month + 3 : month - 9;
        *ret_year = (int64_t)year + era * 400 + (*ret_month <= 2);
}

static void put_digits(char *at, size_t width, int64_t number)
{
        while (width--) {
                at[width] = (char)('0' + number % 10);
                number /= 10;
        }
}

#define DAY_MS ((int64_t)86400000)
#define YEAR_0 ((int64_t)-62167219200000)
#define YEAR_9999_END ((int64_t)253402300799999)

void clock_format(int64_t ms, char text[CLOCK_TEXT])
{
        ms = ms < YEAR_0 ? YEAR_0 : ms > YEAR_9999_END ? YEAR_9999_END : ms;
        int64_t days = ms / DAY_MS, rest = ms % DAY_MS, year;
        if (rest < 0) {
                days--;
                rest += DAY_MS;
        }
        unsigned month, day;
        clock_date(days, &year, &month, &day);
        memcpy(text, "0000-00-00T00:00:00.000Z", CLOCK_TEXT);
        put_digits(text, 4, year);
        put_digits(text + 5, 2, month);
        put_digits(text + 8, 2, day);
        put_digits(text + 11, 2, rest / 3600000);
        put_digits(text + 14, 2, rest / 60000 % 60);
        put_digits(text + 17, 2, rest / 1000 % 60);
        put_digits(text + 20, 3, rest % 1000);
}

static bool digits(const char *at, size_t count, int64_t *ret_number)
{
        int64_t number = 0;
        for (size_t i = 0; i < count; i++) {
                if (at[i] < '0' || at[i] > '9')
                        return false;
                number = number * 10 + (at[i] - '0');
        }
        *ret_number = number;
        return true;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
        static const unsigned char DAYS[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        return month == 2 && leap ? 29 : DAYS[month - 1];
}

/* "Z" or "+01:00" fills the rest of the text; the offset in minutes. */
static bool parse_zone(struct slice rest, int64_t *ret_minutes)
{
        int64_t hours, minutes;
        if (rest.size == 1 && (rest.data[0] == 'Z' || rest.data[0] == 'z')) {
                *ret_minutes = 0;
                return true;
        }
        if (rest.size != 6 || (rest.data[0] != '+' && rest.data[0] != '-') || rest.data[3] != ':' ||
            !digits(rest.data + 1, 2, &hours) || !digits(rest.data + 4, 2, &minutes) || hours > 23 || minutes > 59)
                return false;
        *ret_minutes = (rest.data[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
        return true;
}

/* Eight bytes as `form` has them, with any digit where it has a 0; their distance from the form. False: they are not. */
static inline bool eight_fit(const char *at, const char form[8], const char separators[8], unsigned char digit[8])
{
        uint64_t have, want, fixed;
        memcpy(&have, at, 8);
        memcpy(&want, form, 8);
        memcpy(&fixed, separators, 8);
        have ^= want;
        memcpy(digit, &have, 8);
        /* A digit becomes 0 to 9, a separator 0; six more than 9 shows in the upper half of the byte. */
        return ((((have + 0x0606060606060606u) | have) & 0xF0F0F0F0F0F0F0F0u) | (have & fixed)) == 0;
}

/* "2026-11-21T08:13:00.123Z", as nearly everybody writes it, eight bytes at a time. False: look closer. */
static inline bool parse_usual(struct slice text, int64_t *ret_ms)
{
        unsigned char a[8], b[8], c[8];
        if (text.size != CLOCK_TEXT || !eight_fit(text.data, "0000-00-", "\0\0\0\0\xFF\0\0\xFF", a) ||
            !eight_fit(text.data + 8, "00T00:00", "\0\0\xFF\0\0\xFF\0", b) ||
            !eight_fit(text.data + 16, ":00.000Z", "\xFF\0\0\xFF\0\0\0\xFF", c))
                return false;
        unsigned year = a[0] * 1000u + a[1] * 100u + a[2] * 10u + a[3], month = a[5] * 10u + a[6], day = b[0] * 10u + b[1];
        unsigned hour = b[3] * 10u + b[4], minute = b[6] * 10u + b[7], second = c[1] * 10u + c[2];
        if (month - 1 > 11 || day - 1 >= days_in_month(year, month) || hour > 23 || minute > 59 || second > 60)
                return false;
        unsigned ms = c[4] * 100u + c[5] * 10u + c[6];
        *ret_ms = clock_days(year, month, day) * DAY_MS + (int64_t)(hour * 3600 + minute * 60 + second) * 1000 + ms;
        return true;
}

bool clock_parse(struct slice text, int64_t *ret_ms)
{
        if (LIKELY(parse_usual(text, ret_ms)))
                return true;
        int64_t year, month, day, hour, minute, second, zone, ms = 0;
        const char *s = text.data;
        if (text.size < 20 || s[4] != '-' || s[7] != '-' || (s[10] != 'T' && s[10] != 't' && s[10] != ' ') || s[13] != ':' ||
            s[16] != ':')
                return false;
        if (!digits(s, 4, &year) || !digits(s + 5, 2, &month) || !digits(s + 8, 2, &day) || !digits(s + 11, 2, &hour) ||
            !digits(s + 14, 2, &minute) || !digits(s + 17, 2, &second))
                return false;
        if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23 || minute > 59 || second > 60)
                return false;
        size_t at = 19;
        if (s[at] == '.') {
                size_t first = ++at;
                while (at < text.size && s[at] >= '0' && s[at] <= '9') {
                        static const int64_t WEIGHT[] = { 100, 10, 1 };
                        if (at - first < COUNT_OF(WEIGHT))
                                ms += WEIGHT[at - first] * (s[at] - '0');
                        at++;
                }
                if (at == first)
                        return false;
        }
        if (!parse_zone((struct slice){ s + at, text.size - at }, &zone))
                return false;
        int64_t of_day = (hour * 3600 + minute * 60 + second) * 1000 + ms;
        *ret_ms = clock_days(year, (unsigned)month, (unsigned)day) * DAY_MS + of_day - zone * 60000;
        return true;
}

void clock_format_http(int64_t ms, char text[CLOCK_HTTP])
{
        static const char DAYS[] = "ThuFriSatSunMonTueWed", MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
        int64_t  days = ms / DAY_MS, rest = ms % DAY_MS, year;
        unsigned month, day;
        clock_date(days, &year, &month, &day);
        memcpy(text, "Thu, 01 Jan 1970 00:00:00 GMT", CLOCK_HTTP);
        memcpy(text, DAYS + days % 7 * 3, 3);
        put_digits(text + 5, 2, day);
        memcpy(text + 8, MONTHS + (month - 1) * 3, 3);
        put_digits(text + 12, 4, year);
        put_digits(text + 17, 2, rest / 3600000);
        put_digits(text + 20, 2, rest / 60000 % 60);
        put_digits(text + 23, 2, rest / 1000 % 60);
}
