/* What the configuration means to librdkafka: our own settings, then every key of `kafka.client` as it is, then the few
 * that the sink cannot work without. */
#include <inttypes.h>
#include "kafka.h"

/* SCRAM of older clients repeats the nonce, which Apache Kafka 4.0 and later refuse (librdkafka issue 4895). */
#define VERSION_SCRAM_RIGHT 0x020601ff

static const char *const COMPRESSIONS[] = { "none", "lz4", "zstd", "snappy", "gzip" };

static const struct { const char *name, *value; } SETTINGS[] = {
        { "sticky.partitioning.linger.ms", "0" },        /* partitions are chosen by kafka_spread.c */
        { "client.id",                     "millrace" },
        { "acks",                          "all" },
        { "enable.idempotence",            "true" },
        /* The queue is bounded in bytes alone: 100,000 records, the default, are 1.4 s of a large site. */
        { "queue.buffering.max.messages",  "0" },
        { "reconnect.backoff.max.ms",      "1000" },
        { "socket.nagle.disable",          "true" },
        /* From the first record of a topic that brokers do not know: until then it waits, as it may just be being made. The
         * default, 30 s, is as long as a client waits for its answer (kafka.message_timeout). */
        { "topic.metadata.propagation.max.ms", "5000" },
        { "statistics.interval.ms",        "1000" },      /* readiness comes from it, too */
};
/* Keys of librdkafka that are not the operator's, with what to do instead. */
static const struct { const char *name, *why; } REFUSED[] = {
        { "bootstrap.servers",          "set kafka.brokers instead" },
        { "metadata.broker.list",       "set kafka.brokers instead" },
        { "delivery.report.only.error", "every request waits for its reports" },
        { "transactional.id",           "transactions are not used" },
        { "log.queue",                  "the log is read from the queue" },
        { "test.mock.num.brokers",      "set kafka.brokers to embedded instead" },
};

static bool option_set(rd_kafka_conf_t *conf, const char *name, const char *value, struct error *err)
{
        char text[400];
        if (rd_kafka_conf_set(conf, name, value, text, sizeof(text)) != RD_KAFKA_CONF_OK)
                return error_set(err, "%s", text);
        return true;
}

static bool option_set_number(rd_kafka_conf_t *conf, const char *name, int64_t value, struct error *err)
{
        char text[24];
        (void)snprintf(text, sizeof(text), "%" PRId64, value);
        return option_set(conf, name, text, err);
}

/* With a spool nobody waits for the brokers longer than it takes to see that they are slow. */
static int64_t message_timeout(const struct config *config)
{
        bool spool = config->spool_path[0] && config->spool_after < config->kafka_message_timeout;
        return spool ? config->spool_after : config->kafka_message_timeout;
}

static bool options_ours(rd_kafka_conf_t *conf, const struct config *config, size_t workers, struct error *err)
{
        for (size_t i = 0; i < COUNT_OF(SETTINGS); i++)
                if (!option_set(conf, SETTINGS[i].name, SETTINGS[i].value, err))
                        return false;
        int64_t share = config->kafka_queue / 1024 / (int64_t)workers;
        BUG_IF((size_t)config->kafka_compression >= COUNT_OF(COMPRESSIONS));
        return option_set(conf, "compression.codec", COMPRESSIONS[config->kafka_compression], err) &&
               option_set_number(conf, "linger.ms", config->kafka_linger, err) &&
               option_set_number(conf, "message.timeout.ms", message_timeout(config), err) &&
               option_set_number(conf, "queue.buffering.max.kbytes", share < 1 ? 1 : share, err);
}

static bool option_refused(const char *name, struct error *err)
{
        for (size_t i = 0; i < COUNT_OF(REFUSED); i++)
                if (strcmp(name, REFUSED[i].name) == 0) {
                        (void)error_set(err, "%s", REFUSED[i].why);
                        return true;
                }
        return false;
}

/* After an outage the statistics tell first that a broker is connected. */
#define STATISTICS_MOST 10000              /* ms */

/* One key of `kafka.client`; `err` without the key's name. */
static bool option_theirs(rd_kafka_conf_t *conf, const struct text_pair *pair, struct error *err)
{
        long every = strtol(pair->value, NULL, 10);
        if (strcmp(pair->key, "statistics.interval.ms") == 0 && (every < 1 || every > STATISTICS_MOST))
                return error_set(err, "readiness needs the statistics: 1 to %d", STATISTICS_MOST);
        return !option_refused(pair->key, err) && option_set(conf, pair->key, pair->value, err);
}

rd_kafka_conf_t *kafka_options_new(const struct config *config, size_t workers, const char *brokers, size_t batch_size,
                                   struct error *err)
{
        rd_kafka_conf_t *conf = rd_kafka_conf_new();
        bool good = options_ours(conf, config, workers, err);
        for (size_t i = 0; good && i < config->kafka_client.count; i++)
                good = option_theirs(conf, &config->kafka_client.items[i], err);
        if (good && batch_size)
                good = option_set_number(conf, "batch.size", (int64_t)batch_size, err);
        if (good && brokers)
                good = option_set(conf, "bootstrap.servers", brokers, err);
        /* Log lines come with the reports, on the worker's thread. */
        if (good && option_set(conf, "log.queue", "true", err))
                return conf;
        rd_kafka_conf_destroy(conf);
        return NULL;
}

