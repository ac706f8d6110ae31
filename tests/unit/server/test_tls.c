/* What the tls.* options mean to a client: handshakes in memory, without a socket. */
#include "server/tls.h"
#include "../../../src/server/tls_inner.h"
#include "../../../src/server/tls_tickets.h"
#include "base/clock.h"
#include "certificates.h"

enum { HOUR = 3600000 };

struct desk {
        char        folder[64], files[4][96], list[400], ca[96];
        struct made made[4], authority, client, stranger;
};
static const struct { const char *kind, *names; } SERVERS[] = {
        { "ec",  "DNS:first.example" },
        { "ec",  "DNS:shop.example,DNS:*.shop.example" },
        { "rsa", "DNS:shop.example" },
        { "ec",  "DNS:www.shop.example" },
};

static int desk_open(void **state)
{
        struct desk *desk = memory_get(sizeof(*desk));
        (void)snprintf(desk->folder, sizeof(desk->folder), "/tmp/millrace-tls-XXXXXX");
        assert_non_null(mkdtemp(desk->folder));
        for (size_t i = 0; i < COUNT_OF(SERVERS); i++) {
                desk->made[i] = certificate_make(SERVERS[i].kind, SERVERS[i].names, -DAY, 30 * DAY, NULL);
                (void)snprintf(desk->files[i], sizeof(desk->files[i]), "%s/%zu.pem", desk->folder, i);
                made_write(&desk->made[i], desk->files[i], WRITE_CERTIFICATE | WRITE_KEY);
                size_t size = strlen(desk->list);
                (void)snprintf(desk->list + size, sizeof(desk->list) - size, "%s%s", i ? "," : "", desk->files[i]);
        }
        desk->authority = certificate_make("ec", "DNS:authority", -DAY, 30 * DAY, NULL);
        desk->client = certificate_make("ec", "DNS:client", -DAY, 30 * DAY, &desk->authority);
        desk->stranger = certificate_make("ec", "DNS:stranger", -DAY, 30 * DAY, NULL);
        (void)snprintf(desk->ca, sizeof(desk->ca), "%s/ca.pem", desk->folder);
        made_write(&desk->authority, desk->ca, WRITE_CERTIFICATE);
        *state = desk;
        return 0;
}

static int desk_close(void **state)
{
        struct desk *desk = *state;
        for (size_t i = 0; i < COUNT_OF(SERVERS); i++) {
                made_done(&desk->made[i]);
                (void)unlink(desk->files[i]);
        }
        made_done(&desk->authority);
        made_done(&desk->client);
        made_done(&desk->stranger);
        (void)unlink(desk->ca);
        assert_int_equal(rmdir(desk->folder), 0);
        free(desk);
        return 0;
}

/* `settings`: path, value, ..., NULL. The configuration may go before what is made of it. */
static struct tls *tls_of(const struct desk *desk, struct tls_tickets *tickets, const char *const *settings)
{
        struct config config;
        struct errors errors = { 0 };
        struct error err;
        config_init(&config);
        assert_true(config_set(&config, "tls.certificates", desk->list, &err));
        for (; settings && *settings; settings += 2)
                if (!config_set(&config, settings[0], settings[1], &err))
                        fail_msg("%s", err.text);
        struct tls *tls = tls_new(&config, tickets, &errors);
        if (!tls)
                fail_msg("%s", errors.items[0].text);
        errors_done(&errors);
        config_done(&config);
        return tls;
}

/* What a client says, and what came of it. */
struct talk {
        const char        *host, *ciphers, *suites, *groups, *signatures;
        int                most, least;    /* versions; 0: any */
        const struct made *shows;
        SSL_SESSION       *session;        /* to resume; then the one to resume next */
        const char        *alpn;           /* with the lengths in front */
        /* ... */
        bool  good, reused;
        int   version;
        X509 *got;                         /* until the next talk */
        char  protocol[16];
};

static SSL *client_of(SSL_CTX *context, struct talk *talk)
{
        SSL *ssl = SSL_new(context);
        assert_true(SSL_set_min_proto_version(ssl, talk->least) && SSL_set_max_proto_version(ssl, talk->most));
        SSL_set_security_level(ssl, 0);    /* the server refuses, not the client */
        assert_true(!talk->ciphers || SSL_set_cipher_list(ssl, talk->ciphers));
        assert_true(!talk->suites || SSL_set_ciphersuites(ssl, talk->suites));
        assert_true(!talk->groups || SSL_set1_groups_list(ssl, talk->groups));
        assert_true(!talk->signatures || SSL_set1_sigalgs_list(ssl, talk->signatures));
        assert_true(!talk->host || SSL_set_tlsext_host_name(ssl, talk->host));
        if (talk->alpn)
                assert_int_equal(SSL_set_alpn_protos(ssl, (const unsigned char *)talk->alpn, (unsigned)strlen(talk->alpn)), 0);
        if (talk->shows)
                assert_true(SSL_use_certificate(ssl, talk->shows->certificate) && SSL_use_PrivateKey(ssl, talk->shows->key));
        if (talk->session)
                assert_true(SSL_set_session(ssl, talk->session));
        SSL_set_connect_state(ssl);
        return ssl;
}

