/* What an event says of what brought its visitor. */
#include "unit.h"
#include "bench.h"

static void open_with(struct bench *bench, const char *order, const char *const settings[][2], size_t count)
{
        struct errors errors = { 0 };
        struct error  err;
        bench_open(bench, "reception", "64");
        enrich_worker_free(bench->worker);
        enrich_plan_free(bench->plan);
        assert_true(config_set(&bench->config, "enrich.order", order, &err));
        for (size_t i = 0; i < count; i++)
                assert_true(config_set(&bench->config, settings[i][0], settings[i][1], &err));
        bench->plan = enrich_plan_new(&bench->config, &errors);
        errors_print(&errors, stderr);
        assert_non_null(bench->plan);
        bench->worker = enrich_worker_new(bench->plan);
}

/* Without a page's address: the event's own words, and the channel of the referrer. */
static const struct { const char *name, *source, *medium, *campaign, *term, *content, *referrer, *want;
} CASES[] = {
        { "nothing", NULL, NULL, NULL, NULL, NULL, NULL, "" },
        { "null and empty", "null", "\"\"", "\"  \"", NULL, NULL, NULL, "" },
        { "everything", "\"news\"", "\"email\"", "\"spring\"", "\"red shoes\"", "\"top\"", NULL,
          "\"campaign\":{\"source\":\"news\",\"medium\":\"email\",\"name\":\"spring\",\"term\":\"red "
          "shoes\",\"content\":\"top\"},"
          "\"traffic\":{\"channel\":\"email\"}" },
        { "trimmed, escapes kept", "\" a\\\"b\\u00e9\\n\"", NULL, NULL, NULL, NULL, NULL,
          "\"campaign\":{\"source\":\"a\\\"b\xC3\xA9\"},\"traffic\":{\"channel\":\"unassigned\"}" },
        { "a mail address", "\"jo@shop.example\"", "\"email\"", NULL, NULL, NULL, NULL,
          "\"campaign\":{\"medium\":\"email\"},\"traffic\":{\"channel\":\"email\"}" },
        { "nothing but a mail address", "\"jo@shop.example\"", NULL, NULL, NULL, NULL, "\"https://t.co/\"",
          "\"traffic\":{\"channel\":\"organic-social\"}" },
        { "cut, never inside a character", "\"123456789012345\\u00e9\"", NULL, NULL, NULL, NULL, NULL,
          "\"campaign\":{\"source\":\"123456789012345\"},\"traffic\":{\"channel\":\"unassigned\"}" },
        { "a campaign's source goes before the referrer", "\"google\"", "\"cpc\"", NULL, NULL, NULL, "\"https://t.co/\"",
          "\"campaign\":{\"source\":\"google\",\"medium\":\"cpc\"},\"traffic\":{\"channel\":\"paid-search\"}" },
        { "a campaign without a source takes the referrer's", NULL, "\"cpc\"", NULL, NULL, NULL, "\"https://www.google.com/\"",
          "\"campaign\":{\"medium\":\"cpc\"},\"traffic\":{\"channel\":\"paid-search\"}" },
        { "a search engine", NULL, NULL, NULL, NULL, NULL, "\"https://www.google.com/\"",
          "\"traffic\":{\"channel\":\"organic-search\"}" },
        { "an assistant", NULL, NULL, NULL, NULL, NULL, "\"https://chatgpt.com/\"",
          "\"traffic\":{\"channel\":\"ai-assistant\"}" },
        { "a video site", NULL, NULL, NULL, NULL, NULL, "\"https://www.youtube.com/\"",
          "\"traffic\":{\"channel\":\"organic-video\"}" },
        { "mail", NULL, NULL, NULL, NULL, NULL, "\"https://mail.google.com/\"", "\"traffic\":{\"channel\":\"email\"}" },
        { "an advertisement", NULL, NULL, NULL, NULL, NULL, "\"https://ad.doubleclick.net/\"",
          "\"traffic\":{\"channel\":\"display\"}" },
        { "some site", NULL, NULL, NULL, NULL, NULL, "\"https://blog.example/\"", "\"traffic\":{\"channel\":\"referral\"}" },
        { "one's own", NULL, NULL, NULL, NULL, NULL, "\"https://shop.example/\"", "" },
        { "one's own, with a campaign", "\"post\"", "\"sms\"", NULL, NULL, NULL, "\"https://shop.example/\"",
          "\"campaign\":{\"source\":\"post\",\"medium\":\"sms\"},\"traffic\":{\"channel\":\"sms\"}" },
};

