/* A disk that can lose its power. Preloaded (LD_PRELOAD), it lets the process work on a folder as always, and writes down in
 * SHIM_JOURNAL what was done to the folder SHIM_ROOT and what was synced. tests/chaos/powercut.py makes of it what a disk would
 * have after a power cut. fsync() itself does nothing: what is durable is what the journal says.
 *
 * A call that writes to the folder and that the shim does not know would make the proof worthless. Those that are known to be
 * missing abort; the rest is found by powercut.py, which compares the folder with what the journal makes of it.
 *
 * The journal: a record for what is about to be done, then one for its result; little-endian. */
#include "shim_control.h"
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define DESCRIPTORS 65536
#define EXPORT __attribute__((visibility("default")))

enum kind { RESULT, OPEN, CLOSE, WRITE, SIZE, ALLOCATE, SYNC, DATASYNC, RENAME, UNLINK, MKDIR };

struct entry {
        uint32_t kind;
        int32_t  descriptor;
        int64_t  a, b;                     /* RESULT: answer, errno; OPEN: flags; WRITE: offset; SIZE: size; ALLOCATE: both */
        uint32_t path, data;               /* bytes of each that follow */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *names[DESCRIPTORS];           /* paths of the folder's open files */
static char  root[4096];
static int   journal = -1;

static void die(const char *what, const char *path)
{
        char text[512];
        int size = snprintf(text, sizeof(text), "shim: bug: %s is not covered: %s\n", what, path ? path : "");
        (void)syscall(SYS_write, 2, text, (size_t)size);
        abort();
}

__attribute__((constructor(102))) static void begin(void)
{
        const char *folder = getenv("SHIM_ROOT"), *file = getenv("SHIM_JOURNAL");
        if (!folder)
                return;
        (void)snprintf(root, sizeof(root), "%s", folder);
        if (file)
                journal = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* ---- what is watched ---- */

static const char *watched(int descriptor)
{
        return descriptor >= 0 && descriptor < DESCRIPTORS ? __atomic_load_n(&names[descriptor], __ATOMIC_RELAXED) : NULL;
}

/* The whole path when it lies in the folder, else NULL. */
static const char *path_of(int folder, const char *path, char out[static 4096])
{
        if (!root[0] || !path)
                return NULL;
        if (path[0] == '/')
                (void)snprintf(out, 4096, "%s", path);
        else if (folder != AT_FDCWD)
                (void)snprintf(out, 4096, "%s/%s", watched(folder) ? watched(folder) : "", path);
        else if (syscall(SYS_getcwd, out, 4096) > 0)
                (void)snprintf(out + strlen(out), 4096 - strlen(out), "/%s", path);
        size_t size = strlen(root);
        return strncmp(out, root, size) == 0 && (out[size] == '/' || out[size] == '\0') ? out : NULL;
}

/* ---- the journal ---- */

static void note(struct entry entry, const char *path, const void *data)
{
        if (journal < 0)
                return;
        entry.path = path ? (uint32_t)strlen(path) : 0;
        struct iovec pieces[] = { { &entry, sizeof(entry) }, { (void *)(uintptr_t)path, entry.path },
                                  { (void *)(uintptr_t)data, entry.data } };
        size_t all = sizeof(entry) + entry.path + entry.data;
        if (syscall(SYS_writev, journal, pieces, 3) != (long)all)
                die("a full journal", NULL);
}

static long result(long answer)
{
        int problem = answer < 0 ? errno : 0;
        note((struct entry){ .kind = RESULT, .a = answer, .b = problem }, NULL, NULL);
        errno = problem ? problem : errno;
        return answer;
}

/* Whether this call fails; errno says how. */
static bool fails(enum shim_fault fault)
{
        struct shim_rule *rule = &shim_control()->rules[fault];
        if (rule->error == 0 || rule->times == 0)
                return false;
        if (rule->skip > 0) {
                rule->skip--;
                return false;
        }
        if (rule->times > 0)
                rule->times--;
        rule->hits++;
        errno = rule->error;
        return true;
}

/* ---- opening and closing ---- */

static int do_open(int folder, const char *path, int flags, mode_t mode)
{
        char whole[4096];
        const char *name = path_of(folder, path, whole);
        if (!name)
                return (int)syscall(SYS_openat, folder, path, flags, mode);
        if ((flags & O_TMPFILE) == O_TMPFILE)
                die("O_TMPFILE", name);
        pthread_mutex_lock(&lock);
        int answer = -1;
        if (fails(FAULT_OPEN)) {
                pthread_mutex_unlock(&lock);
                return -1;
        }
        /* One that is only read leaves no trace, but its descriptor must be known for fsync() of a folder. */
        note((struct entry){ .kind = OPEN, .a = flags }, name, NULL);
        answer = (int)result(syscall(SYS_openat, folder, path, flags, mode));
        if (answer >= DESCRIPTORS)
                die("a high descriptor", name);
        if (answer >= 0)
                __atomic_store_n(&names[answer], strdup(name), __ATOMIC_RELAXED);
        pthread_mutex_unlock(&lock);
        return answer;
}

static mode_t mode_of(int flags, va_list args) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0; }

#define OPEN_LIKE(NAME, ...)                                              \
        EXPORT int NAME(__VA_ARGS__ int flags, ...);                      \
        EXPORT int NAME(__VA_ARGS__ int flags, ...)                       \
        {                                                                 \
                va_list args;                                             \
                va_start(args, flags);                                    \
                mode_t mode = mode_of(flags, args);                       \
                va_end(args);                                             \
                return do_open(FOLDER, path, flags, mode);                \
        }
#define FOLDER AT_FDCWD
OPEN_LIKE(open, const char *path,)
OPEN_LIKE(open64, const char *path,)
OPEN_LIKE(__open_2, const char *path,)
OPEN_LIKE(__open64_2, const char *path,)
#undef FOLDER
#define FOLDER folder
OPEN_LIKE(openat, int folder, const char *path,)
OPEN_LIKE(openat64, int folder, const char *path,)
OPEN_LIKE(__openat_2, int folder, const char *path,)
OPEN_LIKE(__openat64_2, int folder, const char *path,)
#undef FOLDER

EXPORT int creat(const char *path, mode_t mode) { return do_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode); }

