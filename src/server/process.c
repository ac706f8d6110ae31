/* credentials(7), capabilities(7), prctl(2): the order is groups, group, user, capabilities, and then a look whether it holds. */
#include "server/process.h"
#include "base/log.h"
#include "server/seccomp.h"
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct identity {
        const char *name;          /* of the user, as configured */
        uid_t       user;
        gid_t       group;
        bool        named;         /* has an entry, and so perhaps further groups */
};

/* ---- core dumps ---- */

static void dumps_allow(bool allow)
{
        if (!seccomp_sanitized())
                (void)prctl(PR_SET_DUMPABLE, allow ? 1L : 0L, 0L, 0L, 0L);
}

void process_seal(void) { dumps_allow(false); }

/* A second lock on the same door: where it cannot be had, PR_SET_DUMPABLE holds. */
static void cores_end(void)
{
        const struct rlimit none = { 0, 0 };
        (void)setrlimit(RLIMIT_CORE, &none);
}

/* ---- who ---- */

static bool number_read(const char *text, unsigned long *ret_number)
{
        char *end;
        if (*text < '0' || *text > '9')
                return false;
        errno = 0;
        *ret_number = strtoul(text, &end, 10);
        return !errno && !*end && *ret_number < UINT32_MAX;        /* -1 means "leave as it is" */
}

static bool group_find(const struct config *config, struct identity *identity, struct errors *errors)
{
        const char   *name = config->process_group;
        unsigned long number;
        if (number_read(name, &number)) {
                identity->group = (gid_t)number;
                return true;
        }
        struct group *entry = getgrnam(name);
        if (!entry)
                return config_error(config, errors, "process.group", "there is no group '%s'", name);
        identity->group = entry->gr_gid;
        return true;
}

/* Who process.user and process.group are; without a user: who we are. */
static bool identity_find(const struct config *config, struct identity *identity, struct errors *errors)
{
        const char   *name = config->process_user;
        unsigned long number;
        bool numeric = number_read(name, &number);
        *identity = (struct identity){ .name = name, .user = geteuid(), .group = getegid() };
        struct passwd *entry = !*name ? NULL : numeric ? getpwuid((uid_t)number) : getpwnam(name);
        if (entry) {
                *identity = (struct identity){ entry->pw_name, entry->pw_uid, entry->pw_gid, true };
        } else if (numeric) {
                identity->user = (uid_t)number;
                if (!*config->process_group)
                        return config_error(config, errors, "process.user", "no user has the number %s: process.group must be "
                                            "given, too", name);
        } else if (*name) {
                return config_error(config, errors, "process.user", "there is no user '%s'", name);
        }
        if (identity->named)
                identity->name = name;     /* the entry's own text is libc's */
        return !*config->process_group || group_find(config, identity, errors);
}

/* ---- becoming it ---- */

static bool ids_set(const struct identity *identity, struct error *err)
{
        if (identity->user == geteuid() && identity->group == getegid() && identity->user == getuid() && getuid() != 0)
                return true;       /* it is done already, and we could not */
        struct passwd *entry = identity->named ? getpwuid(identity->user) : NULL;
        bool good = entry ? initgroups(entry->pw_name, identity->group) == 0 : setgroups(1, &identity->group) == 0;
        good = good && setresgid(identity->group, identity->group, identity->group) == 0 &&
               setresuid(identity->user, identity->user, identity->user) == 0;
        return good ||
               error_set(err, "cannot become '%s': %s; start as root (or with CAP_SETUID and CAP_SETGID), or leave it empty",
                         identity->name, strerror(errno));
}

static bool capabilities_drop(struct error *err)
{
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct   none[_LINUX_CAPABILITY_U32S_3] = { 0 }, had[_LINUX_CAPABILITY_U32S_3];
        if (syscall(SYS_capget, &header, had) == 0 && memcmp(had, none, sizeof(none)) == 0)
                return true;
        (void)prctl(PR_CAP_AMBIENT, (long)PR_CAP_AMBIENT_CLEAR_ALL, 0L, 0L, 0L);
        return syscall(SYS_capset, &header, none) == 0 || error_set(err, "cannot give up capabilities: %s", strerror(errno));
}

static bool is_final(const struct identity *identity)
{
        if (getuid() != identity->user || geteuid() != identity->user || getgid() != identity->group ||
            getegid() != identity->group)
                return false;
        return identity->user == 0 || (setresuid(0, 0, 0) != 0 && setuid(0) != 0 && geteuid() == identity->user);
}

static bool become(const struct identity *identity, struct error *err)
{
        return ids_set(identity, err) && (identity->user == 0 || capabilities_drop(err)) &&
               (is_final(identity) || error_set(err, "'%s' could become root again", identity->name));
}

