/* Databases of networks: where an address leads, and what broken files come to. */
#include "unit.h"
#include "mmdb_writer.h"
#include "base/hash.h"
#include "enrich/mmdb.h"
#include <unistd.h>

#define NETWORKS \
        "{\"1.2.3.0/24\": {\"n\": 1}, \"1.2.3.128/25\": {\"n\": 2}, \"9.9.9.9/32\": {\"n\": 3}, \"128.0.0.0/1\": {\"n\": 4}}"
#define NETWORKS6 \
        "{\"1.2.3.0/24\": {\"n\": 1}, \"2001:db8::/32\": {\"n\": 5}, \"2001:db8:0:1::/64\": {\"n\": 6}, " \
        "\"3fff:ffff::/32\": {\"n\": 7}, \"fe80::/10\": {\"n\": 8}, \"2a00:1450:4001:80f::200e/128\": {\"n\": 9}}"

static const struct { const char *name; unsigned version; const char *networks, *address; uint64_t want; } FINDS[] = {
        { "in a network", 4, NETWORKS, "1.2.3.4", 1 },
        { "its first address", 4, NETWORKS, "1.2.3.0", 1 },
        { "in the network inside", 4, NETWORKS, "1.2.3.200", 2 },
        { "one before", 4, NETWORKS, "1.2.2.255", 0 },
        { "one behind", 4, NETWORKS, "1.2.4.0", 0 },
        { "a single address", 4, NETWORKS, "9.9.9.9", 3 },
        { "its neighbour", 4, NETWORKS, "9.9.9.8", 0 },
        { "half of all", 4, NETWORKS, "255.255.255.255", 4 },
        { "mapped into IPv6", 4, NETWORKS, "::ffff:1.2.3.4", 1 },
        { "IPv6 in a tree of IPv4", 4, NETWORKS, "2001:db8::1", 0 },
        { "IPv4 in a tree of IPv6", 6, NETWORKS6, "1.2.3.4", 1 },
        { "IPv4, unknown there", 6, NETWORKS6, "1.2.4.4", 0 },
        { "global", 6, NETWORKS6, "2001:db8:1::1", 5 },
        { "global, the network inside", 6, NETWORKS6, "2001:db8:0:1:2::", 6 },
        { "the end of the global ones", 6, NETWORKS6, "3fff:ffff::1", 7 },
        { "not global", 6, NETWORKS6, "febf::1", 8 },
        { "a single address of IPv6", 6, NETWORKS6, "2a00:1450:4001:80f::200e", 9 },
        { "its neighbour of IPv6", 6, NETWORKS6, "2a00:1450:4001:80f::200f", 0 },
        { "everything is one", 6, "{\"::/1\": {\"n\": 1}}", "200.1.2.3", 1 },
};

static struct mmdb *made(unsigned bits, unsigned version, const char *networks)
{
        struct mmdb_writer writer;
        struct error err;
        struct mmdb *mmdb = mmdb_read(mmdb_write(&writer, bits, version, networks), &err);
        mmdb_writer_done(&writer);
        if (!mmdb)
                print_message("%s\n", err.text);
        assert_non_null(mmdb);
        return mmdb;
}

/* The n of {"n": ...}; 0: no record. */
static uint64_t number_of(const struct mmdb *mmdb, const char *text)
{
        struct address address;
        struct mmdb_reader reader;
        struct mmdb_value map, name, value;
        assert_true(address_parse(slice_of(text), &address));
        uint32_t record = mmdb_find(mmdb, &address);
        if (!record)
                return 0;
        (void)mmdb_value(&reader, mmdb_begin(mmdb, record, &reader), &map);
        (void)mmdb_value(&reader, mmdb_value(&reader, map.inside, &name), &value);
        assert_true(!reader.broken && map.kind == MMDB_MAP && map.count == 1 && value.kind == MMDB_INTEGER);
        return value.integer;
}

static void every_address_is_found_where_it_is(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(FINDS); i++)
                for (unsigned bits = 24; bits <= 32; bits += 4) {
                        UNIT_ROW(FINDS[i].name);
                        struct mmdb *mmdb = made(bits, FINDS[i].version, FINDS[i].networks);
                        assert_int_equal(number_of(mmdb, FINDS[i].address), FINDS[i].want);
                        mmdb_free(mmdb);
                }
        struct mmdb *mmdb = made(24, 6, NETWORKS6);
        struct mmdb_facts facts;
        assert_int_equal(mmdb_find(mmdb, &(struct address){ .known = false }), 0);
        mmdb_describe(mmdb, &facts);
        assert_true(slice_equal(facts.type, SLICE("Test")) && facts.built == 1700000000 && facts.record_bits == 24);
        mmdb_free(mmdb);
}

