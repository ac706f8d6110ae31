/* What the control groups (version 2) of this process allow it: its own and all above it, each of which may be tighter. */
#ifndef SERVER_CONTROL_GROUP_H
#define SERVER_CONTROL_GROUP_H
#include "base/base.h"

/* The least of what their files of that name say ("cpu.max", "memory.max"). `limit_of` understands the first line of one, and
 * answers UINT64_MAX where it sets no limit. UINT64_MAX: none does. `root` stands before "/proc" and "/sys": "" but in tests. */
uint64_t control_group_least(const char *root, const char *name, uint64_t (*limit_of)(const char *line));
/* The limit_of() of "cpu.max": whole CPUs, rounded up. */
uint64_t control_group_cpus(const char *line);
/* Of "memory.max": bytes. */
uint64_t control_group_bytes(const char *line);
#endif
