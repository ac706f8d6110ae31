/* Networks that people do not live in: a file of AS numbers and address ranges, one a line, "AS64500", "64500", "192.0.2.0/24",
 * "2001:db8::1". `#` begins a comment. */
#ifndef ENRICH_BOT_NETWORKS_H
#define ENRICH_BOT_NETWORKS_H
#include "base/address.h"

struct bot_networks;       /* immutable, for all threads */

/* Every mistake becomes "FILE:LINE: sentence"; NULL then. At most NETWORKS_BYTES and NETWORKS_LINES. */
#define NETWORKS_BYTES ((size_t)32 << 20)
#define NETWORKS_LINES 1000000
struct bot_networks *bot_networks_load(const char *file, struct errors *errors);
struct bot_networks *bot_networks_read(const char *file, struct slice text, struct errors *errors);
void                 bot_networks_free(struct bot_networks *networks);
/* Binary searches: the time grows with the logarithm of the file. */
bool bot_networks_has_number(const struct bot_networks *networks, uint32_t as_number);     /* false for 0 */
bool bot_networks_has_address(const struct bot_networks *networks, const struct address *address);
/* AS numbers and ranges that are left, overlapping ones put together. */
void bot_networks_count(const struct bot_networks *networks, size_t *ret_numbers, size_t *ret_ranges);
#endif
