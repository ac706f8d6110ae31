/* The enrichment geo: the place and the network of the client's address, from databases that the operator names. */
#include "enrich/enrichment.h"
#include "enrich/geo_record.h"
#include "enrich/text_cache.h"

#define DATABASES_MOST 16
#define ZONE_MOST 40               /* bytes of a time zone's name; the longest has 32 */

struct geo {                       /* a plan's */
        struct mmdb *database[DATABASES_MOST];
        size_t count, entries;
        struct geo_paths *paths;
        int    coordinates;        /* of enrich.geo.coordinates */
};
enum { COORDINATES_FULL, COORDINATES_COARSE, COORDINATES_DROP };

/* What later enrichments want to know of a place. */
struct geo_note { uint32_t as_number; char country[2]; uint8_t zone_size; char zone[ZONE_MOST]; };
struct geo_desk {                  /* a worker's */
        const struct geo     *geo;
        const struct layout  *layout;
        struct text_cache    *cache;
        struct buffer         text;        /* what is being rendered */
        struct address        address;     /* the last one */
        const struct cached  *last;        /* its place; NULL: there is none */
};

/* The item's fields, in the order of geo.def. */
static const enum field ITEMS[] = {
#define GEO(id, kind, part, paths) FIELD_##id,
#include "enrich/geo.def"
#undef GEO
        FIELD_COUNT,
};

/* ---- a plan's ---- */

static void geo_unload(void *state)
{
        struct geo *geo = state;
        if (!geo)
                return;
        for (size_t i = 0; i < geo->count; i++)
                mmdb_free(geo->database[i]);
        geo_paths_free(geo->paths);
        free(geo);
}

static bool database_add(struct geo *geo, const struct enrich_setup *setup, const char *value, struct errors *errors)
{
        struct error err;
        const struct tree_item item = { .value = value, .line = setup->config->file != NULL };
        const char *path = config_path(setup->config, &item);
        geo->database[geo->count] = mmdb_load(path, &err);
        if (!geo->database[geo->count])
                return config_error(setup->config, errors, "enrich.geo.databases", "%s", err.text);
        geo->count++;
        setup_watch(setup, path);
        return true;
}

static void *geo_load(const struct enrich_setup *setup, struct errors *errors)
{
        const struct config *config = setup->config;
        struct geo *geo = memory_get(sizeof(*geo));
        bool good = true;
        geo->entries = (size_t)config->enrich_geo_cache;
        geo->coordinates = config->enrich_geo_coordinates;
        geo->paths = geo_paths_new(config->enrich_geo_language);
        if (config->enrich_geo_databases.count > DATABASES_MOST)
                good = config_error(config, errors, "enrich.geo.databases", "these are more than %d", DATABASES_MOST);
        for (size_t i = 0; i < config->enrich_geo_databases.count && geo->count < DATABASES_MOST; i++)
                good = database_add(geo, setup, config->enrich_geo_databases.items[i], errors) && good;
        if (good)
                return geo;
        geo_unload(geo);
        return NULL;
}

/* ---- rendering a place, once for all addresses that share it ---- */

#define DIGITS 6

/* Fixed point, without zeros at the end: 51.5142. */
static void real_write(struct field_writer *writer, enum field field, double real, unsigned digits)
{
        int64_t scale = 1;
        for (unsigned i = 0; i < digits; i++)
                scale *= 10;
        int64_t  scaled = (int64_t)(real * (double)scale + (real < 0 ? -0.5 : 0.5));
        uint64_t size = (uint64_t)(scaled < 0 ? -scaled : scaled), fraction = size % (uint64_t)scale;
        char     text[40];
        int      at = snprintf(text, sizeof(text), "%s%llu", scaled < 0 ? "-" : "", (unsigned long long)(size / (uint64_t)scale));
        if (fraction) {
                at += snprintf(text + at, sizeof(text) - (size_t)at, ".%0*llu", (int)digits, (unsigned long long)fraction);
                while (text[at - 1] == '0')
                        at--;
        }
        writer_json(writer, field, (struct slice){ text, (size_t)at });
}

/* "GB" and "ENG" make "GB-ENG"; without the country the code says nothing. */
static void region_write(struct field_writer *writer, enum field field, struct slice country, struct slice code)
{
        char text[8];
        if (country.size != 2)
                return;
        int size = snprintf(text, sizeof(text), "%.2s-%.*s", country.data, SLICE_ARGS(code));
        writer_text(writer, field, (struct slice){ text, (size_t)size });
}

static bool is_hidden(const struct geo *geo, const struct geo_record *record, size_t item)
{
        bool coordinate = item == GEO_client_geo_location_lat || item == GEO_client_geo_location_lon;
        if (coordinate && !(record->item[GEO_client_geo_location_lat].rank && record->item[GEO_client_geo_location_lon].rank))
                return true;       /* half a location is none */
        return geo->coordinates == COORDINATES_DROP && (coordinate || item == GEO_client_geo_accuracy_radius);
}

static void place_write(const struct geo *geo, const struct geo_record *record, struct field_writer *writer)
{
        for (size_t i = 0; i < GEO_ITEMS; i++) {
                if (!record->item[i].rank || is_hidden(geo, record, i))
                        continue;
                switch (GEO_ROWS[i].kind) {
                case GEO_TEXT:
                case GEO_CODE:
                case GEO_NAME:
                        writer_text(writer, ITEMS[i], record->item[i].text);
                        break;
                case GEO_REGION:
                        region_write(writer, ITEMS[i], record->item[GEO_client_geo_country_iso_code].text, record->item[i].text);
                        break;
                case GEO_REAL:
                        real_write(writer, ITEMS[i], record->item[i].real, DIGITS);
                        break;
                case GEO_LATITUDE:
                case GEO_LONGITUDE:
                        real_write(writer, ITEMS[i], record->item[i].real, geo->coordinates == COORDINATES_COARSE ? 1 : DIGITS);
                        break;
                case GEO_COUNT:
                        writer_integer(writer, ITEMS[i], (int64_t)record->item[i].count);
                        break;
                case GEO_FLAG:
                        writer_boolean(writer, ITEMS[i], record->item[i].count != 0);
                        break;
                }
        }
}

