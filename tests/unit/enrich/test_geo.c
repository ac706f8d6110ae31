/* Places of addresses, from databases in files. */
#include "unit.h"
#include "bench.h"
#include "mmdb_writer.h"
#include <unistd.h>

#define CITY \
        "{\"81.2.69.0/24\": {\"continent\": {\"code\": \"EU\"}, \"country\": {\"iso_code\": \"GB\"," \
        " \"names\": {\"en\": \"United Kingdom\", " \
        "\"fr\": \"Royaume-Uni\"}}, \"subdivisions\": [{\"iso_code\": \"ENG\"}], \"city\": {\"names\": {\"en\": \"London\"}}, " \
        "\"location\": {\"latitude\": 51.5142, \"longitude\": -0.0931, \"accuracy_radius\": 10," \
        " \"time_zone\": \"Europe/London\"}}, " \
        "\"1.0.0.0/24\": {\"country\": {\"iso_code\": \"AU\"}, \"location\": {\"latitude\": -27.4766999," \
        " \"longitude\": 153.0}}, " \
        "\"2.0.0.0/24\": {\"location\": {\"latitude\": 1.5, \"time_zone\": \"../../etc/passwd\"}," \
        " \"subdivisions\": [{\"iso_code\": \"X\"}]}, " \
        "\"3.0.0.0/24\": {\"location\": {\"latitude\": -0.0000001, \"longitude\": 0.000001}}, " \
        "\"4.0.0.0/24\": {\"city\": {\"names\": {\"en\": \"A \\\"B\\\" \\u00e9\"}}}}"
#define NETWORK \
        "{\"81.0.0.0/8\": {\"autonomous_system_number\": 20712, \"autonomous_system_organization\": \"Andrews & Arnold\"}, " \
        "\"1.0.0.0/24\": {\"autonomous_system_number\": 13335}, \"5.0.0.0/24\": {\"isp\": \"An ISP\"," \
        " \"domain\": \"example.com\", " \
        "\"connection_type\": \"Cellular\", \"is_anonymous\": true, \"is_tor_exit_node\": true," \
        " \"mobile_network_code\": \"004\", " \
        "\"ip_risk\": 45.5}}"
#define LONDON \
        ",\"client\":{\"ip_class\":\"public\",\"geo\":{\"continent_code\":\"EU\",\"country_iso_code\":\"GB\"," \
        "\"country_name\":\"United Kingdom\",\"region_iso_code\":\"GB-ENG\",\"city_name\":\"London\"," \
        "\"timezone\":\"Europe/London\","
#define LONDON_AS "\"as\":{\"number\":20712,\"organization\":{\"name\":\"Andrews & Arnold\"}}}"
#define OTHER(text) ",\"client\":{\"ip_class\":\"public\"" text "}"
#define V4 ",\"network\":{\"type\":\"ipv4\"}"

