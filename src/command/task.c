#include "task.h"
#include "base/clock.h"
#include <stdarg.h>
#include <time.h>
#include <unistd.h>

enum { TERMINAL_MS = 250, PLAIN_MS = 10000 };

void task_init(struct task *task)
{
        *task = (struct task){ .terminal = isatty(STDERR_FILENO) == 1, .start = clock_steady() };
        task->next = task->start + (task->terminal ? TERMINAL_MS : PLAIN_MS);
        (void)sigemptyset(&task->signals);
        (void)sigaddset(&task->signals, SIGINT);
        (void)sigaddset(&task->signals, SIGTERM);
        struct sigaction hangup;
        if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
                (void)sigaddset(&task->signals, SIGHUP);
        (void)sigprocmask(SIG_BLOCK, &task->signals, NULL);
}

void task_done(struct task *task)
{
        if (task->shown)
                fputs("\r\033[K", stderr);
        task->shown = false;
}

bool task_stopped(struct task *task, int ms)
{
        const struct timespec patience = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
        int signal = task->stopped ? task->stopped : sigtimedwait(&task->signals, NULL, &patience);
        task->stopped = signal > 0 ? signal : 0;
        return signal > 0;
}

bool task_due(const struct task *task) { return clock_steady() >= task->next; }

void task_tell(struct task *task, const char *format, ...)
{
        va_list arguments;
        task->next = clock_steady() + (task->terminal ? TERMINAL_MS : PLAIN_MS);
        if (task->terminal)
                fputc('\r', stderr);
        va_start(arguments, format);
        vfprintf(stderr, format, arguments);
        va_end(arguments);
        fputs(task->terminal ? "\033[K" : "\n", stderr);
        task->shown = task->terminal;
        (void)fflush(stderr);
}

double task_seconds(const struct task *task)
{
        int64_t ms = clock_steady() - task->start;
        return (double)(ms > 0 ? ms : 1) / 1000;
}
