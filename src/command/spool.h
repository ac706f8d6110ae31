/* Inside the room: what the words of `millrace spool` share. */
#ifndef COMMAND_SPOOL_H
#define COMMAND_SPOOL_H
#include "base/buffer.h"
#include "command/command.h"
#include "filter.h"
#include "sink/spool_view.h"
#include "task.h"

enum spool_flag { FLAG_PATH, FLAG_JSON, FLAG_TOPIC, FLAG_KEY, FLAG_SCHEMA, FLAG_SINCE, FLAG_UNTIL, FLAG_WHERE, FLAG_LIMIT,
                  FLAG_VALUE_ONLY, FLAG_RELEASED, FLAG_RATE, FLAG_DRY_RUN };

/* Which records are wanted. */
struct choice {
        struct slice   topic, key, schema; /* data NULL: any */
        int64_t        since, until;       /* ms, both inclusive */
        uint64_t       limit;
        int64_t        rate;               /* bytes a second; -1: spool.drain_rate */
        bool           released;
        struct filter *filter;             /* NULL: all */
};
struct spool_job {
        const struct arguments *arguments;
        struct config           config;
        const char             *path;
        struct spool_view      *view;
        const struct spool_file **files;   /* count of them: the operands', or every segment */
        size_t                  count;
        bool                    named;     /* by operands */
        struct choice           choice;
        struct arena_pool       pool;      /* of what --where makes */
        struct task             task;
};
/* The header of a record; data NULL: it has none of that name. */
struct slice spool_record_header(const struct spool_record *record, struct slice name);
bool choice_takes(struct spool_job *job, const struct spool_item *item);

/* Each answers the exit status. */
int spool_list(struct spool_job *job);
int spool_print(struct spool_job *job);
int spool_verify(struct spool_job *job);
int spool_send(struct spool_job *job);
#endif
