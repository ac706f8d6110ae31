/* Classes of devices against agents that others labelled. Usage: suite.device FILE NAME
 * FILE has lines of class, tab, agent. At least 99.9 % must agree. */
#include "enrich/agent_engine.h"

#define RULES "/usr/share/uap-core/regexes.yaml"
#define FAILURES_SHOWN 40

int main(int argc, char **argv)
{
        struct errors errors = { 0 };
        FILE *file = argc == 3 ? fopen(argv[1], "re") : NULL;
        if (!file) {
                fprintf(stderr, "usage: %s FILE NAME\n", argv[0]);
                return 2;
        }
        struct agent_rules  *rules = agent_rules_load(RULES, &errors);
        struct agent_engine *engine = rules ? agent_engine_new(rules, NULL, RULES, &errors) : NULL;
        errors_print(&errors, stdout);
        errors_done(&errors);
        if (!engine)
                return 1;
        struct agent_scratch *scratch = agent_scratch_new(engine, 65536);
        char  *line = NULL;
        size_t room = 0, agents = 0, right = 0;
        for (ssize_t size; (size = getline(&line, &room, file)) > 0;) {
                char *tab = memchr(line, '\t', (size_t)size);
                BUG_IF(!tab || line[size - 1] != '\n');
                struct slice want = slice_between(line, tab), text = slice_between(tab + 1, line + size - 1);
                struct agent agent;
                agent_find(engine, scratch, text, &agent);
                agents++;
                if (slice_equal(want, DEVICE_CLASS_NAMES[agent.class]))
                        right++;
                else if (agents - right <= FAILURES_SHOWN)
                        printf("  want %.*s, got %.*s: %.*s\n", SLICE_ARGS(want), SLICE_ARGS(DEVICE_CLASS_NAMES[agent.class]),
                               SLICE_ARGS(text));
        }
        printf("%s: %zu of %zu classes agree (%.3f %%)\n", argv[2], right, agents, 100.0 * (double)right / (double)agents);
        free(line);
        fclose(file);
        agent_scratch_free(scratch);
        agent_engine_free(engine);
        return agents > 0 && right * 1000 >= agents * 999 ? 0 : 1;
}
