/* Comma-separated values, line by line. What a row gives is shown with '|' between fields and '/' behind each row. */
#include "unit.h"
#include "base/buffer.h"
#include "enrich/csv.h"

static const struct { const char *name, *text, *want; char separator; } CASES[] = {
        { "two rows", "a,b\r\n1,2\r\n", "a|b/1|2/", ',' },
        { "line feeds alone", "a,b\n1,2\n", "a|b/1|2/", ',' },
        { "no line end at the end", "a,b\n1,2", "a|b/1|2/", ',' },
        { "empty fields", ",\n,,\n", "|/||/", ',' },
        { "a separator at the end", "a,b,\n", "a|b|/", ',' },
        { "quotes", "\"a\",\"b,c\"\n", "a|b,c/", ',' },
        { "doubled quotes", "\"say \"\"yes\"\"\",\"\"\"\"\n", "say \"yes\"|\"/", ',' },
        { "an empty quoted field", "\"\",\"\"\n", "|/", ',' },
        { "lines inside quotes", "\"a\r\nb\nc\",d\ne,f\n", "a\r\nb\nc|d/e|f/", ',' },
        { "a quoted field at the end", "a,\"b\"", "a|b/", ',' },
        { "spaces belong to the field", " a , b \n", " a | b /", ',' },
        { "empty lines are passed over", "\n\na\n\r\nb\n\n", "a/b/", ',' },
        { "a byte order mark", "\xEF\xBB\xBF" "a,b\n", "a|b/", ',' },
        { "another separator", "a,b;c\n", "a,b|c/", ';' },
        { "tabs", "a\tb\n", "a|b/", '\t' },
        { "nothing", "", "", ',' },
        { "a byte order mark alone", "\xEF\xBB\xBF", "", ',' },
        { "NUL is a byte", "a,b", "a|b/", ',' },
        { "a quote in the middle", "a\nb\"c,d\ne\n", "a/b\"c|d/e/", ',' },
        { "text behind a quote", "\"a\"b,c\nd\n", "[line 1: a field goes on behind its closing quote]d/", ',' },
        { "a quote that is never closed", "a\n\"b\nc\n", "a/[line 2: the quote of this field is never closed]", ',' },
        { "the line of a mistake behind quoted lines", "\"a\nb\nc\"\n\"d\n",
          "a\nb\nc/[line 4: the quote of this field is never closed]", ',' },
        { "a carriage return alone", "a\rb\nc\n", "[line 1: a carriage return without a line feed]c/", ',' },
        { "a carriage return at the end", "a\r", "[line 1: a carriage return without a line feed]", ',' },
        { "too many fields", "1,2,3,4\n1,2,3,4,5\n1\n", "1|2|3|4/[line 2: more than 4 fields]1/", ',' },
};

static void every_case_reads(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct slice fields[4];
                struct csv_row row = { .field = fields, .most = COUNT_OF(fields) };
                struct csv csv;
                struct error err;
                struct buffer got;
                char *text = slice_copy(slice_of(CASES[i].text));
                UNIT_ROW(CASES[i].name);
                buffer_init(&got, 4096);
                csv_init(&csv, text, strlen(text), CASES[i].separator);
                for (enum csv_answer answer; (answer = csv_next(&csv, &row, &err)) != CSV_END;) {
                        if (answer == CSV_BROKEN)
                                buffer_format(&got, "[%s]", err.text);
                        for (size_t k = 0; answer == CSV_ROW && k < row.count; k++) {
                                buffer_add(&got, row.field[k]);
                                buffer_add_char(&got, k + 1 < row.count ? '|' : '/');
                        }
                }
                buffer_add_char(&got, '\0');
                assert_string_equal(got.data, CASES[i].want);
                buffer_done(&got);
                free(text);
        }
}

static void rows_know_their_lines(void **state)
{
        (void)state;
        char text[] = "a\n\n\"b\nc\"\nd\n";
        static const size_t LINES[] = { 1, 3, 5 };
        struct slice fields[1];
        struct csv_row row = { .field = fields, .most = 1 };
        struct csv csv;
        struct error err;
        csv_init(&csv, text, strlen(text), ',');
        for (size_t i = 0; i < COUNT_OF(LINES); i++) {
                assert_int_equal(csv_next(&csv, &row, &err), CSV_ROW);
                assert_int_equal(row.line, LINES[i]);
        }
        assert_int_equal(csv_next(&csv, &row, &err), CSV_END);
}

static void lines_that_are_not_utf8_are_found(void **state)
{
        (void)state;
        assert_int_equal(csv_line_not_utf8(SLICE("a\nb\xC3\xA4\n")), 0);
        assert_int_equal(csv_line_not_utf8(SLICE("a\n\xE4\n")), 2);
        assert_int_equal(csv_line_not_utf8(SLICE("\xC3")), 1);
        assert_int_equal(csv_line_not_utf8(SLICE("")), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_case_reads),
                cmocka_unit_test(rows_know_their_lines),
                cmocka_unit_test(lines_that_are_not_utf8_are_found),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
