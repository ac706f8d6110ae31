/* What of an address may be shown: nothing, its network, a keyed hash, or all of it. */
#ifndef ENRICH_ADDRESS_MASK_H
#define ENRICH_ADDRESS_MASK_H
#include "base/address.h"
#include "base/hmac.h"
#include "config/config.h"

enum address_show { SHOW_NOTHING, SHOW_NETWORK, SHOW_HASH, SHOW_ALL };
/* The options enrich.client.ip and what belongs to it; immutable, for all threads. */
struct address_mask {
        enum address_show show;
        unsigned bits4, bits6;     /* that the network keeps */
        bool     letters;          /* an `x` for each octet or segment that is taken away */
        struct hmac_key *key;      /* of hashes; the mask's */
        int64_t  rotate;           /* ms that a salt lasts; 0: for ever */
};
/* Every mistake is added to `errors`; false then. */
bool address_mask_init(struct address_mask *mask, const struct config *config, struct errors *errors);
void address_mask_done(struct address_mask *mask);

#define ADDRESS_HASH_TEXT 32
/* "81.2.69.0", "81.2.69.x", "2001:db8::", "2001:db8:0:x:x:x:x:x" of a known address; bytes written, without terminator. */
size_t address_mask_network(const struct address_mask *mask, const struct address *address, char text[ADDRESS_TEXT]);

/* A worker's: the salt of the period that the last address was of. All-zero is ready. */
struct address_salt { struct hmac_key *key; int64_t period; };
void   address_salt_done(struct address_salt *salt);
/* The number of the period that a time (ms since 1970) is in. */
int64_t address_mask_period(const struct address_mask *mask, int64_t time);
/* ADDRESS_HASH_TEXT hexadecimal digits of HMAC-SHA-256(salt, the 16 bytes of the address, IPv4 mapped), where the salt is
 * HMAC-SHA-256(key, "client.ip PERIOD"). */
void   address_mask_hash(const struct address_mask *mask, struct address_salt *salt, const struct address *address,
                         int64_t period, char text[static ADDRESS_HASH_TEXT]);
#endif
