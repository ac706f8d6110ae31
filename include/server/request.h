/* What a request asks for beside its events: parts of its query, preferences, and what its labels say of the body. Pure functions
 * over the head's bytes. */
#ifndef SERVER_REQUEST_H
#define SERVER_REQUEST_H
#include "server/http.h"

/* "verbose", "verbose=1", not "verbose=0" or "verbose=false"; the first part of that name counts. */
bool         request_flag(struct slice query, struct slice name);
/* The value of the first part of that name, percent-encoded as sent; data NULL: there is none, or it has no `=`. */
struct slice request_parameter(struct slice query, struct slice name);
/* `Prefer: return=representation` among the preferences (RFC 7240, section 2, which compares them without regard to case). */
bool         request_prefers_representation(const struct http_request *http);
/* A Content-Type of newline-delimited JSON, under any of its names. */
bool         request_has_lines(struct slice content_type);
#endif
