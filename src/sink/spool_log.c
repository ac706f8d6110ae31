#include "spool_private.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

bool segments_reserve(struct spool_log *log)
{
        if ((log->count & (log->count - 1)) != 0)
                return true;
        void *grown = realloc(log->segments, (log->count ? 2 * log->count : 1) * sizeof(*log->segments));
        if (!grown)
                return false;
        log->segments = grown;
        return true;
}

void segment_add(struct spool_log *log, const struct segment *segment)
{
        if (!segments_reserve(log))
                memory_end();
        log->segments[log->count++] = *segment;
        log->stock.size += segment->size;
        log->stock.segments++;
}

/* What a disk does not give today it may give tomorrow, or to somebody with the right tools. */
static bool file_keep(struct spool_log *log, const char *name)
{
        char kept[SEGMENT_NAME + 16];
        (void)snprintf(kept, sizeof(kept), "damaged/%s", name);
        (void)mkdirat(log->folder, "damaged", 0750);
        return renameat(log->folder, name, log->folder, kept) == 0;
}

void segment_seen(struct spool_log *log, struct segment *segment)
{
        if (!segment->unseen)
                return;
        segment->unseen = false;
        log->stock.unseen_segments--;
        log->stock.unseen -= segment->size;
}

void segment_drop(struct spool_log *log, size_t index)
{
        char name[SEGMENT_NAME];
        segment_seen(log, &log->segments[index]);
        segment_name(log->segments[index].number, name);
        if (log->reading >= 0 && log->reader.number == log->segments[index].number) {
                (void)close(log->reading);
                log->reading = -1;
        }
        if (!(log->segments[index].unreadable ? file_keep(log, name) : unlinkat(log->folder, name, 0) == 0) && errno != ENOENT)
                (void)errors_add(&log->notes, "spool: cannot remove %s: %m", name);
        log->stock.size -= log->segments[index].size;
        log->stock.segments--;
        memmove(&log->segments[index], &log->segments[index + 1], (log->count - index - 1) * sizeof(*log->segments));
        log->count--;
}

/* ---- what is no record ---- */

