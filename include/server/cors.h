/* Cross-origin requests (Fetch standard): which pages' scripts may send to us and read our answers. */
#ifndef SERVER_CORS_H
#define SERVER_CORS_H
#include "base/buffer.h"
#include "config/config.h"

/* A pattern is `*`, an origin ("https://shop.example", "http://localhost:3000"), or one with `*.` for one or more labels at
 * the start of its host (`*.example.com`, which is not example.com). Ports are part of the origin. */
bool cors_fits(struct slice pattern, struct slice origin);
/* Whether any of http.cors.origins fits. */
bool cors_allows(const struct config *config, struct slice origin);
/* The Access-Control-* and Vary lines of a usual answer; `origin` data NULL: the request had none. */
void cors_add(const struct config *config, struct slice origin, struct buffer *out);
/* The lines of the answer to a preflight request; `methods` as in Allow. */
void cors_add_preflight(const struct config *config, struct slice origin, struct slice methods, struct buffer *out);
#endif
