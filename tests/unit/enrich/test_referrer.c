/* What an event says of where its visitor came from. */
#include "unit.h"
#include "bench.h"
#include <unistd.h>

static const struct { const char *name, *referrer, *want;
} CASES[] = {
        { "nothing", NULL, "" },
        { "null", "null", "" },
        { "empty", "\"\"", "" },
        { "no address", "\"DIRECT\"", "" },
        { "no page", "\"about:blank\"", "" },
        { "a script", "\"javascript:alert(1)\"", "" },
        { "an extension", "\"chrome-extension://abcdef/index.html\"", "" },
        { "a host alone", "\"www.google.com\"", "" },
        { "nothing but a scheme", "\"https://\"", "" },
        { "a search engine", "\"https://www.google.com/\"",
          "{\"url\":\"https://www.google.com/\",\"domain\":\"www.google.com\",\"registered_domain\":\"google.com\","
          "\"medium\":\"search\",\"source\":\"Google\"}" },
        { "a search engine that tells the term", "\"https:\\/\\/www.bing.com\\/search?form=x&Q=red+shoes%20%26+more\"",
          "{\"url\":\"https://www.bing.com/search?form=x&Q=red+shoes%20%26+more\",\"domain\":\"www.bing.com\","
          "\"registered_domain\":\"bing.com\",\"medium\":\"search\",\"source\":\"Bing\",\"term\":\"red shoes & more\"}" },
        { "the first listed parameter that is there and not empty", "\"http://suche.freenet.de/?q=b&query=a\"",
          "{\"url\":\"http://suche.freenet.de/"
          "?q=b&query=a\",\"domain\":\"suche.freenet.de\",\"registered_domain\":\"freenet.de\","
          "\"medium\":\"search\",\"source\":\"Freenet\",\"term\":\"a\"}" },
        { "the term in the fragment", "\"http://suche.freenet.de/#q=b&query=\"",
          "{\"url\":\"http://suche.freenet.de/#q=b&query=\",\"domain\":\"suche.freenet.de\",\"registered_domain\":\"freenet.de\","
          "\"medium\":\"search\",\"source\":\"Freenet\",\"term\":\"b\"}" },
        { "a person's address is no term", "\"https://duckduckgo.com/?q=jo%40shop.example\"",
          "{\"url\":\"https://duckduckgo.com/\",\"domain\":\"duckduckgo.com\","
          "\"registered_domain\":\"duckduckgo.com\",\"medium\":\"search\",\"source\":\"DuckDuckGo\"}" },
        { "a term that is not UTF-8", "\"https://duckduckgo.com/?q=%FFa%00\"",
          "{\"url\":\"https://duckduckgo.com/?q=%FFa%00\",\"domain\":\"duckduckgo.com\","
          "\"registered_domain\":\"duckduckgo.com\",\"medium\":\"search\",\"source\":\"DuckDuckGo\",\"term\":\"\xEF\xBF\xBD"
          "a\"}" },
        { "a term that is cut, never inside a character", "\"https://duckduckgo.com/?q=1234567890123456789%C3%A9x\"",
          "{\"url\":\"https://duckduckgo.com/?q=1234567890123456789%C3%A9x\",\"domain\":\"duckduckgo.com\","
          "\"registered_domain\":\"duckduckgo.com\",\"medium\":\"search\",\"source\":\"DuckDuckGo\",\"term\":"
          "\"1234567890123456789\"}" },
        { "an assistant", "\"https://chatgpt.com/c/1\"",
          "{\"url\":\"https://chatgpt.com/c/1\",\"domain\":\"chatgpt.com\",\"registered_domain\":\"chatgpt.com\","
          "\"medium\":\"ai-assistant\",\"source\":\"ChatGPT\"}" },
        { "an app", "\"android-app://com.google.android.gm/\"",
          "{\"url\":\"android-app://com.google.android.gm/\",\"domain\":\"com.google.android.gm\",\"medium\":\"email\","
          "\"source\":\"Gmail\"}" },
        { "an app in its maker's letters", "\"android-app://com.Slack\"",
          "{\"url\":\"android-app://com.Slack\",\"domain\":\"com.Slack\",\"medium\":\"social\",\"source\":\"Slack\"}" },
        { "some other app", "\"android-app://com.example.google.com/\"",
          "{\"url\":\"android-app://com.example.google.com/\",\"domain\":\"com.example.google.com\",\"medium\":\"unknown\"}" },
        { "some other site", "\"HTTPS://Jo:Secret@News.Example.co.uk:8443/a/../b\"",
          "{\"url\":\"https://news.example.co.uk:8443/b\",\"domain\":\"news.example.co.uk\","
          "\"registered_domain\":\"example.co.uk\",\"medium\":\"unknown\"}" },
        { "a known site of no medium", "\"https://docs.google.com/d/1\"",
          "{\"url\":\"https://docs.google.com/d/1\",\"domain\":\"docs.google.com\",\"registered_domain\":\"google.com\","
          "\"medium\":\"unknown\",\"source\":\"Google\"}" },
        { "a number", "\"http://192.168.1.7/x\"",
          "{\"url\":\"http://192.168.1.7/x\",\"domain\":\"192.168.1.7\",\"medium\":\"unknown\"}" },
        { "one's own, by the list", "\"https://pay.example/x\"",
          "{\"url\":\"https://pay.example/x\",\"domain\":\"pay.example\",\"registered_domain\":\"pay.example\","
          "\"medium\":\"internal\"}" },
        { "below one's own", "\"https://a.b.shop.example/x\"",
          "{\"url\":\"https://a.b.shop.example/x\",\"domain\":\"a.b.shop.example\",\"registered_domain\":\"shop.example\","
          "\"medium\":\"internal\"}" },
        { "above one's own", "\"https://shop.example/x\"",
          "{\"url\":\"https://shop.example/x\",\"domain\":\"shop.example\",\"registered_domain\":\"shop.example\","
          "\"medium\":\"unknown\"}" },
        { "one's own name behind another", "\"https://notshop.example/x\"",
          "{\"url\":\"https://notshop.example/x\",\"domain\":\"notshop.example\",\"registered_domain\":\"notshop.example\","
          "\"medium\":\"unknown\"}" },
        { "too long: cut before the value that does not fit",
          "\"https://google.com/search?a=1&q=12345678901234567890123456789012345678\"",
          "{\"url\":\"https://google.com/search?a=1\",\"domain\":\"google.com\",\"registered_domain\":\"google.com\","
          "\"medium\":\"search\",\"source\":\"Google\"}" },
};

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

