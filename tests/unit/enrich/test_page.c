/* The page of an event: its fields, and what of its URLs is handed on. Every case runs twice, the second time from the cache. */
#include "unit.h"
#include "bench.h"
#include "enrich/edit.h"
#include "enrich/url.h"

static const struct {
        const char *name, *url, *referer, *path, *search, *want;
} CASES[] = {
        { "nothing", NULL, NULL, NULL, NULL, "" },
        { "the common one", "\"https://www.shop.example/shoes/new.html?utm_source=mail#top\"", NULL, NULL, NULL,
          ",\"url\":{\"full\":\"https://www.shop.example/shoes/new.html?utm_source=mail#top\",\"scheme\":\"https\","
          "\"domain\":\"www.shop.example\",\"registered_domain\":\"shop.example\",\"subdomain\":\"www\","
          "\"top_level_domain\":\"example\",\"path\":\"/shoes/new.html\",\"extension\":\"html\",\"query\":\"utm_source=mail\","
          "\"fragment\":\"top\"}" },
        { "escapes of JSON", "\"https:\\/\\/shop.example\\u002fa?q=\\\"\"", NULL, NULL, NULL,
          ",\"url\":{\"full\":\"https://shop.example/a?q=%22\",\"scheme\":\"https\",\"domain\":\"shop.example\","
          "\"registered_domain\":\"shop.example\",\"top_level_domain\":\"example\",\"path\":\"/a\",\"query\":\"q=%22\"}" },
        { "an internationalised name and a port", "\"http://M\u00FCnchen.example:8080/\"", NULL, NULL, NULL,
          ",\"url\":{\"full\":\"http://xn--mnchen-3ya.example:8080/\",\"scheme\":\"http\",\"domain\":\"xn--mnchen-3ya.example\","
          "\"domain_unicode\":\"m\u00FCnchen.example\",\"registered_domain\":\"xn--mnchen-3ya.example\","
          "\"top_level_domain\":\"example\",\"port\":8080,\"path\":\"/\"}" },
        { "an address", "\"http://[2001:db8::1]/\"", NULL, NULL, NULL,
          ",\"url\":{\"full\":\"http://[2001:db8::1]/\",\"scheme\":\"http\",\"domain\":\"[2001:db8::1]\",\"path\":\"/\"}" },
        { "an app's screen", "\"myshop://product/42\"", NULL, NULL, NULL,
          ",\"url\":{\"full\":\"myshop://product/42\",\"scheme\":\"myshop\",\"domain\":\"product\",\"path\":\"/42\"}" },
        { "about", "\"about:blank\"", NULL, NULL, NULL,
          ",\"url\":{\"full\":\"about:blank\",\"scheme\":\"about\",\"path\":\"blank\"}" },
        { "a document", "\"data:text/html,secret\"", NULL, NULL, NULL, ",\"url\":{\"scheme\":\"data\"}" },
        { "relative", "\"/a?b=1\"", NULL, NULL, NULL, "" },
        { "broken", "\"http://a b/\"", NULL, NULL, NULL, "" },
        { "no string", "17", NULL, NULL, NULL, "" },
        { "null, and a header", "null", "https://shop.example/a", NULL, NULL,
          ",\"url\":{\"full\":\"https://shop.example/a\",\"scheme\":\"https\",\"domain\":\"shop.example\","
          "\"registered_domain\":\"shop.example\",\"top_level_domain\":\"example\",\"path\":\"/a\"}" },
        { "the context before the header", "\"https://b.example/\"", "https://shop.example/a", "\"/c\"", NULL,
          ",\"url\":{\"full\":\"https://b.example/\",\"scheme\":\"https\",\"domain\":\"b.example\","
          "\"registered_domain\":\"b.example\",\"top_level_domain\":\"example\",\"path\":\"/\"}" },
        { "an origin and the context's path", NULL, "https://b.example/", "\"/c.txt\"", "\"?d=1\"",
          ",\"url\":{\"full\":\"https://b.example/c.txt?d=1\",\"scheme\":\"https\",\"domain\":\"b.example\","
          "\"registered_domain\":\"b.example\",\"top_level_domain\":\"example\",\"path\":\"/c.txt\",\"extension\":\"txt\","
          "\"query\":\"d=1\"}" },
        { "a path alone", NULL, NULL, "\"/a/../c.txt\"", "\"d=1&token=x\"",
          ",\"url\":{\"path\":\"/c.txt\",\"extension\":\"txt\",\"query\":\"d=1\"}" },
        { "a path behind a broken header", NULL, "nonsense", "\"/c\"", NULL, ",\"url\":{\"path\":\"/c\"}" },
        { "no path", NULL, NULL, "\"c\"", "\"?d=1\"", "" },
        { "a hidden file has no extension", "\"about://a/.b\"", NULL, NULL, NULL,
          ",\"url\":{\"full\":\"about://a/.b\",\"scheme\":\"about\",\"domain\":\"a\",\"path\":\"/.b\"}" },
        { "nor has a sentence", "\"app://a/b.c d\"", NULL, NULL, NULL,
          ",\"url\":{\"full\":\"app://a/b.c%20d\",\"scheme\":\"app\",\"domain\":\"a\",\"path\":\"/b.c%20d\"}" },
        { "stripped", "\"https://u:p@b.example/;jsessionid=1?mc_eid=2&a=1#id_token=3\"", NULL, NULL, NULL,
          ",\"url\":{\"full\":\"https://b.example/?a=1\",\"scheme\":\"https\",\"domain\":\"b.example\","
          "\"registered_domain\":\"b.example\",\"top_level_domain\":\"example\",\"path\":\"/\",\"query\":\"a=1\"}" },
};

