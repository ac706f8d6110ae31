/* Inside the room: records to the sink of a configuration, without a daemon; each is told what became of it. */
#ifndef COMMAND_SENDER_H
#define COMMAND_SENDER_H
#include "sink/sink.h"
#include "task.h"

struct sender;
struct sender_setup {
        const struct config *config;       /* outlives the sender */
        struct task         *task;         /* sending ends when it is stopped */
        double               rate;         /* bytes a second; 0: no limit */
        /* What became of a record: published, or why not. Inside sender_send(), sender_wait() and sender_free(). */
        void (*told)(void *context, size_t tag, enum reason fate);
        void *context;
};
/* NULL and the mistakes. */
struct sender *sender_new(const struct sender_setup *setup, struct errors *errors);
void           sender_free(struct sender *sender);         /* takes NULL */
/* Copies the record (its event is not looked at) and waits until there is room. False: the task was stopped, or there is no room
 * for more topics; told() will not be called. */
bool           sender_send(struct sender *sender, const struct record *record, struct slice topic, size_t tag);
void           sender_wait(struct sender *sender);         /* until every record has its report, or the sink gives it up */
size_t         sender_largest(const struct sender *sender);
size_t         sender_held(const struct sender *sender);
#endif
