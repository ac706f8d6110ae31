/* Reading the spool, and letting go of what was released. */
#include "base/clock.h"
#include "spool_private.h"
#include <fcntl.h>
#include <unistd.h>

/* The first segment that may hold the place or what follows it; NULL: there is none. */
static struct segment *segment_at(struct spool_log *log, const struct spool_place *place)
{
        for (size_t i = 0; i < log->count; i++)
                if (log->segments[i].number >= place->segment)
                        return &log->segments[i];
        return NULL;
}

static bool reader_open(struct spool_log *log, const struct segment *segment, struct error *err)
{
        if (log->reading >= 0 && log->reader.number == segment->number) {
                log->reader.end = segment->end;    /* it may have grown */
                return true;
        }
        char name[SEGMENT_NAME];
        if (log->reading >= 0)
                (void)close(log->reading);
        if (log->reader.window.data)
                segment_reader_done(&log->reader);
        segment_name(segment->number, name);
        log->reading = openat(log->folder, name, O_RDONLY | O_CLOEXEC);
        segment_reader_init(&log->reader, log->reading, segment->number, segment->end);
        return log->reading >= 0 || error_set(err, "%s/%s: cannot be opened: %m", log->path, name);
}

/* An error may pass, as that of a disk that is far away does: records are passed over only when it has lasted. */
static bool refusal_lasts(struct spool_log *log, uint64_t failures, uint64_t offset)
{
        int64_t now = clock_steady();
        if (log->reader.failures == failures) {
                log->refused_since = 0;
                return true;
        }
        if (!log->refused_since) {
                log->refused_since = now;
                (void)errors_add(&log->notes, "spool: the disk does not give segment %016llx at byte %llu; asking again for %d s",
                                 (unsigned long long)log->reader.number, (unsigned long long)offset, REFUSAL_MS / 1000);
        }
        return now - log->refused_since >= REFUSAL_MS;
}

/* The next record of one segment; false at its end, or with an error. */
static bool read_segment(struct spool_log *log, struct spool_place *place, struct spool_record *ret_record, uint64_t *ret_offset,
                         struct error *err)
{
        struct slice payload;
        for (;;) {
                uint64_t before = place->offset;
                if (before >= log->reader.end)
                        return false;
                uint64_t failures = log->reader.failures, unreadable = log->reader.unreadable;
                enum frame_found found = segment_next(&log->reader, &place->offset, ret_offset, &payload, err);
                if (!refusal_lasts(log, failures, before)) {
                        segment_reader_forget(&log->reader);
                        log->reader.unreadable = unreadable;
                        place->offset = before;
                        return error_set(err, "%s: the disk does not give a record", log->path);
                }
                struct segment *segment = segment_at(log, place);
                if (segment)
                        segment->unreadable |= log->reader.unreadable > 0;
                if (found == FRAME_ERROR)
                        return false;
                if (found == FRAME_NONE)
                        place->offset = *ret_offset = log->reader.end;
                if (found != FRAME_FOUND)          /* whole when the log was opened: the disk has lost it since */
                        segment_set_aside(log, log->reading, place->segment, (uint64_t[]){ before, *ret_offset }, false);
                if (found == FRAME_NONE)
                        return false;
                if (spool_record_read(payload, ret_record, log->headers))
                        return true;
        }
}

bool spool_log_read(struct spool_log *log, struct spool_place *place, struct spool_record *ret_record,
                    struct spool_place *ret_place, struct error *err)
{
        err->text[0] = '\0';
        for (const struct segment *segment; (segment = segment_at(log, place)); ) {
                uint64_t offset;
                if (segment->unseen)
                        return false;
                if (segment->number > place->segment || place->offset < SEGMENT_HEAD)
                        *place = (struct spool_place){ segment->number, SEGMENT_HEAD };
                if (!reader_open(log, segment, err))
                        return false;
                if (read_segment(log, place, ret_record, &offset, err)) {
                        if (ret_place)
                                *ret_place = (struct spool_place){ segment->number, offset };
                        return true;
                }
                if (err->text[0] || segment == segment_last(log))
                        return false;
                *place = (struct spool_place){ segment->number + 1, 0 };
        }
        return false;
}

void spool_log_set_oldest(struct spool_log *log, int64_t received) { log->oldest = received; }

static void position_write(struct spool_log *log)
{
        char text[POSITION_SIZE + 1];
        position_print(log->begin.segment, log->begin.offset, text);
        if (log->position >= 0 && pwrite(log->position, text, POSITION_SIZE, 0) != POSITION_SIZE)
                (void)errors_add(&log->notes, "spool: cannot write down what was released: %m");
}

void spool_log_release(struct spool_log *log, struct spool_place place, uint64_t records, uint64_t bytes)
{
        log->stock.records -= records < log->stock.records ? records : log->stock.records;
        log->stock.bytes -= bytes < log->stock.bytes ? bytes : log->stock.bytes;
        log->begin = place;
        while (log->count > 0) {
                const struct segment *first = &log->segments[0];
                bool done = first->number < place.segment || (first->number == place.segment && place.offset >= first->end);
                if (!done || (log->file >= 0 && log->count == 1))
                        break;     /* the one that is written to stays */
                segment_drop(log, 0);
        }
        position_write(log);
}
