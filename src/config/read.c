/* YAML to values. */
#include "base/suggest.h"
#include "config/reading.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define FILE_MAX ((size_t)1 << 20)

static const char *secret_value(struct reading *reader, yaml_event_t *event, const char *path)
{
        yaml_mark_t mark = event->start_mark;
        struct memory *memory = config_memory(reader->config);
        struct error err;
        const char *file = reading_text(reader, event, path, "the path of a file");
        const char *text = file ? expand_file(memory, expand_path(memory, reader->file, file), &err) : NULL;
        if (file && !text)
                reading_report(reader, mark, path, "%s", err.text);
        return text;
}

static void set_value(struct reading *reader, const struct option *option, yaml_mark_t mark, const char *text)
{
        struct memory *memory = config_memory(reader->config);
        struct error err;
        if (option->type->path)
                text = expand_path(memory, reader->file, text);
        if (!option->type->parse(option, memory, text, option_value(option, reader->config), &err))
                reading_report(reader, mark, option->path, "%s", err.text);
        memory->origins[option_index(option)] = (struct origin){ .line = mark.line + 1, .column = mark.column + 1 };
}

static void read_list(struct reading *reader, const struct option *option, yaml_event_t *event)
{
        struct memory *memory = config_memory(reader->config);
        struct text_list list = { 0 };
        yaml_mark_t mark = event->start_mark;
        yaml_event_delete(event);
        while (reading_next(reader, event) && event->type != YAML_SEQUENCE_END_EVENT) {
                yaml_mark_t at = event->start_mark;
                const char *text = reading_text(reader, event, option->path, "a text");
                if (text && !*text)
                        reading_report(reader, at, option->path, "an empty text found in the list");
                if (!text)
                        continue;
                if ((list.count & (list.count - 1)) == 0) {
                        const char **items = config_take(memory, (list.count ? 2 * list.count : 1) * sizeof(*items));
                        if (list.count)
                                memcpy(items, list.items, list.count * sizeof(*items));
                        list.items = items;
                }
                list.items[list.count++] = text;
        }
        yaml_event_delete(event);
        *(struct text_list *)option_value(option, reader->config) = list;
        memory->origins[option_index(option)] = (struct origin){ .line = mark.line + 1, .column = mark.column + 1 };
}

static void read_map(struct reading *reader, const struct option *option, yaml_event_t *event)
{
        struct memory *memory = config_memory(reader->config);
        struct text_map map = { 0 };
        struct keys *keys = memory_get(sizeof(*keys));
        struct entry entry;
        yaml_mark_t mark = event->start_mark;
        yaml_event_delete(event);
        while (reading_key(reader, option->path, &entry)) {
                size_t size = entry.key.size;
                bool file = size > 5 && memcmp(entry.key.data + size - 5, "_file", 5) == 0;
                /* KEY and KEY_file say the same thing, so together they are a key twice. */
                if (file)
                        entry.key = slice_of(config_copy(memory, (struct slice){ entry.key.data, size - 5 }));
                if (!reading_keys_add(reader, keys, &entry)) {
                        reading_skip_next(reader);
                        continue;
                }
                if (!reading_next(reader, event))
                        break;
                const char *text = file ? secret_value(reader, event, entry.path) : reading_text(reader, event, entry.path,
                                   event->type == YAML_MAPPING_START_EVENT ? "a text: keys are written with their "
                                     "dots" : "a text");
                if (text)
                        map_set(memory, &map, entry.key.data, text, file || key_is_secret(entry.key.data));
        }
        free(keys);
        *(struct text_map *)option_value(option, reader->config) = map;
        memory->origins[option_index(option)] = (struct origin){ .line = mark.line + 1, .column = mark.column + 1 };
}

static void read_option(struct reading *reader, const struct option *option)
{
        yaml_event_t event;
        if (!reading_next(reader, &event))
                return;
        yaml_mark_t mark = event.start_mark;
        if (option->type->kind == KIND_LIST && event.type == YAML_SEQUENCE_START_EVENT) {
                read_list(reader, option, &event);
        } else if (option->type->kind == KIND_MAP && event.type == YAML_MAPPING_START_EVENT) {
                read_map(reader, option, &event);
        } else if (option->type->kind == KIND_TREE && event.type == YAML_MAPPING_START_EVENT) {
                read_tree(reader, option, &event);
        } else if ((option->type->kind == KIND_MAP || option->type->kind == KIND_TREE) && node_is_null(&event)) {
                yaml_event_delete(&event);
        } else {
                char want[WANTED_SIZE];
                const char *text = reading_text(reader, &event, option->path, option_wanted(option, want));
                if (text)
                        set_value(reader, option, mark, text);
        }
}

static void read_secret_file(struct reading *reader, const struct option *option, const char *path)
{
        yaml_event_t event;
        if (!reading_next(reader, &event))
                return;
        yaml_mark_t mark = event.start_mark;
        const char *text = secret_value(reader, &event, path);
        if (text)
                set_value(reader, option, mark, text);
}

/* "http.cors" as it stands in the table, when some option lies below it. */
static const char *section_find(const char *path, char found[PATH_MAX_SHOWN])
{
        size_t size = strlen(path);
        for (size_t i = 0; i < OPTION_COUNT; i++)
                if (strncmp(OPTIONS[i].path, path, size) == 0 && OPTIONS[i].path[size] == '.')
                        return memcpy(found, path, size + 1);
        return NULL;
}

/* The part of a path that is the name of something right below the prefix; data NULL: it lies elsewhere. */
static struct slice part_below(const char *path, const char *prefix)
{
        size_t size = strlen(prefix);
        if (size && (strncmp(path, prefix, size) != 0 || path[size] != '.'))
                return (struct slice){ 0 };
        const char *part = path + size + (size > 0);
        return slice_between(part, strchrnul(part, '.'));
}

