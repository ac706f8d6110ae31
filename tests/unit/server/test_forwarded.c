#include "server/forwarded.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define PROXIES "10.0.0.0/8, 2001:db8:ffff::/48"
/* `first` and `second` are two header lines of that name. want NULL: not known. */
static const struct { const char *name, *header, *peer, *first, *second, *want; int hops, claimed; } CASES[] = {
        { "peer is not trusted", "x-forwarded-for", "192.0.2.1", "198.51.100.7", NULL, "192.0.2.1", 0, 0 },
        { "no header", "x-forwarded-for", "10.0.0.1", NULL, NULL, "10.0.0.1", 0, 0 },
        { "one proxy", "x-forwarded-for", "10.0.0.1", "198.51.100.7", NULL, "198.51.100.7", 1, 0 },
        { "what the client claims", "x-forwarded-for", "10.0.0.1", "1.2.3.4, 198.51.100.7", NULL, "198.51.100.7", 1, 1 },
        { "two proxies", "x-forwarded-for", "10.0.0.1", "1.2.3.4, 198.51.100.7, 10.9.9.9", NULL, "198.51.100.7", 2, 1 },
        { "only proxies", "x-forwarded-for", "10.0.0.1", "10.0.0.3, 10.0.0.2", NULL, "10.0.0.3", 2, 0 },
        { "two lines are one list", "x-forwarded-for", "10.0.0.1", "198.51.100.7", "10.0.0.2", "198.51.100.7", 2, 0 },
        { "the last line counts", "x-forwarded-for", "10.0.0.1", "1.2.3.4", "198.51.100.7", "198.51.100.7", 1, 1 },
        { "with a port", "x-forwarded-for", "10.0.0.1", "198.51.100.7:5678", NULL, "198.51.100.7", 1, 0 },
        { "IPv6", "x-forwarded-for", "2001:db8:ffff::1", "2001:db8::7", NULL, "2001:db8::7", 1, 0 },
        { "IPv6 in brackets with a port", "x-forwarded-for", "10.0.0.1", "[2001:db8::7]:80", NULL, "2001:db8::7", 1, 0 },
        { "IPv4 mapped into IPv6 is IPv4", "x-forwarded-for", "10.0.0.1", "::ffff:198.51.100.7", NULL, "198.51.100.7", 1, 0 },
        { "unknown", "x-forwarded-for", "10.0.0.1", "unknown", NULL, NULL, 1, 0 },
        { "rubbish", "x-forwarded-for", "10.0.0.1", "1.2.3.4, <script>", NULL, NULL, 1, 1 },
        { "empty entries", "x-forwarded-for", "10.0.0.1", "198.51.100.7, , ", NULL, "198.51.100.7", 1, 0 },
        { "claims without end", "x-forwarded-for", "10.0.0.1",
          "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
          "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,198.51.100.7", NULL, "198.51.100.7", 1, 64 },
        { "claims in both lines", "x-forwarded-for", "10.0.0.1",
          "1.1.1.1, ,2.2.2.2", "3.3.3.3, 198.51.100.7", "198.51.100.7", 1, 3 },
        { "empty", "x-forwarded-for", "10.0.0.1", "", NULL, "10.0.0.1", 0, 0 },
        { "Forwarded", "forwarded", "10.0.0.1", "for=198.51.100.7;proto=https;by=10.0.0.1", NULL, "198.51.100.7", 1, 0 },
        { "Forwarded, for is not first", "forwarded", "10.0.0.1", "proto=https; For=198.51.100.7", NULL, "198.51.100.7", 1, 0 },
        { "Forwarded, quoted IPv6", "forwarded", "10.0.0.1", "for=\"[2001:db8::7]:4711\"", NULL, "2001:db8::7", 1, 0 },
        { "Forwarded, a list", "forwarded", "10.0.0.1",
          "for=1.2.3.4, for=198.51.100.7, for=10.0.0.2", NULL, "198.51.100.7", 2, 1 },
        { "Forwarded, hidden", "forwarded", "10.0.0.1", "for=_hidden", NULL, NULL, 1, 0 },
        { "Forwarded, no for", "forwarded", "10.0.0.1", "proto=https", NULL, NULL, 1, 0 },
        { "the other header is not looked at", "forwarded", "10.0.0.1", NULL, NULL, "10.0.0.1", 0, 0 },
};

static void rows(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct config config;
                struct error err;
                config_init(&config);
                assert_true(config_set(&config, "http.trusted_proxies", PROXIES, &err));
                assert_true(config_set(&config, "http.forwarded_header", CASES[i].header, &err));
                struct trust *trust = trust_new(&config, &err);
                struct address peer;
                assert_non_null(trust);
                assert_true(address_parse(slice_of(CASES[i].peer), &peer));
                struct slice name = slice_of(CASES[i].header);
                struct http_header headers[] = {
                        { SLICE_INIT("Host"), SLICE_INIT("a") },
                        { CASES[i].first ? name : SLICE("X-Forwarded-For"), slice_of(CASES[i].first ? CASES[i].first : "") },
                        { CASES[i].second ? name : SLICE("X-Other"), slice_of(CASES[i].second ? CASES[i].second : "1.2.3.4") },
                };
                struct http_request request = { .headers = headers, .header_count = COUNT_OF(headers) };
                struct client client = { 0 };
                trust_client(trust, &peer, &request, &client);
                char text[ADDRESS_TEXT] = "";
                if (client.address.known)
                        text[address_format(&client.address, text)] = '\0';
                if (client.address.known != (CASES[i].want != NULL) || (CASES[i].want && strcmp(text, CASES[i].want) != 0))
                        fail_msg("%s: '%s'", CASES[i].name, text);
                if (client.hops != CASES[i].hops || client.claimed != CASES[i].claimed)
                        fail_msg("%s: %d hops, %d claimed", CASES[i].name, client.hops, client.claimed);
                trust_free(trust);
                config_done(&config);
        }
}

static void bad_network_is_named(void **state)
{
        struct config config;
        struct error err;
        (void)state;
        config_init(&config);
        assert_true(config_set(&config, "http.trusted_proxies", "10.0.0.0/33", &err));
        assert_null(trust_new(&config, &err));
        assert_non_null(strstr(err.text, "10.0.0.0/33"));
        config_done(&config);
}

int main(void)
{
        static const struct CMUnitTest TESTS[] = { cmocka_unit_test(rows), cmocka_unit_test(bad_network_is_named) };
        return cmocka_run_group_tests(TESTS, NULL, NULL);
}
