/* Tables for language_codes.c. Each ends with an empty row. */
#ifndef ENRICH_LANGUAGE_ALIAS_H
#define ENRICH_LANGUAGE_ALIAS_H
#include "enrich/language_codes.h"

struct language_alias { char old[4], new[4]; };
extern const struct language_alias LANGUAGE_ALIASES[], REGION_ALIASES[];
extern const char     REGIONS_MORE[][3];
extern const uint16_t REGION_AREAS[];
#endif
