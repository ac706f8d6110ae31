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
typedef const char *option_secret;         /* like text, never printed */
typedef int         option_choice;         /* the index of the word in the row's list "one|two|three" */
struct text_list { const char **items; size_t count; };
typedef struct text_list option_list;      /* a YAML sequence of texts, or one text */
struct text_pair { const char *key, *value; };
struct text_map { struct text_pair *items; size_t count; };
typedef struct text_map option_map;        /* a YAML mapping of texts, handed on as it is */

struct config {
#define OPTION(id, path, type, standard, min, max, words, when, doc) option_##type id;
#include "config/options.def"
#undef OPTION
        const char *file;                  /* where it was read from, for messages; NULL: defaults only */
        void       *memory;                /* owns every text above */
};

/* Every default. */
void config_init(struct config *config);
/* Reads a YAML file over the defaults. Every mistake is added to `errors` as "FILE:LINE:COLUMN: sentence", with a "did you
 * mean" for a name that is nearly right. `${NAME}` and `${NAME:-otherwise}` inside a value come from the environment; for a
 * secret the same name with `_file` names a file that holds it. False when there was any mistake. */
bool config_load(struct config *config, const char *file, struct errors *errors);
/* The same from memory; `file` for the messages. */
bool config_read(struct config *config, const char *file, struct slice yaml, struct errors *errors);
/* One option by its path, as `--set http.listen=...` does; lists split at commas. */
bool config_set(struct config *config, const char *path, const char *value, struct error *err);
void config_done(struct config *config);

void config_print_reference(FILE *out);    /* docs/reference/configuration.md */
void config_print_sample(FILE *out);       /* config/millrace.yaml: every option with its default, commented */
#endif
