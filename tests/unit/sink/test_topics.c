#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "sink/topics.h"

#define NAME_249 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
        const char  *name;
        struct slice topic;
        bool         want;
} NAMES[] = {
        { "plain",            SLICE_INIT("events"),         true },
        { "every character",  SLICE_INIT("aZ09._-"),        true },
        { "longest",          SLICE_INIT(NAME_249),         true },
        { "too long",         SLICE_INIT(NAME_249 "a"),     false },
        { "empty",            SLICE_INIT(""),               false },
        { "one dot",          SLICE_INIT("."),              false },
        { "two dots",         SLICE_INIT(".."),             false },
        { "three dots",       SLICE_INIT("..."),            true },
        { "slash",            SLICE_INIT("a/b"),            false },
        { "space",            SLICE_INIT("a b"),            false },
        { "template",         SLICE_INIT("events-{vendor}"), false },
        { "not ASCII",        SLICE_INIT("\xc3\xa9v"),      false },
        { "NUL inside",       SLICE_INIT("ab\0c"),          false },
};

static void test_names(void **state)
{
        (void)state;
        assert_int_equal(sizeof(NAME_249) - 1, TOPIC_NAME_MAX);
        for (size_t i = 0; i < COUNT_OF(NAMES); i++)
                if (topic_valid(NAMES[i].topic) != NAMES[i].want)
                        fail_msg("%s", NAMES[i].name);
}

static void test_numbers(void **state)
{
        (void)state;
        struct topics topics;
        topics_init(&topics);
        assert_int_equal(topics_number(&topics, SLICE("one")), 0);
        assert_int_equal(topics_number(&topics, SLICE("two")), 1);
        assert_int_equal(topics_number(&topics, SLICE("one")), 0);
        assert_int_equal(topics_number(&topics, SLICE("one\0x")), UINT16_MAX);
        assert_int_equal(topics_number(&topics, SLICE("on")), 2);
        assert_int_equal(topics_number(&topics, SLICE("a/b")), UINT16_MAX);
        assert_string_equal(topics.names[1].data, "two");
        topics_done(&topics);
}

static void test_bound(void **state)
{
        (void)state;
        struct topics topics;
        char name[16];
        topics_init(&topics);
        for (unsigned i = 0; i < TOPICS_MAX; i++) {
                (void)snprintf(name, sizeof(name), "t%u", i);
                assert_int_equal(topics_number(&topics, slice_of(name)), i);
        }
        assert_int_equal(topics_number(&topics, SLICE("one-more")), UINT16_MAX);
        for (unsigned i = 0; i < TOPICS_MAX; i++) {
                (void)snprintf(name, sizeof(name), "t%u", i);
                assert_int_equal(topics_number(&topics, slice_of(name)), i);
        }
        topics_done(&topics);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_numbers),
                cmocka_unit_test(test_bound),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
