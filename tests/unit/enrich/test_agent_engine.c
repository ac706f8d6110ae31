#include "unit.h"
#include "enrich/agent_engine.h"
#include <time.h>

#define BROWSERS "user_agent_parsers:\n"
#define REST "os_parsers: []\ndevice_parsers: []\n"

static struct agent_engine *engine_of(const char *yaml, struct errors *errors)
{
        struct agent_rules *rules = agent_rules_read("f", slice_of(yaml), errors);
        assert_non_null(rules);
        return agent_engine_new(rules, NULL, "f", errors);
}

static const struct { const char *name, *rules, *text, *want[AGENT_PARTS]; } CASES[] = {
        { "the first rule wins", "  - regex: '(b)c'\n  - regex: '(a)b'\n", "abc", { "b" } },
        { "the next when the first does not match", "  - regex: '(b)d'\n  - regex: '(a)b'\n", "abc", { "a" } },
        { "a rule without literals", "  - regex: '^(.)(.)$'\n", "xy", { "x", "y" } },
        { "every part", "  - regex: '(a)(b)(c)(d)(e)'\n", "abcde", { "a", "b", "c", "d", "e" } },
        { "a group that took no part", "  - regex: '(ab)(?:x(\\d)|)(y)'\n", "aby", { "ab", "", "y" } },
        { "case matters", "  - regex: '(Ab)'\n", "ab", { "" } },
        { "unless it does not", "  - regex: '(Ab)'\n    regex_flag: 'i'\n", "aB", { "aB" } },
        { "a common word in another case", "  - regex: '(android)'\n", "Android", { "" } },
        { "a common word in that case", "  - regex: '(android)'\n", "xx android", { "android" } },
        { "a common word in another case, anchored", "  - regex: '^(mozilla)'\n", "mozilla", { "mozilla" } },
        { "the end is the very end", "  - regex: '(ab)$'\n", "ab\n", { "" } },
        { "both of two clauses", "  - regex: '(abcd).*(?:zz|yy).*(Mozilla)'\n", "abcd x Mozilla", { "" } },
        { "both of two clauses, there", "  - regex: '(abcd).*(?:zz|yy).*(Mozilla)'\n", "abcd zz Mozilla", { "abcd", "Mozilla" } },
        { "nothing to find it in", "  - regex: '(ab)'\n", "", { "" } },
        { "a rule that forbids compiled code", "  - regex: '(*NO_JIT)(b)c'\n  - regex: '(a)b'\n", "abc", { "b" } },
        { "no rules", "", "ab", { "" } },
};

static void rules_are_tried_in_order(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct errors errors = { 0 };
                struct agent  agent;
                char yaml[1000];
                snprintf(yaml, sizeof(yaml), "user_agent_parsers:%s\n%s" REST, *CASES[i].rules ? "" : " []", CASES[i].rules);
                struct agent_engine  *engine = engine_of(yaml, &errors);
                struct agent_scratch *scratch = agent_scratch_new(engine, 100);
                UNIT_ROW(CASES[i].name);
                agent_find(engine, scratch, slice_of(CASES[i].text), &agent);
                for (size_t part = 0; part < AGENT_PARTS; part++) {
                        const char *want = CASES[i].want[part] ? CASES[i].want[part] : "";
                        assert_true(slice_equal(agent.part[AGENT_BROWSER][part], slice_of(want)));
                }
                agent_scratch_free(scratch);
                agent_engine_free(engine);
        }
}

static void wrong_regexes_are_named_all_at_once(void **state)
{
        (void)state;
        struct errors errors = { 0 };
        assert_null(engine_of(BROWSERS "  - regex: 'a(b'\n  - regex: 'ab'\n  - regex: '[a'\n" REST, &errors));
        assert_int_equal(errors.count, 2);
        assert_string_equal(errors.items[0].text, "f:2:12: the regex is wrong at its character 4: missing closing parenthesis");
        assert_non_null(strstr(errors.items[1].text, "f:4:12: the regex is wrong at its character 3: "));
        errors_done(&errors);
}

