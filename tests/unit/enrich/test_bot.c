/* What is written of robots, by the agent and by the event. */
#include "unit.h"
#include "bench.h"
#include "enrich/enrichment.h"
#include <unistd.h>

extern const struct enrichment ENRICHMENT_bot;

#define CHROME "Thimble/12.3"

static const struct { const char *name, *agent, *webdriver, *device_webdriver, *hint, *address, *want; uint32_t as_number;
                      bool bot; } CASES[] = {
        { "nothing known", NULL, NULL, NULL, NULL, NULL, "", 0, false },
        { "a browser", CHROME, NULL, NULL, NULL, NULL, "\"detected\":false", 0, false },
        { "a robot", "Zbot/1", NULL, NULL, NULL, NULL,
          "\"name\":\"Zbot\",\"category\":\"other\",\"reason\":\"spider\",\"detected\":true", 0, true },
        { "a robot everywhere", "Zbot/1", "true", "true", "HeadlessChrome", "192.0.2.1",
          "\"name\":\"Zbot\",\"category\":\"other\",\"reason\":\"spider\",\"detected\":true", 0, true },
        { "a library", "curl/8.1", NULL, NULL, NULL, NULL,
          "\"name\":\"curl\",\"category\":\"http-library\",\"reason\":\"library\",\"detected\":true", 0, true },
        { "an app's library", "okhttp/4", NULL, NULL, NULL, NULL,
          "\"name\":\"okhttp\",\"category\":\"http-library\",\"detected\":false", 0, false },
        { "an app's library from a network", "okhttp/4", NULL, NULL, NULL, "192.0.2.1",
          "\"name\":\"okhttp\",\"category\":\"http-library\",\"detected\":true,\"reason\":\"network\"", 0, true },
        { "driven", CHROME, "true", NULL, NULL, NULL,
          "\"detected\":true,\"category\":\"automation\",\"reason\":\"webdriver\"", 0, true },
        { "driven, says the device", CHROME, "false", "true", NULL, NULL,
          "\"detected\":true,\"category\":\"automation\",\"reason\":\"webdriver\"", 0, true },
        { "driven, no agent", NULL, "true", NULL, NULL, NULL,
          "\"detected\":true,\"category\":\"automation\",\"reason\":\"webdriver\"", 0, true },
        { "not driven", CHROME, "false", "false", NULL, NULL, "\"detected\":false", 0, false },
        { "a hint that does not lie", CHROME, NULL, NULL, "\"HeadlessChrome\";v=\"120\"", NULL,
          "\"name\":\"HeadlessChrome\",\"category\":\"automation\",\"reason\":\"headless\",\"detected\":true", 0, true },
        { "a hint of people", CHROME, NULL, NULL, "\"Chromium\";v=\"120\"", NULL, "\"detected\":false", 0, false },
        { "a network of machines", CHROME, NULL, NULL, NULL, "192.0.2.77",
          "\"detected\":true,\"category\":\"hosting\",\"reason\":\"network\"", 0, true },
        { "the same one again", CHROME, NULL, NULL, NULL, "192.0.2.77",
          "\"detected\":true,\"category\":\"hosting\",\"reason\":\"network\"", 0, true },
        { "another network", CHROME, NULL, NULL, NULL, "192.0.3.77", "\"detected\":false", 0, false },
        { "no address", CHROME, NULL, NULL, NULL, NULL, "\"detected\":false", 0, false },
};

static char networks_path[] = "/tmp/millrace-networks-XXXXXX";

static void networks_write(const char *text)
{
        FILE *file = fopen(networks_path, "we");
        assert_non_null(file);
        fputs(text, file);
        fclose(file);
}

/* As bench_open(), with networks. */
static void bot_open(struct bench *bench, const char *networks)
{
        struct errors errors = { 0 };
        struct error  err;
        bench_open(bench, "user_agent, bot", "64");
        networks_write(networks);
        enrich_worker_free(bench->worker);
        enrich_plan_free(bench->plan);
        assert_true(config_set(&bench->config, "enrich.bot.networks", networks_path, &err));
        bench->plan = enrich_plan_new(&bench->config, &errors);
        assert_non_null(bench->plan);
        bench->worker = enrich_worker_new(bench->plan);
}

