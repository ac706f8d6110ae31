/* Preloaded: the kernel takes no filter of system calls, and takes its time to say so: whoever could be answered before is. */
#include <errno.h>
#include <time.h>

int seccomp_load(const void *filter);
int seccomp_load(const void *filter)
{
        (void)filter;
        (void)nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
        return -EFAULT;
}
