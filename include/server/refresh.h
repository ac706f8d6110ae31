/* The thread that asks the remote registries now and then, and says when something changed. It never stands in an event's way. */
#ifndef SERVER_REFRESH_H
#define SERVER_REFRESH_H
#include "schema/remote.h"

struct refresh;
/* NULL when `remote` is: every call below takes that. */
struct refresh *refresh_new(struct remote *remote, int64_t every_ms);
int             refresh_descriptor(const struct refresh *refresh);     /* readable when something changed; -1: never */
bool            refresh_changed(struct refresh *refresh);              /* since the last call */
void            refresh_free(struct refresh *refresh);
#endif
