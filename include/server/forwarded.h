/* Who the client is when proxies stand between: X-Forwarded-For and Forwarded (RFC 7239), believed only from proxies that
 * the configuration names. */
#ifndef SERVER_FORWARDED_H
#define SERVER_FORWARDED_H
#include "base/address.h"
#include "config/config.h"
#include "event/event.h"
#include "server/http.h"

struct trust;              /* the trusted networks of one configuration */
struct trust *trust_new(const struct config *config, struct error *err);
void          trust_free(struct trust *trust);
bool          trust_has(const struct trust *trust, const struct address *address);
/* The peer, unless it is trusted: then the list is walked from its right end, over trusted proxies, to the first address that
 * is not. Only the header of `http.forwarded_header` is looked at: the other one passes through proxies as the client wrote
 * it. Not known when the entry is unreadable ("unknown", "_hidden"). */
void          trust_client(const struct trust *trust, const struct address *peer, const struct http_request *request,
                           struct client *ret_client);     /* its address, hops and claimed */
#endif
