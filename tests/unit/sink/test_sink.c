#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "../enrich/unit.h"
#include "config/config.h"
#include "sink/sink.h"

/* Only these may be NULL, so that callers need not ask for the others. */
static void test_rows_are_complete(void **state)
{
        (void)state;
        for (size_t i = 0; SINKS[i]; i++) {
                const struct sink_type *type = SINKS[i];
                assert_non_null(type->name);
                assert_non_null(type->doc);
                assert_true(type->check && type->open && type->close && type->port_open && type->port_close);
                assert_true(type->port_descriptor && type->serve && type->topic && type->publish);
                assert_true(type->ready && type->held && type->largest);
                assert_ptr_equal(sink_find(type->name), type);
        }
}

static void test_find(void **state)
{
        (void)state;
        assert_non_null(sink_find("file"));
        assert_null(sink_find("nowhere"));
        assert_null(sink_find(""));
#ifdef WITH_KAFKA
        assert_ptr_equal(sink_find("kafka"), SINKS[0]);
#else
        assert_null(sink_find("kafka"));
#endif
}

/* Path of the spool, sink.ack, spool.after, kafka.message_timeout, worker.drain_time; and whether a stop is spoken of. */
static const struct { const char *name, *values[5]; bool want; } STOPS[] = {
        { "as it is by default",         { "/tmp", "kafka", "2s", "30s", "30s" },  false },
        { "as long",                     { "/tmp", "kafka", "20s", "30s", "20s" }, false },
        { "longer",                      { "/tmp", "kafka", "20s", "30s", "19s" }, true },
        { "Kafka's patience is shorter", { "/tmp", "kafka", "20s", "2s", "3s" },   false },
        { "both are longer",             { "/tmp", "kafka", "20s", "4s", "3s" },   true },
        { "no spool",                    { "", "kafka", "20s", "30s", "2s" },      false },
        { "the disk comes first",        { "/tmp", "spool", "20s", "30s", "2s" },  false },
};

static void a_stop_leaves_time_for_the_spool(void **state)
{
        static const char *const PATHS[] = { "spool.path", "sink.ack", "spool.after", "kafka.message_timeout",
                                             "worker.drain_time" };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(STOPS); i++) {
                struct config config;
                struct errors advice = { 0 };
                struct error  err;
                UNIT_ROW(STOPS[i].name);
                config_init(&config);
                for (size_t k = 0; k < COUNT_OF(PATHS); k++)
                        assert_true(config_set(&config, PATHS[k], STOPS[i].values[k], &err));
                sink_advise(&config, &advice);
                assert_int_equal(advice.count, STOPS[i].want);
                errors_done(&advice);
                config_done(&config);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows_are_complete),
                cmocka_unit_test(test_find),
                cmocka_unit_test(a_stop_leaves_time_for_the_spool),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
