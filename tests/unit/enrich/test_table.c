/* Tables: what files say, what is found in them, and what is said of broken ones. */
#include "unit.h"
#include "base/buffer.h"
#include "base/hash.h"
#include "enrich/table.h"
#include <unistd.h>

static const struct table_column TWO[] = { { SLICE_INIT("city"), TABLE_KEYWORD }, { SLICE_INIT("size"), TABLE_LONG } };

static struct table_plan plan_of(enum table_format format, enum table_match match)
{
        return (struct table_plan){ .file = "table", .format = format, .separator = ',', .header = true, .match = match,
                                    .columns = TWO, .count = 2, .rows_limit = 100000, .bytes_limit = (size_t)64 << 20 };
}

/* A copy, as it is written to. */
static struct table *table_of(const struct table_plan *plan, struct slice text, struct errors *errors)
{
        char *copy = slice_copy(text);
        struct table *table = table_read(plan, copy, text.size, errors);
        free(copy);
        return table;
}

static struct table *good_table(const struct table_plan *plan, const char *text)
{
        struct errors errors = { 0 };
        struct table *table = table_of(plan, slice_of(text), &errors);
        errors_print(&errors, stderr);
        assert_non_null(table);
        return table;
}

/* The values of a row with '|' behind each; "none". */
static const char *shown(const char *row, size_t columns)
{
        static char text[4096];
        size_t size = 0;
        if (!row)
                return "none";
        for (size_t i = 0; i < columns; i++) {
                struct slice value = table_value_next(&row);
                size += (size_t)snprintf(text + size, sizeof(text) - size, "%.*s|", (int)value.size,
                                         value.data ? value.data : "");
        }
        return text;
}

static void values_have_their_types(void **state)
{
        (void)state;
        static const struct table_column COLUMNS[] = { { SLICE_INIT("k"), TABLE_KEYWORD }, { SLICE_INIT("l"), TABLE_LONG },
                                                       { SLICE_INIT("f"), TABLE_FLOAT }, { SLICE_INIT("b"), TABLE_BOOLEAN } };
        static const struct { const char *name; enum table_format format; const char *text;
        } FILES[] = {
                { "CSV", TABLE_CSV, "key,k,l,f,b\n1,\"a \"\"b\"\"\",12,1.50,TRUE\n2,,,,\n3,7,-1e3,.5,0\n" },
                { "JSON array", TABLE_JSON,
                  " [ {\"key\":1,\"k\":\"a \\\"b\\\"\",\"l\":12,\"f\":1.50,\"b\":true} , "
                  "{\"key\":\"2\",\"k\":null},{\"b\":false,\"key\":3,\"k\":7,\"l\":\"-1000\",\"f\":5e-1}]" },
                { "JSON object", TABLE_JSON,
                  "{\"1\":{\"k\":\"a \\u0022b\\\"\",\"l\":12,\"f\":1.50,\"b\":true,\"x\":[{}]},\"2\":{},"
                  "\"\\u0033\":{\"b\":false,\"k\":7,\"l\":\"-1000\",\"f\":5e-1}}\n" },
                { "lines", TABLE_NDJSON,
                  "{\"key\":1,\"k\":\"a \\\"b\\\"\",\"l\":12,\"f\":1.50,\"b\":true}\n\n"
                  "{\"key\":\"2\"}\r\n{\"b\":false,\"key\":3,\"k\":7,\"l\":\"-1000\",\"f\":5e-1}" },
        };
        for (size_t i = 0; i < COUNT_OF(FILES); i++) {
                struct table_plan plan = plan_of(FILES[i].format, TABLE_EXACT);
                struct table_facts facts;
                UNIT_ROW(FILES[i].name);
                plan.columns = COLUMNS;
                plan.count = COUNT_OF(COLUMNS);
                plan.key = strcmp(FILES[i].name, "JSON object") ? SLICE("key") : SLICE("");
                struct table *table = good_table(&plan, FILES[i].text);
                assert_string_equal(shown(table_find(table, SLICE("1")), 4), "\"a \\\"b\\\"\"|12|1.5|true|");
                assert_string_equal(shown(table_find(table, SLICE("2")), 4), "||||");
                assert_string_equal(shown(table_find(table, SLICE("3")), 4), "\"7\"|-1000|0.5|false|");
                assert_null(table_find(table, SLICE("4")));
                assert_null(table_find(table, SLICE("")));
                assert_null(table_find(table, SLICE("11111111111111111111111111")));
                table_describe(table, &facts);
                assert_int_equal(facts.rows, 3);
                table_free(table);
        }
}

