/* Which parameters of an address are found, and which of several counts. */
#include "unit.h"
#include "enrich/campaign_table.h"

static struct campaign_table *table_new(void)
{
        static const struct { const char *name; size_t slot; } ROWS[] = {
                { "utm_source", CAMPAIGN_source }, { "mtm_source", CAMPAIGN_source }, { "ref", CAMPAIGN_source },
                { "utm_medium", CAMPAIGN_medium }, { "at_medium", CAMPAIGN_medium },  { "utm_campaign", CAMPAIGN_name },
                { "at_campaign", CAMPAIGN_name },  { "ref", CAMPAIGN_term },          { "at_creation", CAMPAIGN_PART_COUNT },
        };
        struct campaign_table *table = campaign_table_new();
        struct campaign_click  own = { SLICE("Loom"), CHANNEL_SITE_search, true }, none = { SLICE(""), CHANNEL_SITE_none, false };
        for (size_t i = 0; i < COUNT_OF(ROWS); i++)
                assert_true(campaign_table_add(table, slice_of(ROWS[i].name), ROWS[i].slot));
        assert_true(campaign_table_add_click(table, SLICE("loomid"), &own));
        assert_true(campaign_table_add_click(table, SLICE("FBCLID"), &none));
        campaign_table_add_own_clicks(table);
        return table;
}

/* want: slot:value of everything found, then click:network=value. */
static const struct { const char *name, *query, *fragment, *want; } CASES[] = {
        { "nothing", NULL, NULL, "" },
        { "empty", "", "", "" },
        { "nothing known", "a=b&utm=c&utm_sourc=d&utm_sources=e&=x&&", "top", "" },
        { "one", "utm_source=a", NULL, "0:a " },
        { "names in any case", "UTM_Source=a", NULL, "0:a " },
        { "a name that only folds to it", "utm\x7Fsource=a&utm\x5Fmedium=b", NULL, "1:b " },
        { "the list's order counts, not the address's", "ref=r&mtm_source=m&utm_source=u", NULL, "0:u 3:r " },
        { "one parameter, two fields", "ref=r", NULL, "0:r 3:r " },
        { "empty ones are not there", "utm_source=&utm_source&mtm_source=m", NULL, "0:m " },
        { "the first of the same", "utm_source=a&utm_source=b", NULL, "0:a " },
        { "the fragment as well", "utm_source=a", "utm_medium=b", "0:a 1:b " },
        { "the query first", "utm_source=a", "utm_source=b", "0:a " },
        { "a better one in the fragment", "mtm_source=a", "/route?utm_source=b", "0:b " },
        { "Piano's, both there", "at_medium=m&at_campaign=c&at_creation=x", NULL, "1:m 2:c 11:x " },
        { "Piano's in the fragment", NULL, "at_creation=x&at_campaign=c&at_medium=m", "1:m 2:c 11:x " },
        { "Piano's, in two places", "at_medium=m", "at_campaign=c", "1:m 2:c " },
        { "Piano's, one missing", "at_medium=m&at_creation=x", NULL, "" },
        { "Piano's, one empty", "at_medium=m&at_campaign=", NULL, "" },
        { "Piano's beside others", "at_medium=m&at_campaign=c&utm_medium=u", NULL, "1:u 2:c " },
        { "a click", "gclid=X1", NULL, "click:Google Ads=X1" },
        { "a click in its maker's letters", "sccid=X1", NULL, "click:Snapchat=X1" },
        { "a name of three letters", "AWC=1", NULL, "click:Awin=1" },
        { "one that folds to it", "_k\x58=1", NULL, "click:Klaviyo=1" },
        { "one that only seems to", "\x7Fkx=1&ref\x01=2&re=3&r=4", NULL, "" },
        { "one of eight letters", "xxxxxxxx=1&utm_sourcE=2", NULL, "0:2 " },
        { "the first of the table", "gad_source=1&msclkid=m&gclid=g", NULL, "click:Google Ads=g" },
        { "the operator's own before all", "gclid=g&loomid=l", NULL, "click:Loom=l" },
        { "one that was taken away", "fbclid=f", NULL, "" },
        { "one that was taken away, and another", "fbclid=f&ttclid=t", NULL, "click:TikTok=t" },
        { "both", "utm_source=a&gclid=g", NULL, "0:a click:Google Ads=g" },
        { "raw values", "utm_source=a%20b+c", NULL, "0:a%20b+c " },
        { "a long name", "utm_source_utm_source_utm_source_utm_source_utm_source_utm_source=a", NULL, "" },
};

