/* The time at the client's place: which zone counts, and that what is kept of an hour is right for the next event. */
#include "unit.h"
#include "bench.h"
#include "base/clock.h"
#include "base/hash.h"
#include "enrich/enrichment.h"

static const struct { const char *name, *timezone, *place, *utc, *zone, *local, *source;
} CASES[] = {
        { "nobody knows", NULL, NULL, "2026-11-21T08:13:00Z", NULL, NULL, NULL },
        { "a name", "\"Europe/Berlin\"", NULL, "2026-11-21T08:13:00.123Z", "Europe/Berlin", "2026-11-21T09:13:00.123+01:00",
          "event" },
        { "the same hour", "\"Europe/Berlin\"", NULL, "2026-11-21T08:59:59.999Z", "Europe/Berlin",
          "2026-11-21T09:59:59.999+01:00", "event" },
        { "its first instant", "\"Europe/Berlin\"", NULL, "2026-11-21T08:00:00Z", "Europe/Berlin",
          "2026-11-21T09:00:00.000+01:00", "event" },
        { "the next hour", "\"Europe/Berlin\"", NULL, "2026-11-21T09:00:00Z", "Europe/Berlin", "2026-11-21T10:00:00.000+01:00",
          "event" },
        { "the hour before", "\"Europe/Berlin\"", NULL, "2026-11-21T07:59:59.999Z", "Europe/Berlin",
          "2026-11-21T08:59:59.999+01:00", "event" },
        { "before the clocks go back", "\"Europe/Berlin\"", NULL, "2026-10-25T00:59:59.999Z", "Europe/Berlin",
          "2026-10-25T02:59:59.999+02:00", "event" },
        { "after they went back", "\"Europe/Berlin\"", NULL, "2026-10-25T01:00:00Z", "Europe/Berlin",
          "2026-10-25T02:00:00.000+01:00", "event" },
        { "half an hour of an hour (Lord Howe)", "\"Australia/Lord_Howe\"", NULL, "2026-04-04T14:59:59Z", "Australia/Lord_Howe",
          "2026-04-05T01:59:59.000+11:00", "event" },
        { "and the other half", "\"Australia/Lord_Howe\"", NULL, "2026-04-04T15:00:00Z", "Australia/Lord_Howe",
          "2026-04-05T01:30:00.000+10:30", "event" },
        { "three quarters", "\"Asia/Kathmandu\"", NULL, "2026-11-21T08:13:00Z", "Asia/Kathmandu", "2026-11-21T13:58:00.000+05:45",
          "event" },
        { "an old name", "\"Asia/Katmandu\"", NULL, "2026-11-21T08:13:00Z", "Asia/Kathmandu", "2026-11-21T13:58:00.000+05:45",
          "event" },
        { "other letters", "\"EUROPE/berlin\"", NULL, "2026-11-21T08:13:00Z", "Europe/Berlin", "2026-11-21T09:13:00.000+01:00",
          "event" },
        { "escapes", "\"Europe\\/\\u0042erlin\"", NULL, "2026-11-21T08:13:00Z", "Europe/Berlin", "2026-11-21T09:13:00.000+01:00",
          "event" },
        { "UTC", "\"UTC\"", NULL, "2026-11-21T08:13:00Z", "Etc/UTC", "2026-11-21T08:13:00.000+00:00", "event" },
        { "an offset", "\"+02:00\"", NULL, "2026-11-21T08:13:00Z", "+02:00", "2026-11-21T10:13:00.000+02:00", "event" },
        { "another of the same slot", "\"+03:04\"", NULL, "2026-11-21T08:13:00Z", "+03:04", "2026-11-21T11:17:00.000+03:04",
          "event" },
        { "and back", "\"+02:00\"", NULL, "2026-11-21T08:13:00Z", "+02:00", "2026-11-21T10:13:00.000+02:00", "event" },
        { "Java's", "\"GMT-03:30\"", NULL, "2026-11-21T08:13:00Z", "-03:30", "2026-11-21T04:43:00.000-03:30", "event" },
        { "the place's", NULL, "America/New_York", "2026-11-21T08:13:00Z", "America/New_York", "2026-11-21T03:13:00.000-05:00",
          "address" },
        { "the event's own word comes first", "\"Europe/Berlin\"", "America/New_York", "2026-11-21T08:13:00Z", "Europe/Berlin",
          "2026-11-21T09:13:00.000+01:00", "event" },
        { "unless nobody knows it", "\"Mars/Olympus\"", "America/New_York", "2026-11-21T08:13:00Z", "America/New_York",
          "2026-11-21T03:13:00.000-05:00", "address" },
        { "the same zone, from the event", "\"America/New_York\"", NULL, "2026-11-21T08:13:00Z", "America/New_York",
          "2026-11-21T03:13:00.000-05:00", "event" },
        { "a place that is none", NULL, "Atlantis", "2026-11-21T08:13:00Z", NULL, NULL, NULL },
        { "null", "null", NULL, "2026-11-21T08:13:00Z", NULL, NULL, NULL },
        { "empty", "\"\"", NULL, "2026-11-21T08:13:00Z", NULL, NULL, NULL },
        { "long before", "\"Europe/Berlin\"", NULL, "1880-01-01T00:00:00Z", "Europe/Berlin", "1880-01-01T00:53:00.000+00:53",
          "event" },
        { "long after", "\"Europe/Berlin\"", NULL, "2500-07-01T00:00:00Z", "Europe/Berlin", "2500-07-01T02:00:00.000+02:00",
          "event" },
        { "after all", "\"Asia/Tokyo\"", NULL, "9999-12-31T23:00:00Z", NULL, NULL, NULL },
};

