/* Reading a topic with a consumer of its own: partitions are assigned by hand, from offsets that are looked up once. */
#include "kafka.h"
#include "sink/topic_reader.h"

struct partition {
        int64_t begin, next, end;          /* offsets; next: the one to be read */
        bool    done;
};
struct topic_reader {
        rd_kafka_t                      *client;
        rd_kafka_topic_partition_list_t *offsets;  /* where to begin, one a partition, in their order */
        struct partition                *partitions;
        size_t                           count;
        rd_kafka_message_t              *message;  /* of the last record */
        bool                             group;
};

/* ---- the client ---- */

/* Settings of our own that only a consumer knows. A group's name is needed to assign; it is not joined. */
static rd_kafka_conf_t *options_new(const struct topic_reader_setup *setup, struct error *err)
{
        const struct { const char *name, *value; } OWN[] = {
                { "group.id", setup->group ? setup->group : "millrace-replay" }, { "enable.auto.commit", "false" },
                { "enable.partition.eof", "true" }, { "auto.offset.reset", "earliest" }, { "client.id", "millrace-replay" },
        };
        char text[400];
        rd_kafka_conf_t *conf = kafka_options_new(setup->config, 1, setup->config->kafka_brokers, 0, err);
        for (size_t i = 0; conf && i < COUNT_OF(OWN); i++)
                if (rd_kafka_conf_set(conf, OWN[i].name, OWN[i].value, text, sizeof(text)) != RD_KAFKA_CONF_OK) {
                        (void)error_set(err, "%s", text);
                        rd_kafka_conf_destroy(conf);
                        return NULL;
                }
        return conf;
}

/* What it says of settings that only a producer knows, and of brokers that come and go, is not for people at a terminal. */
static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
        (void)client, (void)level, (void)facility, (void)text;
}

static bool client_open(struct topic_reader *reader, const struct topic_reader_setup *setup, struct error *err)
{
        char text[400];
        rd_kafka_conf_t *conf = options_new(setup, err);
        if (!conf)
                return false;
        rd_kafka_conf_set_log_cb(conf, on_log);
        (void)rd_kafka_conf_set(conf, "log.queue", "false", text, sizeof(text));
        reader->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
        if (!reader->client) {
                rd_kafka_conf_destroy(conf);
                return error_set(err, "cannot make a Kafka consumer: %s", text);
        }
        (void)rd_kafka_poll_set_consumer(reader->client);
        return true;
}

/* ---- where to begin and to end ---- */

static bool partitions_find(struct topic_reader *reader, const struct topic_reader_setup *setup, struct error *err)
{
        const struct rd_kafka_metadata *metadata;
        rd_kafka_topic_t *topic = rd_kafka_topic_new(reader->client, setup->topic, NULL);
        rd_kafka_resp_err_t code = rd_kafka_metadata(reader->client, 0, topic, &metadata, setup->patience);
        if (!code && metadata->topic_cnt == 1)
                code = metadata->topics[0].err;
        if (code) {
                rd_kafka_topic_destroy(topic);
                return error_set(err, "topic %s: %s", setup->topic, rd_kafka_err2str(code));
        }
        reader->count = (size_t)metadata->topics[0].partition_cnt;
        reader->partitions = memory_get((reader->count + 1) * sizeof(*reader->partitions));
        reader->offsets = rd_kafka_topic_partition_list_new((int)reader->count);
        for (size_t i = 0; i < reader->count; i++)
                (void)rd_kafka_topic_partition_list_add(reader->offsets, setup->topic, (int32_t)i);
        rd_kafka_metadata_destroy(metadata);
        rd_kafka_topic_destroy(topic);
        return reader->count > 0 || error_set(err, "topic %s has no partitions", setup->topic);
}

static bool ends_find(struct topic_reader *reader, const struct topic_reader_setup *setup, struct error *err)
{
        for (size_t i = 0; i < reader->count; i++) {
                struct partition *partition = &reader->partitions[i];
                rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(reader->client, setup->topic, (int32_t)i,
                                                                            &partition->begin, &partition->end, setup->patience);
                if (code)
                        return error_set(err, "topic %s, partition %zu: %s", setup->topic, i, rd_kafka_err2str(code));
        }
        return true;
}

/* The first record of the time or later; behind the last one when there is none. */
static bool times_find(struct topic_reader *reader, const struct topic_reader_setup *setup, struct error *err)
{
        if (setup->since <= 0)
                return true;
        for (int i = 0; i < reader->offsets->cnt; i++)
                reader->offsets->elems[i].offset = setup->since;
        rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(reader->client, reader->offsets, setup->patience);
        for (int i = 0; !code && i < reader->offsets->cnt; i++) {
                const rd_kafka_topic_partition_t *found = &reader->offsets->elems[i];
                code = found->err;
                reader->partitions[i].begin = found->offset < 0 ? reader->partitions[i].end : found->offset;
        }
        return !code || error_set(err, "topic %s: cannot look up a time: %s", setup->topic, rd_kafka_err2str(code));
}

static bool group_find(struct topic_reader *reader, const struct topic_reader_setup *setup, struct error *err)
{
        if (!setup->group)
                return true;
        rd_kafka_resp_err_t code = rd_kafka_committed(reader->client, reader->offsets, setup->patience);
        for (int i = 0; !code && i < reader->offsets->cnt; i++) {
                int64_t stopped = reader->offsets->elems[i].offset;
                code = reader->offsets->elems[i].err;
                if (stopped > reader->partitions[i].begin)
                        reader->partitions[i].begin = stopped;
        }
        return !code || error_set(err, "group %s: %s", setup->group, rd_kafka_err2str(code));
}

