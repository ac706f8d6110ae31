/* What the lines of a cart add up to. */
#include "goods.h"

#define CART "enrich:\n  order: [cart]\n"
#define ONE(settings) "enrich:\n  order: [order]\n  instances:\n    order: { kind: cart, " settings " }\n"

static const struct { const char *name, *yaml, *data, *want;
} CASES[] = {
        { "GA4", CART,
          "{\"currency\":\"EUR\",\"value\":1,\"items\":[{\"item_id\":\"a\",\"price\":19.99,\"quantity\":2},"
          "{\"item_id\":\"b\",\"quantity\":1,\"price\":0.02}]}",
          ",\"cart\":{\"items\":2,\"quantity\":3,\"value\":40,\"value_minor\":4000,\"currency\":\"EUR\","
          "\"price\":{\"min\":0.02,\"max\":19.99}}" },
        { "Segment, numbers as texts", CART,
          "{ \"currency\" : \"usd\" , \"products\" : [ { \"sku\" : \"G-32\" , \"price\" : \"18.99\" , \"quantity\" : \"1\" } ] }",
          ",\"cart\":{\"items\":1,\"quantity\":1,\"value\":18.99,\"value_minor\":1899,\"currency\":\"USD\","
          "\"price\":{\"min\":18.99,\"max\":18.99}}" },
        { "what doubles get wrong", CART, "{\"items\":[{\"price\":0.1},{\"price\":0.2}],\"currency\":\"EUR\"}",
          ",\"cart\":{\"items\":2,\"quantity\":2,\"value\":0.3,\"value_minor\":30,\"currency\":\"EUR\",\"price\":{\"min\":0.1,"
          "\"max\":0.2}}" },
        { "a quantity that is not there is one, null is not there", CART,
          "{\"items\":[{\"price\":5,\"quantity\":null},{\"price\":6}]}",
          ",\"cart\":{\"items\":2,\"quantity\":2,\"value\":11,\"price\":{\"min\":5,\"max\":6}}" },
        { "kilograms", CART, "{\"items\":[{\"price\":3.98,\"quantity\":0.255}],\"currency\":\"EUR\"}",
          ",\"cart\":{\"items\":1,\"quantity\":0.255,\"value\":1.0149,\"value_minor\":101,\"currency\":\"EUR\","
          "\"price\":{\"min\":3.98,\"max\":3.98}}" },
        { "a price is missing", CART, "{\"items\":[{\"price\":5},{\"quantity\":3}],\"currency\":\"EUR\"}",
          ",\"cart\":{\"items\":2,\"quantity\":4}" },
        { "a line that is no object", CART, "{\"items\":[\"sku\",7]}", ",\"cart\":{\"items\":2,\"quantity\":2}" },
        { "a price that is none", CART, "{\"items\":[{\"price\":\"5 EUR\"}]}", ",\"cart\":{\"items\":1}" },
        { "a quantity that is none", CART, "{\"items\":[{\"price\":5,\"quantity\":{}}]}", ",\"cart\":{\"items\":1}" },
        { "numbers without end", CART, "{\"items\":[{\"price\":1e35,\"quantity\":1e35}]}", ",\"cart\":{\"items\":1}" },
        { "a coupon", CART, "{\"items\":[{\"price\":10},{\"price\":-2.5}],\"currency\":\"EUR\"}",
          ",\"cart\":{\"items\":2,\"quantity\":2,\"value\":7.5,\"value_minor\":750,\"currency\":\"EUR\","
          "\"price\":{\"min\":-2.5,\"max\":10}}" },
        { "the lines' currency", CART, "{\"items\":[{\"price\":1,\"currency\":\"JPY\"},{\"currency\":\"jpy\",\"price\":2}]}",
          ",\"cart\":{\"items\":2,\"quantity\":2,\"value\":3,\"value_minor\":3,\"currency\":\"JPY\",\"price\":{\"min\":1,\"max\":"
          "2}}" },
        { "several currencies", CART, "{\"items\":[{\"price\":1,\"currency\":\"JPY\"},{\"currency\":\"EUR\",\"price\":2}]}",
          ",\"cart\":{\"items\":2,\"quantity\":2}" },
        { "a line in another currency", CART, "{\"currency\":\"USD\",\"items\":[{\"price\":1,\"currency\":\"JPY\"}]}",
          ",\"cart\":{\"items\":1,\"quantity\":1}" },
        { "a currency that is none", CART, "{\"currency\":\"gold\",\"items\":[{\"price\":1}]}",
          ",\"cart\":{\"items\":1,\"quantity\":1,\"value\":1,\"price\":{\"min\":1,\"max\":1}}" },
        { "an empty cart", CART, "{\"currency\":\"EUR\",\"items\":[ ]}",
          ",\"cart\":{\"items\":0,\"quantity\":0,\"value\":0,\"value_minor\":0,\"currency\":\"EUR\"}" },
        { "escaped names", CART, "{\"items\":[{\"\\u0070rice\":5,\"pric\\u0065\\u0020\":7}]}",
          ",\"cart\":{\"items\":1,\"quantity\":1,\"value\":5,\"price\":{\"min\":5,\"max\":5}}" },
        { "items that are no array", CART, "{\"items\":{\"price\":5}}", "" },
        { "no items", CART, "{\"price\":5}", "" },
        { "no data", CART, NULL, "" },
        { "paths of its own",
          ONE("items: /order/lines, quantity: /count, price: /price/amount, item_currency: /price/unit, currency: /order/unit"),
          "{\"order\":{\"lines\":[{\"count\":2,\"price\":{\"amount\":1.25,\"unit\":\"EUR\"}},{\"price\":{\"amount\":\"1\"}}]}}",
          ",\"cart\":{\"order\":{\"items\":2,\"quantity\":3,\"value\":3.5,\"value_minor\":350,\"currency\":\"EUR\","
          "\"price\":{\"min\":1,\"max\":1.25}}}" },
        { "names with slash and tilde", ONE("price: /a~1b~0c"), "{\"items\":[{\"a/b~c\":5}]}",
          ",\"cart\":{\"order\":{\"items\":1,\"quantity\":1,\"value\":5,\"price\":{\"min\":5,\"max\":5}}}" },
        { "a name that is empty", ONE("price: /"), "{\"items\":[{\"\":5}]}",
          ",\"cart\":{\"order\":{\"items\":1,\"quantity\":1,\"value\":5,\"price\":{\"min\":5,\"max\":5}}}" },
        { "half up", ONE("rounding: half_up"), "{\"items\":[{\"price\":0.125}],\"currency\":\"EUR\"}",
          ",\"cart\":{\"order\":{\"items\":1,\"quantity\":1,\"value\":0.125,\"value_minor\":13,\"currency\":\"EUR\","
          "\"price\":{\"min\":0.125,\"max\":0.125}}}" },
        { "as many lines as allowed", ONE("items_limit: 2"), "{\"items\":[{\"price\":1},{\"price\":1}]}",
          ",\"cart\":{\"order\":{\"items\":2,\"quantity\":2,\"value\":2,\"price\":{\"min\":1,\"max\":1}}}" },
        { "one more", ONE("items_limit: 2"), "{\"items\":[{\"price\":1},{\"price\":1},{\"price\":1}]}", "" },
};