static void every_case_renders(void **state)
{
        (void)state;
        static const char *const SETTINGS[][2] = { { "enrich.campaign.limit", "16" },
                                                   { "enrich.referrer.internal", "shop.example" },
                                                   { "output.exclude", "referrer.*" } };
        struct bench bench;
        open_with(&bench, "referrer, campaign", SETTINGS, COUNT_OF(SETTINGS));
        for (size_t i = 0; i < 2 * COUNT_OF(CASES); i++) {          /* the second time from the cache */
                size_t row = i % COUNT_OF(CASES);
                struct slice *facts = bench.facts.fact;
                facts[FACT_campaign_source] = slice_of(CASES[row].source);
                facts[FACT_campaign_medium] = slice_of(CASES[row].medium);
                facts[FACT_campaign_name] = slice_of(CASES[row].campaign);
                facts[FACT_campaign_term] = slice_of(CASES[row].term);
                facts[FACT_campaign_content] = slice_of(CASES[row].content);
                facts[FACT_page_referrer] = slice_of(CASES[row].referrer);
                UNIT_ROW(CASES[row].name);
                const char *text = bench_run(&bench);
                assert_string_equal(*text ? text + 1 : text, CASES[row].want);
        }
        assert_int_equal(metrics_sum(bench.metrics, METRIC_campaign_truncated), 2);
        assert_int_equal(metrics_sum(bench.metrics, METRIC_campaign_hits), metrics_sum(bench.metrics, METRIC_campaign_misses));
        bench_close(&bench);
}

