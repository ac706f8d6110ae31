/* Brand, model and class by the client hint against what the same phones said before browsers froze their user agent. For each
 * agent from logs that tells a model: what the rules answer to it must be what they answer to a frozen agent and the model as a
 * hint. Usage: suite.hints RULES FILE; FILE has agents, one a line. At least 99.5 % must agree. */
#include "enrich/agent_overlay.h"

#define FAILURES_SHOWN 30

/* "Mozilla/5.0 (Linux; Android 13; SM-S911B Build/TP1A) AppleWebKit/537.36 ... Chrome/": what stands between the version and the
 * build or the parenthesis. Empty: an agent of another form. */
static struct slice model_of(struct slice agent)
{
        static const char START[] = "Mozilla/5.0 (Linux; Android ";
        struct slice none = { NULL, 0 };
        if (!slice_starts_with(agent, SLICE(START)) || !memmem(agent.data, agent.size, "Chrome/", 7) ||
            memmem(agent.data, agent.size, "Silk/", 5))    /* never frozen, and told by more than its model */
                return none;
        const char *end = agent.data + agent.size,
                   *at = memchr(agent.data + sizeof(START) - 1, ';', agent.size - (sizeof(START) - 1));
        if (!at || end - at < 3 || at[1] != ' ')
                return none;
        const char *model = at + 2, *close = memmem(model, (size_t)(end - model), ") AppleWebKit", 13);
        if (!close || memchr(model, ';', (size_t)(close - model)))         /* a language, a view */
                return none;
        const char *build = memmem(model, (size_t)(close - model), " Build/", 7);
        struct slice found = slice_between(model, build ? build : close);
        return found.size > HINT_TEXT_MOST ? none : found;
}

struct run {
        struct agent_engine  *engine;
        struct agent_scratch *scratch;
        size_t agents, right;
};

/* The rules know some models only where a build stands behind them: then the hint may tell the brand, and the agent did not. */
static bool same(const struct agent *told, const struct agent *hinted)
{
        const struct slice *x = told->part[AGENT_DEVICE], *y = hinted->part[AGENT_DEVICE];
        bool brand = slice_equal(x[DEVICE_BRAND], y[DEVICE_BRAND]), model = slice_equal(x[DEVICE_MODEL], y[DEVICE_MODEL]);
        return told->class == hinted->class && ((brand && model) || (x[DEVICE_BRAND].size == 0 && y[DEVICE_BRAND].size > 0));
}

static void agent_check(struct run *run, struct slice text)
{
        struct slice model = model_of(text);
        struct agent told, frozen;
        char overlay[OVERLAY_TEXT], brand[256];
        if (model.size == 0)
                return;
        agent_find(run->engine, run->scratch, text, &told);
        agent_clean(&told);
        if (told.robot.counted || told.part[AGENT_DEVICE][DEVICE_MODEL].size == 0)
                return;
        /* The scratch holds its answer until the next question. */
        struct slice *parts = told.part[AGENT_DEVICE];
        struct buffer kept;
        buffer_wrap(&kept, brand, sizeof(brand));
        for (size_t i = 0; i < DEVICE_PARTS; i++) {
                size_t start = kept.size;
                buffer_add(&kept, parts[i]);
                parts[i] = (struct slice){ brand + start, kept.size - start };
        }
        bool mobile = memmem(text.data, text.size, " Mobile", 7);
        struct hints hints = { .platform = SLICE("Android"), .model = model, .mobile = mobile ? HINT_YES : HINT_NO };
        agent_find(run->engine, run->scratch,
                   mobile ? SLICE("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 "
                                  "Mobile Safari/537.36")
                          : SLICE("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 "
                                  "Safari/537.36"),
                   &frozen);
        agent_clean(&frozen);
        agent_overlay(run->engine, run->scratch, &hints, overlay, &frozen);
        run->agents++;
        if (same(&told, &frozen)) {
                run->right++;
        } else if (run->agents - run->right <= FAILURES_SHOWN) {
                const struct slice *got = frozen.part[AGENT_DEVICE];
                printf("  %.*s: told %.*s, %.*s, %s; by hint %.*s, %.*s, %s: %.*s\n", SLICE_ARGS(model),
                       SLICE_ARGS(parts[DEVICE_BRAND]), SLICE_ARGS(parts[DEVICE_MODEL]), DEVICE_CLASS_NAMES[told.class].data,
                       SLICE_ARGS(got[DEVICE_BRAND]), SLICE_ARGS(got[DEVICE_MODEL]), DEVICE_CLASS_NAMES[frozen.class].data,
                       SLICE_ARGS(text));
        }
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
        run.scratch = agent_scratch_new(run.engine, 1024);
        char  *line = NULL;
        size_t room = 0;
        for (ssize_t size; (size = getline(&line, &room, file)) > 0;)
                agent_check(&run, slice_between(line, line + size - (line[size - 1] == '\n')));
        printf("client hints: of %zu agents with a model, %zu are the same by the hint (%.3f %%)\n", run.agents, run.right,
               100.0 * (double)run.right / (double)(run.agents ? run.agents : 1));
        free(line);
        fclose(file);
        agent_scratch_free(run.scratch);
        agent_engine_free(run.engine);
        return run.agents > 10000 && run.right * 1000 >= run.agents * 995 ? 0 : 1;
}