static void facts_set(struct bench *bench, size_t i)
{
        struct slice *facts = bench->facts.fact;
        facts[FACT_page_url] = slice_of(CASES[i].url);
        facts[FACT_page_path] = slice_of(CASES[i].path);
        facts[FACT_page_search] = slice_of(CASES[i].search);
        bench->client.header[HEADER_referer] = slice_of(CASES[i].referer);
}

static void every_case_renders(void **state)
{
        (void)state;
        struct bench bench;
        bench_open(&bench, "page", "64");
        for (size_t turn = 0; turn < 2; turn++)
                for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                        facts_set(&bench, i);
                        UNIT_ROW(CASES[i].name);
                        assert_string_equal(bench_run(&bench), CASES[i].want);
                }
        bench_close(&bench);
}

/* Later enrichments see the URL as it came, stripped parameters included. */
static void the_page_is_there_for_others(void **state)
{
        (void)state;
        struct bench bench;
        bench_open(&bench, "page", "64");
        for (size_t turn = 0; turn < 2; turn++) {
                bench.facts.fact[FACT_page_url] = SLICE("\"https://u@b.example/a?token=1&b#c\"");
                (void)bench_run(&bench);
                const struct url *page = bench.findings.page;
                assert_non_null(page);
                assert_true(slice_equal(page->host, SLICE("b.example")) && page->host_kind == URL_HOST_NAME && page->web);
                assert_true(slice_equal(page->query, SLICE("token=1&b")) && slice_equal(page->fragment, SLICE("c")));
                assert_true(slice_equal(page->path, SLICE("/a")) && slice_equal(page->scheme, SLICE("https")));
                assert_true(!page->port.data && page->port_number == 443 && page->special && !page->opaque);
                bench.facts.fact[FACT_page_url] = SLICE("\"HTTP://B.example\"");
                (void)bench_run(&bench);
                assert_true(slice_equal(bench.findings.page->host, SLICE("b.example")));
                assert_true(slice_equal(bench.findings.page->path, SLICE("/")));
                assert_null(bench.findings.page->query.data);
                bench.facts.fact[FACT_page_url] = SLICE("\"nonsense\"");
                (void)bench_run(&bench);
                assert_null(bench.findings.page);
        }
        bench_close(&bench);
}

