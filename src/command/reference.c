/* The pages of the manual that are printed from tables. */
#include "base/suggest.h"
#include "command/command.h"
#include "config/config.h"
#include "enrich/enrich.h"
#include "enrich/expression.h"
#include "enrich/referrer_table.h"
#include "enrich/strip.h"
#include "metrics/metrics.h"

static void pages_print_reference(FILE *out);

static const struct { const char *name, *file; void (*print)(FILE *out); const char *doc; } PAGES[] = {
#define PAGE(name, file, print, doc) { name, file, print, doc },
#include "command/pages.def"
#undef PAGE
};
enum { FLAG_AS, FLAG_FILES };
const struct flag REFERENCE_FLAGS[] = {
        [FLAG_AS] = { "--as", "LANGUAGE", "The page `fields` for programs: what the records of this configuration look like, as "
                                          "`json-schema`, or as the DDL of `clickhouse` or `spark`." },
        [FLAG_FILES] = { "--files", NULL, "List the pages with the files in which the repository keeps them." },
        { NULL, NULL, NULL },
};

static void pages_print_reference(FILE *out)
{
        fputs("# Reference\n\n<!-- Printed by `millrace reference pages` from include/command/pages.def; do not edit. -->\n\n"
              "The program prints these pages from the tables that it works with: `millrace reference PAGE`. `make docs` "
              "writes them here, and a\n"
              "test fails when one is stale.\n\n| page | printed by | what it tells |\n| --- | --- | --- |\n", out);
        for (size_t i = 0; i < COUNT_OF(PAGES); i++) {
                struct slice file = slice_of(PAGES[i].file), folder = SLICE("docs/reference/"), docs = SLICE("docs/");
                const char *link = slice_starts_with(file, folder) ? PAGES[i].file + folder.size
                                 : slice_starts_with(file, docs) ? PAGES[i].file + docs.size : PAGES[i].file;
                const char *up = slice_starts_with(file, folder) ? "" : slice_starts_with(file, docs) ? "../" : "../../";
                fprintf(out, "| [%s](%s%s) | `millrace reference %s` | %s |\n", link, up, link, PAGES[i].name, PAGES[i].doc);
        }
}

static int refuse_unknown(const char *name)
{
        struct suggestion near;
        suggestion_init(&near, slice_of(name));
        for (size_t i = 0; i < COUNT_OF(PAGES); i++)
                suggestion_offer(&near, slice_of(PAGES[i].name));
        fprintf(stderr, "millrace reference: there is no page '%s'", name);
        if (near.best.data)
                fprintf(stderr, "; did you mean %.*s?\n", SLICE_ARGS(near.best));
        else
                fprintf(stderr, "; `millrace reference` lists them\n");
        return STATUS_USAGE;
}

static int language_unknown(const char *name)
{
        fprintf(stderr, "millrace reference: --as %s is not known; there are", name);
        for (size_t i = 0; enrich_dictionary_language(i); i++)
                fprintf(stderr, "%s %s", i ? "," : "", enrich_dictionary_language(i));
        fputs("\n", stderr);
        return STATUS_USAGE;
}

/* The dictionary of one configuration: the layout, the fields chosen, and those of its own. */
static int print_dictionary(const struct arguments *arguments)
{
        const char   *language = arguments->flag[FLAG_AS];
        struct config config;
        struct errors errors = { 0 };
        int status = EXIT_SUCCESS;
        if (arguments->operand_count != 1 || strcmp(arguments->operands[0], "fields") != 0) {
                fprintf(stderr, "millrace reference: --as goes with the page fields\n");
                return STATUS_USAGE;
        }
        (void)arguments_config(arguments, &config, &errors);
        struct enrich_plan *plan = errors_total(&errors) ? NULL : enrich_plan_new(&config, &errors);
        errors_print(&errors, stderr);
        if (!plan)
                status = EXIT_FAILURE;
        else if (!enrich_print_dictionary(plan, language, stdout))
                status = language_unknown(language);
        enrich_plan_free(plan);
        errors_done(&errors);
        config_done(&config);
        return status;
}

int command_reference(const struct arguments *arguments)
{
        if (arguments->operand_count > 1) {
                fprintf(stderr, "millrace reference: one page at a time\n");
                return STATUS_USAGE;
        }
        if (arguments->flag[FLAG_AS])
                return print_dictionary(arguments);
        for (size_t i = 0; i < COUNT_OF(PAGES); i++)
                if (arguments->operand_count == 0)
                        printf(arguments->flag[FLAG_FILES] ? "%s\t%s\n" : "%-16s%s\n", PAGES[i].name,
                               arguments->flag[FLAG_FILES] ? PAGES[i].file : PAGES[i].doc);
                else if (strcmp(PAGES[i].name, arguments->operands[0]) == 0) {
                        PAGES[i].print(stdout);
                        return EXIT_SUCCESS;
                }
        return arguments->operand_count ? refuse_unknown(arguments->operands[0]) : EXIT_SUCCESS;
}
