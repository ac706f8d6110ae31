/* One list of names, so that it can be read; the library turns it into a program for the kernel. Whoever adds a call says what
 * needs it. seccomp(2), seccomp_rule_add(3). */
#include "server/seccomp.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED
#endif
#endif

#ifdef SANITIZED
bool seccomp_sanitized(void) { return true; }
#else
bool seccomp_sanitized(void) { return false; }
#endif

#if defined(SANITIZED)
const char *seccomp_missing(void) { return "built with a sanitizer"; }
bool seccomp_confine(struct error *err) { return error_set(err, "built with a sanitizer"); }
#elif !defined(WITH_SECCOMP)
const char *seccomp_missing(void) { return "built without libseccomp"; }
bool seccomp_confine(struct error *err) { return error_set(err, "built without libseccomp"); }
#else
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const ALLOWED[] = {
        /* bytes in and out */
        "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2", "pwritev2", "sendfile",
        "sendfile64", "splice", "lseek", "_llseek", "close", "close_range", "dup", "dup2", "dup3", "fcntl", "fcntl64", "pipe",
        "pipe2",
        /* files: the spool, the cache of schemas, what a reload reads again */
        "open", "openat", "openat2", "creat", "stat", "stat64", "fstat", "fstat64", "lstat", "lstat64", "newfstatat",
        "fstatat64", "statx", "statfs", "statfs64", "fstatfs", "fstatfs64", "access", "faccessat", "faccessat2", "readlink",
        "readlinkat", "getdents", "getdents64", "getcwd", "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat", "rename",
        "renameat", "renameat2", "link", "linkat", "ftruncate", "ftruncate64", "truncate", "truncate64", "fallocate",
        "fadvise64", "fadvise64_64", "arm_fadvise64_64", "fsync", "fdatasync", "sync_file_range", "sync_file_range2",
        "syncfs", "flock", "fchmod", "chmod", "fchmodat", "utimensat", "umask", "copy_file_range",
        /* memory; mprotect with PROT_EXEC for patterns that are compiled, mlock for OpenSSL */
        "brk", "mmap", "mmap2", "munmap", "mremap", "mprotect", "madvise", "mincore", "mlock", "mlock2", "munlock", "msync",
        "membarrier", "memfd_create",
        /* time */
        "clock_gettime", "clock_gettime64", "clock_getres", "clock_getres_time64", "clock_nanosleep",
        "clock_nanosleep_time64", "nanosleep", "gettimeofday", "time", "times", "timerfd_create", "timerfd_settime",
        "timerfd_settime64", "timerfd_gettime", "timerfd_gettime64",
        /* threads and signals */
        "futex", "futex_time64", "futex_waitv", "set_robust_list", "get_robust_list", "rseq", "sched_yield",
        "sched_getaffinity", "sched_setaffinity", "sched_getparam", "sched_getscheduler", "gettid", "getpid", "getppid",
        "getpgrp", "getpgid", "getsid", "exit", "exit_group", "set_tid_address", "restart_syscall", "rt_sigaction",
        "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigtimedwait", "rt_sigtimedwait_time64", "rt_sigsuspend",
        "sigreturn", "sigaltstack", "signalfd", "signalfd4", "pause",
        /* sockets, but for the families; the kinds of waiting */
        "socketpair", "connect", "bind", "listen", "accept", "accept4", "getsockname", "getpeername", "getsockopt",
        "setsockopt", "send", "sendto", "sendmsg", "sendmmsg", "recv", "recvfrom", "recvmsg", "recvmmsg", "recvmmsg_time64",
        "shutdown", "poll", "ppoll", "ppoll_time64", "select", "_newselect", "pselect6", "pselect6_time64", "epoll_create",
        "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd", "eventfd2", "inotify_init1",
        "inotify_add_watch", "inotify_rm_watch",
        /* what the process is and has */
        "getuid", "getuid32", "geteuid", "geteuid32", "getgid", "getgid32", "getegid", "getegid32", "getresuid",
        "getresuid32", "getresgid", "getresgid32", "getgroups", "getgroups32", "getrlimit", "ugetrlimit", "getrusage",
        "getpriority", "sysinfo", "uname", "getrandom", "getcpu", "capget",
};
/* Nothing of ours and of the libraries calls these, ever: whoever does is not us. */
static const char *const DEADLY[] = {
        "execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "kexec_load", "kexec_file_load",
        "init_module", "finit_module", "delete_module", "mount", "umount2", "pivot_root", "chroot", "move_mount", "fsopen",
        "open_tree", "swapon", "swapoff", "reboot", "bpf", "userfaultfd", "setns", "unshare", "add_key", "request_key",
        "keyctl", "iopl", "ioperm", "modify_ldt", "open_by_handle_at", "acct", "settimeofday", "clock_settime", "sethostname",
        "setdomainname", "pidfd_getfd",
};
/* A call that is allowed with these values only: `argument` masked by `mask` is `value`. */
static const struct { const char *name; unsigned argument; uint64_t mask, value; } CONDITIONS[] = {
        { "socket", 0, UINT32_MAX, AF_INET },
        { "socket", 0, UINT32_MAX, AF_INET6 },
        { "socket", 0, UINT32_MAX, AF_UNIX },
        { "socket", 0, UINT32_MAX, AF_NETLINK },               /* getaddrinfo() asks which addresses there are */
        { "clone", 0, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM },      /* threads, no processes */
        { "ioctl", 1, UINT32_MAX, FIONREAD },
        { "ioctl", 1, UINT32_MAX, FIONBIO },
        { "ioctl", 1, UINT32_MAX, TCGETS },                    /* isatty() */
        { "ioctl", 1, UINT32_MAX, 0x8933 },                    /* SIOCGIFINDEX: if_nametoindex() of fe80::1%eth0 */
        { "prctl", 0, UINT32_MAX, PR_SET_NAME },               /* names of threads */
        { "prctl", 0, UINT32_MAX, PR_GET_NAME },
        { "prctl", 0, UINT32_MAX, PR_GET_DUMPABLE },
        { "prctl", 0, UINT32_MAX, 0x53564d41 },                /* PR_SET_VMA: newer libcs name their memory */
        { "prlimit64", 2, UINT64_MAX, 0 },                     /* to look, not to set */
};
const char *seccomp_missing(void) { return NULL; }

