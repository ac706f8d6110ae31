/* YAML to rows. */
#include "config/rows.h"
#include "base/file.h"
#include "config/reading.h"
#include <stdarg.h>

struct table {
        struct reading reader;
        struct rows   *rows;
        const char    *name;
        bool           seen;               /* the list */
};

static struct row *row_add(struct rows *rows, yaml_mark_t mark)
{
        if ((rows->count & (rows->count - 1)) == 0)
                rows->items = memory_grow(rows->items, (rows->count ? 2 * rows->count : 1) * sizeof(*rows->items));
        rows->items[rows->count] = (struct row){ .line = mark.line + 1, .column = mark.column + 1 };
        return &rows->items[rows->count++];
}

static void field_add(struct table *table, struct row *row, const char *name, yaml_event_t *event)
{
        yaml_mark_t mark = event->start_mark;
        const char *text = reading_text(&table->reader, event, name, "a text or a list of texts");
        struct tree_item item = { .path = name, .value = text, .line = mark.line + 1, .column = mark.column + 1 };
        if (text)
                tree_add(config_memory(&table->rows->texts), &row->fields, &item);
}

/* None could mean all or nothing. */
static void read_items(struct table *table, struct row *row, const struct entry *entry, yaml_event_t *event)
{
        yaml_mark_t mark = event->start_mark;
        bool empty = true;
        yaml_event_delete(event);
        for (; reading_next(&table->reader, event) && event->type != YAML_SEQUENCE_END_EVENT; empty = false)
                field_add(table, row, entry->key.data, event);
        if (empty && event->type == YAML_SEQUENCE_END_EVENT)
                reading_report(&table->reader, mark, entry->path, "an empty list found; leave the field out instead");
        yaml_event_delete(event);
}

static void read_row(struct table *table, yaml_event_t *event)
{
        struct reading *reader = &table->reader;
        struct row  *row = row_add(table->rows, event->start_mark);
        struct keys *keys = memory_get(sizeof(*keys));
        struct entry entry;
        yaml_event_delete(event);
        while (reading_key(reader, "", &entry)) {
                if (!reading_keys_add(reader, keys, &entry)) {
                        reading_skip_next(reader);
                        continue;
                }
                if (!reading_next(reader, event))
                        break;
                if (event->type != YAML_SEQUENCE_START_EVENT) {
                        field_add(table, row, entry.key.data, event);
                        continue;
                }
                read_items(table, row, &entry, event);
        }
        free(keys);
}

static void read_list(struct table *table)
{
        struct reading *reader = &table->reader;
        yaml_event_t event;
        if (!reading_next(reader, &event))
                return;
        if (node_is_null(&event)) {
                yaml_event_delete(&event);
                return;
        }
        if (event.type != YAML_SEQUENCE_START_EVENT) {
                reading_report(reader, event.start_mark, table->name, "%s found, but wanted is a list: `- name: ...` for each",
                               node_name(&event));
                reading_skip(reader, &event);
                return;
        }
        yaml_event_delete(&event);
        while (reading_next(reader, &event) && event.type != YAML_SEQUENCE_END_EVENT) {
                if (event.type == YAML_MAPPING_START_EVENT) {
                        read_row(table, &event);
                        continue;
                }
                reading_report(reader, event.start_mark, table->name, "%s found, but wanted is a row such as `- name: ...`",
                               node_name(&event));
                reading_skip(reader, &event);
        }
        yaml_event_delete(&event);
}

static void read_top(struct table *table, yaml_event_t *event)
{
        struct reading *reader = &table->reader;
        struct entry entry;
        yaml_event_delete(event);
        while (reading_key(reader, "", &entry)) {
                bool ours = slice_equal(entry.key, slice_of(table->name));
                if (!ours)
                        reading_report(reader, entry.mark, entry.path,
                                       "there is nothing of this name; this file has a list `%s:`", table->name);
                else if (table->seen)
                        reading_report(reader, entry.mark, entry.path, "it is given twice");
                if (!ours || table->seen) {
                        reading_skip_next(reader);
                        continue;
                }
                table->seen = true;
                read_list(table);
        }
}

static void read_document(struct table *table)
{
        struct reading *reader = &table->reader;
        yaml_event_t event;
        size_t documents = 0;
        if (!reading_next(reader, &event))     /* the stream's start */
                return;
        yaml_event_delete(&event);
        while (reading_next(reader, &event) && event.type != YAML_STREAM_END_EVENT) {
                if (event.type == YAML_DOCUMENT_START_EVENT && documents++ > 0) {
                        reading_report(reader, event.start_mark, "", "a second document starts here; only one is taken");
                        reader->stopped = true;
                } else if (event.type == YAML_MAPPING_START_EVENT) {
                        read_top(table, &event);
                        continue;
                } else if (event.type != YAML_DOCUMENT_START_EVENT && event.type != YAML_DOCUMENT_END_EVENT &&
                           !node_is_null(&event)) {
                        reading_report(reader, event.start_mark, "", "%s found, but wanted is `%s:` with a list below it",
                                       node_name(&event), table->name);
                        reading_skip(reader, &event);
                        continue;
                }
                yaml_event_delete(&event);
        }
        yaml_event_delete(&event);
}

bool rows_read(struct rows *rows, const char *file, struct slice yaml, const char *name, struct errors *errors)
{
        size_t before = errors_total(errors);
        *rows = (struct rows){ 0 };
        config_init(&rows->texts);
        rows->file = config_copy(config_memory(&rows->texts), slice_of(file));
        struct table table = { .reader = { .config = &rows->texts, .errors = errors, .file = rows->file }, .rows = rows,
                               .name = name };
        if (!yaml_parser_initialize(&table.reader.parser))
                return errors_add(errors, "%s: memory is out", file);
        yaml_parser_set_input_string(&table.reader.parser, (const unsigned char *)(yaml.data ? yaml.data : ""), yaml.size);
        read_document(&table);
        yaml_parser_delete(&table.reader.parser);
        return errors_total(errors) == before;
}

bool rows_load(struct rows *rows, const char *file, const char *name, struct errors *errors)
{
        struct error err;
        size_t size = 0;
        char *text = file_read(file, ROWS_FILE_MAX, &size, &err);
        *rows = (struct rows){ 0 };
        if (!text)
                return errors_add(errors, "%s", err.text);
        bool fine = rows_read(rows, file, (struct slice){ text, size }, name, errors);
        free(text);
        return fine;
}

void rows_done(struct rows *rows)
{
        free(rows->items);
        config_done(&rows->texts);
        *rows = (struct rows){ 0 };
}

bool rows_error(const struct rows *rows, const struct row *row, const struct tree_item *item, struct errors *errors,
                const char *format, ...)
{
        struct error text;
        va_list args;
        va_start(args, format);
        (void)vsnprintf(text.text, sizeof(text.text), format, args);
        va_end(args);
        size_t line = item ? item->line : row->line, column = item ? item->column : row->column;
        return errors_add(errors, "%s:%zu:%zu: %s%s%s", rows->file, line, column, item ? item->path : "", item ? ": " : "",
                          text.text);
}
