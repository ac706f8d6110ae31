/* The manual page millrace.yaml(5). */
#include "base/troff.h"
#include "config/option.h"

static void print_paragraph(FILE *out, const char *markdown)
{
        fputs(".PP\n", out);
        troff_print_markdown(out, markdown);
        fputs("\n", out);
}

static void print_option(FILE *out, const struct option *option)
{
        fputs(".TP\n\\fB", out);
        troff_print(out, slice_of(option->path));
        fprintf(out, "\\fR (%s", option->type->name);
        for (int i = 0; option->words && word_at(option->words, i).data; i++) {
                fputs(i ? ", " : ": ", out);
                troff_print(out, word_at(option->words, i));
        }
        if (*option->standard) {
                fputs("; default ", out);
                troff_print(out, slice_of(option->standard));
        }
        fprintf(out, "; %s)\n", option->when == RELOAD ? "reload" : "restart");
        troff_print_markdown(out, option->doc);
        fputs("\n", out);
}

void config_print_manual(FILE *out)
{
        fputs(".\\\" Printed by `millrace reference man-config' from include/config/options.def; do not edit.\n"
              ".TH MILLRACE.YAML 5 \"\" \"millrace " MILLRACE_VERSION "\" \"File Formats\"\n"
              ".SH NAME\nmillrace.yaml \\- configuration of millrace\n.SH DESCRIPTION\n", out);
        print_paragraph(out, "One YAML document of at most 1 MiB. An option `http.cors.origins` is written as `origins` below "
                             "`cors` below `http`. "
                        "Unknown and repeated names, anchors, aliases and tags are mistakes; all mistakes are reported at "
                        "once, with line and column.");
        print_paragraph(out, "Sizes have the units KiB, MiB, GiB and TiB or none; durations ms, s, m, h and d. A list is `[a, "
                             "b]` or one text `a, b`. "
                        "A relative path is taken from the folder of this file.");
        print_paragraph(out, "`${NAME}` in a value comes from the environment, `${NAME:-otherwise}` has a value for the case "
                             "that it is not set there, and "
                        "`$$` is a dollar sign. A secret, and every key of a map, may be given as `NAME_file: PATH`: then the "
                        "file holds the value.");
        print_paragraph(out, "Behind each option: its type, its default, and whether a change takes effect on reload (SIGHUP) "
                             "or needs a restart.");
        for (const struct section *section = SECTIONS; section->path; section++) {
                bool any = false;
                for (const struct option *option = OPTIONS; option < OPTIONS + OPTION_COUNT; option++) {
                        if (!slice_equal(slice_between(option->path, strrchr(option->path, '.')), slice_of(section->path)))
                                continue;
                        if (!any) {
                                fprintf(out, ".SH %s\n", section->path);
                                troff_print_markdown(out, section->doc);
                                fputs("\n", out);
                        }
                        any = true;
                        print_option(out, option);
                }
        }
        fputs(".SH SEE ALSO\n.BR millrace (1)\n", out);
}
