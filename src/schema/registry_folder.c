/* The folder of the registry: VENDOR/NAME/jsonschema/M-R-A, with or without ".json". What else lies at VENDOR and NAME
 * (read-mes, examples, other formats) and whatever is hidden is left alone; in a folder "jsonschema" every file is a schema. */
#include "registry_inner.h"
#include <dirent.h>
#include <limits.h>
#include <sys/stat.h>

struct walk {
        struct registry     *registry;
        const struct config *config;
        struct errors       *errors;
        bool                 good, full;
        char                 path[PATH_MAX];
        struct iglu          iglu;         /* as far as the path is known */
};

static void walk_fail(struct walk *walk, const char *sentence)
{
        (void)errors_add(walk->errors, "%s: %s", walk->path, sentence);
        walk->good = false;
}

static void walk_fail_system(struct walk *walk, const char *what)
{
        (void)errors_add(walk->errors, "%s: cannot %s: %m", walk->path, what);
        walk->good = false;
}

static int entry_is_seen(const struct dirent *entry)
{
        size_t size = strlen(entry->d_name);
        return entry->d_name[0] != '.' && entry->d_name[size - 1] != '~';
}

/* Calls `each` for every name in the folder walk->path, which is then the path of that name; in the order of the alphabet. */
static void walk_each(struct walk *walk, void (*each)(struct walk *walk, struct slice name))
{
        struct dirent **entries;
        int count = scandir(walk->path, &entries, entry_is_seen, alphasort);
        if (count < 0) {
                walk_fail_system(walk, "read the folder");
                return;
        }
        size_t size = strlen(walk->path);
        for (int i = 0; i < count; i++) {
                if (size + 1 + strlen(entries[i]->d_name) < sizeof(walk->path)) {
                        (void)snprintf(walk->path + size, sizeof(walk->path) - size, "/%s", entries[i]->d_name);
                        if (!walk->full)
                                each(walk, slice_of(entries[i]->d_name));
                        walk->path[size] = 0;
                } else {
                        walk_fail(walk, "the path of a file in it is too long");
                }
                free(entries[i]);
        }
        free(entries);
}

static bool is_folder(const char *path)
{
        struct stat stat_of;
        return stat(path, &stat_of) == 0 && S_ISDIR(stat_of.st_mode);
}

/* The whole file; NULL and a mistake. */
static char *file_read(struct walk *walk, size_t *ret_size)
{
        struct stat stat_of;
        FILE *file = fopen(walk->path, "re");
        if (!file || fstat(fileno(file), &stat_of) != 0) {
                walk_fail_system(walk, "open the file");
                if (file)
                        (void)fclose(file);
                return NULL;
        }
        char *text = NULL;
        size_t size = (size_t)stat_of.st_size;
        if (!S_ISREG(stat_of.st_mode)) {
                walk_fail(walk, "this is not a file; a folder 'jsonschema' holds schemas only");
        } else if (stat_of.st_size > walk->config->schemas_size_limit) {
                walk_fail(walk, "the schema is larger than schemas.size_limit");
        } else {
                text = memory_get(size + 1);
                if (fread(text, 1, size, file) != size) {
                        walk_fail_system(walk, "read the file");
                        free(text);
                        text = NULL;
                }
        }
        (void)fclose(file);
        *ret_size = size;
        return text;
}

static void visit_version(struct walk *walk, struct slice name)
{
        static const struct slice SUFFIX = SLICE_INIT(".json");
        if (slice_ends_with(name, SUFFIX))
                name.size -= SUFFIX.size;
        if (!iglu_is_vendor(walk->iglu.vendor) || !iglu_is_name(walk->iglu.name)) {
                walk_fail(walk, "in VENDOR/NAME/jsonschema, vendor and name have up to 128 letters, digits, '_', '-', and dots "
                                "inside the vendor only");
                return;
        }
        if (!iglu_parse_version(name, walk->iglu.version)) {
                walk_fail(walk, "the name of the file is not a version MODEL-REVISION-ADDITION such as 1-0-0");
                return;
        }
        if ((int64_t)walk->registry->count >= walk->config->schemas_count_limit) {
                walk_fail(walk, "there are more schemas than schemas.count_limit");
                walk->full = true;
                return;
        }
        size_t size;
        char *text = file_read(walk, &size);
        if (text)
                registry_add(walk->registry, &walk->iglu, walk->path, (struct slice){ text, size }, false);
}

static void visit_format(struct walk *walk, struct slice name)
{
        static const struct slice FORMAT = SLICE_INIT("jsonschema");
        if (slice_equal(name, FORMAT) && is_folder(walk->path))
                walk_each(walk, visit_version);
}

static void visit_name(struct walk *walk, struct slice name)
{
        walk->iglu.name = name;
        if (is_folder(walk->path))
                walk_each(walk, visit_format);
}

static void visit_vendor(struct walk *walk, struct slice name)
{
        walk->iglu.vendor = name;
        if (is_folder(walk->path))
                walk_each(walk, visit_name);
}

bool registry_read_folder(struct registry *registry, const struct config *config, struct errors *errors)
{
        struct walk *walk = memory_get(sizeof(*walk));
        *walk = (struct walk){ .registry = registry, .config = config, .errors = errors, .good = true };
        size_t size = strlen(config->schemas_path);
        while (size > 1 && config->schemas_path[size - 1] == '/')
                size--;
        if (size >= sizeof(walk->path)) {
                walk->good = errors_add(errors, "schemas.path: the path is too long");
        } else {
                memcpy(walk->path, config->schemas_path, size);
                walk_each(walk, visit_vendor);
        }
        bool good = walk->good;
        free(walk);
        return good;
}
