#include "sink/spool_view.h"
#include "spool_end.h"
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
        int                     folder;
        struct spool_file      *files;
        size_t                  count;
        struct spool_view_lane *lanes;
        size_t                  lane_count;
};
struct spool_walk {
        const struct spool_view_lane *lane;
        const struct spool_file *file;
        int                      descriptor;
        struct segment_reader    reader;
        uint64_t                 offset;   /* behind the last record */
        uint64_t                 end;      /* of the file; the reader's is before it where not all of it counts */
        struct record_header     headers[SPOOL_HEADERS_MAX];
};

/* ---- the folder ---- */

#define FOLDER_MAX (TOPIC_NAME_MAX + 24)   /* "parked/TOPIC/damaged" */

static void folder_print(const struct spool_view_lane *lane, enum spool_part part, char path[static FOLDER_MAX])
{
        const char *topic = lane->topic, *inner = SPOOL_PART_NAMES[part];
        (void)snprintf(path, FOLDER_MAX, "%s%s%s%s", topic ? SPOOL_PARKED "/" : "", topic ? topic : "",
                       topic && *inner ? "/" : "", inner);
}

/* "NNNNNNNNNNNNNNNN.spool" anywhere, "NNNNNNNNNNNNNNNN-OFFSET" where things are set aside. */
static bool name_parse(const char *name, const char *folder, struct spool_file *file)
{
        char again[64], *end;
        file->base = 0;
        file->segment = segment_number(name);
        if (!file->segment && file->part != SPOOL_SEGMENTS) {
                file->segment = strtoull(name, &end, 16);
                file->base = *end == '-' ? strtoull(end + 1, NULL, 10) : 0;
                (void)snprintf(again, sizeof(again), "%016llx-%llu", (unsigned long long)file->segment,
                               (unsigned long long)file->base);
                if (strcmp(again, name) != 0)
                        return false;
        }
        (void)snprintf(file->name, sizeof(file->name), "%s%s%.40s", folder, *folder ? "/" : "", name);
        return file->segment != 0;
}

static void file_add(struct spool_view *view, const struct spool_file *file)
{
        if ((view->count & (view->count - 1)) == 0)
                view->files = memory_grow(view->files, (view->count ? 2 * view->count : 1) * sizeof(*view->files));
        view->files[view->count++] = *file;
}

