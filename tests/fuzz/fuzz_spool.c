/* Bytes as the pieces of a segment of the spool: sealed frames of any payload, heads of frames with any length, and anything
 * else. Each sealed frame that holds a record is read, in order and byte for byte; nothing else is; a second look finds the same;
 * what was released does not come again; and the log can be written to. A first byte with its highest bit set: the rest is the
 * file as it is. */
#include "../../src/sink/spool_segment.h"
#include "../unit/schema/folder.h"
#include "sink/spool_log.h"
#include <fcntl.h>
#include <libdeflate.h>

#define SEGMENT 65536
#define RECORDS 64
static const struct spool_limits LIMITS = { .size = 8 * SEGMENT, .segment = SEGMENT };
enum { PIECE_FRAME, PIECE_HEAD, PIECE_BYTES, PIECE_ZEROS, PIECES };

struct model {
        struct buffer file;
        struct { size_t offset, size; } records[RECORDS];
        size_t        count;
};

/* ---- the file ---- */

static void add_frame(struct model *model, struct slice payload)
{
        struct record_header headers[SPOOL_HEADERS_MAX];
        struct spool_record  record;
        size_t offset = model->file.size;
        char  *at = frame_open(&model->file, payload.size);
        BUG_IF(!at);
        memcpy(at, payload.data, payload.size);
        frame_seal(at - FRAME_HEAD, 1, offset, payload.size);
        if (!spool_record_read(payload, &record, headers))
                return;
        model->records[model->count].offset = offset + FRAME_HEAD;
        model->records[model->count++].size = payload.size;
}

/* A head that is right, of a payload that is not there: the first four bytes are its length. */
static void add_head(struct model *model, struct slice bytes)
{
        char place[16] = { 1 }, head[FRAME_HEAD] = { 0x4c, (char)0xa1, (char)0xc3, 0x5e };
        uint64_t offset = model->file.size;
        memcpy(place + 8, &offset, sizeof(offset));
        memcpy(head + 4, bytes.data, bytes.size < 8 ? bytes.size : 8);
        uint32_t sum = libdeflate_crc32(libdeflate_crc32(0, place, sizeof(place)), head, 12);
        memcpy(head + 12, &sum, sizeof(sum));
        buffer_add(&model->file, (struct slice){ head, sizeof(head) });
}

static void add_bytes(struct model *model, struct slice bytes)
{
        buffer_add(&model->file, bytes);
        while (model->file.size % FRAME_ALIGN)
                buffer_add_char(&model->file, '\0');
}

static void build(struct model *model, struct slice data)
{
        static const char ZEROS[64];
        char head[SEGMENT_HEAD];
        segment_head_write(1, 1, head);
        buffer_add(&model->file, (struct slice){ head, sizeof(head) });
        for (size_t at = 0; at + 2 <= data.size && model->count < RECORDS; ) {
                unsigned kind = (unsigned char)data.data[at] % PIECES;
                size_t   size = (unsigned char)data.data[at + 1];
                at += 2;
                struct slice piece = { data.data + at, size < data.size - at ? size : data.size - at };
                at += piece.size;
                switch (kind) {
                case PIECE_FRAME: add_frame(model, piece); break;
                case PIECE_HEAD:  add_head(model, piece); break;
                case PIECE_BYTES: add_bytes(model, piece); break;
                default:          add_bytes(model, (struct slice){ ZEROS, piece.size % sizeof(ZEROS) });
                }
        }
}

static void file_write(const char *path, struct slice bytes)
{
        int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        BUG_IF(file < 0 || write(file, bytes.data, bytes.size) != (ssize_t)bytes.size || close(file) != 0);
}

/* ---- reading it ---- */

static struct spool_log *log_open(const char *path)
{
        struct error err;
        struct spool_log *log = spool_log_open(path, &LIMITS, &err);
        BUG_IF(!log && !err.text[0]);
        return log;
}

/* The record is the model's, or there is no model: then only what every record must be is checked. */
static void record_check(const struct spool_record *record, const struct model *model, size_t number)
{
        size_t size = spool_record_size(record);
        BUG_IF(size == 0);
        char *again = memory_get(size);
        spool_record_write(record, again);
        BUG_IF(model && (number >= model->count || size != model->records[number].size ||
                         memcmp(again, model->file.data + model->records[number].offset, size) != 0));
        free(again);
}

/* Everything from the log's beginning on; the model's records from `number` on. Answers how many. Releases `released` of them. */
static size_t read_all(struct spool_log *log, const struct model *model, size_t number, size_t released)
{
        struct spool_place  place = spool_log_begin(log), behind = place;
        struct spool_record record;
        struct spool_stock  stock;
        struct error err;
        size_t count = 0;
        while (spool_log_read(log, &place, &record, NULL, &err)) {
                record_check(&record, model, number + count);
                if (++count == released)
                        behind = place;
        }
        BUG_IF(err.text[0]);
        spool_log_stock(log, &stock);
        BUG_IF(stock.records != count || (model && number + count != model->count));
        if (released)
                spool_log_release(log, behind, released, 0);
        return count;
}

static void write_one(struct spool_log *log)
{
        const struct spool_record record = { .received = 1, .topic = SLICE("t"), .value = SLICE("{}") };
        char payload[64];
        struct error err;
        spool_record_write(&record, payload);
        BUG_IF(spool_log_append(log, (struct slice){ payload, spool_record_size(&record) }, &err) != SPOOL_TAKEN);
        BUG_IF(!spool_log_commit(log, &err));
}

static void check(const char *path, const struct model *model)
{
        struct spool_log *log = log_open(path);
        if (!log) {
                BUG_IF(model);
                return;
        }
        size_t count = read_all(log, model, 0, 0);
        spool_log_close(log);
        log = log_open(path);
        BUG_IF(!log || read_all(log, model, 0, count / 2) != count);
        spool_log_close(log);
        log = log_open(path);
        BUG_IF(!log || read_all(log, model, count / 2, 0) != count - count / 2);
        write_one(log);
        BUG_IF(read_all(log, NULL, 0, 0) != count - count / 2 + 1);
        spool_log_close(log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct folder folder;
        char path[300];
        struct model model = { .count = 0 };
        struct slice rest = { (const char *)data + 1, size - 1 };
        if (size == 0 || size > SEGMENT / 4)
                return 0;
        bool raw = data[0] & 0x80;
        if (access("/dev/shm", W_OK) == 0)         /* a disk would be waited for */
                (void)setenv("TMPDIR", "/dev/shm", 1);
        buffer_init(&model.file, SIZE_MAX);
        folder_init(&folder);
        if (!raw)
                build(&model, rest);
        (void)snprintf(path, sizeof(path), "%s/0000000000000001.spool", folder.path);
        file_write(path, raw ? rest : buffer_slice(&model.file));
        if (raw && data[0] & 1) {                  /* and the same as the position */
                (void)snprintf(path, sizeof(path), "%s/position", folder.path);
                file_write(path, rest);
        }
        check(folder.path, raw ? NULL : &model);
        folder_done(&folder);
        buffer_done(&model.file);
        return 0;
}
