/* `millrace replay`: from the bad-events topic through the present plan to where the events belong. */
#include "command/command.h"
#include "base/clock.h"
#include "filter.h"
#include "schema/remote.h"
#include "sender.h"
#include "server/bad_record.h"
#include "server/record.h"
#include "server/trial.h"
#include "sink/topic_reader.h"
#include "task.h"

enum replay_flag { FLAG_FROM, FLAG_SINCE, FLAG_UNTIL, FLAG_WHERE, FLAG_LIMIT, FLAG_RATE, FLAG_GROUP, FLAG_KEEP_BAD,
                   FLAG_DRY_RUN };
const struct flag REPLAY_FLAGS[] = {
        [FLAG_FROM] = { "--from", "TOPIC", "The topic of rejected events, instead of `kafka.bad_topic`." },
        [FLAG_SINCE] = { "--since", "TIME", "Only what was written there then or later: `2026-11-21T08:00:00Z`, `2026-11-21`, or "
                         "so long ago: `2h`." },
        [FLAG_UNTIL] = { "--until", "TIME", "Only what was written there then or earlier." },
        [FLAG_WHERE] = { "--where", "EXPRESSION", "Only records for which it is true (docs/reference/expressions.md)." },
        [FLAG_LIMIT] = { "--limit", "N", "At most so many records." },
        [FLAG_RATE] = { "--rate", "BYTES", "Publish at most so many a second; without it as fast as Kafka takes them." },
        [FLAG_GROUP] = { "--group", "NAME", "Begin where this consumer group stopped, and note in it at the end how far all "
                         "went; without it nothing is noted anywhere." },
        [FLAG_KEEP_BAD] = { "--keep-bad", NULL, "Write what is still bad to `kafka.bad_topic` again, with its present reason." },
        [FLAG_DRY_RUN] = { "--dry-run", NULL, "Publish nothing; tell what would happen." },
        { .name = NULL },
};

enum { PATIENCE_MS = 30000, POLL_MS = 100, SAMPLE = 160 };
enum tag { TAG_GOOD, TAG_BAD };
#define FORBIDDEN "its key may not send events of this schema"

struct replay {
        const struct arguments *arguments;
        struct config           config;    /* as the plan has it, without a spool */
        struct plan            *plan;
        struct remote          *remote;
        struct trial           *trial;
        struct sender          *sender;    /* NULL: nothing is published */
        struct topic_reader    *reader;
        struct filter          *filter;
        struct task             task;
        struct arena_pool       pool;
        char                    now[CLOCK_TEXT];   /* for the header */
        int64_t                 since, until;      /* ms */
        uint64_t                limit;
        int64_t                 rate;      /* bytes a second; 0: no limit */
        uint64_t                chosen, good, bad, sent, kept, unsent;     /* records; events */
        uint64_t                states[BAD_FOREIGN + 1];
        enum reason             why;       /* the newest failure of the sink */
        struct { uint64_t count; char text[SAMPLE]; } reasons[REASON_COUNT];      /* still bad, with an example */
};

/* ---- one record ---- */

static void told(void *context, size_t tag, enum reason fate)
{
        struct replay *replay = context;
        if (fate == REASON_published) {
                *(tag == TAG_GOOD ? &replay->sent : &replay->kept) += 1;
                return;
        }
        replay->unsent++;
        replay->why = fate;
}

static void count_bad(struct replay *replay, const struct topic_record *from, unsigned verdict, struct slice message)
{
        replay->bad++;
        if (replay->reasons[verdict].count++ == 0)
                (void)snprintf(replay->reasons[verdict].text, SAMPLE, "partition %d, offset %lld: %.*s", (int)from->partition,
                               (long long)from->offset, SLICE_ARGS(message));
}

/* What a key was not allowed to send is not sent in the operator's name. */
static bool is_forbidden(const struct bad_record *bad)
{
        return slice_equal(bad->reason, slice_of(REASONS[REASON_schema_not_allowed].name));
}