/* NULL: it cannot be listed, or (*ret_missing) there is none. */
static DIR *folder_list(const struct spool_view *view, const char *path, bool *ret_missing, struct error *err)
{
        int descriptor = openat(view->folder, *path ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *files = descriptor < 0 ? NULL : fdopendir(descriptor);
        if (files)
                return files;
        *ret_missing = errno == ENOENT && *path;
        if (!*ret_missing)
                (void)error_set(err, "%s: cannot be listed: %m", path);
        if (descriptor >= 0)
                (void)close(descriptor);
        return NULL;
}

/* A folder that is missing holds nothing. */
static bool part_list(struct spool_view *view, size_t lane, enum spool_part part, struct error *err)
{
        char path[FOLDER_MAX];
        bool missing;
        folder_print(&view->lanes[lane], part, path);
        DIR *files = folder_list(view, path, &missing, err);
        if (!files)
                return missing;
        for (const struct dirent *entry; (entry = readdir(files));) {
                struct spool_file file = { .part = part, .lane = lane };
                struct stat stat;
                if (!name_parse(entry->d_name, path, &file) || fstatat(view->folder, file.name, &stat, 0) < 0)
                        continue;
                file.size = (uint64_t)stat.st_size;
                file_add(view, &file);
        }
        (void)closedir(files);
        return true;
}

static int by_topic(const void *a, const void *b)
{
        return strcmp(((const struct spool_view_lane *)a)->topic, ((const struct spool_view_lane *)b)->topic);
}

/* The spool itself, and the topics for which something is parked. */
static bool lanes_list(struct spool_view *view, struct error *err)
{
        bool missing;
        view->lanes = memory_get(sizeof(*view->lanes));
        view->lane_count = 1;
        DIR *folders = folder_list(view, SPOOL_PARKED, &missing, err);
        if (!folders)
                return missing;
        for (const struct dirent *entry; (entry = readdir(folders));) {
                if (!topic_valid(slice_of(entry->d_name)))
                        continue;
                view->lanes = memory_grow(view->lanes, (view->lane_count + 1) * sizeof(*view->lanes));
                view->lanes[view->lane_count++] = (struct spool_view_lane){ .topic = slice_copy(slice_of(entry->d_name)) };
        }
        (void)closedir(folders);
        qsort(view->lanes + 1, view->lane_count - 1, sizeof(*view->lanes), by_topic);
        return true;
}

static int by_place(const void *a, const void *b)
{
        const struct spool_file *x = a, *y = b;
        if (x->lane != y->lane)
                return (x->lane > y->lane) - (x->lane < y->lane);
        if (x->part != y->part)
                return (x->part > y->part) - (x->part < y->part);
        if (x->segment != y->segment)
                return (x->segment > y->segment) - (x->segment < y->segment);
        return (x->base > y->base) - (x->base < y->base);
}

/* The small file of that name in the lane's folder; -1: there is none. */
static int place_open(const struct spool_view *view, const struct spool_view_lane *lane, const char *name)
{
        char folder[FOLDER_MAX], path[FOLDER_MAX + 16];
        folder_print(lane, SPOOL_SEGMENTS, folder);
        (void)snprintf(path, sizeof(path), "%s%s%s", folder, *folder ? "/" : "", name);
        return openat(view->folder, path, O_RDONLY | O_CLOEXEC);
}

static void places_read(struct spool_view *view, struct spool_view_lane *lane)
{
        char text[POSITION_SIZE + 1] = "";
        unsigned pair;
        int end = place_open(view, lane, "end"), file = place_open(view, lane, "position");
        ssize_t got = file < 0 ? 0 : pread(file, text, sizeof(text), 0);
        lane->placed = got == 0 || (got == POSITION_SIZE && position_parse(text, &lane->begin.segment, &lane->begin.offset));
        lane->ended = end >= 0 && end_read(end, &lane->end, &pair);
        if (file >= 0)
                (void)close(file);
        if (end >= 0)
                (void)close(end);
}

static bool newest_of(const struct spool_view *view, size_t i)
{
        const struct spool_file *file = &view->files[i], *next = i + 1 < view->count ? file + 1 : NULL;
        return file->part == SPOOL_SEGMENTS && (!next || next->part != SPOOL_SEGMENTS || next->lane != file->lane);
}

/* Whoever opens a spool makes the file `position`; a person may have brought segments without it. */
static bool is_spool(const struct spool_view *view)
{
        struct stat stat;
        return view->count > 0 || fstatat(view->folder, "position", &stat, 0) == 0 || errno != ENOENT;
}

struct spool_view *spool_view_open(const char *folder, struct error *err)
{
        struct spool_view *view = memory_get(sizeof(*view));
        view->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        bool good = (view->folder >= 0 || error_set(err, "%s: cannot be opened: %m", folder)) && lanes_list(view, err);
        for (size_t lane = 0; good && lane < view->lane_count; lane++) {
                for (int part = 0; good && part < SPOOL_PARTS; part++)
                        good = part_list(view, lane, (enum spool_part)part, err);
                /* After the list: what it says is released may still be listed, and nothing that it does not know is missed. */
                places_read(view, &view->lanes[lane]);
        }
        if (good && !is_spool(view))
                good = error_set(err, "%s is no spool: neither the file position nor a segment is there", folder);
        if (!good) {
                spool_view_close(view);
                return NULL;
        }
        if (view->count)
                qsort(view->files, view->count, sizeof(*view->files), by_place);
        for (size_t i = 0; i < view->count; i++)
                view->files[i].newest = newest_of(view, i);
        return view;
}

void spool_view_close(struct spool_view *view)
{
        if (!view)
                return;
        if (view->folder >= 0)
                (void)close(view->folder);
        for (size_t i = 0; i < view->lane_count; i++)
                free(view->lanes[i].topic);
        free(view->lanes);
        free(view->files);
        free(view);
}

size_t spool_view_count(const struct spool_view *view) { return view->count; }
const struct spool_file *spool_view_file(const struct spool_view *view, size_t index) { return &view->files[index]; }
size_t spool_view_lanes(const struct spool_view *view) { return view->lane_count; }
const struct spool_view_lane *spool_view_lane(const struct spool_view *view, size_t number) { return &view->lanes[number]; }

bool spool_file_means(const struct spool_file *file, const char *name)
{
        const char *last = strrchr(file->name, '/');
        size_t folder = last ? (size_t)(last - file->name) : 0, size = strlen(name);
        if (strcmp(file->name, name) == 0 || (last && strcmp(last + 1, name) == 0))
                return true;
        if (file->part != SPOOL_SEGMENTS && strcmp(name, SPOOL_PART_NAMES[file->part]) == 0)
                return true;
        if (!file->lane)
                return false;
        return (size == folder && memcmp(file->name, name, size) == 0) ||
               (file->part == SPOOL_SEGMENTS && strcmp(name, SPOOL_PARKED) == 0);
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

/* Of a segment of a topic's lane. */
static uint64_t cut_of(const struct spool_view_lane *lane, const struct spool_file *file)
{
        if (!lane->ended || file->part != SPOOL_SEGMENTS || file->segment < lane->end.segment)
                return UINT64_MAX;
        return file->segment == lane->end.segment ? lane->end.offset : 0;
}

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
        walk->lane = &view->lanes[file->lane];
        walk->file = file;
        walk->end = file->base + file->size;
        walk->descriptor = descriptor;
        uint64_t cut = cut_of(walk->lane, file);
        segment_reader_init(&walk->reader, descriptor, file->segment, walk->end < cut ? walk->end : cut);
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
        const struct spool_place *begin = &walk->lane->begin;
        return walk->file->part == SPOOL_SEGMENTS && walk->lane->placed &&
               (walk->file->segment < begin->segment || (walk->file->segment == begin->segment && behind <= begin->offset));
}

/* Zeros to the end are room for records to come. What is behind the last record otherwise is torn, or damaged. */
static bool walk_end(struct spool_walk *walk, struct spool_item *ret_item, struct error *err)
{
        uint64_t last = 0, end = walk->end;
        bool cut = walk->reader.end < end;
        struct slice bytes;
        walk->reader.end = end;
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
                ret_item->kind = walk->file->newest || cut ? SPOOL_ITEM_TORN : SPOOL_ITEM_DAMAGE;
                ret_item->size = last - walk->offset;
        }
        walk->offset = end;
        return true;
}

bool spool_walk_next(struct spool_walk *walk, struct spool_item *ret_item, struct error *err)
{
        struct slice payload;
        uint64_t before = walk->offset, at;
        if (before >= walk->end) {
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
