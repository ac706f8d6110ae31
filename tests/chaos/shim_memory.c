/* Memory that runs out. Preloaded, it lets one allocation of the program fail, the one that the test names, and counts all of
 * them. Only calls from the program's own code count (told by where they return to): libraries have their own ideas of what to do
 * then, and librdkafka's is to abort. */
#include "shim_control.h"
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define CALLER ((uintptr_t)__builtin_return_address(0))

static void *(*real_malloc)(size_t), *(*real_calloc)(size_t, size_t), *(*real_realloc)(void *, size_t);
static void *(*real_aligned)(size_t, size_t);
static uintptr_t first, last, base;        /* the program's code, and where it was loaded to */

/* dlsym() allocates: until it has answered, pieces of this, which are never freed. */
static char   early[65536] __attribute__((aligned(16)));
static size_t early_used;

static void *early_get(size_t size)
{
        size = (size + 15) & ~(size_t)15;
        if (size > sizeof(early) - early_used)
                abort();
        early_used += size;
        return early + early_used - size;
}

static int program_find(struct dl_phdr_info *object, size_t size, void *context)
{
        (void)size;
        (void)context;
        base = object->dlpi_addr;
        for (int i = 0; i < object->dlpi_phnum; i++) {
                const ElfW(Phdr) *part = &object->dlpi_phdr[i];
                if (part->p_type == PT_LOAD && part->p_flags & PF_X) {
                        first = object->dlpi_addr + part->p_vaddr;
                        last = first + part->p_memsz;
                }
        }
        return 1;                          /* the first object is the program */
}

/* At the first call, which is one of a library that begins before this one: no other thread is there yet. */
static void begin(void)
{
        static bool begun;
        if (begun)
                return;
        begun = true;
        void *(*found)(size_t) = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
        real_calloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
        real_realloc = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
        real_aligned = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "aligned_alloc");
        real_malloc = found;
        (void)dl_iterate_phdr(program_find, NULL);
}

static bool fails(uintptr_t caller)
{
        struct shim_control *control = shim_control();
        if (caller < first || caller >= last)
                return false;
        __atomic_fetch_add(&control->allocations, 1, __ATOMIC_RELAXED);
        int64_t left = __atomic_load_n(&control->allocation, __ATOMIC_RELAXED);
        do {
                if (left <= 0)
                        return false;
        } while (!__atomic_compare_exchange_n(&control->allocation, &left, left > 1 || !control->forever ? left - 1 : 1, false,
                                              __ATOMIC_RELAXED, __ATOMIC_RELAXED));
        if (left != 1)
                return false;
        control->where = caller - base;
        __atomic_fetch_add(&control->failed, 1, __ATOMIC_RELAXED);
        errno = ENOMEM;
        return true;
}

EXPORT void *malloc(size_t size)
{
        begin();
        if (!real_malloc)
                return early_get(size);
        return fails(CALLER) ? NULL : real_malloc(size);
}
EXPORT void *calloc(size_t count, size_t size)
{
        begin();
        if (!real_calloc || !real_malloc)
                return early_get(count * size);
        return fails(CALLER) ? NULL : real_calloc(count, size);
}
EXPORT void *realloc(void *old, size_t size)
{
        if ((char *)old >= early && (char *)old < early + sizeof(early)) {
                void *fresh = real_malloc ? real_malloc(size) : early_get(size);
                size_t most = (size_t)(early + sizeof(early) - (char *)old);
                return fresh ? memcpy(fresh, old, size < most ? size : most) : NULL;
        }
        begin();
        if (!real_realloc)
                return early_get(size);
        return fails(CALLER) ? NULL : real_realloc(old, size);
}
EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
        begin();
        if (!real_aligned)
                return early_get(size);
        return fails(CALLER) ? NULL : real_aligned(alignment, size);
}
EXPORT void free(void *memory)
{
        static void (*real_free)(void *);
        if ((char *)memory >= early && (char *)memory < early + sizeof(early))
                return;
        if (!real_free)
                real_free = (void (*)(void *))dlsym(RTLD_NEXT, "free");
        real_free(memory);
}
