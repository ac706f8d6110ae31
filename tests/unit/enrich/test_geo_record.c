/* What is picked out of records, in the layouts that there are. */
#include "unit.h"
#include "mmdb_writer.h"
#include "enrich/geo_record.h"

/* Nested, as MaxMind has them. */
#define LONDON \
        "{\"city\": {\"geoname_id\": 2643743, \"names\": {\"de\": \"London\", \"en\": \"London\", \"fr\": \"Londres\"}}, " \
        "\"continent\": {\"code\": \"EU\", \"names\": {\"en\": \"Europe\", \"fr\": \"Europe\"}}, " \
        "\"country\": {\"iso_code\": \"GB\", \"is_in_european_union\": false, " \
        "\"names\": {\"en\": \"United Kingdom\", \"fr\": \"Royaume-Uni\"}}, \"location\": {\"accuracy_radius\": 10, " \
        "\"latitude\": 51.5142, \"longitude\": -0.0931, \"time_zone\": \"Europe/London\"}, " \
        "\"postal\": {\"code\": \"EC2\"}, \"subdivisions\": [{\"iso_code\": \"ENG\", \"names\": {\"en\": \"England\"}}, " \
        "{\"iso_code\": \"LND\", \"names\": {\"en\": \"City of London\"}}, {\"iso_code\": \"X\"}], " \
        "\"traits\": {\"isp\": \"An ISP\", \"autonomous_system_number\": 20712, \"is_anonymous_vpn\": true}}"
/* Flat, as the packages made of DB-IP's data have them, and IPinfo's. */
#define FLAT \
        "{\"country_code\": \"DE\", \"state1\": \"Bavaria\", \"state2\": \"Upper Bavaria\", \"city\": \"Munich\", " \
        "\"postcode\": \"80331\", \"latitude\": \"48.137\", \"longitude\": 11.5755, \"timezone\": \"Europe/Berlin\"}"
#define IPINFO \
        "{\"asn\": \"AS15169\", \"as_name\": \"Google LLC\", \"as_domain\": \"google.com\", " \
        "\"country\": \"United States\", \"country_code\": \"US\", \"continent\": \"North America\", \"continent_code\": \"NA\"}"

