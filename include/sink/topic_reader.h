/* Records of a Kafka topic back again: every partition from a time, or from its beginning, to where it ended when the reader was
 * opened. Nobody else's group is joined, and nothing is committed unless that is asked for. One thread. */
#ifndef SINK_TOPIC_READER_H
#define SINK_TOPIC_READER_H
#include "config/config.h"
#include "event/event.h"

#define TOPIC_READER_HEADERS 64    /* more of a record are not looked at */

struct topic_reader_setup {
        const struct config *config;       /* its brokers and kafka.client; outlives the reader */
        const char          *topic;
        int64_t              since;        /* ms, by the records' timestamps; INT64_MIN: from the beginning */
        const char          *group;        /* begin where this group stopped, where it did; NULL: none */
        int                  patience;     /* ms that the brokers may take to say where the partitions begin and end */
};
struct topic_record {
        int32_t      partition;
        int64_t      offset, time;         /* ms */
        struct slice key, value;           /* data NULL: none */
        struct record_header headers[TOPIC_READER_HEADERS];
        size_t       header_count;
};
struct topic_reader;
/* NULL and a sentence: no broker answers, there is no such topic, no right to read it. */
struct topic_reader *topic_reader_open(const struct topic_reader_setup *setup, struct error *err);
void                 topic_reader_close(struct topic_reader *reader);      /* takes NULL */

enum topic_read {
        TOPIC_RECORD,
        TOPIC_LATER,                       /* none yet; the brokers may be slow */
        TOPIC_END,                         /* every partition is read to its end */
        TOPIC_ERROR,
};
/* Waits at most so many ms. The record is good until the next call. */
enum topic_read topic_reader_next(struct topic_reader *reader, int ms, struct topic_record *ret_record, struct error *err);

struct topic_progress {
        uint64_t read, total;              /* records between begin and end, gaps counted; those behind */
        size_t   partitions, open;         /* open: not read to their ends yet */
};
void topic_reader_progress(const struct topic_reader *reader, struct topic_progress *ret_progress);
/* Sets the group's offsets behind what was read. False: could not be, or there is no group. */
bool topic_reader_commit(struct topic_reader *reader, struct error *err);
#endif
