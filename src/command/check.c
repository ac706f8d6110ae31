#include "command/command.h"
#include "schema/remote.h"
#include "server/trial.h"
#include "sink/sink.h"

/* What the sink says of its options, as far as that can be told without a broker. */
static void check_sink(const struct config *config, struct errors *errors, struct errors *advice)
{
        static const char *const NAMES[] = { "kafka", "file" };    /* the words of sink.type */
        const struct sink_type *type = sink_find(NAMES[config->sink_type]);
        if (type)
                (void)type->check(config, errors, advice);
        else
                (void)config_error(config, errors, "sink.type", "this build has no sink '%s'", NAMES[config->sink_type]);
}

static void advise(struct errors *advice, const struct errors *notes)
{
        for (size_t i = 0; i < notes->count; i++)
                (void)errors_add(advice, "%s", notes->items[i].text);
}

/* With the remote registries, as the folder's schemas may refer to theirs: asked only when the cache knows nothing yet. */
static size_t check_plan(struct config *config, struct errors *errors, struct errors *advice, size_t *ret_examples)
{
        struct remote *remote = remote_new(config, errors);
        struct plan *plan = plan_new(config, NULL, remote, errors);
        struct errors notes = { 0 };
        size_t schemas = 0;
        if (remote)
                remote_take_notes(remote, &notes);
        advise(advice, &notes);
        errors_done(&notes);
        if (plan) {
                schemas = registry_count(plan->registry);
                *ret_examples = examples_check(plan, errors);
                advise(advice, registry_notes(plan->registry));
        }
        plan_unref(plan);
        remote_free(remote);
        return schemas;
}

int command_check(const struct arguments *arguments)
{
        struct config config;
        struct errors errors = { 0 }, advice = { 0 };
        size_t schemas = 0, examples = 0;
        if (arguments_config(arguments, &config, &errors)) {
                check_sink(&config, &errors, &advice);
                schemas = check_plan(&config, &errors, &advice, &examples);
        } else {
                config_done(&config);
        }
        errors_print(&errors, stderr);
        for (size_t i = 0; i < advice.count; i++)
                fprintf(stderr, "advice: %s\n", advice.items[i].text);
        size_t mistakes = errors_total(&errors);
        if (mistakes)
                printf("%zu mistake%s\n", mistakes, mistakes == 1 ? "" : "s");
        else
                printf("all is well: %zu schema%s, %zu example%s\n", schemas, schemas == 1 ? "" : "s", examples,
                       examples == 1 ? "" : "s");
        errors_done(&errors);
        errors_done(&advice);
        return mistakes ? EXIT_FAILURE : EXIT_SUCCESS;
}