/* 0: done, or there is no such call on this machine. */
static int rule_add(scmp_filter_ctx filter, uint32_t action, const char *name, const struct scmp_arg_cmp *condition)
{
        int call = seccomp_syscall_resolve_name(name);
        if (call == __NR_SCMP_ERROR)
                return 0;
        return seccomp_rule_add_array(filter, action, call, condition ? 1 : 0, condition);
}

static int conditions_add(scmp_filter_ctx filter)
{
        int failed = 0;
        for (size_t i = 0; i < COUNT_OF(CONDITIONS) && !failed; i++) {
                struct scmp_arg_cmp condition = { .arg = CONDITIONS[i].argument, .op = SCMP_CMP_MASKED_EQ,
                                                  .datum_a = CONDITIONS[i].mask, .datum_b = CONDITIONS[i].value };
                failed = rule_add(filter, SCMP_ACT_ALLOW, CONDITIONS[i].name, &condition);
        }
        /* abort() and raise() send to the process itself. */
        struct scmp_arg_cmp self = { .arg = 0, .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)getpid() };
        return failed ? failed : rule_add(filter, SCMP_ACT_ALLOW, "tgkill", &self);
}

static int rules_add(scmp_filter_ctx filter)
{
        int failed = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
        if (!failed)
                failed = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
        if (!failed)       /* its flags lie in memory, where no filter sees them; libc takes clone() then */
                failed = rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), "clone3", NULL);
        for (size_t i = 0; i < COUNT_OF(ALLOWED) && !failed; i++)
                failed = rule_add(filter, SCMP_ACT_ALLOW, ALLOWED[i], NULL);
        for (size_t i = 0; i < COUNT_OF(DEADLY) && !failed; i++)
                failed = rule_add(filter, SCMP_ACT_KILL_PROCESS, DEADLY[i], NULL);
        return failed ? failed : conditions_add(filter);
}

bool seccomp_confine(struct error *err)
{
        scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
        if (!filter)
                return error_set(err, "no memory for the filter of system calls");
        int failed = rules_add(filter);
        if (!failed)
                failed = seccomp_load(filter);
        seccomp_release(filter);
        return !failed || error_set(err, "the filter of system calls cannot be set up: %s", strerror(-failed));
}
#endif
