/* By which channel: the rules, row by row, and what the sources are. */
#include "unit.h"
#include "enrich/channel.h"

static const struct { const char *source, *medium, *name; enum channel_site site; bool paid; const char *want; } CASES[] = {
        { "", "", "", CHANNEL_SITE_none, false, "unassigned" },
        { "(direct)", "(none)", "", CHANNEL_SITE_none, false, "direct" },
        { "google", "cpc", "Cross-Network-7", CHANNEL_SITE_search, false, "cross-network" },
        { "google", "cpc", "eu_shopping_7", CHANNEL_SITE_search, false, "paid-shopping" },
        { "google", "cpc", "summer-shop", CHANNEL_SITE_search, false, "paid-shopping" },
        { "google", "cpc", "eshop", CHANNEL_SITE_search, false, "paid-shopping" },
        { "google", "cpc", "bishop", CHANNEL_SITE_search, false, "paid-search" },
        { "google", "cpc", "bishop shop", CHANNEL_SITE_search, false, "paid-shopping" },
        { "amazon", "cpc", "", CHANNEL_SITE_shopping, false, "paid-shopping" },
        { "google", "CPC", "", CHANNEL_SITE_search, false, "paid-search" },
        { "google", "ppc", "", CHANNEL_SITE_search, false, "paid-search" },
        { "google", "paidsearch", "", CHANNEL_SITE_search, false, "paid-search" },
        { "google", "retargeting", "", CHANNEL_SITE_search, false, "paid-search" },
        { "google", "re-targeting", "", CHANNEL_SITE_search, false, "organic-search" },
        { "", "", "", CHANNEL_SITE_search, true, "paid-search" },
        { "google", "organic", "", CHANNEL_SITE_search, true, "organic-search" },
        { "facebook", "paid_social", "", CHANNEL_SITE_social, false, "paid-social" },
        { "youtube", "cpv,cpc", "", CHANNEL_SITE_video, false, "paid-video" },
        { "site", "banner", "", CHANNEL_SITE_none, false, "display" },
        { "site", "cpm", "", CHANNEL_SITE_none, false, "display" },
        { "awin", "affiliate", "", CHANNEL_SITE_display, false, "affiliates" },
        { "outbrain", "email", "", CHANNEL_SITE_display, false, "email" },
        { "taboola", "", "", CHANNEL_SITE_display, false, "display" },
        { "taboola", "cpc", "", CHANNEL_SITE_display, false, "display" },
        { "taboola", "referral", "", CHANNEL_SITE_display, false, "display" },
        { "site", "paid", "", CHANNEL_SITE_none, false, "paid-other" },
        { "site", "prepaid", "", CHANNEL_SITE_none, false, "unassigned" },
        { "ebay", "link", "", CHANNEL_SITE_shopping, false, "organic-shopping" },
        { "facebook", "", "", CHANNEL_SITE_social, false, "organic-social" },
        { "site", "Social-Media", "", CHANNEL_SITE_none, false, "organic-social" },
        { "site", "in-video-link", "", CHANNEL_SITE_none, false, "organic-video" },
        { "vimeo", "", "", CHANNEL_SITE_video, false, "organic-video" },
        { "site", "organic", "", CHANNEL_SITE_none, false, "organic-search" },
        { "chatgpt.com", "", "", CHANNEL_SITE_ai_assistant, false, "ai-assistant" },
        { "chatgpt.com", "referral", "", CHANNEL_SITE_ai_assistant, false, "ai-assistant" },
        { "newsletter", "email", "", CHANNEL_SITE_none, false, "email" },
        { "newsletter", "E-Mail", "", CHANNEL_SITE_none, false, "email" },
        { "partner", "affiliate", "", CHANNEL_SITE_none, false, "affiliates" },
        { "site", "referral", "", CHANNEL_SITE_none, false, "referral" },
        { "", "", "", CHANNEL_SITE_other, false, "referral" },
        { "site", "audio", "", CHANNEL_SITE_none, false, "audio" },
        { "sms", "x", "", CHANNEL_SITE_none, false, "sms" },
        { "site", "web-push", "", CHANNEL_SITE_none, false, "mobile-push" },
        { "site", "pushed", "", CHANNEL_SITE_none, false, "unassigned" },
        { "site", "app_notification_1", "", CHANNEL_SITE_none, false, "mobile-push" },
        { "firebase", "x", "", CHANNEL_SITE_none, false, "mobile-push" },
        { "site", "flyer", "spring", CHANNEL_SITE_none, false, "unassigned" },
};