static void report_unknown(struct reading *reader, const char *prefix, const struct entry *entry)
{
        char shown[SHOWN_SIZE];
        struct suggestion near;
        struct error err;
        suggestion_init(&near, entry->key);
        for (size_t i = 0; i < OPTION_COUNT; i++) {
                struct slice part = part_below(OPTIONS[i].path, prefix);
                if (part.data)
                        suggestion_offer(&near, part);
        }
        if (option_find(entry->key) || option_find(slice_of(entry->path)))
                reading_report(reader, entry->mark, entry->path, "%s is not taken as one key: write its parts below "
                               "each other, indented",
                       text_show(entry->key, shown));
        else if (near.best.data)
                reading_report(reader, entry->mark, entry->path, "there is no option or section of this name; did you mean %.*s?",
                       SLICE_ARGS(near.best));
        else {
                (void)option_unknown(slice_of(entry->path), &err);
                reading_report(reader, entry->mark, entry->path, "%s", err.text);
        }
}

static void read_section(struct reading *reader, const char *prefix, yaml_event_t *event);

static void read_subsection(struct reading *reader, const char *path)
{
        yaml_event_t event;
        if (!reading_next(reader, &event))
                return;
        if (event.type == YAML_MAPPING_START_EVENT) {
                read_section(reader, path, &event);
                return;
        }
        if (!node_is_null(&event))
                reading_report(reader, event.start_mark, path, "%s found, but this is a section: its options are written below "
                               "it, "
                                                       "indented",
                       node_name(&event));
        reading_skip(reader, &event);
}

/* As deep as the options' paths, however deep the file is. */
static void read_section(struct reading *reader, const char *prefix, yaml_event_t *event)
{
        struct keys *keys = memory_get(sizeof(*keys));
        struct entry entry;
        char section[PATH_MAX_SHOWN];
        yaml_event_delete(event);
        while (reading_key(reader, prefix, &entry)) {
                size_t size = strlen(entry.path);
                bool dotted = memchr(entry.key.data, '.', entry.key.size) || strlen(entry.key.data) != entry.key.size;
                const struct option *option = dotted ? NULL : option_find(slice_of(entry.path)), *secret = NULL;
                if (!option && !dotted && size > 5 && strcmp(entry.path + size - 5, "_file") == 0)
                        secret = option_find((struct slice){ entry.path, size - 5 });
                if (secret && secret->type->secret)
                        entry.key.size -= 5;
                else
                        secret = NULL;
                if (!reading_keys_add(reader, keys, &entry))
                        reading_skip_next(reader);
                else if (option)
                        read_option(reader, option);
                else if (secret)
                        read_secret_file(reader, secret, entry.path);
                else if (!dotted && section_find(entry.path, section))
                        read_subsection(reader, section);
                else {
                        report_unknown(reader, prefix, &entry);
                        reading_skip_next(reader);
                }
        }
        free(keys);
}

static void read_document(struct reading *reader)
{
        yaml_event_t event;
        if (!reading_next(reader, &event))     /* the stream's start */
                return;
        yaml_event_delete(&event);
        for (size_t documents = 0; reading_next(reader, &event) && event.type != YAML_STREAM_END_EVENT;) {
                if (event.type == YAML_DOCUMENT_START_EVENT && documents++ > 0) {
                        reading_report(reader, event.start_mark, "", "a second document starts here; only one is taken");
                        reader->stopped = true;
                } else if (event.type == YAML_MAPPING_START_EVENT) {
                        read_section(reader, "", &event);
                        continue;
                } else if (event.type != YAML_DOCUMENT_START_EVENT && event.type != YAML_DOCUMENT_END_EVENT &&
                           !node_is_null(&event)) {
                        reading_report(reader, event.start_mark, "", "%s found, but wanted are sections such as http: and "
                                                             "kafka:", node_name(&event));
                        reading_skip(reader, &event);
                        continue;
                }
                yaml_event_delete(&event);
        }
        yaml_event_delete(&event);
}

bool config_read(struct config *config, const char *file, struct slice yaml, struct errors *errors)
{
        size_t before = errors_total(errors);
        struct reading reader = { .config = config, .errors = errors };
        config->file = config_copy(config_memory(config), slice_of(file));
        reader.file = config->file;
        if (yaml.size > FILE_MAX)
                return errors_add(errors, "%s: the file is larger than 1MiB", file);
        if (!yaml_parser_initialize(&reader.parser))
                return errors_add(errors, "%s: memory is out", file);
        yaml_parser_set_input_string(&reader.parser, (const unsigned char *)(yaml.data ? yaml.data : ""), yaml.size);
        read_document(&reader);
        yaml_parser_delete(&reader.parser);
        return errors_total(errors) == before;
}

bool config_load(struct config *config, const char *file, struct errors *errors)
{
        int descriptor = open(file, O_RDONLY | O_CLOEXEC);
        if (descriptor < 0)
                return errors_add(errors, "%s: cannot be opened: %m", file);
        char *text = memory_get(FILE_MAX + 1);
        size_t size = 0;
        ssize_t got;
        while ((got = read(descriptor, text + size, FILE_MAX + 1 - size)) > 0 || (got < 0 && errno == EINTR))
                size += got > 0 ? (size_t)got : 0;
        bool fine = got == 0 || errors_add(errors, "%s: cannot be read: %m", file);
        (void)close(descriptor);
        fine = fine && config_read(config, file, (struct slice){ text, size }, errors);
        explicit_bzero(text, size);        /* there may be secrets in it */
        free(text);
        return fine;
}
