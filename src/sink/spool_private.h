/* Inside the spool: what the files of the log share. */
#ifndef SINK_SPOOL_PRIVATE_H
#define SINK_SPOOL_PRIVATE_H
#include "sink/spool_log.h"
#include "spool_segment.h"

#define PENDING_MOST ((size_t)64 << 20)    /* bytes that wait for a commit; then one is made */
#define PENDING_MAX  ((size_t)1 << 30)     /* the largest frame */

struct segment {
        uint64_t number, end, size;        /* end: behind the last committed frame; size: what the file takes */
        bool     unreadable;               /* the disk does not give all of it: its file is kept when it goes */
        bool     unseen;                   /* of an earlier run, and not looked at yet: its end is not known */
};
struct look {                              /* at a segment of an earlier run */
        int      file;                     /* -1: at none */
        bool     headless;                 /* what should be its head is none */
        struct segment_reader reader;
        uint64_t offset, behind;           /* where to go on; the end of the last record */
        uint64_t records;
        int64_t  refused_since;            /* as that of spool_log */
};
struct spool_log {
        char               *path;          /* of the folder, for messages */
        int                 folder, position;
        struct spool_limits limits;
        struct segment     *segments;      /* in order; the last one is written to when file >= 0 */
        size_t              count;
        int                 file;          /* -1: the next record begins a segment */
        struct buffer       pending;       /* frames that are not committed */
        uint64_t            pending_records, pending_bytes;
        int64_t             pending_oldest;
        int64_t             oldest;        /* ms; reception of the oldest record that is not released, or of an older one */
        uint64_t            next_number;
        int                 reading;       /* -1: no segment is open for reading */
        struct segment_reader reader;
        struct look         look;
        int                 problem;       /* errno of the disk's error that kept the log from being opened; 0: another */
        int64_t             refused_since; /* ms, clock_steady(): the disk gives no bytes at the place to read; 0: it does */
        struct record_header headers[SPOOL_HEADERS_MAX];
        struct spool_place  begin;         /* what precedes it is released */
        struct spool_stock  stock;
        struct errors       notes;
};

#define REFUSAL_MS 60000                   /* until a place that the disk does not give is passed over */

static inline struct segment *segment_last(struct spool_log *log) { return &log->segments[log->count - 1]; }
bool segments_reserve(struct spool_log *log);                      /* room for one more; false: memory is out */
void segment_add(struct spool_log *log, const struct segment *segment);
void segment_drop(struct spool_log *log, size_t index);            /* with its file */
void segment_seen(struct spool_log *log, struct segment *segment);
/* The bytes from range[0] to range[1] hold no record; they are copied to the folder `damaged` for a person to look at. */
void segment_set_aside(struct spool_log *log, int file, uint64_t number, const uint64_t range[static 2], bool torn);
void look_close(struct spool_log *log);
#endif
