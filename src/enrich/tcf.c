#include "enrich/tcf.h"

/* Bits of the core segment, each digit being six of them. Past the end `short_of` is set and zeros are read. */
struct bits {
        struct slice text;
        size_t       at;           /* bit */
        bool         short_of;
};

static uint64_t take(struct bits *bits, unsigned count)    /* at most 57 */
{
        uint64_t value = 0;
        size_t   end = bits->at + count;
        if (count == 0 || end > 6 * bits->text.size) {
                bits->short_of |= count > 0;
                return 0;
        }
        for (size_t i = bits->at / 6; i * 6 < end; i++)
                value = value << 6 | (uint64_t)char_base64(bits->text.data[i], '-', '_');
        value >>= (6 - end % 6) % 6;
        bits->at = end;
        return value & ((UINT64_C(1) << count) - 1);
}

/* A mask whose first bit in the string is number 1. */
static uint32_t take_mask(struct bits *bits, unsigned count)
{
        uint32_t mask = 0, value = (uint32_t)take(bits, count);
        for (unsigned i = 0; i < count; i++)
                mask |= (value >> (count - 1 - i) & 1) << i;
        return mask;
}

/* One of the two lists of vendors: a bit for each, or ranges of numbers. Moves behind it; whether the vendor is in it. */
static bool take_vendor(struct bits *bits, uint16_t vendor)
{
        size_t most = take(bits, 16), found = 0;
        if (take(bits, 1) == 0) {
                struct bits one = *bits;
                one.at += (size_t)vendor - 1;
                found = vendor > 0 && vendor <= most ? take(&one, 1) : 0;
                bits->at += most;
                bits->short_of |= one.short_of || bits->at > 6 * bits->text.size;
                return found;
        }
        for (size_t count = take(bits, 12); count && !bits->short_of; count--) {
                bool     range = take(bits, 1);
                uint64_t first = take(bits, 16), last = range ? take(bits, 16) : first;
                found |= vendor > 0 && vendor >= first && vendor <= last;
        }
        return found;
}

static struct slice core_of(struct slice text)
{
        const char *dot = text.size ? memchr(text.data, '.', text.size) : NULL;
        struct slice core = { text.data, dot ? (size_t)(dot - text.data) : text.size };
        while (core.size && core.data[core.size - 1] == '=')
                core.size--;
        for (size_t i = 0; i < core.size; i++)
                if (char_base64(core.data[i], '-', '_') < 0)
                        return (struct slice){ 0 };
        return core;
}

static void take_country(struct bits *bits, char country[2])
{
        for (size_t i = 0; i < 2; i++) {
                uint64_t letter = take(bits, 6);
                country[i] = (char)(letter < 26 ? 'A' + letter : '?');
        }
}

bool tcf_read(struct slice text, uint16_t vendor, struct tcf *ret_tcf)
{
        struct bits bits = { .text = text.size <= TCF_MAX ? core_of(text) : (struct slice){ 0 } };
        struct tcf  tcf = { 0 };
        if (take(&bits, 6) != 2)
                return false;
        tcf.created = (int64_t)take(&bits, 36) * 100;      /* tenths of a second */
        tcf.updated = (int64_t)take(&bits, 36) * 100;
        tcf.cmp = (uint16_t)take(&bits, 12);
        tcf.cmp_version = (uint16_t)take(&bits, 12);
        (void)take(&bits, 6);      /* the screen */
        (void)take(&bits, 12);     /* its language */
        tcf.vendor_list = (uint16_t)take(&bits, 12);
        tcf.policy = (uint8_t)take(&bits, 6);
        (void)take(&bits, 2);      /* for one service alone; texts not of the standard */
        tcf.features = take_mask(&bits, TCF_FEATURES);
        tcf.purposes = take_mask(&bits, TCF_PURPOSES);
        tcf.interests = take_mask(&bits, TCF_PURPOSES);
        (void)take(&bits, 1);      /* how purpose 1 is treated */
        take_country(&bits, tcf.country);
        tcf.vendor_consent = take_vendor(&bits, vendor);
        tcf.vendor_interest = take_vendor(&bits, vendor);
        if (bits.short_of)
                return false;
        *ret_tcf = tcf;
        return true;
}
