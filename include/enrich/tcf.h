/* What a consent string of the IAB's Transparency and Consent Framework says, version 2 (2.0 to 2.3): its core segment, and in it
 * the word on one vendor. https://github.com/InteractiveAdvertisingBureau/GDPR-Transparency-and-Consent-Framework */
#ifndef ENRICH_TCF_H
#define ENRICH_TCF_H
#include "base/base.h"

#define TCF_MAX      8192          /* bytes of a string; longer ones are no consent strings */
#define TCF_PURPOSES 24            /* purposes, numbered from 1 */
#define TCF_FEATURES 12            /* special features, likewise */

/* Bit n - 1 of a mask is number n. */
struct tcf {
        int64_t  created, updated; /* ms since 1970; whole days in strings of today */
        uint32_t purposes;         /* that the user consented to */
        uint32_t interests;        /* whose legitimate interest was shown and not objected to */
        uint32_t features;         /* special features that the user opted in to */
        uint16_t cmp, cmp_version, vendor_list;
        uint8_t  policy;
        char     country[2];       /* of the publisher, ISO 3166-1; "AA" in many strings */
        bool     vendor_consent, vendor_interest;      /* of the vendor that was asked about; false for vendor 0 */
};
/* False: it is none, or of another version. Linear in the string; nothing outside it is read. */
bool tcf_read(struct slice text, uint16_t vendor, struct tcf *ret_tcf);
#endif
