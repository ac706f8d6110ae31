/* Patterns with holes: `*` is any text, `?` is one character, everything else is itself. */
#ifndef ENRICH_GLOB_H
#define ENRICH_GLOB_H
#include "base/base.h"

#define GLOB_MAX 256               /* bytes; who takes a glob from a file refuses longer ones */

/* Whether the glob matches the whole text. A `?` matches one UTF-8 character, or one byte of what is not UTF-8. At most
 * text.size times glob.size steps; linear where no `?` stands behind a `*`. */
bool glob_match(struct slice glob, struct slice text);
/* Whether the glob matches any text of the shape, in which `*` is any text without '/', and everything else is itself; a `?` of
 * the glob is one byte here. True, too, when one of them is longer than GLOB_MAX. */
bool glob_meets(struct slice glob, struct slice shape);
#endif
