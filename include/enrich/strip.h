/* Takes out of URLs what identifies a person or lets somebody in: parameters by name, and whatever looks like a mail address. The
 * standard names are strip.def's. A parameter goes whole, name and value: of a query, of a fragment ("#access_token=..."), or of
 * a path segment ("/cart;jsessionid=..."). Queries are cut at "&" and ";", names compared with their %XX undone and in any
 * case. Linear in the text. Immutable, for all threads. */
#ifndef ENRICH_STRIP_H
#define ENRICH_STRIP_H
#include "config/config.h"
#include "enrich/url.h"

struct strip;
/* By `enrich.page.strip` (names; "mkt_*", "*token"; `standard` for those of strip.def; "-sid" takes one back) and
 * `enrich.page.strip_mail`. Mistakes are added to `errors`; NULL then. */
struct strip *strip_new(const struct config *config, struct errors *errors);
void          strip_free(struct strip *strip);

/* True when the parameter, raw as url_parameters_next() gives it, must not be published. */
bool strip_takes(const struct strip *strip, struct slice name, struct slice value);

/* The URL's path, query, fragment and user info without what must go; the slices change only where something does. A query
 * or a fragment of which nothing is left is absent. *ret_count grows by how many parameters went (the user info is one).
 * False: the arena is full. */
bool strip_url(const struct strip *strip, struct arena *arena, struct url *url, size_t *ret_count);
/* The same for a query alone ("?" before it or not), such as `location.search`. */
bool strip_query(const struct strip *strip, struct arena *arena, struct slice *query, size_t *ret_count);
/* The same for any text that means to be a URL, relative and broken ones included: what is not taken out stays as it was. The
 * text itself when nothing has to go. */
bool strip_text(const struct strip *strip, struct arena *arena, struct slice *text, size_t *ret_count);

/* Whether the text may hold anything that could go: a quick look, for JSON texts with their escapes, too. Not for queries. */
bool strip_suspects(struct slice text);

void strip_print_reference(FILE *out);     /* docs/reference/parameters.md */
#endif
