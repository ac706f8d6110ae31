/* A build without librdkafka reads no topics; sink/kafka_reader.c does. */
#include "sink/topic_reader.h"

#ifndef WITH_KAFKA
struct topic_reader *topic_reader_open(const struct topic_reader_setup *setup, struct error *err)
{
        (void)error_set(err, "topic %s: this build has no Kafka", setup->topic);
        return NULL;
}

void topic_reader_close(struct topic_reader *reader) { (void)reader; }

enum topic_read topic_reader_next(struct topic_reader *reader, int ms, struct topic_record *ret_record, struct error *err)
{
        (void)reader, (void)ms, (void)ret_record, (void)err;
        return TOPIC_END;
}

void topic_reader_progress(const struct topic_reader *reader, struct topic_progress *ret_progress)
{
        (void)reader;
        *ret_progress = (struct topic_progress){ .read = 0 };
}

bool topic_reader_commit(struct topic_reader *reader, struct error *err)
{
        (void)reader;
        return error_set(err, "this build has no Kafka");
}
#endif
