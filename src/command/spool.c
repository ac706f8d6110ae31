/* `millrace spool`: its words, its flags, and which records they mean. */
#include "spool.h"
#include "base/clock.h"
#include "json/scan.h"

const struct flag SPOOL_FLAGS[] = {
        [FLAG_PATH] = { "--path", "DIR", "The spool's folder, instead of `spool.path` of the configuration." },
        [FLAG_JSON] = { "--json", NULL, "`ls`, `verify`: one object of JSON instead of a table." },
        [FLAG_TOPIC] = { "--topic", "NAME", "`cat`: only records of this topic." },
        [FLAG_KEY] = { "--key", "TEXT", "`cat`: only records with this key." },
        [FLAG_SCHEMA] = { "--schema", "NAME", "`cat`: only events of this schema, `vendor/name/1-0-0`, or whose schema begins so "
                          "with `vendor/` or `vendor/name/`." },
        [FLAG_SINCE] = { "--since", "TIME", "`cat`: only what was received then or later: `2026-11-21T08:00:00Z`, `2026-11-21`, "
                         "or so long ago: `2h`." },
        [FLAG_UNTIL] = { "--until", "TIME", "`cat`: only what was received then or earlier." },
        [FLAG_WHERE] = { "--where", "EXPRESSION", "`cat`: only records for which it is true (docs/reference/expressions.md)." },
        [FLAG_LIMIT] = { "--limit", "N", "`cat`: at most so many records." },
        [FLAG_VALUE_ONLY] = { "--value-only", NULL, "`cat`: the values alone, one a line." },
        [FLAG_RELEASED] = { "--released", NULL, "`cat`: also what was delivered and is still in its file." },
        [FLAG_RATE] = { "--rate", "BYTES", "`replay`: at most so many a second, instead of `spool.drain_rate`." },
        [FLAG_DRY_RUN] = { "--dry-run", NULL, "`replay`: only tell what would be sent." },
        { .name = NULL },
};

enum word { WORD_LS, WORD_CAT, WORD_VERIFY, WORD_REPLAY };
#define IN(word) (1U << WORD_##word)

static const struct { const char *name; int (*run)(struct spool_job *job); } WORDS[] = {
        [WORD_LS] = { "ls", spool_list }, [WORD_CAT] = { "cat", spool_print },
        [WORD_VERIFY] = { "verify", spool_verify }, [WORD_REPLAY] = { "replay", spool_send },
};

/* The words that a flag goes with; another would not look at it, and do more than was asked for. */
static const unsigned FLAG_WORDS[] = {
        [FLAG_PATH] = IN(LS) | IN(CAT) | IN(VERIFY) | IN(REPLAY),
        [FLAG_JSON] = IN(LS) | IN(VERIFY),
        [FLAG_TOPIC] = IN(CAT), [FLAG_KEY] = IN(CAT), [FLAG_SCHEMA] = IN(CAT), [FLAG_SINCE] = IN(CAT), [FLAG_UNTIL] = IN(CAT),
        [FLAG_WHERE] = IN(CAT), [FLAG_LIMIT] = IN(CAT), [FLAG_VALUE_ONLY] = IN(CAT), [FLAG_RELEASED] = IN(CAT),
        [FLAG_RATE] = IN(REPLAY), [FLAG_DRY_RUN] = IN(REPLAY),
};
_Static_assert(COUNT_OF(FLAG_WORDS) + 1 == COUNT_OF(SPOOL_FLAGS), "each flag has its words");

/* ---- which records ---- */

struct slice spool_record_header(const struct spool_record *record, struct slice name)
{
        for (size_t i = 0; i < record->header_count; i++)
                if (slice_equal(record->headers[i].name, name))
                        return record->headers[i].value;
        return (struct slice){ 0 };
}

/* The whole name, or its beginning up to a '/'. */
static bool schema_fits(struct slice wanted, struct slice schema)
{
        if (!schema.data)
                return false;
        bool part = wanted.size && wanted.data[wanted.size - 1] == '/';
        return part ? slice_starts_with(schema, wanted) : slice_equal(schema, wanted);
}

