/* One file of the spool: frames, and how they are found again. */
#ifndef SINK_SPOOL_SEGMENT_H
#define SINK_SPOOL_SEGMENT_H
#include "base/buffer.h"

#define SEGMENT_HEAD  32                   /* bytes before the first frame */
#define FRAME_HEAD    16
#define FRAME_ALIGN   16
#define SEGMENT_NAME  23                   /* "NNNNNNNNNNNNNNNN.spool" and its terminator */

static inline size_t frame_size(size_t payload) { return (FRAME_HEAD + payload + FRAME_ALIGN - 1) & ~(size_t)(FRAME_ALIGN - 1); }

void segment_name(uint64_t number, char name[static SEGMENT_NAME]);
/* The number in a file's name; 0: it is not a segment's. */
uint64_t segment_number(const char *name);
void segment_head_write(uint64_t number, int64_t created, char head[static SEGMENT_HEAD]);
/* False and a sentence: another format, another number. *ret_damaged: it is no head at all. */
bool segment_head_read(const char head[static SEGMENT_HEAD], uint64_t number, bool *ret_damaged, struct error *err);

/* The file `position`: "SEGMENT OFFSET SUM\n", two numbers of sixteen hexadecimal digits and the CRC-32 of what precedes it. */
#define POSITION_SIZE 43
void position_print(uint64_t segment, uint64_t offset, char text[static POSITION_SIZE + 1]);
/* False, and nothing set: these are not the bytes that position_print() wrote. */
bool position_parse(const char text[static POSITION_SIZE], uint64_t *ret_segment, uint64_t *ret_offset);

/* Adds a frame with room for a payload, which the caller writes at the answer before frame_seal(); NULL: the buffer is full. */
char *frame_open(struct buffer *out, size_t payload);
/* Checksums of the frame that begins at `frame` in memory and will lie at `offset` of the segment. */
void  frame_seal(char *frame, uint64_t segment, uint64_t offset, size_t payload);

/* Reads a segment from front to back, in large pieces. */
struct segment_reader {
        int      file;
        uint64_t number, end;              /* end: bytes of the file that may hold frames */
        uint64_t base;                     /* of the segment, where the file begins: 0, but for pieces that were set aside */
        uint64_t failures;                 /* reads that ended with an error */
        uint64_t unreadable;               /* bytes that the disk did not give, and that were taken for zeros */
        struct buffer window;              /* what was read */
        uint64_t window_offset;            /* where it begins in the segment */
};
void segment_reader_init(struct segment_reader *reader, int file, uint64_t number, uint64_t end);
void segment_reader_forget(struct segment_reader *reader);         /* what it has in memory: the next look asks the disk again */
void segment_reader_done(struct segment_reader *reader);           /* leaves the file open */

/* Some of the bytes from `offset` on, at most to the end; good until the next call. False: memory is out. */
bool segment_bytes(struct segment_reader *reader, uint64_t offset, struct slice *ret_bytes);

enum frame_found {
        FRAME_FOUND,
        FRAME_DAMAGED,                     /* found behind bytes that are no frame: from *offset as it was to *ret_offset */
        FRAME_NONE,                        /* nothing but damaged bytes or zeros from *offset on */
        FRAME_ERROR,                       /* memory is out */
};
/* The first frame at or behind *offset, which moves behind it. Bytes that the disk does not give (EIO, or a file that became
 * shorter) are zeros, block by block, so that what lies around them is found; `unreadable` counts them. The payload is good until
 * the next call, with READABLE_PADDING bytes behind it. */
enum frame_found segment_next(struct segment_reader *reader, uint64_t *offset, uint64_t *ret_offset, struct slice *ret_payload,
                              struct error *err);
#endif
