/* Values of events joined with tables. */
#include "goods.h"
#include "enrich/enrichment.h"

#define SHOPS "id,city,size,open\n7,K\xC3\xB6ln,12,true\n8,\"a \"\"b\"\"\",,\n"
#define INSTANCE(settings) "enrich:\n  order: [shop]\n  instances:\n    shop: { kind: lookup, file: shops.csv, " settings " }\n"

static const struct { const char *name, *yaml, *data, *want;
} CASES[] = {
        { "all columns", INSTANCE("key: /shop, give: [city, 'size:area:long', 'open::boolean']"), "{\"shop\":7}",
          ",\"labels\":{\"shop\":{\"city\":\"K\xC3\xB6ln\",\"area\":12,\"open\":true}}" },
        { "what is empty is absent", INSTANCE("key: /shop, give: [city, size]"), "{\"shop\":\"8\"}",
          ",\"labels\":{\"shop\":{\"city\":\"a \\\"b\\\"\"}}" },
        { "a row that has nothing", INSTANCE("key: /shop, give: size"), "{\"shop\":\"8\"}", "" },
        { "an escaped key", INSTANCE("key: /shop, give: size"), "{\"shop\":\"\\u0037\"}",
          ",\"labels\":{\"shop\":{\"size\":\"12\"}}" },
        { "a key that is not there", INSTANCE("key: /shop, give: size"), "{\"shop\":9}", "" },
        { "no value", INSTANCE("key: /shop, give: size"), "{}", "" },
        { "null", INSTANCE("key: /shop, give: size"), "{\"shop\":null}", "" },
        { "an object", INSTANCE("key: /shop, give: size"), "{\"shop\":{\"id\":7}}", "" },
        { "no data", INSTANCE("key: /shop, give: size"), NULL, "" },
        { "the first value that is there", INSTANCE("key: [/a, /b, /shop], give: size"), "{\"shop\":7,\"b\":\"\"}",
          ",\"labels\":{\"shop\":{\"size\":\"12\"}}" },
        { "another column as key", INSTANCE("key: /c, column: city, ignore_case: true, give: id"), "{\"c\":\"k\xC3\xB6LN\"}",
          ",\"labels\":{\"shop\":{\"id\":\"7\"}}" },
        { "the client's address",
          "enrich:\n  order: [net]\n  instances:\n    net: { kind: lookup, file: nets.ndjson, column: net, match: cidr, give: "
          "[site] }\n",
          NULL, ",\"labels\":{\"net\":{\"site\":\"office\"}}" },
        { "an address of the data",
          "enrich:\n  order: [net]\n  instances:\n"
          "    net: { kind: lookup, file: nets.ndjson, column: net, match: cidr, key: /ip, give: [site] }\n",
          "{\"ip\":\"::ffff:10.1.2.3\"}", ",\"labels\":{\"net\":{\"site\":\"ten\"}}" },
        { "prefixes",
          "enrich:\n  order: [zone]\n  instances:\n"
          "    zone: { kind: lookup, file: zones.json, match: prefix, key: /phone, give: ['value:country'] }\n",
          "{\"phone\":\"+4922812345\"}", ",\"labels\":{\"zone\":{\"country\":\"DE\"}}" },
        { "one joined with another's answer",
          "enrich:\n  order: [zone, land]\n  instances:\n"
          "    zone: { kind: lookup, file: zones.json, match: prefix, key: /phone, give: ['value:country'] }\n"
          "    land: { kind: lookup, file: lands.tsv, key: labels.zone.country, give: [name] }\n",
          "{\"phone\":\"+4922812345\"}", ",\"labels\":{\"zone\":{\"country\":\"DE\"},\"land\":{\"name\":\"Deutschland, a\"}}" },
        { "a flat layout",
          "output: { layout: flat }\nenrich:\n  order: [shop]\n  instances:\n"
          "    shop: { kind: lookup, file: shops.csv, key: /shop, give: [city, size] }\n",
          "{\"shop\":7}", ",\"labels_shop_city\":\"K\xC3\xB6ln\",\"labels_shop_size\":\"12\"" },
        { "a field that is not wanted",
          "output: { exclude: [labels.shop.city] }\nenrich:\n  order: [shop]\n  instances:\n"
          "    shop: { kind: lookup, file: shops.csv, key: /shop, give: [city, size] }\n",
          "{\"shop\":7}", ",\"labels\":{\"shop\":{\"size\":\"12\"}}" },
};

