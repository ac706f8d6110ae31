/* The system calls that are left to the process once it runs: a list of what is allowed, by libseccomp. */
#ifndef SERVER_SECCOMP_H
#define SERVER_SECCOMP_H
#include "base/base.h"

/* Why this build cannot confine itself ("built without libseccomp"); NULL: it can. Sanitizers need calls that are not allowed. */
const char *seccomp_missing(void);
bool        seccomp_sanitized(void);
/* For all threads of the process, those that run and those to come, and for good; sets "no new privileges". What is not on the
 * list of seccomp.c fails with EPERM (clone3 with ENOSYS, so that libc takes clone; families of sockets with EAFNOSUPPORT); what
 * only an intruder would call (execve, ptrace, mount ...) ends the process with SIGSYS. New processes cannot be made. Machine
 * code may still be written and run, as PCRE2 compiles patterns. False: the kernel or the library refused; nothing is confined
 * then. */
bool seccomp_confine(struct error *err);
#endif
