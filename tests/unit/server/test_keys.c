#include "server/keys.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* SHA-256 of "abc", and of nothing. */
#define ABC  "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define NONE "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ROW  "keys:\n- name: web\n  hash: " ABC "\n"

static struct keys *read_good(const char *yaml)
{
        struct errors errors = { 0 };
        struct keys *keys = keys_read("f", slice_of(yaml), &errors);
        if (!keys)
                fail_msg("%s", errors.items[0].text);
        errors_done(&errors);
        return keys;
}

static const struct key *find(const struct keys *keys, const char *text)
{
        uint8_t digest[DIGEST_SIZE];
        digest_sha256(slice_of(text), digest);
        return keys_find(keys, digest);
}

static void mistakes(void **state)
{
        static const struct { const char *name, *yaml, *want; } CASES[] = {
                { "no hash", "keys:\n- name: a\n", "f:2:3: a key needs a hash" },
                { "no name", "keys:\n- hash: " ABC "\n", "f:2:3: a key needs a name" },
                { "nothing at all", "keys: [{}]\n", "f:1:8: a key needs a name\nf:1:8: a key needs a hash" },
                { "the key in place of its hash", "keys:\n- name: a\n  hash: mrk_1234\n",
                  "f:3:9: hash: wanted is sha256: and 64 hexadecimal digits, as `millrace key new` prints them" },
                { "a name with a space", "keys:\n- name: a b\n  hash: " ABC "\n",
                  "f:2:9: name: wanted are up to 64 letters, digits, '.', '_' and '-'" },
                { "two names", "keys:\n- name: [a, b]\n  hash: " ABC "\n", "f:2:13: name: more than one value" },
                { "an unknown field", ROW "  routs: /x\n", "f:4:10: routs: a key has no such field; did you mean routes?" },
                { "a rate in words", ROW "  rate: many\n",
                  "f:4:9: rate: wanted is a number of events a second up to 10000000; 0: no limit" },
                { "a rate too high", ROW "  rate: 10000001\n",
                  "f:4:9: rate: wanted is a number of events a second up to 10000000; 0: no limit" },
                { "a negative rate", ROW "  rate: -1\n",
                  "f:4:9: rate: wanted is a number of events a second up to 10000000; 0: no limit" },
                { "no burst", ROW "  burst: 0\n", "f:4:10: burst: wanted is a number of events from 1 to 1000000000" },
                { "no date", ROW "  expires: soon\n",
                  "f:4:12: expires: wanted is a day such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z (RFC 3339)" },
                { "no day", ROW "  expires: 2027-02-31\n",
                  "f:4:12: expires: wanted is a day such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z (RFC 3339)" },
                { "a time and more", ROW "  expires: 2027-01-31T12:00:00.0000000000000000000Zx\n",
                  "f:4:12: expires: wanted is a day such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z (RFC 3339)" },
                { "neither true nor false", ROW "  enabled: yes\n", "f:4:12: enabled: wanted is true or false" },
                { "no path", ROW "  routes: v1\n",
                  "f:4:11: routes: wanted is a path such as /v1/events, or /v1/events/com.acme/* for all below" },
                { "no schema", ROW "  schemas: [com.acme]\n",
                  "f:4:13: schemas: wanted is vendor/name, such as com.acme/sign_up or com.acme/*, with a version if you like" },
                { "an origin with a path", ROW "  origins: https://a.example/x\n",
                  "f:4:12: origins: wanted is *, https://shop.example or https://*.example.com, without a path" },
                { "a key twice", ROW "- name: other\n  hash: " ABC "\n", "f:4:3: the same key as on line 2" },
                { "all at once", "keys:\n- name: ''\n  hash: x\n- name: b\n",
                  "f:2:9: name: wanted are up to 64 letters, digits, '.', '_' and '-'\n"
                  "f:3:9: hash: wanted is sha256: and 64 hexadecimal digits, as `millrace key new` prints them\n"
                  "f:4:3: a key needs a hash" },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct errors errors = { 0 };
                char said[1024] = "";
                struct keys *keys = keys_read("f", slice_of(CASES[i].yaml), &errors);
                for (size_t k = 0; k < errors.count; k++) {
                        size_t at = strlen(said);
                        (void)snprintf(said + at, sizeof(said) - at, "%s%s", k ? "\n" : "", errors.items[k].text);
                }
                if (keys || strcmp(said, CASES[i].want) != 0)
                        fail_msg("%s: %s", CASES[i].name, said);
                errors_done(&errors);
        }
}