/* Every kind of value, and the place behind each. */
static void every_value_is_read(void **state)
{
        (void)state;
        char text[2000], networks[4096];
        memset(text, 'x', sizeof(text));
        text[sizeof(text) - 1] = '\0';
        (void)snprintf(networks, sizeof(networks),
                       "{\"0.0.0.0/1\": {\"text\": \"a\", \"long\": \"%.40s\", \"longer\": \"%s\", \"real\": -1.5, \"small\": 7, "
                       "\"large\": 5000000000, \"yes\": true, \"no\": false, \"other\": null, "
                       "\"array\": [\"longer\", 1], \"map\": {}}}",
                       text, text);
        struct mmdb *mmdb = made(24, 4, networks);
        struct mmdb_reader reader;
        struct mmdb_value map, name, value;
        struct address address = { .known = true };
        assert_true(address_parse(SLICE("1.1.1.1"), &address));
        (void)mmdb_value(&reader, mmdb_begin(mmdb, mmdb_find(mmdb, &address), &reader), &map);
        assert_int_equal(map.count, 11);
        static const struct { const char *name; enum mmdb_kind kind; size_t text; double real; uint64_t number; } WANT[] = {
                { "text", MMDB_TEXT, 1, 0, 0 },     { "long", MMDB_TEXT, 40, 0, 0 },      { "longer", MMDB_TEXT, 1999, 0, 0 },
                { "real", MMDB_FLOAT, 0, -1.5, 0 }, { "small", MMDB_INTEGER, 0, 0, 7 },
                { "large", MMDB_INTEGER, 0, 0, 5000000000 },
                { "yes", MMDB_BOOLEAN, 0, 0, 1 },   { "no", MMDB_BOOLEAN, 0, 0, 0 },      { "other", MMDB_OTHER, 0, 0, 0 },
                { "array", MMDB_ARRAY, 0, 0, 0 },   { "map", MMDB_MAP, 0, 0, 0 },
        };
        uint32_t at = map.inside;
        for (size_t i = 0; i < COUNT_OF(WANT); i++) {
                UNIT_ROW(WANT[i].name);
                at = mmdb_value(&reader, at, &name);
                assert_true(slice_equal(name.text, slice_of(WANT[i].name)));
                uint32_t behind = mmdb_value(&reader, at, &value);
                assert_true(!reader.broken && value.kind == WANT[i].kind && value.text.size == WANT[i].text &&
                            value.number == WANT[i].real && value.integer == WANT[i].number);
                at = mmdb_skip(&reader, at);
                assert_true(behind == 0 || behind == at);
        }
        assert_false(reader.broken);
        (void)mmdb_value(&reader, UINT32_MAX, &value);
        assert_true(reader.broken);
        assert_int_equal(mmdb_skip(&reader, 0), 0);
        mmdb_free(mmdb);
}

/* ---- broken files ---- */

/* Puts the bytes in the place of the first `find` in the file, or behind `size` bytes cuts it. */
static const struct { const char *name; struct slice find, put; size_t cut; const char *want; } BROKEN[] = {
        { "empty", { 0 }, { 0 }, 1, "it is no MaxMind DB file, or it is cut off: its last part is missing" },
        { "cut off", { 0 }, { 0 }, 40, "it is no MaxMind DB file, or it is cut off: its last part is missing" },
        { "description cut", SLICE_INIT("binary_format_major_version"), SLICE_INIT("binary_format_major_versioN"), 0,
          "it has version 0 of the format; 2 is known" },
        { "no number of nodes", SLICE_INIT("node_count"), SLICE_INIT("node_cOunt"), 0,
          "a search tree of 0 nodes does not fit into it" },
        { "too many nodes", SLICE_INIT("node_count\xc4"), SLICE_INIT("node_count\xc4\x01"), 0,
          "does not fit into it" },
        { "bits", SLICE_INIT("record_size"), SLICE_INIT("record_siZe"), 0, "it has records of 0 bits for IP version 4" },
        { "version of IP", SLICE_INIT("ip_version"), SLICE_INIT("ip_versiOn"), 0, "it has records of 24 bits for IP version 0" },
        { "the gap is not empty", SLICE_INIT("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xe1"),
          SLICE_INIT("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\xe1"), 0, "its search tree does not end where it should" },
        { "a record of an unknown type", SLICE_INIT("\xe1" "An"), SLICE_INIT("\xe1" "A\x00\xff"), 0,
          "its record at byte 0 of the data is broken" },
        { "a pointer to itself", SLICE_INIT("\xe1" "An"), SLICE_INIT("\xe1" "An\x20"), 0,
          "its record at byte 0 of the data is broken" },
        { "a map larger than the file", SLICE_INIT("\xe1" "An"),
          SLICE_INIT("\xff" "\xff\xff\xff"), 0,
          "its record at byte 0 of the data is broken" },
        { "a name that is none", SLICE_INIT("\xe1" "An"), SLICE_INIT("\xe1\xa1\x01"), 0,
          "its record at byte 0 of the data is broken" },
        { "metadata of another kind", SLICE_INIT("MaxMind.com"), SLICE_INIT("MaxMind.com\x40"), 0,
          "its description of itself is broken" },
};

