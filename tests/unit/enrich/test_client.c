/* Whose address it is, and what of it leaves the house. */
#include "unit.h"
#include "bench.h"
#include "enrich/edit.h"
#include <sys/stat.h>
#include <unistd.h>

#define V4 ",\"network\":{\"type\":\"ipv4\"}"
#define V6 ",\"network\":{\"type\":\"ipv6\"}"
#define CLIENT(text) ",\"client\":{" text "}"
#define PUBLIC CLIENT("\"ip_class\":\"public\"") V4
#define DROP     { NULL }
#define TRUNCATE { "enrich.client.ip", "truncate", NULL }
#define LETTERS  { "enrich.client.ip", "truncate", "enrich.client.mask", "x", NULL }
#define KEEP     { "enrich.client.ip", "keep", NULL }
#define OWN      { "enrich.client.ip", "keep", "enrich.client.address", "connection", NULL }

/* `context`: what stands in the event; `left`: what is handed on of it. */
static const struct { const char *name; const char *options[5]; const char *connection, *context, *want, *left; } CASES[] = {
        { "the connection's", DROP, "81.2.69.160", "{}", PUBLIC, "{}" },
        { "nobody's", DROP, NULL, "{}", "", "{}" },
        { "the event's is taken out", DROP, "10.0.0.1", "{\"ip\":\"81.2.69.160\"}", PUBLIC, "{}" },
        { "with its comma", DROP, "10.0.0.1", "{\"a\":1,\"ip\": \"81.2.69.160\" ,\"b\":2}", PUBLIC, "{\"a\":1,\"b\":2}" },
        { "an escaped one", DROP, "10.0.0.1", "{\"ip\":\"81\\u002e2.69.160\"}", PUBLIC, "{}" },
        { "IPv6", DROP, "10.0.0.1", "{\"ip\":\"2a00:1450::1\"}", CLIENT("\"ip_class\":\"public\"") V6, "{}" },
        { "kept", KEEP, "10.0.0.1", "{\"ip\":\"81.2.69.160\"}", CLIENT("\"ip\":\"81.2.69.160\",\"ip_class\":\"public\"") V4,
          "{\"ip\":\"81.2.69.160\"}" },
        { "kept, the connection's", KEEP, "2001:db8:0::1", "{}", CLIENT("\"ip\":\"2001:db8::1\","
        "\"ip_class\":\"documentation\"") V6,
          "{}" },
        { "its network", TRUNCATE, "10.0.0.1", "{\"ip\":\"81.2.69.160\"}",
          CLIENT("\"ip\":\"81.2.69.0\",\"ip_class\":\"public\"") V4, "{\"ip\":\"81.2.69.0\"}" },
        { "its network, IPv6", TRUNCATE, "10.0.0.1", "{\"ip\":\"2a00:1450:4001:80f::200e\"}",
          CLIENT("\"ip\":\"2a00:1450:4001::\",\"ip_class\":\"public\"") V6, "{\"ip\":\"2a00:1450:4001::\"}" },
        { "its network, mapped", TRUNCATE, "10.0.0.1", "{\"ip\":\"::ffff:81.2.69.160\"}",
          CLIENT("\"ip\":\"81.2.69.0\",\"ip_class\":\"public\"") V4, "{\"ip\":\"81.2.69.0\"}" },
        { "letters are no address", LETTERS, "10.0.0.1", "{\"ip\":\"81.2.69.160\"}",
          CLIENT("\"address\":\"81.2.69.x\",\"ip_class\":\"public\"") V4, "{\"ip\":\"81.2.69.x\"}" },
        { "both, when the event's does not count", TRUNCATE, "81.2.69.160", "{\"ip\":\"192.168.178.20\"}",
          CLIENT("\"ip\":\"81.2.69.0\",\"ip_class\":\"public\"") V4, "{\"ip\":\"192.168.178.0\"}" },
        { "a private one gives way to a public one", KEEP, "81.2.69.160", "{\"ip\":\"192.168.178.20\"}",
          CLIENT("\"ip\":\"81.2.69.160\",\"ip_class\":\"public\"") V4, "{\"ip\":\"192.168.178.20\"}" },
        { "but not to another private one", KEEP, "10.0.0.1", "{\"ip\":\"192.168.178.20\"}",
          CLIENT("\"ip\":\"192.168.178.20\",\"ip_class\":\"private\"") V4, "{\"ip\":\"192.168.178.20\"}" },
        { "nor to none", KEEP, NULL, "{\"ip\":\"::1\"}", CLIENT("\"ip\":\"::1\",\"ip_class\":\"loopback\"") V6,
          "{\"ip\":\"::1\"}" },
        { "no address is a wish", KEEP, "81.2.69.160", "{\"ip\":\"0.0.0.0\"}", "", "{\"ip\":\"0.0.0.0\"}" },
        { "in IPv6, too", DROP, "81.2.69.160", "{\"ip\":\"::\"}", "", "{}" },
        { "the event's is not asked", OWN, "81.2.69.160", "{\"ip\":\"1.1.1.1\"}",
          CLIENT("\"ip\":\"81.2.69.160\",\"ip_class\":\"public\"") V4, "{\"ip\":\"1.1.1.1\"}" },
        { "the event's is not asked for its wish", OWN, "81.2.69.160", "{\"ip\":\"0.0.0.0\"}",
          CLIENT("\"ip\":\"81.2.69.160\",\"ip_class\":\"public\"") V4, "{\"ip\":\"0.0.0.0\"}" },
        { "null says nothing", DROP, "81.2.69.160", "{\"ip\":null}", PUBLIC, "{\"ip\":null}" },
        { "an empty text", DROP, "81.2.69.160", "{\"ip\":\"\"}", PUBLIC, "{}" },
        { "no address", DROP, "81.2.69.160", "{\"ip\":\"somebody@example.com\"}", PUBLIC, "{}" },
        { "no address has no network", TRUNCATE, "81.2.69.160", "{\"ip\":\"81.2.69.160:80\"}",
          CLIENT("\"ip\":\"81.2.69.0\",\"ip_class\":\"public\"") V4, "{}" },
        { "a list of them", DROP, "81.2.69.160", "{\"ip\":[\"1.1.1.1\"]}", PUBLIC, "{}" },
        { "a number", DROP, "81.2.69.160", "{\"ip\":1123456}", PUBLIC, "{}" },
        { "a zone", DROP, "81.2.69.160", "{\"ip\":\"fe80::1%eth0\"}", PUBLIC, "{}" },
};

