/* Who a referrer is: the table of our own, and the rules by which any table answers. */
#include "unit.h"
#include "enrich/referrer_table.h"

static const char *answer(const struct referrer_table *table, const char *host, const char *path, bool whole)
{
        static char text[200];
        const struct referrer_site *site = referrer_table_find(table, slice_of(host), slice_of(path), whole);
        if (!site)
                return "-";
        snprintf(text, sizeof(text), "%.*s: %.*s", SLICE_ARGS(site->medium), SLICE_ARGS(site->source));
        return text;
}

static const struct { const char *host, *path, *want; } OWN[] = {
        { "www.google.com", "/search", "search: Google" },
        { "google.com", "/", "search: Google" },
        { "www.google.co.uk", "/url", "search: Google" },
        { "www.google.com.br", "", "search: Google" },
        { "google.fr", "/imgres", "search: Google Images" },
        { "images.google.de", "/", "search: Google Images" },
        { "www.google.de", "/aclk", "paid: Google Ads" },
        { "www.google.de", "/aclks", "search: Google" },
        { "mail.google.com", "/mail/u/0", "email: Gmail" },
        { "accounts.google.com", "/o/oauth2", "unknown: Google" },
        { "maps.google.it", "/", "unknown: Google" },
        { "www.google.it", "/maps/place/Roma", "unknown: Google" },
        { "gemini.google.com", "/app", "ai-assistant: Gemini" },
        { "chatgpt.com", "/", "ai-assistant: ChatGPT" },
        { "www.perplexity.ai", "/search/x", "ai-assistant: Perplexity" },
        { "copilot.microsoft.com", "/", "ai-assistant: Copilot" },
        { "www.bing.com", "/chat", "ai-assistant: Copilot" },
        { "www.bing.com", "/chatter", "search: Bing" },
        { "www.bing.com", "/images/search", "search: Bing Images" },
        { "claude.ai", "/", "ai-assistant: Claude" },
        { "chat.deepseek.com", "/", "ai-assistant: DeepSeek" },
        { "x.com", "/i/grok", "ai-assistant: Grok" },
        { "x.com", "/i/grok/share/1", "ai-assistant: Grok" },
        { "x.com", "/i/grokking", "social: Twitter" },
        { "x.com", "/i", "social: Twitter" },
        { "t.co", "/abc", "social: Twitter" },
        { "de.search.yahoo.com", "/search", "search: Yahoo!" },
        { "search.yahoo.co.jp", "/search", "search: Yahoo!" },
        { "us-mg6.mail.yahoo.com", "/neo", "email: Yahoo! Mail" },
        { "news.yahoo.co.jp", "/", "unknown: Yahoo!" },
        { "m.facebook.com", "/l.php", "social: Facebook" },
        { "l.instagram.com", "/", "social: Instagram" },
        { "old.reddit.com", "/r/c", "social: Reddit" },
        { "someone.tumblr.com", "/", "social: Tumblr" },
        { "webmail1m.orange.fr", "/webmail/fr_FR/read.html", "email: Orange Webmail" },
        { "www.orange.fr", "/portail", "-" },
        { "yandex.com.tr", "/search", "search: Yandex" },
        { "mail.yandex.ru", "/", "email: Yandex Mail" },
        { "duckduckgo.com", "/", "search: DuckDuckGo" },
        { "ad.doubleclick.net", "/x", "paid: Google Ads" },
        { "www.example.com", "/google.com/search", "-" },
        { "google.com.example.com", "/search", "-" },
        { "notgoogle.com", "/search", "-" },
        { "google.evil", "/search", "-" },
        { "google", "/search", "-" },
        { "com", "/", "-" },
        { "co.uk", "/", "-" },
        { "192.168.1.1", "/", "-" },
        { "[::1]", "/", "-" },
        { "", "/", "-" },
        { ".", "/", "-" },
        { "..google.com", "/", "search: Google" },
        { "google.com.", "/", "-" },
};