static const struct {
        const char *name;
        enum table_match match;
        bool ignore_case;
        const char *text;
        struct { const char *key, *want; } find[8];
} FINDS[] = {
        { "the first of two wins", TABLE_EXACT, false, "id,city,size\na,Bonn,1\na,Ulm,2\n", { { "a", "\"Bonn\"|1|" } } },
        { "case counts", TABLE_EXACT, false, "id,city,size\nAb,Bonn,1\n", { { "Ab", "\"Bonn\"|1|" }, { "ab", "none" } } },
        { "case does not count",
          TABLE_EXACT,
          true,
          "id,city,size\nAb,Bonn,1\naB,Ulm,2\n",
          { { "AB", "\"Bonn\"|1|" }, { "ab", "\"Bonn\"|1|" }, { "\xC3\x84", "none" } } },
        { "rows without a key are left out", TABLE_EXACT, false, "id,city,size\n,Bonn,1\nb,Ulm,2\n", { { "b", "\"Ulm\"|2|" } } },
        { "the longest prefix",
          TABLE_PREFIX,
          false,
          "id,city,size\n+49,Germany,1\n+49228,Bonn,2\n+4,Europe,3\n+44,,4\n",
          { { "+4922812345", "\"Bonn\"|2|" },
            { "+492281", "\"Bonn\"|2|" },
            { "+49229", "\"Germany\"|1|" },
            { "+49", "\"Germany\"|1|" },
            { "+4", "\"Europe\"|3|" },
            { "+430", "\"Europe\"|3|" },
            { "+", "none" },
            { "", "none" } } },
        { "prefixes past eight bytes",
          TABLE_PREFIX,
          false,
          "id,city,size\nabcdefgh,A,1\nabcdefghij,B,2\nabcdefghijklmnop,C,3\nabcdefghz,D,4\n",
          { { "abcdefghijklmnoq", "\"B\"|2|" },
            { "abcdefghijklmnopq", "\"C\"|3|" },
            { "abcdefgh", "\"A\"|1|" },
            { "abcdefghza", "\"D\"|4|" },
            { "abcdefghy", "\"A\"|1|" },
            { "abcdefg", "none" } } },
        { "prefixes, whatever the case",
          TABLE_PREFIX,
          true,
          "id,city,size\nSKU-,A,1\nsku-,B,2\n",
          { { "Sku-17", "\"A\"|1|" }, { "sk", "none" } } },
        { "the narrowest network",
          TABLE_CIDR,
          false,
          "net,city,size\n10.0.0.0/8,A,1\n10.1.0.0/16,B,2\n10.1.2.3,C,3\n255.0.0.0/8,D,4\n",
          { { "10.0.0.1", "\"A\"|1|" },
            { "10.1.2.2", "\"B\"|2|" },
            { "10.1.2.3", "\"C\"|3|" },
            { "10.1.2.4", "\"B\"|2|" },
            { "10.2.0.0", "\"A\"|1|" },
            { "11.0.0.0", "none" },
            { "255.255.255.255", "\"D\"|4|" },
            { "9.255.255.255", "none" } } },
        { "IPv6, and IPv4 apart from it",
          TABLE_CIDR,
          false,
          "net,city,size\n::/0,A,1\n2001:db8::/32,B,2\n2001:db8:1::/48,C,3\n0.0.0.0/0,D,4\nffff::/16,E,5\n",
          { { "::1", "\"A\"|1|" },
            { "2001:db8:1::5", "\"C\"|3|" },
            { "2001:db8:2::5", "\"B\"|2|" },
            { "1.2.3.4", "\"D\"|4|" },
            { "::ffff:1.2.3.4", "\"D\"|4|" },
            { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "\"E\"|5|" },
            { "fe00::", "\"A\"|1|" },
            { "no address", "none" } } },
        { "a mapped network is IPv4",
          TABLE_CIDR,
          false,
          "net,city,size\n::ffff:192.0.2.0/120,A,1\n",
          { { "192.0.2.9", "\"A\"|1|" }, { "::ffff:192.0.2.9", "\"A\"|1|" }, { "192.0.3.0", "none" }, { "::1", "none" } } },
        { "bits behind a network's length do not count",
          TABLE_CIDR,
          false,
          "net,city,size\n10.1.2.3/8,A,1\n10.0.0.0/8,B,2\n",
          { { "10.200.0.1", "\"A\"|1|" } } },
};