static void files_make(struct goods *goods)
{
        goods_init(goods);
        goods_file(goods, "shops.csv", SHOPS);
        goods_file(goods, "nets.ndjson",
                   "{\"net\":\"192.0.2.0/24\",\"site\":\"office\"}\n{\"net\":\"10.0.0.0/8\",\"site\":\"ten\"}\n");
        goods_file(goods, "zones.json", "{\"+4\":null,\"+49\":\"DE\",\"+1\":\"US\"}");
        goods_file(goods, "lands.tsv", "code\tname\nDE\tDeutschland, a\n");
        goods_file(goods, "broken.csv", "id,city\n1,2,3\n");
        goods_file(goods, "twice.csv", "id,city\n1,a\n1,b\n,c\n");
        goods_file(goods, "list.dat", "1;a\n");
}

static void every_case_joins(void **state)
{
        (void)state;
        struct goods goods;
        files_make(&goods);
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                goods_row(&goods, CASES[i].name, CASES[i].yaml);
                assert_true(address_parse(SLICE("192.0.2.77"), &goods.bench.client.address));
                assert_string_equal(goods_run(&goods, CASES[i].data), CASES[i].want);
        }
        goods_done(&goods);
}

static const struct { const char *name, *yaml, *want;
} MISTAKES[] = {
        { "no file", "enrich:\n  order: [shop]\n  instances:\n    shop: { kind: lookup, key: /a, give: b }\n",
          "enrich.instances.shop.file: it must be given" },
        { "a file that is not there",
          "enrich:\n  order: [shop]\n  instances:\n    shop: { kind: lookup, file: none.csv, key: /a, give: b }\n",
          "none.csv: cannot be opened: No such file" },
        { "no key", INSTANCE("give: [city]"), "enrich.instances.shop.key: it must be given where match is not cidr" },
        { "a value that is not known", INSTANCE("key: usrId, give: [city]"),
          "enrich.instances.shop.key: there is no value 'usrId'; did you mean userId?" },
        { "a column that is missing", INSTANCE("key: /a, give: [town]"), "line 1: there is no column 'town'" },
        { "a type that is none", INSTANCE("key: /a, give: ['size::int']"),
          "enrich.instances.shop.give: 'size::int' does not end in keyword, long, float or boolean" },
        { "a name that is none", INSTANCE("key: /a, give: ['city:City']"), "labels.shop.City cannot be a field" },
        { "a name twice", INSTANCE("key: /a, give: [city, 'size:city']"), "labels.shop.city cannot be a field" },
        { "a value of another type", INSTANCE("key: /a, give: ['city::float']"),
          "line 2: 'K\xC3\xB6ln' in column 'city' is no float" },
        { "a way to match that is none", INSTANCE("key: /a, give: [city], match: regex"),
          "enrich.instances.shop.match: 'regex' found, but wanted is" },
        { "a limit that is passed", INSTANCE("key: /a, give: [city], rows_limit: 1"), "line 3: more rows than rows_limit, 1" },
        { "a limit in bytes", INSTANCE("key: /a, give: [city], bytes_limit: 16"), "bytes; at most 16 are read" },
        { "a separator of two characters", INSTANCE("key: /a, give: [city], separator: '::'"), "is not one ASCII character" },
        { "another separator than the file's", INSTANCE("key: /a, give: [city], separator: ;"), "there is no column 'city'" },
        { "a broken table",
          "enrich:\n  order: [shop]\n  instances:\n    shop: { kind: lookup, file: broken.csv, key: /a, give: city }\n",
          "broken.csv: line 2: 3 fields, where the first line has 2" },
        { "a format that nothing tells",
          "enrich:\n  order: [shop]\n  instances:\n    shop: { kind: lookup, file: list.dat, key: /a, give: b }\n",
          "the name of the file does not tell its format" },
};

static bool errors_have(const struct errors *errors, const char *text)
{
        for (size_t i = 0; i < errors->count; i++)
                if (strstr(errors->items[i].text, text))
                        return true;
        return false;
}

