#include "unit.h"
#include "enrich/bot_list.h"

static const struct { const char *name, *json, *want[4];
} MISTAKES[] = {
        { "nothing", "", { "f:1:1: not JSON: " } },
        { "cut off", "[{\"pattern\":\n \"a", { "f:2:3: not JSON: " } },
        { "not UTF-8", "[\"\xff\"]", { "f:1:2: not JSON: " } },
        { "an object", "{}", { "f: a list of at most 20000 robots is expected" } },
        { "a member twice", "[{\"pattern\":\"a\",\"pattern\":\"b\"}]", { "f:1:" } },
        { "texts",
          "[\"a\",7]",
          { "f: /0: an object with a 'pattern' is expected", "f: /1: an object with a 'pattern' is expected" } },
        { "no pattern", "[{\"pattern\":\"a\"},{\"tags\":[]}]", { "f: /1: there is no 'pattern'" } },
        { "an empty pattern", "[{\"pattern\":\"\"}]", { "f: /0: there is no 'pattern'" } },
        { "a pattern that is a number", "[{\"pattern\":7}]", { "f: /0/pattern: a text of 1 to 1000 bytes is expected" } },
        { "a NUL in a pattern", "[{\"pattern\":\"a\\u0000b\"}]", { "f:1:" } },
        { "no address", "[{\"pattern\":\"a\",\"url\":[]}]", { "f: /0/url: a text of 1 to 2000 bytes is expected" } },
        { "tags that are none", "[{\"pattern\":\"a\",\"tags\":\"seo\"}]", { "f: /0/tags: a list of texts is expected" } },
        { "a tag that is none", "[{\"pattern\":\"a\",\"tags\":[\"seo\",null]}]", { "f: /0/tags: a list of texts is expected" } },
        { "every mistake at once",
          "[{},{\"pattern\":true,\"url\":1}]",
          { "f: /0: there is no 'pattern'", "f: /1/pattern: ", "f: /1/url: " } },
};

static void mistakes_are_named(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(MISTAKES); i++) {
                struct errors errors = { 0 };
                size_t want = 0;
                UNIT_ROW(MISTAKES[i].name);
                assert_null(bot_list_read("f", slice_of(MISTAKES[i].json), &errors));
                for (; want < COUNT_OF(MISTAKES[i].want) && MISTAKES[i].want[want]; want++) {
                        assert_true(want < errors.count);
                        assert_memory_equal(errors.items[want].text, MISTAKES[i].want[want], strlen(MISTAKES[i].want[want]));
                }
                assert_int_equal(errors.count, want);
                errors_done(&errors);
        }
}

static const struct { const char *name, *entry, *pattern, *url; enum bot_category category;
} ENTRIES[] = {
        { "all there is", "{\"pattern\":\"a\\\\/\",\"url\":\"u\",\"tags\":[\"seo\"],\"instances\":[1],\"x\":{}}", "a\\/", "u",
          BOT_SEO },
        { "a pattern alone", "{\"pattern\":\"a\"}", "a", NULL, BOT_OTHER },
        { "an empty address", "{\"pattern\":\"a\",\"url\":\"\"}", "a", NULL, BOT_OTHER },
        { "the first tag", "{\"pattern\":\"a\",\"tags\":[\"feed-reader\",\"seo\"]}", "a", NULL, BOT_FEED },
        { "the first that is known", "{\"pattern\":\"a\",\"tags\":[\"new\",\"ai-crawler\"]}", "a", NULL, BOT_AI_CRAWLER },
        { "none that is known", "{\"pattern\":\"a\",\"tags\":[\"new\"]}", "a", NULL, BOT_OTHER },
        { "search", "{\"pattern\":\"a\",\"tags\":[\"search-engine\"]}", "a", NULL, BOT_SEARCH },
        { "library", "{\"pattern\":\"a\",\"tags\":[\"http-library\"]}", "a", NULL, BOT_HTTP_LIBRARY },
        { "automation", "{\"pattern\":\"a\",\"tags\":[\"browser-automation\"]}", "a", NULL, BOT_AUTOMATION },
};

static void entries_are_read(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(ENTRIES); i++) {
                struct errors errors = { 0 };
                char json[400];
                UNIT_ROW(ENTRIES[i].name);
                snprintf(json, sizeof(json), "[%s]", ENTRIES[i].entry);
                struct bot_list *list = bot_list_read("f", slice_of(json), &errors);
                assert_non_null(list);
                assert_int_equal(list->count, 1);
                assert_string_equal(list->entries[0].pattern, ENTRIES[i].pattern);
                assert_int_equal(list->entries[0].url != NULL, ENTRIES[i].url != NULL);
                if (ENTRIES[i].url)
                        assert_string_equal(list->entries[0].url, ENTRIES[i].url);
                assert_int_equal(list->entries[0].category, ENTRIES[i].category);
                bot_list_free(list);
        }
}

static void files_that_are_none_are_named(void **state)
{
        (void)state;
        struct errors errors = { 0 };
        assert_null(bot_list_load("/nonexistent/robots.json", &errors));
        assert_null(bot_list_load("/", &errors));
        assert_int_equal(errors.count, 2);
        assert_string_equal(errors.items[0].text,
                            "enrich.bot.list: cannot read '/nonexistent/robots.json': No such file or directory");
        assert_string_equal(errors.items[1].text, "enrich.bot.list: cannot read '/': it is not a regular file");
        errors_done(&errors);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(mistakes_are_named),
                cmocka_unit_test(entries_are_read),
                cmocka_unit_test(files_that_are_none_are_named),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
