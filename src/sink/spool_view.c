#include "sink/spool_view.h"
#include "spool_segment.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const SPOOL_PART_NAMES[SPOOL_PARTS] = {
        [SPOOL_SEGMENTS] = "", [SPOOL_DAMAGED] = "damaged", [SPOOL_REFUSED] = "refused",
};

struct spool_view {
        int                folder;
        struct spool_file *files;
        size_t             count;
        struct spool_place begin;
        bool               placed;
};
struct spool_walk {
        const struct spool_view *view;
        const struct spool_file *file;
        int                      descriptor;
        struct segment_reader    reader;
        uint64_t                 offset;   /* behind the last record */
        struct record_header     headers[SPOOL_HEADERS_MAX];
};

/* ---- the folder ---- */

/* "NNNNNNNNNNNNNNNN.spool" anywhere, "NNNNNNNNNNNNNNNN-OFFSET" where things are set aside. */
static bool name_parse(const char *name, enum spool_part part, struct spool_file *ret_file)
{
        char again[64], *end;
        *ret_file = (struct spool_file){ .part = part, .segment = segment_number(name) };
        if (!ret_file->segment && part != SPOOL_SEGMENTS) {
                ret_file->segment = strtoull(name, &end, 16);
                ret_file->base = *end == '-' ? strtoull(end + 1, NULL, 10) : 0;
                (void)snprintf(again, sizeof(again), "%016llx-%llu", (unsigned long long)ret_file->segment,
                               (unsigned long long)ret_file->base);
                if (strcmp(again, name) != 0)
                        return false;
        }
        if (!ret_file->segment)
                return false;
        (void)snprintf(ret_file->name, sizeof(ret_file->name), "%s%s%.40s", SPOOL_PART_NAMES[part], part ? "/" : "", name);
        return true;
}

static void file_add(struct spool_view *view, const struct spool_file *file)
{
        if ((view->count & (view->count - 1)) == 0)
                view->files = memory_grow(view->files, (view->count ? 2 * view->count : 1) * sizeof(*view->files));
        view->files[view->count++] = *file;
}