static void mistakes_are_told(void **state)
{
        (void)state;
        struct goods goods;
        files_make(&goods);
        for (size_t i = 0; i < COUNT_OF(MISTAKES); i++) {
                UNIT_ROW(MISTAKES[i].name);
                assert_false(goods_open(&goods, MISTAKES[i].yaml));
                assert_true(errors_total(&goods.errors) > 0);
                if (!errors_have(&goods.errors, MISTAKES[i].want))
                        assert_string_equal(goods.errors.items[0].text, MISTAKES[i].want);
        }
        goods_done(&goods);
}

static void rows_left_out_are_noted_and_files_watched(void **state)
{
        (void)state;
        struct goods goods;
        char want[128];
        files_make(&goods);
        assert_true(goods_open(&goods, "enrich:\n  order: [shop]\n  instances:\n"
                                       "    shop: { kind: lookup, file: twice.csv, key: /a, give: city }\n"));
        const struct errors *notes = enrich_plan_notes(goods.bench.plan);
        assert_int_equal(notes->count, 2);
        snprintf(want, sizeof(want),
                 "enrich.instances.shop: %s/twice.csv: 1 of 2 rows repeat the key of an earlier one and are left out",
                 goods.folder);
        assert_string_equal(notes->items[0].text, want);
        snprintf(want, sizeof(want), "%s/twice.csv", goods.folder);
        assert_string_equal(enrich_plan_watched(goods.bench.plan, 0), want);
        assert_null(enrich_plan_watched(goods.bench.plan, 1));
        goods_done(&goods);
}

static void hits_and_misses_are_counted(void **state)
{
        (void)state;
        struct goods goods;
        files_make(&goods);
        assert_true(goods_open(&goods, INSTANCE("key: /shop, give: [city]")));
        (void)goods_run(&goods, "{\"shop\":7}");
        (void)goods_run(&goods, "{\"shop\":7}");
        (void)goods_run(&goods, "{\"shop\":70}");
        (void)goods_run(&goods, "{}");
        assert_int_equal(goods_count(&goods, "millrace_lookup_hits_total"), 2);
        assert_int_equal(goods_count(&goods, "millrace_lookup_misses_total"), 2);
        goods_done(&goods);
}

/* Behind the enrichment client it is the address that that one has chosen, or none. */
static void the_address_is_the_clients(void **state)
{
        (void)state;
        static const struct { const char *name, *ip, *want; } ROWS[] = {
                { "the connection's", NULL, "office" }, { "the event's", "\"10.9.8.7\"", "ten" },
                { "the event wishes none", "\"0.0.0.0\"", NULL },
        };
        struct goods goods;
        files_make(&goods);
        for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
                UNIT_ROW(ROWS[i].name);
                assert_true(goods_open(&goods,
                                       "enrich:\n  order: [client, net]\n  instances:\n"
                                       "    net: { kind: lookup, file: nets.ndjson, column: net, match: cidr, give: [site] }\n"));
                assert_true(address_parse(SLICE("192.0.2.77"), &goods.bench.client.address));
                goods.bench.facts.fact[FACT_ip] = slice_of(ROWS[i].ip);
                goods.bench.event.body = goods.bench.facts.fact[FACT_ip];
                const char *text = strstr(goods_run(&goods, NULL), "\"site\":\"");
                assert_int_equal(text != NULL, ROWS[i].want != NULL);
                if (text)
                        assert_memory_equal(text + 8, ROWS[i].want, strlen(ROWS[i].want));
        }
        goods_done(&goods);
}

static void no_memory_is_no_finding(void **state)
{
        (void)state;
        struct goods goods;
        files_make(&goods);
        assert_true(goods_open(&goods, INSTANCE("key: /shop, give: [city]")));
        arena_done(&goods.bench.arena);
        arena_init(&goods.bench.arena, &goods.bench.pool, 0);
        assert_string_equal(goods_run(&goods, "{\"shop\":7}"), "");
        assert_string_equal(goods_run(&goods, "{\"shop\":\"\\u0037\"}"), "");
        goods_done(&goods);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_case_joins),
                cmocka_unit_test(mistakes_are_told),
                cmocka_unit_test(rows_left_out_are_noted_and_files_watched),
                cmocka_unit_test(hits_and_misses_are_counted),
                cmocka_unit_test(the_address_is_the_clients),
                cmocka_unit_test(no_memory_is_no_finding),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
