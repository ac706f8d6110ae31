/* The disk cache: the documents in the layout of a registry's folder, and `index`, a line each: key, URL, ETag, Last-Modified,
 * with tabs between. Every file is written beside its place, synced and moved there: a crash or a power cut leaves the old one.
 * What cannot be read is as if it was never there. */
#include "remote_inner.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#define INDEX_LINE 4096

static bool document_path(const struct remote *remote, const char *key, char path[PATH_MAX])
{
        struct iglu iglu;
        if (!iglu_parse(slice_of(key), &iglu))
                return false;
        return snprintf(path, PATH_MAX, "%s/%.*s/%.*s/jsonschema/%u-%u-%u", remote->cache, SLICE_ARGS(iglu.vendor),
                        SLICE_ARGS(iglu.name), iglu.version[0], iglu.version[1], iglu.version[2]) < PATH_MAX;
}

/* The folders above a file. */
static bool folders_make(char *path)
{
        for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = 0;
                int result = mkdir(path, 0750);
                bool good = result == 0 || errno == EEXIST;
                *slash = '/';
                if (!good)
                        return false;
        }
        return true;
}

static bool file_write(int file, const char *text, size_t size)
{
        while (size > 0) {
                ssize_t put = write(file, text, size);
                if (put < 0 && errno == EINTR)
                        continue;
                if (put <= 0)
                        return false;
                text += put;
                size -= (size_t)put;
        }
        return true;
}

/* Both names lie in the folder. Its entry is synced, too: who was told that a schema is cached may start without a registry. */
static bool file_move(const char *from, const char *to)
{
        char folder[PATH_MAX];
        (void)snprintf(folder, sizeof(folder), "%s", to);
        *strrchr(folder, '/') = 0;
        if (rename(from, to) < 0)
                return false;
        int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        bool good = file >= 0 && fsync(file) == 0;
        if (file >= 0)
                (void)close(file);
        return good;
}

static bool file_replace(const char *path, const char *text, size_t size)
{
        char beside[PATH_MAX + 8], folders[PATH_MAX];
        (void)snprintf(folders, sizeof(folders), "%s", path);
        if (!folders_make(folders) || snprintf(beside, sizeof(beside), "%s~", path) >= (int)sizeof(beside))
                return false;
        int file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
        if (file < 0)
                return false;
        bool good = file_write(file, text, size) && fsync(file) == 0;
        good = close(file) == 0 && good;
        if (good && file_move(beside, path))
                return true;
        int why = errno;
        (void)unlink(beside);
        errno = why;
        return false;
}

void cache_store(struct remote *remote, const struct remote_document *document)
{
        char path[PATH_MAX];
        if (!*remote->cache || !document_path(remote, document->key, path))
                return;
        if (!file_replace(path, document->text, document->size))
                remote_note(remote, "schemas.cache: cannot write '%s': %m", path);
}

void cache_store_index(struct remote *remote)
{
        char path[PATH_MAX], *text = NULL;
        size_t size = 0;
        if (!*remote->cache || snprintf(path, sizeof(path), "%s/index", remote->cache) >= (int)sizeof(path))
                return;
        FILE *stream = open_memstream(&text, &size);
        BUG_IF(!stream);
        for (size_t i = 0; i < remote->count; i++) {
                const struct remote_document *document = &remote->documents[i];
                fprintf(stream, "%s\t%s\t%s\t%s\n", document->key, document->source, document->etag, document->modified);
        }
        BUG_IF(fclose(stream) != 0);
        if (!file_replace(path, text, size))
                remote_note(remote, "schemas.cache: cannot write '%s': %m", path);
        free(text);
}

/* The file when it holds the schema of that name. */
static char *document_read(const struct remote *remote, const char *key, size_t *ret_size)
{
        char path[PATH_MAX];
        struct iglu iglu;
        struct stat stat_of;
        if (!iglu_parse(slice_of(key), &iglu) || !document_path(remote, key, path))
                return NULL;
        FILE *file = fopen(path, "re");
        if (!file)
                return NULL;
        char *text = NULL;
        if (fstat(fileno(file), &stat_of) == 0 && S_ISREG(stat_of.st_mode) && (size_t)stat_of.st_size <= remote->size_limit) {
                size_t size = (size_t)stat_of.st_size;
                text = memory_get(size + 1);
                *ret_size = fread(text, 1, size, file);
                if (!remote_is_schema((struct slice){ text, *ret_size }, &iglu)) {
                        free(text);
                        text = NULL;
                }
        }
        (void)fclose(file);
        return text;
}

void cache_load(struct remote *remote)
{
        char path[PATH_MAX], line[INDEX_LINE];
        if (!*remote->cache || snprintf(path, sizeof(path), "%s/index", remote->cache) >= (int)sizeof(path))
                return;
        FILE *file = fopen(path, "re");
        if (!file)
                return;
        while (fgets(line, sizeof(line), file) && remote->count < remote->count_limit) {
                char *rest = line, *fields[4];
                line[strcspn(line, "\n")] = 0;
                for (size_t i = 0; i < COUNT_OF(fields); i++)
                        fields[i] = strsep(&rest, "\t");
                if (!fields[3])
                        continue;
                struct remote_document document = { .key = fields[0] };
                document.text = document_read(remote, document.key, &document.size);
                if (!document.text)
                        continue;
                document.key = slice_copy(slice_of(fields[0]));
                document.source = slice_copy(slice_of(fields[1]));
                document.etag = slice_copy(slice_of(fields[2]));
                document.modified = slice_copy(slice_of(fields[3]));
                remote_put(remote, &document);
        }
        (void)fclose(file);
}