EXPORT int close(int descriptor)
{
        if (!watched(descriptor))
                return (int)syscall(SYS_close, descriptor);
        pthread_mutex_lock(&lock);
        free(names[descriptor]);
        __atomic_store_n(&names[descriptor], NULL, __ATOMIC_RELAXED);
        note((struct entry){ .kind = CLOSE, .descriptor = descriptor }, NULL, NULL);
        int answer = (int)syscall(SYS_close, descriptor);
        pthread_mutex_unlock(&lock);
        return answer;
}

/* closedir() closes inside libc. */
EXPORT int closedir(DIR *folder)
{
        int (*next)(DIR *) = (int (*)(DIR *))dlsym(RTLD_NEXT, "closedir");
        int descriptor = dirfd(folder);
        if (watched(descriptor)) {
                pthread_mutex_lock(&lock);
                free(names[descriptor]);
                __atomic_store_n(&names[descriptor], NULL, __ATOMIC_RELAXED);
                note((struct entry){ .kind = CLOSE, .descriptor = descriptor }, NULL, NULL);
                pthread_mutex_unlock(&lock);
        }
        return next(folder);
}

/* ---- writing ---- */

static ssize_t do_write(int descriptor, const void *data, size_t size, int64_t offset)
{
        static bool halved;
        pthread_mutex_lock(&lock);
        if (fails(FAULT_WRITE)) {
                if (!shim_control()->partial || halved || size < 2) {
                        halved = false;
                        pthread_mutex_unlock(&lock);
                        return -1;
                }
                halved = true;
                size /= 2;
        }
        bool here = offset < 0;
        struct stat now;
        if (here) {
                offset = syscall(SYS_lseek, descriptor, 0, SEEK_CUR);
                if (syscall(SYS_fcntl, descriptor, F_GETFL) & O_APPEND && fstat(descriptor, &now) == 0)
                        offset = now.st_size;
        }
        note((struct entry){ .kind = WRITE, .descriptor = descriptor, .a = offset, .data = (uint32_t)size }, NULL, data);
        ssize_t answer = result(here ? syscall(SYS_write, descriptor, data, size)
                                     : syscall(SYS_pwrite64, descriptor, data, size, offset));
        pthread_mutex_unlock(&lock);
        return answer;
}

