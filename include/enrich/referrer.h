/* What the enrichments referrer and campaign share. */
#ifndef ENRICH_REFERRER_H
#define ENRICH_REFERRER_H
#include "enrich/enrichment.h"
#include "enrich/referrer_table.h"

/* The plan's table: our own, and over it the files of enrich.referrer.lists, which are watched. NULL: mistakes were added. */
struct referrer_table *referrer_table_load(const struct enrich_setup *setup, struct errors *errors);
#endif
