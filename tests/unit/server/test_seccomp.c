/* Each row is a child process that confines itself and then tries something. */
#include "server/seccomp.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* 0: it worked; else errno. */
static int answer(long result) { return result < 0 ? errno : 0; }
static int try_execve(void)
{
        char *const none[] = { NULL };
        return answer(execve("/bin/true", none, none));
}
static int try_ptrace(void) { return answer(ptrace(PTRACE_TRACEME, 0, NULL, NULL)); }
static int try_mount(void) { return answer(mount("none", "/mnt", "tmpfs", 0, NULL)); }
static int try_unshare(void) { return answer(unshare(CLONE_NEWUSER)); }
static int try_bpf(void) { return answer(syscall(SYS_bpf, 0, NULL, 0)); }
static int try_memory_of_others(void) { return answer(syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0)); }
static int try_keyring(void) { return answer(syscall(SYS_add_key, "user", "a", "b", 1, -1)); }
static int try_fork(void)
{
        pid_t child = fork();
        if (child == 0)
                _exit(0);
        return answer(child);
}
static int try_clone3(void) { return answer(syscall(SYS_clone3, NULL, 0)); }
static int try_raw_fork(void) { return answer(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); }
static int open_socket(int family, int type)
{
        int file = socket(family, type, 0);
        return answer(file);
}
static int try_packets(void) { return open_socket(AF_PACKET, SOCK_RAW); }
static int try_bluetooth(void) { return open_socket(31, SOCK_STREAM); }
static int try_vsock(void) { return open_socket(AF_VSOCK, SOCK_STREAM); }
static int try_inet(void) { return open_socket(AF_INET, SOCK_STREAM); }
static int try_unix(void) { return open_socket(AF_UNIX, SOCK_DGRAM); }
static int try_netlink(void) { return open_socket(AF_NETLINK, SOCK_RAW); }
static int try_terminal_input(void) { return answer(ioctl(0, TIOCSTI, "x")); }
static int try_root(void) { return answer(setuid(0)); }
static int try_kill(void) { return answer(kill(getppid(), 0)); }
static int try_signal_of_others(void) { return answer(syscall(SYS_tgkill, getppid(), getppid(), 0)); }
static int try_limit(void)
{
        struct rlimit limit = { 64, 64 };
        return answer(setrlimit(RLIMIT_NOFILE, &limit));
}
static int try_dumpable(void) { return answer(prctl(PR_SET_DUMPABLE, 1L)); }
static int try_rings(void) { return answer(syscall(SYS_io_uring_setup, 1, NULL)); }
static int try_personality(void) { return answer(syscall(SYS_personality, 0)); }
static int try_machine_code(void)
{
        void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return page == MAP_FAILED ? errno : 0;
}
static int try_file(void)
{
        int file = open("/dev/null", O_RDWR | O_CLOEXEC);
        return file < 0 ? errno : answer(write(file, "x", 1));
}
static void *nothing(void *context) { return context; }
static int try_thread(void)
{
        pthread_t thread;
        int failed = pthread_create(&thread, NULL, nothing, NULL);
        return failed ? failed : pthread_join(thread, NULL);
}
static int try_abort(void)
{
        (void)signal(SIGABRT, SIG_DFL);
        abort();
}