/* A folder that is missing holds nothing. */
static bool part_list(struct spool_view *view, enum spool_part part, struct error *err)
{
        const char *name = part ? SPOOL_PART_NAMES[part] : ".";
        int descriptor = openat(view->folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *files = descriptor < 0 ? NULL : fdopendir(descriptor);
        if (!files) {
                bool missing = errno == ENOENT && part;
                if (descriptor >= 0)
                        (void)close(descriptor);
                return missing || error_set(err, "%s: cannot be listed: %m", name);
        }
        for (const struct dirent *entry; (entry = readdir(files));) {
                struct spool_file file;
                struct stat stat;
                if (!name_parse(entry->d_name, part, &file) || fstatat(view->folder, file.name, &stat, 0) < 0)
                        continue;
                file.size = (uint64_t)stat.st_size;
                file_add(view, &file);
        }
        (void)closedir(files);
        return true;
}

static int by_place(const void *a, const void *b)
{
        const struct spool_file *x = a, *y = b;
        if (x->part != y->part)
                return (x->part > y->part) - (x->part < y->part);
        if (x->segment != y->segment)
                return (x->segment > y->segment) - (x->segment < y->segment);
        return (x->base > y->base) - (x->base < y->base);
}

static void position_read(struct spool_view *view)
{
        char text[POSITION_SIZE + 1] = "";
        int file = openat(view->folder, "position", O_RDONLY | O_CLOEXEC);
        ssize_t got = file < 0 ? 0 : pread(file, text, sizeof(text), 0);
        view->placed = got == 0 || (got == POSITION_SIZE && position_parse(text, &view->begin.segment, &view->begin.offset));
        if (file >= 0)
                (void)close(file);
}

struct spool_view *spool_view_open(const char *folder, struct error *err)
{
        struct spool_view *view = memory_get(sizeof(*view));
        view->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        bool good = view->folder >= 0 || error_set(err, "%s: cannot be opened: %m", folder);
        for (int part = 0; good && part < SPOOL_PARTS; part++)
                good = part_list(view, (enum spool_part)part, err);
        if (!good) {
                spool_view_close(view);
                return NULL;
        }
        /* After the list: what it says is released may still be listed, and nothing that it does not know is missed. */
        position_read(view);
        if (view->count)
                qsort(view->files, view->count, sizeof(*view->files), by_place);
        for (size_t i = 0; i < view->count; i++)
                view->files[i].newest = view->files[i].part == SPOOL_SEGMENTS &&
                                        (i + 1 == view->count || view->files[i + 1].part != SPOOL_SEGMENTS);
        return view;
}

void spool_view_close(struct spool_view *view)
{
        if (!view)
                return;
        if (view->folder >= 0)
                (void)close(view->folder);
        free(view->files);
        free(view);
}

size_t spool_view_count(const struct spool_view *view) { return view->count; }
const struct spool_file *spool_view_file(const struct spool_view *view, size_t index) { return &view->files[index]; }
struct spool_place spool_view_begin(const struct spool_view *view) { return view->begin; }
bool spool_view_placed(const struct spool_view *view) { return view->placed; }

const struct spool_file *spool_view_find(const struct spool_view *view, const char *name)
{
        for (size_t i = 0; i < view->count; i++) {
                const char *own = view->files[i].name, *slash = strrchr(own, '/');
                if (strcmp(own, name) == 0 || (slash && strcmp(slash + 1, name) == 0))
                        return &view->files[i];
        }
        return NULL;
}

/* Who holds a lock on the folder, by the kernel's list: trying the lock could be in the way of a daemon that starts. */
static long lock_holder(ino_t number)
{
        char line[256];
        long process, found = 0;
        unsigned long long inode;
        FILE *locks = fopen("/proc/locks", "re");
        while (locks && !found && fgets(line, sizeof(line), locks)) {
                const char *at = strstr(line, "FLOCK"), *colon;
                if (!at || !(at = strstr(at, "WRITE")))
                        continue;
                char *end;
                process = strtol(at + 5, &end, 10);
                colon = strrchr(end, ':');
                inode = colon ? strtoull(colon + 1, NULL, 10) : 0;
                found = inode == number ? process : 0;
        }
        if (locks)
                (void)fclose(locks);
        return found;
}

bool spool_view_held(const struct spool_view *view, long *ret_process)
{
        struct stat stat;
        long process = fstat(view->folder, &stat) == 0 ? lock_holder(stat.st_ino) : 0;
        if (!process)
                return false;
        /* Another file system may have a file of the same number. */
        if (flock(view->folder, LOCK_SH | LOCK_NB) == 0) {
                (void)flock(view->folder, LOCK_UN);
                return false;
        }
        *ret_process = process > 0 ? process : 0;
        return true;
}

/* ---- one file ---- */

struct spool_walk *spool_walk_open(const struct spool_view *view, const struct spool_file *file, struct error *err)
{
        char head[SEGMENT_HEAD];
        bool damaged;
        struct error why;
        err->text[0] = '\0';
        int descriptor = openat(view->folder, file->name, O_RDONLY | O_CLOEXEC);
        if (descriptor < 0) {
                if (errno != ENOENT)
                        (void)error_set(err, "%s: cannot be opened: %m", file->name);
                return NULL;
        }
        bool whole = file->base == 0 && pread(descriptor, head, sizeof(head), 0) == sizeof(head);
        /* One that was made, and not written to yet, is zeros. */
        if (whole && head[0] && !segment_head_read(head, file->segment, &damaged, &why)) {
                (void)error_set(err, "%s: %s", file->name, why.text);
                (void)close(descriptor);
                return NULL;
        }
        struct spool_walk *walk = memory_get(sizeof(*walk));
        walk->view = view;
        walk->file = file;
        walk->descriptor = descriptor;
        segment_reader_init(&walk->reader, descriptor, file->segment, file->base + file->size);
        walk->reader.base = file->base;
        walk->offset = file->base ? file->base : SEGMENT_HEAD;
        return walk;
}

void spool_walk_close(struct spool_walk *walk)
{
        if (!walk)
                return;
        segment_reader_done(&walk->reader);
        (void)close(walk->descriptor);
        free(walk);
}

uint64_t spool_walk_unreadable(const struct spool_walk *walk) { return walk->reader.unreadable; }

static bool is_released(const struct spool_walk *walk, uint64_t behind)
{
        const struct spool_place *begin = &walk->view->begin;
        return walk->file->part == SPOOL_SEGMENTS && walk->view->placed &&
               (walk->file->segment < begin->segment || (walk->file->segment == begin->segment && behind <= begin->offset));
}

/* Zeros to the end are room for records to come. What is behind the last record otherwise is torn, or damaged. */
static bool walk_end(struct spool_walk *walk, struct spool_item *ret_item, struct error *err)
{
        uint64_t last = 0, end = walk->reader.end;
        struct slice bytes;
        for (uint64_t at = walk->offset; at < end; at += bytes.size) {
                uint64_t unreadable = walk->reader.unreadable;
                if (!segment_bytes(&walk->reader, at, &bytes))
                        return error_set(err, "memory is out");
                for (size_t i = 0; i < bytes.size; i++)
                        last = bytes.data[i] ? at + i + 1 : last;
                if (walk->reader.unreadable > unreadable)
                        last = at + bytes.size;
        }
        *ret_item = (struct spool_item){ .kind = SPOOL_ITEM_END, .offset = walk->offset };
        if (last) {
                ret_item->kind = walk->file->newest ? SPOOL_ITEM_TORN : SPOOL_ITEM_DAMAGE;
                ret_item->size = last - walk->offset;
        }
        walk->offset = end;
        return true;
}

bool spool_walk_next(struct spool_walk *walk, struct spool_item *ret_item, struct error *err)
{
        struct slice payload;
        uint64_t before = walk->offset, at;
        if (before >= walk->reader.end) {
                *ret_item = (struct spool_item){ .kind = SPOOL_ITEM_END, .offset = before };
                return true;
        }
        enum frame_found found = segment_next(&walk->reader, &walk->offset, &at, &payload, err);
        if (found == FRAME_ERROR)
                return false;
        if (found == FRAME_NONE)
                return walk_end(walk, ret_item, err);
        *ret_item = (struct spool_item){ .kind = SPOOL_ITEM_DAMAGE, .offset = before, .size = at - before };
        if (found == FRAME_DAMAGED) {
                walk->offset = at;         /* the frame is the next item */
                return true;
        }
        ret_item->size = walk->offset - before;
        if (spool_record_read(payload, &ret_item->record, walk->headers))
                ret_item->kind = SPOOL_ITEM_RECORD;
        ret_item->released = is_released(walk, walk->offset);
        return true;
}

struct slice spool_walk_bytes(struct spool_walk *walk, const struct spool_item *item)
{
        struct slice bytes;
        if (!segment_bytes(&walk->reader, item->offset, &bytes))
                return (struct slice){ 0 };
        if (bytes.size > item->size)
                bytes.size = (size_t)item->size;
        return bytes;
}