/* Puts the context into the bench as the reader would. */
static struct slice context_put(struct bench *bench, char *body, size_t room, const char *context)
{
        memset(body, 0, room);
        memcpy(body, context, strlen(context));
        char *ip = strstr(body, "\"ip\":");
        bench->event.body = (struct slice){ body, strlen(context) };
        bench->facts.fact[FACT_context] = bench->event.body;
        bench->facts.fact[FACT_ip] = (struct slice){ 0 };
        if (!ip)
                return bench->event.body;
        for (ip += 5; *ip == ' '; ip++)
                ;
        char *end = *ip == '"' ? strchr(ip + 1, '"') + 1 : *ip == '[' ? strchr(ip, ']') + 1 : ip + strcspn(ip, ",}");
        bench->facts.fact[FACT_ip] = slice_between(ip, end);
        return bench->event.body;
}

static void every_case_is_told_and_hidden(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct bench bench;
                struct slice left;
                char body[512];
                UNIT_ROW(CASES[i].name);
                bench_open_with(&bench, "client", "64", CASES[i].options);
                if (CASES[i].connection)
                        assert_true(address_parse(slice_of(CASES[i].connection), &bench.client.address));
                for (size_t again = 0; again < 2; again++) {
                        struct slice context = context_put(&bench, body, sizeof(body), CASES[i].context);
                        assert_string_equal(bench_run(&bench), CASES[i].want);
                        assert_true(edit_apply(&bench.findings, context, &bench.arena, &left));
                        assert_true(slice_equal(left, slice_of(CASES[i].left)));
                }
                bench_close(&bench);
        }
}

static void malformed_addresses_are_counted(void **state)
{
        (void)state;
        static const struct { const char *context; int64_t more; } ROWS[] = {
                { "{}", 0 }, { "{\"ip\":null}", 0 }, { "{\"ip\":\"\"}", 0 }, { "{\"ip\":\"1.2.3.4\"}", 0 },
                  { "{\"ip\":\"1.2.3\"}", 1 },
                { "{\"ip\":[\"1.2.3.4\"]}", 1 },
        };
        struct bench bench;
        char body[512];
        bench_open(&bench, "client", "64");
        for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
                int64_t before = metrics_sum(bench.metrics, METRIC_address_malformed);
                UNIT_ROW(ROWS[i].context);
                (void)context_put(&bench, body, sizeof(body), ROWS[i].context);
                (void)bench_run(&bench);
                assert_int_equal(metrics_sum(bench.metrics, METRIC_address_malformed) - before, ROWS[i].more);
        }
        bench_close(&bench);
}

