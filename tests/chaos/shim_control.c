#include "shim_control.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct shim_control none, *control = &none;

/* By plain system calls: open() and close() are the shim's own. */
__attribute__((constructor(101))) static void control_open(void)
{
        const char *path = getenv("SHIM_CONTROL");
        if (!path)
                return;
        int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
        void *memory = file < 0 ? MAP_FAILED : (void *)syscall(SYS_mmap, NULL, sizeof(none), PROT_READ | PROT_WRITE, MAP_SHARED,
                                                               file, 0);
        if (memory == MAP_FAILED)
                abort();
        control = memory;
        (void)syscall(SYS_close, file);
}

struct shim_control *shim_control(void) { return control; }
