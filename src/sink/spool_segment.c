#include "spool_segment.h"
#include "base/bytes.h"
#include <errno.h>
#include <libdeflate.h>
#include <unistd.h>

static const char MAGIC[17] = "MILLRACE SPOOL 1";
static const char MARK[4] = { 0x4c, (char)0xa1, (char)0xc3, 0x5e };

#define WINDOW ((size_t)1 << 20)           /* bytes read at a time */
#define BLOCK  ((size_t)4096)              /* and where the disk gives an error */

void segment_name(uint64_t number, char name[static SEGMENT_NAME])
{
        (void)snprintf(name, SEGMENT_NAME, "%016llx.spool", (unsigned long long)number);
}

uint64_t segment_number(const char *name)
{
        char again[SEGMENT_NAME];
        uint64_t number = strtoull(name, NULL, 16);
        segment_name(number, again);
        return strcmp(name, again) == 0 && number != UINT64_MAX ? number : 0;      /* a next one must be possible */
}

void segment_head_write(uint64_t number, int64_t created, char head[static SEGMENT_HEAD])
{
        memcpy(head, MAGIC, 16);
        bytes_put_64(head + 16, number);
        bytes_put_64(head + 24, (uint64_t)created);
}

bool segment_head_read(const char head[static SEGMENT_HEAD], uint64_t number, bool *ret_damaged, struct error *err)
{
        *ret_damaged = false;
        if (memcmp(head, MAGIC, 15) == 0 && head[15] != MAGIC[15])
                return error_set(err, "its format is version '%c'; this program reads version %c", head[15], MAGIC[15]);
        /* Nonsense: the disk's doing. The number is in the name, too, and frames vouch for themselves. */
        *ret_damaged = memcmp(head, MAGIC, 16) != 0;
        if (!*ret_damaged && bytes_get_64(head + 16) != number)
                return error_set(err, "it says that it is segment %016llx", (unsigned long long)bytes_get_64(head + 16));
        return true;
}

void position_print(uint64_t segment, uint64_t offset, char text[static POSITION_SIZE + 1])
{
        (void)snprintf(text, POSITION_SIZE + 1, "%016llx %016llx", (unsigned long long)segment, (unsigned long long)offset);
        (void)snprintf(text + 33, POSITION_SIZE + 1 - 33, " %08x\n", (unsigned)libdeflate_crc32(0, text, 33));
}

bool position_parse(const char text[static POSITION_SIZE], uint64_t *ret_segment, uint64_t *ret_offset)
{
        char copy[POSITION_SIZE + 1], again[POSITION_SIZE + 1];
        memcpy(copy, text, POSITION_SIZE);
        copy[POSITION_SIZE] = '\0';        /* nonsense may be digits to its end */
        uint64_t segment = strtoull(copy, NULL, 16), offset = strtoull(copy + 17, NULL, 16);
        position_print(segment, offset, again);
        if (memcmp(text, again, POSITION_SIZE) != 0 || segment == UINT64_MAX || offset % FRAME_ALIGN != 0)
                return false;
        *ret_segment = segment;
        *ret_offset = offset;
        return true;
}

/* ---- frames ---- */

static uint32_t head_sum(const char *frame, uint64_t segment, uint64_t offset)
{
        char place[16];
        bytes_put_64(place, segment);
        bytes_put_64(place + 8, offset);
        return libdeflate_crc32(libdeflate_crc32(0, place, sizeof(place)), frame, 12);
}

char *frame_open(struct buffer *out, size_t payload)
{
        size_t size = frame_size(payload);
        if (!buffer_reserve(out, size))
                return NULL;
        char *frame = out->data + out->size;
        memset(frame + size - FRAME_ALIGN, 0, FRAME_ALIGN);
        out->size += size;
        return frame + FRAME_HEAD;
}

void frame_seal(char *frame, uint64_t segment, uint64_t offset, size_t payload)
{
        memcpy(frame, MARK, sizeof(MARK));
        bytes_put_32(frame + 4, (uint32_t)payload);
        bytes_put_32(frame + 8, libdeflate_crc32(0, frame + FRAME_HEAD, payload));
        bytes_put_32(frame + 12, head_sum(frame, segment, offset));
}

/* ---- reading ---- */

void segment_reader_init(struct segment_reader *reader, int file, uint64_t number, uint64_t end)
{
        *reader = (struct segment_reader){ .file = file, .number = number, .end = end };
        buffer_init(&reader->window, SIZE_MAX / 2);
}