static const struct { const char *name; int (*attempt)(void); int error, killed; } CASES[] = {
        { "execve",                     try_execve,           0,      SIGSYS },
        { "ptrace",                     try_ptrace,           0,      SIGSYS },
        { "mount",                      try_mount,            0,      SIGSYS },
        { "unshare",                    try_unshare,          0,      SIGSYS },
        { "bpf",                        try_bpf,              0,      SIGSYS },
        { "memory of other processes",  try_memory_of_others, 0,      SIGSYS },
        { "keyring",                    try_keyring,          0,      SIGSYS },
        { "fork",                       try_fork,             EPERM,  0 },
        { "clone without a thread",     try_raw_fork,         EPERM,  0 },
        { "clone3",                     try_clone3,           ENOSYS, 0 },
        { "AF_PACKET",                  try_packets,          EPERM,  0 },
        { "AF_BLUETOOTH",               try_bluetooth,        EPERM,  0 },
        { "AF_VSOCK",                   try_vsock,            EPERM,  0 },
        { "input into the terminal",    try_terminal_input,   EPERM,  0 },
        { "setuid",                     try_root,             EPERM,  0 },
        { "kill",                       try_kill,             EPERM,  0 },
        { "signals to others",          try_signal_of_others, EPERM,  0 },
        { "setrlimit",                  try_limit,            EPERM,  0 },
        { "core dumps again",           try_dumpable,         EPERM,  0 },
        { "io_uring",                   try_rings,            EPERM,  0 },
        { "personality",                try_personality,      EPERM,  0 },
        { "AF_INET stays",              try_inet,             0,      0 },
        { "AF_UNIX stays",              try_unix,             0,      0 },
        { "AF_NETLINK stays",           try_netlink,          0,      0 },
        { "compiled patterns stay",     try_machine_code,     0,      0 },
        { "files stay",                 try_file,             0,      0 },
        { "threads stay",               try_thread,           0,      0 },
        { "abort stays",                try_abort,            0,      SIGABRT },
};

/* The child's wait status. */
static int child_run(int (*child)(void *), void *context)
{
        int status;
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                const struct rlimit none = { 0, 0 };
                (void)setrlimit(RLIMIT_CORE, &none);
                _exit(child(context));
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return status;
}

static int row_run(void *context)
{
        struct error err;
        int (*const *attempt)(void) = context;
        if (!seccomp_confine(&err)) {
                fprintf(stderr, "%s\n", err.text);
                return 255;
        }
        return (*attempt)();
}

static void every_case_is_answered(void **state)
{
        (void)state;
        if (seccomp_missing())
                skip();
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                int (*attempt)(void) = CASES[i].attempt;
                int status = child_run(row_run, &attempt);
                int killed = WIFSIGNALED(status) ? WTERMSIG(status) : 0, error = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
                if (killed != CASES[i].killed || error != CASES[i].error)
                        fail_msg("%s: signal %d, error %d (%s)", CASES[i].name, killed, error, strerror(error));
        }
}

struct late { pthread_mutex_t lock; int answer; };
static void *late_run(void *context)
{
        struct late *late = context;
        pthread_mutex_lock(&late->lock);
        late->answer = try_packets();
        pthread_mutex_unlock(&late->lock);
        return NULL;
}
/* A thread from before tries it after. */
static int threads_run(void *context)
{
        struct late late = { .answer = -1 };
        struct error err;
        pthread_t thread;
        (void)context;
        pthread_mutex_init(&late.lock, NULL);
        pthread_mutex_lock(&late.lock);
        if (pthread_create(&thread, NULL, late_run, &late) != 0 || !seccomp_confine(&err))
                return 255;
        pthread_mutex_unlock(&late.lock);
        pthread_join(thread, NULL);
        return late.answer;
}

static void threads_that_ran_are_confined(void **state)
{
        (void)state;
        if (seccomp_missing())
                skip();
        int status = child_run(threads_run, NULL);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), EPERM);
}

/* What a distribution's compiler has and a build forgets: the daemon that CI tests is confined. */
static void the_build_has_it(void **state)
{
        (void)state;
        assert_true(!getenv("CI") || !seccomp_missing() || seccomp_sanitized());
}

int main(void)
{
        static const struct CMUnitTest TESTS[] = {
                cmocka_unit_test(every_case_is_answered),
                cmocka_unit_test(threads_that_ran_are_confined),
                cmocka_unit_test(the_build_has_it),
        };
        return cmocka_run_group_tests(TESTS, NULL, NULL);
}