/* False: no more can be sent. */
static bool send_event(struct replay *replay, const struct event *event)
{
        struct record_header headers[RECORD_HEADERS_MAX + 1];
        char   topic[TOPIC_NAME_MAX + 1];
        bool   good = event->verdict == REASON_published;
        size_t count = record_headers(event, trial_headers(replay->trial), headers);
        size_t size = trial_topic(replay->trial, event, topic);
        headers[count++] = (struct record_header){ SLICE("replayed_at"), { replay->now, CLOCK_TEXT } };
        const struct record record = { .key = event->key, .value = event->value, .headers = headers, .header_count = count,
                                       .bad = !good };
        return sender_send(replay->sender, &record, (struct slice){ topic, size }, good ? TAG_GOOD : TAG_BAD);
}

static bool try_again(struct replay *replay, const struct topic_record *from, const struct bad_record *bad)
{
        const struct batch *batch;
        const struct trial_request request = { .input = bad->route.data ? &input_payload : &input_json, .body = bad->body,
                                               .route_key = bad->route, .client = &bad->client, .id = bad->id,
                                               .received = bad->received };
        if (trial_run(replay->trial, &request, &batch) != READER_DONE) {
                replay->states[BAD_FOREIGN]++;     /* it was never taken as one request */
                return true;
        }
        bool keep = replay->arguments->flag[FLAG_KEEP_BAD] != NULL;
        for (size_t i = 0; i < batch->count; i++) {
                const struct event *event = &batch->events[i];
                bool good = event->verdict == REASON_published;
                /* Of a schema that nobody knew then; its key had not been asked about it. */
                if (good && !gate_allows(replay->plan->gate, bad->client.key, event->schema)) {
                        count_bad(replay, from, REASON_schema_not_allowed, SLICE(FORBIDDEN));
                        continue;
                }
                if (good)
                        replay->good++;
                else
                        count_bad(replay, from, event->verdict, event->complaint ? event->complaint->message : SLICE(""));
                if (replay->sender && (good || keep) && !send_event(replay, event)) {
                        /* Nobody will report it, and the reader is behind its record already. */
                        told(replay, good ? TAG_GOOD : TAG_BAD, REASON_draining);
                        return false;
                }
        }
        return true;
}

static bool replay_record(struct replay *replay, const struct topic_record *record)
{
        struct arena arena;
        struct bad_record bad;
        arena_init(&arena, &replay->pool, SIZE_MAX);
        enum bad_state state = bad_record_read(record->value, &arena, &bad);
        bool more = true, wanted = record->time >= replay->since && record->time <= replay->until;
        wanted = wanted && (state == BAD_FOREIGN ? !replay->filter
                                                 : filter_holds(replay->filter, record->value, (struct slice){ 0 }, &arena));
        if (wanted) {
                replay->chosen++;
                replay->states[state]++;
                if (state == BAD_WHOLE && is_forbidden(&bad))
                        count_bad(replay, record, REASON_schema_not_allowed, SLICE(FORBIDDEN));
                else if (state == BAD_WHOLE)
                        more = try_again(replay, record, &bad);
        }
        arena_done(&arena);
        return more;
}

/* ---- all of them ---- */

static void tell(struct replay *replay)
{
        struct topic_progress progress;
        topic_reader_progress(replay->reader, &progress);
        double rate = (double)progress.read / task_seconds(&replay->task);
        task_tell(&replay->task, "%llu of %llu records are read, %.0f a second; %llu events are good, %llu still bad; %zu of %zu "
                  "partitions to go, %.0f s", (unsigned long long)progress.read, (unsigned long long)progress.total, rate,
                  (unsigned long long)replay->good, (unsigned long long)replay->bad, progress.open, progress.partitions,
                  rate > 0 ? (double)(progress.total - progress.read) / rate : 0);
}

