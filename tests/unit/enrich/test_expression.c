/* The expression language: what expressions are worth, what is said of wrong ones, and that none can do harm. */
#include "unit.h"
#include "enrich/expression.h"
#include "base/buffer.h"
#include "base/hash.h"

/* The names of this test: raw JSON, and what is known of it before. */
static const struct { const char *name, *raw; enum value_type type; } NAMES[] = {
        { "userId", "\"u-1\"", VALUE_TEXT },
        { "anonymousId", NULL, VALUE_TEXT },
        { "context.app.name", "\"Sh\\u00f6p \\\"X\\\"\"", VALUE_TEXT },
        { "client.geo.country_iso_code", "\"DE\"", VALUE_TEXT },
        { "bot", "false", VALUE_BOOLEAN },
        { "client.as.number", "64496", VALUE_NUMBER },
        { "/price", "19.99", VALUE_ANY },
        { "/count", "3", VALUE_ANY },
        { "/zero", "0", VALUE_ANY },
        { "/text", "\"12\"", VALUE_ANY },
        { "/yes", "true", VALUE_ANY },
        { "/null", "null", VALUE_ANY },
        { "/list", "[ 1 , \"a\\u0062\",[2],{\"c\":3},null,true, 4.50 ]", VALUE_ANY },
        { "/none_in_it", "[ ]", VALUE_ANY },
        { "/object", "{}", VALUE_ANY },
        { "/huge", "1e300", VALUE_ANY },
        { "/email", "\"Jane.Doe@Example.COM\"", VALUE_ANY },
        { "/word", "\"gr\\u00fc\\u00dfe \xE2\x82\xAC\"", VALUE_ANY },
        { "/empty", "\"\"", VALUE_ANY },
        { "/padded", "\" \\t x y\\n\"", VALUE_ANY },
        { "/a name/with spaces", "\"found\"", VALUE_ANY },
        { "/a-b/c~1d", "7", VALUE_ANY },
        { "/none", NULL, VALUE_ANY },
};

static bool name_find(void *context, struct slice name, uint16_t *ret_number, enum value_type *ret_type, struct error *err)
{
        (void)context;
        for (size_t i = 0; i < COUNT_OF(NAMES); i++)
                if (slice_equal(name, slice_of(NAMES[i].name))) {
                        *ret_number = (uint16_t)i;
                        *ret_type = NAMES[i].type;
                        return true;
                }
        return error_set(err, "there is no value '%.*s'", SLICE_ARGS(name));
}

struct table { struct arena_pool pool; struct arena arena; };

static void name_load(void *context, uint16_t number, struct value *ret_value)
{
        struct table *table = context;
        *ret_value = value_of_raw(slice_of(NAMES[number].raw), &table->arena);
}

static const struct expression_names WORDS = { .find = name_find };

static void table_open(struct table *table, size_t limit)
{
        arena_pool_init(&table->pool, 65536, 1);
        arena_init(&table->arena, &table->pool, limit);
}

static void table_close(struct table *table)
{
        arena_done(&table->arena);
        arena_pool_done(&table->pool);
}

static struct value run(struct table *table, const struct expression *expression)
{
        const struct expression_values values = { .load = name_load, .context = table, .arena = &table->arena };
        return expression_run(expression, &values);
}

