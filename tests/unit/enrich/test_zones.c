/* Names and links of a tz database made for it. suite.zones reads the system's. */
#include "unit.h"
#include "tzif.h"
#include "enrich/zones.h"
#include <sys/stat.h>
#include <unistd.h>

struct folder { char path[64], file[128]; };

static const char *file_of(struct folder *folder, const char *name)
{
        snprintf(folder->file, sizeof(folder->file), "%s/%s", folder->path, name);
        return folder->file;
}

static void put(struct folder *folder, const char *name, struct slice bytes)
{
        FILE *file = fopen(file_of(folder, name), "we");
        assert_non_null(file);
        assert_int_equal(fwrite(bytes.data, 1, bytes.size, file), bytes.size);
        assert_int_equal(fclose(file), 0);
}

static const char *const FILES[] = { "tzdata.zi", "zone.tab", "Here/City", "Here/Town", "UTC" };

static void folder_make(struct folder *folder)
{
        strcpy(folder->path, "/tmp/zones-XXXXXX");
        assert_non_null(mkdtemp(folder->path));
        assert_int_equal(mkdir(file_of(folder, "Here"), 0700), 0);
        for (size_t i = 2; i < COUNT_OF(FILES); i++) {
                struct tzif tzif = { '2', .type = { { 3600 * (int32_t)i, 0, 0 } }, .type_count = 1, .abbreviations = "ABC",
                                     .abbreviation_bytes = 4, .rule = "" };
                struct buffer bytes;
                buffer_init(&bytes, 10000);
                tzif_write(&bytes, &tzif);
                put(folder, FILES[i], buffer_slice(&bytes));
                buffer_done(&bytes);
        }
        put(folder, "tzdata.zi",
            SLICE("# version 1999x\n# L UTC Comment\nR r 1 2\nZ Here/City 1 - ABC\n2 - DEF\nL Here/City Here/Place\n"
                  "L Old Older\nL Here/Town Old\nL Here/City Capital\nZ Here/Town 1 - ABC\nZ UTC 0 - ABC\n"
                  "L Gone Nowhere\nL Circle Circle2\nL Circle2 Circle\nZ ../../etc/passwd 0 - A\nL UTC ../x\nL\nZ"));
        put(folder, "zone.tab", SLICE("# comment\nAA\t+0+0\tHere/City\nBB\t+0+0\tHere/Place\tcomment\nCC\t+0+0\tUnheard\nDD\n"));
}

static void folder_drop(struct folder *folder)
{
        for (size_t i = 0; i < COUNT_OF(FILES); i++)
                (void)unlink(file_of(folder, FILES[i]));
        assert_int_equal(rmdir(file_of(folder, "Here")), 0);
        assert_int_equal(rmdir(folder->path), 0);
}

static const struct { const char *name, *ask, *want; int hours; } CASES[] = {
        { "a zone", "Here/City", "Here/City", 2 },
        { "in other letters", "hErE/cItY", "Here/City", 2 },
        { "a link that is a place", "Here/Place", "Here/Place", 2 },
        { "a link that is a name", "Capital", "Here/City", 2 },
        { "a link to a link, defined later", "Older", "Here/Town", 3 },
        { "a link to nothing", "Nowhere", NULL, 0 },
        { "a circle", "Circle", NULL, 0 },
        { "a comment", "Comment", NULL, 0 },
        { "a path", "../../etc/passwd", NULL, 0 },
        { "unheard of", "Unheard", NULL, 0 },
        { "nothing", "", NULL, 0 },
        { "a long name", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", NULL, 0 },
};

static void names_and_links_are_found(void **state)
{
        (void)state;
        struct folder folder;
        struct errors errors = { 0 };
        folder_make(&folder);
        struct zones *zones = zones_load(folder.path, &errors);
        errors_print(&errors, stderr);
        assert_non_null(zones);
        assert_int_equal(zones_count(zones), 4);
        assert_true(slice_equal(zones_version(zones), SLICE("1999x")));
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                UNIT_ROW(CASES[i].name);
                const struct zone_name *name = zones_find(zones, slice_of(CASES[i].ask));
                if (!CASES[i].want) {
                        assert_null(name);
                        continue;
                }
                assert_non_null(name);
                assert_true(slice_equal(name->text, slice_of(CASES[i].want)));
                assert_true(name->number < zones_count(zones));
                struct zone_span span;
                zone_find(name->zone, 0, &span);
                assert_int_equal(span.offset, 3600 * CASES[i].hours);
        }
        zones_free(zones);
        folder_drop(&folder);
}

static void expect_mistake(struct folder *folder, const char *want)
{
        struct errors errors = { 0 };
        UNIT_ROW(want);
        assert_null(zones_load(folder->path, &errors));
        assert_int_equal(errors.count, 1);
        assert_non_null(strstr(errors.items[0].text, want));
        errors_done(&errors);
}

static void a_broken_database_is_refused(void **state)
{
        (void)state;
        struct folder folder;
        folder_make(&folder);
        put(&folder, "UTC", SLICE("TZif2 and so on"));
        expect_mistake(&folder, "/UTC' is not a time zone");
        assert_int_equal(unlink(file_of(&folder, "UTC")), 0);
        expect_mistake(&folder, "cannot be opened");
        put(&folder, "tzdata.zi", SLICE("nothing\n"));
        expect_mistake(&folder, "names no time zone");
        assert_int_equal(unlink(file_of(&folder, "tzdata.zi")), 0);
        expect_mistake(&folder, "Debian package tzdata");
        folder_drop(&folder);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(names_and_links_are_found),
                cmocka_unit_test(a_broken_database_is_refused),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
