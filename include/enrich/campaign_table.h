/* Which parameter of a page's address says what of a campaign: the lists of `enrich.campaign.*`, and the click ids. Made once a
 * plan, then immutable and shared. */
#ifndef ENRICH_CAMPAIGN_TABLE_H
#define ENRICH_CAMPAIGN_TABLE_H
#include "enrich/channel.h"
#include "enrich/url.h"

/* What a campaign has, CAMPAIGN(id, name): an option enrich.campaign.NAME with a list of parameters, a field campaign.NAME. */
#define CAMPAIGN_PARTS(X)                                                                                                      \
        X(source) X(medium) X(name) X(term) X(content) X(id) X(group) X(placement) X(source_platform) X(creative_format)       \
        X(marketing_tactic)
enum campaign_part {
#define PART(id) CAMPAIGN_##id,
        CAMPAIGN_PARTS(PART)
#undef PART
        CAMPAIGN_PART_COUNT,       /* the extras follow, fields of the configuration's own */
};
#define CAMPAIGN_EXTRAS 32         /* at most */
#define CAMPAIGN_SLOTS (CAMPAIGN_PART_COUNT + CAMPAIGN_EXTRAS)
#define CAMPAIGN_CLICKS 254        /* click ids, ours included, at most */

struct campaign_click {
        struct slice      network;
        enum channel_site site;
        bool              paid;
};
struct campaign_table;

/* Empty. */
struct campaign_table *campaign_table_new(void);
void campaign_table_free(struct campaign_table *table);
/* The parameter says this; one that was added earlier for the same slot goes before it. False: no name of a parameter (empty, or
 * longer than 64 bytes). */
bool campaign_table_add(struct campaign_table *table, struct slice parameter, size_t slot);
/* The parameter is a click id of that network; earlier ones go before it, and one that is there already stays as it is. An
 * empty network takes the parameter away. The texts are copied. False: no name, or too many. */
bool campaign_table_add_click(struct campaign_table *table, struct slice parameter, const struct campaign_click *click);
/* click_ids.def */
void campaign_table_add_own_clicks(struct campaign_table *table);
const struct campaign_click *campaign_table_click(const struct campaign_table *table, size_t number);    /* from 0 */

/* What an address has: raw values, as they stand there. */
struct campaign_found {
        uint64_t     slots;        /* bit s: value[s] is there, and not empty */
        struct slice value[CAMPAIGN_SLOTS];
        uint8_t      rank[CAMPAIGN_SLOTS];
        struct slice click;        /* data NULL: none */
        size_t       click_number; /* of campaign_table_click() */
};
/* Looks at the parameters of the query, then at those of the fragment; *found is set as a whole. Of a slot's parameters the one
 * that was added first counts, of the same one twice the first. Those of Piano Analytics (at_...) count only where both
 * at_medium and at_campaign are there, as for Piano itself. Case does not matter in names. False: there is nothing. */
bool campaign_table_find(const struct campaign_table *table, struct slice query, struct slice fragment,
                         struct campaign_found *found);
#endif