/* False: stopped, or a sentence. */
static bool read_all(struct replay *replay, struct error *err)
{
        struct topic_record record;
        err->text[0] = '\0';
        while (replay->chosen < replay->limit) {
                if (task_stopped(&replay->task, 0))
                        return false;
                if (task_due(&replay->task))
                        tell(replay);
                switch (topic_reader_next(replay->reader, POLL_MS, &record, err)) {
                case TOPIC_END:    return true;
                case TOPIC_ERROR:  return false;
                case TOPIC_LATER:  break;
                case TOPIC_RECORD:
                        if (!replay_record(replay, &record))
                                return false;
                }
        }
        return true;
}

static void print_bad(const struct replay *replay)
{
        if (replay->bad == 0)
                return;
        printf("still bad:\n  %-24s %10s  %s\n", "reason", "events", "an example");
        for (size_t i = 0; i < REASON_COUNT; i++)
                if (replay->reasons[i].count)
                        printf("  %-24s %10llu  %s\n", REASONS[i].name, (unsigned long long)replay->reasons[i].count,
                               replay->reasons[i].text);
}

static void print_summary(const struct replay *replay)
{
        static const struct { enum bad_state state; const char *what; } LEFT[] = {
                { BAD_TRUNCATED, "cut, as they did not fit into the record" },
                { BAD_OMITTED, "without their bytes (kafka.bad_payload: none)" },
                { BAD_FOREIGN, "no records of rejected events" },
        };
        struct topic_progress progress;
        topic_reader_progress(replay->reader, &progress);
        printf("%llu records read, %llu chosen: ", (unsigned long long)progress.read, (unsigned long long)replay->chosen);
        if (replay->sender)
                printf("%llu events published, %llu still bad\n", (unsigned long long)replay->sent,
                       (unsigned long long)replay->bad);
        else
                printf("%llu events would be published, %llu are still bad\n", (unsigned long long)replay->good,
                       (unsigned long long)replay->bad);
        if (replay->kept)
                printf("%llu of the bad ones are on %s again\n", (unsigned long long)replay->kept,
                       replay->config.kafka_bad_topic);
        print_bad(replay);
        for (size_t i = 0; i < COUNT_OF(LEFT); i++)
                if (replay->states[LEFT[i].state])
                        printf("cannot be replayed: %llu %s\n", (unsigned long long)replay->states[LEFT[i].state], LEFT[i].what);
        if (replay->unsent)
                printf("NOT published, though good: %llu (%s)\n", (unsigned long long)replay->unsent, REASONS[replay->why].name);
}

