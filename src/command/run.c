#include "command/command.h"
#include "server/daemon.h"

static bool read_config(void *context, struct config *config, struct errors *errors)
{
        return arguments_config(context, config, errors);
}

int command_run(const struct arguments *arguments)
{
        struct daemon_source source = { .read = read_config, .context = (void *)(uintptr_t)arguments };
        return daemon_run(&source);
}
