/* A spool's folder for people: what is in its files, without changing anything and without its lock, so that a daemon may be at
 * work in it meanwhile. Also what was set aside in `damaged` and `refused`. */
#ifndef SINK_SPOOL_VIEW_H
#define SINK_SPOOL_VIEW_H
#include "sink/spool_log.h"

enum spool_part { SPOOL_SEGMENTS, SPOOL_DAMAGED, SPOOL_REFUSED, SPOOL_PARTS };
extern const char *const SPOOL_PART_NAMES[SPOOL_PARTS];    /* "", "damaged", "refused": folders inside the spool's */

struct spool_file {
        enum spool_part part;
        char     name[64];                 /* below the spool's folder: "refused/0000000000000001-32" */
        uint64_t segment;                  /* its number */
        uint64_t base;                     /* the segment's byte that is the file's first */
        uint64_t size;                     /* bytes, room for records to come included */
        bool     newest;                   /* the segment that is written to, if any is */
};
struct spool_view;

/* NULL and a sentence: there is no such folder, or it cannot be read. */
struct spool_view *spool_view_open(const char *folder, struct error *err);
void               spool_view_close(struct spool_view *view);      /* takes NULL */
size_t             spool_view_count(const struct spool_view *view);
/* Segments first, in order; then what was set aside. */
const struct spool_file *spool_view_file(const struct spool_view *view, size_t index);
/* NULL: the folder has no file of that name (with its folder, or only its last part). */
const struct spool_file *spool_view_find(const struct spool_view *view, const char *name);
struct spool_place spool_view_begin(const struct spool_view *view);        /* what precedes it is released */
/* The file `position` says something: false when it is damaged, and everything counts as not released. */
bool               spool_view_placed(const struct spool_view *view);
/* A process holds the folder; its number, 0 when it cannot be told. False: none does. */
bool               spool_view_held(const struct spool_view *view, long *ret_process);

enum spool_item_kind {
        SPOOL_ITEM_RECORD,
        SPOOL_ITEM_DAMAGE,                 /* bytes that are no record */
        SPOOL_ITEM_TORN,                   /* the same at the end of the newest segment: being written, or to be cut off */
        SPOOL_ITEM_END,
};
struct spool_item {
        enum spool_item_kind kind;
        uint64_t offset, size;             /* in the segment; of a record the whole frame */
        struct spool_record record;        /* good until the next call */
        bool     released;                 /* delivered before; a record of a segment only */
};
struct spool_walk;
/* From the file's first record on, released ones too. NULL and a sentence: it cannot be opened, or is no segment. NULL without a
 * sentence: it is gone, as a daemon has delivered it. */
struct spool_walk *spool_walk_open(const struct spool_view *view, const struct spool_file *file, struct error *err);
void               spool_walk_close(struct spool_walk *walk);      /* takes NULL */
/* The next item. Bytes that the disk does not give count as damage. False: memory is out. */
bool               spool_walk_next(struct spool_walk *walk, struct spool_item *ret_item, struct error *err);
uint64_t           spool_walk_unreadable(const struct spool_walk *walk);   /* bytes so far that the disk did not give */
/* The bytes of an item of damage, up to some MiB of it; good until the next call. */
struct slice       spool_walk_bytes(struct spool_walk *walk, const struct spool_item *item);
#endif
