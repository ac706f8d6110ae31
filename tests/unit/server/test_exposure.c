#include "server/exposure.h"
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

static void configurations(void **state)
{
        static const struct { const char *name, *events, *admin, *setting, *value, *want;
        } CASES[] = {
                { "the defaults", "localhost:8080", "localhost:9090", NULL, NULL, "" },
                { "all of 127/8", "127.9.9.9:8080", "[::1]:9090", NULL, NULL, "" },
                { "mapped loopback", "[::ffff:127.0.0.1]:8080", "localhost:9090", NULL, NULL, "" },
                { "every address", "*:8080", "localhost:9090", NULL, NULL, "http.listen: everybody who reaches" },
                { "every IPv4 address", "0.0.0.0:8080", "localhost:9090", NULL, NULL,
                  "http.listen: everybody who reaches 0.0.0.0:8080 could send events: name a file of API keys (keys.file), or "
                  "listen on this machine only (http.listen: localhost:8080), or say that it shall be so (keys.open: true)" },
                { "every IPv6 address", "[::]:8080", "localhost:9090", NULL, NULL, "http.listen: everybody who reaches [" },
                { "one that is public", "localhost:1, 192.0.2.7:8080", "localhost:9090", NULL, NULL,
                  "http.listen: everybody who reaches 192.0.2.7:8080" },
                { "public with keys", "*:8080", "localhost:9090", "keys.file", "x", "" },
                { "public and open", "*:8080", "localhost:9090", "keys.open", "true", "" },
                { "public over TLS", "localhost:8080", "localhost:9090", "tls.listen", "192.0.2.7:8443",
                  "tls.listen: everybody who reaches 192.0.2.7:8443 could send events: name a file of API keys (keys.file), or "
                  "listen on this machine only (tls.listen: localhost:8443), or say" },
                { "admin for all", "localhost:8080", "*:9090", NULL, NULL, "admin.listen: everybody who reaches" },
                { "admin with a token", "localhost:8080", "*:9090", "admin.token", "x", "" },
                { "a token is no key", "*:8080", "localhost:9090", "admin.token", "x", "http.listen: everybody" },
                { "keys are no token", "localhost:8080", "*:9090", "keys.open", "true", "admin.listen: everybody" },
                { "one address for both", "localhost:8080", "127.0.0.1:8080", NULL, NULL,
                  "admin.listen: 127.0.0.1:8080 is an address of events (http.listen, tls.listen), too; give operators their "
                  "own" },
                { "one within the other", "127.0.0.1:8080", "0.0.0.0:8080", "admin.token", "x",
                  "admin.listen: 0.0.0.0:8080 is an address of events" },
                { "two ports", "127.0.0.1:8080", "127.0.0.1:8081", NULL, NULL, "" },
                { "two addresses", "127.0.0.1:8080", "127.0.0.2:8080", NULL, NULL, "" },
                { "ports of the kernel's", "127.0.0.1:0", "127.0.0.1:0", NULL, NULL, "" },
                { "a name that nobody has", "no-such-host.invalid:80", "localhost:9090", NULL, NULL, "" },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct config config;
                struct error err;
                struct errors errors = { 0 };
                struct exposure *exposure = exposure_new();
                config_init(&config);
                assert_true(config_set(&config, "http.listen", CASES[i].events, &err));
                assert_true(config_set(&config, "admin.listen", CASES[i].admin, &err));
                assert_true(!CASES[i].setting || config_set(&config, CASES[i].setting, CASES[i].value, &err));
                exposure_add_names(exposure, EXPOSED_EVENTS, &config.http_listen);
                exposure_add_names(exposure, EXPOSED_EVENTS, &config.tls_listen);
                exposure_add_names(exposure, EXPOSED_ADMIN, &config.admin_listen);
                bool good = exposure_check(exposure, &config, &errors);
                if (good != !*CASES[i].want || errors.count != !good ||
                    (!good && strncmp(errors.items[0].text, CASES[i].want, strlen(CASES[i].want)) != 0))
                        fail_msg("%s: %s", CASES[i].name, errors.count ? errors.items[0].text : "no mistake");
                errors_done(&errors);
                exposure_free(exposure);
                config_done(&config);
        }
}

/* What systemd hands over counts as it is, whatever http.listen says. */
static void sockets(void **state)
{
        static const struct { const char *name, *address; bool want; } CASES[] = {
                { "loopback", "127.0.0.1:0", true  },
                { "all",      "0.0.0.0:0",   false },
        };
        (void)state;
        struct config config;
        struct error err;
        config_init(&config);
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                struct listeners listeners = { 0 };
                struct errors errors = { 0 };
                struct exposure *exposure = exposure_new();
                assert_true(config_set(&config, "http.listen", CASES[i].address, &err));
                assert_true(listeners_open(&config.http_listen, false, &listeners, &errors));
                exposure_add_sockets(exposure, EXPOSED_EVENTS, &listeners);
                if (exposure_check(exposure, &config, &errors) != CASES[i].want)
                        fail_msg("%s", CASES[i].name);
                listeners_close(&listeners);
                errors_done(&errors);
                exposure_free(exposure);
        }
        struct listeners local = { .count = 1 };
        struct errors errors = { 0 };
        struct sockaddr_un place = { .sun_family = AF_UNIX };
        struct exposure *exposure = exposure_new();
        local.descriptor[0] = socket(AF_UNIX, SOCK_STREAM, 0);
        assert_int_equal(bind(local.descriptor[0], (struct sockaddr *)&place, sizeof(place.sun_family)), 0);
        exposure_add_sockets(exposure, EXPOSED_EVENTS, &local);
        assert_true(exposure_check(exposure, &config, &errors));
        listeners_close(&local);
        exposure_free(exposure);
        config_done(&config);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(configurations),
                cmocka_unit_test(sockets),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
