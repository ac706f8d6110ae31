/* Inside the room: libyaml's events, walked one by one, so that every mistake has a place. Nothing that multiplies (aliases,
 * tags, merge keys, several documents) is taken. */
#ifndef CONFIG_READING_H
#define CONFIG_READING_H
#include "config/option.h"
#include <yaml.h>

#define KEYS_MAX 1000              /* of one mapping */
#define PATH_MAX_SHOWN 128         /* longest option path; longer ones are unknown anyway */

struct reading {
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

/* Adds "FILE:LINE:COLUMN: path: sentence". */
void reading_report(struct reading *reader, yaml_mark_t mark, const char *path, const char *format, ...)
        __attribute__((format(printf, 4, 5)));
/* The next event; false at a syntax error. Whatever would need more than the plain text of a node is a mistake here. */
bool reading_next(struct reading *reader, yaml_event_t *event);
/* Passes over the rest of a node whose first event is given (and deleted here), or over the next node. */
void reading_skip(struct reading *reader, yaml_event_t *event);
void reading_skip_next(struct reading *reader);
/* The next key of a mapping, copied; false at the mapping's end. A key that is no text is reported and skipped. */
bool reading_key(struct reading *reader, const char *prefix, struct entry *ret_entry);
/* False (and a mistake) when the key was there before, or when there are too many of them. */
bool reading_keys_add(struct reading *reader, struct keys *keys, const struct entry *entry);
/* One scalar with what it takes from the environment; NULL and a mistake. Deletes the event. */
const char *reading_text(struct reading *reader, yaml_event_t *event, const char *path, const char *want);

struct slice node_text(const yaml_event_t *event);         /* of a scalar */
/* Nothing at all, `~` or `null`: what is left when every option of a section is a comment. */
bool         node_is_null(const yaml_event_t *event);
const char  *node_name(const yaml_event_t *event);         /* "a list", for messages */

/* tree.c: a mapping of any depth up to TREE_DEPTH, as paths with their values; the event is its start, deleted here. */
#define TREE_DEPTH 4
void read_tree(struct reading *reading, const struct option *option, yaml_event_t *event);
#endif