static void keys_are_found_by_their_digest(void **state)
{
        char yaml[1 << 16] = "keys:\n", text[16], hex[DIGEST_HEX];
        uint8_t digest[DIGEST_SIZE];
        size_t at = strlen(yaml);
        (void)state;
        for (int i = 0; i < 500; i++) {
                (void)snprintf(text, sizeof(text), "key-%d", i);
                digest_sha256(slice_of(text), digest);
                digest_format(digest, hex);
                at += (size_t)snprintf(yaml + at, sizeof(yaml) - at, "- {name: n%d, hash: 'sha256:%.64s'}\n", i % 250, hex);
        }
        struct keys *keys = read_good(yaml);
        assert_int_equal(keys_count(keys), 500);
        for (int i = 0; i < 500; i++) {
                (void)snprintf(text, sizeof(text), "key-%d", i);
                assert_ptr_equal(find(keys, text), keys_at(keys, (size_t)i));
        }
        assert_null(find(keys, "key-500"));
        keys_free(keys);
        keys = read_good("keys: []\n");
        assert_null(find(keys, "key-0"));
        keys_free(keys);
}

static void judgements(void **state)
{
        /* 1795262400000: 2026-11-21T12:00:00Z */
        static const struct { const char *name, *fields, *path, *origin; int64_t now; enum http_fault want; } CASES[] = {
                { "everything",            "", "/v1/events", NULL, 0, HTTP_SOUND },
                { "disabled",              "  enabled: false\n", "/v1/events", NULL, 0, HTTP_FAULT_key_disabled },
                { "just before its end",   "  expires: 2026-11-21T12:00:00Z\n", "/v1/events", NULL, 1795262399999, HTTP_SOUND },
                { "at its end",            "  expires: 2026-11-21T12:00:00Z\n", "/v1/events", NULL, 1795262400000,
                  HTTP_FAULT_key_expired },
                { "a day begins in UTC",   "  expires: 2026-11-21\n", "/v1/events", NULL, 1795219200000, HTTP_FAULT_key_expired },
                { "the day before",        "  expires: 2026-11-21\n", "/v1/events", NULL, 1795219199999, HTTP_SOUND },
                { "its path",              "  routes: /v1/events\n", "/v1/events", NULL, 0, HTTP_SOUND },
                { "a path below",          "  routes: /v1/events\n", "/v1/events/a/b/1-0-0", NULL, 0, HTTP_FAULT_key_route },
                { "all paths below",       "  routes: /v1/events/*\n", "/v1/events/a/b/1-0-0", NULL, 0, HTTP_SOUND },
                { "the path above",        "  routes: /v1/events/*\n", "/v1/events", NULL, 0, HTTP_FAULT_key_route },
                { "one of two paths",      "  routes: [/x, /v1/events]\n", "/v1/events", NULL, 0, HTTP_SOUND },
                { "its page",              "  origins: https://a.example\n", "/", "https://a.example", 0, HTTP_SOUND },
                { "another page",          "  origins: https://a.example\n", "/", "https://b.example", 0, HTTP_FAULT_key_origin },
                { "no page",               "  origins: https://a.example\n", "/", NULL, 0, HTTP_SOUND },
                { "an empty Origin",       "  origins: https://a.example\n", "/", "", 0, HTTP_FAULT_key_origin },
                { "a page below",          "  origins: https://*.a.example\n", "/", "https://x.a.example", 0, HTTP_SOUND },
                { "any page",              "  origins: '*'\n", "/", "https://x.a.example", 0, HTTP_SOUND },
                { "another scheme",        "  origins: https://a.example\n", "/", "http://a.example", 0, HTTP_FAULT_key_origin },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                char yaml[512];
                (void)snprintf(yaml, sizeof(yaml), "%s%s", ROW, CASES[i].fields);
                struct keys *keys = read_good(yaml);
                enum http_fault got =
                        keys_judge(find(keys, "abc"), slice_of(CASES[i].path), slice_of(CASES[i].origin), CASES[i].now);
                if (got != CASES[i].want)
                        fail_msg("%s: %s", CASES[i].name, got ? HTTP_FAULTS[got].name : "sound");
                keys_free(keys);
        }
}

