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
        static const char PIECE[5 + READABLE_PADDING] = "\"a\":1";
        char out[8192];
        for (size_t i = 0; i < 2 * PIECES_MAX; i++)
                findings_add(&findings, GROUP_device, (struct slice){ PIECE, 5 });
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

/* Own fields, four names deep; what cannot stand in one object is refused. */
static const struct { const char *name; bool good; } OWN[] = {
        { "labels.shop", true }, { "labels.shops.city", true }, { "labels.a.b.c", true }, { "labels.a.b.d", true },
        { "labels.shop", false }, { "labels.shop.city", false }, { "labels.a", false }, { "labels.shops_city", false },
        { "labels", false }, { "label.x", false }, { "labels.", false }, { "labels..x", false }, { "labels.X", false },
        { "labels.a-b", false }, { "labels.a.b.c.d.e", false }, { "user_agent.os", false }, { "user_agent.os.build", true },
};

static void own_fields_are_checked(void **state)
{
        (void)state;
        struct layout *layout = layout_new(false);
        for (size_t i = 0; i < COUNT_OF(OWN); i++) {
                UNIT_ROW(OWN[i].name);
                assert_int_equal(layout_own(layout, OWN[i].name, "keyword", "") != FIELD_NONE, OWN[i].good);
        }
        layout_free(layout);
}

static const struct { const char *name; bool flat; const char *include, *exclude, *want; } OUTPUTS[] = {
        { "nested", false, NULL, NULL, ",\"user_agent\":{\"name\":\"n\",\"os\":{\"name\":\"o\"}},"
                                       "\"labels\":{\"a\":{\"b\":{\"c\":1,\"d\":true},\"e\":\"x\"},\"f\":-2}" },
        { "flat", true, NULL, NULL, ",\"user_agent_name\":\"n\",\"user_agent_os_name\":\"o\","
                                    "\"labels_a_b_c\":1,\"labels_a_b_d\":true,\"labels_a_e\":\"x\",\"labels_f\":-2" },
        { "one", false, "labels.a.b.c", NULL, ",\"labels\":{\"a\":{\"b\":{\"c\":1}}}" },
        { "all below", true, "labels.a.*", NULL, ",\"labels_a_b_c\":1,\"labels_a_b_d\":true,\"labels_a_e\":\"x\"" },
        { "all but", false, NULL, "labels.a.b.*", ",\"user_agent\":{\"name\":\"n\",\"os\":{\"name\":\"o\"}},"
                                                  "\"labels\":{\"a\":{\"e\":\"x\"},\"f\":-2}" },
        { "some but", false, "labels.*", "labels.a.*", ",\"labels\":{\"f\":-2}" },
        { "none", true, NULL, "*", "" },
};

static void output_write(struct layout *layout, struct field_writer *writer)
{
        enum field c = layout_own(layout, "labels.a.b.c", "long", ""), d = layout_own(layout, "labels.a.b.d", "boolean", "");
        enum field e = layout_own(layout, "labels.a.e", "keyword", ""), f = layout_own(layout, "labels.f", "long", "");
        writer_text(writer, FIELD_user_agent_name, SLICE("n"));
        writer_text(writer, FIELD_user_agent_os_name, SLICE("o"));
        writer_integer(writer, c, 1);
        writer_boolean(writer, d, true);
        writer_text(writer, e, SLICE("x"));
        writer_integer(writer, f, -2);
        assert_true(writer_end(writer));
}

static void the_output_is_chosen(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(OUTPUTS); i++) {
                const char *in = OUTPUTS[i].include, *out_of = OUTPUTS[i].exclude;
                struct text_list include = { &in, in != NULL }, exclude = { &out_of, out_of != NULL };
                struct layout *layout = layout_new(OUTPUTS[i].flat);
                struct findings findings = { .layout = layout };
                struct field_writer writer;
                struct buffer buffer;
                char memory[500], out[1000];
                UNIT_ROW(OUTPUTS[i].name);
                layout_choose(layout, &include, &exclude);
                buffer_wrap(&buffer, memory, sizeof(memory));
                writer_init(&writer, layout, &buffer);
                output_write(layout, &writer);
                findings_take(&findings, &writer);
                char *end = enrich_render(&findings, out);
                assert_true((size_t)(end - out) <= enrich_render_bound(&findings));
                *end = '\0';
                assert_string_equal(out, OUTPUTS[i].want);
                layout_free(layout);
        }
}

static const struct { const char *pattern; bool known; } PATTERNS[] = {
        { "user_agent.name", true }, { "user_agent.*", true }, { "client.geo.*", true }, { "labels.*", true },
        { "money.*", true },         { "label.*", false },     { "labels", false },      { ".*", false },
        { "labels.x", false },       { "user_agent.nam", false },
};

static void a_pattern_names_fields_or_a_group(void **state)
{
        (void)state;
        struct layout *layout = layout_new(false);
        for (size_t i = 0; i < COUNT_OF(PATTERNS); i++) {
                UNIT_ROW(PATTERNS[i].pattern);
                assert_int_equal(layout_knows(layout, slice_of(PATTERNS[i].pattern)), PATTERNS[i].known);
        }
        layout_free(layout);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_pattern_names_fields_or_a_group),
                cmocka_unit_test(fields_are_written),
                cmocka_unit_test(what_does_not_fit_is_said),
                cmocka_unit_test(a_field_that_is_left_out_is_not_written),
                cmocka_unit_test(too_many_pieces_are_no_crash),
                cmocka_unit_test(fields_of_an_inner_object_stand_together),
                cmocka_unit_test(own_fields_are_checked),
                cmocka_unit_test(the_output_is_chosen),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