static const struct { const char *name; const char *option[2], *address, *want; } CASES[] = {
        { "city and network", { NULL }, "81.2.69.160",
          LONDON "\"accuracy_radius\":10,\"location\":{\"lat\":51.5142,\"lon\":-0.0931}}," LONDON_AS V4 },
        { "coarse", { "enrich.geo.coordinates", "coarse" }, "81.2.69.160",
          LONDON "\"accuracy_radius\":10,\"location\":{\"lat\":51.5,\"lon\":-0.1}}," LONDON_AS V4 },
        { "dropped", { "enrich.geo.coordinates", "drop" }, "81.2.69.160",
          ",\"client\":{\"ip_class\":\"public\",\"geo\":{\"continent_code\":\"EU\",\"country_iso_code\":\"GB\","
          "\"country_name\":\"United "
          "Kingdom\",\"region_iso_code\":\"GB-ENG\",\"city_name\":\"London\",\"timezone\":\"Europe/London\"}," LONDON_AS V4 },
        { "another language", { "enrich.geo.language", "fr" }, "81.2.69.160",
          ",\"client\":{\"ip_class\":\"public\",\"geo\":{\"continent_code\":\"EU\",\"country_iso_code\":\"GB\",\"country_name\":"
          "\"Royaume-Uni\",\"region_iso_code\":\"GB-ENG\",\"city_name\":\"London\",\"timezone\":\"Europe/London\","
          "\"accuracy_radius\":10,"
          "\"location\":{\"lat\":51.5142,\"lon\":-0.0931}}," LONDON_AS V4 },
        { "south, rounded to six digits", { NULL }, "1.0.0.1",
          OTHER(",\"geo\":{\"country_iso_code\":\"AU\",\"location\":{\"lat\":-27.4767,\"lon\":153}},"
          "\"as\":{\"number\":13335}") V4 },
        { "half a location, a zone that is none, a region of nowhere", { NULL }, "2.0.0.1",
          OTHER(",\"geo\":{\"timezone\":\"../../etc/passwd\"}") V4 },
        { "next to nothing", { NULL }, "3.0.0.1", OTHER(",\"geo\":{\"location\":{\"lat\":0,\"lon\":0.000001}}") V4 },
        { "escaped once", { NULL }, "4.0.0.1", OTHER(",\"geo\":{\"city_name\":\"A \\\"B\\\" \303\251\"}") V4 },
        { "what else databases tell", { NULL }, "5.0.0.1",
          OTHER(",\"domain\":\"example.com\",\"isp\":\"An ISP\",\"connection_type\":\"Cellular\",\"risk_score\":45.5,"
                "\"mobile_network_code\":\"004\",\"anonymizer\":{\"any\":true,\"tor\":true}") V4 },
        { "nobody knows it", { NULL }, "6.0.0.1", OTHER("") V4 },
        { "the next event has no address", { NULL }, NULL, "" },
};

static void file_write(char *path, const char *networks)
{
        struct mmdb_writer writer;
        struct slice bytes = mmdb_write(&writer, 24, 6, networks);
        int file = mkstemp(path);
        assert_true(file >= 0 && write(file, bytes.data, bytes.size) == (ssize_t)bytes.size && close(file) == 0);
        mmdb_writer_done(&writer);
}

static void address_put(struct bench *bench, const char *text)
{
        bench->client.address.known = false;
        if (text)
                assert_true(address_parse(slice_of(text), &bench->client.address));
}

static void every_place_is_told(void **state)
{
        (void)state;
        char city[] = "/tmp/test_geo_XXXXXX", network[] = "/tmp/test_geo_XXXXXX", both[80];
        file_write(city, CITY);
        file_write(network, NETWORK);
        (void)snprintf(both, sizeof(both), "%s, %s", city, network);
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                const char *options[] = { "enrich.geo.databases", both, CASES[i].option[0], CASES[i].option[1], NULL };
                struct bench bench;
                UNIT_ROW(CASES[i].name);
                bench_open_with(&bench, "client, geo", "64", options);
                assert_string_equal(enrich_plan_watched(bench.plan, 0), city);
                assert_string_equal(enrich_plan_watched(bench.plan, 1), network);
                for (size_t again = 0; again < 2; again++) {
                        address_put(&bench, "81.2.69.161");
                        (void)bench_run(&bench);
                        address_put(&bench, CASES[i].address);
                        assert_string_equal(bench_run(&bench), CASES[i].want);
                }
                bench_close(&bench);
        }
        assert_true(unlink(city) == 0 && unlink(network) == 0);
}

