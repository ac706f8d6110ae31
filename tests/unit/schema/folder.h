/* A folder of its own for a test: files are written by their path in it, and all is removed at the end. */
#ifndef TEST_FOLDER_H
#define TEST_FOLDER_H
#include "base/base.h"
#include <errno.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
        char path[256];
};

static inline void folder_init(struct folder *folder)
{
        (void)snprintf(folder->path, sizeof(folder->path), "%s/millrace-test-XXXXXX",
                       getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
        BUG_IF(!mkdtemp(folder->path));
}
static inline void folder_write(const struct folder *folder, const char *name, const char *text)
{
        char path[1024];
        (void)snprintf(path, sizeof(path), "%s/%s", folder->path, name);
        for (char *slash = path + strlen(folder->path) + 1; (slash = strchr(slash, '/')); slash++) {
                *slash = 0;
                BUG_IF(mkdir(path, 0700) != 0 && errno != EEXIST);
                *slash = '/';
        }
        FILE *file = fopen(path, "we");
        BUG_IF(!file || fputs(text, file) < 0 || fclose(file) != 0);
}
static inline int folder_remove_one(const char *path, const struct stat *stat_of, int kind, struct FTW *place)
{
        (void)stat_of, (void)kind, (void)place;
        return remove(path);
}
static inline void folder_done(const struct folder *folder)
{
        BUG_IF(nftw(folder->path, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0);
}
#endif
