#include "unit.h"
#include "enrich/layout.h"

struct put { enum field field; const char *text; bool json; };
static const struct { const char *name; struct put puts[6]; const char *want; } CASES[] = {
        { "nothing", { { .text = NULL } }, "" },
        { "one field", { { FIELD_user_agent_name, "a", false } }, ",\"user_agent\":{\"name\":\"a\"}" },
        { "an empty text is absent", { { FIELD_user_agent_name, "", false }, { FIELD_user_agent_version, "1", false } },
          ",\"user_agent\":{\"version\":\"1\"}" },
        { "inner objects", { { FIELD_user_agent_name, "a", false }, { FIELD_user_agent_os_name, "b", false },
                             { FIELD_user_agent_os_version, "c", false }, { FIELD_user_agent_device_name, "d", false } },
          ",\"user_agent\":{\"name\":\"a\",\"os\":{\"name\":\"b\",\"version\":\"c\"},\"device\":{\"name\":\"d\"}}" },
        { "an inner object first, then none", { { FIELD_user_agent_os_name, "b", false }, { FIELD_user_agent_name, "a", false } },
          ",\"user_agent\":{\"os\":{\"name\":\"b\"},\"name\":\"a\"}" },
        { "two groups", { { FIELD_user_agent_os_name, "b", false }, { FIELD_device_class, "c", false } },
          ",\"user_agent\":{\"os\":{\"name\":\"b\"}},\"device\":{\"class\":\"c\"}" },
        { "a group in two pieces", { { FIELD_device_class, "c", false }, { FIELD_user_agent_name, "a", false },
                                     { FIELD_device_screen_width, "7.5", true } },
          ",\"user_agent\":{\"name\":\"a\"},\"device\":{\"class\":\"c\",\"screen\":{\"width\":7.5}}" },
        { "escapes", { { FIELD_user_agent_name, "a\"\\\n\x01\xff", false } },
          ",\"user_agent\":{\"name\":\"a\\\"\\\\\\n\\u0001\xef\xbf\xbd\"}" },
};

static void fields_are_written(void **state)
{
        (void)state;
        struct layout *layout = layout_new(false);
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct findings findings = { .layout = layout };
                struct field_writer writer;
                struct buffer buffer;
                char memory[500], out[1000];
                buffer_wrap(&buffer, memory, sizeof(memory));
                writer_init(&writer, layout, &buffer);
                for (size_t j = 0; j < COUNT_OF(CASES[i].puts) && CASES[i].puts[j].text; j++)
                        (CASES[i].puts[j].json ? writer_json : writer_text)(&writer, CASES[i].puts[j].field,
                                                                            slice_of(CASES[i].puts[j].text));
                UNIT_ROW(CASES[i].name);
                assert_true(writer_end(&writer));
                findings_take(&findings, &writer);
                char *end = enrich_render(&findings, out);
                assert_true((size_t)(end - out) <= enrich_render_bound(&findings));
                *end = '\0';
                assert_string_equal(out, CASES[i].want);
        }
        layout_free(layout);
}

static void what_does_not_fit_is_said(void **state)
{
        (void)state;
        struct layout *layout = layout_new(false);
        for (size_t room = 0; room < 40; room++) {
                struct field_writer writer;
                struct buffer buffer;
                char *memory = memory_get(room + 1);
                buffer_wrap(&buffer, memory, room);
                writer_init(&writer, layout, &buffer);
                writer_text(&writer, FIELD_user_agent_name, SLICE("abc"));
                writer_text(&writer, FIELD_user_agent_os_name, SLICE("abc"));
                assert_int_equal(writer_end(&writer), room >= strlen("\"name\":\"abc\",\"os\":{\"name\":\"abc\"}"));
                free(memory);
        }
        layout_free(layout);
}

static void a_field_that_is_left_out_is_not_written(void **state)
{
        (void)state;
        struct layout *layout = layout_new(false);
        struct field_writer writer;
        struct buffer buffer;
        char memory[100];
        layout->field[FIELD_user_agent_name].key = (struct slice){ NULL, 0 };
        buffer_wrap(&buffer, memory, sizeof(memory));
        writer_init(&writer, layout, &buffer);
        writer_text(&writer, FIELD_user_agent_name, SLICE("abc"));
        assert_true(writer_end(&writer));
        assert_int_equal(writer.count, 0);
        assert_int_equal(buffer.size, 0);
        layout_free(layout);
}

static void too_many_pieces_are_no_crash(void **state)
{
        (void)state;
        struct layout *layout = layout_new(false);
        struct findings findings = { .layout = layout };
        char out[8192];
        for (size_t i = 0; i < 2 * PIECES_MAX; i++)
                findings_add(&findings, GROUP_device, SLICE("\"a\":1"));
        assert_int_equal(findings.count, PIECES_MAX);
        char *end = enrich_render(&findings, out);
        assert_true((size_t)(end - out) <= enrich_render_bound(&findings));
        layout_free(layout);
}

/* Inner objects would appear twice in the record if their fields came apart. */
static void fields_of_an_inner_object_stand_together(void **state)
{
        (void)state;
        struct layout *layout = layout_new(false);
        for (size_t i = 1; i < FIELD_COUNT; i++)
                for (size_t j = 0; j + 1 < i; j++)
                        for (size_t k = 0; k < layout->field[i].depth && k < layout->field[j].depth; k++)
                                if (layout->field[i].inner[k] == layout->field[j].inner[k])
                                        assert_int_equal(layout->field[i - 1].inner[k], layout->field[i].inner[k]);
        layout_free(layout);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(fields_are_written),
                cmocka_unit_test(what_does_not_fit_is_said),
                cmocka_unit_test(a_field_that_is_left_out_is_not_written),
                cmocka_unit_test(too_many_pieces_are_no_crash),
                cmocka_unit_test(fields_of_an_inner_object_stand_together),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
