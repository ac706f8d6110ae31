/* References of RFC 3986, section 5, as schemas use them. Cold path. */
#ifndef SCHEMA_URI_H
#define SCHEMA_URI_H
#include "base/arena.h"
#include "base/base.h"

/* The reference resolved against the base, NUL-terminated, in the arena; NULL when that is full. An empty or relative base is
 * taken as it is: identifiers need not be absolute. */
char *uri_resolve(struct arena *arena, const char *base, struct slice reference);
/* Cuts the fragment off: puts a NUL over the '#' and returns what is behind it, or NULL when there is none. */
char *uri_cut_fragment(char *uri);
/* Undoes %XX in place. */
void  uri_decode(char *text);
#endif