/* want: the value as text, with quotes when it is a text; NULL: absent */
static const struct { const char *text, *want;
} WORTH[] = {
        /* literals */
        { "\"a\"", "\"a\"" },
        { "'a \"b\"'", "\"a \"b\"\"" },
        { "'a\\'\\\\\\n'", "\"a'\\\n\"" },
        { "''", "\"\"" },
        { "12", "12" },
        { "0.50", "0.5" },
        { "1e3", "1000" },
        { "true", "true" },
        { " \t\n(false)", "false" },
        { "-1", "-1" },
        { "--1", "1" },
        { "---1", "-1" },
        /* names */
        { "userId", "\"u-1\"" },
        { "anonymousId", NULL },
        { "context.app.name", "\"Sh\xC3\xB6p \"X\"\"" },
        { "/price", "19.99" },
        { "/null", NULL },
        { "/object", NULL },
        { "/huge", NULL },
        { "/none", NULL },
        { "/yes", "true" },
        { "`/a name/with spaces`", "\"found\"" },
        { "/a-b/c~1d", "7" },
        { "`userId`", "\"u-1\"" },
        /* sums */
        { "0.1 + 0.2", "0.3" },
        { "0.1 + 0.2 == 0.3", "true" },
        { "1 - 2 - 3", "-4" },
        { "2 + 3 * 4", "14" },
        { "(2 + 3) * 4", "20" },
        { "12 / 4 / 3", "1" },
        { "1 / 3", "0.333333333333333333" },
        { "2 / 3", "0.666666666666666667" },
        { "1 / 0", NULL },
        { "/price / /zero", NULL },
        { "/price * /count", "59.97" },
        { "/price /2", "9.995" },
        { "/text + 1", NULL },
        { "number(/text) + 1", "13" },
        { "/none + 1", NULL },
        { "-/price", "-19.99" },
        { "-/text", NULL },
        { "/yes + 1", NULL },
        { "1e35 * 10", NULL },
        { "999999999999999999999999999999999999 + 1", NULL },
        { "12345678901234567890 + 1", "12345678901234567891" },
        { "1 -1", "0" },
        { "1-1", "0" },
        { "2*-3", "-6" },
        /* texts */
        { "\"a\" & \"b\" & 1", "\"ab1\"" },
        { "\"n\" & 1 + 2", "\"n3\"" },
        { "userId & /none", NULL },
        { "'' & ''", "\"\"" },
        { "true & ':' & false & 0.50", "\"true:false0.5\"" },
        { "\"ab\" & \"c\" == \"abc\"", "true" },
        /* comparisons */
        { "userId == \"u-1\"", "true" },
        { "userId != \"u-1\"", "false" },
        { "userId == \"U-1\"", "false" },
        { "/none == \"a\"", "false" },
        { "/none != \"a\"", "false" },
        { "/none == /none", "false" },
        { "/null == /null", "false" },
        { "/price == 19.990", "true" },
        { "/price > 19.98", "true" },
        { "/price >= 19.99", "true" },
        { "/price < 19.99", "false" },
        { "/price <= 19.99", "true" },
        { "/text > 3", "false" },
        { "/text < 3", "false" },
        { "/text == 12", "false" },
        { "/text != 12", "true" },
        { "/text == \"12\"", "true" },
        { "/yes == true", "true" },
        { "/yes != false", "true" },
        { "\"a\" < \"b\"", "true" },
        { "\"a\" < \"a\"", "false" },
        { "\"a\" < \"aa\"", "true" },
        { "\"B\" < \"a\"", "true" },
        { "\"\" < \"a\"", "true" },
        { "\"b\" >= \"a\"", "true" },
        { "/none < 1", "false" },
        { "/none >= 1", "false" },
        { "/yes < /yes", "false" },
        { "1 + 1 == 2", "true" },
        { "/huge > 1", "false" },
        { "bot == false", "true" },
        /* in, matches */
        { "client.geo.country_iso_code in [\"AT\", \"DE\"]", "true" },
        { "client.geo.country_iso_code in ['at']", "false" },
        { "/count in [1, 2, 3.0]", "true" },
        { "/count in [-3]", "false" },
        { "-/count in [-3]", "true" },
        { "/none in [\"a\"]", "false" },
        { "/text in [12, \"12\"]", "true" },
        { "/yes in [true]", "true" },
        { "not userId in ['u-2']", "true" },
        { "userId matches \"u-*\"", "true" },
        { "userId matches 'u-?'", "true" },
        { "userId matches '?'", "false" },
        { "/price matches '19*'", "false" },
        { "text(/price) matches '19*'", "true" },
        { "/none matches '*'", "false" },
        { "/empty matches '*'", "true" },
        { "userId & 'x' matches '*x'", "true" },
        /* and, or, not */
        { "true and true", "true" },
        { "true and false", "false" },
        { "false and true", "false" },
        { "false or true", "true" },
        { "false or false", "false" },
        { "true or false", "true" },
        { "false and false or true", "true" },
        { "true or true and false", "true" },
        { "(true or true) and false", "false" },
        { "not true", "false" },
        { "not not true", "true" },
        { "not false and false", "false" },
        { "not (false and false)", "true" },
        { "/none and true", "false" },
        { "true and /none", "false" },
        { "/none or /yes", "true" },
        { "not /none", "true" },
        { "not /text", "true" },
        { "/text or false", "false" },
        { "true and true and true", "true" },
        { "true and false and true", "false" },
        { "false or false or true", "true" },
        { "not userId == 'x'", "true" },
        { "1 == 1 and 2 == 2", "true" },
        { "not not /none", "false" },
        { "not bot", "true" },
        /* if, first, present */
        { "if(true, 1, 2)", "1" },
        { "if(false, 1, 2)", "2" },
        { "if(false, 1)", NULL },
        { "if(true, 1)", "1" },
        { "if(/none, 1, \"a\")", "\"a\"" },
        { "if(/text, 1, 2)", "2" },
        { "if(/price > 10, \"dear\", \"cheap\") & '!'", "\"dear!\"" },
        { "if(true, if(false, 1, 2), 3) + 1", "3" },
        { "first(/none, anonymousId, userId, 1)", "\"u-1\"" },
        { "first(/none)", NULL },
        { "first(/none, /null)", NULL },
        { "first(false, true)", "false" },
        { "1 + first(/none, 2) * 2", "5" },
        { "present(/none)", "false" },
        { "present(/null)", "false" },
        { "present(/list)", "true" },
        { "present(/object)", "false" },
        { "present(/empty)", "true" },
        { "not present(userId)", "false" },
        /* map, bucket */
        { "map(client.geo.country_iso_code, \"DE\": \"Germany\", \"AT\": \"Austria\")", "\"Germany\"" },
        { "map(client.geo.country_iso_code, \"AT\": \"Austria\", \"DE\": \"Germany\", \"?\")", "\"Germany\"" },
        { "map(userId, \"a\": 1)", NULL },
        { "map(userId, \"a\": 1, 2)", "2" },
        { "map(userId, \"a\": 1, \"b\")", "\"b\"" },
        { "map(/none, \"a\": 1, 2)", "2" },
        { "map(/count, 1: 'one', 3.0 : 'three')", "\"three\"" },
        { "map(/yes, false: 0, true: 1)", "1" },
        { "map(1 + 1, 2: map(3, 3: 4)) + 1", "5" },
        { "map(1, 1: userId, /none)", "\"u-1\"" },
        { "bucket(/price, 10, 100)", "\"10-100\"" },
        { "bucket(10, 10, 100)", "\"10-100\"" },
        { "bucket(9.99, 10, 100)", "\"<10\"" },
        { "bucket(100, 10, 100)", "\">=100\"" },
        { "bucket(-5, -10, 0.5)", "\"-10-0.5\"" },
        { "bucket(/text, 10)", NULL },
        { "bucket(/none, 10)", NULL },
        { "bucket(7, 123456789012345678901234567890, 1e35)", "\"<123456789012345678901234567890\"" },
        /* lists */
        { "has(/list, 1)", "true" },
        { "has(/list, 'ab')", "true" },
        { "has(/list, 4.5)", "true" },
        { "has(/list, true)", "true" },
        { "has(/list, 2)", "false" },
        { "has(/list, 'c')", "false" },
        { "has(/none_in_it, 1)", "false" },
        { "has(3, 3.0)", "true" },
        { "has(userId, \"u-1\")", "true" },
        { "has(userId, 1)", "false" },
        { "has(/none, 1)", NULL },
        { "has(/list, /list)", NULL },
        { "has(/list, /none)", NULL },
        { "length(/list)", "7" },
        { "length(/none_in_it)", "0" },
        { "/list == /list", "false" },
        { "/list & 'x'", NULL },
        { "text(/list)", NULL },
        { "number(/list)", NULL },
        { "/list + 1", NULL },
        { "not /list", "true" },
        { "/list < 1", "false" },
        { "map(/list, 1: 2, 3)", "3" },
        { "lower(/list)", NULL },
        { "/list matches '*'", "false" },
        /* functions of numbers */
        { "abs(-1.5)", "1.5" },
        { "abs(/none)", NULL },
        { "ceil(1.2)", "2" },
        { "ceil(-1.2)", "-1" },
        { "floor(1.8)", "1" },
        { "floor(-1.2)", "-2" },
        { "round(2.5)", "3" },
        { "round(-2.5)", "-3" },
        { "round(19.995, 2)", "20" },
        { "round(1.25, 1)", "1.3" },
        { "round(1.5, 0.5)", NULL },
        { "round(1.5, -1)", NULL },
        { "round(1.5, 19)", NULL },
        { "round(1.5, 18)", "1.5" },
        { "max(1, 3, 2)", "3" },
        { "min(2, -3, 1)", "-3" },
        { "max(1, /none)", NULL },
        { "max(/text, 1)", NULL },
        { "number(\"12\") + 1", "13" },
        { "number(\"x\")", NULL },
        { "number(\"\")", NULL },
        { "number(3)", "3" },
        { "number(true)", NULL },
        { "number(\" 1\")", NULL },
        /* functions of texts */
        { "text(1.50)", "\"1.5\"" },
        { "text(true)", "\"true\"" },
        { "text(userId)", "\"u-1\"" },
        { "text(/null)", NULL },
        { "lower(/email)", "\"jane.doe@example.com\"" },
        { "upper('a\xC3\xA4z{`@[')", "\"A\xC3\xA4Z{`@[\"" },
        { "lower('A\xC3\x84Z{`@[')", "\"a\xC3\x84z{`@[\"" },
        { "lower('')", "\"\"" },
        { "length(/word)", "7" },
        { "length('')", "0" },
        { "length(/price)", NULL },
        { "substring(/word, 2, 3)", "\"\xC3\xBC\xC3\x9F\x65\"" },
        { "substring(/word, 6)", "\"\xE2\x82\xAC\"" },
        { "substring('abc', 1)", "\"bc\"" },
        { "substring('abc', 3)", "\"\"" },
        { "substring('abc', 9, 9)", "\"\"" },
        { "substring('abc', 0, 0)", "\"\"" },
        { "substring('abc', -1)", NULL },
        { "substring('abc', 0.5)", NULL },
        { "substring('abc', 1e30)", "\"\"" },
        { "substring('abc', 0, 1e30)", "\"abc\"" },
        { "contains(/email, \"Doe\")", "true" },
        { "contains(/email, \"doe\")", "false" },
        { "contains('a', '')", "true" },
        { "contains('', '')", "true" },
        { "contains('', 'a')", "false" },
        { "starts_with('abc', 'ab')", "true" },
        { "starts_with('ab', 'abc')", "false" },
        { "starts_with('a', '')", "true" },
        { "ends_with('abc', 'bc')", "true" },
        { "ends_with('bc', 'abc')", "false" },
        { "ends_with('a', '')", "true" },
        { "ends_with(/none, 'a')", NULL },
        { "after(/email, '@')", "\"Example.COM\"" },
        { "before(/email, '@')", "\"Jane.Doe\"" },
        { "after('a', '@')", NULL },
        { "before('a@b@c', '@')", "\"a\"" },
        { "after('a@b@c', '@')", "\"b@c\"" },
        { "after('a@', '@')", "\"\"" },
        { "trim(/padded)", "\"x y\"" },
        { "trim('')", "\"\"" },
        { "trim(' ')", "\"\"" },
        { "concat('a', 1, true)", "\"a1true\"" },
        { "concat('a', /none)", NULL },
        { "concat(\"a\")", "\"a\"" },
        { "lower(after(/email, \"@\")) matches \"*.com\" and length(/email) > 5", "true" },
};

