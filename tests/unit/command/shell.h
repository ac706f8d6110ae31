/* A command as a shell runs it: its status, and what it says. */
#ifndef TESTS_SHELL_H
#define TESTS_SHELL_H
#include "command/command.h"

/* Both texts are from malloc. */
static inline int shell_run(int count, const char *const *words, char **ret_out, char **ret_error)
{
        FILE *out = stdout, *error = stderr;
        size_t size[2];
        stdout = open_memstream(ret_out, &size[0]);
        stderr = open_memstream(ret_error, &size[1]);
        int status = command_main(count, words);
        (void)fclose(stdout);
        (void)fclose(stderr);
        stdout = out;
        stderr = error;
        return status;
}
#endif
