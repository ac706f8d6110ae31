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
                cmocka_unit_test(wrong_settings_are_told),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