static void every_case_renders(void **state)
{
        (void)state;
        struct bench bench;
        int64_t bots = 0;
        bot_open(&bench, "192.0.2.0/24\n");
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                char want[300] = "";
                struct slice *facts = bench.facts.fact;
                bench.client.header[HEADER_user_agent] = slice_of(CASES[i].agent);
                bench.client.header[HEADER_sec_ch_ua] = slice_of(CASES[i].hint);
                bench.client.address.known = false;
                (void)address_parse(slice_of(CASES[i].address), &bench.client.address);
                facts[FACT_webdriver] = slice_of(CASES[i].webdriver);
                facts[FACT_device_webdriver] = slice_of(CASES[i].device_webdriver);
                UNIT_ROW(CASES[i].name);
                const char *text = bench_run(&bench), *bot = strstr(text, ",\"bot\":{");
                if (*CASES[i].want)
                        snprintf(want, sizeof(want), ",\"bot\":{%s}", CASES[i].want);
                assert_string_equal(bot ? bot : "", want);
                assert_int_equal(enrich_bot(&bench.findings), CASES[i].bot);
                bots += CASES[i].bot;
        }
        assert_int_equal(metrics_sum(bench.metrics, METRIC_bots), bots);
        bench_close(&bench);
}

static bool is_watched(const struct enrich_plan *plan, const char *path)
{
        for (size_t i = 0; enrich_plan_watched(plan, i); i++)
                if (strcmp(enrich_plan_watched(plan, i), path) == 0)
                        return true;
        return false;
}

/* The daemon makes a new plan when one of them changes, and keeps the old one when that fails. */
static void files_are_watched(void **state)
{
        (void)state;
        static const struct { const char *path, *good, *bad; } ROWS[] = {
                { "enrich.bot.list", "[]", "[{}]" },
                { "enrich.bot.networks", "192.0.2.0/24", "192.0.2.0/99" },
        };
        for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
                struct errors errors = { 0 };
                struct error  err;
                struct config config;
                config_init(&config);
                UNIT_ROW(ROWS[i].path);
                assert_true(config_set(&config, "enrich.order", "user_agent, bot", &err));
                assert_true(config_set(&config, "enrich.user_agent.rules", RULES, &err));
                assert_true(config_set(&config, ROWS[i].path, networks_path, &err));
                networks_write(ROWS[i].good);
                struct enrich_plan *plan = enrich_plan_new(&config, &errors);
                assert_non_null(plan);
                assert_true(is_watched(plan, networks_path));
                enrich_plan_free(plan);
                networks_write(ROWS[i].bad);
                assert_null(enrich_plan_new(&config, &errors));
                assert_int_equal(errors.count, 1);
                errors_done(&errors);
                config_done(&config);
        }
}

static const struct { const char *name, *layout, *include, *agent, *want;
} LAYOUTS[] = {
        { "flat", "flat", "bot.*", CHROME,
          ",\"bot_detected\":true,\"bot_category\":\"automation\",\"bot_reason\":\"webdriver\"" },
        { "one field", "nested", "bot.reason", CHROME, ",\"bot\":{\"reason\":\"webdriver\"}" },
        { "two, of the agent and of the event", "nested", "bot.name, bot.detected", "Zbot/1",
          ",\"bot\":{\"name\":\"Zbot\",\"detected\":true}" },
        { "none that is known", "nested", "bot.name", CHROME, "" },
};

/* The texts of an event are made by the same rules as all others. */
static void layouts_are_kept(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(LAYOUTS); i++) {
                struct bench  bench;
                struct errors errors = { 0 };
                struct error  err;
                UNIT_ROW(LAYOUTS[i].name);
                bench_open(&bench, "user_agent, bot", "64");
                enrich_worker_free(bench.worker);
                enrich_plan_free(bench.plan);
                assert_true(config_set(&bench.config, "output.layout", LAYOUTS[i].layout, &err));
                assert_true(config_set(&bench.config, "output.include", LAYOUTS[i].include, &err));
                bench.plan = enrich_plan_new(&bench.config, &errors);
                assert_non_null(bench.plan);
                bench.worker = enrich_worker_new(bench.plan);
                bench.client.header[HEADER_user_agent] = slice_of(LAYOUTS[i].agent);
                bench.facts.fact[FACT_webdriver] = SLICE("true");
                assert_string_equal(bench_run(&bench), LAYOUTS[i].want);
                bench_close(&bench);
        }
}

static const struct { const char *name, *path, *value, *order, *want;
} MISTAKES[] = {
        { "no list", "enrich.bot.list", "/nonexistent", "user_agent, bot", "enrich.bot.list: cannot read '/nonexistent'" },
        { "no networks", "enrich.bot.networks", "/nonexistent", "user_agent, bot",
          "enrich.bot.networks: cannot read '/nonexistent'" },
        { "AS numbers that nobody knows", "enrich.bot.networks", networks_path, "user_agent, bot",
          "enrich.bot.networks: the file has AS numbers, which only the enrichment geo knows" },
        { "no agent", "enrich.bot.list", "", "bot", "enrich.order: bot needs user_agent" },
};