static void test_what_expressions_are_worth(void **state)
{
        (void)state;
        struct table table;
        table_open(&table, 1 << 20);
        for (size_t i = 0; i < COUNT_OF(WORTH); i++) {
                struct error err;
                char got[200] = "";
                struct expression *expression = expression_new(slice_of(WORTH[i].text), &WORDS, &err);
                UNIT_ROW(WORTH[i].text);
                if (!expression)
                        fail_msg("%s", err.text);
                struct value value = run(&table, expression);
                assert_true(expression_type(expression) == VALUE_ANY || value.type == VALUE_ABSENT ||
                            value.type == expression_type(expression));
                assert_int_equal(value.type == VALUE_ABSENT, WORTH[i].want == NULL);
                struct slice text = value_text(&value, &table.arena);
                const char *quote = value.type == VALUE_TEXT ? "\"" : "";
                (void)snprintf(got, sizeof(got), "%s%.*s%s", quote, SLICE_ARGS(text), quote);
                if (WORTH[i].want)
                        assert_string_equal(got, WORTH[i].want);
                expression_free(expression);
        }
        table_close(&table);
}

static const struct { const char *text, *want;
} WRONG[] = {
        { "", "column 1: the expression is empty" },
        { "  ", "column 1: the expression is empty" },
        { "1 +", "column 4: a value is wanted here, not the end" },
        { "1 + * 2", "column 5: a value is wanted here, not '*'" },
        { "1 2", "column 3: an operator or the end is wanted here, not '2'" },
        { "(1", "column 3: ')' is wanted here, not the end" },
        { "1)", "column 2: an operator or the end is wanted here, not ')'" },
        { "'\xC3\xA4\xC3\xB6' + 1",
          "column 1: '+' (texts are joined by '&') takes a number, and what begins with ''\xC3\xA4\xC3\xB6'' is a text" },
        { "1 + '\xC3\xA4' + unknwon",
          "column 5: '+' (texts are joined by '&') takes a number, and what begins with ''\xC3\xA4'' is a text" },
        { "'\xC3\xA4\xC3\xB6' & nobody", "column 8: there is no value 'nobody'" },
        { "'abc", "column 1: the text has no ' at its end" },
        { "\"a\\x\"", "column 1: behind '\\' stands one of \" ' \\ / n t r b f" },
        { "\"a\\", "column 1: behind '\\' stands one of \" ' \\ / n t r b f" },
        { "`abc", "column 1: the name has no ` at its end" },
        { "``", "column 1: a name is missing between the ` `" },
        { "1.2.3", "column 1: '1.2.3' is no number, or one of more than 36 digits" },
        { "0x10", "column 1: '0x10' is no number, or one of more than 36 digits" },
        { "userId = \"a\"", "column 8: there is no '='; write '=='" },
        { "bot && bot", "column 5: there is no '&&'; write 'and'" },
        { "bot || bot", "column 5: there is no '||'; write 'or'" },
        { "!bot", "column 1: there is no '!'; write 'not'" },
        { "1 <> 2", "column 3: there is no '<>'; write '!='" },
        { "1 ; 2", "column 3: ';' means nothing here" },
        { "1 \xC3\xA4", "column 3: a character that means nothing here; a name that holds it stands between ` `" },
        { "frist(1, 2)", "column 1: there is no function 'frist'; did you mean 'first'?" },
        { "1 + somethingelse(1)", "column 5: there is no function 'somethingelse'" },
        { "context.app.name(1)", "column 17: an operator or the end is wanted here, not '('" },
        { "lower()", "column 7: lower() wants a value: lower(text)" },
        { "lower(userId, 1)", "column 15: lower() takes at most 1 value: lower(text)" },
        { "contains(userId)", "column 10: contains() takes at least 2 values: contains(text, part)" },
        { "lower(userId", "column 13: ',' or ')' is wanted here, not the end" },
        { "lower(12)", "column 7: lower() takes a text, and what begins with '12' is a number" },
        { "substring(userId, userId)", "column 19: substring() takes a number, and what begins with 'userId' is a text" },
        { "max(1, 2, bot)", "column 11: max() takes a number, and what begins with 'bot' is true or false" },
        { "length(userId) == \"3\"", "column 16: '==' compares a number with a text" },
        { "bot < true", "column 5: '<' compares numbers or texts, not true and false" },
        { "1 < 2 < 3", "column 7: one comparison behind another; join them by 'and'" },
        { "1 in [1] in [2]", "column 10: one comparison behind another; join them by 'and'" },
        { "userId and bot", "column 1: 'and' takes true or false, and what begins with 'userId' is a text" },
        { "bot or 1", "column 8: 'or' takes true or false, and what begins with '1' is a number" },
        { "not 1", "column 5: 'not' takes true or false, and what begins with '1' is a number" },
        { "-userId", "column 2: '-' takes a number, and what begins with 'userId' is a text" },
        { "1 matches 'a'", "column 1: 'matches' takes a text, and what begins with '1' is a number" },
        { "userId matches userId", "column 16: 'matches' wants a text with * and ?, of at most 256 bytes, not 'userId'" },
        { "userId in userId", "column 11: '[' of a list is wanted here, not 'userId'" },
        { "userId in []", "column 12: a list holds literals: texts, numbers, true and false" },
        { "userId in ['a', userId]", "column 17: a list holds literals: texts, numbers, true and false" },
        { "userId in ['a' 'b']", "column 16: ',' or ']' is wanted here, not ''b''" },
        { "userId in ['a', 1]", "column 17: this list takes a text, and what begins with '1' is a number" },
        { "/a in [-'a']", "column 1: there is no value '/a'" },
        { "/price in [-'a']", "column 13: a number is wanted here, not ''a''" },
        { "if(1, 2)", "column 4: if() takes true or false, and what begins with '1' is a number" },
        { "if(bot)", "column 7: ',' and what the condition leads to is wanted here, not ')'" },
        { "if(bot, 1, 2, 3)", "column 13: ',' or ')' is wanted here, not ','" },
        { "map(userId)", "column 11: ',' and a key is wanted here, not ')'" },
        { "map(userId, 'a')", "column 13: map() wants a key here, a literal and ':', as in \"de\": \"Germany\"" },
        { "map(userId, 1: 2)", "column 13: map() takes a text, and what begins with '1' is a number" },
        { "map(userId, 'a': 1, 2, 3)", "column 22: ',' or ')' is wanted here, not ','" },
        { "bucket(/price)", "column 14: ',' and a limit is wanted here, not ')'" },
        { "bucket(/price, /count)", "column 16: a limit is a number, written as such" },
        { "bucket(/price, 2, 2)", "column 19: this limit is not greater than the one before it" },
        { "bucket(userId, 2)", "column 8: bucket() takes a number, and what begins with 'userId' is a text" },
        { "present(1, 2)", "column 10: ',' or ')' is wanted here, not ','" },
        { "and", "column 1: a value is wanted here, not 'and'" },
        { "/price/2", "column 1: there is no value '/price/2'" },
        { "bot and", "column 8: a value is wanted here, not the end" },
};