/* From the page's address. */
static const struct { const char *name, *page, *campaign, *want;
} PAGES[] = {
        { "no parameters", "https://shop.example/", NULL, "\"traffic\":{\"channel\":\"direct\"}" },
        { "none that are known", "https://shop.example/?a=b#top", NULL, "\"traffic\":{\"channel\":\"direct\"}" },
        { "Google's",
          "https://shop.example/?utm_source=news&utm_medium=email&utm_campaign=spring+sale&utm_term=red%20shoes"
          "&utm_content=top&utm_id=7&utm_source_platform=p&utm_creative_format=f&utm_marketing_tactic=t",
          NULL,
          "\"campaign\":{\"source\":\"news\",\"medium\":\"email\",\"name\":\"spring sale\",\"term\":\"red "
          "shoes\",\"content\":\"top\","
          "\"id\":\"7\",\"source_platform\":\"p\",\"creative_format\":\"f\",\"marketing_tactic\":\"t\"},"
          "\"traffic\":{\"channel\":\"email\"}" },
        { "Matomo's",
          "https://shop.example/?mtm_campaign=c&mtm_kwd=k&mtm_source=s&mtm_medium=cpc&mtm_content=o&mtm_cid=i&mtm_group=g"
          "&mtm_placement=p",
          NULL,
          "\"campaign\":{\"source\":\"s\",\"medium\":\"cpc\",\"name\":\"c\",\"term\":\"k\",\"content\":\"o\",\"id\":\"i\","
          "\"group\":\"g\","
          "\"placement\":\"p\"},\"traffic\":{\"channel\":\"paid-other\"}" },
        { "Matomo's old ones", "https://shop.example/?pk_cpn=c&piwik_kwd=k", NULL,
          "\"campaign\":{\"name\":\"c\",\"term\":\"k\"},\"traffic\":{\"channel\":\"unassigned\"}" },
        { "Google's before Matomo's", "https://shop.example/?pk_campaign=m&utm_campaign=g", NULL,
          "\"campaign\":{\"name\":\"g\"},\"traffic\":{\"channel\":\"unassigned\"}" },
        { "Piano's, in the fragment, with their own",
          "https://shop.example/#at_medium=Email&at_campaign=New%20Offer&at_creation=A"
          "&at_Variant=B&at_unlisted=C",
          NULL,
          "\"campaign\":{\"medium\":\"Email\",\"name\":\"New Offer\",\"extra\":{\"creation\":\"A\",\"variant\":\"B\"}},"
          "\"traffic\":{\"channel\":\"email\"}" },
        { "Piano's, one of the two missing", "https://shop.example/?at_medium=Email&at_creation=A", NULL,
          "\"traffic\":{\"channel\":\"direct\"}" },
        { "a route in the fragment", "https://shop.example/#/cart?utm_source=fb", NULL,
          "\"campaign\":{\"source\":\"fb\"},\"traffic\":{\"channel\":\"organic-social\"}" },
        { "a click", "https://shop.example/?gclid=Cj0K_-", NULL,
          "\"campaign\":{\"click_network\":\"Google Ads\",\"click_id\":\"Cj0K_-\"},\"traffic\":{\"channel\":\"paid-search\"}" },
        { "a click that nobody may have paid for", "https://shop.example/?fbclid=x", NULL,
          "\"campaign\":{\"click_network\":\"Meta\",\"click_id\":\"x\"},\"traffic\":{\"channel\":\"organic-social\"}" },
        { "a click too long to be whole", "https://shop.example/?dclid=12345678901234567", NULL,
          "\"campaign\":{\"click_network\":\"Google Display\"},\"traffic\":{\"channel\":\"display\"}" },
        { "a click id of the operator's", "https://shop.example/?loomid=x&gclid=y", NULL,
          "\"campaign\":{\"click_network\":\"Loom\",\"click_id\":\"x\"},\"traffic\":{\"channel\":\"paid-other\"}" },
        { "a click beside the event's own campaign", "https://shop.example/?msclkid=y", "\"c\"",
          "\"campaign\":{\"name\":\"c\",\"click_network\":\"Microsoft Ads\",\"click_id\":\"y\"},"
          "\"traffic\":{\"channel\":\"paid-search\"}" },
        { "the address before the event's own campaign, as a whole", "https://shop.example/?utm_source=a", "\"c\"",
          "\"campaign\":{\"source\":\"a\"},\"traffic\":{\"channel\":\"unassigned\"}" },
        { "the event's own campaign", "https://shop.example/?x=y", "\"cross-network\"",
          "\"campaign\":{\"name\":\"cross-network\"},\"traffic\":{\"channel\":\"cross-network\"}" },
        { "not UTF-8, NUL, a raw quote", "https://shop.example/?utm_source=%ff%00\\\"a", NULL,
          "\"campaign\":{\"source\":\"\xEF\xBF\xBD\\u0000\\\"a\"},\"traffic\":{\"channel\":\"unassigned\"}" },
        { "a mail address", "https://shop.example/?utm_source=jo%40shop.example&utm_medium=sms", NULL,
          "\"campaign\":{\"medium\":\"sms\"},\"traffic\":{\"channel\":\"sms\"}" },
        { "what is taken out of the address counts all the same", "https://shop.example/?utm_source=a&utm_secret=b", NULL,
          "\"campaign\":{\"source\":\"a\",\"extra\":{\"utm_secret\":\"b\"}},\"traffic\":{\"channel\":\"unassigned\"}" },
};

static void addresses_tell_campaigns(void **state)
{
        (void)state;
        static const char *const SETTINGS[][2] = {
                { "enrich.campaign.click_limit", "16" },          { "enrich.campaign.click_ids.loomid", "Loom" },
                { "enrich.campaign.extra", "at_creation, at_variant, utm_secret" },
                { "enrich.page.strip", "standard, utm_secret" },  { "output.exclude", "url.*" },
        };
        struct bench bench;
        open_with(&bench, "page, referrer, campaign", SETTINGS, COUNT_OF(SETTINGS));
        for (size_t i = 0; i < 2 * COUNT_OF(PAGES); i++) {
                size_t row = i % COUNT_OF(PAGES);
                char   page[600];
                snprintf(page, sizeof(page), "\"%s\"", PAGES[row].page);
                bench.facts.fact[FACT_page_url] = slice_of(page);
                bench.facts.fact[FACT_campaign_name] = slice_of(PAGES[row].campaign);
                UNIT_ROW(PAGES[row].name);
                assert_string_equal(bench_run(&bench) + 1, PAGES[row].want);
        }
        assert_int_equal(metrics_sum(bench.metrics, METRIC_campaign_truncated), 2);
        bench_close(&bench);
}

