/* The table of commands as text for a terminal, as a page, and as a manual page. */
#include "base/troff.h"
#include "command/command.h"

#define WRAP 100

/* Words at a left edge, from column `at` on; ends the line. */
static void print_wrapped(FILE *out, const char *text, int left, int at)
{
        while (*text) {
                size_t word = strcspn(text, " ");
                if (at > left && at + 1 + (int)word > WRAP) {
                        fprintf(out, "\n%*s", left, "");
                        at = left;
                } else if (at > left) {
                        (void)fputc(' ', out), at++;
                }
                for (size_t i = 0; i < word; i++)
                        if (text[i] != '`') {
                                (void)fputc(text[i], out);
                                at++;
                        }
                text += word;
                text += strspn(text, " ");
        }
        (void)fputc('\n', out);
}

static void print_term(FILE *out, const char *term, const char *value, const char *doc)
{
        int size = fprintf(out, "  %s%s%s", term, value ? " " : "", value ? value : "");
        if (size >= 24) {
                (void)fputc('\n', out);
                size = 0;
        }
        fprintf(out, "%*s", 24 - size, "");
        print_wrapped(out, doc, 24, 24);
}

static void print_flags(FILE *out, const struct flag *flags)
{
        for (; flags->name; flags++)
                print_term(out, flags->name, flags->value, flags->doc);
}

void commands_print_help(FILE *out)
{
        fputs("millrace takes events over HTTP, checks them against JSON Schema, enriches them and publishes them to Kafka.\n\n"
              "Usage: millrace COMMAND [FLAG]...\n\nCommands:\n", out);
        for (const struct command *command = COMMANDS; command->name; command++)
                print_term(out, command->name, NULL, command->doc);
        fputs("\nFlags:\n", out);
        print_term(out, "--help", NULL, "This text; `millrace COMMAND --help` says more about a command.");
        print_term(out, "--version", NULL, "Print the version.");
}

void command_print_help(const struct command *command, FILE *out)
{
        fprintf(out, "Usage: millrace %s%s%s%s\n\n", command->name, command->common || command->flags->name ? " [FLAG]..." : "",
                *command->operands ? " " : "", command->operands);
        print_wrapped(out, command->doc, 0, 0);
        if (*command->about) {
                (void)fputc('\n', out);
                print_wrapped(out, command->about, 0, 0);
        }
        fputs("\nFlags:\n", out);
        print_flags(out, command->flags);
        if (command->common)
                print_flags(out, COMMON_FLAGS);
        print_term(out, "--help", NULL, "This text.");
}

static void print_usage(FILE *out, const struct command *command)
{
        fprintf(out, "millrace %s", command->name);
        if (command->common)
                fputs(" [--config FILE] [--set OPTION=VALUE]...", out);
        for (const struct flag *flag = command->flags; flag->name; flag++)
                fprintf(out, " [%s%s%s]", flag->name, flag->value ? " " : "", flag->value ? flag->value : "");
        fprintf(out, "%s%s", *command->operands ? " " : "", command->operands);
}

static void print_flag_row(FILE *out, const struct flag *flag)
{
        fprintf(out, "| `%s%s%s` | %s |\n", flag->name, flag->value ? " " : "", flag->value ? flag->value : "", flag->doc);
}

void commands_print_reference(FILE *out)
{
        fputs("# Commands\n\n<!-- Printed by `millrace reference commands` from include/command/commands.def; do not edit. "
              "-->\n\n"
              "Exit status: 0 when all is well, 1 when mistakes were found or the thing could not be done, 2 when the command "
              "line was not\n"
              "understood. `millrace --help` lists the commands, `millrace COMMAND --help` explains one, `millrace --version` "
              "names the version.\n", out);
        for (const struct command *command = COMMANDS; command->name; command++) {
                fprintf(out, "\n## %s\n\n    ", command->name);
                print_usage(out, command);
                fprintf(out, "\n\n%s%s%s\n", command->doc, *command->about ? " " : "", command->about);
                if (command->flags->name)
                        fputs("\n| flag | meaning |\n| --- | --- |\n", out);
                for (const struct flag *flag = command->flags; flag->name; flag++)
                        print_flag_row(out, flag);
        }
        fputs("\n## Flags of the commands that read a configuration\n\n| flag | meaning |\n| --- | --- |\n", out);
        for (const struct flag *flag = COMMON_FLAGS; flag->name; flag++)
                print_flag_row(out, flag);
}

