#include "unit.h"
#include "enrich/agent_bots.h"
#include "enrich/agent_engine.h"
#include "enrich/agent_literals.h"

#define CHROME "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
#define LIST                                                                                                                   \
        "[{\"pattern\":\"Loombot\\\\/\",\"url\":\"u\",\"tags\":[\"search-engine\"]},"                                          \
        "{\"pattern\":\"[sS]huttle *[cC]heck\",\"tags\":[\"monitoring\"]},"                                                    \
        "{\"pattern\":\"warp-client\",\"tags\":[\"http-library\"]},"                                                           \
        "{\"pattern\":\"Loom\",\"tags\":[\"seo\"]},"                                                                           \
        "{\"pattern\":\"^.$\",\"tags\":[\"scanner\"]},"                                                                        \
        "{\"pattern\":\"a loom whose name is longer than literals are\"},"                                                    \
        "{\"pattern\":\"curl\",\"tags\":[\"seo\"]}]"

static const struct { const char *name, *text, *want; enum bot_category category; enum bot_reason reason; bool counted;
} CASES[] = {
        { "nothing", "", "", BOT_NONE, 0, false },
        { "a browser", CHROME, "", BOT_NONE, 0, false },
        { "an app of Apple's", "Shop/42 CFNetwork/1485 Darwin/23.1.0", "", BOT_NONE, 0, false },
        { "an app of Android's", "Dalvik/2.1.0 (Linux; U; Android 13; SM-G991B)", "", BOT_NONE, 0, false },
        { "an old browser", "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 5.1; http://bar.example)", "", BOT_NONE, 0, false },
        { "a phone", "Mozilla/5.0 (Linux; Android 9; CUBOT X18) Chrome/90.0 Mobile Safari/537.36", "", BOT_NONE, 0, false },
        { "the list, without slash", "Mozilla/5.0 (compatible; Loombot/1.0)", "Loombot", BOT_SEARCH, BOT_BY_LIST, true },
        { "the list looks at case", "loombot/1.0", "loombot", BOT_OTHER, BOT_BY_SPIDER, true },
        { "the list, by a regex", "x Shuttle  check/2", "Shuttle  check", BOT_MONITORING, BOT_BY_LIST, true },
        { "the longer of two", "Loombot/1.0 Loom", "Loombot", BOT_SEARCH, BOT_BY_LIST, true },
        { "more than its library", "warp-client/1.0 Loom", "Loom", BOT_SEO, BOT_BY_LIST, true },
        { "a library of the list", "warp-client/1.0", "warp-client", BOT_HTTP_LIBRARY, BOT_BY_LIST, true },
        { "without any literal", "x", "x", BOT_SCANNER, BOT_BY_LIST, true },
        { "longer than the automaton's", "a loom whose name is longer than literals are",
          "a loom whose name is longer than literals are", BOT_OTHER, BOT_BY_LIST, true },
        { "its beginning only", "a loom whose name is longer than", "", BOT_NONE, 0, false },
        { "the list before our words", "curl/8.0", "curl", BOT_SEO, BOT_BY_LIST, true },
        { "our own word", "Mozilla/5.0 (compatible; bingbot/2.0; +http://x)", "bingbot", BOT_SEARCH, BOT_BY_SPIDER, true },
        { "our own word, cut", "Mozilla/5.0 (compatible; Google-InspectionTool/1.0;)", "Google-InspectionTool", BOT_SEARCH,
          BOT_BY_SPIDER, true },
        { "a library", "Go-http-client/2.0", "Go-http-client", BOT_HTTP_LIBRARY, BOT_BY_LIBRARY, true },
        { "a library at the start", "Java/17.0.9", "Java", BOT_HTTP_LIBRARY, BOT_BY_LIBRARY, true },
        { "not at the start", "Shop Java/17.0.9", "", BOT_NONE, 0, false },
        { "the whole of it", "node", "Node.js", BOT_HTTP_LIBRARY, BOT_BY_LIBRARY, true },
        { "not the whole of it", "nodes", "", BOT_NONE, 0, false },
        { "no screen", "Mozilla/5.0 AppleWebKit/537.36 HeadlessChrome/120.0 Safari/537.36", "HeadlessChrome", BOT_AUTOMATION,
          BOT_BY_HEADLESS, true },
        { "more than what it drives", "HeadlessChrome/120.0 bingbot/2", "bingbot", BOT_SEARCH, BOT_BY_SPIDER, true },
        { "a name of its own", "Mozilla/5.0 (compatible; Weftbot/3.1; +http://x)", "Weftbot", BOT_OTHER, BOT_BY_SPIDER, true },
        { "a name behind a browser's", CHROME " Weft-Crawler/3", "Weft-Crawler", BOT_OTHER, BOT_BY_SPIDER, true },
        { "of two words", "Mozilla/5.0 (compatible; Weft Reader/3.1; +http://x/crawl)", "Weft Reader", BOT_OTHER, BOT_BY_SPIDER,
          true },
        { "an address alone", CHROME " (Weft/2; +https://x)", "Weft", BOT_OTHER, BOT_BY_SPIDER, true },
        { "an address behind", CHROME " Weft/2 (+https://x)", "Weft", BOT_OTHER, BOT_BY_SPIDER, true },
        { "an address and no name", "Mozilla/5.0 (compatible; +https://x)", "", BOT_OTHER, BOT_BY_SPIDER, true },
        { "no browser's agent", "Weft (https://x)", "Weft", BOT_OTHER, BOT_BY_SPIDER, true },
        { "okhttp, excepted", "okhttp/4.12.0", "okhttp", BOT_HTTP_LIBRARY, BOT_BY_LIBRARY, false },
        { "a robot with okhttp", "Weftbot/1 okhttp/4.12.0", "Weftbot", BOT_OTHER, BOT_BY_SPIDER, true },
        { "excepted by name", "AcmeCheckbot/7 (+https://acme.example)", "AcmeCheckbot", BOT_OTHER, BOT_BY_SPIDER, false },
        { "excepted, with an address behind a browser's", CHROME " AcmeCheckbot/7 (+https://acme.example)", "AcmeCheckbot",
          BOT_OTHER, BOT_BY_SPIDER, false },
        { "excepted by category", "Feedly/1.0", "Feedly", BOT_FEED, BOT_BY_SPIDER, false },
};

