#include "enrich/rates.h"
#include "base/clock.h"
#include "base/file.h"
#include "enrich/csv.h"
#include "json/members.h"
#include <stdarg.h>

struct reading {
        const char    *file;
        struct errors *errors;
        struct rates  *rates;
        struct currency base;
        bool           dated, based;
        size_t         mistakes;
};
#define MISTAKES_MOST 20

static bool mistake(struct reading *reading, size_t line, const char *format, ...) __attribute__((format(printf, 3, 4)));
static bool mistake(struct reading *reading, size_t line, const char *format, ...)
{
        struct error err;
        va_list args;
        va_start(args, format);
        (void)vsnprintf(err.text, sizeof(err.text), format, args);
        va_end(args);
        if (reading->mistakes++ >= MISTAKES_MOST)
                return false;
        if (line == 0)
                return errors_add(reading->errors, "%s: %s", reading->file, err.text);
        return errors_add(reading->errors, "%s: line %zu: %s", reading->file, line, err.text);
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static struct slice trim(struct slice text)
{
        while (text.size && (*text.data == ' ' || *text.data == '\t'))
                text.data++, text.size--;
        while (text.size && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
                text.size--;
        return text;
}

static int shown(struct slice text) { return (int)(text.size < 60 ? text.size : 60); }

static struct slice plain(struct slice raw)
{
        return raw.size >= 2 && *raw.data == '"' ? (struct slice){ raw.data + 1, raw.size - 2 } : raw;
}

/* ---- what every layout says ---- */

/* "20 November 2026", as the European Central Bank's CSV has it; false: it is not. */
static bool date_in_words(struct slice text, char iso[static 16])
{
        static const char *const MONTHS[] = { "January", "February", "March",     "April",   "May",      "June",
                                              "July",    "August",   "September", "October", "November", "December" };
        char word[16];
        int  day = 0, year = 0, used = 0;
        size_t at = 0;
        while (at < text.size && at < 2 && is_digit(text.data[at]))
                day = day * 10 + (text.data[at++] - '0');
        if (at == 0 || at >= text.size || text.data[at++] != ' ')
                return false;
        for (; at < text.size && is_letter(text.data[at]) && used < 15; used++)
                word[used] = text.data[at++];
        word[used] = '\0';
        if (text.size - at != 5 || text.data[at] != ' ')
                return false;
        while (++at < text.size)
                year = is_digit(text.data[at]) ? year * 10 + (text.data[at] - '0') : -10000;
        for (int month = 0; month < 12; month++)
                if (strcasecmp(MONTHS[month], word) == 0)
                        return year > 0 && snprintf(iso, 16, "%04d-%02d-%02d", year, month + 1, day) == RATES_DATE;
        return false;
}

/* A date, or a date-time of which the date counts. */
static void date_take(struct reading *reading, size_t line, struct slice text)
{
        char iso[16] = "", time[32];
        int64_t ms = 0;
        struct slice words = trim(text);
        if (words.size >= RATES_DATE &&
            (words.size == RATES_DATE || words.data[RATES_DATE] == 'T' || words.data[RATES_DATE] == ' '))
                memcpy(iso, words.data, RATES_DATE);
        if (!date_in_words(words, iso) && strlen(iso) != RATES_DATE)
                iso[0] = '\0';
        (void)snprintf(time, sizeof(time), "%sT00:00:00Z", iso);
        if (!clock_parse(slice_of(time), &ms)) {
                (void)mistake(reading, line, "'%.*s' is no date (2026-11-20)", shown(words), words.data);
                return;
        }
        memcpy(reading->rates->date, iso, RATES_DATE);
        reading->rates->day = ms;
        reading->dated = true;
}

static void seconds_take(struct reading *reading, size_t line, struct slice text)
{
        char iso[CLOCK_TEXT];
        struct decimal number;
        int64_t seconds;
        if (!decimal_parse(text, &number) || !decimal_minor(&number, (struct precision){ 0, ROUND_FLOOR }, &seconds) ||
            seconds < 0 || seconds > INT64_C(253402300799)) {
                (void)mistake(reading, line, "'%.*s' is no time in seconds since 1970", shown(text), text.data);
                return;
        }
        clock_format(seconds * 1000, iso);
        date_take(reading, line, (struct slice){ iso, RATES_DATE });
}

static void base_take(struct reading *reading, size_t line, struct slice code)
{
        if (currency_find(trim(code), &reading->base))
                reading->based = true;
        else
                (void)mistake(reading, line, "the base '%.*s' is no currency", shown(code), code.data);
}

static void rate_take(struct reading *reading, size_t line, struct slice code, struct slice text)
{
        struct currency currency;
        struct decimal  rate;
        if (!currency_find(trim(code), &currency))
                return;
        if (!decimal_parse(trim(text), &rate) || rate.negative || rate.magnitude == 0)
                (void)mistake(reading, line, "'%.*s' is no rate of %.*s", shown(text), text.data, SLICE_ARGS(currency.code));
        else if (reading->rates->rate[currency.number].magnitude)
                (void)mistake(reading, line, "there is a second rate of %.*s", SLICE_ARGS(currency.code));
        else
                reading->rates->rate[currency.number] = rate;
}

/* ---- JSON ---- */

static size_t line_at(struct slice text, struct slice part)
{
        size_t line, column;
        scan_position(text, part.data, &line, &column);
        return line;
}

static struct slice first_of(struct slice json, const char *const names[static 2])
{
        struct slice raw = scan_pointer(json, slice_of(names[0]));
        return raw.data ? raw : scan_pointer(json, slice_of(names[1]));
}

static void json_read(struct reading *reading, struct slice text)
{
        struct scan_error err;
        const struct scan_limits limits = { 16, SIZE_MAX };
        if (!scan_text(text, &limits, &err)) {
                (void)mistake(reading, line_at(text, (struct slice){ err.where, 0 }), "not JSON: %s", err.message);
                return;
        }
        struct slice base = first_of(text, (const char *const[]){ "/base", "/base_code" });
        struct slice rates = first_of(text, (const char *const[]){ "/rates", "/conversion_rates" });
        struct slice seconds = first_of(text, (const char *const[]){ "/timestamp", "/time_last_update_unix" });
        struct slice date = scan_pointer(text, SLICE("/date")), amount = scan_pointer(text, SLICE("/amount")), name, value;
        struct decimal units, one = decimal_of(1);
        if (base.data)
                base_take(reading, line_at(text, base), plain(base));
        if (date.data)
                date_take(reading, line_at(text, date), plain(date));
        else if (seconds.data)
                seconds_take(reading, line_at(text, seconds), plain(seconds));
        if (amount.data && (!decimal_parse(plain(amount), &units) || decimal_compare(&units, &one) != 0))
                (void)mistake(reading, line_at(text, amount), "the rates must be those of 1 unit of the base, not of %.*s",
                              shown(amount), amount.data);
        if (!rates.data || *rates.data != '{') {
                (void)mistake(reading, 0, "there is no object 'rates'");
                return;
        }
        size_t line = line_at(text, rates);
        const char *counted = rates.data;
        for (struct members members = members_of(rates); member_next(&members, &name, &value);) {
                for (; counted < value.data; counted++)
                        line += *counted == '\n';
                rate_take(reading, line, plain(name), plain(value));
        }
}

/* ---- CSV ---- */

#define CODES_MOST 1024            /* fields of a line */

static bool word_is(struct slice text, const char *word) { return slice_equal_nocase(trim(text), slice_of(word)); }

static void pair_take(struct reading *reading, const struct csv_row *row)
{
        if (row->count != 2)
                (void)mistake(reading, row->line, "%zu fields; two are expected: a currency and its rate", row->count);
        else if (word_is(row->field[0], "date"))
                date_take(reading, row->line, row->field[1]);
        else if (word_is(row->field[0], "base"))
                base_take(reading, row->line, row->field[1]);
        else if (!word_is(row->field[0], "currency"))
                rate_take(reading, row->line, row->field[0], row->field[1]);
}

/* The line of codes is there; of the days the first counts. */
static void columns_take(struct reading *reading, const struct csv_row *codes, const struct csv_row *row)
{
        if (reading->dated)
                return;
        date_take(reading, row->line, row->field[0]);
        for (size_t i = 1; i < row->count && i < codes->count; i++)
                if (trim(row->field[i]).size && !word_is(row->field[i], "N/A"))
                        rate_take(reading, row->line, codes->field[i], row->field[i]);
}

static void csv_read(struct reading *reading, char *text, size_t size)
{
        struct slice fields[CODES_MOST], head[CODES_MOST];
        struct csv_row row = { .field = fields, .most = CODES_MOST }, codes = { .field = head };
        struct csv csv;
        struct error err;
        struct currency currency;
        csv_init(&csv, text, size, ',');
        for (enum csv_answer answer; (answer = csv_next(&csv, &row, &err)) != CSV_END && reading->mistakes < MISTAKES_MOST;) {
                if (answer == CSV_BROKEN) {
                        (void)mistake(reading, 0, "%s", err.text);
                } else if (codes.count) {
                        columns_take(reading, &codes, &row);
                } else if (word_is(row.field[0], "date") && row.count > 1 && currency_find(trim(row.field[1]), &currency)) {
                        memcpy(head, fields, row.count * sizeof(*head));
                        codes.count = row.count;
                        base_take(reading, row.line, SLICE("EUR"));
                } else {
                        pair_take(reading, &row);
                }
        }
}

/* ---- the European Central Bank's XML ---- */

/* The value of an attribute of the tag; data NULL: it has none of that name. */
static struct slice attribute(struct slice tag, const char *name)
{
        const char *end = slice_end(tag);
        size_t size = strlen(name);
        for (const char *at = tag.data; (at = memmem(at, (size_t)(end - at), name, size)); at += size) {
                const char *quote = at + size;
                if (!is_space(at[-1]))       /* a tag begins with its name */
                        continue;
                while (quote < end && is_space(*quote))
                        quote++;
                if (quote == end || *quote++ != '=')
                        continue;
                while (quote < end && is_space(*quote))
                        quote++;
                const char *close = quote < end && (*quote == '"' || *quote == '\'') ?
                                    memchr(quote + 1, *quote, (size_t)(end - quote - 1)) : NULL;
                if (close)
                        return slice_between(quote + 1, close);
        }
        return (struct slice){ NULL, 0 };
}

/* Elements called Cube carry everything; no more of XML than their tags is read. */
static void xml_read(struct reading *reading, struct slice text)
{
        const char *end = slice_end(text), *at = text.data, *close;
        size_t line = 1;
        while (reading->mistakes < MISTAKES_MOST) {
                const char *start = memmem(at, (size_t)(end - at), "<Cube", 5);
                if (!start || !(close = memchr(start, '>', (size_t)(end - start))))
                        break;
                for (; at < start; at++)
                        line += *at == '\n';
                struct slice tag = slice_between(start + 1, close);
                struct slice time = attribute(tag, "time"), code = attribute(tag, "currency"), rate = attribute(tag, "rate");
                if (time.data && reading->dated)
                        break;                     /* an older day */
                if (time.data)
                        date_take(reading, line, time);
                if (code.data)
                        rate_take(reading, line, code, rate.data ? rate : SLICE(""));
                at = close;
        }
        base_take(reading, 0, SLICE("EUR"));
}

/* ---- all of them ---- */

static void rates_complete(struct reading *reading)
{
        struct rates *rates = reading->rates;
        if (reading->mistakes)
                return;
        if (!reading->based)
                (void)mistake(reading, 0, "it does not tell the base, the currency of which one unit costs these rates");
        if (!reading->dated)
                (void)mistake(reading, 0, "it does not tell the date of the rates");
        if (reading->based)
                rates->rate[reading->base.number] = decimal_of(1);
        for (size_t i = 0; i < CURRENCIES; i++)
                rates->count += rates->rate[i].magnitude != 0;
        if (rates->count < 2)
                (void)mistake(reading, 0, "there are no rates");
}

struct rates *rates_read(const char *file, char *text, size_t size, struct errors *errors)
{
        struct reading reading = { .file = file, .errors = errors, .rates = memory_get(sizeof(*reading.rates)) };
        size_t bad = csv_line_not_utf8((struct slice){ text, size });
        if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
                text += 3;
                size -= 3;
        }
        const char *first = scan_space(text, text + size);
        if (bad)
                (void)mistake(&reading, bad, "this is not UTF-8");
        else if (first < text + size && *first == '{')
                json_read(&reading, (struct slice){ text, size });
        else if (first < text + size && *first == '<')
                xml_read(&reading, (struct slice){ text, size });
        else
                csv_read(&reading, text, size);
        rates_complete(&reading);
        if (reading.mistakes == 0)
                return reading.rates;
        free(reading.rates);
        return NULL;
}

struct rates *rates_load(const char *file, struct errors *errors)
{
        struct error err;
        size_t size;
        char  *text = file_read(file, RATES_LIMIT, &size, &err);
        if (!text) {
                (void)errors_add(errors, "%s", err.text);
                return NULL;
        }
        struct rates *rates = rates_read(file, text, size, errors);
        free(text);
        return rates;
}

bool rates_convert(const struct rates *rates, const struct decimal *amount, const struct currency *from,
                   const struct currency *to, enum rounding rounding, struct decimal *ret_amount)
{
        const struct decimal *over = &rates->rate[from->number], *times = &rates->rate[to->number];
        unsigned places = amount->scale < 18 ? amount->scale : 18;
        struct precision precision = { to->minor ? to->digits : places, rounding };
        if (from->number == to->number) {
                *ret_amount = decimal_round(amount, precision);
                return true;
        }
        return times->magnitude && over->magnitude && decimal_scale(amount, times, over, precision, ret_amount);
}
