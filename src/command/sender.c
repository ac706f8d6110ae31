#include "sender.h"
#include "base/clock.h"
#include <poll.h>

#define HELD_BYTES ((size_t)64 << 20)      /* between sending and their reports */
#define WAIT_MS    100

struct sender {
        struct sender_setup     setup;
        const struct sink_type *type;
        struct sink            *sink;
        struct sink_port       *port;
        size_t                  held_bytes;
        double                  tokens;    /* bytes that may be sent now */
        int64_t                 filled;    /* ms, clock_steady(): when the tokens were counted */
};
struct parcel {
        struct sender *sender;
        size_t         size, tag;
        char           bytes[];            /* the value; the sink copies the rest */
};

static void report(struct event *event, enum reason fate)
{
        struct parcel *parcel = (struct parcel *)event;    /* what sender_send() gave out as one */
        struct sender *sender = parcel->sender;
        size_t tag = parcel->tag;
        sender->held_bytes -= parcel->size;
        free(parcel);
        sender->setup.told(sender->setup.context, tag, fate);
}

static bool sender_open(struct sender *sender, struct errors *errors)
{
        const struct config *config = sender->setup.config;
        struct error err;
        if (!sender->type)
                return errors_add(errors, "sink.type: this build has no sink '%s'", sink_word(config));
        if (!sender->type->check(config, errors, NULL))
                return false;
        sender->sink = sender->type->open(config, 1, &err);
        if (!sender->sink)
                return errors_add(errors, "%s", err.text);
        sender->port = sender->type->port_open(sender->sink, NULL, report, &err);
        return sender->port || errors_add(errors, "%s", err.text);
}

struct sender *sender_new(const struct sender_setup *setup, struct errors *errors)
{
        struct sender *sender = memory_get(sizeof(*sender));
        sender->setup = *setup;
        sender->filled = clock_steady();
        sender->type = sink_configured(setup->config);
        if (sender_open(sender, errors))
                return sender;
        sender_free(sender);
        return NULL;
}

void sender_free(struct sender *sender)
{
        if (!sender)
                return;
        if (sender->type && sender->port)
                sender->type->port_close(sender->port);
        if (sender->type && sender->sink)
                sender->type->close(sender->sink);
        free(sender);
}

size_t sender_largest(const struct sender *sender) { return sender->type->largest(sender->sink); }
size_t sender_held(const struct sender *sender) { return sender->type->held(sender->port); }

/* Takes in reports; waits a little for them when there is nothing else to do. */
static void serve(struct sender *sender, int ms)
{
        struct pollfd what = { .fd = sender->type->port_descriptor(sender->port), .events = POLLIN };
        struct sink_message message;
        if (ms)
                (void)poll(&what, 1, ms);
        sender->type->serve(sender->port);
        while (sender->type->message && sender->type->message(sender->port, &message)) {
                task_done(sender->setup.task);
                fprintf(stderr, "%s\n", message.text);
        }
}

/* Within the rate; at most a quarter of a second of it at once. */
static bool tokens_left(struct sender *sender)
{
        double rate = sender->setup.rate / 1000;
        int64_t now = clock_steady();
        if (rate <= 0)
                return true;
        sender->tokens += rate * (double)(now - sender->filled);
        sender->filled = now;
        if (sender->tokens > rate * 250)
                sender->tokens = rate * 250;
        return sender->tokens > 0;
}

static char *put(char *at, struct slice text)
{
        if (text.size)
                memcpy(at, text.data, text.size);
        return at + text.size;
}

static struct parcel *parcel_new(struct sender *sender, const struct record *record, size_t tag)
{
        struct parcel *parcel = memory_get(sizeof(*parcel) + record->value.size);
        *parcel = (struct parcel){ .sender = sender, .size = record->value.size, .tag = tag };
        (void)put(parcel->bytes, record->value);
        return parcel;
}

bool sender_send(struct sender *sender, const struct record *record, struct slice topic, size_t tag)
{
        struct error err;
        struct record copy = *record;
        while (sender->held_bytes > HELD_BYTES || !tokens_left(sender)) {
                serve(sender, 10);
                if (task_stopped(sender->setup.task, 0))
                        return false;
        }
        copy.topic = sender->type->topic(sender->port, topic);
        if (copy.topic == UINT16_MAX) {    /* too many of them: begin anew */
                sender_wait(sender);
                if (sender_held(sender) == 0 && sender->type->topics_forget(sender->port, &err))
                        copy.topic = sender->type->topic(sender->port, topic);
                if (copy.topic == UINT16_MAX)
                        return false;
        }
        struct parcel *parcel = parcel_new(sender, record, tag);
        copy.event = (struct event *)parcel;
        copy.value.data = parcel->bytes;
        enum reason answer;
        while ((answer = sender->type->publish(sender->port, &copy)) != REASON_published) {
                if (answer == REASON_event_too_large) {
                        sender->held_bytes += parcel->size;
                        report(copy.event, answer);
                        return true;
                }
                serve(sender, WAIT_MS);
                if (task_stopped(sender->setup.task, 0)) {
                        free(parcel);
                        return false;
                }
        }
        sender->held_bytes += parcel->size;
        sender->tokens -= (double)parcel->size;
        serve(sender, 0);
        return true;
}

void sender_wait(struct sender *sender)
{
        while (sender_held(sender) > 0 && !task_stopped(sender->setup.task, 0))
                serve(sender, WAIT_MS);
}
