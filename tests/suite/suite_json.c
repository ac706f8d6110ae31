/* The public JSONTestSuite against the scanner. Usage: suite.json FOLDER, one file a case as tests/suite/json writes them:
 * y_* must be taken, n_* must not, i_* as decided below; by every engine. */
#include "json/scan.h"
#include <dirent.h>

/* What the standard leaves open. Numbers keep their text, so none is too large; nesting up to SCAN_DEPTH_MAX is fine. All else
 * that is open is refused: halves of surrogate pairs, byte order marks, other encodings. */
static const char *const TAKEN[] = {
        "i_number_", "i_structure_500_nested_arrays",
};

static bool must_be_taken(const char *name)
{
        if (name[0] != 'i')
                return name[0] == 'y';
        for (size_t i = 0; i < COUNT_OF(TAKEN); i++)
                if (strncmp(name, TAKEN[i], strlen(TAKEN[i])) == 0)
                        return true;
        return false;
}

/* The bytes on the heap, without anything behind them. */
static struct slice file_read(const char *folder, const char *name)
{
        char path[4096];
        (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
        FILE *file = fopen(path, "re");
        BUG_IF(!file || fseek(file, 0, SEEK_END) != 0);
        size_t size = (size_t)ftell(file);
        rewind(file);
        char *data = malloc(size ? size : 1);
        BUG_IF(!data || fread(data, 1, size, file) != size);
        (void)fclose(file);
        return (struct slice){ data, size };
}

int main(int count, char **arguments)
{
        size_t cases[3] = { 0 }, wrong = 0;
        DIR *folder = count == 2 ? opendir(arguments[1]) : NULL;
        if (!folder) {
                fprintf(stderr, "usage: suite.json FOLDER\n");
                return 2;
        }
        for (struct dirent *entry; (entry = readdir(folder));) {
                const char *kind = entry->d_name[0] && entry->d_name[1] == '_' ? strchr("yni", entry->d_name[0]) : NULL;
                if (!kind)
                        continue;
                cases[*kind == 'y' ? 0 : *kind == 'n' ? 1 : 2]++;
                struct slice text = file_read(arguments[1], entry->d_name);
                for (size_t engine = 0; scan_use(engine); engine++) {
                        struct scan_error err = { .message = "taken" };
                        if (scan_text(text, &SCAN_UNLIMITED, &err) != must_be_taken(entry->d_name)) {
                                printf("wrong: %s, engine %s: %s\n", entry->d_name, scan_engine_name(engine), err.message);
                                wrong++;
                        }
                }
                free((void *)(uintptr_t)text.data);
        }
        (void)closedir(folder);
        printf("JSONTestSuite: %zu y_, %zu n_, %zu i_ cases, %zu wrong\n", cases[0], cases[1], cases[2], wrong);
        return wrong || cases[0] < 95 || cases[1] < 188 ? 1 : 0;
}
