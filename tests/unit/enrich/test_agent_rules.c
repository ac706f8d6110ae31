#include "unit.h"
#include "enrich/agent_rules.h"

#define GOOD "user_agent_parsers: []\nos_parsers: []\ndevice_parsers: []\n"

static const struct { const char *name, *yaml, *want[4];
} MISTAKES[] = {
        { "nothing", "", { "f:1:1: a mapping with 'user_agent_parsers' is expected" } },
        { "a list", "- a\n", { "f:1:1: a mapping with 'user_agent_parsers' is expected" } },
        { "not YAML",
          "user_agent_parsers:\n  - {regex: 'a\n",
          { "f:3:1: not YAML: found unexpected end of stream", "f: there is no section 'os_parsers'",
            "f: there is no section 'device_parsers'" } },
        { "sections missing",
          "user_agent_parsers: []\n",
          { "f: there is no section 'os_parsers'", "f: there is no section 'device_parsers'" } },
        { "a section twice", GOOD "os_parsers: []\n", { "f:4:1: there are two sections 'os_parsers'" } },
        { "a section that is no list",
          "user_agent_parsers: 7\nos_parsers: {a: b}\ndevice_parsers: []\n",
          { "f:1:21: a list of rules is expected in 'user_agent_parsers'",
            "f:2:13: a list of rules is expected in 'os_parsers'" } },
        { "a rule that is no mapping",
          "user_agent_parsers:\n  - abc\n  - [x, {y: z}]\n  - regex: a\nos_parsers: []\ndevice_parsers: []\n",
          { "f:2:5: a rule (a mapping with a regex) is expected in 'user_agent_parsers'",
            "f:3:5: a rule (a mapping with a regex) is expected in 'user_agent_parsers'" } },
        { "a rule without regex",
          "user_agent_parsers:\n  - family_replacement: a\nos_parsers: []\ndevice_parsers: []\n",
          { "f:2:5: this rule has no 'regex'" } },
        { "every mistake at once",
          "user_agent_parsers:\n  - regex: a\n    regex: b\n  - regex: a\n    regex_flag: x\n  - regex: a\n    "
          "familly_replacement: b\n"
          "  - regex: [a]\nos_parsers: []\ndevice_parsers: []\n",
          { "f:3:5: this rule has twice the key 'regex'", "f:5:17: the only flag is 'i', not 'x'",
            "f:7:5: a rule of this section has no key 'familly_replacement'", "f:8:12: one text is expected here for 'regex'" } },
        { "a key of another section",
          "user_agent_parsers: []\nos_parsers:\n  - regex: a\n    brand_replacement: b\ndevice_parsers: []\n",
          { "f:4:5: a rule of this section has no key 'brand_replacement'" } },
        { "a key that is no text", GOOD "? [a, b]\n: c\n", { "f:4:3: a key must be a text" } },
        { "NUL inside",
          "user_agent_parsers:\n  - regex: \"a\\0b\"\nos_parsers: []\ndevice_parsers: []\n",
          { "f:2:12: there is a NUL character in the value of 'regex'" } },
};

static void mistakes_have_their_place(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(MISTAKES); i++) {
                struct errors errors = { 0 };
                UNIT_ROW(MISTAKES[i].name);
                assert_null(agent_rules_read("f", slice_of(MISTAKES[i].yaml), &errors));
                for (size_t j = 0; j < 4 && MISTAKES[i].want[j]; j++) {
                        assert_true(j < errors.count);
                        assert_string_equal(errors.items[j].text, MISTAKES[i].want[j]);
                }
                assert_true(errors.count >= 4 || !MISTAKES[i].want[errors.count]);
                errors_done(&errors);
        }
}

static void rules_are_read(void **state)
{
        (void)state;
        struct errors errors = { 0 };
        struct agent_rules *rules = agent_rules_load(SOURCE_DIR "/tests/unit/enrich/rules.yaml", &errors);
        assert_non_null(rules);
        assert_int_equal(rules->section[AGENT_BROWSER].count, 3);
        assert_int_equal(rules->section[AGENT_OS].count, 2);
        assert_int_equal(rules->section[AGENT_DEVICE].count, 3);
        const struct agent_rule *rule = &rules->section[AGENT_BROWSER].rules[2];
        assert_string_equal(rule->regex, "Old (\\d)");
        assert_string_equal(rule->part[BROWSER_NAME], "Older $1");
        assert_string_equal(rule->part[BROWSER_VERSION], "7");
        assert_null(rule->part[2]);
        assert_false(rule->nocase);
        assert_true(rules->section[AGENT_BROWSER].rules[1].nocase);
        assert_int_equal(rule->line, 6);
        assert_int_equal(rule->column, 12);
        agent_rules_free(rules);
}

static void strange_sections_and_empty_values_are_nothing(void **state)
{
        (void)state;
        struct errors errors = { 0 };
        struct agent_rules *rules = agent_rules_read("f",
                                                     SLICE("future_parsers: [{regex: a, x: {y: [z]}}]\nuser_agent_parsers: "
                                                           "[{regex: a, v1_replacement: ''}]\nos_parsers: []\n"
                                                           "device_parsers: []\n"),
                                                     &errors);
        assert_non_null(rules);
        assert_null(rules->section[AGENT_BROWSER].rules[0].part[1]);
        agent_rules_free(rules);
}

static void the_installed_rules_are_read(void **state)
{
        (void)state;
        struct errors errors = { 0 };
        struct agent_rules *rules = agent_rules_load("/usr/share/uap-core/regexes.yaml", &errors);
        errors_print(&errors, stderr);
        assert_non_null(rules);
        assert_true(rules->section[AGENT_DEVICE].count > 600);
        agent_rules_free(rules);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(mistakes_have_their_place),
                cmocka_unit_test(rules_are_read),
                cmocka_unit_test(strange_sections_and_empty_values_are_nothing),
                cmocka_unit_test(the_installed_rules_are_read),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
