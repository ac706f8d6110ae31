/* cgroups(7): "0::/a/b" in /proc/self/cgroup is the group, /sys/fs/cgroup/a/b its folder. */
#include "server/control_group.h"
#include <limits.h>

/* "150000 100000", or "max 100000": the quota and its period. */
uint64_t control_group_cpus(const char *line)
{
        char *end;
        long long quota = strtoll(line, &end, 10), period = end > line ? strtoll(end, NULL, 10) : 0;
        return quota > 0 && period > 0 ? (uint64_t)((quota + period - 1) / period) : UINT64_MAX;
}

/* "1073741824", or "max". */
uint64_t control_group_bytes(const char *line)
{
        char *end;
        unsigned long long bytes = strtoull(line, &end, 10);
        return end > line ? bytes : UINT64_MAX;
}

static uint64_t limit_in(const char *file, uint64_t (*limit_of)(const char *line))
{
        char line[128] = "";
        FILE *in = fopen(file, "re");
        bool read = in && fgets(line, sizeof(line), in);
        if (in)
                (void)fclose(in);
        return read ? limit_of(line) : UINT64_MAX;
}

uint64_t control_group_least(const char *root, const char *name, uint64_t (*limit_of)(const char *line))
{
        char line[1024], path[PATH_MAX];
        uint64_t least = UINT64_MAX;
        (void)snprintf(path, sizeof(path), "%s/proc/self/cgroup", root);
        FILE *in = fopen(path, "re");
        while (in && fgets(line, sizeof(line), in)) {
                if (strncmp(line, "0::", 3) != 0)
                        continue;
                line[strcspn(line, "\n")] = '\0';
                char *group = line + 3, *slash;
                do {
                        (void)snprintf(path, sizeof(path), "%s/sys/fs/cgroup%s/%s", root, group, name);
                        uint64_t limit = limit_in(path, limit_of);
                        least = limit < least ? limit : least;
                        slash = strrchr(group, '/');
                        if (slash)
                                *slash = '\0';
                } while (slash);
        }
        if (in)
                (void)fclose(in);
        return least;
}
