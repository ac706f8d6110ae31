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

/* Fields of /proc/self/stat, counted from 1 as in proc(5). */
enum { STAT_STATE = 3, STAT_USER = 14, STAT_SYSTEM = 15, STAT_START = 22, STAT_SIZE = 23, STAT_PAGES = 24, STAT_COUNT };

/* The numbers behind the program's name, which stands in parentheses and may hold anything. False: not as the manual says. */
static bool stat_read(unsigned long long field[STAT_COUNT])
{
        char text[4096];
        const char *at = file_take("/proc/self/stat", text, sizeof(text)) ? strrchr(text, ')') : NULL;
        if (!at || strlen(at) < 4)
                return false;
        at += strlen(") S");
        for (int i = STAT_STATE + 1; i < STAT_COUNT; i++) {
                char *end;
                field[i] = strtoull(at, &end, 10);
                if (end == at)
                        return false;
                at = end;
        }
        return true;
}

void process_look(struct process *ret_process)
{
        struct process process = { .cpu = -1, .started = -1, .resident = -1, .virtual = -1, .max_fds = -1 };
        unsigned long long field[STAT_COUNT];
        double tick = (double)sysconf(_SC_CLK_TCK), boot = boot_time();
        process.open_fds = descriptors_count();
        if (stat_read(field)) {
                process.cpu = (double)(field[STAT_USER] + field[STAT_SYSTEM]) / tick;
                process.started = boot < 0 ? -1 : boot + (double)field[STAT_START] / tick;
                process.virtual = (int64_t)field[STAT_SIZE];
                process.resident = (int64_t)field[STAT_PAGES] * sysconf(_SC_PAGESIZE);
        }
        struct rlimit limit;
        if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
                process.max_fds = limit.rlim_cur == RLIM_INFINITY ? INT64_MAX : (int64_t)limit.rlim_cur;
        *ret_process = process;
}