static void test_what_is_said_of_wrong_ones(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
                struct error err = { "" };
                UNIT_ROW(WRONG[i].text);
                assert_null(expression_new(slice_of(WRONG[i].text), &WORDS, &err));
                assert_string_equal(err.text, WRONG[i].want);
        }
}

static const struct { const char *text; enum value_type want;
} TYPES[] = {
        { "1 + /price", VALUE_NUMBER },
        { "userId", VALUE_TEXT },
        { "/price", VALUE_ANY },
        { "userId == 'a'", VALUE_BOOLEAN },
        { "/yes and /yes", VALUE_BOOLEAN },
        { "not /yes", VALUE_BOOLEAN },
        { "/a-b/c~1d & 'x'", VALUE_TEXT },
        { "if(bot, 1, 2)", VALUE_NUMBER },
        { "if(bot, 1)", VALUE_NUMBER },
        { "if(bot, 1, 'a')", VALUE_ANY },
        { "if(bot, 1, /price)", VALUE_ANY },
        { "first(userId, 'a')", VALUE_TEXT },
        { "map(userId, 'a': 1, 'b': 2)", VALUE_NUMBER },
        { "map(userId, 'a': 1, 'b': 2, 'c')", VALUE_ANY },
        { "bucket(1, 2)", VALUE_TEXT },
        { "-/price", VALUE_NUMBER },
};

