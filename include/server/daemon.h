/* The whole service: a plan, a sink, workers, the admin listener; signals, reload, drain, watchdog. */
#ifndef SERVER_DAEMON_H
#define SERVER_DAEMON_H
#include "server/plan.h"

struct daemon_source {
        /* Reads the configuration anew, for SIGHUP; false: `errors` says why. */
        bool (*read)(void *context, struct config *config, struct errors *errors);
        void  *context;
};
/* Runs until SIGTERM or SIGINT and everything is drained. Answers the exit status: 0; 1 when it could not start; 2 when it had to
 * stop with requests still open. Mistakes are logged. */
int daemon_run(const struct daemon_source *source);
#endif
