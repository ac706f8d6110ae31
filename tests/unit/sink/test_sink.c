#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
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

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows_are_complete),
                cmocka_unit_test(test_find),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
