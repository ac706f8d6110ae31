/* Inside the room: work that takes a while at a terminal: its progress line, and Ctrl-C. */
#ifndef COMMAND_TASK_H
#define COMMAND_TASK_H
#include "base/base.h"
#include <signal.h>

struct task {
        sigset_t signals;
        bool     terminal;                 /* standard error is one: one line that changes, else a plain line every 10 s */
        bool     shown;                    /* the changing line stands there */
        int      stopped;                  /* the signal that it was asked to end by; 0: nobody asked */
        int64_t  start, next;              /* ms, clock_steady() */
};
/* Before any thread: SIGINT, SIGTERM, and SIGHUP unless it is ignored as nohup(1) has it, are asked for from now on. */
void   task_init(struct task *task);
void   task_done(struct task *task);       /* takes the changing line away */
/* Somebody wants it to end. Waits at most so many ms for that. */
bool   task_stopped(struct task *task, int ms);
bool   task_due(const struct task *task);  /* it is time to tell how far it is */
void   task_tell(struct task *task, const char *format, ...) __attribute__((format(printf, 2, 3)));
double task_seconds(const struct task *task);
#endif