/* Only partitions that have something to read are assigned. */
static bool assign(struct topic_reader *reader, const char *topic, struct error *err)
{
        rd_kafka_topic_partition_list_t *wanted = rd_kafka_topic_partition_list_new((int)reader->count);
        for (size_t i = 0; i < reader->count; i++) {
                struct partition *partition = &reader->partitions[i];
                partition->next = partition->begin;
                partition->done = partition->begin >= partition->end;
                if (!partition->done)
                        rd_kafka_topic_partition_list_add(wanted, topic, (int32_t)i)->offset = partition->begin;
        }
        rd_kafka_resp_err_t code = wanted->cnt ? rd_kafka_assign(reader->client, wanted) : RD_KAFKA_RESP_ERR_NO_ERROR;
        rd_kafka_topic_partition_list_destroy(wanted);
        return !code || error_set(err, "topic %s: %s", topic, rd_kafka_err2str(code));
}

struct topic_reader *topic_reader_open(const struct topic_reader_setup *setup, struct error *err)
{
        struct topic_reader *reader = memory_get(sizeof(*reader));
        reader->group = setup->group != NULL;
        if (client_open(reader, setup, err) && partitions_find(reader, setup, err) && ends_find(reader, setup, err) &&
            times_find(reader, setup, err) && group_find(reader, setup, err) && assign(reader, setup->topic, err))
                return reader;
        topic_reader_close(reader);
        return NULL;
}

void topic_reader_close(struct topic_reader *reader)
{
        if (!reader)
                return;
        if (reader->message)
                rd_kafka_message_destroy(reader->message);
        if (reader->offsets)
                rd_kafka_topic_partition_list_destroy(reader->offsets);
        if (reader->client) {
                (void)rd_kafka_consumer_close(reader->client);
                rd_kafka_destroy(reader->client);
        }
        free(reader->partitions);
        free(reader);
}

/* ---- reading ---- */

static bool all_done(const struct topic_reader *reader)
{
        for (size_t i = 0; i < reader->count; i++)
                if (!reader->partitions[i].done)
                        return false;
        return true;
}

static void headers_read(const rd_kafka_message_t *message, struct topic_record *record)
{
        rd_kafka_headers_t *headers;
        const char *name;
        const void *value;
        size_t size;
        record->header_count = 0;
        if (rd_kafka_message_headers(message, &headers))
                return;
        while (record->header_count < TOPIC_READER_HEADERS &&
               !rd_kafka_header_get_all(headers, record->header_count, &name, &value, &size))
                record->headers[record->header_count++] = (struct record_header){ slice_of(name), { value, size } };
}

static void record_read(const rd_kafka_message_t *message, struct topic_record *record)
{
        rd_kafka_timestamp_type_t type;
        record->partition = message->partition;
        record->offset = message->offset;
        record->time = rd_kafka_message_timestamp(message, &type);
        record->key = (struct slice){ message->key, message->key_len };
        record->value = (struct slice){ message->payload, message->len };
        headers_read(message, record);
}

/* Errors that pass by themselves: the client tries again. */
static bool is_passing(rd_kafka_resp_err_t code)
{
        return code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
               code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__RESOLVE ||
               code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION || code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
}

enum topic_read topic_reader_next(struct topic_reader *reader, int ms, struct topic_record *ret_record, struct error *err)
{
        if (reader->message)
                rd_kafka_message_destroy(reader->message);
        reader->message = NULL;
        if (all_done(reader))
                return TOPIC_END;
        rd_kafka_message_t *message = reader->message = rd_kafka_consumer_poll(reader->client, ms);
        if (!message)
                return TOPIC_LATER;
        struct partition *partition = message->rkt && message->partition >= 0 && (size_t)message->partition < reader->count
                                              ? &reader->partitions[message->partition] : NULL;
        /* Records that are gone, or markers of transactions: the end may come before the last offset does. */
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF && partition) {
                partition->next = partition->end;
                partition->done = true;
                return TOPIC_LATER;
        }
        if (message->err && is_passing(message->err))
                return TOPIC_LATER;
        if (message->err) {
                (void)error_set(err, "%s", rd_kafka_message_errstr(message));
                return TOPIC_ERROR;
        }
        if (!partition || message->offset >= partition->end) {
                if (partition)
                        partition->done = true;
                return TOPIC_LATER;
        }
        partition->next = message->offset + 1;
        partition->done = partition->next >= partition->end;
        record_read(message, ret_record);
        return TOPIC_RECORD;
}

void topic_reader_progress(const struct topic_reader *reader, struct topic_progress *ret_progress)
{
        *ret_progress = (struct topic_progress){ .partitions = reader->count };
        for (size_t i = 0; i < reader->count; i++) {
                const struct partition *partition = &reader->partitions[i];
                ret_progress->open += !partition->done;
                ret_progress->read += (uint64_t)(partition->next - partition->begin);
                ret_progress->total += partition->end > partition->begin ? (uint64_t)(partition->end - partition->begin) : 0;
        }
}

bool topic_reader_commit(struct topic_reader *reader, struct error *err)
{
        if (!reader->group)
                return error_set(err, "there is no group");
        for (size_t i = 0; i < reader->count; i++)
                reader->offsets->elems[i].offset = reader->partitions[i].next;
        rd_kafka_resp_err_t code = rd_kafka_commit(reader->client, reader->offsets, 0);
        return !code || error_set(err, "cannot commit: %s", rd_kafka_err2str(code));
}
