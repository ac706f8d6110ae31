#include "enrich/agent_rules.h"
#include <sys/stat.h>
#include <yaml.h>

const struct agent_section_row AGENT_SECTION_ROWS[AGENT_SECTIONS] = {
        [AGENT_BROWSER] = { "user_agent_parsers", { { "family_replacement", 1 }, { "v1_replacement", 2 }, { "v2_replacement", 3 },
                                                    { "v3_replacement", 4 }, { "v4_replacement", 5 } } },
        [AGENT_OS]      = { "os_parsers", { { "os_replacement", 1 }, { "os_v1_replacement", 2 }, { "os_v2_replacement", 3 },
                                            { "os_v3_replacement", 4 }, { "os_v4_replacement", 5 } } },
        [AGENT_DEVICE]  = { "device_parsers", { { "device_replacement", 1 }, { "brand_replacement", 0 },
                                                { "model_replacement", 1 }, { NULL, 0 }, { NULL, 0 } } },
};

#define FILE_LIMIT ((size_t)32 << 20)      /* bytes; the biggest rules known have 0.3 MB */

/* libyaml's events, one at a time. After a syntax error every further event is the end of the stream. */
struct reader {
        const char    *file;
        yaml_parser_t  parser;
        yaml_event_t   event;
        bool           broken;
        struct errors *errors;
};

static bool mistake(struct reader *reader, const yaml_mark_t *mark, const char *text, const char *what)
{
        return errors_add(reader->errors, "%s:%zu:%zu: %s%s%s%s", reader->file, mark->line + 1, mark->column + 1, text,
                          what ? " '" : "", what ? what : "", what ? "'" : "");
}

static yaml_event_type_t reader_next(struct reader *reader)
{
        if (reader->broken)
                return YAML_STREAM_END_EVENT;
        yaml_event_delete(&reader->event);
        if (!yaml_parser_parse(&reader->parser, &reader->event)) {
                reader->broken = true;
                memset(&reader->event, 0, sizeof(reader->event));
                const char *problem = reader->parser.problem ? reader->parser.problem : "it cannot be read";
                (void)errors_add(reader->errors, "%s:%zu:%zu: not YAML: %s", reader->file, reader->parser.problem_mark.line + 1,
                                 reader->parser.problem_mark.column + 1, problem);
                return YAML_STREAM_END_EVENT;
        }
        if (reader->event.type == YAML_STREAM_END_EVENT)
                reader->broken = true;
        return reader->event.type;
}

/* Passes over the rest of the node whose first event is the current one. */
static void reader_skip(struct reader *reader)
{
        size_t depth = 0;
        for (yaml_event_type_t type = reader->event.type; !reader->broken; type = reader_next(reader)) {
                depth += type == YAML_MAPPING_START_EVENT || type == YAML_SEQUENCE_START_EVENT;
                depth -= type == YAML_MAPPING_END_EVENT || type == YAML_SEQUENCE_END_EVENT;
                if (depth == 0)
                        return;
        }
}

/* The next key of the mapping that is open; false at its end. Keys that are not texts are mistakes and passed over. */
static bool reader_key(struct reader *reader)
{
        for (;;) {
                yaml_event_type_t type = reader_next(reader);
                if (type == YAML_SCALAR_EVENT)
                        return true;
                if (type == YAML_MAPPING_END_EVENT || reader->broken)
                        return false;
                (void)mistake(reader, &reader->event.start_mark, "a key must be a text", NULL);
                reader_skip(reader);
                (void)reader_next(reader);
                reader_skip(reader);
        }
}

static const char *reader_text(const struct reader *reader) { return (const char *)reader->event.data.scalar.value; }

/* Where a rule keeps the value of a key; NULL: the key is unknown. */
static char **rule_place(struct agent_rule *rule, enum agent_section section, const char *key)
{
        if (strcmp(key, "regex") == 0)
                return &rule->regex;
        for (size_t i = 0; i < AGENT_PARTS; i++) {
                const char *name = AGENT_SECTION_ROWS[section].part[i].key;
                if (name && strcmp(key, name) == 0)
                        return &rule->part[i];
        }
        return NULL;
}

static bool rule_value(struct reader *reader, enum agent_section section, struct agent_rule *rule, const char *key,
                       const yaml_mark_t *key_mark)
{
        if (reader_next(reader) != YAML_SCALAR_EVENT) {
                yaml_mark_t mark = reader->event.start_mark;
                if (!reader->broken)
                        (void)mistake(reader, &mark, "one text is expected here for", key);
                reader_skip(reader);
                return false;
        }
        const char *text = reader_text(reader);
        if (strlen(text) != reader->event.data.scalar.length)
                return mistake(reader, &reader->event.start_mark, "there is a NUL character in the value of", key);
        if (strcmp(key, "regex_flag") == 0) {
                rule->nocase = strcmp(text, "i") == 0;
                return rule->nocase || mistake(reader, &reader->event.start_mark, "the only flag is 'i', not", text);
        }
        char **place = rule_place(rule, section, key);
        if (!place)
                return mistake(reader, key_mark, "a rule of this section has no key", key);
        if (*place)
                return mistake(reader, key_mark, "this rule has twice the key", key);
        if (place == &rule->regex) {
                rule->line = reader->event.start_mark.line + 1;
                rule->column = reader->event.start_mark.column + 1;
        }
        if (*text)         /* an empty text means, as everywhere in uap, "nothing said" */
                *place = slice_copy(slice_of(text));
        return true;
}

