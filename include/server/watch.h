/* The files that a plan's enrichments, certificates and keys were loaded from: did one change? Looked at now and then, by the
 * main thread; a change counts when the file has stayed as it is from one look to the next, so that a half-written one is not
 * read. */
#ifndef SERVER_WATCH_H
#define SERVER_WATCH_H
#include "enrich/enrich.h"
#include "server/tls.h"

struct watch;
struct watch *watch_new(void);
void          watch_free(struct watch *watch);     /* NULL is fine */
/* From now on these are the files (`tls` NULL: no certificates). `loaded`: when their loading began (ms since 1970): one that
 * changed since may have been read before, and counts as changed. */
void          watch_set(struct watch *watch, const struct enrich_plan *plan, const struct tls *tls, int64_t loaded);
/* And this one, until the next watch_set(). */
void          watch_add(struct watch *watch, const char *path, int64_t loaded);
/* True when files have changed since they were loaded, or since the last look that said so, and none is being changed now. */
bool          watch_look(struct watch *watch);
/* The i-th of the files that the last look told of; NULL behind the last. Good until the next look or watch_set(). */
const char   *watch_changed(const struct watch *watch, size_t i);
#endif