static uint64_t counted(const struct bench *bench, enum metric metric)
{
        return (uint64_t)metrics_sum(bench->metrics, metric);
}

static void every_case_renders(void **state)
{
        (void)state;
        static const char *const SETTINGS[][2] = {
                { "enrich.referrer.internal", "Pay.Example, *.shop.example" },
                { "enrich.referrer.limit", "64" },
                { "enrich.referrer.term_limit", "20" },
                { "enrich.referrer.header", "true" },
        };
        struct bench bench;
        open_with(&bench, "referrer", SETTINGS, COUNT_OF(SETTINGS));
        for (size_t i = 0; i < 2 * COUNT_OF(CASES); i++) {          /* the second time from the cache */
                char want[500] = "";
                size_t row = i % COUNT_OF(CASES);
                if (*CASES[row].want)
                        snprintf(want, sizeof(want), ",\"referrer\":%s", CASES[row].want);
                bench.facts.fact[FACT_page_referrer] = slice_of(CASES[row].referrer);
                UNIT_ROW(CASES[row].name);
                assert_string_equal(bench_run(&bench), want);
                assert_int_equal(bench.findings.referrer != NULL, *want != '\0');
        }
        bench_close(&bench);
}

/* Beside a page: what is internal. The page comes from the cache of the enrichment page, the referrer from ours. */
static const struct { const char *name, *page, *referrer, *same_site, *other_site;
} PAGES[] = {
        { "the page's own host", "\"https://www.shop.example/a\"", "\"https://www.shop.example/b\"", "internal", "internal" },
        { "the page itself", "\"https://www.shop.example/a\"", "\"https://www.shop.example/a\"", "internal", "internal" },
        { "in other letters, with another scheme and port", "\"https://www.shop.example/a\"", "\"http://WWW.Shop.example:81/\"",
          "internal", "internal" },
        { "another host of its registered domain", "\"https://www.shop.example/a\"", "\"https://pay.shop.example/\"", "internal",
          "unknown" },
        { "the domain itself", "\"https://www.shop.example/a\"", "\"https://shop.example/\"", "internal", "unknown" },
        { "another shop of one platform", "\"https://jo.github.io/a\"", "\"https://al.github.io/\"", "unknown", "unknown" },
        { "a public suffix", "\"https://jo.github.io/a\"", "\"https://github.io/\"", "unknown", "unknown" },
        { "a name inside another", "\"https://shop.example/a\"", "\"https://notshop.example/\"", "unknown", "unknown" },
        { "numbers", "\"http://192.168.1.7/a\"", "\"http://192.168.1.7/b\"", "internal", "internal" },
        { "other numbers", "\"http://192.168.1.7/a\"", "\"http://192.168.1.8/b\"", "unknown", "unknown" },
        { "a search engine's own page", "\"https://www.google.com/x\"", "\"https://www.google.com/search\"", "internal",
          "internal" },
        { "mail beside search", "\"https://www.google.com/x\"", "\"https://mail.google.com/\"", "internal", "email" },
        { "a page whose host nobody knows", "\"about:blank\"", "\"https://shop.example/\"", "unknown", "unknown" },
};

