/* Robots against lists that others published. Usage: suite.bot LIST INSTANCES BROWSERS...
 * LIST is a crawler-user-agents.json; INSTANCES has lines of category, tab, one of its agents; BROWSERS have one agent a line.
 * Every instance must be recognised, no browser may be, with the list and without. */
#include "enrich/agent_engine.h"

#define RULES "/usr/share/uap-core/regexes.yaml"
#define SHOWN 40

/* Of a hundred instances, how many must be a robot without the list, and how many have with the list the category of their entry:
 * some name several robots. */
#define ALONE_LEAST    85
#define CATEGORY_LEAST 99

struct run {
        const char *name;
        struct agent_engine  *engine;
        struct agent_scratch *scratch, *slow;
        size_t agents, counted, named, category, differ;
};

static bool run_open(struct run *run, const char *name, const char *list, const char *except)
{
        struct errors errors = { 0 };
        struct config config;
        struct error  err;
        config_init(&config);
        BUG_IF(!config_set(&config, "enrich.bot.list", list, &err) || !config_set(&config, "enrich.bot.except", except, &err));
        struct agent_rules *rules = agent_rules_load(RULES, &errors);
        struct agent_bots  *bots = agent_bots_load(&config, &errors);
        *run = (struct run){ .name = name };
        run->engine = rules && bots ? agent_engine_new(rules, bots, RULES, &errors) : NULL;
        errors_print(&errors, stdout);
        errors_done(&errors);
        config_done(&config);
        if (!run->engine)
                return false;
        run->scratch = agent_scratch_new(run->engine, 65536);
        run->slow = agent_scratch_new(run->engine, 65536);
        return true;
}

static bool same(const struct bot *a, const struct bot *b)
{
        return a->counted == b->counted && a->category == b->category && slice_equal(a->name, b->name);
}

static void run_ask(struct run *run, struct slice text, struct slice category, bool want)
{
        struct agent agent, slow;
        agent_find(run->engine, run->scratch, text, &agent);
        if (run->agents++ % 8 == 0) {
                agent_find_slowly(run->engine, run->slow, text, &slow);
                run->differ += !same(&agent.robot, &slow.robot);
        }
        run->counted += agent.robot.counted;
        run->named += agent.robot.category != BOT_NONE;
        run->category += slice_equal(BOT_CATEGORY_NAMES[agent.robot.category], category);
        bool wrong = want ? agent.robot.category == BOT_NONE : agent.robot.counted;
        if (wrong && getenv("SUITE_VERBOSE"))
                printf("  %s: %s %.*s (%.*s)\n", run->name, want ? "not known:" : "a robot:", SLICE_ARGS(text),
                       SLICE_ARGS(agent.robot.name));
        if (want && getenv("SUITE_VERBOSE") && !slice_equal(BOT_CATEGORY_NAMES[agent.robot.category], category))
                printf("  %s: %.*s, not %.*s: %.*s: %.*s\n", run->name, SLICE_ARGS(BOT_CATEGORY_NAMES[agent.robot.category]),
                       SLICE_ARGS(category), SLICE_ARGS(agent.robot.name), SLICE_ARGS(text));
}

static void run_file(struct run *run, const char *path, bool want)
{
        FILE  *file = fopen(path, "re");
        char  *line = NULL;
        size_t room = 0;
        run->agents = run->counted = run->named = run->category = run->differ = 0;
        BUG_IF(!file);
        for (ssize_t size; (size = getline(&line, &room, file)) > 0;) {
                BUG_IF(line[size - 1] != '\n');
                char *tab = want ? memchr(line, '\t', (size_t)size) : NULL;
                BUG_IF(want && !tab);
                struct slice text = slice_between(want ? tab + 1 : line, line + size - 1);
                run_ask(run, text, want ? slice_between(line, tab) : SLICE(""), want);
        }
        free(line);
        fclose(file);
        printf("%-34s %-32s %6zu agents, %6zu robots, %6zu recognised, %6zu of its category, %zu wrong quickly\n",
               run->name, strrchr(path, '/') ? strrchr(path, '/') + 1 : path, run->agents, run->counted, run->named,
               run->category, run->differ);
}

static void run_close(struct run *run)
{
        agent_scratch_free(run->scratch);
        agent_scratch_free(run->slow);
        agent_engine_free(run->engine);
}

int main(int argc, char **argv)
{
        static const struct { const char *name; bool list; const char *except; } RUNS[] = {
                { "with the list", true, "okhttp" },
                { "with the list, nothing excepted", true, "" },
                { "without the list", false, "okhttp" },
        };
        bool good = argc >= 4;
        if (!good)
                fprintf(stderr, "usage: %s LIST INSTANCES BROWSERS...\n", argv[0]);
        for (size_t i = 0; good && i < COUNT_OF(RUNS); i++) {
                struct run run;
                if (!run_open(&run, RUNS[i].name, RUNS[i].list ? argv[1] : "", RUNS[i].except))
                        return 1;
                run_file(&run, argv[2], true);
                good &= run.agents > 0 && run.differ == 0;
                if (RUNS[i].list)
                        good &= run.named == run.agents && run.category * 100 >= run.agents * CATEGORY_LEAST;
                else
                        good &= run.counted * 100 >= run.agents * ALONE_LEAST;
                good &= *RUNS[i].except || run.counted == run.agents;
                for (int file = 3; file < argc; file++) {
                        run_file(&run, argv[file], false);
                        good &= run.agents > 0 && run.counted == 0 && run.differ == 0;
                }
                run_close(&run);
        }
        return good ? 0 : 1;
}
