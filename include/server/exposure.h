/* Which listeners other machines can reach, and what must be said before they may: a forgotten key file or token must not open a
 * service to the network. */
#ifndef SERVER_EXPOSURE_H
#define SERVER_EXPOSURE_H
#include "server/listeners.h"

enum exposed { EXPOSED_EVENTS, EXPOSED_ADMIN, EXPOSED_COUNT };
/* The addresses of both listeners; none at first. */
struct exposure;
struct exposure *exposure_new(void);
void             exposure_free(struct exposure *exposure); /* NULL is fine */
/* By what the configuration says; names are looked up, and those that nobody knows are left out. */
void exposure_add_names(struct exposure *exposure, enum exposed which, const option_list *names);
/* By what is open, or was handed over by systemd. */
void exposure_add_sockets(struct exposure *exposure, enum exposed which, const struct listeners *listeners);
/* By sockets where there are any, else by names. */
void exposure_add(struct exposure *exposure, enum exposed which, const struct listeners *listeners, const option_list *names);
/* Events that everybody on the network may send need keys.file or keys.open, an admin listener needs admin.token, and the two
 * share no address. UNIX sockets and loopback are not the network. False: every mistake is in `errors`. */
bool exposure_check(const struct exposure *exposure, const struct config *config, struct errors *errors);
#endif
