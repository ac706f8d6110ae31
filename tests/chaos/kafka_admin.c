/* What an operator does to a cluster while events flow, without starting a virtual machine for it.
 *
 * kafka_admin BROKERS create TOPIC PARTITIONS REPLICAS     kafka_admin BROKERS delete TOPIC
 * kafka_admin BROKERS grow TOPIC PARTITIONS                has so many from now on
 * kafka_admin BROKERS set TOPIC NAME=VALUE                 all other settings of the topic go back to their defaults
 * kafka_admin BROKERS deny USER TOPIC                      may not write; kafka_admin BROKERS allow USER TOPIC: undoes it
 *
 * Waits for the broker's answer; exits with 1 and a message when it is no. */
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MS 30000

struct admin {
        rd_kafka_t              *client;
        rd_kafka_queue_t        *answers;
        rd_kafka_AdminOptions_t *options;
        int                      count;    /* words behind the command */
        char                   **words;
        char                     text[512];
};

static void fail(const char *what, const char *why)
{
        (void)fprintf(stderr, "kafka_admin: %s: %s\n", what, why);
        exit(1);
}

static void topic_create(struct admin *admin)
{
        rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(admin->words[0], (int)strtol(admin->words[1], NULL, 10),
                                                           (int)strtol(admin->words[2], NULL, 10), admin->text,
                                                           sizeof(admin->text));
        if (!topic)
                fail("create", admin->text);
        rd_kafka_CreateTopics(admin->client, &topic, 1, admin->options, admin->answers);
        rd_kafka_NewTopic_destroy(topic);
}

static void topic_delete(struct admin *admin)
{
        rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(admin->words[0]);
        rd_kafka_DeleteTopics(admin->client, &topic, 1, admin->options, admin->answers);
        rd_kafka_DeleteTopic_destroy(topic);
}

static void topic_grow(struct admin *admin)
{
        rd_kafka_NewPartitions_t *topic = rd_kafka_NewPartitions_new(admin->words[0], (size_t)strtoul(admin->words[1], NULL, 10),
                                                                     admin->text, sizeof(admin->text));
        if (!topic)
                fail("grow", admin->text);
        rd_kafka_CreatePartitions(admin->client, &topic, 1, admin->options, admin->answers);
        rd_kafka_NewPartitions_destroy(topic);
}

static void topic_set(struct admin *admin)
{
        rd_kafka_ConfigResource_t *topic = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, admin->words[0]);
        char *value = strchr(admin->words[1], '=');
        if (!value)
                fail(admin->words[1], "is not NAME=VALUE");
        *value++ = '\0';
        (void)rd_kafka_ConfigResource_set_config(topic, admin->words[1], value);
        rd_kafka_AlterConfigs(admin->client, &topic, 1, admin->options, admin->answers);
        rd_kafka_ConfigResource_destroy(topic);
}

static void acl_principal(struct admin *admin)
{
        (void)snprintf(admin->text, sizeof(admin->text), "User:%s", admin->words[0]);
}

static void acl_deny(struct admin *admin)
{
        char why[256];
        acl_principal(admin);
        rd_kafka_AclBinding_t *rule = rd_kafka_AclBinding_new(RD_KAFKA_RESOURCE_TOPIC, admin->words[1],
                                                              RD_KAFKA_RESOURCE_PATTERN_LITERAL, admin->text, "*",
                                                              RD_KAFKA_ACL_OPERATION_WRITE, RD_KAFKA_ACL_PERMISSION_TYPE_DENY,
                                                              why, sizeof(why));
        if (!rule)
                fail("deny", why);
        rd_kafka_CreateAcls(admin->client, &rule, 1, admin->options, admin->answers);
        rd_kafka_AclBinding_destroy(rule);
}

static void acl_allow(struct admin *admin)
{
        char why[256];
        acl_principal(admin);
        rd_kafka_AclBindingFilter_t *rule = rd_kafka_AclBindingFilter_new(
                RD_KAFKA_RESOURCE_TOPIC, admin->words[1], RD_KAFKA_RESOURCE_PATTERN_LITERAL, admin->text, "*",
                RD_KAFKA_ACL_OPERATION_WRITE, RD_KAFKA_ACL_PERMISSION_TYPE_DENY, why, sizeof(why));
        if (!rule)
                fail("allow", why);
        rd_kafka_DeleteAcls(admin->client, &rule, 1, admin->options, admin->answers);
        rd_kafka_AclBinding_destroy(rule);
}