static void add_text(struct buffer *out, const char *name, struct slice text)
{
        if (!text.data)
                return;
        buffer_format(out, ",\"%s\":", name);
        buffer_add_json(out, text);
}

/* What --where can name, as a JSON object. */
static bool where_holds(struct spool_job *job, const struct spool_record *record)
{
        const struct scan_limits limits = SCAN_UNLIMITED;
        struct scan_error wrong;
        struct buffer object;
        struct arena  arena;
        char received[CLOCK_TEXT];
        if (!job->choice.filter)
                return true;
        clock_format(record->received, received);
        buffer_init(&object, SIZE_MAX / 2);
        arena_init(&arena, &job->pool, SIZE_MAX);
        buffer_format(&object, "{\"bad\":%s,\"size\":%zu,\"received\":\"%.*s\"", record->bad ? "true" : "false",
                      record->value.size, CLOCK_TEXT, received);
        add_text(&object, "topic", record->topic);
        add_text(&object, "key", record->key);
        add_text(&object, "schema", spool_record_header(record, SLICE("schema")));
        add_text(&object, "event_id", spool_record_header(record, SLICE("event_id")));
        buffer_add_char(&object, '}');
        bool json = scan_text(record->value, &limits, &wrong);
        bool holds = filter_holds(job->choice.filter, buffer_slice(&object), json ? record->value : (struct slice){ 0 }, &arena);
        arena_done(&arena);
        buffer_done(&object);
        return holds;
}

bool choice_takes(struct spool_job *job, const struct spool_item *item)
{
        const struct choice *choice = &job->choice;
        const struct spool_record *record = &item->record;
        return (choice->released || !item->released) && record->received >= choice->since && record->received <= choice->until &&
               (!choice->topic.data || slice_equal(choice->topic, record->topic)) &&
               (!choice->key.data || (record->key.data && slice_equal(choice->key, record->key))) &&
               (!choice->schema.data || schema_fits(choice->schema, spool_record_header(record, SLICE("schema")))) &&
               where_holds(job, record);
}

static bool choice_read(struct choice *choice, const struct arguments *arguments, struct error *err)
{
        static const char *const NAMES[] = { "topic", "key", "schema", "event_id", "received", "bad", "size", NULL };
        const char *const *flag = arguments->flag;
        *choice = (struct choice){ .topic = slice_of(flag[FLAG_TOPIC]), .key = slice_of(flag[FLAG_KEY]), .limit = UINT64_MAX,
                                   .rate = -1, .schema = slice_of(flag[FLAG_SCHEMA]), .since = INT64_MIN, .until = INT64_MAX,
                                   .released = flag[FLAG_RELEASED] != NULL };
        if (flag[FLAG_SINCE] && !moment_parse(flag[FLAG_SINCE], clock_wall(), &choice->since, err))
                return false;
        if (flag[FLAG_UNTIL] && !moment_parse(flag[FLAG_UNTIL], clock_wall(), &choice->until, err))
                return false;
        if (flag[FLAG_LIMIT] && !count_parse(flag[FLAG_LIMIT], &choice->limit))
                return error_set(err, "--limit %s is no number", flag[FLAG_LIMIT]);
        if (flag[FLAG_RATE] && !rate_parse(flag[FLAG_RATE], &choice->rate, err))
                return false;
        if (!flag[FLAG_WHERE])
                return true;
        struct error why;
        choice->filter = filter_new(flag[FLAG_WHERE], NAMES, true, &why);
        return choice->filter || error_set(err, "--where: %s", why.text);
}

/* ---- which folder, which files ---- */

/* Folders that are there when they are needed. */
static bool folder_always(const char *name)
{
        static const char *const NAMES[] = { "damaged", "refused", SPOOL_PARKED };
        for (size_t i = 0; i < COUNT_OF(NAMES); i++)
                if (strcmp(name, NAMES[i]) == 0)
                        return true;
        return false;
}