EXPORT ssize_t write(int descriptor, const void *data, size_t size)
{
        return watched(descriptor) ? do_write(descriptor, data, size, -1) : syscall(SYS_write, descriptor, data, size);
}
EXPORT ssize_t pwrite(int descriptor, const void *data, size_t size, off_t offset)
{
        return watched(descriptor) ? do_write(descriptor, data, size, offset)
                                   : syscall(SYS_pwrite64, descriptor, data, size, offset);
}
EXPORT ssize_t pwrite64(int descriptor, const void *data, size_t size, off64_t offset)
{
        return pwrite(descriptor, data, size, offset);
}
EXPORT ssize_t writev(int descriptor, const struct iovec *pieces, int count)
{
        if (watched(descriptor))
                die("writev", watched(descriptor));
        return syscall(SYS_writev, descriptor, pieces, count);
}

static int do_size(int descriptor, int64_t size)
{
        pthread_mutex_lock(&lock);
        note((struct entry){ .kind = SIZE, .descriptor = descriptor, .a = size }, NULL, NULL);
        int answer = (int)result(syscall(SYS_ftruncate, descriptor, size));
        pthread_mutex_unlock(&lock);
        return answer;
}
EXPORT int ftruncate(int descriptor, off_t size)
{
        return watched(descriptor) ? do_size(descriptor, size) : (int)syscall(SYS_ftruncate, descriptor, size);
}
EXPORT int ftruncate64(int descriptor, off64_t size) { return ftruncate(descriptor, size); }

EXPORT int posix_fallocate(int descriptor, off_t offset, off_t size)
{
        int (*next)(int, off_t, off_t) = (int (*)(int, off_t, off_t))dlsym(RTLD_NEXT, "posix_fallocate");
        if (!watched(descriptor))
                return next(descriptor, offset, size);
        pthread_mutex_lock(&lock);
        int problem = fails(FAULT_ALLOCATE) ? errno : 0;
        /* A disk that gets full half way may leave the file longer than it was. */
        if (problem)
                size /= 2;
        note((struct entry){ .kind = ALLOCATE, .descriptor = descriptor, .a = offset, .b = size }, NULL, NULL);
        int answer = next(descriptor, offset, size);
        errno = answer;
        (void)result(answer ? -1 : 0);
        pthread_mutex_unlock(&lock);
        return problem ? problem : answer;
}
EXPORT int posix_fallocate64(int descriptor, off64_t offset, off64_t size) { return posix_fallocate(descriptor, offset, size); }

/* ---- syncing ---- */

static int do_sync(int descriptor, enum kind kind)
{
        int32_t delay = shim_control()->sync_delay;
        if (delay)
                (void)nanosleep(&(struct timespec){ delay / 1000, delay % 1000 * 1000000L }, NULL);
        pthread_mutex_lock(&lock);
        bool bad = fails(FAULT_SYNC);
        int why = errno;
        note((struct entry){ .kind = kind, .descriptor = descriptor }, NULL, NULL);
        errno = why;
        int answer = (int)result(bad ? -1 : 0);
        pthread_mutex_unlock(&lock);
        return answer;
}
EXPORT int fsync(int descriptor)
{
        return watched(descriptor) ? do_sync(descriptor, SYNC) : (int)syscall(SYS_fsync, descriptor);
}
EXPORT int fdatasync(int descriptor)
{
        return watched(descriptor) ? do_sync(descriptor, DATASYNC) : (int)syscall(SYS_fdatasync, descriptor);
}

/* ---- reading, only to fail ---- */