/* The first mistake that an answer tells of; NULL: none. */
static const char *topics_mistake(const rd_kafka_topic_result_t **results, size_t count)
{
        for (size_t i = 0; i < count; i++)
                if (rd_kafka_topic_result_error(results[i]))
                        return rd_kafka_err2str(rd_kafka_topic_result_error(results[i]));
        return NULL;
}

static const char *answer_mistake(rd_kafka_event_t *answer)
{
        const rd_kafka_topic_result_t **topics;
        size_t count;
        if (rd_kafka_event_error(answer))
                return rd_kafka_event_error_string(answer);
        switch (rd_kafka_event_type(answer)) {
        case RD_KAFKA_EVENT_CREATETOPICS_RESULT:
                topics = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer), &count);
                return topics_mistake(topics, count);
        case RD_KAFKA_EVENT_DELETETOPICS_RESULT:
                topics = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(answer), &count);
                return topics_mistake(topics, count);
        case RD_KAFKA_EVENT_CREATEPARTITIONS_RESULT:
                topics = rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(answer), &count);
                return topics_mistake(topics, count);
        case RD_KAFKA_EVENT_ALTERCONFIGS_RESULT: {
                const rd_kafka_ConfigResource_t **found =
                        rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(answer), &count);
                return count && rd_kafka_ConfigResource_error(found[0]) ? rd_kafka_ConfigResource_error_string(found[0]) : NULL;
        }
        case RD_KAFKA_EVENT_CREATEACLS_RESULT: {
                const rd_kafka_acl_result_t **found =
                        rd_kafka_CreateAcls_result_acls(rd_kafka_event_CreateAcls_result(answer), &count);
                const rd_kafka_error_t *error = count ? rd_kafka_acl_result_error(found[0]) : NULL;
                return error ? rd_kafka_error_string(error) : NULL;
        }
        default:
                return NULL;
        }
}

static const struct {
        const char         *name;
        int                 words;
        void              (*run)(struct admin *admin);
        rd_kafka_admin_op_t what;
} COMMANDS[] = {
        { "allow",  2, acl_allow,    RD_KAFKA_ADMIN_OP_DELETEACLS       },
        { "create", 3, topic_create, RD_KAFKA_ADMIN_OP_CREATETOPICS     },
        { "delete", 1, topic_delete, RD_KAFKA_ADMIN_OP_DELETETOPICS     },
        { "deny",   2, acl_deny,     RD_KAFKA_ADMIN_OP_CREATEACLS       },
        { "grow",   2, topic_grow,   RD_KAFKA_ADMIN_OP_CREATEPARTITIONS },
        { "set",    2, topic_set,    RD_KAFKA_ADMIN_OP_ALTERCONFIGS     },
};

int main(int count, char **words)
{
        struct admin admin = { .count = count - 3, .words = words + 3 };
        rd_kafka_conf_t *conf = rd_kafka_conf_new();
        bool found = false;
        if (count < 4)
                fail("usage", "kafka_admin BROKERS COMMAND TOPIC ...");
        (void)rd_kafka_conf_set(conf, "bootstrap.servers", words[1], admin.text, sizeof(admin.text));
        admin.client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, admin.text, sizeof(admin.text));
        if (!admin.client)
                fail(words[1], admin.text);
        admin.answers = rd_kafka_queue_new(admin.client);
        for (size_t i = 0; i < sizeof(COMMANDS) / sizeof(*COMMANDS); i++) {
                if (strcmp(COMMANDS[i].name, words[2]) != 0 || COMMANDS[i].words != admin.count)
                        continue;
                admin.options = rd_kafka_AdminOptions_new(admin.client, COMMANDS[i].what);
                COMMANDS[i].run(&admin);
                rd_kafka_AdminOptions_destroy(admin.options);
                found = true;
        }
        if (!found)
                fail(words[2], "no such command, or not its words");
        rd_kafka_event_t *answer = rd_kafka_queue_poll(admin.answers, ANSWER_MS);
        const char *mistake = answer ? answer_mistake(answer) : "no answer";
        if (mistake)
                fail(words[2], mistake);
        rd_kafka_event_destroy(answer);
        rd_kafka_queue_destroy(admin.answers);
        rd_kafka_destroy(admin.client);
        return 0;
}
