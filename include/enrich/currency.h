/* Currencies by ISO 4217: which codes there are, and how many digits their minor unit has. */
#ifndef ENRICH_CURRENCY_H
#define ENRICH_CURRENCY_H
#include "base/base.h"

#define CURRENCIES 232              /* how many there are */

struct currency {
        struct slice code;         /* three capital letters; lives for ever */
        uint16_t     number;       /* below CURRENCIES, sorted by code; of this version of the program only */
        uint8_t      digits;       /* 2: a hundredth. 0: there is no smaller unit in use */
        bool         minor;        /* false: the standard names no minor unit (gold, special drawing rights); digits is 0 */
        bool         historic;     /* withdrawn, DEM; the digits are those that it last had */
};
/* False: there is no such code. Letters of either case; XTS and XXX mean no currency and are none. */
bool currency_find(struct slice code, struct currency *ret_currency);
/* All of them, sorted by code; false: index is behind the last. */
bool currency_at(size_t index, struct currency *ret_currency);
#endif