static void keys_are_found(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(FINDS); i++) {
                struct table_plan plan = plan_of(TABLE_CSV, FINDS[i].match);
                plan.ignore_case = FINDS[i].ignore_case;
                UNIT_ROW(FINDS[i].name);
                struct table *table = good_table(&plan, FINDS[i].text);
                for (size_t k = 0; k < COUNT_OF(FINDS[i].find) && FINDS[i].find[k].key; k++)
                        assert_string_equal(shown(table_find(table, slice_of(FINDS[i].find[k].key)), 2), FINDS[i].find[k].want);
                table_free(table);
        }
}

static const struct {
        const char *name;
        enum table_format format;
        enum table_match match;
        const char *key, *text, *want;
} BROKEN[] = {
        { "an empty file", TABLE_CSV, TABLE_EXACT, "", "", "table: the file is empty" },
        { "a column that is missing", TABLE_CSV, TABLE_EXACT, "", "id,town,size\na,b,1\n",
          "table: line 1: there is no column 'city'; there are: id, town, size" },
        { "a key that is missing", TABLE_CSV, TABLE_EXACT, "sku", "id,city,size\n",
          "table: line 1: there is no column 'sku'; there are: id, city, size" },
        { "a field too few", TABLE_CSV, TABLE_EXACT, "", "id,city,size\na,b,1\nc,d\n",
          "table: line 3: 2 fields, where the first line has 3" },
        { "a value of another type", TABLE_CSV, TABLE_EXACT, "", "id,city,size\na,b,many\n",
          "table: line 2: 'many' in column 'size' is no long" },
        { "a whole number that is none", TABLE_CSV, TABLE_EXACT, "", "id,city,size\na,b,1.5\n",
          "table: line 2: '1.5' in column 'size' is no long" },
        { "a number too large", TABLE_CSV, TABLE_EXACT, "", "id,city,size\na,b,9223372036854775808\n",
          "table: line 2: '9223372036854775808' in column 'size' is no long" },
        { "not UTF-8", TABLE_CSV, TABLE_EXACT, "", "id,city,size\na,K\xF6ln,1\n", "table: line 2: this is not UTF-8" },
        { "text behind a quote", TABLE_CSV, TABLE_EXACT, "", "id,city,size\na,\"5\" pipe,1\n",
          "table: line 2: a field goes on behind its closing quote" },
        { "no network", TABLE_CSV, TABLE_CIDR, "", "net,city,size\n10.0.0.0/33,b,1\n",
          "table: line 2: '10.0.0.0/33' is no network (192.0.2.0/24, 2001:db8::/32) and no address" },
        { "empty JSON", TABLE_JSON, TABLE_EXACT, "id", "", "table: line 1: an array or an object of rows is expected" },
        { "a JSON text", TABLE_JSON, TABLE_EXACT, "id", "\"a\"", "table: line 1: an array or an object of rows is expected" },
        { "an array without rows", TABLE_JSON, TABLE_EXACT, "id", "[ ]", "table: there are no rows" },
        { "an array without a key", TABLE_JSON, TABLE_EXACT, "", "[{}]",
          "table: the rows of an array need a column for the key" },
        { "a row that is no object", TABLE_JSON, TABLE_EXACT, "id", "[\n1]", "table: line 2: a row must be an object" },
        { "a row that ends too early", TABLE_JSON, TABLE_EXACT, "id", "[{\"id\":1,\n\"city\":}]",
          "table: line 2: not JSON: a value is missing" },
        { "a missing comma", TABLE_JSON, TABLE_EXACT, "id", "[{\"id\":1,\"city\":\"a\",\"size\":1}\n\n{}]",
          "table: line 3: not JSON: a comma or ']' is missing" },
        { "text behind the end", TABLE_JSON, TABLE_EXACT, "id", "[{\"id\":1,\"city\":\"a\",\"size\":1}]\n]",
          "table: line 2: not JSON: something follows the value" },
        { "an object that is cut off", TABLE_JSON, TABLE_EXACT, "", "{\"a\":{\"city\":\"a\",\"size\":1}",
          "table: line 1: not JSON: a comma or '}' is missing" },
        { "a name that is missing", TABLE_JSON, TABLE_EXACT, "", "{\"a\":{\"city\":\"a\",\"size\":1},\n",
          "table: line 2: not JSON: a name and a colon are missing" },
        { "a value that is an array", TABLE_JSON, TABLE_EXACT, "id", "[{\"id\":1,\n\"city\":[1]}]",
          "table: line 2: column 'city' is an array or object; only texts, numbers and booleans are kept" },
        { "a key that is an object", TABLE_JSON, TABLE_EXACT, "id", "[{\"id\":{}}]",
          "table: line 1: the key is an array or object" },
        { "a column that no row has", TABLE_JSON, TABLE_EXACT, "id", "[{\"id\":1,\"city\":\"a\"}]",
          "table: no row has a column 'size'" },
        { "a broken line", TABLE_NDJSON, TABLE_EXACT, "id", "{\"id\":1,\"city\":\"a\",\"size\":1}\n{\"id\":\n{\"id\":3}\n",
          "table: line 2: not JSON: the text ends where a value is missing" },
        { "two values in a line", TABLE_NDJSON, TABLE_EXACT, "id", "{\"id\":1,\"city\":\"a\",\"size\":1} {}\n",
          "table: line 1: not JSON: something follows the value" },
        { "JSON that is not UTF-8", TABLE_JSON, TABLE_EXACT, "id", "[{\"id\":1,\n\"city\":\"\xF6\"}]",
          "table: line 2: not JSON: the bytes are not well-formed UTF-8" },
};

