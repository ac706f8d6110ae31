/* A spool's folder for people: what is in its files, without changing anything and without its lock, so that a daemon may be at
 * work in it meanwhile. Also what is parked for topics that take nothing (`parked/TOPIC`, each a spool of its own), and what was
 * set aside in `damaged` and `refused`, of all of them. */
#ifndef SINK_SPOOL_VIEW_H
#define SINK_SPOOL_VIEW_H
#include "sink/spool_log.h"
#include "sink/topics.h"

enum spool_part { SPOOL_SEGMENTS, SPOOL_DAMAGED, SPOOL_REFUSED, SPOOL_PARTS };
extern const char *const SPOOL_PART_NAMES[SPOOL_PARTS];    /* "", "damaged", "refused": folders inside the spool's */

#define SPOOL_PARKED   "parked"
#define SPOOL_NAME_MAX (TOPIC_NAME_MAX + 80)
struct spool_file {
        enum spool_part part;
        size_t   lane;                     /* its number */
        char     name[SPOOL_NAME_MAX];     /* below the spool's folder: "parked/clicks/refused/0000000000000001-32" */
        uint64_t segment;                  /* its number */
        uint64_t base;                     /* the segment's byte that is the file's first */
        uint64_t size;                     /* bytes, room for records to come included */
        bool     newest;                   /* the segment that is written to, if any is */
};
struct spool_view_lane {
        char              *topic;          /* that it is parked for; NULL: the spool itself */
        struct spool_place begin;          /* what precedes it is released */
        struct spool_place end;            /* what is behind it does not count: it is being written, or will be cut off */
        bool               ended;          /* the file `end` says so; else all that is there counts */
        bool               placed;         /* the file `position` is not damaged; else nothing counts as released */
};
struct spool_view;

/* NULL and a sentence: there is no such folder, it cannot be read, or it is no spool. */
struct spool_view *spool_view_open(const char *folder, struct error *err);
void               spool_view_close(struct spool_view *view);      /* takes NULL */
size_t             spool_view_count(const struct spool_view *view);
/* The spool's own first, then those of each topic; of each, segments in order, then what was set aside. */
const struct spool_file *spool_view_file(const struct spool_view *view, size_t index);
/* Whether a name means the file: all of its name, or the last part alone; "damaged" and "refused", all that is set aside so;
 * "parked" and "parked/TOPIC", segments; "parked/TOPIC/refused", what is there. */
bool   spool_file_means(const struct spool_file *file, const char *name);
size_t spool_view_lanes(const struct spool_view *view);    /* 1 and more: the spool itself, then topics in order */
const struct spool_view_lane *spool_view_lane(const struct spool_view *view, size_t number);
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
