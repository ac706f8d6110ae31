/* The pages that are printed from the tables of this room. */
#include "enrich/enrichment.h"

static void settings_print(const struct enrichment *kind, FILE *out)
{
        if (!kind->many)
                return;
        fputs("\nOf this kind there may be several, each with a name and these settings below `enrich.instances`:\n\n"
              "| setting | default | meaning |\n| --- | --- | --- |\n", out);
        for (const struct enrich_setting *setting = kind->settings; setting && setting->name; setting++)
                fprintf(out, "| `%s` | %s%s%s | %s |\n", setting->name, setting->standard && *setting->standard ? "`" : "",
                        setting->standard ? setting->standard : "must be given",
                        setting->standard && *setting->standard ? "`" : "", setting->doc);
}

void enrich_print_reference(FILE *out)
{
        fputs("# Enrichments\n\n<!-- Printed by `millrace reference enrichments`; do not edit. -->\n\n"
              "Each is switched on by its name in `enrich.order` and runs in that order. An enrichment fails no "
              "event: what it does\n"
              "not know is absent. The fields are described in [fields](fields.md).\n",
              out);
        for (const struct enrichment *const *kind = ENRICHMENTS; *kind; kind++) {
                fprintf(out, "\n## %s\n\n%s\n\n", (*kind)->name, (*kind)->doc);
                for (const enum field *need = (*kind)->needs; need && *need != FIELD_COUNT; need++)
                        fprintf(out, "%s`%s`%s", need == (*kind)->needs ? "Needs: " : ", ", FIELDS[*need].name,
                                need[1] == FIELD_COUNT ? ".\n\n" : "");
                for (const enum field *given = (*kind)->gives; *given != FIELD_COUNT; given++)
                        fprintf(out, "%s`%s`%s", given == (*kind)->gives ? "Gives: " : ", ", FIELDS[*given].name,
                                given[1] == FIELD_COUNT ? ".\n" : "");
                settings_print(*kind, out);
        }
}

void fields_print_reference(FILE *out)
{
        fputs("# Fields\n\n<!-- Printed by `millrace reference fields` from include/enrich/fields.def; do not edit. -->\n\n"
              "What enrichment adds to an event. A value that is not known is absent, never null. A client's own "
              "member of one of\n"
              "these names at the top of an event is dropped.\n",
              out);
        for (unsigned group = 0; group < GROUP_COUNT; group++) {
                fprintf(out,
                        "\n## %s\n\n%s\n\n| Field | Type | Unit | Enrichment | Source | Meaning |\n| --- | --- | --- | --- | --- "
                        "| --- |\n",
                        GROUPS[group].name, GROUPS[group].doc);
                for (unsigned field = 0; field < FIELD_COUNT; field++) {
                        if (FIELDS[field].group != group)
                                continue;
                        const struct enrichment *const *giver = ENRICHMENTS;
                        while (*giver && !enrichment_gives(*giver, (enum field)field))
                                giver++;
                        fprintf(out, "| `%s` | %s | %s | %s | %s | %s |\n", FIELDS[field].name, FIELDS[field].type,
                                FIELDS[field].unit, *giver ? (*giver)->name : "", FIELDS[field].source, FIELDS[field].doc);
                }
        }
}
