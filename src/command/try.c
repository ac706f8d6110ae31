#include "base/clock.h"
#include "command/command.h"
#include "schema/iglu.h"
#include "schema/remote.h"
#include "server/trial.h"

#define BODY_MAX (256 * 1024 * 1024)

enum { FLAG_RECEIVED, FLAG_SCHEMA, FLAG_USER_AGENT };
const struct flag TRY_FLAGS[] = {
        [FLAG_RECEIVED] = { "--received", "TIME", "The time of reception (RFC 3339) instead of now." },
        [FLAG_SCHEMA] = { "--schema", "NAME",
                          "The events are bare payloads of this schema, `vendor/name/1-0-0`, as if posted to "
                          "`/v1/events/vendor/name/1-0-0`." },
        [FLAG_USER_AGENT] = { "--user-agent", "TEXT", "The `User-Agent` header that the request would have." },
        { .name = NULL },
};

static bool read_body(const struct arguments *arguments, struct buffer *out)
{
        struct error err;
        if (operand_read(arguments->operand_count ? arguments->operands[0] : "-", out, &err))
                return true;
        fprintf(stderr, "millrace try: %s\n", err.text);
        return false;
}

static void print_event(struct trial *trial, const struct event *event, size_t index)
{
        char topic[TOPIC_NAME_MAX + 1];
        struct buffer out;
        bool good = event->verdict == REASON_published;
        (void)trial_topic(trial, event, topic);
        buffer_init(&out, SIZE_MAX / 2);
        buffer_format(&out, "{\"index\":%zu,\"outcome\":\"%s\",\"topic\":\"%s\"", index, good ? "published" : "rejected", topic);
        if (event->key.data) {
                buffer_add(&out, SLICE(",\"key\":"));
                buffer_add_json(&out, event->key);
        }
        buffer_add(&out, SLICE(",\"record\":"));
        buffer_add_on_one_line(&out, event->value);
        buffer_add(&out, SLICE("}\n"));
        (void)fwrite(out.data, 1, out.size, stdout);
        buffer_done(&out);
}

static int try_body(struct plan *plan, const struct trial_request *request)
{
        const struct batch *batch;
        struct trial *trial = trial_new(plan);
        int status = EXIT_SUCCESS;
        switch (trial_run(trial, request, &batch)) {
        case READER_TOO_MANY:
                fprintf(stderr,
                        "millrace try: more than %lld events (events.count_limit): the request would be answered with 413 and "
                        "nothing taken\n",
                        (long long)plan->config.events_count_limit);
                status = EXIT_FAILURE;
                break;
        case READER_NO_MEMORY:
                fprintf(stderr, "millrace try: memory is out\n");
                status = EXIT_FAILURE;
                break;
        case READER_DONE:
                for (size_t i = 0; i < batch->count; i++) {
                        print_event(trial, &batch->events[i], i);
                        if (batch->events[i].verdict != REASON_published)
                                status = EXIT_FAILURE;
                }
        }
        trial_free(trial);
        return status;
}

static bool fill_request(const struct arguments *arguments, struct trial_request *request)
{
        const char *received = arguments->flag[FLAG_RECEIVED], *schema = arguments->flag[FLAG_SCHEMA];
        request->received = clock_wall();
        if (received && !clock_parse(slice_of(received), &request->received)) {
                fprintf(stderr, "millrace try: --received %s is no time such as 2026-11-21T08:13:00Z\n", received);
                return false;
        }
        struct iglu iglu;
        if (schema && !iglu_parse(slice_of(schema), &iglu)) {
                fprintf(stderr, "millrace try: --schema %s is no name such as vendor/name/1-0-0\n", schema);
                return false;
        }
        request->input = schema ? &input_payload : &input_json;
        request->route_key = slice_of(schema);
        request->user_agent = slice_of(arguments->flag[FLAG_USER_AGENT]);
        return true;
}

int command_try(const struct arguments *arguments)
{
        struct trial_request request = { 0 };
        struct config config;
        struct errors errors = { 0 };
        struct buffer body;
        if (arguments->operand_count > 1) {
                fprintf(stderr, "millrace try: one file at a time\n");
                return STATUS_USAGE;
        }
        if (!fill_request(arguments, &request))
                return STATUS_USAGE;
        struct plan *plan = NULL;
        struct remote *remote = NULL;
        if (arguments_config(arguments, &config, &errors)) {
                remote = remote_new(&config, &errors);
                plan = plan_new(&config, NULL, remote, &errors);
        } else {
                config_done(&config);
        }
        errors_print(&errors, stderr);
        errors_done(&errors);
        int status = EXIT_FAILURE;
        buffer_init(&body, BODY_MAX);
        if (plan && read_body(arguments, &body)) {
                request.body = buffer_slice(&body);
                status = try_body(plan, &request);
        }
        buffer_done(&body);
        plan_unref(plan);
        remote_free(remote);
        return status;
}