static void schemas(void **state)
{
        static const struct { const char *name, *patterns, *schema; bool want; } CASES[] = {
                { "all",                    NULL,                        "com.acme/a/1-0-0", true  },
                { "a vendor's",             "com.acme/*",                "com.acme/a/1-0-0", true  },
                { "another vendor's",       "com.acme/*",                "com.acme2/a/1-0-0", false },
                { "any version of one",     "com.acme/a",                "com.acme/a/7-1-0", true  },
                { "another one",            "com.acme/a",                "com.acme/ab/1-0-0", false },
                { "one version",            "com.acme/a/1-0-0",          "com.acme/a/1-0-0", true  },
                { "another version",        "com.acme/a/1-0-0",          "com.acme/a/1-0-1", false },
                { "a model",                "com.acme/a/2-*",            "com.acme/a/2-3-4", true  },
                { "one of two",             "[com.acme/b, com.acme/a]",  "com.acme/a/1-0-0", true  },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                char yaml[512];
                (void)snprintf(yaml, sizeof(yaml), CASES[i].patterns ? "%s  schemas: %s\n" : "%s", ROW, CASES[i].patterns);
                struct keys *keys = read_good(yaml);
                if (keys_allow_schema(find(keys, "abc"), slice_of(CASES[i].schema)) != CASES[i].want)
                        fail_msg("%s", CASES[i].name);
                keys_free(keys);
        }
}

static void types(void **state)
{
        static const struct { const char *name, *patterns, *type; bool want; } CASES[] = {
                { "all",                       NULL,                        "sale", true },
                { "a vendor's",                "com.acme/*",                "sale", true },
                { "a vendor's, with a dot",    "com.acme/*",                "com.acme.sale", true },
                { "a vendor's, with a slash",  "com.acme/*",                "com.acme/sale", true },
                { "a slash that is escaped",   "com.acme/*",                "com.acme\\/sale", true },
                { "another vendor's",          "com.acme/*",                "org.other.sale", false },
                { "a part of a vendor",        "com.acme/*",                "acme.sale", false },
                { "its name",                  "com.acme/sale",             "sale", true },
                { "another name",              "com.acme/sale",             "visit", false },
                { "its name, some versions",   "com.acme/sale/2-*",         "com.acme.sale", true },
                { "another name, with them",   "com.acme/sale/2-*",         "visit", false },
                { "one of two",                "[com.acme/a, com.acme/b]",  "b", true },
                { "nothing",                   "com.acme/sale",             "", false },
                { "only a slash",              "com.acme/sale",             "/", false },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                char yaml[512], longest[300];
                (void)snprintf(yaml, sizeof(yaml), CASES[i].patterns ? "%s  schemas: %s\n" : "%s", ROW, CASES[i].patterns);
                struct keys *keys = read_good(yaml);
                if (keys_allow_type(find(keys, "abc"), slice_of(CASES[i].type)) != CASES[i].want)
                        fail_msg("%s", CASES[i].name);
                memset(longest, 'a', sizeof(longest));
                for (size_t size = 1; size <= sizeof(longest); size++)
                        (void)keys_allow_type(find(keys, "abc"), (struct slice){ longest, size });
                keys_free(keys);
        }
}

static void every_field(void **state)
{
        (void)state;
        struct keys *keys = read_good(ROW "  rate: 100\n  burst: 500\n  expires: 2027-01-01\n  enabled: true\n"
                                          "- name: web\n  hash: " NONE "\n  rate: 0\n");
        const struct key *key = find(keys, "abc"), *other = find(keys, "");
        assert_true(slice_equal(key->name, SLICE("web")));
        assert_int_equal(key->rate, 100);
        assert_int_equal(key->burst, 500);
        assert_int_equal(key->expires, 1798761600000);
        assert_int_equal(other->rate, 0);
        assert_int_equal(other->burst, -1);
        assert_true(other->expires == INT64_MAX && other->enabled);
        keys_free(keys);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(mistakes),
                cmocka_unit_test(keys_are_found_by_their_digest),
                cmocka_unit_test(judgements),
                cmocka_unit_test(schemas),
                cmocka_unit_test(types),
                cmocka_unit_test(every_field),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
