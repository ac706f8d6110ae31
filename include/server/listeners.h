/* The sockets of the service: handed over by systemd, or opened by ourselves, one set a worker. */
#ifndef SERVER_LISTENERS_H
#define SERVER_LISTENERS_H
#include "config/config.h"

#define LISTENERS_MAX 64
#define LISTENER_TEXT 104
struct listeners {
        int    descriptor[LISTENERS_MAX];
        size_t count;
        bool   secure;             /* for clients that speak TLS */
        bool   inherited;          /* others have them, too, and they outlive us */
        bool   shared;             /* one set for all threads: each takes duplicates; else each opens its own (SO_REUSEPORT) */
        struct listeners *shares;  /* by listeners_share() */
        size_t            share_count;
};
/* The role of a socket by the name that systemd gives it: FileDescriptorName, or that of its unit when the unit says nothing
 * ("millrace-admin.socket"). */
const char *listeners_role(const char *name);
/* Sockets handed over by systemd whose role this is ("events", "events-tls", "admin"); count 0: there are none. */
void listeners_inherit(const char *name, struct listeners *ret_listeners);
/* Opens every address; with `reuse_port` others may do the same. False: every address that cannot be had is in `errors`. */
bool listeners_open(const option_list *addresses, bool reuse_port, struct listeners *ret_listeners, struct errors *errors);
/* The set of a thread. The first takes duplicates; the next ones the same addresses again, with the ports that the kernel chose,
 * or duplicates when the sockets are shared. */
bool listeners_of(const struct listeners *listeners, bool first, struct listeners *ret_listeners, struct error *err);
/* The sets of so many threads, the first one's first, in `shares`: all at once, as long as the process may bind (every socket of
 * an SO_REUSEPORT group wants the same user). What a thread takes out of its set is its own. */
bool listeners_share(struct listeners *listeners, size_t threads, struct errors *errors);
/* And what is left of the shares. */
void listeners_close(struct listeners *listeners);
/* "http://127.0.0.1:8080" of the n-th, "https://..." of a secure one. */
void listeners_address(const struct listeners *listeners, size_t index, char text[static LISTENER_TEXT]);
#endif
