/* The daemon under measurement: this very program in a process of its own, so that its CPU time is nobody else's. Its sockets are
 * opened here and handed over as systemd does, so that their ports are known and no address of the configuration is used. */
#include "base/clock.h"
#include "command/bench.h"
#include "task.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FIRST_HANDED 3             /* sd_listen_fds(3) */
#define WORDS_MAX 256
#define PAGE_MAX ((size_t)4 << 20) /* of /metrics */
#define START_TIME 120000          /* ms until it answers at all: schemas and databases are read first */
#define READY_TIME 20000           /* ms from then on */
#define PAUSE 20                   /* ms between two looks */

struct bench_daemon {
        pid_t    process;
        clockid_t clock;           /* its CPU time */
        int      said;             /* a file in memory: what it wrote */
        uint16_t port, admin;
        struct buffer page;
};

static int listen_somewhere(uint16_t *ret_port)
{
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t size = sizeof(address);
        int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&address, size) || listen(descriptor, 4096) ||
            getsockname(descriptor, (struct sockaddr *)&address, &size))
                return -1;
        *ret_port = ntohs(address.sin_port);
        return descriptor;
}

/* Our environment with what systemd would say of the sockets, in place of what it said to us. */
static char **environment(pid_t process)
{
        static const char *const OURS[] = { "LISTEN_", "NOTIFY_SOCKET=", "WATCHDOG_" };
        size_t count = 0, kept = 0;
        while (environ[count])
                count++;
        char **all = memory_get((count + 4) * sizeof(*all)), *pid = memory_get(40);
        for (size_t i = 0; i < count; i++) {
                bool ours = false;
                for (size_t k = 0; k < COUNT_OF(OURS); k++)
                        ours |= strncmp(environ[i], OURS[k], strlen(OURS[k])) == 0;
                if (!ours)
                        all[kept++] = environ[i];
        }
        (void)snprintf(pid, 40, "LISTEN_PID=%ld", (long)process);
        all[kept++] = pid;
        all[kept++] = slice_copy(SLICE("LISTEN_FDS=2"));
        all[kept] = slice_copy(SLICE("LISTEN_FDNAMES=events:admin"));
        return all;
}

/* In the child. `handed`: the two sockets, and where its output goes. */
static void become(const struct arguments *arguments, const char *program, const char *const *sets, const int handed[3])
{
        const char *words[WORDS_MAX] = { "millrace", "run" };
        size_t count = 2;
        if (arguments->config) {
                words[count++] = "--config";
                words[count++] = arguments->config;
        }
        for (size_t i = 0; i < arguments->set_count && count < WORDS_MAX - 2; i++) {
                words[count++] = "--set";
                words[count++] = arguments->sets[i];
        }
        for (; *sets && count < WORDS_MAX - 2; sets++) {
                words[count++] = "--set";
                words[count++] = *sets;
        }
        /* Both may stand where they are to go: away first. */
        int away[2] = { fcntl(handed[0], F_DUPFD, 64), fcntl(handed[1], F_DUPFD, 64) }, output = fcntl(handed[2], F_DUPFD, 64);
        int nothing = open("/dev/null", O_RDONLY);
        bool good = dup2(nothing, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 && dup2(output, STDERR_FILENO) >= 0 &&
                    dup2(away[0], FIRST_HANDED) >= 0 && dup2(away[1], FIRST_HANDED + 1) >= 0 &&
                    prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
        if (good)
                (void)execve(program ? program : "/proc/self/exe", (char *const *)(uintptr_t)words, environment(getpid()));
        fprintf(stderr, "%s: %s\n", program ? program : "millrace", strerror(errno));
        _exit(127);
}

/* GET `path` of the admin listener; false: no answer of status 200. */
static bool get(struct bench_daemon *daemon, const char *path)
{
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(daemon->admin),
                                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        static const struct timeval PATIENCE = { .tv_sec = 10 };
        char request[128];
        int  size = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
        int  descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        buffer_clear(&daemon->page);
        (void)setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &PATIENCE, sizeof(PATIENCE));
        if (descriptor >= 0 && connect(descriptor, (struct sockaddr *)&address, sizeof(address)) == 0 &&
            send(descriptor, request, (size_t)size, MSG_NOSIGNAL) == size)
                while (buffer_reserve(&daemon->page, 65536)) {
                        ssize_t got = recv(descriptor, daemon->page.data + daemon->page.size, 65536, 0);
                        if (got <= 0)
                                break;
                        daemon->page.size += (size_t)got;
                }
        if (descriptor >= 0)
                (void)close(descriptor);
        return slice_starts_with(buffer_slice(&daemon->page), SLICE("HTTP/1.1 200"));
}

/* With the last lines that it wrote. */
static bool explain(const struct bench_daemon *daemon, const char *what, struct error *err)
{
        char    text[400];
        off_t   size = lseek(daemon->said, 0, SEEK_END), from = size > (off_t)sizeof(text) ? size - (off_t)sizeof(text) : 0;
        ssize_t got = pread(daemon->said, text, sizeof(text), from);
        struct slice last = { text, got > 0 ? (size_t)got : 0 };
        const char *whole = from ? memchr(last.data, '\n', last.size) : NULL;  /* behind the end of a line that is cut */
        if (whole)
                last = slice_between(whole + 1, last.data + last.size);
        return error_set(err, "%s: %.*s", what, SLICE_ARGS(last));
}

