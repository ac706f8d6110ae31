/* What would happen to these bytes: the mill without a socket and a broker. For `millrace try`, the plan's examples, and tests.
 */
#ifndef SERVER_TRIAL_H
#define SERVER_TRIAL_H
#include "server/mill.h"

struct trial;
struct trial  *trial_new(struct plan *plan);       /* takes a reference of its own */
struct trial  *trial_new_for(struct plan *plan, size_t largest);   /* bytes of the largest record that the sink takes */
void           trial_free(struct trial *trial);

struct trial_request {
        const struct input *input;
        struct slice        body;          /* any bytes; copied */
        struct slice        route_key;     /* as of mill_request */
        struct slice        user_agent;    /* the header; data NULL: none, or that of `client` */
        const struct client *client;       /* NULL: nothing is known of it */
        struct slice        id;            /* as of mill_request */
        int64_t             received;      /* ms since 1970 */
        bool                lines;
};
/* Runs the request. The batch lives until the next run; what an event's record would be is its value. */
enum reader_end trial_run(struct trial *trial, const struct trial_request *request, const struct batch **ret_batch);
/* The headers that records get: record_headers(). */
unsigned trial_headers(const struct trial *trial);
/* The topic that an event of the last run would go to. */
size_t trial_topic(struct trial *trial, const struct event *event, char room[static TOPIC_NAME_MAX + 1]);

/* Tries the examples that lie beside the plan's schemas (docs/howto/tracking-plan.md): what is in `good` must be published, what
 * is in `bad` rejected as its file says. Every surprise is added to `errors`. Answers how many examples there were. */
size_t examples_check(struct plan *plan, struct errors *errors);
/* Shows each good one, without looking at what it is. Answers how many there were. */
size_t examples_visit(struct plan *plan, void (*visit)(void *context, struct slice key, struct slice payload), void *context);
#endif
