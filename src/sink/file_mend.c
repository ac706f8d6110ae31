#include "file_mend.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define PIECE 65536

struct tally {
        uint64_t lines;                    /* whole ones */
        off_t    end, size;                /* behind the last whole line; of the file */
};

static bool tally_take(int file, char *piece, struct tally *ret_tally)
{
        struct tally tally = { 0 };
        for (;;) {
                ssize_t got = pread(file, piece, PIECE, tally.size);
                if (got < 0 && errno == EINTR)
                        continue;
                if (got <= 0) {
                        *ret_tally = tally;
                        return got == 0;
                }
                for (const char *at = piece, *end = piece + got; (at = memchr(at, '\n', (size_t)(end - at))); at++) {
                        tally.lines++;
                        tally.end = tally.size + (at + 1 - piece);
                }
                tally.size += got;
        }
}

/* Opened and without a torn line; -1 when it cannot be had, with ENOENT when there is none. */
static int whole_open(int folder, const char *topic, const char *suffix, struct tally *ret_tally)
{
        char name[300], *piece;
        (void)snprintf(name, sizeof(name), "%s%s", topic, suffix);
        int file = openat(folder, name, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
        if (file < 0)
                return -1;
        piece = memory_get(PIECE);
        bool good = tally_take(file, piece, ret_tally);
        if (good && ret_tally->end < ret_tally->size)
                good = ftruncate(file, ret_tally->end) == 0;
        free(piece);
        if (good)
                return file;
        int why = errno;
        (void)close(file);
        errno = why;
        return -1;
}

static bool lines_add(int file, uint64_t count)
{
        static const char LINE[] = "{\"headers\":{}}\n";
        while (count-- > 0)
                if (write(file, LINE, sizeof(LINE) - 1) != (ssize_t)sizeof(LINE) - 1)
                        return false;
        return true;
}

bool file_mend(int folder, const char *topic)
{
        struct tally values = { 0 }, metas = { 0 };
        int one = whole_open(folder, topic, FILE_VALUES, &values);
        bool good = one >= 0 || errno == ENOENT;
        int two = good ? whole_open(folder, topic, FILE_METAS, &metas) : -1;
        if (good && two < 0)
                good = errno == ENOENT;
        else if (good && one >= 0 && metas.lines < values.lines)
                good = lines_add(two, values.lines - metas.lines);
        int why = errno;
        if (one >= 0)
                (void)close(one);
        if (two >= 0)
                (void)close(two);
        errno = why;
        return good;
}
