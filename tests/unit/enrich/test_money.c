/* Amounts with their currency, in minor units and converted. */
#include "goods.h"

#define ONE(settings) "enrich:\n  order: [pay]\n  instances:\n    pay: { kind: money, " settings " }\n"
#define PLAIN ONE("amount: [/value, /revenue], currency: /currency")
#define TO_EUR ONE("amount: /value, currency: /currency, currency_code: USD, to: EUR, rates: rates.csv")

static const struct { const char *name, *yaml, *data, *want;
} CASES[] = {
        { "an amount in cents", PLAIN, "{\"value\":19.99,\"currency\":\"EUR\"}",
          ",\"money\":{\"pay\":{\"amount\":19.99,\"amount_minor\":1999,\"currency\":\"EUR\"}}" },
        { "a text in small letters", PLAIN, "{\"revenue\":\"0.10\",\"currency\":\"usd\"}",
          ",\"money\":{\"pay\":{\"amount\":0.1,\"amount_minor\":10,\"currency\":\"USD\"}}" },
        { "what doubles cannot hold", PLAIN, "{\"value\":90071992547409.93,\"currency\":\"KWD\"}",
          ",\"money\":{\"pay\":{\"amount\":90071992547409.93,\"amount_minor\":90071992547409930,\"currency\":\"KWD\"}}" },
        { "no minor unit in use", PLAIN, "{\"value\":1500,\"currency\":\"JPY\"}",
          ",\"money\":{\"pay\":{\"amount\":1500,\"amount_minor\":1500,\"currency\":\"JPY\"}}" },
        { "no minor unit at all", PLAIN, "{\"value\":1.5,\"currency\":\"XAU\"}",
          ",\"money\":{\"pay\":{\"amount\":1.5,\"currency\":\"XAU\"}}" },
        { "a withdrawn currency", PLAIN, "{\"value\":1.5,\"currency\":\"DEM\"}",
          ",\"money\":{\"pay\":{\"amount\":1.5,\"amount_minor\":150,\"currency\":\"DEM\"}}" },
        { "half to even", PLAIN, "{\"value\":0.125,\"currency\":\"EUR\"}",
          ",\"money\":{\"pay\":{\"amount\":0.125,\"amount_minor\":12,\"currency\":\"EUR\"}}" },
        { "half up", ONE("amount: /value, currency_code: EUR, rounding: half_up"), "{\"value\":0.125}",
          ",\"money\":{\"pay\":{\"amount\":0.125,\"amount_minor\":13,\"currency\":\"EUR\"}}" },
        { "an exponent", PLAIN, "{\"value\":1.5E3,\"currency\":\"EUR\"}",
          ",\"money\":{\"pay\":{\"amount\":1500,\"amount_minor\":150000,\"currency\":\"EUR\"}}" },
        { "a refund", PLAIN, "{\"value\":-5,\"currency\":\"EUR\"}",
          ",\"money\":{\"pay\":{\"amount\":-5,\"amount_minor\":-500,\"currency\":\"EUR\"}}" },
        { "too large for minor units", PLAIN, "{\"value\":1e20,\"currency\":\"EUR\"}",
          ",\"money\":{\"pay\":{\"amount\":100000000000000000000,\"currency\":\"EUR\"}}" },
        { "no currency", PLAIN, "{\"value\":5}", ",\"money\":{\"pay\":{\"amount\":5}}" },
        { "a currency that is none", PLAIN, "{\"value\":5,\"currency\":\"gold\"}", ",\"money\":{\"pay\":{\"amount\":5}}" },
        { "an amount that is none", PLAIN, "{\"value\":\"5 EUR\",\"currency\":\"EUR\"}", "" },
        { "an amount without end", PLAIN, "{\"value\":1e999999999999,\"currency\":\"EUR\"}", "" },
        { "an object", PLAIN, "{\"value\":{\"a\":1},\"currency\":\"EUR\"}", "" },
        { "null", PLAIN, "{\"value\":null,\"currency\":\"EUR\"}", "" },
        { "nothing", PLAIN, NULL, "" },
        { "converted", TO_EUR, "{\"value\":19.99}",
          ",\"money\":{\"pay\":{\"amount\":19.99,\"amount_minor\":1999,\"currency\":\"USD\",\"converted\":18.98,\"converted_"
          "minor\":1898,"
          "\"converted_currency\":\"EUR\",\"rate_date\":\"2026-11-20\"}}" },
        { "across the base", TO_EUR, "{\"value\":1000,\"currency\":\"JPY\"}",
          ",\"money\":{\"pay\":{\"amount\":1000,\"amount_minor\":1000,\"currency\":\"JPY\",\"converted\":6.13,\"converted_"
          "minor\":613,"
          "\"converted_currency\":\"EUR\",\"rate_date\":\"2026-11-20\"}}" },
        { "a currency without rate", TO_EUR, "{\"value\":1,\"currency\":\"CHF\"}",
          ",\"money\":{\"pay\":{\"amount\":1,\"amount_minor\":100,\"currency\":\"CHF\"}}" },
        { "rates that are too old", ONE("amount: /value, currency_code: USD, to: EUR, rates: rates.csv, max_age: 1d"),
          "{\"value\":1}", ",\"money\":{\"pay\":{\"amount\":1,\"amount_minor\":100,\"currency\":\"USD\"}}" },
        { "rates of any age", ONE("amount: /value, currency_code: USD, to: JPY, rates: rates.csv, max_age: 0"), "{\"value\":1}",
          ",\"money\":{\"pay\":{\"amount\":1,\"amount_minor\":100,\"currency\":\"USD\",\"converted\":155,\"converted_minor\":155,"
          "\"converted_currency\":\"JPY\",\"rate_date\":\"2026-11-20\"}}" },
        { "two of them",
          "enrich:\n  order: [a, b]\n  instances:\n    a: { kind: money, amount: /value, currency_code: EUR }\n"
          "    b: { kind: money, amount: money.a.amount_minor, currency_code: JPY }\n",
          "{\"value\":1.5}",
          ",\"money\":{\"a\":{\"amount\":1.5,\"amount_minor\":150,\"currency\":\"EUR\"},"
          "\"b\":{\"amount\":150,\"amount_minor\":150,\"currency\":\"JPY\"}}" },
};

