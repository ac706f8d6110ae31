/* The command line of a command: `millrace COMMAND [--config FILE] [--set OPTION=VALUE]... [its own flags] [OPERAND]...` */
#ifndef COMMAND_ARGUMENTS_H
#define COMMAND_ARGUMENTS_H
#include "base/buffer.h"
#include "config/config.h"

#define CONFIG_FILE "/etc/millrace/millrace.yaml"      /* read when there is one and --config names no other */
#define FLAGS_MAX   16

/* A flag of a command's own. Tables of them end with name NULL. */
struct flag {
        const char *name;          /* "--strict" */
        const char *value;         /* "FILE": what it takes; NULL: nothing */
        const char *doc;           /* a sentence, Markdown */
};
extern const struct flag COMMON_FLAGS[];               /* --config, --set */
extern const struct flag NO_FLAGS[];

/* All texts are the command line's own and live as long as the process. */
struct arguments {
        const char  *config;               /* of --config; NULL: not given */
        const char **sets;                 /* "OPTION=VALUE", as given */
        size_t       set_count;
        const char  *flag[FLAGS_MAX];      /* by row of the command's table: the value, "" when it takes none; NULL: not given */
        const char **operands;
        size_t       operand_count;
        bool         help;
};
/* `words` are those behind the command's name. A flag is `--name VALUE` or `--name=VALUE`; behind `--` everything is an
 * operand. `common`: --config and --set are taken. False and a sentence when it cannot be understood. */
bool arguments_parse(struct arguments *arguments, const char *const *words, const struct flag *own, bool common,
                     struct error *err);
void arguments_done(struct arguments *arguments);

/* The whole of the file, or of standard input where it is "-", behind what `out` holds. False: "NAME: why". */
bool operand_read(const char *name, struct buffer *out, struct error *err);

/* The configuration that the command line means: defaults, then the file (--config, else CONFIG_FILE if there is one), then every
 * --set, then config_check(). Every mistake is added; false when there was any. Either way config_done() is the caller's. Used
 * again at a reload. */
bool arguments_config(const struct arguments *arguments, struct config *ret_config, struct errors *errors);
#endif