static const struct { const char *name, *url, *search, *referrer, *want_url, *want_search, *want_referrer;
} HANDED[] = {
        { "nothing to take", "\"https://A.example?b=1\"", "\"?b=1\"", "\"https://c.example/?d\"", NULL, NULL, NULL },
        { "everywhere", "\"https://a.example/?b=1&token=2\"", "\"?b=1&token=2\"", "\"https://c.example/?sid=1\"",
          "\"https://a.example/?b=1\"", "\"?b=1\"", "\"https://c.example/\"" },
        { "in the search alone", "\"https://a.example/\"", "\"?token=1\"", NULL, NULL, "\"\"", NULL },
        { "behind escapes", "\"https:\\/\\/a.example\\/\\u003ftoken=1\"", "\"\\u003ftoken=1&b=\\\"\"",
          "\"\\u003ftoken=1&b=\\\"\"", "\"https://a.example/\"", "\"?b=\\\"\"", "\"?b=\\\"\"" },
        { "a relative URL", "\"/a?token=1\"", NULL, "\"a?token=1\"", "\"/a\"", NULL, "\"a\"" },
        { "users", "\"https://u:p@a.example/\"", NULL, "\"https://u:p@a.example/\"", "\"https://a.example/\"", NULL,
          "\"https://a.example/\"" },
        { "no strings", "17", "true", "[\"?token=1\"]", NULL, NULL, NULL },
};

static void edit_check(struct bench *bench, enum fact fact, const char *given, const char *want)
{
        struct slice value;
        assert_true(edit_apply(&bench->findings, bench->facts.fact[fact], &bench->arena, &value));
        assert_true(slice_equal(value, slice_of(want ? want : given)));
}

static void what_is_handed_on_is_stripped(void **state)
{
        (void)state;
        struct bench bench;
        bench_open(&bench, "page", "64");
        for (size_t turn = 0; turn < 2; turn++)
                for (size_t i = 0; i < COUNT_OF(HANDED); i++) {
                        bench.facts.fact[FACT_page_url] = slice_of(HANDED[i].url);
                        bench.facts.fact[FACT_page_search] = slice_of(HANDED[i].search);
                        bench.facts.fact[FACT_page_referrer] = slice_of(HANDED[i].referrer);
                        UNIT_ROW(HANDED[i].name);
                        (void)bench_run(&bench);
                        assert_false(bench.findings.broken);
                        edit_check(&bench, FACT_page_url, HANDED[i].url, HANDED[i].want_url);
                        edit_check(&bench, FACT_page_search, HANDED[i].search, HANDED[i].want_search);
                        edit_check(&bench, FACT_page_referrer, HANDED[i].referrer, HANDED[i].want_referrer);
                }
        bench_close(&bench);
}

static const struct { const char *name, *path, *want; } PATHS[] = {
        { "nothing to take", "\"/shoes/red\"", NULL },
        { "a mail address", "\"/users/anna@shop.example/cart\"", "\"/users/-/cart\"" },
        { "a session", "\"/cart;jsessionid=17\"", "\"/cart\"" },
        { "no string", "17", NULL },
};

static void a_path_is_handed_on_stripped_beside_a_url_and_alone(void **state)
{
        (void)state;
        struct bench bench;
        bench_open(&bench, "page", "64");
        for (size_t alone = 0; alone < 2; alone++)
                for (size_t i = 0; i < COUNT_OF(PATHS); i++) {
                        bench.facts.fact[FACT_page_url] = alone ? SLICE("") : SLICE("\"https://a.example/\"");
                        bench.facts.fact[FACT_page_path] = slice_of(PATHS[i].path);
                        UNIT_ROW(PATHS[i].name);
                        (void)bench_run(&bench);
                        assert_false(bench.findings.broken);
                        edit_check(&bench, FACT_page_path, PATHS[i].path, PATHS[i].want);
                }
        bench_close(&bench);
}

static void titles_are_given_and_cut(void **state)
{
        (void)state;
        struct bench bench;
        static char title[4000];
        bench_open(&bench, "page", "64");
        bench.facts.fact[FACT_page_title] = SLICE("\"H\\u00e4llo \\\"you\\\"\"");
        assert_string_equal(bench_run(&bench), ",\"page\":{\"title\":\"H\\u00e4llo \\\"you\\\"\"}");
        bench.facts.fact[FACT_page_title] = SLICE("\"\"");
        assert_string_equal(bench_run(&bench), "");
        for (size_t i = 1; i < sizeof(title) - 1; i += 2)
                memcpy(title + i, "\u00E4", 2);
        title[0] = title[sizeof(title) - 1] = '"';
        bench.facts.fact[FACT_page_title] = (struct slice){ title, sizeof(title) };
        assert_int_equal(strlen(bench_run(&bench)), strlen(",\"page\":{\"title\":\"\"}") + 1024);
        bench_close(&bench);
}

