#include "enrich/currency.h"

/* Minor digits, and what else there is to say. */
#define OLD    0x80                /* withdrawn: no longer in ISO 4217's list one */
#define NONE   0x40                /* no minor unit: metals, units of account */
#define DIGITS 0x0F

/* ISO 4217: list one as of 2026, and the withdrawn codes with the digits that they last had. Sorted. XTS (for tests) and XXX (no
 * currency) are none. */
static const struct { char code[4]; uint8_t note; } ROWS[] = {
        { "ADP", 0 | OLD }, { "AED", 2 }, { "AFA", 2 | OLD }, { "AFN", 2 }, { "ALL", 2 }, { "AMD", 2 }, { "ANG", 2 | OLD },
        { "AOA", 2 }, { "ARS", 2 }, { "ATS", 2 | OLD }, { "AUD", 2 }, { "AWG", 2 }, { "AYM", 2 | OLD }, { "AZM", 2 | OLD },
        { "AZN", 2 }, { "BAM", 2 }, { "BBD", 2 }, { "BDT", 2 }, { "BEF", 0 | OLD }, { "BGL", 2 | OLD }, { "BGN", 2 | OLD },
        { "BHD", 3 }, { "BIF", 0 }, { "BMD", 2 }, { "BND", 2 }, { "BOB", 2 }, { "BOV", 2 }, { "BRL", 2 }, { "BSD", 2 },
        { "BTN", 2 }, { "BWP", 2 }, { "BYB", 0 | OLD }, { "BYN", 2 }, { "BYR", 0 | OLD }, { "BZD", 2 }, { "CAD", 2 },
        { "CDF", 2 }, { "CHE", 2 }, { "CHF", 2 }, { "CHW", 2 }, { "CLF", 4 }, { "CLP", 0 }, { "CNY", 2 }, { "COP", 2 },
        { "COU", 2 }, { "CRC", 2 }, { "CSD", 2 | OLD }, { "CUC", 2 | OLD }, { "CUP", 2 }, { "CVE", 2 }, { "CYP", 2 | OLD },
        { "CZK", 2 }, { "DEM", 2 | OLD }, { "DJF", 0 }, { "DKK", 2 }, { "DOP", 2 }, { "DZD", 2 }, { "EEK", 2 | OLD },
        { "EGP", 2 }, { "ERN", 2 }, { "ESP", 0 | OLD }, { "ETB", 2 }, { "EUR", 2 }, { "FIM", 2 | OLD }, { "FJD", 2 },
        { "FKP", 2 }, { "FRF", 2 | OLD }, { "GBP", 2 }, { "GEL", 2 }, { "GHC", 2 | OLD }, { "GHS", 2 }, { "GIP", 2 },
        { "GMD", 2 }, { "GNF", 0 }, { "GRD", 0 | OLD }, { "GTQ", 2 }, { "GWP", 2 | OLD }, { "GYD", 2 }, { "HKD", 2 },
        { "HNL", 2 }, { "HRK", 2 | OLD }, { "HTG", 2 }, { "HUF", 2 }, { "IDR", 2 }, { "IEP", 2 | OLD }, { "ILS", 2 },
        { "INR", 2 }, { "IQD", 3 }, { "IRR", 2 }, { "ISK", 0 }, { "ITL", 0 | OLD }, { "JMD", 2 }, { "JOD", 3 }, { "JPY", 0 },
        { "KES", 2 }, { "KGS", 2 }, { "KHR", 2 }, { "KMF", 0 }, { "KPW", 2 }, { "KRW", 0 }, { "KWD", 3 }, { "KYD", 2 },
        { "KZT", 2 }, { "LAK", 2 }, { "LBP", 2 }, { "LKR", 2 }, { "LRD", 2 }, { "LSL", 2 }, { "LTL", 2 | OLD },
        { "LUF", 0 | OLD }, { "LVL", 2 | OLD }, { "LYD", 3 }, { "MAD", 2 }, { "MDL", 2 }, { "MGA", 2 }, { "MGF", 0 | OLD },
        { "MKD", 2 }, { "MMK", 2 }, { "MNT", 2 }, { "MOP", 2 }, { "MRO", 2 | OLD }, { "MRU", 2 }, { "MTL", 2 | OLD },
        { "MUR", 2 }, { "MVR", 2 }, { "MWK", 2 }, { "MXN", 2 }, { "MXV", 2 }, { "MYR", 2 }, { "MZM", 2 | OLD }, { "MZN", 2 },
        { "NAD", 2 }, { "NGN", 2 }, { "NIO", 2 }, { "NLG", 2 | OLD }, { "NOK", 2 }, { "NPR", 2 }, { "NZD", 2 }, { "OMR", 3 },
        { "PAB", 2 }, { "PEN", 2 }, { "PGK", 2 }, { "PHP", 2 }, { "PKR", 2 }, { "PLN", 2 }, { "PTE", 0 | OLD }, { "PYG", 0 },
        { "QAR", 2 }, { "ROL", 0 | OLD }, { "RON", 2 }, { "RSD", 2 }, { "RUB", 2 }, { "RUR", 2 | OLD }, { "RWF", 0 },
        { "SAR", 2 }, { "SBD", 2 }, { "SCR", 2 }, { "SDD", 2 | OLD }, { "SDG", 2 }, { "SEK", 2 }, { "SGD", 2 }, { "SHP", 2 },
        { "SIT", 2 | OLD }, { "SKK", 2 | OLD }, { "SLE", 2 }, { "SLL", 2 | OLD }, { "SOS", 2 }, { "SRD", 2 },
        { "SRG", 2 | OLD }, { "SSP", 2 }, { "STD", 2 | OLD }, { "STN", 2 }, { "SVC", 2 }, { "SYP", 2 }, { "SZL", 2 },
        { "THB", 2 }, { "TJS", 2 }, { "TMM", 2 | OLD }, { "TMT", 2 }, { "TND", 3 }, { "TOP", 2 }, { "TPE", 0 | OLD },
        { "TRL", 0 | OLD }, { "TRY", 2 }, { "TTD", 2 }, { "TWD", 2 }, { "TZS", 2 }, { "UAH", 2 }, { "UGX", 0 }, { "USD", 2 },
        { "USN", 2 }, { "USS", 2 | OLD }, { "UYI", 0 }, { "UYU", 2 }, { "UYW", 4 }, { "UZS", 2 }, { "VEB", 2 | OLD },
        { "VED", 2 }, { "VEF", 2 | OLD }, { "VES", 2 }, { "VND", 0 }, { "VUV", 0 }, { "WST", 2 }, { "XAD", 2 }, { "XAF", 0 },
        { "XAG", NONE }, { "XAU", NONE }, { "XBA", NONE }, { "XBB", NONE }, { "XBC", NONE }, { "XBD", NONE }, { "XCD", 2 },
        { "XCG", 2 }, { "XDR", NONE }, { "XFO", NONE | OLD }, { "XFU", NONE | OLD }, { "XOF", 0 }, { "XPD", NONE }, { "XPF", 0 },
        { "XPT", NONE }, { "XSU", NONE }, { "XUA", NONE }, { "YER", 2 }, { "YUM", 2 | OLD }, { "ZAR", 2 }, { "ZMK", 2 | OLD },
        { "ZMW", 2 }, { "ZWD", 2 | OLD }, { "ZWG", 2 }, { "ZWL", 2 | OLD }, { "ZWN", 2 | OLD }, { "ZWR", 2 | OLD },
};

