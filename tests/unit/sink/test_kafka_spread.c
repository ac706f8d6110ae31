/* Where records go: what is counted. The rest is tested with librdkafka itself (test_kafka.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#ifdef WITH_KAFKA
#include "../../../src/sink/kafka.h"

enum { PARTITIONS = 4, COUNT = 20000, LISTED_MOST = 1000 };

static struct event events[COUNT];

/* Records with a key that does not say where they go: each is left to librdkafka. Each report looks its record up in a list, so
 * that has an end; and in the end nothing is counted as under way. */
static void what_is_left_to_librdkafka_is_counted_to_an_end(void **state)
{
        (void)state;
        char text[200];
        struct kafka_producer producer = { .linger_ns = 5000000, .batch_size = 1000000, .batch_count = 10000 };
        rd_kafka_topic_conf_t *conf = rd_kafka_topic_conf_new();
        assert_int_equal(rd_kafka_topic_conf_set(conf, "partitioner", "random", text, sizeof(text)), RD_KAFKA_CONF_OK);
        struct kafka_spread *spread = spread_new(&producer, 0, conf);
        spread->partition = memory_get(PARTITIONS * sizeof(*spread->partition));
        spread->count = spread->room = PARTITIONS;
        for (int32_t i = 0; i < COUNT; i++) {
                struct kafka_way way = spread_choose_keyed(spread, NULL, SLICE("key"), 100);
                assert_int_equal(way.partition, RD_KAFKA_PARTITION_UA);
                spread->chosen = i % PARTITIONS;   /* as choose() does */
                spread_asked(spread, &events[i], true, way);
                assert_true(spread->openers_count <= LISTED_MOST);
        }
        for (size_t i = 0; i < COUNT; i++)
                spread_return_asked(spread, &events[i]);
        assert_int_equal(spread->openers_count, 0);
        for (size_t i = 0; i < PARTITIONS; i++)
                assert_int_equal(spread->partition[i].in_flight, 0);
        spread_free(spread);
        rd_kafka_topic_conf_destroy(conf);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_left_to_librdkafka_is_counted_to_an_end),
        };
        return cmocka_run_group_tests_name("kafka_spread", tests, NULL, NULL);
}
#else
int main(void)
{
        return EXIT_SUCCESS;
}
#endif
