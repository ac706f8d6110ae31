/* By which channel a visit came: the groups that most reports begin with. The rules are a table in channel.c, after the default
 * channel group of Google Analytics 4, asked in that order, with assistants as a channel of their own. Case does not matter. */
#ifndef ENRICH_CHANNEL_H
#define ENRICH_CHANNEL_H
#include "enrich/referrer_table.h"

#define CHANNELS(X)                                                                                                            \
        X(direct, "direct") X(cross_network, "cross-network") X(paid_shopping, "paid-shopping") X(paid_search, "paid-search")  \
        X(paid_social, "paid-social") X(paid_video, "paid-video") X(display, "display") X(paid_other, "paid-other")            \
        X(organic_shopping, "organic-shopping") X(organic_social, "organic-social") X(organic_video, "organic-video")          \
        X(organic_search, "organic-search") X(ai_assistant, "ai-assistant") X(email, "email") X(affiliates, "affiliates")      \
        X(referral, "referral") X(audio, "audio") X(sms, "sms") X(mobile_push, "mobile-push") X(unassigned, "unassigned")
enum channel {
#define CHANNEL(id, name) CHANNEL_##id,
        CHANNELS(CHANNEL)
#undef CHANNEL
        CHANNEL_COUNT,
};
extern const struct slice CHANNEL_NAMES[CHANNEL_COUNT];

/* What sort of site a source is. */
enum channel_site {
        CHANNEL_SITE_none, CHANNEL_SITE_other, CHANNEL_SITE_search, CHANNEL_SITE_social, CHANNEL_SITE_video,
        CHANNEL_SITE_shopping, CHANNEL_SITE_email, CHANNEL_SITE_display, CHANNEL_SITE_affiliate, CHANNEL_SITE_ai_assistant,
};
/* Of a referrer's site. */
enum channel_site channel_site_of(enum referrer_medium medium, struct slice source);
/* Of a campaign's source: "facebook", "fb", "youtube.com", "Google"; CHANNEL_SITE_none when it is nothing that we know. */
enum channel_site channel_site_named(const struct referrer_table *table, struct slice source);

/* What the rules look at; texts may be empty. */
struct channel_facts {
        struct slice      source, medium, name;    /* of the campaign */
        enum channel_site site;    /* of the campaign's source, else of the click's network, else of the referrer */
        bool              paid;    /* a click that its network was paid for; counts where the campaign has no medium */
};
/* Never CHANNEL_direct for a campaign unless it says so itself: "(direct)", "(none)". */
enum channel channel_find(const struct channel_facts *facts);
void channels_print_reference(FILE *out);          /* a part of docs/reference/referrers.md */
#endif
