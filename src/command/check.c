#include "command/command.h"
#include "base/clock.h"
#include "config/option.h"
#include "schema/remote.h"
#include "server/exposure.h"
#include "server/footprint.h"
#include "server/process.h"
#include "server/trial.h"
#include "server/worker.h"
#include "sink/spool.h"
#include <errno.h>
#include <unistd.h>

/* What the sink says of its options, as far as that can be told without a broker. */
static void check_sink(const struct config *config, struct errors *errors, struct errors *advice)
{
        const struct sink_type *type = sink_configured(config);
        (void)spool_check(config, errors);
        sink_advise(config, advice);
        if (type)
                (void)type->check(config, errors, advice);
        else
                (void)config_error(config, errors, "sink.type", "this build has no sink '%s'", sink_word(config));
}

static void advise(struct errors *advice, const struct errors *notes)
{
        for (size_t i = 0; i < notes->count; i++)
                (void)errors_add(advice, "%s", notes->items[i].text);
}

/* The certificates of tls.*, and how long they are good for. */
static void check_tls(struct plan *plan, struct errors *errors, struct errors *advice)
{
        if (plan_secure(plan, NULL, errors) && plan->tls)
                tls_judge(plan->tls, clock_wall(), errors, advice);
}

/* As far as the configuration tells: sockets of systemd are there only when it starts the service. */
static void check_exposure(const struct config *config, struct errors *errors)
{
        struct exposure *exposure = exposure_new();
        exposure_add_names(exposure, EXPOSED_EVENTS, &config->http_listen);
        exposure_add_names(exposure, EXPOSED_EVENTS, &config->tls_listen);
        exposure_add_names(exposure, EXPOSED_ADMIN, &config->admin_listen);
        (void)exposure_check(exposure, config, errors);
        exposure_free(exposure);
}

/* ---- what the service's user may do ---- */

struct files { struct process_file *items; size_t count; };

/* What is to be read and is not there was not needed, as the plan is loaded. The path is copied. */
static void files_add(struct files *files, const char *option, const char *path, bool write)
{
        if (!path || !*path || (!write && access(path, F_OK) != 0 && errno == ENOENT))
                return;
        files->items = memory_grow(files->items, (files->count + 1) * sizeof(*files->items));
        files->items[files->count++] = (struct process_file){ slice_copy(slice_of(path)), option, write };
}

static void files_done(struct files *files)
{
        for (size_t i = 0; i < files->count; i++)
                free((char *)files->items[i].path);
        free(files->items);
}

/* The schemas of schemas.path, and the folders above them up to it, each once: the registry is sorted. */
static void files_add_schemas(struct files *files, const struct plan *plan)
{
        const char *root = plan->config.schemas_path, *last = "";
        size_t size = strlen(root);
        while (size > 1 && root[size - 1] == '/')
                size--;
        for (size_t i = 0; i < registry_count(plan->registry); i++) {
                const char *source = registry_source(registry_at(plan->registry, i));
                if (strncmp(source, root, size) != 0 || source[size] != '/')
                        continue;          /* a remote registry's */
                for (const char *slash = source + size; (slash = strchr(slash + 1, '/'));) {
                        size_t length = (size_t)(slash - source);
                        char  *folder = slice_copy((struct slice){ source, length });
                        if (strncmp(last, source, length + 1) != 0)
                                files_add(files, "schemas.path", folder, false);
                        free(folder);
                }
                files_add(files, "schemas.path", source, false);
                last = source;
        }
}

/* Not a mistake: systemd's StateDirectory, for one, is made at the start only. */
static void advise_spool(const struct config *config, struct errors *advice)
{
        const char *slash = strrchr(config->spool_path, '/');
        if (!slash || slash == config->spool_path)
                return;
        char *above = slice_copy(slice_between(config->spool_path, slash));
        if (access(above, F_OK) != 0 && errno == ENOENT)
                (void)errors_add(advice, "spool.path: '%s' must be there at the start: the spool makes its own folder only",
                                 above);
        free(above);
}

/* Everything that is read again at a reload, and the folders that are written. */
static void check_files(const struct plan *plan, struct errors *errors)
{
        const struct config *config = &plan->config;
        struct files files = { 0 };
        const char *path;
        files_add(&files, NULL, config->file, false);
        for (size_t i = 0; (path = config_secret_file(config, i)); i++)
                files_add(&files, NULL, path, false);
        for (const struct option *option = OPTIONS; option < OPTIONS + OPTION_COUNT; option++)
                if (option->type->path && option->type->kind == KIND_SCALAR && option->when == RELOAD)
                        files_add(&files, option->path, *(const char *const *)option_value_const(option, config), false);
        files_add_schemas(&files, plan);
        for (size_t i = 0; (path = enrich_plan_watched(plan->enrich, i)); i++)
                files_add(&files, NULL, path, false);
        for (size_t i = 0; i < config->tls_certificates.count; i++)
                files_add(&files, "tls.certificates", config->tls_certificates.items[i], false);
        files_add(&files, "spool.path", config->spool_path, true);
        files_add(&files, "schemas.cache", config->schemas_cache, true);
        if (strcmp(sink_word(config), "file") == 0)
                files_add(&files, "sink.path", config->sink_path, true);
        (void)process_check(config, files.items, files.count, errors);
        files_done(&files);
}