static void test_types_are_known_where_they_can_be(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(TYPES); i++) {
                struct error err;
                UNIT_ROW(TYPES[i].text);
                struct expression *expression = expression_new(slice_of(TYPES[i].text), &WORDS, &err);
                assert_non_null(expression);
                assert_int_equal(expression_type(expression), TYPES[i].want);
                expression_free(expression);
        }
}

/* `count` times the piece between the ends: wrong from `most` + 1 on. */
static const struct { const char *name, *before, *piece, *behind; size_t most; const char *complaint; } LIMITS[] = {
        { "parentheses", "", "(", "1", 31, "nested more than 32 deep" },
        { "nots", "", "not ", "true", 1000, "the expression has" },
        { "and", "true", " and true", "", 341, "too large" },
        { "joined", "1", "&1", "", 63, "too large" },
        { "list", "1 in [1", ",1", "]", 254, "at most 255" },
        { "limits", "bucket(1", ",9", ")", 1, "not greater" },
        { "arguments", "max(1", ",1", ")", 31, "at most 32" },
        { "first", "first(1", ",1", ")", 64, "at most 64" },
        { "glob", "userId matches '", "*", "'", 256, "at most 256 bytes" },
        { "bytes", "", " ", "1", 4095, "has 4097 bytes; at most 4096" },
        { "cases", "map(1", ",1:1", ")", 340, "too large" },
};