static void internal_is_what_belongs_to_the_page(void **state)
{
        (void)state;
        for (size_t same_site = 0; same_site < 2; same_site++) {
                const char *const settings[][2] = { { "enrich.referrer.same_site", same_site ? "true" : "false" } };
                struct bench bench;
                open_with(&bench, "page, referrer", settings, 1);
                for (size_t i = 0; i < 2 * COUNT_OF(PAGES); i++) {
                        size_t row = i % COUNT_OF(PAGES);
                        char   want[64];
                        bench.facts.fact[FACT_page_url] = slice_of(PAGES[row].page);
                        bench.facts.fact[FACT_page_referrer] = slice_of(PAGES[row].referrer);
                        snprintf(want, sizeof(want), "\"medium\":\"%s\"",
                                 same_site ? PAGES[row].same_site : PAGES[row].other_site);
                        UNIT_ROW(PAGES[row].name);
                        assert_non_null(strstr(bench_run(&bench), want));
                        assert_true(strstr(bench.text, "\"referrer\":{\"url\":\"http") != NULL);
                }
                bench_close(&bench);
        }
}

/* What the configuration takes out of addresses goes out of the referrer's, and so does a term that stood there. */
static void addresses_are_stripped(void **state)
{
        (void)state;
        static const char *const SETTINGS[][2] = { { "enrich.page.strip", "standard, q" } };
        struct bench bench;
        for (size_t page = 0; page < 2; page++) {
                open_with(&bench, page ? "page, referrer" : "referrer", SETTINGS, 1);
                bench.facts.fact[FACT_page_referrer] =
                        SLICE("\"https://jo:secret@duckduckgo.com/?q=shoes&mc_eid=1&x=y#access_token=z\"");
                assert_string_equal(bench_run(&bench),
                                    ",\"referrer\":{\"url\":\"https://duckduckgo.com/?x=y\",\"domain\":\"duckduckgo.com\","
                                    "\"registered_domain\":\"duckduckgo.com\",\"medium\":\"search\",\"source\":\"DuckDuckGo\"}");
                bench_close(&bench);
        }
}