/* What the process may take, once the plan is loaded. It is told where there is less. */
static void check_memory(const struct config *config, struct errors *advice, char *text, size_t room)
{
        struct footprint footprint;
        bool group;
        uint64_t allowed = footprint_allowed(&group);
        size_t workers = config->worker_threads ? (size_t)config->worker_threads : worker_cpus();
        footprint_measure(config, workers, footprint_now(), &footprint);
        footprint_print(&footprint, text, room);
        if (footprint.sum > allowed)
                (void)errors_add(advice, "memory: this configuration may take %llu MiB, and %s %llu MiB: the kernel may end the "
                                 "process before it refuses anything. Most of it is bounded by %s",
                                 footprint_mib(footprint.sum),
                                 group ? "its control group (MemoryMax) allows" : "the machine has",
                                 footprint_mib(allowed), footprint_largest(&footprint));
}

struct found { size_t schemas, examples; char memory[512]; };

/* With the remote registries, as the folder's schemas may refer to theirs: asked only when the cache knows nothing yet. */
static void check_plan(struct config *config, struct errors *errors, struct errors *advice, struct found *ret_found)
{
        struct remote *remote = remote_new(config, errors);
        struct plan *plan = plan_new(config, NULL, remote, errors);
        struct errors notes = { 0 };
        if (remote)
                remote_take_notes(remote, &notes);
        advise(advice, &notes);
        errors_done(&notes);
        if (plan) {
                if (registry_count(plan->registry) == 0)
                        (void)errors_add(advice, "schemas.path: there is no schema, so that every event will be rejected");
                ret_found->schemas = registry_count(plan->registry);
                check_memory(&plan->config, advice, ret_found->memory, sizeof(ret_found->memory));
                check_tls(plan, errors, advice);
                ret_found->examples = examples_check(plan, errors);
                advise(advice, registry_notes(plan->registry));
                advise(advice, enrich_plan_notes(plan->enrich));
                check_files(plan, errors);
                advise_spool(&plan->config, advice);
        }
        plan_unref(plan);
        remote_free(remote);
}

/* The option that a sentence is about: "FILE:LINE:COLUMN: path: ...", "FILE: path: ..." or "path: ...". NULL: about something
 * else. */
static const struct option *blamed(const char *text)
{
        const char *colon = strstr(text, ": ");
        const struct option *option = colon ? option_find(slice_between(text, colon)) : NULL;
        const char *next = colon && !option ? strstr(colon + 2, ": ") : NULL;
        return next ? option_find(slice_between(colon + 2, next)) : option;
}

/* Adds what the later checks found: one mistake an option is enough. */
static void add_news(struct errors *errors, const struct errors *later)
{
        for (size_t i = 0; i < later->count; i++) {
                const struct option *option = blamed(later->items[i].text);
                bool known = false;
                for (size_t k = 0; k < errors->count && option && !known; k++)
                        known = blamed(errors->items[k].text) == option;
                if (!known)
                        (void)errors_add(errors, "%s", later->items[i].text);
        }
        errors->more += later->more;
}

int command_check(const struct arguments *arguments)
{
        struct config config;
        struct errors errors = { 0 }, later = { 0 }, sinks = { 0 }, advice = { 0 };
        struct found found = { 0 };
        /* Options that were not understood keep their defaults, so that the rest can be checked in the same run. */
        (void)arguments_config(arguments, &config, &errors);
        check_sink(&config, &sinks, &advice);
        check_exposure(&config, &errors);
        check_plan(&config, &later, &advice, &found);
        add_news(&errors, &later);         /* first, as it knows the lines of the file */
        add_news(&errors, &sinks);
        errors_done(&later);
        errors_done(&sinks);
        errors_print(&errors, stderr);
        for (size_t i = 0; i < advice.count; i++)
                fprintf(stderr, "advice: %s\n", advice.items[i].text);
        size_t mistakes = errors_total(&errors);
        if (mistakes)
                printf("%zu mistake%s\n", mistakes, mistakes == 1 ? "" : "s");
        else
                printf("all is well: %zu schema%s, %zu example%s\nmemory: %s\n", found.schemas, found.schemas == 1 ? "" : "s",
                       found.examples, found.examples == 1 ? "" : "s", found.memory);
        errors_done(&errors);
        errors_done(&advice);
        return mistakes ? EXIT_FAILURE : EXIT_SUCCESS;
}