static void robots_are_told(void **state)
{
        (void)state;
        struct errors errors = { 0 };
        static const char *names[] = { "OkHttp", "acmecheckbot", "feed" };
        struct text_list except = { names, COUNT_OF(names) };
        const char *file = SOURCE_DIR "/tests/unit/enrich/rules.yaml";
        struct bot_list   *list = bot_list_read("f", slice_of(LIST), &errors);
        struct agent_bots *bots = agent_bots_new(list, &except, "f", &errors);
        assert_non_null(bots);
        assert_int_not_equal(agent_bots_memory(bots), 0);
        struct agent_engine  *engine = agent_engine_new(agent_rules_load(file, &errors), bots, file, &errors);
        struct agent_scratch *scratch = agent_scratch_new(engine, 1024);
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                for (unsigned slowly = 0; slowly < 2; slowly++) {
                        struct agent agent;
                        char *text = memory_get(strlen(CASES[i].text) + 1);        /* so that a read past its end is seen */
                        memcpy(text, CASES[i].text, strlen(CASES[i].text));
                        UNIT_ROW(CASES[i].name);
                        (slowly ? agent_find_slowly : agent_find)(engine, scratch, (struct slice){ text, strlen(text) }, &agent);
                        char *name = slice_copy(agent.robot.name);
                        assert_string_equal(name, CASES[i].want);
                        assert_string_equal(BOT_CATEGORY_NAMES[agent.robot.category].data,
                                            BOT_CATEGORY_NAMES[CASES[i].category].data);
                        if (CASES[i].category != BOT_NONE)
                                assert_int_equal(agent.robot.reason, CASES[i].reason);
                        assert_int_equal(agent.robot.counted, CASES[i].counted);
                        assert_int_equal(agent.class == DEVICE_BOT, CASES[i].counted);
                        free(name);
                        free(text);
                }
        }
        agent_scratch_free(scratch);
        agent_engine_free(engine);
}

static const struct { const char *name, *pattern, *want; } MISTAKES[] = {
        { "a bracket too few", "a(b", "f: /0/pattern: the regex is wrong at its character 4: missing closing parenthesis" },
        { "everything", "a*", "f: /0/pattern: the regex matches every user agent" },
        { "a dot that may be missing", "(bot)?", "f: /0/pattern: the regex matches every user agent" },
        { "a letter that is escaped for nothing", "\\\\y", "f: /0/pattern: the regex is wrong at its character 2: " },
};

static void wrong_patterns_are_named(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(MISTAKES); i++) {
                struct errors errors = { 0 };
                char json[200];
                UNIT_ROW(MISTAKES[i].name);
                snprintf(json, sizeof(json), "[{\"pattern\":\"%s\"}]", MISTAKES[i].pattern);
                assert_null(agent_bots_new(bot_list_read("f", slice_of(json), &errors), NULL, "f", &errors));
                assert_int_equal(errors.count, 1);
                assert_memory_equal(errors.items[0].text, MISTAKES[i].want, strlen(MISTAKES[i].want));
                errors_done(&errors);
        }
}

/* All words at once, again and again: bounded by their number, not by the square of the text. */
static void every_word_at_once_is_soon_done(void **state)
{
        (void)state;
        struct errors errors = { 0 };
        enum { SIZE = 65536 };
        char  *text = memory_get(SIZE);
        size_t size = 0;
        for (size_t i = 0; size < SIZE - 32; i++) {
                if (!BOT_WORDS[i].word)
                        i = 0;
                size += (size_t)snprintf(text + size, 32, "%s", BOT_WORDS[i].word + (BOT_WORDS[i].word[0] == LITERAL_START));
        }
        struct agent_bots *bots = agent_bots_new(NULL, NULL, NULL, &errors);
        struct bot bot;
        for (size_t i = 0; i < 20; i++)
                agent_bots_find(bots, NULL, (struct slice){ text, size }, true, &bot);
        assert_true(bot.counted);
        assert_in_range(bot.name.size, 1, 64);
        agent_bots_free(bots);
        free(text);
}

static void words_are_lower_case_and_short(void **state)
{
        (void)state;
        for (const struct bot_word *row = BOT_WORDS; row->word; row++) {
                const char *words[] = { row->word, row->with, row->without[0], row->without[1] };
                UNIT_ROW(row->word);
                assert_in_range(row->category, BOT_NONE + 1, BOT_CATEGORIES - 1);
                for (size_t i = 0; i < COUNT_OF(words); i++) {
                        assert_true(!words[i] || (strlen(words[i]) >= LITERAL_MIN && strlen(words[i]) <= LITERAL_MAX));
                        for (const char *c = words[i]; c && *c; c++)
                                assert_false(*c >= 'A' && *c <= 'Z');
                }
                for (const struct bot_word *other = BOT_WORDS; other < row; other++)
                        assert_string_not_equal(row->word, other->word);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(robots_are_told),
                cmocka_unit_test(wrong_patterns_are_named),
                cmocka_unit_test(every_word_at_once_is_soon_done),
                cmocka_unit_test(words_are_lower_case_and_short),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