/* The spool bounds what it has under way itself, to less than this. A queue that holds less would be filled by a topic that
 * confirms nothing, and the others would not get in. */
#define PATIENT_KIB (128 << 10)

bool kafka_options_patient(rd_kafka_conf_t *conf, struct error *err)
{
        char text[32] = "";
        size_t size = sizeof(text);
        (void)rd_kafka_conf_get(conf, "queue.buffering.max.kbytes", text, &size);
        bool small = strtoll(text, NULL, 10) < PATIENT_KIB;
        if (option_set(conf, "message.timeout.ms", "0", err) &&
            (!small || option_set_number(conf, "queue.buffering.max.kbytes", PATIENT_KIB, err)))
                return true;
        rd_kafka_conf_destroy(conf);
        return false;
}

static const char *option_theirs_find(const struct config *config, const char *name, const char *alias)
{
        const char *value = NULL;
        for (size_t i = 0; i < config->kafka_client.count; i++)
                if (strcmp(config->kafka_client.items[i].key, name) == 0 ||
                    (alias && strcmp(config->kafka_client.items[i].key, alias) == 0))
                        value = config->kafka_client.items[i].value;
        return value;
}

static void options_advise(const struct config *config, struct errors *advice)
{
        const char *mechanism = option_theirs_find(config, "sasl.mechanisms", "sasl.mechanism");
        const char *idempotence = option_theirs_find(config, "enable.idempotence", NULL);
        if (mechanism && strncmp(mechanism, "SCRAM", 5) == 0 && rd_kafka_version() < VERSION_SCRAM_RIGHT)
                (void)errors_add(advice, "kafka.client: %s of this librdkafka (%s) is refused by Apache Kafka 4.0 and later as "
                                 "invalid credentials, however right they are; librdkafka 2.6.1 is the first that works (2.8 or "
                                 "later is recommended), or use sasl.mechanism: PLAIN over TLS",
                                 mechanism, rd_kafka_version_str());
        if (idempotence && strcmp(idempotence, "true") != 0)
                (void)errors_add(advice, "kafka.client: without enable.idempotence a broker's failure can double records and "
                                 "change their order");
        if (kafka_is_embedded(config))
                (void)errors_add(advice, "kafka.brokers: the embedded cluster is for a first look: it keeps at most 5 MiB or "
                                 "100,000 batches of a partition, and nothing when the process ends");
}

static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
        (void)client, (void)level, (void)facility, (void)text;
}

/* A client that connects to nothing tells what only shows when settings meet: acks against idempotence, files that are not
 * there, a mechanism that this build does not have. */
static bool options_try(const struct config *config, struct error *err)
{
        rd_kafka_conf_t *conf = kafka_options_new(config, 1, NULL, 0, err);
        if (!conf)
                return false;
        char text[400];
        rd_kafka_conf_set_log_cb(conf, on_log);    /* it complains that it has no brokers */
        rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
        if (!client) {
                rd_kafka_conf_destroy(conf);
                return error_set(err, "%s", text);
        }
        rd_kafka_destroy(client);
        return true;
}

/* A broker may have its protocol before it; at one that is not security.protocol librdkafka ends its reading of the list. */
static void protocols_check(const rd_kafka_conf_t *conf, const char *brokers, struct errors *errors)
{
        char text[32] = "";
        size_t size = sizeof(text);
        (void)rd_kafka_conf_get(conf, "security.protocol", text, &size);
        for (const char *end = brokers; (end = strstr(end, "://")); end++) {
                const char *start = end;
                while (start > brokers && start[-1] != ',' && start[-1] != ' ')
                        start--;
                if (!slice_equal_nocase((struct slice){ start, (size_t)(end - start) }, slice_of(text)))
                        (void)errors_add(errors, "kafka.brokers: %.*s:// found, but security.protocol of kafka.client is %s",
                                         (int)(end - start), start, text);
        }
}

bool kafka_options_check(const struct config *config, struct errors *errors, struct errors *advice)
{
        size_t before = errors_total(errors);
        struct error err;
        rd_kafka_conf_t *conf = rd_kafka_conf_new();
        for (size_t i = 0; i < config->kafka_client.count; i++)
                if (!option_theirs(conf, &config->kafka_client.items[i], &err))
                        (void)errors_add(errors, "kafka.client: %s: %s", config->kafka_client.items[i].key, err.text);
        protocols_check(conf, config->kafka_brokers, errors);
        rd_kafka_conf_destroy(conf);
        if (!topic_valid(slice_of(config->kafka_bad_topic)))
                (void)errors_add(errors, "kafka.bad_topic: '%s' is no name for a topic: 1 to %d of a-z A-Z 0-9 . _ -",
                                 config->kafka_bad_topic, TOPIC_NAME_MAX);
        if (errors_total(errors) == before && !options_try(config, &err))
                (void)errors_add(errors, "kafka.client: %s", err.text);
        if (advice)
                options_advise(config, advice);
        return errors_total(errors) == before;
}