EXPORT ssize_t pread(int descriptor, void *data, size_t size, off_t offset)
{
        if (watched(descriptor) && fails(FAULT_READ))
                return -1;
        return syscall(SYS_pread64, descriptor, data, size, offset);
}
EXPORT ssize_t pread64(int descriptor, void *data, size_t size, off64_t offset) { return pread(descriptor, data, size, offset); }
EXPORT ssize_t __pread_chk(int descriptor, void *data, size_t size, off_t offset, size_t room);
EXPORT ssize_t __pread_chk(int descriptor, void *data, size_t size, off_t offset, size_t room)
{
        if (size > room)
                die("a read past its buffer", NULL);
        return pread(descriptor, data, size, offset);
}

/* ---- names ---- */

EXPORT int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
        char whole[2][4096];
        const char *a = path_of(from_folder, from, whole[0]), *b = path_of(to_folder, to, whole[1]);
        if (!a && !b)
                return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, 0);
        if (!a || !b)
                die("a rename across the folder's border", a ? a : b);
        pthread_mutex_lock(&lock);
        note((struct entry){ .kind = RENAME, .data = (uint32_t)strlen(b) }, a, b);
        int answer = (int)result(syscall(SYS_renameat2, from_folder, from, to_folder, to, 0));
        pthread_mutex_unlock(&lock);
        return answer;
}
EXPORT int rename(const char *from, const char *to) { return renameat(AT_FDCWD, from, AT_FDCWD, to); }

EXPORT int unlinkat(int folder, const char *path, int flags)
{
        char whole[4096];
        const char *name = path_of(folder, path, whole);
        if (!name)
                return (int)syscall(SYS_unlinkat, folder, path, flags);
        pthread_mutex_lock(&lock);
        note((struct entry){ .kind = UNLINK, .a = flags }, name, NULL);
        int answer = (int)result(syscall(SYS_unlinkat, folder, path, flags));
        pthread_mutex_unlock(&lock);
        return answer;
}
EXPORT int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
EXPORT int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }
EXPORT int remove(const char *path) { return unlinkat(AT_FDCWD, path, 0); }

EXPORT int mkdirat(int folder, const char *path, mode_t mode)
{
        char whole[4096];
        const char *name = path_of(folder, path, whole);
        if (!name)
                return (int)syscall(SYS_mkdirat, folder, path, mode);
        pthread_mutex_lock(&lock);
        note((struct entry){ .kind = MKDIR }, name, NULL);
        int answer = (int)result(syscall(SYS_mkdirat, folder, path, mode));
        pthread_mutex_unlock(&lock);
        return answer;
}
EXPORT int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

/* ---- what writes in ways that the journal does not know ---- */

