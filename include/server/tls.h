/* TLS 1.2 and 1.3 on the listeners (RFC 5246, 8446), with OpenSSL: what a configuration's tls.* options mean, and the keys that
 * session tickets are sealed with. How a connection speaks it is the loop's matter (docs/decisions/0021). */
#ifndef SERVER_TLS_H
#define SERVER_TLS_H
#include "config/config.h"

/* The process's keys of session tickets (RFC 5077, 8446 section 4.6.1): one that seals and opens, and the one before it, which
 * opens only. All workers and all configurations share them, so that a client finds its session whichever worker it meets, and
 * after a reload. They exist in memory only. Any thread. */
struct tls_tickets;
struct tls_tickets *tls_tickets_new(void);
void                tls_tickets_free(struct tls_tickets *tickets);      /* NULL is fine */
/* Gives the keys a turn when the newest has been in use for `time` ms at `now` (clock_steady()). What was sealed with one that is
 * gone is a session that nobody can open any more, whoever has recorded it. To be called now and then. */
void                tls_tickets_turn(struct tls_tickets *tickets, int64_t now, int64_t time);

/* Certificates, keys and rules: immutable, shared by all threads, counted. A connection keeps those that it began with. */
struct tls;
/* Of the tls.* options; every mistake of every file is told. `tickets` NULL: sessions are not resumed. NULL without a mistake: no
 * certificates are configured. */
struct tls *tls_new(const struct config *config, struct tls_tickets *tickets, struct errors *errors);
struct tls *tls_ref(struct tls *tls);
void        tls_unref(struct tls *tls);            /* NULL is fine; the last one frees */

/* When the first of the certificates ends, seconds since 1970. */
int64_t     tls_expiry(const struct tls *tls);
/* What a person should know about the files at `now` (ms since 1970): certificates that are over, or not valid yet, go to
 * `ret_invalid`; those that end soon and keys that everybody may read, to `ret_advice`. */
void        tls_judge(const struct tls *tls, int64_t now, struct errors *ret_invalid, struct errors *ret_advice);
/* The i-th file that it was made from; NULL behind the last. Good as long as the configuration was. */
const char *tls_watched(const struct tls *tls, size_t i);
#endif
