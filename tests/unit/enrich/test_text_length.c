/* How long texts are. */
#include "goods.h"
#include "base/hash.h"

#define YAML "enrich:\n  order: [title]\n  instances:\n    title: { kind: text, from: [/title, /name] }\n"

static const struct { const char *name, *data; int characters, words, bytes; } CASES[] = {
        { "one word", "{\"title\":\"word\"}", 4, 1, 4 },
        { "white space of all kinds", "{\"title\":\" a\\t b\\r\\nc\\u00a0d\\u3000e \"}", 13, 5, 16 },
        { "code points, not bytes", "{\"title\":\"K\xC3\xB6ln \xF0\x9F\x98\x80\"}", 6, 2, 10 },
        { "an escaped pair", "{\"title\":\"\\ud83d\\ude00\"}", 1, 1, 4 },
        { "a language without spaces", "{\"title\":\"\xE6\x97\xA5\xE6\x9C\xAC\"}", 2, 1, 6 },
        { "only spaces", "{\"title\":\"   \"}", 3, 0, 3 },
        { "the second value", "{\"title\":\"\",\"name\":\"x y\"}", 3, 2, 3 },
        { "a number", "{\"title\":12.5}", 4, 1, 4 },
        { "empty", "{\"title\":\"\"}", -1, 0, 0 },
        { "null", "{\"title\":null}", -1, 0, 0 },
        { "nothing", NULL, -1, 0, 0 },
};

static void every_case_is_measured(void **state)
{
        (void)state;
        struct goods goods;
        char want[200];
        goods_init(&goods);
        assert_true(goods_open(&goods, YAML));
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                UNIT_ROW(CASES[i].name);
                snprintf(want, sizeof(want), ",\"text\":{\"title\":{\"characters\":%d,\"words\":%d,\"bytes\":%d}}",
                         CASES[i].characters, CASES[i].words, CASES[i].bytes);
                assert_string_equal(goods_run(&goods, CASES[i].data), CASES[i].characters < 0 ? "" : want);
        }
        goods_done(&goods);
}

/* Texts of random pieces, measured as they are put together. */
static void long_texts_are_measured_the_same(void **state)
{
        (void)state;
        static const struct { const char *text; int characters; bool space;
        } PIECES[] = {
                { "a", 1, false },
                { "bcdefghijklmnopqrs", 18, false },
                { " ", 1, true },
                { "\\t", 1, true },
                { "\\r\\n", 2, true },
                { "\xC3\xB6", 1, false },
                { "\xE3\x80\x80", 1, true },
                { "\xC2\xA0", 1, true },
                { "\xF0\x9F\x98\x80", 1, false },
                { "\\u001f", 1, false },
                { "\\u000e", 1, false },
                { "\\u0008", 1, false },
                { "                     ", 21, true },
                { "\xE2\x80\x83", 1, true },
                { "\xE2\x80\x8B", 1, false },
        };
        struct goods goods;
        struct random random;
        char data[4096], want[200];
        goods_init(&goods);
        random_init_fixed(&random, 3);
        assert_true(goods_open(&goods, YAML));
        for (size_t round = 0; round < 400; round++) {
                size_t size = (size_t)snprintf(data, sizeof(data), "{\"title\":\"");
                int characters = 0, words = 0;
                bool inside = false;
                for (size_t count = random_next(&random) % 60 + 1; count; count--) {
                        size_t i = random_next(&random) % COUNT_OF(PIECES);
                        size += (size_t)snprintf(data + size, sizeof(data) - size, "%s", PIECES[i].text);
                        characters += PIECES[i].characters;
                        words += !PIECES[i].space && !inside;
                        inside = !PIECES[i].space;
                }
                snprintf(data + size, sizeof(data) - size, "\"}");
                snprintf(want, sizeof(want), ",\"text\":{\"title\":{\"characters\":%d,\"words\":%d,\"bytes\":", characters,
                         words);
                if (strncmp(goods_run(&goods, data), want, strlen(want)) != 0)
                        assert_string_equal(goods.bench.text, want);
        }
        goods_done(&goods);
}

static void mistakes_are_told(void **state)
{
        (void)state;
        struct goods goods;
        goods_init(&goods);
        assert_false(goods_open(&goods, "enrich:\n  order: [title]\n  instances:\n    title: { kind: text }\n"));
        assert_non_null(strstr(goods.errors.items[0].text, "enrich.instances.title.from: it must be given"));
        assert_false(goods_open(&goods,
                                "enrich:\n  order: [t]\n  instances:\n    t: { kind: text, from: [/a, nothing.known] }\n"));
        assert_non_null(strstr(goods.errors.items[0].text, "enrich.instances.t.from: there is no value 'nothing.known'"));
        assert_false(goods_open(&goods, "enrich:\n  order: [a-b]\n  instances:\n    a-b: { kind: text, from: /a }\n"));
        assert_non_null(strstr(goods.errors.items[0].text, "text.a-b.characters cannot be a field"));
        goods_done(&goods);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_case_is_measured),
                cmocka_unit_test(long_texts_are_measured_the_same),
                cmocka_unit_test(mistakes_are_told),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
