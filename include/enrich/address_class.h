/* What an address is for: the special-purpose registries of IANA (RFC 6890 and what was added since). */
#ifndef ENRICH_ADDRESS_CLASS_H
#define ENRICH_ADDRESS_CLASS_H
#include "base/address.h"

enum address_class {
        ADDRESS_PUBLIC, ADDRESS_PRIVATE, ADDRESS_CGNAT, ADDRESS_LOOPBACK, ADDRESS_LINK_LOCAL, ADDRESS_DOCUMENTATION,
        ADDRESS_BENCHMARK, ADDRESS_MULTICAST, ADDRESS_RESERVED, ADDRESS_CLASSES,
};
extern const struct slice ADDRESS_CLASS_NAMES[ADDRESS_CLASSES];
/* Of a known address. What is not global and has no class of its own is reserved. */
enum address_class address_class(const struct address *address);
/* 0.0.0.0 or ::, which says that there is no address. */
bool address_unspecified(const struct address *address);
#endif
