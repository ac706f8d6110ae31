/* Sites that send visitors: what each is, what it is called, and where its search terms stand. By host, and where that does not
 * suffice by the beginning of the path: "google.{}", "google.{}/imgres", "mail.google.com". The table of our own is
 * referrers.def; enrich/referrer_list.h reads more from files. Filled on the main thread, then immutable and shared. */
#ifndef ENRICH_REFERRER_TABLE_H
#define ENRICH_REFERRER_TABLE_H
#include "base/base.h"

/* REFERRER_other: a word that a list of the operator's has and we do not. */
enum referrer_medium {
        REFERRER_unknown, REFERRER_internal, REFERRER_search, REFERRER_social, REFERRER_email, REFERRER_paid,
        REFERRER_ai_assistant, REFERRER_other, REFERRER_MEDIUM_COUNT,
};
/* The words, "ai-assistant"; of REFERRER_other it is empty. */
extern const struct slice REFERRER_MEDIUM_NAMES[REFERRER_MEDIUM_COUNT];
/* By its word or by one that public lists use for it ("chatbot"); any case. */
enum referrer_medium referrer_medium_find(struct slice word);

/* Where a search term stands: in the parameter of that name (lower case), or in the first group of a pattern over the whole
 * address (compiled code of PCRE2). One of the two. */
struct referrer_term {
        struct slice name;
        void        *pattern;
};
struct referrer_site {
        struct slice medium, source;       /* "search", "Google"; source may be empty */
        enum referrer_medium kind;
        const struct referrer_term *terms; /* term_count of them, the first that is there counts */
        size_t       term_count;
};
struct referrer_table;

#define REFERRER_KEY_MOST 300              /* bytes of a host with the beginning of a path */

struct referrer_table *referrer_table_new(void);   /* empty */
void referrer_table_free(struct referrer_table *table);
/* Adds the table of our own. */
void referrer_table_add_own(struct referrer_table *table);
/* A copy of the site that lives as long as the table, its texts included. Patterns become the table's to free. */
const struct referrer_site *referrer_table_keep(struct referrer_table *table, const struct referrer_site *site);
/* The site answers for this host and everything below it; `{}` stands for a country, alone or behind com, co, net, org, edu,
 * it. A path behind the host ("bing.com/images") holds for whole segments. A key that is there already gets the new site.
 * False: that is no host. `site` lives as long as the table. */
bool referrer_table_add(struct referrer_table *table, struct slice key, const struct referrer_site *site);
/* The site of a host (lower case) and a path (from its slash on; may be empty); NULL: not known. A path that is in the table
 * goes before hosts, a longer host before a shorter one. `whole`: nothing below a host counts, as for the names of apps. */
const struct referrer_site *referrer_table_find(const struct referrer_table *table, struct slice host, struct slice path,
                                                bool whole);
/* The site whose source is called so, any case ("facebook"); NULL: not known. */
const struct referrer_site *referrer_table_named(const struct referrer_table *table, struct slice source);
size_t referrer_table_count(const struct referrer_table *table);       /* keys */
size_t referrer_table_bytes(const struct referrer_table *table);       /* of memory */

void referrers_print_reference(FILE *out); /* docs/reference/referrers.md: our own table, click ids and channels */
#endif