static void every_case_is_found(void **state)
{
        (void)state;
        struct campaign_table *table = table_new();
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                static struct campaign_found found;
                char   text[300] = "";
                size_t size = 0;
                bool   any = campaign_table_find(table, slice_of(CASES[i].query), slice_of(CASES[i].fragment), &found);
                for (size_t slot = 0; slot < CAMPAIGN_SLOTS; slot++)
                        if (found.slots >> slot & 1)
                                size += (size_t)snprintf(text + size, sizeof(text) - size, "%zu:%.*s ", slot,
                                                         SLICE_ARGS(found.value[slot]));
                if (found.click.data)
                        snprintf(text + size, sizeof(text) - size, "click:%.*s=%.*s",
                                 SLICE_ARGS(campaign_table_click(table, found.click_number)->network), SLICE_ARGS(found.click));
                UNIT_ROW(CASES[i].name);
                assert_string_equal(text, CASES[i].want);
                assert_int_equal(any, *text != '\0');
        }
        campaign_table_free(table);
}

static void bounds_hold(void **state)
{
        (void)state;
        struct campaign_table *table = campaign_table_new();
        char   name[80];
        struct campaign_click click = { SLICE("x"), CHANNEL_SITE_none, false };
        memset(name, 'a', sizeof(name));
        assert_false(campaign_table_add(table, SLICE(""), 0));
        assert_false(campaign_table_add(table, SLICE("a"), CAMPAIGN_SLOTS));
        assert_false(campaign_table_add(table, (struct slice){ name, 65 }, 0));
        assert_true(campaign_table_add(table, (struct slice){ name, 64 }, 0));
        assert_false(campaign_table_add_click(table, SLICE(""), &click));
        for (size_t i = 0; i < CAMPAIGN_CLICKS; i++) {
                snprintf(name, sizeof(name), "click%zu", i);
                assert_true(campaign_table_add_click(table, slice_of(name), &click));
        }
        assert_false(campaign_table_add_click(table, SLICE("one more"), &click));
        for (size_t i = 1; i < 255; i++) {
                snprintf(name, sizeof(name), "name%zu", i);
                assert_true(campaign_table_add(table, slice_of(name), 0));
        }
        assert_false(campaign_table_add(table, SLICE("one_more"), 0));
        static struct campaign_found found;
        assert_true(campaign_table_find(table, SLICE("click253=a&name254=b"), (struct slice){ 0 }, &found));
        assert_int_equal(found.click_number, 253);
        assert_int_equal(found.slots, 1);
        campaign_table_free(table);
}

/* Thousands of parameters: only so many are looked at. */
static void long_queries_end(void **state)
{
        (void)state;
        struct campaign_table *table = table_new();
        static char text[66000];
        static struct campaign_found found;
        static const char *const WORDS[] = { "at_x=y&", "a=b&", "utm_source&", "&&&&", "utm_medium=" };     /* two are few */
        for (size_t word = 0; word < COUNT_OF(WORDS); word++) {
                size_t step = strlen(WORDS[word]), size = 0;
                for (; size < 65000; size += step)
                        memcpy(text + size, WORDS[word], step);
                memcpy(text + size, "&utm_source=last", 16);
                (void)campaign_table_find(table, (struct slice){ text, size + 16 }, (struct slice){ text, size + 16 }, &found);
                assert_int_equal(found.slots & 1, word >= 3);
        }
        campaign_table_free(table);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_case_is_found),
                cmocka_unit_test(bounds_hold),
                cmocka_unit_test(long_queries_end),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