/* One day's address has one hash, whoever computes it; the next day's another. */
static void hashes_rotate(void **state)
{
        (void)state;
        struct bench bench;
        struct slice left;
        char path[] = "/tmp/test_client_XXXXXX", body[512], first[sizeof(bench.text)];
        int  file = mkstemp(path);
        assert_true(file >= 0 && fchmod(file, 0600) == 0 && write(file, "0123456789abcdef\n", 17) == 17);
        const char *options[] = { "enrich.client.ip", "hash", "enrich.client.key", path, NULL };
        bench_open_with(&bench, "client", "64", options);
        assert_string_equal(enrich_plan_watched(bench.plan, 0), path);
        struct slice context = context_put(&bench, body, sizeof(body), "{\"ip\":\"81.2.69.160\"}");
        bench.facts.received = INT64_C(20412) * 86400000;
        (void)snprintf(first, sizeof(first), "%s", bench_run(&bench));
        assert_string_equal(first, CLIENT("\"ip_hash\":\"5139f8f6b8e778faa8a75cc95640694b\",\"ip_class\":\"public\"") V4);
        assert_true(edit_apply(&bench.findings, context, &bench.arena, &left));
        assert_true(slice_equal(left, SLICE("{}")));
        bench.facts.received += 86399999;
        assert_string_equal(bench_run(&bench), first);
        bench.facts.received += 1;
        assert_string_not_equal(bench_run(&bench), first);
        bench_close(&bench);
        assert_true(close(file) == 0 && unlink(path) == 0);
}

static const struct { const char *name; int hops, claimed; const char *carrier, *wifi, *cellular, *want; } WAYS[] = {
        { "direct", 0, 0, NULL, NULL, NULL, "" },
        { "a proxy of ours", 1, 0, NULL, NULL, NULL, ",\"network\":{\"forwarded\":{\"hops\":1}}" },
        { "proxies on both sides", 2, 64, NULL, NULL, NULL, ",\"network\":{\"forwarded\":{\"hops\":2,\"claimed\":64}}" },
        { "a carrier", 0, 0, "\"Kilt \\\"Tel\\\"\"", NULL, "true",
          ",\"network\":{\"carrier\":{\"name\":\"Kilt \\\"Tel\\\"\"},\"connection\":{\"type\":\"cell\"}}" },
        { "wifi before the mobile network", 1, 0, NULL, "true", "true",
          ",\"network\":{\"forwarded\":{\"hops\":1},\"connection\":{\"type\":\"wifi\"}}" },
        { "neither", 0, 0, "\"\"", "false", "false", "" },
};

static void every_way_is_told(void **state)
{
        (void)state;
        struct bench bench;
        bench_open(&bench, "client", "64");
        for (size_t i = 0; i < COUNT_OF(WAYS); i++) {
                UNIT_ROW(WAYS[i].name);
                bench.client.hops = (uint8_t)WAYS[i].hops;
                bench.client.claimed = (uint8_t)WAYS[i].claimed;
                bench.facts.fact[FACT_network_carrier] = slice_of(WAYS[i].carrier);
                bench.facts.fact[FACT_network_wifi] = slice_of(WAYS[i].wifi);
                bench.facts.fact[FACT_network_cellular] = slice_of(WAYS[i].cellular);
                assert_string_equal(bench_run(&bench), WAYS[i].want);
        }
        bench_close(&bench);
}

/* A request's key, event by event: nothing of one stays with the next. */
static void the_key_is_named(void **state)
{
        (void)state;
        static const char LONGEST[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        static const struct { const char *name, *key, *want; } ROWS[] = {
                { "none", NULL, "" },
                { "a key", "shop-web", ",\"client\":{\"key\":\"shop-web\"}" },
                { "one that is its beginning", "shop", ",\"client\":{\"key\":\"shop\"}" },
                { "one of its length", "prod", ",\"client\":{\"key\":\"prod\"}" },
                { "none again", NULL, "" },
                { "the longest", LONGEST,
                  ",\"client\":{\"key\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}" },
        };
        struct bench bench;
        bench_open(&bench, "client", "64");
        for (size_t i = 0; i < COUNT_OF(ROWS); i++)
                for (size_t again = 0; again < 2; again++) {
                        UNIT_ROW(ROWS[i].name);
                        bench.client.key = slice_of(ROWS[i].key);
                        assert_string_equal(bench_run(&bench), ROWS[i].want);
                }
        bench_close(&bench);
}

/* No memory to hide the address with: the event is not published. */
static void what_cannot_be_hidden_is_not_handed_on(void **state)
{
        (void)state;
        struct bench bench;
        char body[512];
        bench_open(&bench, "client", "64");
        (void)context_put(&bench, body, sizeof(body), "{\"ip\":\"81.2.69.160\"}");
        arena_done(&bench.arena);
        arena_init(&bench.arena, &bench.pool, 0);
        (void)bench_run(&bench);
        assert_true(bench.findings.broken);
        bench_close(&bench);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_case_is_told_and_hidden),
                cmocka_unit_test(malformed_addresses_are_counted),
                cmocka_unit_test(hashes_rotate),
                cmocka_unit_test(every_way_is_told),
                cmocka_unit_test(the_key_is_named),
                cmocka_unit_test(what_cannot_be_hidden_is_not_handed_on),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