/* A zone's name is a path to somebody later on: letters, digits and a few signs, no two dots. */
static bool is_zone(struct slice text)
{
        static const char SIGNS[] = "/_+-";
        for (size_t i = 0; i < text.size; i++) {
                unsigned char c = (unsigned char)text.data[i], letter = c | 0x20;
                bool sign = c && strchr(SIGNS, c) && (i > 0 || c != '/');
                if (!(letter >= 'a' && letter <= 'z') && !(c >= '0' && c <= '9') && !sign)
                        return false;
        }
        return text.size > 0 && text.size <= ZONE_MOST;
}

static struct geo_note note_of(const struct geo_record *record)
{
        struct geo_note note = { 0 };
        struct slice zone = record->item[GEO_client_geo_timezone].text;
        struct slice country = record->item[GEO_client_geo_country_iso_code].text;
        if (record->item[GEO_client_as_number].count <= UINT32_MAX)
                note.as_number = (uint32_t)record->item[GEO_client_as_number].count;
        if (country.data && country.size == 2)
                memcpy(note.country, country.data, 2);
        if (zone.data && is_zone(zone)) {
                note.zone_size = (uint8_t)zone.size;
                memcpy(note.zone, zone.data, zone.size);
        }
        return note;
}

/* ---- a worker's ---- */

static void *geo_attach(const void *state, const struct enrich_plan *plan)
{
        struct geo_desk *desk = memory_get(sizeof(*desk));
        desk->geo = state;
        desk->layout = enrich_plan_layout(plan);
        if (desk->geo->count == 0)
                return desk;
        desk->cache = text_cache_new(desk->geo->entries);
        buffer_init(&desk->text, (GEO_TEXT_MOST * 6 + 128) * GEO_ITEMS);
        return desk;
}

static void geo_detach(void *scratch)
{
        struct geo_desk *desk = scratch;
        text_cache_free(desk->cache);
        buffer_done(&desk->text);
        free(desk);
}

static const struct cached *place_learn(struct geo_desk *desk, struct subject *subject, const uint32_t *records, struct slice key)
{
        struct geo_record all, one;
        struct field_writer writer;
        memset(&all, 0, sizeof(all));
        for (size_t i = 0; i < desk->geo->count; i++) {
                if (!records[i])
                        continue;
                if (!geo_record_read(desk->geo->paths, desk->geo->database[i], records[i], &one))
                        subject_count(subject, METRIC_geo_broken, 1);
                geo_record_join(&all, &one);
        }
        buffer_clear(&desk->text);
        writer_init(&writer, desk->layout, &desk->text);
        place_write(desk->geo, &all, &writer);
        if (!writer_end(&writer))
                writer.count = 0;
        struct geo_note note = note_of(&all);
        return text_cache_add(desk->cache, key, &writer, &note, sizeof(note));
}

/* The place of an address; NULL when no database knows it. The key is which records know it. */
static const struct cached *place_find(struct geo_desk *desk, struct subject *subject, const struct address *address)
{
        uint32_t records[DATABASES_MOST], any = 0;
        for (size_t i = 0; i < desk->geo->count; i++)
                any |= records[i] = mmdb_find(desk->geo->database[i], address);
        if (!any)
                return NULL;
        struct slice key = { (const char *)records, desk->geo->count * sizeof(*records) };
        const struct cached *cached = text_cache_find(desk->cache, key);
        subject_count(subject, cached ? METRIC_geo_hits : METRIC_geo_misses, 1);
        return cached ? cached : place_learn(desk, subject, records, key);
}

static void geo_run(void *scratch, struct subject *subject)
{
        struct geo_desk *desk = scratch;
        const struct address *address = subject->findings->address;
        struct findings *findings = subject->findings;
        if (!address || desk->geo->count == 0)
                return;
        if (!desk->address.known || memcmp(desk->address.bytes, address->bytes, sizeof(address->bytes)) != 0) {
                desk->last = place_find(desk, subject, address);
                desk->address = *address;
        }
        if (!desk->last)
                return;
        const struct geo_note *note = cached_note(desk->last);
        findings->as_number = note->as_number;
        if (note->country[0])
                findings->country = (struct slice){ note->country, sizeof(note->country) };
        if (note->zone_size)
                findings->zone = (struct slice){ note->zone, note->zone_size };
        cached_give(desk->last, findings);
}

extern const struct enrichment ENRICHMENT_geo;
const struct enrichment ENRICHMENT_geo = {
        .name = "geo",
        .stage = STAGE_enrich_geo,
        .doc = "Place and network of the client, from databases in the MaxMind DB format (`enrich.geo.databases`): MaxMind's "
               "own, and\n"
               "the flat ones of DB-IP and IPinfo. The address is used in full, whatever `enrich.client.ip` shows of it. A field "
               "comes\n"
               "from the first database that knows it; fields of the place only from databases that agree on country and city.",
        .needs = (const enum field[]){ FIELD_client_ip_class, FIELD_COUNT },
        .gives = ITEMS,
        .load = geo_load,
        .unload = geo_unload,
        .attach = geo_attach,
        .detach = geo_detach,
        .run = geo_run,
};
