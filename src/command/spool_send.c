/* `millrace spool replay`: the whole spool, released as it is delivered, as a daemon does it; or files that were set aside. */
#include "base/log.h"
#include "sender.h"
#include "sink/spool.h"
#include "spool.h"

/* ---- the spool ---- */

enum { WAIT_FOR_REPORTS = 50 };    /* ms between two looks */

struct reading { struct task *task; uint64_t bytes; };

static void tell_reading(void *context, uint64_t bytes)
{
        struct reading *reading = context;
        reading->bytes += bytes;
        if (task_due(reading->task))
                task_tell(reading->task, "%llu MiB are read", (unsigned long long)(reading->bytes >> 20));
}

static void tell_sending(struct spool_job *job, uint64_t total, uint64_t left)
{
        double seconds = task_seconds(&job->task), rate = (double)(total - left) / seconds;
        if (rate > 0)
                task_tell(&job->task, "%llu of %llu records are delivered, %.0f a second; %.0f s to go",
                          (unsigned long long)(total - left), (unsigned long long)total, rate, (double)left / rate);
        else
                task_tell(&job->task, "0 of %llu records are delivered", (unsigned long long)total);
}

static double metric_of(const char *text, const char *line)
{
        const char *at = strstr(text, line);
        return at ? strtod(at + strlen(line), NULL) : 0;
}