static int64_t counted(const struct bench *bench, enum metric metric) { return metrics_sum(bench->metrics, metric); }

/* A URL of 64 KiB: its first parameters are read, and no more is handed on. */
static void a_long_url_is_cut_and_counted(void **state)
{
        (void)state;
        struct bench bench;
        static char text[65536];
        bench_open(&bench, "page", "64");
        memset(text, 'x', sizeof(text));
        memcpy(text, "\"https://a.example/b?c=1&", 25);
        memcpy(text + sizeof(text) - 10, "&token=1", 8);
        text[sizeof(text) - 1] = '"';
        bench.facts.fact[FACT_page_url] = (struct slice){ text, sizeof(text) };
        bench.facts.fact[FACT_page_referrer] = (struct slice){ text, sizeof(text) };
        for (size_t turn = 1; turn < 3; turn++) {
                assert_non_null(strstr(bench_run(&bench), "\"full\":\"https://a.example/b?c=1\""));
                edit_check(&bench, FACT_page_url, NULL, "\"https://a.example/b?c=1\"");
                edit_check(&bench, FACT_page_referrer, NULL, "\"https://a.example/b?c=1\"");
                assert_int_equal(counted(&bench, METRIC_page_truncated), 2 * turn);
        }
        memset(text + 9, 'x', sizeof(text) - 10);          /* a host without end */
        assert_string_equal(bench_run(&bench), "");
        edit_check(&bench, FACT_page_url, NULL, "\"\"");
        assert_int_equal(counted(&bench, METRIC_page_broken), 1);
        bench_close(&bench);
}

static void what_went_is_counted(void **state)
{
        (void)state;
        struct bench bench;
        bench_open(&bench, "page", "64");
        bench.facts.fact[FACT_page_url] = SLICE("\"https://u@a.example/?token=1&q=anna@shop.example\"");
        bench.facts.fact[FACT_page_search] = SLICE("\"?token=1&q=anna@shop.example\"");
        bench.facts.fact[FACT_page_referrer] = SLICE("\"/?token=1\"");
        (void)bench_run(&bench);
        assert_int_equal(counted(&bench, METRIC_page_stripped), 4);
        assert_int_equal(counted(&bench, METRIC_page_misses), 1);
        (void)bench_run(&bench);
        assert_int_equal(counted(&bench, METRIC_page_stripped), 8);
        assert_int_equal(counted(&bench, METRIC_page_hits), 1);
        bench.facts.fact[FACT_page_url] = SLICE("\"/?token=1\"");
        (void)bench_run(&bench);
        assert_int_equal(counted(&bench, METRIC_page_stripped), 10);
        assert_int_equal(counted(&bench, METRIC_page_broken), 1);
        bench_close(&bench);
}

/* A full arena: fields are missing, and what should have been stripped is not published. */
static void no_memory_publishes_nothing_unstripped(void **state)
{
        (void)state;
        struct bench bench;
        bench_open(&bench, "page", "64");
        arena_done(&bench.arena);
        arena_init(&bench.arena, &bench.pool, 0);
        for (size_t i = 0; i < COUNT_OF(HANDED); i++) {
                bench.facts.fact[FACT_page_url] = slice_of(HANDED[i].url);
                bench.facts.fact[FACT_page_search] = slice_of(HANDED[i].search);
                bench.facts.fact[FACT_page_referrer] = slice_of(HANDED[i].referrer);
                bench.facts.fact[FACT_page_title] = SLICE("\"x\"");
                UNIT_ROW(HANDED[i].name);
                (void)bench_run(&bench);
                assert_true(bench.findings.broken || !(HANDED[i].want_url || HANDED[i].want_search || HANDED[i].want_referrer));
        }
        bench_close(&bench);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_case_renders),
                cmocka_unit_test(the_page_is_there_for_others),
                cmocka_unit_test(what_is_handed_on_is_stripped),
                cmocka_unit_test(a_path_is_handed_on_stripped_beside_a_url_and_alone),
                cmocka_unit_test(titles_are_given_and_cut),
                cmocka_unit_test(a_long_url_is_cut_and_counted),
                cmocka_unit_test(what_went_is_counted),
                cmocka_unit_test(no_memory_publishes_nothing_unstripped),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