static void the_own_table_knows_them(void **state)
{
        (void)state;
        struct referrer_table *table = referrer_table_new();
        referrer_table_add_own(table);
        for (size_t i = 0; i < COUNT_OF(OWN); i++) {
                UNIT_ROW(OWN[i].host);
                assert_string_equal(answer(table, OWN[i].host, OWN[i].path, false), OWN[i].want);
        }
        assert_string_equal(answer(table, "com.google.android.gm", "", true), "email: Gmail");
        assert_string_equal(answer(table, "com.example.android.gm", "", true), "-");
        assert_string_equal(answer(table, "www.google.com", "/", true), "-");
        assert_true(referrer_table_count(table) > 500 && referrer_table_bytes(table) < 300000);
        referrer_table_free(table);
}

static void sources_are_found_by_name(void **state)
{
        (void)state;
        struct referrer_table *table = referrer_table_new();
        assert_null(referrer_table_named(table, SLICE("google")));
        referrer_table_add_own(table);
        assert_int_equal(referrer_table_named(table, SLICE("google"))->kind, REFERRER_search);
        assert_int_equal(referrer_table_named(table, SLICE("FACEBOOK"))->kind, REFERRER_social);
        assert_int_equal(referrer_table_named(table, SLICE("ChatGPT"))->kind, REFERRER_ai_assistant);
        assert_null(referrer_table_named(table, SLICE("newsletter")));
        assert_null(referrer_table_named(table, SLICE("")));
        referrer_table_free(table);
}

/* Every key of the own table answers with its own row: no row hides another. */
static void no_row_hides_another(void **state)
{
        (void)state;
        static const struct { const char *medium, *source, *hosts; } ROWS[] = {
#define REFERRER(medium, source, hosts, terms) { #medium, source, hosts },
#include "enrich/referrers.def"
#undef REFERRER
        };
        struct referrer_table *table = referrer_table_new();
        referrer_table_add_own(table);
        for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
                for (const char *at = ROWS[i].hosts; *at; at += strspn(at, " ")) {
                        char   host[200];
                        size_t size = strcspn(at, " ");
                        snprintf(host, sizeof(host), "%.*s", (int)size, at);
                        at += size;
                        char *country = strstr(host, "{}");
                        if (country)
                                memcpy(country, "fr", 2);
                        char *slash = strchr(host, '/'), path[200] = "/";
                        if (slash) {
                                snprintf(path, sizeof(path), "%s", slash);
                                *slash = '\0';
                        }
                        const struct referrer_site *site = referrer_table_find(table, slice_of(host), slice_of(path), false);
                        UNIT_ROW(host);
                        assert_non_null(site);
                        assert_int_equal(site->source.size, strlen(ROWS[i].source));
                        assert_memory_equal(site->source.data, ROWS[i].source, site->source.size);
                }
        }
        referrer_table_free(table);
}

static const struct { const char *key; bool want; } KEYS[] = {
        { "shop.example", true },        { "https://Shop.Example/A/", true }, { "//shop.example", true },
        { "shop.{}", true },             { "localhost", true },               { "shop.example/a/b/c", true },
        { "", false },                   { "/", false },                      { "/path", false },
        { "shop..example", false },      { ".example", false },               { "example.", false },
        { "shop example", false },       { "shop.example:80", false },        { "user@shop.example", false },
        { "https://", false },           { "*.shop.example", true },          { "shop.example?x", false },
};

static void keys_are_hosts(void **state)
{
        (void)state;
        struct referrer_site site = { SLICE("search"), SLICE("Shop"), REFERRER_search, NULL, 0 };
        for (size_t i = 0; i < COUNT_OF(KEYS); i++) {
                struct referrer_table *table = referrer_table_new();
                const struct referrer_site *kept = referrer_table_keep(table, &site);
                UNIT_ROW(KEYS[i].key);
                assert_int_equal(referrer_table_add(table, slice_of(KEYS[i].key), kept), KEYS[i].want);
                referrer_table_free(table);
        }
        char long_key[REFERRER_KEY_MOST + 2];
        struct referrer_table *table = referrer_table_new();
        memset(long_key, 'a', sizeof(long_key));
        assert_true(referrer_table_add(table, (struct slice){ long_key, REFERRER_KEY_MOST }, referrer_table_keep(table, &site)));
        assert_non_null(referrer_table_find(table, (struct slice){ long_key, REFERRER_KEY_MOST }, SLICE("/a"), false));
        assert_false(referrer_table_add(table, (struct slice){ long_key, REFERRER_KEY_MOST + 1 },
                                        referrer_table_keep(table, &site)));
        referrer_table_free(table);
}