static void every_broken_file_is_refused(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(BROKEN); i++) {
                struct mmdb_writer writer;
                struct error err;
                UNIT_ROW(BROKEN[i].name);
                struct slice bytes = mmdb_write(&writer, 24, 4, "{\"0.0.0.0/1\": {\"n\": \"xyz\"}}");
                char *copy = malloc(bytes.size), *at;
                memcpy(copy, bytes.data, bytes.size);
                at = BROKEN[i].find.data ? memmem(copy, bytes.size, BROKEN[i].find.data, BROKEN[i].find.size) : copy;
                assert_non_null(at);
                if (BROKEN[i].put.data)
                        memcpy(at, BROKEN[i].put.data, BROKEN[i].put.size);
                else
                        bytes.size = BROKEN[i].cut;
                assert_null(mmdb_read((struct slice){ copy, bytes.size }, &err));
                if (!strstr(err.text, BROKEN[i].want))
                        print_message("got: %s\n", err.text);
                assert_non_null(strstr(err.text, BROKEN[i].want));
                free(copy);
                mmdb_writer_done(&writer);
        }
}

/* Any single byte changed, any length: refused or harmless. */
static void no_byte_is_trusted(void **state)
{
        (void)state;
        struct mmdb_writer writer;
        struct error err;
        struct random random;
        struct slice bytes = mmdb_write(&writer, 28, 6,
                                        "{\"1.0.0.0/8\": {\"a\": {\"names\": {\"en\": \"xyz\"}}, \"b\": [1.5, \"xyz\"]}}");
        char *copy = malloc(bytes.size);
        random_init_fixed(&random, 1);
        for (size_t i = 0; i < bytes.size * 8; i++) {
                memcpy(copy, bytes.data, bytes.size);
                copy[i / 8] ^= (char)(1 << i % 8);
                copy[random_next(&random) % bytes.size] ^= (char)(i & 1 ? 0 : random_next(&random));
                size_t size = i % 3 ? bytes.size : i / 8;
                char  *exact = malloc(size ? size : 1);
                memcpy(exact, copy, size);
                struct mmdb *mmdb = mmdb_read((struct slice){ exact, size }, &err);
                free(exact);
                for (size_t k = 0; mmdb && k < 20; k++) {
                        struct address address = { .known = true };
                        struct mmdb_reader reader;
                        uint64_t bits[2] = { random_next(&random), random_next(&random) };
                        memcpy(address.bytes, bits, 16);
                        if (k % 2)
                                assert_true(address_parse(SLICE("1.2.3.4"), &address));
                        uint32_t record = mmdb_find(mmdb, &address);
                        if (record)
                                (void)mmdb_skip(&reader, mmdb_begin(mmdb, record, &reader));
                }
                mmdb_free(mmdb);
        }
        free(copy);
        mmdb_writer_done(&writer);
}

static void a_file_is_read_whole(void **state)
{
        (void)state;
        char path[] = "/tmp/test_mmdb_XXXXXX";
        struct mmdb_writer writer;
        struct error err;
        struct slice bytes = mmdb_write(&writer, 24, 4, NETWORKS);
        int file = mkstemp(path);
        assert_int_equal(write(file, bytes.data, bytes.size), (ssize_t)bytes.size);
        struct mmdb *mmdb = mmdb_load(path, &err);
        assert_non_null(mmdb);
        assert_int_equal(ftruncate(file, 10), 0);          /* under our feet */
        assert_int_equal(number_of(mmdb, "1.2.3.4"), 1);
        mmdb_free(mmdb);
        assert_null(mmdb_load(path, &err));
        assert_non_null(strstr(err.text, "it is no MaxMind DB file"));
        assert_non_null(strstr(err.text, path));
        assert_null(mmdb_load("/nowhere.mmdb", &err));
        assert_non_null(strstr(err.text, "cannot open '/nowhere.mmdb'"));
        assert_null(mmdb_load("/dev/null", &err));
        assert_non_null(strstr(err.text, "it is not a file"));
        assert_int_equal(close(file), 0);
        assert_int_equal(unlink(path), 0);
        mmdb_writer_done(&writer);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_address_is_found_where_it_is), cmocka_unit_test(every_value_is_read),
                cmocka_unit_test(every_broken_file_is_refused),       cmocka_unit_test(no_byte_is_trusted),
                cmocka_unit_test(a_file_is_read_whole),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