static int drain(struct spool_job *job, const struct spool_setup *setup, struct errors *errors)
{
        struct error  err;
        struct spool *spool = spool_open(setup, &err);
        if (!spool)
                return (void)errors_add(errors, "%s", err.text), EXIT_FAILURE;
        uint64_t total = spool_records(spool), left = total;
        while (left && !task_stopped(&job->task, WAIT_FOR_REPORTS)) {
                left = spool_records(spool);
                if (task_due(&job->task))
                        tell_sending(job, total, left);
        }
        left = spool_records(spool);
        struct buffer metrics;
        buffer_init(&metrics, 1 << 20);
        spool_metrics(spool, &metrics);
        spool_close(spool);
        buffer_add_char(&metrics, '\0');
        task_done(&job->task);
        /* Counted by the spool: its thread may have begun before we looked. */
        double drained = metric_of(metrics.data, "\nmillrace_spool_drained_records_total ");
        double refused = metric_of(metrics.data, "\nmillrace_spool_too_large_records_total ");
        double lost = metric_of(metrics.data, "\nmillrace_spool_lost_records_total ");
        buffer_done(&metrics);
        printf("%.0f records are delivered, %llu are left", drained - refused, (unsigned long long)left);
        if (refused > 0)
                printf("; %.0f can never be sent and are in the folder refused", refused);
        if (lost > 0)
                printf("; %.0f were damaged", lost);
        printf("%s\n", left ? "; the same command goes on there" : "");
        return left || refused > 0 || lost > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int send_spool(struct spool_job *job, struct errors *errors)
{
        const struct sink_type *type = sink_configured(&job->config);
        struct reading reading = { .task = &job->task };
        struct error err;
        if (!type)
                return (void)errors_add(errors, "sink.type: this build has no sink '%s'", sink_word(&job->config)), EXIT_FAILURE;
        if (!type->check(&job->config, errors, NULL) || !spool_check(&job->config, errors))
                return EXIT_FAILURE;
        struct sink *sink = type->open(&job->config, 1, &err);
        if (!sink)
                return (void)errors_add(errors, "%s", err.text), EXIT_FAILURE;
        const struct spool_setup setup = { .config = &job->config, .type = type, .sink = sink, .wait = true,
                                           .progress = tell_reading, .context = &reading };
        int status = drain(job, &setup, errors);
        type->close(sink);
        return status;
}

/* ---- what was set aside ---- */

struct sending {
        struct spool_job *job;
        uint64_t          sent, failed, unsound;   /* records of one file; places that are no record */
        enum reason       why;             /* the newest failure */
};

static void told(void *context, size_t tag, enum reason fate)
{
        struct sending *sending = context;
        (void)tag;
        if (fate == REASON_published) {
                sending->sent++;
                return;
        }
        sending->failed++;
        sending->why = fate;
}

static bool send_record(struct sender *sender, const struct spool_record *record)
{
        const struct record what = { .key = record->key, .value = record->value, .headers = record->headers,
                                     .header_count = record->header_count, .bad = record->bad };
        return sender_send(sender, &what, record->topic, 0);
}

/* A file all of whose records arrived gets another name, so that it is not sent twice. */
static bool file_done(const struct spool_job *job, const struct spool_file *file)
{
        char from[4500], to[4600];
        (void)snprintf(from, sizeof(from), "%s/%s", job->path, file->name);
        (void)snprintf(to, sizeof(to), "%s.sent", from);
        return rename(from, to) == 0;
}

static int send_file(struct sending *sending, struct sender *sender, const struct spool_file *file)
{
        struct spool_job *job = sending->job;
        struct error err;
        struct spool_item item;
        struct spool_walk *walk = spool_walk_open(job->view, file, &err);
        bool good = walk != NULL;
        sending->sent = sending->failed = sending->unsound = 0;
        while (good && (good = spool_walk_next(walk, &item, &err)) && item.kind != SPOOL_ITEM_END) {
                if (item.kind != SPOOL_ITEM_RECORD)
                        sending->unsound++;
                else
                        good = send_record(sender, &item.record) || error_set(&err, "not all of it was sent");
        }
        spool_walk_close(walk);
        sender_wait(sender);
        if (!good)
                fprintf(stderr, "millrace spool: %s: %s\n", file->name, err.text);
        printf("%s: %llu sent", file->name, (unsigned long long)sending->sent);
        if (sending->failed)
                printf(", %llu not (%s)", (unsigned long long)sending->failed, REASONS[sending->why].name);
        if (sending->unsound)
                printf(", %llu damaged places hold no record", (unsigned long long)sending->unsound);
        printf("\n");
        bool all = good && sending->failed == 0 && sending->unsound == 0 && sender_held(sender) == 0;
        if (all && !file_done(job, file)) {
                fprintf(stderr, "millrace spool: %s: cannot be renamed: %m\n", file->name);
                return EXIT_FAILURE;
        }
        return all ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool files_check(const struct spool_job *job, struct errors *errors)
{
        for (size_t i = 0; job->named && i < job->count; i++)
                if (job->files[i]->part == SPOOL_SEGMENTS)
                        return errors_add(errors, "%s belongs to the spool; `millrace spool replay` without a FILE sends it in "
                                          "order", job->files[i]->name);
        return true;
}

static int send_files(struct spool_job *job, struct errors *errors)
{
        struct sending sending = { .job = job };
        /* Nothing goes back to the spool from here, so nobody waits as briefly as with one. */
        struct config  config = job->config;
        config.spool_path = "";
        const struct sender_setup setup = { .config = &config, .task = &job->task, .told = told, .context = &sending,
                                            .rate = (double)config.spool_drain_rate };
        struct sender *sender = sender_new(&setup, errors);
        int status = sender ? EXIT_SUCCESS : EXIT_FAILURE;
        for (size_t i = 0; sender && i < job->count && !job->task.stopped; i++)
                if (send_file(&sending, sender, job->files[i]) != EXIT_SUCCESS)
                        status = EXIT_FAILURE;
        sender_free(sender);
        return job->task.stopped ? EXIT_FAILURE : status;
}

int spool_send(struct spool_job *job)
{
        struct errors errors = { 0 };
        int status = EXIT_FAILURE;
        if (job->arguments->flag[FLAG_DRY_RUN])
                return spool_list(job);
        log_setup(LOG_LEVEL_WARNING);
        /* What is delivered leaves the folder. */
        if (files_check(job, &errors) && sink_check_keeps(&job->config, &errors))
                status = job->named ? send_files(job, &errors) : send_spool(job, &errors);
        task_done(&job->task);
        for (size_t i = 0; i < errors.count; i++)
                fprintf(stderr, "millrace spool: %s\n", errors.items[i].text);
        errors_done(&errors);
        return status;
}
