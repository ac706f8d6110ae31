/* Remote registries in Iglu's static HTTP layout (`GET {base}/schemas/{vendor}/{name}/jsonschema/{version}`, header `apikey`), in order.
 * Asked when a plan loads and in the background; what they answered is kept in a disk cache, so that a dead one changes nothing. */
#ifndef SCHEMA_REMOTE_H
#define SCHEMA_REMOTE_H
#include "config/config.h"

struct remote;
/* NULL when the configuration names no remote registry, or something is wrong with it (then `errors` grew). */
struct remote *remote_new(const struct config *config, struct errors *errors);
void           remote_free(struct remote *remote);         /* NULL is fine */
/* An event named a schema ("vendor/name/M-R-A") that the plan does not have: ask for it, once. Any thread, cheap, bounded. */
void           remote_want(struct remote *remote, struct slice key);
bool           remote_wanted(const struct remote *remote);         /* something is waiting to be asked for; any thread */
/* Asks for what is wanted, and with `all` for news of everything; blocks, on a thread of its own. True: the plan should be loaded anew. */
bool           remote_refresh(struct remote *remote, bool all);
#endif