static void test_limits(void **state)
{
        (void)state;
        struct table table;
        table_open(&table, 1 << 20);
        for (size_t i = 0; i < COUNT_OF(LIMITS); i++)
                for (size_t over = 0; over < 2; over++) {
                        static char text[3 * EXPRESSION_MAX];
                        struct error err;
                        struct buffer out;
                        buffer_wrap(&out, text, sizeof(text));
                        buffer_add(&out, slice_of(LIMITS[i].before));
                        for (size_t j = 0; j < LIMITS[i].most + over; j++)
                                buffer_add(&out, slice_of(LIMITS[i].piece));
                        buffer_add(&out, slice_of(LIMITS[i].behind));
                        for (size_t j = 0; i == 0 && j < LIMITS[i].most + over; j++)
                                buffer_add_char(&out, ')');
                        UNIT_ROW(LIMITS[i].name);
                        struct expression *expression = expression_new(buffer_slice(&out), &WORDS, &err);
                        if (over == 0 && !expression)
                                fail_msg("%s", err.text);
                        if (over == 0)
                                assert_true(run(&table, expression).type != VALUE_ABSENT);
                        else if (strcmp(LIMITS[i].name, "nots") != 0) {
                                assert_null(expression);
                                assert_non_null(strstr(err.text, LIMITS[i].complaint));
                        }
                        expression_free(expression);
                }
        table_close(&table);
}

