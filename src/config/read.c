/* YAML to values. The one door to libyaml: its events are walked, so that every mistake has a place, and nothing that
 * multiplies (aliases, tags, merge keys, several documents) is taken. */
#include "base/suggest.h"
#include "config/option.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>
#include <yaml.h>

#define FILE_MAX ((size_t)1 << 20)
#define KEYS_MAX 1000              /* of one mapping */
#define PATH_MAX_SHOWN 128         /* longest option path; longer ones are unknown anyway */

struct reader {
        yaml_parser_t  parser;
        struct config *config;
        struct errors *errors;
        const char    *file;
        bool           stopped;    /* the text is not YAML from here on */
};

/* The keys of one mapping so far, to find a second one of the same name. */
struct keys {
        struct key { struct slice name; size_t line; } items[KEYS_MAX];
        size_t count;
};

/* A key of a section: its text, its place, and the path of what it names. */
struct entry {
        struct slice key;
        yaml_mark_t  mark;
        char         path[PATH_MAX_SHOWN];
};

static void report(struct reader *reader, yaml_mark_t mark, const char *path, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

static void report(struct reader *reader, yaml_mark_t mark, const char *path, const char *format, ...)
{
        struct error text;
        va_list args;
        va_start(args, format);
        (void)vsnprintf(text.text, sizeof(text.text), format, args);
        va_end(args);
        (void)errors_add(reader->errors, "%s:%zu:%zu: %s%s%s", reader->file, mark.line + 1, mark.column + 1, path,
                         *path ? ": " : "", text.text);
}

/* Place of a byte, as marks count: from 0, in characters. */
static yaml_mark_t mark_of(const yaml_parser_t *parser, size_t offset)
{
        yaml_mark_t mark = { 0 };
        const unsigned char *text = parser->input.string.start, *end = parser->input.string.end;
        for (; offset > 0 && text < end; offset--) {
                unsigned char c = *text++;
                mark.column += (c & 0xC0) != 0x80;
                if (c == '\n')
                        mark.line++, mark.column = 0;
        }
        return mark;
}

static void report_syntax(struct reader *reader)
{
        const yaml_parser_t *parser = &reader->parser;
        const char *problem = parser->problem ? parser->problem : "memory is out";
        if (parser->error == YAML_READER_ERROR)
                report(reader, mark_of(parser, parser->problem_offset), "", "this is not readable text: %s", problem);
        else if (parser->context)
                report(reader, parser->problem_mark, "", "this is not YAML: %s (%s, from line %zu on)", problem, parser->context,
                       parser->context_mark.line + 1);
        else
                report(reader, parser->problem_mark, "", "this is not YAML: %s", problem);
}

/* The next event; false at a syntax error. Whatever would need more than the plain text of a node is a mistake here. */
static bool next(struct reader *reader, yaml_event_t *event)
{
        if (reader->stopped || !yaml_parser_parse(&reader->parser, event)) {
                if (!reader->stopped)
                        report_syntax(reader);
                reader->stopped = true;
                memset(event, 0, sizeof(*event));
                return false;
        }
        const yaml_char_t *anchor = NULL, *tag = NULL;
        switch (event->type) {
        case YAML_SCALAR_EVENT:
                anchor = event->data.scalar.anchor, tag = event->data.scalar.tag;
                break;
        case YAML_SEQUENCE_START_EVENT:
                anchor = event->data.sequence_start.anchor, tag = event->data.sequence_start.tag;
                break;
        case YAML_MAPPING_START_EVENT:
                anchor = event->data.mapping_start.anchor, tag = event->data.mapping_start.tag;
                break;
        case YAML_ALIAS_EVENT:
                report(reader, event->start_mark, "", "an alias (*name) is not taken here: write the value again");
                break;
        default:
                break;
        }
        if (anchor)
                report(reader, event->start_mark, "", "an anchor (&name) is not taken here: no alias can refer to it");
        if (tag)
                report(reader, event->start_mark, "", "a tag (!name) is not taken here: the option knows its type");
        return true;
}

static struct slice scalar_text(const yaml_event_t *event)
{
        return (struct slice){ (const char *)event->data.scalar.value, event->data.scalar.length };
}

/* Nothing at all, `~` or `null`: what is left when every option of a section is a comment. */
static bool is_null(const yaml_event_t *event)
{
        if (event->type != YAML_SCALAR_EVENT || event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
                return false;
        struct slice text = scalar_text(event);
        return text.size == 0 || slice_equal(text, SLICE("~")) || slice_equal_nocase(text, SLICE("null"));
}

static const char *node_name(const yaml_event_t *event)
{
        switch (event->type) {
        case YAML_SCALAR_EVENT:         return is_null(event) ? "no value" : "one value";
        case YAML_SEQUENCE_START_EVENT: return "a list";
        case YAML_MAPPING_START_EVENT:  return "a section with keys";
        default:                        return "an alias";
        }
}

/* The rest of a node whose first event is given (and deleted here). Not recursive: a stranger may nest as he likes. */
static void skip(struct reader *reader, yaml_event_t *event)
{
        size_t depth = 0;
        for (;;) {
                yaml_event_type_t type = event->type;
                yaml_event_delete(event);
                depth += type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT;
                depth -= type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT;
                if (depth == 0 || !next(reader, event))
                        return;
        }
}
static void skip_next(struct reader *reader)
{
        yaml_event_t event;
        if (next(reader, &event))
                skip(reader, &event);
}

/* False (and a mistake) when the key was there before, or when there are too many of them. */
static bool keys_add(struct reader *reader, struct keys *keys, const struct entry *entry)
{
        char shown[SHOWN_SIZE];
        for (size_t i = 0; i < keys->count; i++)
                if (slice_equal(keys->items[i].name, entry->key)) {
                        report(reader, entry->mark, entry->path, "%s is given twice; first on line "
                                                                 "%zu", text_show(entry->key, shown),
                               keys->items[i].line);
                        return false;
                }
        if (keys->count == KEYS_MAX) {
                report(reader, entry->mark, entry->path, "more than %d keys found in one section", KEYS_MAX);
                reader->stopped = true;
                return false;
        }
        keys->items[keys->count++] = (struct key){ entry->key, entry->mark.line + 1 };
        return true;
}

/* The next key of a mapping, copied; false at the mapping's end. A key that is no text is reported and skipped. */
static bool next_key(struct reader *reader, const char *prefix, struct entry *ret_entry)
{
        yaml_event_t event;
        while (next(reader, &event) && event.type != YAML_MAPPING_END_EVENT) {
                if (event.type != YAML_SCALAR_EVENT) {
                        report(reader, event.start_mark, prefix, "%s found where a name is wanted", node_name(&event));
                        skip(reader, &event);
                        skip_next(reader);
                        continue;
                }
                /* Its whole length, should there be a NUL in it: then it equals no name. */
                ret_entry->key = scalar_text(&event);
                ret_entry->key.data = config_copy(config_memory(reader->config), ret_entry->key);
                ret_entry->mark = event.start_mark;
                char shown[SHOWN_SIZE];
                struct slice key = ret_entry->key;
                if (key.size >= SHOWN_SIZE - 8) {
                        (void)text_show(key, shown);
                        key = (struct slice){ shown + 1, strlen(shown) - 2 };
                }
                (void)snprintf(ret_entry->path, sizeof(ret_entry->path), "%s%s%.*s", prefix, *prefix ? "." : "", SLICE_ARGS(key));
                yaml_event_delete(&event);
                return true;
        }
        yaml_event_delete(&event);
        return false;
}

/* One scalar with what it takes from elsewhere; NULL and a mistake. Deletes the event. */
static const char *scalar_value(struct reader *reader, yaml_event_t *event, const char *path, const char *want)
{
        struct error err;
        const char *text = NULL;
        if (event->type != YAML_SCALAR_EVENT || is_null(event)) {
                report(reader, event->start_mark, path, "%s found, but wanted is %s%s", node_name(event), want,
                       event->type == YAML_SCALAR_EVENT ? "; an empty text is written \"\"" : "");
                skip(reader, event);
                return NULL;
        }
        text = expand_text(config_memory(reader->config), scalar_text(event), &err);
        if (!text)
                report(reader, event->start_mark, path, "%s", err.text);
        yaml_event_delete(event);
        return text;
}

static const char *secret_value(struct reader *reader, yaml_event_t *event, const char *path)
{
        yaml_mark_t mark = event->start_mark;
        struct memory *memory = config_memory(reader->config);
        struct error err;
        const char *file = scalar_value(reader, event, path, "the path of a file");
        const char *text = file ? expand_file(memory, expand_path(memory, reader->file, file), &err) : NULL;
        if (file && !text)
                report(reader, mark, path, "%s", err.text);
        return text;
}

static void set_value(struct reader *reader, const struct option *option, yaml_mark_t mark, const char *text)
{
        struct memory *memory = config_memory(reader->config);
        struct error err;
        if (option->type->path)
                text = expand_path(memory, reader->file, text);
        if (!option->type->parse(option, memory, text, option_value(option, reader->config), &err))
                report(reader, mark, option->path, "%s", err.text);
        memory->origins[option_index(option)] = (struct origin){ .line = mark.line + 1, .column = mark.column + 1 };
}

static void read_list(struct reader *reader, const struct option *option, yaml_event_t *event)
{
        struct memory *memory = config_memory(reader->config);
        struct text_list list = { 0 };
        yaml_mark_t mark = event->start_mark;
        yaml_event_delete(event);
        while (next(reader, event) && event->type != YAML_SEQUENCE_END_EVENT) {
                yaml_mark_t at = event->start_mark;
                const char *text = scalar_value(reader, event, option->path, "a text");
                if (text && !*text)
                        report(reader, at, option->path, "an empty text found in the list");
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

static void read_map(struct reader *reader, const struct option *option, yaml_event_t *event)
{
        struct memory *memory = config_memory(reader->config);
        struct text_map map = { 0 };
        struct keys *keys = memory_get(sizeof(*keys));
        struct entry entry;
        yaml_mark_t mark = event->start_mark;
        yaml_event_delete(event);
        while (next_key(reader, option->path, &entry)) {
                size_t size = entry.key.size;
                bool file = size > 5 && memcmp(entry.key.data + size - 5, "_file", 5) == 0;
                /* KEY and KEY_file say the same thing, so together they are a key twice. */
                if (file)
                        entry.key = slice_of(config_copy(memory, (struct slice){ entry.key.data, size - 5 }));
                if (!keys_add(reader, keys, &entry)) {
                        skip_next(reader);
                        continue;
                }
                if (!next(reader, event))
                        break;
                const char *text = file ? secret_value(reader, event, entry.path) : scalar_value(reader, event, entry.path,
                                   event->type == YAML_MAPPING_START_EVENT ? "a text: keys are written with their "
                                     "dots" : "a text");
                if (text)
                        map_set(memory, &map, entry.key.data, text, file || key_is_secret(entry.key.data));
        }
        free(keys);
        *(struct text_map *)option_value(option, reader->config) = map;
        memory->origins[option_index(option)] = (struct origin){ .line = mark.line + 1, .column = mark.column + 1 };
}

static void read_option(struct reader *reader, const struct option *option)
{
        yaml_event_t event;
        if (!next(reader, &event))
                return;
        yaml_mark_t mark = event.start_mark;
        if (option->type->kind == KIND_LIST && event.type == YAML_SEQUENCE_START_EVENT) {
                read_list(reader, option, &event);
        } else if (option->type->kind == KIND_MAP && event.type == YAML_MAPPING_START_EVENT) {
                read_map(reader, option, &event);
        } else if (option->type->kind == KIND_MAP && is_null(&event)) {
                yaml_event_delete(&event);
        } else {
                char want[WANTED_SIZE];
                const char *text = scalar_value(reader, &event, option->path, option_wanted(option, want));
                if (text)
                        set_value(reader, option, mark, text);
        }
}

static void read_secret_file(struct reader *reader, const struct option *option, const char *path)
{
        yaml_event_t event;
        if (!next(reader, &event))
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

static void report_unknown(struct reader *reader, const char *prefix, const struct entry *entry)
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
                report(reader, entry->mark, entry->path, "%s is not taken as one key: write its parts below each other, indented",
                       text_show(entry->key, shown));
        else if (near.best.data)
                report(reader, entry->mark, entry->path, "there is no option or section of this name; did you mean %.*s?",
                       SLICE_ARGS(near.best));
        else {
                (void)option_unknown(slice_of(entry->path), &err);
                report(reader, entry->mark, entry->path, "%s", err.text);
        }
}

static void read_section(struct reader *reader, const char *prefix, yaml_event_t *event);

static void read_subsection(struct reader *reader, const char *path)
{
        yaml_event_t event;
        if (!next(reader, &event))
                return;
        if (event.type == YAML_MAPPING_START_EVENT) {
                read_section(reader, path, &event);
                return;
        }
        if (!is_null(&event))
                report(reader, event.start_mark, path, "%s found, but this is a section: its options are written below it, "
                                                       "indented",
                       node_name(&event));
        skip(reader, &event);
}

/* As deep as the options' paths, however deep the file is. */
static void read_section(struct reader *reader, const char *prefix, yaml_event_t *event)
{
        struct keys *keys = memory_get(sizeof(*keys));
        struct entry entry;
        char section[PATH_MAX_SHOWN];
        yaml_event_delete(event);
        while (next_key(reader, prefix, &entry)) {
                size_t size = strlen(entry.path);
                bool dotted = memchr(entry.key.data, '.', entry.key.size) || strlen(entry.key.data) != entry.key.size;
                const struct option *option = dotted ? NULL : option_find(slice_of(entry.path)), *secret = NULL;
                if (!option && !dotted && size > 5 && strcmp(entry.path + size - 5, "_file") == 0)
                        secret = option_find((struct slice){ entry.path, size - 5 });
                if (secret && secret->type->secret)
                        entry.key.size -= 5;
                else
                        secret = NULL;
                if (!keys_add(reader, keys, &entry))
                        skip_next(reader);
                else if (option)
                        read_option(reader, option);
                else if (secret)
                        read_secret_file(reader, secret, entry.path);
                else if (!dotted && section_find(entry.path, section))
                        read_subsection(reader, section);
                else {
                        report_unknown(reader, prefix, &entry);
                        skip_next(reader);
                }
        }
        free(keys);
}

static void read_document(struct reader *reader)
{
        yaml_event_t event;
        if (!next(reader, &event))     /* the stream's start */
                return;
        yaml_event_delete(&event);
        for (size_t documents = 0; next(reader, &event) && event.type != YAML_STREAM_END_EVENT;) {
                if (event.type == YAML_DOCUMENT_START_EVENT && documents++ > 0) {
                        report(reader, event.start_mark, "", "a second document starts here; only one is taken");
                        reader->stopped = true;
                } else if (event.type == YAML_MAPPING_START_EVENT) {
                        read_section(reader, "", &event);
                        continue;
                } else if (event.type != YAML_DOCUMENT_START_EVENT && event.type != YAML_DOCUMENT_END_EVENT && !is_null(&event)) {
                        report(reader, event.start_mark, "", "%s found, but wanted are sections such as http: and "
                                                             "kafka:", node_name(&event));
                        skip(reader, &event);
                        continue;
                }
                yaml_event_delete(&event);
        }
        yaml_event_delete(&event);
}

bool config_read(struct config *config, const char *file, struct slice yaml, struct errors *errors)
{
        size_t before = errors_total(errors);
        struct reader reader = { .config = config, .errors = errors };
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
        free(text);
        return fine;
}