static void talk(const struct tls *tls, struct talk *talk)
{
        SSL_CTX *context = SSL_CTX_new(TLS_client_method());
        SSL *client = client_of(context, talk), *server = tls_session(tls);
        BIO *here, *there;
        assert_true(BIO_new_bio_pair(&here, 1 << 16, &there, 1 << 16));
        SSL_set_bio(client, here, here);
        SSL_set_bio(server, there, there);
        int a = 0, b = 0;
        for (size_t i = 0; i < 10; i++) {
                a = SSL_do_handshake(client);
                b = SSL_do_handshake(server);
        }
        talk->good = a == 1 && b == 1;
        if (talk->good) {
                char byte;
                (void)SSL_read(client, &byte, 1);          /* takes the tickets */
                const unsigned char *name;
                unsigned size;
                SSL_get0_alpn_selected(client, &name, &size);
                (void)snprintf(talk->protocol, sizeof(talk->protocol), "%.*s", (int)size, (const char *)name);
                talk->reused = SSL_session_reused(server) == 1;
                talk->version = SSL_version(client);
                X509 *got = SSL_get1_peer_certificate(client);
                X509_free(talk->got);
                talk->got = got;
                SSL_SESSION_free(talk->session);
                talk->session = SSL_get1_session(client);
                SSL_shutdown(client);                      /* else its session is not one to resume */
        }
        SSL_free(client);
        SSL_free(server);
        SSL_CTX_free(context);
}

static void the_name_chooses(void **state)
{
        static const struct { const char *name, *host, *signatures; size_t want; } HOSTS[] = {
                { "nobody's name",                NULL,               NULL, 0 },
                { "a stranger's name",            "evil.example",     NULL, 0 },
                { "its first",                    "first.example",    NULL, 0 },
                { "ECDSA by its name",            "shop.example",     "ECDSA+SHA256", 1 },
                { "RSA for who knows RSA only",   "shop.example",     "RSA-PSS+SHA256", 2 },
                { "a name before a pattern",      "www.shop.example", "ECDSA+SHA256", 3 },
                { "a pattern",                    "api.shop.example", NULL, 1 },
                { "two labels before a pattern",  "a.b.shop.example", NULL, 0 },
        };
        struct desk *desk = *state;
        struct tls *tls = tls_of(desk, NULL, NULL);
        for (size_t i = 0; i < COUNT_OF(HOSTS); i++)
                for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
                        struct talk one = { .host = HOSTS[i].host, .signatures = HOSTS[i].signatures, .most = version };
                        talk(tls, &one);
                        if (!one.good || X509_cmp(one.got, desk->made[HOSTS[i].want].certificate) != 0)
                                fail_msg("%s, version %x", HOSTS[i].name, (unsigned)version);
                        X509_free(one.got);
                        SSL_SESSION_free(one.session);
                }
        tls_unref(tls);
}

