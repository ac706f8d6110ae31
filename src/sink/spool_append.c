/* Writing to the spool: records gather in memory until they are committed together. */
#include "base/clock.h"
#include "spool_private.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

static bool write_all(int file, const char *bytes, size_t size, uint64_t offset)
{
        while (size > 0) {
                ssize_t put = pwrite(file, bytes, size, (off_t)offset);
                if (put < 0 && errno == EINTR)
                        continue;
                if (put <= 0)
                        return false;
                bytes += put;
                size -= (size_t)put;
                offset += (uint64_t)put;
        }
        return true;
}

static void pending_clear(struct spool_log *log)
{
        buffer_clear(&log->pending);
        log->pending_records = log->pending_bytes = 0;
}

/* The segment gets no more records; what it does not need of its file goes back to the disk. */
static void segment_finish(struct spool_log *log)
{
        struct segment *segment = segment_last(log);
        if (ftruncate(log->file, (off_t)segment->end) == 0) {
                log->stock.size -= segment->size - segment->end;
                segment->size = segment->end;
        }
        (void)close(log->file);
        log->file = -1;
}

/* Room for one more segment, within the limits. */
static bool room_left(const struct spool_log *log)
{
        struct statvfs disk;
        if (log->stock.size + log->limits.segment > log->limits.size || fstatvfs(log->folder, &disk) < 0)
                return false;
        uint64_t free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
        return free_bytes >= log->limits.segment && free_bytes - log->limits.segment >= log->limits.reserve;
}

/* A new file, durable with its head and its room on the disk, before anything is written to it. */
static enum spool_answer segment_begin(struct spool_log *log, struct error *err)
{
        struct segment segment = { .number = log->next_number, .end = SEGMENT_HEAD, .size = log->limits.segment };
        char name[SEGMENT_NAME], head[SEGMENT_HEAD];
        if (!room_left(log)) {
                (void)error_set(err, "%s: the spool is full", log->path);
                return SPOOL_FULL;
        }
        if (!segments_reserve(log)) {
                (void)error_set(err, "%s: memory is out", log->path);
                return SPOOL_FULL;
        }
        segment_name(segment.number, name);
        segment_head_write(segment.number, clock_wall(), head);
        log->file = openat(log->folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
        int problem = log->file < 0 ? errno : posix_fallocate(log->file, 0, (off_t)segment.size);
        if (!problem && (!write_all(log->file, head, sizeof(head), 0) || fsync(log->file) < 0 || fsync(log->folder) < 0))
                problem = errno;
        if (!problem) {
                log->next_number++;
                segment_add(log, &segment);
                return SPOOL_TAKEN;
        }
        if (problem == EEXIST)
                log->next_number++;        /* a file that could not be removed: the next try takes another name */
        (void)error_set(err, "%s/%s: cannot be made: %s", log->path, name, strerror(problem));
        if (log->file >= 0) {
                (void)unlinkat(log->folder, name, 0);
                (void)close(log->file);
                log->file = -1;
        }
        return problem == ENOSPC || problem == EDQUOT ? SPOOL_FULL : SPOOL_FAILED;
}

enum spool_answer spool_log_append(struct spool_log *log, struct slice payload, struct error *err)
{
        size_t frame = frame_size(payload.size);
        if (frame > log->limits.segment - SEGMENT_HEAD || frame > PENDING_MAX)
                return SPOOL_TOO_LARGE;
        if (log->pending.size && log->pending.size + frame > PENDING_MOST && !spool_log_commit(log, err))
                return SPOOL_FAILED;
        if (log->file >= 0 && segment_last(log)->end + log->pending.size + frame > segment_last(log)->size) {
                if (!spool_log_commit(log, err))
                        return SPOOL_FAILED;
                segment_finish(log);
        }
        enum spool_answer answer = log->file >= 0 ? SPOOL_TAKEN : segment_begin(log, err);
        if (answer != SPOOL_TAKEN)
                return answer;
        uint64_t offset = segment_last(log)->end + log->pending.size;
        char *at = frame_open(&log->pending, payload.size);
        if (!at) {
                (void)error_set(err, "%s: memory is out", log->path);
                return SPOOL_FULL;
        }
        memcpy(at, payload.data, payload.size);
        frame_seal(at - FRAME_HEAD, segment_last(log)->number, offset, payload.size);
        if (log->pending_records++ == 0)
                log->pending_oldest = spool_record_received(payload);
        log->pending_bytes += payload.size;
        return SPOOL_TAKEN;
}

void spool_log_appended(const struct spool_log *log, size_t size, struct spool_place *ret_place, struct spool_place *ret_behind)
{
        const struct segment *last = &log->segments[log->count - 1];
        uint64_t behind = last->end + log->pending.size;
        *ret_place = (struct spool_place){ last->number, behind - frame_size(size) };
        *ret_behind = (struct spool_place){ last->number, behind };
}

bool spool_log_room(struct spool_log *log, struct error *err)
{
        return log->file >= 0 || segment_begin(log, err) == SPOOL_TAKEN;
}

bool spool_log_commit(struct spool_log *log, struct error *err)
{
        if (log->pending.size == 0)
                return true;
        struct segment *segment = segment_last(log);
        bool good = write_all(log->file, log->pending.data, log->pending.size, segment->end) && fdatasync(log->file) == 0;
        if (good) {
                segment->end += log->pending.size;
                if (log->stock.records == 0)
                        log->oldest = log->pending_oldest;
                log->stock.records += log->pending_records;
                log->stock.bytes += log->pending_bytes;
        } else {
                (void)error_set(err, "%s: cannot write to segment %016llx: %m", log->path, (unsigned long long)segment->number);
        }
        pending_clear(log);
        /* After a failed write nobody knows what the disk has of it: nothing is written to this file again. */
        if (!good)
                segment_finish(log);
        return good;
}
