#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Up to `room` bytes; -1 and errno. */
static ssize_t read_all(int file, char *text, size_t room)
{
        size_t size = 0;
        while (size < room) {
                ssize_t got = read(file, text + size, room - size);
                if (got < 0 && errno == EINTR)
                        continue;
                if (got < 0)
                        return -1;
                if (got == 0)
                        break;
                size += (size_t)got;
        }
        return (ssize_t)size;
}

static char *content_read(int file, const char *path, size_t limit, size_t *ret_size, struct error *err)
{
        struct stat facts;
        if (fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode)) {
                (void)error_set(err, "%s: not a file", path);
                return NULL;
        }
        if ((uint64_t)facts.st_size > limit) {
                (void)error_set(err, "%s: %lld bytes; at most %zu are read", path, (long long)facts.st_size, limit);
                return NULL;
        }
        char *text = malloc((size_t)facts.st_size + READABLE_PADDING);
        if (!text) {
                (void)error_set(err, "%s: no memory for %lld bytes", path, (long long)facts.st_size);
                return NULL;
        }
        ssize_t size = read_all(file, text, (size_t)facts.st_size);
        if (size < 0) {
                (void)error_set(err, "%s: cannot be read: %m", path);
                free(text);
                return NULL;
        }
        memset(text + size, 0, (size_t)facts.st_size - (size_t)size + READABLE_PADDING);
        *ret_size = (size_t)size;
        return text;
}

char *file_read(const char *path, size_t limit, size_t *ret_size, struct error *err)
{
        /* Not blocking: a pipe of that name must not hold the start up. */
        int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (file < 0) {
                (void)error_set(err, "%s: cannot be opened: %m", path);
                return NULL;
        }
        char *text = content_read(file, path, limit, ret_size, err);
        (void)close(file);
        return text;
}