static const struct { const char *name, *record, *language; enum geo_item item; const char *want; } CASES[] = {
        { "nested: city", LONDON, "en", GEO_client_geo_city_name, "London" },
        { "nested: another language", LONDON, "fr", GEO_client_geo_city_name, "Londres" },
        { "nested: a language that only some have", LONDON, "fr", GEO_client_geo_region_name, "England" },
        { "nested: a language that none has", LONDON, "eo", GEO_client_geo_country_name, "United Kingdom" },
        { "nested: country", LONDON, "en", GEO_client_geo_country_iso_code, "GB" },
        { "nested: continent", LONDON, "en", GEO_client_geo_continent_code, "EU" },
        { "nested: first level", LONDON, "en", GEO_client_geo_region_iso_code, "ENG" },
        { "nested: second level", LONDON, "en", GEO_client_geo_district_iso_code, "LND" },
        { "nested: second level's name", LONDON, "en", GEO_client_geo_district_name, "City of London" },
        { "nested: postal code", LONDON, "en", GEO_client_geo_postal_code, "EC2" },
        { "nested: zone", LONDON, "en", GEO_client_geo_timezone, "Europe/London" },
        { "nested: radius", LONDON, "en", GEO_client_geo_accuracy_radius, "10" },
        { "nested: latitude", LONDON, "en", GEO_client_geo_location_lat, "51.5142" },
        { "nested: longitude", LONDON, "en", GEO_client_geo_location_lon, "-0.0931" },
        { "nested: no is told from unknown", LONDON, "en", GEO_client_geo_is_in_european_union, "0" },
        { "nested: below traits", LONDON, "en", GEO_client_isp, "An ISP" },
        { "nested: a number below traits", LONDON, "en", GEO_client_as_number, "20712" },
        { "nested: a flag below traits", LONDON, "en", GEO_client_anonymizer_vpn, "1" },
        { "nested: not known", LONDON, "en", GEO_client_anonymizer_tor, "" },
        { "flat: country", FLAT, "en", GEO_client_geo_country_iso_code, "DE" },
        { "flat: no name of it", FLAT, "en", GEO_client_geo_country_name, "" },
        { "flat: state", FLAT, "en", GEO_client_geo_region_name, "Bavaria" },
        { "flat: district", FLAT, "en", GEO_client_geo_district_name, "Upper Bavaria" },
        { "flat: city", FLAT, "en", GEO_client_geo_city_name, "Munich" },
        { "flat: postal code", FLAT, "en", GEO_client_geo_postal_code, "80331" },
        { "flat: latitude as a text", FLAT, "en", GEO_client_geo_location_lat, "48.137" },
        { "flat: longitude", FLAT, "en", GEO_client_geo_location_lon, "11.5755" },
        { "flat: zone", FLAT, "en", GEO_client_geo_timezone, "Europe/Berlin" },
        { "IPinfo: number as a text", IPINFO, "en", GEO_client_as_number, "15169" },
        { "IPinfo: organization", IPINFO, "en", GEO_client_as_organization_name, "Google LLC" },
        { "IPinfo: country", IPINFO, "en", GEO_client_geo_country_iso_code, "US" },
        { "IPinfo: country's name", IPINFO, "en", GEO_client_geo_country_name, "United States" },
        { "IPinfo: continent's name", IPINFO, "en", GEO_client_geo_continent_name, "North America" },
        { "a code where others have a map", "{\"country\": \"FR\"}", "en", GEO_client_geo_country_iso_code, "FR" },
        { "a code is no name", "{\"country\": \"FR\"}", "en", GEO_client_geo_country_name, "" },
        { "the better of two paths, last",
          "{\"country\": \"FR\", \"country_code\": \"DE\"}", "en", GEO_client_geo_country_iso_code, "DE" },
        { "the better of two paths, first",
          "{\"country_code\": \"DE\", \"country\": \"FR\"}", "en", GEO_client_geo_country_iso_code, "DE" },
        { "no code of a country", "{\"country_code\": \"ZZZ\"}", "en", GEO_client_geo_country_iso_code, "" },
        { "no code of a region", "{\"subdivisions\": [{\"iso_code\": \"a/b\"}]}", "en", GEO_client_geo_region_iso_code, "" },
        { "a map where a text should be", "{\"city\": {\"names\": {\"en\": {\"x\": 1}}}}", "en", GEO_client_geo_city_name, "" },
        { "a text where a number should be", "{\"autonomous_system_number\": \"12a\"}", "en", GEO_client_as_number, "" },
        { "a number where a flag should be", "{\"is_anonymous\": 1}", "en", GEO_client_anonymizer_any, "" },
        { "an empty text", "{\"isp\": \"\"}", "en", GEO_client_isp, "" },
        { "too far north", "{\"latitude\": 90.01}", "en", GEO_client_geo_location_lat, "" },
        { "at the pole", "{\"latitude\": -90}", "en", GEO_client_geo_location_lat, "" },
        { "at the pole, with a point", "{\"latitude\": -90.0}", "en", GEO_client_geo_location_lat, "-90" },
        { "a whole number", "{\"longitude\": 180}", "en", GEO_client_geo_location_lon, "180" },
        { "no number", "{\"longitude\": \"1e2\"}", "en", GEO_client_geo_location_lon, "" },
        { "digits without end", "{\"longitude\": \"0.123456789012345678\"}", "en", GEO_client_geo_location_lon, "" },
        { "a sign alone", "{\"longitude\": \"-\"}", "en", GEO_client_geo_location_lon, "" },
        { "not a map", "[1, 2]", "en", GEO_client_isp, "" },
        { "a text", "\"x\"", "en", GEO_client_isp, "" },
};

static struct mmdb *made(const char *record)
{
        char networks[4096];
        struct mmdb_writer writer;
        struct error err;
        (void)snprintf(networks, sizeof(networks), "{\"0.0.0.0/1\": %s}", record);
        struct mmdb *mmdb = mmdb_read(mmdb_write(&writer, 24, 4, networks), &err);
        mmdb_writer_done(&writer);
        assert_non_null(mmdb);
        return mmdb;
}

static bool read_record(const char *text, const char *language, struct mmdb **ret_mmdb, struct geo_record *ret_record)
{
        struct geo_paths *paths = geo_paths_new(language);
        struct address address;
        assert_true(address_parse(SLICE("1.2.3.4"), &address));
        *ret_mmdb = made(text);
        bool good = geo_record_read(paths, *ret_mmdb, mmdb_find(*ret_mmdb, &address), ret_record);
        geo_paths_free(paths);
        return good;
}

