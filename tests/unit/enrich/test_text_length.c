/* How long texts are. */
#include "goods.h"

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
                cmocka_unit_test(mistakes_are_told),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