_Static_assert(COUNT_OF(ROWS) == CURRENCIES, "currency.h tells how many");

bool currency_at(size_t index, struct currency *ret_currency)
{
        if (index >= COUNT_OF(ROWS))
                return false;
        uint8_t note = ROWS[index].note;
        *ret_currency = (struct currency){ .code = { ROWS[index].code, 3 }, .number = (uint16_t)index,
                                           .digits = (uint8_t)(note & DIGITS), .minor = !(note & NONE),
                                           .historic = (note & OLD) != 0 };
        return true;
}

static inline uint32_t code_number(const char *code)
{
        return (uint32_t)(unsigned char)code[0] << 16 | (uint32_t)(unsigned char)code[1] << 8 | (unsigned char)code[2];
}

bool currency_find(struct slice code, struct currency *ret_currency)
{
        if (code.size != 3)
                return false;
        for (size_t i = 0; i < 3; i++)
                if ((code.data[i] | 0x20) < 'a' || (code.data[i] | 0x20) > 'z')
                        return false;
        uint32_t wanted = code_number(code.data) & 0xDFDFDF;       /* upper case */
        size_t low = 0, high = COUNT_OF(ROWS);
        while (low < high) {
                size_t middle = (low + high) / 2;
                uint32_t found = code_number(ROWS[middle].code);
                if (found == wanted) {
                        return currency_at(middle, ret_currency);
                }
                if (found < wanted)
                        low = middle + 1;
                else
                        high = middle;
        }
        return false;
}
