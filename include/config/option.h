/* Inside the room: the table of options and the types of their values. */
#ifndef CONFIG_OPTION_H
#define CONFIG_OPTION_H
#include "base/buffer.h"
#include "config/config.h"

enum option_id {
#define OPTION(id, path, type, standard, min, max, words, when, doc) OPTION_##id,
#include "config/options.def"
#undef OPTION
        OPTION_COUNT,
};
enum option_when { RELOAD, RESTART };
enum option_kind { KIND_SCALAR, KIND_LIST, KIND_MAP, KIND_TREE };     /* which YAML node it is */

struct option;
struct memory;

struct option_type {
        const char      *name, *doc;       /* for the manual; doc: "a size such as 64KiB" */
        enum option_kind kind;
        bool             path, secret;
        /* From a text that lives as long as the configuration. The sentence says what is wanted; the caller says where. */
        bool (*parse)(const struct option *option, struct memory *memory, const char *text, void *value, struct error *err);
        void (*print)(const struct option *option, const void *value, struct buffer *out);     /* as YAML */
        bool (*equal)(const void *a, const void *b);
        void (*copy)(struct memory *memory, const void *from, void *to);
};

struct option {
        const char               *path, *standard, *words, *doc;
        const struct option_type *type;
        size_t                    offset;  /* of its value inside struct config */
        int64_t                   min, max;
        enum option_when          when;
};
extern const struct option OPTIONS[OPTION_COUNT];

struct section { const char *path, *doc; };
extern const struct section SECTIONS[];    /* ended by path NULL */

extern const struct option_type TYPE_integer, TYPE_bytes, TYPE_duration, TYPE_boolean, TYPE_text, TYPE_path, TYPE_secret,
                                TYPE_choice, TYPE_list, TYPE_map, TYPE_tree;

/* NULL: there is none. */
const struct option *option_find(struct slice path);
/* "there is no option 'x'; did you mean y?" False. */
bool option_unknown(struct slice path, struct error *err);
static inline size_t option_index(const struct option *option) { return (size_t)(option - OPTIONS); }
/* "a size from 1KiB to 256MiB", "one, two or three": what a value of the option is. */
#define WANTED_SIZE 192
const char  *option_wanted(const struct option *option, char text[WANTED_SIZE]);
/* Of a word in "one|two|three"; -1: not among them. */
int          word_index(const char *words, struct slice word);
struct slice word_at(const char *words, int index);        /* data NULL: there is none */
static inline void *option_value(const struct option *option, struct config *config) { return (char *)config + option->offset; }
static inline const void *option_value_const(const struct option *option, const struct config *config)
{
        return (const char *)config + option->offset;
}

/* Where an option's value comes from. line 0 and no words: its default. */
struct origin {
        size_t line, column;               /* from 1; 0: not from the file */
        bool   set;                        /* from config_set() */
};
/* Every text of a configuration, and where its values come from. Blocks are freed together. */
struct memory_block;
struct memory {
        struct memory_block *blocks;
        struct origin        origins[OPTION_COUNT];
        struct text_list     files;        /* that secrets were read from */
};
void *config_take(struct memory *memory, size_t size);                  /* zeroed */
char *config_copy(struct memory *memory, struct slice text);            /* NUL-terminated */
static inline struct memory *config_memory(const struct config *config) { return config->memory; }

/* Sets or replaces a key of a map. The strings live as long as the configuration. */
void map_set(struct memory *memory, struct text_map *map, const char *key, const char *value, bool secret);
bool key_is_secret(const char *key);
void tree_add(struct memory *memory, struct text_tree *tree, const struct tree_item *item);
/* Takes out what stands at the path, and adds the value there. */
void tree_set(struct memory *memory, struct text_tree *tree, const char *path, const char *value);

/* The text with what it takes from the environment; NULL and an error. At most EXPANDED_MAX bytes. */
#define EXPANDED_MAX 65536
char *expand_text(struct memory *memory, struct slice text, struct error *err);
/* The content of a secret's file without its last line end; NULL and an error. */
char *expand_file(struct memory *memory, const char *path, struct error *err);
/* The path, taken from the folder of `file` when it is relative. */
const char *expand_path(struct memory *memory, const char *file, const char *path);

/* "'text'" for a message: cut, and without control characters. */
#define SHOWN_SIZE 72
const char *text_show(struct slice text, char shown[SHOWN_SIZE]);

void bytes_print(int64_t bytes, struct buffer *out);           /* in the largest unit that divides it: "64KiB" */
void duration_print(int64_t ms, struct buffer *out);           /* "2m" */
void text_print(struct slice text, struct buffer *out);        /* a YAML scalar, quoted where it must be */
#endif