static void mistakes_are_named(void **state)
{
        (void)state;
        networks_write("AS64500\n");
        for (size_t i = 0; i < COUNT_OF(MISTAKES); i++) {
                struct errors errors = { 0 };
                struct error  err;
                struct config config;
                UNIT_ROW(MISTAKES[i].name);
                config_init(&config);
                assert_true(config_set(&config, "enrich.user_agent.rules", RULES, &err));
                assert_true(config_set(&config, "enrich.order", MISTAKES[i].order, &err));
                assert_true(config_set(&config, MISTAKES[i].path, MISTAKES[i].value, &err));
                assert_null(enrich_plan_new(&config, &errors));
                assert_int_equal(errors.count, 1);
                assert_non_null(strstr(errors.items[0].text, MISTAKES[i].want));
                errors_done(&errors);
                config_done(&config);
        }
}

/* geo runs before, but has nothing to know numbers from: no mistake, but worth a word. */
static void numbers_without_database_are_noted(void **state)
{
        (void)state;
        struct errors errors = { 0 };
        struct error  err;
        struct config config;
        config_init(&config);
        networks_write("AS64500\n");
        assert_true(config_set(&config, "enrich.user_agent.rules", RULES, &err));
        assert_true(config_set(&config, "enrich.order", "client, geo, user_agent, bot", &err));
        assert_true(config_set(&config, "enrich.bot.networks", networks_path, &err));
        struct enrich_plan *plan = enrich_plan_new(&config, &errors);
        errors_print(&errors, stderr);
        assert_non_null(plan);
        assert_int_equal(enrich_plan_notes(plan)->count, 1);
        assert_non_null(strstr(enrich_plan_notes(plan)->items[0].text, "its AS numbers are never found"));
        enrich_plan_free(plan);
        config_done(&config);
}

/* The number is what geo found: here it is put where geo puts it, and the step runs alone. */
static void networks_are_known_by_their_number(void **state)
{
        (void)state;
        static const struct { const char *name; uint32_t number; bool bot; } ROWS[] = {
                { "unknown", 0, false }, { "another", 64499, false }, { "listed", 64500, true }, { "the last", UINT32_MAX, true },
        };
        struct errors errors = { 0 };
        struct error  err;
        struct bench  bench;
        bench_open(&bench, "client, geo, user_agent, bot", "64");
        networks_write("AS64500\nAS4294967295\n");
        assert_true(config_set(&bench.config, "enrich.bot.networks", networks_path, &err));
        struct text_list watched = { 0 };
        struct layout *layout = layout_new(false);
        struct enrich_setup setup = { .config = &bench.config, .layout = layout, .kind = &ENRICHMENT_bot, .instance = "bot",
                                      .watched = &watched };
        void *loaded = ENRICHMENT_bot.load(&setup, &errors), *scratch = ENRICHMENT_bot.attach(loaded, bench.plan);
        for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
                struct findings findings = { .layout = layout, .as_number = ROWS[i].number };
                struct subject  subject = { .facts = &bench.facts, .client = &bench.client, .event = &bench.event,
                                            .arena = &bench.arena, .findings = &findings };
                UNIT_ROW(ROWS[i].name);
                ENRICHMENT_bot.run(scratch, &subject);
                assert_int_equal(findings.bot, ROWS[i].bot);
                struct slice reason = findings_find(&findings, FIELD_bot_reason);
                assert_true(slice_equal(reason, ROWS[i].bot ? SLICE("\"network\"") : (struct slice){ NULL, 0 }));
        }
        ENRICHMENT_bot.detach(scratch);
        ENRICHMENT_bot.unload(loaded);
        layout_free(layout);
        free(watched.items);
        bench_close(&bench);
}

static int remove_networks(void **state)
{
        (void)state;
        return unlink(networks_path);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_case_renders),
                cmocka_unit_test(files_are_watched),
                cmocka_unit_test(layouts_are_kept),
                cmocka_unit_test(numbers_without_database_are_noted),
                cmocka_unit_test(networks_are_known_by_their_number),
                cmocka_unit_test(mistakes_are_named),
        };
        int file = mkstemp(networks_path);
        if (file < 0 || close(file) != 0)
                return 1;
        return cmocka_run_group_tests(tests, NULL, remove_networks);
}
