/* Each row is a child process: giving up power cannot be undone. Rows that need root are not there for others. */
#include "server/process.h"
#include "server/seccomp.h"
#include <errno.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static const struct { const char *name, *user, *group, *error; } MISTAKES[] = {
        { "no such user",               "no-such-user", "",              "process.user: there is no user 'no-such-user'" },
        { "no such group",              "",             "no-such-group", "process.group: there is no group 'no-such-group'" },
        { "a number of nobody's",       "3999999999",   "",              "process.user: no user has the number 3999999999: "
                                                                         "process.group must be given, too" },
        { "the number that is none",    "4294967295",   "0",             "process.user: there is no user '4294967295'" },
        { "not a number",               "0x10",         "",              "process.user: there is no user '0x10'" },
};

static void configure(struct config *config, const char *user, const char *group)
{
        struct error err;
        config_init(config);
        assert_true(config_set(config, "process.user", user, &err));
        assert_true(config_set(config, "process.group", group, &err));
}

static void mistakes_are_told(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(MISTAKES); i++) {
                struct config config;
                struct errors errors = { 0 };
                configure(&config, MISTAKES[i].user, MISTAKES[i].group);
                if (process_settle(&config, &errors))
                        fail_msg("%s: taken", MISTAKES[i].name);
                assert_int_equal(errors.count, 1);
                assert_string_equal(errors.items[0].text, MISTAKES[i].error);
                errors_done(&errors);
                config_done(&config);
        }
}

/* Of /proc/self/status: "CapEff" is 0. */
static bool has_no_capability(void)
{
        char  line[256];
        FILE *file = fopen("/proc/self/status", "re");
        bool  none = true;
        unsigned count = 0;
        while (file && fgets(line, sizeof(line), file))
                if (strncmp(line, "CapEff:", 7) == 0 || strncmp(line, "CapPrm:", 7) == 0) {
                        none &= strspn(line + 7, "\t0\n") == strlen(line + 7);
                        count++;
                }
        if (file)
                fclose(file);
        return none && count == 2;
}

enum { FINE, REFUSED, WRONG_USER, WRONG_GROUPS, WAY_BACK, CAPABLE, PRIVILEGES, DUMPABLE, CORES };
static const char *const FOUND[] = { "fine", "refused", "another user", "further groups", "a way back to root", "capabilities",
                                     "new privileges", "the memory can be looked into, or cannot", "core dumps" };

static int settled_look(const struct config *config, uid_t user, gid_t group)
{
        struct errors errors = { 0 };
        struct rlimit cores;
        gid_t groups[64];
        process_seal();
        if (!process_settle(config, &errors)) {
                errors_print(&errors, stderr);
                return REFUSED;
        }
        int count = getgroups(COUNT_OF(groups), groups);
        if (getuid() != user || geteuid() != user || getgid() != group || getegid() != group)
                return WRONG_USER;
        for (int i = 0; i < count; i++)
                if (groups[i] == 0 && group != 0)
                        return WRONG_GROUPS;
        if (user != 0 && (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0 || setgroups(0, NULL) == 0))
                return WAY_BACK;
        if (user != 0 && !has_no_capability())
                return CAPABLE;
        if (prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L) != 1)
                return PRIVILEGES;
        if (!seccomp_sanitized() && prctl(PR_GET_DUMPABLE) != (config->process_core ? 1 : 0))
                return DUMPABLE;
        if (getrlimit(RLIMIT_CORE, &cores) != 0 || (!config->process_core && (cores.rlim_cur || cores.rlim_max)))
                return CORES;
        return FINE;
}

static const struct { const char *name, *user, *group, *core; uid_t want_user; gid_t want_group; } CASES[] = {
        { "a name",                 "nobody", "",        "false", 65534, 65534 },
        { "a name, another group",  "nobody", "daemon",  "false", 65534, 1 },
        { "a number with an entry", "65534",  "",        "false", 65534, 65534 },
        { "a number without",       "54321",  "54322",   "false", 54321, 54322 },
        { "a group alone",          "",       "daemon",  "false", 0,     1 },
        { "nobody, with cores",     "nobody", "",        "true",  65534, 65534 },
        { "who we are",             "",       "",        "false", 0,     0 },
};

static void power_is_given_up_for_good(void **state)
{
        (void)state;
        if (geteuid() != 0)
                skip();
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct config config;
                struct error err;
                int status;
                configure(&config, CASES[i].user, CASES[i].group);
                assert_true(config_set(&config, "process.core", CASES[i].core, &err));
                pid_t child = fork();
                if (child == 0)
                        _exit(settled_look(&config, CASES[i].want_user, CASES[i].want_group));
                assert_int_equal(waitpid(child, &status, 0), child);
                if (!WIFEXITED(status) || WEXITSTATUS(status) != FINE)
                        fail_msg("%s: %s", CASES[i].name, WIFEXITED(status) ? FOUND[WEXITSTATUS(status)] : "killed");
                config_done(&config);
        }
}

