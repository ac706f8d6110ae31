#include "config/reading.h"
#include <stdarg.h>

void reading_report(struct reading *reader, yaml_mark_t mark, const char *path, const char *format, ...)
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

static void reading_syntax(struct reading *reader)
{
        const yaml_parser_t *parser = &reader->parser;
        const char *problem = parser->problem ? parser->problem : "memory is out";
        if (parser->error == YAML_READER_ERROR)
                reading_report(reader, mark_of(parser, parser->problem_offset), "", "this is not readable text: %s", problem);
        else if (parser->context)
                reading_report(reader, parser->problem_mark, "", "this is not YAML: %s (%s, from line %zu on)", problem,
                               parser->context, parser->context_mark.line + 1);
        else
                reading_report(reader, parser->problem_mark, "", "this is not YAML: %s", problem);
}

/* The next event; false at a syntax error. Whatever would need more than the plain text of a node is a mistake here. */
bool reading_next(struct reading *reader, yaml_event_t *event)
{
        if (reader->stopped || !yaml_parser_parse(&reader->parser, event)) {
                if (!reader->stopped)
                        reading_syntax(reader);
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
                reading_report(reader, event->start_mark, "", "an alias (*name) is not taken here: write the value again");
                break;
        default:
                break;
        }
        if (anchor)
                reading_report(reader, event->start_mark, "", "an anchor (&name) is not taken here: no alias can refer to it");
        if (tag)
                reading_report(reader, event->start_mark, "", "a tag (!name) is not taken here: the option knows its type");
        return true;
}

struct slice node_text(const yaml_event_t *event)
{
        return (struct slice){ (const char *)event->data.scalar.value, event->data.scalar.length };
}

/* Nothing at all, `~` or `null`: what is left when every option of a section is a comment. */
bool node_is_null(const yaml_event_t *event)
{
        if (event->type != YAML_SCALAR_EVENT || event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
                return false;
        struct slice text = node_text(event);
        return text.size == 0 || slice_equal(text, SLICE("~")) || slice_equal_nocase(text, SLICE("null"));
}

const char *node_name(const yaml_event_t *event)
{
        switch (event->type) {
        case YAML_SCALAR_EVENT:         return node_is_null(event) ? "no value" : "one value";
        case YAML_SEQUENCE_START_EVENT: return "a list";
        case YAML_MAPPING_START_EVENT:  return "a section with keys";
        default:                        return "an alias";
        }
}

/* The rest of a node whose first event is given (and deleted here). Not recursive: a stranger may nest as he likes. */
void reading_skip(struct reading *reader, yaml_event_t *event)
{
        size_t depth = 0;
        for (;;) {
                yaml_event_type_t type = event->type;
                yaml_event_delete(event);
                depth += type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT;
                depth -= type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT;
                if (depth == 0 || !reading_next(reader, event))
                        return;
        }
}
void reading_skip_next(struct reading *reader)
{
        yaml_event_t event;
        if (reading_next(reader, &event))
                reading_skip(reader, &event);
}

/* False (and a mistake) when the key was there before, or when there are too many of them. */
bool reading_keys_add(struct reading *reader, struct keys *keys, const struct entry *entry)
{
        char shown[SHOWN_SIZE];
        for (size_t i = 0; i < keys->count; i++)
                if (slice_equal(keys->items[i].name, entry->key)) {
                        reading_report(reader, entry->mark, entry->path, "%s is given twice; first on line "
                                                                 "%zu", text_show(entry->key, shown),
                               keys->items[i].line);
                        return false;
                }
        if (keys->count == KEYS_MAX) {
                reading_report(reader, entry->mark, entry->path, "more than %d keys found in one section", KEYS_MAX);
                reader->stopped = true;
                return false;
        }
        keys->items[keys->count++] = (struct key){ entry->key, entry->mark.line + 1 };
        return true;
}

/* The next key of a mapping, copied; false at the mapping's end. A key that is no text is reported and skipped. */
bool reading_key(struct reading *reader, const char *prefix, struct entry *ret_entry)
{
        yaml_event_t event;
        while (reading_next(reader, &event) && event.type != YAML_MAPPING_END_EVENT) {
                if (event.type != YAML_SCALAR_EVENT) {
                        reading_report(reader, event.start_mark, prefix, "%s found where a name is wanted", node_name(&event));
                        reading_skip(reader, &event);
                        reading_skip_next(reader);
                        continue;
                }
                /* Its whole length, should there be a NUL in it: then it equals no name. */
                ret_entry->key = node_text(&event);
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
const char *reading_text(struct reading *reader, yaml_event_t *event, const char *path, const char *want)
{
        struct error err;
        const char *text = NULL;
        if (event->type != YAML_SCALAR_EVENT || node_is_null(event)) {
                reading_report(reader, event->start_mark, path, "%s found, but wanted is %s%s", node_name(event), want,
                       event->type == YAML_SCALAR_EVENT ? "; an empty text is written \"\"" : "");
                reading_skip(reader, event);
                return NULL;
        }
        text = expand_text(config_memory(reader->config), node_text(event), &err);
        if (!text)
                reading_report(reader, event->start_mark, path, "%s", err.text);
        yaml_event_delete(event);
        return text;
}