static void only_what_is_modern(void **state)
{
        static const struct { const char *name, *minimum; struct talk talk; bool good; } OFFERS[] = {
                { "1.3",                 "1.2", { .most = TLS1_3_VERSION }, true },
                { "1.2",                 "1.2", { .most = TLS1_2_VERSION }, true },
                { "1.2 where 1.3 is wanted", "1.3", { .most = TLS1_2_VERSION }, false },
                { "1.3 where it is wanted",  "1.3", { .most = 0 }, true },
                { "1.1",                 "1.2", { .most = TLS1_1_VERSION, .ciphers = "ALL:@SECLEVEL=0" }, false },
                { "1.0",                 "1.2", { .most = TLS1_VERSION, .ciphers = "ALL:@SECLEVEL=0" }, false },
                { "no forward secrecy",  "1.2", { .most = TLS1_2_VERSION, .ciphers = "AES128-GCM-SHA256:AES256-GCM-SHA384" },
                  false },
                { "CBC",                 "1.2", { .most = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES256-SHA"
                                                                }, false },
                { "finite field",        "1.2", { .most = TLS1_2_VERSION, .ciphers = "DHE-RSA-AES128-GCM-SHA256" }, false },
                { "nobody's identity",   "1.2", { .most = TLS1_2_VERSION, .ciphers = "aNULL:@SECLEVEL=0" }, false },
                { "ChaCha20",            "1.2", { .most = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305" }, true },
                { "ChaCha20 of 1.3",     "1.2", { .suites = "TLS_CHACHA20_POLY1305_SHA256" }, true },
                { "short tags",          "1.2", { .least = TLS1_3_VERSION, .suites = "TLS_AES_128_CCM_8_SHA256" }, false },
                { "P-256",               "1.2", { .groups = "P-256" }, true },
                { "P-521",               "1.2", { .groups = "P-521" }, false },
                { "an alert, not a guess", "1.2", { .alpn = "\3foo" }, false },
                { "HTTP/1.1 by name",    "1.2", { .alpn = "\3foo\10http/1.1" }, true },
        };
        for (size_t i = 0; i < COUNT_OF(OFFERS); i++) {
                const char *const settings[] = { "tls.minimum", OFFERS[i].minimum, NULL };
                struct tls *tls = tls_of(*state, NULL, settings);
                struct talk one = OFFERS[i].talk;
                talk(tls, &one);
                if (one.good != OFFERS[i].good)
                        fail_msg("%s: %s", OFFERS[i].name, one.good ? "taken" : "refused");
                if (one.good && one.alpn)
                        assert_string_equal(one.protocol, "http/1.1");
                X509_free(one.got);
                SSL_SESSION_free(one.session);
                tls_unref(tls);
        }
}

static void clients_show_certificates(void **state)
{
        struct desk *desk = *state;
        const struct { const char *name, *mode; const struct made *shows; bool good; } CLIENTS[] = {
                { "not asked for",       "none",    &desk->stranger, true },
                { "none where one may",  "request", NULL, true },
                { "one where one may",   "request", &desk->client, true },
                { "a bad one",           "request", &desk->stranger, false },
                { "none where one must", "require", NULL, false },
                { "one where one must",  "require", &desk->client, true },
                { "a stranger's",        "require", &desk->stranger, false },
        };
        for (size_t i = 0; i < COUNT_OF(CLIENTS); i++)
                for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
                        const char *const settings[] = { "tls.client", CLIENTS[i].mode, "tls.client_ca", desk->ca, NULL };
                        struct tls *tls = tls_of(desk, NULL, settings);
                        struct talk one = { .shows = CLIENTS[i].shows, .most = version };
                        talk(tls, &one);
                        if (one.good != CLIENTS[i].good)
                                fail_msg("%s, version %x", CLIENTS[i].name, (unsigned)version);
                        X509_free(one.got);
                        SSL_SESSION_free(one.session);
                        tls_unref(tls);
                }
}

/* A session outlives a reload and one turn of the keys; not two, and not other rules about clients. */
static void sessions_are_resumed(void **state)
{
        struct desk *desk = *state;
        const char *const strict[] = { "tls.client", "request", "tls.client_ca", desk->ca, NULL };
        for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
                struct tls_tickets *tickets = tls_tickets_new();
                struct tls *before = tls_of(desk, tickets, NULL), *after = tls_of(desk, tickets, NULL);
                struct tls *stricter = tls_of(desk, tickets, strict);
                struct talk one = { .host = "shop.example", .most = version };
                int64_t now = clock_steady();
                talk(before, &one);
                assert_true(one.good && !one.reused && one.session);
                talk(after, &one);
                assert_true(one.good && one.reused);
                talk(stricter, &one);
                assert_true(one.good && !one.reused);
                talk(after, &one);
                assert_true(one.good && !one.reused);
                tls_tickets_turn(tickets, now + HOUR + 1000, HOUR);
                talk(after, &one);
                assert_true(one.good && one.reused);       /* by the key before, and gets a ticket of the new one */
                tls_tickets_turn(tickets, now + 2 * HOUR + 2000, HOUR);
                talk(after, &one);
                assert_true(one.good && one.reused);
                tls_tickets_turn(tickets, now + 4 * HOUR + 3000, HOUR);
                talk(after, &one);
                assert_true(one.good && !one.reused);
                X509_free(one.got);
                SSL_SESSION_free(one.session);
                tls_unref(before);
                tls_unref(after);
                tls_unref(stricter);
                tls_tickets_free(tickets);
        }
}

static void no_tickets_without_time(void **state)
{
        static const char *const NEVER[] = { "tls.session_time", "0", NULL };
        struct tls_tickets *tickets = tls_tickets_new();
        struct tls *tls = tls_of(*state, tickets, NEVER);
        for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
                struct talk one = { .most = version };
                talk(tls, &one);
                assert_true(one.good);
                talk(tls, &one);
                assert_true(one.good && !one.reused);
                X509_free(one.got);
                SSL_SESSION_free(one.session);
        }
        tls_unref(tls);
        tls_tickets_free(tickets);
}