static void mistakes_are_told_with_their_line(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(BROKEN); i++) {
                struct table_plan plan = plan_of(BROKEN[i].format, BROKEN[i].match);
                struct errors errors = { 0 };
                plan.key = slice_of(BROKEN[i].key);
                UNIT_ROW(BROKEN[i].name);
                assert_null(table_of(&plan, slice_of(BROKEN[i].text), &errors));
                assert_true(errors.count > 0);
                if (strncmp(BROKEN[i].want, errors.items[0].text, strlen(BROKEN[i].want)) != 0)
                        assert_string_equal(errors.items[0].text, BROKEN[i].want);
                errors_done(&errors);
        }
}

static void mistakes_do_not_go_on_for_ever(void **state)
{
        (void)state;
        struct table_plan plan = plan_of(TABLE_CSV, TABLE_EXACT);
        struct errors errors = { 0 };
        struct buffer text;
        buffer_init(&text, 1 << 20);
        buffer_add(&text, SLICE("id,city,size\n"));
        for (int i = 0; i < 10000; i++)
                buffer_add(&text, SLICE("a,b,c\n"));
        assert_null(table_of(&plan, buffer_slice(&text), &errors));
        assert_true(errors_total(&errors) >= 10 && errors_total(&errors) <= 40);
        buffer_done(&text);
        errors_done(&errors);
}

