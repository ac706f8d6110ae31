/* When a changed file is told of. */
#include "base/clock.h"
#include "server/watch.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct desk {
        char folder[40], path[60], other[60];
        struct config config;
        struct enrich_plan *plan;
        struct watch *watch;
};

static void put(const char *path, const char *text)
{
        FILE *file = fopen(path, "we");
        assert_non_null(file);
        assert_true(fputs(text, file) >= 0 && fclose(file) == 0 && chmod(path, 0600) == 0);
}

/* A plan with one watched file, the key. */
static void desk_open(struct desk *desk)
{
        struct errors errors = { 0 };
        struct error  err;
        (void)snprintf(desk->folder, sizeof(desk->folder), "/tmp/test_watch_XXXXXX");
        assert_non_null(mkdtemp(desk->folder));
        (void)snprintf(desk->path, sizeof(desk->path), "%s/key", desk->folder);
        (void)snprintf(desk->other, sizeof(desk->other), "%s/other", desk->folder);
        put(desk->path, "0123456789abcdef");
        config_init(&desk->config);
        assert_true(config_set(&desk->config, "enrich.order", "client", &err));
        assert_true(config_set(&desk->config, "enrich.client.ip", "hash", &err));
        assert_true(config_set(&desk->config, "enrich.client.key", desk->path, &err));
        desk->plan = enrich_plan_new(&desk->config, &errors);
        assert_non_null(desk->plan);
        desk->watch = watch_new();
        assert_false(watch_look(desk->watch));
        watch_set(desk->watch, desk->plan, NULL, clock_wall() + 1000);
}

static void desk_close(struct desk *desk)
{
        (void)unlink(desk->path);
        (void)unlink(desk->other);
        (void)rmdir(desk->folder);
        watch_free(desk->watch);
        enrich_plan_free(desk->plan);
        config_done(&desk->config);
}

static void write_over(struct desk *desk) { put(desk->path, "0123456789abcdef longer"); }
static void swap_in(struct desk *desk)
{
        put(desk->other, "fedcba9876543210");
        assert_int_equal(rename(desk->other, desk->path), 0);
}
static void take_away(struct desk *desk) { assert_int_equal(unlink(desk->path), 0); }
static void touch(struct desk *desk)
{
        struct timespec times[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
        assert_int_equal(utimensat(AT_FDCWD, desk->path, times, 0), 0);
}
static void leave(struct desk *desk) { (void)desk; }
static void read_only(struct desk *desk) { assert_int_equal(chmod(desk->path, 0400), 0); }

static const struct { const char *name; void (*change)(struct desk *desk); bool told; } CASES[] = {
        { "left alone", leave, false },       { "written over", write_over, true }, { "another one in its place", swap_in, true },
        { "taken away", take_away, true },    { "a new time alone", touch, true },  { "other rights alone", read_only, false },
};

static void every_change_is_told_once(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct desk desk;
                print_message("             %s\n", CASES[i].name);
                desk_open(&desk);
                assert_false(watch_look(desk.watch));
                CASES[i].change(&desk);
                assert_false(watch_look(desk.watch));      /* it may still be changing */
                assert_int_equal(watch_look(desk.watch), CASES[i].told);
                if (CASES[i].told) {
                        assert_string_equal(watch_changed(desk.watch, 0), desk.path);
                        assert_null(watch_changed(desk.watch, 1));
                }
                assert_false(watch_look(desk.watch));
                assert_null(watch_changed(desk.watch, 0));
                desk_close(&desk);
        }
}

static void a_moving_file_is_waited_for(void **state)
{
        (void)state;
        struct desk desk;
        desk_open(&desk);
        for (size_t i = 0; i < 5; i++) {
                put(desk.path, &"xxxxx"[i]);
                assert_false(watch_look(desk.watch));
        }
        assert_true(watch_look(desk.watch));
        desk_close(&desk);
}

/* One that changed while the plan was being made may have been read before. */
static void a_change_while_loading_is_told(void **state)
{
        (void)state;
        struct desk desk;
        desk_open(&desk);
        watch_set(desk.watch, desk.plan, NULL, clock_wall() - 60000);
        assert_true(watch_look(desk.watch));
        watch_set(desk.watch, desk.plan, NULL, clock_wall() + 1000);
        assert_false(watch_look(desk.watch));
        desk_close(&desk);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_change_is_told_once),
                cmocka_unit_test(a_moving_file_is_waited_for),
                cmocka_unit_test(a_change_while_loading_is_told),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
