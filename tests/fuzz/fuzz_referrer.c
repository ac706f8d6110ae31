/* Any bytes as a list of referrers: a table or mistakes, never both, and the table answers. The first byte says whether the
 * file's name told a medium. */
#include "base/utf8.h"
#include "enrich/referrer_list.h"
#include "enrich/referrer_term.h"

static void ask(const struct referrer_table *table, struct arena_pool *pool, struct referrer_matcher *matcher, struct slice text)
{
        struct arena arena;
        struct url   url;
        arena_init(&arena, pool, 1 << 20);
        if (url_parse(text, &arena, &url)) {
                const struct referrer_site *site = referrer_table_find(table, url.host, url.path, false);
                BUG_IF(site && site->medium.size == 0);
                struct slice term = site ? referrer_term_find(site, &url, matcher, &arena) : (struct slice){ 0 };
                BUG_IF(term.size && !utf8_valid(term));
                (void)referrer_table_find(table, url.host, url.path, true);
        }
        (void)referrer_table_find(table, text, text, false);
        (void)referrer_table_named(table, text);
        arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const char *const URLS[] = { "https://www.loom.example/search/red?q=a&Q=b#q=c", "https://loom.co.uk/?text=%FF",
                                            "https://de.loom.example/", "android-app://com.loom", "http://1.2.3.4/" };
        struct errors errors = { 0 };
        struct slice  text = { (const char *)data + (size > 0), size - (size > 0) };
        struct referrer_table *table = referrer_table_new();
        bool good = referrer_list_read(table, "fuzz", size && data[0] & 1 ? SLICE("social") : (struct slice){ 0 }, text, &errors);
        BUG_IF(good != (errors_total(&errors) == 0));
        if (good) {
                struct arena_pool pool;
                struct referrer_matcher *matcher = referrer_matcher_new();
                arena_pool_init(&pool, 4096, 1);
                for (size_t i = 0; i < COUNT_OF(URLS); i++)
                        ask(table, &pool, matcher, slice_of(URLS[i]));
                ask(table, &pool, matcher, text);
                referrer_matcher_free(matcher);
                arena_pool_done(&pool);
        }
        referrer_table_free(table);
        errors_done(&errors);
        return 0;
}