static void limits_are_kept(void **state)
{
        (void)state;
        static const char TEXT[] = "id,city,size\na,b,1\nc,d,2\ne,f,3\n";
        static const struct { const char *name; size_t rows, bytes; const char *want; } LIMITS[] = {
                { "enough", 3, 1 << 20, NULL },
                { "a row too many", 2, 1 << 20, "table: line 4: more rows than rows_limit, 2" },
                { "bytes too many", 3, 20, "table: line 4: the table needs more than bytes_limit, 20 bytes" },
        };
        for (size_t i = 0; i < COUNT_OF(LIMITS); i++) {
                struct table_plan plan = plan_of(TABLE_CSV, TABLE_EXACT);
                struct errors errors = { 0 };
                UNIT_ROW(LIMITS[i].name);
                plan.rows_limit = LIMITS[i].rows;
                plan.bytes_limit = LIMITS[i].bytes;
                struct table *table = table_of(&plan, SLICE(TEXT), &errors);
                assert_int_equal(table != NULL, LIMITS[i].want == NULL);
                if (LIMITS[i].want)
                        assert_string_equal(errors.items[0].text, LIMITS[i].want);
                table_free(table);
                errors_done(&errors);
        }
}

static void columns_have_numbers_without_a_header(void **state)
{
        (void)state;
        static const struct table_column COLUMNS[] = { { SLICE_INIT("3"), TABLE_LONG }, { SLICE_INIT("1"), TABLE_KEYWORD } };
        struct table_plan plan = plan_of(TABLE_CSV, TABLE_EXACT);
        struct errors errors = { 0 };
        plan.header = false;
        plan.key = SLICE("2");
        plan.columns = COLUMNS;
        struct table *table = good_table(&plan, "x,a,1\ny,b,2\n");
        assert_string_equal(shown(table_find(table, SLICE("b")), 2), "2|\"y\"|");
        table_free(table);
        plan.key = SLICE("4");
        assert_null(table_of(&plan, SLICE("x,a,1\n"), &errors));
        assert_string_equal(errors.items[0].text, "table: line 1: there is no column 4; without a header the columns are 1 to 3");
        errors_done(&errors);
}

static void an_object_of_plain_values_is_a_table(void **state)
{
        (void)state;
        static const struct table_column VALUE = { SLICE_INIT("value"), TABLE_KEYWORD };
        struct table_plan plan = plan_of(TABLE_JSON, TABLE_EXACT);
        plan.columns = &VALUE;
        plan.count = 1;
        struct table *table = good_table(&plan, "{\"DE\":\"Germany\",\"FR\":\"France\",\"XX\":null}");
        assert_string_equal(shown(table_find(table, SLICE("FR")), 1), "\"France\"|");
        assert_string_equal(shown(table_find(table, SLICE("XX")), 1), "|");
        table_free(table);
}

/* Random keys of few letters and networks of few addresses, so that they meet. `bits` tells which. */
static void key_make(enum table_match match, uint64_t bits, char key[static 64])
{
        unsigned one = bits >> 20 & 1, some = bits >> 30 & 3, many = bits >> 40 & 255, length = (unsigned)(bits >> 50);
        size_t size = bits % 14 + 1;
        for (size_t i = 0; i < size; i++)
                key[i] = (char)('a' + (bits >> (i + 8) & 1));
        key[size] = '\0';
        if (match == TABLE_CIDR && bits % 3)
                snprintf(key, 64, "%u.%u.0.%u/%u", one, some, many, length % 33);
        else if (match == TABLE_CIDR)
                snprintf(key, 64, "%x:%x::%x/%u", one, some, many, length % 129);
}

/* What is looked for: a key with something cut off or added, or an address. */
static void wanted_make(enum table_match match, uint64_t bits, char wanted[static 64])
{
        key_make(match, bits, wanted);
        if (match == TABLE_CIDR)
                *strchr(wanted, '/') = '\0';
        else if (bits >> 60 & 1)
                wanted[strlen(wanted) / 2 + 1] = '\0';
        else
                memcpy(wanted + strlen(wanted), "ab", 3);
}

