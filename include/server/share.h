/* How much of a loop's memory the unfinished requests of one address hold: so that one client with many slow uploads does not
 * take all of it. A table of fixed size: two addresses may fall together, and then count as one. One thread's. */
#ifndef SERVER_SHARE_H
#define SERVER_SHARE_H
#include "base/address.h"

struct share;
struct share *share_new(void);
void          share_free(struct share *share);     /* NULL is fine */
/* The place of an address (of IPv6: its /64). Addresses that are not known, and this machine's own, have none: 0. */
uint32_t      share_place(const struct share *share, const struct address *address);
/* `bytes` more for that place. False, and nothing is added: it would hold more than `most`. */
bool          share_add(struct share *share, uint32_t place, size_t bytes, size_t most);
void          share_remove(struct share *share, uint32_t place, size_t bytes);
#endif
