#include "command/command.h"

int command_config(const struct arguments *arguments)
{
        struct config config;
        struct errors errors = { 0 };
        bool fine = arguments_config(arguments, &config, &errors);
        if (fine)
                config_print_effective(&config, stdout);
        else
                errors_print(&errors, stderr);
        errors_done(&errors);
        config_done(&config);
        return fine ? EXIT_SUCCESS : EXIT_FAILURE;
}