static bool files_add(struct spool_job *job, const char *name)
{
        size_t before = job->count;
        for (size_t i = 0; i < spool_view_count(job->view); i++) {
                const struct spool_file *file = spool_view_file(job->view, i);
                if (name ? spool_file_means(file, name) : file->part == SPOOL_SEGMENTS)
                        job->files[job->count++] = file;
        }
        return job->count > before || !name || folder_always(name);
}

static bool files_choose(struct spool_job *job)
{
        const struct arguments *arguments = job->arguments;
        job->named = arguments->operand_count > 1;
        job->files = memory_get((spool_view_count(job->view) * arguments->operand_count + 1) * sizeof(struct spool_file *));
        for (size_t i = 1; i < arguments->operand_count; i++)
                if (!files_add(job, arguments->operands[i])) {
                        fprintf(stderr, "millrace spool: %s has no file '%s'; `millrace spool ls` lists them\n", job->path,
                                arguments->operands[i]);
                        return false;
                }
        return job->named || files_add(job, NULL);
}

static bool config_choose(struct spool_job *job, struct errors *errors)
{
        const char *path = job->arguments->flag[FLAG_PATH];
        struct error err;
        if (!arguments_config(job->arguments, &job->config, errors))
                return false;
        if (path && !config_set(&job->config, "spool.path", path, &err))
                return errors_add(errors, "--path: %s", err.text);
        if (job->choice.rate >= 0)
                job->config.spool_drain_rate = job->choice.rate;
        job->path = job->config.spool_path;
        return *job->path || errors_add(errors, "millrace spool: which one? Give --path DIR, or --config FILE with spool.path");
}

static int job_run(struct spool_job *job, int (*run)(struct spool_job *job))
{
        struct errors errors = { 0 };
        struct error  err;
        bool good = config_choose(job, &errors);
        if (good && !(job->view = spool_view_open(job->path, &err)))
                good = errors_add(&errors, "millrace spool: %s", err.text);
        errors_print(&errors, stderr);
        errors_done(&errors);
        int status = EXIT_FAILURE;
        if (good && files_choose(job)) {
                task_init(&job->task);
                status = run(job);
                task_done(&job->task);
        }
        spool_view_close(job->view);
        free(job->files);
        config_done(&job->config);
        return status;
}

static bool flags_fit(const struct arguments *arguments, size_t word, struct error *err)
{
        for (size_t i = 0; i < COUNT_OF(FLAG_WORDS); i++) {
                if (!arguments->flag[i] || (FLAG_WORDS[i] & (1U << word)))
                        continue;
                struct buffer names;
                buffer_init(&names, 256);
                for (size_t k = 0; k < COUNT_OF(WORDS); k++)
                        if (FLAG_WORDS[i] & (1U << k))
                                buffer_format(&names, "%s%s", names.size ? " and " : "", WORDS[k].name);
                (void)error_set(err, "%s goes with %.*s", SPOOL_FLAGS[i].name, SLICE_ARGS(buffer_slice(&names)));
                buffer_done(&names);
                return false;
        }
        return true;
}

static int word_run(const struct arguments *arguments, size_t word)
{
        struct spool_job job = { .arguments = arguments };
        struct error err;
        int status = STATUS_USAGE;
        arena_pool_init(&job.pool, 65536, 2);
        if (flags_fit(arguments, word, &err) && choice_read(&job.choice, arguments, &err))
                status = job_run(&job, WORDS[word].run);
        else
                fprintf(stderr, "millrace spool: %s\n", err.text);
        filter_free(job.choice.filter);
        arena_pool_done(&job.pool);
        return status;
}

int command_spool(const struct arguments *arguments)
{
        const char *word = arguments->operand_count ? arguments->operands[0] : "";
        for (size_t i = 0; i < COUNT_OF(WORDS); i++)
                if (strcmp(word, WORDS[i].name) == 0)
                        return word_run(arguments, i);
        fprintf(stderr, "millrace spool: %s%s%s ls, cat, verify or replay; `millrace spool --help` says more\n",
                *word ? "there is no '" : "what?", word, *word ? "'; there is" : " There is");
        return STATUS_USAGE;
}
