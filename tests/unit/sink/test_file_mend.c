/* What a kill leaves of the file sink's two files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../../../src/sink/file_mend.h"
#include "../enrich/unit.h"
#include "../schema/folder.h"

static void expect_file(const struct folder *folder, const char *name, const char *want)
{
        char path[700], text[200] = "";
        (void)snprintf(path, sizeof(path), "%s/%s", folder->path, name);
        int file = open(path, O_RDONLY | O_CLOEXEC);
        if (!want) {
                assert_true(file < 0 && errno == ENOENT);
                return;
        }
        assert_true(file >= 0 && read(file, text, sizeof(text) - 1) >= 0 && close(file) == 0);
        assert_string_equal(text, want);
}

static void what_a_kill_leaves_is_put_right(void **state)
{
        (void)state;
        static const struct { const char *name, *values, *metas, *want_values, *want_metas; } CASES[] = {
                { "nothing",                NULL,          NULL,       NULL,         NULL },
                { "in step",                "{1}\n{2}\n", "a\nb\n", "{1}\n{2}\n", "a\nb\n" },
                { "a torn value",           "{1}\n{2",     "a\n",      "{1}\n",      "a\n" },
                { "nothing but a torn one", "{1",          "",         "",           "" },
                { "a torn line of keys",    "{1}\n{2}\n", "a\nb",     "{1}\n{2}\n", "a\n{\"headers\":{}}\n" },
                { "values without theirs",  "{1}\n{2}\n", "",         "{1}\n{2}\n", "{\"headers\":{}}\n{\"headers\":{}}\n" },
                { "keys moved away",        "{1}\n{2",     NULL,       "{1}\n",      NULL },
                { "values moved away",      NULL,          "a\nb",     NULL,         "a\n" },
        };
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct folder folder;
                UNIT_ROW(CASES[i].name);
                folder_init(&folder);
                if (CASES[i].values)
                        folder_write(&folder, "t" FILE_VALUES, CASES[i].values);
                if (CASES[i].metas)
                        folder_write(&folder, "t" FILE_METAS, CASES[i].metas);
                int at = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                assert_true(file_mend(at, "t"));
                assert_true(file_mend(at, "t"));
                expect_file(&folder, "t" FILE_VALUES, CASES[i].want_values);
                expect_file(&folder, "t" FILE_METAS, CASES[i].want_metas);
                (void)close(at);
                folder_done(&folder);
        }
}

static void what_cannot_be_read_is_told(void **state)
{
        (void)state;
        struct folder folder;
        folder_init(&folder);
        int at = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_int_equal(mkdirat(at, "t" FILE_METAS, 0700), 0);
        assert_false(file_mend(at, "t"));
        assert_int_equal(errno, EISDIR);
        (void)close(at);
        folder_done(&folder);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_a_kill_leaves_is_put_right),
                cmocka_unit_test(what_cannot_be_read_is_told),
        };
        return cmocka_run_group_tests_name("file_mend", tests, NULL, NULL);
}