static void files_make(struct goods *goods)
{
        goods_init(goods);
        goods_file(goods, "rates.csv", "base,EUR\ndate,2026-11-20\nUSD,1.0534\nJPY,163.06\n");
        goods_file(goods, "broken.json", "{\"base\":\"EUR\",\n\"date\":\"never\",\"rates\":{\"USD\":1}}");
}

static void every_case_is_worth_it(void **state)
{
        (void)state;
        struct goods goods;
        files_make(&goods);
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                goods_row(&goods, CASES[i].name, CASES[i].yaml);
                goods.bench.facts.received = INT64_C(1795132800000) + INT64_C(36) * 3600000;
                assert_string_equal(goods_run(&goods, CASES[i].data), CASES[i].want);
        }
        goods_done(&goods);
}

static const struct { const char *name, *yaml, *want;
} MISTAKES[] = {
        { "no amount", ONE("currency: /currency"), "enrich.instances.pay.amount: it must be given" },
        { "no currency", ONE("amount: /value"),
          "enrich.instances.pay.currency: one of currency and currency_code must be given" },
        { "a currency that is none", ONE("amount: /value, currency_code: EURO"),
          "enrich.instances.pay.currency_code: 'EURO' is no currency of ISO 4217" },
        { "a target without rates", ONE("amount: /value, currency_code: EUR, to: USD"),
          "enrich.instances.pay.rates: a file of rates is needed to convert" },
        { "a target that is none", ONE("amount: /value, currency_code: EUR, to: QQQ, rates: rates.csv"),
          "enrich.instances.pay.to: 'QQQ' is no currency" },
        { "a target without a rate", ONE("amount: /value, currency_code: EUR, to: CHF, rates: rates.csv"),
          "rates.csv has no rate of CHF" },
        { "broken rates", ONE("amount: /value, currency_code: EUR, to: USD, rates: broken.json"),
          "broken.json: line 2: 'never' is no date" },
        { "an age without unit", ONE("amount: /value, currency_code: EUR, max_age: 5"), "enrich.instances.pay.max_age: " },
        { "a way of rounding that is none", ONE("amount: /value, currency_code: EUR, rounding: up"),
          "enrich.instances.pay.rounding: " },
        { "a name that is no field's",
          "enrich:\n  order: [Pay]\n  instances:\n    Pay: { kind: money, amount: /v, currency_code: EUR }\n",
          "money.Pay.amount cannot be a field" },
};

static void mistakes_are_told(void **state)
{
        (void)state;
        struct goods goods;
        files_make(&goods);
        for (size_t i = 0; i < COUNT_OF(MISTAKES); i++) {
                UNIT_ROW(MISTAKES[i].name);
                assert_false(goods_open(&goods, MISTAKES[i].yaml));
                assert_true(goods.errors.count > 0);
                if (!strstr(goods.errors.items[0].text, MISTAKES[i].want))
                        assert_string_equal(goods.errors.items[0].text, MISTAKES[i].want);
        }
        goods_done(&goods);
}

static void what_is_not_known_is_counted(void **state)
{
        (void)state;
        struct goods goods;
        files_make(&goods);
        assert_true(goods_open(&goods, TO_EUR));
        goods.bench.facts.received = INT64_C(1795132800000);
        (void)goods_run(&goods, "{\"value\":\"x\"}");
        (void)goods_run(&goods, "{\"value\":1,\"currency\":\"gold\"}");
        (void)goods_run(&goods, "{\"value\":1,\"currency\":\"CHF\"}");
        goods.bench.facts.received += INT64_C(8) * 86400000;
        (void)goods_run(&goods, "{\"value\":1}");
        assert_int_equal(goods_count(&goods, "millrace_money_malformed_total"), 1);
        assert_int_equal(goods_count(&goods, "millrace_money_unknown_currency_total"), 1);
        assert_int_equal(goods_count(&goods, "millrace_money_unconverted_total{reason=\"no_rate\"}"), 1);
        assert_int_equal(goods_count(&goods, "millrace_money_unconverted_total{reason=\"stale\"}"), 1);
        goods_done(&goods);
}

static void no_memory_is_no_finding(void **state)
{
        (void)state;
        struct goods goods;
        files_make(&goods);
        assert_true(goods_open(&goods, PLAIN));
        arena_done(&goods.bench.arena);
        arena_init(&goods.bench.arena, &goods.bench.pool, 0);
        assert_string_equal(goods_run(&goods, "{\"value\":1,\"currency\":\"EUR\"}"), "");
        goods_done(&goods);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_case_is_worth_it),
                cmocka_unit_test(mistakes_are_told),
                cmocka_unit_test(what_is_not_known_is_counted),
                cmocka_unit_test(no_memory_is_no_finding),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