/* The header is the page itself where a browser posts to another origin, so it counts only when it is asked for. */
static void the_header_counts_by_option(void **state)
{
        (void)state;
        static const char *const ON[][2] = { { "enrich.referrer.header", "true" } };
        for (size_t on = 0; on < 2; on++) {
                struct bench bench;
                open_with(&bench, "referrer", ON, on);
                bench.client.header[HEADER_referer] = SLICE("https://t.co/x");
                assert_int_equal(*bench_run(&bench) != '\0', on);
                bench.facts.fact[FACT_page_referrer] = SLICE("\"https://claude.ai/\"");
                assert_non_null(strstr(bench_run(&bench), "\"source\":\"Claude\""));
                bench.facts.fact[FACT_page_referrer] = SLICE("\"\"");   /* the page says that it had none */
                assert_string_equal(bench_run(&bench), "");
                bench_close(&bench);
        }
}

static void hits_and_misses_are_counted(void **state)
{
        (void)state;
        static const char *const SETTINGS[][2] = { { "enrich.referrer.limit", "64" } };
        struct bench bench;
        char long_text[200] = "\"https://shop.example/";
        open_with(&bench, "referrer", SETTINGS, 1);
        memset(long_text + strlen(long_text), 'a', 100);
        strcpy(long_text + strlen(long_text), "\"");
        bench.facts.fact[FACT_page_referrer] = SLICE("\"https://t.co/x\"");
        for (size_t i = 0; i < 3; i++)
                assert_non_null(strstr(bench_run(&bench), "Twitter"));
        bench.facts.fact[FACT_page_referrer] = slice_of(long_text);
        assert_non_null(strstr(bench_run(&bench), "\"url\":\"https://shop.example/\""));
        assert_int_equal(counted(&bench, METRIC_referrer_hits), 2);
        assert_int_equal(counted(&bench, METRIC_referrer_misses), 2);
        assert_int_equal(counted(&bench, METRIC_referrer_truncated), 1);
        bench.facts.fact[FACT_page_referrer] = SLICE("\"about:blank\"");
        assert_string_equal(bench_run(&bench), "");
        assert_int_equal(counted(&bench, METRIC_referrer_broken), 1);
        bench_close(&bench);
}

/* The longest texts, everything in them escaped, and a full arena: an answer or none, no crash. */
static void hostile_texts_are_answered(void **state)
{
        (void)state;
        static const char *const SETTINGS[][2] = { { "enrich.referrer.limit", "64KiB" } };
        static const char *const STARTS[] = { "\"https://google.com/?q=", "\"https://",
                                              "\"android-app://",         "\"https://google.com/?",
                                              "\"https://google.com/",    "\"https://google.com/#" };
        static const char *const FILLS[] = { "\\u0001", "%22", "a.", "q=", "&", "/", "\xC3\xA9", "\\\"", "@" };
        static char text[70000];
        static char out[2000000];
        struct bench bench;
        open_with(&bench, "referrer", SETTINGS, 1);
        for (size_t start = 0; start < COUNT_OF(STARTS); start++)
                for (size_t fill = 0; fill < COUNT_OF(FILLS); fill++) {
                        struct slice hostile = hostile_make(text, STARTS[start], FILLS[fill], 65000);
                        bench.facts.fact[FACT_page_referrer] = hostile;
                        bench_hostile(&bench, out, sizeof(out));
                }
        arena_done(&bench.arena);
        arena_init(&bench.arena, &bench.pool, 0);
        bench.facts.fact[FACT_page_referrer] = SLICE("\"https:\\/\\/t.co/y\"");
        assert_string_equal(bench_run(&bench), "");
        bench_close(&bench);
}

