/* Records on disk: a log of segment files in one folder, appended by one thread and read by the same one. What was appended is
 * durable after the next spool_log_commit(), and stays until it is released; nothing else ever removes it.
 *
 * A segment is NNNNNNNNNNNNNNNN.spool, its number in sixteen hexadecimal digits:
 *
 *     offset 0    "MILLRACE SPOOL 1" (16 bytes)
 *            16   number of the segment, time of its creation in ms since 1970 (64 bits each, little-endian, as all numbers are)
 *            32   frames, each at a multiple of 16, zeros behind the last
 *
 * The file `position` says what of the first segment is released (spool_segment.h).
 *
 * A frame is a header of 16 bytes (mark 4c a1 c3 5e, length of the payload, CRC-32 of the payload, CRC-32 of what precedes it in
 * the header, begun with the segment's number and the frame's offset) and the payload. So a frame is told from bytes that an
 * older file left on the same blocks, and a frame behind damaged bytes is found again.
 *
 * A payload is a record: time of reception in ms (64 bits), flags (8 bits: 1 bad, 2 has a key), number of headers (8 bits),
 * lengths of the topic (16 bits), of the key and of the value (32 bits each), a pair of 16 and 32 bits for each header (lengths
 * of its name and its value); then the bytes of topic, key, names and values of the headers in turn, and value. */
#ifndef SINK_SPOOL_LOG_H
#define SINK_SPOOL_LOG_H
#include "base/base.h"
#include "event/event.h"

#define SPOOL_HEADERS_MAX 255

struct spool_record {
        int64_t      received;             /* ms */
        struct slice topic, key, value;    /* key.data NULL: none */
        const struct record_header *headers;
        size_t       header_count;
        bool         bad;
};
/* Bytes of the record's payload; 0: it cannot be written (too many headers, too long a topic). */
size_t spool_record_size(const struct spool_record *record);
void   spool_record_write(const struct spool_record *record, char *at);
/* The slices lie in the payload; the headers in `headers`. False: these bytes are no record. */
bool   spool_record_read(struct slice payload, struct spool_record *ret_record,
                         struct record_header headers[static SPOOL_HEADERS_MAX]);

int64_t spool_record_received(struct slice payload);       /* the same field alone */

/* A place in the log; all-zero is its beginning. */
struct spool_place { uint64_t segment, offset; };

struct spool_limits {
        uint64_t size;                     /* most bytes of all segments together, preallocated ones in full */
        uint64_t segment;                  /* bytes of one segment */
        uint64_t reserve;                  /* bytes of the file system that stay free */
        const struct spool_place *end;     /* borrowed: what is behind it is cut off before anything is looked at; or NULL */
        bool     later;                    /* what is there is looked at by spool_log_look(), and not when the log is opened */
        /* Called while what is there is looked at, now and then, with the bytes since the last call; NULL: nobody asks. */
        void   (*progress)(void *context, uint64_t bytes);
        void    *context;
        void   (*seen)(void *owner, const struct spool_record *record);    /* called with each that is counted; NULL: likewise */
        void    *owner;
};
struct spool_stock {                       /* what is there */
        uint64_t records, bytes;           /* not released; bytes of their payloads */
        uint64_t segments, size;           /* files, and what they take on disk */
        uint64_t unseen_segments, unseen;  /* of these, what was not looked at: their records are not counted yet */
        uint64_t damaged, torn;            /* times that bytes were set aside in the middle, and at an end */
        int64_t  oldest;                   /* ms; when the oldest of them was received; 0: there is none */
};
struct spool_log;

/* Opens the folder, which is made when it is missing, and locks it against other processes. What is there is read through once: a
 * torn end is cut off, damaged bytes in the middle are passed over; both are copied to `damaged/SEGMENT-OFFSET` before. Bytes
 * that the disk does not give are passed over likewise, and the whole file is moved to `damaged` once the rest of it is released.
 * A file of another format is an error. NULL: errno is the disk's error, or 0. */
struct spool_log *spool_log_open(const char *folder, const struct spool_limits *limits, struct error *err);
enum spool_look {
        SPOOL_LOOK_DONE,                   /* everything that was there is counted, and can be read */
        SPOOL_LOOK_MORE,                   /* call again */
        SPOOL_LOOK_REFUSED,                /* the disk does not give it now: call again after a while; err says where */
};
/* With limits.later: looks at some MiB more of what was there when the log was opened. Meanwhile records can be appended, and
 * what was looked at can be read and released. Bytes that the disk does not give are asked for again for a minute. */
enum spool_look spool_log_look(struct spool_log *log, struct error *err);
/* Without a commit. A segment of which nothing is left to release goes. NULL is fine. */
void spool_log_close(struct spool_log *log);
/* Gives what was found damaged or could not be done since the last call, in sentences for the log. */
void spool_log_take_notes(struct spool_log *log, struct errors *ret_notes);
/* Behind everything that is committed. */
struct spool_place spool_log_end(const struct spool_log *log);
/* Of the record of `size` bytes that was appended last: its place, and the one behind it. */
void spool_log_appended(const struct spool_log *log, size_t size, struct spool_place *ret_place, struct spool_place *ret_behind);
/* Another limits.size from now on. */
void spool_log_set_size(struct spool_log *log, uint64_t size);
/* Where the records begin that were not released. */
struct spool_place spool_log_begin(const struct spool_log *log);

enum spool_answer {
        SPOOL_TAKEN,
        SPOOL_FULL,                        /* the limits, or the disk */
        SPOOL_TOO_LARGE,                   /* larger than a segment */
        SPOOL_FAILED,                      /* the disk fails; err says how */
};
/* Not durable yet. SPOOL_FAILED: what was appended since the last commit is not known to be there. */
enum spool_answer spool_log_append(struct spool_log *log, struct slice payload, struct error *err);
/* Everything that was appended is on the disk. False: nothing of it may be relied on, though some may be found again. */
bool spool_log_commit(struct spool_log *log, struct error *err);

/* The record at or behind the place, among those that are committed; moves the place behind it. *ret_place (may be NULL): its own
 * place. The record is good until the next call. False: there is none (err->text empty), or it cannot be read. */
bool spool_log_read(struct spool_log *log, struct spool_place *place, struct spool_record *ret_record,
                    struct spool_place *ret_place, struct error *err);
/* Everything before the place may go, as `records` records of `bytes` bytes were released since the last call. Whole segments go
 * at once; how far the first one is released is written down without being made durable: after a crash some come again. */
void spool_log_release(struct spool_log *log, struct spool_place place, uint64_t records, uint64_t bytes);
/* When the oldest record that is left was received, as far as the caller knows: without it, the age is that of an older one. */
void spool_log_set_oldest(struct spool_log *log, int64_t received);
/* Copies a record to the folder `refused`, durably, for a person to look at; it is still to be released. False: the disk. */
bool spool_log_set_aside(struct spool_log *log, struct spool_place from, struct spool_place to, struct error *err);
/* Whether the next record would find room, as far as can be told without writing one; makes the next segment if needed. */
bool spool_log_room(struct spool_log *log, struct error *err);
void spool_log_stock(const struct spool_log *log, struct spool_stock *ret_stock);
#endif
