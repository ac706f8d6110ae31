/* Structured fields: what client hints have. All of the standard is tested by suite.structured. */
#include "unit.h"
#include "base/buffer.h"
#include "enrich/structured.h"

#define NONE "none"

static const struct { const char *name, *field, *want; } LISTS[] = {
        { "nothing", "", "" },
        { "only spaces", "   ", "" },
        { "brands with versions", "\"Chromium\";v=\"131\", \"Not_A Brand\";v=\"24\"", "s:Chromium;131|s:Not_A Brand;24|" },
        { "no spaces", "\"a\";v=\"1\",\"b\"", "s:a;1|s:b|" },
        { "tabs around a comma", "\"a\"\t,\t\"b\"", "s:a|s:b|" },
        { "spaces behind a semicolon", "\"a\";  v=\"1\"", "s:a;1|" },
        { "a space before a semicolon", "\"a\" ;v=\"1\"", NONE },
        { "escapes", "\" Not\\\\A;Br\\\"and\";v=\"99\"", "s: Not\\\\A;Br\\\"and;99|" },
        { "an unknown escape", "\"\\n\"", NONE },
        { "an escape at the end", "\"a\\", NONE },
        { "the last of two parameters counts", "\"a\";v=\"1\";v=\"2\"", "s:a;2|" },
        { "a parameter that is a flag", "\"a\";v", "s:a;1|" },
        { "tokens", "Desktop, Mobile", "t:Desktop|t:Mobile|" },
        { "other types", "1, -2.5, ?1, :aGk=:, @0, %\"f%c3%bc\", (a b)", "i:1|d:-2.5|b:1|y:aGk=|a:0|u:f%c3%bc|l:a b|" },
        { "a comma at the end", "\"a\",", NONE },
        { "two commas", "\"a\",,\"b\"", NONE },
        { "no comma", "\"a\" \"b\"", NONE },
        { "an open quote", "\"a", NONE },
        { "a byte that is not ASCII", "\"\xc3\xbc\"", NONE },
        { "a control character", "\"a\x01\"", NONE },
        { "an open parenthesis", "(a", NONE },
        { "a mistake behind good members", "\"a\";v=\"1\", \"b\";V=\"1\"", NONE },
        { "as many as there is room for", "a,b,c,d,e,f,g,h", "t:a|t:b|t:c|t:d|t:e|t:f|t:g|t:h|" },
        { "one more", "a,b,c,d,e,f,g,h,i", NONE },
};

static void every_list_is_read(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(LISTS); i++) {
                struct structured_member members[8];
                char   got[400];
                struct buffer line;
                size_t count;
                UNIT_ROW(LISTS[i].name);
                if (!structured_list(slice_of(LISTS[i].field), members, COUNT_OF(members), &count)) {
                        assert_string_equal(LISTS[i].want, NONE);
                        continue;
                }
                buffer_wrap(&line, got, sizeof(got));
                for (size_t j = 0; j < count; j++) {
                        struct structured_value version;
                        buffer_format(&line, "%c:%.*s", "idstybaul"[members[j].value.type], SLICE_ARGS(members[j].value.text));
                        if (structured_parameter(&members[j], SLICE("v"), &version))
                                buffer_format(&line, ";%.*s", SLICE_ARGS(version.text));
                        buffer_add_char(&line, '|');
                }
                buffer_add_char(&line, '\0');
                assert_string_equal(got, LISTS[i].want);
        }
}

static const struct { const char *name, *field, *want; } ITEMS[] = {
        { "true", "?1", "1" },
        { "false", "?0", "0" },
        { "neither", "?2", NONE },
        { "half", "?", NONE },
        { "a platform", "\"Windows\"", "Windows" },
        { "spaces around", "  \"Windows\"  ", "Windows" },
        { "a tab around", "\t\"Windows\"", NONE },
        { "empty text", "\"\"", "" },
        { "nothing", "", NONE },
        { "two items", "\"a\", \"b\"", NONE },
        { "something behind", "\"a\"b", NONE },
        { "with a parameter", "\"a\";b=?1", "a" },
};

static void every_item_is_read(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(ITEMS); i++) {
                struct structured_member member;
                UNIT_ROW(ITEMS[i].name);
                if (!structured_item(slice_of(ITEMS[i].field), &member)) {
                        assert_string_equal(ITEMS[i].want, NONE);
                        continue;
                }
                assert_int_equal(member.value.text.size, strlen(ITEMS[i].want));
                assert_memory_equal(member.value.text.data, ITEMS[i].want, strlen(ITEMS[i].want));
        }
}

static void escapes_are_undone(void **state)
{
        (void)state;
        char out[16];
        assert_int_equal(structured_unescape(SLICE("a\\\\b\\\"c"), out), 5);
        assert_memory_equal(out, "a\\b\"c", 5);
}

/* A megabyte of each: over at once, and nothing is read behind the end. */
static void hostile_fields_end(void **state)
{
        (void)state;
        static const char *const PIECES[] = { "\"", "\\", "(", ";a", "a,", "\"\\\"", ";", ":", "%\"%c3", "9", "( " };
        size_t size = 1 << 20;
        char  *text = malloc(size);
        for (size_t i = 0; i < COUNT_OF(PIECES); i++) {
                struct structured_member members[8];
                size_t count, length = strlen(PIECES[i]);
                for (size_t at = 0; at < size; at++)
                        text[at] = PIECES[i][at % length];
                UNIT_ROW(PIECES[i]);
                assert_false(structured_list((struct slice){ text, size }, members, COUNT_OF(members), &count));
                assert_false(structured_item((struct slice){ text, size }, members));
        }
        free(text);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_list_is_read),
                cmocka_unit_test(every_item_is_read),
                cmocka_unit_test(escapes_are_undone),
                cmocka_unit_test(hostile_fields_end),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