static void every_case_adds_up(void **state)
{
        (void)state;
        struct goods goods;
        goods_init(&goods);
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                goods_row(&goods, CASES[i].name, CASES[i].yaml);
                assert_string_equal(goods_run(&goods, CASES[i].data), CASES[i].want);
        }
        goods_done(&goods);
}

static const struct { const char *name, *yaml, *want; } MISTAKES[] = {
        { "a price that is no pointer", ONE("price: price"),
          "enrich.instances.order.price: 'price' is no JSON pointer into a line, such as /price" },
        { "a broken pointer", ONE("price: /a~2"), "enrich.instances.order.price: '/a~2' is no JSON pointer into a line" },
        { "a limit that is none", ONE("items_limit: 0"), "enrich.instances.order.items_limit: '0' found" },
        { "a name that is one of the fields'", "enrich:\n  order: [items]\n  instances:\n    items: { kind: cart }\n",
          "cart.items.items cannot be a field" },
};

static void mistakes_are_told(void **state)
{
        (void)state;
        struct goods goods;
        goods_init(&goods);
        for (size_t i = 0; i < COUNT_OF(MISTAKES); i++) {
                UNIT_ROW(MISTAKES[i].name);
                assert_false(goods_open(&goods, MISTAKES[i].yaml));
                if (!strstr(goods.errors.items[0].text, MISTAKES[i].want))
                        assert_string_equal(goods.errors.items[0].text, MISTAKES[i].want);
        }
        goods_done(&goods);
}

/* 100,000 lines, and a thousand arrays inside each other, cost what their bytes cost. */
static void hostile_carts_are_bounded(void **state)
{
        (void)state;
        struct goods goods;
        struct buffer text;
        goods_init(&goods);
        buffer_init(&text, 16 << 20);
        buffer_add(&text, SLICE("{\"items\":["));
        for (int i = 0; i < 100000; i++)
                buffer_add(&text, i ? SLICE(",{\"price\":1}") : SLICE("{\"price\":1}"));
        buffer_add(&text, SLICE("]}"));
        buffer_add_char(&text, '\0');
        assert_true(goods_open(&goods, CART));
        assert_string_equal(goods_run(&goods, text.data), "");
        assert_int_equal(goods_count(&goods, "millrace_cart_too_long_total"), 1);
        assert_true(goods_open(&goods, ONE("items_limit: 1000000")));
        assert_non_null(strstr(goods_run(&goods, text.data), "\"items\":100000,\"quantity\":100000,\"value\":100000,"));
        buffer_clear(&text);
        buffer_add(&text, SLICE("{\"items\":["));
        for (int i = 0; i < 1000; i++)
                buffer_add_char(&text, '[');
        for (int i = 0; i < 1000; i++)
                buffer_add_char(&text, ']');
        buffer_add(&text, SLICE(",{\"price\":\"x\"}]}"));
        buffer_add_char(&text, '\0');
        assert_string_equal(goods_run(&goods, text.data), ",\"cart\":{\"order\":{\"items\":2}}");
        assert_int_equal(goods_count(&goods, "millrace_cart_malformed_total"), 1);
        buffer_done(&text);
        goods_done(&goods);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_case_adds_up),
                cmocka_unit_test(mistakes_are_told),
                cmocka_unit_test(hostile_carts_are_bounded),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
