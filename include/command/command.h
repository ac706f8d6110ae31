/* What the program can be asked to do: `millrace COMMAND ...`. A command is a row of commands.def and a function
 *     int command_NAME(const struct arguments *arguments)
 * that answers the exit status: EXIT_SUCCESS, EXIT_FAILURE (mistakes were found, could not be done), or STATUS_USAGE. */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H
#include "command/arguments.h"

#define STATUS_USAGE 2             /* the command line was not understood */

struct command {
        const char        *name, *operands, *doc, *about;
        bool               common;         /* takes COMMON_FLAGS */
        const struct flag *flags;          /* its own */
        int              (*run)(const struct arguments *arguments);
};
extern const struct command COMMANDS[];    /* ended by name NULL */

#define COMMAND(id, operands, common, flags, doc, about) int command_##id(const struct arguments *arguments);
#include "command/commands.def"
#undef COMMAND
extern const struct flag BENCH_FLAGS[], KEY_FLAGS[], REFERENCE_FLAGS[], REPLAY_FLAGS[], SPOOL_FLAGS[], TRY_FLAGS[];

/* The whole program but what a command does: finds it, reads its arguments, prints help and version. Answers the exit status. */
int command_main(int argc, const char *const *argv);

void commands_print_help(FILE *out);                                       /* millrace --help */
void command_print_help(const struct command *command, FILE *out);        /* millrace COMMAND --help */
void commands_print_reference(FILE *out);  /* docs/reference/commands.md */
void commands_print_manual(FILE *out);     /* docs/man/millrace.1 */
void envelope_print_reference(FILE *out);  /* docs/reference/envelope.md */
void faults_print_reference(FILE *out);    /* docs/reference/http-errors.md */
void reasons_print_reference(FILE *out);   /* docs/reference/reasons.md */
void sinks_print_reference(FILE *out);     /* docs/reference/sinks.md */
#endif
