#include "sink/sink.h"

extern const struct sink_type SINK_KAFKA, SINK_FILE;

const struct sink_type *const SINKS[] = {
#ifdef WITH_KAFKA
        &SINK_KAFKA,
#endif
        &SINK_FILE,
        NULL,
};

const struct sink_type *sink_find(const char *name)
{
        for (size_t i = 0; SINKS[i]; i++)
                if (strcmp(SINKS[i]->name, name) == 0)
                        return SINKS[i];
        return NULL;
}

const char *sink_word(const struct config *config)
{
        static const char *const WORDS[] = { "kafka", "file" };    /* as options.def has them */
        return WORDS[config->sink_type];
}

const struct sink_type *sink_configured(const struct config *config)
{
        return sink_find(sink_word(config));
}

bool kafka_is_embedded(const struct config *config)
{
        return strcmp(config->kafka_brokers, "embedded") == 0;
}

bool sink_is_embedded(const struct config *config)
{
        return strcmp(sink_word(config), "kafka") == 0 && kafka_is_embedded(config);
}

bool sink_check_keeps(const struct config *config, struct errors *errors)
{
        return !sink_is_embedded(config) ||
               config_error(config, errors, "kafka.brokers", "the embedded Kafka keeps nothing; name the brokers of a cluster");
}

/* A stop in an outage: who waits for Kafka gets the disk's answer only if there is time for it. */
static bool stops_too_soon(const struct config *config)
{
        return config->spool_path[0] && config->sink_ack == ACK_KAFKA && config->spool_after > config->worker_drain_time &&
               config->kafka_message_timeout > config->worker_drain_time;
}

void sink_advise(const struct config *config, struct errors *advice)
{
        if (config->sink_ack == ACK_MEMORY)
                (void)errors_add(advice, "sink.ack: with memory an event is acknowledged before it is durable anywhere: a crash "
                                 "loses it%s", config->spool_path[0] ? "" : ", and so does a sink that refuses it later "
                                                                            "(spool.path)");
        if (stops_too_soon(config))
                (void)errors_add(advice, "spool.after: it is longer than worker.drain_time (%lld ms): a stop while Kafka is"
                                 " silent ends before the spool gets what waits for Kafka, and clients have to send it again",
                                 (long long)config->worker_drain_time);
}
