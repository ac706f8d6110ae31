/* Exchange rates of one day, from a file in one of the layouts in which they are published:
 *
 *   JSON    {"base":"EUR","date":"2026-11-20","rates":{"USD":1.0534}}; also `base_code`, `conversion_rates`, and seconds since
 * 1970 in `timestamp` or `time_last_update_unix` instead of the date CSV     lines of two fields: date,2026-11-20 / base,EUR /
 * USD,1.0534; a first line currency,rate is passed over ECB     the European Central Bank's eurofxref as CSV (a line of codes,
 * then one of rates a day, the newest first) or XML
 *
 * A rate is what one unit of the base costs. Codes that are no currencies (crypto, ISO 4217's XTS) are passed over. */
#ifndef ENRICH_RATES_H
#define ENRICH_RATES_H
#include "enrich/currency.h"
#include "enrich/decimal.h"

#define RATES_DATE 10              /* bytes of "2026-11-20" */

struct rates {
        struct decimal rate[CURRENCIES];           /* by currency.number; the base's is 1, an unknown one's 0 */
        size_t         count;                      /* how many are known */
        int64_t        day;                        /* ms since 1970 of the date's begin, UTC */
        char           date[RATES_DATE];           /* no terminator */
};
#define RATES_LIMIT ((size_t)16 << 20)             /* bytes of a file: all days since 1999 are 1 MB */

/* Every mistake is added as "FILE: line 7: ..."; NULL then. free() the answer. */
struct rates *rates_load(const char *file, struct errors *errors);
/* The same of a text in memory, which is written to. */
struct rates *rates_read(const char *file, char *text, size_t size, struct errors *errors);
/* The amount in another currency, rounded to that one's minor unit (where it has none, to as many digits as `amount` has, at most
 * 18). False: one of the two rates is unknown, or the result does not fit. */
bool rates_convert(const struct rates *rates, const struct decimal *amount, const struct currency *from,
                   const struct currency *to, enum rounding rounding, struct decimal *ret_amount);
#endif