void segment_reader_done(struct segment_reader *reader) { buffer_done(&reader->window); }

void segment_reader_forget(struct segment_reader *reader) { buffer_clear(&reader->window); }

/* As many of the bytes as the file gives in one row. */
static size_t read_most(struct segment_reader *reader, char *at, size_t size, uint64_t offset)
{
        size_t done = 0;
        while (done < size) {
                ssize_t got = pread(reader->file, at + done, size - done, (off_t)(offset + done));
                if (got < 0 && errno == EINTR)
                        continue;
                reader->failures += got < 0;
                if (got <= 0)
                        break;
                done += (size_t)got;
        }
        return done;
}

/* Up to the end of a block of the disk: the bytes, or zeros for what it does not give. */
static void read_block(struct segment_reader *reader, uint64_t offset, size_t want)
{
        struct buffer *window = &reader->window;
        uint64_t at = offset - reader->base + window->size;
        size_t size = BLOCK - (size_t)(at % BLOCK), left = want - window->size;
        size = size < left ? size : left;
        char *to = window->data + window->size;
        size_t got = read_most(reader, to, size, at);
        memset(to + got, 0, size - got);
        reader->unreadable += size - got;
        window->size += size;
}

/* `size` bytes of the segment at `offset`, all of them before its end; NULL and an error: memory is out. */
static const char *look(struct segment_reader *reader, uint64_t offset, size_t size, struct error *err)
{
        struct buffer *window = &reader->window;
        if (offset >= reader->window_offset && offset - reader->window_offset + size <= window->size)
                return window->data + (offset - reader->window_offset);
        uint64_t left = reader->end - offset;
        size_t want = size > WINDOW ? size : WINDOW;
        if (want > left)
                want = (size_t)left;
        buffer_clear(window);
        reader->window_offset = offset;
        if (!buffer_reserve(window, want + READABLE_PADDING)) {
                (void)error_set(err, "memory is out");
                return NULL;
        }
        window->size = read_most(reader, window->data, want, offset - reader->base);
        while (window->size < want)
                read_block(reader, offset, want);
        memset(window->data + window->size, 0, READABLE_PADDING);
        return window->data;
}

bool segment_bytes(struct segment_reader *reader, uint64_t offset, struct slice *ret_bytes)
{
        struct error err;
        size_t size = reader->end - offset < WINDOW ? (size_t)(reader->end - offset) : WINDOW;
        *ret_bytes = (struct slice){ look(reader, offset, size, &err), size };
        return ret_bytes->data != NULL;
}

/* Whether a frame begins at the offset. */
static enum frame_found frame_at(struct segment_reader *reader, uint64_t offset, struct slice *ret_payload, struct error *err)
{
        if (offset > reader->end || reader->end - offset < FRAME_HEAD)
                return FRAME_NONE;
        const char *frame = look(reader, offset, FRAME_HEAD, err);
        if (!frame)
                return FRAME_ERROR;
        if (memcmp(frame, MARK, sizeof(MARK)) != 0 || bytes_get_32(frame + 12) != head_sum(frame, reader->number, offset))
                return FRAME_NONE;
        uint32_t sum = bytes_get_32(frame + 8);
        size_t payload = bytes_get_32(frame + 4);
        if (payload > reader->end - offset - FRAME_HEAD)
                return FRAME_NONE;
        frame = look(reader, offset, FRAME_HEAD + payload, err);
        if (!frame)
                return FRAME_ERROR;
        *ret_payload = (struct slice){ frame + FRAME_HEAD, payload };
        return libdeflate_crc32(0, frame + FRAME_HEAD, payload) == sum ? FRAME_FOUND : FRAME_NONE;
}

enum frame_found segment_next(struct segment_reader *reader, uint64_t *offset, uint64_t *ret_offset, struct slice *ret_payload,
                              struct error *err)
{
        uint64_t at = *offset;
        enum frame_found found;
        while ((found = frame_at(reader, at, ret_payload, err)) == FRAME_NONE && at < reader->end)
                at += FRAME_ALIGN;
        if (found != FRAME_FOUND)
                return found;
        found = at == *offset ? FRAME_FOUND : FRAME_DAMAGED;
        *ret_offset = at;
        *offset = at + frame_size(ret_payload->size);
        return found;
}