static int replay_run(struct replay *replay)
{
        struct error err;
        bool whole = read_all(replay, &err), committed = true;
        if (replay->sender) {
                sender_wait(replay->sender);
                replay->unsent += sender_held(replay->sender);
        }
        task_done(&replay->task);
        if (!whole)
                fprintf(stderr, "millrace replay: %s\n", err.text[0] ? err.text : "stopped before the end");
        /* Only what was dealt with is noted: a good event that could not be published keeps the whole run out of the group. */
        if (replay->sender && replay->arguments->flag[FLAG_GROUP] && replay->unsent == 0)
                committed = topic_reader_commit(replay->reader, &err);
        if (!committed)
                fprintf(stderr, "millrace replay: %s\n", err.text);
        print_summary(replay);
        uint64_t left = replay->bad + replay->unsent + replay->states[BAD_TRUNCATED] + replay->states[BAD_OMITTED] +
                        replay->states[BAD_FOREIGN];
        return whole && committed && left == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- the command line, and what it needs ---- */

static bool choice_read(struct replay *replay, struct error *err)
{
        static const char *const NAMES[] = { "reason", "message", "schema", "pointer", "keyword", "line", "column", "id",
                                             "received", "client", "size", "route", "truncated", "omitted", NULL };
        const char *const *flag = replay->arguments->flag;
        struct error why;
        if (flag[FLAG_SINCE] && !moment_parse(flag[FLAG_SINCE], clock_wall(), &replay->since, err))
                return false;
        if (flag[FLAG_UNTIL] && !moment_parse(flag[FLAG_UNTIL], clock_wall(), &replay->until, err))
                return false;
        if (flag[FLAG_LIMIT] && !count_parse(flag[FLAG_LIMIT], &replay->limit))
                return error_set(err, "--limit %s is no number", flag[FLAG_LIMIT]);
        if (flag[FLAG_RATE] && !rate_parse(flag[FLAG_RATE], &replay->rate, err))
                return false;
        if (!flag[FLAG_WHERE])
                return true;
        replay->filter = filter_new(flag[FLAG_WHERE], NAMES, false, &why);
        return replay->filter || error_set(err, "--where: %s", why.text);
}

static bool plan_open(struct replay *replay, struct errors *errors)
{
        struct config config;
        if (!arguments_config(replay->arguments, &config, errors)) {
                config_done(&config);
                return false;
        }
        replay->remote = remote_new(&config, errors);
        replay->plan = plan_new(&config, NULL, replay->remote, errors);
        if (!replay->plan)
                return false;
        replay->config = replay->plan->config;
        replay->config.spool_path = "";    /* nothing goes there, so nobody waits as briefly as with one */
        return true;
}

static bool topic_open(struct replay *replay, struct errors *errors)
{
        struct error err;
        const struct config *config = &replay->config;
        const char *const *flag = replay->arguments->flag;
        const struct topic_reader_setup setup = { .config = config, .since = replay->since, .group = flag[FLAG_GROUP],
                                                  .topic = flag[FLAG_FROM] ? flag[FLAG_FROM] : config->kafka_bad_topic,
                                                  .patience = PATIENCE_MS };
        if (strcmp(sink_word(config), "kafka") != 0)
                return errors_add(errors, "rejected events come back from a cluster of Kafka: sink.type, kafka.brokers");
        if (!sink_check_keeps(config, errors))
                return false;
        replay->reader = topic_reader_open(&setup, &err);
        return replay->reader || errors_add(errors, "%s", err.text);
}

static bool replay_open(struct replay *replay, struct errors *errors)
{
        if (!plan_open(replay, errors) || !topic_open(replay, errors))
                return false;
        size_t largest = 1000000;
        if (!replay->arguments->flag[FLAG_DRY_RUN]) {
                const struct sender_setup setup = { .config = &replay->config, .task = &replay->task, .told = told,
                                                    .context = replay, .rate = (double)replay->rate };
                replay->sender = sender_new(&setup, errors);
                if (!replay->sender)
                        return false;
                largest = sender_largest(replay->sender);
        }
        replay->trial = trial_new_for(replay->plan, largest);
        return true;
}

static void replay_done(struct replay *replay)
{
        sender_free(replay->sender);
        topic_reader_close(replay->reader);
        trial_free(replay->trial);
        plan_unref(replay->plan);
        remote_free(replay->remote);
        filter_free(replay->filter);
        arena_pool_done(&replay->pool);
}

int command_replay(const struct arguments *arguments)
{
        struct replay replay = { .arguments = arguments, .since = INT64_MIN, .until = INT64_MAX, .limit = UINT64_MAX };
        struct errors errors = { 0 };
        struct error  err;
        int status = STATUS_USAGE;
        arena_pool_init(&replay.pool, 65536, 4);
        clock_format(clock_wall(), replay.now);
        if (!choice_read(&replay, &err)) {
                fprintf(stderr, "millrace replay: %s\n", err.text);
        } else {
                task_init(&replay.task);
                status = EXIT_FAILURE;
                if (replay_open(&replay, &errors))
                        status = replay_run(&replay);
                task_done(&replay.task);
                errors_print(&errors, stderr);
                errors_done(&errors);
        }
        replay_done(&replay);
        return status;
}