static void a_runaway_regex_is_stopped(void **state)
{
        (void)state;
        struct errors errors = { 0 };
        struct agent  agent;
        struct agent_engine  *engine = engine_of(BROWSERS "  - regex: '((?:x+x+)+y)'\n  - regex: '(xx)'\n" REST, &errors);
        struct agent_scratch *scratch = agent_scratch_new(engine, 1000);
        char text[101];
        memset(text, 'x', 100);
        text[100] = '\0';
        struct timespec before, after;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
        agent_find(engine, scratch, (struct slice){ text, 100 }, &agent);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
        assert_true(slice_equal(agent.part[AGENT_BROWSER][0], SLICE("xx")));
        assert_in_range((after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000, 0, 1000000);
        agent_scratch_free(scratch);
        agent_engine_free(engine);
}

/* Hostile repetition of what rules begin with, by the installed rules: within a bound for 64 KiB, of which 1 KiB is looked at. */
static void repetition_is_linear(void **state)
{
        (void)state;
        static const char *const WORDS[] = { "bot ",
                                             "iPhone",
                                             "Android 4.4; xx-xx; Build",
                                             "Mozilla",
                                             "Opera Mobi",
                                             "; ",
                                             "CFNetwork/ Darwin/1.",
                                             "HbbTV/1.1.1 (;a;2011",
                                             "Version/1.1",
                                             "a",
                                             "\xff",
                                             "Chrome/1.1.0",
                                             "; A Build HuaweiA4",
                                             " Build" };
        static char text[65536];
        struct errors errors = { 0 };
        const char *file = "/usr/share/uap-core/regexes.yaml";
        struct agent_engine  *engine = agent_engine_new(agent_rules_load(file, &errors), NULL, file, &errors);
        struct agent_scratch *scratch = agent_scratch_new(engine, 1024);
        for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
                for (size_t at = 0; at < sizeof(text); at++)
                        text[at] = WORDS[i][at % strlen(WORDS[i])];
                struct agent agent;
                struct timespec before, after;
                UNIT_ROW(WORDS[i]);
                clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
                agent_find(engine, scratch, (struct slice){ text, sizeof(text) }, &agent);
                clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
                assert_in_range((after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000, 0, 50000);
                assert_int_equal(agent.text.size, 1024);
        }
        agent_scratch_free(scratch);
        agent_engine_free(engine);
}

static const struct { const char *name, *brand, *model, *want[DEVICE_PARTS]; } EMPTY[] = {
        { "the reduced agent", "Generic_Android", "K", { "", "", "" } },
        { "an unknown Android", "Generic_Android", "X77", { "n", "", "X77" } },
        { "the reduced agent of a tablet", "Generic_Android_Tablet", "K", { "", "", "" } },
        { "an unknown tablet", "Generic_Android_Tablet", "X77", { "n", "", "X77" } },
        { "a model with its build", "Motorola", "e20 Build/RON31.267-94", { "n", "Motorola", "e20" } },
        { "nothing but a build", "Motorola", " Build/RON31.267-94", { "n", "Motorola", " Build/RON31.267-94" } },
        { "a robot", "Spider", "Desktop", { "n", "", "" } },
        { "an app on some device of Apple's", "Apple", "iOS-Device", { "", "Apple", "" } },
        { "some phone", "Generic", "Smartphone", { "", "", "" } },
        { "a real one", "Samsung", "K", { "n", "Samsung", "K" } },
};

static void no_knowledge_is_taken_out(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(EMPTY); i++) {
                struct agent agent = { .part[AGENT_DEVICE] = { SLICE("n"), slice_of(EMPTY[i].brand), slice_of(EMPTY[i].model) } };
                UNIT_ROW(EMPTY[i].name);
                agent_clean(&agent);
                for (size_t part = 0; part < DEVICE_PARTS; part++)
                        assert_true(slice_equal(agent.part[AGENT_DEVICE][part], slice_of(EMPTY[i].want[part])));
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(rules_are_tried_in_order),
                cmocka_unit_test(wrong_regexes_are_named_all_at_once),
                cmocka_unit_test(a_runaway_regex_is_stopped),
                cmocka_unit_test(repetition_is_linear),
                cmocka_unit_test(no_knowledge_is_taken_out),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