/* What stands behind "NAME":" up to the next quote; NULL: nowhere. */
static const char *value_of(const char *text, const char *name, char value[100])
{
        const char *at = strstr(text, name);
        if (!at)
                return NULL;
        at += strlen(name);
        size_t size = strcspn(at, "\"");
        assert_true(size < 100);
        memcpy(value, at, size);
        value[size] = '\0';
        return value;
}

static void expect(const char *text, const char *name, const char *want)
{
        char value[100];
        const char *found = value_of(text, name, value);
        if (want) {
                assert_non_null(found);
                assert_string_equal(found, want);
        } else {
                assert_null(found);
        }
}

extern const struct enrichment ENRICHMENT_time;

/* The step alone, so that the place's zone can be said as an enrichment before it would. */
struct step {
        struct bench bench;
        void *state, *scratch;
};

static void step_open(struct step *step)
{
        struct errors errors = { 0 };
        bench_open(&step->bench, "time", "64");
        struct text_list    watched = { 0 };
        struct enrich_setup setup = {
                .config = &step->bench.config, .kind = &ENRICHMENT_time, .instance = "time", .watched = &watched
        };
        step->state = ENRICHMENT_time.load(&setup, &errors);
        assert_non_null(step->state);
        assert_int_equal(watched.count, 1);
        assert_string_equal(watched.items[0], "/usr/share/zoneinfo/tzdata.zi");
        free(watched.items);
        step->scratch = ENRICHMENT_time.attach(step->state, step->bench.plan);
}

static void step_close(struct step *step)
{
        ENRICHMENT_time.detach(step->scratch);
        ENRICHMENT_time.unload(step->state);
        bench_close(&step->bench);
}

static const char *step_run(struct step *step, const char *place)
{
        struct bench  *bench = &step->bench;
        struct subject subject = { .facts = &bench->facts,
                                   .client = &bench->client,
                                   .event = &bench->event,
                                   .arena = &bench->arena,
                                   .findings = &bench->findings,
                                   .metrics = metrics_of(bench->metrics, 0) };
        bench->findings = (struct findings){ .layout = enrich_plan_layout(bench->plan), .zone = slice_of(place) };
        ENRICHMENT_time.run(step->scratch, &subject);
        char *end = enrich_render(&bench->findings, bench->text);
        *end = '\0';
        return bench->text;
}

static void every_place_has_its_time(void **state)
{
        (void)state;
        struct step step;
        step_open(&step);
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                UNIT_ROW(CASES[i].name);
                step.bench.facts.fact[FACT_timezone] = slice_of(CASES[i].timezone);
                assert_true(clock_parse(slice_of(CASES[i].utc), &step.bench.facts.time));
                const char *text = step_run(&step, CASES[i].place);
                expect(text, "\"timezone\":\"", CASES[i].zone);
                expect(text, "\"time\":\"", CASES[i].local);
                expect(text, "\"source\":\"", CASES[i].source);
        }
        assert_int_equal(metrics_sum(step.bench.metrics, METRIC_zone_unknown), 1);
        step_close(&step);
}

