/* Remote registries in Iglu's static HTTP layout (`GET {base}/schemas/{vendor}/{name}/jsonschema/{version}`, header `apikey`), in
 * order. Asked when a plan loads and in the background, never on an event's way; what they answered is kept in memory and in a
 * disk cache, so that a dead one changes nothing, not even at start.
 *
 * What is asked for: what the registry lists (`GET {base}/schemas`, an array of iglu: URIs, where it has that), what the cache
 * knows (by its validators, so that nothing is sent twice), and what events or schemas named and nobody had. What was once
 * given stays until the cache is emptied: versions do not change, and a registry that has lost one must not stop its events.
 *
 * A document is only taken when it is JSON with a `self` that says its name: a page of somebody's proxy is no schema.
 *
 * Bounds: schemas.count_limit documents of schemas.size_limit each; schemas.remote_time a request, and a registry that fails is
 * left alone for the rest of a refresh; 3 redirects, none when there is a key to protect; http and https only; 256 names
 * waiting, 4,096 names remembered as unknown for schemas.unknown_time: when events name more, the rest is not asked for. */
#ifndef SCHEMA_REMOTE_H
#define SCHEMA_REMOTE_H
#include "config/config.h"

struct remote;
/* NULL when the configuration names no remote registry, or something is wrong with it (then `errors` grew). Reads the cache; asks
 * the registries before it returns only when the cache knows nothing yet, for two times schemas.remote_time at most. */
struct remote *remote_new(const struct config *config, struct errors *errors);
void           remote_free(struct remote *remote);         /* NULL is fine */
/* An event named a schema ("vendor/name/M-R-A") that the plan does not have: ask for it, once. Any thread, cheap, bounded. */
void           remote_want(struct remote *remote, struct slice key);
bool           remote_wanted(const struct remote *remote);         /* something is waiting to be asked for; any thread */
/* Asks for what is wanted, and with `all` for news of everything; blocks, on a thread of its own. True: the plan should be loaded
 * anew. */
bool           remote_refresh(struct remote *remote, bool all);
/* Any thread: a refresh that runs, and every later one, ends at once. Before joining the thread that refreshes. */
void           remote_stop(struct remote *remote);
/* Every document that was given, in no order; `each` may not call back. The slices are only good inside the call. */
void remote_each(struct remote *remote, void (*each)(void *context, struct slice key, struct slice text, const char *source),
                 void *context);
/* What went wrong since the last call (a registry that fails, a cache that cannot be written), to be logged; any thread. */
void           remote_take_notes(struct remote *remote, struct errors *ret_notes);
#endif