static void item_text(const struct geo_record *record, enum geo_item item, char text[300])
{
        text[0] = '\0';
        if (!record->item[item].rank)
                return;
        switch (GEO_ROWS[item].kind) {
        case GEO_REAL:
        case GEO_LATITUDE:
        case GEO_LONGITUDE: (void)snprintf(text, 300, "%.10g", record->item[item].real); break;
        case GEO_COUNT:
        case GEO_FLAG:      (void)snprintf(text, 300, "%llu", (unsigned long long)record->item[item].count); break;
        default:            (void)snprintf(text, 300, "%.*s", SLICE_ARGS(record->item[item].text)); break;
        }
}

static void every_layout_is_read(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct mmdb *mmdb;
                struct geo_record record;
                char got[300];
                UNIT_ROW(CASES[i].name);
                assert_true(read_record(CASES[i].record, CASES[i].language, &mmdb, &record));
                item_text(&record, CASES[i].item, got);
                assert_string_equal(got, CASES[i].want);
                mmdb_free(mmdb);
        }
}

static const struct { const char *name, *one, *more; enum geo_item item; const char *want; } JOINS[] = {
        { "the first one's word counts", "{\"isp\": \"a\"}", "{\"isp\": \"b\"}", GEO_client_isp, "a" },
        { "what it does not know comes from the next", "{\"isp\": \"a\"}", "{\"domain\": \"b\"}", GEO_client_domain, "b" },
        { "a city for a country", "{\"country_code\": \"GB\"}", LONDON, GEO_client_geo_city_name, "London" },
        { "not in another country", "{\"country_code\": \"FR\"}", LONDON, GEO_client_geo_city_name, "" },
        { "what is no place, though", "{\"country_code\": \"FR\"}", LONDON, GEO_client_isp, "An ISP" },
        { "nor of another city", "{\"country_code\": \"GB\", \"city\": \"Leeds\"}", LONDON, GEO_client_geo_postal_code, "" },
        { "the same city", "{\"country_code\": \"GB\", \"city\": \"London\"}", LONDON, GEO_client_geo_postal_code, "EC2" },
};

static void records_are_joined(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(JOINS); i++) {
                struct mmdb *one, *more;
                struct geo_record record, other;
                char got[300];
                UNIT_ROW(JOINS[i].name);
                assert_true(read_record(JOINS[i].one, "en", &one, &record));
                assert_true(read_record(JOINS[i].more, "en", &more, &other));
                geo_record_join(&record, &other);
                item_text(&record, JOINS[i].item, got);
                assert_string_equal(got, JOINS[i].want);
                mmdb_free(one);
                mmdb_free(more);
        }
}

static void long_texts_are_cut(void **state)
{
        (void)state;
        char text[1200], record[1300];
        struct mmdb *mmdb;
        struct geo_record got;
        for (size_t i = 0; i + 2 < sizeof(text); i += 2)
                memcpy(text + i, "\xc3\xa9", 2);
        memcpy(text, "x", 1);
        memcpy(text + 1, "y", 1);
        text[601] = '\0';
        text[600] = 'z';
        (void)snprintf(record, sizeof(record), "{\"isp\": \"%s\"}", text);
        assert_true(read_record(record, "en", &mmdb, &got));
        assert_int_equal(got.item[GEO_client_isp].text.size, GEO_TEXT_MOST);
        mmdb_free(mmdb);
}

/* A hundred thousand values: more than a record may have. */
static void endless_records_are_broken(void **state)
{
        (void)state;
        struct buffer text;
        struct mmdb_writer writer;
        struct error err;
        buffer_init(&text, 1 << 20);
        buffer_add(&text, SLICE("{\"0.0.0.0/1\": {\"isp\": \"a\", \"x\": [["));
        for (size_t i = 0; i < 65000; i++)
                buffer_add(&text, i % 500 == 499 ? SLICE("1], [") : SLICE("1, "));
        buffer_add(&text, SLICE("1]], \"y\": ["));
        for (size_t i = 0; i < 600; i++)
                buffer_add(&text, SLICE("1, "));
        buffer_add(&text, SLICE("1]}}"));
        buffer_add_char(&text, '\0');
        struct mmdb *mmdb = mmdb_read(mmdb_write(&writer, 24, 4, text.data), &err);
        assert_null(mmdb);
        assert_non_null(strstr(err.text, "is broken"));
        mmdb_writer_done(&writer);
        buffer_done(&text);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_layout_is_read), cmocka_unit_test(records_are_joined),
                cmocka_unit_test(long_texts_are_cut),   cmocka_unit_test(endless_records_are_broken),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
