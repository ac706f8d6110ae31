/* What stands below enrich.instances, as a kind of enrichment reads it; and what the frame says of mistakes there. */
#include "unit.h"
#include "enrich/enrichment.h"

static const struct enrich_setting SETTINGS[] = {
        { "file", NULL, "The table." }, { "match", "exact", "How." }, { "limit", "10", "How many." }, { "give", "", "What." },
        { "map", "", "Pairs." }, { NULL, NULL, NULL },
};
static const struct enrichment KIND = { .name = "kind", .many = true, .settings = SETTINGS };

static const char YAML[] =
        "enrich:\n"
        "  instances:\n"
        "    shop: { kind: kind, file: shops.csv, give: [name, city], map: { a: x, b: y } }\n"
        "    shops:\n"
        "      kind: kind\n"
        "      give: one\n"
        "      limit: eleven\n"
        "      file: /abs\n";

struct desk {
        struct config       config;
        struct errors       errors;
        struct text_list    watched;
        struct enrich_setup setup;
};

static void desk_start(struct desk *desk, const char *instance)
{
        memset(desk, 0, sizeof(*desk));
        config_init(&desk->config);
        assert_true(config_read(&desk->config, "/etc/x/m.yaml", slice_of(YAML), &desk->errors));
        desk->setup = (struct enrich_setup){ .config = &desk->config, .kind = &KIND, .instance = instance,
                                             .watched = &desk->watched };
}

static void desk_end(struct desk *desk)
{
        errors_done(&desk->errors);
        free(desk->watched.items);
        config_done(&desk->config);
}

static void settings_are_read(void **state)
{
        (void)state;
        struct desk desk;
        const char *key, *value;
        desk_start(&desk, "shop");
        assert_string_equal(setting_text(&desk.setup, "file"), "shops.csv");
        assert_string_equal(setting_path(&desk.setup, "file"), "/etc/x/shops.csv");
        assert_string_equal(setting_text(&desk.setup, "match"), "exact");
        assert_string_equal(setting_list(&desk.setup, "give", 0), "name");
        assert_string_equal(setting_list(&desk.setup, "give", 1), "city");
        assert_null(setting_list(&desk.setup, "give", 2));
        assert_true(setting_pair(&desk.setup, "map", 1, &key, &value));
        assert_string_equal(key, "b");
        assert_string_equal(value, "y");
        assert_false(setting_pair(&desk.setup, "map", 2, &key, &value));
        desk.setup.instance = "shops";
        assert_string_equal(setting_list(&desk.setup, "give", 0), "one");
        assert_null(setting_list(&desk.setup, "give", 1));
        assert_string_equal(setting_path(&desk.setup, "file"), "/abs");
        assert_null(setting_text(&desk.setup, "map"));
        desk_end(&desk);
}

static void a_number_is_one_or_told(void **state)
{
        (void)state;
        struct desk desk;
        int64_t number;
        desk_start(&desk, "shop");
        assert_true(setting_number(&desk.setup, &desk.errors, "limit", (int64_t[]){ 1, 10 }, &number));
        assert_int_equal(number, 10);
        desk.setup.instance = "shops";
        assert_false(setting_number(&desk.setup, &desk.errors, "limit", (int64_t[]){ 1, 10 }, &number));
        assert_string_equal(desk.errors.items[0].text, "/etc/x/m.yaml:7:14: enrich.instances.shops.limit: 'eleven' found, but "
                                                       "wanted is a whole number from 1 to 10");
        assert_false(setup_error(&desk.setup, &desk.errors, "match", "no"));
        assert_string_equal(desk.errors.items[1].text, "/etc/x/m.yaml:5:13: enrich.instances.shops.match: no");
        desk_end(&desk);
}

static void a_file_is_watched_once(void **state)
{
        (void)state;
        struct desk desk;
        desk_start(&desk, "shop");
        setup_watch(&desk.setup, "/a");
        setup_watch(&desk.setup, "/b");
        setup_watch(&desk.setup, "/a");
        assert_int_equal(desk.watched.count, 2);
        desk_end(&desk);
}

static const struct { const char *name, *yaml, *want; } WRONG[] = {
        { "no kind", "enrich: { instances: { a: { file: x } } }", "f:1:35: enrich.instances.a.file: 'a' has no `kind`" },
        { "an unknown kind", "enrich: { instances: { a: { kind: magic } } }",
          "f:1:35: enrich.instances.a.kind: there is no kind 'magic' of which there may be several" },
        { "a kind of one only", "enrich: { instances: { a: { kind: device } } }",
          "f:1:35: enrich.instances.a.kind: there is no kind 'device' of which there may be several" },
        { "no settings", "enrich: { instances: { a: x } }",
          "f:1:27: enrich.instances.a: an enrichment's settings are written below its name, `kind` first" },
        { "an unknown step", "enrich: { order: [a, revice] }",
          "f:1:18: enrich.order: there is no enrichment 'revice'; did you mean" },
        { "an unknown field", "output: { exclude: [user_agent.nam] }",
          "f:1:20: output.exclude: there is no field 'user_agent.nam'; did you mean user_agent.name?" },
};

static void mistakes_have_a_place(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
                struct config config;
                struct errors errors = { 0 };
                bool found = false;
                config_init(&config);
                UNIT_ROW(WRONG[i].name);
                assert_true(config_read(&config, "f", slice_of(WRONG[i].yaml), &errors));
                assert_null(enrich_plan_new(&config, &errors));
                for (size_t k = 0; k < errors.count && !found; k++)
                        found = strncmp(errors.items[k].text, WRONG[i].want, strlen(WRONG[i].want)) == 0;
                if (!found)
                        errors_print(&errors, stderr);
                assert_true(found);
                errors_done(&errors);
                config_done(&config);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(settings_are_read),
                cmocka_unit_test(a_number_is_one_or_told),
                cmocka_unit_test(a_file_is_watched_once),
                cmocka_unit_test(mistakes_have_a_place),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