bool process_settle(const struct config *config, struct errors *errors)
{
        struct identity identity;
        struct error err;
        if (!identity_find(config, &identity, errors))
                return false;
        bool asked = *config->process_user || *config->process_group;
        if (asked && !become(&identity, &err))
                return config_error(config, errors, *config->process_user ? "process.user" : "process.group", "%s", err.text);
        if (!asked && identity.user != 0 && !capabilities_drop(&err))
                return errors_add(errors, "%s", err.text);
        if (geteuid() == 0)
                log_line(LOG_LEVEL_NOTICE, "runs as root: process.user can name somebody who may do less");
        if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) != 0)
                return errors_add(errors, "cannot give up new privileges: %s", strerror(errno));
        if (!config->process_core)
                cores_end();
        dumps_allow(config->process_core); /* a change of the user has taken it back */
        return true;
}

bool process_confine(const struct config *config, struct errors *errors)
{
        struct error err;
        if (!config->process_seccomp)
                return true;
        if (seccomp_missing()) {
                log_line(LOG_LEVEL_INFO, "process.seccomp: not possible, as this program was %s", seccomp_missing());
                return true;
        }
        if (seccomp_confine(&err))
                return true;
        if (prctl(PR_GET_SECCOMP) != 2)
                return config_error(config, errors, "process.seccomp", "%s", err.text);
        log_line(LOG_LEVEL_WARNING, "process.seccomp: %s; the filter of whoever started us stays", err.text);
        return true;
}

/* ---- would it work? ---- */

/* Root may do everything in /proc and /sys but make something new. */
static int access_folder(const char *path, int how)
{
        struct statfs status;
        if (access(path, how) != 0 || statfs(path, &status) != 0)
                return errno;
        return status.f_type == PROC_SUPER_MAGIC || status.f_type == SYSFS_MAGIC ? EOPNOTSUPP : 0;
}

/* A folder that is still to be made: the nearest one above it that is there must take it. */
static int access_above(const char *path)
{
        char above[PATH_MAX];
        struct stat status;
        if (snprintf(above, sizeof(above), "%s", path) >= (int)sizeof(above))
                return ENAMETOOLONG;
        do {
                char *slash = strrchr(above, '/');
                if (!slash)
                        return access_folder(".", W_OK | X_OK);
                slash[slash == above] = '\0';
        } while (stat(above, &status) != 0 && errno == ENOENT);
        return access_folder(above, W_OK | X_OK);
}

static int access_as(const struct process_file *file)
{
        struct stat status;
        if (stat(file->path, &status) != 0)
                return errno == ENOENT && file->write ? access_above(file->path) : errno;
        if (file->write)
                return S_ISDIR(status.st_mode) ? access_folder(file->path, R_OK | W_OK | X_OK) : ENOTDIR;
        return access(file->path, S_ISDIR(status.st_mode) ? R_OK | X_OK : R_OK) == 0 ? 0 : errno;
}

/* In the child: the answer for each file, as far as the pipe takes them. */
static void answers_write(const struct identity *identity, const struct process_file *files, size_t count, int out)
{
        struct error err;
        bool became = become(identity, &err);
        for (size_t i = 0; became && i < count; i++) {
                int answer = access_as(&files[i]);
                if (write(out, &answer, sizeof(answer)) != (ssize_t)sizeof(answer))
                        break;
        }
        _exit(0);
}

/* Who we are already: no child is needed, and the option that names the file is to blame. */
static bool ourselves_check(const struct config *config, const struct process_file *files, size_t count, struct errors *errors)
{
        size_t before = errors_total(errors);
        for (size_t i = 0; i < count; i++) {
                const char *how = files[i].write ? "write" : "read";
                int answer = access_as(&files[i]);
                if (answer && files[i].option)
                        (void)config_error(config, errors, files[i].option, "cannot %s '%s': %s", how, files[i].path,
                                           strerror(answer));
                else if (answer)
                        (void)errors_add(errors, "%s: cannot %s: %s", files[i].path, how, strerror(answer));
        }
        return errors_total(errors) == before;
}

bool process_check(const struct config *config, const struct process_file *files, size_t count, struct errors *errors)
{
        struct identity identity;
        size_t before = errors_total(errors), i = 0;
        int ends[2], answer;
        if (!identity_find(config, &identity, errors))
                return false;
        bool ours = (!*config->process_user && !*config->process_group) ||
                    (identity.user == geteuid() && identity.group == getegid() && geteuid() != 0);
        if (ours)
                return ourselves_check(config, files, count, errors);
        if (geteuid() != 0 || pipe(ends) != 0)
                return true;
        pid_t child = fork();
        if (child == 0)
                answers_write(&identity, files, count, ends[1]);
        (void)close(ends[1]);
        for (; child > 0 && i < count && read(ends[0], &answer, sizeof(answer)) == (ssize_t)sizeof(answer); i++)
                if (answer)
                        (void)config_error(config, errors, "process.user", "'%s' cannot %s '%s': %s", identity.name,
                                           files[i].write ? "write" : "read", files[i].path, strerror(answer));
        (void)close(ends[0]);
        if (child > 0)
                (void)waitpid(child, NULL, 0);
        if (i < count && errors_total(errors) == before)
                return config_error(config, errors, "process.user", "cannot become '%s' to try its files", identity.name);
        return errors_total(errors) == before;
}