/* What later enrichments are told. */
static void findings_are_set(void **state)
{
        (void)state;
        static const struct { const char *address, *zone, *country; uint32_t as_number; } ROWS[] = {
                { "81.2.69.160", "Europe/London", "GB", 20712 }, { "1.0.0.1", NULL, "AU", 13335 }, { "2.0.0.1", NULL, NULL, 0 },
                { "6.0.0.1", NULL, NULL, 0 }, { NULL, NULL, NULL, 0 },
        };
        char city[] = "/tmp/test_geo_XXXXXX", network[] = "/tmp/test_geo_XXXXXX", both[80];
        struct bench bench;
        file_write(city, CITY);
        file_write(network, NETWORK);
        (void)snprintf(both, sizeof(both), "%s, %s", city, network);
        const char *options[] = { "enrich.geo.databases", both, NULL };
        bench_open_with(&bench, "client, geo", "64", options);
        for (size_t i = 0; i < COUNT_OF(ROWS) * 2; i++) {
                size_t k = i % COUNT_OF(ROWS);
                address_put(&bench, ROWS[k].address);
                (void)bench_run(&bench);
                assert_true(slice_equal(bench.findings.zone, slice_of(ROWS[k].zone)));
                assert_true(slice_equal(bench.findings.country, slice_of(ROWS[k].country)));
                assert_int_equal(bench.findings.as_number, ROWS[k].as_number);
        }
        assert_int_equal(metrics_sum(bench.metrics, METRIC_geo_misses), 3);
        assert_int_equal(metrics_sum(bench.metrics, METRIC_geo_hits), 3);
        assert_int_equal(metrics_sum(bench.metrics, METRIC_geo_broken), 0);
        bench_close(&bench);
        assert_true(unlink(city) == 0 && unlink(network) == 0);
}

/* More places than are remembered: each is told all the same. */
static void forgotten_places_are_read_again(void **state)
{
        (void)state;
        char path[] = "/tmp/test_geo_XXXXXX", want[100], text[30];
        struct bench bench;
        struct buffer networks;
        buffer_init(&networks, 1 << 20);
        for (unsigned i = 0; i < 1000; i++)
                buffer_format(&networks, "%c\"9.%u.%u.0/24\": {\"autonomous_system_number\": %u}", i ? ',' : '{', i / 256,
                i % 256, i + 1);
        buffer_add(&networks, SLICE("}\0"));
        file_write(path, networks.data);
        const char *options[] = { "enrich.geo.databases", path, "enrich.geo.cache", "64", NULL };
        bench_open_with(&bench, "client, geo", "64", options);
        for (unsigned i = 0; i < 3000; i++) {
                unsigned k = i * 7 % 1000;
                (void)snprintf(text, sizeof(text), "9.%u.%u.1", k / 256, k % 256);
                (void)snprintf(want, sizeof(want), OTHER(",\"as\":{\"number\":%u}") V4, k + 1);
                address_put(&bench, text);
                assert_string_equal(bench_run(&bench), want);
        }
        bench_close(&bench);
        buffer_done(&networks);
        assert_int_equal(unlink(path), 0);
}

static void mistakes_are_named(void **state)
{
        (void)state;
        static const struct { const char *name, *databases, *want; } ROWS[] = {
                { "not there", "/nowhere.mmdb", "enrich.geo.databases: cannot open '/nowhere.mmdb'" },
                { "not a database", RULES, "it is no MaxMind DB file, or it is cut off" },
                { "too many", "a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a", "these are more than 16" },
        };
        for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
                struct config config;
                struct errors errors = { 0 };
                struct error  err;
                UNIT_ROW(ROWS[i].name);
                config_init(&config);
                assert_true(config_set(&config, "enrich.order", "client, geo", &err));
                assert_true(config_set(&config, "enrich.geo.databases", ROWS[i].databases, &err));
                assert_null(enrich_plan_new(&config, &errors));
                assert_non_null(strstr(errors.items[0].text, ROWS[i].want));
                errors_done(&errors);
                config_done(&config);
        }
}

static void without_databases_nothing_is_told(void **state)
{
        (void)state;
        struct bench bench;
        bench_open(&bench, "client, geo", "64");
        address_put(&bench, "81.2.69.160");
        assert_string_equal(bench_run(&bench), OTHER("") V4);
        bench_close(&bench);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_place_is_told),
                cmocka_unit_test(findings_are_set),
                cmocka_unit_test(forgotten_places_are_read_again),
                cmocka_unit_test(mistakes_are_named),
                cmocka_unit_test(without_databases_nothing_is_told),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