/* A mapping whose start is the current event. */
static void rule_read(struct reader *reader, enum agent_section section, struct agent_rule *rule)
{
        yaml_mark_t start = reader->event.start_mark;
        bool        good = true;
        while (reader_key(reader)) {
                yaml_mark_t mark = reader->event.start_mark;
                char *key = slice_copy(slice_of(reader_text(reader)));
                good &= rule_value(reader, section, rule, key, &mark);
                free(key);
        }
        if (!rule->regex && good && !reader->broken)
                (void)mistake(reader, &start, "this rule has no", "regex");
}

static void section_read(struct reader *reader, struct agent_rules *rules, enum agent_section section)
{
        if (reader_next(reader) != YAML_SEQUENCE_START_EVENT) {
                yaml_mark_t mark = reader->event.start_mark;
                if (!reader->broken)
                        (void)mistake(reader, &mark, "a list of rules is expected in", AGENT_SECTION_ROWS[section].name);
                reader_skip(reader);
                return;
        }
        size_t room = rules->section[section].count;
        for (yaml_event_type_t type = reader_next(reader); type != YAML_SEQUENCE_END_EVENT && !reader->broken;
             type = reader_next(reader)) {
                if (type != YAML_MAPPING_START_EVENT) {
                        (void)mistake(reader, &reader->event.start_mark, "a rule (a mapping with a regex) is expected in",
                                      AGENT_SECTION_ROWS[section].name);
                        reader_skip(reader);
                        continue;
                }
                size_t *count = &rules->section[section].count;
                if (*count == room) {
                        room = room ? 2 * room : 256;
                        rules->section[section].rules =
                                memory_grow(rules->section[section].rules, room * sizeof(struct agent_rule));
                }
                struct agent_rule *rule = &rules->section[section].rules[(*count)++];
                memset(rule, 0, sizeof(*rule));
                rule_read(reader, section, rule);
        }
}

static int section_find(const char *name)
{
        for (int i = 0; i < AGENT_SECTIONS; i++)
                if (strcmp(name, AGENT_SECTION_ROWS[i].name) == 0)
                        return i;
        return -1;
}

static void document_read(struct reader *reader, struct agent_rules *rules)
{
        bool seen[AGENT_SECTIONS] = { false };
        yaml_event_type_t type = reader_next(reader);
        while (type == YAML_STREAM_START_EVENT || type == YAML_DOCUMENT_START_EVENT)
                type = reader_next(reader);
        if (type != YAML_MAPPING_START_EVENT) {
                if (!reader->broken || errors_total(reader->errors) == 0)
                        (void)errors_add(reader->errors, "%s:1:1: a mapping with 'user_agent_parsers' is expected", reader->file);
                return;
        }
        while (reader_key(reader)) {
                int section = section_find(reader_text(reader));
                if (section >= 0 && seen[section]) {
                        (void)mistake(reader, &reader->event.start_mark, "there are two sections",
                                      AGENT_SECTION_ROWS[section].name);
                        section = -1;
                }
                if (section >= 0) {
                        seen[section] = true;
                        section_read(reader, rules, (enum agent_section)section);
                } else {
                        (void)reader_next(reader);
                        reader_skip(reader);
                }
        }
        for (int i = 0; i < AGENT_SECTIONS; i++)
                if (rules->section[i].count == 0 && !seen[i] && errors_total(reader->errors) < ERRORS_MAX)
                        (void)errors_add(reader->errors, "%s: there is no section '%s'", reader->file,
                                         AGENT_SECTION_ROWS[i].name);
}

struct agent_rules *agent_rules_read(const char *file, struct slice yaml, struct errors *errors)
{
        size_t mistakes = errors_total(errors);
        struct agent_rules *rules = memory_get(sizeof(*rules));
        struct reader reader = { .file = file, .errors = errors };
        BUG_IF(!yaml_parser_initialize(&reader.parser));
        yaml_parser_set_input_string(&reader.parser, (const unsigned char *)yaml.data, yaml.size);
        document_read(&reader, rules);
        yaml_event_delete(&reader.event);
        yaml_parser_delete(&reader.parser);
        if (errors_total(errors) == mistakes)
                return rules;
        agent_rules_free(rules);
        return NULL;
}

struct agent_rules *agent_rules_load(const char *file, struct errors *errors)
{
        struct stat stat;
        FILE *stream = fopen(file, "re");
        if (!stream) {
                (void)errors_add(errors, "enrich.user_agent.rules: cannot read '%s': %m", file);
                return NULL;
        }
        if (fstat(fileno(stream), &stat) != 0 || !S_ISREG(stat.st_mode)) {
                (void)errors_add(errors, "enrich.user_agent.rules: cannot read '%s': it is not a regular file", file);
                fclose(stream);
                return NULL;
        }
        struct agent_rules *rules = NULL;
        size_t size = (size_t)stat.st_size;
        if (size > FILE_LIMIT) {
                (void)errors_add(errors, "%s: larger than %zu MiB", file, FILE_LIMIT >> 20);
        } else {
                char *text = memory_get(size + 1);
                size = fread(text, 1, size, stream);
                rules = agent_rules_read(file, (struct slice){ text, size }, errors);
                free(text);
        }
        fclose(stream);
        return rules;
}

void agent_rules_free(struct agent_rules *rules)
{
        if (!rules)
                return;
        for (size_t section = 0; section < AGENT_SECTIONS; section++) {
                for (size_t i = 0; i < rules->section[section].count; i++) {
                        struct agent_rule *rule = &rules->section[section].rules[i];
                        free(rule->regex);
                        for (size_t part = 0; part < AGENT_PARTS; part++)
                                free(rule->part[part]);
                }
                free(rules->section[section].rules);
        }
        free(rules);
}
