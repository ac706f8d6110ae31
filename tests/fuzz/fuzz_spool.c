/* Bytes as the pieces of a segment of the spool: sealed frames of any payload, heads of frames with any length, and anything
 * else. Each sealed frame that holds a record is read, in order and byte for byte; nothing else is; a second look finds the same;
 * what was released does not come again; and the log can be written to. The reader of `millrace spool` finds the same records.
 *
 * The first byte: 128 the rest is the file as it is, with 1 the position, too, and with 8 the end; 64 the position stands before
 * one of the records, 32 anywhere (its number or offset are the next two bytes); 16 the log is written to before it was looked
 * at; 8 the end stands behind one of the records, with 4 anywhere (likewise), with 2 in another segment, and nothing that lies
 * behind it comes. */
#include "../../src/sink/spool_end.h"
#include "../../src/sink/spool_segment.h"
#include "../unit/schema/folder.h"
#include "sink/spool_log.h"
#include "sink/spool_view.h"
#include <fcntl.h>
#include <libdeflate.h>

#define SEGMENT 65536
#define RECORDS 64
enum { RAW = 128, POSITION = 64, ANYWHERE = 32, LATER = 16, END = 8, END_ANYWHERE = 4, END_ELSEWHERE = 2, SAME = 1 };
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

/* The end counts once: what is behind it is gone then, and what is written later comes behind it. */
static struct spool_log *log_open(const char *path, bool later)
{
        struct spool_limits limits = { .size = 8 * SEGMENT, .segment = SEGMENT, .later = later };
        struct spool_place end;
        struct error err;
        char name[300];
        unsigned pair;
        (void)snprintf(name, sizeof(name), "%s/end", path);
        int file = open(name, O_RDONLY | O_CLOEXEC);
        if (file >= 0 && end_read(file, &end, &pair)) {
                BUG_IF(pair >= END_PAIRS);
                limits.end = &end;
        }
        struct spool_log *log = spool_log_open(path, &limits, &err);
        BUG_IF(file >= 0 && (close(file) != 0 || unlink(name) != 0));
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

/* What people see of it: the records that were not released. */
static size_t view_count(const char *path)
{
        struct error err;
        struct spool_view *view = spool_view_open(path, &err);
        size_t count = 0;
        BUG_IF(!view);
        for (size_t i = 0; i < spool_view_count(view); i++) {
                struct spool_walk *walk = spool_walk_open(view, spool_view_file(view, i), &err);
                struct spool_item item = { .kind = SPOOL_ITEM_END };
                while (walk && spool_walk_next(walk, &item, &err) && item.kind != SPOOL_ITEM_END) {
                        if (item.kind == SPOOL_ITEM_RECORD) {
                                record_check(&item.record, NULL, 0);
                                count += !item.released;
                        } else {
                                (void)spool_walk_bytes(walk, &item);
                        }
                }
                BUG_IF(item.kind != SPOOL_ITEM_END);
                spool_walk_close(walk);
        }
        spool_view_close(view);
        return count;
}

/* It is written to first, and looked at afterwards. */
static void check_later(const char *path, size_t count)
{
        struct error err;
        struct spool_log *log = log_open(path, true);
        enum spool_look look;
        BUG_IF(!log);
        write_one(log);
        while ((look = spool_log_look(log, &err)) == SPOOL_LOOK_MORE)
                ;
        BUG_IF(look != SPOOL_LOOK_DONE || read_all(log, NULL, 0, 0) != count + 1);
        spool_log_close(log);
}

/* `first`: the model's record where the position stands. `flags`: the first byte. */
static void check(const char *path, const struct model *model, size_t first, unsigned flags)
{
        /* A position inside of a record, which we never write, is where it begins; nor do we write an end inside of one. */
        bool exact = (!(flags & ANYWHERE) && !((flags & END) && (flags & END_ANYWHERE))) || (flags & RAW);
        size_t seen = view_count(path), count, half;
        struct spool_log *log;
        if ((flags & LATER) && model) {
                BUG_IF(seen != model->count - first);
                check_later(path, seen);
                return;
        }
        log = log_open(path, false);
        if (!log) {
                BUG_IF(model);
                return;
        }
        count = read_all(log, model, first, 0);
        half = count / 2;
        BUG_IF(count > seen || (exact && count != seen));
        spool_log_close(log);
        log = log_open(path, false);
        BUG_IF(!log || read_all(log, model, first, half) != count);
        spool_log_close(log);
        BUG_IF(exact && view_count(path) != count - half);
        log = log_open(path, false);
        BUG_IF(!log || read_all(log, model, first + half, 0) != count - half);
        write_one(log);
        BUG_IF(read_all(log, NULL, 0, 0) != count - half + 1);
        spool_log_close(log);
        check_later(path, count - half + 1);
}

/* Before a record of the model, or at any offset of the segment. Answers the number of the first record behind it. */
static size_t position_write(const char *folder, const struct model *model, unsigned number, bool anywhere)
{
        char path[300], text[POSITION_SIZE + 1];
        size_t first = model->count ? number % model->count : 0;
        uint64_t offset = anywhere ? number : model->count ? model->records[first].offset - FRAME_HEAD : SEGMENT_HEAD;
        (void)snprintf(path, sizeof(path), "%s/position", folder);
        position_print(1, offset, text);
        file_write(path, (struct slice){ text, POSITION_SIZE });
        return first;
}

/* Behind a record of the model, of which the later ones are none then, or at any offset; through the file, in either pair. */
static void place_end(const char *folder, struct model *model, unsigned number, unsigned flags)
{
        char path[300];
        size_t last = model->count ? number % (model->count + 1) : 0;
        struct spool_place end = { .segment = 1, .offset = SEGMENT_HEAD };
        if (last)
                end.offset = model->records[last - 1].offset + frame_size(model->records[last - 1].size) - FRAME_HEAD;
        if (flags & END_ANYWHERE)
                end.offset = number & ~(FRAME_ALIGN - 1u);
        else if (flags & END_ELSEWHERE)
                end.segment = number % 2 ? 2 : 0;
        (void)snprintf(path, sizeof(path), "%s/end", folder);
        int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        unsigned pair = END_PAIRS;
        struct spool_place again;
        BUG_IF(file < 0 || !end_write(file, 0, (struct spool_place){ 0 }) || !end_write(file, 1, end));
        BUG_IF(!end_read(file, &again, &pair) || again.segment != end.segment);
        BUG_IF(again.offset != end.offset || pair != (end.segment || end.offset ? 0 : 1) || close(file) != 0);
        if (flags & END_ELSEWHERE && !(flags & END_ANYWHERE))
                last = end.segment ? model->count : 0;
        model->count = last;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct folder folder;
        char path[300];
        struct model model = { .count = 0 };
        size_t first = 0;
        if (size < 5 || size > SEGMENT / 4)
                return 0;
        bool raw = data[0] & RAW, placed = !raw && (data[0] & (POSITION | ANYWHERE)), ended = !raw && (data[0] & END);
        size_t skip = 1 + (placed ? 2 : 0) + (ended ? 2 : 0);
        struct slice rest = { (const char *)data + skip, size - skip };
        if (access("/dev/shm", W_OK) == 0)         /* a disk would be waited for */
                (void)setenv("TMPDIR", "/dev/shm", 1);
        buffer_init(&model.file, SIZE_MAX);
        folder_init(&folder);
        if (!raw)
                build(&model, rest);
        (void)snprintf(path, sizeof(path), "%s/0000000000000001.spool", folder.path);
        file_write(path, raw ? rest : buffer_slice(&model.file));
        if (placed)
                first = position_write(folder.path, &model, (unsigned)(data[1] << 8 | data[2]), data[0] & ANYWHERE);
        if (ended)
                place_end(folder.path, &model, (unsigned)(data[skip - 2] << 8 | data[skip - 1]), data[0]);
        if (first > model.count)
                first = model.count;
        if (raw && data[0] & SAME) {
                (void)snprintf(path, sizeof(path), "%s/position", folder.path);
                file_write(path, rest);
        }
        if (raw && data[0] & END) {
                (void)snprintf(path, sizeof(path), "%s/end", folder.path);
                file_write(path, rest);
        }
        bool known = !raw && !(data[0] & ANYWHERE) && !(ended && data[0] & END_ANYWHERE);
        check(folder.path, known ? &model : NULL, first, data[0]);
        folder_done(&folder);
        buffer_done(&model.file);
        return 0;
}
