#include "enrich/address_class.h"

const struct slice ADDRESS_CLASS_NAMES[ADDRESS_CLASSES] = {
        [ADDRESS_PUBLIC] = SLICE_INIT("public"),
        [ADDRESS_PRIVATE] = SLICE_INIT("private"),
        [ADDRESS_CGNAT] = SLICE_INIT("cgnat"),
        [ADDRESS_LOOPBACK] = SLICE_INIT("loopback"),
        [ADDRESS_LINK_LOCAL] = SLICE_INIT("link_local"),
        [ADDRESS_DOCUMENTATION] = SLICE_INIT("documentation"),
        [ADDRESS_BENCHMARK] = SLICE_INIT("benchmark"),
        [ADDRESS_MULTICAST] = SLICE_INIT("multicast"),
        [ADDRESS_RESERVED] = SLICE_INIT("reserved"),
};

#define V4(a, b, c, d) { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, a, b, c, d }
#define V6(a, b, c) { (a) >> 8, (a) & 255, (b) >> 8, (b) & 255, (c) >> 8, (c) & 255 }

/* The first that has the address counts: smaller networks stand before those they are in. */
static const struct { struct network network; enum address_class class; } NETWORKS4[] = {
        { { V4(10, 0, 0, 0), 96 + 8 },        ADDRESS_PRIVATE },           /* RFC 1918 */
        { { V4(172, 16, 0, 0), 96 + 12 },     ADDRESS_PRIVATE },
        { { V4(192, 168, 0, 0), 96 + 16 },    ADDRESS_PRIVATE },
        { { V4(100, 64, 0, 0), 96 + 10 },     ADDRESS_CGNAT },             /* RFC 6598 */
        { { V4(127, 0, 0, 0), 96 + 8 },       ADDRESS_LOOPBACK },
        { { V4(169, 254, 0, 0), 96 + 16 },    ADDRESS_LINK_LOCAL },        /* RFC 3927 */
        { { V4(192, 0, 2, 0), 96 + 24 },      ADDRESS_DOCUMENTATION },     /* RFC 5737 */
        { { V4(198, 51, 100, 0), 96 + 24 },   ADDRESS_DOCUMENTATION },
        { { V4(203, 0, 113, 0), 96 + 24 },    ADDRESS_DOCUMENTATION },
        { { V4(233, 252, 0, 0), 96 + 24 },    ADDRESS_DOCUMENTATION },     /* RFC 6676 */
        { { V4(198, 18, 0, 0), 96 + 15 },     ADDRESS_BENCHMARK },         /* RFC 2544 */
        { { V4(192, 0, 0, 9), 96 + 32 },      ADDRESS_PUBLIC },            /* RFC 7723, global although inside the next */
        { { V4(192, 0, 0, 10), 96 + 32 },     ADDRESS_PUBLIC },            /* RFC 8155 */
        { { V4(192, 0, 0, 0), 96 + 24 },      ADDRESS_RESERVED },          /* RFC 6890 */
        { { V4(192, 88, 99, 0), 96 + 24 },    ADDRESS_RESERVED },          /* RFC 7526 */
        { { V4(224, 0, 0, 0), 96 + 4 },       ADDRESS_MULTICAST },
        { { V4(240, 0, 0, 0), 96 + 4 },       ADDRESS_RESERVED },          /* RFC 1112, and broadcast */
        { { V4(0, 0, 0, 0), 96 + 8 },         ADDRESS_RESERVED },          /* "this network", RFC 791 */
        { { V4(0, 0, 0, 0), 96 },             ADDRESS_PUBLIC },
};
static const struct { struct network network; enum address_class class; } NETWORKS6[] = {
        { { V6(0x2001, 0xdb8, 0), 32 },       ADDRESS_DOCUMENTATION },     /* RFC 3849 */
        { { V6(0x3fff, 0, 0), 20 },           ADDRESS_DOCUMENTATION },     /* RFC 9637 */
        { { V6(0x2001, 0, 0), 32 },           ADDRESS_PUBLIC },            /* Teredo, RFC 4380 */
        { { V6(0x2001, 2, 0), 48 },           ADDRESS_BENCHMARK },         /* RFC 5180 */
        { { { 0x20, 1, 0, 1, [15] = 1 }, 128 }, ADDRESS_PUBLIC },          /* RFC 7723 */
        { { { 0x20, 1, 0, 1, [15] = 2 }, 128 }, ADDRESS_PUBLIC },          /* RFC 8155 */
        { { { 0x20, 1, 0, 1, [15] = 3 }, 128 }, ADDRESS_PUBLIC },          /* RFC 9665 */
        { { V6(0x2001, 3, 0), 32 },           ADDRESS_PUBLIC },            /* AMT, RFC 7450 */
        { { V6(0x2001, 4, 0x112), 48 },       ADDRESS_PUBLIC },            /* AS112, RFC 7535 */
        { { V6(0x2001, 0x20, 0), 28 },        ADDRESS_PUBLIC },            /* ORCHIDv2, RFC 7343 */
        { { V6(0x2001, 0x30, 0), 28 },        ADDRESS_PUBLIC },            /* RFC 9374 */
        { { V6(0x2001, 0, 0), 23 },           ADDRESS_RESERVED },          /* RFC 2928 */
        { { V6(0x2000, 0, 0), 3 },            ADDRESS_PUBLIC },
        { { V6(0xfc00, 0, 0), 7 },            ADDRESS_PRIVATE },           /* RFC 4193 */
        { { V6(0xfe80, 0, 0), 10 },           ADDRESS_LINK_LOCAL },
        { { V6(0xff00, 0, 0), 8 },            ADDRESS_MULTICAST },
        { { { [15] = 1 }, 128 },              ADDRESS_LOOPBACK },
        { { V6(0x64, 0xff9b, 1), 48 },        ADDRESS_RESERVED },          /* RFC 8215 */
        { { V6(0x64, 0xff9b, 0), 96 },        ADDRESS_PUBLIC },            /* IPv4 by translation, RFC 6052 */
};

/* Most addresses are in none of the small networks; a look at their first bytes tells. */
static bool plain4(unsigned char first)
{
        static const bool SPECIAL[256] = { [0] = true, [10] = true, [100] = true, [127] = true, [169] = true, [172] = true,
                                           [192] = true, [198] = true, [203] = true };
        return first < 224 && !SPECIAL[first];
}
static bool plain6(const unsigned char *bytes)
{
        return bytes[0] >> 5 == 1 && !(bytes[0] == 0x20 && bytes[1] == 1) && !(bytes[0] == 0x3f && bytes[1] == 0xff);
}

enum address_class address_class(const struct address *address)
{
        bool v4 = address_is_v4(address);
        if (v4 ? plain4(address->bytes[12]) : plain6(address->bytes))
                return ADDRESS_PUBLIC;
        if (v4) {
                for (size_t i = 0; i < COUNT_OF(NETWORKS4); i++)
                        if (network_has(&NETWORKS4[i].network, address))
                                return NETWORKS4[i].class;
                return ADDRESS_RESERVED;
        }
        for (size_t i = 0; i < COUNT_OF(NETWORKS6); i++)
                if (network_has(&NETWORKS6[i].network, address))
                        return NETWORKS6[i].class;
        return ADDRESS_RESERVED;
}

bool address_unspecified(const struct address *address)
{
        static const unsigned char ZERO[16] = { 0 };
        return address->known && (memcmp(address->bytes, ZERO, 16) == 0 ||
                                  (address_is_v4(address) && memcmp(address->bytes + 12, ZERO, 4) == 0));
}