static void print_troff_flag(FILE *out, const struct flag *flag)
{
        fputs(".TP\n\\fB", out);
        troff_print(out, slice_of(flag->name));
        fputs("\\fR", out);
        if (flag->value) {
                fputs(" \\fI", out);
                troff_print(out, slice_of(flag->value));
                fputs("\\fR", out);
        }
        (void)fputc('\n', out);
        troff_print_markdown(out, flag->doc);
        (void)fputc('\n', out);
}

static void print_troff_command(FILE *out, const struct command *command)
{
        fputs(".TP\n\\fB", out);
        troff_print(out, slice_of(command->name));
        fputs("\\fR", out);
        if (*command->operands) {
                fputs(" \\fI", out);
                troff_print(out, slice_of(command->operands));
                fputs("\\fR", out);
        }
        (void)fputc('\n', out);
        troff_print_markdown(out, command->doc);
        if (*command->about) {
                (void)fputc('\n', out);
                troff_print_markdown(out, command->about);
        }
        (void)fputc('\n', out);
        if (!command->flags->name)
                return;
        fputs(".RS\n", out);
        for (const struct flag *flag = command->flags; flag->name; flag++)
                print_troff_flag(out, flag);
        fputs(".RE\n", out);
}

void commands_print_manual(FILE *out)
{
        fputs(".\\\" Printed by `millrace reference man' from include/command/commands.def; do not edit.\n"
              ".TH MILLRACE 1 \"\" \"millrace " MILLRACE_VERSION "\" \"User Commands\"\n"
              ".SH NAME\nmillrace \\- event\\-ingestion daemon: HTTP in, validated and enriched, Kafka out\n"
              ".SH SYNOPSIS\n.nf\n", out);
        for (const struct command *command = COMMANDS; command->name; command++) {
                char *usage = NULL;
                size_t size = 0;
                FILE *memory = open_memstream(&usage, &size);
                BUG_IF(!memory);
                print_usage(memory, command);
                (void)fclose(memory);
                troff_print(out, (struct slice){ usage, size });
                (void)fputc('\n', out);
                free(usage);
        }
        fputs("millrace \\-\\-help | \\-\\-version\n.fi\n.SH DESCRIPTION\n", out);
        troff_print_markdown(out, "`millrace` takes events over HTTP, checks each against a JSON Schema of a versioned "
                                  "tracking plan, enriches it "
                             "with what the user agent and the device tell, and publishes it to Kafka. An event that fails "
                             "goes to a topic of its "
                             "own with the reason and its original bytes. A request is answered when Kafka has confirmed all "
                             "of its events.");
        fputs("\n.SH COMMANDS\n", out);
        for (const struct command *command = COMMANDS; command->name; command++)
                print_troff_command(out, command);
        fputs(".SH FLAGS OF THE COMMANDS THAT READ A CONFIGURATION\n", out);
        for (const struct flag *flag = COMMON_FLAGS; flag->name; flag++)
                print_troff_flag(out, flag);
        static const struct { const char *term, *doc; } REST[] = {
                { ".SH SIGNALS", NULL },
                { "SIGHUP", "Read configuration and tracking plan again. The new plan is taken over between two requests, if "
                            "there is no mistake in "
                  "it; otherwise the old one keeps serving." },
                { "SIGTERM, SIGINT", "Stop: accept nothing more, finish what is open within `worker.drain_time`, report what "
                                     "could not be finished." },
                { ".SH EXIT STATUS", NULL },
                { "0", "Success. For `check`: no mistakes. For `try`: every event would be published." },
                { "1", "Mistakes were found, or the service could not start." },
                { "2", "The command line was not understood." },
                { ".SH ENVIRONMENT", NULL },
                { "NOTIFY_SOCKET, WATCHDOG_USEC, LISTEN_FDS", "Set by `systemd`: readiness, watchdog and socket activation." },
                { "any other", "A value of the configuration may name it as `${NAME}`." },
                { ".SH FILES", NULL },
                { CONFIG_FILE, "The configuration of the packaged service; every option with its default." },
                { "/usr/share/millrace/schemas", "The sample tracking plan." },
        };
        for (size_t i = 0; i < COUNT_OF(REST); i++) {
                if (!REST[i].doc) {
                        fprintf(out, "%s\n", REST[i].term);
                        continue;
                }
                fputs(".TP\n\\fB", out);
                troff_print(out, slice_of(REST[i].term));
                fputs("\\fR\n", out);
                troff_print_markdown(out, REST[i].doc);
                (void)fputc('\n', out);
        }
        fputs(".SH SEE ALSO\n.BR millrace.yaml (5),\n.BR systemctl (1),\n.BR curl (1),\n.BR kcat (1)\n", out);
}