/* Somebody who may not. */
static void others_are_refused(void **state)
{
        (void)state;
        struct config config;
        int status;
        configure(&config, "0", "");
        pid_t child = fork();
        if (child == 0) {
                struct errors errors = { 0 };
                if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
                        _exit(2);
                bool taken = process_settle(&config, &errors);
                bool told = errors.count == 1 && strstr(errors.items[0].text, "process.user: cannot become '0': ");
                _exit(taken || !told);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        config_done(&config);
}

static void files_are_tried_as_the_user(void **state)
{
        (void)state;
        static const struct { const char *name; bool write; const char *error; } TRIES[] = {
                { "open",         false, NULL },
                { "closed",       false, "process.user: 'nobody' cannot read" },
                { "open",         true,  "process.user: 'nobody' cannot write" },
                { "free",         true,  NULL },
                { "free/new",     true,  NULL },
                { "new",          true,  "process.user: 'nobody' cannot write" },
                { "not-there",    false, "process.user: 'nobody' cannot read" },
                { "listed",       false, NULL },
                { "unlisted",     false, "process.user: 'nobody' cannot read" },
                { "unlisted/in",  false, NULL },
                { "locked",       false, "process.user: 'nobody' cannot read" },
                { "free/a/b/c/",  true,  NULL },
                { "free/file",    true,  "file': Not a directory" },
                { "free/file/a",  true,  "a': Not a directory" },
                { "a/b/c",        true,  "process.user: 'nobody' cannot write" },
        };
        if (geteuid() != 0)
                skip();
        char folder[] = "/tmp/process-XXXXXX", path[64], command[512];
        assert_non_null(mkdtemp(folder));
        (void)snprintf(command, sizeof(command), "cd %s && echo a >open && echo a >closed && chmod 755 . && chmod 644 open && "
                                                 "chmod 600 closed && mkdir -m 777 free && mkdir -m 755 listed && "
                                                 "mkdir -m 711 unlisted && mkdir -m 744 locked && echo a >unlisted/in && "
                                                 "echo a >free/file && chmod 644 unlisted/in && chmod 666 free/file", folder);
        assert_int_equal(system(command), 0);
        for (size_t i = 0; i < COUNT_OF(TRIES); i++) {
                struct config config;
                struct errors errors = { 0 };
                configure(&config, "nobody", "");
                (void)snprintf(path, sizeof(path), "%s/%s", folder, TRIES[i].name);
                bool good = process_check(&config, &(struct process_file){ path, NULL, TRIES[i].write }, 1, &errors);
                if (good != !TRIES[i].error || (!good && !strstr(errors.items[0].text, TRIES[i].error)))
                        fail_msg("%s, write %d: %s", TRIES[i].name, TRIES[i].write, good ? "taken" : errors.items[0].text);
                errors_done(&errors);
                config_done(&config);
        }
        (void)snprintf(command, sizeof(command), "rm -r %s", folder);
        assert_int_equal(system(command), 0);
}

/* Without process.user: what root, too, cannot do. */
static void files_are_tried_as_ourselves(void **state)
{
        (void)state;
        static const struct { const char *name, *path, *option; bool write; const char *error; } TRIES[] = {
                { "to be made",       "/tmp/process-none/spool", "spool.path", true, NULL },
                { "there",            "/tmp", "spool.path", true, NULL },
                { "of this folder",   "process-none", "spool.path", true, NULL },
                { "below /proc",      "/proc/spool", "spool.path", true, "spool.path: cannot write '/proc/spool': " },
                { "deep below /proc", "/proc/a/b", "spool.path", true, "spool.path: cannot write '/proc/a/b': " },
                { "/proc itself",     "/proc", "schemas.cache", true, "schemas.cache: cannot write '/proc': " },
                { "a file",           "/etc/passwd", "spool.path", true, "spool.path: cannot write '/etc/passwd': Not " },
                { "below a file",     "/etc/passwd/spool", "spool.path", true, "spool': Not a directory" },
                { "read",             "/etc/passwd", "keys.file", false, NULL },
                { "read, not there",  "/etc/process-none", "keys.file", false, "keys.file: cannot read '/etc/process-none': " },
                { "nobody's",         "/etc/process-none", NULL, false, "/etc/process-none: cannot read: No such file" },
        };
        assert_int_equal(chdir("/tmp"), 0);
        for (size_t i = 0; i < COUNT_OF(TRIES); i++) {
                struct config config;
                struct errors errors = { 0 };
                configure(&config, "", "");
                bool good = process_check(&config, &(struct process_file){ TRIES[i].path, TRIES[i].option, TRIES[i].write }, 1,
                                          &errors);
                if (good != !TRIES[i].error || (!good && !strstr(errors.items[0].text, TRIES[i].error)))
                        fail_msg("%s: %s", TRIES[i].name, good ? "taken" : errors.items[0].text);
                errors_done(&errors);
                config_done(&config);
        }
        assert_int_not_equal(access("/tmp/process-none", F_OK), 0);
}

int main(void)
{
        static const struct CMUnitTest TESTS[] = {
                cmocka_unit_test(mistakes_are_told),
                cmocka_unit_test(power_is_given_up_for_good),
                cmocka_unit_test(others_are_refused),
                cmocka_unit_test(files_are_tried_as_the_user),
                cmocka_unit_test(files_are_tried_as_ourselves),
        };
        return cmocka_run_group_tests(TESTS, NULL, NULL);
}
