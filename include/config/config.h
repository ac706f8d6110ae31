/* What the configuration file says. Every option is one row of options.def: parsing, default, check and manual come from it. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H
#include "base/base.h"

typedef int64_t     option_integer;
typedef int64_t     option_bytes;          /* "64KiB", "1MiB", "1GiB" or a plain number */
typedef int64_t     option_duration;       /* milliseconds; "5ms", "10s", "2m", "1h", "1d" */
typedef bool        option_boolean;        /* true or false */
typedef const char *option_text;           /* never NULL; "" when empty */
typedef const char *option_path;           /* a file or folder; a relative one is taken from the configuration file's folder */
typedef const char *option_secret;         /* like text, never printed; `NAME_file: PATH` reads it from a file */
typedef int         option_choice;         /* the index of the word in the row's list "one|two|three" */
struct text_list { const char **items; size_t count; };
typedef struct text_list option_list;      /* a YAML sequence of texts, or one text with commas */
struct text_pair {
        const char *key, *value;
        bool        secret;                /* do not print: came from a file, or its key says so (password, secret, ...) */
};
struct text_map { struct text_pair *items; size_t count; };
typedef struct text_map option_map;        /* a YAML mapping of texts, handed on as it is */
struct tree_item {
        const char *path, *value;          /* path: "shop.give"; the items of a list have the same one, one after the other */
        size_t      line, column;          /* in the file, from 1; 0: not from there */
};
struct text_tree { struct tree_item *items; size_t count; };
typedef struct text_tree option_tree;      /* a YAML mapping of mappings, texts and lists of texts, for whoever knows its keys */

/* Members stand in the order of the manual. NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
struct config {
#define OPTION(id, path, type, standard, min, max, words, when, doc) option_##type id;
#include "config/options.def"
#undef OPTION
        const char *file;                  /* where it was read from, for messages; NULL: defaults only */
        void       *memory;                /* owns every text above */
};

/* Every default. Use: init, load, any number of sets, check, done. */
void config_init(struct config *config);
/* Reads a YAML file of at most 1 MiB over what is there (the defaults). Every mistake is added to `errors` as
 * "FILE:LINE:COLUMN: option: sentence", with a "did you mean" for a name that is nearly right. `${NAME}` and
 * `${NAME:-otherwise}` inside a value come from the environment, `$$` is a dollar sign; for a secret the same name with
 * `_file` names a file that holds it. False when there was any mistake. */
bool config_load(struct config *config, const char *file, struct errors *errors);
/* The same from memory; `file` for the messages and for relative paths. */
bool config_read(struct config *config, const char *file, struct slice yaml, struct errors *errors);
/* One option by its path, as `--set http.listen=...` does: lists split at commas, `kafka.client.KEY` sets one key of a map,
 * `NAME_file` of a secret reads it; nothing comes from the environment, relative paths stay as they are. */
bool config_set(struct config *config, const char *path, const char *value, struct error *err);
/* The i-th of the files that secrets were read from; NULL behind the last. */
const char *config_secret_file(const struct config *config, size_t i);
/* What one option alone cannot tell: options that need or exclude each other, addresses, networks. After the last
 * config_set(). False when there was any mistake. */
bool config_check(const struct config *config, struct errors *errors);
void config_done(struct config *config);   /* wipes every text, as there are secrets among them */
/* "*", "null", or "scheme://host[:port]" with nothing behind it, where the host may start with "*.": what an option or a key may
 * say of origins. */
bool config_is_origin(const char *text);

/* Adds "FILE:LINE:COLUMN: path: sentence", with the place where the option was set, as far as it was: for the checks of other
 * rooms. False. */
bool config_error(const struct config *config, struct errors *errors, const char *path, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

/* The same with the place of one item of a tree; `path` is the tree's. False. */
bool config_error_item(const struct config *config, struct errors *errors, const char *path, const struct tree_item *item,
                       const char *text);
/* A path of a tree's item, from the configuration file's folder when it is relative. Lives as long as the configuration. */
const char *config_path(const struct config *config, const struct tree_item *item);

/* Reload. Adds the path of each option that differs and only takes effect at a restart; false when there is none. */
bool config_differs_needs_restart(const struct config *old, const struct config *new, struct errors *ret_paths);
/* Puts the old values of those options into `config`, which then says what is in force. */
void config_keep_restart(struct config *config, const struct config *old);

void config_print_reference(FILE *out);    /* docs/reference/configuration.md */
void config_print_manual(FILE *out);       /* docs/man/millrace.yaml.5 */
void config_print_sample(FILE *out);       /* config/millrace.yaml: every option with its default, commented */
void config_print_effective(const struct config *config, FILE *out);   /* every option with its value, secrets as "***" */
#endif
