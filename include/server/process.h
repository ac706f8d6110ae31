/* What the process gives up once it has what only the start needs: its user's power, core dumps, most system calls. Options
 * `process.*`; all of it for the whole process, on the main thread. */
#ifndef SERVER_PROCESS_H
#define SERVER_PROCESS_H
#include "config/config.h"

/* Before anything secret is read: no core dump, and nobody but root may look into the memory (PR_SET_DUMPABLE, RLIMIT_CORE).
 * Nothing in a build with a sanitizer, which looks into itself from outside. */
void process_seal(void);
/* After the sockets are bound and before there are threads: becomes process.user and process.group, or stays who it is, gives up
 * every capability where that is not root, makes sure that there is no way back, and sets "no new privileges". Allows core dumps
 * again where process.core says so. Mistakes are in `errors`. */
bool process_settle(const struct config *config, struct errors *errors);
/* Before the first thread that talks to clients: the filter of system calls (seccomp.h), as process.seccomp says. It holds for
 * the threads that are there and for those to come. False: nobody was answered yet, and nobody is to be. */
bool process_confine(const struct config *config, struct errors *errors);

/* What stands at `path` would be read again by process.user later; or written: a folder, which is made where it is missing. */
struct process_file {
        const char *path, *option;         /* option: whose value it is; NULL: nobody's */
        bool        write;
};
/* Whether process.user, or without it whoever asks, can do that; each file of which it cannot is a mistake. Nothing is written.
 * Only root can tell for other users: anybody else gets true. By a child process that becomes the user; single-threaded callers
 * only. */
bool process_check(const struct config *config, const struct process_file *files, size_t count, struct errors *errors);
#endif
