#include "server/cors.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct { const char *name, *origins, *origin; bool want; } ORIGINS[] = {
        { "any", "*", "https://a.example", true },
        { "none", "", "https://a.example", false },
        { "exact", "https://a.example", "https://a.example", true },
        { "exact, in capitals", "https://a.example", "https://A.Example", true },
        { "one of a list", "https://b.example, https://a.example", "https://a.example", true },
        { "another scheme", "https://a.example", "http://a.example", false },
        { "another port", "https://a.example", "https://a.example:8443", false },
        { "the same port", "http://localhost:3000", "http://localhost:3000", true },
        { "longer", "https://a.example", "https://a.example.evil", false },
        { "subdomain", "https://*.a.example", "https://shop.a.example", true },
        { "subdomain of a subdomain", "https://*.a.example", "https://x.shop.a.example", true },
        { "wildcard is not the domain itself", "https://*.a.example", "https://a.example", false },
        { "wildcard is not a suffix of letters", "https://*.a.example", "https://evila.example", false },
        { "wildcard with an empty label", "https://*.a.example", "https://.a.example", false },
        { "wildcard and another scheme", "https://*.a.example", "http://shop.a.example", false },
        { "wildcard and a port", "https://*.a.example", "https://shop.a.example:8443", false },
        { "wildcard with its port", "https://*.a.example:8443", "https://shop.a.example:8443", true },
        { "wildcard does not span a port or path", "https://*.a.example", "https://evil.com/.a.example", false },
        { "wildcard does not span a user", "https://*.a.example", "https://evil.com:80@x.a.example", false },
        { "null of a sandboxed page", "https://a.example", "null", false },
        { "null when any", "*", "null", true },
};

static void rows(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(ORIGINS); i++) {
                struct config config;
                struct error err;
                config_init(&config);
                assert_true(config_set(&config, "http.cors.origins", ORIGINS[i].origins, &err));
                if (cors_allows(&config, slice_of(ORIGINS[i].origin)) != ORIGINS[i].want)
                        fail_msg("%s", ORIGINS[i].name);
                config_done(&config);
        }
}

static const struct { const char *name, *origins, *credentials, *origin, *usual, *preflight; } LINES[] = {
        { "any with credentials", "*", "true", "https://a.example",
          "Vary: Origin\r\nAccess-Control-Allow-Origin: https://a.example\r\nAccess-Control-Allow-Credentials: true\r\n"
          "Access-Control-Expose-Headers: Retry-After\r\n",
          "Vary: Origin\r\nAccess-Control-Allow-Origin: https://a.example\r\nAccess-Control-Allow-Credentials: true\r\n"
          "Access-Control-Allow-Methods: POST\r\n" },
        { "any without credentials", "*", "false", "https://a.example",
          "Access-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: Retry-After\r\n",
          "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: POST\r\n" },
        { "not allowed", "https://b.example", "true", "https://a.example", "Vary: Origin\r\n", "Vary: Origin\r\n" },
        { "none at all", "", "true", "https://a.example", "", "" },
        { "no origin", "*", "true", NULL, "", "Vary: Origin\r\n" },
};

static void lines(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(LINES); i++) {
                struct config config;
                struct error err;
                char text[1024] = "";
                struct buffer out;
                config_init(&config);
                assert_true(config_set(&config, "http.cors.origins", LINES[i].origins, &err));
                assert_true(config_set(&config, "http.cors.credentials", LINES[i].credentials, &err));
                buffer_wrap(&out, text, sizeof(text) - 1);
                cors_add(&config, slice_of(LINES[i].origin), &out);
                if (!slice_equal(buffer_slice(&out), slice_of(LINES[i].usual)))
                        fail_msg("%s: %s", LINES[i].name, text);
                buffer_clear(&out);
                memset(text, 0, sizeof(text));
                cors_add_preflight(&config, slice_of(LINES[i].origin), SLICE("POST"), &out);
                if (!slice_starts_with(buffer_slice(&out), slice_of(LINES[i].preflight)))
                        fail_msg("%s: preflight: %s", LINES[i].name, text);
                if (strstr(text, "Allow-Methods") &&
                    (!strstr(text, "prefer") || !strstr(text, "\r\nAccess-Control-Max-Age: 3600\r\n")))
                        fail_msg("%s: preflight: %s", LINES[i].name, text);
                config_done(&config);
        }
}

int main(void)
{
        static const struct CMUnitTest TESTS[] = { cmocka_unit_test(rows), cmocka_unit_test(lines) };
        return cmocka_run_group_tests(TESTS, NULL, NULL);
}
