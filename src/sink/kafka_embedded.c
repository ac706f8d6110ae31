/* `kafka.brokers: embedded`: librdkafka's mock cluster, one broker on a loopback port of its own choosing, which any Kafka
 * client can read. docs/howto/first-steps.md says what it is not for. */
#include "kafka.h"
#include <librdkafka/rdkafka_mock.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#define PARTITIONS 4                       /* also what the mock cluster gives topics that are made by their first record */
#define DESCRIPTORS_LOOKED_AT 1024

struct kafka_embedded {
        rd_kafka_t              *client;   /* owns the cluster's thread */
        rd_kafka_mock_cluster_t *cluster;
};

static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
        (void)client, (void)level, (void)facility, (void)text;     /* clients that come and go, and that it has no brokers */
}

static void topic_make(struct kafka_embedded *embedded, const char *name)
{
        if (topic_valid(slice_of(name)))   /* a template is not: its topics are made when they are used */
                (void)rd_kafka_mock_topic_create(embedded->cluster, name, PARTITIONS, 1);
}

/* The cluster's sockets keep Nagle's algorithm, which holds an answer back until the one before it is confirmed: when the next
 * batch is sent, or 40 ms later. A broker sets TCP_NODELAY; here the listening socket is found by its port, and those that it
 * accepts are like it. When it is not found, answers come later. */
static void answer_at_once(rd_kafka_mock_cluster_t *cluster)
{
        const char *port = strrchr(rd_kafka_mock_cluster_bootstraps(cluster), ':');
        struct sockaddr_in name;
        for (int descriptor = 0; port && descriptor < DESCRIPTORS_LOOKED_AT; descriptor++) {
                int set = 0;
                if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &set, &(socklen_t){ sizeof(set) }) == 0 && set &&
                    getsockname(descriptor, (struct sockaddr *)&name, &(socklen_t){ sizeof(name) }) == 0 &&
                    name.sin_family == AF_INET && ntohs(name.sin_port) == strtoul(port + 1, NULL, 10))
                        (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
        }
}

struct kafka_embedded *kafka_embedded_new(const struct config *config, struct error *err)
{
        char text[400];
        rd_kafka_conf_t *conf = rd_kafka_conf_new();
        (void)rd_kafka_conf_set(conf, "client.id", "millrace-embedded", text, sizeof(text));
        rd_kafka_conf_set_log_cb(conf, on_log);
        rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
        if (!client) {
                rd_kafka_conf_destroy(conf);
                (void)error_set(err, "cannot start the embedded cluster: %s", text);
                return NULL;
        }
        struct kafka_embedded *embedded = memory_get(sizeof(*embedded));
        embedded->client = client;
        embedded->cluster = rd_kafka_mock_cluster_new(client, 1);
        if (!embedded->cluster) {
                (void)error_set(err, "cannot start the embedded cluster: no loopback port to listen on");
                kafka_embedded_free(embedded);
                return NULL;
        }
        answer_at_once(embedded->cluster);
        topic_make(embedded, config->kafka_topic);
        topic_make(embedded, config->kafka_bad_topic);
        return embedded;
}

void kafka_embedded_free(struct kafka_embedded *embedded)
{
        if (!embedded)
                return;
        if (embedded->cluster)
                rd_kafka_mock_cluster_destroy(embedded->cluster);
        rd_kafka_destroy(embedded->client);
        free(embedded);
}

const char *kafka_embedded_brokers(const struct kafka_embedded *embedded)
{
        return rd_kafka_mock_cluster_bootstraps(embedded->cluster);
}