/* One campaign, a new click every time: rendered once. */
static void clicks_do_not_fill_the_cache(void **state)
{
        (void)state;
        struct bench bench;
        open_with(&bench, "page, campaign", NULL, 0);
        for (size_t i = 0; i < 100; i++) {
                char page[200], want[64];
                snprintf(page, sizeof(page), "\"https://shop.example/?utm_source=a&gclid=click%zu&utm_medium=cpc\"", i);
                snprintf(want, sizeof(want), "\"click_id\":\"click%zu\"}", i);
                bench.facts.fact[FACT_page_url] = slice_of(page);
                assert_non_null(strstr(bench_run(&bench), want));
        }
        assert_int_equal(metrics_sum(bench.metrics, METRIC_campaign_misses), 1);
        assert_int_equal(metrics_sum(bench.metrics, METRIC_campaign_hits), 99);
        bench_close(&bench);
}

/* Long values of every kind, and a full arena: an answer or none, no crash. */
static void hostile_texts_are_answered(void **state)
{
        (void)state;
        static const char *const SETTINGS[][2] = { { "enrich.page.limit", "64KiB" }, { "enrich.campaign.limit", "4KiB" } };
        static const char *const STARTS[] = { "\"https://a.example/?utm_source=", "\"https://a.example/?utm_source=a&gclid=",
                                              "\"https://a.example/#at_medium=a&at_campaign=b&at_creation=",
                                              "\"https://a.example/?" };
        static const char *const FILLS[] = { "%01", "%ff", "&", "utm_medium=a&", "at_x=1&", "%C3%A9", "@", "+", "\\u0041" };
        static char text[70000], out[4000000];
        struct bench bench;
        open_with(&bench, "page, campaign", SETTINGS, COUNT_OF(SETTINGS));
        for (size_t start = 0; start < COUNT_OF(STARTS); start++)
                for (size_t fill = 0; fill < COUNT_OF(FILLS); fill++) {
                        struct slice hostile = hostile_make(text, STARTS[start], FILLS[fill], 64000);
                        bench.facts.fact[FACT_page_url] = hostile;
                        bench.facts.fact[FACT_campaign_term] = hostile;
                        bench_hostile(&bench, out, sizeof(out));
                }
        arena_done(&bench.arena);
        arena_init(&bench.arena, &bench.pool, 0);
        bench.facts.fact[FACT_page_url] = (struct slice){ 0 };
        bench.facts.fact[FACT_campaign_term] = SLICE("\"\\u0041\"");
        assert_string_equal(bench_run(&bench), "");
        bench_close(&bench);
}

static const struct { const char *path, *value, *want;
} WRONG[] = {
        { "enrich.campaign.source", "utm_source,01234567890123456789012345678901234567890123456789012345678901234",
          "enrich.campaign.source: '01234567890123456789012345678901234567890123456789012345678901234' is no name of a "
          "parameter" },
        { "enrich.campaign.extra",
          "at_Cr\xC3\xA9"
          "ation",
          "cannot be the field campaign.extra." },
        { "enrich.campaign.extra", "at_x, x", "'x' cannot be the field campaign.extra.x" },
        { "enrich.campaign.extra", "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z,a1,a2,a3,a4,a5,a6,a7", "'a7' cannot be" },
        { "enrich.referrer.lists", "/no/such/list", "cannot read '/no/such/list'" },
};

static void wrong_settings_are_told(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
                struct config config;
                struct errors errors = { 0 };
                struct error  err;
                config_init(&config);
                assert_true(config_set(&config, "enrich.order", "campaign", &err));
                assert_true(config_set(&config, WRONG[i].path, WRONG[i].value, &err));
                UNIT_ROW(WRONG[i].want);
                assert_null(enrich_plan_new(&config, &errors));
                assert_int_equal(errors.count, 1);
                assert_non_null(strstr(errors.items[0].text, WRONG[i].want));
                errors_done(&errors);
                assert_true(config_set(&config, "enrich.order", "referrer, campaign", &err));
                assert_null(enrich_plan_new(&config, &errors));
                assert_int_equal(errors.count, 1);         /* said once, though two read it */
                errors_done(&errors);
                config_done(&config);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_case_renders),
                cmocka_unit_test(addresses_tell_campaigns),
                cmocka_unit_test(clicks_do_not_fill_the_cache),
                cmocka_unit_test(hostile_texts_are_answered),
                cmocka_unit_test(wrong_settings_are_told),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
