/* All time zones of the system's tz database, by name. Immutable, for all threads. */
#ifndef ENRICH_ZONES_H
#define ENRICH_ZONES_H
#include "enrich/zone.h"

#define ZONE_NAME 63               /* most bytes of a name; the longest of 2025 has 32 */
struct zone_name {
        struct slice       text;   /* "Europe/Berlin" */
        const struct zone *zone;
        uint32_t           number; /* from 0, below zones_count() */
};
struct zones;

/* The zones that `folder` (/usr/share/zoneinfo) has: tzdata.zi there lists their names and links, one compiled file each has
 * their changes. A link that zone.tab has, too, is a place of its own (Europe/Amsterdam may be a link to Europe/Brussels) and
 * keeps its name; any other is another name of its target (Asia/Calcutta of Asia/Kolkata). Every mistake is added to `errors`,
 * and NULL. */
struct zones *zones_load(const char *folder, struct errors *errors);
void          zones_free(struct zones *zones);
/* The zone that has this name, in letters of any case, or that it is a link to; NULL: none. */
const struct zone_name *zones_find(const struct zones *zones, struct slice name);
size_t        zones_count(const struct zones *zones);      /* names that zones_find() may answer */
size_t        zones_memory(const struct zones *zones);     /* bytes */
struct slice  zones_version(const struct zones *zones);    /* "2025b"; empty: the file does not say */
#endif