/* A key that is not ours, and a ticket that somebody has touched. */
static void a_foreign_ticket_opens_nothing(void **state)
{
        struct tls_tickets *ours = tls_tickets_new(), *theirs = tls_tickets_new();
        struct tls *here = tls_of(*state, ours, NULL), *there = tls_of(*state, theirs, NULL);
        struct talk one = { .most = TLS1_3_VERSION };
        talk(there, &one);
        assert_true(one.good && one.session);
        talk(here, &one);
        assert_true(one.good && !one.reused);
        X509_free(one.got);
        SSL_SESSION_free(one.session);
        tls_unref(here);
        tls_unref(there);
        tls_tickets_free(ours);
        tls_tickets_free(theirs);
}

static void files_are_judged(void **state)
{
        static const struct { const char *name; long from, to; int mode; size_t invalid, advice; } FILES[] = {
                { "fresh",                 -DAY, 80 * DAY, 0600, 0, 0 },
                { "short, but young",      -1000, DAY, 0600, 0, 0 },
                { "soon over",             -80 * DAY, 6 * DAY, 0600, 0, 1 },
                { "over",                  -80 * DAY, -DAY, 0600, 1, 0 },
                { "not yet",               DAY, 80 * DAY, 0600, 1, 0 },
                { "for everybody to read", -DAY, 80 * DAY, 0644, 0, 1 },
        };
        struct desk *desk = *state;
        for (size_t i = 0; i < COUNT_OF(FILES); i++) {
                struct made made = certificate_make("ec", "DNS:a", FILES[i].from, FILES[i].to, NULL);
                struct errors invalid = { 0 }, advice = { 0 };
                char path[128];
                (void)snprintf(path, sizeof(path), "%s/judged.pem", desk->folder);
                made_write(&made, path, WRITE_CERTIFICATE | WRITE_KEY);
                assert_int_equal(chmod(path, (mode_t)FILES[i].mode), 0);
                const char *const settings[] = { "tls.certificates", path, NULL };
                struct tls *tls = tls_of(desk, NULL, settings);
                tls_judge(tls, clock_wall(), &invalid, &advice);
                if (errors_total(&invalid) != FILES[i].invalid || errors_total(&advice) != FILES[i].advice)
                        fail_msg("%s: %zu, %zu", FILES[i].name, errors_total(&invalid), errors_total(&advice));
                int64_t off = tls_expiry(tls) - clock_wall() / 1000 - FILES[i].to;
                assert_true(off > -60 && off < 60);
                assert_string_equal(tls_watched(tls, 0), path);
                assert_string_equal(tls_watched(tls, 1), path);
                assert_null(tls_watched(tls, 2));
                errors_done(&invalid);
                errors_done(&advice);
                tls_unref(tls);
                made_done(&made);
                (void)unlink(path);
        }
}

/* A plan without certificates keeps the ones before it, longer than the configuration that named their files. */
static void the_files_outlive_their_configuration(void **state)
{
        const struct desk *desk = *state;
        const char *const settings[] = { "tls.client", "require", "tls.client_ca", desk->ca, NULL };
        struct tls *tls = tls_of(desk, NULL, settings);
        assert_string_equal(tls_watched(tls, 0), desk->files[0]);
        assert_string_equal(tls_watched(tls, 2 * COUNT_OF(SERVERS)), desk->ca);
        assert_null(tls_watched(tls, 2 * COUNT_OF(SERVERS) + 1));
        tls_unref(tls);
}

/* Every broken file is told of, in one go. */
static void all_mistakes_are_told(void **state)
{
        struct desk *desk = *state;
        struct config config;
        struct errors errors = { 0 };
        struct error err;
        config_init(&config);
        assert_true(config_set(&config, "tls.certificates", "/nowhere/a.pem,/nowhere/b.pem", &err));
        assert_true(config_set(&config, "tls.client", "require", &err));
        assert_true(config_set(&config, "tls.client_ca", desk->files[0], &err));
        assert_true(config_set(&config, "tls.client_ca", "/nowhere/ca.pem", &err));
        assert_null(tls_new(&config, NULL, &errors));
        assert_int_equal(errors_total(&errors), 3);
        assert_non_null(strstr(errors.items[1].text, "tls.certificates: /nowhere/b.pem: cannot be opened"));
        assert_non_null(strstr(errors.items[2].text, "tls.client_ca: /nowhere/ca.pem"));
        errors_done(&errors);
        config_done(&config);
}

int main(void)
{
        static const struct CMUnitTest TESTS[] = {
                cmocka_unit_test(the_name_chooses),
                cmocka_unit_test(only_what_is_modern),
                cmocka_unit_test(clients_show_certificates),
                cmocka_unit_test(sessions_are_resumed),
                cmocka_unit_test(no_tickets_without_time),
                cmocka_unit_test(a_foreign_ticket_opens_nothing),
                cmocka_unit_test(files_are_judged),
                cmocka_unit_test(the_files_outlive_their_configuration),
                cmocka_unit_test(all_mistakes_are_told),
        };
        return cmocka_run_group_tests_name("tls", TESTS, desk_open, desk_close);
}
