/* Any bytes as a TCF string: read within its bounds, and the same whatever stands behind its core. */
#include "enrich/tcf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct tcf tcf, again;
        uint16_t vendor = size > 1 ? (uint16_t)(data[size - 1] << 8 | data[size - 2]) : 0;
        char *text = memory_get(size + 3);         /* of its own, so that a read past its end is seen */
        memcpy(text, data, size);
        char *copy = memory_get(size + 1);
        memcpy(copy, data, size);
        memcpy(text + size, ".YA", 3);
        bool good = tcf_read((struct slice){ copy, size }, vendor, &tcf);
        bool same = tcf_read((struct slice){ text, size + 3 }, vendor, &again);
        BUG_IF(good != same && size + 3 <= TCF_MAX);
        BUG_IF(good && same && (tcf.purposes != again.purposes || tcf.vendor_consent != again.vendor_consent ||
                                tcf.vendor_interest != again.vendor_interest));
        BUG_IF(good && (tcf.purposes >> TCF_PURPOSES || tcf.interests >> TCF_PURPOSES || tcf.features >> TCF_FEATURES));
        free(text);
        free(copy);
        return 0;
}
