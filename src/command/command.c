#include "command/command.h"
#include "base/suggest.h"

const struct command COMMANDS[] = {
#define COMMAND(id, operands_, common_, flags_, doc_, about_)                                                          \
        { .name = #id, .operands = (operands_), .doc = (doc_), .about = (about_), .common = (common_), .flags = (flags_),        \
          .run = command_##id },
#include "command/commands.def"
#undef COMMAND
        { .name = NULL },
};

static const struct command *command_find(const char *name)
{
        for (const struct command *command = COMMANDS; command->name; command++)
                if (strcmp(command->name, name) == 0)
                        return command;
        return NULL;
}

static int refuse_unknown(const char *name)
{
        struct suggestion near;
        suggestion_init(&near, slice_of(name));
        for (const struct command *command = COMMANDS; command->name; command++)
                suggestion_offer(&near, slice_of(command->name));
        fprintf(stderr, "millrace: there is no command '%s'", name);
        if (near.best.data)
                fprintf(stderr, "; did you mean %.*s?\n", SLICE_ARGS(near.best));
        else
                fprintf(stderr, "; `millrace --help` lists them\n");
        return STATUS_USAGE;
}

static int command_start(const struct command *command, const char *const *words)
{
        struct arguments arguments;
        struct error err;
        int status;
        if (!arguments_parse(&arguments, words, command->flags, command->common, &err)) {
                bool question = err.text[strlen(err.text) - 1] == '?';
                fprintf(stderr, "millrace %s: %s%s `millrace %s --help` says more\n", command->name, err.text,
                        question ? "" : ";", command->name);
                status = STATUS_USAGE;
        } else if (arguments.help) {
                command_print_help(command, stdout);
                status = EXIT_SUCCESS;
        } else if (!*command->operands && arguments.operand_count) {
                fprintf(stderr, "millrace %s: '%s' is one word too many; `millrace %s --help` says more\n", command->name,
                        arguments.operands[0], command->name);
                status = STATUS_USAGE;
        } else {
                status = command->run(&arguments);
        }
        arguments_done(&arguments);
        return status;
}

/* A page cut short by a full disk must not look whole. */
static int output_finish(int status)
{
        if (fflush(stdout) == 0 && !ferror(stdout))
                return status;
        fprintf(stderr, "millrace: standard output cannot be written: %m\n");
        return EXIT_FAILURE;
}

int command_main(int argc, const char *const *argv)
{
        if (argc < 2) {
                commands_print_help(stderr);
                return STATUS_USAGE;
        }
        const char *name = argv[1];
        if (strcmp(name, "--version") == 0) {
                printf("millrace %s\n", MILLRACE_VERSION);
                return output_finish(EXIT_SUCCESS);
        }
        if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || (strcmp(name, "help") == 0 && argc == 2)) {
                commands_print_help(stdout);
                return output_finish(EXIT_SUCCESS);
        }
        bool help = strcmp(name, "help") == 0;
        const struct command *command = command_find(help ? argv[2] : name);
        if (!command)
                return refuse_unknown(help ? argv[2] : name);
        static const char *const HELP[] = { "--help", NULL };
        return output_finish(command_start(command, help ? HELP : argv + 2));
}