/* Zones and instants in any order: what is kept says the same as what is made anew. */
static void what_is_kept_is_right(void **state)
{
        (void)state;
        static const char *const ZONES[] = { "\"Europe/Berlin\"", "\"Australia/Lord_Howe\"", "\"+02:00\"", "\"+03:04\"",
                                             "\"Asia/Kathmandu\"", "\"xsia/Kathmandu\"", "\"America/St_Johns\"" };
        struct step kept;
        struct random random;
        static char text[8192];
        step_open(&kept);
        random_init_fixed(&random, 4);
        for (size_t i = 0; i < 3000; i++) {
                kept.bench.facts.fact[FACT_timezone] = slice_of(ZONES[random_next(&random) % COUNT_OF(ZONES)]);
                /* Half of them within two hours of a change of Lord Howe's clocks. */
                int64_t away = (int64_t)(random_next(&random) % 7200000) - 3600000;
                kept.bench.facts.time = random_next(&random) % 2 ? 1775314800000 + away : 1767225600000 + away * 24;
                strcpy(text, step_run(&kept, NULL));
                ENRICHMENT_time.detach(kept.scratch);
                kept.scratch = ENRICHMENT_time.attach(kept.state, kept.bench.plan);
                assert_string_equal(step_run(&kept, NULL), text);
                kept.bench.facts.time++;
                strcpy(text, step_run(&kept, NULL));
                if (i % 16)                                /* mostly, the next event meets the hours of the last ones */
                        continue;
                ENRICHMENT_time.detach(kept.scratch);
                kept.scratch = ENRICHMENT_time.attach(kept.state, kept.bench.plan);
                assert_string_equal(step_run(&kept, NULL), text);
        }
        step_close(&kept);
}

static void the_weekend_is_chosen(void **state)
{
        (void)state;
        static const struct { const char *days, *want, *mistake; } ROWS[] = {
                { "friday, Saturday", "\"weekend\":true", NULL },
                { "saturday, sunday", "\"weekend\":false", NULL },
                { "", "\"weekend\":false", NULL },
                { "friday, caturday", NULL, "enrich.time.weekend: 'caturday' is none of" },
        };
        for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
                struct config config;
                struct errors errors = { 0 };
                struct error  err;
                UNIT_ROW(ROWS[i].days);
                config_init(&config);
                assert_true(config_set(&config, "enrich.order", "time", &err));
                assert_true(config_set(&config, "enrich.time.weekend", ROWS[i].days, &err));
                struct enrich_plan *plan = enrich_plan_new(&config, &errors);
                assert_int_equal(plan == NULL, ROWS[i].mistake != NULL);
                if (!plan) {
                        assert_int_equal(errors.count, 1);
                        assert_non_null(strstr(errors.items[0].text, ROWS[i].mistake));
                } else {
                        struct facts facts = { .time = 1795132800000, .fact[FACT_timezone] = SLICE("\"UTC\"") }; /* Friday */
                        struct findings findings;
                        struct subject  subject = { .facts = &facts, .findings = &findings };
                        struct enrich_worker *worker = enrich_worker_new(plan);
                        char text[8192];
                        enrich_run(worker, &subject);
                        *enrich_render(&findings, text) = '\0';
                        assert_non_null(strstr(text, ROWS[i].want));
                        enrich_worker_free(worker);
                }
                enrich_plan_free(plan);
                errors_done(&errors);
                config_done(&config);
        }
}

/* Fields that are not wanted, flat names: the minutes still land where they belong. */
static void layouts_are_kept(void **state)
{
        (void)state;
        static const struct { const char *layout, *include, *want; } ROWS[] = {
                { "flat", "local.time, local.hour", ",\"local_time\":\"1970-01-01T00:02:03.004+00:00\",\"local_hour\":0" },
                { "nested", "local.time", ",\"local\":{\"time\":\"1970-01-01T00:02:03.004+00:00\"}" },
                { "nested", "local.hour", ",\"local\":{\"hour\":0}" },
                { "nested", "event.timezone", ",\"event\":{\"timezone\":\"Etc/UTC\"}" },
        };
        for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
                struct config config;
                struct errors errors = { 0 };
                struct error  err;
                UNIT_ROW(ROWS[i].want);
                config_init(&config);
                assert_true(config_set(&config, "enrich.order", "time", &err));
                assert_true(config_set(&config, "output.layout", ROWS[i].layout, &err));
                assert_true(config_set(&config, "output.include", ROWS[i].include, &err));
                struct enrich_plan *plan = enrich_plan_new(&config, &errors);
                assert_non_null(plan);
                struct enrich_worker *worker = enrich_worker_new(plan);
                for (int64_t ms = 0; ms <= 123004; ms += 123004) {
                        struct facts    facts = { .time = ms, .fact[FACT_timezone] = SLICE("\"UTC\"") };
                        struct findings findings;
                        struct subject  subject = { .facts = &facts, .findings = &findings };
                        char text[8192];
                        enrich_run(worker, &subject);
                        *enrich_render(&findings, text) = '\0';
                        if (ms)
                                assert_string_equal(text, ROWS[i].want);
                }
                enrich_worker_free(worker);
                enrich_plan_free(plan);
                config_done(&config);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_place_has_its_time),
                cmocka_unit_test(what_is_kept_is_right),
                cmocka_unit_test(the_weekend_is_chosen),
                cmocka_unit_test(layouts_are_kept),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
