/* What the prefilter leaves out, no rule would have found: every agent of a file, and variants of it, by the quick way and by
 * trying every rule. Usage: suite.prefilter RULES FILE */
#include "enrich/agent_engine.h"
#include <ctype.h>

#define LONGEST 1024

struct run {
        struct agent_engine  *engine;
        struct agent_scratch *quick, *slow;        /* the answers lie in them */
        size_t agents, wrong;
};

static void agent_check(struct run *run, struct slice text)
{
        struct agent quick, slow;
        agent_find(run->engine, run->quick, text, &quick);
        agent_find_slowly(run->engine, run->slow, text, &slow);
        bool same = quick.class == slow.class;
        for (size_t section = 0; section < AGENT_SECTIONS; section++)
                for (size_t part = 0; part < AGENT_PARTS; part++)
                        same &= slice_equal(quick.part[section][part], slow.part[section][part]);
        if (!same && run->wrong++ < 20)
                printf("  not the same: %.*s\n", SLICE_ARGS(text));
        run->agents++;
}

int main(int argc, char **argv)
{
        struct errors errors = { 0 };
        FILE *file = argc == 3 ? fopen(argv[2], "re") : NULL;
        if (!file) {
                fprintf(stderr, "usage: %s RULES FILE\n", argv[0]);
                return 2;
        }
        struct agent_rules *rules = agent_rules_load(argv[1], &errors);
        struct run run = { .engine = rules ? agent_engine_new(rules, NULL, argv[1], &errors) : NULL };
        errors_print(&errors, stdout);
        errors_done(&errors);
        if (!run.engine)
                return 1;
        run.quick = agent_scratch_new(run.engine, LONGEST);
        run.slow = agent_scratch_new(run.engine, LONGEST);
        char  *line = NULL;
        size_t room = 0, lines = 0;
        for (ssize_t size; (size = getline(&line, &room, file)) > 0;) {
                size_t length = (size_t)size - (line[size - 1] == '\n');
                if (lines++ % 8 != 0)      /* the list repeats itself; every eighth line is enough for a test */
                        continue;
                agent_check(&run, (struct slice){ line, length });
                agent_check(&run, (struct slice){ line, length / 2 });
                agent_check(&run, (struct slice){ line + length / 3, length - length / 3 });
                for (size_t i = 0; i < length; i++)
                        line[i] = (char)(lines % 16 < 8 ? tolower((unsigned char)line[i]) : toupper((unsigned char)line[i]));
                agent_check(&run, (struct slice){ line, length });
        }
        printf("%zu of %zu agents are the same by every rule\n", run.agents - run.wrong, run.agents);
        free(line);
        fclose(file);
        agent_scratch_free(run.quick);
        agent_scratch_free(run.slow);
        agent_engine_free(run.engine);
        return run.agents > 0 && run.wrong == 0 ? 0 : 1;
}