static bool wait_ready(struct bench_daemon *daemon, struct task *task, struct error *err)
{
        for (int64_t end = clock_steady() + START_TIME, answered = 0; clock_steady() < end;) {
                int status;
                if (waitpid(daemon->process, &status, WNOHANG) == daemon->process) {
                        daemon->process = 0;
                        return explain(daemon, "the daemon did not start", err);
                }
                if (get(daemon, "/ready"))
                        return true;
                if (daemon->page.size && !answered) {
                        answered = clock_steady();
                        end = answered + READY_TIME;
                }
                if (task_stopped(task, PAUSE))
                        return error_set(err, "interrupted");
        }
        return explain(daemon, daemon->page.size ? "the daemon is not ready: no broker answers, or there is no room; it said"
                                                 : "the daemon does not answer; it said", err);
}

struct bench_daemon *bench_daemon_start(const struct arguments *arguments, const char *program, const char *const *sets,
                                        struct task *task, struct error *err)
{
        struct bench_daemon *daemon = memory_get(sizeof(*daemon));
        daemon->said = memfd_create("millrace-bench", MFD_CLOEXEC);
        int handed[3] = { listen_somewhere(&daemon->port), listen_somewhere(&daemon->admin), daemon->said };
        buffer_init(&daemon->page, PAGE_MAX);
        bool good = handed[0] >= 0 && handed[1] >= 0 && daemon->said >= 0;
        if (good)
                daemon->process = fork();
        if (good && daemon->process == 0)
                become(arguments, program, sets, handed);
        good = good && daemon->process > 0 && clock_getcpuclockid(daemon->process, &daemon->clock) == 0;
        if (!good)
                (void)error_set(err, "cannot start a daemon to measure: %m");
        for (size_t i = 0; i < 2; i++)
                if (handed[i] >= 0)
                        (void)close(handed[i]);
        if (good && wait_ready(daemon, task, err))
                return daemon;
        (void)bench_daemon_stop(daemon, true);
        return NULL;
}

uint16_t bench_daemon_port(const struct bench_daemon *daemon) { return daemon->port; }

/* All series of a metric together. */
static double metric(const struct bench_daemon *daemon, const char *name)
{
        const char *at = daemon->page.data, *end = at + daemon->page.size;
        size_t size = strlen(name);
        double all = 0;
        while (at < end) {
                const char *line = memchr(at, '\n', (size_t)(end - at));
                line = line ? line : end;
                if ((size_t)(line - at) > size && memcmp(at, name, size) == 0 && (at[size] == ' ' || at[size] == '{')) {
                        char number[40];
                        const char *space = memrchr(at, ' ', (size_t)(line - at));
                        (void)snprintf(number, sizeof(number), "%.*s", (int)(line - space - 1), space + 1);
                        all += strtod(number, NULL);
                }
                at = line + 1;
        }
        return all;
}

bool bench_daemon_read(struct bench_daemon *daemon, struct bench_reading *ret_reading, struct error *err)
{
        struct timespec cpu;
        if (!get(daemon, "/metrics") || clock_gettime(daemon->clock, &cpu))
                return error_set(err, "the daemon does not tell its metrics any more");
        *ret_reading = (struct bench_reading){
                .cpu = (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9,
                .confirmed = metric(daemon, "millrace_events_published_total") + metric(daemon, "millrace_events_rejected_total"),
                .request_bytes = metric(daemon, "millrace_http_request_bytes_total"),
                .spooled_bytes = metric(daemon, "millrace_spool_written_bytes_total"),
                .backlog = metric(daemon, "millrace_spool_records"),
        };
        double sent = metric(daemon, "millrace_kafka_sent_records_total");
        if (sent > 0)
                ret_reading->wire_bytes = metric(daemon, "millrace_kafka_request_bytes_total") / sent;
        return true;
}

/* What the kernel says of the process itself: what wait4(2) says of a child begins with the memory of its parent. */
static int64_t memory_peak(pid_t process)
{
        char path[64], line[256];
        int64_t kib = 0;
        static const char PEAK[] = "VmHWM:";
        (void)snprintf(path, sizeof(path), "/proc/%ld/status", (long)process);
        FILE *status = fopen(path, "re");
        while (status && kib == 0 && fgets(line, sizeof(line), status))
                if (strncmp(line, PEAK, sizeof(PEAK) - 1) == 0)
                        kib = strtoll(line + sizeof(PEAK) - 1, NULL, 10);
        if (status)
                (void)fclose(status);
        return kib * 1024;
}

int64_t bench_daemon_stop(struct bench_daemon *daemon, bool at_once)
{
        int64_t memory = 0;
        if (!daemon)
                return 0;
        if (daemon->process > 0) {
                memory = memory_peak(daemon->process);
                (void)kill(daemon->process, at_once ? SIGKILL : SIGTERM);
                while (waitpid(daemon->process, NULL, 0) < 0 && errno == EINTR)
                        continue;
        }
        if (daemon->said >= 0)
                (void)close(daemon->said);
        buffer_done(&daemon->page);
        free(daemon);
        return memory;
}