static void every_rule_holds(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct channel_facts facts = { slice_of(CASES[i].source), slice_of(CASES[i].medium), slice_of(CASES[i].name),
                                               CASES[i].site, CASES[i].paid };
                char row[100];
                snprintf(row, sizeof(row), "%s / %s / %s", CASES[i].source, CASES[i].medium, CASES[i].name);
                UNIT_ROW(row);
                struct slice name = CHANNEL_NAMES[channel_find(&facts)];
                assert_true(slice_equal(name, slice_of(CASES[i].want)));
        }
}

static const struct { const char *source; enum channel_site want; } SOURCES[] = {
        { "", CHANNEL_SITE_none },                    { "google", CHANNEL_SITE_search },
        { "Google", CHANNEL_SITE_search },            { "www.google.de", CHANNEL_SITE_search },
        { "bing", CHANNEL_SITE_search },              { "facebook", CHANNEL_SITE_social },
        { "FB", CHANNEL_SITE_social },                { "l.facebook.com", CHANNEL_SITE_social },
        { "instagram", CHANNEL_SITE_social },         { "t.co", CHANNEL_SITE_social },
        { "youtube", CHANNEL_SITE_video },            { "m.youtube.com", CHANNEL_SITE_video },
        { "amazon", CHANNEL_SITE_shopping },          { "www.amazon.co.uk", CHANNEL_SITE_shopping },
        { "chatgpt.com", CHANNEL_SITE_ai_assistant }, { "Perplexity", CHANNEL_SITE_ai_assistant },
        { "newsletter", CHANNEL_SITE_email },         { "gmail", CHANNEL_SITE_email },
        { "my-partner", CHANNEL_SITE_none },          { "partner.example", CHANNEL_SITE_none },
        { "docs.google.com", CHANNEL_SITE_none },     { "....", CHANNEL_SITE_none },
        { "Google Shopping", CHANNEL_SITE_shopping },
};

static void sources_are_known(void **state)
{
        (void)state;
        struct referrer_table *table = referrer_table_new();
        referrer_table_add_own(table);
        for (size_t i = 0; i < COUNT_OF(SOURCES); i++) {
                UNIT_ROW(SOURCES[i].source);
                assert_int_equal(channel_site_named(table, slice_of(SOURCES[i].source)), SOURCES[i].want);
        }
        static char text[100000];
        memset(text, 'a', sizeof(text));
        assert_int_equal(channel_site_named(table, (struct slice){ text, sizeof(text) }), CHANNEL_SITE_none);
        struct channel_facts facts = { { text, sizeof(text) }, { text, sizeof(text) }, { text, sizeof(text) }, CHANNEL_SITE_none,
                                       false };
        assert_int_equal(channel_find(&facts), CHANNEL_unassigned);
        memset(text, '.', sizeof(text));
        assert_int_equal(channel_site_named(table, (struct slice){ text, 300 }), CHANNEL_SITE_none);
        referrer_table_free(table);
}

static void sites_of_referrers(void **state)
{
        (void)state;
        assert_int_equal(channel_site_of(REFERRER_social, SLICE("YouTube")), CHANNEL_SITE_video);
        assert_int_equal(channel_site_of(REFERRER_social, SLICE("Facebook")), CHANNEL_SITE_social);
        assert_int_equal(channel_site_of(REFERRER_search, SLICE("Google Shopping")), CHANNEL_SITE_shopping);
        assert_int_equal(channel_site_of(REFERRER_email, SLICE("Gmail")), CHANNEL_SITE_email);
        assert_int_equal(channel_site_of(REFERRER_unknown, SLICE("")), CHANNEL_SITE_other);
        assert_int_equal(channel_site_of(REFERRER_internal, SLICE("")), CHANNEL_SITE_none);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_rule_holds),
                cmocka_unit_test(sources_are_known),
                cmocka_unit_test(sites_of_referrers),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
