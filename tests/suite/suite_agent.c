/* uap-core's own cases against our engine. Usage: suite.agent RULES FOLDER NAME
 * FOLDER holds tests/ and test_resources/ as uap-core has them. Prints how many cases pass; every one must. */
#include "enrich/agent_engine.h"
#include <yaml.h>

static const struct { const char *file; enum agent_section section; } FILES[] = {
        { "tests/test_ua.yaml",                                AGENT_BROWSER },
        { "test_resources/firefox_user_agent_strings.yaml",    AGENT_BROWSER },
        { "test_resources/pgts_browser_list.yaml",             AGENT_BROWSER },
        { "test_resources/opera_mini_user_agent_strings.yaml", AGENT_BROWSER },
        { "test_resources/podcasting_user_agent_strings.yaml", AGENT_BROWSER },
        { "tests/test_os.yaml",                                AGENT_OS },
        { "test_resources/additional_os_tests.yaml",           AGENT_OS },
        { "tests/test_device.yaml",                            AGENT_DEVICE },
};
/* What uap-core's own runner compares. Its cases name a fourth part of browser versions, too, which no rule can answer. */
static const char *const KEYS[AGENT_SECTIONS][AGENT_PARTS] = {
        [AGENT_BROWSER] = { "family", "major", "minor", "patch", NULL },
        [AGENT_OS]      = { "family", "major", "minor", "patch", "patch_minor" },
        [AGENT_DEVICE]  = { "family", "brand", "model", NULL, NULL },
};
#define FAILURES_SHOWN 20

struct run {
        const struct agent_engine *engine;
        struct agent_scratch      *scratch;
        size_t cases, failed;
};
struct agent_case {
        char *text, *want[AGENT_PARTS];
        bool  said[AGENT_PARTS];
};

static void case_check(struct run *run, enum agent_section section, const struct agent_case *one)
{
        struct agent agent;
        bool good = true;
        agent_find(run->engine, run->scratch, slice_of(one->text), &agent);
        run->cases++;
        for (size_t i = 0; i < AGENT_PARTS; i++) {
                if (!one->said[i])
                        continue;
                /* Nothing found is "Other" in the cases, absent with us. */
                struct slice want = slice_of(one->want[i] ? one->want[i] : ""), got = agent.part[section][i];
                if (i == 0 && got.size == 0)
                        got = SLICE("Other");
                if (slice_equal(got, want))
                        continue;
                if (run->failed < FAILURES_SHOWN)
                        printf("  %s: want '%.*s', got '%.*s': %s\n", KEYS[section][i], SLICE_ARGS(want), SLICE_ARGS(got),
                               one->text);
                good = false;
        }
        run->failed += !good;
}

static void case_set(struct agent_case *one, enum agent_section section, const char *key, const char *value)
{
        if (strcmp(key, "user_agent_string") == 0)
                one->text = strdup(value);
        for (size_t i = 0; i < AGENT_PARTS; i++)
                if (KEYS[section][i] && strcmp(key, KEYS[section][i]) == 0) {
                        one->said[i] = true;
                        one->want[i] = strdup(value);
                }
}

static void case_clear(struct agent_case *one)
{
        free(one->text);
        for (size_t i = 0; i < AGENT_PARTS; i++)
                free(one->want[i]);
        memset(one, 0, sizeof(*one));
}

/* A case is a mapping at depth 2: {test_cases: [{...}, ...]}. */
static bool file_run(struct run *run, const char *path, enum agent_section section)
{
        FILE *file = fopen(path, "re");
        yaml_parser_t parser;
        yaml_event_t  event;
        struct agent_case one = { 0 };
        char  *key = NULL;
        size_t depth = 0;
        bool   good = file && yaml_parser_initialize(&parser);
        if (!good) {
                printf("cannot open %s\n", path);
                return false;
        }
        yaml_parser_set_input_file(&parser, file);
        for (bool end = false; good && !end;) {
                good = yaml_parser_parse(&parser, &event);
                if (!good)
                        break;
                end = event.type == YAML_STREAM_END_EVENT;
                depth += event.type == YAML_MAPPING_START_EVENT;
                if (event.type == YAML_MAPPING_END_EVENT && depth-- == 2) {
                        if (one.text)
                                case_check(run, section, &one);
                        case_clear(&one);
                }
                if (event.type == YAML_SCALAR_EVENT && depth == 2) {
                        const char *value = (const char *)event.data.scalar.value;
                        if (!key) {
                                key = strdup(value);
                        } else {
                                case_set(&one, section, key, value);
                                free(key);
                                key = NULL;
                        }
                }
                yaml_event_delete(&event);
        }
        if (!good)
                printf("%s: line %zu: %s\n", path, parser.problem_mark.line + 1, parser.problem ? parser.problem : "");
        yaml_parser_delete(&parser);
        fclose(file);
        return good;
}

int main(int argc, char **argv)
{
        if (argc != 4) {
                fprintf(stderr, "usage: %s RULES FOLDER NAME\n", argv[0]);
                return 2;
        }
        struct errors errors = { 0 };
        struct agent_rules  *rules = agent_rules_load(argv[1], &errors);
        struct agent_engine *engine = rules ? agent_engine_new(rules, NULL, argv[1], &errors) : NULL;
        errors_print(&errors, stdout);
        errors_done(&errors);
        if (!engine)
                return 1;
        struct run run = { .engine = engine, .scratch = agent_scratch_new(engine, 65536) };
        bool good = true;
        for (size_t i = 0; i < COUNT_OF(FILES); i++) {
                char   path[4096];
                size_t cases = run.cases, failed = run.failed;
                snprintf(path, sizeof(path), "%s/%s", argv[2], FILES[i].file);
                good &= file_run(&run, path, FILES[i].section);
                printf("%-52s %6zu cases, %zu failed\n", FILES[i].file, run.cases - cases, run.failed - failed);
        }
        struct agent_engine_facts facts;
        agent_engine_describe(engine, &facts);
        printf("%s: %zu of %zu cases pass, %zu rules\n", argv[3], run.cases - run.failed, run.cases, facts.rules);
        agent_scratch_free(run.scratch);
        agent_engine_free(engine);
        return good && run.cases > 0 && run.failed == 0 ? 0 : 1;
}
