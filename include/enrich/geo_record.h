/* What databases know of an address: the values of geo.def, picked out of a record in one walk through it. */
#ifndef ENRICH_GEO_RECORD_H
#define ENRICH_GEO_RECORD_H
#include "enrich/mmdb.h"

enum geo_item {
#define GEO(id, kind, part, paths) GEO_##id,
#include "enrich/geo.def"
#undef GEO
        GEO_ITEMS,
};
enum geo_kind { GEO_TEXT, GEO_CODE, GEO_NAME, GEO_REGION, GEO_REAL, GEO_LATITUDE, GEO_LONGITUDE, GEO_COUNT, GEO_FLAG };
enum geo_part { GEO_PLACE, GEO_REST };
struct geo_row { enum geo_kind kind; enum geo_part part; const char *paths; };
extern const struct geo_row GEO_ROWS[GEO_ITEMS];

struct geo_record {
        struct {
                uint8_t      rank;         /* 0: not known; else one more than the path's place in its row */
                struct slice text;         /* of texts, not empty, at most GEO_TEXT_MOST bytes; in the database */
                double       real;
                uint64_t     count;        /* also 0 or 1 of flags */
        } item[GEO_ITEMS];
};
#define GEO_TEXT_MOST 256

struct geo_paths;          /* geo.def's paths as a tree; immutable, for all threads */
/* `language`: of names ("en", "pt-BR"); where a record has none in it, the English ones are taken. Copied. */
struct geo_paths *geo_paths_new(const char *language);
void              geo_paths_free(struct geo_paths *paths);
/* `record` as mmdb_find() answered. False when it is broken; then nothing is known. Values that make no sense are left out. */
bool geo_record_read(const struct geo_paths *paths, const struct mmdb *mmdb, uint32_t record, struct geo_record *ret_record);
/* Adds what `more` knows and `record` does not. Nothing of a place where the two name different countries or cities. */
void geo_record_join(struct geo_record *record, const struct geo_record *more);
#endif
