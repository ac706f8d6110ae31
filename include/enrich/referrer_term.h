/* What somebody searched for, in the address of the site's page with the results. */
#ifndef ENRICH_REFERRER_TERM_H
#define ENRICH_REFERRER_TERM_H
#include "enrich/referrer_table.h"
#include "enrich/url.h"

struct referrer_matcher;           /* a worker's memory for the patterns of lists */
struct referrer_matcher *referrer_matcher_new(void);
void referrer_matcher_free(struct referrer_matcher *matcher);

/* The first of the site's parameters and patterns that is there and not empty, in their order; parameters are looked for in the
 * query, then in the fragment, their names in any case; patterns are held against the URL's text. Plain text, as it was typed
 * (without spaces around it), valid UTF-8, in the arena or in the URL's text. data NULL: none. */
struct slice referrer_term_find(const struct referrer_site *site, const struct url *url, struct referrer_matcher *matcher,
                                struct arena *arena);
#endif