/* How well the key matches, by the plain reading of the rule; 0: not at all. */
static size_t key_fits(enum table_match match, const char *key, const char *wanted)
{
        struct network network;
        struct address address;
        if (match == TABLE_EXACT)
                return strcmp(key, wanted) == 0;
        if (match == TABLE_PREFIX)
                return strncmp(key, wanted, strlen(key)) == 0 ? strlen(key) : 0;
        assert_true(network_parse(slice_of(key), &network) && address_parse(slice_of(wanted), &address));
        bool same = address_is_v4(&address) == (strchr(key, '.') != NULL);
        return same && network_has(&network, &address) ? network.bits + 1 : 0;
}

#define KEYS 300

static void round_check(enum table_match match, struct random *random)
{
        static const struct table_column ONE[] = { { SLICE_INIT("2"), TABLE_LONG } };
        struct table_plan plan = plan_of(TABLE_CSV, match);
        struct buffer text;
        char   key[KEYS][64], wanted[64];
        size_t count = 1 + random_next(random) % KEYS;
        plan.header = false;
        plan.columns = ONE;
        plan.count = 1;
        buffer_init(&text, 1 << 20);
        for (size_t i = 0; i < count; i++) {
                key_make(match, random_next(random), key[i]);
                buffer_format(&text, "%s,%zu\n", key[i], i);
        }
        buffer_add_char(&text, '\0');
        struct table *table = good_table(&plan, text.data);
        for (size_t i = 0; i < 500; i++) {
                size_t best = 0;
                char   want[32] = "none";
                wanted_make(match, random_next(random), wanted);
                for (size_t k = 0; k < count; k++) {
                        size_t fit = key_fits(match, key[k], wanted);
                        if (fit <= best)
                                continue;
                        best = fit;
                        snprintf(want, sizeof(want), "%zu|", k);
                }
                assert_string_equal(shown(table_find(table, slice_of(wanted)), 1), want);
        }
        table_free(table);
        buffer_done(&text);
}

static void matches_agree_with_the_slow_way(void **state)
{
        (void)state;
        struct random random;
        random_init_fixed(&random, 11);
        for (size_t round = 0; round < 60; round++)
                round_check((enum table_match)(round % 3), &random);
}

static void files_are_loaded(void **state)
{
        (void)state;
        char path[] = "/tmp/table-XXXXXX";
        struct table_plan plan = plan_of(TABLE_CSV, TABLE_EXACT);
        struct errors errors = { 0 };
        struct table_facts facts;
        int file = mkstemp(path);
        assert_true(file >= 0);
        assert_int_equal(write(file, "id,city,size\na,b,1\na,c,2\n,d,3\n", 30), 30);
        plan.file = path;
        struct table *table = table_load(&plan, &errors);
        assert_non_null(table);
        assert_string_equal(shown(table_find(table, SLICE("a")), 2), "\"b\"|1|");
        table_describe(table, &facts);
        assert_int_equal(facts.rows, 1);
        assert_int_equal(facts.duplicates, 1);
        assert_int_equal(facts.keyless, 1);
        assert_true(facts.bytes > 0);
        table_free(table);
        plan.bytes_limit = 29;
        assert_null(table_load(&plan, &errors));
        assert_non_null(strstr(errors.items[0].text, ": 30 bytes; at most 29 are read"));
        plan.file = "/tmp";
        assert_null(table_load(&plan, &errors));
        assert_string_equal(errors.items[1].text, "/tmp: not a file");
        (void)unlink(path);
        plan.file = path;
        assert_null(table_load(&plan, &errors));
        assert_non_null(strstr(errors.items[2].text, ": cannot be opened: No such file"));
        errors_done(&errors);
        (void)close(file);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(values_have_their_types),
                cmocka_unit_test(keys_are_found),
                cmocka_unit_test(mistakes_are_told_with_their_line),
                cmocka_unit_test(mistakes_do_not_go_on_for_ever),
                cmocka_unit_test(limits_are_kept),
                cmocka_unit_test(columns_have_numbers_without_a_header),
                cmocka_unit_test(an_object_of_plain_values_is_a_table),
                cmocka_unit_test(matches_agree_with_the_slow_way),
                cmocka_unit_test(files_are_loaded),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
