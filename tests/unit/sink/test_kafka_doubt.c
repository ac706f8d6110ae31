/* Reports of success, of which some have no place: which of them are none. A build without Kafka has nothing to test here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#ifdef WITH_KAFKA
#include "../../../src/sink/kafka.h"
#include "../enrich/unit.h"

enum { REPORTS_MAX = 12 };

/* The reports of one partition in their order; `open` is how many records had none before the first of them. */
static const struct { const char *name; size_t open, count; int64_t offset[REPORTS_MAX]; bool doubtful[REPORTS_MAX]; } CASES[] = {
        { "all have their places", 4, 4, { 0, 1, 2, 3 }, { 0 } },
        { "a batch of one", 2, 2, { -1, 7 }, { 1 } },
        { "a batch of many counts on from its first", 5, 5, { -1, 0, 1, 2, 3 }, { 1, 1, 1, 1, 1 } },
        { "behind the next one, as librdkafka reports it", 6, 6, { 0, 1, -1, 0, 1, 2 }, { 0, 0, 1, 1, 1, 1 } },
        { "another begins elsewhere", 5, 5, { -1, 0, 5, 6, 7 }, { 1, 1 } },
        { "what was there before has no place at all", 3, 3, { -1001, -1001, 4 }, { 1, 1 } },
        { "one that fits is taken for its end, but not all that follow", 3, 8, { -1, 0, 1, 2, 3, 4, 5, 6 }, { 1, 1, 1 } },
        { "two such batches", 4, 6, { -1, 0, -1, 0, 1, 2 }, { 1, 1, 1, 1 } },
};

/* Each is reported once, and another record is published for it. */
static void what_has_no_place_is_doubtful(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct kafka_spread spread = { 0 };
                size_t open = CASES[i].open;
                UNIT_ROW(CASES[i].name);
                for (size_t k = 0; k < CASES[i].count; k++) {
                        const rd_kafka_message_t message = { .partition = 3, .offset = CASES[i].offset[k] };
                        const rd_kafka_message_t other = { .partition = 1, .offset = CASES[i].offset[k] + 1000000 };
                        assert_int_equal(confirmation_doubtful(&spread, &message, open), CASES[i].doubtful[k]);
                        assert_false(confirmation_doubtful(&spread, &other, open));
                        open -= open > 1;
                }
                free(spread.doubt);
        }
}

/* Whoever sends again what is doubtful comes to an end: here the next places always fit. */
static void sending_again_ends(void **state)
{
        (void)state;
        struct kafka_spread spread = { 0 };
        enum { OPEN = 50 };
        size_t waiting = OPEN, reports = 0;
        for (int64_t offset = -1; waiting; offset++, reports++) {
                const rd_kafka_message_t message = { .partition = 0, .offset = offset };
                waiting -= !confirmation_doubtful(&spread, &message, OPEN);
                assert_true(reports < (size_t)3 * OPEN);
        }
        free(spread.doubt);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_has_no_place_is_doubtful),
                cmocka_unit_test(sending_again_ends),
        };
        return cmocka_run_group_tests_name("kafka_doubt", tests, NULL, NULL);
}
#else
int main(void)
{
        return EXIT_SUCCESS;
}
#endif