#define NEVER(ANSWER, NAME, DESCRIPTOR, PARAMETERS, ARGUMENTS)                                       \
        EXPORT ANSWER NAME PARAMETERS;                                                               \
        EXPORT ANSWER NAME PARAMETERS                                                                \
        {                                                                                            \
                if (watched(DESCRIPTOR))                                                             \
                        die(#NAME, watched(DESCRIPTOR));                                             \
                ANSWER (*next) PARAMETERS = (ANSWER (*) PARAMETERS)dlsym(RTLD_NEXT, #NAME);          \
                return next ARGUMENTS;                                                               \
        }
NEVER(int, fallocate, file, (int file, int mode, off_t offset, off_t size), (file, mode, offset, size))
NEVER(int, fallocate64, file, (int file, int mode, off64_t offset, off64_t size), (file, mode, offset, size))
NEVER(ssize_t, pwritev, file, (int file, const struct iovec *pieces, int count, off_t offset), (file, pieces, count, offset))
NEVER(ssize_t, pwritev2, file, (int file, const struct iovec *pieces, int count, off_t offset, int flags),
      (file, pieces, count, offset, flags))
NEVER(ssize_t, pwritev64, file, (int file, const struct iovec *pieces, int count, off64_t offset), (file, pieces, count, offset))
NEVER(ssize_t, pwritev64v2, file, (int file, const struct iovec *pieces, int count, off64_t offset, int flags),
      (file, pieces, count, offset, flags))
NEVER(ssize_t, sendfile64, file, (int file, int from, off64_t *offset, size_t size), (file, from, offset, size))
NEVER(ssize_t, sendfile, file, (int file, int from, off_t *offset, size_t size), (file, from, offset, size))
NEVER(ssize_t, copy_file_range, file, (int from, off64_t *at, int file, off64_t *to, size_t size, unsigned flags),
      (from, at, file, to, size, flags))
NEVER(int, sync_file_range, file, (int file, off64_t offset, off64_t size, unsigned flags), (file, offset, size, flags))
NEVER(int, syncfs, file, (int file), (file))
NEVER(int, dup, file, (int file), (file))
NEVER(int, dup2, file, (int file, int to), (file, to))
NEVER(int, dup3, file, (int file, int to, int flags), (file, to, flags))

EXPORT void *mmap(void *at, size_t size, int access, int flags, int descriptor, off_t offset)
{
        if (flags & MAP_SHARED && access & PROT_WRITE && watched(descriptor))
                die("a writable mapping", watched(descriptor));
        return (void *)syscall(SYS_mmap, at, size, access, flags, descriptor, offset);
}

EXPORT void *mmap64(void *at, size_t size, int access, int flags, int descriptor, off64_t offset)
{
        return mmap(at, size, access, flags, descriptor, offset);
}

#define FCNTL_LIKE(NAME)                                                  \
        EXPORT int NAME(int descriptor, int command, ...);                \
        EXPORT int NAME(int descriptor, int command, ...)                 \
        {                                                                 \
                va_list args;                                             \
                va_start(args, command);                                  \
                void *argument = va_arg(args, void *);                    \
                va_end(args);                                             \
                if ((command == F_DUPFD || command == F_DUPFD_CLOEXEC) && watched(descriptor)) \
                        die(#NAME, watched(descriptor));                  \
                return (int)syscall(SYS_fcntl, descriptor, command, argument); \
        }
FCNTL_LIKE(fcntl)
FCNTL_LIKE(fcntl64)

static FILE *stream(const char *path, const char *mode, const char *symbol)
{
        char whole[4096];
        if (strpbrk(mode, "wa+") && path_of(AT_FDCWD, path, whole))
                die("a stream", path);
        FILE *(*next)(const char *, const char *) = (FILE *(*)(const char *, const char *))dlsym(RTLD_NEXT, symbol);
        return next(path, mode);
}
EXPORT FILE *fopen(const char *path, const char *mode) { return stream(path, mode, "fopen"); }
EXPORT FILE *fopen64(const char *path, const char *mode) { return stream(path, mode, "fopen64"); }

/* ---- the wall clock ---- */

static int (*real_clock)(clockid_t, struct timespec *);

__attribute__((constructor(103))) static void clock_find(void)
{
        real_clock = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
}

EXPORT int clock_gettime(clockid_t which, struct timespec *now)
{
        int answer = real_clock ? real_clock(which, now) : (int)syscall(SYS_clock_gettime, which, now);
        int64_t ahead = shim_control()->clock;
        if (answer == 0 && ahead && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) {
                now->tv_sec += ahead / 1000;
                now->tv_nsec += ahead % 1000 * 1000000;
                if (now->tv_nsec < 0 || now->tv_nsec >= 1000000000) {
                        now->tv_sec += now->tv_nsec < 0 ? -1 : 1;
                        now->tv_nsec += now->tv_nsec < 0 ? 1000000000 : -1000000000;
                }
        }
        return answer;
}
EXPORT time_t time(time_t *ret_now)
{
        struct timespec now;
        (void)clock_gettime(CLOCK_REALTIME, &now);
        if (ret_now)
                *ret_now = now.tv_sec;
        return now.tv_sec;
}
EXPORT int gettimeofday(struct timeval *restrict ret_now, void *restrict zone)
{
        struct timespec now;
        (void)zone;
        (void)clock_gettime(CLOCK_REALTIME, &now);
        *ret_now = (struct timeval){ now.tv_sec, now.tv_nsec / 1000 };
        return 0;
}