/* Texts that are made are bounded, and a full arena leaves them out. */
static void test_texts_are_bounded(void **state)
{
        (void)state;
        struct table table;
        struct error err;
        char text[EXPRESSION_MAX + 1];
        table_open(&table, 1 << 20);
        size_t size = (size_t)snprintf(text, sizeof(text), "length(concat('");
        memset(text + size, 'x', 2048);
        (void)snprintf(text + size + 2048, sizeof(text) - size - 2048, "', userId))");
        struct expression *once = expression_new(slice_of(text), &WORDS, &err);
        assert_non_null(once);
        struct value value = run(&table, once);
        assert_int_equal(value.number.magnitude, 2051);
        expression_free(once);
        table_close(&table);
        table_open(&table, 0);
        struct expression *made = expression_new(SLICE("lower(userId)"), &WORDS, &err);
        assert_int_equal(run(&table, made).type, VALUE_ABSENT);
        expression_free(made);
        struct expression *escaped = expression_new(SLICE("context.app.name"), &WORDS, &err);
        assert_int_equal(run(&table, escaped).type, VALUE_ABSENT);
        expression_free(escaped);
        table_close(&table);
}

/* Any heap of tokens: either a sentence or a value, and the value has the type that was promised. */
static void test_random_heaps_of_tokens(void **state)
{
        (void)state;
        static const char *const TOKENS[] = {
                "1",       "0.5",    "'a'",     "\"x*\"", "true",   "userId", "/price",  "/none",    "bot",    "client.as.number",
                "+",       "-",      "*",       "/",      "&",      "==",     "!=",      "<",        ">=",     "in",
                "[",       "]",      "matches", "and",    "or",     "not",    "(",       ")",        "(",      ")",
                ",",       ",",      ":",       "if(",    "first(", "map(",   "bucket(", "present(", "lower(", "substring(",
                "concat(", "round(", "number(", "text(",  "max(",   ")",
        };
        struct random random;
        size_t good = 0, values = 0;
        random_init_fixed(&random, 11);
        for (size_t i = 0; i < 200000; i++) {
                struct table table;
                struct error err = { "" };
                char text[400];
                struct buffer out;
                buffer_wrap(&out, text, sizeof(text));
                for (size_t j = 0, count = 1 + random_next(&random) % 9; j < count; j++)
                        buffer_format(&out, "%s ", TOKENS[random_next(&random) % COUNT_OF(TOKENS)]);
                struct expression *expression = expression_new(buffer_slice(&out), &WORDS, &err);
                if (!expression) {
                        assert_true(strncmp(err.text, "column ", 7) == 0);
                        continue;
                }
                good++;
                table_open(&table, 1 << 16);
                struct value value = run(&table, expression);
                values += value.type != VALUE_ABSENT;
                if (expression_type(expression) != VALUE_ANY && value.type != VALUE_ABSENT)
                        assert_int_equal(value.type, expression_type(expression));
                table_close(&table);
                expression_free(expression);
        }
        assert_true(good > 1000 && values > 500);
}

static void test_the_manual_names_every_function(void **state)
{
        (void)state;
        char  *text = NULL;
        size_t size = 0;
        FILE  *out = open_memstream(&text, &size);
        expressions_print_reference(out);
        fclose(out);
        for (const char *const *name = (const char *const[]){ "`if(", "`map(", "`bucket(", "`abs(", "`upper(", NULL }; *name;
             name++)
                assert_non_null(strstr(text, *name));
        free(text);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_what_expressions_are_worth),
                cmocka_unit_test(test_what_is_said_of_wrong_ones),
                cmocka_unit_test(test_types_are_known_where_they_can_be),
                cmocka_unit_test(test_limits),
                cmocka_unit_test(test_texts_are_bounded),
                cmocka_unit_test(test_random_heaps_of_tokens),
                cmocka_unit_test(test_the_manual_names_every_function),
        };
        return cmocka_run_group_tests_name("expression", tests, NULL, NULL);
}
