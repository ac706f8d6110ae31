/* The tables of where visitors come from, printed for docs/reference/referrers.md. */
#include "enrich/channel.h"

static const struct { const char *medium, *source, *hosts, *terms; } SITES[] = {
#define REFERRER(medium, source, hosts, terms) { #medium, source, hosts, terms },
#include "enrich/referrers.def"
#undef REFERRER
};
static const struct { const char *parameter, *network; bool paid; } CLICKS[] = {
#define CLICK(parameter, network, site, paid) { parameter, network, paid },
#include "enrich/click_ids.def"
#undef CLICK
};

/* Words between spaces, each as code. */
static void words_print(FILE *out, const char *text)
{
        for (const char *at = text; *at; at += strspn(at, " ")) {
                int size = (int)strcspn(at, " ");
                fprintf(out, "%s`%.*s`", at == text ? "" : ", ", size, at);
                at += size;
        }
}

void referrers_print_reference(FILE *out)
{
        static const struct { const char *medium, *title; } MEDIA[] = {
                { "search", "search" }, { "social", "social" },             { "email", "email" },
                { "paid", "paid" },     { "ai_assistant", "ai-assistant" }, { "unknown", "unknown" },
        };
        fputs("# Where visitors come from\n\n<!-- Printed by `millrace reference referrers` from include/enrich/referrers.def "
              "and "
              "click_ids.def; do not edit. -->\n\n"
              "The table that the enrichment `referrer` begins with; `enrich.referrer.lists` adds to it. A host stands for "
              "everything below it;\n"
              "`{}` is a country, alone (`de`) or behind `com`, `co`, `net`, `org`, `edu`, `it` (`co.uk`); a path holds for "
              "whole "
              "segments and goes\n"
              "before hosts; a longer host goes before a shorter one. Of the parameters with the search term the first that is "
              "there counts.\n",
              out);
        for (size_t medium = 0; medium < COUNT_OF(MEDIA); medium++) {
                fprintf(out, "\n## %s\n\n| Source | Hosts | Search term |\n| --- | --- | --- |\n", MEDIA[medium].title);
                for (size_t i = 0; i < COUNT_OF(SITES); i++) {
                        if (strcmp(SITES[i].medium, MEDIA[medium].medium) != 0)
                                continue;
                        fprintf(out, "| %s | ", SITES[i].source);
                        words_print(out, SITES[i].hosts);
                        fputs(" | ", out);
                        words_print(out, SITES[i].terms);
                        fputs(" |\n", out);
                }
        }
        fputs("\n## Click ids\n\nParameters of the page's address that hold a click id, for the enrichment `campaign`; "
              "`enrich.campaign.click_ids` adds to them. The\n"
              "first of this table that is there counts. Paid: the network sends it for paid clicks only.\n\n"
              "| Parameter | Network | Paid |\n| --- | --- | --- |\n",
              out);
        for (size_t i = 0; i < COUNT_OF(CLICKS); i++)
                fprintf(out, "| `%s` | %s | %s |\n", CLICKS[i].parameter, CLICKS[i].network, CLICKS[i].paid ? "yes" : "");
        channels_print_reference(out);
}