static const struct { const char *path, *value, *want; } WRONG[] = {
        { "enrich.referrer.internal", "http://shop.example", "'http://shop.example' is no host" },
        { "enrich.referrer.internal", "shop.example/a", "'shop.example/a' is no host" },
        { "enrich.referrer.internal", "*.*.example, *", "is no host" },
        { "enrich.referrer.lists", "/no/such/list.yaml", "cannot read '/no/such/list.yaml'" },
        { "enrich.page.strip", "a*b*c", "enrich.page.strip" },
        { "enrich.referrer.lists", "social=/no/such/list.yaml", "cannot read '/no/such/list.yaml'" },
};

static void wrong_settings_are_told(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
                struct config config;
                struct errors errors = { 0 };
                struct error  err;
                config_init(&config);
                assert_true(config_set(&config, "enrich.order", "referrer", &err));
                assert_true(config_set(&config, WRONG[i].path, WRONG[i].value, &err));
                UNIT_ROW(WRONG[i].value);
                assert_null(enrich_plan_new(&config, &errors));
                assert_non_null(strstr(errors.items[0].text, WRONG[i].want));
                errors_done(&errors);
                config_done(&config);
        }
}

/* A file of the operator's goes over our own table, a later one over an earlier one, and all of them are watched. */
static void lists_go_over_the_table(void **state)
{
        (void)state;
        static char paths[2][64] = { "/tmp/millrace-referrers-XXXXXX", "/tmp/millrace-referrers-XXXXXX" };
        static const char *const TEXTS[] = { "search:\n  Loom: { domains: [loom.example, duckduckgo.com], parameters: [z] }\n",
                                             "Thread: [loom.example]\n" };
        char  lists[200];
        for (size_t i = 0; i < 2; i++) {
                int file = mkstemp(paths[i]);
                assert_true(file >= 0);
                assert_int_equal(write(file, TEXTS[i], strlen(TEXTS[i])), (ssize_t)strlen(TEXTS[i]));
                close(file);
        }
        snprintf(lists, sizeof(lists), "%s, social=%s", paths[0], paths[1]);
        const char *const settings[][2] = { { "enrich.referrer.lists", lists } };
        struct bench bench;
        open_with(&bench, "referrer", settings, 1);
        assert_string_equal(enrich_plan_watched(bench.plan, 0), paths[0]);
        assert_string_equal(enrich_plan_watched(bench.plan, 1), paths[1]);
        bench.facts.fact[FACT_page_referrer] = SLICE("\"https://duckduckgo.com/?z=1&q=2\"");
        assert_non_null(strstr(bench_run(&bench), "\"source\":\"Loom\",\"term\":\"1\"}"));
        bench.facts.fact[FACT_page_referrer] = SLICE("\"https://loom.example/?z=1&q=2\"");
        assert_non_null(strstr(bench_run(&bench), "\"medium\":\"social\",\"source\":\"Thread\"}"));
        bench.facts.fact[FACT_page_referrer] = SLICE("\"https://www.google.com/\"");
        assert_non_null(strstr(bench_run(&bench), "\"source\":\"Google\"}"));
        bench_close(&bench);
        const char *const alone[][2] = { { "enrich.referrer.lists", lists }, { "enrich.referrer.table", "false" } };
        open_with(&bench, "referrer", alone, 2);
        bench.facts.fact[FACT_page_referrer] = SLICE("\"https://www.google.com/\"");
        assert_non_null(strstr(bench_run(&bench), "\"medium\":\"unknown\"}"));
        bench_close(&bench);
        for (size_t i = 0; i < 2; i++)
                (void)remove(paths[i]);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_case_renders),
                cmocka_unit_test(internal_is_what_belongs_to_the_page),
                cmocka_unit_test(addresses_are_stripped),
                cmocka_unit_test(the_header_counts_by_option),
                cmocka_unit_test(hits_and_misses_are_counted),
                cmocka_unit_test(hostile_texts_are_answered),
                cmocka_unit_test(wrong_settings_are_told),
                cmocka_unit_test(lists_go_over_the_table),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
