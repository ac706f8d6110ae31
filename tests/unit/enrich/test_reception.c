/* When an event arrived, and how late it is. */
#include "unit.h"
#include "bench.h"

#define NONE INT64_MIN
#define INGESTED "\"ingested\":\"R\""

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

static void every_case_renders(void **state)
{
        (void)state;
        struct bench bench;
        bench_open(&bench, "reception", "64");
        bench.facts.received_text = SLICE("R");
        bench.facts.fact[FACT_time] = SLICE("\"T\"");
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                UNIT_ROW(CASES[i].name);
                bench.facts.received = 1000000000;
                facts_set_time(&bench.facts, CASES[i].time == NONE ? NULL : &CASES[i].time,
                               CASES[i].sent == NONE ? NULL : &CASES[i].sent);
                assert_string_equal(bench_run(&bench), CASES[i].want);
        }
        bench_close(&bench);
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(every_case_renders) };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
