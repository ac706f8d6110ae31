/* Looking at what an earlier run has left: counting its records, and finding where each file ends. */
#include "base/clock.h"
#include "spool_private.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define LOOK_MOST ((uint64_t)4 << 20)      /* bytes a call: events wait meanwhile */

static bool all_zero(const char *bytes, size_t size)
{
        return size == 0 || (*bytes == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

/* Whether there is nothing but zeros from `start` to `end`. What cannot be read is not nothing. */
static bool is_empty(int file, uint64_t start, uint64_t end)
{
        char *bytes = memory_get(65536);
        bool  empty = true;
        while (empty && start < end) {
                ssize_t got = pread(file, bytes, end - start < 65536 ? (size_t)(end - start) : 65536, (off_t)start);
                empty = got > 0 && all_zero(bytes, (size_t)got);
                start += got > 0 ? (uint64_t)got : 0;
        }
        free(bytes);
        return empty;
}

/* The first that was not looked at; NULL: there is none. */
static struct segment *segment_unseen(struct spool_log *log)
{
        for (size_t i = 0; i < log->count; i++)
                if (log->segments[i].unseen)
                        return &log->segments[i];
        return NULL;
}

void look_close(struct spool_log *log)
{
        struct look *look = &log->look;
        if (look->file >= 0) {
                (void)close(look->file);
                segment_reader_done(&look->reader);
        }
        *look = (struct look){ .file = -1 };
}

/* Made, but never written to; or released, and back after a crash: such a segment goes at once. */
static enum spool_look look_begin(struct spool_log *log, struct segment *segment, struct error *err)
{
        struct look *look = &log->look;
        char name[SEGMENT_NAME], head[SEGMENT_HEAD];
        struct error why;
        segment_name(segment->number, name);
        int file = openat(log->folder, name, O_RDWR | O_CLOEXEC);
        if (file < 0 && errno != ENOENT) {
                (void)error_set(err, "%s/%s: cannot be opened: %m", log->path, name);
                return SPOOL_LOOK_REFUSED;
        }
        if (file < 0)
                (void)errors_add(&log->notes, "spool: segment %s was removed by somebody else", name);
        *look = (struct look){ .file = file };
        segment_reader_init(&look->reader, file, segment->number, segment->size);
        bool gone = file < 0 || segment->number < log->begin.segment;
        if (gone || segment->size < SEGMENT_HEAD || is_empty(file, 0, segment->size)) {
                look_close(log);
                segment_drop(log, (size_t)(segment - log->segments));
                return SPOOL_LOOK_MORE;
        }
        if (pread(file, head, SEGMENT_HEAD, 0) == SEGMENT_HEAD)
                (void)segment_head_read(head, segment->number, &look->headless, &why);
        if (look->headless)
                segment_set_aside(log, file, segment->number, (uint64_t[]){ 0, SEGMENT_HEAD }, false);
        bool first = segment->number == log->begin.segment && log->begin.offset > SEGMENT_HEAD;
        look->offset = look->behind = first ? log->begin.offset : SEGMENT_HEAD;
        return SPOOL_LOOK_MORE;
}

static void count(struct spool_log *log, const struct spool_record *record, size_t size)
{
        if (log->stock.records == 0 || (log->look.records == 0 && record->received < log->oldest))
                log->oldest = record->received;
        log->stock.records++;
        log->stock.bytes += size;
        log->look.records++;
        if (log->limits.seen)
                log->limits.seen(log->limits.owner, record);
}

/* An error may pass, as that of a disk that is far away does. Who opens the log as a whole does not wait for that. */
static bool refusal_lasts(struct spool_log *log, uint64_t failures)
{
        struct look *look = &log->look;
        int64_t now = clock_steady();
        if (!log->limits.later || look->reader.failures == failures) {
                look->refused_since = 0;
                return true;
        }
        if (!look->refused_since)
                look->refused_since = now;
        return now - look->refused_since >= REFUSAL_MS;
}

/* The next record; SPOOL_LOOK_DONE: there is none in this segment. */
static enum spool_look look_next(struct spool_log *log, struct error *err)
{
        struct look *look = &log->look;
        struct segment_reader *reader = &look->reader;
        uint64_t found_at, before = look->offset, failures = reader->failures, unreadable = reader->unreadable;
        struct slice payload;
        struct spool_record record;
        enum frame_found found = segment_next(reader, &look->offset, &found_at, &payload, err);
        if (found == FRAME_ERROR || !refusal_lasts(log, failures)) {
                if (found != FRAME_ERROR)
                        (void)error_set(err, "%s: the disk does not give segment %016llx at byte %llu", log->path,
                                        (unsigned long long)reader->number, (unsigned long long)before);
                segment_reader_forget(reader);
                reader->unreadable = unreadable;
                look->offset = before;
                return SPOOL_LOOK_REFUSED;
        }
        if (found == FRAME_NONE)
                return SPOOL_LOOK_DONE;
        if (found == FRAME_DAMAGED)
                segment_set_aside(log, look->file, reader->number, (uint64_t[]){ look->behind, found_at }, false);
        if (spool_record_read(payload, &record, log->headers))
                count(log, &record, payload.size);
        else
                segment_set_aside(log, look->file, reader->number, (uint64_t[]){ found_at, look->offset }, false);
        look->behind = look->offset;
        return SPOOL_LOOK_MORE;
}

/* Behind its last record: what is there is torn, or nothing. */
static void look_settle(struct spool_log *log, struct segment *segment)
{
        struct look *look = &log->look;
        segment_seen(log, segment);
        segment->unreadable = look->reader.unreadable > 0;
        segment->end = look->behind < segment->size ? look->behind : segment->size;
        if (segment->unreadable)
                (void)errors_add(&log->notes, "spool: the disk does not give all of segment %016llx; its file is kept in the "
                                 "folder damaged when the rest of it is delivered", (unsigned long long)segment->number);
        if (!is_empty(look->file, segment->end, segment->size))
                segment_set_aside(log, look->file, segment->number, (uint64_t[]){ segment->end, segment->size }, true);
        if (!segment->unreadable && segment->end < segment->size && ftruncate(look->file, (off_t)segment->end) == 0) {
                log->stock.size -= segment->size - segment->end;
                segment->size = segment->end;
        }
        if (log->limits.progress)
                log->limits.progress(log->limits.context, segment->end);
        bool worthless = look->records == 0;
        look_close(log);
        if (worthless)
                segment_drop(log, (size_t)(segment - log->segments));
}

enum spool_look spool_log_look(struct spool_log *log, struct error *err)
{
        struct segment *segment = segment_unseen(log);
        if (!segment)
                return SPOOL_LOOK_DONE;
        if (log->look.file < 0)
                return look_begin(log, segment, err);
        uint64_t stop = log->look.offset + LOOK_MOST, damaged = log->stock.damaged;
        enum spool_look answer = SPOOL_LOOK_MORE;
        /* What is set aside is synced, which takes longer than reading. */
        while (answer == SPOOL_LOOK_MORE && log->look.offset < stop && log->stock.damaged == damaged)
                answer = look_next(log, err);
        if (answer != SPOOL_LOOK_DONE)
                return answer;
        look_settle(log, segment);
        return SPOOL_LOOK_MORE;
}
