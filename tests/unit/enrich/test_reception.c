/* When an event arrived, and how late it is. */
#include "unit.h"
#include "bench.h"

#define NONE INT64_MIN
#define INGESTED "\"ingested\":\"R\""

static const char TIME[3 + READABLE_PADDING] = "\"T\"";

static const struct { const char *name; int64_t time, sent; const char *want;
} CASES[] = {
        { "nothing said", NONE, NONE, ",\"event\":{" INGESTED "}" },
        { "now", 1000000000, NONE, ",\"event\":{" INGESTED ",\"delay\":0,\"age\":\"live\"}" },
        { "a minute ago", 999940000, NONE, ",\"event\":{" INGESTED ",\"delay\":60000,\"age\":\"live\"}" },
        { "more than a minute ago", 999939999, NONE, ",\"event\":{" INGESTED ",\"delay\":60001,\"age\":\"recent\"}" },
        { "an hour ago", 996400000, NONE, ",\"event\":{" INGESTED ",\"delay\":3600000,\"age\":\"recent\"}" },
        { "more than an hour ago", 996399999, NONE, ",\"event\":{" INGESTED ",\"delay\":3600001,\"age\":\"late\"}" },
        { "a day ago", 913600000, NONE, ",\"event\":{" INGESTED ",\"delay\":86400000,\"age\":\"late\"}" },
        { "more than a day ago", 913599999, NONE, ",\"event\":{" INGESTED ",\"delay\":86400001,\"age\":\"old\"}" },
        { "a minute ahead", 1000060000, NONE, ",\"event\":{" INGESTED ",\"delay\":-60000,\"age\":\"live\"}" },
        { "more than a minute ahead", 1000060001, NONE, ",\"event\":{" INGESTED ",\"delay\":-60001,\"age\":\"future\"}" },
        { "a clock an hour ahead", 1003600000, 1003600500,
          ",\"event\":{\"created\":\"T\"," INGESTED ",\"delay\":500,\"age\":\"live\",\"clock_skew\":-3600500}" },
        { "a clock behind", 5000, 6000,
          ",\"event\":{\"created\":\"T\"," INGESTED ",\"delay\":1000,\"age\":\"live\",\"clock_skew\":999994000}" },
        { "sent, but nobody knows when it happened", NONE, 999999000, ",\"event\":{" INGESTED ",\"clock_skew\":1000}" },
};

static void cases_run(const char *const *options, struct slice received, const char *(*wanted)(const char *want))
{
        struct bench bench;
        bench_open_with(&bench, "reception", "64", options);
        bench.facts.received_text = received;
        bench.facts.fact[FACT_time] = (struct slice){ TIME, 3 };
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                UNIT_ROW(CASES[i].name);
                bench.facts.received = 1000000000;
                facts_set_time(&bench.facts, CASES[i].time == NONE ? NULL : &CASES[i].time,
                               CASES[i].sent == NONE ? NULL : &CASES[i].sent);
                assert_string_equal(bench_run(&bench), wanted(CASES[i].want));
        }
        bench_close(&bench);
}

/* The text of a row with `from` replaced by `to` wherever it stands. */
static void replace(char *text, const char *from, const char *to)
{
        for (char *at = text; (at = strstr(at, from)); at += strlen(to)) {
                memmove(at + strlen(to), at + strlen(from), strlen(at + strlen(from)) + 1);
                memcpy(at, to, strlen(to));
        }
}

static char wanted_text[400];

static const char *as_it_stands(const char *want) { return want; }

static const char *with_a_time(const char *want)
{
        (void)snprintf(wanted_text, sizeof(wanted_text), "%s", want);
        replace(wanted_text, "\"R\"", "\"2026-11-21T12:00:00.123Z\"");
        return wanted_text;
}

static const char *flat(const char *want)
{
        (void)with_a_time(want);
        replace(wanted_text, "\"event\":{", "");
        replace(wanted_text, "}", "");
        replace(wanted_text, "\"created\"", "\"event_created\"");
        replace(wanted_text, "\"ingested\"", "\"event_ingested\"");
        replace(wanted_text, "\"delay\"", "\"event_delay\"");
        replace(wanted_text, "\"age\"", "\"event_age\"");
        replace(wanted_text, "\"clock_skew\"", "\"event_clock_skew\"");
        return wanted_text;
}

/* A member and its value taken out, and the object when it was its last one. */
static const char *without(const char *want, const char *member)
{
        (void)with_a_time(want);
        char *at = strstr(wanted_text, member);
        if (!at)
                return wanted_text;
        char *end = at + strcspn(at, ",}");
        if (*end == ',')
                end++;
        else if (at[-1] == ',')
                at--;
        memmove(at, end, strlen(end) + 1);
        replace(wanted_text, ",\"event\":{}", "");
        return wanted_text;
}
static const char *without_ingested(const char *want) { return without(want, "\"ingested\""); }
static const char *without_delay(const char *want) { return without(want, "\"delay\""); }
static const char *without_age(const char *want) { return without(want, "\"age\""); }

/* A text of the length that times have is put into a form made before; any other takes the long way. */
static void every_case_renders(void **state)
{
        (void)state;
        static const struct { const char *options[3]; struct slice received; const char *(*wanted)(const char *want); } WAYS[] = {
                { { NULL }, SLICE_INIT("R"), as_it_stands },
                { { NULL }, SLICE_INIT("2026-11-21T12:00:00.123Z"), with_a_time },
                { { "output.layout", "flat", NULL }, SLICE_INIT("2026-11-21T12:00:00.123Z"), flat },
                { { "output.exclude", "event.ingested", NULL }, SLICE_INIT("2026-11-21T12:00:00.123Z"), without_ingested },
                { { "output.exclude", "event.delay", NULL }, SLICE_INIT("2026-11-21T12:00:00.123Z"), without_delay },
                { { "output.exclude", "event.age", NULL }, SLICE_INIT("2026-11-21T12:00:00.123Z"), without_age },
        };
        for (size_t i = 0; i < COUNT_OF(WAYS); i++)
                cases_run(WAYS[i].options, WAYS[i].received, WAYS[i].wanted);
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(every_case_renders) };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
