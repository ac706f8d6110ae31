/* The process as the kernel sees it (proc(5)), for the metrics that every exporter has. */
#include "metrics/worker.h"
#include <dirent.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* The whole of a small file in /proc, NUL-terminated; false: it cannot be read. */
static bool file_take(const char *path, char *text, size_t size)
{
        FILE *file = fopen(path, "re");
        if (!file)
                return false;
        size_t got = fread(text, 1, size - 1, file);
        text[got] = '\0';
        (void)fclose(file);
        return got > 0;
}

static int64_t descriptors_count(void)
{
        DIR *folder = opendir("/proc/self/fd");
        if (!folder)
                return -1;
        int64_t count = -1;        /* the folder's own */
        for (const struct dirent *entry; (entry = readdir(folder));)
                count += entry->d_name[0] != '.';
        (void)closedir(folder);
        return count;
}

/* Seconds since 1970 at which the machine started; -1: unknown. */
static double boot_time(void)
{
        struct timespec wall, up;
        if (clock_gettime(CLOCK_REALTIME, &wall) || clock_gettime(CLOCK_BOOTTIME, &up))
                return -1;
        return (double)(wall.tv_sec - up.tv_sec) + (double)(wall.tv_nsec - up.tv_nsec) / 1e9;
}

void process_look(struct process *ret_process)
{
        struct process process = { .cpu = -1, .started = -1, .resident = -1, .virtual = -1, .open_fds = descriptors_count(), .max_fds = -1 };
        char text[4096];
        unsigned long user, system, size;
        unsigned long long start;
        long pages;
        double tick = (double)sysconf(_SC_CLK_TCK), boot = boot_time();
        /* The second field is the program's name in parentheses and may hold anything. */
        const char *rest = file_take("/proc/self/stat", text, sizeof(text)) ? strrchr(text, ')') : NULL;
        if (rest && sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d %*d %llu %lu %ld",
                           &user, &system, &start, &size, &pages) == 5) {
                process.cpu = (double)(user + system) / tick;
                process.started = boot < 0 ? -1 : boot + (double)start / tick;
                process.virtual = (int64_t)size;
                process.resident = pages * sysconf(_SC_PAGESIZE);
        }
        struct rlimit limit;
        if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
                process.max_fds = limit.rlim_cur == RLIM_INFINITY ? INT64_MAX : (int64_t)limit.rlim_cur;
        *ret_process = process;
}