static bool copy_aside(struct spool_log *log, const char *folder, int from, uint64_t number, const uint64_t range[static 2])
{
        char name[64];
        uint64_t start = range[0], end = range[1];
        (void)snprintf(name, sizeof(name), "%s/%016llx-%llu", folder, (unsigned long long)number, (unsigned long long)start);
        (void)mkdirat(log->folder, folder, 0750);
        int to = openat(log->folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
        if (to < 0)
                return false;
        struct segment_reader reader;
        struct slice bytes;
        bool good = true;
        segment_reader_init(&reader, from, number, end);
        while (good && start < end && (good = segment_bytes(&reader, start, &bytes))) {
                good = write(to, bytes.data, bytes.size) == (ssize_t)bytes.size;
                start += bytes.size;
        }
        segment_reader_done(&reader);
        good = fsync(to) == 0 && good;
        (void)close(to);
        /* Its name, too, and that of the folder: what it was copied from goes soon. */
        int above = openat(log->folder, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        good = above >= 0 && fsync(above) == 0 && fsync(log->folder) == 0 && good;
        if (above >= 0)
                (void)close(above);
        return good;
}

void segment_set_aside(struct spool_log *log, int file, uint64_t number, const uint64_t range[static 2], bool torn)
{
        bool kept = copy_aside(log, "damaged", file, number, range);
        *(torn ? &log->stock.torn : &log->stock.damaged) += 1;
        (void)errors_add(&log->notes, "spool: segment %016llx is %s at byte %llu: %llu bytes are %s", (unsigned long long)number,
                         torn ? "torn" : "damaged", (unsigned long long)range[0], (unsigned long long)(range[1] - range[0]),
                         kept ? "set aside in the folder damaged" : "passed over, and could not be set aside");
}

bool spool_log_set_aside(struct spool_log *log, struct spool_place from, struct spool_place to, struct error *err)
{
        char name[SEGMENT_NAME];
        segment_name(from.segment, name);
        int file = openat(log->folder, name, O_RDONLY | O_CLOEXEC);
        bool good = file >= 0 && copy_aside(log, "refused", file, from.segment, (uint64_t[]){ from.offset, to.offset });
        if (!good)
                (void)error_set(err, "spool: cannot set aside a record of segment %s: %m", name);
        if (file >= 0)
                (void)close(file);
        return good;
}

/* ---- opening ---- */

/* What the disk says may pass, as with one that is far away; the caller asks again or not. */
static bool disk_error(struct spool_log *log, struct error *err, const char *name, const char *what)
{
        log->problem = errno;
        return error_set(err, "%s%s: cannot be %s: %s", log->path, name, what, strerror(log->problem));
}

/* Whether it is ours; what it holds is looked at later (spool_look.c). */
static bool segment_open(struct spool_log *log, uint64_t number, struct error *err)
{
        char name[SEGMENT_NAME + 1] = "/", head[SEGMENT_HEAD];
        struct stat stat;
        struct segment segment = { .number = number, .end = SEGMENT_HEAD, .unseen = true };
        struct error why;
        bool damaged, good = true;
        segment_name(number, name + 1);
        int file = openat(log->folder, name + 1, O_RDWR | O_CLOEXEC);
        if (file < 0 || fstat(file, &stat) < 0) {
                (void)disk_error(log, err, name, "opened");
                if (file >= 0)
                        (void)close(file);
                return false;
        }
        segment.size = (uint64_t)stat.st_size;
        /* A head that the disk does not give costs nothing: its number is in the name, too. */
        if (pread(file, head, SEGMENT_HEAD, 0) == SEGMENT_HEAD && !segment_head_read(head, number, &damaged, &why))
                good = error_set(err, "%s%s: %s", log->path, name, why.text);
        (void)close(file);
        if (!good)
                return false;
        segment_add(log, &segment);
        log->stock.unseen += segment.size;
        log->stock.unseen_segments++;
        return true;
}

static int by_number(const void *a, const void *b)
{
        uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
        return (x > y) - (x < y);
}

/* The numbers of the segments in the folder, in order; from malloc. */
static uint64_t *segments_list(struct spool_log *log, size_t *ret_count, struct error *err)
{
        uint64_t *numbers = NULL;
        int folder = openat(log->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *files = folder < 0 ? NULL : fdopendir(folder);
        *ret_count = 0;
        if (!files) {
                (void)disk_error(log, err, "", "listed");
                if (folder >= 0)
                        (void)close(folder);
                return NULL;
        }
        numbers = memory_get(sizeof(*numbers));
        for (const struct dirent *entry; errno = 0, (entry = readdir(files));) {
                uint64_t number = segment_number(entry->d_name);
                if (!number)
                        continue;
                numbers = memory_grow(numbers, (*ret_count + 1) * sizeof(*numbers));
                numbers[(*ret_count)++] = number;
        }
        if (errno) {
                (void)disk_error(log, err, "", "listed");
                free(numbers);
                numbers = NULL;
        }
        (void)closedir(files);
        if (!numbers)
                return NULL;
        qsort(numbers, *ret_count, sizeof(*numbers), by_number);
        return numbers;
}

/* A position that cannot be trusted releases nothing: what was delivered comes again, and nothing is lost. Its bytes go, durably:
 * new segments may begin at 1 again, and an old position that is whole again after a crash would call them released. For the same
 * reason one that the disk does not give is no damaged one: then the spool does not open. */
static bool position_read(struct spool_log *log, struct error *err)
{
        char text[POSITION_SIZE + 1] = "";
        log->position = openat(log->folder, "position", O_RDWR | O_CREAT | O_CLOEXEC, 0640);
        ssize_t got = log->position < 0 ? -1 : pread(log->position, text, sizeof(text), 0);
        if (got < 0)
                return disk_error(log, err, "/position", "read");
        if (got == 0 || (got == POSITION_SIZE && position_parse(text, &log->begin.segment, &log->begin.offset)))
                return true;
        (void)errors_add(&log->notes, "spool: the file position is damaged; every record that is there is sent again");
        if (ftruncate(log->position, 0) < 0 || fsync(log->position) < 0)
                return disk_error(log, err, "/position", "cleared, which is damaged");
        return true;
}

/* Durably: a number is not used twice, but what came back after a crash would be read as if it had not been cut off. */
static bool segments_cut(struct spool_log *log, const struct spool_place *end, struct error *err)
{
        while (log->count && segment_last(log)->number > end->segment)
                segment_drop(log, log->count - 1);
        struct segment *last = log->count ? segment_last(log) : NULL;
        if (last && last->number == end->segment && last->size > end->offset) {
                char name[SEGMENT_NAME];
                segment_name(last->number, name);
                int  file = openat(log->folder, name, O_RDWR | O_CLOEXEC);
                bool good = file >= 0 && ftruncate(file, (off_t)end->offset) == 0 && fsync(file) == 0;
                if (!good)
                        (void)disk_error(log, err, "", "cut");
                if (file >= 0)
                        (void)close(file);
                if (!good)
                        return false;
                log->stock.size -= last->size - end->offset;
                log->stock.unseen -= last->size - end->offset;
                last->size = end->offset;
        }
        return fsync(log->folder) == 0 || disk_error(log, err, "", "synced");
}

static bool segments_open(struct spool_log *log, struct error *err)
{
        size_t count;
        uint64_t *numbers = segments_list(log, &count, err);
        bool good = numbers != NULL && position_read(log, err);
        log->next_number = log->begin.segment + 1;
        for (size_t i = 0; good && i < count; i++) {
                good = segment_open(log, numbers[i], err);
                if (numbers[i] >= log->next_number)
                        log->next_number = numbers[i] + 1;
        }
        free(numbers);
        good = good && (!log->limits.end || segments_cut(log, log->limits.end, err));
        log->limits.end = NULL;            /* borrowed for the call */
        while (good && !log->limits.later && log->stock.unseen_segments)
                good = spool_log_look(log, err) != SPOOL_LOOK_REFUSED;
        return good;
}

/* The folder's own name is durable, or a power cut takes the folder with everything in it. Who has made it before us, and does
 * not let us read the one above, has seen to that. */
static bool folder_sync(struct spool_log *log, bool made, struct error *err)
{
        int above = openat(log->folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        bool good = above >= 0 ? fsync(above) == 0 : !made && errno == EACCES;
        if (!good)
                (void)disk_error(log, err, "/..", "synced");
        if (above >= 0)
                (void)close(above);
        return good;
}

struct spool_log *spool_log_open(const char *folder, const struct spool_limits *limits, struct error *err)
{
        struct spool_log *log = memory_get(sizeof(*log));
        log->path = slice_copy(slice_of(folder));
        log->limits = *limits;
        log->file = log->reading = log->position = log->look.file = -1;
        buffer_init(&log->pending, PENDING_MAX);
        bool fresh = mkdir(folder, 0750) == 0, made = fresh || errno == EEXIST;
        log->folder = made ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
        bool good = log->folder >= 0 || disk_error(log, err, "", made ? "opened" : "made");
        if (good && flock(log->folder, LOCK_EX | LOCK_NB) < 0)
                good = errno == EWOULDBLOCK ? error_set(err, "%s: another process uses this spool", folder)
                                            : error_set(err, "%s: cannot be locked: %m", folder);
        if (good && folder_sync(log, fresh, err) && segments_open(log, err))
                return log;
        int problem = log->problem;
        spool_log_close(log);
        errno = problem;
        return NULL;
}

void spool_log_close(struct spool_log *log)
{
        if (!log)
                return;
        if (log->file >= 0 && log->stock.records == 0 && log->pending.size == 0)
                segment_drop(log, log->count - 1);
        else if (log->file >= 0 && ftruncate(log->file, (off_t)segment_last(log)->end) < 0)
                (void)errors_add(&log->notes, "spool: cannot cut a segment: %m");
        int files[] = { log->file, log->reading, log->position, log->folder };
        for (size_t i = 0; i < COUNT_OF(files); i++)
                if (files[i] >= 0)
                        (void)close(files[i]);
        if (log->reader.window.data)
                segment_reader_done(&log->reader);
        look_close(log);
        buffer_done(&log->pending);
        errors_done(&log->notes);
        free(log->segments);
        free(log->path);
        free(log);
}

void spool_log_take_notes(struct spool_log *log, struct errors *ret_notes)
{
        *ret_notes = log->notes;
        log->notes = (struct errors){ 0 };
}

struct spool_place spool_log_end(const struct spool_log *log)
{
        if (log->count == 0)
                return log->begin;
        const struct segment *last = &log->segments[log->count - 1];
        return (struct spool_place){ last->number, last->end };
}

void spool_log_set_size(struct spool_log *log, uint64_t size) { log->limits.size = size; }

struct spool_place spool_log_begin(const struct spool_log *log) { return log->begin; }

void spool_log_stock(const struct spool_log *log, struct spool_stock *ret_stock)
{
        *ret_stock = log->stock;
        ret_stock->oldest = log->stock.records ? log->oldest : 0;
}
