/* The rules of uap-core, as the file says them: https://github.com/ua-parser/uap-core, docs/specification.md. */
#ifndef ENRICH_AGENT_RULES_H
#define ENRICH_AGENT_RULES_H
#include "base/base.h"

enum agent_section { AGENT_BROWSER, AGENT_OS, AGENT_DEVICE, AGENT_SECTIONS };

#define AGENT_PARTS 5              /* most values that a rule gives */
enum { BROWSER_NAME, BROWSER_VERSION };                            /* and four parts of the version from there on */
enum { OS_NAME, OS_VERSION };                                      /* likewise */
enum { DEVICE_NAME, DEVICE_BRAND, DEVICE_MODEL, DEVICE_PARTS };

struct agent_rule {
        char  *regex;
        char  *part[AGENT_PARTS];  /* texts with $1 to $9; NULL: the section's standard */
        bool   nocase;
        size_t line, column;       /* of the regex in the file, from 1 */
};
struct agent_rules {
        struct { struct agent_rule *rules; size_t count; } section[AGENT_SECTIONS];
};
/* How many values a section's rules give, and which capture group each has when the rule says nothing (0: none). */
struct agent_section_row {
        const char *name;
        struct { const char *key; unsigned standard; } part[AGENT_PARTS];  /* key NULL: no such part */
};
extern const struct agent_section_row AGENT_SECTION_ROWS[AGENT_SECTIONS];

/* Reads a regexes.yaml. Every mistake becomes "FILE:LINE:COLUMN: sentence"; NULL then. Sections that are not ours are
 * skipped, as newer files may have them; an unknown key inside a rule is a mistake, as we would misread the rule. */
struct agent_rules *agent_rules_load(const char *file, struct errors *errors);
struct agent_rules *agent_rules_read(const char *file, struct slice yaml, struct errors *errors);
void                agent_rules_free(struct agent_rules *rules);
#endif
