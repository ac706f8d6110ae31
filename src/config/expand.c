/* What a value takes from elsewhere: the environment, a secret's file, the configuration file's folder. */
#include "config/option.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static bool name_char(char c, bool first)
{
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || (!first && c >= '0' && c <= '9');
}

/* `at` is behind "${"; returns behind the '}', or NULL and an error. */
static const char *expand_variable(const char *at, const char *end, struct buffer *out, struct error *err)
{
        const char *name = at;
        while (at < end && name_char(*at, at == name))
                at++;
        char shown[SHOWN_SIZE], variable[256];
        struct slice found = slice_between(name, at);
        /* The name at most: what is behind it may be half of a secret. */
        (void)text_show(slice_between(name - 2, at), shown);
        bool otherwise = end - at >= 2 && memcmp(at, ":-", 2) == 0;
        if (at == end || found.size == 0 || found.size >= sizeof(variable) || (*at != '}' && !otherwise)) {
                (void)error_set(err, "%s is not of the form ${NAME} or ${NAME:-otherwise}; a dollar sign is written $$", shown);
                return NULL;
        }
        const char *rest = at + (otherwise ? 2 : 0), *close = memchr(rest, '}', (size_t)(end - rest));
        if (!close || memmem(rest, (size_t)(close - rest), "${", 2)) {
                (void)error_set(err, close ? "%s has a variable inside a variable" : "%s has no closing brace", shown);
                return NULL;
        }
        memcpy(variable, found.data, found.size);
        variable[found.size] = '\0';
        const char *value = getenv(variable);
        if (otherwise && (!value || !*value))
                buffer_add(out, slice_between(rest, close));
        else if (value)
                buffer_add(out, slice_of(value));
        else {
                (void)error_set(err, "the environment variable %s is not set; ${%s:-...} would give a value for that "
                                     "case", variable, variable);
                return NULL;
        }
        return close + 1;
}

char *expand_text(struct memory *memory, struct slice text, struct error *err)
{
        if (memchr(text.data, '\0', text.size)) {
                (void)error_set(err, "a NUL character found in a text");
                return NULL;
        }
        struct buffer out;
        buffer_init(&out, EXPANDED_MAX);
        const char *at = text.data, *end = slice_end(text);
        while (at && at < end) {
                const char *dollar = memchr(at, '$', (size_t)(end - at));
                buffer_add(&out, slice_between(at, dollar ? dollar : end));
                if (!dollar)
                        break;
                bool twice = end - dollar >= 2 && dollar[1] == '$';
                if (end - dollar >= 2 && dollar[1] == '{') {
                        at = expand_variable(dollar + 2, end, &out, err);
                } else {
                        buffer_add_char(&out, '$');
                        at = dollar + 1 + twice;
                }
        }
        char *result = NULL;
        if (at && out.full)
                (void)error_set(err, "the text is longer than %d bytes", EXPANDED_MAX);
        else if (at || text.size == 0)
                result = config_copy(memory, buffer_slice(&out));
        buffer_done(&out);
        return result;
}

static void file_note(struct memory *memory, const char *path)
{
        struct text_list *files = &memory->files;
        files->items = memory_grow(files->items, (files->count + 1) * sizeof(*files->items));
        files->items[files->count++] = config_copy(memory, slice_of(path));
}

char *expand_file(struct memory *memory, const char *path, struct error *err)
{
        char shown[SHOWN_SIZE];
        file_note(memory, path);
        int file = open(path, O_RDONLY | O_CLOEXEC);
        if (file < 0) {
                (void)error_set(err, "the file %s cannot be read: %m", text_show(slice_of(path), shown));
                return NULL;
        }
        char *content = config_take(memory, EXPANDED_MAX + 1);
        size_t size = 0;
        ssize_t got;
        while ((got = read(file, content + size, EXPANDED_MAX + 1 - size)) > 0 || (got < 0 && errno == EINTR))
                size += got > 0 ? (size_t)got : 0;
        bool fine = got == 0 || error_set(err, "the file %s cannot be taken: %m", text_show(slice_of(path), shown));
        (void)close(file);
        const char *why = size > EXPANDED_MAX ? "it is larger than 64KiB" : memchr(content, '\0', size) ? "it holds a NUL "
          "character" : NULL;
        size -= size > 0 && content[size - 1] == '\n';
        size -= size > 0 && content[size - 1] == '\r';
        if (!why && size == 0)
                why = "it is empty";
        if (fine && why)
                fine = error_set(err, "the file %s cannot be taken: %s", text_show(slice_of(path), shown), why);
        if (!fine)
                return NULL;
        content[size] = '\0';
        return content;
}

const char *expand_path(struct memory *memory, const char *file, const char *path)
{
        const char *slash = file ? strrchr(file, '/') : NULL;
        if (!slash || *path == '/' || *path == '\0')
                return path;
        size_t folder = (size_t)(slash - file) + 1, size = strlen(path);
        char *whole = config_take(memory, folder + size + 1);
        memcpy(whole, file, folder);
        memcpy(whole + folder, path, size + 1);
        return whole;
}
