/* What files make a certificate with its key, and which hosts it is good for. */
#include "../../../src/server/tls_certificate.h"
#include "certificates.h"

struct desk {
        char        folder[64];
        struct made good, other;
};

static int desk_open(void **state)
{
        struct desk *desk = memory_get(sizeof(*desk));
        (void)snprintf(desk->folder, sizeof(desk->folder), "/tmp/millrace-tls-XXXXXX");
        assert_non_null(mkdtemp(desk->folder));
        desk->good = certificate_make("ec", "DNS:shop.example,DNS:*.Shop.example,IP:192.0.2.1", -DAY, 30 * DAY, NULL);
        desk->other = certificate_make("ec", "DNS:other.example", -DAY, 30 * DAY, NULL);
        *state = desk;
        return 0;
}

static int desk_close(void **state)
{
        struct desk *desk = *state;
        made_done(&desk->good);
        made_done(&desk->other);
        assert_int_equal(rmdir(desk->folder), 0);
        free(desk);
        return 0;
}

/* Up to three files a case; the first is loaded. `error`: a part of what is said; NULL: it is good. */
static const struct {
        const char *name;
        struct { const char *file; unsigned what; bool other; } files[3];
        const char *error;
} CASES[] = {
        { "key in front",       { { "a.pem", WRITE_KEY | WRITE_CERTIFICATE, false } }, NULL },
        { "key beside it",      { { "a.pem", WRITE_CERTIFICATE, false }, { "a.key", WRITE_KEY, false } }, NULL },
        { "key beside a crt",   { { "a.b.crt", WRITE_CERTIFICATE, false }, { "a.b.key", WRITE_KEY, false } }, NULL },
        { "key without a dot",  { { "a", WRITE_CERTIFICATE, false }, { "a.key", WRITE_KEY, false } }, NULL },
        { "as ACME does",       { { "fullchain.pem", WRITE_CERTIFICATE, false }, { "privkey.pem", WRITE_KEY, false } }, NULL },
        { "no key",             { { "a.pem", WRITE_CERTIFICATE, false } }, "there is no private key in it; " },
        { "another's key",      { { "a.pem", WRITE_CERTIFICATE, false }, { "a.key", WRITE_KEY, true } },
          "a.key belongs to another certificate" },
        { "another's, inside",  { { "a.pem", WRITE_CERTIFICATE, true }, { "a.key", WRITE_KEY, false } },
          "belongs to another certificate" },
        { "sealed key",         { { "a.pem", WRITE_CERTIFICATE, false }, { "a.key", WRITE_SEALED_KEY, false } },
          "without a passphrase" },
        { "sealed key, inside", { { "a.pem", WRITE_CERTIFICATE | WRITE_SEALED_KEY, false } }, "without a passphrase" },
        { "a key alone",        { { "a.pem", WRITE_KEY, false } }, "there is no certificate in it" },
        { "no key in its file", { { "a.pem", WRITE_CERTIFICATE, false }, { "a.key", WRITE_CERTIFICATE, false } },
          "a.key: no private key" },
        { "empty",              { { "a.pem", 0, false } }, "there is no certificate in it" },
};

static void files_make_a_certificate(void **state)
{
        struct desk *desk = *state;
        for (size_t i = 0; i < COUNT_OF(CASES); i++) {
                char paths[3][128];
                struct error err = { "" };
                struct tls_certificate certificate;
                for (size_t k = 0; k < 3 && CASES[i].files[k].file; k++) {
                        (void)snprintf(paths[k], sizeof(paths[k]), "%s/%s", desk->folder, CASES[i].files[k].file);
                        made_write(CASES[i].files[k].other ? &desk->other : &desk->good, paths[k], CASES[i].files[k].what);
                }
                bool good = certificate_load(&certificate, paths[0], &err);
                if (good != !CASES[i].error || (!good && !strstr(err.text, CASES[i].error)))
                        fail_msg("%s: '%s'", CASES[i].name, err.text);
                if (good && (certificate.name_count != 2 || certificate.key_public))
                        fail_msg("%s: %zu names", CASES[i].name, certificate.name_count);
                certificate_done(&certificate);
                for (size_t k = 0; k < 3 && CASES[i].files[k].file; k++)
                        (void)unlink(paths[k]);
        }
}

static void what_is_wrong_with_a_file_is_said(void **state)
{
        static const struct { const char *name, *text, *error; } FILES[] = {
                { "no file", NULL, "cannot be opened" },
                { "half a certificate", "-----BEGIN CERTIFICATE-----\nMIIB\n", "a certificate in it cannot be read" },
                { "no ASN.1", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "cannot be read" },
                { "a poem", "roses are red\n", "there is no certificate in it" },
        };
        struct desk *desk = *state;
        for (size_t i = 0; i < COUNT_OF(FILES); i++) {
                char path[128];
                struct error err = { "" };
                struct tls_certificate certificate;
                (void)snprintf(path, sizeof(path), "%s/x.pem", desk->folder);
                FILE *file = FILES[i].text ? fopen(path, "we") : NULL;
                if (file) {
                        assert_true(fputs(FILES[i].text, file) >= 0);
                        assert_int_equal(fclose(file), 0);
                }
                if (certificate_load(&certificate, path, &err) || !strstr(err.text, FILES[i].error) || !strstr(err.text, "x.pem"))
                        fail_msg("%s: '%s'", FILES[i].name, err.text);
                certificate_done(&certificate);
                (void)unlink(path);
        }
}

static void hosts_are_covered(void **state)
{
        static const struct { const char *name, *host; bool exactly, by_wildcard; } HOSTS[] = {
                { "its name",           "shop.example",      true,  false },
                { "in other letters",   "SHOP.Example",      true,  false },
                { "one label in front", "www.shop.example",  false, true },
                { "in other letters",   "WWW.shop.EXAMPLE",  false, true },
                { "two labels",         "a.b.shop.example",  false, false },
                { "no label",           ".shop.example",     false, false },
                { "another's",          "wshop.example",     false, false },
                { "longer",             "shop.example.evil", false, false },
                { "an address",         "192.0.2.1",         false, false },
                { "the pattern itself", "*.shop.example",    false, true },
                { "nothing",            "",                  false, false },
        };
        struct desk *desk = *state;
        char path[128];
        struct error err;
        struct tls_certificate certificate;
        (void)snprintf(path, sizeof(path), "%s/x.pem", desk->folder);
        made_write(&desk->good, path, WRITE_CERTIFICATE | WRITE_KEY);
        assert_int_equal(chmod(path, 0644), 0);
        assert_true(certificate_load(&certificate, path, &err));
        assert_true(certificate.key_public);
        assert_true(certificate.ends - certificate.begins == 31 * DAY);
        for (size_t i = 0; i < COUNT_OF(HOSTS); i++) {
                struct slice host = slice_of(HOSTS[i].host);
                if (certificate_covers(&certificate, host, false) != HOSTS[i].exactly ||
                    certificate_covers(&certificate, host, true) != HOSTS[i].by_wildcard)
                        fail_msg("%s: %s", HOSTS[i].name, HOSTS[i].host);
        }
        certificate_done(&certificate);
        (void)unlink(path);
}

int main(void)
{
        static const struct CMUnitTest TESTS[] = {
                cmocka_unit_test(files_make_a_certificate),
                cmocka_unit_test(what_is_wrong_with_a_file_is_said),
                cmocka_unit_test(hosts_are_covered),
        };
        return cmocka_run_group_tests_name("tls_certificate", TESTS, desk_open, desk_close);
}
