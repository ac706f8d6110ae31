/* What control groups allow, by files as the kernel shows them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "../schema/folder.h"
#include "server/control_group.h"

#define SYS "sys/fs/cgroup/"
#define NONE UINT64_MAX

static const struct { const char *name, *group, *own, *above, *top; uint64_t bytes; } CASES[] = {
        { "a limit of its own",        "0::/a/b\n", "1048576\n", "max\n", NULL, 1 << 20 },
        { "a tighter one above",       "0::/a/b\n", "1048576\n", "4096\n", NULL, 4096 },
        { "a wider one above",         "0::/a/b\n", "4096\n", "1048576\n", NULL, 4096 },
        { "the whole machine's",       "0::/a/b\n", "max\n", "max\n", "8192\n", 8192 },
        { "none at all",               "0::/a/b\n", "max\n", "max\n", "max\n", NONE },
        { "no files",                  "0::/a/b\n", NULL, NULL, NULL, NONE },
        { "the first group",           "0::/\n", NULL, NULL, "8192\n", 8192 },
        { "behind those of version 1", "4:memory:/x\n0::/a/b\n", "4096\n", NULL, NULL, 4096 },
        { "only those of version 1",   "4:memory:/a/b\n", "4096\n", NULL, NULL, NONE },
        { "an empty file",             "0::/a/b\n", "", NULL, NULL, NONE },
        { "no word about groups",      "", "4096\n", NULL, NULL, NONE },
};

static void every_group_counts(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                const struct { const char *path, *text; } FILES[] = {
                        { "proc/self/cgroup", CASES[i].group }, { SYS "a/b/memory.max", CASES[i].own },
                        { SYS "a/memory.max", CASES[i].above }, { SYS "memory.max", CASES[i].top },
                };
                struct folder folder;
                folder_init(&folder);
                for (size_t k = 0; k < COUNT_OF(FILES); k++)
                        if (FILES[k].text)
                                folder_write(&folder, FILES[k].path, FILES[k].text);
                uint64_t bytes = control_group_least(folder.path, "memory.max", control_group_bytes);
                if (bytes != CASES[i].bytes)
                        fail_msg("%s: %llu", CASES[i].name, (unsigned long long)bytes);
                folder_done(&folder);
        }
        assert_int_equal(control_group_least("/nonexistent", "memory.max", control_group_bytes), NONE);
}

static void lines_are_understood(void **state)
{
        static const struct { const char *line; uint64_t cpus, bytes; } LINES[] = {
                { "150000 100000\n", 2, 150000 }, { "100000 100000\n", 1, 100000 }, { "1000 100000\n", 1, 1000 },
                { "max 100000\n", NONE, NONE },   { "max\n", NONE, NONE },          { "0\n", NONE, 0 },
                { "nonsense\n", NONE, NONE },     { "", NONE, NONE },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(LINES); i++)
                if (control_group_cpus(LINES[i].line) != LINES[i].cpus || control_group_bytes(LINES[i].line) != LINES[i].bytes)
                        fail_msg("'%s'", LINES[i].line);
}

int main(void)
{
        static const struct CMUnitTest TESTS[] = { cmocka_unit_test(every_group_counts), cmocka_unit_test(lines_are_understood) };
        return cmocka_run_group_tests_name("control_group", TESTS, NULL, NULL);
}