static void add(struct referrer_table *table, const char *key, const char *source)
{
        struct referrer_site site = { SLICE("search"), slice_of(source), REFERRER_search, NULL, 0 };
        assert_true(referrer_table_add(table, slice_of(key), referrer_table_keep(table, &site)));
}

static void paths_go_before_hosts_and_long_before_short(void **state)
{
        (void)state;
        struct referrer_table *table = referrer_table_new();
        assert_string_equal(answer(table, "shop.example", "/", false), "-");
        add(table, "shop.example/a", "path");
        assert_string_equal(answer(table, "shop.example", "/", false), "-");
        assert_string_equal(answer(table, "www.shop.example", "/A/x", false), "search: path");
        add(table, "www.shop.example", "www");
        assert_string_equal(answer(table, "www.shop.example", "/a", false), "search: path");
        assert_string_equal(answer(table, "www.shop.example", "/b", false), "search: www");
        add(table, "shop.example/a/b/", "deep");
        assert_string_equal(answer(table, "shop.example", "/a/b", false), "search: deep");
        assert_string_equal(answer(table, "shop.example", "/a/b/c/d/e", false), "search: deep");
        assert_string_equal(answer(table, "shop.example", "/a/bc", false), "search: path");
        add(table, "shop.example/a", "later");
        assert_string_equal(answer(table, "shop.example", "/a", false), "search: later");
        add(table, "{}.shop.example", "country");
        assert_string_equal(answer(table, "de.shop.example", "/", false), "search: country");
        assert_string_equal(answer(table, "www.de.shop.example", "/", false), "search: country");
        assert_string_equal(answer(table, "deu.shop.example", "/", false), "-");
        add(table, "fr.shop.example", "France");
        assert_string_equal(answer(table, "fr.shop.example", "/", false), "search: France");
        add(table, "a.{}", "short");
        add(table, "maps.b.{}", "long");
        add(table, "b.de", "exact");
        assert_string_equal(answer(table, "a.de", "/", false), "search: short");
        assert_string_equal(answer(table, "a.com.de", "/", false), "search: short");
        assert_string_equal(answer(table, "a.shop.de", "/", false), "-");
        assert_string_equal(answer(table, "maps.b.de", "/", false), "search: long");
        assert_string_equal(answer(table, "www.b.de", "/", false), "search: exact");
        referrer_table_free(table);
}

/* Long hosts and paths of strangers: bounded, and no read behind their ends. */
static void hostile_texts_are_answered(void **state)
{
        (void)state;
        struct referrer_table *table = referrer_table_new();
        referrer_table_add_own(table);
        size_t size = 70000;
        char  *text = malloc(size);
        assert_non_null(text);
        for (size_t i = 0; i < size; i++)
                text[i] = i % 2 ? '.' : 'a';
        assert_null(referrer_table_find(table, (struct slice){ text, size }, (struct slice){ text, size }, false));
        for (size_t host = 1; host <= REFERRER_KEY_MOST; host++)
                assert_null(referrer_table_find(table, (struct slice){ text, host }, (struct slice){ text, host }, false));
        memset(text, '/', size);
        assert_non_null(referrer_table_find(table, SLICE("google.com"), (struct slice){ text, size }, false));
        for (size_t path = 0; path < 700; path++)
                assert_non_null(referrer_table_find(table, SLICE("www.google.com"), (struct slice){ text + size - path, path },
                                                    false));
        free(text);
        referrer_table_free(table);
}

static void media_have_synonyms(void **state)
{
        (void)state;
        assert_int_equal(referrer_medium_find(SLICE("Search")), REFERRER_search);
        assert_int_equal(referrer_medium_find(SLICE("chatbot")), REFERRER_ai_assistant);
        assert_int_equal(referrer_medium_find(SLICE("AI_assistant")), REFERRER_ai_assistant);
        assert_int_equal(referrer_medium_find(SLICE("referral")), REFERRER_other);
        assert_int_equal(referrer_medium_find(SLICE("")), REFERRER_other);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_own_table_knows_them),
                cmocka_unit_test(sources_are_found_by_name),
                cmocka_unit_test(no_row_hides_another),
                cmocka_unit_test(keys_are_hosts),
                cmocka_unit_test(paths_go_before_hosts_and_long_before_short),
                cmocka_unit_test(hostile_texts_are_answered),
                cmocka_unit_test(media_have_synonyms),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
