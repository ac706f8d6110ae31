#include "server/watch.h"
#include <sys/stat.h>

/* What tells one state of a file from another; all-zero: there is no file. */
struct mark {
        dev_t device;
        ino_t inode;
        off_t size;
        int64_t seconds, nanoseconds;
};
struct watched {
        char *path;
        struct mark known, seen;   /* what a plan was made from, or failed with; at the last look */
        bool  changed;             /* by the last look */
};
struct watch {
        struct watched *files;
        size_t count;
};

struct watch *watch_new(void) { return memory_get(sizeof(struct watch)); }

static void files_free(struct watched *files, size_t count)
{
        for (size_t i = 0; i < count; i++)
                free(files[i].path);
        free(files);
}

void watch_free(struct watch *watch)
{
        if (!watch)
                return;
        files_free(watch->files, watch->count);
        free(watch);
}

static bool same(const struct mark *one, const struct mark *other)
{
        return one->device == other->device && one->inode == other->inode && one->size == other->size &&
               one->seconds == other->seconds && one->nanoseconds == other->nanoseconds;
}

/* `ret_touched`: ms since 1970 when anything about the file changed, its coming into place included. */
static struct mark mark_take(const char *path, int64_t *ret_touched)
{
        struct stat status;
        *ret_touched = 0;
        if (stat(path, &status) != 0)
                return (struct mark){ 0 };
        *ret_touched = (int64_t)status.st_ctim.tv_sec * 1000 + status.st_ctim.tv_nsec / 1000000;
        return (struct mark){ status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec };
}

/* Clocks of files go in steps, up to so far behind. */
#define STEP_MS 20

void watch_add(struct watch *watch, const char *path, int64_t loaded)
{
        int64_t touched;
        struct mark mark = mark_take(path, &touched);
        watch->files = memory_grow(watch->files, (watch->count + 1) * sizeof(*watch->files));
        watch->files[watch->count++] = (struct watched){
                .path = slice_copy(slice_of(path)),
                .known = touched + STEP_MS >= loaded ? (struct mark){ 0 } : mark,
                .seen = mark,
        };
}

void watch_set(struct watch *watch, const struct enrich_plan *plan, const struct tls *tls, int64_t loaded)
{
        const char *path;
        files_free(watch->files, watch->count);
        watch->files = NULL;
        watch->count = 0;
        for (size_t i = 0; (path = enrich_plan_watched(plan, i)); i++)
                watch_add(watch, path, loaded);
        for (size_t i = 0; tls && (path = tls_watched(tls, i)); i++)
                watch_add(watch, path, loaded);
}

bool watch_look(struct watch *watch)
{
        bool changed = false, moving = false;
        for (size_t i = 0; i < watch->count; i++) {
                struct watched *file = &watch->files[i];
                int64_t touched;
                struct mark mark = mark_take(file->path, &touched);
                file->changed = !same(&mark, &file->known);
                changed |= file->changed;
                moving |= !same(&mark, &file->seen);
                file->seen = mark;
        }
        if (!changed || moving)
                return false;
        for (size_t i = 0; i < watch->count; i++)
                watch->files[i].known = watch->files[i].seen;
        return true;
}

const char *watch_changed(const struct watch *watch, size_t i)
{
        for (size_t k = 0; k < watch->count; k++)
                if (watch->files[k].changed && i-- == 0)
                        return watch->files[k].path;
        return NULL;
}
