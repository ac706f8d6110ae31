/* The table itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "config/option.h"

static bool section_known(const char *path, size_t size)
{
        for (const struct section *section = SECTIONS; section->path; section++)
                if (strlen(section->path) == size && memcmp(section->path, path, size) == 0)
                        return true;
        return false;
}

static void test_each_option_is_named_and_described_once(void **state)
{
        (void)state;
        for (const struct option *option = OPTIONS; option < OPTIONS + OPTION_COUNT; option++) {
                const char *path = option->path;
                assert_int_equal(strspn(path, "abcdefghijklmnopqrstuvwxyz0123456789_."), strlen(path));
                assert_true(strlen(path) < 64);
                /* A longer path below this one would make it a section, too. */
                for (const struct option *other = OPTIONS; other < OPTIONS + OPTION_COUNT; other++)
                        if (other != option && strncmp(other->path, path, strlen(path)) == 0 &&
                            (other->path[strlen(path)] == '\0' || other->path[strlen(path)] == '.'))
                                fail_msg("%s and %s", path, other->path);
                for (const char *dot = strchr(path, '.'); dot; dot = strchr(dot + 1, '.'))
                        if (!section_known(path, (size_t)(dot - path)))
                                fail_msg("%s: sections.def has no row for its section", path);
                size_t size = strlen(option->doc);
                if (size < 10 || option->doc[size - 1] != '.')
                        fail_msg("%s: its doc is no sentence", path);
                if ((option->type == &TYPE_choice) != (option->words != NULL))
                        fail_msg("%s: only a choice has words", path);
        }
}

static void test_each_section_has_options(void **state)
{
        (void)state;
        for (const struct section *section = SECTIONS; section->path; section++) {
                size_t size = strlen(section->path), count = 0;
                for (size_t i = 0; i < OPTION_COUNT; i++)
                        count += strncmp(OPTIONS[i].path, section->path, size) == 0 && OPTIONS[i].path[size] == '.';
                if (count == 0)
                        fail_msg("%s has no option", section->path);
        }
}

static void test_words_are_found_by_name_and_number(void **state)
{
        (void)state;
        assert_int_equal(word_index("one|two|three", SLICE("one")), 0);
        assert_int_equal(word_index("one|two|three", SLICE("three")), 2);
        assert_int_equal(word_index("one|two|three", SLICE("thre")), -1);
        assert_int_equal(word_index("one|two|three", SLICE("")), -1);
        assert_true(slice_equal(word_at("one|two|three", 1), SLICE("two")));
        assert_null(word_at("one|two|three", 3).data);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_each_option_is_named_and_described_once),
                cmocka_unit_test(test_each_section_has_options),
                cmocka_unit_test(test_words_are_found_by_name_and_number),
        };
        return cmocka_run_group_tests_name("option", tests, NULL, NULL);
}
